#include "stack/link/netlink.h"

#include <check.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/stack/link/netns.h"
#include "tests/stack/host.h"
#include "tests/suite.h"

#define PATIENCE_US 10000000u

static uint64_t
clock_us(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static void
netlink_begin(struct netlink *netlink)
{
	struct link_error error;
	int err = netlink_open(netlink, NETLINK_EVERYTHING, clock_us(), &error);
	ck_assert_msg(err == 0, "%s", error.text);
	ck_assert(netlink_update(netlink, clock_us())); /* the first table is news */
	ck_assert_uint_eq(netlink_before(netlink)->addr_count, 0);
}

static const struct stack_addr *
find_addr(const struct netlink *netlink, const char *text)
{
	const struct mirror *mirror = netlink_mirror(netlink);
	struct ip_addr addr = addr_of(text);
	for (uint32_t i = 0; i < mirror->addr_count; i++)
		if (addr_equal(&mirror->addrs[i].addr, &addr))
			return &mirror->addrs[i];
	return NULL;
}

static const struct stack_route *
find_route(const struct netlink *netlink, const char *text)
{
	const struct mirror *mirror = netlink_mirror(netlink);
	struct ip_addr prefix;
	unsigned prefix_len;
	ck_assert_int_eq(addr_prefix_from_text(&prefix, &prefix_len, text), 0);
	for (uint32_t i = 0; i < mirror->route_count; i++)
		if (addr_equal(&mirror->routes[i].prefix, &prefix) && mirror->routes[i].prefix_len == prefix_len)
			return &mirror->routes[i];
	return NULL;
}

/* An address as such; a route by its prefix. */
static bool
knows(const struct netlink *netlink, const char *text)
{
	return strchr(text, '/') != NULL ? find_route(netlink, text) != NULL : find_addr(netlink, text) != NULL;
}

/* Follows the kernel until the address or route is there, or is there no longer; false when that does not come. */
static bool
follow(struct netlink *netlink, const char *text, bool is_wanted)
{
	uint64_t until_us = clock_us() + PATIENCE_US;
	while (knows(netlink, text) != is_wanted) {
		uint64_t now_us = clock_us(), deadline_us = netlink_deadline(netlink);
		if (now_us > until_us)
			return false;
		uint64_t wait_us = deadline_us < until_us ? deadline_us - now_us : until_us - now_us;
		struct pollfd readable = { .fd = netlink->fd, .events = POLLIN };
		if (deadline_us > now_us)
			(void)poll(&readable, 1, (int)(wait_us / 1000) + 1);
		(void)netlink_update(netlink, clock_us());
	}
	return true;
}

START_TEST(the_first_table_holds_what_is_there)
{
	struct netlink netlink;
	netlink_begin(&netlink);
	const struct mirror_device *lo = mirror_device_named(netlink_mirror(&netlink), "lo");
	ck_assert_ptr_nonnull(lo);
	ck_assert(lo->is_up && lo->ifindex == MIRROR_LOOPBACK_IFINDEX && lo->mtu == 65536);
	ck_assert_ptr_nonnull(find_addr(&netlink, "127.0.0.1"));
	ck_assert_ptr_nonnull(find_addr(&netlink, "::1"));

	const struct stack_route *loop = find_route(&netlink, "127.0.0.0/8");
	struct ip_addr one = addr_of("127.0.0.1");
	ck_assert_ptr_nonnull(loop);
	ck_assert(addr_equal(&loop->source, &one));
	netlink_close(&netlink);
}
END_TEST

START_TEST(devices_addresses_and_routes_are_followed)
{
	struct netlink netlink;
	netlink_begin(&netlink);
	netns_ip("link add name veth0 mtu 1400 type veth peer name veth1");
	netns_ip("link set veth1 up");
	netns_ip("link set veth0 up");
	netns_ip("addr add 192.0.2.1/24 dev veth0");
	netns_ip("addr add 2001:db8::1/64 dev veth0 nodad");
	netns_ip("route add default via 192.0.2.254 metric 50");
	netns_ip("route add 2001:db8:7::/48 via 2001:db8::fe src 2001:db8::1");

	ck_assert(follow(&netlink, "192.0.2.1", true));
	ck_assert(follow(&netlink, "2001:db8::1", true));
	ck_assert(follow(&netlink, "0.0.0.0/0", true));
	ck_assert(follow(&netlink, "2001:db8:7::/48", true));
	const struct mirror_device *veth = mirror_device_named(netlink_mirror(&netlink), "veth0");
	const struct stack_addr *addr = find_addr(&netlink, "192.0.2.1");
	ck_assert_uint_eq(addr->prefix_len, 24);
	ck_assert_uint_eq(addr->host_ifindex, veth->ifindex);
	ck_assert_uint_eq(mirror_mtu(netlink_mirror(&netlink), 9000), 1400);

	struct ip_addr gateway4 = addr_of("192.0.2.254"), gateway6 = addr_of("2001:db8::fe");
	const struct stack_route *route = find_route(&netlink, "0.0.0.0/0");
	ck_assert(addr_equal(&route->gateway, &gateway4));
	ck_assert_uint_eq(route->metric, 50);
	ck_assert_uint_eq(route->host_ifindex, veth->ifindex);
	route = find_route(&netlink, "2001:db8:7::/48");
	ck_assert(addr_equal(&route->gateway, &gateway6));
	ck_assert_uint_eq(route->source.family, ADDR_IPV6);

	netns_ip("addr del 192.0.2.1/24 dev veth0");
	ck_assert(follow(&netlink, "192.0.2.1", false));
	ck_assert(follow(&netlink, "0.0.0.0/0", false)); /* gone with it, without a word */
	netns_ip("link set veth0 down");
	ck_assert(follow(&netlink, "2001:db8::1", false));
	netns_ip("link del veth0");
	netlink_close(&netlink);
}
END_TEST

START_TEST(an_address_under_conflict_detection_is_not_taken)
{
	struct netlink netlink;
	netlink_begin(&netlink);
	netns_ip("link add name veth0 type veth peer name veth1");
	netns_ip("link set veth1 up");
	netns_ip("link set veth0 up");
	netns_ip("addr add 2001:db8::1/64 dev veth0");
	ck_assert(follow(&netlink, "2001:db8::/64", true));
	ck_assert_ptr_null(find_addr(&netlink, "2001:db8::1"));
	/* RFC 4862, section 5.4: a second, with a random delay before it */
	uint64_t began_us = clock_us();
	while (clock_us() - began_us < 2 * PATIENCE_US && find_addr(&netlink, "2001:db8::1") == NULL)
		(void)follow(&netlink, "2001:db8::1", true);
	ck_assert_ptr_nonnull(find_addr(&netlink, "2001:db8::1"));
	netns_ip("link del veth0");
	netlink_close(&netlink);
}
END_TEST

START_TEST(a_deprecated_address_is_marked)
{
	struct netlink netlink;
	netlink_begin(&netlink);
	netns_ip("addr add 2001:db8::5/64 dev lo nodad preferred_lft 0");
	ck_assert(follow(&netlink, "2001:db8::5", true));
	ck_assert_uint_ne(find_addr(&netlink, "2001:db8::5")->flags & STACK_ADDR_DEPRECATED, 0);
	ck_assert_uint_eq(find_addr(&netlink, "::1")->flags & STACK_ADDR_DEPRECATED, 0);
	netns_ip("addr del 2001:db8::5/64 dev lo");
	netlink_close(&netlink);
}
END_TEST

START_TEST(of_several_next_hops_the_first_that_lives_counts)
{
	struct netlink netlink;
	netlink_begin(&netlink);
	netns_ip("link add name veth0 type veth peer name veth1");
	netns_ip("link set veth0 up");
	netns_ip("link set veth1 up");
	netns_ip("addr add 192.0.2.1/24 dev veth0");
	netns_ip("addr add 198.51.100.1/24 dev veth1");
	netns_ip("route add 203.0.113.0/24 nexthop via 192.0.2.9 nexthop via 198.51.100.9");
	ck_assert(follow(&netlink, "203.0.113.0/24", true));
	struct ip_addr first = addr_of("192.0.2.9");
	ck_assert(addr_equal(&find_route(&netlink, "203.0.113.0/24")->gateway, &first));
	netns_ip("link del veth0");
	netlink_close(&netlink);
}
END_TEST

START_TEST(a_gateway_may_be_of_the_other_family)
{
	struct netlink netlink;
	netlink_begin(&netlink);
	netns_ip("link add name veth0 type veth peer name veth1");
	netns_ip("link set veth0 up");
	netns_ip("addr add 192.0.2.1/24 dev veth0");
	netns_ip("route add 203.0.113.0/24 via inet6 fe80::99 dev veth0");
	ck_assert(follow(&netlink, "203.0.113.0/24", true));
	struct ip_addr gateway = addr_of("fe80::99");
	ck_assert(addr_equal(&find_route(&netlink, "203.0.113.0/24")->gateway, &gateway)); /* RFC 8950 */
	netns_ip("link del veth0");
	netlink_close(&netlink);
}
END_TEST

START_TEST(routes_that_refuse_and_other_tables_are_left_out)
{
	struct netlink netlink;
	netlink_begin(&netlink);
	netns_ip("route add blackhole 203.0.113.0/24");
	netns_ip("route add unreachable 2001:db8:dead::/48");
	netns_ip("route add 198.51.100.0/24 dev lo table 77");
	netns_ip("route add 192.0.2.0/24 dev lo"); /* told last: when it is there, the others were read too */
	ck_assert(follow(&netlink, "192.0.2.0/24", true));
	ck_assert_ptr_null(find_route(&netlink, "203.0.113.0/24"));
	ck_assert_ptr_null(find_route(&netlink, "2001:db8:dead::/48"));
	ck_assert_ptr_null(find_route(&netlink, "198.51.100.0/24"));
	netns_ip("route flush table 77");
	netns_ip("route del blackhole 203.0.113.0/24");
	netns_ip("route del unreachable 2001:db8:dead::/48");
	netns_ip("route del 192.0.2.0/24 dev lo");
	netlink_close(&netlink);
}
END_TEST

/* Writes `count` host routes for ip -batch. */
static void
batch_of_routes(const char *verb, unsigned count)
{
	FILE *ip = popen("ip -batch -", "w");
	for (unsigned i = 0; i < count; i++)
		fprintf(ip, "route %s 10.%u.%u.%u/32 dev lo\n", verb, i >> 16, i >> 8 & 255, i & 255);
	ck_assert_int_eq(pclose(ip), 0);
}

START_TEST(a_table_too_large_is_cut_and_a_default_route_stands_in)
{
	struct netlink netlink;
	batch_of_routes("add", MIRROR_ROUTES_MAX + 100);
	netlink_begin(&netlink);
	const struct mirror *mirror = netlink_mirror(&netlink);
	ck_assert_uint_gt(mirror->cut_count, 100);
	ck_assert_uint_eq(mirror->route_count, MIRROR_ROUTES_MAX + 2);
	ck_assert_ptr_nonnull(find_route(&netlink, "0.0.0.0/0"));
	ck_assert_ptr_nonnull(find_route(&netlink, "::/0"));
	ck_assert_uint_eq(mirror->routes[0].prefix_len, 0); /* the shortest first */

	/* What changes meanwhile overflows no queue that would not be read anew. */
	batch_of_routes("del", MIRROR_ROUTES_MAX + 100);
	ck_assert(follow(&netlink, "0.0.0.0/0", false));
	ck_assert_uint_eq(netlink_mirror(&netlink)->cut_count, 0);
	netlink_close(&netlink);
}
END_TEST

START_TEST(nothing_is_read_anew_while_nothing_changes)
{
	struct netlink netlink;
	netlink_begin(&netlink);
	uint64_t reads = netlink.read_count;
	ck_assert_uint_eq(netlink_deadline(&netlink), STACK_NEVER);
	ck_assert(!netlink_update(&netlink, clock_us() + 10000000));
	ck_assert_uint_eq(netlink.read_count, reads);
	netlink_close(&netlink);
}
END_TEST

int
main(void)
{
	netns_enter();
	TCase *tcase = tcase_create("netlink");
	tcase_set_timeout(tcase, 30);
	tcase_add_test(tcase, the_first_table_holds_what_is_there);
	tcase_add_test(tcase, devices_addresses_and_routes_are_followed);
	tcase_add_test(tcase, an_address_under_conflict_detection_is_not_taken);
	tcase_add_test(tcase, a_deprecated_address_is_marked);
	tcase_add_test(tcase, of_several_next_hops_the_first_that_lives_counts);
	tcase_add_test(tcase, a_gateway_may_be_of_the_other_family);
	tcase_add_test(tcase, routes_that_refuse_and_other_tables_are_left_out);
	tcase_add_test(tcase, a_table_too_large_is_cut_and_a_default_route_stands_in);
	tcase_add_test(tcase, nothing_is_read_anew_while_nothing_changes);
	Suite *suite = suite_create("stack/link/netlink");
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}

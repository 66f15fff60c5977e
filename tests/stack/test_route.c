/*
 * Routes: longest prefix, metric, what an address brings (RFC 1122, section 3.3.1; RFC 3021;
 * RFC 4291).
 */
#include <string.h>

#include "stack/route.h"
#include "stack/stack_priv.h"
#include "tests/stack/host.h"
#include "tests/suite.h"

static struct host host;

static void
setup(void)
{
	host_init(&host, &(struct host_config){ .ipv4 = "192.0.2.1/24", .ipv6 = "2001:db8::1/64" });
}

static void
teardown(void)
{
	host_fini(&host);
}

/* The next hop as text; "-" when there is no route. */
static const char *
next_hop(const char *destination)
{
	static char text[ADDR_TEXT_BYTES];
	struct ip_addr addr = addr_of(destination);
	struct route_hop hop;

	if (route_lookup(host.stack, &addr, &hop) != 0)
		return "-";
	return addr_to_text(&hop.next_hop, text, sizeof text);
}

START_TEST(the_longest_prefix_wins)
{
	host_route(&host, "0.0.0.0/0", "192.0.2.254", 0);
	host_route(&host, "10.0.0.0/8", "192.0.2.8", 0);
	host_route(&host, "10.1.0.0/16", "192.0.2.16", 0);
	host_route(&host, "10.1.2.3/32", "192.0.2.32", 0);
	host_route(&host, "::/0", "2001:db8::fe", 0);
	host_route(&host, "2001:db8:1::/48", "2001:db8::48", 0);
	ck_assert_str_eq(next_hop("198.51.100.1"), "192.0.2.254");
	ck_assert_str_eq(next_hop("10.2.0.1"), "192.0.2.8");
	ck_assert_str_eq(next_hop("10.1.9.9"), "192.0.2.16");
	ck_assert_str_eq(next_hop("10.1.2.3"), "192.0.2.32");
	ck_assert_str_eq(next_hop("192.0.2.77"), "192.0.2.77");
	ck_assert_str_eq(next_hop("2001:db8:1::7"), "2001:db8::48");
	ck_assert_str_eq(next_hop("2001:db8:2::7"), "2001:db8::fe");
	ck_assert_str_eq(next_hop("2001:db8::7"), "2001:db8::7");
}
END_TEST

START_TEST(among_equal_prefixes_the_smallest_metric_wins)
{
	host_route(&host, "0.0.0.0/0", "192.0.2.3", 30);
	host_route(&host, "0.0.0.0/0", "192.0.2.1", 10);
	host_route(&host, "0.0.0.0/0", "192.0.2.2", 20);
	ck_assert_str_eq(next_hop("198.51.100.1"), "192.0.2.1");
	struct stack_route route = { .prefix = addr_of("0.0.0.0"),
				     .gateway = addr_of("192.0.2.1"),
				     .metric = 10 };
	ck_assert_int_eq(stack_route_del(host.stack, &route), 0);
	ck_assert_str_eq(next_hop("198.51.100.1"), "192.0.2.2");
	ck_assert_int_eq(stack_route_del(host.stack, &route), ERR_NOT_FOUND);
}
END_TEST

START_TEST(a_given_route_counts_more_than_what_an_address_implies)
{
	host_route(&host, "192.0.2.0/24", "192.0.2.9", 1000);
	ck_assert_str_eq(next_hop("192.0.2.77"), "192.0.2.9");
}
END_TEST

START_TEST(a_route_over_an_interface_that_is_down_does_not_count)
{
	const struct stack_if_config config = { .name = "second",
						.kind = STACK_IF_IP,
						.mtu = 1500 };
	unsigned second;

	ck_assert_int_eq(stack_if_add(host.stack, &config, &second), 0);
	host_route(&host, "0.0.0.0/0", "192.0.2.254", 50);
	struct stack_route better = { .prefix = addr_of("0.0.0.0"),
				      .gateway = addr_of("198.51.100.254"),
				      .ifindex = (uint8_t)second,
				      .metric = 1 };
	ck_assert_int_eq(stack_route_add(host.stack, &better), 0);
	ck_assert_str_eq(next_hop("203.0.113.1"), "192.0.2.254");
	ck_assert_int_eq(stack_if_set_up(host.stack, second, true, 0), 0);
	ck_assert_str_eq(next_hop("203.0.113.1"), "198.51.100.254");
	ck_assert_int_eq(stack_if_set_up(host.stack, second, false, 0), 0);
	ck_assert_str_eq(next_hop("203.0.113.1"), "192.0.2.254");
}
END_TEST

START_TEST(a_flush_takes_what_was_given_and_leaves_what_addresses_bring)
{
	struct stack_stats stats;

	host_route(&host, "0.0.0.0/0", "192.0.2.254", 0);
	host_route(&host, "10.0.0.0/8", "192.0.2.254", 0);
	stack_route_flush(host.stack, host.ifindex);
	stack_stats(host.stack, &stats);
	ck_assert_uint_eq(stats.routes, 0);
	ck_assert_str_eq(next_hop("10.0.0.1"), "-");
	ck_assert_str_eq(next_hop("192.0.2.77"), "192.0.2.77");
}
END_TEST

static const struct {
	const char *behaviour, *prefix, *destination;
	enum route_kind kind;
} kinds[] = {
	{ "an own address is ours", "198.51.100.9/24", "198.51.100.9", ROUTE_LOCAL },
	{ "the last address of a prefix is its broadcast address", "198.51.100.9/24",
	  "198.51.100.255", ROUTE_BROADCAST },
	{ "the netmask says which is the last", "198.51.100.9/28", "198.51.100.15",
	  ROUTE_BROADCAST },
	{ "and nothing behind it is", "198.51.100.9/28", "198.51.100.255", ROUTE_UNICAST },
	{ "the first address is a host as any other", "198.51.100.9/24", "198.51.100.0",
	  ROUTE_UNICAST },
	{ "a /31 has no broadcast address (RFC 3021)", "198.51.100.8/31", "198.51.100.9",
	  ROUTE_UNICAST },
	{ "a /32 has none either", "198.51.100.9/32", "198.51.100.9", ROUTE_LOCAL },
	{ "255.255.255.255 is broadcast without any address", "198.51.100.9/32", "255.255.255.255",
	  ROUTE_BROADCAST },
	{ "all hosts are we too", "198.51.100.9/24", "224.0.0.1", ROUTE_MULTICAST },
	{ "other groups are not", "198.51.100.9/24", "224.0.0.251", ROUTE_UNICAST },
	{ "IPv6 has no broadcast address", "2001:db8:5::9/64", "2001:db8:5::ffff:ffff:ffff:ffff",
	  ROUTE_UNICAST },
	{ "all nodes are we too (RFC 4291)", "2001:db8:5::9/64", "ff02::1", ROUTE_MULTICAST },
	{ "so is the solicited-node group of an own address", "2001:db8:5::12:3456/64",
	  "ff02::1:ff12:3456", ROUTE_MULTICAST },
	{ "but not another's", "2001:db8:5::12:3456/64", "ff02::1:ff12:3457", ROUTE_UNICAST },
};

START_TEST(an_address_and_its_prefix_say_what_is_for_us)
{
	host_addr(&host, kinds[_i].prefix, STACK_ADDR_NO_DAD);
	struct ip_addr destination = addr_of(kinds[_i].destination);
	ck_assert_msg(route_classify(host.stack, host.ifindex, &destination) == kinds[_i].kind,
		      "%s", kinds[_i].behaviour);
}
END_TEST

START_TEST(an_address_that_goes_takes_everything_with_it)
{
	struct ip_addr addr = addr_of("192.0.2.1"), broadcast = addr_of("192.0.2.255");

	ck_assert_int_eq(stack_addr_del(host.stack, host.ifindex, &addr), 0);
	ck_assert_int_eq(stack_addr_del(host.stack, host.ifindex, &addr), ERR_NOT_FOUND);
	ck_assert_int_eq(route_classify(host.stack, host.ifindex, &addr), ROUTE_UNICAST);
	ck_assert_int_eq(route_classify(host.stack, host.ifindex, &broadcast), ROUTE_UNICAST);
	ck_assert_str_eq(next_hop("192.0.2.77"), "-");
}
END_TEST

START_TEST(two_addresses_of_one_prefix_may_go_one_by_one)
{
	struct ip_addr first = addr_of("192.0.2.1");

	host_addr(&host, "192.0.2.2/24", STACK_ADDR_NO_DAD);
	ck_assert_int_eq(stack_addr_del(host.stack, host.ifindex, &first), 0);
	ck_assert_str_eq(next_hop("192.0.2.77"), "192.0.2.77");
	struct ip_addr broadcast = addr_of("192.0.2.255");
	ck_assert_int_eq(route_classify(host.stack, host.ifindex, &broadcast), ROUTE_BROADCAST);
}
END_TEST

START_TEST(an_address_given_again_takes_its_new_prefix)
{
	host_addr(&host, "192.0.2.1/28", STACK_ADDR_NO_DAD);
	ck_assert_str_eq(next_hop("192.0.2.77"), "-");
	ck_assert_str_eq(next_hop("192.0.2.7"), "192.0.2.7");
}
END_TEST

START_TEST(a_tentative_address_is_not_ours_yet)
{
	struct ip_addr addr = addr_of("198.51.100.9");

	host_addr(&host, "198.51.100.9/24", STACK_ADDR_TENTATIVE);
	ck_assert_int_eq(route_classify(host.stack, host.ifindex, &addr), ROUTE_UNICAST);
	host_addr(&host, "198.51.100.9/24", 0);
	ck_assert_int_eq(route_classify(host.stack, host.ifindex, &addr), ROUTE_LOCAL);
}
END_TEST

START_TEST(link_local_and_loopback_addresses_count_on_their_own_link_only)
{
	const struct stack_if_config config = { .name = "second",
						.kind = STACK_IF_IP,
						.mtu = 1500 };
	struct ip_addr link_local = addr_of("fe80::1"), loopback = addr_of("127.0.0.1"),
		       global = addr_of("192.0.2.1");
	unsigned second;

	ck_assert_int_eq(stack_if_add(host.stack, &config, &second), 0);
	ck_assert_int_eq(stack_if_set_up(host.stack, second, true, 0), 0);
	host_addr(&host, "fe80::1/64", STACK_ADDR_NO_DAD);
	host_addr(&host, "127.0.0.1/8", STACK_ADDR_NO_DAD);
	ck_assert_int_eq(route_classify(host.stack, host.ifindex, &link_local), ROUTE_LOCAL);
	ck_assert_int_eq(route_classify(host.stack, second, &link_local), ROUTE_UNICAST);
	ck_assert_int_eq(route_classify(host.stack, host.ifindex, &loopback), ROUTE_LOCAL);
	ck_assert_int_eq(route_classify(host.stack, second, &loopback), ROUTE_UNICAST);
	ck_assert_int_eq(route_classify(host.stack, second, &global),
			 ROUTE_LOCAL); /* the weak model */
}
END_TEST

START_TEST(routes_beyond_the_limit_are_refused)
{
	struct stack_route route = { .prefix_len = 32, .ifindex = (uint8_t)host.ifindex };
	int err = 0;

	for (unsigned i = 0; i < host_limits.route_count; i++) {
		route.prefix = addr_ipv4((const uint8_t[4]){ 10, 0, 0, (uint8_t)i });
		ck_assert_int_eq(stack_route_add(host.stack, &route), 0);
	}
	ck_assert_int_eq(stack_route_add(host.stack, &route), 0); /* the same again is none more */
	route.prefix = addr_of("10.0.1.0");
	err = stack_route_add(host.stack, &route);
	ck_assert_int_eq(err, ERR_FULL);
	host_addr(&host, "198.51.100.9/24",
		  STACK_ADDR_NO_DAD); /* there is still room for what addresses bring */
	ck_assert_str_eq(next_hop("198.51.100.10"), "198.51.100.10");
}
END_TEST

/* ---- against a list that is walked ----------------------------------------------------------- */

#define MODEL_MAX 24u

static struct stack_route model[MODEL_MAX];
static unsigned model_count;

static const struct stack_route *
model_lookup(const struct ip_addr *destination)
{
	const struct stack_route *best = NULL;

	for (unsigned i = 0; i < model_count; i++) {
		const struct stack_route *route = &model[i];
		if (!addr_in_prefix(destination, &route->prefix, route->prefix_len))
			continue;
		if (best == NULL || route->prefix_len > best->prefix_len ||
		    (route->prefix_len == best->prefix_len && route->metric < best->metric))
			best = route;
	}
	return best;
}

/* Addresses that differ in few bits, so that prefixes nest and part. */
static struct ip_addr
random_addr(struct rng *rng)
{
	uint8_t octets[16] = { 0x20, 0x01 };

	for (unsigned i = 0; i < 3; i++)
		octets[2 + rng_below(rng, 14)] ^= (uint8_t)(1u << rng_below(rng, 8));
	if (rng_below(rng, 2) == 0)
		return addr_ipv6(octets);
	octets[0] = 10;
	octets[1] = (uint8_t)rng_below(rng, 4);
	return addr_ipv4(octets);
}

static bool
model_has(const struct stack_route *route)
{
	for (unsigned i = 0; i < model_count; i++)
		if (model[i].metric == route->metric)
			return true;
	return false;
}

START_TEST(the_trie_finds_what_a_walk_along_all_routes_finds)
{
	const uint64_t seed = suite_seed(31);
	struct rng rng;

	rng_init_number(&rng, seed);
	model_count = 0;
	for (unsigned step = 0; step < 4000; step++) {
		if (model_count < MODEL_MAX && rng_below(&rng, 2) == 0) {
			struct stack_route route = { .prefix = random_addr(&rng),
						     .metric = rng_u32(&rng) };
			const unsigned bits = 8 * (unsigned)addr_bytes(&route.prefix);
			route.prefix_len = (uint8_t)(rng_below(&rng, bits + 1));
			route.gateway = random_addr(&rng);
			route.ifindex = (uint8_t)host.ifindex;
			if (model_has(&route))
				continue;
			model[model_count++] = route;
			ck_assert_int_eq(stack_route_add(host.stack, &route), 0);
		} else if (model_count > 0 && rng_below(&rng, 3) == 0) {
			const unsigned i = rng_below(&rng, model_count);
			ck_assert_int_eq(stack_route_del(host.stack, &model[i]), 0);
			model[i] = model[--model_count];
		}
		struct ip_addr destination = random_addr(&rng);
		const struct stack_route *expected = model_lookup(&destination);
		struct route_hop hop = { 0 };
		int err = route_lookup(host.stack, &destination, &hop);
		ck_assert_msg((err == 0) == (expected != NULL), "step %u, seed %llu", step,
			      (unsigned long long)seed);
		ck_assert_msg(expected == NULL || addr_equal(&hop.next_hop, &expected->gateway),
			      "step %u, seed %llu", step, (unsigned long long)seed);
	}
	stack_route_flush(host.stack, host.ifindex);
	ck_assert_uint_eq(host.stack->routes.used_count, 0);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("route");
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, the_longest_prefix_wins);
	tcase_add_test(tcase, among_equal_prefixes_the_smallest_metric_wins);
	tcase_add_test(tcase, a_given_route_counts_more_than_what_an_address_implies);
	tcase_add_test(tcase, a_route_over_an_interface_that_is_down_does_not_count);
	tcase_add_test(tcase, a_flush_takes_what_was_given_and_leaves_what_addresses_bring);
	tcase_add_loop_test(tcase, an_address_and_its_prefix_say_what_is_for_us, 0, COUNT(kinds));
	tcase_add_test(tcase, an_address_that_goes_takes_everything_with_it);
	tcase_add_test(tcase, two_addresses_of_one_prefix_may_go_one_by_one);
	tcase_add_test(tcase, an_address_given_again_takes_its_new_prefix);
	tcase_add_test(tcase, a_tentative_address_is_not_ours_yet);
	tcase_add_test(tcase, link_local_and_loopback_addresses_count_on_their_own_link_only);
	tcase_add_test(tcase, routes_beyond_the_limit_are_refused);
	tcase_add_test(tcase, the_trie_finds_what_a_walk_along_all_routes_finds);
	Suite *suite = suite_create("route");
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}

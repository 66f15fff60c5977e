/* The DHCPv4 client of an interface: RFC 2131 section 4.4, RFC 3442, RFC 5227, RFC 6842. */
#include "stack/dhcp.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "stack/stack_priv.h"
#include "tests/stack/dhcp_server.h"
#include "tests/stack/packet.h"
#include "tests/suite.h"

#define SECOND_US  1000000ull
#define MINUTE_US  (60 * SECOND_US)
#define HOUR_US    (60 * MINUTE_US)
#define SETTLED_US (10 * SECOND_US) /* exchange and conflict detection */
#define OUTSIDE    "198.51.100.53"

static struct dhcp_net net;
static struct dhcp_server *server;

static void
setup(void)
{
	dhcp_net_init(&net);
	server = dhcp_net_server(&net, "192.0.2.1", "192.0.2.77");
}

static void
teardown(void)
{
	dhcp_net_fini(&net);
}

static struct stack *
stack(void)
{
	return net.lan.hosts[0].stack;
}

static const struct dhcp_client *
client(void)
{
	return &stack()->dhcp.clients[net.lan.hosts[0].ifindex];
}

static bool
has_addr(const char *text)
{
	const struct ip_addr addr = addr_of(text);
	return ifaddr_is_ours(stack(), net.lan.hosts[0].ifindex, &addr);
}

/* The next hop towards `destination`, as text; "-" for none. */
static const char *
next_hop(const char *destination)
{
	static char text[ADDR_TEXT_BYTES];
	struct ip_send send = { .destination = addr_of(destination) };
	return ip_route(stack(), &send) == 0 ? addr_to_text(&send.hop.next_hop, text, sizeof text)
					     : "-";
}

static void
assert_addr(const struct ip_addr *addr, const char *text)
{
	char found[ADDR_TEXT_BYTES];
	ck_assert_str_eq(addr->family == ADDR_NONE ? "-" : addr_to_text(addr, found, sizeof found),
			 text);
}

static void
bind_client(void)
{
	dhcp_run(&net, SETTLED_US);
	ck_assert(has_addr("192.0.2.77"));
	ck_assert_int_eq(client()->state, DHCP_BOUND);
	dhcp_clear(&net);
}

static void
set_link(bool up)
{
	ck_assert_int_eq(stack_if_set_up(stack(), net.lan.hosts[0].ifindex, up, net.lan.now_us), 0);
}

static uint64_t
drops(enum drop reason)
{
	return lan_drops(&net.lan, 0, reason);
}

/* The network holds nothing of the lease. */
static void
assert_bare(void)
{
	struct stack_stats stats;
	stack_stats(stack(), &stats);
	ck_assert_uint_eq(stats.addrs, 0);
	ck_assert_uint_eq(stats.routes, 0);
	ck_assert_str_eq(next_hop(OUTSIDE), "-");
	ck_assert_uint_eq(stack()->ifs[0].mtu_ipv4, stack()->ifs[0].mtu);
}

/* ---- getting a lease ------------------------------------------------------------------------- */

START_TEST(a_host_without_an_address_is_given_one)
{
	server->is_broadcast = _i != 0;
	dhcp_run(&net, SETTLED_US);
	const struct dhcp_heard *discover = dhcp_heard_nth(&net, DHCP_DISCOVER, 0);
	const struct dhcp_heard *request = dhcp_heard_nth(&net, DHCP_REQUEST, 0);
	ck_assert_uint_eq(net.heard_count, 2);
	ck_assert(discover != NULL && request != NULL);
	ck_assert_uint_le(discover->at_us, HOST_START_US + SECOND_US);
	for (const struct dhcp_heard *heard = discover; heard != NULL;
	     heard = heard == discover ? request : NULL) {
		assert_addr(&heard->source, "0.0.0.0");
		assert_addr(&heard->destination, "255.255.255.255");
		ck_assert_mem_eq(&heard->to_mac, &ether_broadcast, sizeof ether_broadcast);
		assert_addr(&heard->ciaddr, "0.0.0.0");
		ck_assert_uint_eq(heard->client_id_bytes, 15); /* RFC 4361 */
		ck_assert(heard->asks_for_routes);
	}
	assert_addr(&discover->requested, "-");
	assert_addr(&discover->server_id, "-");
	assert_addr(&request->requested, "192.0.2.77");
	assert_addr(&request->server_id, "192.0.2.1");
	ck_assert_uint_eq(request->xid, discover->xid);
	ck_assert_uint_eq(request->secs, discover->secs);

	ck_assert(has_addr("192.0.2.77"));
	ck_assert_uint_ge(net.arp_count, 4); /* it has been probed for and announced */
	ck_assert_str_eq(next_hop(OUTSIDE), "192.0.2.1");
	ck_assert_str_eq(next_hop("192.0.2.200"), "192.0.2.200");
	ck_assert(lan_ping(&net.lan, 0, "192.0.2.1"));
	ck_assert_uint_eq(drops(DROP_DHCP_IGNORED) + drops(DROP_DHCP_MALFORMED), 0);
}
END_TEST

START_TEST(an_address_is_not_used_before_it_was_probed_for)
{
	dhcp_run(&net, 2 * SECOND_US);
	ck_assert_int_eq(client()->state, DHCP_BOUND);
	ck_assert(!has_addr("192.0.2.77"));
	ck_assert_str_eq(next_hop(OUTSIDE), "-"); /* no source to send from */
	dhcp_run(&net, SETTLED_US);
	ck_assert_str_eq(next_hop(OUTSIDE), "192.0.2.1");
}
END_TEST

START_TEST(an_unanswered_discover_is_repeated_after_4_8_16_32_and_64_seconds)
{
	static const unsigned waits_s[] = { 4, 8, 16, 32, 64, 64, 64, 64 };
	server->is_mute = true;
	dhcp_run(&net, 340 * SECOND_US);
	ck_assert_uint_eq(dhcp_heard_count(&net, DHCP_DISCOVER), net.heard_count);
	ck_assert_uint_gt(net.heard_count, 6);
	bool is_jittered = false;
	for (unsigned i = 1; i < net.heard_count; i++) {
		const struct dhcp_heard *heard = &net.heard[i];
		const uint64_t waited_us = heard->at_us - net.heard[i - 1].at_us;
		const uint64_t wait_us = waits_s[i - 1] * SECOND_US;
		ck_assert_uint_ge(waited_us, wait_us - SECOND_US);
		ck_assert_uint_le(waited_us, wait_us + SECOND_US + WHEEL_TICK_US);
		is_jittered =
			is_jittered || waited_us + 10000 < wait_us || waited_us > wait_us + 10000;
		ck_assert_uint_eq(heard->xid, net.heard[0].xid);
		ck_assert_uint_eq(heard->secs, (heard->at_us - net.heard[0].at_us) / SECOND_US);
	}
	ck_assert(is_jittered);
}
END_TEST

START_TEST(a_server_that_comes_late_is_found)
{
	server->is_mute = true;
	dhcp_run(&net, 24 * HOUR_US / 50); /* 27 times 64 s */
	dhcp_clear(&net);
	server->is_mute = false;
	dhcp_run(&net, 66 * SECOND_US + SETTLED_US);
	ck_assert(has_addr("192.0.2.77"));
}
END_TEST

START_TEST(what_is_lost_is_sent_again)
{
	server->lose_count = 1 + (unsigned)_i;
	dhcp_run(&net, 2 * MINUTE_US);
	ck_assert(has_addr("192.0.2.77"));
	ck_assert_uint_eq(net.heard_count, 2 + server->lose_count + 1u + (unsigned)_i);
}
END_TEST

START_TEST(a_request_that_is_lost_is_repeated_as_it_was)
{
	server->is_deaf_to_requests = true;
	dhcp_run(&net, 20 * SECOND_US);
	server->is_deaf_to_requests = false;
	dhcp_run(&net, 20 * SECOND_US);
	ck_assert(has_addr("192.0.2.77"));
	ck_assert_uint_eq(dhcp_heard_count(&net, DHCP_DISCOVER), 1);
	ck_assert_uint_eq(dhcp_heard_count(&net, DHCP_REQUEST), 4);
	for (unsigned i = 0; i < 4; i++) {
		ck_assert_uint_eq(dhcp_heard_nth(&net, DHCP_REQUEST, i)->xid, net.heard[0].xid);
		ck_assert_uint_eq(dhcp_heard_nth(&net, DHCP_REQUEST, i)->secs, net.heard[0].secs);
	}
}
END_TEST

/* ---- several servers ------------------------------------------------------------------------- */

START_TEST(of_several_offers_the_first_is_taken_and_its_server_named)
{
	struct dhcp_server *second = dhcp_net_server(&net, "192.0.2.2", "192.0.2.88");
	dhcp_run(&net, SETTLED_US);
	ck_assert(has_addr("192.0.2.77"));
	assert_addr(&dhcp_heard_nth(&net, DHCP_REQUEST, 0)->server_id, "192.0.2.1");
	ck_assert_uint_eq(second->reply_count, 1); /* it saw that it was not chosen */
	ck_assert_uint_eq(drops(DROP_DHCP_IGNORED), 1);
}
END_TEST

START_TEST(only_the_chosen_server_acknowledges_or_refuses)
{
	struct dhcp_server *second = dhcp_net_server(&net, "192.0.2.2", "192.0.2.88");
	second->is_mute = server->is_deaf_to_requests = true;
	dhcp_run(&net, 2 * SECOND_US);
	ck_assert_int_eq(client()->state, DHCP_REQUESTING);
	dhcp_send(&net, second, DHCP_ACK);
	dhcp_send(&net, second, DHCP_NAK);
	ck_assert_int_eq(client()->state, DHCP_REQUESTING);
	ck_assert_uint_eq(drops(DROP_DHCP_IGNORED), 2);
	dhcp_send(&net, server, DHCP_ACK);
	ck_assert_int_eq(client()->state, DHCP_BOUND);
}
END_TEST

START_TEST(an_offer_that_comes_to_nothing_gives_way_to_another_server_s)
{
	struct dhcp_server *second = dhcp_net_server(&net, "192.0.2.2", "192.0.2.88");
	if (_i == 0)
		server->is_deaf_to_requests = true;
	else
		server->nak_count = 1;
	dhcp_run(&net, 2 * MINUTE_US);
	ck_assert(has_addr("192.0.2.88"));
	ck_assert_uint_eq(dhcp_heard_count(&net, DHCP_DISCOVER), 2);
	ck_assert_uint_eq(dhcp_heard_count(&net, DHCP_REQUEST),
			  (_i == 0 ? DHCP_REQUESTS_MAX : 1u) + 1);
	ck_assert_uint_gt(second->reply_count, 2);
}
END_TEST

START_TEST(the_only_server_is_asked_again_whatever_it_did)
{
	server->is_deaf_to_requests = true;
	dhcp_run(&net, 70 * SECOND_US);
	server->is_deaf_to_requests = false;
	dhcp_run(&net, 30 * SECOND_US);
	ck_assert(has_addr("192.0.2.77"));
	/* Its offer was kept while others could have come, so one discover was enough. */
	ck_assert_uint_eq(dhcp_heard_count(&net, DHCP_DISCOVER), 2);
}
END_TEST

START_TEST(a_server_that_refuses_what_it_offers_is_not_asked_in_a_rush)
{
	server->nak_count = UINT_MAX;
	dhcp_run(&net, 20 * MINUTE_US);
	ck_assert(!has_addr("192.0.2.77"));
	ck_assert_uint_ge(net.heard_count, 20);
	ck_assert_uint_le(net.heard_count, 50);
	const unsigned last = dhcp_heard_count(&net, DHCP_REQUEST) - 1;
	const uint64_t apart_us = dhcp_heard_nth(&net, DHCP_REQUEST, last)->at_us -
				  dhcp_heard_nth(&net, DHCP_REQUEST, last - 1)->at_us;
	ck_assert_uint_ge(apart_us, 63 * SECOND_US);
	server->nak_count = 0;
	dhcp_run(&net, 2 * MINUTE_US);
	ck_assert(has_addr("192.0.2.77"));
}
END_TEST

/* ---- replies that do not count --------------------------------------------------------------- */

START_TEST(a_reply_to_somebody_else_does_not_count)
{
	uint8_t other_id[17] = { 61, 15, 255 };
	switch (_i) {
	case 0: server->bend = 1; break; /* the xid */
	case 1:                          /* RFC 6842, section 3 */
		server->keeps_quiet_about_client_id = true;
		server->more = other_id;
		server->more_bytes = sizeof other_id;
		break;
	default: net.client = 1; break; /* chaddr: see below */
	}
	if (_i == 2) {
		/* The client's frames are heard as ever; the replies carry another's MAC address. */
		net.client = 0;
		dhcp_run(&net, SECOND_US / 1000);
		server->is_mute = true;
		dhcp_run(&net, 2 * SECOND_US);
		net.client = 1;
		dhcp_send(&net, server, DHCP_OFFER);
		net.client = 0;
	}
	dhcp_run(&net, 10 * SECOND_US);
	ck_assert_int_eq(client()->state, DHCP_SELECTING);
	ck_assert_uint_eq(dhcp_heard_count(&net, DHCP_REQUEST), 0);
	if (_i != 2)
		ck_assert_uint_ge(drops(DROP_DHCP_IGNORED), 2);
}
END_TEST

START_TEST(a_server_may_keep_quiet_about_the_client_id)
{
	server->keeps_quiet_about_client_id = true;
	dhcp_run(&net, SETTLED_US);
	ck_assert(has_addr("192.0.2.77"));
}
END_TEST

static const struct {
	const char *behaviour, *offer;
	uint32_t mask, lease_s;
	enum drop drop;
} useless[] = {
	{ "no address", "0.0.0.0", 0xffffff00, 3600, DROP_DHCP_MALFORMED },
	{ "this network", "0.1.2.3", 0xffffff00, 3600, DROP_DHCP_MALFORMED },
	{ "loopback", "127.0.0.9", 0xffffff00, 3600, DROP_DHCP_MALFORMED },
	{ "a group", "224.0.0.9", 0xffffff00, 3600, DROP_DHCP_MALFORMED },
	{ "reserved", "240.0.0.9", 0xffffff00, 3600, DROP_DHCP_MALFORMED },
	{ "everybody", "255.255.255.255", 0xffffff00, 3600, DROP_DHCP_MALFORMED },
	{ "the network itself", "192.0.2.128", 0xffffff80, 3600, DROP_DHCP_MALFORMED },
	{ "its broadcast address", "192.0.2.127", 0xffffff80, 3600, DROP_DHCP_MALFORMED },
	{ "a mask with a hole", "192.0.2.77", 0xff00ff00, 3600, DROP_DHCP_MALFORMED },
	{ "no lease time", "192.0.2.77", 0xffffff00, 0, DROP_DHCP_IGNORED },
	{ "for a moment", "192.0.2.77", 0xffffff00, DHCP_LEASE_S_MIN - 1, DROP_DHCP_IGNORED },
};

START_TEST(an_offer_that_cannot_be_used_is_not_taken)
{
	server->is_broadcast = true;
	server->offer = useless[_i].offer;
	server->mask = useless[_i].mask;
	server->lease_s = useless[_i].lease_s;
	dhcp_run(&net, 15 * SECOND_US);
	ck_assert_msg(dhcp_heard_count(&net, DHCP_REQUEST) == 0, "%s", useless[_i].behaviour);
	ck_assert_uint_eq(drops(useless[_i].drop), server->reply_count);
	assert_bare();
	server->offer = "192.0.2.77";
	server->mask = 0xfffffffe; /* of two addresses both are hosts (RFC 3021) */
	server->lease_s = DHCP_LEASE_S_MIN;
	dhcp_run(&net, 18 * SECOND_US + SETTLED_US);
	ck_assert(has_addr("192.0.2.77"));
}
END_TEST

START_TEST(an_acknowledgement_that_cannot_be_used_is_as_if_lost)
{
	server->is_deaf_to_requests = true;
	dhcp_run(&net, 2 * SECOND_US);
	server->mask = 0xff00ff00;
	dhcp_send(&net, server, DHCP_ACK);
	ck_assert_int_eq(client()->state, DHCP_REQUESTING);
	ck_assert_uint_eq(drops(DROP_DHCP_MALFORMED), 1);
	server->mask = 0xffffff00;
	server->is_deaf_to_requests = false;
	dhcp_run(&net, 6 * SECOND_US + SETTLED_US);
	ck_assert(has_addr("192.0.2.77"));
}
END_TEST

START_TEST(what_comes_when_nothing_was_asked_changes_nothing)
{
	bind_client();
	dhcp_run(&net, 29 * MINUTE_US +
			       50 * SECOND_US); /* it renews: there is a last message to answer */
	ck_assert_uint_eq(net.heard_count, 1);
	const uint32_t version = stack_network_version(stack());
	const uint64_t ignored = drops(DROP_DHCP_IGNORED);
	server->offer = "192.0.2.99";
	dhcp_send(&net, server, DHCP_NAK);
	dhcp_send(&net, server, DHCP_OFFER);
	dhcp_send(&net, server, DHCP_ACK);
	ck_assert(has_addr("192.0.2.77"));
	ck_assert_uint_eq(stack_network_version(stack()), version);
	ck_assert_uint_eq(drops(DROP_DHCP_IGNORED), ignored + 3);
}
END_TEST

/* ---- keeping it ------------------------------------------------------------------------------ */

START_TEST(a_lease_is_renewed_with_its_server_from_half_time_on)
{
	bind_client();
	const uint64_t bound_at_us = net.lan.now_us - SETTLED_US;
	const uint32_t version = stack_network_version(stack());
	dhcp_run(&net, 30 * MINUTE_US);
	ck_assert_uint_eq(net.heard_count, 1);
	const struct dhcp_heard *renewal = &net.heard[0];
	ck_assert_uint_ge(renewal->at_us - bound_at_us, 30 * MINUTE_US * 31 / 32);
	ck_assert_uint_le(renewal->at_us - bound_at_us, 30 * MINUTE_US + 2 * SECOND_US);
	ck_assert_uint_eq(renewal->type, DHCP_REQUEST);
	assert_addr(&renewal->source, "192.0.2.77");
	assert_addr(&renewal->destination, "192.0.2.1");
	const struct mac_addr mac = lan_mac(server->host);
	ck_assert_mem_eq(&renewal->to_mac, &mac, sizeof mac);
	assert_addr(&renewal->ciaddr, "192.0.2.77");
	assert_addr(&renewal->requested, "-"); /* RFC 2131, section 4.3.2: MUST NOT */
	assert_addr(&renewal->server_id, "-");
	ck_assert_uint_eq(renewal->client_id_bytes, 15);
	dhcp_run(&net, 12 * HOUR_US);
	ck_assert(has_addr("192.0.2.77"));
	ck_assert_uint_le(net.heard_count, 26);
	ck_assert_uint_ge(net.heard_count, 24);
	ck_assert_uint_eq(stack_network_version(stack()),
			  version); /* nothing has changed, nobody is disturbed */
}
END_TEST

START_TEST(a_server_that_is_silent_is_asked_seldom_then_everybody)
{
	bind_client();
	const uint64_t bound_at_us = net.lan.now_us - SETTLED_US;
	struct dhcp_server *second = dhcp_net_server(&net, "192.0.2.2", "192.0.2.77");
	server->is_mute = second->is_mute = true;
	dhcp_run(&net, 51 * MINUTE_US - SETTLED_US);
	const unsigned unicast_count = net.heard_count;
	ck_assert_uint_ge(unicast_count, 4); /* 11, 5, 3, 1, 1 minutes apart */
	ck_assert_uint_le(unicast_count, 8);
	for (unsigned i = 0; i < unicast_count; i++) {
		assert_addr(&net.heard[i].destination, "192.0.2.1");
		ck_assert(i == 0 || net.heard[i].at_us - net.heard[i - 1].at_us >= 60 * SECOND_US ||
			  i == unicast_count - 1);
		ck_assert(i == 0 || net.heard[i].xid != net.heard[i - 1].xid);
	}
	dhcp_run(&net, 2 * MINUTE_US);
	ck_assert_uint_ge(net.heard_count, unicast_count + 1);
	const struct dhcp_heard *rebinding = &net.heard[net.heard_count - 1];
	ck_assert_uint_le(rebinding->at_us - bound_at_us, 60 * MINUTE_US * 7 / 8 + SECOND_US);
	assert_addr(&rebinding->source, "192.0.2.77");
	assert_addr(&rebinding->destination, "255.255.255.255");
	assert_addr(&rebinding->ciaddr, "192.0.2.77");
	assert_addr(&rebinding->requested, "-");
	assert_addr(&rebinding->server_id, "-");
	second->is_mute = false;
	dhcp_run(&net, 5 * MINUTE_US);
	ck_assert_int_eq(client()->state, DHCP_BOUND);
	dhcp_clear(&net);
	dhcp_run(&net, HOUR_US);
	ck_assert(has_addr("192.0.2.77"));
	assert_addr(&net.heard[0].destination, "192.0.2.2"); /* it is the second's lease now */
}
END_TEST

START_TEST(a_lease_that_nobody_renews_ends_with_all_it_brought)
{
	server->mtu = 1400;
	bind_client();
	ck_assert_uint_eq(stack()->ifs[0].mtu_ipv4, 1400);
	server->is_mute = true;
	dhcp_run(&net, 59 * MINUTE_US + 45 * SECOND_US);
	ck_assert(has_addr("192.0.2.77"));
	dhcp_clear(&net);
	dhcp_run(&net, 10 * SECOND_US); /* counted from the request, not from the acknowledgement */
	assert_bare();
	const struct dhcp_heard *discover = dhcp_heard_nth(&net, DHCP_DISCOVER, 0);
	ck_assert_ptr_nonnull(discover);
	assert_addr(&discover->source, "0.0.0.0");
	assert_addr(&discover->requested, "192.0.2.77"); /* it would like to have it back */
	server->is_mute = false;
	dhcp_run(&net, 10 * SECOND_US + SETTLED_US);
	ck_assert(has_addr("192.0.2.77"));
	ck_assert_uint_eq(stack()->ifs[0].mtu_ipv4, 1400);
}
END_TEST

START_TEST(a_lease_without_end_is_never_asked_about)
{
	server->lease_s = DHCP_LEASE_EVER;
	bind_client();
	dhcp_run(&net, 90 * 24 * HOUR_US);
	ck_assert_uint_eq(net.heard_count, 0);
	ck_assert(has_addr("192.0.2.77"));
}
END_TEST

START_TEST(a_refused_renewal_ends_the_lease)
{
	bind_client();
	server->nak_count = 1;
	server->offer = "192.0.2.78";
	dhcp_run(&net, 30 * MINUTE_US);
	ck_assert(!has_addr("192.0.2.77"));
	const struct dhcp_heard *discover = dhcp_heard_nth(&net, DHCP_DISCOVER, 0);
	ck_assert_ptr_nonnull(discover);
	assert_addr(&discover->requested, "-"); /* we may not have it */

	ck_assert(has_addr("192.0.2.78"));
}
END_TEST

START_TEST(a_renewal_may_bring_other_routes_and_leaves_the_address_alone)
{
	server->lease_s = 600;
	bind_client();
	server->router = "192.0.2.250";
	server->mtu = 1300;
	while (net.heard_count == 0) {
		ck_assert_str_eq(next_hop(OUTSIDE), "192.0.2.1");
		dhcp_run(&net, SECOND_US);
	}
	ck_assert_str_eq(next_hop(OUTSIDE), "192.0.2.250"); /* without a pause */
	ck_assert_uint_eq(stack()->ifs[0].mtu_ipv4, 1300);
	struct stack_stats stats;
	stack_stats(stack(), &stats);
	ck_assert_uint_eq(stats.routes, 1);
}
END_TEST

START_TEST(a_renewal_may_bring_another_address)
{
	server->lease_s = 600;
	bind_client();
	server->offer = "192.0.2.78";
	dhcp_run(&net, 5 * MINUTE_US + SETTLED_US);
	ck_assert(has_addr("192.0.2.78"));
	ck_assert(!has_addr("192.0.2.77"));
}
END_TEST

static const struct {
	const char *behaviour;
	uint32_t lease_s, renewal_s, rebinding_s; /* as said */
	uint32_t t1_s, t2_s;                      /* as kept, but for the spread */
} times[] = {
	{ "nothing said: half and seven eighths", 3600, 0, 0, 1800, 3150 },
	{ "both said", 3600, 600, 900, 600, 900 },
	{ "T1 alone", 3600, 600, 0, 600, 3150 },
	{ "T2 alone", 3600, 0, 2000, 1800, 2000 },
	{ "T2 before T1", 3600, 900, 600, 1800, 3150 },
	{ "T2 not before the end", 3600, 900, 3600, 1800, 3150 },
	{ "T1 beyond the end", 3600, 7200, 0, 1800, 3150 },
	{ "T1 before the address is checked", 3600, 5, 0, 1800, 3150 },
	{ "the shortest", DHCP_LEASE_S_MIN, 0, 0, 10, 18 },
	{ "the longest", 0xfffffffe, 0, 0, 0x7fffffff, 0xfffffffe - 0x1fffffff },
};

START_TEST(the_times_are_the_server_s_where_they_make_sense)
{
	const struct dhcp_message message = { .lease_s = times[_i].lease_s,
					      .renewal_s = times[_i].renewal_s,
					      .rebinding_s = times[_i].rebinding_s };
	const uint64_t asked_at_us = 5 * SECOND_US, t1_us = times[_i].t1_s * SECOND_US,
		       t2_us = times[_i].t2_s * SECOND_US;
	struct dhcp_times found;
	struct rng rng;
	rng_init_number(&rng, suite_seed(3));
	for (unsigned i = 0; i < 100; i++) {
		dhcp_lease_times(&found, &message, asked_at_us, &rng);
		const uint64_t early_us = asked_at_us + t1_us - found.renew_at_us;
		ck_assert_msg(early_us <= t1_us / 32 &&
				      found.rebind_at_us == asked_at_us + t2_us - early_us,
			      "%s", times[_i].behaviour);
		ck_assert_uint_eq(found.expires_at_us, asked_at_us + times[_i].lease_s * SECOND_US);
		ck_assert(found.renew_at_us < found.rebind_at_us &&
			  found.rebind_at_us < found.expires_at_us);
	}
}
END_TEST

/* ---- conflicts (RFC 5227) -------------------------------------------------------------------- */

START_TEST(an_address_that_somebody_has_is_declined)
{
	const struct mac_addr squatter = lan_mac(net.lan.host_count);
	lan_host(&net.lan, "192.0.2.77/24", NULL, 0);
	dhcp_run(&net, 8 * SECOND_US);
	const struct dhcp_heard *decline = dhcp_heard_nth(&net, DHCP_DECLINE, 0);
	ck_assert_ptr_nonnull(decline);
	assert_addr(&decline->source, "0.0.0.0");
	assert_addr(&decline->destination, "255.255.255.255");
	assert_addr(&decline->ciaddr, "0.0.0.0");
	assert_addr(&decline->requested, "192.0.2.77");
	assert_addr(&decline->server_id, "192.0.2.1");
	ck_assert(!decline->asks_for_routes);
	ck_assert_uint_ne(squatter.octets[5], 0);
	assert_bare();
	server->offer = "192.0.2.78";
	dhcp_run(&net, MINUTE_US);
	const struct dhcp_heard *again = dhcp_heard_nth(&net, DHCP_DISCOVER, 1);
	ck_assert_uint_ge(again->at_us - decline->at_us, DHCP_DECLINED_US);
	assert_addr(&again->requested, "-");
	ck_assert(has_addr("192.0.2.78"));
}
END_TEST

START_TEST(a_server_that_gives_away_what_others_have_is_asked_more_and_more_seldom)
{
	lan_host(&net.lan, "192.0.2.77/24", NULL, 0);
	dhcp_run(&net, 5 * MINUTE_US);
	const unsigned early = dhcp_heard_count(&net, DHCP_DECLINE);
	ck_assert_uint_ge(early, 8);
	ck_assert_uint_le(early, 25);
	dhcp_run(&net, 5 * MINUTE_US);
	dhcp_clear(&net);
	dhcp_run(&net, 10 * MINUTE_US);
	const unsigned late = dhcp_heard_count(&net, DHCP_DECLINE);
	ck_assert_uint_ge(late, 7);
	ck_assert_uint_le(late, 10); /* no more than one a minute */
}
END_TEST

/* An ARP reply by which the stranger claims an address. */
static void
claim(const char *addr)
{
	uint8_t arp[28] = { 0, 1, 8, 0, 6, 4, 0, 2 };
	memcpy(arp + 8, lan_stranger.octets, 6);
	memcpy(arp + 14, addr_of(addr).octets, 4);
	memcpy(arp + 24, addr_of(addr).octets, 4);
	lan_frame(&net.lan, &ether_broadcast, ETHER_TYPE_ARP, arp, sizeof arp);
}

START_TEST(an_address_in_use_is_defended_once_then_given_up)
{
	bind_client();
	claim("192.0.2.77");
	dhcp_run(&net, SECOND_US);
	ck_assert(has_addr("192.0.2.77"));
	ck_assert_uint_eq(net.heard_count, 0);
	claim("192.0.2.77");
	assert_bare();
	dhcp_run(&net, 9 * SECOND_US);
	ck_assert_uint_eq(net.heard_count, 1);
	ck_assert_uint_eq(net.heard[0].type, DHCP_DECLINE);
	server->offer = "192.0.2.78";
	dhcp_run(&net, MINUTE_US);
	ck_assert(has_addr("192.0.2.78"));
}
END_TEST

START_TEST(an_address_of_the_operator_s_outlives_the_lease)
{
	const struct stack_addr own = { .addr = addr_of("192.0.2.77"),
					.prefix_len = 28,
					.flags = STACK_ADDR_NO_DAD };
	ck_assert_int_eq(stack_addr_add(stack(), 0, &own, net.lan.now_us), 0);
	bind_client();
	server->is_mute = true;
	dhcp_run(&net, 2 * HOUR_US);
	ck_assert_int_eq(client()->state, DHCP_SELECTING);
	ck_assert(has_addr("192.0.2.77"));
	ck_assert_str_eq(next_hop("192.0.2.78"), "192.0.2.78");
	ck_assert_str_eq(next_hop("192.0.2.200"), "-");
}
END_TEST

/* ---- the link comes and goes ----------------------------------------------------------------- */

START_TEST(a_link_that_is_back_asks_for_the_lease_it_had)
{
	bind_client();
	set_link(false);
	assert_bare();
	dhcp_run(&net, 5 * MINUTE_US);
	ck_assert_uint_eq(net.heard_count, 0);
	set_link(true);
	dhcp_run(&net, SETTLED_US);
	ck_assert_uint_eq(net.heard_count, 1);
	const struct dhcp_heard *reboot = &net.heard[0];
	ck_assert_uint_eq(reboot->type, DHCP_REQUEST);
	assert_addr(&reboot->source, "0.0.0.0");
	assert_addr(&reboot->destination, "255.255.255.255");
	assert_addr(&reboot->ciaddr, "0.0.0.0");
	assert_addr(&reboot->requested, "192.0.2.77");
	assert_addr(&reboot->server_id, "-"); /* RFC 2131, section 4.3.2: MUST NOT */
	ck_assert(has_addr("192.0.2.77"));
	ck_assert_uint_ge(net.arp_count, 4); /* probed for again: there may be others here */
	ck_assert_str_eq(next_hop(OUTSIDE), "192.0.2.1");
}
END_TEST

START_TEST(in_another_network_the_host_begins_anew)
{
	bind_client();
	set_link(false);
	server->offer = "192.0.2.78";
	if (_i == 0)
		server->nak_count = 1; /* its server knows that the address is none of its own */
	else
		server->is_deaf_to_requests =
			true; /* it does not know whose that is (section 4.3.2) */
	set_link(true);
	while (dhcp_heard_count(&net, DHCP_DISCOVER) == 0)
		dhcp_run(&net, SECOND_US / 10);
	ck_assert_uint_eq(net.lan.now_us - net.heard[0].at_us < 2 * SECOND_US, _i == 0);
	ck_assert_uint_lt(net.lan.now_us - net.heard[0].at_us, 16 * SECOND_US);
	server->is_deaf_to_requests = false;
	dhcp_run(&net, 5 * SECOND_US + SETTLED_US);
	ck_assert(has_addr("192.0.2.78"));
	ck_assert(!has_addr("192.0.2.77"));
	ck_assert_uint_eq(dhcp_heard_count(&net, DHCP_DISCOVER), 1);
}
END_TEST

START_TEST(a_lease_that_ended_while_the_link_was_down_is_only_a_wish)
{
	bind_client();
	set_link(false);
	dhcp_run(&net, HOUR_US);
	set_link(true);
	dhcp_run(&net, SETTLED_US);
	ck_assert_uint_eq(net.heard[0].type, DHCP_DISCOVER);
	assert_addr(&net.heard[0].requested, "192.0.2.77");
	ck_assert(has_addr("192.0.2.77"));
}
END_TEST

START_TEST(a_loose_plug_makes_no_storm)
{
	bind_client();
	for (unsigned i = 0; i < 200; i++) {
		set_link(false);
		dhcp_run(&net, 10000);
		set_link(true);
		dhcp_run(&net, 10000);
	}
	ck_assert_uint_le(net.heard_count, 20);
	dhcp_run(&net, SETTLED_US);
	ck_assert(has_addr("192.0.2.77"));
}
END_TEST

/* ---- what a lease brings --------------------------------------------------------------------- */

START_TEST(classless_routes_stand_in_for_the_routers)
{
	static const uint8_t routes[] = {
		24, 203, 0,   113, 192, 0,   2, 3,     /* through another router */
		16, 169, 254, 0,   0,   0,   0,        /* on-link */
		32, 198, 51,  100, 7,   10,  9, 8, 7,  /* through one that is not in the prefix */
		32, 198, 51,  100, 8,   192, 0, 2, 77, /* through ourselves: nowhere */
	};
	server->routes = routes;
	server->routes_bytes = sizeof routes;
	bind_client();
	ck_assert_str_eq(next_hop("203.0.113.9"), "192.0.2.3");
	ck_assert_str_eq(next_hop("169.254.169.254"), "169.254.169.254");
	ck_assert_str_eq(next_hop("198.51.100.7"), "10.9.8.7");
	ck_assert_str_eq(next_hop("198.51.100.8"), "-");
	ck_assert_str_eq(next_hop(OUTSIDE), "-"); /* RFC 3442: the router option does not count */
	server->is_mute = true;
	dhcp_run(&net, HOUR_US);
	assert_bare();
}
END_TEST

START_TEST(routers_are_used_in_their_order_and_behind_the_operator_s)
{
	server->router2 = "192.0.2.2";
	bind_client();
	ck_assert_str_eq(next_hop(OUTSIDE), "192.0.2.1");
	struct stack_stats stats;
	stack_stats(stack(), &stats);
	ck_assert_uint_eq(stats.routes, 2);
	host_route(&net.lan.hosts[0], "0.0.0.0/0", "192.0.2.9", 1024);
	ck_assert_str_eq(next_hop(OUTSIDE), "192.0.2.9");
}
END_TEST

START_TEST(without_a_mask_everything_goes_through_the_router)
{
	server->mask = 0;
	bind_client();
	ck_assert_str_eq(next_hop("192.0.2.78"), "192.0.2.1");
	ck_assert(lan_ping(&net.lan, 0, "192.0.2.1"));
}
END_TEST

static const struct {
	uint16_t said;
	uint32_t used;
} mtus[] = { { 0, 1500 },    { 68, 1500 },   { 551, 1500 }, { 552, 552 },
	     { 1400, 1400 }, { 1500, 1500 }, { 9000, 1500 } };

START_TEST(an_mtu_is_believed_within_reason)
{
	const struct ip_addr remote = addr_of(OUTSIDE);
	server->mtu = mtus[_i].said;
	bind_client();
	ck_assert_uint_eq(stack_path_mtu(stack(), &remote, net.lan.now_us), mtus[_i].used);
	ck_assert_uint_eq(stack()->ifs[0].mtu_ipv6, 1500);
}
END_TEST

START_TEST(more_routes_than_there_is_room_for_are_left_out)
{
	uint8_t routes[DHCP_ROUTES_MAX * 7], more[3 + 7 * 3];
	for (unsigned i = 0; i < DHCP_ROUTES_MAX; i++)
		memcpy(routes + 7 * i, (uint8_t[]){ 16, 10, (uint8_t)i, 192, 0, 2, 1 }, 7);
	more[0] = 0; /* the rest of the list is in a second piece, past the bound */
	server->routes = routes;
	server->routes_bytes = sizeof routes;
	server->more = more;
	server->more_bytes = 1;
	for (unsigned i = 0; i < 8; i++) { /* of the table's 32 */
		char prefix[32];
		(void)snprintf(prefix, sizeof prefix, "172.16.%u.0/24", i);
		host_route(&net.lan.hosts[0], prefix, "192.0.2.1", 1);
	}
	bind_client();
	ck_assert_uint_eq(drops(DROP_DHCP_IGNORED), 8);
	ck_assert_str_eq(next_hop("10.23.0.1"), "192.0.2.1");
	ck_assert_str_eq(next_hop("10.24.0.1"), "-");
	server->is_mute = true;
	dhcp_run(&net, HOUR_US);
	struct stack_stats stats;
	stack_stats(stack(), &stats);
	ck_assert_uint_eq(stats.routes, 8);
}
END_TEST

/* ---- what others may not do ------------------------------------------------------------------ */

static void
send_datagram(const struct mac_addr *to_mac, const char *to, uint16_t port)
{
	uint8_t packet[PACKET_BYTES_MAX];
	const size_t size = packet_datagram(packet, "192.0.2.1", to, 67, port, "hello", 5);
	lan_frame(&net.lan, to_mac, ETHER_TYPE_IPV4, packet, size);
}

START_TEST(no_other_packet_comes_in_before_there_is_an_address)
{
	static const struct ip_addr any = { .family = ADDR_NONE };
	const struct mac_addr own = lan_mac(0), other = { { 2, 0, 0, 0, 0, 0x55 } };
	uint8_t message[64], packet[PACKET_BYTES_MAX];
	server->is_mute = true;
	dhcp_run(&net, 2 * SECOND_US);
	ck_assert_int_eq(client()->state, DHCP_SELECTING);
	ck_assert_int_eq(udp_listen(stack(), &any, 53, 0), 0);
	ck_assert_int_eq(udp_listen(stack(), &any, 68, 0), 0); /* it is the client's all the same */
	dhcp_clear(&net);
	send_datagram(&own, "192.0.2.77", 53);
	ck_assert_uint_eq(drops(DROP_IP_NOT_OURS), 1);
	send_datagram(&own, "192.0.2.77", 69);
	ck_assert_uint_eq(drops(DROP_IP_NOT_OURS), 2);
	send_datagram(&ether_broadcast, "192.0.2.77", 68); /* RFC 1122, section 3.3.6 */
	ck_assert_uint_eq(drops(DROP_IP_NOT_OURS), 3);
	send_datagram(&other, "192.0.2.77", 68);
	ck_assert_uint_eq(drops(DROP_ETHER_NOT_OURS), 1);
	send_datagram(&own, "192.0.2.77", 68);
	ck_assert_uint_eq(drops(DROP_DHCP_MALFORMED), 1);
	send_datagram(&ether_broadcast, "255.255.255.255", 68);
	ck_assert_uint_eq(drops(DROP_DHCP_MALFORMED), 2);
	size_t size = packet_icmp(message, "192.0.2.1", "192.0.2.77", 8, 0, 0x00010001, "ping", 4);
	size = packet_build(packet, &(struct packet_spec){ .source = "192.0.2.1",
							   .destination = "192.0.2.77",
							   .protocol = 1,
							   .payload = message,
							   .payload_bytes = size });
	lan_frame(&net.lan, &own, ETHER_TYPE_IPV4, packet, size);
	ck_assert_uint_eq(drops(DROP_IP_NOT_OURS), 4);
	lan_run(&net.lan, 1000);
	ck_assert_uint_eq(net.lan.frame_count, 0); /* no ping, no ICMP error */
	ck_assert_ptr_null(lan_heard(&net.lan, 0, STACK_DATAGRAM, 0));
	send_datagram(&ether_broadcast, "255.255.255.255", 53); /* as ever */
	lan_run(&net.lan, 1000);
	ck_assert_ptr_nonnull(lan_heard(&net.lan, 0, STACK_DATAGRAM, 0));
}
END_TEST

START_TEST(once_there_is_an_address_packets_for_others_stay_outside)
{
	const struct mac_addr own = lan_mac(0);
	bind_client();
	send_datagram(&own, "192.0.2.99", 68);
	ck_assert_uint_eq(drops(DROP_IP_NOT_OURS), 1);
	send_datagram(&own, "192.0.2.77", 68); /* the client's, and no ICMP error */
	ck_assert_uint_eq(drops(DROP_DHCP_MALFORMED), 1);
	lan_run(&net.lan, 1000);
	ck_assert_uint_eq(net.lan.frame_count, 0);
}
END_TEST

START_TEST(an_interface_without_dhcp_neither_asks_nor_listens)
{
	static const struct ip_addr any = { .family = ADDR_NONE };
	const struct mac_addr own = lan_mac(server->host);
	struct stack *other = net.lan.hosts[server->host].stack;
	dhcp_run(&net, SETTLED_US);
	send_datagram(&own, "192.0.2.200", 68);
	ck_assert_uint_ge(lan_drops(&net.lan, server->host, DROP_IP_NOT_OURS), 1);
	ck_assert_int_eq(udp_listen(other, &any, 68, 5), 0);
	lan_clear(&net.lan);
	send_datagram(&own, "192.0.2.1", 68);
	ck_assert_uint_ge(lan_drops(&net.lan, server->host, DROP_IP_SOURCE),
			  1); /* its own address */
	ck_assert_uint_eq(lan_drops(&net.lan, server->host, DROP_DHCP_MALFORMED), 0);
	ck_assert_int_eq(other->dhcp.clients[0].state, DHCP_OFF);
}
END_TEST

START_TEST(no_program_speaks_as_nobody)
{
	const struct ip_addr nobody = addr_of("0.0.0.0"), everybody = addr_of("255.255.255.255"),
			     one = addr_of("192.0.2.1");
	udp_flow flow;
	dhcp_run(&net, 100);
	ck_assert_int_ne(udp_reply(stack(), &nobody, 68, &everybody, 67, "x", 1, net.lan.now_us),
			 0);
	ck_assert_int_ne(udp_open(stack(), &everybody, 67, &nobody, 68, 0, &flow), 0);
	ck_assert_int_ne(udp_open(stack(), &one, 67, NULL, 68, 0, &flow), 0);
	dhcp_run(&net, SETTLED_US);
	ck_assert(has_addr("192.0.2.77"));
	ck_assert_int_ne(udp_reply(stack(), &nobody, 68, &one, 67, "x", 1, net.lan.now_us), 0);
	ck_assert_int_ne(udp_open(stack(), &one, 67, &nobody, 68, 0, &flow), 0);
}
END_TEST

START_TEST(checksums_are_not_left_to_the_device)
{
	/* dhcp_heard_read looks at them: a server on this host may read from a packet socket. */
	stack()->ifs[0].flags |= STACK_IF_CHECKSUM_TX;
	dhcp_run(&net, SETTLED_US);
	ck_assert_uint_eq(net.heard_count, 2);
	ck_assert(has_addr("192.0.2.77"));
}
END_TEST

/* ---- everything at once ---------------------------------------------------------------------- */

/* Servers that lose, lie and die at random, a link that goes: what is in force is always a lease. */
static void
misbehave(struct rng *rng, struct dhcp_server *one)
{
	static const char *const offers[] = { "192.0.2.77", "192.0.2.78", "192.0.2.79",
					      "127.0.0.1" };
	one->is_mute = rng_below(rng, 4) == 0;
	one->nak_count = rng_below(rng, 8) == 0 ? 2 : 0;
	one->is_deaf_to_requests = rng_below(rng, 8) == 0;
	one->is_broadcast = rng_below(rng, 2) == 0;
	one->lose_count = rng_below(rng, 4);
	one->bend = rng_below(rng, 8) == 0;
	one->offer = offers[rng_below(rng, COUNT(offers))];
	one->lease_s = 10 + rng_below(rng, 600);
}

START_TEST(whatever_servers_and_links_do_the_client_recovers)
{
	struct dhcp_server *second = dhcp_net_server(&net, "192.0.2.2", "192.0.2.88");
	struct rng rng;
	bool is_up = true;
	rng_init_number(&rng, suite_seed(100 + (uint64_t)_i));
	for (unsigned i = 0; i < 150; i++) {
		misbehave(&rng, server);
		misbehave(&rng, second);
		if (rng_below(&rng, 10) == 0)
			set_link(is_up = !is_up);
		if (rng_below(&rng, 10) == 0)
			claim("192.0.2.77");
		dhcp_run(&net, rng_below(&rng, 100) * SECOND_US);
		net.heard_count = 0;
		struct stack_stats stats;
		stack_stats(stack(), &stats);
		ck_assert_uint_eq(stats.addrs, client()->is_in_force);
		ck_assert_uint_eq(stats.routes, client()->is_in_force);
		ck_assert(!client()->is_in_force || client()->times.expires_at_us > net.lan.now_us);
		ck_assert(is_up || !client()->is_in_force);
	}
	set_link(true);
	server->is_mute = server->is_deaf_to_requests = false;
	server->nak_count = 0;
	server->bend = 0;
	server->lose_count = 0;
	server->offer = "192.0.2.99";
	server->lease_s = 3600;
	second->is_mute = true;
	dhcp_run(&net, 30 * MINUTE_US);
	ck_assert(has_addr("192.0.2.99"));
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("dhcp");
	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_loop_test(tcase, a_host_without_an_address_is_given_one, 0, 2);
	tcase_add_test(tcase, an_address_is_not_used_before_it_was_probed_for);
	tcase_add_test(tcase, an_unanswered_discover_is_repeated_after_4_8_16_32_and_64_seconds);
	tcase_add_test(tcase, a_server_that_comes_late_is_found);
	tcase_add_loop_test(tcase, what_is_lost_is_sent_again, 0, 4);
	tcase_add_test(tcase, a_request_that_is_lost_is_repeated_as_it_was);
	tcase_add_test(tcase, of_several_offers_the_first_is_taken_and_its_server_named);
	tcase_add_test(tcase, only_the_chosen_server_acknowledges_or_refuses);
	tcase_add_loop_test(tcase, an_offer_that_comes_to_nothing_gives_way_to_another_server_s, 0,
			    2);
	tcase_add_test(tcase, the_only_server_is_asked_again_whatever_it_did);
	tcase_add_test(tcase, a_server_that_refuses_what_it_offers_is_not_asked_in_a_rush);
	tcase_add_loop_test(tcase, a_reply_to_somebody_else_does_not_count, 0, 3);
	tcase_add_test(tcase, a_server_may_keep_quiet_about_the_client_id);
	tcase_add_loop_test(tcase, an_offer_that_cannot_be_used_is_not_taken, 0, COUNT(useless));
	tcase_add_test(tcase, an_acknowledgement_that_cannot_be_used_is_as_if_lost);
	tcase_add_test(tcase, what_comes_when_nothing_was_asked_changes_nothing);
	tcase_add_test(tcase, a_lease_is_renewed_with_its_server_from_half_time_on);
	tcase_add_test(tcase, a_server_that_is_silent_is_asked_seldom_then_everybody);
	tcase_add_test(tcase, a_lease_that_nobody_renews_ends_with_all_it_brought);
	tcase_add_test(tcase, a_lease_without_end_is_never_asked_about);
	tcase_add_test(tcase, a_refused_renewal_ends_the_lease);
	tcase_add_test(tcase, a_renewal_may_bring_other_routes_and_leaves_the_address_alone);
	tcase_add_test(tcase, a_renewal_may_bring_another_address);
	tcase_add_loop_test(tcase, the_times_are_the_server_s_where_they_make_sense, 0,
			    COUNT(times));
	tcase_add_test(tcase, an_address_that_somebody_has_is_declined);
	tcase_add_test(tcase,
		       a_server_that_gives_away_what_others_have_is_asked_more_and_more_seldom);
	tcase_add_test(tcase, an_address_in_use_is_defended_once_then_given_up);
	tcase_add_test(tcase, an_address_of_the_operator_s_outlives_the_lease);
	tcase_add_test(tcase, a_link_that_is_back_asks_for_the_lease_it_had);
	tcase_add_loop_test(tcase, in_another_network_the_host_begins_anew, 0, 2);
	tcase_add_test(tcase, a_lease_that_ended_while_the_link_was_down_is_only_a_wish);
	tcase_add_test(tcase, a_loose_plug_makes_no_storm);
	tcase_add_test(tcase, classless_routes_stand_in_for_the_routers);
	tcase_add_test(tcase, routers_are_used_in_their_order_and_behind_the_operator_s);
	tcase_add_test(tcase, without_a_mask_everything_goes_through_the_router);
	tcase_add_loop_test(tcase, an_mtu_is_believed_within_reason, 0, COUNT(mtus));
	tcase_add_test(tcase, more_routes_than_there_is_room_for_are_left_out);
	tcase_add_test(tcase, no_other_packet_comes_in_before_there_is_an_address);
	tcase_add_test(tcase, once_there_is_an_address_packets_for_others_stay_outside);
	tcase_add_test(tcase, an_interface_without_dhcp_neither_asks_nor_listens);
	tcase_add_test(tcase, no_program_speaks_as_nobody);
	tcase_add_test(tcase, checksums_are_not_left_to_the_device);
	tcase_add_loop_test(tcase, whatever_servers_and_links_do_the_client_recovers, 0, 10);
	Suite *suite = suite_create("dhcp");
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}

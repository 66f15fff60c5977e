/*
 * A lease in force: kept, lost, in conflict, over a link that comes and goes, and what it brings.  RFC 2131 section 4.4.2
 * and 4.4.5, RFC 3442, RFC 5227.
 */
#include "stack/dhcp_lease.h"

#include <limits.h>
#include <stdio.h>

#include "tests/stack/dhcp_host.h"

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
	ck_assert_uint_eq(renewal->secs, 0);
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
		ck_assert_uint_eq(net.heard[i].secs,
				  (net.heard[i].at_us - net.heard[0].at_us) / SECOND_US);
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
	ck_assert_uint_le(net.heard_count,
			  12); /* halves of what is left, but never below a minute */
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
	server->mtu = 1400; /* and nothing else is new */
	dhcp_run(&net, 5 * MINUTE_US);
	ck_assert_uint_eq(net.heard_count, 2);
	ck_assert_uint_eq(stack()->ifs[0].mtu_ipv4, 1400);
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
	/* A lease that has held for a while ends that. */
	server->offer = "192.0.2.78";
	server->lease_s = 60;
	dhcp_run(&net, 2 * MINUTE_US);
	ck_assert(has_addr("192.0.2.78"));
	dhcp_clear(&net);
	claim("192.0.2.78");
	claim("192.0.2.78");
	dhcp_run(&net, DHCP_DECLINED_US + SECOND_US);
	ck_assert_uint_eq(dhcp_heard_count(&net, DHCP_DECLINE), 1);
	ck_assert_uint_eq(dhcp_heard_count(&net, DHCP_DISCOVER), 1);
}
END_TEST

START_TEST(a_server_that_gives_away_what_others_have_gives_way_to_another)
{
	struct dhcp_server *second = dhcp_net_server(&net, "192.0.2.2", "192.0.2.88");
	lan_host(&net.lan, "192.0.2.77/24", NULL, 0);
	dhcp_run(&net, 18 * SECOND_US + SETTLED_US);
	ck_assert_uint_eq(dhcp_heard_count(&net, DHCP_DECLINE), 1);
	ck_assert(has_addr("192.0.2.88"));
	ck_assert_uint_eq(second->reply_count, 3);
}
END_TEST

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

START_TEST(an_address_of_the_operator_s_that_somebody_has_is_not_spoken_from)
{
	lan_host(&net.lan, "192.0.2.77/24", NULL, 0);
	const struct stack_addr own = { .addr = addr_of("192.0.2.77"), .prefix_len = 24 };
	ck_assert_int_eq(stack_addr_add(stack(), 0, &own, net.lan.now_us), 0);
	dhcp_run(&net, SETTLED_US);
	ck_assert_int_eq(client()->state, DHCP_BOUND);
	ck_assert(!has_addr("192.0.2.77"));
	dhcp_clear(&net);
	dhcp_run(&net, 59 * MINUTE_US);
	ck_assert_int_eq(client()->state, DHCP_REBINDING);
	ck_assert_uint_eq(net.heard_count, 0);
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

START_TEST(a_new_link_owes_nothing_to_what_failed_on_the_old)
{
	server->nak_count = UINT_MAX;
	dhcp_run(&net, 10 * MINUTE_US); /* it waits for a minute by now */
	set_link(false);
	dhcp_clear(&net);
	set_link(true);
	dhcp_run(&net, 15 * SECOND_US);
	ck_assert_uint_ge(dhcp_heard_count(&net, DHCP_DISCOVER), 2);
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
	uint8_t routes[DHCP_ROUTES_MAX * 7];
	for (unsigned i = 0; i < DHCP_ROUTES_MAX; i++)
		memcpy(routes + 7 * i, (uint8_t[]){ 16, 10, (uint8_t)i, 192, 0, 2, 1 }, 7);
	server->routes = routes;
	server->routes_bytes = sizeof routes;
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

int
main(void)
{
	TCase *tcase = tcase_create("dhcp_lease");
	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, setup, teardown);
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
	tcase_add_test(tcase, a_server_that_gives_away_what_others_have_gives_way_to_another);
	tcase_add_test(tcase, an_address_in_use_is_defended_once_then_given_up);
	tcase_add_test(tcase, an_address_of_the_operator_s_outlives_the_lease);
	tcase_add_test(tcase, an_address_of_the_operator_s_that_somebody_has_is_not_spoken_from);
	tcase_add_test(tcase, a_link_that_is_back_asks_for_the_lease_it_had);
	tcase_add_loop_test(tcase, in_another_network_the_host_begins_anew, 0, 2);
	tcase_add_test(tcase, a_lease_that_ended_while_the_link_was_down_is_only_a_wish);
	tcase_add_test(tcase, a_new_link_owes_nothing_to_what_failed_on_the_old);
	tcase_add_test(tcase, a_loose_plug_makes_no_storm);
	tcase_add_test(tcase, classless_routes_stand_in_for_the_routers);
	tcase_add_test(tcase, routers_are_used_in_their_order_and_behind_the_operator_s);
	tcase_add_test(tcase, without_a_mask_everything_goes_through_the_router);
	tcase_add_loop_test(tcase, an_mtu_is_believed_within_reason, 0, COUNT(mtus));
	tcase_add_test(tcase, more_routes_than_there_is_room_for_are_left_out);
	Suite *suite = suite_create("dhcp_lease");
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}

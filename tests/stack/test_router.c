/* Routers, prefixes and redirects as a host hears them: RFC 4861 section 6.3 and 8, RFC 4191, RFC 4862, RFC 7559. */
#include "stack/router.h"

#include <stdio.h>
#include <string.h>

#include "stack/ndp.h"
#include "stack/stack_priv.h"
#include "tests/stack/lan.h"
#include "tests/stack/ndp_message.h"
#include "tests/suite.h"

#define SECOND_US  1000000u
#define HOUR_US    (3600ull * SECOND_US)
#define OUTSIDE    "2001:db8:ffff::53"
#define TARGET_MAC "\x02\x01\x02\x00\x00\x00\x00\x77"

static struct lan lan;

static void
setup(void)
{
	lan_init(&lan);
	lan_host(&lan, NULL, NULL, STACK_IF_SLAAC);
	lan_run(&lan, 3 * SECOND_US); /* its link-local address settles, routers are asked for */
}

static void
teardown(void)
{
	lan_fini(&lan);
}

static struct stack *
stack(void)
{
	return lan.hosts[0].stack;
}

/* The next hop towards `destination`, as text; "-" for none. */
static const char *
next_hop(const char *destination)
{
	static char text[ADDR_TEXT_BYTES];
	struct ip_send send = { .destination = addr_of(destination) };
	return ip_route(stack(), &send) == 0 ? addr_to_text(&send.hop.next_hop, text, sizeof text) : "-";
}

/* What we made of a prefix, or NULL. */
static const struct ifaddr *
address_in(const char *prefix)
{
	const struct ip_addr wanted = addr_of(prefix);
	for (uint32_t i = 0; i < stack()->ifaddrs.used_end; i++) {
		const struct ifaddr *entry = &stack()->ifaddrs.entries[i];
		if (addr_in_prefix(&entry->addr.addr, &wanted, 64))
			return entry;
	}
	return NULL;
}

/* ---- asking for routers ------------------------------------------------------------------------ */

START_TEST(routers_are_asked_for_quickly_then_seldom_but_for_ever)
{
	struct ndp_sent sent;
	lan_run(&lan, 12 * HOUR_US);
	const unsigned count = ndp_sent_count(&lan, 0, NDP_ROUTER_SOLICIT);
	uint64_t last_us = 0, interval_us = 0;
	ck_assert_uint_ge(count, 18); /* ten doublings to an hour, then one an hour */
	ck_assert_uint_le(count, 24);
	for (unsigned i = 0; i < count; i++) {
		ck_assert(ndp_sent(&lan, 0, NDP_ROUTER_SOLICIT, i, &sent));
		ck_assert(addr_equal(&sent.destination, &ndp_all_routers));
		ck_assert_uint_eq(sent.hop_limit, 255);
		const uint64_t waited_us = sent.at_us - last_us;
		if (i == 1)
			ck_assert(waited_us >= ROUTER_SOLICIT_IRT_US * 9ull / 10 &&
			          waited_us <= ROUTER_SOLICIT_IRT_US * 11ull / 10 + WHEEL_TICK_US);
		if (i > 1)
			ck_assert(waited_us >= interval_us * 19 / 10 - WHEEL_TICK_US ||
			          waited_us >= ROUTER_SOLICIT_MRT_US * 9 / 10);
		ck_assert(i == 0 || waited_us <= ROUTER_SOLICIT_MRT_US * 11 / 10 + WHEEL_TICK_US);
		interval_us = waited_us;
		last_us = sent.at_us;
	}
	ck_assert(addr_is_link_local(&sent.source));
	ck_assert_uint_eq(sent.body_bytes, 8); /* with our MAC address, since there is somebody to answer */
}
END_TEST

START_TEST(the_first_question_comes_from_nobody_while_there_is_no_address)
{
	struct ndp_sent sent;
	lan_host(&lan, NULL, NULL, STACK_IF_SLAAC);
	lan_clear(&lan);
	lan_run(&lan, SECOND_US);
	ck_assert(ndp_sent(&lan, 1, NDP_ROUTER_SOLICIT, 0, &sent));
	if (addr_is_unspecified(&sent.source))
		ck_assert_uint_eq(sent.body_bytes, 0); /* RFC 4861, section 4.1 */
	else
		ck_assert_uint_eq(sent.body_bytes, 8);
}
END_TEST

START_TEST(a_router_that_answers_ends_the_questions_until_it_goes)
{
	router_advert(&lan, &(struct advert_spec){ .lifetime_s = 1800 });
	lan_clear(&lan);
	lan_run(&lan, 1790ull * SECOND_US);
	ck_assert_uint_eq(ndp_sent_count(&lan, 0, NDP_ROUTER_SOLICIT), 0);
	lan_run(&lan, 30 * SECOND_US);
	ck_assert_str_eq(next_hop(OUTSIDE), "-");
	ck_assert_uint_ge(ndp_sent_count(&lan, 0, NDP_ROUTER_SOLICIT), 2);
}
END_TEST

/* ---- default routers --------------------------------------------------------------------------- */

START_TEST(a_router_is_a_default_route_as_long_as_it_says)
{
	ck_assert_str_eq(next_hop(OUTSIDE), "-");
	router_advert(&lan, &(struct advert_spec){ .lifetime_s = 30, .prefix = "2001:db8::", .valid_s = 3600, .preferred_s = 3600 });
	lan_run(&lan, 2 * SECOND_US);
	ck_assert_str_eq(next_hop(OUTSIDE), "fe80::99");
	lan_run(&lan, 20 * SECOND_US);
	router_advert(&lan, &(struct advert_spec){ .lifetime_s = 30 });
	lan_run(&lan, 20 * SECOND_US);
	ck_assert_str_eq(next_hop(OUTSIDE), "fe80::99");
	lan_run(&lan, 11 * SECOND_US);
	ck_assert_str_eq(next_hop(OUTSIDE), "-");
}
END_TEST

START_TEST(a_router_that_resigns_is_none_any_more)
{
	router_advert(&lan, &(struct advert_spec){ .lifetime_s = 1800 });
	router_advert(&lan, &(struct advert_spec){ .lifetime_s = 0 });
	ck_assert_str_eq(next_hop(OUTSIDE), "-");
	router_advert(&lan, &(struct advert_spec){ .lifetime_s = 1800 });
	ck_assert_str_eq(next_hop(OUTSIDE), "fe80::99");
	/* As a neighbour it says so by leaving out the R flag; it must have had it. */
	struct ndp_spec advert = { .source = "fe80::99", .destination = "ff02::1", .type = NDP_NEIGHBOUR_ADVERT,
		                   .target = "fe80::99", .rest = NDP_ADVERT_ROUTER | NDP_ADVERT_OVERRIDE };
	ndp_message(&lan, &advert);
	ck_assert_str_eq(next_hop(OUTSIDE), "fe80::99");
	advert.rest = NDP_ADVERT_OVERRIDE;
	ndp_message(&lan, &advert);
	ck_assert_str_eq(next_hop(OUTSIDE), "-");
}
END_TEST

START_TEST(the_preferred_router_is_used)
{
	router_advert(&lan, &(struct advert_spec){ .source = "fe80::1", .lifetime_s = 1800, .preference = -1 });
	ck_assert_str_eq(next_hop(OUTSIDE), "fe80::1");
	router_advert(&lan, &(struct advert_spec){ .source = "fe80::2", .lifetime_s = 1800, .preference = 1 });
	ck_assert_str_eq(next_hop(OUTSIDE), "fe80::2");
	router_advert(&lan, &(struct advert_spec){ .source = "fe80::3", .lifetime_s = 1800 });
	ck_assert_str_eq(next_hop(OUTSIDE), "fe80::2");
	router_advert(&lan, &(struct advert_spec){ .source = "fe80::2", .lifetime_s = 1800, .preference = -1 });
	ck_assert_str_eq(next_hop(OUTSIDE), "fe80::3");
}
END_TEST

START_TEST(a_router_that_is_silent_gives_way_to_one_that_answers)
{
	const struct mac_addr mac_1 = { { 2, 0, 0, 0, 0, 0x71 } }, mac_2 = { { 2, 0, 0, 0, 0, 0x72 } };
	const struct ip_addr remote = addr_of(OUTSIDE);
	udp_flow flow;
	router_advert(&lan, &(struct advert_spec){ .source = "fe80::1", .lifetime_s = 1800, .mac = &mac_1, .preference = 1,
	                                           .prefix = "2001:db8::", .valid_s = 3600, .preferred_s = 3600 });
	router_advert(&lan, &(struct advert_spec){ .source = "fe80::2", .lifetime_s = 1800, .mac = &mac_2 });
	lan_run(&lan, 3 * SECOND_US);
	ck_assert_int_eq(udp_open(stack(), &remote, 53, NULL, 0, 0, &flow), 0);
	ck_assert_int_eq(udp_send(stack(), flow, "q", 1, lan.now_us), 0);
	lan_clear(&lan);
	lan_run(&lan, 10 * SECOND_US); /* delay 5 s, three unicast questions, nobody there */
	ck_assert_uint_eq(ndp_sent_count(&lan, 0, NDP_NEIGHBOUR_SOLICIT), NEIGH_MAX_UNICAST_SOLICIT);
	ck_assert_str_eq(next_hop(OUTSIDE), "fe80::2");
	router_advert(&lan, &(struct advert_spec){ .source = "fe80::1", .lifetime_s = 1800, .mac = &mac_1, .preference = 1 });
	ck_assert_str_eq(next_hop(OUTSIDE), "fe80::1"); /* heard again: as before */
	ck_assert_int_eq(udp_send(stack(), flow, "q", 1, lan.now_us), 0);
	lan_run(&lan, 10 * SECOND_US);
	ck_assert_str_eq(next_hop(OUTSIDE), "fe80::2"); /* and silent again */
}
END_TEST

START_TEST(only_so_many_routers_are_kept)
{
	char source[ADDR_TEXT_BYTES];
	for (unsigned i = 1; i <= 3 * ROUTERS_MAX; i++) {
		snprintf(source, sizeof source, "fe80::%x", i);
		router_advert(&lan, &(struct advert_spec){ .source = source, .lifetime_s = 1800 });
	}
	struct stack_stats stats;
	stack_stats(stack(), &stats);
	ck_assert_uint_eq(stats.routes, ROUTERS_MAX);
	ck_assert_uint_eq(lan_drops(&lan, 0, DROP_NDP_IGNORED), 2 * ROUTERS_MAX);
	lan_run(&lan, 1801ull * SECOND_US);
	stack_stats(stack(), &stats);
	ck_assert_uint_eq(stats.routes, 0);
}
END_TEST

START_TEST(advertisements_from_no_router_of_the_link_are_refused)
{
	router_advert(&lan, &(struct advert_spec){ .source = "2001:db8::99", .lifetime_s = 1800 });
	ck_assert_uint_eq(lan_drops(&lan, 0, DROP_NDP_MALFORMED), 1);
	ndp_message(&lan, &(struct ndp_spec){ .source = "fe80::99", .destination = "ff02::1", .type = NDP_ROUTER_ADVERT,
	                                      .rest = 1800, .hop_limit = 64, .options = "\0\0\0\0\0\0\0\0",
	                                      .options_bytes = 8 });
	ck_assert_uint_eq(lan_drops(&lan, 0, DROP_NDP_HOP_LIMIT), 1);
	ck_assert_str_eq(next_hop(OUTSIDE), "-");
}
END_TEST

/* ---- what else they say ------------------------------------------------------------------------ */

START_TEST(the_mtu_of_the_link_is_between_1280_and_the_interfaces_own)
{
	static const struct {
		uint32_t said, path_mtu;
	} mtus[] = { { 1400, 1400 }, { 1279, 1400 }, { 1, 1400 }, { 1501, 1400 }, { UINT32_MAX, 1400 }, { 1280, 1280 }, { 1500, 1500 } };
	const struct ip_addr remote = addr_of(OUTSIDE);
	for (size_t i = 0; i < COUNT(mtus); i++) {
		router_advert(&lan, &(struct advert_spec){ .lifetime_s = 1800, .mtu = mtus[i].said });
		ck_assert_uint_eq(stack_path_mtu(stack(), &remote, lan.now_us), mtus[i].path_mtu);
	}
}
END_TEST

START_TEST(times_of_neighbours_are_taken_within_reason)
{
	const struct neigh_times *times = &stack()->neighs.times[lan.hosts[0].ifindex];
	router_advert(&lan, &(struct advert_spec){ .lifetime_s = 1800, .reachable_ms = 10000, .retrans_ms = 2000 });
	ck_assert_uint_eq(times->reachable_us, 10000000);
	ck_assert_uint_eq(times->retrans_us, 2000000);
	router_advert(&lan, &(struct advert_spec){ .lifetime_s = 1800, .reachable_ms = 3600001, .retrans_ms = 1 });
	ck_assert_uint_eq(times->reachable_us, 10000000);
	ck_assert_uint_eq(times->retrans_us, 2000000);
	router_advert(&lan, &(struct advert_spec){ .lifetime_s = 1800, .retrans_ms = 4000000000u });
	ck_assert_uint_eq(times->retrans_us, 2000000);
}
END_TEST

/* ---- prefixes ---------------------------------------------------------------------------------- */

START_TEST(a_prefix_gives_an_address_that_can_be_used)
{
	const struct ip_addr remote = addr_of(OUTSIDE);
	struct ip_addr source;
	char text[ADDR_TEXT_BYTES];
	router_advert(&lan, &(struct advert_spec){ .lifetime_s = 1800, .prefix = "2001:db8::", .valid_s = 3600, .preferred_s = 1800 });
	ck_assert_ptr_nonnull(address_in("2001:db8::"));
	ck_assert_int_eq(stack_source_for(stack(), &remote, &source), 0);
	ck_assert(addr_is_link_local(&source)); /* the other one is not checked yet */
	lan_run(&lan, 3 * SECOND_US);
	ck_assert_int_eq(stack_source_for(stack(), &remote, &source), 0);
	ck_assert(addr_equal(&source, &address_in("2001:db8::")->addr.addr));
	ck_assert_str_eq(next_hop("2001:db8::7"), "2001:db8::7"); /* on link */
	lan_host(&lan, NULL, "2001:db8::2/64", 0);
	lan_run(&lan, 3 * SECOND_US);
	ck_assert(lan_ping(&lan, 1, addr_to_text(&source, text, sizeof text)));
}
END_TEST

START_TEST(on_link_and_autonomous_are_two_things)
{
	router_advert(&lan, &(struct advert_spec){ .lifetime_s = 1800, .prefix = "2001:db8:1::", .prefix_flags = 0x40, .valid_s = 3600, .preferred_s = 3600 });
	router_advert(&lan, &(struct advert_spec){ .lifetime_s = 1800, .prefix = "2001:db8:2::", .prefix_flags = 0x80, .valid_s = 3600, .preferred_s = 3600 });
	lan_run(&lan, 3 * SECOND_US);
	ck_assert_ptr_nonnull(address_in("2001:db8:1::"));
	ck_assert_str_eq(next_hop("2001:db8:1::7"), "fe80::99"); /* RFC 5942: by way of the router */
	ck_assert_ptr_null(address_in("2001:db8:2::"));
	ck_assert_str_eq(next_hop("2001:db8:2::7"), "2001:db8:2::7");
}
END_TEST

START_TEST(an_address_is_deprecated_and_then_gone)
{
	router_advert(&lan, &(struct advert_spec){ .lifetime_s = 9000, .prefix = "2001:db8::", .valid_s = 7300, .preferred_s = 100 });
	lan_run(&lan, 99ull * SECOND_US);
	ck_assert_uint_eq(address_in("2001:db8::")->addr.flags & STACK_ADDR_DEPRECATED, 0);
	lan_run(&lan, 2ull * SECOND_US);
	ck_assert_uint_ne(address_in("2001:db8::")->addr.flags & STACK_ADDR_DEPRECATED, 0);
	ck_assert_uint_eq(address_in("2001:db8::")->addr.flags & STACK_ADDR_TENTATIVE, 0); /* not checked anew */
	lan_run(&lan, 7198ull * SECOND_US);
	ck_assert_ptr_nonnull(address_in("2001:db8::"));
	lan_run(&lan, 2ull * SECOND_US);
	ck_assert_ptr_null(address_in("2001:db8::"));
	ck_assert_str_eq(next_hop("2001:db8::7"), "fe80::99");
}
END_TEST

START_TEST(an_advertisement_alone_ends_no_address_within_two_hours)
{
	router_advert(&lan, &(struct advert_spec){ .lifetime_s = 9000, .prefix = "2001:db8::", .valid_s = 86400, .preferred_s = 86400 });
	router_advert(&lan, &(struct advert_spec){ .lifetime_s = 9000, .prefix = "2001:db8::", .valid_s = 0, .preferred_s = 0 });
	ck_assert_uint_ne(address_in("2001:db8::")->addr.flags & STACK_ADDR_DEPRECATED, 0); /* no longer for new flows */
	lan_run(&lan, 7199ull * SECOND_US);
	ck_assert_ptr_nonnull(address_in("2001:db8::"));
	router_advert(&lan, &(struct advert_spec){ .lifetime_s = 9000, .prefix = "2001:db8::", .valid_s = 5000, .preferred_s = 0 });
	lan_run(&lan, 2ull * SECOND_US);
	ck_assert_ptr_nonnull(address_in("2001:db8::")); /* longer than what was left is fine */
	lan_run(&lan, 5000ull * SECOND_US);
	ck_assert_ptr_null(address_in("2001:db8::"));
}
END_TEST

/* The advertisement is received before the timer that has become due is looked at. */
START_TEST(an_advertisement_right_behind_the_end_makes_nothing_last_longer)
{
	struct advert_spec spec = { .lifetime_s = 1800, .prefix = "2001:db8::", .valid_s = 100, .preferred_s = 100 };
	router_advert(&lan, &spec);
	lan_run(&lan, 5 * SECOND_US);
	ck_assert_ptr_nonnull(address_in("2001:db8::"));
	lan.now_us += 100ull * SECOND_US;
	spec.valid_s = spec.preferred_s = 60;
	router_advert(&lan, &spec);
	lan_run(&lan, 65 * SECOND_US);
	ck_assert_ptr_null(address_in("2001:db8::"));
}
END_TEST

START_TEST(prefixes_that_make_no_address_are_left)
{
	static const struct advert_spec adverts[] = {
		{ .prefix = "2001:db8:1::", .prefix_len = 48, .valid_s = 3600, .preferred_s = 3600 },
		{ .prefix = "2001:db8:2::", .prefix_len = 65, .valid_s = 3600, .preferred_s = 3600 },
		{ .prefix = "2001:db8:3::", .valid_s = 3600, .preferred_s = 3601 }, /* preferred longer than valid */
		{ .prefix = "2001:db8:4::", .valid_s = 0, .preferred_s = 0 },
		{ .prefix = "ff02::", .valid_s = 3600, .preferred_s = 3600 },
	};
	struct stack_stats before, after;
	stack_stats(stack(), &before);
	for (size_t i = 0; i < COUNT(adverts); i++)
		router_advert(&lan, &adverts[i]);
	router_advert(&lan, &(struct advert_spec){ .prefix = "fe80::", .valid_s = 3600, .preferred_s = 3600 });
	stack_stats(stack(), &after);
	ck_assert_uint_eq(after.addrs, before.addrs);
}
END_TEST

START_TEST(only_so_many_prefixes_are_kept)
{
	char prefix[ADDR_TEXT_BYTES];
	struct stack_stats stats;
	for (unsigned i = 1; i <= 3 * SLAAC_PREFIXES_MAX; i++) {
		snprintf(prefix, sizeof prefix, "2001:db8:%x::", i);
		router_advert(&lan, &(struct advert_spec){ .prefix = prefix, .valid_s = 3600, .preferred_s = 3600 });
	}
	stack_stats(stack(), &stats);
	ck_assert_uint_le(stats.addrs, SLAAC_PREFIXES_MAX);
	ck_assert_uint_gt(lan_drops(&lan, 0, DROP_NDP_IGNORED), 0);
	lan_run(&lan, 2 * HOUR_US);
	stack_stats(stack(), &stats);
	ck_assert_uint_eq(stats.addrs, 1); /* the link-local one */
}
END_TEST

START_TEST(an_address_that_another_has_is_replaced)
{
	router_advert(&lan, &(struct advert_spec){ .lifetime_s = 1800, .prefix = "2001:db8::", .valid_s = 3600, .preferred_s = 3600 });
	const struct ip_addr first = address_in("2001:db8::")->addr.addr;
	for (unsigned i = 0; i <= SLAAC_IDGEN_RETRIES; i++) {
		char target[ADDR_TEXT_BYTES];
		const struct ifaddr *entry = address_in("2001:db8::");
		ck_assert_ptr_nonnull(entry);
		ck_assert(i == 0 || !addr_equal(&entry->addr.addr, &first));
		addr_to_text(&entry->addr.addr, target, sizeof target);
		ndp_message(&lan, &(struct ndp_spec){ .source = "fe80::99", .destination = "ff02::1",
		                                      .type = NDP_NEIGHBOUR_ADVERT, .target = target });
	}
	ck_assert_ptr_null(address_in("2001:db8::")); /* given up, as RFC 7217 says */
	ck_assert_uint_eq(lan_drops(&lan, 0, DROP_ADDR_CONFLICT), SLAAC_IDGEN_RETRIES + 1);
}
END_TEST

/* ---- redirects --------------------------------------------------------------------------------- */

static const struct ndp_spec redirect = {
	.source = "fe80::99",
	.destination = "ff02::1",
	.type = NDP_REDIRECT,
	.target = "fe80::77",
	.target2 = OUTSIDE,
	.options = TARGET_MAC,
	.options_bytes = 8,
};

START_TEST(the_router_in_use_may_name_a_better_one)
{
	router_advert(&lan, &(struct advert_spec){ .lifetime_s = 9000 });
	ndp_message(&lan, &redirect);
	ck_assert_str_eq(next_hop(OUTSIDE), "fe80::77");
	ck_assert_str_eq(next_hop("2001:db8:ffff::54"), "fe80::99"); /* that one host only */
	const struct ip_addr better = addr_of("fe80::77");
	const struct neigh *entry = neigh_table_find(&stack()->neighs, lan.hosts[0].ifindex, &better);
	ck_assert_ptr_nonnull(entry);
	ck_assert_uint_eq(entry->mac.octets[5], 0x77);
	lan_run(&lan, ROUTER_REDIRECT_US + SECOND_US);
	ck_assert_str_eq(next_hop(OUTSIDE), "fe80::99");
}
END_TEST

START_TEST(a_destination_may_turn_out_to_be_a_neighbour)
{
	struct ndp_spec message = redirect;
	message.target = OUTSIDE;
	router_advert(&lan, &(struct advert_spec){ .lifetime_s = 9000 });
	ndp_message(&lan, &message);
	ck_assert_str_eq(next_hop(OUTSIDE), OUTSIDE);
}
END_TEST

START_TEST(redirects_of_others_or_to_anywhere_are_refused)
{
	struct ndp_spec message = redirect;
	router_advert(&lan, &(struct advert_spec){ .lifetime_s = 9000 });
	message.source = "fe80::98"; /* not the router that we use */
	ndp_message(&lan, &message);
	ck_assert_str_eq(next_hop(OUTSIDE), "fe80::99");
	message = redirect;
	message.target = "2001:db8::77"; /* neither link-local nor the destination */
	ndp_message(&lan, &message);
	message = redirect;
	message.hop_limit = 254;
	ndp_message(&lan, &message);
	message = redirect;
	message.target2 = "ff0e::1";
	ndp_message(&lan, &message);
	message = redirect;
	message.source = "2001:db8::99";
	ndp_message(&lan, &message);
	ck_assert_str_eq(next_hop(OUTSIDE), "fe80::99");
	ck_assert_uint_eq(lan_drops(&lan, 0, DROP_NDP_MALFORMED), 3);
}
END_TEST

START_TEST(only_so_many_redirects_are_kept)
{
	char destination[ADDR_TEXT_BYTES];
	struct stack_stats stats;
	router_advert(&lan, &(struct advert_spec){ .lifetime_s = 9000 });
	for (unsigned i = 1; i <= 3 * ROUTER_REDIRECTS_MAX; i++) {
		struct ndp_spec message = redirect;
		snprintf(destination, sizeof destination, "2001:db8:ffff::%x", i);
		message.target2 = destination;
		ndp_message(&lan, &message);
		ndp_message(&lan, &message); /* said twice, kept once; the second time another router is in use */
	}
	ck_assert_str_eq(next_hop(destination), "fe80::77");
	stack_stats(stack(), &stats);
	ck_assert_uint_eq(stats.routes, 1 + ROUTER_REDIRECTS_MAX);
}
END_TEST

START_TEST(what_was_learnt_goes_with_the_link)
{
	struct stack_stats stats;
	router_advert(&lan, &(struct advert_spec){ .lifetime_s = 9000, .mtu = 1400, .prefix = "2001:db8::", .valid_s = 86400, .preferred_s = 86400 });
	ndp_message(&lan, &redirect);
	stack_if_set_up(stack(), lan.hosts[0].ifindex, false, lan.now_us);
	stack_stats(stack(), &stats);
	ck_assert_uint_eq(stats.routes, 0);
	ck_assert_uint_eq(stats.addrs, 0);
	ck_assert_uint_eq(stats.neighbours, 0);
	ck_assert_uint_eq(stack_deadline(stack()), STACK_NEVER);
	stack_if_set_up(stack(), lan.hosts[0].ifindex, true, lan.now_us);
	lan_clear(&lan);
	lan_run(&lan, 5 * SECOND_US);
	ck_assert_uint_ge(ndp_sent_count(&lan, 0, NDP_ROUTER_SOLICIT), 1);
	const struct ip_addr remote = addr_of("fe80::1");
	ck_assert_uint_eq(stack_path_mtu(stack(), &remote, lan.now_us), 1500);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("router");
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_set_timeout(tcase, 30);
	tcase_add_test(tcase, routers_are_asked_for_quickly_then_seldom_but_for_ever);
	tcase_add_test(tcase, the_first_question_comes_from_nobody_while_there_is_no_address);
	tcase_add_test(tcase, a_router_that_answers_ends_the_questions_until_it_goes);
	tcase_add_test(tcase, a_router_is_a_default_route_as_long_as_it_says);
	tcase_add_test(tcase, a_router_that_resigns_is_none_any_more);
	tcase_add_test(tcase, the_preferred_router_is_used);
	tcase_add_test(tcase, a_router_that_is_silent_gives_way_to_one_that_answers);
	tcase_add_test(tcase, only_so_many_routers_are_kept);
	tcase_add_test(tcase, advertisements_from_no_router_of_the_link_are_refused);
	tcase_add_test(tcase, the_mtu_of_the_link_is_between_1280_and_the_interfaces_own);
	tcase_add_test(tcase, times_of_neighbours_are_taken_within_reason);
	tcase_add_test(tcase, a_prefix_gives_an_address_that_can_be_used);
	tcase_add_test(tcase, on_link_and_autonomous_are_two_things);
	tcase_add_test(tcase, an_address_is_deprecated_and_then_gone);
	tcase_add_test(tcase, an_advertisement_alone_ends_no_address_within_two_hours);
	tcase_add_test(tcase, an_advertisement_right_behind_the_end_makes_nothing_last_longer);
	tcase_add_test(tcase, prefixes_that_make_no_address_are_left);
	tcase_add_test(tcase, only_so_many_prefixes_are_kept);
	tcase_add_test(tcase, an_address_that_another_has_is_replaced);
	tcase_add_test(tcase, the_router_in_use_may_name_a_better_one);
	tcase_add_test(tcase, a_destination_may_turn_out_to_be_a_neighbour);
	tcase_add_test(tcase, redirects_of_others_or_to_anywhere_are_refused);
	tcase_add_test(tcase, only_so_many_redirects_are_kept);
	tcase_add_test(tcase, what_was_learnt_goes_with_the_link);
	Suite *suite = suite_create("router");
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}

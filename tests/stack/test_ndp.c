/* Neighbour Discovery between hosts on a wire: RFC 4861, RFC 4862 section 5.4, RFC 7527. */
#include "stack/ndp.h"

#include <string.h>

#include "stack/stack_priv.h"
#include "tests/stack/lan.h"
#include "tests/stack/ndp_message.h"
#include "tests/suite.h"

#define SECOND_US 1000000u
#define SOURCE_MAC "\x01\x01\x02\x00\x00\x00\x00\x99"
#define TARGET_MAC "\x02\x01\x02\x00\x00\x00\x00\x99"

static struct lan lan;

static void
setup(void)
{
	lan_init(&lan);
	lan_host(&lan, NULL, "2001:db8::1/64", 0);
	lan_host(&lan, NULL, "2001:db8::2/64", 0);
	lan_run(&lan, 5 * SECOND_US); /* their link-local addresses settle */
	lan_clear(&lan);
}

static void
teardown(void)
{
	lan_fini(&lan);
}

static const struct neigh *
neighbour(unsigned host, const char *text)
{
	const struct ip_addr addr = addr_of(text);
	return neigh_table_find(&lan.hosts[host].stack->neighs, lan.hosts[host].ifindex, &addr);
}

static bool
is_ours(unsigned host, const char *text)
{
	const struct ip_addr addr = addr_of(text);
	return ifaddr_is_ours(lan.hosts[host].stack, lan.hosts[host].ifindex, &addr);
}

/* ---- resolution -------------------------------------------------------------------------------- */

START_TEST(hosts_find_each_other_with_one_question_and_one_answer)
{
	struct ndp_sent solicit, advert;
	const struct mac_addr group_mac = { { 0x33, 0x33, 0xff, 0, 0, 2 } }, mac_a = lan_mac(0);
	const struct ip_addr a = addr_of("2001:db8::1"), b = addr_of("2001:db8::2"), group = addr_of("ff02::1:ff00:2");

	ck_assert(lan_ping(&lan, 0, "2001:db8::2"));
	ck_assert(ndp_sent(&lan, 0, NDP_NEIGHBOUR_SOLICIT, 0, &solicit));
	ck_assert(ndp_sent(&lan, 1, NDP_NEIGHBOUR_ADVERT, 0, &advert));
	ck_assert(addr_equal(&solicit.source, &a) && addr_equal(&solicit.destination, &group));
	ck_assert(mac_equal(&solicit.to, &group_mac));
	ck_assert_uint_eq(solicit.hop_limit, 255);
	ck_assert_mem_eq(solicit.body, b.octets, 16);
	ck_assert_mem_eq(solicit.body + 16, "\x01\x01\x02\x00\x00\x00\x00\x01", 8);
	ck_assert(addr_equal(&advert.source, &b) && addr_equal(&advert.destination, &a));
	ck_assert(mac_equal(&advert.to, &mac_a));
	ck_assert_uint_eq(advert.hop_limit, 255);
	ck_assert_uint_eq(advert.rest, NDP_ADVERT_SOLICITED | NDP_ADVERT_OVERRIDE);
	ck_assert_mem_eq(advert.body + 16, "\x02\x01\x02\x00\x00\x00\x00\x02", 8);
	ck_assert_uint_eq(ndp_sent_count(&lan, 0, NDP_NEIGHBOUR_SOLICIT), 1);
	/* Five seconds after its answer to a stale neighbour, the other asks back, by unicast. */
	lan_run(&lan, SECOND_US);
	ck_assert_uint_eq(ndp_sent_count(&lan, 1, NDP_NEIGHBOUR_SOLICIT), 1);
	ck_assert(ndp_sent(&lan, 1, NDP_NEIGHBOUR_SOLICIT, 0, &solicit));
	ck_assert(mac_equal(&solicit.to, &mac_a) && addr_equal(&solicit.destination, &a));
	ck_assert_uint_eq(neighbour(1, "2001:db8::1")->state, NEIGH_REACHABLE);
}
END_TEST

START_TEST(every_host_has_a_link_local_address_that_works)
{
	char text[ADDR_TEXT_BYTES];
	const struct slaac_prefix *prefix = &lan.hosts[1].stack->slaac.prefixes[0];
	ck_assert(addr_is_link_local(&prefix->addr));
	ck_assert(is_ours(1, addr_to_text(&prefix->addr, text, sizeof text)));
	ck_assert(lan_ping(&lan, 0, text));
}
END_TEST

START_TEST(a_flow_to_a_silent_neighbour_learns_that_the_host_is_unreachable)
{
	const struct ip_addr remote = addr_of("2001:db8::77");
	udp_flow flow;
	ck_assert_int_eq(udp_open(lan.hosts[0].stack, &remote, 53, NULL, 0, 42, &flow), 0);
	ck_assert_int_eq(udp_send(lan.hosts[0].stack, flow, "query", 5, lan.now_us), 0);
	lan_run(&lan, 4 * SECOND_US);
	const struct stack_action *error = lan_heard(&lan, 0, STACK_ERROR, 0);
	ck_assert_ptr_nonnull(error);
	ck_assert_int_eq(error->error, STACK_ERROR_HOST_UNREACHABLE);
	ck_assert_uint_eq(error->user, 42);
	ck_assert_uint_eq(ndp_sent_count(&lan, 0, NDP_NEIGHBOUR_SOLICIT), NEIGH_MAX_MULTICAST_SOLICIT);
}
END_TEST

START_TEST(an_unsolicited_advertisement_moves_a_known_neighbour_only)
{
	const struct mac_addr mac_b = lan_mac(1);
	ck_assert(lan_ping(&lan, 0, "2001:db8::2"));
	lan.is_cut[1] = true;
	struct ndp_spec advert = {
		.source = "2001:db8::2",
		.destination = "ff02::1",
		.type = NDP_NEIGHBOUR_ADVERT,
		.target = "2001:db8::2",
		.options = TARGET_MAC,
		.options_bytes = 8,
	};
	ndp_message(&lan, &advert); /* without Override: doubted only */
	ck_assert(mac_equal(&neighbour(0, "2001:db8::2")->mac, &mac_b));
	ck_assert_uint_eq(neighbour(0, "2001:db8::2")->state, NEIGH_STALE);
	advert.rest = NDP_ADVERT_OVERRIDE;
	ndp_message(&lan, &advert);
	ck_assert(mac_equal(&neighbour(0, "2001:db8::2")->mac, &lan_stranger));
	advert.source = advert.target = "2001:db8::5";
	ndp_message(&lan, &advert);
	ck_assert_ptr_null(neighbour(0, "2001:db8::5"));
}
END_TEST

/* ---- what RFC 4861, section 7.1 wants dropped --------------------------------------------------- */

#define SOLICIT_TO_A                                                                                        \
	.source = "2001:db8::9", .destination = "ff02::1:ff00:1", .type = NDP_NEIGHBOUR_SOLICIT,            \
	.target = "2001:db8::1", .options = SOURCE_MAC, .options_bytes = 8

static const struct {
	const char *behaviour;
	struct ndp_spec message;
	enum drop drop; /* DROP_REASON_COUNT: it is fine, and answered */
} messages[] = {
	{ "a good solicitation", { SOLICIT_TO_A }, DROP_REASON_COUNT },
	{ "from beyond the link", { SOLICIT_TO_A, .hop_limit = 254 }, DROP_NDP_HOP_LIMIT },
	{ "a code", { SOLICIT_TO_A, .code = 1 }, DROP_NDP_MALFORMED },
	{ "no target",
	  { .source = "2001:db8::9", .destination = "ff02::1:ff00:1", .type = NDP_NEIGHBOUR_SOLICIT },
	  DROP_NDP_MALFORMED },
	{ "a multicast target",
	  { .source = "2001:db8::9", .destination = "ff02::1", .type = NDP_NEIGHBOUR_SOLICIT, .target = "ff02::1" },
	  DROP_NDP_MALFORMED },
	{ "an option of length 0",
	  { .source = "2001:db8::9", .destination = "ff02::1:ff00:1", .type = NDP_NEIGHBOUR_SOLICIT,
	    .target = "2001:db8::1", .options = "\x01\x00\0\0\0\0\0\0", .options_bytes = 8 },
	  DROP_NDP_MALFORMED },
	{ "a group's MAC address",
	  { .source = "2001:db8::9", .destination = "ff02::1:ff00:1", .type = NDP_NEIGHBOUR_SOLICIT,
	    .target = "2001:db8::1", .options = "\x01\x01\x33\x33\0\0\0\x01", .options_bytes = 8 },
	  DROP_NDP_MALFORMED },
	{ "nobody's with a MAC address",
	  { .source = "::", .destination = "ff02::1:ff00:1", .type = NDP_NEIGHBOUR_SOLICIT, .target = "2001:db8::1",
	    .options = SOURCE_MAC, .options_bytes = 8 },
	  DROP_NDP_MALFORMED },
	{ "nobody's to another group",
	  { .source = "::", .destination = "ff02::1", .type = NDP_NEIGHBOUR_SOLICIT, .target = "2001:db8::1" },
	  DROP_NDP_MALFORMED },
	{ "nobody's about an address that is ours",
	  { .source = "::", .destination = "ff02::1:ff00:1", .type = NDP_NEIGHBOUR_SOLICIT, .target = "2001:db8::1" },
	  DROP_REASON_COUNT },
	{ "about an address that is not ours",
	  { .source = "2001:db8::9", .destination = "ff02::1", .type = NDP_NEIGHBOUR_SOLICIT, .target = "2001:db8::8" },
	  DROP_NDP_IGNORED },
	{ "an answer sent to all",
	  { .source = "2001:db8::9", .destination = "ff02::1", .type = NDP_NEIGHBOUR_ADVERT, .target = "2001:db8::9",
	    .rest = NDP_ADVERT_SOLICITED },
	  DROP_NDP_MALFORMED },
	{ "a router solicitation",
	  { .source = "fe80::9", .destination = "ff02::1", .type = NDP_ROUTER_SOLICIT }, DROP_NDP_IGNORED },
	{ "a router advertisement where none is wanted",
	  { .source = "fe80::9", .destination = "ff02::1", .type = NDP_ROUTER_ADVERT, .rest = 1800,
	    .options = "\0\0\0\0\0\0\0\0", .options_bytes = 8 },
	  DROP_NDP_IGNORED },
};

START_TEST(messages_that_break_a_rule_are_dropped_and_counted)
{
	static const enum drop reasons[] = { DROP_NDP_HOP_LIMIT, DROP_NDP_MALFORMED, DROP_NDP_IGNORED };
	uint64_t before[COUNT(reasons)];
	for (size_t i = 0; i < COUNT(reasons); i++)
		before[i] = lan_drops(&lan, 0, reasons[i]);
	ndp_message(&lan, &messages[_i].message);
	for (size_t i = 0; i < COUNT(reasons); i++)
		ck_assert_msg(lan_drops(&lan, 0, reasons[i]) - before[i] == (messages[_i].drop == reasons[i]), "%s: %s",
		              messages[_i].behaviour, drop_name(reasons[i]));
	const bool is_fine = messages[_i].drop == DROP_REASON_COUNT;
	ck_assert_msg(ndp_sent_count(&lan, 0, NDP_NEIGHBOUR_ADVERT) == is_fine, "%s", messages[_i].behaviour);
	ck_assert_int_eq(neighbour(0, "2001:db8::9") != NULL, _i == 0);
}
END_TEST

/* ---- duplicate address detection --------------------------------------------------------------- */

static struct host *
newcomer(const char *prefix)
{
	struct host *host = lan_host(&lan, NULL, NULL, 0);
	host->now_us = lan.now_us;
	host_addr(host, prefix, 0);
	return host;
}

/* The newcomer's question about `target`. */
static bool
question(const char *target, struct ndp_sent *sent)
{
	const struct ip_addr addr = addr_of(target);
	for (unsigned i = 0; ndp_sent(&lan, 2, NDP_NEIGHBOUR_SOLICIT, i, sent); i++)
		if (memcmp(sent->body, addr.octets, 16) == 0)
			return true;
	return false;
}

START_TEST(a_new_address_is_asked_for_and_then_announced)
{
	struct ndp_sent sent;
	const struct ip_addr nobody = addr_of("::"), group = addr_of("ff02::1:ff00:3");
	newcomer("2001:db8::3/64");
	lan_run(&lan, SECOND_US / 2);
	ck_assert(!is_ours(2, "2001:db8::3"));
	lan_run(&lan, 2 * SECOND_US);
	ck_assert(question("2001:db8::3", &sent));
	ck_assert(addr_equal(&sent.source, &nobody) && addr_equal(&sent.destination, &group));
	ck_assert_uint_eq(sent.body_bytes, 16 + 8);
	ck_assert_uint_eq(sent.body[16], NDP_OPTION_NONCE);
	ck_assert(is_ours(2, "2001:db8::3"));
	ck_assert(ndp_sent(&lan, 2, NDP_NEIGHBOUR_ADVERT, 0, &sent));
	ck_assert(addr_equal(&sent.destination, &ndp_all_nodes));
	ck_assert_uint_eq(sent.rest, NDP_ADVERT_OVERRIDE);
	ck_assert(lan_ping(&lan, 0, "2001:db8::3"));
}
END_TEST

START_TEST(an_address_in_use_is_not_taken_until_it_is_free)
{
	newcomer("2001:db8::2/64");
	lan_run(&lan, 5 * SECOND_US);
	ck_assert(!is_ours(2, "2001:db8::2"));
	ck_assert_uint_eq(lan_drops(&lan, 2, DROP_ADDR_CONFLICT), 1);
	ck_assert(lan_ping(&lan, 0, "2001:db8::2"));
	lan.is_cut[1] = true;
	lan_run(&lan, 70 * SECOND_US);
	ck_assert(is_ours(2, "2001:db8::2"));
}
END_TEST

START_TEST(of_two_that_ask_at_once_neither_takes_it)
{
	newcomer("2001:db8::3/64");
	ndp_message(&lan, &(struct ndp_spec){ .source = "::", .destination = "ff02::1:ff00:3",
	                                      .type = NDP_NEIGHBOUR_SOLICIT, .target = "2001:db8::3" });
	lan_run(&lan, 5 * SECOND_US);
	ck_assert(!is_ours(2, "2001:db8::3"));
	ck_assert_uint_eq(lan_drops(&lan, 2, DROP_ADDR_CONFLICT), 1);
}
END_TEST

START_TEST(our_own_question_coming_back_is_no_duplicate)
{
	lan.is_loop = true;
	newcomer("2001:db8::3/64");
	lan_run(&lan, 5 * SECOND_US);
	ck_assert(is_ours(2, "2001:db8::3"));
	ck_assert_uint_eq(lan_drops(&lan, 2, DROP_ADDR_CONFLICT), 0);
}
END_TEST

START_TEST(a_tentative_address_is_not_answered_for)
{
	newcomer("2001:db8::3/64");
	ndp_message(&lan, &(struct ndp_spec){ .source = "2001:db8::9", .destination = "ff02::1:ff00:3",
	                                      .type = NDP_NEIGHBOUR_SOLICIT, .target = "2001:db8::3",
	                                      .options = SOURCE_MAC, .options_bytes = 8 });
	ck_assert_uint_eq(ndp_sent_count(&lan, 2, NDP_NEIGHBOUR_ADVERT), 0);
	lan_run(&lan, 5 * SECOND_US);
	ck_assert(is_ours(2, "2001:db8::3")); /* and who merely wants to talk to it is no conflict */
}
END_TEST

START_TEST(a_claim_to_a_settled_address_is_only_counted)
{
	ndp_message(&lan, &(struct ndp_spec){ .source = "2001:db8::1", .destination = "ff02::1",
	                                      .type = NDP_NEIGHBOUR_ADVERT, .target = "2001:db8::1",
	                                      .rest = NDP_ADVERT_OVERRIDE, .options = TARGET_MAC, .options_bytes = 8 });
	ck_assert(is_ours(0, "2001:db8::1"));
	ck_assert_uint_eq(lan_drops(&lan, 0, DROP_IP_SOURCE), 1); /* our own address, from outside */
	ndp_message(&lan, &(struct ndp_spec){ .source = "fe80::99", .destination = "ff02::1",
	                                      .type = NDP_NEIGHBOUR_ADVERT, .target = "2001:db8::1",
	                                      .rest = NDP_ADVERT_OVERRIDE, .options = TARGET_MAC, .options_bytes = 8 });
	ck_assert(is_ours(0, "2001:db8::1"));
	ck_assert_uint_eq(lan_drops(&lan, 0, DROP_ADDR_CONFLICT), 1);
	ck_assert(lan_ping(&lan, 1, "2001:db8::1"));
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("ndp");
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, hosts_find_each_other_with_one_question_and_one_answer);
	tcase_add_test(tcase, every_host_has_a_link_local_address_that_works);
	tcase_add_test(tcase, a_flow_to_a_silent_neighbour_learns_that_the_host_is_unreachable);
	tcase_add_test(tcase, an_unsolicited_advertisement_moves_a_known_neighbour_only);
	tcase_add_loop_test(tcase, messages_that_break_a_rule_are_dropped_and_counted, 0, COUNT(messages));
	tcase_add_test(tcase, a_new_address_is_asked_for_and_then_announced);
	tcase_add_test(tcase, an_address_in_use_is_not_taken_until_it_is_free);
	tcase_add_test(tcase, of_two_that_ask_at_once_neither_takes_it);
	tcase_add_test(tcase, our_own_question_coming_back_is_no_duplicate);
	tcase_add_test(tcase, a_tentative_address_is_not_answered_for);
	tcase_add_test(tcase, a_claim_to_a_settled_address_is_only_counted);
	Suite *suite = suite_create("ndp");
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}

/* What the operator says of local zones, the zones that are there by default (RFC 6761, RFC 6303), and memory. */
#include "tests/resolver/policy/local_world.h"

/* ---- reading the configuration -------------------------------------------------------------------- */

static const struct {
	const char *behaviour, *record;
	int err;
} bad_records[] = {
	{ "an empty text is no record", "", ERR_MALFORMED },
	{ "two records are one too many", "a. A 192.0.2.1\nb. A 192.0.2.1", ERR_MALFORMED },
	{ "an address must be one", "a. A 192.0.2", ERR_MALFORMED },
	{ "a type must be one", "a. BLA 192.0.2.1", ERR_MALFORMED },
	{ "no class that nobody asks about", "version.bind. HS TXT x", ERR_UNSUPPORTED },
	{ "a CNAME stands alone", "www.example. CNAME x.", ERR_EXISTS },
	{ "nothing stands beside a CNAME", "alias.example. A 192.0.2.1", ERR_EXISTS },
	{ "nor another CNAME", "alias.example. CNAME y.", ERR_EXISTS },
};

START_TEST(what_cannot_be_local_data_is_refused_in_words)
{
	const char *why = NULL;
	add_data("www.example. A 192.0.2.1");
	add_data("alias.example. CNAME x.");
	int err = local_data_add(local, bad_records[_i].record, &why);
	ck_assert_msg(err == bad_records[_i].err, "%s: %d", bad_records[_i].behaviour, err);
	ck_assert_ptr_nonnull(why);
}
END_TEST

START_TEST(reverse_records_are_written_by_address)
{
	const char *why = "";
	ck_assert_int_eq(local_data_ptr_add(local, "192.0.2.4 www.example.com", &why), 0);
	ck_assert_int_eq(local_data_ptr_add(local, " 2001:DB8::4  7200 www.example.com. ", &why),
			 0);
	finish(false);
	ck_assert_str_eq(outcome("4.2.0.192.in-addr.arpa.", TYPE_PTR),
			 "NOERROR; 4.2.0.192.in-addr.arpa. 3600 PTR www.example.com.");
	ck_assert_str_eq(
		outcome("4.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa.",
			TYPE_PTR),
		"NOERROR; "
		"4.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa. 7200 "
		"PTR "
		"www.example.com.");
}
END_TEST

START_TEST(a_bad_reverse_record_is_refused_in_words)
{
	static const char *const bad[] = { "",
					   "192.0.2",
					   "192.0.2.1",
					   "192.0.2.1 x y",
					   "192.0.2.1 60",
					   "www. 192.0.2.1",
					   "192.0.2.1 4294967296 www.",
					   "192.0.2.1 60 www. x",
					   "192.0.2.1 a..b" };
	for (size_t i = 0; i < COUNT(bad); i++) {
		const char *why = NULL;
		bool is_name = strcmp(bad[i], "192.0.2.1 60") == 0; /* the name 60. */
		int err = local_data_ptr_add(local, bad[i], &why);
		ck_assert_msg(is_name ? err == 0 : err == ERR_MALFORMED && why != NULL, "%s",
			      bad[i]);
	}
}
END_TEST

START_TEST(a_zone_said_twice_must_be_of_one_type)
{
	ck_assert_int_eq(add_zone("example.", LOCAL_STATIC), 0);
	ck_assert_int_eq(add_zone("Example.", LOCAL_STATIC), 0);
	ck_assert_int_eq(add_zone("example.", LOCAL_DENY), ERR_EXISTS);
}
END_TEST

START_TEST(a_set_has_no_more_records_than_the_bound)
{
	struct name owner = name_of("many.example.");
	for (unsigned i = 0; i < RRSET_RRS_MAX; i++) {
		uint8_t rdata[4] = { 10, 0, (uint8_t)(i >> 8), (uint8_t)i };
		ck_assert_int_eq(local_data_add_rr(local, &owner, TYPE_A, CLASS_IN, 60, rdata, 4),
				 0);
	}
	ck_assert_int_eq(
		local_data_add_rr(local, &owner, TYPE_A, CLASS_IN, 60, (uint8_t[4]){ 11 }, 4),
		ERR_TOO_BIG);
}
END_TEST

/* ---- default zones -------------------------------------------------------------------------------- */

#define DEFAULT_SOA "SOA localhost. nobody.invalid. 1 3600 1200 604800 10800"

static const struct {
	const char *behaviour, *qname;
	uint16_t qtype;
	const char *expected;
} defaults[] = {
	{ "localhost is this host", "localhost.", TYPE_A, "NOERROR; localhost. 10800 A 127.0.0.1" },
	{ "so is every name under it", "a.b.LocalHost.", TYPE_AAAA,
	  "NOERROR; a.b.LocalHost. 10800 AAAA ::1" },
	{ "localhost has no other types", "localhost.", TYPE_MX,
	  "NOERROR / localhost. 10800 " DEFAULT_SOA },
	{ "127.0.0.1 has a name", "1.0.0.127.in-addr.arpa.", TYPE_PTR,
	  "NOERROR; 1.0.0.127.in-addr.arpa. 10800 PTR localhost." },
	{ "other loopback addresses have none", "2.0.0.127.in-addr.arpa.", TYPE_PTR,
	  "NXDOMAIN / 127.in-addr.arpa. 10800 " DEFAULT_SOA },
	{ "::1 has a name",
	  "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.ip6.arpa.", TYPE_PTR,
	  "NOERROR; 1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.ip6.arpa. "
	  "10800 PTR localhost." },
	{ "invalid does not exist (RFC 6761)", "x.invalid.", TYPE_A,
	  "NXDOMAIN / invalid. 10800 " DEFAULT_SOA },
	{ "nor does test (RFC 6761)", "x.test.", TYPE_A, "NXDOMAIN / test. 10800 " DEFAULT_SOA },
	{ "nor onion (RFC 7686)", "x.onion.", TYPE_A, "NXDOMAIN / onion. 10800 " DEFAULT_SOA },
	{ "home.arpa stays at home (RFC 8375)", "x.home.arpa.", TYPE_A,
	  "NXDOMAIN / home.arpa. 10800 " DEFAULT_SOA },
	{ "and answers at its apex", "home.arpa.", TYPE_NS,
	  "NOERROR; home.arpa. 10800 NS localhost." },
	{ "so does service.arpa (RFC 9665)", "x.service.arpa.", TYPE_SRV,
	  "NXDOMAIN / service.arpa. 10800 " DEFAULT_SOA },
	{ "there is no designated resolver (RFC 9462)", "_dns.resolver.arpa.", TYPE_SVCB,
	  "NOERROR / resolver.arpa. 10800 " DEFAULT_SOA },
	{ "private addresses have no names (RFC 6303)", "1.1.168.192.in-addr.arpa.", TYPE_PTR,
	  "NXDOMAIN / 168.192.in-addr.arpa. 10800 " DEFAULT_SOA },
	{ "up to the last block", "1.1.31.172.in-addr.arpa.", TYPE_PTR,
	  "NXDOMAIN / 31.172.in-addr.arpa. 10800 " DEFAULT_SOA },
	{ "and not beyond", "1.1.32.172.in-addr.arpa.", TYPE_PTR, "RESOLVE" },
	{ "shared addresses have none (RFC 7793)", "1.1.127.100.in-addr.arpa.", TYPE_PTR,
	  "NXDOMAIN / 127.100.in-addr.arpa. 10800 " DEFAULT_SOA },
	{ "unique local ones neither", "1.d.f.ip6.arpa.", TYPE_PTR,
	  "NXDOMAIN / d.f.ip6.arpa. 10800 " DEFAULT_SOA },
	{ "nor link-local ones", "1.B.E.F.ip6.arpa.", TYPE_PTR,
	  "NXDOMAIN / b.e.f.ip6.arpa. 10800 " DEFAULT_SOA },
	{ "above them the DNS goes on", "168.192.in-addr.arpa.", TYPE_DS, "RESOLVE" },
	{ "and beside them", "www.example.", TYPE_A, "RESOLVE" },
};

START_TEST(names_set_aside_are_answered_here)
{
	finish(true);
	const char *told = outcome(defaults[_i].qname, defaults[_i].qtype);
	ck_assert_msg(strcmp(told, defaults[_i].expected) == 0, "%s: %s", defaults[_i].behaviour,
		      told);
}
END_TEST

START_TEST(every_default_zone_can_be_switched_off)
{
	unsigned count = 0;
	for (; local_default_zone(count) != NULL; count++)
		ck_assert_int_eq(add_zone(local_default_zone(count), LOCAL_NODEFAULT), 0);
	ck_assert_uint_eq(count, 9 + 18 + 6 + 64 + 7);
	finish(true);
	for (unsigned i = 0; i < count; i++)
		ck_assert_str_eq(outcome(local_default_zone(i), TYPE_A), "RESOLVE");
	struct local_stats stats;
	local_stats(local, &stats);
	ck_assert_uint_eq(stats.zones + stats.rrsets, 0);
}
END_TEST

START_TEST(every_default_zone_answers_when_nothing_is_said)
{
	finish(true);
	for (unsigned i = 0; local_default_zone(i) != NULL; i++) {
		struct local_match match;
		struct answer answer;
		struct name zone = name_of(local_default_zone(i));
		ask(local_default_zone(i), TYPE_SOA, &match, &answer);
		ck_assert_ptr_nonnull(answer.sections[SECTION_ANSWER]);
		ck_assert(name_equal(match.zone, &zone));
	}
}
END_TEST

START_TEST(without_defaults_there_are_none)
{
	finish(false);
	ck_assert_str_eq(outcome("localhost.", TYPE_A), "RESOLVE");
}
END_TEST

START_TEST(lan_zones_can_be_left_out_together)
{
	ck_assert_int_eq(local_finish(local, true, true), 0);
	ck_assert_str_eq(outcome("1.0.0.10.in-addr.arpa.", TYPE_PTR), "RESOLVE");
	ck_assert_str_eq(outcome("1.d.f.ip6.arpa.", TYPE_PTR), "RESOLVE");
	ck_assert_str_eq(outcome("localhost.", TYPE_A), "NOERROR; localhost. 10800 A 127.0.0.1");
	ck_assert_str_eq(outcome("1.0.0.127.in-addr.arpa.", TYPE_PTR),
			 "NOERROR; 1.0.0.127.in-addr.arpa. 10800 PTR localhost.");
}
END_TEST

START_TEST(what_the_operator_says_goes_before_a_default)
{
	add_zone("10.in-addr.arpa.", LOCAL_ALWAYS_TRANSPARENT);
	add_zone("1.168.192.in-addr.arpa.", LOCAL_TRANSPARENT);
	add_data("router.home.arpa. 60 A 192.0.2.1");
	add_data("localhost. 60 A 127.0.0.2");
	finish(true);
	ck_assert_str_eq(outcome("1.0.0.10.in-addr.arpa.", TYPE_PTR), "RESOLVE");
	ck_assert_str_eq(outcome("1.1.168.192.in-addr.arpa.", TYPE_PTR), "RESOLVE");
	ck_assert_str_eq(outcome("1.2.168.192.in-addr.arpa.", TYPE_PTR),
			 "NXDOMAIN / 168.192.in-addr.arpa. 10800 " DEFAULT_SOA);
	ck_assert_str_eq(outcome("router.home.arpa.", TYPE_A),
			 "NOERROR; router.home.arpa. 60 A 192.0.2.1");
	ck_assert_str_eq(outcome("x.home.arpa.", TYPE_A),
			 "NXDOMAIN / home.arpa. 10800 " DEFAULT_SOA);
	ck_assert_str_eq(outcome("localhost.", TYPE_A), "NOERROR; localhost. 60 A 127.0.0.2");
}
END_TEST

/* ---- memory --------------------------------------------------------------------------------------- */

START_TEST(thousands_of_names_are_found_and_their_neighbours_are_not)
{
	enum { NAMES = 5000 };
	char text[64];
	for (unsigned i = 0; i < NAMES; i++) {
		snprintf(text, sizeof text, "x%u.ads%u.example.", i, i % 50);
		ck_assert_int_eq(add_zone(text, LOCAL_ALWAYS_NXDOMAIN), 0);
	}
	finish(false);
	for (unsigned i = 0; i < 2 * NAMES; i++) {
		snprintf(text, sizeof text, "www.x%u.ads%u.example.", i, i % 50);
		ck_assert_str_eq(outcome(text, TYPE_A), i < NAMES ? "NXDOMAIN" : "RESOLVE");
	}
	struct local_stats stats;
	local_stats(local, &stats);
	ck_assert_uint_eq(stats.zones, NAMES);
	ck_assert_uint_eq(stats.names, NAMES + 50 + 2);
}
END_TEST

static int
build_small(struct arena *arena)
{
	const char *why;
	local = local_new(arena, &rng);
	if (local == NULL)
		return ERR_NO_MEMORY;
	int err = local_data_add(local, "www.example. A 192.0.2.1", &why);
	if (err == 0)
		err = local_data_ptr_add(local, "192.0.2.1 www.example.", &why);
	return err != 0 ? err : local_finish(local, true, false);
}

START_TEST(a_full_arena_is_said_wherever_it_happens)
{
	struct arena small;
	arena_init(&small, table_block, sizeof table_block);
	ck_assert_int_eq(build_small(&small), 0);
	size_t enough = small.used, refused = 0;
	for (size_t size = 0; size < enough; size += 31, refused++) {
		arena_init(&small, table_block, size);
		ck_assert_int_eq(build_small(&small), ERR_NO_MEMORY);
	}
	ck_assert_uint_gt(refused, 100);
}
END_TEST

START_TEST(an_answer_that_does_not_fit_is_said)
{
	struct question question = { .qname = name_of("a.example."),
				     .qtype = TYPE_A,
				     .qclass = CLASS_IN };
	struct local_match match;
	struct answer answer;
	add_data("a.example. CNAME b.example.");
	add_data("b.example. CNAME elsewhere.");
	finish(false);
	int err = ERR_NO_MEMORY;
	for (size_t size = 0; err != 0; size++) {
		ck_assert_uint_lt(size, 1000);
		arena_init(&answer_arena, answer_block, size);
		err = local_answer(local, &question, NULL, &answer_arena, &match, &answer);
		ck_assert(err == 0 || err == ERR_NO_MEMORY);
	}
	ck_assert_int_eq(match.verdict, LOCAL_ALIASES);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("local zones: configuration");
	TCase *tcase = tcase_create("configuration");
	tcase_add_checked_fixture(tcase, setup, NULL);
	tcase_add_loop_test(tcase, what_cannot_be_local_data_is_refused_in_words, 0,
			    COUNT(bad_records));
	tcase_add_test(tcase, reverse_records_are_written_by_address);
	tcase_add_test(tcase, a_bad_reverse_record_is_refused_in_words);
	tcase_add_test(tcase, a_zone_said_twice_must_be_of_one_type);
	tcase_add_test(tcase, a_set_has_no_more_records_than_the_bound);
	tcase_add_loop_test(tcase, names_set_aside_are_answered_here, 0, COUNT(defaults));
	tcase_add_test(tcase, every_default_zone_can_be_switched_off);
	tcase_add_test(tcase, every_default_zone_answers_when_nothing_is_said);
	tcase_add_test(tcase, without_defaults_there_are_none);
	tcase_add_test(tcase, lan_zones_can_be_left_out_together);
	tcase_add_test(tcase, what_the_operator_says_goes_before_a_default);
	tcase_add_test(tcase, thousands_of_names_are_found_and_their_neighbours_are_not);
	tcase_add_test(tcase, a_full_arena_is_said_wherever_it_happens);
	tcase_add_test(tcase, an_answer_that_does_not_fit_is_said);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}

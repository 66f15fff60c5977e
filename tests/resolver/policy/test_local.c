#include "resolver/policy/local.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "resolver/wire/text.h"
#include "stack/base/arena.h"
#include "stack/base/rng.h"

#define COUNT(array) (int)(sizeof(array) / sizeof((array)[0]))
#define TOLD_BYTES   1024

static uint8_t table_block[4u << 20], answer_block[65536];
static struct arena table_arena, answer_arena;
static struct local *local;
static struct rng rng;

static void
setup(void)
{
	rng_init_number(&rng, 11);
	arena_init(&table_arena, table_block, sizeof table_block);
	local = local_new(&table_arena, &rng);
	ck_assert_ptr_nonnull(local);
}

static struct name
name_of(const char *text)
{
	struct name name;
	ck_assert_msg(name_from_text(&name, text, NULL) == 0, "%s", text);
	return name;
}

static int
add_zone(const char *text, enum local_type type)
{
	struct name zone = name_of(text);
	return local_zone_add(local, &zone, type);
}

static void
add_data(const char *record)
{
	const char *why = "";
	ck_assert_msg(local_data_add(local, record, &why) == 0, "%s: %s", record, why);
}

static void
finish(bool with_defaults)
{
	ck_assert_int_eq(local_finish(local, with_defaults, false), 0);
}

static void
tell_sets(char *told, const char *before, const struct rrset *set)
{
	for (; set != NULL; set = set->next) {
		struct rdata_walk walk;
		char owner[NAME_TEXT_BYTES], type[TYPE_TEXT_BYTES], rdata[512];
		rdata_first(set, &walk);
		for (unsigned i = 0; i < set->rr_count; i++) {
			ck_assert(rdata_next(&walk));
			ck_assert_int_ge(rdata_to_text(set->type, set->class, walk.bytes, walk.size,
						       rdata, sizeof rdata),
					 0);
			size_t used = strlen(told);
			snprintf(told + used, TOLD_BYTES - used, "%s%s %u %s %s", before,
				 name_to_text(set->owner, owner, sizeof owner), set->ttl_s,
				 type_to_text(set->type, type, sizeof type), rdata);
		}
	}
}

/* The outcome in one line: "RESOLVE", "DROP", or the rcode, the records, and the alias that is left. */
static const char *
ask(const char *qname, uint16_t qtype, struct local_match *match, struct answer *answer)
{
	static char told[TOLD_BYTES];
	struct question question = { .qname = name_of(qname), .qtype = qtype, .qclass = CLASS_IN };
	arena_init(&answer_arena, answer_block, sizeof answer_block);
	ck_assert_int_eq(local_answer(local, &question, NULL, &answer_arena, match, answer), 0);
	told[0] = 0;
	switch (match->verdict) {
	case LOCAL_IS_NOT: return "RESOLVE";
	case LOCAL_DROPS: return "DROP";
	case LOCAL_ANSWERS:
	case LOCAL_ALIASES: snprintf(told, sizeof told, "%s", rcode_to_text(answer->rcode));
	}
	tell_sets(told, "; ", answer->sections[SECTION_ANSWER]);
	tell_sets(told, " / ", answer->sections[SECTION_AUTHORITY]);
	if (match->verdict == LOCAL_ALIASES) {
		char alias[NAME_TEXT_BYTES];
		size_t used = strlen(told);
		snprintf(told + used, sizeof told - used, " -> %s",
			 name_to_text(match->alias, alias, sizeof alias));
	}
	return told;
}

static const char *
outcome(const char *qname, uint16_t qtype)
{
	struct local_match match;
	struct answer answer;
	return ask(qname, qtype, &match, &answer);
}

/* ---- types ---------------------------------------------------------------------------------------- */

/* A zone of each type with the same data, and what becomes of the same five questions. */
#define DATA "; www.z.example. 3600 A 192.0.2.1"
#define APEX "; www.z.example. 3600 A 192.0.2.9"

static const struct {
	enum local_type type;
	const char *data, *other_type, *empty, *missing, *apex;
} types[] = {
	{ LOCAL_DENY, "NOERROR" DATA, "DROP", "DROP", "DROP", "DROP" },
	{ LOCAL_REFUSE, "NOERROR" DATA, "REFUSED", "REFUSED", "REFUSED", "REFUSED" },
	{ LOCAL_STATIC, "NOERROR" DATA, "NOERROR", "NOERROR", "NXDOMAIN", "NOERROR" },
	{ LOCAL_TRANSPARENT, "NOERROR" DATA, "NOERROR", "RESOLVE", "RESOLVE", "NOERROR" },
	{ LOCAL_TYPETRANSPARENT, "NOERROR" DATA, "RESOLVE", "RESOLVE", "RESOLVE", "RESOLVE" },
	{ LOCAL_REDIRECT, "NOERROR" APEX, "NOERROR", "NOERROR", "NOERROR", "NOERROR" },
	{ LOCAL_INFORM, "NOERROR" DATA, "NOERROR", "RESOLVE", "RESOLVE", "NOERROR" },
	{ LOCAL_INFORM_DENY, "NOERROR" DATA, "DROP", "DROP", "DROP", "DROP" },
	{ LOCAL_INFORM_REDIRECT, "NOERROR" APEX, "NOERROR", "NOERROR", "NOERROR", "NOERROR" },
	{ LOCAL_ALWAYS_TRANSPARENT, "RESOLVE", "RESOLVE", "RESOLVE", "RESOLVE", "RESOLVE" },
	{ LOCAL_BLOCK_A, "NOERROR", "RESOLVE", "RESOLVE", "RESOLVE", "RESOLVE" },
	{ LOCAL_ALWAYS_REFUSE, "REFUSED", "REFUSED", "REFUSED", "REFUSED", "REFUSED" },
	{ LOCAL_ALWAYS_NXDOMAIN, "NXDOMAIN", "NXDOMAIN", "NXDOMAIN", "NXDOMAIN", "NXDOMAIN" },
	{ LOCAL_ALWAYS_NODATA, "NOERROR", "NOERROR", "NOERROR", "NOERROR", "NOERROR" },
	{ LOCAL_ALWAYS_DENY, "DROP", "DROP", "DROP", "DROP", "DROP" },
	{ LOCAL_ALWAYS_NULL, "NOERROR; www.z.example. 3600 A 0.0.0.0", "NOERROR", "NOERROR",
	  "NOERROR", "NOERROR" },
	{ LOCAL_NOVIEW, "RESOLVE", "RESOLVE", "RESOLVE", "RESOLVE", "RESOLVE" },
};

START_TEST(each_type_does_what_its_name_says)
{
	const char *type = local_type_to_text(types[_i].type);
	add_zone("z.example.", types[_i].type);
	add_data("www.z.example. A 192.0.2.1");
	add_data("a.empty.z.example. A 192.0.2.2");
	add_data("z.example. A 192.0.2.9");
	finish(false);
	const char *told = outcome("www.z.example.", TYPE_A);
	ck_assert_msg(strcmp(told, types[_i].data) == 0, "%s, data: %s", type, told);
	told = outcome("www.z.example.", TYPE_TXT);
	ck_assert_msg(strcmp(told, types[_i].other_type) == 0, "%s, other type: %s", type, told);
	told = outcome("empty.z.example.", TYPE_TXT);
	ck_assert_msg(strcmp(told, types[_i].empty) == 0, "%s, empty non-terminal: %s", type, told);
	told = outcome("no.z.example.", TYPE_TXT);
	ck_assert_msg(strcmp(told, types[_i].missing) == 0, "%s, missing: %s", type, told);
	told = outcome("z.example.", TYPE_TXT);
	ck_assert_msg(strcmp(told, types[_i].apex) == 0, "%s, apex: %s", type, told);
	ck_assert_str_eq(outcome("example.", TYPE_A), "RESOLVE");
	ck_assert_str_eq(outcome("xz.example.", TYPE_A), "RESOLVE");
}
END_TEST

START_TEST(each_type_has_a_name_and_unknown_ones_are_refused)
{
	for (enum local_type type = LOCAL_DENY; type <= LOCAL_NODEFAULT; type++) {
		enum local_type back;
		ck_assert_int_eq(local_type_from_text(local_type_to_text(type), &back), 0);
		ck_assert_int_eq(back, type);
	}
	enum local_type none;
	ck_assert_int_eq(local_type_from_text("statik", &none), ERR_MALFORMED);
}
END_TEST

START_TEST(the_inform_types_ask_to_be_logged)
{
	struct local_match match;
	struct answer answer;
	add_zone("a.", LOCAL_INFORM);
	add_zone("b.", LOCAL_INFORM_DENY);
	add_zone("c.", LOCAL_DENY);
	finish(false);
	ask("x.a.", TYPE_A, &match, &answer);
	struct name zone = name_of("a.");
	ck_assert(match.informs && match.verdict == LOCAL_IS_NOT && name_equal(match.zone, &zone));
	ask("x.b.", TYPE_A, &match, &answer);
	ck_assert(match.informs && match.verdict == LOCAL_DROPS && match.type == LOCAL_INFORM_DENY);
	ask("x.c.", TYPE_A, &match, &answer);
	ck_assert(!match.informs && match.verdict == LOCAL_DROPS);
}
END_TEST

START_TEST(always_null_has_an_address_of_zeros_for_every_name)
{
	add_zone("ads.", LOCAL_ALWAYS_NULL);
	finish(false);
	ck_assert_str_eq(outcome("Ads.", TYPE_A), "NOERROR; Ads. 3600 A 0.0.0.0");
	ck_assert_str_eq(outcome("x.y.ads.", TYPE_AAAA), "NOERROR; x.y.ads. 3600 AAAA ::");
	ck_assert_str_eq(outcome("x.y.ads.", TYPE_HTTPS), "NOERROR");
}
END_TEST

START_TEST(clients_are_told_that_the_operator_decided)
{
	static const struct {
		const char *zone;
		enum local_type type;
		int ede;
	} blocks[] = {
		{ "a.", LOCAL_REFUSE, EDE_BLOCKED },
		{ "b.", LOCAL_ALWAYS_REFUSE, EDE_BLOCKED },
		{ "c.", LOCAL_ALWAYS_NXDOMAIN, EDE_BLOCKED },
		{ "d.", LOCAL_ALWAYS_NULL, EDE_FORGED_ANSWER },
		{ "e.", LOCAL_STATIC, EDE_NONE },
		{ "f.", LOCAL_BLOCK_A, EDE_BLOCKED },
	};
	for (int i = 0; i < COUNT(blocks); i++)
		add_zone(blocks[i].zone, blocks[i].type);
	finish(false);
	for (int i = 0; i < COUNT(blocks); i++) {
		struct local_match match;
		struct answer answer;
		ask(blocks[i].zone, TYPE_A, &match, &answer);
		ck_assert_int_eq(answer.ede, blocks[i].ede);
		ck_assert(answer.authoritative == (answer.rcode != RCODE_REFUSED));
	}
}
END_TEST

/* ---- names and zones ------------------------------------------------------------------------------ */

START_TEST(the_nearest_zone_decides)
{
	add_zone("example.", LOCAL_ALWAYS_NXDOMAIN);
	add_zone("good.example.", LOCAL_ALWAYS_TRANSPARENT);
	add_zone("bad.good.example.", LOCAL_ALWAYS_REFUSE);
	finish(false);
	ck_assert_str_eq(outcome("x.example.", TYPE_A), "NXDOMAIN");
	ck_assert_str_eq(outcome("x.Good.example.", TYPE_A), "RESOLVE");
	ck_assert_str_eq(outcome("x.bad.good.example.", TYPE_A), "REFUSED");
	ck_assert_str_eq(outcome("example.org.", TYPE_A), "RESOLVE");
}
END_TEST

START_TEST(the_root_can_be_a_zone)
{
	add_zone(".", LOCAL_REFUSE);
	add_zone("example.", LOCAL_TRANSPARENT);
	finish(false);
	ck_assert_str_eq(outcome(".", TYPE_NS), "REFUSED");
	ck_assert_str_eq(outcome("a.b.c.", TYPE_A), "REFUSED");
	ck_assert_str_eq(outcome("www.example.", TYPE_A), "RESOLVE");
}
END_TEST

START_TEST(data_without_a_zone_are_given_and_the_rest_is_resolved)
{
	add_data("Router.lan. 60 A 192.0.2.1");
	add_data("a.router.lan. 60 A 192.0.2.2");
	finish(false);
	ck_assert_str_eq(outcome("ROUTER.lan.", TYPE_A), "NOERROR; ROUTER.lan. 60 A 192.0.2.1");
	ck_assert_str_eq(outcome("router.lan.", TYPE_AAAA), "NOERROR");
	ck_assert_str_eq(outcome("a.router.lan.", TYPE_A), "NOERROR; a.router.lan. 60 A 192.0.2.2");
	ck_assert_str_eq(outcome("b.router.lan.", TYPE_A), "RESOLVE");
	ck_assert_str_eq(outcome("lan.", TYPE_A), "RESOLVE");
	struct local_stats stats;
	local_stats(local, &stats);
	ck_assert_uint_eq(stats.zones, 1);
	ck_assert_uint_eq(stats.rrsets, 2);
}
END_TEST

START_TEST(a_set_has_all_its_records_once_and_the_shortest_ttl)
{
	add_data("www.example. 600 IN A 192.0.2.1");
	add_data("www.example. 60 A 192.0.2.2");
	add_data("WWW.example. 900 A 192.0.2.1");
	finish(false);
	ck_assert_str_eq(outcome("www.example.", TYPE_A),
			 "NOERROR; www.example. 60 A 192.0.2.1; www.example. 60 A 192.0.2.2");
}
END_TEST

START_TEST(any_is_answered_with_one_set)
{
	struct local_match match;
	struct answer answer;
	add_data("www.example. A 192.0.2.1");
	add_data("www.example. TXT \"x\"");
	finish(false);
	ask("www.example.", TYPE_ANY, &match, &answer);
	ck_assert_ptr_nonnull(answer.sections[SECTION_ANSWER]);
	ck_assert_ptr_null(answer.sections[SECTION_ANSWER]->next);
}
END_TEST

/* RFC 2308, section 5. */
START_TEST(negative_answers_carry_the_soa_for_as_long_as_they_may_be_kept)
{
	add_zone("example.", LOCAL_STATIC);
	add_data("example. 7200 SOA ns. host. 1 2 3 4 300");
	finish(false);
	ck_assert_str_eq(outcome("x.example.", TYPE_A),
			 "NXDOMAIN / example. 300 SOA ns. host. 1 2 3 4 300");
	ck_assert_str_eq(outcome("example.", TYPE_A),
			 "NOERROR / example. 300 SOA ns. host. 1 2 3 4 300");
	ck_assert_str_eq(outcome("example.", TYPE_SOA),
			 "NOERROR; example. 7200 SOA ns. host. 1 2 3 4 300");
}
END_TEST

/* A downstream cache that knows RFC 8020 would else deny the names beneath. */
START_TEST(a_name_above_an_inner_zone_exists)
{
	add_zone("example.", LOCAL_STATIC);
	add_zone("a.b.example.", LOCAL_TRANSPARENT);
	add_zone("c.d.example.", LOCAL_ALWAYS_NXDOMAIN);
	finish(false);
	ck_assert_str_eq(outcome("b.example.", TYPE_A), "NOERROR");
	ck_assert_str_eq(outcome("d.example.", TYPE_A), "NXDOMAIN");
	ck_assert_str_eq(outcome("x.a.b.example.", TYPE_A), "RESOLVE");
}
END_TEST

/* RFC 4035, section 2.4: below, a validator must see that the delegation is not signed. */
START_TEST(the_ds_of_a_zone_belongs_to_the_zone_above)
{
	add_zone("example.", LOCAL_STATIC);
	add_zone("sub.example.", LOCAL_REFUSE);
	finish(false);
	ck_assert_str_eq(outcome("example.", TYPE_DS), "RESOLVE");
	ck_assert_str_eq(outcome("x.example.", TYPE_DS), "NXDOMAIN");
	ck_assert_str_eq(outcome("x.sub.example.", TYPE_DS), "REFUSED");
	ck_assert_str_eq(outcome("sub.example.", TYPE_DS), "NXDOMAIN");
}
END_TEST

START_TEST(other_classes_are_not_local)
{
	struct question question = { .qname = name_of("www.example."),
				     .qtype = TYPE_A,
				     .qclass = CLASS_CH };
	struct local_match match;
	struct answer answer;
	add_data("www.example. A 192.0.2.1");
	finish(false);
	arena_init(&answer_arena, answer_block, sizeof answer_block);
	ck_assert_int_eq(local_answer(local, &question, NULL, &answer_arena, &match, &answer), 0);
	ck_assert_int_eq(match.verdict, LOCAL_IS_NOT);
}
END_TEST

/* ---- aliases -------------------------------------------------------------------------------------- */

START_TEST(a_cname_is_followed_in_local_data_and_left_to_the_resolver_beyond)
{
	add_data("a.example. 60 CNAME b.example.");
	add_data("b.example. 60 CNAME C.example.");
	add_data("c.example. 60 A 192.0.2.1");
	add_data("out.example. 60 CNAME www.elsewhere.");
	add_zone("gone.", LOCAL_STATIC);
	add_data("lost.example. 60 CNAME x.gone.");
	finish(false);
	ck_assert_str_eq(outcome("A.example.", TYPE_A),
			 "NOERROR; A.example. 60 CNAME b.example.; "
			 "b.example. 60 CNAME C.example.; C.example. 60 A 192.0.2.1");
	ck_assert_str_eq(outcome("a.example.", TYPE_CNAME),
			 "NOERROR; a.example. 60 CNAME b.example.");
	ck_assert_str_eq(outcome("a.example.", TYPE_ANY),
			 "NOERROR; a.example. 60 CNAME b.example.");
	ck_assert_str_eq(outcome("out.example.", TYPE_A),
			 "NOERROR; out.example. 60 CNAME www.elsewhere. -> www.elsewhere.");
	ck_assert_str_eq(outcome("lost.example.", TYPE_A),
			 "NXDOMAIN; lost.example. 60 CNAME x.gone.");
}
END_TEST

START_TEST(a_zone_can_be_redirected_to_another_name)
{
	add_zone("search.example.", LOCAL_REDIRECT);
	add_data("search.example. 60 CNAME safe.elsewhere.");
	finish(false);
	ck_assert_str_eq(
		outcome("www.search.example.", TYPE_AAAA),
		"NOERROR; www.search.example. 60 CNAME safe.elsewhere. -> safe.elsewhere.");
}
END_TEST

START_TEST(a_circle_of_aliases_ends)
{
	struct local_match match;
	struct answer answer;
	add_data("a.example. CNAME b.example.");
	add_data("b.example. CNAME a.example.");
	finish(false);
	ask("a.example.", TYPE_A, &match, &answer);
	ck_assert_int_eq(match.verdict, LOCAL_ANSWERS);
	ck_assert_int_eq(answer.rcode, RCODE_SERVFAIL);
	ck_assert_ptr_nonnull(answer.ede_text);
}
END_TEST

/* ---- reading the configuration -------------------------------------------------------------------- */

static const struct {
	const char *behaviour, *record;
	int err;
} bad_records[] = {
	{ "an empty text is no record", "", ERR_MALFORMED },
	{ "two records are one too many", "a. A 192.0.2.1\nb. A 192.0.2.1", ERR_MALFORMED },
	{ "an address must be one", "a. A 192.0.2", ERR_MALFORMED },
	{ "a type must be one", "a. BLA 192.0.2.1", ERR_MALFORMED },
	{ "only class IN", "version.bind. CH TXT x", ERR_UNSUPPORTED },
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
	for (int i = 0; i < COUNT(bad); i++) {
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

static Suite *
local_suite(void)
{
	Suite *suite = suite_create("local zones");
	TCase *tcase = tcase_create("behaviours");
	tcase_add_checked_fixture(tcase, setup, NULL);
	tcase_add_loop_test(tcase, each_type_does_what_its_name_says, 0, COUNT(types));
	tcase_add_test(tcase, each_type_has_a_name_and_unknown_ones_are_refused);
	tcase_add_test(tcase, the_inform_types_ask_to_be_logged);
	tcase_add_test(tcase, always_null_has_an_address_of_zeros_for_every_name);
	tcase_add_test(tcase, clients_are_told_that_the_operator_decided);
	tcase_add_test(tcase, the_nearest_zone_decides);
	tcase_add_test(tcase, the_root_can_be_a_zone);
	tcase_add_test(tcase, data_without_a_zone_are_given_and_the_rest_is_resolved);
	tcase_add_test(tcase, a_set_has_all_its_records_once_and_the_shortest_ttl);
	tcase_add_test(tcase, any_is_answered_with_one_set);
	tcase_add_test(tcase, negative_answers_carry_the_soa_for_as_long_as_they_may_be_kept);
	tcase_add_test(tcase, a_name_above_an_inner_zone_exists);
	tcase_add_test(tcase, the_ds_of_a_zone_belongs_to_the_zone_above);
	tcase_add_test(tcase, other_classes_are_not_local);
	tcase_add_test(tcase, a_cname_is_followed_in_local_data_and_left_to_the_resolver_beyond);
	tcase_add_test(tcase, a_zone_can_be_redirected_to_another_name);
	tcase_add_test(tcase, a_circle_of_aliases_ends);
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
	return suite;
}

int
main(void)
{
	SRunner *runner = srunner_create(local_suite());
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

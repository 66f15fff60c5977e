/* Local zones (unbound's types): what each does, which zone decides, aliases in them. */
#include "tests/resolver/policy/local_world.h"

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
	for (size_t i = 0; i < COUNT(blocks); i++)
		add_zone(blocks[i].zone, blocks[i].type);
	finish(false);
	for (size_t i = 0; i < COUNT(blocks); i++) {
		struct local_match match;
		struct answer answer;
		ask(blocks[i].zone, TYPE_A, &match, &answer);
		ck_assert_int_eq(answer.ede, blocks[i].ede);
		ck_assert(answer.authoritative);
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

static const struct {
	const char *behaviour, *qname;
	uint16_t qtype, qclass;
	enum local_verdict verdict;
	uint16_t rcode, answer_class; /* 0: no answer */
} classes[] = {
	{ "data of class IN are not of another", "www.example.", TYPE_A, CLASS_CH, LOCAL_IS_NOT, 0, 0 },
	{ "nor those of another of class IN", "ch.example.", TYPE_A, CLASS_IN, LOCAL_IS_NOT, 0, 0 },
	{ "each class has its own", "ch.example.", TYPE_A, CLASS_CH, LOCAL_ANSWERS, RCODE_NOERROR, CLASS_CH },
	{ "who asks for any class gets those of class ANY", "any.example.", TYPE_TXT, CLASS_ANY, LOCAL_ANSWERS,
	  RCODE_NOERROR, CLASS_ANY },
	{ "... and else of class IN", "www.example.", TYPE_A, CLASS_ANY, LOCAL_ANSWERS, RCODE_NOERROR, CLASS_IN },
	{ "... but not of class CH", "ch.example.", TYPE_A, CLASS_ANY, LOCAL_IS_NOT, 0, 0 },
	{ "a name that class IN refuses is refused for any", "x.refuse.", TYPE_A, CLASS_ANY, LOCAL_ANSWERS, RCODE_REFUSED, 0 },
	{ "what surrounds data is of the type that class IN has there", "x.data.refuse.", TYPE_A, CLASS_CH, LOCAL_ANSWERS,
	  RCODE_REFUSED, 0 },
	{ "null addresses are of the class that was asked", "x.data.null.", TYPE_A, CLASS_CH, LOCAL_ANSWERS, RCODE_NOERROR,
	  CLASS_CH },
};

START_TEST(each_class_has_its_data)
{
	struct question question = { .qname = name_of(classes[_i].qname), classes[_i].qtype, classes[_i].qclass };
	struct local_match match;
	struct answer answer;

	add_zone("refuse.", LOCAL_REFUSE);
	add_zone("null.", LOCAL_ALWAYS_NULL);
	add_data("www.example. A 192.0.2.1");
	add_data("ch.example. CH A 192.0.2.2");
	add_data("any.example. ANY TXT any");
	add_data("data.refuse. CH TXT refused");
	add_data("data.null. CH TXT null");
	finish(false);
	arena_init(&answer_arena, answer_block, sizeof answer_block);
	ck_assert_int_eq(local_answer(local, &question, NULL, &answer_arena, &match, &answer), 0);
	ck_assert_msg(match.verdict == classes[_i].verdict, "%s", classes[_i].behaviour);
	if (match.verdict == LOCAL_IS_NOT)
		return;
	const struct rrset *set = answer.sections[SECTION_ANSWER];
	ck_assert_msg(answer.rcode == classes[_i].rcode, "%s", classes[_i].behaviour);
	ck_assert_msg((set != NULL ? set->class : 0) == classes[_i].answer_class, "%s", classes[_i].behaviour);
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

START_TEST(an_alias_with_an_asterisk_leads_to_the_name_below_its_target)
{
	add_zone("synth.example.", LOCAL_REDIRECT);
	add_data("synth.example. 60 CNAME *.elsewhere.");
	add_data("plain.example. 60 CNAME *.elsewhere.");
	finish(false);
	ck_assert_str_eq(outcome("WWW.synth.example.", TYPE_A),
			 "NOERROR; WWW.synth.example. 60 CNAME WWW.synth.example.elsewhere. -> WWW.synth.example.elsewhere.");
	ck_assert_str_eq(outcome("synth.example.", TYPE_CNAME), "NOERROR; synth.example. 60 CNAME synth.example.elsewhere.");
	ck_assert_str_eq(outcome("plain.example.", TYPE_CNAME), "NOERROR; plain.example. 60 CNAME *.elsewhere.");
}
END_TEST

#define LABEL "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa."

START_TEST(an_alias_to_a_name_that_would_be_too_long_is_yxdomain)
{
	struct local_match match;
	struct answer answer;
	add_zone("example.", LOCAL_REDIRECT);
	add_data("example. 60 CNAME *." LABEL LABEL);
	finish(false);
	ck_assert_str_eq(ask(LABEL LABEL "example.", TYPE_A, &match, &answer), "YXDOMAIN");
	ck_assert_int_eq(match.verdict, LOCAL_ANSWERS);
	ck_assert(answer.authoritative);
	ck_assert_int_eq(answer.ede, EDE_OTHER);
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

int
main(void)
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
	tcase_add_loop_test(tcase, each_class_has_its_data, 0, COUNT(classes));
	tcase_add_test(tcase, a_cname_is_followed_in_local_data_and_left_to_the_resolver_beyond);
	tcase_add_test(tcase, a_zone_can_be_redirected_to_another_name);
	tcase_add_test(tcase, an_alias_with_an_asterisk_leads_to_the_name_below_its_target);
	tcase_add_test(tcase, an_alias_to_a_name_that_would_be_too_long_is_yxdomain);
	tcase_add_test(tcase, a_circle_of_aliases_ends);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}

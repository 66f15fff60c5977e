/* Servers that are old or broken: without EDNS, with letters folded, cut short, or confused by short names. */
#include "tests/resolver/iterate/servers.h"
#include "tests/suite.h"

/* ---- EDNS, letter case, truncation ---------------------------------------------------------------- */

static void
know_no_edns(struct world *world, struct world_server *server, const struct query *query,
	     struct world_reply *reply)
{
	(void)world;
	reply->no_edns = true;
	if (!query->edns.present)
		return;
	for (unsigned i = 0; i < SECTIONS; i++)
		reply->sections[i] = NULL;
	reply->flags = DNS_QR;
	reply->rcode = *(const uint16_t *)server->context;
	reply->no_question = server->asked % 2 != 0; /* some send a bare header */
}

static void
drop_edns(struct world *world, struct world_server *server, const struct query *query,
	  struct world_reply *reply)
{
	(void)world, (void)server;
	reply->no_edns = true;
	reply->silent = query->edns.present;
}

START_TEST(a_server_without_edns_is_asked_without_it_and_remembered_at_the_second_time)
{
	static const uint16_t rcodes[] = { RCODE_FORMERR, RCODE_NOTIMP };
	for (unsigned i = 0; i < COUNT(rcodes); i++) {
		struct servers s = servers_of(i);
		s.single->habit = know_no_edns;
		s.single->context = (void *)(uintptr_t)&rcodes[i];
		ck_assert_uint_eq(world_resolve(s.world, "www.single.", TYPE_A)->rcode,
				  RCODE_NOERROR);
		ck_assert_uint_eq(s.single->asked, 3); /* with a cookie, with EDNS alone, without */
		ck_assert_uint_eq(world_resolve(s.world, "ftp.single.", TYPE_A)->rcode,
				  RCODE_NOERROR);
		ck_assert_uint_eq(s.single->asked, 6); /* one exchange proves nothing */
		ck_assert_uint_eq(world_resolve(s.world, "mail.single.", TYPE_A)->rcode,
				  RCODE_NOERROR);
		ck_assert_uint_eq(s.single->asked, 7);
		ck_assert_uint_eq(servers_stats(&s).edns_fallbacks, 2);
		world_free(s.world);
	}
}
END_TEST

START_TEST(a_forged_formerr_does_not_switch_edns_off)
{
	static const uint16_t rcode = RCODE_FORMERR;
	struct servers s = servers_of(1);
	s.single->habit = know_no_edns;
	s.single->context = (void *)(uintptr_t)&rcode;
	world_resolve(s.world, "www.single.", TYPE_A);
	s.single->habit = NULL;
	world_resolve(s.world, "ftp.single.", TYPE_A);
	ck_assert(s.world->log[s.world->sent_count - 1].edns);
	world_resolve(s.world, "mail.single.", TYPE_A);
	ck_assert(s.world->log[s.world->sent_count - 1].edns);
	world_free(s.world);
}
END_TEST

START_TEST(a_box_that_swallows_edns_is_got_around)
{
	struct servers s = servers_of(1);
	s.single->habit = drop_edns;
	const struct world_result *result = world_resolve(s.world, "www.single.", TYPE_A);
	ck_assert_uint_eq(result->rcode, RCODE_NOERROR);
	ck_assert_uint_lt(result->took_us, 2000000);
	ck_assert_uint_eq(s.single->asked, 3);
	world_free(s.world);
}
END_TEST

/* The first two are lost, so the third is asked without EDNS, and its answer does not fit. */
static void
lose_two(struct world *world, struct world_server *server, const struct query *query,
	 struct world_reply *reply)
{
	(void)world;
	reply->silent = server->asked <= 2;
	if (!query->edns.present)
		reply->flags |= DNS_TC;
}

START_TEST(a_plain_answer_that_is_cut_is_asked_for_with_edns_again)
{
	struct servers s = servers_of(1);
	s.single->habit = lose_two;
	const struct world_result *result = world_resolve(s.world, "www.single.", TYPE_A);
	ck_assert_uint_eq(result->rcode, RCODE_NOERROR);
	ck_assert_uint_eq(s.single->asked, 4);
	ck_assert(s.world->log[s.world->sent_count - 1].edns);
	world_free(s.world);
}
END_TEST

/* Every other time it repeats another question, else none; context: over UDP alone. */
static void
repeat_no_question(struct world *world, struct world_server *server, const struct query *query, struct world_reply *reply)
{
	(void)world, (void)query;
	if (server->over_tcp && server->context != NULL)
		return;
	reply->no_question = server->asked % 2 != 0;
	reply->question.qtype = TYPE_MX;
}

START_TEST(a_server_that_does_not_repeat_the_question_is_asked_over_tcp_at_once)
{
	struct servers s = servers_of(1);
	s.single->habit = repeat_no_question;
	s.single->context = &s;
	const struct world_result *result = world_resolve(s.world, "www.single.", TYPE_A);
	ck_assert_uint_eq(result->rcode, RCODE_NOERROR);
	ck_assert_uint_lt(result->took_us, 100000);
	ck_assert_uint_eq(s.single->asked, 2);
	world_free(s.world);
}
END_TEST

START_TEST(a_server_that_does_not_repeat_the_question_over_tcp_either_is_no_help)
{
	struct servers s = servers_of(1);
	s.single->habit = repeat_no_question;
	const struct world_result *result = world_resolve(s.world, "www.single.", TYPE_A);
	ck_assert_uint_eq(result->rcode, RCODE_SERVFAIL);
	ck_assert_int_eq(result->ede, EDE_NO_REACHABLE_AUTHORITY);
	ck_assert_uint_lt(result->took_us, 100000);
	ck_assert_uint_eq(s.single->asked, 2);
	world_free(s.world);
}
END_TEST

static void
fold_case(struct world *world, struct world_server *server, const struct query *query,
	  struct world_reply *reply)
{
	(void)world, (void)server, (void)query;
	name_lower(&reply->question.qname, &reply->question.qname);
}

START_TEST(a_server_that_folds_the_letter_case_is_believed_at_the_third_try)
{
	struct servers s = servers_of(1);
	s.single->habit = fold_case;
	const struct world_result *result = world_resolve(s.world, "www.single.", TYPE_A);
	ck_assert_uint_eq(result->rcode, RCODE_NOERROR);
	ck_assert_uint_lt(result->took_us, 60000);
	ck_assert_uint_eq(s.single->asked, 3);
	ck_assert_uint_eq(servers_stats(&s).caps_fallbacks, 1);
	world_resolve(s.world, "ftp.single.", TYPE_A);
	ck_assert_uint_eq(s.single->asked, 6); /* held against it from the second exchange on */
	world_resolve(s.world, "mail.single.", TYPE_A);
	ck_assert_uint_eq(s.single->asked, 7);
	world_free(s.world);
}
END_TEST

START_TEST(mixed_letters_stay_between_us_and_the_server)
{
	struct servers s = servers_of(1);
	char text[NAME_TEXT_BYTES];
	const struct world_result *result = world_resolve(s.world, "WWW.single.", TYPE_A);
	name_to_text(result->sections[SECTION_ANSWER]->owner, text, sizeof text);
	ck_assert_str_eq(text, "WWW.single.");
	result = world_resolve(s.world, "nothing.single.", TYPE_A);
	name_to_text(result->sections[SECTION_AUTHORITY]->owner, text, sizeof text);
	ck_assert_str_eq(text, "single.");
	world_free(s.world);
}
END_TEST

static void
truncate(struct world *world, struct world_server *server, const struct query *query,
	 struct world_reply *reply)
{
	(void)world, (void)query;
	if (server->over_tcp)
		return;
	reply->flags |= DNS_TC;
	reply->sections[SECTION_ANSWER] = NULL;
}

START_TEST(a_truncated_answer_is_asked_for_over_tcp)
{
	struct servers s = servers_of(1);
	s.single->habit = truncate;
	const struct world_result *result = world_resolve(s.world, "www.single.", TYPE_A);
	ck_assert_uint_eq(result->rcode, RCODE_NOERROR);
	ck_assert_uint_eq(world_count(result, SECTION_ANSWER), 1);
	ck_assert_uint_eq(servers_stats(&s).truncated, 1);
	ck_assert(s.world->log[s.world->sent_count - 1].tcp);
	ck_assert(!s.world->log[s.world->sent_count - 2].tcp);
	world_free(s.world);
}
END_TEST

static void
truncate_always(struct world *world, struct world_server *server, const struct query *query,
		struct world_reply *reply)
{
	(void)world, (void)server, (void)query;
	reply->flags |= DNS_TC;
	reply->sections[SECTION_ANSWER] = NULL;
}

START_TEST(what_is_truncated_even_over_tcp_fails)
{
	struct servers s = servers_of(1);
	s.single->habit = truncate_always;
	const struct world_result *result = world_resolve(s.world, "www.single.", TYPE_A);
	ck_assert_uint_eq(result->rcode, RCODE_SERVFAIL);
	ck_assert_str_eq(result->ede_text, "a truncated answer from 203.0.113.4 for single.");
	world_free(s.world);
}
END_TEST

/* Hears nothing but TCP. */
static void
ignore_datagrams(struct world *world, struct world_server *server, const struct query *query,
		 struct world_reply *reply)
{
	(void)world, (void)query;
	reply->silent = !server->over_tcp;
}

START_TEST(a_server_that_answers_over_tcp_alone_is_found_out)
{
	struct servers s = servers_of(1);
	s.single->habit = ignore_datagrams;
	ck_assert_uint_eq(world_resolve(s.world, "www.single.", TYPE_A)->rcode, RCODE_NOERROR);
	world_free(s.world);
}
END_TEST

/* ---- minimisation --------------------------------------------------------------------------------- */

static void
deny_what_has_no_records(struct world *world, struct world_server *server,
			 const struct query *query, struct world_reply *reply)
{
	(void)world, (void)server, (void)query;
	if (reply->sections[SECTION_ANSWER] == NULL)
		reply->rcode = RCODE_NXDOMAIN;
}

static void
refuse_short_names(struct world *world, struct world_server *server, const struct query *query,
		   struct world_reply *reply)
{
	(void)world, (void)server;
	if (name_labels(&query->question.qname) == 3)
		return;
	for (unsigned i = 0; i < SECTIONS; i++)
		reply->sections[i] = NULL;
	reply->rcode = RCODE_REFUSED;
}

static const char zone_text[] = "zone.single. 600 SOA mname. rname. 1 2 3 4 300\n"
				"www.ent.zone.single. 300 A 192.0.2.80\n";
static const struct world_zone zone = { "zone.single.", zone_text };
static const char parent_text[] = "single. 600 SOA mname. rname. 1 2 3 4 300\n"
				  "zone.single. 3600 NS ns.zone.single.\n"
				  "ns.zone.single. 3600 A 203.0.113.6\n";
static const struct world_zone parent = { "single.", parent_text };

START_TEST(a_server_that_denies_empty_nonterminals_is_asked_for_the_whole_name)
{
	struct servers s = servers_of(1);
	struct world_server *child = world_server(s.world, "203.0.113.6", &zone);
	world_serve_instead(s.single, &parent);
	child->habit = deny_what_has_no_records;
	const struct world_result *result = world_resolve(s.world, "www.ent.zone.single.", TYPE_A);
	ck_assert_uint_eq(result->rcode, RCODE_NOERROR);
	ck_assert_uint_eq(world_count(result, SECTION_ANSWER), 1);
	ck_assert_uint_eq(world_asked(s.world, "ent.zone.single.", TYPE_A), 1);
	world_free(s.world);
}
END_TEST

START_TEST(a_server_that_refuses_short_names_is_asked_for_the_whole_name)
{
	struct servers s = servers_of(1);
	s.single->habit = refuse_short_names;
	const struct world_result *result = world_resolve(s.world, "deep.sub.single.", TYPE_AAAA);
	ck_assert_uint_eq(result->rcode, RCODE_NOERROR);
	ck_assert_uint_eq(world_count(result, SECTION_ANSWER), 1);
	ck_assert_uint_eq(s.single->asked, 2);
	world_free(s.world);
}
END_TEST

START_TEST(a_registry_that_denies_a_name_denies_all_below_it)
{
	struct servers s = servers_of(1);
	const struct world_result *result = world_resolve(s.world, "www.nothing.single.", TYPE_A);
	ck_assert_uint_eq(result->rcode, RCODE_NXDOMAIN);
	ck_assert_uint_eq(world_asked(s.world, "nothing.single.", TYPE_A), 1);
	ck_assert_uint_eq(world_asked(s.world, "www.nothing.single.", 0), 0);
	ck_assert_ptr_nonnull(world_cached(s.world, "www.nothing.single.", TYPE_A));
	world_free(s.world);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("iterate: quirks");
	TCase *tcase = tcase_create("quirks");
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase,
		       a_server_without_edns_is_asked_without_it_and_remembered_at_the_second_time);
	tcase_add_test(tcase, a_forged_formerr_does_not_switch_edns_off);
	tcase_add_test(tcase, a_box_that_swallows_edns_is_got_around);
	tcase_add_test(tcase, a_plain_answer_that_is_cut_is_asked_for_with_edns_again);
	tcase_add_test(tcase, a_server_that_does_not_repeat_the_question_is_asked_over_tcp_at_once);
	tcase_add_test(tcase, a_server_that_does_not_repeat_the_question_over_tcp_either_is_no_help);
	tcase_add_test(tcase, a_server_that_folds_the_letter_case_is_believed_at_the_third_try);
	tcase_add_test(tcase, mixed_letters_stay_between_us_and_the_server);
	tcase_add_test(tcase, a_truncated_answer_is_asked_for_over_tcp);
	tcase_add_test(tcase, what_is_truncated_even_over_tcp_fails);
	tcase_add_test(tcase, a_server_that_answers_over_tcp_alone_is_found_out);
	tcase_add_test(tcase, a_server_that_denies_empty_nonterminals_is_asked_for_the_whole_name);
	tcase_add_test(tcase, a_server_that_refuses_short_names_is_asked_for_the_whole_name);
	tcase_add_test(tcase, a_registry_that_denies_a_name_denies_all_below_it);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}

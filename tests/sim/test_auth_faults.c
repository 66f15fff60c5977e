/* The simulated name server: ways to be wrong, and zones. */
#include "tests/sim/auth_world.h"

/* ---- faults --------------------------------------------------------------------------------------- */

static bool
ask_with(uint32_t faults, const char *qname, unsigned how)
{
	auth.faults = faults;
	return ask(qname, "A", how);
}

START_TEST(lame_servers_say_so_in_many_ways)
{
	ck_assert(!ask_with(AUTH_DEAD, "www.example.", PLAIN));
	ck_assert(ask_with(AUTH_REFUSES, "www.example.", PLAIN));
	ck_assert_uint_eq(message.rcode, RCODE_REFUSED);
	ck_assert(ask_with(AUTH_SERVFAILS, "www.example.", PLAIN));
	ck_assert_uint_eq(message.rcode, RCODE_SERVFAIL);
	ck_assert(ask_with(AUTH_REFERS_UPWARD, "www.example.", PLAIN));
	ck_assert(has_line(". NS a.root-servers.net."));
	ck_assert_uint_eq(message.flags & DNS_AA, 0);
	ck_assert(ask_with(AUTH_REFERS_TO_SELF, "www.example.", PLAIN));
	ck_assert(has_line("example. NS ns1.example."));
	ck_assert_uint_eq(message.flags & DNS_AA, 0);
	ck_assert_ptr_null(message.sections[SECTION_ANSWER]);
	ck_assert(ask_with(AUTH_NOT_AUTHORITATIVE, "www.example.", PLAIN));
	ck_assert_uint_eq(message.flags & DNS_AA, 0);
	ck_assert(has_line("www.example. A 192.0.2.3"));
	ck_assert(ask_with(0, "www.example.", PLAIN)); /* and all is well again */
	ck_assert_uint_eq(message.flags & DNS_AA, DNS_AA);
}
END_TEST

START_TEST(edns_breaks_in_many_ways)
{
	ck_assert(ask_with(AUTH_DROPS_EDNS, "www.example.", PLAIN));
	ck_assert(!ask_with(AUTH_DROPS_EDNS, "www.example.", EDNS));
	ck_assert(ask_with(AUTH_FORMERRS_EDNS, "www.example.", PLAIN));
	ck_assert_uint_eq(message.rcode, RCODE_NOERROR);
	ck_assert(ask_with(AUTH_FORMERRS_EDNS, "www.example.", EDNS));
	ck_assert_uint_eq(message.rcode, RCODE_FORMERR);
	ck_assert(!message.edns.present);
	ck_assert(ask_with(AUTH_IGNORES_EDNS, "www.example.", DNSSEC));
	ck_assert(!message.edns.present);
	ck_assert_uint_eq(message.sections[SECTION_ANSWER]->sig_count, 0);
	ck_assert(ask_with(0, "www.example.", EDNS));
	ck_assert(message.edns.present);
}
END_TEST

START_TEST(the_question_may_come_back_changed)
{
	struct name as_asked, lower, other;
	ck_assert_int_eq(name_from_text(&as_asked, "wWw.eXample.", NULL), 0);
	ck_assert_int_eq(name_from_text(&lower, "www.example.", NULL), 0);
	ck_assert_int_eq(name_from_text(&other, "another.name.", NULL), 0);
	ck_assert(ask_with(0, "wWw.eXample.", PLAIN));
	ck_assert(name_equal_exact(&message.question.qname, &as_asked));
	ck_assert_uint_eq(message.id, 77);
	ck_assert(ask_with(AUTH_LOWERCASES, "wWw.eXample.", PLAIN));
	ck_assert(name_equal_exact(&message.question.qname, &lower));
	ck_assert(ask_with(AUTH_WRONG_QUESTION, "wWw.eXample.", PLAIN));
	ck_assert(name_equal_exact(&message.question.qname, &other));
	ck_assert(ask_with(AUTH_WRONG_ID, "wWw.eXample.", PLAIN));
	ck_assert_uint_ne(message.id, 77);
}
END_TEST

START_TEST(poison_is_added_to_everything)
{
	ck_assert_int_eq(
		auth_poison(&auth, "bank.test. NS ns.evil.test.\nns.evil.test. A 203.0.113.66\n"),
		0);
	ck_assert(ask_with(AUTH_POISONS, "www.example.", PLAIN));
	ck_assert(has_line("www.example. A 192.0.2.3"));
	ck_assert(has_line("bank.test. NS ns.evil.test."));
	ck_assert(has_line("ns.evil.test. A 203.0.113.66"));
	ck_assert(ask_with(0, "www.example.", PLAIN));
	ck_assert(!has_line("bank.test. NS"));
	ck_assert(ask_with(0, "bank.test.", PLAIN)); /* and is no zone of the server's */
	ck_assert_uint_eq(message.rcode, RCODE_REFUSED);
}
END_TEST

START_TEST(truncation_never_ends_over_udp)
{
	ck_assert(ask_with(AUTH_TRUNCATES, "www.example.", EDNS));
	ck_assert_uint_eq(message.flags & DNS_TC, DNS_TC);
	ck_assert_ptr_null(message.sections[SECTION_ANSWER]);
	ck_assert(ask_with(AUTH_TRUNCATES, "www.example.", TCP));
	ck_assert_uint_eq(message.flags & DNS_TC, 0);
	ck_assert_ptr_nonnull(message.sections[SECTION_ANSWER]);
}
END_TEST

START_TEST(empty_non_terminals_may_be_denied)
{
	ck_assert(ask_with(AUTH_NXDOMAIN_AT_ENT, "ent.example.", PLAIN));
	ck_assert_uint_eq(message.rcode, RCODE_NXDOMAIN);
	ck_assert(ask_with(AUTH_NXDOMAIN_AT_ENT, "mail.example.", PLAIN));
	ck_assert_uint_eq(message.rcode, RCODE_NOERROR);
}
END_TEST

START_TEST(aliases_may_never_end)
{
	ck_assert(ask_with(AUTH_CNAME_LOOP, "www.example.", PLAIN));
	ck_assert(has_line("www.example. CNAME loop-a.example."));
	ck_assert(ask_with(AUTH_CNAME_LOOP, "loop-a.example.", PLAIN));
	ck_assert(has_line("loop-a.example. CNAME loop-b.example."));
	ck_assert(ask_with(AUTH_CNAME_LOOP, "loop-b.example.", PLAIN));
	ck_assert(has_line("loop-b.example. CNAME loop-a.example."));
}
END_TEST

START_TEST(the_ns_set_may_come_with_every_answer)
{
	ck_assert(ask_with(AUTH_ADDS_NS, "www.example.", PLAIN));
	ck_assert(has_line("example. NS ns1.example."));
	ck_assert(has_line("ns1.example. A 192.0.2.1"));
	ck_assert_uint_eq(message.flags & DNS_AA, DNS_AA);
}
END_TEST

/* ---- zones ---------------------------------------------------------------------------------------- */

START_TEST(the_questions_asked_are_remembered)
{
	ck_assert(ask("www.example.", "A", EDNS));
	ck_assert(ask("www.example.", "AAAA", TCP));
	ck_assert_uint_eq(auth.query_count, 2);
	ck_assert(auth.asked[0].edns && !auth.asked[0].tcp &&
		  auth.asked[0].question.qtype == TYPE_A);
	ck_assert(!auth.asked[1].edns && auth.asked[1].tcp &&
		  auth.asked[1].question.qtype == TYPE_AAAA);
}
END_TEST

START_TEST(parent_and_child_may_live_on_one_server)
{
	ck_assert_int_eq(
		auth_load(&auth, "sub.example.",
			  "@ SOA ns h 1 2 3 4 5\n@ NS ns\nns A 192.0.2.6\nwww A 192.0.2.7\n"),
		0);
	ck_assert(ask("www.sub.example.", "A", PLAIN));
	ck_assert(has_line("www.sub.example. A 192.0.2.7"));
	ck_assert_uint_eq(message.flags & DNS_AA, DNS_AA);
	ck_assert(ask("sub.example.", "DS", PLAIN)); /* asked of the parent all the same */
	ck_assert(has_line("sub.example. DS 1 13 2"));
}
END_TEST

START_TEST(zones_in_error_are_refused)
{
	ck_assert_int_eq(auth_load(&auth, "example.", other_zone), ERR_EXISTS);
	ck_assert_int_eq(
		auth_load(&auth, "a.test.", "@ SOA a b 1 2 3 4 5\nother.test. A 1.2.3.4\n"),
		ERR_MALFORMED);
	ck_assert_uint_eq(auth.line, 2);
	ck_assert_int_eq(auth_load(&auth, "b.test.", "@ NS ns\n"), ERR_MALFORMED);
	ck_assert_int_eq(auth_load(&auth, "c.test.", "@ A 1.2.3\n"), ERR_MALFORMED);
	ck_assert_uint_eq(auth.line, 1);
	ck_assert_ptr_nonnull(auth.why);
	int err = 0;
	for (unsigned i = 0; i < 100000 && err == 0; i++) {
		char apex[32];
		snprintf(apex, sizeof apex, "z%u.test.", i);
		err = auth_load(&auth, apex, other_zone);
	}
	ck_assert_int_eq(err, ERR_NO_MEMORY);
	ck_assert(ask("www.example.", "A", PLAIN));
	ck_assert(has_line("www.example. A 192.0.2.3"));
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("auth: faults");
	TCase *tcase = tcase_create("faults");
	tcase_add_checked_fixture(tcase, setup, NULL);
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, lame_servers_say_so_in_many_ways);
	tcase_add_test(tcase, edns_breaks_in_many_ways);
	tcase_add_test(tcase, the_question_may_come_back_changed);
	tcase_add_test(tcase, poison_is_added_to_everything);
	tcase_add_test(tcase, truncation_never_ends_over_udp);
	tcase_add_test(tcase, empty_non_terminals_may_be_denied);
	tcase_add_test(tcase, aliases_may_never_end);
	tcase_add_test(tcase, the_ns_set_may_come_with_every_answer);
	tcase_add_test(tcase, the_questions_asked_are_remembered);
	tcase_add_test(tcase, parent_and_child_may_live_on_one_server);
	tcase_add_test(tcase, zones_in_error_are_refused);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}

/* Replies as octets: the header, sizes, what goes out (resolver/serve/respond.h). */
#include "tests/resolver/serve/responding.h"

/* ---- the header -------------------------------------------------------------------------------- */

static const struct {
	const char *behaviour;
	uint16_t query_flags;
	bool dnssec_ok, recursion_available;
	struct answer answer;
	uint16_t flags;
} headers[] = {
	{ "RD is given back", DNS_RD, false, true, { 0 }, DNS_QR | DNS_RD | DNS_RA },
	{ "RA tells that this client may have recursion", 0, false, true, { 0 }, DNS_QR | DNS_RA },
	{ "and its absence that it may not", DNS_RD, false, false, { 0 }, DNS_QR | DNS_RD },
	{ "CD is given back", DNS_CD, false, true, { 0 }, DNS_QR | DNS_RA | DNS_CD },
	{ "AA and Z of the query are not", DNS_AA | 0x40, false, true, { 0 }, DNS_QR | DNS_RA },
	{ "local data are authoritative",
	  DNS_RD,
	  false,
	  true,
	  { .authoritative = true },
	  DNS_QR | DNS_AA | DNS_RD | DNS_RA },
	{ "AD for secure data to who sets DO",
	  DNS_RD,
	  true,
	  true,
	  { .security = SECURITY_SECURE },
	  DNS_QR | DNS_RD | DNS_RA | DNS_AD },
	{ "AD for secure data to who sets AD (RFC 6840, section 5.7)",
	  DNS_RD | DNS_AD,
	  false,
	  true,
	  { .security = SECURITY_SECURE },
	  DNS_QR | DNS_RD | DNS_RA | DNS_AD },
	{ "no AD for who shows no sign of knowing it",
	  DNS_RD,
	  false,
	  true,
	  { .security = SECURITY_SECURE },
	  DNS_QR | DNS_RD | DNS_RA },
	{ "no AD for insecure data",
	  DNS_RD | DNS_AD,
	  true,
	  true,
	  { .security = SECURITY_INSECURE },
	  DNS_QR | DNS_RD | DNS_RA },
	{ "no AD beside CD",
	  DNS_RD | DNS_CD,
	  true,
	  true,
	  { .security = SECURITY_SECURE },
	  DNS_QR | DNS_RD | DNS_RA | DNS_CD },
	{ "the opcode is given back", 0x2000, false, false, { 0 }, DNS_QR | 0x2000 },
};

START_TEST(the_header_says_what_holds_for_this_client)
{
	struct reply_form form = form_of(headers[_i].query_flags);
	struct question question = question_of("example.", TYPE_A);
	struct answer answer = headers[_i].answer;
	answer.ede = EDE_NONE;
	form.dnssec_ok = headers[_i].dnssec_ok;
	form.recursion_available = headers[_i].recursion_available;
	respond_and_read(&plain, &form, &question, &answer, NULL);
	ck_assert_uint_eq(message.id, 0x1234);
	ck_assert_msg(message.flags == headers[_i].flags, "%s: %04x", headers[_i].behaviour,
		      message.flags);
}
END_TEST

START_TEST(the_question_keeps_the_client_s_letter_case)
{
	struct reply_form form = form_of(DNS_RD);
	struct question question = question_of("wWw.ExAmPlE.", TYPE_A);
	struct answer answer = { .ede = EDE_NONE };
	add_set(&answer.sections[SECTION_ANSWER], "www.example.", TYPE_A, 1, 4, 0);
	respond_and_read(&plain, &form, &question, &answer, NULL);
	ck_assert(name_equal_exact(&message.question.qname, &question.qname));
	ck_assert(name_equal_exact(message.sections[SECTION_ANSWER]->owner, &question.qname));
}
END_TEST

START_TEST(an_unreadable_question_is_not_given_back)
{
	struct reply_form form = form_of(DNS_RD);
	struct answer answer;
	form.has_edns = false;
	answer_rcode(&answer, RCODE_FORMERR, EDE_NONE, NULL);
	ck_assert_int_eq(respond_and_read(&plain, &form, NULL, &answer, NULL),
			 MESSAGE_HEADER_BYTES);
	ck_assert_uint_eq(message.question_count, 0);
	ck_assert_uint_eq(message.rcode, RCODE_FORMERR);
}
END_TEST

/* ---- size ------------------------------------------------------------------------------------------- */

static const struct {
	const char *behaviour;
	uint16_t client_bytes, bytes_max;
	bool has_edns, is_stream;
	unsigned rr_count; /* of 16 octets and 12 around each; 12 + 13 around all */
	bool is_truncated;
} sizes[] = {
	{ "what fits 512 octets goes without EDNS", 512, 1232, false, false, 17, false },
	{ "one more does not", 512, 1232, false, false, 18, true },
	{ "with EDNS the client's size counts", 1232, 1232, true, false, 42, false },
	{ "and the OPT's octets too", 1232, 1232, true, false, 43, true },
	{ "a client that takes more gets no more than max-udp-size", 4096, 1232, true, false, 43,
	  true },
	{ "unless max-udp-size is larger", 4096, 4096, true, false, 140, false },
	{ "a client that takes less gets less", 700, 1232, true, false, 24, true },
	{ "a stream takes all", 512, 1232, false, true, 256, false },
};

START_TEST(an_answer_that_does_not_fit_is_truncated_and_empty)
{
	struct respond_config config = { .udp_bytes_max = sizes[_i].bytes_max };
	struct reply_form form = form_of(DNS_RD);
	struct question question = question_of("example.", TYPE_AAAA);
	struct answer answer = { .ede = EDE_NONE };
	bool is_truncated;
	form.has_edns = sizes[_i].has_edns;
	form.udp_bytes = sizes[_i].client_bytes;
	form.is_stream = sizes[_i].is_stream;
	add_set(&answer.sections[SECTION_ANSWER], "example.", TYPE_AAAA, sizes[_i].rr_count, 16, 0);
	int size = respond_and_read(&config, &form, &question, &answer, &is_truncated);
	ck_assert_msg(is_truncated == sizes[_i].is_truncated, "%s: %d octets", sizes[_i].behaviour,
		      size);
	ck_assert(((message.flags & DNS_TC) != 0) == is_truncated);
	ck_assert_uint_eq(message.rrset_counts[SECTION_ANSWER], !is_truncated);
	ck_assert(form.is_stream || size <= form.udp_bytes);
	ck_assert(message.edns.present == form.has_edns);
	if (!is_truncated)
		ck_assert_uint_eq(message.sections[SECTION_ANSWER]->rr_count, sizes[_i].rr_count);
}
END_TEST

START_TEST(an_absence_without_its_soa_is_truncated)
{
	struct reply_form form = form_of(DNS_RD);
	struct question question = question_of("no.example.", TYPE_A);
	struct answer answer = { .rcode = RCODE_NXDOMAIN, .ede = EDE_NONE };
	form.dnssec_ok = true;
	form.udp_bytes = 512;
	add_set(&answer.sections[SECTION_AUTHORITY], "example.", TYPE_NSEC, 1, 32, 2);
	answer.sections[SECTION_AUTHORITY]->rr_count =
		0; /* signatures alone keep the sizes simple */
	answer.sections[SECTION_AUTHORITY]->sig_count = 2;
	add_set(&answer.sections[SECTION_AUTHORITY], "example.", 65280, 3, 180, 0);
	bool is_truncated;
	respond_and_read(&plain, &form, &question, &answer, &is_truncated);
	ck_assert(is_truncated);
	ck_assert_uint_eq(message.rcode, RCODE_NXDOMAIN);
	ck_assert_uint_eq(message.rrset_counts[SECTION_AUTHORITY], 0);
}
END_TEST

START_TEST(additional_records_are_left_out_without_a_word)
{
	struct respond_config config = { .minimal_responses = false, .udp_bytes_max = 512 };
	struct reply_form form = form_of(DNS_RD);
	struct question question = question_of("example.", TYPE_A);
	struct answer answer = { .ede = EDE_NONE };
	bool is_truncated;
	add_set(&answer.sections[SECTION_ANSWER], "example.", TYPE_A, 20, 4, 0);
	add_set(&answer.sections[SECTION_ADDITIONAL], "ns.example.", TYPE_A, 1, 4, 0);
	add_set(&answer.sections[SECTION_ADDITIONAL], "ns.example.", TYPE_AAAA, 20, 16, 0);
	respond_and_read(&config, &form, &question, &answer, &is_truncated);
	ck_assert(!is_truncated && (message.flags & DNS_TC) == 0);
	ck_assert_uint_eq(count_type(SECTION_ADDITIONAL, TYPE_AAAA), 0);
	ck_assert_uint_eq(count_type(SECTION_ADDITIONAL, TYPE_A), 1);
}
END_TEST

/* ---- what goes out ------------------------------------------------------------------------------------ */

START_TEST(original_ttls_are_given_where_there_are_any)
{
	struct respond_config config = { .serve_original_ttl = true, .udp_bytes_max = 1232 };
	struct reply_form form = form_of(DNS_RD);
	struct question question = question_of("example.", TYPE_A);
	struct answer answer = { .ede = EDE_NONE };

	add_set(&answer.sections[SECTION_ANSWER], "example.", TYPE_A, 1, 4, 0);
	struct rrset *set = answer.sections[SECTION_ANSWER];
	set->ttl_s = 7;
	respond_and_read(&config, &form, &question, &answer, NULL);
	ck_assert_uint_eq(message.sections[SECTION_ANSWER]->ttl_s, 7); /* it came just now */
	set->original_ttl_s = 60;
	respond_and_read(&config, &form, &question, &answer, NULL);
	ck_assert_uint_eq(message.sections[SECTION_ANSWER]->ttl_s, 60);
	config.serve_original_ttl = false;
	respond_and_read(&config, &form, &question, &answer, NULL);
	ck_assert_uint_eq(message.sections[SECTION_ANSWER]->ttl_s, 7);
}
END_TEST

START_TEST(minimal_responses_keep_what_the_answer_needs)
{
	struct respond_config config = plain;
	struct reply_form form = form_of(DNS_RD);
	struct question question = question_of("example.", TYPE_A);
	struct answer answer = { .ede = EDE_NONE };
	add_set(&answer.sections[SECTION_ANSWER], "example.", TYPE_A, 1, 4, 0);
	add_set(&answer.sections[SECTION_AUTHORITY], "example.", TYPE_NS, 1, 1, 0);
	add_set(&answer.sections[SECTION_ADDITIONAL], "ns.example.", TYPE_A, 1, 4, 0);
	respond_and_read(&config, &form, &question, &answer, NULL);
	ck_assert_uint_eq(message.rrset_counts[SECTION_AUTHORITY], 0);
	ck_assert_uint_eq(message.rrset_counts[SECTION_ADDITIONAL], 0);
	config.minimal_responses = false;
	respond_and_read(&config, &form, &question, &answer, NULL);
	ck_assert_uint_eq(count_type(SECTION_AUTHORITY, TYPE_NS), 1);
	ck_assert_uint_eq(count_type(SECTION_ADDITIONAL, TYPE_A), 1);
}
END_TEST

/* Who asks for a zone's servers wants to reach them (RFC 8109, section 4). */
/* RFC 4035, section 3.1.3.3: that of what a wildcard has made. */
START_TEST(minimal_responses_give_the_section_of_a_proof_whole_to_who_sets_do)
{
	struct reply_form form = form_of(DNS_RD);
	struct question question = question_of("www.example.", TYPE_A);
	struct answer answer = { .ede = EDE_NONE };

	add_set(&answer.sections[SECTION_ANSWER], "www.example.", TYPE_A, 1, 4, 0);
	add_set(&answer.sections[SECTION_AUTHORITY], "ns.example.", TYPE_NSEC, 1, 1, 0);
	add_set(&answer.sections[SECTION_AUTHORITY], "example.", TYPE_NS, 1, 1, 0);
	add_set(&answer.sections[SECTION_ADDITIONAL], "ns.example.", TYPE_A, 1, 4, 0);
	form.dnssec_ok = _i != 0;
	respond_and_read(&plain, &form, &question, &answer, NULL);
	ck_assert_uint_eq(message.rrset_counts[SECTION_AUTHORITY], _i != 0 ? 2 : 0);
	ck_assert_uint_eq(message.rrset_counts[SECTION_ADDITIONAL], _i != 0 ? 1 : 0);
}
END_TEST

/* RFC 2181, section 9. */
START_TEST(for_want_of_room_for_the_servers_of_the_zone_nothing_is_truncated)
{
	const struct respond_config config = { .minimal_responses = false, .udp_bytes_max = 512 };
	struct reply_form form = form_of(DNS_RD);
	struct question question = question_of("www.example.", TYPE_TXT);
	struct answer answer = { .ede = EDE_NONE };
	bool is_truncated;

	add_set(&answer.sections[SECTION_ANSWER], "www.example.", TYPE_TXT, 1, 455, 0);
	add_set(&answer.sections[SECTION_AUTHORITY], "example.", TYPE_NS, 1, 1, 0);
	respond_and_read(&config, &form, &question, &answer, &is_truncated);
	ck_assert(!is_truncated && (message.flags & DNS_TC) == 0);
	ck_assert_uint_eq(message.rrset_counts[SECTION_ANSWER], 1);
	ck_assert_uint_eq(message.rrset_counts[SECTION_AUTHORITY], 0);
}
END_TEST

START_TEST(minimal_responses_give_servers_with_their_addresses)
{
	struct reply_form form = form_of(DNS_RD);
	struct question question = question_of("example.", TYPE_NS);
	struct answer answer = { .ede = EDE_NONE };
	add_set(&answer.sections[SECTION_ANSWER], "example.", TYPE_NS, 1, 1, 0);
	add_set(&answer.sections[SECTION_ADDITIONAL], "ns.example.", TYPE_A, 1, 4, 0);
	respond_and_read(&plain, &form, &question, &answer, NULL);
	ck_assert_uint_eq(count_type(SECTION_ADDITIONAL, TYPE_A), 1);
}
END_TEST

START_TEST(minimal_responses_to_any_keep_what_goes_with_it)
{
	struct reply_form form = form_of(DNS_RD);
	struct question question = question_of("example.", TYPE_ANY);
	struct answer answer = { .ede = EDE_NONE };
	add_set(&answer.sections[SECTION_ANSWER], "example.", TYPE_A, 1, 4, 0);
	add_set(&answer.sections[SECTION_ADDITIONAL], "mail.example.", TYPE_A, 1, 4, 0);
	respond_and_read(&plain, &form, &question, &answer, NULL);
	ck_assert_uint_eq(count_type(SECTION_ADDITIONAL, TYPE_A), 1);
}
END_TEST

/* Two sets whose data fit, but not all of their signatures. */
START_TEST(signatures_of_additional_records_go_before_their_data)
{
	struct respond_config config = { .minimal_responses = false, .udp_bytes_max = 512 };
	struct reply_form form = form_of(DNS_RD);
	struct question question = question_of("example.", TYPE_A);
	struct answer answer = { .ede = EDE_NONE };

	form.has_edns = form.dnssec_ok = true;
	form.udp_bytes = 512;
	add_set(&answer.sections[SECTION_ANSWER], "example.", TYPE_A, 1, 4, 0);
	add_set(&answer.sections[SECTION_ADDITIONAL], "ns.example.", 65280, 3, 40, 2);
	add_set(&answer.sections[SECTION_ADDITIONAL], "ns.example.", 65281, 3, 40, 2);
	respond_and_read(&config, &form, &question, &answer, NULL);
	ck_assert_uint_eq(count_type(SECTION_ADDITIONAL, 65280), 1);
	ck_assert_uint_eq(count_type(SECTION_ADDITIONAL, 65281), 1);
}
END_TEST

START_TEST(a_referral_keeps_its_servers)
{
	struct reply_form form = form_of(0);
	struct question question = question_of("www.example.", TYPE_A);
	struct answer answer = { .ede = EDE_NONE };
	add_set(&answer.sections[SECTION_AUTHORITY], "example.", TYPE_NS, 1, 1, 0);
	add_set(&answer.sections[SECTION_ADDITIONAL], "ns.example.", TYPE_A, 1, 4, 0);
	respond_and_read(&plain, &form, &question, &answer, NULL);
	ck_assert_uint_eq(count_type(SECTION_AUTHORITY, TYPE_NS), 1);
	ck_assert_uint_eq(count_type(SECTION_ADDITIONAL, TYPE_A), 1);
}
END_TEST

START_TEST(signatures_and_proofs_are_for_who_sets_do)
{
	struct reply_form form = form_of(DNS_RD);
	struct question question = question_of("example.", TYPE_A);
	struct answer answer = { .ede = EDE_NONE };
	add_set(&answer.sections[SECTION_ANSWER], "example.", TYPE_A, 2, 4, 0);
	add_set(&answer.sections[SECTION_AUTHORITY], "example.", 65281, 1, 4, 0);
	add_set(&answer.sections[SECTION_AUTHORITY], "example.", TYPE_NSEC, 0, 32, 1);
	respond_and_read(&plain, &form, &question, &answer, NULL);
	ck_assert_uint_eq(message.rrset_counts[SECTION_AUTHORITY], 1);
	ck_assert_uint_eq(count_type(SECTION_AUTHORITY, 65281), 1);
	form.dnssec_ok = true;
	respond_and_read(&plain, &form, &question, &answer, NULL);
	ck_assert_uint_gt(message.rrset_counts[SECTION_AUTHORITY], 1);
}
END_TEST

START_TEST(any_is_answered_with_one_hinfo)
{
	struct reply_form form = form_of(DNS_RD);
	struct question question = question_of("example.", TYPE_ANY);
	struct answer answer;
	ck_assert_int_eq(answer_any(&answer, &question.qname, &making), 0);
	respond_and_read(&plain, &form, &question, &answer, NULL);
	const struct rrset *set = message.sections[SECTION_ANSWER];
	ck_assert(set != NULL && set->next == NULL && set->type == TYPE_HINFO && set->rr_count == 1);
	ck_assert_mem_eq(set->rdata + 2, "\7RFC8482\0", 9);
}
END_TEST

/* ---- the query's form --------------------------------------------------------------------------------- */

START_TEST(the_form_is_read_from_the_query)
{
	static const uint8_t options[] = { 0, EDNS_NSID, 0, 0, 0, EDNS_KEEPALIVE, 0, 0 };
	struct query query = { .id = 7,
			       .flags = DNS_RD,
			       .edns = { .present = true,
					 .dnssec_ok = true,
					 .udp_bytes = 1400,
					 .options_bytes = sizeof options,
					 .options = options } };
	struct reply_form form;
	reply_form_read(&form, &query, true);
	ck_assert(form.id == 7 && form.flags == DNS_RD && form.udp_bytes == 1400);
	ck_assert(form.has_edns && form.dnssec_ok && form.wants_nsid && form.wants_keepalive);
	reply_form_read(&form, &query, false);
	ck_assert(!form.wants_keepalive); /* RFC 7828, section 3.2.1: not over UDP */
	query.edns.present = false;
	reply_form_read(&form, &query, false);
	ck_assert(!form.has_edns && !form.wants_nsid && form.udp_bytes == RESPOND_UDP_BYTES_PLAIN);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("respond");
	TCase *tcase = tcase_create("respond");
	tcase_add_checked_fixture(tcase, setup, NULL);
	tcase_add_loop_test(tcase, the_header_says_what_holds_for_this_client, 0, COUNT(headers));
	tcase_add_test(tcase, the_question_keeps_the_client_s_letter_case);
	tcase_add_test(tcase, an_unreadable_question_is_not_given_back);
	tcase_add_loop_test(tcase, an_answer_that_does_not_fit_is_truncated_and_empty, 0,
			    COUNT(sizes));
	tcase_add_test(tcase, an_absence_without_its_soa_is_truncated);
	tcase_add_test(tcase, additional_records_are_left_out_without_a_word);
	tcase_add_test(tcase, original_ttls_are_given_where_there_are_any);
	tcase_add_test(tcase, minimal_responses_keep_what_the_answer_needs);
	tcase_add_loop_test(tcase, minimal_responses_give_the_section_of_a_proof_whole_to_who_sets_do, 0, 2);
	tcase_add_test(tcase, for_want_of_room_for_the_servers_of_the_zone_nothing_is_truncated);
	tcase_add_test(tcase, minimal_responses_give_servers_with_their_addresses);
	tcase_add_test(tcase, minimal_responses_to_any_keep_what_goes_with_it);
	tcase_add_test(tcase, signatures_of_additional_records_go_before_their_data);
	tcase_add_test(tcase, a_referral_keeps_its_servers);
	tcase_add_test(tcase, signatures_and_proofs_are_for_who_sets_do);
	tcase_add_test(tcase, any_is_answered_with_one_hinfo);
	tcase_add_test(tcase, the_form_is_read_from_the_query);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}

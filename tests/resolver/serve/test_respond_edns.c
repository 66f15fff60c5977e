/* The OPT record of a reply and its options (RFC 6891; resolver/serve/respond.h). */
#include "tests/resolver/serve/responding.h"

/* ---- EDNS ----------------------------------------------------------------------------------------- */

START_TEST(who_sends_no_opt_gets_none)
{
	struct reply_form form = form_of(DNS_RD);
	struct question question = question_of("example.", TYPE_A);
	struct answer answer;
	form.has_edns = false;
	answer_rcode(&answer, RCODE_SERVFAIL, EDE_NETWORK_ERROR, "because");
	respond_and_read(&plain, &form, &question, &answer, NULL);
	ck_assert(!message.edns.present);
	ck_assert_uint_eq(message.rcode, RCODE_SERVFAIL);
}
END_TEST

START_TEST(the_opt_offers_1232_octets_and_gives_do_back)
{
	struct reply_form form = form_of(DNS_RD);
	struct question question = question_of("example.", TYPE_A);
	struct answer answer = { .ede = EDE_NONE };
	form.dnssec_ok = true;
	respond_and_read(&plain, &form, &question, &answer, NULL);
	ck_assert(message.edns.present && message.edns.dnssec_ok);
	ck_assert_uint_eq(message.edns.version, 0);
	ck_assert_uint_eq(message.edns.udp_bytes, 1232);
	ck_assert_uint_eq(message.edns.options_bytes, 0);
}
END_TEST

START_TEST(an_rcode_above_15_needs_an_opt)
{
	struct reply_form form = form_of(DNS_RD);
	struct question question = question_of("example.", TYPE_A);
	struct answer answer;
	answer_rcode(&answer, RCODE_BADVERS, EDE_NONE, NULL);
	respond_and_read(&plain, &form, &question, &answer, NULL);
	ck_assert_uint_eq(message.rcode, RCODE_BADVERS);
	form.has_edns = false;
	respond_and_read(&plain, &form, &question, &answer, NULL);
	ck_assert_uint_eq(message.rcode, RCODE_SERVFAIL);
}
END_TEST

START_TEST(a_failure_carries_its_reason)
{
	struct reply_form form = form_of(DNS_RD);
	struct question question = question_of("example.", TYPE_A);
	struct answer answer;
	const uint8_t *value;
	uint16_t value_bytes;
	answer_rcode(&answer, RCODE_SERVFAIL, EDE_NO_REACHABLE_AUTHORITY, "nobody at home");
	respond_and_read(&plain, &form, &question, &answer, NULL);
	ck_assert(edns_find(&message.edns, EDNS_EDE, &value, &value_bytes));
	ck_assert_uint_eq(value_bytes, 2 + strlen("nobody at home"));
	ck_assert_mem_eq(value, "\0\26nobody at home", value_bytes);
}
END_TEST

START_TEST(words_never_cost_a_client_data)
{
	struct reply_form form = form_of(DNS_RD);
	struct question question = question_of("example.", TYPE_A);
	struct answer answer = { .ede = EDE_STALE_ANSWER,
				 .ede_text = "old, but better than nothing" };
	const uint8_t *value;
	uint16_t value_bytes;
	add_set(&answer.sections[SECTION_ANSWER], "example.", TYPE_A, 1, 4, 0);
	respond_and_read(&plain, &form, &question, &answer, NULL);
	ck_assert(edns_find(&message.edns, EDNS_EDE, &value, &value_bytes));
	ck_assert_uint_eq(value_bytes, 2);
}
END_TEST

/* The longest name, every option and a text without end, in the smallest datagram. */
START_TEST(the_longest_reason_fits_the_smallest_datagram)
{
	struct respond_config config = plain;
	struct reply_form form = form_of(DNS_RD);
	struct question question = question_of("example.", TYPE_A);
	struct answer answer;
	char text[1000], longest[NAME_TEXT_BYTES] = "";
	for (unsigned i = 0; i < 127; i++)
		strcat(longest, "a.");
	memset(text, 'x', sizeof text - 1);
	text[sizeof text - 1] = '\0';
	question.qname = name_of(longest);
	ck_assert_uint_eq(question.qname.size, NAME_BYTES_MAX);
	memset(config.nsid, 'n', sizeof config.nsid);
	config.nsid_bytes = sizeof config.nsid;
	form.wants_nsid = true;
	form.udp_bytes = RESPOND_UDP_BYTES_PLAIN;
	answer_rcode(&answer, RCODE_SERVFAIL, EDE_OTHER, text);
	int size = respond_and_read(&config, &form, &question, &answer, NULL);
	ck_assert_int_eq(size, RESPOND_UDP_BYTES_PLAIN);
	form.is_stream = true;
	form.wants_keepalive = true;
	size = respond_and_read(&config, &form, &question, &answer, NULL);
	ck_assert_int_eq(size, 12 + 259 + 11 + (4 + 128) + 6 + (6 + 192));
}
END_TEST

START_TEST(nsid_goes_to_who_asks_for_it)
{
	struct respond_config config = plain;
	struct reply_form form = form_of(DNS_RD);
	struct question question = question_of("example.", TYPE_A);
	struct answer answer = { .ede = EDE_NONE };
	const uint8_t *value;
	uint16_t value_bytes;
	memcpy(config.nsid, "cairn1", 6);
	config.nsid_bytes = 6;
	respond_and_read(&config, &form, &question, &answer, NULL);
	ck_assert(!edns_find(&message.edns, EDNS_NSID, &value, &value_bytes));
	form.wants_nsid = true;
	respond_and_read(&config, &form, &question, &answer, NULL);
	ck_assert(edns_find(&message.edns, EDNS_NSID, &value, &value_bytes));
	ck_assert(value_bytes == 6 && memcmp(value, "cairn1", 6) == 0);
}
END_TEST

START_TEST(a_stream_is_told_how_long_it_may_idle)
{
	struct respond_config config = plain;
	struct reply_form form = form_of(DNS_RD);
	struct question question = question_of("example.", TYPE_A);
	struct answer answer = { .ede = EDE_NONE };
	const uint8_t *value;
	uint16_t value_bytes;
	config.tcp_idle_timeout_ms = 10000;
	form.is_stream = form.wants_keepalive = true;
	respond_and_read(&config, &form, &question, &answer, NULL);
	ck_assert(edns_find(&message.edns, EDNS_KEEPALIVE, &value, &value_bytes));
	ck_assert_uint_eq(value_bytes, 2);
	ck_assert_uint_eq(value[0] << 8 | value[1],
			  100); /* RFC 7828, section 3.1: units of 100 ms */
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("respond: EDNS");
	TCase *tcase = tcase_create("EDNS");
	tcase_add_checked_fixture(tcase, setup, NULL);
	tcase_add_test(tcase, who_sends_no_opt_gets_none);
	tcase_add_test(tcase, the_opt_offers_1232_octets_and_gives_do_back);
	tcase_add_test(tcase, an_rcode_above_15_needs_an_opt);
	tcase_add_test(tcase, a_failure_carries_its_reason);
	tcase_add_test(tcase, words_never_cost_a_client_data);
	tcase_add_test(tcase, the_longest_reason_fits_the_smallest_datagram);
	tcase_add_test(tcase, nsid_goes_to_who_asks_for_it);
	tcase_add_test(tcase, a_stream_is_told_how_long_it_may_idle);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}

/* Our query's octets, and which datagrams are its reply. */
#include "resolver/iterate/flight.h"
#include "stack/base/rng.h"
#include "tests/resolver/iterate/records.h"
#include "tests/suite.h"

static const struct flight_edns plain = { .udp_bytes = 1232 };

struct exchange {
	struct flight query;
	uint8_t bytes[FLIGHT_BYTES_MAX];
	size_t size;
};

/* A query and the header and question of its true reply. */
static struct exchange
exchange_of(const char *qname, bool caps)
{
	struct exchange exchange = {
		.query = { .id = 0x1234, .qtype = TYPE_A, .caps = caps, .edns = true },
	};
	struct rng rng;
	rng_init_number(&rng, 3);
	exchange.query.qname = name_of(qname);
	if (caps)
		flight_mix_case(&exchange.query.qname, &rng);
	exchange.size = flight_write(&exchange.query, &plain, exchange.bytes);
	exchange.bytes[2] |= 0x80;
	return exchange;
}

START_TEST(a_query_is_what_the_rfcs_say)
{
	struct exchange exchange = exchange_of("www.example.com.", false);
	struct query read;
	exchange.bytes[2] &= 0x7f;
	ck_assert_int_eq(query_read(&read, exchange.bytes, exchange.size), RCODE_NOERROR);
	ck_assert_uint_eq(read.id, 0x1234);
	ck_assert_uint_eq(read.flags & (DNS_RD | DNS_CD | DNS_AD), 0);
	ck_assert(read.edns.present && read.edns.dnssec_ok);
	ck_assert_uint_eq(read.edns.udp_bytes, 1232);
	ck_assert_uint_eq(read.edns.version, 0);
	exchange.query.edns = false;
	exchange.size = flight_write(&exchange.query, &plain, exchange.bytes);
	ck_assert_int_eq(query_read(&read, exchange.bytes, exchange.size), RCODE_NOERROR);
	ck_assert(!read.edns.present);
}
END_TEST

START_TEST(the_longest_name_fits)
{
	struct exchange exchange =
		exchange_of("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa."
			    "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb."
			    "ccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc."
			    "ddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd.",
			    true);
	const struct client_string string = { .size = CLIENT_STRING_BYTES_MAX };
	const struct flight_edns edns = { .udp_bytes = 1232, .string_option = CLIENT_STRING_OPTION, .string = &string };
	exchange.query.cookie_bytes = FLIGHT_COOKIE_BYTES;
	exchange.query.tcp = true; /* edns-tcp-keepalive */
	exchange.size = flight_write(&exchange.query, &edns, exchange.bytes);
	ck_assert_uint_eq(exchange.size, FLIGHT_BYTES_MAX);
	exchange.bytes[2] |= 0x80;
	ck_assert_int_eq(flight_match(&exchange.query, exchange.bytes, exchange.size), MATCH_YES);
}
END_TEST

START_TEST(letter_case_is_mixed_and_nothing_else)
{
	struct name name = name_of("abcdefghijklmnopqrstuvwxyz0123456789-_.example.com."),
		    mixed = name;
	struct rng rng;
	rng_init_number(&rng, suite_seed(5));
	unsigned upper = 0, rounds = 1000;
	for (unsigned i = 0; i < rounds; i++) {
		flight_mix_case(&mixed, &rng);
		ck_assert(name_equal(&name, &mixed));
		for (unsigned at = 0; at < mixed.size; at++)
			upper += mixed.wire[at] >= 'A' && mixed.wire[at] <= 'Z';
	}
	ck_assert_uint_gt(upper, rounds * 36 * 45 / 100);
	ck_assert_uint_lt(upper, rounds * 36 * 55 / 100);
}
END_TEST

/* Each flips one octet of the reply's header or question. */
static const struct {
	const char *behaviour;
	size_t at;
	uint8_t flip;
	enum match match;
} cases[] = {
	{ "an untouched reply", 0, 0, MATCH_YES },
	{ "another id", 1, 0x01, MATCH_NO },
	{ "a query instead of a response", 2, 0x80, MATCH_NO },
	{ "another opcode", 2, 0x10, MATCH_NO },
	{ "truncated and authoritative", 2, 0x06, MATCH_YES },
	{ "an rcode", 3, 0x03, MATCH_YES },
	{ "two questions", 5, 0x03, MATCH_OTHER },
	{ "no question, and no error either", 5, 0x01, MATCH_OTHER },
	{ "another name", 14, 0x01, MATCH_OTHER },
	{ "a label longer than the rest", 12, 0x30, MATCH_OTHER },
	{ "another letter case", 14, 0x20, MATCH_CASE },
	{ "another type", 12 + 17 + 1, 0x02, MATCH_OTHER },
	{ "another class", 12 + 17 + 3, 0x02, MATCH_OTHER },
};

START_TEST(only_the_reply_matches)
{
	struct exchange exchange = exchange_of("www.example.com.", true);
	exchange.bytes[cases[_i].at] ^= cases[_i].flip;
	ck_assert_msg(flight_match(&exchange.query, exchange.bytes, exchange.size) ==
			      cases[_i].match,
		      "%s", cases[_i].behaviour);
}
END_TEST

START_TEST(without_mixing_any_case_is_a_match)
{
	struct exchange exchange = exchange_of("www.example.com.", false);
	exchange.bytes[14] ^= 0x20;
	ck_assert_int_eq(flight_match(&exchange.query, exchange.bytes, exchange.size), MATCH_YES);
}
END_TEST

START_TEST(every_shorter_datagram_is_refused)
{
	struct exchange exchange = exchange_of("www.example.com.", true);
	for (size_t size = 0; size < MESSAGE_HEADER_BYTES + exchange.query.qname.size + 4u; size++)
		ck_assert_int_eq(flight_match(&exchange.query, exchange.bytes, size),
				 size < MESSAGE_HEADER_BYTES ? MATCH_NO : MATCH_OTHER);
}
END_TEST

START_TEST(a_bare_header_matches_with_formerr_and_notimp_alone)
{
	struct exchange exchange = exchange_of("www.example.com.", true);
	exchange.bytes[5] = 0;
	for (uint8_t rcode = 0; rcode < 16; rcode++) {
		bool expected = rcode == RCODE_FORMERR || rcode == RCODE_NOTIMP;
		exchange.bytes[3] = rcode;
		ck_assert_int_eq(
			flight_match(&exchange.query, exchange.bytes, MESSAGE_HEADER_BYTES),
			expected ? MATCH_YES : MATCH_OTHER);
	}
}
END_TEST

#define MS 1000u

static const struct {
	const char *behaviour;
	struct infra_server server;
	bool in_trouble;
	uint32_t hedge_us;
} hedges[] = {
	{ "an unknown server has its first time-out", { 0 }, false, INFRA_RTO_FIRST_US },
	{ "in trouble it has no longer than a usual one", { 0 }, true, 180 * MS },
	{ "nor has one that was silent and never answered", { .timeouts = 1 }, false, 180 * MS },
	{ "replies vary", { .srtt_us = 100 * MS, .rttvar_us = 20 * MS }, false, 160 * MS },
	{ "in trouble rare ones are not waited for",
	  { .srtt_us = 100 * MS, .rttvar_us = 20 * MS },
	  true,
	  120 * MS },
	{ "steady ones have a fifth more",
	  { .srtt_us = 100 * MS, .rttvar_us = 1 * MS },
	  false,
	  120 * MS },
	{ "a near one has what a busy machine takes",
	  { .srtt_us = 1 * MS },
	  true,
	  INFRA_RTO_MIN_US },
	{ "a very far one has an end", { .srtt_us = 9000 * MS }, true, INFRA_RTO_MAX_US },
};

START_TEST(the_next_server_is_asked_when_most_replies_would_have_come)
{
	ck_assert_msg(flight_hedge_us(&hedges[_i].server, hedges[_i].in_trouble) ==
			      hedges[_i].hedge_us,
		      "%s: %u", hedges[_i].behaviour,
		      flight_hedge_us(&hedges[_i].server, hedges[_i].in_trouble));
}
END_TEST

/* ---- cookies ----------------------------------------------------------------------------------------------- */

static const struct {
	const char *behaviour;
	uint8_t sent_bytes;
	const char *option; /* NULL: none */
	size_t option_bytes;
	enum flight_cookie cookie;
} replies[] = {
	{ "without one of ours nothing is looked at", 0, "12345678abcdefgh", 16, FLIGHT_COOKIE_NONE },
	{ "a server may know no cookies", 8, NULL, 0, FLIGHT_COOKIE_NONE },
	{ "or learn what they are", 8, "12345678abcdefgh", 16, FLIGHT_COOKIE_RIGHT },
	{ "its part may be of 32 octets", 8, "12345678abcdefghabcdefghabcdefghabcdefgh", 40, FLIGHT_COOKIE_RIGHT },
	{ "and no more", 8, "12345678abcdefghabcdefghabcdefghabcdefghi", 41, FLIGHT_COOKIE_WRONG },
	{ "ours alone says nothing", 8, "12345678", 8, FLIGHT_COOKIE_WRONG },
	{ "another's is not for us", 8, "12345679abcdefgh", 16, FLIGHT_COOKIE_WRONG },
	{ "one that is to be expected may be missing", 16, NULL, 0, FLIGHT_COOKIE_MISSING },
	{ "or be another by now", 16, "12345678hgfedcba", 16, FLIGHT_COOKIE_RIGHT },
};

START_TEST(more_than_port_and_id_vouch_for_a_reply)
{
	struct flight query = { .caps = false };

	ck_assert_int_eq(name_from_text(&query.qname, "www.a-z.test.", NULL), 0);
	ck_assert(!flight_is_vouched(&query));
	query.caps = true;
	ck_assert(flight_is_vouched(&query));
	ck_assert_int_eq(name_from_text(&query.qname, "0123456789.0123456789.test.", NULL), 0);
	ck_assert(!flight_is_vouched(&query)); /* the case of four letters is soon guessed */
	query.cookie_bytes = FLIGHT_COOKIE_BYTES;
	ck_assert(!flight_is_vouched(&query)); /* was sent, and did not come back */
	query.cookie_came = true;
	ck_assert(flight_is_vouched(&query));
	query.cookie_came = false;
	query.tcp = true;
	ck_assert(flight_is_vouched(&query));
}
END_TEST

START_TEST(a_reply_shows_the_cookie_of_its_query)
{
	struct flight query = { .cookie_bytes = replies[_i].sent_bytes, .cookie = "12345678abcdefgh" };
	uint8_t options[64];
	struct writer writer = writer_over(options, sizeof options);
	const uint8_t *server_cookie;
	size_t server_cookie_bytes;
	if (replies[_i].option != NULL) {
		writer_u16(&writer, EDNS_COOKIE);
		writer_u16(&writer, (uint16_t)replies[_i].option_bytes);
		writer_bytes(&writer, replies[_i].option, replies[_i].option_bytes);
	}
	const struct edns edns = { .present = true, .options = options, .options_bytes = (uint16_t)writer.pos };
	ck_assert_msg(flight_judge_cookie(&query, &edns, &server_cookie, &server_cookie_bytes) == replies[_i].cookie, "%s",
		      replies[_i].behaviour);
	if (replies[_i].cookie == FLIGHT_COOKIE_RIGHT)
		ck_assert_uint_eq(server_cookie_bytes, replies[_i].option_bytes - 8);
}
END_TEST

START_TEST(the_options_are_what_the_rfcs_say)
{
	struct exchange exchange = exchange_of("www.example.com.", false);
	const struct client_string string = { .size = 3, .octets = "abc" };
	const struct flight_edns edns = { .udp_bytes = 1232, .no_dnssec = true, .string_option = 65001, .string = &string };
	const uint8_t *value;
	uint16_t value_bytes;
	struct query read;
	exchange.query.cookie_bytes = 8;
	memcpy(exchange.query.cookie, "12345678", 8);
	exchange.size = flight_write(&exchange.query, &edns, exchange.bytes);
	ck_assert_int_eq(query_read(&read, exchange.bytes, exchange.size), RCODE_NOERROR);
	ck_assert(!read.edns.dnssec_ok);
	ck_assert(edns_find(&read.edns, EDNS_COOKIE, &value, &value_bytes));
	ck_assert_uint_eq(value_bytes, 8);
	ck_assert_mem_eq(value, "12345678", 8);
	ck_assert(edns_find(&read.edns, 65001, &value, &value_bytes));
	ck_assert_uint_eq(value_bytes, 3);
	ck_assert_mem_eq(value, "abc", 3);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("iterate: flight");
	TCase *tcase = tcase_create("flight");
	tcase_add_test(tcase, a_query_is_what_the_rfcs_say);
	tcase_add_test(tcase, the_longest_name_fits);
	tcase_add_test(tcase, letter_case_is_mixed_and_nothing_else);
	tcase_add_loop_test(tcase, only_the_reply_matches, 0, COUNT(cases));
	tcase_add_test(tcase, without_mixing_any_case_is_a_match);
	tcase_add_test(tcase, every_shorter_datagram_is_refused);
	tcase_add_test(tcase, a_bare_header_matches_with_formerr_and_notimp_alone);
	tcase_add_test(tcase, more_than_port_and_id_vouch_for_a_reply);
	tcase_add_loop_test(tcase, a_reply_shows_the_cookie_of_its_query, 0, (int)COUNT(replies));
	tcase_add_test(tcase, the_options_are_what_the_rfcs_say);
	tcase_add_loop_test(tcase, the_next_server_is_asked_when_most_replies_would_have_come, 0,
			    (int)COUNT(hedges));
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}

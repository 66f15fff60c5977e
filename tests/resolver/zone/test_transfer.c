/* What primaries send: the whole, changes, and what is neither (RFC 5936; RFC 1995). */
#include "resolver/zone/transfer.h"
#include "stack/base/err.h"
#include "tests/resolver/zone/zone_text.h"

#define ID 0x4711u

static uint8_t block[4u << 20], held_block[1u << 20], bytes[MESSAGE_BYTES_MAX], query[TRANSFER_QUERY_BYTES_MAX];
static struct arena arena, held_arena;
static struct transfer transfer;
static struct zone *held;

static const char held_text[] = "@ 3600 SOA ns h 1 3600 900 86400 300\n@ 3600 NS ns\nns 3600 A 192.0.2.1\n"
				"old 3600 A 192.0.2.2\nsame 60 TXT \"same\"\n";

#define SOA(serial) "@ 3600 SOA ns h " #serial " 3600 900 86400 300\n"

static void
setup(void)
{
	arena_init(&arena, block, sizeof block);
	arena_init(&held_arena, held_block, sizeof held_block);
	held = text_zone("z.", held_text, &held_arena);
}

static int
begin(enum transfer_kind kind)
{
	const struct name apex = text_name("z.");
	return transfer_begin(&transfer, kind, &apex, 1, kind == TRANSFER_IXFR ? held : NULL, &arena, ID, query);
}

static const uint16_t qtypes[] = { [TRANSFER_SOA] = TYPE_SOA, [TRANSFER_IXFR] = TYPE_IXFR, [TRANSFER_AXFR] = TYPE_AXFR };

static enum transfer_result
hear(const char *records)
{
	const size_t size = text_message(bytes, sizeof bytes, ID, 0, "z.", qtypes[transfer.kind], records);
	return transfer_receive(&transfer, bytes, size);
}

/* ---- queries -------------------------------------------------------------------------------------------- */

START_TEST(a_query_asks_for_the_zone_and_ixfr_shows_what_is_held)
{
	static uint8_t memory[65536];
	struct arena reading;
	struct message message;
	for (enum transfer_kind kind = TRANSFER_SOA; kind <= TRANSFER_AXFR; kind++) {
		const int size = begin(kind);
		arena_init(&reading, memory, sizeof memory);
		ck_assert_int_eq(message_read(&message, &reading, query, (size_t)size), 0);
		ck_assert_uint_eq(message.id, ID);
		ck_assert_uint_eq(message.flags, 0);
		ck_assert_uint_eq(message.question.qtype, qtypes[kind]);
		ck_assert_uint_eq(message.rrset_counts[SECTION_AUTHORITY], kind == TRANSFER_IXFR);
		if (kind == TRANSFER_IXFR)
			ck_assert_uint_eq(message.sections[SECTION_AUTHORITY]->type, TYPE_SOA);
	}
}
END_TEST

START_TEST(the_longest_names_fit_into_a_query)
{
	char label[64], text[512], zone_text[1200];
	struct name apex;
	memset(label, 'a', 61);
	label[61] = '\0';
	(void)snprintf(text, sizeof text, "%s.%s.%s.%s.", label, label, label, label);
	apex = text_name(text);
	(void)snprintf(zone_text, sizeof zone_text, "@ SOA n h 1 2 3 4 5\n");
	held = text_zone(text, zone_text, &held_arena);
	ck_assert_int_gt(transfer_begin(&transfer, TRANSFER_IXFR, &apex, 0, held, &arena, ID, query), 0);
}
END_TEST

/* ---- sound ones ----------------------------------------------------------------------------------------- */

START_TEST(the_soa_tells_whether_there_is_something_newer)
{
	(void)begin(TRANSFER_SOA);
	ck_assert_int_eq((int)hear(SOA(1)), TRANSFER_CURRENT);
	(void)begin(TRANSFER_SOA);
	ck_assert_int_eq((int)hear(SOA(2)), TRANSFER_NEWER);
	(void)begin(TRANSFER_SOA);
	ck_assert_int_eq((int)hear(SOA(4294967295)), TRANSFER_CURRENT); /* RFC 1982: before 1 */
}
END_TEST

START_TEST(the_whole_comes_between_two_soas)
{
	(void)begin(TRANSFER_AXFR);
	ck_assert_int_eq((int)hear(SOA(5) "@ 3600 NS ns\nwww 60 A 192.0.2.80\n" SOA(5)), TRANSFER_COMPLETE);
	ck_assert_str_eq(text_of_zone(transfer.zone), "z. 3600 IN SOA ns.z. h.z. 5 3600 900 86400 300\n"
						      "z. 3600 IN NS ns.z.\nwww.z. 60 IN A 192.0.2.80\n");
}
END_TEST

START_TEST(the_whole_may_come_in_many_messages_without_questions)
{
	static const char *const parts[] = { "@ 3600 NS ns\n", "a 60 A 192.0.2.1\nb 60 A 192.0.2.2\n", "", "c 60 A 192.0.2.3\n" };
	(void)begin(TRANSFER_AXFR);
	ck_assert_int_eq((int)hear(SOA(5)), TRANSFER_GOES_ON);
	for (unsigned i = 0; i < COUNT(parts); i++) {
		const size_t size = text_message(bytes, sizeof bytes, ID, 0, "z.", 0, parts[i]);
		ck_assert_int_eq((int)transfer_receive(&transfer, bytes, size), TRANSFER_GOES_ON);
	}
	ck_assert_int_eq((int)hear(SOA(5)), TRANSFER_COMPLETE);
	ck_assert_uint_eq(transfer.zone->record_count, 5);
}
END_TEST

START_TEST(changes_are_applied_to_what_is_held)
{
	(void)begin(TRANSFER_IXFR);
	ck_assert_int_eq((int)hear(SOA(3) SOA(1) "old 3600 A 192.0.2.2\n" SOA(2) "new 60 A 192.0.2.3\n" SOA(2)
				   "new 60 A 192.0.2.3\n" SOA(3) "newer 60 A 192.0.2.4\n" SOA(3)),
			 TRANSFER_COMPLETE);
	ck_assert_str_eq(text_of_zone(transfer.zone), "z. 3600 IN SOA ns.z. h.z. 3 3600 900 86400 300\n"
						      "z. 3600 IN NS ns.z.\nnewer.z. 60 IN A 192.0.2.4\n"
						      "ns.z. 3600 IN A 192.0.2.1\nsame.z. 60 IN TXT \"same\"\n");
}
END_TEST

START_TEST(changes_may_be_cut_between_any_two_records)
{
	static const char *const records[] = { SOA(2), SOA(1), "old 3600 A 192.0.2.2\n", SOA(2), "new 60 A 192.0.2.3\n", SOA(2) };
	(void)begin(TRANSFER_IXFR);
	for (unsigned i = 0; i < COUNT(records); i++)
		ck_assert_int_eq((int)hear(records[i]), i + 1 < COUNT(records) ? TRANSFER_GOES_ON : TRANSFER_COMPLETE);
	ck_assert_uint_eq(transfer.zone->record_count, 5);
}
END_TEST

START_TEST(the_whole_may_come_where_changes_were_asked_for)
{
	(void)begin(TRANSFER_IXFR);
	ck_assert_int_eq((int)hear(SOA(9) "www 60 A 192.0.2.80\n" SOA(9)), TRANSFER_COMPLETE);
	ck_assert_uint_eq(transfer.zone->record_count, 2);
}
END_TEST

START_TEST(one_soa_says_that_there_are_no_changes)
{
	(void)begin(TRANSFER_IXFR);
	ck_assert_int_eq((int)hear(SOA(1)), TRANSFER_CURRENT);
}
END_TEST

/* ---- others --------------------------------------------------------------------------------------------- */

static const struct {
	const char *behaviour;
	enum transfer_kind kind;
	const char *records;
	enum transfer_result result;
} unsound[] = {
	{ "no SOA in front", TRANSFER_AXFR, "www 60 A 192.0.2.80\n", TRANSFER_MALFORMED },
	{ "the SOA of another zone", TRANSFER_AXFR, "other.example. 60 SOA a b 1 2 3 4 5\n", TRANSFER_MALFORMED },
	{ "another serial at the end", TRANSFER_AXFR, SOA(5) "www 60 A 192.0.2.80\n" SOA(6), TRANSFER_MALFORMED },
	{ "something behind the end", TRANSFER_AXFR, SOA(5) SOA(5) "www 60 A 192.0.2.80\n", TRANSFER_COMPLETE },
	{ "another class", TRANSFER_AXFR, SOA(5) "www 60 CH TXT \"a\"\n", TRANSFER_MALFORMED },
	{ "no answer at all", TRANSFER_AXFR, "", TRANSFER_REFUSED },
	{ "changes to a version that is not held", TRANSFER_IXFR, SOA(3) SOA(2) SOA(3) SOA(3), TRANSFER_MALFORMED },
	{ "changes that go back", TRANSFER_IXFR, SOA(3) SOA(1) SOA(0), TRANSFER_MALFORMED },
	{ "changes that go further than is told", TRANSFER_IXFR, SOA(3) SOA(1) SOA(4), TRANSFER_MALFORMED },
	{ "changes with a gap", TRANSFER_IXFR, SOA(4) SOA(1) SOA(2) SOA(3), TRANSFER_MALFORMED },
	{ "a second SOA that is put in", TRANSFER_IXFR,
	  SOA(2) "@ 3600 SOA other h 1 3600 900 86400 300\n" SOA(2) SOA(2), TRANSFER_MALFORMED },
};

START_TEST(what_is_no_transfer_is_not_taken)
{
	(void)begin(unsound[_i].kind);
	const enum transfer_result result = hear(unsound[_i].records);
	ck_assert_msg(result == unsound[_i].result, "%s: %d", unsound[_i].behaviour, (int)result);
}
END_TEST

static const struct {
	const char *behaviour;
	uint16_t id, flags, qtype;
	const char *apex;
	enum transfer_result result;
} heads[] = {
	{ "another id", ID + 1, 0, TYPE_AXFR, "z.", TRANSFER_MALFORMED },
	{ "another question", ID, 0, TYPE_AXFR, "y.", TRANSFER_MALFORMED },
	{ "another type", ID, 0, TYPE_IXFR, "z.", TRANSFER_MALFORMED },
	{ "another opcode", ID, OPCODE_NOTIFY << 11, TYPE_AXFR, "z.", TRANSFER_MALFORMED },
	{ "truncated", ID, DNS_TC, TYPE_AXFR, "z.", TRANSFER_MALFORMED },
	{ "REFUSED", ID, RCODE_REFUSED, TYPE_AXFR, "z.", TRANSFER_REFUSED },
	{ "NOTAUTH", ID, RCODE_NOTAUTH, TYPE_AXFR, "z.", TRANSFER_REFUSED },
};

START_TEST(a_message_that_is_no_answer_to_the_query_is_not_taken)
{
	(void)begin(TRANSFER_AXFR);
	const size_t size = text_message(bytes, sizeof bytes, heads[_i].id, heads[_i].flags, heads[_i].apex, heads[_i].qtype, "");
	const enum transfer_result result = transfer_receive(&transfer, bytes, size);
	ck_assert_msg(result == heads[_i].result, "%s: %d", heads[_i].behaviour, (int)result);
}
END_TEST

START_TEST(a_message_may_end_anywhere)
{
	for (size_t cut = 0;; cut++) {
		arena_reset(&arena);
		(void)begin(TRANSFER_AXFR);
		const size_t size = text_message(bytes, sizeof bytes, ID, 0, "z.", TYPE_AXFR, SOA(5) "www 60 A 192.0.2.80\n" SOA(5));
		if (cut == size)
			break;
		ck_assert_int_eq((int)transfer_receive(&transfer, bytes, cut), TRANSFER_MALFORMED);
	}
}
END_TEST

START_TEST(memory_that_ends_is_a_bound)
{
	arena_init(&arena, block, 150);
	ck_assert_int_gt(begin(TRANSFER_AXFR), 0);
	ck_assert_int_eq((int)hear(SOA(5) "a 60 A 192.0.2.80\nb 60 A 192.0.2.80\nc 60 A 192.0.2.80\nd 60 A 192.0.2.1\n"),
			 TRANSFER_TOO_BIG);
}
END_TEST

START_TEST(octets_without_end_are_a_bound)
{
	(void)begin(TRANSFER_AXFR);
	ck_assert_int_eq((int)hear(SOA(5)), TRANSFER_GOES_ON);
	transfer.octets = TRANSFER_BYTES_MAX;
	ck_assert_int_eq((int)hear("a 60 A 192.0.2.80\n"), TRANSFER_TOO_BIG);
}
END_TEST

START_TEST(versions_without_end_are_a_bound)
{
	(void)begin(TRANSFER_IXFR);
	ck_assert_int_eq((int)hear(SOA(9) SOA(1) SOA(2)), TRANSFER_GOES_ON);
	transfer.change_count = TRANSFER_CHANGES_MAX - 1;
	ck_assert_int_eq((int)hear(SOA(2)), TRANSFER_TOO_BIG);
}
END_TEST

/* ---- and back to a file --------------------------------------------------------------------------------- */

START_TEST(what_is_written_reads_back_as_the_same_zone)
{
	static char first[65536];
	arena_reset(&held_arena);
	held = text_zone("z.", "@ SOA ns h 1 2 3 4 5\n\\$ttl TXT \"; \\\" \\\\\" \"two\"\n\\@ A 192.0.2.1\n\\;a\\(b\\.c A 192.0.2.2\n"
			       "*.w CNAME .\n32.4.0.10.rpz-ip CNAME rpz-passthru.\nt TYPE65280 \\# 3 010203\n"
			       "s HTTPS 1 . alpn=h2 port=443\nn NSEC z. A NSEC\nn RRSIG NSEC 13 1 60 20300101000000 20200101000000 1 z. AAAA\n",
			 &held_arena);
	(void)snprintf(first, sizeof first, "%s", text_of_zone(held));
	ck_assert_str_eq(text_of_zone(text_zone("z.", first, &arena)), first);
	ck_assert_ptr_nonnull(strstr(first, "n.z. 3600 IN RRSIG NSEC 13"));
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("zone: transfer");
	TCase *tcase = tcase_create("transfer");
	tcase_add_checked_fixture(tcase, setup, NULL);
	tcase_add_test(tcase, a_query_asks_for_the_zone_and_ixfr_shows_what_is_held);
	tcase_add_test(tcase, the_longest_names_fit_into_a_query);
	tcase_add_test(tcase, the_soa_tells_whether_there_is_something_newer);
	tcase_add_test(tcase, the_whole_comes_between_two_soas);
	tcase_add_test(tcase, the_whole_may_come_in_many_messages_without_questions);
	tcase_add_test(tcase, changes_are_applied_to_what_is_held);
	tcase_add_test(tcase, changes_may_be_cut_between_any_two_records);
	tcase_add_test(tcase, the_whole_may_come_where_changes_were_asked_for);
	tcase_add_test(tcase, one_soa_says_that_there_are_no_changes);
	tcase_add_loop_test(tcase, what_is_no_transfer_is_not_taken, 0, COUNT(unsound));
	tcase_add_loop_test(tcase, a_message_that_is_no_answer_to_the_query_is_not_taken, 0, COUNT(heads));
	tcase_add_test(tcase, a_message_may_end_anywhere);
	tcase_add_test(tcase, memory_that_ends_is_a_bound);
	tcase_add_test(tcase, octets_without_end_are_a_bound);
	tcase_add_test(tcase, versions_without_end_are_a_bound);
	tcase_add_test(tcase, what_is_written_reads_back_as_the_same_zone);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}

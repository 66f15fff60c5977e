/* Master files (RFC 1035, section 5), and messages as dig prints them. */
#include "resolver/wire/text.h"

#include <stdio.h>

#include "resolver/wire/rdata_types.h"
#include "stack/base/arena.h"
#include "tests/resolver/wire/build.h"
#include "tests/suite.h"

static char presented[4 * MESSAGE_BYTES_MAX];

/* ---- master files --------------------------------------------------------------------------------- */

static struct text_reader reader;
static struct text_record record;

static void
check_record(const char *owner, const char *type_text, uint32_t ttl_s, const char *text)
{
	char name_text[NAME_TEXT_BYTES], type[TYPE_TEXT_BYTES];
	int read = text_reader_next(&reader, &record);
	ck_assert_msg(read == 1, "%s: %d, %s", owner, read,
		      reader.why != NULL ? reader.why : "no error");
	ck_assert_str_eq(name_to_text(&record.owner, name_text, sizeof name_text), owner);
	ck_assert_str_eq(type_to_text(record.type, type, sizeof type), type_text);
	ck_assert_uint_eq(record.ttl_s, ttl_s);
	ck_assert_int_eq(rdata_to_text(record.type, record.class, record.rdata, record.rdata_bytes,
				       presented, sizeof presented),
			 0);
	ck_assert_str_eq(presented, text);
}

START_TEST(a_master_file_is_read)
{
	static const char file[] = "; a comment\n"
				   "\n"
				   "$ORIGIN example.\n"
				   "@ SOA ns host ( 1 ; serial\n"
				   "    1h 2 3w 4 )\r\n"
				   "  NS ns\n"
				   "ns 60 IN A 192.0.2.1\n"
				   "   IN 1h30m AAAA 2001:db8::1 ; comment\n"
				   "   CH TXT \"a;b (c)\" d\n"
				   "$TTL 1d\n"
				   "$ORIGIN sub\n"
				   "*.x 5 NS @\n"
				   "\\.y NS z.\n"
				   " (\n NS\n a)\n"
				   "b TYPE1 \\# 4 01020304";
	struct name origin = name_of("org.");
	text_reader_init(&reader, file, sizeof file - 1, &origin);
	check_record("example.", "SOA", 3600, "ns.example. host.example. 1 3600 2 1814400 4");
	ck_assert_uint_eq(reader.line, 5);
	check_record("example.", "NS", 3600, "ns.example.");
	check_record("ns.example.", "A", 60, "192.0.2.1");
	check_record("ns.example.", "AAAA", 5400, "2001:db8::1");
	check_record("ns.example.", "TXT", 5400, "\"a;b (c)\" \"d\"");
	ck_assert_uint_eq(record.class, CLASS_CH);
	check_record("*.x.sub.example.", "NS", 5, "sub.example.");
	ck_assert_uint_eq(record.class, CLASS_IN);
	check_record("\\.y.sub.example.", "NS", 86400, "z.");
	check_record("\\.y.sub.example.", "NS", 86400, "a.sub.example.");
	ck_assert_uint_eq(reader.line, 16);
	check_record("b.sub.example.", "A", 86400, "1.2.3.4");
	ck_assert_int_eq(text_reader_next(&reader, &record), 0);
	ck_assert_int_eq(text_reader_next(&reader, &record), 0);
	ck_assert_uint_eq(reader.line, 17);
}
END_TEST

static const struct {
	const char *behaviour, *file;
	unsigned line;
} broken[] = {
	{ "an owner is missing", "\n NS a.\n", 2 },
	{ "a type is missing", "a.\n", 1 },
	{ "a type is unknown", "a. NOTATYPE b.\n", 1 },
	{ "two TTLs", "a. 1 2 NS b.\n", 1 },
	{ "two classes", "a. IN CH NS b.\n", 1 },
	{ "a TTL beyond 31 bits", "a. 2147483648 NS b.\n", 1 },
	{ "a TTL of an unknown unit", "a. 1y NS b.\n", 1 },
	{ "a parenthesis left open", "a. NS (\n b.\n", 1 },
	{ "parentheses within parentheses", "a. NS ( ( b. ) )\n", 1 },
	{ "a parenthesis that closes nothing", "a. NS b. )\n", 1 },
	{ "a quote over the end of the line", "a. TXT \"b\nc\"\n", 1 },
	{ "a quote at the end", "a. TXT \"b", 1 },
	{ "a backslash at the end of the line", "a. TXT b\\\n", 1 },
	{ "another file", "$INCLUDE other\n", 1 },
	{ "an unknown directive", "$GENERATE 1-2 a A 1.2.3.$\n", 1 },
	{ "a directive without its value", "$TTL\n", 1 },
	{ "a directive with two values", "$ORIGIN a. b.\n", 1 },
	{ "an origin that is no name", "$ORIGIN a..b.\n", 1 },
	{ "a TTL that is none", "$TTL b\n", 1 },
	{ "rdata that the type does not have", "a. NS b.\nb. A c.\n", 2 },
};

START_TEST(broken_files_name_the_line)
{
	int read;
	text_reader_init(&reader, broken[_i].file, strlen(broken[_i].file), NULL);
	while ((read = text_reader_next(&reader, &record)) == 1)
		continue;
	ck_assert_msg(read < 0, "%s", broken[_i].behaviour);
	ck_assert_uint_eq(reader.line, broken[_i].line);
	ck_assert_ptr_nonnull(reader.why);
	ck_assert_int_eq(text_reader_next(&reader, &record), 0); /* and nothing after it is read */
}
END_TEST

START_TEST(an_entry_is_bounded)
{
	static char file[TEXT_ENTRY_BYTES + 64] = "a. TXT (";
	memset(file + 8, ' ', sizeof file - 8);
	text_reader_init(&reader, file, sizeof file, NULL);
	ck_assert_int_eq(text_reader_next(&reader, &record), ERR_TOO_BIG);
	text_reader_init(&reader, "a. TXT b\0c", 10, NULL);
	ck_assert_int_eq(text_reader_next(&reader, &record), ERR_MALFORMED);
}
END_TEST

/* ---- messages ------------------------------------------------------------------------------------- */

START_TEST(a_message_reads_as_dig_prints_it)
{
	static struct build build;
	static _Alignas(8) uint8_t block[8192];
	struct arena arena;
	struct message message;
	arena_init(&arena, block, sizeof block);
	build_begin(&build, DNS_QR | DNS_AA | DNS_RD | RCODE_NXDOMAIN);
	build_question(&build, "www.example.", TYPE_A);
	build_rr(&build, SECTION_ANSWER, "www.example.", TYPE_A, 300, RDATA("\1\2\3\4"));
	build_rrsig(&build, SECTION_ANSWER, "www.example.", TYPE_A, 300, "sig");
	build_rr_class(&build, SECTION_ADDITIONAL, ".", TYPE_OPT, 1232, 0x8000,
		       RDATA("\0\17\0\2\0\26"));
	ck_assert_int_eq(message_read(&message, &arena, build.bytes, build.writer.pos), 0);
	ck_assert_int_eq(message_to_text(&message, presented, sizeof presented), 0);
	const char *expected =
		";; ->>HEADER<<- opcode: QUERY, status: NXDOMAIN, id: 4660\n"
		";; flags: qr aa rd; QUERY: 1, ANSWER: 2, AUTHORITY: 0, ADDITIONAL: 1\n"
		"\n;; OPT PSEUDOSECTION:\n"
		"; EDNS: version: 0, flags: do; udp: 1232\n"
		"; OPT=15: 0016\n"
		"\n;; QUESTION SECTION:\n"
		";www.example.\t\tIN\tA\n"
		"\n;; ANSWER SECTION:\n"
		"www.example.\t300\tIN\tA\t1.2.3.4\n"
		"www.example.\t300\tIN\tRRSIG\tA 13 2 60 19700101000000 19700101000000 0 . c2ln\n";
	ck_assert_str_eq(presented, expected);
	for (size_t room = 0; room <= strlen(expected); room++)
		ck_assert_int_eq(message_to_text(&message, presented, room), ERR_FULL);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("text: files and messages");
	TCase *tcase = tcase_create("files");
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, a_master_file_is_read);
	tcase_add_loop_test(tcase, broken_files_name_the_line, 0, COUNT(broken));
	tcase_add_test(tcase, an_entry_is_bounded);
	tcase_add_test(tcase, a_message_reads_as_dig_prints_it);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}

/* Sessions with an FTP server (fetch/ftp.h), as dialogues. */
#include "fetch/ftp.h"

#include <stdio.h>

#include "stack/base/err.h"
#include "tests/suite.h"

#define LOGIN "<220 hello\n>USER anonymous\n<331 your mailbox?\n>PASS cairn-fetch@\n<230 welcome\n"

static _Alignas(8) char memory[8192];
static struct arena arena;

static struct url
parse(const char *text)
{
	struct url url;
	const struct url_context context = { .arena = &arena };
	arena_init(&arena, memory, sizeof memory);
	ck_assert_int_eq(url_parse(&url, span_from_text(text), NULL, &context), 0);
	return url;
}

/*
 * A line a step: < what the server says; > what we say; @ the port of a data connection, which is opened; = the
 * size that is told when the content begins, - for none; . so many octets, and the data connection ends; $ the
 * server hangs up; + complete; ! the id of a failure.
 */
static void
play(struct ftp *ftp, const char *behaviour, const char *script)
{
	struct ftp_action action;
	for (const char *line = script, *end; *line != '\0'; line = end + 1) {
		char text[512];
		end = strchr(line, '\n');
		ck_assert_ptr_nonnull(end);
		snprintf(text, sizeof text, "%.*s", (int)(end - line - 1), line + 1);
		switch (line[0]) {
		case '<':
			strcat(text, "\r\n");
			ftp_receive(ftp, text, strlen(text));
			continue;
		case '.': ftp_data_ended(ftp, strtoull(text, NULL, 10)); continue;
		case '$': ftp_end(ftp); continue;
		default: ftp_next(ftp, &action); break;
		}
		switch (line[0]) {
		case '>':
			strcat(text, "\r\n");
			ck_assert_msg(action.kind == FTP_SEND && span_is(action.command, text),
				      "%s: " SPAN_FORMAT "instead of %s%s", behaviour,
				      SPAN_ARGUMENTS(action.command), text,
				      action.kind == FTP_FAILED ? action.failure->text : "");
			break;
		case '@':
			ck_assert_msg(action.kind == FTP_OPEN_DATA, "%s: %s", behaviour, text);
			ck_assert_uint_eq(action.port, strtoull(text, NULL, 10));
			ftp_data_opened(ftp);
			break;
		case '=':
			ck_assert_msg(action.kind == FTP_BEGIN, "%s: the content does not begin",
				      behaviour);
			ck_assert(action.size ==
				  (text[0] == '-' ? UINT64_MAX : strtoull(text, NULL, 10)));
			break;
		case '+': ck_assert_msg(action.kind == FTP_COMPLETE, "%s", behaviour); break;
		case '!':
			ck_assert_msg(action.kind == FTP_FAILED, "%s", behaviour);
			ck_assert_msg(strcmp(failure_id(action.failure->cause), text) == 0,
				      "%s: %s", behaviour, action.failure->text);
			break;
		}
	}
	ftp_next(ftp, &action);
	ck_assert_msg(action.kind == FTP_NOTHING || action.kind == FTP_COMPLETE ||
			      action.kind == FTP_FAILED,
		      "%s: something is left", behaviour);
}

static const struct {
	const char *behaviour, *url;
	struct ftp_options options;
	const char *script;
} sessions[] = {
	{ "a file",
	  "ftp://h/a",
	  { 0 },
	  LOGIN ">TYPE I\n<200 ok\n>SIZE a\n<213 5\n>EPSV\n<229 go (|||2000|)\n@2000\n>RETR "
		"a\n<150 here\n=5\n.5\n<226 done\n+\n" },
	{ "in directories, one by one",
	  "ftp://h/a/b%20c//d",
	  { 0 },
	  LOGIN ">CWD a\n<250 ok\n>CWD b c\n<250 ok\n>TYPE I\n<200 ok\n>SIZE d\n<550 "
		"no\n>EPSV\n<229 (|||9|)\n@9\n>RETR d\n"
		"<125 here\n=-\n<226 done\n.7\n+\n" },
	{ "from the root", "ftp://h/%2Fetc/motd", { 0 }, LOGIN ">CWD /etc\n<550 no\n!access\n" },
	{ "a directory",
	  "ftp://h/a/",
	  { 0 },
	  LOGIN ">CWD a\n<250 ok\n>TYPE A\n<200 ok\n>EPSV\n<229 (|||9|)\n@9\n>LIST\n<150 "
		"here\n=-\n.100\n<226 done\n+\n" },
	{ "an empty one, as some servers have it",
	  "ftp://h/",
	  { 0 },
	  LOGIN ">TYPE A\n<200 ok\n>EPSV\n<229 (|||9|)\n@9\n>LIST\n<450 no files\n=-\n+\n" },
	{ "as text",
	  "ftp://h/a;type=a",
	  { 0 },
	  LOGIN ">TYPE A\n<200 ok\n>EPSV\n<229 (|||9|)\n@9\n>RETR a\n<150 x\n=-\n.9\n<226 x\n+\n" },
	{ "with a login",
	  "ftp://joe:se%63ret@h/a",
	  { 0 },
	  "<220 x\n>USER joe\n<331 x\n>PASS secret\n<530 no\n!login\n" },
	{ "the command line's login goes first",
	  "ftp://joe:x@h/a",
	  { .user = SPAN_LITERAL("ann"), .password = SPAN_LITERAL("y") },
	  "<220 x\n>USER ann\n<331 x\n>PASS y\n<230 x\n>TYPE I\n" },
	{ "a server that wants no password",
	  "ftp://h/a",
	  { 0 },
	  "<220 x\n>USER anonymous\n<230 x\n>TYPE I\n" },
	{ "one that wants an account",
	  "ftp://h/a",
	  { 0 },
	  "<220 x\n>USER anonymous\n<332 x\n!login\n" },
	{ "a greeting of many lines",
	  "ftp://h/a",
	  { 0 },
	  "<120 soon\n<220-hello\n< 220 not the end\n<220-\n<  226 no\n<220 done\n>USER "
	  "anonymous\n" },
	{ "a server that is busy", "ftp://h/a", { 0 }, "<421 too many\n!weird-reply\n" },
	{ "a server of something else", "ftp://h/a", { 0 }, "<SSH-2.0-x\n!weird-reply\n" },
	{ "PASV where there is no EPSV, and not where it says",
	  "ftp://h/a",
	  { 0 },
	  LOGIN ">TYPE I\n<200 x\n>SIZE a\n<500 x\n>EPSV\n<502 x\n>PASV\n<227 at "
		"10,0,0,1,4,1.\n@1025\n>RETR a\n" },
	{ "no PASV over IPv6",
	  "ftp://h/a",
	  { .is_ipv6 = true },
	  LOGIN ">TYPE I\n<200 x\n>SIZE a\n<500 x\n>EPSV\n<502 x\n!weird-reply\n" },
	{ "a port of zero",
	  "ftp://h/a",
	  { 0 },
	  LOGIN ">TYPE I\n<200 x\n>SIZE a\n<500 x\n>EPSV\n<229 (|||0|)\n!weird-reply\n" },
	{ "a port above all",
	  "ftp://h/a",
	  { 0 },
	  LOGIN ">TYPE I\n<200 x\n>SIZE a\n<500 x\n>EPSV\n<229 (|||65536|)\n!weird-reply\n" },
	{ "numbers that are no octets",
	  "ftp://h/a",
	  { 0 },
	  LOGIN ">TYPE I\n<200 x\n>SIZE a\n<500 x\n>EPSV\n<500 x\n>PASV\n<227 "
		"(1,2,3,4,256,1)\n!weird-reply\n" },
	{ "the rest of a file",
	  "ftp://h/a",
	  { .first = 3 },
	  LOGIN ">TYPE I\n<200 x\n>SIZE a\n<213 5\n>EPSV\n<229 (|||9|)\n@9\n>REST 3\n<350 x\n>RETR "
		"a\n<150 x\n=2\n.2\n<226 x\n+\n" },
	{ "the rest of a file that ends before it",
	  "ftp://h/a",
	  { .first = 6 },
	  LOGIN ">TYPE I\n<200 x\n>SIZE a\n<213 5\n!range\n" },
	{ "where there is no REST",
	  "ftp://h/a",
	  { .first = 3 },
	  LOGIN
	  ">TYPE I\n<200 x\n>SIZE a\n<213 5\n>EPSV\n<229 (|||9|)\n@9\n>REST 3\n<502 x\n!range\n" },
	{ "a file that is not there",
	  "ftp://h/a",
	  { 0 },
	  LOGIN ">TYPE I\n<200 x\n>SIZE a\n<550 x\n>EPSV\n<229 (|||9|)\n@9\n>RETR a\n<550 "
		"none\n!remote-file\n" },
	{ "a transfer that is broken off",
	  "ftp://h/a",
	  { 0 },
	  LOGIN ">TYPE I\n<200 x\n>SIZE a\n<550 x\n>EPSV\n<229 (|||9|)\n@9\n>RETR a\n<150 "
		"x\n=-\n.3\n<426 x\n!partial\n" },
	{ "less than was told",
	  "ftp://h/a",
	  { 0 },
	  LOGIN ">TYPE I\n<200 x\n>SIZE a\n<213 5\n>EPSV\n<229 (|||9|)\n@9\n>RETR a\n<150 "
		"x\n=5\n.3\n<226 x\n!partial\n" },
	{ "more than was told",
	  "ftp://h/a",
	  { 0 },
	  LOGIN ">TYPE I\n<200 x\n>SIZE a\n<213 5\n>EPSV\n<229 (|||9|)\n@9\n>RETR a\n<150 "
		"x\n=5\n.6\n<226 x\n!partial\n" },
	{ "no word that it was all",
	  "ftp://h/a",
	  { 0 },
	  LOGIN ">TYPE I\n<200 x\n>SIZE a\n<213 5\n>EPSV\n<229 (|||9|)\n@9\n>RETR a\n<150 "
		"x\n=5\n.5\n$\n!partial\n" },
	{ "a server that hangs up early",
	  "ftp://h/a",
	  { 0 },
	  "<220 x\n>USER anonymous\n$\n!receive\n" },
};

START_TEST(a_session_is_a_dialogue)
{
	struct ftp ftp;
	struct url url = parse(sessions[_i].url);
	ck_assert_int_eq(ftp_init(&ftp, &url, &sessions[_i].options), 0);
	play(&ftp, sessions[_i].behaviour, sessions[_i].script);
}
END_TEST

static const struct {
	const char *text;
	int64_t modified_s;
} times[] = {
	{ "20240229123456", 1709210096 },
	{ "19700101000000", 0 },
	{ "20240229123456.789", 1709210096 },
	{ "20241301000000", -1 },
	{ "2024", -1 },
	{ "99991231235959", 253402300799 },
	{ "19691231235959", -1 },
	{ "2024022912345x", -1 },
	{ "20000301000000", 951868800 },
};

START_TEST(replies_may_come_together)
{
	struct ftp ftp;
	struct url url = parse("ftp://h/a");
	static const char both[] = "150 x\r\n226 x\r\n";
	ck_assert_int_eq(ftp_init(&ftp, &url, &(struct ftp_options){ 0 }), 0);
	play(&ftp, "the login",
	     LOGIN ">TYPE I\n<200 x\n>SIZE a\n<550 x\n>EPSV\n<229 (|||9|)\n@9\n>RETR a\n");
	ftp_receive(&ftp, both, sizeof both - 1);
	play(&ftp, "the end", "=-\n.3\n+\n");
}
END_TEST

START_TEST(a_time_is_utc)
{
	struct ftp ftp;
	char script[256];
	struct url url = parse("ftp://h/a");
	ck_assert_int_eq(ftp_init(&ftp, &url, &(struct ftp_options){ .wants_time = true }), 0);
	snprintf(script, sizeof script, LOGIN ">TYPE I\n<200 x\n>MDTM a\n<213 %s\n>SIZE a\n",
		 times[_i].text);
	play(&ftp, times[_i].text, script);
	ck_assert_int_eq(ftp.modified_s, times[_i].modified_s);
}
END_TEST

static const char *const dangerous[] = {
	"ftp://h/a%0d%0aDELE%20b",   "ftp://h/a%0aDELE/b",     "ftp://h/a%00b",
	"ftp://joe%0d%0aQUIT:x@h/a", "ftp://joe:x%0aQUIT@h/a",
};

START_TEST(a_url_sends_no_commands_of_its_own)
{
	struct ftp ftp;
	struct url url = parse(dangerous[_i]);
	ck_assert_int_eq(ftp_init(&ftp, &url, &(struct ftp_options){ 0 }), ERR_MALFORMED);
}
END_TEST

START_TEST(replies_have_bounds)
{
	struct ftp_reply_reader reader;
	struct ftp_reply reply;
	size_t taken;
	char line[FTP_LINE_BYTES_MAX + 1];
	memset(line, '2', sizeof line);
	ftp_reply_reader_init(&reader);
	ck_assert_int_eq(ftp_reply_receive(&reader, line, sizeof line, &taken, &reply),
			 ERR_TOO_BIG);
	ftp_reply_reader_init(&reader);
	ck_assert_int_eq(ftp_reply_receive(&reader, "220-x\n", 6, &taken, &reply), 0);
	int read = 0;
	for (size_t i = 0; i < FTP_REPLY_BYTES_MAX && read == 0; i++)
		read = ftp_reply_receive(&reader, "\n", 1, &taken, &reply);
	ck_assert_int_eq(read, ERR_TOO_BIG);
}
END_TEST

START_TEST(endless_announcements_are_refused)
{
	struct ftp ftp;
	struct ftp_action action;
	struct url url = parse("ftp://h/a");
	ck_assert_int_eq(ftp_init(&ftp, &url, &(struct ftp_options){ 0 }), 0);
	for (unsigned i = 0; i <= FTP_PRELIMINARY_MAX; i++)
		ftp_receive(&ftp, "120 soon\r\n", 10);
	ftp_next(&ftp, &action);
	ck_assert_int_eq(action.kind, FTP_FAILED);
}
END_TEST

START_TEST(replies_come_octet_by_octet)
{
	struct ftp_reply_reader reader;
	struct ftp_reply reply = { 0 };
	size_t taken, wholes = 0;
	static const char octets[] = "220-a\r\n220 b\r\n331 c\n";
	ftp_reply_reader_init(&reader);
	for (size_t i = 0; i < sizeof octets - 1; i++)
		wholes += ftp_reply_receive(&reader, octets + i, 1, &taken, &reply) == 1;
	ck_assert_uint_eq(wholes, 2);
	ck_assert_uint_eq(reply.code, 331);
	ck_assert(span_is(reply.text, "c"));
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("ftp");
	tcase_add_loop_test(tcase, a_session_is_a_dialogue, 0, COUNT(sessions));
	tcase_add_test(tcase, replies_may_come_together);
	tcase_add_loop_test(tcase, a_time_is_utc, 0, COUNT(times));
	tcase_add_loop_test(tcase, a_url_sends_no_commands_of_its_own, 0, COUNT(dangerous));
	tcase_add_test(tcase, replies_have_bounds);
	tcase_add_test(tcase, endless_announcements_are_refused);
	tcase_add_test(tcase, replies_come_octet_by_octet);
	Suite *suite = suite_create("ftp");
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}

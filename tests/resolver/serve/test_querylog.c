/* Lines about queries and answers: their forms, that they leave together, and that nobody waits for who reads them. */
#include "resolver/serve/querylog.h"

#include <check.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "resolver/wire/rdata.h"
#include "tests/suite.h"

static struct querylog querylog;
static int reader;

static const struct client_source source = { .addr = { .family = ADDR_IPV4, .octets = { 192, 0, 2, 1 } }, .port = 53000 };

static void
open_log(int fd, int read_end, bool has_time)
{
	const struct log log = { .program = "test", .level = LOG_LEVEL_INFO, .fd = fd, .has_time = has_time };

	querylog_init(&querylog, &log);
	reader = read_end;
}

static void
open_pipe(bool has_time)
{
	int fds[2];

	ck_assert_int_eq(pipe(fds), 0);
	ck_assert_int_eq(fcntl(fds[0], F_SETFL, O_NONBLOCK), 0);
	open_log(fds[1], fds[0], has_time);
}

static void
close_log(void)
{
	(void)close(reader);
	(void)close(querylog.log.fd);
}

static struct question
question_of(const char *name)
{
	struct question question = { .qtype = TYPE_AAAA, .qclass = CLASS_IN };

	ck_assert_int_eq(name_from_text(&question.qname, name, NULL), 0);
	return question;
}

/* What there is to be read. */
static const char *
read_all(void)
{
	static char text[1u << 17];
	size_t size = 0;
	ssize_t count;

	while ((count = read(reader, text + size, sizeof text - 1 - size)) > 0)
		size += (size_t)count;
	text[size] = '\0';
	return text;
}

static unsigned
lines_in(const char *text)
{
	unsigned count = 0;
	for (; (text = strchr(text, '\n')) != NULL; text++)
		count++;
	return count;
}

START_TEST(each_line_has_its_form)
{
	const struct question question = question_of("A\\000b.example.");
	const struct client_outcome outcome = {
		.question = &question,
		.rcode = RCODE_NXDOMAIN,
		.from_cache = true,
		.elapsed_us = 12000345,
		.reply_bytes = 97,
		.ede_text = "tells\na lie",
	};
	const struct client_outcome unread = { .rcode = RCODE_FORMERR };

	open_pipe(false);
	querylog_query(&querylog, &source, &question);
	querylog_query(&querylog, &source, NULL);
	querylog_reply(&querylog, &source, &outcome);
	querylog_reply(&querylog, &source, &unread);
	querylog_servfail(&querylog, &outcome);
	ck_assert_str_eq(read_all(), "");
	querylog_flush(&querylog);
	ck_assert_str_eq(read_all(), "test: info: 192.0.2.1 A\\000b.example. AAAA IN\n"
				     "test: info: 192.0.2.1 A\\000b.example. AAAA IN NXDOMAIN 12.000345 1 97\n"
				     "test: info: 192.0.2.1 - - - FORMERR - - -\n"
				     "test: error: SERVFAIL <A\\000b.example. AAAA IN>: tells\\x0aa lie\n");
	close_log();
}
END_TEST

/* What the two lines have in common is made once where one follows the other, and only there. */
START_TEST(an_answer_is_told_of_who_asked_for_it)
{
	const struct question first = question_of("a."), second = question_of("b.");
	const struct client_source other = { .addr = { .family = ADDR_IPV4, .octets = { 192, 0, 2, 2 } } };
	struct client_outcome outcome = { .question = &first, .reply_bytes = 1 };

	open_pipe(false);
	querylog_query(&querylog, &source, &first);
	querylog_reply(&querylog, &source, &outcome);
	querylog_reply(&querylog, &source, &outcome);
	querylog_query(&querylog, &source, &first);
	querylog_reply(&querylog, &other, &outcome);
	querylog_query(&querylog, &source, &second);
	querylog_reply(&querylog, &source, &outcome);
	querylog_flush(&querylog);
	querylog_query(&querylog, &source, &first);
	querylog_flush(&querylog);
	querylog_servfail(&querylog, &outcome); /* where the question was */
	querylog_reply(&querylog, &source, &outcome);
	querylog_flush(&querylog);
	ck_assert_str_eq(read_all(), "test: info: 192.0.2.1 a. AAAA IN\n"
				     "test: info: 192.0.2.1 a. AAAA IN NOERROR 0.000000 0 1\n"
				     "test: info: 192.0.2.1 a. AAAA IN NOERROR 0.000000 0 1\n"
				     "test: info: 192.0.2.1 a. AAAA IN\n"
				     "test: info: 192.0.2.2 a. AAAA IN NOERROR 0.000000 0 1\n"
				     "test: info: 192.0.2.1 b. AAAA IN\n"
				     "test: info: 192.0.2.1 a. AAAA IN NOERROR 0.000000 0 1\n"
				     "test: info: 192.0.2.1 a. AAAA IN\n"
				     "test: error: SERVFAIL <a. AAAA IN>: no reason given\n"
				     "test: info: 192.0.2.1 a. AAAA IN NOERROR 0.000000 0 1\n");
	close_log();
}
END_TEST

/* Anybody can send them: a line, and later how many there were. */
START_TEST(of_bad_signatures_there_is_a_line_now_and_then)
{
	static struct tsig_key key;
	const struct question question = question_of("kept.");
	struct client_outcome outcome = { .question = &question, .refused_signature = TSIG_BAD_SIG, .wanted_key = &key };
	const uint64_t first_us = 5000000u;

	ck_assert_int_eq(name_from_text(&key.name, "transfers.example.", NULL), 0);
	open_pipe(false);
	for (unsigned i = 0; i < 1000; i++)
		querylog_signature(&querylog, &source, &outcome, first_us + i * (QUERYLOG_SIGNATURE_US / 1000u));
	outcome.wanted_key = NULL;
	outcome.refused_signature = TSIG_BAD_KEY;
	querylog_signature(&querylog, &source, &outcome, first_us + QUERYLOG_SIGNATURE_US);
	querylog_signature(&querylog, &source, &outcome, first_us + 3 * QUERYLOG_SIGNATURE_US);
	querylog_flush(&querylog);
	ck_assert_str_eq(read_all(), "test: warning: refused, 192.0.2.1@53000 <kept. AAAA IN> has a signature that does not hold "
				     "(key transfers.example.); 0 more since the last such line\n"
				     "test: warning: refused, 192.0.2.1@53000 <kept. AAAA IN> is signed with another key or algorithm "
				     "(there are keys for zones' primaries alone); 999 more since the last such line\n"
				     "test: warning: refused, 192.0.2.1@53000 <kept. AAAA IN> is signed with another key or algorithm "
				     "(there are keys for zones' primaries alone); 0 more since the last such line\n");
	close_log();
}
END_TEST

/* As log_line writes it, to the millisecond. */
START_TEST(the_time_stands_in_front)
{
	const struct question question = question_of("example.");
	char before[LOG_PREFIX_BYTES_MAX], after[LOG_PREFIX_BYTES_MAX];

	open_pipe(true);
	for (unsigned i = 0; i < 1000; i++) {
		before[log_prefix(&querylog.log, LOG_LEVEL_INFO, before)] = '\0';
		querylog_query(&querylog, &source, &question);
		after[log_prefix(&querylog.log, LOG_LEVEL_INFO, after)] = '\0';
		querylog_flush(&querylog);
		const char *line = read_all();
		ck_assert_int_le(strncmp(before, line, strlen(before)), 0);
		ck_assert_int_ge(strncmp(after, line, strlen(after)), 0);
	}
	close_log();
}
END_TEST

/* A datagram a write: so they can be counted. */
START_TEST(the_lines_of_a_turn_are_one_write)
{
	const struct question question = question_of("www.example.");
	char lines[8192];
	int fds[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, fds), 0);
	open_log(fds[1], fds[0], true);
	for (unsigned i = 0; i < 40; i++)
		querylog_query(&querylog, &source, &question);
	querylog_flush(&querylog);
	const ssize_t size = recv(reader, lines, sizeof lines - 1, 0);
	ck_assert_int_gt(size, 0);
	lines[size] = '\0';
	ck_assert_uint_eq(lines_in(lines), 40);
	ck_assert_int_lt(recv(reader, lines, sizeof lines, 0), 0);
	close_log();
}
END_TEST

START_TEST(nobody_waits_for_who_does_not_read)
{
	const struct question question = question_of("a.name.that.is.somewhat.long.for.the.sake.of.it.example.");
	const unsigned count = 20000;
	unsigned seen = 0, more;

	open_pipe(true);
	for (unsigned i = 0; i < count; i++) {
		querylog_query(&querylog, &source, &question);
		if (i % 20 == 0)
			querylog_flush(&querylog);
	}
	ck_assert_uint_gt(querylog.lost, count / 2);
	do { /* and what was not lost comes whole, when it is read at last */
		const char *text = read_all();
		more = lines_in(text);
		ck_assert(more == 0 || text[strlen(text) - 1] == '\n');
		seen += more;
		querylog_flush(&querylog);
	} while (more > 0);
	ck_assert_uint_eq(seen + querylog.lost, count);
	close_log();
}
END_TEST

/* A piece may be cut where the pipe is full: what has been begun is still a line. */
START_TEST(what_nobody_took_at_the_end_is_lost_and_counted)
{
	const struct question question = question_of("www.example.");
	const unsigned count = 1500;

	open_pipe(true);
	ck_assert_int_ge(fcntl(querylog.log.fd, F_SETPIPE_SZ, 4096), 0);
	for (unsigned i = 0; i < count; i++)
		querylog_query(&querylog, &source, &question);
	querylog_end(&querylog);
	ck_assert_uint_eq(querylog.used, 0);
	const unsigned seen = lines_in(read_all());
	ck_assert_uint_gt(seen, 0);
	ck_assert_uint_gt(querylog.lost, count / 2);
	ck_assert_uint_eq(seen + querylog.lost, count);
	querylog_flush(&querylog);
	ck_assert_str_eq(read_all(), "");
	close_log();
}
END_TEST

START_TEST(who_has_gone_costs_the_lines_only)
{
	const struct question question = question_of("www.example.");

	open_pipe(true);
	(void)close(reader);
	for (unsigned i = 0; i < 3000; i++)
		querylog_query(&querylog, &source, &question);
	querylog_flush(&querylog);
	ck_assert_uint_eq(querylog.lost, 3000);
	ck_assert_uint_eq(querylog.used, 0);
	(void)close(querylog.log.fd);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("query log");
	TCase *tcase = tcase_create("lines");

	(void)signal(SIGPIPE, SIG_IGN);
	tcase_add_test(tcase, each_line_has_its_form);
	tcase_add_test(tcase, an_answer_is_told_of_who_asked_for_it);
	tcase_add_test(tcase, of_bad_signatures_there_is_a_line_now_and_then);
	tcase_add_test(tcase, the_time_stands_in_front);
	tcase_add_test(tcase, the_lines_of_a_turn_are_one_write);
	tcase_add_test(tcase, nobody_waits_for_who_does_not_read);
	tcase_add_test(tcase, what_nobody_took_at_the_end_is_lost_and_counted);
	tcase_add_test(tcase, who_has_gone_costs_the_lines_only);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}

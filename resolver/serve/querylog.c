#include "resolver/serve/querylog.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "resolver/wire/text.h"

void
querylog_init(struct querylog *querylog, const struct log *log)
{
	struct stat stat;

	*querylog = (struct querylog){
		.log = *log,
		.is_file = fstat(log->fd, &stat) == 0 && S_ISREG(stat.st_mode),
		.prefix_s = -1,
	};
}

/* ---- out ---------------------------------------------------------------------------------------------------------- */

/* As write(2), but EAGAIN where that would wait for the reader. */
static ssize_t
write_now(const struct querylog *querylog, const char *bytes, size_t size)
{
	const int fd = querylog->log.fd;

	if (!querylog->is_file) {
		const struct iovec all = { (void *)(uintptr_t)bytes, size };
		const ssize_t count = pwritev2(fd, &all, 1, -1, RWF_NOWAIT);
		if (count >= 0 || (errno != EOPNOTSUPP && errno != ENOSYS))
			return count;
		struct pollfd room = { .fd = fd, .events = POLLOUT }; /* of a pipe that is PIPE_BUF */
		if (poll(&room, 1, 0) == 0) {
			errno = EAGAIN;
			return -1;
		}
	}
	return write(fd, bytes, size);
}

/* Of so many octets of lines those that one write may have; a line is shorter.  A file takes all of them, in one piece. */
static size_t
piece(const struct querylog *querylog, const char *bytes, size_t size)
{
	if (size <= PIPE_BUF || querylog->is_file)
		return size;
	const char *end = memrchr(bytes, '\n', PIPE_BUF);
	return (size_t)(end + 1 - bytes);
}
static_assert(LOG_LINE_BYTES_MAX <= PIPE_BUF, "every piece ends with a line");

static unsigned
lines_in(const char *bytes, size_t size)
{
	unsigned count = 0;
	for (size_t i = 0; i < size; i++)
		count += bytes[i] == '\n';
	return count;
}

/* 0 octets: the reader is behind.  Where nobody reads any more, or nothing can be written, the lines are lost. */
static size_t
write_piece(struct querylog *querylog, const char *bytes, size_t left)
{
	const size_t size = piece(querylog, bytes, left);
	const ssize_t count = write_now(querylog, bytes, size);

	if (count >= 0)
		return (size_t)count;
	if (errno == EAGAIN || errno == EINTR)
		return 0;
	querylog->lost += lines_in(bytes, size);
	return size;
}

void
querylog_flush(struct querylog *querylog)
{
	size_t head = 0, taken;

	while (head < querylog->used && (taken = write_piece(querylog, querylog->bytes + head, querylog->used - head)) > 0)
		head += taken;
	if (head == 0)
		return;
	querylog->used -= head;
	memmove(querylog->bytes, querylog->bytes + head, querylog->used);
}

void
querylog_end(struct querylog *querylog)
{
	querylog_flush(querylog);
	querylog->lost += lines_in(querylog->bytes, querylog->used);
	querylog->used = 0;
}

/* ---- lines --------------------------------------------------------------------------------------------------------- */

/* Room for a line of any length; NULL: there is none, and the line is lost. */
static char *
begin(struct querylog *querylog)
{
	if (sizeof querylog->bytes - querylog->used < LOG_LINE_BYTES_MAX)
		querylog_flush(querylog);
	if (sizeof querylog->bytes - querylog->used >= LOG_LINE_BYTES_MAX)
		return querylog->bytes + querylog->used;
	querylog->lost++;
	return NULL;
}

static char *
put(char *at, const char *text)
{
	const size_t size = strlen(text);
	memcpy(at, text, size);
	return at + size;
}

static char *
put_number(char *at, uint64_t number, unsigned digits_min)
{
	char digits[20];
	unsigned count = 0;

	for (; number != 0 || count < digits_min; number /= 10)
		digits[count++] = (char)('0' + number % 10);
	while (count > 0)
		*at++ = digits[--count];
	return at;
}

/* What stands before all lines of a second is made once; what changes in it are the milliseconds. */
static char *
put_prefix(struct querylog *querylog, char *at)
{
	struct timespec now = { 0 };

	(void)clock_gettime(CLOCK_REALTIME, &now);
	if (now.tv_sec != querylog->prefix_s)
		querylog->prefix_bytes = log_prefix(&querylog->log, LOG_LEVEL_INFO, querylog->prefix);
	querylog->prefix_s = now.tv_sec;
	if (querylog->log.has_time)
		(void)put_number(querylog->prefix + LOG_MS_AT, (uint64_t)now.tv_nsec / 1000000, 3);
	memcpy(at, querylog->prefix, querylog->prefix_bytes);
	return at + querylog->prefix_bytes;
}

static char *
put_addr(char *at, const struct ip_addr *addr)
{
	return at + strlen(addr_to_text(addr, at, ADDR_TEXT_BYTES));
}

/* "NAME TYPE CLASS", or "- - -" for what could not be read. */
static char *
put_question(char *at, const struct question *question)
{
	if (question == NULL)
		return put(at, "- - -");
	at += strlen(name_to_text(&question->qname, at, NAME_TEXT_BYTES));
	*at++ = ' ';
	at += strlen(type_to_text(question->qtype, at, TYPE_TEXT_BYTES));
	*at++ = ' ';
	return at + strlen(class_to_text(question->qclass, at, TYPE_TEXT_BYTES));
}

/* What lines of queries and of answers begin with. */
static char *
put_asked(struct querylog *querylog, char *at, const struct client_source *source, const struct question *question)
{
	at = put_addr(put_prefix(querylog, at), &source->addr);
	*at++ = ' ';
	return put_question(at, question);
}

static void
end(struct querylog *querylog, char *at)
{
	*at++ = '\n';
	querylog->used = (size_t)(at - querylog->bytes);
}

void
querylog_query(struct querylog *querylog, const struct client_source *source, const struct question *question)
{
	char *at = question != NULL ? begin(querylog) : NULL;

	querylog->asked.question = NULL;
	if (at == NULL)
		return;
	querylog->asked.begin = querylog->used;
	end(querylog, put_asked(querylog, at, source, question));
	querylog->asked.end = querylog->used;
	querylog->asked.source = source;
	querylog->asked.question = question;
}

/* Nothing has been written since, nor has a write moved it. */
static bool
was_just_asked(const struct querylog *querylog, const struct client_source *source, const struct question *question)
{
	return question != NULL && querylog->asked.question == question && querylog->asked.source == source &&
	       querylog->asked.end == querylog->used;
}

void
querylog_reply(struct querylog *querylog, const struct client_source *source, const struct client_outcome *outcome)
{
	char *at = begin(querylog);

	if (at == NULL)
		return;
	if (was_just_asked(querylog, source, outcome->question)) {
		const size_t size = querylog->asked.end - 1 - querylog->asked.begin;
		memcpy(at, querylog->bytes + querylog->asked.begin, size);
		at += size;
	} else {
		at = put_asked(querylog, at, source, outcome->question);
	}
	*at++ = ' ';
	at = put(at, rcode_to_text(outcome->rcode));
	if (outcome->question == NULL) {
		end(querylog, put(at, " - - -"));
		return;
	}
	*at++ = ' ';
	at = put_number(at, outcome->elapsed_us / 1000000, 1);
	*at++ = '.';
	at = put_number(at, outcome->elapsed_us % 1000000, 6);
	at = put(at, outcome->from_cache ? " 1 " : " 0 ");
	end(querylog, put_number(at, outcome->reply_bytes, 1));
}

/* ---- what is rarer, and has words of others in it -------------------------------------------------------------------- */

static const char *
question_to_text(const struct question *question, char text[QUERYLOG_QUESTION_BYTES])
{
	*put_question(text, question) = '\0';
	return text;
}

static void __attribute__((format(printf, 3, 4)))
put_line(struct querylog *querylog, enum log_level level, const char *format, ...)
{
	char *at = begin(querylog);
	va_list args;

	if (at == NULL)
		return;
	va_start(args, format);
	querylog->used += log_format(&querylog->log, level, at, format, args);
	va_end(args);
}

void
querylog_servfail(struct querylog *querylog, const struct client_outcome *outcome)
{
	char question[QUERYLOG_QUESTION_BYTES];
	put_line(querylog, LOG_LEVEL_ERROR, "SERVFAIL <%s>: %s", question_to_text(outcome->question, question),
		 outcome->ede_text != NULL ? outcome->ede_text : "no reason given");
}

void
querylog_inform(struct querylog *querylog, const struct client_source *source, const struct client_outcome *outcome)
{
	char zone[NAME_TEXT_BYTES], addr[ADDR_TEXT_BYTES], question[QUERYLOG_QUESTION_BYTES];
	const struct local_match *match = outcome->informs;
	put_line(querylog, LOG_LEVEL_INFO, "%s %s %s@%u %s", name_to_text(match->zone, zone, sizeof zone),
		 local_type_to_text(match->type), addr_to_text(&source->addr, addr, sizeof addr), source->port,
		 question_to_text(outcome->question, question));
}

void
querylog_policy(struct querylog *querylog, const struct client_source *source, const struct client_outcome *outcome)
{
	char owner[NAME_TEXT_BYTES], addr[ADDR_TEXT_BYTES], question[QUERYLOG_QUESTION_BYTES];
	const struct policy_note *note = outcome->note;
	put_line(querylog, LOG_LEVEL_INFO, "rpz: applied [%s] %s %s %s %s@%u %s", note->log_name, note->trigger,
		 name_to_text(note->owner, owner, sizeof owner), note->action, addr_to_text(&source->addr, addr, sizeof addr),
		 source->port, question_to_text(outcome->question, question));
}

void
querylog_signature(struct querylog *querylog, const struct client_source *source, const struct client_outcome *outcome,
		   uint64_t now_us)
{
	char addr[ADDR_TEXT_BYTES], question[QUERYLOG_QUESTION_BYTES], key[NAME_TEXT_BYTES];
	const struct tsig_key *wanted = outcome->wanted_key;

	if (querylog->signature_at_us != 0 && now_us < querylog->signature_at_us + QUERYLOG_SIGNATURE_US) {
		querylog->signatures_untold++;
		return;
	}
	put_line(querylog, LOG_LEVEL_WARNING, "refused, %s@%u <%s> %s (%s%s); %llu more since the last such line",
		 addr_to_text(&source->addr, addr, sizeof addr), source->port, question_to_text(outcome->question, question),
		 tsig_verdict_text(outcome->refused_signature), wanted != NULL ? "key " : "there are keys for zones' primaries alone",
		 wanted != NULL ? name_to_text(&wanted->name, key, sizeof key) : "",
		 (unsigned long long)querylog->signatures_untold);
	querylog->signature_at_us = now_us;
	querylog->signatures_untold = 0;
}

/*
 * querylog.h - a line a query, a line an answer (unbound's log-queries, log-replies, log-servfail, rpz-log and inform zones).
 *
 * The forms are unbound's, so that what reads its log reads ours:
 *
 *     ADDRESS NAME TYPE CLASS                                     a query
 *     ADDRESS NAME TYPE CLASS RCODE SECONDS CACHED OCTETS         an answer; CACHED 1: nothing was asked upstream
 *     ADDRESS - - - RCODE - - -                                   an answer to what could not be read
 *     SERVFAIL <NAME TYPE CLASS>: REASON
 *     ZONE inform ADDRESS@PORT NAME TYPE CLASS
 *     rpz: applied [ZONE] TRIGGER OWNER ACTION ADDRESS@PORT NAME TYPE CLASS
 *
 * and one of our own, now and then, about messages whose signature (TSIG) is refused:
 *
 *     refused, ADDRESS@PORT <NAME TYPE CLASS> REASON (key NAME); N more since the last such line
 *
 * Lines gather, and leave together: when a turn of the loop ends, or there is no room.  No answer waits for who reads them: what
 * a pipe or a socket does not take waits here, and what finds no room any more is lost, and counted.
 *
 * Ownership: one thread's.  The descriptor is lent.
 * Bounds:    QUERYLOG_BYTES of lines; a write has whole lines, to a pipe or a socket PIPE_BUF octets at most, so those of several
 *            threads do not mix.
 */
#ifndef CAIRN_RESOLVER_SERVE_QUERYLOG_H
#define CAIRN_RESOLVER_SERVE_QUERYLOG_H

#include <time.h>

#include "resolver/serve/client.h"
#include "stack/base/log.h"

#define QUERYLOG_BYTES          65536u
#define QUERYLOG_RETRY_US       10000u /* when a pipe or a socket is looked at again that took no more */
#define QUERYLOG_SIGNATURE_US   10000000u /* anybody can send a bad signature: there is no more than a line in so long */
#define QUERYLOG_QUESTION_BYTES (NAME_TEXT_BYTES + 2u * 16u)

struct querylog {
	struct log log;
	bool is_file;    /* it takes what it is given, in its time */
	time_t prefix_s; /* the second of: */
	size_t prefix_bytes;
	char prefix[LOG_PREFIX_BYTES_MAX];
	uint64_t lost; /* lines */
	uint64_t signature_at_us; /* of the last line about one; 0: there was none */
	uint64_t signatures_untold; /* since */
	struct {
		const struct client_source *source;
		const struct question *question; /* NULL: there is none */
		size_t begin, end;
	} asked; /* the line of a query that was written last: that of an answer at once begins alike */
	size_t used;
	char bytes[QUERYLOG_BYTES];
};

void querylog_init(struct querylog *querylog, const struct log *log);
void querylog_query(struct querylog *querylog, const struct client_source *source, const struct question *question);
void querylog_reply(struct querylog *querylog, const struct client_source *source, const struct client_outcome *outcome);
void querylog_servfail(struct querylog *querylog, const struct client_outcome *outcome);
void querylog_inform(struct querylog *querylog, const struct client_source *source, const struct client_outcome *outcome);
/* outcome->note is there. */
void querylog_policy(struct querylog *querylog, const struct client_source *source, const struct client_outcome *outcome);
/* outcome->refused_signature is not TSIG_GOOD. */
void querylog_signature(struct querylog *querylog, const struct client_source *source, const struct client_outcome *outcome,
			uint64_t now_us);
/* In every turn; what `used` counts after it waits for one within QUERYLOG_RETRY_US. */
void querylog_flush(struct querylog *querylog);
/* After the last line: what is not taken now is lost, and counted. */
void querylog_end(struct querylog *querylog);

#endif

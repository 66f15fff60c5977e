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
 */
#ifndef CAIRN_RESOLVER_SERVE_QUERYLOG_H
#define CAIRN_RESOLVER_SERVE_QUERYLOG_H

#include "resolver/serve/client.h"
#include "stack/base/log.h"

#define QUERYLOG_QUESTION_BYTES (NAME_TEXT_BYTES + 2u * 16u)

void querylog_query(const struct log *log, const struct client_source *source,
		    const struct question *question);
void querylog_reply(const struct log *log, const struct client_source *source,
		    const struct client_outcome *outcome);
void querylog_servfail(const struct log *log, const struct client_outcome *outcome);
void querylog_inform(const struct log *log, const struct client_source *source,
		     const struct client_outcome *outcome);

/* outcome->note is there. */
void querylog_policy(const struct log *log, const struct client_source *source, const struct client_outcome *outcome);

/* The text of the line that querylog_reply writes; for its test.  Returns `text`. */
const char *querylog_reply_text(const struct client_source *source,
				const struct client_outcome *outcome, char *text,
				size_t text_bytes);

#endif

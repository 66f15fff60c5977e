#include "resolver/serve/querylog.h"

#include <stdio.h>

#include "resolver/wire/text.h"

/* "NAME TYPE CLASS", or "- - -" for what could not be read. */
static const char *
question_to_text(const struct question *question, char text[QUERYLOG_QUESTION_BYTES])
{
	char name[NAME_TEXT_BYTES], type[TYPE_TEXT_BYTES], class[TYPE_TEXT_BYTES];
	if (question == NULL)
		return "- - -";
	(void)snprintf(text, QUERYLOG_QUESTION_BYTES, "%s %s %s",
		       name_to_text(&question->qname, name, sizeof name),
		       type_to_text(question->qtype, type, sizeof type),
		       class_to_text(question->qclass, class, sizeof class));
	return text;
}

void
querylog_query(const struct log *log, const struct client_source *source,
	       const struct question *question)
{
	char addr[ADDR_TEXT_BYTES], text[QUERYLOG_QUESTION_BYTES];
	if (question != NULL)
		log_info(log, "%s %s", addr_to_text(&source->addr, addr, sizeof addr),
			 question_to_text(question, text));
}

const char *
querylog_reply_text(const struct client_source *source, const struct client_outcome *outcome,
		    char *text, size_t text_bytes)
{
	char addr[ADDR_TEXT_BYTES], question[QUERYLOG_QUESTION_BYTES];
	addr_to_text(&source->addr, addr, sizeof addr);
	if (outcome->question == NULL)
		(void)snprintf(text, text_bytes, "%s - - - %s - - -", addr,
			       rcode_to_text(outcome->rcode));
	else
		(void)snprintf(text, text_bytes, "%s %s %s %llu.%06llu %d %zu", addr,
			       question_to_text(outcome->question, question),
			       rcode_to_text(outcome->rcode),
			       (unsigned long long)(outcome->elapsed_us / 1000000),
			       (unsigned long long)(outcome->elapsed_us % 1000000),
			       outcome->from_cache, outcome->reply_bytes);
	return text;
}

void
querylog_reply(const struct log *log, const struct client_source *source,
	       const struct client_outcome *outcome)
{
	char text[ADDR_TEXT_BYTES + QUERYLOG_QUESTION_BYTES + 64];
	log_info(log, "%s", querylog_reply_text(source, outcome, text, sizeof text));
}

void
querylog_servfail(const struct log *log, const struct client_outcome *outcome)
{
	char question[QUERYLOG_QUESTION_BYTES];
	log_error(log, "SERVFAIL <%s>: %s", question_to_text(outcome->question, question),
		  outcome->ede_text != NULL ? outcome->ede_text : "no reason given");
}

void
querylog_inform(const struct log *log, const struct client_source *source,
		const struct client_outcome *outcome)
{
	char zone[NAME_TEXT_BYTES], addr[ADDR_TEXT_BYTES], question[QUERYLOG_QUESTION_BYTES];
	const struct local_match *match = outcome->informs;
	log_info(log, "%s %s %s@%u %s", name_to_text(match->zone, zone, sizeof zone),
		 local_type_to_text(match->type), addr_to_text(&source->addr, addr, sizeof addr),
		 source->port, question_to_text(outcome->question, question));
}

void
querylog_policy(const struct log *log, const struct client_source *source, const struct client_outcome *outcome)
{
	char owner[NAME_TEXT_BYTES], addr[ADDR_TEXT_BYTES], question[QUERYLOG_QUESTION_BYTES];
	const struct policy_note *note = outcome->note;
	log_info(log, "rpz: applied [%s] %s %s %s %s@%u %s", note->log_name, note->trigger,
		 name_to_text(note->owner, owner, sizeof owner), note->action,
		 addr_to_text(&source->addr, addr, sizeof addr), source->port,
		 question_to_text(outcome->question, question));
}

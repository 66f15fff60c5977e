#include "resolver/wire/ask.h"

#include <assert.h>

#include "resolver/wire/rdata.h"

size_t
ask_write(uint8_t *bytes, const struct question *question, uint16_t id, bool has_edns)
{
	const struct edns edns = { .present = true, .udp_bytes = EDNS_UDP_BYTES };
	struct render render;

	render_begin(&render, bytes, ASK_BYTES_MAX, id, DNS_RD | DNS_AD, 0, EDNS_RECORD_BYTES);
	int err = render_question(&render, question);
	if (err == 0 && has_edns)
		err = render_edns(&render, &edns);
	assert(err == 0);
	const int size = render_finish(&render);
	assert(size > 0);
	return (size_t)size;
}

bool
ask_is_answered_by(const struct message *message, const struct question *question, uint16_t id)
{
	const bool has_question = message->question_count == 1;

	if (message->id != id || (message->flags & DNS_QR) == 0 ||
	    DNS_OPCODE(message->flags) != OPCODE_QUERY)
		return false;
	/* A server that does not understand the question need not repeat it (RFC 1035, section 4.1.1). */
	if (!has_question)
		return message->question_count == 0 && message->rcode != RCODE_NOERROR &&
		       message->rcode != RCODE_NXDOMAIN;
	return message->question.qtype == question->qtype &&
	       message->question.qclass == question->qclass &&
	       name_equal(&message->question.qname, &question->qname);
}

/* ---- the answer section ------------------------------------------------------------------------------ */

static const struct rrset *
find_set(const struct rrset *section, const struct name *owner, uint16_t type)
{
	for (const struct rrset *set = section; set != NULL; set = set->next)
		if (set->type == type && set->class == CLASS_IN && name_equal(set->owner, owner))
			return set;
	return NULL;
}

const struct rrset *
ask_follow(const struct rrset *section, const struct question *question, uint32_t *ttl_s)
{
	struct name owner = question->qname;

	*ttl_s = UINT32_MAX;
	for (unsigned aliases = 0; aliases <= ASK_ALIASES_MAX; aliases++) {
		const struct rrset *set = find_set(section, &owner, question->qtype);
		const struct rrset *alias = find_set(section, &owner, TYPE_CNAME);
		struct rdata_walk walk;
		if (set != NULL) {
			*ttl_s = set->ttl_s < *ttl_s ? set->ttl_s : *ttl_s;
			return set;
		}
		if (alias == NULL)
			return NULL;
		*ttl_s = alias->ttl_s < *ttl_s ? alias->ttl_s : *ttl_s;
		rdata_first(alias, &walk);
		if (!rdata_next(&walk) ||
		    rdata_target(TYPE_CNAME, walk.bytes, walk.size, &owner) != 0)
			return NULL;
	}
	return NULL;
}

/*
 * ask.h - what a stub resolver asks, and what of a reply answers it (RFC 1034, section 5.3.1; RFC 1035, section 4.1.1).
 *
 * Ownership: nothing is kept; sets stay the message's.
 * Errors:    none.
 * Bounds:    ASK_BYTES_MAX octets of a question; ASK_ALIASES_MAX aliases.
 */
#ifndef CAIRN_RESOLVER_WIRE_ASK_H
#define CAIRN_RESOLVER_WIRE_ASK_H

#include "resolver/wire/message.h"

#define ASK_BYTES_MAX   300u /* a name of the largest size, and OPT */
#define ASK_ALIASES_MAX 16u

/* A question with RD and AD (RFC 6840, section 5.7) into ASK_BYTES_MAX octets; their number. */
size_t ask_write(uint8_t *bytes, const struct question *question, uint16_t id, bool has_edns);

/* Whether the message replies to this question: to nothing else may it be taken for an answer (RFC 5452, section 9.1). */
bool ask_is_answered_by(const struct message *message, const struct question *question, uint16_t id);

/* The set at the end of the chain of aliases from the question's name, and the least TTL on the way; NULL: there is none. */
const struct rrset *ask_follow(const struct rrset *section, const struct question *question, uint32_t *ttl_s);

#endif

/*
 * ldns_rules.h - where Cairn and ldns judge a message differently, and whose rule it is.
 *
 * ldns reads what it can and leaves the judgement to its caller; Cairn refuses at the door what
 * no RFC allows. evidence_read looks at the octets itself, with tests/resolver/wire/anatomy.h and
 * ldns's descriptions of the types, and says which rules they touch.  A rule that refuses means
 * that Cairn must refuse, whatever ldns does; of the others, the two may differ.  What no rule
 * covers they must judge alike.
 */
#ifndef CAIRN_TESTS_RESOLVER_WIRE_LDNS_RULES_H
#define CAIRN_TESTS_RESOLVER_WIRE_LDNS_RULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum rule_number {
	RULE_FRAME, RULE_NAME, RULE_FORWARD, RULE_HEADER, RULE_POINTERS, RULE_MISSING, RULE_OVERRUN,
	RULE_LEFT, RULE_BITMAP, RULE_PARAMS, RULE_OPTIONS, RULE_APL, RULE_LOC, RULE_EMPTY, RULE_OPT,
	RULE_TSIG, RULE_UNDESCRIBED, RULE_CLASS, RULE_GATEWAY, RULE_UNREAD, RULES
};

struct rule {
	bool refuses;
	const char *words, *reference;
};

extern const struct rule rules[RULES];

/* True for RULE_UNDESCRIBED's types. */
bool rules_leave_out(uint16_t type);

struct evidence {
	bool holds[RULES];
};

void evidence_read(struct evidence *evidence, const uint8_t *bytes, size_t size);

#endif

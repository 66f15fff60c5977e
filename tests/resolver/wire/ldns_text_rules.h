/*
 * ldns_text_rules.h - where texts of records differ between Cairn and ldns, and whose rule it is.
 */
#ifndef CAIRN_TESTS_RESOLVER_WIRE_LDNS_TEXT_RULES_H
#define CAIRN_TESTS_RESOLVER_WIRE_LDNS_TEXT_RULES_H

#include <stdbool.h>
#include <stdint.h>

enum way {
	PRESENTS = 1, /* ldns writes another text for the same octets */
	READS = 2,    /* the two read a text otherwise, or one of them does not take it */
	WRITES = 4,   /* what ldns writes Cairn does not read */
};

/* True when a rule explains a difference; `theirs` is what ldns writes for it. */
bool text_may_differ(enum way way, uint16_t type, const char *text, const char *theirs);

#endif

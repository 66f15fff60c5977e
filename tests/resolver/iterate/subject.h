/*
 * subject.h - a response made of records, with what had been asked, for the tests of what is made of it.
 *
 * Ownership: a subject lies in static memory: one at a time.
 */
#ifndef CAIRN_TESTS_RESOLVER_ITERATE_SUBJECT_H
#define CAIRN_TESTS_RESOLVER_ITERATE_SUBJECT_H

#include "resolver/iterate/scrub.h"
#include "tests/resolver/iterate/records.h"

#define SUBJECT_RECORDS_MAX 8

struct subject {
	struct arena arena;
	struct message message;
	struct name zone, qname;
	struct asked asked;
	struct classified classified;
};

/* Asked of a server of `zone`, with EDNS. */
void subject_init(struct subject *subject, const char *zone, const char *qname, uint16_t qtype, uint16_t flags,
		  uint16_t rcode);
/* SUBJECT_RECORDS_MAX at most, up to the first without owner; those of one owner and type that follow each other are a set. */
void subject_fill(struct subject *subject, enum dns_section section, const struct record *records);

extern const struct scrub_limits subject_limits;
/* Classified, then scrubbed by subject_limits. */
struct scrubbed subject_scrub(struct subject *subject);

#endif

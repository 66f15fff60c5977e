/*
 * denial_subject.h - what the tests of proofs share: memory, libcrypto, and a question that a proof answers.
 */
#ifndef CAIRN_TESTS_RESOLVER_VALIDATE_DENIAL_SUBJECT_H
#define CAIRN_TESTS_RESOLVER_VALIDATE_DENIAL_SUBJECT_H

#include "resolver/validate/denial.h"
#include "stack/base/arena.h"

extern struct arena arena;
extern struct crypto *crypto;

void set_up(void);
void tear_down(void);

/* Whether the name is not there, has not the type, did not need the wildcard, or has no DS. */
struct denial_question {
	enum { NAME, TYPE, EXACT, DS } asked;
	const char *qname; /* its zone is the top label's */
	uint16_t qtype;    /* TYPE: the type; EXACT: labels of the wildcard */
};

/* What the sets prove: enum proof, or enum ds_proof for DS. */
int proof_of(const struct rrset *sets, const struct denial_question *question, unsigned *hashes);

#endif

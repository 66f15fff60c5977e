/*
 * autotrust_subject.h - one trust point, the zone that it follows, and their clock, for the tests of RFC 5011.
 *
 * Keys are numbers (signer.h). One subject a program: it is static.
 */
#ifndef CAIRN_TESTS_RESOLVER_VALIDATE_AUTOTRUST_SUBJECT_H
#define CAIRN_TESTS_RESOLVER_VALIDATE_AUTOTRUST_SUBJECT_H

#include "resolver/validate/autotrust.h"
#include "stack/base/arena.h"
#include "tests/resolver/validate/signer.h"

#define SUBJECT_DAY_S   86400u
#define SUBJECT_START_S 1700000000u
#define SUBJECT_TTL_S   172800u
#define SUBJECT_KEYS_MAX 6u

/* Added to a number: the same key with the REVOKE bit, or one without the SEP bit. */
#define REVOKED 1000u
#define ZSK     2000u

struct keys {
	unsigned numbers[SUBJECT_KEYS_MAX]; /* 0 ends them */
};
#define KEYS(...) ((struct keys){ { __VA_ARGS__ } })

extern struct autotrust trust;
extern struct autotrust_reader reader;
extern const struct autotrust_rules rules;
extern struct arena arena;
extern struct crypto *crypto;
extern struct rng rng;
extern struct name zone;
extern uint64_t now_s;

void set_up(void);
void tear_down(void);

/* The zone's DNSKEY set, signed now for 20 days. */
const struct rrset *make_set(struct keys keys, struct keys signers);
enum autotrust_news hear(const struct rrset *set);
enum autotrust_news hear_after(unsigned days, struct keys keys, struct keys signers);

/* AUTOTRUST_START: not known. */
enum autotrust_state state_of(unsigned number);
unsigned anchors_of(const struct autotrust *of);

int read_text(const char *text);
/* The operator's file: the key of this number, as DNSKEY. */
void start_with(unsigned number);
/* With a success behind it. */
void running_with(unsigned number);

#endif

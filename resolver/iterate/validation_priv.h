/*
 * validation_priv.h - what the files of validation share (validation.h): validation.c judges answers, validation_set.c one set
 * by its signatures, validation_zone.c finds what that rests on.
 */
#ifndef CAIRN_RESOLVER_ITERATE_VALIDATION_PRIV_H
#define CAIRN_RESOLVER_ITERATE_VALIDATION_PRIV_H

#include "resolver/iterate/engine_priv.h"
#include "resolver/validate/denial.h"
#include "resolver/validate/limits.h"
#include "resolver/validate/rrsig.h"

enum finding { FINDING_SECURE, FINDING_INSECURE, FINDING_BOGUS, FINDING_WAIT, FINDING_SPENT /* the purse: nothing is known */ };

/* What a zone is, as its parent's DS says. */
enum cut_finding { CUT_SECURE, CUT_INSECURE, CUT_NONE, CUT_BOGUS, CUT_WAIT, CUT_SPENT };

/* Remembers why; FINDING_BOGUS. */
enum finding validation__bogus(struct task *task, int ede, const char *why);
/*
 * By the keys of the zone, of which with a DS set (the keys' own) only those count that it stands for.  SECURE: so is the set now;
 * *verify says what the signature was.
 */
enum finding validation__verify(struct engine *engine, struct task *task, struct rrset *set, const struct rrset *keys,
		const struct name *zone, const struct rrset *ds, struct verify *verify);
/* What a task for a fact has failed with; a failure of the network proves nothing. */
enum finding validation__fact_failed(struct task *task, const struct validation_fact *fact,
		int ede_default);
/* False: it is being asked for (*failed: it cannot be). */
bool validation__get_fact(struct engine *engine, struct task *task, const struct name *name,
		uint16_t type, struct validation_fact *fact, bool *failed);
/* The proofs that may be used, ready for denial.h; false when there is none. */
bool validation__denial_from(struct engine *engine, struct task *task,
		const struct rrset *authority, const struct name *name, struct name *zone, struct denial *denial);
/* Whether the zone is signed, with its DS set, or not to be validated. */
enum cut_finding validation__find_cut(struct engine *engine, struct task *task,
		const struct name *zone, const struct rrset **ds);
/* FINDING_SECURE: with the keys of the zone, which may have to be asked for. */
enum finding validation__find_keys(struct engine *engine, struct task *task, const struct name *zone,
		const struct rrset **keys);
/* Data without signatures: is there an unsigned delegation above? */
enum finding validation__find_unsigned(struct engine *engine, struct task *task,
		const struct name *owner, uint16_t type);

#endif

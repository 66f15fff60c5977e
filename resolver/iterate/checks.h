/*
 * checks.h - where a signature is checked: here, or elsewhere by the driver (engine.h, ENGINE_VERIFY).
 *
 * A check takes from 22 us (RSA of 2048 bits) to more than a millisecond (P-384), and one question may cause
 * VALIDATE_SIGNATURES_MAX of them.  All made here, they would hold up whatever else the driver's loop has to do, and that is
 * the answers that lie ready in the caches.  So each turn of that loop has an allowance (checks_turn_us).  What it does not
 * cover goes elsewhere, and so does every further signature of a set of which one has been wrong: that is not how zones are
 * signed, it is how somebody would keep us busy (CVE-2023-50387).
 *
 * Only so many are elsewhere at once (checks_at_once).  The tasks of the others wait in two lines, those of sets without a
 * wrong signature first.  Nothing is kept of what they wait for: at its turn a task judges its answer once more, comes to
 * the same signature, and lends it to the driver out of the scratch arena.  With the verdict it does so again; that one is
 * remembered with the task until then, and with it every other that has not settled its set, so that no check is made or
 * paid for twice.
 *
 *	judged -> line: of good sets | of others -> lent: ENGINE_VERIFY -> engine_verified -> judged again
 *
 * Ownership: verdicts lie in the arena of their task.
 * Units:     microseconds of one core of 2020, by algorithm and size: an estimate, so that a run is the same everywhere.
 * Bounds:    one check of a task waits or is elsewhere; a verdict is paid for like its signature (budget.h).
 */
#ifndef CAIRN_RESOLVER_ITERATE_CHECKS_H
#define CAIRN_RESOLVER_ITERATE_CHECKS_H

#include <stdbool.h>
#include <stdint.h>

#include "resolver/validate/rrsig.h"

/* What came of a check that its task may come to again. */
struct verdict {
	const struct verdict *next;
	uint64_t id; /* keyed hash of all that was checked */
	enum crypto_result result;
};

enum check_place {
	CHECK_NONE,
	CHECK_IN_LINE_GOOD, /* nothing is known against the set */
	CHECK_IN_LINE_BAD,  /* a signature of it has been wrong */
	CHECK_ELSEWHERE,
};

/* A task's. */
struct task_check {
	enum check_place place;
	uint32_t before, after;  /* in line: neighbours, TASK_NONE */
	uint64_t number;         /* elsewhere: of its ENGINE_VERIFY */
	struct verdict *awaited;
};

/* An engine's. */
struct checks {
	uint32_t left_us;      /* of this turn's allowance */
	uint32_t elsewhere, in_line;
	uint64_t count;        /* so many were lent; the number of the next one */
	struct check_line {
		uint32_t first, last; /* tasks, TASK_NONE */
	} good, bad;
	bool is_lending;       /* a task is on its way to the signature that it has waited for */
	bool is_lent;          /* it has got there: */
	struct verify_job lent;
};

/* What has come of a set's signatures. */
enum checked {
	CHECKED,       /* the verdict is in struct verify */
	CHECKED_WAIT,  /* the task waits for one of them */
	CHECKED_SPENT, /* the purse is empty */
};

#endif

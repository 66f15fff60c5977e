/*
 * qmin.h - how much of the name to show to which server (RFC 9156).
 *
 * Below a cut the name grows label by label until a referral or the whole name: the first
 * QMIN_ONE_LABEL_MAX queries add one label each, the rest of QMIN_STEPS_MAX share what is left.  A
 * shortened name is asked with type A, which every server knows; the whole name with its own type.
 * Labels that begin with an underscore never stand at a cut and are added together with the next.
 *
 * Relaxed: a server that answers a shortened name with an error, or below a registry with NXDOMAIN, may be
 * broken, so the whole name is asked before the error is believed.
 *
 * Pure; bounds in the constants below.
 */
#ifndef CAIRN_RESOLVER_ITERATE_QMIN_H
#define CAIRN_RESOLVER_ITERATE_QMIN_H

#include "resolver/wire/name.h"

#define QMIN_STEPS_MAX     10u /* RFC 9156, section 2.3: MAX_MINIMISE_COUNT */
#define QMIN_ONE_LABEL_MAX 4u  /* MINIMISE_ONE_LAB */
#define QMIN_TYPE          1u  /* A: RFC 9156, section 2.1 */

struct qmin {
	uint8_t labels; /* of the name to be asked now */
	uint8_t total;  /* of the whole name */
	uint8_t steps;  /* shortened names tried, over all cuts */
};

/* At the start of a name; without minimisation the whole name is asked at once. */
void qmin_start(struct qmin *qmin, const struct name *qname, bool enabled);
/* A cut of that many labels has been reached: the next name to ask there. */
void qmin_at_cut(struct qmin *qmin, const struct name *qname, unsigned cut_labels);
/* The shortened name exists and is no cut: the next one. */
void qmin_longer(struct qmin *qmin, const struct name *qname);
/* From now on the whole name. */
void qmin_give_up(struct qmin *qmin);

static inline bool
qmin_is_whole(const struct qmin *qmin)
{
	return qmin->labels == qmin->total;
}

#endif

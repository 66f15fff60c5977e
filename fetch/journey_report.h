/*
 * journey_report.h - the journey of a run: kept while it goes on, and written at its end in the forms that were asked for.
 *
 * --journey[=FORMS] to --journey-file FILE, or to standard error (journey_forms.h).  Written also, and above all, when a
 * transfer has failed: the list then ends with the first bad step.
 *
 * Ownership: journey_report_open allocates, journey_report_close frees.  It outlives the net that tells it.
 * Errors:    FAILURE_USAGE for a form that is unknown, FAILURE_JOURNEY for a file that cannot be written.
 * Bounds:    JOURNEY_BLOCK_BYTES of events, JOURNEY_ENDS_MAX verdicts; what is more is counted and said.  Where nothing is
 *            wanted but lines in a file, they have no bound: beyond JOURNEY_HELD_BYTES all is written, verdicts too, and
 *            forgotten.
 */
#ifndef CAIRN_FETCH_JOURNEY_REPORT_H
#define CAIRN_FETCH_JOURNEY_REPORT_H

#include "fetch/failure.h"
#include "fetch/journey/story.h"

#define JOURNEY_BLOCK_BYTES (8u << 20)
#define JOURNEY_HELD_BYTES  (128u << 10) /* as many events as causes are looked for among */
#define JOURNEY_RING_BYTES  (1u << 20) /* of the stack's trace, between two turns */
#define JOURNEY_ENDS_MAX    1024u

struct event_ring;
struct journey_report;

struct journey_wish {
	const char *forms, *path; /* as of journey_forms_read */
	bool has_secrets;         /* those of TLS go into the pcapng */
	bool has_hops;            /* which look for the addresses of all transfers in the list, at the end */
};

int journey_report_open(struct journey_report **report, const struct journey_wish *wish, uint64_t now_us, struct failure *failure);
/* The file that packets are captured to while the run goes on; NULL: none. */
const char *journey_report_capture(const struct journey_report *report);
uint64_t journey_report_ahead_us(const struct journey_report *report); /* of the capture's clock before the journey's */
int journey_report_secrets(const struct journey_report *report);       /* a descriptor for struct tls_options; report may be NULL */
struct journey *journey_report_list(struct journey_report *report); /* NULL for NULL */
struct event_ring *journey_report_ring(struct journey_report *report);
/* Takes what the stack has traced. */
void journey_report_take(struct journey_report *report);
/* Nothing is to be done until others answer: what was told gets its line, some of it (journey_lines.h). */
void journey_report_wait(struct journey_report *report);
/* The end of a transfer; its verdict is judged here. */
void journey_report_end(struct journey_report *report, const struct journey_end *end, const struct verdict_times *times);
/* When the capture is over.  0, or -1 and *failure. */
int journey_report_write(struct journey_report *report, struct failure *failure);
void journey_report_close(struct journey_report *report); /* NULL is nothing */

#endif

/*
 * progress.h - how far the transfers are: a bar each on a terminal, lines elsewhere, or JSON for programs.
 *
 * Kinds:     bar     the lines of the transfers under way are painted over, PROGRESS_PAINT_US apart at least
 *            plain   a line for each, every PROGRESS_LINE_US: for logs and for screen readers
 *            json    an object a line, every PROGRESS_PAINT_US at most
 * All of it goes to standard error, and what is a name in it is made printable.
 * Bounds:    PROGRESS_TRANSFERS_MAX are shown, the others work unseen.
 */
#ifndef CAIRN_FETCH_PROGRESS_H
#define CAIRN_FETCH_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "fetch/net.h"
#include "fetch/settings.h"
#include "fetch/transfer.h"

#define PROGRESS_PAINT_US      100000u
#define PROGRESS_LINE_US       5000000u
#define PROGRESS_TRANSFERS_MAX 8u

struct progress {
	struct net *net;
	enum progress_kind kind;
	struct net_timer due;
	const struct transfer *shown[PROGRESS_TRANSFERS_MAX];
	unsigned painted_lines; /* above the cursor, to be painted over */
};

/* The kind by the settings, and by where output goes. 0, or -1 and FAILURE_USAGE. */
int progress_init(struct progress *progress, struct net *net, const struct run_settings *run,
		  bool is_content_on_terminal, struct failure *failure);
void progress_fini(struct progress *progress);

void progress_add(struct progress *progress, const struct transfer *transfer);
/* Its last state is shown, and it is forgotten. */
void progress_remove(struct progress *progress, const struct transfer *transfer);
/* Before anything else is written to the terminal: the bars make room. */
void progress_hide(struct progress *progress);

/* "1.5M", "980": octets for people, of PROGRESS_AMOUNT_BYTES. */
#define PROGRESS_AMOUNT_BYTES 16u
const char *progress_amount(uint64_t octets, char words[PROGRESS_AMOUNT_BYTES]);

#endif

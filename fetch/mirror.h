/*
 * mirror.h - a URL with what it refers to: --requisites, --mirror, --level, --convert-links (shell).
 *
 * Crawls by the rules of crawl.h: each URL is a transfer of its own over kept-alive connections, several at a time,
 * into the file that local_path.h gives it. HTML and style sheets are read for links when they are whole. When
 * all is fetched --convert-links lets the files refer to each other, and to the web for what is not there.
 *
 * Ownership: mirror_start allocates, mirror_free frees, also while it is under way. The job's texts and settings
 *            stay the caller's.
 * Errors:    each transfer tells its own; what a page refers to and does not exist is a failure as
 *            any other, except robots.txt.
 * Bounds:    MIRROR_URLS_MAX URLs, MIRROR_ARENA_BYTES for their texts; what is over is left out and told.
 */
#ifndef CAIRN_FETCH_MIRROR_H
#define CAIRN_FETCH_MIRROR_H

#include "fetch/transfer.h"

#define MIRROR_URLS_MAX     32768u
#define MIRROR_ARENA_BYTES  (64u << 20) /* of pages, of which only those that are used are touched */
#define MIRROR_PARALLEL_MAX 6u          /* to one site, as browsers */

struct mirror;

/* on_end of every transfer but those of robots.txt, whatever came of it; mirror_free of one under way is silent. */
struct mirror_callbacks {
	void (*on_begin)(void *data, struct transfer *transfer);
	void (*on_end)(void *data, struct transfer *transfer);
	void (*on_failure)(void *data, const struct failure *failure); /* of anything else */
	void (*on_done)(void *data, struct mirror *mirror);
	void *data;
};

/* The group's settings have a mirror (settings_has_mirror). Callbacks come from the loop. NULL, with a failure: no memory, or the URL is none. */
struct mirror *mirror_start(struct client *client, const struct transfer_job *job,
			    const struct mirror_callbacks *callbacks, struct failure *failure);
void mirror_free(struct mirror *mirror); /* NULL is nothing */

#endif

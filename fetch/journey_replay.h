/*
 * journey_replay.h - journeys that were written down: drawn anew, or two of them compared.  Nothing is fetched.
 *
 * Errors: FAILURE_READ for a file that cannot be read or is no journey; else journey_forms.h.
 * Bounds: REPLAY_FILE_BYTES_MAX a file.
 */
#ifndef CAIRN_FETCH_JOURNEY_REPLAY_H
#define CAIRN_FETCH_JOURNEY_REPLAY_H

#include "fetch/failure.h"

#define REPLAY_FILE_BYTES_MAX (64u << 20)

/* The NDJSON of `from` in other forms (journey_forms.h), to path.  0, or -1 and *failure. */
int journey_replay(const char *from, const char *forms, const char *path, struct failure *failure);
/* What has changed between two of them (journey/diff.h), to standard output. */
int journey_compare(const char *before, const char *after, struct failure *failure);

#endif

/*
 * stream_dry.h - a stream to nobody: what is sent is shown on standard output, and nothing comes back (--dry-run).
 *
 * Ownership: stream_dry_open allocates, stream_close frees.
 * Errors:    NULL: no memory. What cannot be shown is the failure of a write (output.h).
 */
#ifndef CAIRN_FETCH_STREAM_DRY_H
#define CAIRN_FETCH_STREAM_DRY_H

#include "fetch/stream.h"

struct stream *stream_dry_open(void);

#endif

/*
 * file_name.h - the name of a local file from what a server or a URL says, safe to create.
 *
 * Only the last segment counts, whichever slash separates; control characters (C0, DEL, C1), line separators
 * and bidirectional controls go, and leading dots, dashes and spaces: no name leaves its directory, hides, reads as an
 * option, or shows as what it is not.  Octets that are no UTF-8 are read as ISO-8859-1, as HTTP did once.
 * Errors:    ERR_NOT_FOUND: nothing is left.
 * Bounds:    the name is cut between characters to FILE_NAME_BYTES_MAX octets; a short extension is kept.
 */
#ifndef CAIRN_FETCH_FILE_NAME_H
#define CAIRN_FETCH_FILE_NAME_H

#include "fetch/span.h"
#include "stack/base/err.h"

#define FILE_NAME_BYTES_MAX 255u /* NAME_MAX of every file system in use */

int file_name_safe(struct span text, char name[FILE_NAME_BYTES_MAX + 1]);

#endif

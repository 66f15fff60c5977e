/*
 * text_file.h - a file that the operator names, read whole: configuration, hints, anchors, zones.
 *
 * What is read may be a pipe: only its end tells how much there is.  Files are not mapped: one that is cut short
 * meanwhile must not end the program.
 *
 * Ownership: *text is the caller's, to be freed; it has no NUL behind it.
 * Errors:    ERR_IO, ERR_TOO_BIG, ERR_NO_MEMORY, and the reason in words in *why, lent until the next call of strerror.
 * Bounds:    bytes_max octets.
 */
#ifndef CAIRN_RESOLVER_SERVE_TEXT_FILE_H
#define CAIRN_RESOLVER_SERVE_TEXT_FILE_H

#include <stddef.h>

int text_file_read(const char *path, size_t bytes_max, char **text, size_t *text_bytes, const char **why);

#endif

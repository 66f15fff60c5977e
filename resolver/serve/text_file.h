/*
 * text_file.h - a file that the operator names, read or replaced as a whole: configuration, hints, anchors, zones.
 *
 * What is read may be a pipe: only its end tells how much there is.  Files are not mapped: one that is cut short
 * meanwhile must not end the program.
 *
 * What replaces a file is written beside it, as NAME.new, and brought to the disk before it takes the name: at any moment the
 * name stands for the old text or for the new one, whole.
 *
 * Ownership: *text is the caller's, to be freed; it has no NUL behind it.
 * Errors:    ERR_IO, ERR_TOO_BIG, ERR_NO_MEMORY, and the reason in words in *why, lent until the next call of strerror.
 * Bounds:    bytes_max octets.
 */
#ifndef CAIRN_RESOLVER_SERVE_TEXT_FILE_H
#define CAIRN_RESOLVER_SERVE_TEXT_FILE_H

#include <stddef.h>
#include <stdint.h>

/* How much there is now; 0: nothing, or nobody knows. */
uint64_t text_file_bytes(const char *path);
int text_file_read(const char *path, size_t bytes_max, char **text, size_t *text_bytes, const char **why);
/* Keeps the mode of what is there; a file that is new can be read by its owner alone. */
int text_file_replace(const char *path, const char *text, size_t text_bytes, const char **why);

#endif

/*
 * coding.h - the names of content and transfer codings (RFC 9110, section 8.4.1; RFC 9112, section 7;
 * br RFC 7932, zstd RFC 8878).
 */
#ifndef CAIRN_FETCH_CODING_H
#define CAIRN_FETCH_CODING_H

#include "fetch/field.h"

#define CODINGS_MAX 5u /* stacked in one message */

enum coding { CODING_GZIP, CODING_DEFLATE, CODING_BR, CODING_ZSTD, CODING_COUNT };

/* In the order in which they were applied: the last is undone first. */
struct codings {
	enum coding at[CODINGS_MAX];
	unsigned count;
};

const char *coding_name(enum coding coding);
bool coding_from_name(struct span name, enum coding *coding); /* also x-gzip */

/*
 * The codings of Content-Encoding.  ERR_UNSUPPORTED: *unknown is not one of ours; ERR_TOO_BIG: too many.
 */
int codings_read(const struct fields *fields, struct codings *codings, struct span *unknown);

#endif

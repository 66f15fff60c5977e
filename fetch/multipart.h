/*
 * multipart.h - bodies of forms: multipart/form-data (RFC 7578), as browsers write it.
 *
 * A body is heads with contents between, and an end: the caller sends what multipart_part_write wrote, then the
 * content, and after the last one multipart_end_write.  Written once to count, a body has a known length.
 * In names " CR LF become %22 %0D %0A (HTML, section 4.10.21.8), so that none leaves its quotes.
 *
 * Errors:    ERR_FULL; ERR_MALFORMED: a type or boundary with CR, LF or NUL.
 */
#ifndef CAIRN_FETCH_MULTIPART_H
#define CAIRN_FETCH_MULTIPART_H

#include "fetch/span.h"
#include "stack/base/cursor.h"
#include "stack/base/rng.h"

#define MULTIPART_BOUNDARY_BYTES 40u /* 24 dashes and 16 digits drawn: unlikely in any content */

struct multipart_part {
	struct span name;
	struct span file_name; /* `at` NULL: no file */
	struct span type;      /* of the content; empty: none is said */
};

void multipart_boundary_draw(struct rng *rng, char boundary[MULTIPART_BOUNDARY_BYTES + 1]);
/* "multipart/form-data; boundary=..." */
void multipart_type_write(const char *boundary, struct writer *out);
/* is_first: the first part has no line end before its boundary. */
int multipart_part_write(const char *boundary, const struct multipart_part *part, bool is_first,
			 struct writer *out);
int multipart_end_write(const char *boundary, struct writer *out);

/* The media type that a file's name suggests; "application/octet-stream" when none does. */
const char *multipart_type_of(struct span file_name);

#endif

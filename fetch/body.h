/*
 * body.h - what a request carries: the data of -d and its kin joined, or a file that is read as it is sent.
 *
 * Data are put together in memory before the request; a file is read in pieces. Where no length is known
 * beforehand (a pipe), the request is sent in chunks (RFC 9112, section 7.1) and cannot be repeated.
 *
 * Ownership: body_fini frees and closes.
 * Errors:    -1 and FAILURE_READ, FAILURE_MEMORY, FAILURE_SIZE.
 * Bounds:    data of BODY_DATA_BYTES_MAX.
 */
#ifndef CAIRN_FETCH_BODY_H
#define CAIRN_FETCH_BODY_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "fetch/failure.h"
#include "fetch/settings.h"
#include "fetch/span.h"

#define BODY_DATA_BYTES_MAX  (256u << 20)
#define BODY_FORM_TYPE_BYTES 80u /* multipart/form-data with its boundary */

enum body_kind { BODY_NONE, BODY_DATA, BODY_FILE };

struct body {
	enum body_kind kind;
	char *data;     /* BODY_DATA */
	int descriptor; /* BODY_FILE */
	bool has_length;
	uint64_t bytes, at;
	const char *content_type; /* NULL: none is said */
	char form_type[BODY_FORM_TYPE_BYTES];
	bool is_json;
};

/* The -d, --json ... of the settings as one text. */
int body_from_data(struct body *body, const struct setting_list *data, struct failure *failure);
/* The -F and --form-string of the settings as one form (RFC 7578). */
int body_from_form(struct body *body, const struct setting_list *forms, struct failure *failure);
/* -T; "-" is standard input. */
int body_from_file(struct body *body, const char *path, struct failure *failure);
void body_fini(struct body *body);

/* > 0: octets; 0: the end; -EAGAIN: none at this moment; -1: *failure. */
ssize_t body_read(struct body *body, void *into, size_t bytes, struct failure *failure);
/* To its beginning, for another attempt; false: it cannot be read twice. */
bool body_rewind(struct body *body);

#endif

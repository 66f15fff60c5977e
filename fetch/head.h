/*
 * head.h - the status line and the field section of a response, and its trailers (RFC 9112, sections 4 and 5).
 *
 * A reader takes octets as they come and says when a section is whole.  Lines may end in a bare LF
 * (RFC 9112, section 2.2), which is noted, except in trailers; a folded line is joined to the one before by
 * spaces (section 5.2).  Anything else that the grammar forbids is a failure: what one reader of a message skips
 * and another does not is how messages get read in two ways.
 *
 * Several heads may come in a row (interim responses, RFC 9110, section 15.2), then trailers.  The next head
 * takes the place of the last; trailers stand behind the final head.
 *
 * Ownership: fields borrow the reader's memory until the next head begins.
 * Errors:    ERR_MALFORMED, ERR_TOO_BIG, ERR_UNSUPPORTED (no status line; the failure names what it looks like).
 * Bounds:    the line, and all heads, trailers included, together.
 */
#ifndef CAIRN_FETCH_HEAD_H
#define CAIRN_FETCH_HEAD_H

#include "fetch/failure.h"
#include "fetch/field.h"

#define HEAD_LINE_BYTES_MAX (64u * 1024u)
#define HEAD_BYTES_MAX      (256u * 1024u)
#define HEAD_FIELDS_MAX     1000u

struct head {
	unsigned version; /* 9: HTTP/0.9, no head at all; 10; 11, also for every higher 1.x; 20 */
	unsigned status;  /* three digits, 0 to 999 */
	struct span reason;
	struct fields fields;
	bool has_bare_lf; /* a line ended without CR */
	bool has_fold;    /* a field went over several lines */
};

enum head_state {
	HEAD_START,  /* octets of the status line, which may turn out to be something else */
	HEAD_FIELDS, /* the status line is read */
	HEAD_WHOLE,
	HEAD_FAILED,
};

struct head_reader {
	enum head_state state;
	bool is_trailers;
	bool is_http2;    /* the text is of http2.h: "HTTP/2 200", no reason */
	struct head head; /* of the last whole or current head */
	struct fields trailers;
	size_t line_begin;  /* of the line that is not whole yet */
	size_t used;        /* octets of `octets` */
	size_t total_bytes; /* of all sections of this reader */
	size_t field_first; /* of the current section */
	size_t field_count; /* of all */
	struct field fields[HEAD_FIELDS_MAX];
	char octets[HEAD_BYTES_MAX];
};

void head_reader_init(struct head_reader *reader);
/* 1: the section is whole; 0: it wants more; negative: failed.  *taken octets are used up. */
int head_reader_receive(struct head_reader *reader, const void *octets, size_t bytes, size_t *taken,
			struct failure *failure);
void head_reader_again(struct head_reader *reader); /* after a whole interim head: the next one */
void head_reader_trailers(struct head_reader *reader); /* after the final head: its trailers */

/* False when what has come (reader->octets, reader->used) cannot begin a status line of HTTP/1. */
bool head_reader_is_http(const struct head_reader *reader);

/* The first digit of the status, and 5 for what RFC 9110, section 15, calls invalid. */
unsigned head_status_class(const struct head *head);

#endif

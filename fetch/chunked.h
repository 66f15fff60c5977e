/*
 * chunked.h - the chunked transfer coding, both ways (RFC 9112, section 7.1).
 *
 * The decoder is strict, for a chunk boundary that two readers see in two places is how requests are smuggled:
 * lines end in CRLF, a size is hexadecimal digits and nothing else, extensions are what the grammar says.
 * The trailer section is the head reader's business (head.h).
 *
 * Ownership: data borrows the octets given.
 * Errors:    ERR_MALFORMED, ERR_TOO_BIG.
 * Bounds:    a chunk's line, and all extensions of a body together.
 */
#ifndef CAIRN_FETCH_CHUNKED_H
#define CAIRN_FETCH_CHUNKED_H

#include "fetch/failure.h"
#include "fetch/span.h"
#include "stack/base/err.h"

#define CHUNKED_LINE_BYTES_MAX       4096u
#define CHUNKED_EXTENSIONS_BYTES_MAX (16u * 1024u)
#define CHUNKED_SIZE_DIGITS_MAX      16u

enum chunked_state {
	CHUNKED_LINE,    /* inside `size [; extensions] CRLF` */
	CHUNKED_DATA,    /* left_bytes of the chunk are still to come */
	CHUNKED_DATA_CR, /* the data is complete, CR has to follow */
	CHUNKED_DATA_LF,
	CHUNKED_LAST, /* the last chunk's line is read: the trailer section comes next */
};

struct chunked {
	enum chunked_state state;
	uint64_t chunk_bytes; /* of the current chunk */
	uint64_t left_bytes;
	size_t extensions_bytes;
	size_t line_bytes;
	char line[CHUNKED_LINE_BYTES_MAX];
};

void chunked_init(struct chunked *chunked);
/*
 * Takes octets up to the end of one run of data.  1: the last chunk is reached; 0: go on; negative: failed.
 * `data` may be empty; *taken is at least 1.
 */
int chunked_receive(struct chunked *chunked, const char *octets, size_t bytes, size_t *taken,
		    struct span *data, struct failure *failure);

/* The line before a chunk of `bytes` octets, which are followed by CHUNKED_DATA_END.  The octets written. */
#define CHUNKED_HEAD_BYTES_MAX 18u
#define CHUNKED_DATA_END       "\r\n"
#define CHUNKED_END            "0\r\n\r\n" /* the last chunk and an empty trailer section */
size_t chunked_head_write(char head[CHUNKED_HEAD_BYTES_MAX], uint64_t bytes);

#endif

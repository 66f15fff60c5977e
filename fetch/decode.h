/*
 * decode.h - undoes stacked content and transfer codings (RFC 9110, section 8.4; RFC 1950 to 1952).
 *
 * gzip (several members too) and deflate (with the zlib wrapper of the RFC, or raw as some servers send it) are
 * here, over zlib; other codings come as `struct decoder_ops` from who can load their libraries.
 *
 *     decode_give(decode, coded);
 *     while (decode_take(decode, &content, &failure) == 1) ... content ...
 *     at the end of the body: decode_end(decode, &failure)
 *
 * A coding that stops before its own end, or goes on behind it, is a failure: the content is damaged or cut.
 * Ownership: coded octets are borrowed until decode_take says 0; content until the next call.  The memory
 *            is the arena's; decode_fini gives back what loaded libraries hold.
 * Errors:    ERR_MALFORMED (damaged, cut), ERR_TOO_BIG (a bound), ERR_NO_MEMORY, ERR_UNSUPPORTED.
 * Bounds:    octets of content, and their ratio to the coded octets once they are more than
 *            DECODE_RATIO_FREE_BYTES: what is small harms nobody, whatever its ratio.
 */
#ifndef CAIRN_FETCH_DECODE_H
#define CAIRN_FETCH_DECODE_H

#include "fetch/coding.h"
#include "fetch/failure.h"
#include "stack/base/arena.h"

#define DECODERS_MAX         (2 * CODINGS_MAX) /* transfer codings, then content codings */
#define DECODE_OUT_BYTES     (64u * 1024u)     /* the last decoder's output */
#define DECODE_BETWEEN_BYTES (16u * 1024u)
#define DECODE_STATE_BYTES   (48u * 1024u) /* zlib: a window of 32 KiB and its state */
#define DECODE_MEMORY_BYTES                                                                        \
	(DECODE_OUT_BYTES + DECODERS_MAX * (DECODE_BETWEEN_BYTES + DECODE_STATE_BYTES))
#define DECODE_RATIO_MAX        2000u /* deflate reaches 1032 on zeros */
#define DECODE_RATIO_FREE_BYTES (64u * 1024u * 1024u)

enum decoder_result {
	DECODER_OK,  /* wants more input, or more room */
	DECODER_END, /* the coding's own end; what comes after it is given to the next step */
	DECODER_DAMAGED,
	DECODER_NO_MEMORY,
};

/* One coding.  Open's failure is set already; it may say more.  Step takes from `in` and writes at most *out_bytes, which becomes what it wrote. */
struct decoder_ops {
	int (*open)(void **state, struct arena *arena, struct failure *failure);
	enum decoder_result (*step)(void *state, struct span *in, char *out, size_t *out_bytes);
	void (*close)(void *state);
};

struct decode_libraries {
	const struct decoder_ops *br, *zstd; /* NULL: not here */
};

struct decode_limits {
	uint64_t content_bytes_max; /* 0: no bound */
	unsigned ratio_max;         /* 0: DECODE_RATIO_MAX */
};

struct decoder {
	enum coding coding;
	const struct decoder_ops *ops;
	void *state;
	struct span in; /* not taken yet */
	char *out;
	size_t out_bytes_max;
	bool is_ended; /* at the coding's end, nothing after it so far */
	bool was_full; /* the last step used all its room: there may be more without more input */
	uint64_t in_bytes; /* taken in all */
};

struct decode {
	struct decoder decoders[DECODERS_MAX]; /* the first sees what was received */
	unsigned count;
	struct decode_limits limits;
	uint64_t content_bytes;
};

/* Undoes `transfer` first, then `content`, each from its last coding on. */
int decode_init(struct decode *decode, const struct codings *transfer,
		const struct codings *content, const struct decode_libraries *libraries,
		const struct decode_limits *limits, struct arena *arena, struct failure *failure);
void decode_give(struct decode *decode, struct span coded);
int decode_take(struct decode *decode, struct span *content, struct failure *failure);
int decode_end(struct decode *decode, struct failure *failure);
void decode_fini(struct decode *decode);

extern const struct decoder_ops decode_gzip, decode_deflate;

#endif

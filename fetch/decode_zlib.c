/* gzip and deflate (RFC 1950 to 1952) for decode.h, in memory of the arena. */
#include <zlib.h>

#include "fetch/decode.h"

#define GZIP_WINDOW_BITS (15 + 16) /* zlib's way to say: gzip and nothing else */
#define ZLIB_WINDOW_BITS 15
#define RAW_WINDOW_BITS  (-15)

struct zlib_state {
	z_stream stream;
	bool is_between; /* a member has ended; what follows is another one */
	/* deflate: the first two octets tell the wrapper of RFC 1950 from raw RFC 1951 */
	uint8_t begin[2];
	unsigned begin_bytes;
	bool is_open;
};

/* NULL where calloc would give it. */
static voidpf
take_memory(voidpf arena, uInt items, uInt size)
{
	return arena_zalloc(arena, items, size);
}

/* The arena goes as a whole. */
static void
leave_memory(voidpf arena, voidpf memory)
{
	(void)arena, (void)memory;
}

static int
state_new(void **out, struct arena *arena, bool is_gzip)
{
	struct zlib_state *state = arena_zalloc(arena, 1, sizeof *state);
	*out = state;
	if (state == NULL)
		return ERR_NO_MEMORY;
	state->stream.zalloc = take_memory;
	state->stream.zfree = leave_memory;
	state->stream.opaque = arena;
	int window_bits = is_gzip ? GZIP_WINDOW_BITS : ZLIB_WINDOW_BITS;
	return inflateInit2(&state->stream, window_bits) == Z_OK ? 0 : ERR_NO_MEMORY;
}

static int
gzip_open(void **state, struct arena *arena, struct failure *failure)
{
	(void)failure;
	return state_new(state, arena, true);
}

static int
deflate_open(void **state, struct arena *arena, struct failure *failure)
{
	(void)failure;
	return state_new(state, arena, false);
}

static enum decoder_result
inflate_some(struct zlib_state *state, struct span *in, char *out, size_t *out_bytes)
{
	z_stream *stream = &state->stream;
	/* zlib counts in 32 bits; what is left over is given to the next step */
	uInt in_bytes = in->bytes < UINT32_MAX ? (uInt)in->bytes : UINT32_MAX;
	stream->next_in = (z_const Bytef *)(uintptr_t)in->at;
	stream->avail_in = in_bytes;
	stream->next_out = (Bytef *)out;
	stream->avail_out = (uInt)*out_bytes;
	int result = inflate(stream, Z_NO_FLUSH);
	*in = span_from(*in, in_bytes - stream->avail_in);
	*out_bytes -= stream->avail_out;
	if (result == Z_STREAM_END)
		return DECODER_END;
	if (result == Z_MEM_ERROR)
		return DECODER_NO_MEMORY;
	return result == Z_OK || result == Z_BUF_ERROR ? DECODER_OK : DECODER_DAMAGED;
}

static enum decoder_result
gzip_step(void *opaque, struct span *in, char *out, size_t *out_bytes)
{
	struct zlib_state *state = opaque;
	if (state->is_between && in->bytes != 0) { /* RFC 1952, section 2.2: a series of members */
		if (inflateReset(&state->stream) != Z_OK)
			return DECODER_DAMAGED;
		state->is_between = false;
	}
	if (state->is_between) {
		*out_bytes = 0;
		return DECODER_END;
	}
	enum decoder_result result = inflate_some(state, in, out, out_bytes);
	state->is_between = result == DECODER_END;
	return result;
}

/* RFC 1950, section 2.2: method 8 and a check that is a multiple of 31. */
static bool
begins_with_wrapper(const uint8_t begin[2])
{
	return (begin[0] & 0x0f) == 8 && (begin[0] << 8 | begin[1]) % 31 == 0;
}

/* Gives the first two octets to the decoder that they ask for. */
static enum decoder_result
deflate_begin(struct zlib_state *state, struct span *in)
{
	while (state->begin_bytes < 2 && in->bytes != 0) {
		state->begin[state->begin_bytes++] = (uint8_t)in->at[0];
		*in = span_from(*in, 1);
	}
	if (state->begin_bytes < 2)
		return DECODER_OK;
	if (!begins_with_wrapper(state->begin) &&
	    inflateReset2(&state->stream, RAW_WINDOW_BITS) != Z_OK)
		return DECODER_NO_MEMORY;
	state->is_open = true;
	return DECODER_OK;
}

static enum decoder_result
deflate_step(void *opaque, struct span *in, char *out, size_t *out_bytes)
{
	struct zlib_state *state = opaque;
	size_t room = *out_bytes, written = 0;
	enum decoder_result result = DECODER_OK;
	if (!state->is_open) {
		result = deflate_begin(state, in);
		if (result != DECODER_OK || !state->is_open) {
			*out_bytes = 0;
			return result;
		}
		struct span begin = span_of(state->begin, sizeof state->begin);
		written = room;
		result = inflate_some(state, &begin, out, &written);
	}
	if (result == DECODER_OK) {
		*out_bytes = room - written;
		result = inflate_some(state, in, out + written, out_bytes);
		written += *out_bytes;
	}
	*out_bytes = written;
	return result;
}

static void
state_free(void *opaque)
{
	(void)inflateEnd(&((struct zlib_state *)opaque)->stream);
}

const struct decoder_ops decode_gzip = { gzip_open, gzip_step, state_free };
const struct decoder_ops decode_deflate = { deflate_open, deflate_step, state_free };

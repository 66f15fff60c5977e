/* zstd (RFC 8878) by libzstd; see decode_libraries.h. */
#include <dlfcn.h>
#include <stdlib.h>
#include <zstd.h>

#include "fetch/decode_libraries.h"

#define ZSTD_FILE           "libzstd.so.1"
#define ZSTD_WINDOW_LOG_MAX 23 /* RFC 9659: 8 MiB */

struct zstd_state {
	void *library;
	ZSTD_DCtx *decoder;
	__typeof__(ZSTD_createDCtx) *create;
	__typeof__(ZSTD_DCtx_setParameter) *set_parameter;
	__typeof__(ZSTD_decompressStream) *decompress;
	__typeof__(ZSTD_isError) *is_error;
	__typeof__(ZSTD_freeDCtx) *destroy;
};

static void
zstd_close(void *opaque)
{
	struct zstd_state *state = opaque;
	if (state->decoder != NULL)
		state->destroy(state->decoder);
	if (state->library != NULL)
		dlclose(state->library);
	free(state);
}

static bool
zstd_bind(struct zstd_state *state, struct failure *failure)
{
	state->library = decode__library(ZSTD_FILE, CODING_ZSTD, failure);
	if (state->library == NULL)
		return false;
	*(void **)&state->create = dlsym(state->library, "ZSTD_createDCtx");
	*(void **)&state->set_parameter = dlsym(state->library, "ZSTD_DCtx_setParameter");
	*(void **)&state->decompress = dlsym(state->library, "ZSTD_decompressStream");
	*(void **)&state->is_error = dlsym(state->library, "ZSTD_isError");
	*(void **)&state->destroy = dlsym(state->library, "ZSTD_freeDCtx");
	return state->create != NULL && state->set_parameter != NULL && state->decompress != NULL &&
	       state->is_error != NULL && state->destroy != NULL;
}

static int
zstd_open(void **out, struct arena *arena, struct failure *failure)
{
	(void)arena;
	struct zstd_state *state = calloc(1, sizeof *state);
	if (state == NULL)
		return ERR_NO_MEMORY;
	bool is_bound = zstd_bind(state, failure);
	if (is_bound)
		state->decoder = state->create();
	*out = state;
	if (state->decoder != NULL &&
	    !state->is_error(
		    state->set_parameter(state->decoder, ZSTD_d_windowLogMax, ZSTD_WINDOW_LOG_MAX)))
		return 0;
	zstd_close(state);
	return is_bound ? ERR_NO_MEMORY : ERR_UNSUPPORTED;
}

/* Frames may follow each other (RFC 8878, section 3); 0 says that one is whole. */
static enum decoder_result
zstd_step(void *opaque, struct span *in, char *out, size_t *out_bytes)
{
	struct zstd_state *state = opaque;
	ZSTD_inBuffer from = { in->at, in->bytes, 0 };
	ZSTD_outBuffer into = { out, *out_bytes, 0 };
	size_t result = state->decompress(state->decoder, &into, &from);
	*in = span_from(*in, from.pos);
	*out_bytes = into.pos;
	if (state->is_error(result))
		return DECODER_DAMAGED;
	return result == 0 ? DECODER_END : DECODER_OK;
}

const struct decoder_ops decode_zstd = { zstd_open, zstd_step, zstd_close };

/* br (RFC 7932) by libbrotlidec; see decode_libraries.h. */
#include <brotli/decode.h>
#include <dlfcn.h>
#include <stdlib.h>

#include "fetch/decode_libraries.h"

#define BROTLI_FILE "libbrotlidec.so.1"

struct br_state {
	void *library;
	BrotliDecoderState *decoder;
	__typeof__(BrotliDecoderCreateInstance) *create;
	__typeof__(BrotliDecoderDecompressStream) *decompress;
	__typeof__(BrotliDecoderGetErrorCode) *error_code;
	__typeof__(BrotliDecoderDestroyInstance) *destroy;
};

static void
br_close(void *opaque)
{
	struct br_state *state = opaque;
	if (state->decoder != NULL)
		state->destroy(state->decoder);
	if (state->library != NULL)
		dlclose(state->library);
	free(state);
}

static bool
br_bind(struct br_state *state, struct failure *failure)
{
	state->library = decode__library(BROTLI_FILE, CODING_BR, failure);
	if (state->library == NULL)
		return false;
	*(void **)&state->create = dlsym(state->library, "BrotliDecoderCreateInstance");
	*(void **)&state->decompress = dlsym(state->library, "BrotliDecoderDecompressStream");
	*(void **)&state->error_code = dlsym(state->library, "BrotliDecoderGetErrorCode");
	*(void **)&state->destroy = dlsym(state->library, "BrotliDecoderDestroyInstance");
	return state->create != NULL && state->decompress != NULL && state->error_code != NULL &&
	       state->destroy != NULL;
}

static int
br_open(void **out, struct arena *arena, struct failure *failure)
{
	(void)arena;
	struct br_state *state = calloc(1, sizeof *state);
	if (state == NULL)
		return ERR_NO_MEMORY;
	bool is_bound = br_bind(state, failure);
	if (is_bound)
		state->decoder = state->create(NULL, NULL, NULL);
	*out = state;
	if (state->decoder != NULL)
		return 0;
	br_close(state);
	return is_bound ? ERR_NO_MEMORY : ERR_UNSUPPORTED;
}

static bool
is_out_of_memory(const struct br_state *state)
{
	BrotliDecoderErrorCode code = state->error_code(state->decoder);
	return code <= BROTLI_DECODER_ERROR_ALLOC_CONTEXT_MODES &&
	       code >= BROTLI_DECODER_ERROR_ALLOC_BLOCK_TYPE_TREES;
}

static enum decoder_result
br_step(void *opaque, struct span *in, char *out, size_t *out_bytes)
{
	struct br_state *state = opaque;
	size_t in_left = in->bytes, out_left = *out_bytes;
	const uint8_t *from = (const uint8_t *)in->at;
	uint8_t *into = (uint8_t *)out;
	BrotliDecoderResult result =
		state->decompress(state->decoder, &in_left, &from, &out_left, &into, NULL);
	*in = span_from(*in, in->bytes - in_left);
	*out_bytes -= out_left;
	switch (result) {
	case BROTLI_DECODER_RESULT_SUCCESS: return DECODER_END;
	case BROTLI_DECODER_RESULT_NEEDS_MORE_INPUT:
	case BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT: return DECODER_OK;
	case BROTLI_DECODER_RESULT_ERROR: break;
	}
	return is_out_of_memory(state) ? DECODER_NO_MEMORY : DECODER_DAMAGED;
}

const struct decoder_ops decode_br = { br_open, br_step, br_close };

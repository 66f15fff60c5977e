#include "fetch/decode.h"

#include <assert.h>

static const struct decoder_ops *
find_ops(enum coding coding, const struct decode_libraries *libraries)
{
	switch (coding) {
	case CODING_GZIP: return &decode_gzip;
	case CODING_DEFLATE: return &decode_deflate;
	case CODING_BR: return libraries != NULL ? libraries->br : NULL;
	case CODING_ZSTD: return libraries != NULL ? libraries->zstd : NULL;
	case CODING_COUNT: break;
	}
	return NULL;
}

static int
fail_memory(enum coding coding, struct failure *failure)
{
	failure_set(failure, FAILURE_MEMORY, "no memory for the coding %s", coding_name(coding));
	return ERR_NO_MEMORY;
}

static int
decoder_open(struct decoder *decoder, enum coding coding, const struct decode_libraries *libraries,
	     size_t out_bytes, struct arena *arena, struct failure *failure)
{
	*decoder = (struct decoder){ .coding = coding, .out_bytes_max = out_bytes };
	decoder->ops = find_ops(coding, libraries);
	decoder->out = arena_alloc(arena, out_bytes);
	if (decoder->out == NULL)
		return fail_memory(coding, failure);
	failure_set(failure, FAILURE_CODING, "the coding %s cannot be undone here",
		    coding_name(coding)); /* unless open knows better */
	int err = decoder->ops != NULL ? decoder->ops->open(&decoder->state, arena, failure)
				       : ERR_UNSUPPORTED;
	if (err == 0)
		failure_clear(failure);
	return err == ERR_NO_MEMORY ? fail_memory(coding, failure) : err;
}

int
decode_init(struct decode *decode, const struct codings *transfer, const struct codings *content,
	    const struct decode_libraries *libraries, const struct decode_limits *limits,
	    struct arena *arena, struct failure *failure)
{
	enum coding order[DECODERS_MAX];
	unsigned count = 0;
	for (unsigned i = transfer->count; i-- > 0;)
		order[count++] = transfer->at[i];
	for (unsigned i = content->count; i-- > 0;)
		order[count++] = content->at[i];

	*decode = (struct decode){ .limits = *limits };
	if (decode->limits.ratio_max == 0)
		decode->limits.ratio_max = DECODE_RATIO_MAX;
	for (unsigned i = 0; i < count; i++) {
		size_t out_bytes = i + 1 == count ? DECODE_OUT_BYTES : DECODE_BETWEEN_BYTES;
		int err = decoder_open(&decode->decoders[i], order[i], libraries, out_bytes, arena,
				       failure);
		if (err != 0) {
			decode_fini(decode);
			return err;
		}
		decode->count++;
	}
	return 0;
}

void
decode_fini(struct decode *decode)
{
	for (unsigned i = 0; i < decode->count; i++)
		decode->decoders[i].ops->close(decode->decoders[i].state);
	decode->count = 0;
}

void
decode_give(struct decode *decode, struct span coded)
{
	assert(decode->count != 0 && decode->decoders[0].in.bytes == 0);
	decode->decoders[0].in = coded;
}

static int
fail_step(const struct decoder *decoder, enum decoder_result result, struct failure *failure)
{
	if (result == DECODER_NO_MEMORY)
		return fail_memory(decoder->coding, failure);
	failure_set(failure, FAILURE_CODING, "the content's coding %s is damaged after %llu octets",
		    coding_name(decoder->coding), (unsigned long long)decoder->in_bytes);
	return ERR_MALFORMED;
}

/* One step.  1: output; 0: the input is used up; negative: failed. */
static int
decoder_step(struct decoder *decoder, struct span *out, struct failure *failure)
{
	while (decoder->in.bytes != 0 || decoder->was_full) {
		size_t out_bytes = decoder->out_bytes_max, in_bytes = decoder->in.bytes;
		enum decoder_result result =
			decoder->ops->step(decoder->state, &decoder->in, decoder->out, &out_bytes);
		if (result != DECODER_OK && result != DECODER_END)
			return fail_step(decoder, result, failure);
		bool has_moved = decoder->in.bytes != in_bytes || out_bytes != 0;
		decoder->in_bytes += in_bytes - decoder->in.bytes;
		decoder->was_full = out_bytes == decoder->out_bytes_max;
		/* A step that had nothing to do leaves the end where it was. */
		decoder->is_ended = result == DECODER_END || (decoder->is_ended && !has_moved);
		if (!has_moved && decoder->in.bytes != 0)
			return fail_step(decoder, DECODER_DAMAGED, failure);
		*out = span_of(decoder->out, out_bytes);
		if (out_bytes != 0)
			return 1;
	}
	return 0;
}

/* Runs the decoder nearest to the end that has work; its output is the next one's input. */
static int
pipeline_step(struct decode *decode, struct span *out, struct failure *failure)
{
	unsigned i = decode->count;
	while (i-- > 0) {
		int result = decoder_step(&decode->decoders[i], out, failure);
		if (result < 0)
			return result;
		if (result == 0)
			continue;
		if (i + 1 == decode->count)
			return 1;
		decode->decoders[i + 1].in = *out;
		i += 2; /* once more from there */
	}
	return 0;
}

static int
check_limits(const struct decode *decode, struct failure *failure)
{
	uint64_t coded_bytes = decode->decoders[0].in_bytes;
	const struct decode_limits *limits = &decode->limits;
	if (limits->content_bytes_max != 0 && decode->content_bytes > limits->content_bytes_max) {
		failure_set(failure, FAILURE_SIZE,
			    "the content is larger than the %llu octets allowed",
			    (unsigned long long)limits->content_bytes_max);
		return ERR_TOO_BIG;
	}
	if (decode->content_bytes > DECODE_RATIO_FREE_BYTES &&
	    decode->content_bytes / limits->ratio_max > coded_bytes) {
		failure_set(
			failure, FAILURE_SIZE,
			"%llu coded octets became %llu, more than %u each: a decompression bomb",
			(unsigned long long)coded_bytes, (unsigned long long)decode->content_bytes,
			limits->ratio_max);
		return ERR_TOO_BIG;
	}
	return 0;
}

int
decode_take(struct decode *decode, struct span *content, struct failure *failure)
{
	int result = pipeline_step(decode, content, failure);
	if (result != 1)
		return result;
	decode->content_bytes += content->bytes;
	int err = check_limits(decode, failure);
	return err != 0 ? err : 1;
}

int
decode_end(struct decode *decode, struct failure *failure)
{
	for (unsigned i = 0; i < decode->count; i++) {
		const struct decoder *decoder = &decode->decoders[i];
		assert(decoder->in.bytes == 0);
		if (decoder->is_ended || decoder->in_bytes == 0) /* an empty body codes nothing */
			continue;
		failure_set(failure, FAILURE_CODING,
			    "the content's coding %s is cut short after %llu octets",
			    coding_name(decoder->coding), (unsigned long long)decoder->in_bytes);
		return ERR_MALFORMED;
	}
	return 0;
}

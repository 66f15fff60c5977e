#include "stack/tcp_wire.h"

#include <assert.h>

enum tcp_option_kind {
	OPTION_END = 0,
	OPTION_NOP = 1,
	OPTION_MSS = 2,
	OPTION_WINDOW_SCALE = 3,
	OPTION_SACK_PERMITTED = 4,
	OPTION_SACK = 5,
	OPTION_TIMESTAMPS = 8,
};

/* With kind and length. */
#define MSS_BYTES            4u
#define WINDOW_SCALE_BYTES   3u
#define SACK_PERMITTED_BYTES 2u
#define TIMESTAMPS_BYTES     10u
#define SACK_BYTES(count)    (2u + 8u * (count))

#define FLAGS_MASK 0xffu /* the other bits are reserved: ignored when read, zero when written */

/* ---- reading --------------------------------------------------------------------------------- */

static void
read_sacks(struct cursor *value, struct tcp_options *options)
{
	while (cursor_left(value) != 0 && options->sack_count < TCP_SACKS_MAX) {
		struct seq_range *sack = &options->sacks[options->sack_count++];
		sack->begin = cursor_u32(value);
		sack->end = cursor_u32(value);
	}
}

/* What only a SYN may carry (RFC 9293, section 3.2; RFC 7323, section 2.2; RFC 2018, section 2). */
static void
read_syn_option(uint8_t kind, size_t option_bytes, struct cursor *value,
		struct tcp_options *options)
{
	if (kind == OPTION_MSS && option_bytes == MSS_BYTES) {
		const uint16_t mss = cursor_u16(value);
		if (mss != 0)
			options->mss = mss;
	} else if (kind == OPTION_WINDOW_SCALE && option_bytes == WINDOW_SCALE_BYTES) {
		const uint8_t wscale = cursor_u8(value);
		options->wscale = wscale <= TCP_WSCALE_MAX ? wscale : TCP_WSCALE_MAX;
		options->has_wscale = true;
	} else if (kind == OPTION_SACK_PERMITTED && option_bytes == SACK_PERMITTED_BYTES) {
		options->sack_permitted = true;
	}
}

/* An option of a length that its kind does not have is skipped like an unknown one. */
static void
read_option(uint8_t kind, size_t option_bytes, struct cursor *value, bool is_syn,
	    struct tcp_options *options)
{
	if (kind == OPTION_TIMESTAMPS && option_bytes == TIMESTAMPS_BYTES) {
		options->ts_val = cursor_u32(value);
		options->ts_ecr = cursor_u32(value);
		options->has_timestamps = true;
	} else if (kind == OPTION_SACK && (option_bytes - 2) % 8 == 0 && !is_syn) {
		read_sacks(value, options);
	} else if (is_syn) {
		read_syn_option(kind, option_bytes, value, options);
	}
}

static void
read_options(struct cursor *c, bool is_syn, struct tcp_options *options)
{
	while (cursor_left(c) != 0) {
		const uint8_t kind = cursor_u8(c);
		if (kind == OPTION_END)
			return;
		if (kind == OPTION_NOP)
			continue;
		const uint8_t option_bytes = cursor_u8(c);
		if (option_bytes < 2 || option_bytes - 2u > cursor_left(c))
			return; /* where the next one would begin is not known */
		struct cursor value = cursor_sub(c, option_bytes - 2u);
		read_option(kind, option_bytes, &value, is_syn, options);
	}
}

int
tcp_header_read(struct cursor *c, struct tcp_header *header, struct tcp_options *options)
{
	*options = (struct tcp_options){ 0 };
	header->source_port = cursor_u16(c);
	header->destination_port = cursor_u16(c);
	header->seq = cursor_u32(c);
	header->ack = cursor_u32(c);
	const uint16_t offset_flags = cursor_u16(c);
	header->window = cursor_u16(c);
	header->checksum = cursor_u16(c);
	cursor_skip(c, 2); /* the urgent pointer */
	header->flags = offset_flags & FLAGS_MASK;
	header->header_bytes = (size_t)(offset_flags >> 12) * 4;
	if (c->err != 0)
		return c->err;
	if (header->header_bytes < TCP_HEADER_BYTES) {
		cursor_fail(c, ERR_MALFORMED);
		return c->err;
	}
	struct cursor list = cursor_sub(c, header->header_bytes - TCP_HEADER_BYTES);
	if (c->err == 0)
		read_options(&list, (header->flags & TCP_SYN) != 0, options);
	return c->err;
}

/* ---- writing --------------------------------------------------------------------------------- */

/* What all options but SACK blocks take, with their padding. */
static size_t
fixed_options_bytes(const struct tcp_options *options)
{
	size_t size = 0;

	if (options->mss != 0)
		size += MSS_BYTES;
	if (options->has_timestamps)
		size += 2 + TIMESTAMPS_BYTES; /* two NOPs, or SACK-permitted in their place */
	else if (options->sack_permitted)
		size += 2 + SACK_PERMITTED_BYTES;
	if (options->has_wscale)
		size += 1 + WINDOW_SCALE_BYTES;
	return size;
}

/* How many blocks the rest holds, after two NOPs that align them: two at least. */
static unsigned
sacks_that_fit(const struct tcp_options *options, size_t fixed_bytes)
{
	const unsigned fit =
		(unsigned)(TCP_OPTIONS_BYTES_MAX - fixed_bytes - 2 - SACK_BYTES(0)) / 8;
	return options->sack_count < fit ? options->sack_count : fit;
}

size_t
tcp_options_bytes(const struct tcp_options *options)
{
	const size_t size = fixed_options_bytes(options);
	const unsigned sack_count = sacks_that_fit(options, size);
	return sack_count == 0 ? size : size + 2 + SACK_BYTES(sack_count);
}

static void
write_timestamps(struct writer *w, const struct tcp_options *options)
{
	writer_u8(w, options->sack_permitted ? OPTION_SACK_PERMITTED : OPTION_NOP);
	writer_u8(w, options->sack_permitted ? SACK_PERMITTED_BYTES : OPTION_NOP);
	writer_u8(w, OPTION_TIMESTAMPS);
	writer_u8(w, TIMESTAMPS_BYTES);
	writer_u32(w, options->ts_val);
	writer_u32(w, options->ts_ecr);
}

static void
write_sacks(struct writer *w, const struct seq_range *sacks, unsigned count)
{
	writer_u8(w, OPTION_NOP);
	writer_u8(w, OPTION_NOP);
	writer_u8(w, OPTION_SACK);
	writer_u8(w, (uint8_t)SACK_BYTES(count));
	for (unsigned i = 0; i < count; i++) {
		writer_u32(w, sacks[i].begin);
		writer_u32(w, sacks[i].end);
	}
}

static void
write_options(struct writer *w, const struct tcp_options *options)
{
	const unsigned sack_count = sacks_that_fit(options, fixed_options_bytes(options));

	if (options->mss != 0) {
		writer_u8(w, OPTION_MSS);
		writer_u8(w, MSS_BYTES);
		writer_u16(w, options->mss);
	}
	if (options->has_timestamps) {
		write_timestamps(w, options);
	} else if (options->sack_permitted) {
		writer_u8(w, OPTION_NOP);
		writer_u8(w, OPTION_NOP);
		writer_u8(w, OPTION_SACK_PERMITTED);
		writer_u8(w, SACK_PERMITTED_BYTES);
	}
	if (options->has_wscale) {
		writer_u8(w, OPTION_NOP);
		writer_u8(w, OPTION_WINDOW_SCALE);
		writer_u8(w, WINDOW_SCALE_BYTES);
		writer_u8(w, options->wscale);
	}
	if (sack_count != 0)
		write_sacks(w, options->sacks, sack_count);
}

void
tcp_header_write(struct writer *w, struct tcp_header *header, const struct tcp_options *options)
{
	const size_t begin = w->pos;

	assert(options->wscale <= TCP_WSCALE_MAX && options->sack_count <= TCP_SACKS_MAX);
	header->header_bytes = TCP_HEADER_BYTES + tcp_options_bytes(options);
	assert(header->header_bytes <= TCP_HEADER_BYTES_MAX && header->header_bytes % 4 == 0);
	writer_u16(w, header->source_port);
	writer_u16(w, header->destination_port);
	writer_u32(w, header->seq);
	writer_u32(w, header->ack);
	writer_u16(w, (uint16_t)(header->header_bytes / 4 << 12 | (header->flags & FLAGS_MASK)));
	writer_u16(w, header->window);
	writer_u16(w, header->checksum);
	writer_u16(w, 0); /* the urgent pointer */
	write_options(w, options);
	assert(w->err != 0 || w->pos - begin == header->header_bytes);
}

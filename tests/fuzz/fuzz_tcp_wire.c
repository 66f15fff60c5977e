/*
 * Any octets as a TCP segment: what is read stays within its bounds, and what was understood of it
 * survives being written and read again.
 */
#include <stdlib.h>
#include <string.h>

#include "stack/tcp_wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void
check(bool holds)
{
	if (!holds)
		abort();
}

/* SACK blocks of the input may be more than find room beside the rest in our layout. */
static void
check_options(const struct tcp_options *options, const struct tcp_options *back)
{
	check(options->mss == back->mss);
	check(options->has_wscale == back->has_wscale && options->wscale == back->wscale);
	check(options->sack_permitted == back->sack_permitted);
	check(options->has_timestamps == back->has_timestamps);
	check(options->ts_val == back->ts_val && options->ts_ecr == back->ts_ecr);
	check(back->sack_count <= options->sack_count);
	check(memcmp(options->sacks, back->sacks, back->sack_count * sizeof back->sacks[0]) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct cursor c = cursor_over(bytes, size);
	struct tcp_header header, header_back;
	struct tcp_options options, options_back;
	uint8_t out[TCP_HEADER_BYTES_MAX];

	if (tcp_header_read(&c, &header, &options) != 0)
		return 0;
	check(c.pos == header.header_bytes && c.pos <= size && c.pos <= TCP_HEADER_BYTES_MAX);
	check(options.wscale <= TCP_WSCALE_MAX && options.sack_count <= TCP_SACKS_MAX);

	struct writer w = writer_over(out, sizeof out);
	tcp_header_write(&w, &header, &options);
	check(w.err == 0 && w.pos == header.header_bytes);
	check(w.pos == TCP_HEADER_BYTES + tcp_options_bytes(&options));
	c = cursor_over(out, w.pos);
	check(tcp_header_read(&c, &header_back, &options_back) == 0);
	check(header.seq == header_back.seq && header.ack == header_back.ack);
	check(header.flags == header_back.flags && header.window == header_back.window);
	check_options(&options, &options_back);
	return 0;
}

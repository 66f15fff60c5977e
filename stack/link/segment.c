#include "stack/link/segment.h"

#include <assert.h>

#include "stack/base/cursor.h"
#include "stack/checksum.h"
#include "stack/ether_wire.h"
#include "stack/ip.h"
#include "stack/tcp_wire.h"

/* Where the fields lie that a piece has of its own. */
#define IPV4_AT_LENGTH   2u
#define IPV4_AT_ID       4u
#define IPV4_AT_CHECKSUM 10u
#define IPV4_AT_SOURCE   12u
#define IPV6_AT_LENGTH   4u
#define IPV6_AT_SOURCE   8u
#define TCP_AT_SEQ       4u
#define TCP_AT_FLAGS     13u

/* ---- the layout -------------------------------------------------------------------------------- */

static void
ipv4_read(struct cursor *c, struct segment_layout *layout, uint8_t *protocol)
{
	const size_t header_bytes = (cursor_u8(c) & 0x0f) * 4u;

	cursor_skip(c, 1);
	layout->end = layout->ip_at + cursor_u16(c);
	cursor_skip(c, 5);
	*protocol = cursor_u8(c);
	if (header_bytes < IPV4_HEADER_BYTES)
		cursor_fail(c, ERR_UNSUPPORTED);
	cursor_skip(c, 2 + 8 + header_bytes - IPV4_HEADER_BYTES);
}

static void
ipv6_read(struct cursor *c, struct segment_layout *layout, uint8_t *protocol)
{
	cursor_skip(c, 4);
	layout->end = layout->ip_at + IPV6_HEADER_BYTES + cursor_u16(c);
	*protocol = cursor_u8(c);
	cursor_skip(c, 1 + 16 + 16);
}

int
segment_layout_read(struct segment_layout *layout, const uint8_t *bytes, size_t size, enum stack_if_kind kind)
{
	struct cursor c = cursor_over(bytes, size);
	struct ether_header ether;
	struct tcp_header tcp;
	struct tcp_options options;
	uint8_t protocol = 0;

	*layout = (struct segment_layout){ 0 };
	if (kind == STACK_IF_ETHER && ether_header_read(&c, &ether) != 0)
		return c.err;
	if (!cursor_has(&c, 1))
		return c.err;
	layout->ip_at = c.pos;
	layout->is_ipv6 = bytes[c.pos] >> 4 == 6;
	if (layout->is_ipv6)
		ipv6_read(&c, layout, &protocol);
	else if (bytes[c.pos] >> 4 == 4)
		ipv4_read(&c, layout, &protocol);
	if (c.err == 0 && protocol != IP_PROTOCOL_TCP)
		return ERR_UNSUPPORTED;
	if (layout->end > size)
		return ERR_SHORT;
	layout->tcp_at = c.pos;
	int err = tcp_header_read(&c, &tcp, &options);
	layout->data_at = layout->tcp_at + tcp.header_bytes;
	return err == 0 && layout->data_at > layout->end ? ERR_SHORT : err;
}

bool
segment_has_cwr(const struct segment_layout *layout, const uint8_t *bytes)
{
	return (bytes[layout->tcp_at + TCP_AT_FLAGS] & TCP_CWR) != 0;
}

/* ---- cutting ----------------------------------------------------------------------------------- */

int
segment_cut_begin(struct segment_cutter *cutter, const struct link_frame *frame, enum stack_if_kind kind)
{
	*cutter = (struct segment_cutter){ .bytes = frame->bytes,
		                           .pieces = frame->pieces,
		                           .segment_bytes = frame->segment_bytes };
	if (frame->segment_bytes == 0)
		return ERR_UNSUPPORTED;
	/* The headers, which are all that is read, stand at `bytes`. */
	int err = segment_layout_read(&cutter->layout, frame->bytes, frame->size + frame->pieces_bytes, kind);
	cutter->next_at = cutter->layout.data_at;
	return err;
}

/* The octets of the frame from next_at on. */
static void
payload_write(struct writer *w, const struct segment_cutter *cutter, size_t size)
{
	const struct stack_piece *piece = cutter->pieces;
	size_t at = cutter->next_at - cutter->layout.data_at;

	if (piece == NULL) {
		writer_bytes(w, cutter->bytes + cutter->next_at, size);
		return;
	}
	for (; at >= piece->size; piece++)
		at -= piece->size;
	for (size_t run; size != 0; size -= run, at = 0, piece++) {
		run = piece->size - at < size ? piece->size - at : size;
		writer_bytes(w, piece->bytes + at, run);
	}
}

static uint16_t
u16_at(const uint8_t *bytes)
{
	return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

static uint64_t
pseudo_sum(const struct segment_layout *layout, const uint8_t *bytes, size_t tcp_bytes)
{
	const size_t addr_bytes = layout->is_ipv6 ? 16 : 4;
	const uint8_t *addrs = bytes + layout->ip_at + (layout->is_ipv6 ? IPV6_AT_SOURCE : IPV4_AT_SOURCE);
	struct ip_addr ends[2] = { { .family = layout->is_ipv6 ? ADDR_IPV6 : ADDR_IPV4 } };

	ends[1] = ends[0];
	for (unsigned i = 0; i < 2; i++)
		memcpy(ends[i].octets, addrs + i * addr_bytes, addr_bytes);
	return checksum_pseudo(&ends[0], &ends[1], IP_PROTOCOL_TCP, (uint32_t)tcp_bytes);
}

/* The header of the whole stands in `w`; it becomes that of a piece that ends where `w` does. */
static void
header_fit(struct writer *w, const struct segment_cutter *cutter, bool is_last)
{
	const struct segment_layout *layout = &cutter->layout;
	const size_t ip = layout->ip_at, tcp = layout->tcp_at;
	const uint32_t ahead = (uint32_t)(cutter->next_at - layout->data_at);
	const uint8_t *seq_at = cutter->bytes + tcp + TCP_AT_SEQ;
	const uint32_t seq = ((uint32_t)u16_at(seq_at) << 16 | u16_at(seq_at + 2)) + ahead;

	writer_patch_u16(w, tcp + TCP_AT_SEQ, (uint16_t)(seq >> 16));
	writer_patch_u16(w, tcp + TCP_AT_SEQ + 2, (uint16_t)seq);
	if (!is_last)
		w->begin[tcp + TCP_AT_FLAGS] &= (uint8_t)~(TCP_FIN | TCP_PSH);
	if (cutter->index != 0)
		w->begin[tcp + TCP_AT_FLAGS] &= (uint8_t)~TCP_CWR;
	if (layout->is_ipv6) {
		writer_patch_u16(w, ip + IPV6_AT_LENGTH, (uint16_t)(w->pos - ip - IPV6_HEADER_BYTES));
		return;
	}
	const uint16_t id = u16_at(w->begin + ip + IPV4_AT_ID);
	writer_patch_u16(w, ip + IPV4_AT_LENGTH, (uint16_t)(w->pos - ip));
	writer_patch_u16(w, ip + IPV4_AT_ID, (uint16_t)(id + cutter->index));
	writer_patch_u16(w, ip + IPV4_AT_CHECKSUM, 0);
	writer_patch_u16(w, ip + IPV4_AT_CHECKSUM, checksum_finish(checksum_add(0, w->begin + ip, tcp - ip)));
}

int
segment_cut_next(struct segment_cutter *cutter, uint8_t *out, size_t room)
{
	const struct segment_layout *layout = &cutter->layout;
	const size_t left = layout->end - cutter->next_at;
	const bool is_last = left <= cutter->segment_bytes;
	const size_t piece_bytes = is_last ? left : cutter->segment_bytes, tcp = layout->tcp_at;
	struct writer w = writer_over(out, room);

	if (cutter->index != 0 && left == 0)
		return 0;
	writer_bytes(&w, cutter->bytes, layout->data_at);
	payload_write(&w, cutter, piece_bytes);
	if (w.err != 0)
		return ERR_SHORT;
	header_fit(&w, cutter, is_last);
	writer_patch_u16(&w, tcp + TCP_AT_CHECKSUM, 0);
	const uint64_t sum = pseudo_sum(layout, out, w.pos - tcp);
	writer_patch_u16(&w, tcp + TCP_AT_CHECKSUM, checksum_finish(checksum_add(sum, out + tcp, w.pos - tcp)));
	cutter->next_at += piece_bytes;
	cutter->index++;
	return (int)w.pos;
}

void
segment_checksum_fill(uint8_t *bytes, size_t size, size_t start, size_t offset)
{
	struct writer w = writer_over(bytes, size);

	assert(start + offset + 2 <= size);
	w.pos = size; /* all of it is written */
	/* The field holds the pseudo-header's sum.  0 would say that there is none (RFC 768). */
	const uint16_t checksum = checksum_finish(checksum_add(0, bytes + start, size - start));
	writer_patch_u16(&w, start + offset, checksum == 0 ? 0xffff : checksum);
}

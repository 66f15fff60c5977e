#include "stack/link/wire.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

#include "stack/ether_wire.h"
#include "stack/link/segment.h"

static struct wire_end *
end_of(const struct link *link)
{
	return (struct wire_end *)(void *)((char *)(uintptr_t)link -
					   offsetof(struct wire_end, link));
}

static uint32_t
slot_bytes_of(const struct wire_config *config)
{
	return config->mtu + (config->kind == STACK_IF_ETHER ? ETHER_HEADER_BYTES_MAX : 0);
}

/* Besides those under way, the last receive may have lent a batch. */
static uint32_t
slot_count_of(const struct wire_config *config)
{
	return config->frames_max + LINK_BATCH_MAX;
}

/* What one end takes of the block, a multiple of 8. */
static size_t
end_bytes(const struct wire_config *config)
{
	return (delay_bytes(slot_count_of(config), slot_bytes_of(config)) + 7) & ~(size_t)7;
}

size_t
wire_bytes(const struct wire_config *config)
{
	return config->end_count * end_bytes(config) + slot_bytes_of(config);
}

static void
deliver(struct wire_end *end, const struct link_frame *frame, const struct fault_copy *copy)
{
	if (end->is_cut)
		return;
	if (end->under_way.heap_count == end->wire->frames_max ||
	    delay_put(&end->under_way, frame, copy) != 0)
		end->link.stats.receive_overflows++;
}

/* ---- the link -------------------------------------------------------------------------------- */

static void
wire_describe(const struct link *link, struct stack_if_config *config)
{
	const struct wire_end *end = end_of(link);

	*config = (struct stack_if_config){
		.name = "wire",
		.kind = end->wire->kind,
		.mac = end->mac,
		.mtu = end->wire->mtu,
		.flags = end->wire->if_flags,
	};
}

static size_t
wire_receive(struct link *link, struct link_frame *frames, size_t max, uint64_t now_us)
{
	struct wire_end *end = end_of(link);

	size_t count = 0;

	delay_release(&end->under_way);
	max = max < LINK_BATCH_MAX ? max : LINK_BATCH_MAX;
	while (count < max && delay_take(&end->under_way, now_us, &frames[count]))
		count++;
	link->stats.received_frames += count;
	return count;
}

/* A frame of the line's size enters it. */
static void
carry(struct wire_end *end, const struct link_frame *frame, uint64_t now_us)
{
	if (end->is_cut || frame->size > end->wire->slot_bytes) {
		end->link.stats.send_failures++;
		return;
	}
	end->link.stats.sent_frames++;
	const struct fault_fate fate = fault_model_judge(&end->faults, frame->size, now_us);
	for (unsigned i = 0; i < fate.copy_count; i++)
		for (uint32_t to = 0; to < end->wire->end_count; to++)
			if (&end->wire->ends[to] != end)
				deliver(&end->wire->ends[to], frame, &fate.copies[i]);
}

/* The end does what its stack has left to it: splits, or fills a checksum. */
static void
finish_and_carry(struct wire_end *end, const struct link_frame *frame, uint64_t now_us)
{
	struct wire *wire = end->wire;
	struct link_frame piece = { .bytes = wire->piece, .size = frame->size };
	struct segment_cutter cutter;
	int size = 0;

	if (segment_cut_begin(&cutter, frame, wire->kind) == 0) {
		while ((size = segment_cut_next(&cutter, wire->piece, wire->slot_bytes)) > 0) {
			piece.size = (size_t)size;
			carry(end, &piece, now_us);
		}
	} else if (frame->size <= wire->slot_bytes) {
		memcpy(wire->piece, frame->bytes, frame->size);
		segment_checksum_fill(wire->piece, frame->size, frame->checksum_start,
				      frame->checksum_offset);
		carry(end, &piece, now_us);
	} else {
		size = ERR_TOO_BIG;
	}
	end->link.stats.send_failures += size < 0;
}

static void
wire_send(struct link *link, const struct link_frame *frame, uint64_t now_us)
{
	if (frame->checksum_start != 0)
		finish_and_carry(end_of(link), frame, now_us);
	else
		carry(end_of(link), frame, now_us);
}

static void
wire_flush(struct link *link, uint64_t now_us)
{
	(void)link, (void)now_us; /* send has done it */
}

static size_t
wire_fds(const struct link *link, int fds[LINK_FDS_MAX])
{
	(void)link, (void)fds;
	return 0;
}

static uint64_t
wire_deadline(const struct link *link)
{
	return delay_deadline(&end_of(link)->under_way);
}

static void
wire_close(struct link *link)
{
	struct wire_end *end = end_of(link);
	wire_cut(end->wire, (unsigned)(end - end->wire->ends), true);
}

static const struct link_ops wire_ops = {
	.name = "wire",
	.describe = wire_describe,
	.receive = wire_receive,
	.send = wire_send,
	.flush = wire_flush,
	.fds = wire_fds,
	.deadline = wire_deadline,
	.close = wire_close,
};

/* ---- set-up ---------------------------------------------------------------------------------- */

static void
end_init(struct wire *wire, uint32_t number, uint8_t *block, const struct wire_config *config)
{
	struct wire_end *end = &wire->ends[number];

	*end = (struct wire_end){
		.link = { .ops = &wire_ops },
		.wire = wire,
		.mac = { .octets = { 0x02, 0, 0, 0, 0, (uint8_t)(number + 1) } },
	};
	delay_init(&end->under_way, block, slot_count_of(config), slot_bytes_of(config));
	fault_model_init(&end->faults, &config->faults, config->seed + number);
}

int
wire_init(struct wire *wire, void *block, size_t block_bytes, const struct wire_config *config)
{
	assert(config->end_count >= 2 && config->end_count <= WIRE_ENDS_MAX);
	if (block_bytes < wire_bytes(config))
		return ERR_SHORT;
	*wire = (struct wire){
		.kind = config->kind,
		.mtu = config->mtu,
		.if_flags = config->if_flags,
		.slot_bytes = slot_bytes_of(config),
		.frames_max = config->frames_max,
		.end_count = config->end_count,
	};
	wire->piece = (uint8_t *)block + config->end_count * end_bytes(config);
	for (uint32_t i = 0; i < config->end_count; i++)
		end_init(wire, i, (uint8_t *)block + i * end_bytes(config), config);
	return 0;
}

struct link *
wire_link(struct wire *wire, unsigned end)
{
	assert(end < wire->end_count);
	return &wire->ends[end].link;
}

void
wire_set_faults(struct wire *wire, unsigned end, const struct fault_config *faults)
{
	assert(end < wire->end_count);
	fault_model_set(&wire->ends[end].faults, faults);
}

void
wire_cut(struct wire *wire, unsigned end, bool cut)
{
	struct link_frame lost;

	assert(end < wire->end_count);
	wire->ends[end].is_cut = cut;
	while (delay_take(&wire->ends[end].under_way, UINT64_MAX, &lost))
		continue;
}

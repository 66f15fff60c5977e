#include "stack/link/wire.h"

#include <assert.h>
#include <string.h>

#include "stack/base/arena.h"
#include "stack/ether_wire.h"

static struct wire_end *
end_of(const struct link *link)
{
	return (struct wire_end *)(void *)((char *)(uintptr_t)link - offsetof(struct wire_end, link));
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

size_t
wire_bytes(const struct wire_config *config)
{
	const size_t frame_bytes = sizeof(struct wire_frame) + sizeof(uint32_t) + slot_bytes_of(config);
	return config->end_count * (slot_count_of(config) * frame_bytes + 32);
}

/* ---- frames under way, the earliest in front --------------------------------------------------- */

static bool
is_before(const struct wire_frame *a, const struct wire_frame *b)
{
	return a->at_us < b->at_us || (a->at_us == b->at_us && a->number < b->number);
}

static void
heap_push(struct wire_end *end, struct wire_frame frame)
{
	uint32_t at = end->frame_count++;

	for (; at != 0 && is_before(&frame, &end->heap[(at - 1) / 2]); at = (at - 1) / 2)
		end->heap[at] = end->heap[(at - 1) / 2];
	end->heap[at] = frame;
}

static struct wire_frame
heap_pop(struct wire_end *end)
{
	const struct wire_frame first = end->heap[0];
	const struct wire_frame last = end->heap[--end->frame_count];
	uint32_t at = 0;

	for (;;) {
		uint32_t child = 2 * at + 1;
		if (child + 1 < end->frame_count && is_before(&end->heap[child + 1], &end->heap[child]))
			child++;
		if (child >= end->frame_count || !is_before(&end->heap[child], &last))
			break;
		end->heap[at] = end->heap[child];
		at = child;
	}
	end->heap[at] = last;
	return first;
}

static uint8_t *
slot_at(const struct wire_end *end, uint32_t slot)
{
	return end->slots + (size_t)slot * end->wire->slot_bytes;
}

static void
deliver(struct wire_end *end, const struct link_frame *frame, const struct fault_copy *copy)
{
	if (end->is_cut)
		return;
	if (end->frame_count == end->wire->frames_max) {
		end->link.stats.receive_overflows++;
		return;
	}
	const uint32_t slot = end->free_slots[--end->free_count];
	uint8_t *bytes = slot_at(end, slot);
	if (frame->size != 0)
		memcpy(bytes, frame->bytes, frame->size);
	if (copy->corrupt_xor != 0)
		bytes[copy->corrupt_at] ^= copy->corrupt_xor;
	heap_push(end, (struct wire_frame){
	                       .at_us = copy->at_us,
	                       .number = end->wire->frame_number++,
	                       .slot = slot,
	                       .size = (uint32_t)frame->size,
	               });
}

/* ---- the link ---------------------------------------------------------------------------------- */

static void
wire_describe(const struct link *link, struct stack_if_config *config)
{
	const struct wire_end *end = end_of(link);

	*config = (struct stack_if_config){
		.name = "wire",
		.kind = end->wire->kind,
		.mac = end->mac,
		.mtu = end->wire->mtu,
	};
}

static size_t
wire_receive(struct link *link, struct link_frame *frames, size_t max, uint64_t now_us)
{
	struct wire_end *end = end_of(link);

	while (end->lent_count != 0)
		end->free_slots[end->free_count++] = end->lent[--end->lent_count];
	while (end->lent_count < max && end->lent_count < LINK_BATCH_MAX && end->frame_count != 0 &&
	       end->heap[0].at_us <= now_us) {
		const struct wire_frame frame = heap_pop(end);
		frames[end->lent_count] = (struct link_frame){
			.bytes = slot_at(end, frame.slot),
			.size = frame.size,
		};
		end->lent[end->lent_count++] = frame.slot;
	}
	link->stats.received_frames += end->lent_count;
	return end->lent_count;
}

static void
wire_send(struct link *link, const struct link_frame *frame, uint64_t now_us)
{
	struct wire_end *end = end_of(link);

	if (end->is_cut || frame->size > end->wire->slot_bytes) {
		link->stats.send_failures++;
		return;
	}
	link->stats.sent_frames++;
	const struct fault_fate fate = fault_model_judge(&end->faults, frame->size, now_us);
	for (unsigned i = 0; i < fate.copy_count; i++)
		for (uint32_t to = 0; to < end->wire->end_count; to++)
			if (&end->wire->ends[to] != end)
				deliver(&end->wire->ends[to], frame, &fate.copies[i]);
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
	const struct wire_end *end = end_of(link);
	return end->frame_count != 0 ? end->heap[0].at_us : STACK_NEVER;
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

/* ---- set-up ------------------------------------------------------------------------------------ */

static void
end_init(struct wire *wire, uint32_t number, struct arena *arena, const struct wire_config *config)
{
	struct wire_end *end = &wire->ends[number];
	const uint32_t slot_count = slot_count_of(config);

	*end = (struct wire_end){
		.link = { .ops = &wire_ops },
		.wire = wire,
		.mac = { .octets = { 0x02, 0, 0, 0, 0, (uint8_t)(number + 1) } },
		.heap = arena_alloc(arena, config->frames_max * sizeof *end->heap),
		.free_slots = arena_alloc(arena, slot_count * sizeof *end->free_slots),
		.slots = arena_alloc(arena, (size_t)slot_count * wire->slot_bytes),
		.free_count = slot_count,
	};
	assert(end->slots != NULL);
	for (uint32_t i = 0; i < slot_count; i++)
		end->free_slots[i] = i;
	fault_model_init(&end->faults, &config->faults, config->seed + number);
}

int
wire_init(struct wire *wire, void *block, size_t block_bytes, const struct wire_config *config)
{
	struct arena arena;

	assert(config->end_count >= 2 && config->end_count <= WIRE_ENDS_MAX);
	if (block_bytes < wire_bytes(config))
		return ERR_SHORT;
	*wire = (struct wire){
		.kind = config->kind,
		.mtu = config->mtu,
		.slot_bytes = slot_bytes_of(config),
		.frames_max = config->frames_max,
		.end_count = config->end_count,
	};
	arena_init(&arena, block, block_bytes);
	for (uint32_t i = 0; i < config->end_count; i++)
		end_init(wire, i, &arena, config);
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
	struct wire_end *at = &wire->ends[end];

	assert(end < wire->end_count);
	at->is_cut = cut;
	while (at->frame_count != 0)
		at->free_slots[at->free_count++] = at->heap[--at->frame_count].slot;
}

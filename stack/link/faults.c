#include "stack/link/faults.h"

#include <assert.h>

#include "stack/link/delay.h"
#include "stack/link/segment.h"
#include "stack/link/wrapper.h"

struct direction {
	struct fault_model model;
	struct delay delay;
	uint64_t overflows;
};

struct faults {
	struct wrapper wrapper;
	enum stack_if_kind kind;
	struct direction in, out;
	uint8_t piece[FAULTS_FRAME_BYTES]; /* of a super-segment that is being split */
};

/* Of what was merged by a host that does not tell how large its segments were: less than any Ethernet's carries. */
#define MERGED_SEGMENT_BYTES 1400u

/* The struct, then the frames of each direction. */
#define STRUCT_BYTES ((sizeof(struct faults) + 63) / 64 * 64)

static struct faults *
faults_of(const struct link *link)
{
	return (struct faults *)link;
}

/* A frame enters the line: none, one or two copies of it will come out. */
static void
enter(struct direction *direction, const struct link_frame *frame, uint64_t now_us)
{
	struct fault_fate fate = fault_model_judge(&direction->model, frame->size, now_us);

	for (unsigned i = 0; i < fate.copy_count; i++)
		direction->overflows += delay_put(&direction->delay, frame, &fate.copies[i]) != 0;
}

/* Lines lose segments, not what a host has merged of them; one that cannot be split enters whole. */
static void
enter_in_pieces(struct faults *faults, struct direction *direction, const struct link_frame *frame, uint64_t now_us)
{
	struct segment_cutter cutter;
	struct link_frame whole = *frame;
	int size;

	if (whole.segment_bytes == 0 && whole.size > FAULTS_FRAME_BYTES)
		whole.segment_bytes = MERGED_SEGMENT_BYTES;
	if (segment_cut_begin(&cutter, &whole, faults->kind) != 0) {
		enter(direction, frame, now_us);
		return;
	}
	while ((size = segment_cut_next(&cutter, faults->piece, sizeof faults->piece)) > 0) {
		const struct link_frame piece = { .bytes = faults->piece,
			                          .size = (size_t)size,
			                          .rx_flags = STACK_RX_CHECKSUM_OK };
		enter(direction, &piece, now_us);
	}
	direction->overflows += size < 0;
}

static size_t
faults_receive(struct link *link, struct link_frame *frames, size_t max, uint64_t now_us)
{
	struct faults *faults = faults_of(link);
	struct direction *in = &faults->in;
	struct link *inside = faults->wrapper.inside;
	struct link_frame arrived[LINK_BATCH_MAX];
	size_t count = 0;

	delay_release(&in->delay);
	size_t arrived_count = inside->ops->receive(inside, arrived, LINK_BATCH_MAX, now_us);
	for (size_t i = 0; i < arrived_count; i++)
		enter_in_pieces(faults, in, &arrived[i], now_us);
	while (count < max && delay_take(&in->delay, now_us, &frames[count]))
		count++;
	wrapper_stats(&faults->wrapper);
	return count;
}

static void
faults_send(struct link *link, const struct link_frame *frame, uint64_t now_us)
{
	enter(&faults_of(link)->out, frame, now_us);
}

static void
faults_flush(struct link *link, uint64_t now_us)
{
	struct faults *faults = faults_of(link);
	struct link *inside = faults->wrapper.inside;
	struct link_frame frame;

	while (delay_take(&faults->out.delay, now_us, &frame))
		inside->ops->send(inside, &frame, now_us);
	delay_release(&faults->out.delay); /* send has copied them */
	inside->ops->flush(inside, now_us);
	wrapper_stats(&faults->wrapper);
}

static uint64_t
faults_deadline(const struct link *link)
{
	const struct faults *faults = faults_of(link);
	uint64_t in_us = delay_deadline(&faults->in.delay), out_us = delay_deadline(&faults->out.delay);
	return wrapper_deadline(&faults->wrapper, in_us < out_us ? in_us : out_us);
}

static void
faults_describe(const struct link *link, struct stack_if_config *config)
{
	wrapper_describe(link, config);
	config->flags &= ~(STACK_IF_CHECKSUM_TX | STACK_IF_SEGMENT_TX | STACK_IF_GATHER_TX);
}

static void
faults_close(struct link *link)
{
	struct link *inside = faults_of(link)->wrapper.inside;
	inside->ops->close(inside);
}

static const struct link_ops faults_ops = {
	.name = "faults",
	.describe = faults_describe,
	.receive = faults_receive,
	.send = faults_send,
	.flush = faults_flush,
	.fds = wrapper_fds,
	.deadline = faults_deadline,
	.sync = wrapper_sync,
	.sync_fd = wrapper_sync_fd,
	.close = faults_close,
};

size_t
faults_bytes(void)
{
	return STRUCT_BYTES + 2 * delay_bytes(FAULTS_HELD_MAX, FAULTS_FRAME_BYTES);
}

struct link *
faults_new(void *block, struct link *inside, const struct faults_config *config)
{
	struct faults *faults = block;
	uint8_t *frames = (uint8_t *)block + STRUCT_BYTES;
	struct stack_if_config described;

	assert((uintptr_t)block % 64 == 0);
	*faults = (struct faults){ .wrapper = { .link.ops = &faults_ops, .inside = inside } };
	wrapper_describe(&faults->wrapper.link, &described);
	faults->kind = described.kind;
	fault_model_init(&faults->in.model, &config->in, config->seed);
	fault_model_init(&faults->out.model, &config->out, ~config->seed);
	delay_init(&faults->in.delay, frames, FAULTS_HELD_MAX, FAULTS_FRAME_BYTES);
	frames += delay_bytes(FAULTS_HELD_MAX, FAULTS_FRAME_BYTES);
	delay_init(&faults->out.delay, frames, FAULTS_HELD_MAX, FAULTS_FRAME_BYTES);
	return &faults->wrapper.link;
}

void
faults_set(struct link *link, const struct fault_config *in, const struct fault_config *out)
{
	fault_model_set(&faults_of(link)->in.model, in);
	fault_model_set(&faults_of(link)->out.model, out);
}

struct faults_stats
faults_stats(const struct link *link)
{
	const struct faults *faults = faults_of(link);
	return (struct faults_stats){ .in = faults->in.model.stats,
		                      .out = faults->out.model.stats,
		                      .overflows = faults->in.overflows + faults->out.overflows };
}

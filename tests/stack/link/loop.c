#include "tests/stack/link/loop.h"

#include <stdlib.h>
#include <string.h>

static void
loop_describe(const struct link *link, struct stack_if_config *config)
{
	const struct loop *loop = (const struct loop *)link;
	*config = (struct stack_if_config){ .name = "loop",
		                            .kind = loop->kind,
		                            .mtu = 1500,
		                            .flags = STACK_IF_CHECKSUM_TX | STACK_IF_SEGMENT_TX | STACK_IF_GATHER_TX };
}

static size_t
loop_receive(struct link *link, struct link_frame *frames, size_t max, uint64_t now_us)
{
	struct loop *loop = (struct loop *)link;
	size_t count = loop->count < max ? loop->count : max;

	(void)now_us;
	memcpy(frames, loop->frames, count * sizeof *frames);
	loop->count = 0; /* those beyond max are lost: tests send no more */
	link->stats.received_frames += count;
	return count;
}

static void
loop_send(struct link *link, const struct link_frame *frame, uint64_t now_us)
{
	struct loop *loop = (struct loop *)link;

	(void)now_us;
	if (loop->count == LOOP_FRAMES_MAX || frame->size > LOOP_BYTES_MAX)
		abort();
	memcpy(loop->bytes[loop->count], frame->bytes, frame->size);
	loop->frames[loop->count] = (struct link_frame){ .bytes = loop->bytes[loop->count],
		                                         .size = frame->size,
		                                         .rx_flags = loop->rx_flags,
		                                         .segment_bytes = frame->segment_bytes };
	loop->count++;
	link->stats.sent_frames++;
}

static void
loop_flush(struct link *link, uint64_t now_us)
{
	(void)link;
	(void)now_us;
}

static size_t
loop_fds(const struct link *link, int fds[LINK_FDS_MAX])
{
	(void)link;
	(void)fds;
	return 0;
}

static uint64_t
loop_deadline(const struct link *link)
{
	return ((const struct loop *)link)->count == 0 ? STACK_NEVER : 0;
}

static void
loop_close(struct link *link)
{
	((struct loop *)link)->closed_count++;
}

static const struct link_ops loop_ops = {
	.name = "loop",
	.describe = loop_describe,
	.receive = loop_receive,
	.send = loop_send,
	.flush = loop_flush,
	.fds = loop_fds,
	.deadline = loop_deadline,
	.close = loop_close,
};

void
loop_init(struct loop *loop, enum stack_if_kind kind)
{
	memset(loop, 0, sizeof *loop);
	loop->link.ops = &loop_ops;
	loop->kind = kind;
}

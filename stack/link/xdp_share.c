#include "stack/link/xdp_share.h"

#include <assert.h>

#define STATS_US     1000000u /* how often the kernel is asked what it had to drop */
#define RETRY_US     1000u    /* until a device that was full is tried again; twice as long each time, */
#define RETRY_US_MAX 1000000u /* since it may be down for days */

static void
note_waiting(struct xdp_share *share, bool is_waiting, uint64_t now_us)
{
	if (!is_waiting) {
		share->retry_at_us = STACK_NEVER;
		share->retry_us = RETRY_US;
	} else if (share->retry_at_us == STACK_NEVER || share->retry_at_us <= now_us) {
		share->retry_at_us = now_us + share->retry_us;
		share->retry_us = share->retry_us < RETRY_US_MAX / 2 ? 2 * share->retry_us : RETRY_US_MAX;
	}
}

void
xdp_share_init(struct xdp_share *share, struct xdp_device *device, unsigned first, unsigned step)
{
	*share = (struct xdp_share){ .device = device, .first = first, .step = step, .next = first };
	note_waiting(share, false, 0);
}

static bool
is_last(const struct xdp_share *share, unsigned index)
{
	return index + share->step >= share->device->queue_count;
}

static void
count_drops(struct xdp_share *share, uint64_t now_us)
{
	if (now_us < share->stats_due_at_us)
		return;
	share->stats_due_at_us = now_us + STATS_US;
	for (unsigned i = share->first; i < share->device->queue_count; i += share->step)
		xdp_queue_count_drops(&share->device->queues[i], &share->stats);
}

size_t
xdp_share_receive(struct xdp_share *share, struct link_frame *frames, size_t max, uint64_t now_us)
{
	struct xdp_queue *queues = share->device->queues;
	const unsigned queue_count = share->device->queue_count;
	size_t count = 0;

	count_drops(share, now_us);
	for (unsigned i = share->first; i < queue_count; i += share->step)
		xdp_queue_settle(&queues[i]);
	for (unsigned i = share->first; i < queue_count && count < max; i += share->step) {
		count += xdp_queue_receive(&queues[share->next], frames + count, max - count);
		share->next = is_last(share, share->next) ? share->first : share->next + share->step;
	}
	share->stats.received_frames += count;
	return count;
}

/* The queue whose memory the frame lies in, or that of the first. */
static struct xdp_queue *
queue_for(struct xdp_share *share, const uint8_t *bytes)
{
	struct xdp_queue *queues = share->device->queues;

	for (unsigned i = share->first + share->step; i < share->device->queue_count; i += share->step)
		if (xdp_queue_has_lent(&queues[i], bytes))
			return &queues[i];
	return &queues[share->first];
}

void
xdp_share_send(struct xdp_share *share, const struct link_frame *frame)
{
	if (xdp_queue_send(queue_for(share, frame->bytes), frame))
		share->stats.sent_frames++;
	else
		share->stats.send_failures++;
}

void
xdp_share_flush(struct xdp_share *share, uint64_t now_us)
{
	bool is_done = true;

	for (unsigned i = share->first; i < share->device->queue_count; i += share->step)
		is_done = xdp_queue_flush(&share->device->queues[i]) && is_done;
	note_waiting(share, !is_done, now_us);
}

size_t
xdp_share_fds(const struct xdp_share *share, int *fds, size_t max)
{
	size_t count = 0;

	for (unsigned i = share->first; i < share->device->queue_count; i += share->step) {
		assert(count < max);
		fds[count++] = share->device->queues[i].fd;
	}
	return count;
}

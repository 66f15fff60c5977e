#include "stack/link/xdp_queue.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include "stack/link/link_priv.h"
#include "stack/link/segment.h"

#ifndef XDP_MAX_TX_SKB_BUDGET
#define XDP_MAX_TX_SKB_BUDGET 9 /* since Linux 6.17: frames a system call, in the copying modes */
#endif

/* A frame on its way out is an skb of the copying modes: some 2 KB of the socket's send buffer. */
#define SEND_QUEUE_BYTES (4 << 20)

#define CACHE_LINE_BYTES 64

static size_t
memory_bytes(const struct xdp_queue *queue)
{
	return (size_t)XDP_QUEUE_FRAMES << queue->frame_shift;
}

/* The number of the frame at this place of the memory. */
static uint16_t
frame_at(const struct xdp_queue *queue, uint64_t address)
{
	assert(address < memory_bytes(queue));
	return (uint16_t)(address >> queue->frame_shift);
}

static uint64_t
address_of(const struct xdp_queue *queue, uint16_t frame)
{
	return (uint64_t)frame << queue->frame_shift;
}

static void
give_back(struct xdp_queue *queue, uint16_t frame)
{
	assert(queue->free_count < XDP_QUEUE_FRAMES);
	queue->free[queue->free_count++] = frame;
}

/* ---- in ---------------------------------------------------------------------------------------- */

static void
refill(struct xdp_queue *queue)
{
	uint32_t count = XDP_RING_FRAMES - queue->inward_count, at;

	if (count > queue->free_count)
		count = queue->free_count;
	if (count == 0 || xsk_ring_prod__reserve(&queue->fill, count, &at) == 0)
		return;
	for (uint32_t i = 0; i < count; i++)
		*xsk_ring_prod__fill_addr(&queue->fill, at + i) =
		        address_of(queue, queue->free[--queue->free_count]);
	xsk_ring_prod__submit(&queue->fill, count);
	queue->inward_count += count;
	if (xsk_ring_prod__needs_wakeup(&queue->fill))
		(void)recvfrom(queue->fd, NULL, 0, MSG_DONTWAIT, NULL, NULL);
}

void
xdp_queue_settle(struct xdp_queue *queue)
{
	for (uint32_t i = 0; i < queue->lent_count; i++) {
		const uint16_t frame = queue->lent[i];
		if (queue->places[frame] != XDP_LENT)
			continue; /* sent from where it lies: comes back by the completion ring */
		queue->places[frame] = XDP_ELSEWHERE;
		give_back(queue, frame);
	}
	queue->lent_count = 0;
}

/* Whoever has written the frames may have done so on another core: their headers are under way while the first is read. */
static void
prefetch(const struct xdp_queue *queue, uint32_t at, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		const uint8_t *bytes = queue->memory + xsk_ring_cons__rx_desc(&queue->receive, at + i)->addr;
		__builtin_prefetch(bytes, 1);
		__builtin_prefetch(bytes + CACHE_LINE_BYTES, 1);
	}
}

size_t
xdp_queue_receive(struct xdp_queue *queue, struct link_frame *frames, size_t max)
{
	uint32_t at;
	const uint32_t room = LINK_BATCH_MAX - queue->lent_count;
	const uint32_t count =
	        xsk_ring_cons__peek(&queue->receive, max < room ? (uint32_t)max : room, &at);

	if (count == 0)
		return 0;
	prefetch(queue, at, count);
	for (uint32_t i = 0; i < count; i++) {
		const struct xdp_desc *desc = xsk_ring_cons__rx_desc(&queue->receive, at + i);
		const uint16_t frame = frame_at(queue, desc->addr);
		frames[i] = (struct link_frame){ .bytes = queue->memory + desc->addr,
			                         .size = desc->len,
			                         .rx_flags = STACK_RX_WRITABLE };
		queue->places[frame] = XDP_LENT;
		queue->lent[queue->lent_count++] = frame;
	}
	xsk_ring_cons__release(&queue->receive, count);
	queue->inward_count -= count;
	refill(queue);
	return count;
}

/* ---- out --------------------------------------------------------------------------------------- */

static void
reap(struct xdp_queue *queue)
{
	uint32_t at = 0;
	const uint32_t count = xsk_ring_cons__peek(&queue->completion, XDP_RING_FRAMES, &at);

	for (uint32_t i = 0; i < count; i++)
		give_back(queue, frame_at(queue, *xsk_ring_cons__comp_addr(&queue->completion, at + i)));
	if (count != 0)
		xsk_ring_cons__release(&queue->completion, count);
}

static bool
is_all_taken(const struct xdp_queue *queue)
{
	return __atomic_load_n(queue->transmit.consumer, __ATOMIC_ACQUIRE) == *queue->transmit.producer;
}

bool
xdp_queue_flush(struct xdp_queue *queue)
{
	if (queue->unsubmitted != 0)
		xsk_ring_prod__submit(&queue->transmit, queue->unsubmitted);
	queue->unsubmitted = 0;
	for (unsigned i = 0; i < XDP_KICKS_MAX && !is_all_taken(queue); i++) {
		if (!xsk_ring_prod__needs_wakeup(&queue->transmit))
			break; /* the driver is at it */
		const uint32_t before = *queue->transmit.consumer;
		if (sendto(queue->fd, NULL, 0, MSG_DONTWAIT, NULL, 0) < 0 && *queue->transmit.consumer == before)
			break; /* the device is full or down */
	}
	reap(queue);
	return is_all_taken(queue);
}

bool
xdp_queue_has_lent(const struct xdp_queue *queue, const uint8_t *bytes)
{
	/* A pointer from elsewhere gives a large difference, not a negative one. */
	const uintptr_t distance = (uintptr_t)bytes - (uintptr_t)queue->memory;
	return distance < memory_bytes(queue) && queue->places[frame_at(queue, distance)] == XDP_LENT;
}

/* Where the octets to send are, once they are in the memory. */
static uint64_t
place(struct xdp_queue *queue, const struct link_frame *frame)
{
	if (xdp_queue_has_lent(queue, frame->bytes)) {
		const uint64_t address = (uint64_t)(frame->bytes - queue->memory);
		queue->places[frame_at(queue, address)] = XDP_ELSEWHERE;
		return address;
	}
	const uint64_t address = address_of(queue, queue->free[--queue->free_count]);
	uint8_t *bytes = queue->memory + address;
	memcpy(bytes, frame->bytes, frame->size);
	if (frame->checksum_start != 0)
		segment_checksum_fill(bytes, frame->size, frame->checksum_start, frame->checksum_offset);
	return address;
}

bool
xdp_queue_send(struct xdp_queue *queue, const struct link_frame *frame)
{
	const bool in_place = xdp_queue_has_lent(queue, frame->bytes); /* takes no free frame */
	uint32_t at;

	assert(frame->size <= xdp_queue_room(queue->frame_shift));
	if ((queue->free_count == 0 && !in_place) || xsk_prod_nb_free(&queue->transmit, 1) == 0)
		(void)xdp_queue_flush(queue);
	if ((queue->free_count == 0 && !in_place) || xsk_ring_prod__reserve(&queue->transmit, 1, &at) == 0)
		return false;
	*xsk_ring_prod__tx_desc(&queue->transmit, at) =
	        (struct xdp_desc){ .addr = place(queue, frame), .len = (uint32_t)frame->size };
	queue->unsubmitted++;
	return true;
}

/* ---- what the kernel tells ---------------------------------------------------------------------- */

void
xdp_queue_count_drops(struct xdp_queue *queue, struct link_stats *stats)
{
	struct xdp_statistics told = { 0 };
	socklen_t told_bytes = sizeof told;

	if (getsockopt(queue->fd, SOL_XDP, XDP_STATISTICS, &told, &told_bytes) != 0)
		return;
	stats->receive_overflows += told.rx_ring_full + told.rx_dropped - queue->overflows;
	stats->receive_unusable += told.rx_invalid_descs - queue->unusable;
	queue->overflows = told.rx_ring_full + told.rx_dropped;
	queue->unusable = told.rx_invalid_descs;
}

/* ---- open and close ---------------------------------------------------------------------------- */

void
xdp_queue_init(struct xdp_queue *queue, unsigned frame_shift)
{
	*queue = (struct xdp_queue){ .fd = -1, .frame_shift = frame_shift };
}

static int
open_memory(struct xdp_queue *queue)
{
	const struct xsk_umem_config config = { .fill_size = XDP_RING_FRAMES,
		                                .comp_size = XDP_RING_FRAMES,
		                                .frame_size = 1u << queue->frame_shift };
	void *memory = mmap(NULL, memory_bytes(queue), PROT_READ | PROT_WRITE,
	                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	if (memory == MAP_FAILED)
		return errno;
	queue->memory = memory;
	return -xsk_umem__create(&queue->umem, memory, memory_bytes(queue), &queue->fill, &queue->completion,
	                         &config);
}

static void
start(struct xdp_queue *queue)
{
	int budget = XDP_RING_FRAMES;

	queue->fd = xsk_socket__fd(queue->socket);
	link__grow_buffers(queue->fd, SEND_QUEUE_BYTES, SEND_QUEUE_BYTES);
	(void)setsockopt(queue->fd, SOL_XDP, XDP_MAX_TX_SKB_BUDGET, &budget, sizeof budget);
	for (unsigned frame = XDP_QUEUE_FRAMES; frame-- > 0;)
		give_back(queue, (uint16_t)frame);
	refill(queue);
}

int
xdp_queue_open(struct xdp_queue *queue, const char *device, uint32_t index, uint16_t bind_flags)
{
	const struct xsk_socket_config config = { .rx_size = XDP_RING_FRAMES,
		                                  .tx_size = XDP_RING_FRAMES,
		                                  .libxdp_flags = XSK_LIBXDP_FLAGS__INHIBIT_PROG_LOAD,
		                                  .bind_flags = bind_flags | XDP_USE_NEED_WAKEUP };
	int errno_value = open_memory(queue);

	if (errno_value == 0)
		errno_value = -xsk_socket__create(&queue->socket, device, index, queue->umem, &queue->receive,
		                                  &queue->transmit, &config);
	if (errno_value == 0)
		start(queue);
	return errno_value;
}

void
xdp_queue_close(struct xdp_queue *queue)
{
	if (queue->socket != NULL)
		xsk_socket__delete(queue->socket);
	if (queue->umem != NULL)
		(void)xsk_umem__delete(queue->umem);
	if (queue->memory != NULL)
		(void)munmap(queue->memory, memory_bytes(queue));
	xdp_queue_init(queue, queue->frame_shift);
}

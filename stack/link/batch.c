#include "stack/link/batch.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <stdlib.h>
#include <string.h>

#include "stack/base/err.h"
#include "stack/link/segment.h"

#ifndef VIRTIO_NET_HDR_GSO_UDP_L4
#define VIRTIO_NET_HDR_GSO_UDP_L4 5 /* since Linux 6.2 */
#endif

/* ---- the header before a frame ----------------------------------------------------------------- */

uint32_t
batch_rx_flags(const struct virtio_net_hdr *header)
{
	if ((header->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM) != 0)
		return STACK_RX_CHECKSUM_PARTIAL;
	return (header->flags & VIRTIO_NET_HDR_F_DATA_VALID) != 0 ? STACK_RX_CHECKSUM_OK : 0;
}

uint16_t
batch_rx_segment_bytes(const struct virtio_net_hdr *header)
{
	const unsigned type = header->gso_type & ~(unsigned)VIRTIO_NET_HDR_GSO_ECN;
	return type == VIRTIO_NET_HDR_GSO_TCPV4 || type == VIRTIO_NET_HDR_GSO_TCPV6 ? header->gso_size : 0;
}

bool
batch_is_usable(const struct virtio_net_hdr *header)
{
	return (header->gso_type & ~VIRTIO_NET_HDR_GSO_ECN) != VIRTIO_NET_HDR_GSO_UDP_L4;
}

/* The stack makes super-segments of TCP only. */
static void
ask_to_split(struct virtio_net_hdr *header, const struct link_frame *frame)
{
	struct segment_layout layout;

	/* The headers, which are all that is read, stand at `bytes`. */
	int err = segment_layout_read(&layout, frame->bytes, frame->size + frame->pieces_bytes, STACK_IF_ETHER);
	assert(err == 0 && layout.data_at == frame->segment_start);
	(void)err;
	header->gso_type = layout.is_ipv6 ? VIRTIO_NET_HDR_GSO_TCPV6 : VIRTIO_NET_HDR_GSO_TCPV4;
	if (segment_has_cwr(&layout, frame->bytes))
		header->gso_type |= VIRTIO_NET_HDR_GSO_ECN;
	header->gso_size = frame->segment_bytes;
	header->hdr_len = frame->segment_start;
}

static void
tx_header(struct virtio_net_hdr *header, const struct link_frame *frame)
{
	*header = (struct virtio_net_hdr){ .gso_type = VIRTIO_NET_HDR_GSO_NONE };
	if (frame->checksum_start == 0)
		return;
	header->flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
	header->csum_start = frame->checksum_start;
	header->csum_offset = frame->checksum_offset;
	if (frame->segment_bytes != 0)
		ask_to_split(header, frame);
}

size_t
batch_tx_iovs(struct iovec iovs[BATCH_TX_IOVS], struct virtio_net_hdr *header, const struct link_frame *frame)
{
	assert(frame->piece_count <= STACK_PIECES_MAX);
	tx_header(header, frame);
	iovs[0] = (struct iovec){ header, sizeof *header };
	iovs[1] = (struct iovec){ (void *)frame->bytes, frame->size };
	for (size_t i = 0; i < frame->piece_count; i++)
		iovs[2 + i] = (struct iovec){ (void *)frame->pieces[i].bytes, frame->pieces[i].size };
	return 2 + frame->piece_count;
}

/* ---- in ---------------------------------------------------------------------------------------- */

static uint8_t *
rx_slot(const struct batch_rx *rx, size_t i)
{
	return rx->block + i * (BATCH_VLAN_BYTES + rx->slot_bytes) + BATCH_VLAN_BYTES;
}

static size_t
turn_slots(const struct batch_rx *rx, size_t frame_bytes)
{
	const size_t count = BATCH_TURN_BYTES / (frame_bytes + 1) + 1;
	return count < rx->slot_count ? count : rx->slot_count;
}

int
batch_rx_init(struct batch_rx *rx, size_t slot_count, size_t slot_bytes, bool is_ethernet)
{
	assert(slot_count <= LINK_BATCH_MAX);
	*rx = (struct batch_rx){ .slot_count = slot_count, .slot_bytes = slot_bytes, .is_ethernet = is_ethernet };
	rx->turn_slots = turn_slots(rx, slot_bytes);
	rx->block = reallocarray(NULL, slot_count, BATCH_VLAN_BYTES + slot_bytes);
	if (rx->block == NULL)
		return ERR_NO_MEMORY;
	for (size_t i = 0; i < slot_count; i++) {
		rx->iovs[i][0] = (struct iovec){ &rx->headers[i], sizeof rx->headers[i] };
		rx->iovs[i][1] = (struct iovec){ rx_slot(rx, i), slot_bytes };
		rx->messages[i].msg_hdr = (struct msghdr){ .msg_iov = &rx->iovs[i][is_ethernet ? 0 : 1],
			                                   .msg_iovlen = is_ethernet ? 2 : 1,
			                                   .msg_control = &rx->controls[i] };
	}
	return 0;
}

void
batch_rx_fini(struct batch_rx *rx)
{
	free(rx->block);
	*rx = (struct batch_rx){ 0 };
}

void
batch_rx_begin(struct batch_rx *rx)
{
	if (rx->used > 0)
		rx->turn_slots = turn_slots(rx, rx->turn_bytes / rx->used);
	rx->used = rx->turn_bytes = 0;
}

/* What the kernel tells beside the frame; nothing (zeros) when it tells nothing. */
static struct tpacket_auxdata
auxiliary_of(struct msghdr *message)
{
	struct tpacket_auxdata aux = { 0 };
	const struct cmsghdr *control = CMSG_FIRSTHDR(message);

	if (control != NULL && control->cmsg_level == SOL_PACKET && control->cmsg_type == PACKET_AUXDATA)
		memcpy(&aux, CMSG_DATA(control), sizeof aux);
	return aux;
}

static uint32_t
flags_of(const struct tpacket_auxdata *aux)
{
	if ((aux->tp_status & TP_STATUS_CSUMNOTREADY) != 0)
		return STACK_RX_CHECKSUM_PARTIAL;
	return (aux->tp_status & TP_STATUS_CSUM_VALID) != 0 ? STACK_RX_CHECKSUM_OK : 0;
}

/* The tag that the device or the kernel has taken out of the frame goes back where it stood (IEEE 802.1Q). */
static void
put_tag_back(struct link_frame *frame, uint8_t *slot, const struct tpacket_auxdata *aux)
{
	if ((aux->tp_status & TP_STATUS_VLAN_VALID) == 0 || frame->size < 2 * ETH_ALEN)
		return;
	uint16_t type = (aux->tp_status & TP_STATUS_VLAN_TPID_VALID) != 0 ? aux->tp_vlan_tpid : ETH_P_8021Q;
	uint8_t *begin = slot - BATCH_VLAN_BYTES, *tag = begin + 2 * ETH_ALEN;
	memmove(begin, slot, 2 * ETH_ALEN);
	tag[0] = (uint8_t)(type >> 8);
	tag[1] = (uint8_t)type;
	tag[2] = (uint8_t)(aux->tp_vlan_tci >> 8);
	tag[3] = (uint8_t)aux->tp_vlan_tci;
	frame->bytes = begin;
	frame->size += BATCH_VLAN_BYTES;
}

/* Slot `i` has been filled; false, counted, when it holds no whole frame. */
static bool
take_slot(struct batch_rx *rx, size_t i, struct link_frame *frame, struct link_stats *stats)
{
	struct mmsghdr *message = &rx->messages[i];
	const struct virtio_net_hdr *header = rx->is_ethernet ? &rx->headers[i] : NULL;
	const size_t header_bytes = header == NULL ? 0 : sizeof *header;
	const struct tpacket_auxdata aux = auxiliary_of(&message->msg_hdr);

	if (message->msg_len <= header_bytes || (message->msg_hdr.msg_flags & MSG_TRUNC) != 0 ||
	    (header != NULL && !batch_is_usable(header))) {
		stats->receive_unusable++;
		return false;
	}
	*frame = (struct link_frame){
		.bytes = rx_slot(rx, i),
		.size = message->msg_len - header_bytes,
		.rx_flags = header == NULL ? flags_of(&aux) : batch_rx_flags(header),
		.segment_bytes = header == NULL ? 0 : batch_rx_segment_bytes(header),
	};
	if (header != NULL)
		put_tag_back(frame, rx_slot(rx, i), &aux);
	stats->received_frames++;
	return true;
}

size_t
batch_rx_read(struct batch_rx *rx, int fd, struct link_frame *frames, size_t max, struct link_stats *stats)
{
	const size_t first = rx->used, room = rx->turn_slots - first;
	const unsigned wanted = (unsigned)(max < room ? max : room);
	size_t frame_count = 0;

	if (wanted == 0)
		return 0;
	for (size_t i = first; i < first + wanted; i++)
		rx->messages[i].msg_hdr.msg_controllen = sizeof rx->controls[i];
	int read_count = recvmmsg(fd, rx->messages + first, wanted, MSG_DONTWAIT, NULL);
	if (read_count <= 0) {
		/* EINVAL: merged in a way that no virtio_net_hdr can tell.  ENETDOWN: sync hears of it. */
		stats->receive_unusable += errno == EINVAL;
		return 0;
	}
	rx->used += (size_t)read_count;
	for (size_t i = first; i < rx->used; i++) {
		rx->turn_bytes += rx->messages[i].msg_len;
		frame_count += take_slot(rx, i, &frames[frame_count], stats);
	}
	return frame_count;
}

/* ---- out --------------------------------------------------------------------------------------- */

int
batch_tx_init(struct batch_tx *tx, size_t slot_bytes, bool has_header)
{
	*tx = (struct batch_tx){ .slot_bytes = slot_bytes, .has_header = has_header };
	tx->block = reallocarray(NULL, LINK_BATCH_MAX, slot_bytes);
	if (tx->block == NULL)
		return ERR_NO_MEMORY;
	for (size_t i = 0; i < LINK_BATCH_MAX; i++) {
		struct batch_message *slot = &tx->slots[i];
		slot->iovs[0] = (struct iovec){ &slot->header, sizeof slot->header };
		slot->iovs[1].iov_base = tx->block + i * slot_bytes;
		tx->messages[i].msg_hdr = (struct msghdr){ .msg_iov = &slot->iovs[has_header ? 0 : 1],
			                                   .msg_iovlen = has_header ? 2 : 1 };
	}
	return 0;
}

void
batch_tx_fini(struct batch_tx *tx)
{
	free(tx->block);
	*tx = (struct batch_tx){ 0 };
}

struct msghdr *
batch_tx_put(struct batch_tx *tx, const struct link_frame *frame, struct link_stats *stats)
{
	assert(!batch_tx_is_full(tx));
	if (frame->size > tx->slot_bytes) {
		stats->send_failures++;
		return NULL;
	}
	struct batch_message *slot = &tx->slots[tx->count];
	memcpy(slot->iovs[1].iov_base, frame->bytes, frame->size);
	slot->iovs[1].iov_len = frame->size;
	if (tx->has_header)
		tx_header(&slot->header, frame);
	return &tx->messages[tx->count++].msg_hdr;
}

void
batch_tx_flush(struct batch_tx *tx, int fd, struct link_stats *stats)
{
	for (size_t i = 0; i < tx->count;) {
		int sent = sendmmsg(fd, tx->messages + i, (unsigned)(tx->count - i), MSG_DONTWAIT);
		if (sent > 0) {
			i += (size_t)sent;
			stats->sent_frames += (uint64_t)sent;
			continue;
		}
		/* The first of those left is refused for itself (no route, a firewall, its size): try the rest. */
		bool is_blocked = errno == EAGAIN || errno == EBADF;
		size_t lost = is_blocked ? tx->count - i : 1;
		stats->send_failures += lost;
		i += lost;
	}
	tx->count = 0;
}

void
batch_tx_large(struct batch_tx *tx, int fd, const struct link_frame *frame, struct link_stats *stats)
{
	struct virtio_net_hdr header;
	struct iovec iovs[BATCH_TX_IOVS];
	const struct msghdr message = { .msg_iov = iovs, .msg_iovlen = batch_tx_iovs(iovs, &header, frame) };

	assert(tx->has_header);
	batch_tx_flush(tx, fd, stats);
	if (sendmsg(fd, &message, MSG_DONTWAIT) < 0)
		stats->send_failures++;
	else
		stats->sent_frames++;
}

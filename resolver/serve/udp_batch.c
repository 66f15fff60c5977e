#include "resolver/serve/udp_batch.h"

#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <stdlib.h>
#include <string.h>

#include "resolver/serve/endpoint.h"

/*
 * Buffers of 4096 octets one after the other would all start in the same few sets of the cache, and most of what is
 * read and written is at their start: some lines of odd length in between spread them.
 */
#define STRIDE_BYTES (UDP_QUERY_BYTES_MAX + 5u * 64u)
static_assert(UDP_REPLY_BYTES_MAX <= UDP_QUERY_BYTES_MAX, "both directions share the stride");

/* The larger of the two kinds of local address, and behind it the size of the segments. */
union control {
	struct cmsghdr align;
	uint8_t bytes[CMSG_SPACE(sizeof(struct in6_pktinfo)) + CMSG_SPACE(sizeof(uint16_t))];
};

struct lane {
	struct mmsghdr headers[UDP_BATCH];
	struct iovec vectors[UDP_BATCH];
	struct sockaddr_storage names[UDP_BATCH];
	union control controls[UDP_BATCH];
	uint8_t bytes[UDP_BATCH * STRIDE_BYTES];
};

/* What goes out, in an order in which those that can go as the segments of one message are beside each other. */
struct trains {
	uint64_t keys
		[UDP_BATCH]; /* of client and size, and the index in the lane in the lowest octet */
	struct iovec vectors[UDP_BATCH];
	struct mmsghdr headers[UDP_BATCH];
	unsigned count;
};

struct udp_batch {
	struct udp_batch_stats stats;
	int send_fd;
	unsigned send_count;
	struct lane in, out;
	struct trains trains;
};

static void
lane_init(struct lane *lane)
{
	for (unsigned i = 0; i < UDP_BATCH; i++) {
		lane->vectors[i].iov_base = lane->bytes + i * STRIDE_BYTES;
		lane->vectors[i].iov_len = UDP_QUERY_BYTES_MAX;
		lane->headers[i].msg_hdr = (struct msghdr){
			.msg_name = &lane->names[i],
			.msg_iov = &lane->vectors[i],
			.msg_iovlen = 1,
			.msg_control = &lane->controls[i],
		};
	}
}

struct udp_batch *
udp_batch_new(void)
{
	struct udp_batch *batch = calloc(1, sizeof *batch);
	if (batch == NULL)
		return NULL;
	batch->send_fd = -1;
	lane_init(&batch->in);
	lane_init(&batch->out);
	return batch;
}

void
udp_batch_free(struct udp_batch *batch)
{
	free(batch);
}

const struct udp_batch_stats *
udp_batch_stats(const struct udp_batch *batch)
{
	return &batch->stats;
}

/* ---- receiving ---------------------------------------------------------------------------------------------- */

unsigned
udp_batch_receive(struct udp_batch *batch, int fd)
{
	for (unsigned i = 0; i < UDP_BATCH; i++) {
		batch->in.headers[i].msg_hdr.msg_namelen = sizeof batch->in.names[i];
		batch->in.headers[i].msg_hdr.msg_controllen = sizeof batch->in.controls[i];
	}
	int count = recvmmsg(fd, batch->in.headers, UDP_BATCH, MSG_DONTWAIT, NULL);
	if (count >= 0)
		return (unsigned)count;
	if (errno != EAGAIN && errno != EINTR)
		batch->stats.receive_errors++;
	return 0;
}

/* The address that the datagram was sent to, where the socket asks the kernel for it. */
static struct ip_addr
local_of(struct msghdr *header)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(header); c != NULL; c = CMSG_NXTHDR(header, c)) {
		if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
			struct in_pktinfo info;
			memcpy(&info, CMSG_DATA(c), sizeof info);
			/* spec_dst is the local address to answer from; addr would be a broadcast address. */
			return addr_ipv4((const uint8_t *)&info.ipi_spec_dst);
		}
		if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
			struct in6_pktinfo info;
			memcpy(&info, CMSG_DATA(c), sizeof info);
			return addr_ipv6((const uint8_t *)&info.ipi6_addr);
		}
	}
	return (struct ip_addr){ .family = ADDR_NONE };
}

bool
udp_batch_datagram(struct udp_batch *batch, unsigned index, struct udp_datagram *datagram)
{
	assert(index < UDP_BATCH);
	struct mmsghdr *header = &batch->in.headers[index];
	if ((header->msg_hdr.msg_flags & MSG_TRUNC) != 0) {
		batch->stats.cut++;
		return false;
	}
	datagram->bytes = batch->in.vectors[index].iov_base;
	datagram->size = header->msg_len;
	datagram->local.family = ADDR_NONE;
	if (header->msg_hdr.msg_controllen > 0)
		datagram->local = local_of(&header->msg_hdr);
	return endpoint_from_sockaddr(&batch->in.names[index], &datagram->remote,
				      &datagram->remote_port, &datagram->scope);
}

/* ---- sending ------------------------------------------------------------------------------------------------- */

#define KEY_INDEX  0xffu
#define KEY_CLIENT (~UINT64_C(0xffffff))
static_assert(UDP_BATCH <= KEY_INDEX + 1 && UDP_REPLY_BYTES_MAX <= UINT16_MAX,
	      "index and size fit into a key");

/*
 * Sorted by it, a client's replies stand together, the largest first.  Clients whose keys are alike cost each other
 * segments and nothing else, since destinations are compared before two go together.
 */
static uint64_t
key_of(const struct udp_datagram *to, size_t size, unsigned index)
{
	uint64_t client;
	memcpy(&client, to->remote.octets + (to->remote.family == ADDR_IPV6 ? 8 : 0),
	       sizeof client);
	client = (client + to->remote_port) * UINT64_C(0x9e3779b97f4a7c15);
	return (client & KEY_CLIENT) | (uint64_t)(UINT16_MAX - size) << 8 | index;
}

static void
sort_keys(uint64_t *keys, unsigned count)
{
	for (unsigned i = 1; i < count; i++) {
		uint64_t key = keys[i];
		unsigned j = i;
		for (; j > 0 && keys[j - 1] > key; j--)
			keys[j] = keys[j - 1];
		keys[j] = key;
	}
}

static bool
same_way(const struct msghdr *a, const struct msghdr *b)
{
	return a->msg_namelen == b->msg_namelen && a->msg_controllen == b->msg_controllen &&
	       memcmp(a->msg_name, b->msg_name, a->msg_namelen) == 0 &&
	       (a->msg_controllen == 0 ||
		memcmp(a->msg_control, b->msg_control, a->msg_controllen) == 0);
}

/* The replies from `first` on that can be one message's segments: as large as the first, the last one may be smaller. */
static unsigned
train_length(const struct udp_batch *batch, unsigned first)
{
	const struct trains *trains = &batch->trains;
	const struct msghdr *head = &batch->out.headers[trains->keys[first] & KEY_INDEX].msg_hdr;
	size_t segment = head->msg_iov->iov_len, size = segment;
	unsigned next = first + 1;
	if (segment > UDP_SEGMENT_BYTES_MAX)
		return 1;
	for (; next < batch->send_count; next++) {
		const struct msghdr *car =
			&batch->out.headers[trains->keys[next] & KEY_INDEX].msg_hdr;
		size_t car_bytes = car->msg_iov->iov_len;
		if (((trains->keys[first] ^ trains->keys[next]) & KEY_CLIENT) != 0 ||
		    !same_way(head, car) || car_bytes > segment ||
		    size + car_bytes > UDP_MESSAGE_BYTES_MAX)
			break;
		size += car_bytes;
		if (car_bytes < segment)
			return next + 1 - first;
	}
	return next - first;
}

/* The kernel cuts the message behind every `segment` octets (UDP_SEGMENT, udp(7)). */
static void
segment_write(struct msghdr *header, union control *control, uint16_t segment)
{
	struct cmsghdr *item = (struct cmsghdr *)(control->bytes + header->msg_controllen);
	item->cmsg_level = IPPROTO_UDP;
	item->cmsg_type = UDP_SEGMENT;
	item->cmsg_len = CMSG_LEN(sizeof segment);
	memcpy(CMSG_DATA(item), &segment, sizeof segment);
	header->msg_control = control;
	header->msg_controllen += CMSG_SPACE(sizeof segment);
}

static void
trains_make(struct udp_batch *batch)
{
	struct trains *trains = &batch->trains;
	trains->count = 0;
	sort_keys(trains->keys, batch->send_count);
	for (unsigned first = 0, length; first < batch->send_count; first += length) {
		unsigned index = trains->keys[first] & KEY_INDEX;
		struct msghdr *header = &trains->headers[trains->count++].msg_hdr;
		length = train_length(batch, first);
		for (unsigned i = first; i < first + length; i++)
			trains->vectors[i] = batch->out.vectors[trains->keys[i] & KEY_INDEX];
		*header = batch->out.headers[index].msg_hdr;
		header->msg_iov = &trains->vectors[first];
		header->msg_iovlen = length;
		if (length > 1)
			segment_write(header, &batch->out.controls[index],
				      (uint16_t)trains->vectors[first].iov_len);
	}
}

/* A way that takes no segments (IPsec, a path of a small MTU, no checksum wanted) takes datagrams. */
static void
send_one_by_one(struct udp_batch *batch, const struct msghdr *train)
{
	struct msghdr header = *train;
	header.msg_iovlen = 1;
	header.msg_controllen -= CMSG_SPACE(sizeof(uint16_t));
	if (header.msg_controllen == 0)
		header.msg_control = NULL;
	for (size_t i = 0; i < train->msg_iovlen; i++) {
		header.msg_iov = &train->msg_iov[i];
		if (sendmsg(batch->send_fd, &header, MSG_DONTWAIT) < 0)
			batch->stats.send_failures++;
	}
}

void
udp_batch_flush(struct udp_batch *batch)
{
	struct trains *trains = &batch->trains;
	unsigned sent = 0;
	if (batch->send_count == 0)
		return;
	trains_make(batch);
	while (sent < trains->count) {
		int count = sendmmsg(batch->send_fd, trains->headers + sent, trains->count - sent,
				     MSG_DONTWAIT);
		if (count > 0) {
			sent += (unsigned)count;
		} else if (errno != EINTR) { /* the first of them is the one that failed */
			const struct msghdr *failed = &trains->headers[sent++].msg_hdr;
			if (failed->msg_iovlen > 1 && errno != EAGAIN && errno != ENOBUFS)
				send_one_by_one(batch, failed);
			else
				batch->stats.send_failures += failed->msg_iovlen;
		}
	}
	batch->send_count = 0;
}

uint8_t *
udp_batch_lend(struct udp_batch *batch, int fd)
{
	if (batch->send_count == UDP_BATCH || (batch->send_fd != fd && batch->send_count > 0))
		udp_batch_flush(batch);
	batch->send_fd = fd;
	return batch->out.bytes + batch->send_count * STRIDE_BYTES;
}

/* Makes the kernel send from the address that the client asked, which matters on wildcard sockets. */
static size_t
control_write(union control *control, const struct ip_addr *local)
{
	struct cmsghdr *header = &control->align;
	if (local->family == ADDR_IPV4) {
		struct in_pktinfo info = { 0 };
		memcpy(&info.ipi_spec_dst, local->octets, sizeof info.ipi_spec_dst);
		header->cmsg_level = IPPROTO_IP;
		header->cmsg_type = IP_PKTINFO;
		header->cmsg_len = CMSG_LEN(sizeof info);
		memcpy(CMSG_DATA(header), &info, sizeof info);
		return CMSG_SPACE(sizeof info);
	}
	struct in6_pktinfo info = { 0 };
	memcpy(&info.ipi6_addr, local->octets, sizeof info.ipi6_addr);
	header->cmsg_level = IPPROTO_IPV6;
	header->cmsg_type = IPV6_PKTINFO;
	header->cmsg_len = CMSG_LEN(sizeof info);
	memcpy(CMSG_DATA(header), &info, sizeof info);
	return CMSG_SPACE(sizeof info);
}

void
udp_batch_commit(struct udp_batch *batch, const struct udp_datagram *to, size_t size)
{
	assert(batch->send_count < UDP_BATCH);
	assert(size <= UDP_REPLY_BYTES_MAX);
	struct lane *lane = &batch->out;
	unsigned i = batch->send_count++;
	struct msghdr *header = &lane->headers[i].msg_hdr;
	lane->vectors[i].iov_len = size;
	header->msg_namelen =
		endpoint_to_sockaddr(&to->remote, to->remote_port, to->scope, &lane->names[i]);
	header->msg_controllen =
		to->local.family == ADDR_NONE ? 0 : control_write(&lane->controls[i], &to->local);
	header->msg_control = header->msg_controllen == 0 ? NULL : &lane->controls[i];
	batch->trains.keys[i] = key_of(to, size, i);
}

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
static_assert(UDP_REPLIES_BYTES_MAX >= UDP_REPLY_BYTES_MAX, "the largest reply has room");

/* The larger of the two kinds of local address, and behind it the size of the segments. */
union control {
	struct cmsghdr align;
	uint8_t bytes[CMSG_SPACE(sizeof(struct in6_pktinfo)) + CMSG_SPACE(sizeof(uint16_t))];
};

struct inbox {
	struct mmsghdr headers[UDP_BATCH];
	struct iovec vectors[UDP_BATCH];
	struct sockaddr_storage names[UDP_BATCH];
	union control controls[UDP_BATCH];
	uint8_t bytes[UDP_BATCH * STRIDE_BYTES];
};

struct reply {
	struct iovec bytes;
	socklen_t name_bytes;
	size_t control_bytes;
	union control control;
	struct sockaddr_storage name;
};

/* The replies lie one behind the other. */
struct outbox {
	int fd;
	unsigned count;
	size_t used;
	struct reply replies[UDP_REPLIES_MAX];
	uint8_t bytes[UDP_REPLIES_BYTES_MAX];
};

/* What goes out, in an order in which those that can go as the segments of one message are beside each other. */
struct trains {
	uint64_t keys
		[UDP_REPLIES_MAX]; /* of client and size, the reply's index in the lowest octet */
	struct iovec vectors[UDP_REPLIES_MAX];
	struct mmsghdr headers[UDP_REPLIES_MAX];
	unsigned count;
};

struct udp_batch {
	struct udp_batch_stats stats;
	struct inbox in;
	struct outbox out;
	struct trains trains;
};

static void
inbox_init(struct inbox *in)
{
	for (unsigned i = 0; i < UDP_BATCH; i++) {
		in->vectors[i].iov_base = in->bytes + i * STRIDE_BYTES;
		in->vectors[i].iov_len = UDP_QUERY_BYTES_MAX;
		in->headers[i].msg_hdr = (struct msghdr){
			.msg_name = &in->names[i],
			.msg_iov = &in->vectors[i],
			.msg_iovlen = 1,
			.msg_control = &in->controls[i],
		};
	}
}

struct udp_batch *
udp_batch_new(void)
{
	struct udp_batch *batch = calloc(1, sizeof *batch);
	if (batch == NULL)
		return NULL;
	batch->out.fd = -1;
	inbox_init(&batch->in);
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
static_assert(UDP_REPLIES_MAX <= KEY_INDEX + 1 && UDP_REPLY_BYTES_MAX <= UINT16_MAX,
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

/* Shell's sort: few of the keys stand far from their place when a batch comes from few clients. */
static void
sort_keys(uint64_t *keys, unsigned count)
{
	static const unsigned gaps[] = { 57, 23, 10, 4, 1 };
	for (unsigned g = 0; g < sizeof gaps / sizeof *gaps; g++) {
		unsigned gap = gaps[g];
		for (unsigned i = gap; i < count; i++) {
			uint64_t key = keys[i];
			unsigned j = i;
			for (; j >= gap && keys[j - gap] > key; j -= gap)
				keys[j] = keys[j - gap];
			keys[j] = key;
		}
	}
}

static bool
same_way(const struct reply *a, const struct reply *b)
{
	return a->name_bytes == b->name_bytes && a->control_bytes == b->control_bytes &&
	       memcmp(&a->name, &b->name, a->name_bytes) == 0 &&
	       memcmp(&a->control, &b->control, a->control_bytes) == 0;
}

static struct reply *
reply_in_order(struct udp_batch *batch, unsigned place)
{
	return &batch->out.replies[batch->trains.keys[place] & KEY_INDEX];
}

/* The replies from `first` on that can be one message's segments: as large as the first, the last one may be smaller. */
static unsigned
train_length(struct udp_batch *batch, unsigned first)
{
	const struct reply *head = reply_in_order(batch, first);
	size_t segment = head->bytes.iov_len, size = segment;
	unsigned end = first + UDP_SEGMENTS_MAX, next = first + 1;
	if (segment > UDP_SEGMENT_BYTES_MAX)
		return 1;
	for (; next < batch->out.count && next < end; next++) {
		const struct reply *car = reply_in_order(batch, next);
		size_t car_bytes = car->bytes.iov_len;
		if (!same_way(head, car) || car_bytes > segment ||
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
	sort_keys(trains->keys, batch->out.count);
	for (unsigned first = 0, length; first < batch->out.count; first += length) {
		struct reply *head = reply_in_order(batch, first);
		struct msghdr *header = &trains->headers[trains->count++].msg_hdr;
		length = train_length(batch, first);
		for (unsigned i = first; i < first + length; i++)
			trains->vectors[i] = reply_in_order(batch, i)->bytes;
		*header = (struct msghdr){
			.msg_name = &head->name,
			.msg_namelen = head->name_bytes,
			.msg_iov = &trains->vectors[first],
			.msg_iovlen = length,
			.msg_control = head->control_bytes == 0 ? NULL : &head->control,
			.msg_controllen = head->control_bytes,
		};
		if (length > 1)
			segment_write(header, &head->control, (uint16_t)head->bytes.iov_len);
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
		if (sendmsg(batch->out.fd, &header, MSG_DONTWAIT) < 0)
			batch->stats.send_failures++;
	}
}

void
udp_batch_flush(struct udp_batch *batch)
{
	struct trains *trains = &batch->trains;
	unsigned sent = 0;
	if (batch->out.count == 0)
		return;
	trains_make(batch);
	batch->stats.messages += trains->count;
	while (sent < trains->count) {
		int count = sendmmsg(batch->out.fd, trains->headers + sent, trains->count - sent,
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
	batch->out.count = 0;
	batch->out.used = 0;
}

uint8_t *
udp_batch_lend(struct udp_batch *batch, int fd)
{
	struct outbox *out = &batch->out;
	if (out->fd != fd || out->count == UDP_REPLIES_MAX ||
	    sizeof out->bytes - out->used < UDP_REPLY_BYTES_MAX)
		udp_batch_flush(batch);
	out->fd = fd;
	return out->bytes + out->used;
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
	struct outbox *out = &batch->out;
	assert(out->count < UDP_REPLIES_MAX);
	assert(size <= UDP_REPLY_BYTES_MAX);
	struct reply *reply = &out->replies[out->count];
	reply->bytes = (struct iovec){ .iov_base = out->bytes + out->used, .iov_len = size };
	reply->name_bytes =
		endpoint_to_sockaddr(&to->remote, to->remote_port, to->scope, &reply->name);
	reply->control_bytes =
		to->local.family == ADDR_NONE ? 0 : control_write(&reply->control, &to->local);
	batch->trains.keys[out->count] = key_of(to, size, out->count);
	out->used += size;
	out->count++;
}

#include "resolver/serve/udp_batch.h"

#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "resolver/serve/endpoint.h"

/*
 * Buffers of 4096 octets one after the other would all start in the same few sets of the cache, and most of what is
 * read and written is at their start: some lines of odd length in between spread them.
 */
#define STRIDE_BYTES (UDP_QUERY_BYTES_MAX + 5u * 64u)
static_assert(UDP_REPLY_BYTES_MAX <= UDP_QUERY_BYTES_MAX, "both directions share the stride");

union control {
	struct cmsghdr align;
	uint8_t bytes[CMSG_SPACE(sizeof(struct in6_pktinfo))]; /* the larger of the two */
};

struct lane {
	struct mmsghdr headers[UDP_BATCH];
	struct iovec vectors[UDP_BATCH];
	struct sockaddr_storage names[UDP_BATCH];
	union control controls[UDP_BATCH];
	uint8_t bytes[UDP_BATCH * STRIDE_BYTES];
};

struct udp_batch {
	struct udp_batch_stats stats;
	int send_fd;
	unsigned send_count;
	struct lane in, out;
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

void
udp_batch_flush(struct udp_batch *batch)
{
	unsigned sent = 0;
	while (sent < batch->send_count) {
		int count = sendmmsg(batch->send_fd, batch->out.headers + sent,
				     batch->send_count - sent, MSG_DONTWAIT);
		if (count > 0) {
			sent += (unsigned)count;
		} else if (errno != EINTR) {
			batch->stats.send_failures++; /* the first of them is the one that failed */
			sent++;
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
}

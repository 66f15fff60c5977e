/*
 * udp_batch.h - many datagrams a system call, both ways: recvmmsg of 64, and sendmmsg of what up to 256 replies make.
 *
 * One batch serves all UDP listeners of a worker in turn.  Answers gather as they are written, of several calls that
 * receive: the more there are, the more go together.  A change of socket, a full batch and the end of what a listener
 * has in a turn of the loop send them.  Those to one client that are of one size (the last
 * may be smaller) go through the host's stack once, as the segments of one message (UDP_SEGMENT, udp(7)), so they
 * leave in another order than they were written in, which UDP allows (RFC 768).
 *
 * Ownership: the buffers are the batch's; what it lends is lent until the next call.
 * Errors:    a datagram that the host does not take (full buffer, firewall, no route) is lost and counted, as on
 *            any network; the ones behind it still go.
 * Bounds:    UDP_BATCH datagrams of at most UDP_QUERY_BYTES_MAX in; longer queries are cut, which is counted, and
 *            dropped.  UDP_REPLIES_MAX of at most UDP_REPLY_BYTES_MAX out, together UDP_REPLIES_BYTES_MAX.  A message
 *            has UDP_SEGMENTS_MAX segments of UDP_SEGMENT_BYTES_MAX, together UDP_MESSAGE_BYTES_MAX.
 */
#ifndef CAIRN_RESOLVER_SERVE_UDP_BATCH_H
#define CAIRN_RESOLVER_SERVE_UDP_BATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "stack/addr.h"

#define UDP_BATCH           64u
#define UDP_QUERY_BYTES_MAX 4096u
#define UDP_REPLY_BYTES_MAX 4096u /* the largest max-udp-size */

#define UDP_REPLIES_MAX       256u
#define UDP_REPLIES_BYTES_MAX (256u << 10)

#define UDP_SEGMENTS_MAX 64u /* of a message: older kernels take no more */
#define UDP_SEGMENT_BYTES_MAX                                                                      \
	1232u /* no path of IPv6 takes less: 1280 - 40 - 8 (RFC 8200, section 5) */
#define UDP_MESSAGE_BYTES_MAX 32768u /* the kernel's limit is that of a datagram, 65507 */

struct udp_batch;

struct udp_datagram {
	struct ip_addr remote,
		local; /* local: family NONE unless the socket asks for it (IP_PKTINFO) */
	uint16_t remote_port;
	uint32_t scope; /* interface index of a link-local remote */
	const uint8_t *bytes;
	size_t size;
};

struct udp_batch_stats {
	uint64_t cut, receive_errors, messages, send_failures;
};

struct udp_batch *udp_batch_new(void); /* NULL: no memory */
void udp_batch_free(struct udp_batch *batch);

/* Fills the batch from the socket; returns the number of datagrams, 0 when there are none now. */
unsigned udp_batch_receive(struct udp_batch *batch, int fd);
/* The datagram of this index; false when it is to be passed over (cut, or from no usable address). */
bool udp_batch_datagram(struct udp_batch *batch, unsigned index, struct udp_datagram *datagram);

/* A buffer of UDP_REPLY_BYTES_MAX octets; commit makes it a datagram, not committing leaves it free. */
uint8_t *udp_batch_lend(struct udp_batch *batch, int fd);
/* To the remote, from the local address (family NONE: the socket's own). */
void udp_batch_commit(struct udp_batch *batch, const struct udp_datagram *to, size_t size);
void udp_batch_flush(struct udp_batch *batch);

const struct udp_batch_stats *udp_batch_stats(const struct udp_batch *batch);

#endif

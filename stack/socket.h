/*
 * socket.h - sockets by number over any number of stacks: the BSD calls without their waiting.
 *
 * POSIX.1-2017's calls with Linux's options and results where POSIX leaves them open.  A core like
 * the stack below: no call waits, what would have to returns -EAGAIN (connect: -EINPROGRESS), and
 * socket_poll and socket_epoll_wait tell when to come back.  stack/bsd.h makes blocking calls with
 * errno of these.
 *
 * Kinds: AF_INET or AF_INET6 with SOCK_STREAM (TCP), SOCK_DGRAM (UDP), and SOCK_DGRAM with
 * IPPROTO_ICMP or IPPROTO_ICMPV6 (echo requests, as Linux's ping sockets).  AF_INET6 sockets take
 * IPv4-mapped addresses (RFC 3493, section 3.7) unless IPV6_V6ONLY.
 * Not done: MSG_OOB (RFC 6093 discourages it), SOCK_RAW, multicast membership.
 * A link-local address or group takes its link from sin6_scope_id (RFC 3493, section 3.3; the zones of stack_zone_of) or
 * IPV6_PKTINFO (RFC 3542, section 6.2).  Without one, where Linux refuses, it goes where the bound address or else its route says (RFC 4007, section 6: the default zone).
 *
 * The driver of each stack hands what stack_next gives it to socket_action, but for STACK_TRANSMIT,
 * and tells the time with socket_tell_time before calls of a turn.
 *
 * Ownership: the table lies in one block that the caller lends; nothing is allocated later.  Stacks
 *            must outlive their sockets.  Buffers are the caller's and are copied.
 * Units:     microseconds of the monotonic clock of the stacks; octets.
 * Errors:    a negative errno value.  A descriptor that is not open: -EBADF.
 * Bounds:    struct socket_limits; a full table is -EMFILE; a datagram that finds no room is
 *            dropped and counted.
 */
#ifndef CAIRN_STACK_SOCKET_H
#define CAIRN_STACK_SOCKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/types.h>

#include "stack/stack.h"

struct socket_table;
struct tcp_config;

struct socket_limits {
	uint32_t socket_count;   /* descriptors */
	uint32_t datagram_bytes; /* received datagrams of all sockets, not yet read */
	uint32_t watch_count;    /* pairs of an epoll descriptor and a socket */
};
extern const struct socket_limits socket_limits_default;

size_t socket_table_bytes(const struct socket_limits *limits);
/* NULL when block (aligned to 64) is too small. rng draws local ports and echo identifiers. */
struct socket_table *socket_table_new(void *block, size_t block_bytes,
				      const struct socket_limits *limits, struct rng *rng);
/* What TCP sockets opened from now on start with; socket_table_new sets tcp_config_default. */
void socket_set_tcp_config(struct socket_table *table, const struct tcp_config *config);
/* Ports that bind may draw, borrowed; NULL: 32768-60999, as Linux. */
void socket_set_port_pool(struct socket_table *table, const struct port_pool *pool);

void socket_tell_time(struct socket_table *table, uint64_t now_us);
/* The time of day, in microseconds since 1970, at this time: for SO_TIMESTAMP.  Told again, since clocks are set. */
void socket_tell_time_of_day(struct socket_table *table, uint64_t now_us, uint64_t epoch_us);
/* False: not about a socket of this table. */
bool socket_action(struct socket_table *table, struct stack *stack,
		   const struct stack_action *action);

/* ---- the calls, as POSIX has them -------------------------------------------------------------- */

/* type may have SOCK_NONBLOCK and SOCK_CLOEXEC or'ed in, as Linux. */
int socket_open(struct socket_table *table, struct stack *stack, int domain, int type,
		int protocol);
int socket_close(struct socket_table *table, int fd);
int socket_bind(struct socket_table *table, int fd, const struct sockaddr *name, socklen_t size);
int socket_listen(struct socket_table *table, int fd, int backlog);
int socket_accept(struct socket_table *table, int fd, struct sockaddr *name, socklen_t *size,
		  int flags);
/* -EINPROGRESS: poll for POLLOUT; -EALREADY: still not. */
int socket_connect(struct socket_table *table, int fd, const struct sockaddr *name, socklen_t size);
int socket_shutdown(struct socket_table *table, int fd, int how);
int socket_getsockname(struct socket_table *table, int fd, struct sockaddr *name, socklen_t *size);
int socket_getpeername(struct socket_table *table, int fd, struct sockaddr *name, socklen_t *size);

ssize_t socket_sendmsg(struct socket_table *table, int fd, const struct msghdr *message, int flags);
/* MSG_WAITALL is the caller's business: what is there is given. */
ssize_t socket_recvmsg(struct socket_table *table, int fd, struct msghdr *message, int flags);

int socket_setsockopt(struct socket_table *table, int fd, int level, int name, const void *value,
		      socklen_t size);
int socket_getsockopt(struct socket_table *table, int fd, int level, int name, void *value,
		      socklen_t *size);
int socket_fcntl(struct socket_table *table, int fd, int command, long argument);
int socket_ioctl(struct socket_table *table, int fd, unsigned long request, void *argument);

/* ---- readiness --------------------------------------------------------------------------------- */

/* Of `events` those that are so, and POLLERR, POLLHUP; POLLNVAL for a number that is not open. */
short socket_poll(struct socket_table *table, int fd, short events);

/* epoll(7), with EPOLLET and EPOLLONESHOT; events in the order in which they became so. */
int socket_epoll_create(struct socket_table *table);
int socket_epoll_ctl(struct socket_table *table, int epoll_fd, int operation, int fd,
		     const struct epoll_event *event);
int socket_epoll_wait(struct socket_table *table, int epoll_fd, struct epoll_event *events,
		      int events_max);

/* ---- looking in -------------------------------------------------------------------------------- */

/* What a waiting layer must know of a descriptor. */
struct socket_manners {
	bool is_nonblocking;
	bool is_stream;
	uint64_t receive_timeout_us, send_timeout_us; /* SO_RCVTIMEO, SO_SNDTIMEO; 0: for ever */
	uint32_t receive_low_bytes;                   /* SO_RCVLOWAT */
	bool has_linger;
	uint64_t linger_us;
};
int socket_manners(struct socket_table *table, int fd, struct socket_manners *manners);
/*
 * Something can be received, however little SO_RCVLOWAT thinks of it: the end, an error, more octets of a stream than these,
 * or as many as there is room for.
 */
bool socket_has_input(struct socket_table *table, int fd, size_t beyond_bytes);
/* Everything sent has been acknowledged, our FIN too if there is one; or never will be. */
bool socket_is_drained(struct socket_table *table, int fd);

struct socket_stats {
	uint32_t open_count, watch_count;
	uint32_t datagram_bytes; /* waiting, as they lie in memory */
	uint64_t datagrams_dropped;
};
void socket_stats(const struct socket_table *table, struct socket_stats *stats);

#endif

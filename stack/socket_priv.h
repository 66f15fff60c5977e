/*
 * socket_priv.h - what the files of the socket layer share.
 *
 *     socket.c           descriptors, and what comes up from the stacks
 *     socket_name.c      addresses: bind, names, ports
 *     socket_stream.c    TCP: opening, accepting, closing
 *     socket_stream_io.c TCP: octets in and out, readiness
 *     socket_datagram.c  UDP and echo: opening, sending, receiving
 *     socket_queue.c     datagrams and errors that wait
 *     socket_option*.c   getsockopt and setsockopt by level
 *     socket_control.c   fcntl, ioctl
 *     socket_epoll.c     readiness of many
 *
 * What happens to a TCP connection is not remembered here: tcp_poll tells the truth at any time.
 */
#ifndef CAIRN_STACK_SOCKET_PRIV_H
#define CAIRN_STACK_SOCKET_PRIV_H

#include <errno.h>
#include <netinet/in.h>

#include "stack/base/rng.h"
#include "stack/socket.h"
#include "stack/socket_queue.h"
#include "stack/tcp.h"

#define SOCKET_NONE             UINT32_MAX
#define SOCKET_PORT_MIN         32768u /* Linux's ip_local_port_range */
#define SOCKET_PORT_MAX         60999u
#define SOCKET_PORT_DRAWS       256u
#define SOCKET_BUFFER_BYTES     212992u /* SO_RCVBUF and SO_SNDBUF of a datagram socket, as Linux */
#define SOCKET_BUFFER_BYTES_MIN 2304u
#define SOCKET_BUFFER_BYTES_MAX (64u << 20)
#define SOCKET_UDP_BYTES_MAX    65507u
#define SOCKET_BACKLOG_MAX      4096u /* net.core.somaxconn */

enum socket_kind { SOCKET_FREE, SOCKET_STREAM, SOCKET_UDP, SOCKET_ECHO, SOCKET_EPOLL };

/* Of a TCP socket. */
enum socket_phase {
	SOCKET_IDLE, /* no connection: new, bound, refused or disconnected */
	SOCKET_LISTENING,
	SOCKET_CONNECTING, /* connect has not told its result yet */
	SOCKET_CONNECTED,  /* there is or was a connection */
};

/* To whom, an address that is no wildcard, and from which own address; family ADDR_NONE: the stack chooses. */
struct socket_peer {
	struct ip_addr addr, local;
	uint16_t port;
};

struct socket {
	enum socket_kind kind;
	uint32_t generation; /* so that what was meant for a closed socket reaches no newer one */
	struct stack *stack;
	int domain, protocol;
	bool is_nonblocking, is_close_on_exec;
	bool shut_receive, shut_send;

	/* Its own name; family ADDR_NONE or zero bits: any address.  port 0: not bound. */
	struct ip_addr local;
	uint16_t local_port;
	bool is_bound;      /* in the chain of its port */
	bool is_port_drawn; /* by connect, and given back with the connection */
	uint32_t next_bound, previous_bound;

	enum socket_phase phase;
	bool is_error_told; /* the end of this connection has been reported once */
	tcp_conn conn;
	struct tcp_config
		config; /* of the next connection; changes of a living one go to the stack */
	uint32_t backlog;

	/* Datagrams. */
	bool is_connected, is_listening; /* flow is open; udp_listen was called */
	udp_flow flow;
	struct socket_peer peer;
	int pending_error; /* errno */
	struct datagram_queue received, errors;
	uint32_t receive_bytes_max, send_bytes_max;

	/* Options. */
	bool reuse_address, reuse_port, broadcast, keepalive, only_v6;
	bool has_linger;
	uint32_t linger_s;
	uint64_t receive_timeout_us, send_timeout_us;
	uint32_t receive_low_bytes;
	bool wants_packet_info, wants_hop_limit, wants_traffic_class, wants_errors;
	int wants_time; /* SO_TIMESTAMP, SO_TIMESTAMPNS; 0: not wanted */
	uint8_t hop_limit; /* 0: default */
	uint8_t traffic_class;
	int mtu_discover; /* IP_PMTUDISC_* */

	uint32_t watches;                /* of this socket, by any epoll descriptor */
	uint32_t ready_head, ready_tail; /* SOCKET_EPOLL: watches that may be ready */
	uint32_t next_free;
};

/* One socket in the interest list of one epoll descriptor. */
struct watch {
	uint32_t epoll, socket; /* indices; SOCKET_NONE: free */
	uint32_t events;
	epoll_data_t data;
	bool is_queued, is_disarmed;
	uint32_t next_of_socket;
	uint32_t next_ready;
};

struct socket_table {
	struct socket *sockets;
	uint32_t socket_count, free_socket, high_count; /* high_count: none beyond was ever open */
	struct watch *watches;
	uint32_t watch_count, free_watch;
	uint32_t *bound_heads; /* a power of two of chains by kind and port */
	uint32_t bound_mask;
	struct datagram_pool datagrams;
	struct rng *rng;
	const struct port_pool *ports;
	struct tcp_config tcp_config;
	uint64_t now_us;
	uint64_t epoch_offset_us; /* from now_us to the time of day */
	struct socket_stats stats;
};

/* NULL: not open. */
struct socket *socket__get(const struct socket_table *table, int fd);
int socket__new(struct socket_table *table, enum socket_kind kind, struct socket **socket);
void socket__free(struct socket_table *table, struct socket *socket);
int socket__fd(const struct socket_table *table, const struct socket *socket);
/* generation << 32 | index: what the stack is told to say with events. */
uint64_t socket__user(const struct socket_table *table, const struct socket *socket);
/* ERR_* of the stack as errno, negative. */
int socket__errno(int err);

/* ---- names (socket_name.c) --------------------------------------------------------------------- */

int socket__peer_read(const struct socket *socket, const struct sockaddr *name, socklen_t size,
		      struct socket_peer *peer);
/*
 * Cut to *size, which then has the whole length.  size NULL or name NULL: not wanted.
 * zone: of the own address that was used, if addr is link-local (socket__zone).
 */
int socket__name_write(const struct socket *socket, const struct ip_addr *addr, uint16_t port,
		       uint32_t zone, struct sockaddr *name, socklen_t *size);
/* sin6_scope_id of addr, as seen from this address of ours; 0: it has none. */
uint32_t socket__zone(const struct socket *socket, const struct ip_addr *addr, const struct ip_addr *local);
/* The same of who has sent a datagram, or an error: by the link that it came from. */
uint32_t socket__datagram_zone(const struct socket *socket, const struct datagram *datagram, const struct ip_addr *addr);
/* Gives a socket that was not bound a free port. */
int socket__bind_any(struct socket_table *table, struct socket *socket);
/* It has its port already, from the stack: others are to see that. */
void socket__chain_add(struct socket_table *table, struct socket *socket);
void socket__unbind(struct socket_table *table, struct socket *socket);
/* The first of the sockets that may have this port; the others follow by next_bound. */
uint32_t *socket__chain(const struct socket_table *table, enum socket_kind kind, uint16_t port);
/* No other socket stands in the way, as this one is now. */
bool socket__is_port_free(const struct socket_table *table, const struct socket *socket, uint16_t port);
/* As a listener wants it: family ADDR_NONE for any of both families. */
struct ip_addr socket__local_any(const struct socket *socket);

/* ---- TCP (socket_stream.c, socket_stream_io.c) ------------------------------------------------- */

int socket__stream_listen(struct socket_table *table, struct socket *socket, int backlog);
int socket__stream_connect(struct socket_table *table, struct socket *socket,
			   const struct sockaddr *name, socklen_t size);
int socket__stream_disconnect(struct socket_table *table, struct socket *socket);
int socket__stream_shutdown(struct socket_table *table, struct socket *socket, int how);
void socket__stream_close(struct socket_table *table, struct socket *socket);
/* errno of what ended the connection, the first time; then 0. */
int socket__stream_take_error(struct socket *socket);
int socket__stream_take_any_error(struct socket *socket);
ssize_t socket__stream_send(struct socket_table *table, struct socket *socket,
			    const struct msghdr *message, int flags);
ssize_t socket__stream_receive(struct socket_table *table, struct socket *socket,
			       struct msghdr *message, int flags);
short socket__stream_poll(const struct socket *socket);
int socket__reason_errno(enum tcp_reason reason);

/* ---- datagrams (socket_datagram.c) -------------------------------------------------------------- */

int socket__datagram_bound(struct socket_table *table, struct socket *socket);
int socket__datagram_connect(struct socket_table *table, struct socket *socket,
			     const struct sockaddr *name, socklen_t size);
int socket__datagram_disconnect(struct socket_table *table, struct socket *socket);
void socket__datagram_close(struct socket_table *table, struct socket *socket);
ssize_t socket__datagram_send(struct socket_table *table, struct socket *socket,
			      const struct msghdr *message, int flags);
ssize_t socket__datagram_receive(struct socket_table *table, struct socket *socket,
				 struct msghdr *message, int flags);
void socket__datagram_heard(struct socket_table *table, struct socket *socket,
			    const struct stack_action *action);
int socket__datagram_take_error(struct socket *socket);
short socket__datagram_poll(const struct socket_table *table, const struct socket *socket);

/* How one datagram is to go out: as the options say, or otherwise by ancillary data (RFC 3542, section 6). */
struct datagram_manner {
	struct ip_addr source; /* family ADDR_NONE: as the socket's */
	uint32_t zone;         /* for a link-local address or group; 0: not told */
	uint8_t hop_limit, traffic_class;
};
int socket__ancillary_read(const struct socket *socket, const struct msghdr *message, struct datagram_manner *manner);

/* Ancillary data of a received datagram or error (socket_ancillary.c). */
void socket__ancillary_write(const struct socket *socket, const struct datagram *datagram,
			     struct msghdr *message);

/* ---- options (socket_option_*.c): size is at least 1 ------------------------------------------- */

int socket__set_ip(struct socket_table *table, struct socket *socket, int level, int name,
		   const void *value, socklen_t size);
int socket__get_ip(struct socket_table *table, struct socket *socket, int level, int name,
		   void *value, socklen_t *size);
int socket__set_tcp(struct socket_table *table, struct socket *socket, int name, const void *value,
		    socklen_t size);
int socket__get_tcp(struct socket_table *table, struct socket *socket, int name, void *value,
		    socklen_t *size);
/* An int option: 4 octets, or whatever fewer are asked for. */
int socket__option_write(void *value, socklen_t *size, const void *bytes, size_t bytes_size);
int socket__option_write_int(void *value, socklen_t *size, int number);
int socket__option_read_int(const void *value, socklen_t size, int *number);
/* The options in use: of the connection if there is one. */
struct tcp_config socket__tcp_config(const struct socket *socket);
void socket__tcp_config_set(struct socket_table *table, struct socket *socket,
			    const struct tcp_config *config);

/* ---- epoll -------------------------------------------------------------------------------------- */

/* Something may have become so for this socket. */
void socket__wake(struct socket_table *table, const struct socket *socket);
void socket__forget_watches(struct socket_table *table, struct socket *socket);
short socket__level(const struct socket_table *table, const struct socket *socket);

#endif

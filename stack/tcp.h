/*
 * tcp.h - TCP for programs (RFC 9293): connections, listeners, their streams, and what they are doing.
 *
 * The calls beside stack.h's five verbs.  A connection is a number; what happens to it comes out of stack_next as
 * STACK_TCP with the bits of enum tcp_event that have become true since the last one, at most one
 * action waiting a connection, so none is lost.  tcp_poll tells the same as levels, for poll(2).
 *
 * Done: all eleven states, simultaneous open and close, half-close, linger, keepalive, user timeout (RFC 5482's
 * local side); window scale, timestamps, PAWS (RFC 7323); SACK and D-SACK (RFC 2018, 2883, 6675); RTO
 * (RFC 6298); limited transmit (3042), RACK-TLP (8985), PRR (9937), F-RTO (5682); CUBIC, NewReno; ECN (3168);
 * Nagle, delayed acknowledgments, SWS avoidance, zero-window probes; RFC 5961; RFC 5927; RFC 4821; SYN cookies;
 * TIME-WAIT with re-use (6191).
 * Not done: urgent data (RFC 6093 discourages it); TCP Fast Open (RFC 7413) and MPTCP.
 *
 * Ownership: data is copied at tcp_send and tcp_receive, or lent by tcp_peek until tcp_consume or the next verb, and room for
 *            it by tcp_send_room until tcp_send_filled.
 * Units:     octets, microseconds; ports in host order.
 * Errors:    0 or a negative ERR_*; what became of a connection: enum tcp_reason.
 * Bounds:    struct stack_limits: tcp_count connections and listeners, tcp_buffer_bytes of stream data for all of
 *            them, tcp_sent_count records of what is in flight, tcp_syn_count half-open connections (beyond: SYN cookies),
 *            tcp_time_wait_count (beyond: the oldest goes).
 */
#ifndef CAIRN_STACK_TCP_H
#define CAIRN_STACK_TCP_H

#include <sys/uio.h>

#include "stack/stack.h"

/* generation << 32 | index, like udp_flow; 0 is none. */
typedef uint64_t tcp_conn;

enum tcp_state {
	TCP_STATE_CLOSED,
	TCP_STATE_LISTEN,
	TCP_STATE_SYN_SENT,
	TCP_STATE_SYN_RECEIVED,
	TCP_STATE_ESTABLISHED,
	TCP_STATE_FIN_WAIT_1,
	TCP_STATE_FIN_WAIT_2,
	TCP_STATE_CLOSE_WAIT,
	TCP_STATE_CLOSING,
	TCP_STATE_LAST_ACK,
	TCP_STATE_TIME_WAIT,
};
const char *tcp_state_name(enum tcp_state state); /* RFC 9293's: "SYN-SENT" */

/* Bits of a STACK_TCP action and of tcp_poll. */
enum tcp_event {
	TCP_EVENT_CONNECTED = 1u << 0,  /* the active open has succeeded */
	TCP_EVENT_READABLE = 1u << 1,   /* data to receive, or the end of the stream */
	TCP_EVENT_WRITABLE = 1u << 2,   /* room to send */
	TCP_EVENT_ACCEPTABLE = 1u << 3, /* a listener has a connection */
	TCP_EVENT_PEER_CLOSED = 1u << 4, /* FIN received */
	TCP_EVENT_CLOSED = 1u << 5,     /* both directions are over: TIME-WAIT or CLOSED */
	TCP_EVENT_FAILED = 1u << 6,     /* tcp_reason_of tells why */
	TCP_EVENT_ERROR = 1u << 7,      /* a soft error (RFC 5461), for SO_ERROR and IP_RECVERR */
};

/* Why a connection has ended, or what troubles it. */
enum tcp_reason {
	TCP_REASON_NONE,
	TCP_REASON_REFUSED,          /* RST to our SYN, or port unreachable */
	TCP_REASON_RESET,            /* RST */
	TCP_REASON_TIMED_OUT,        /* retransmissions, keepalive or user timeout */
	TCP_REASON_NET_UNREACHABLE,
	TCP_REASON_HOST_UNREACHABLE,
	TCP_REASON_PROHIBITED,
	TCP_REASON_ABORTED,          /* by ourselves */
	TCP_REASON_NO_MEMORY,
};

/* What a connection starts with; listeners hand theirs down. tcp_config_default has the values. */
struct tcp_config {
	uint32_t send_buffer_bytes, receive_buffer_bytes;         /* at the start */
	uint32_t send_buffer_bytes_max, receive_buffer_bytes_max; /* autotuning's ends; equal to the above: none */
	uint16_t mss_max;         /* TCP_MAXSEG; 0: by the path MTU */
	uint8_t hop_limit;        /* 0: default */
	uint8_t traffic_class;
	bool no_delay;            /* Nagle off (RFC 9293, section 3.7.4) */
	bool cork;                /* TCP_CORK: only full segments, 200 ms at most */
	bool quick_ack;           /* the first segments are acknowledged at once, as Linux; false: RFC 5681's delay from the start */
	bool keepalive;
	bool window_scale, sack, timestamps, ecn; /* offered and granted */
	bool ecn_if_asked;        /* granted, not offered */
	bool slow_start_after_idle; /* RFC 5681, section 4.1 */
	bool pmtu_discovery;      /* DF, and heeding what routers say about sizes */
	bool mtu_probing;         /* RFC 4821, when timeouts look like a black hole */
	bool share_port;          /* of a listener: others that have it too may listen at its name (SO_REUSEPORT) */
	uint32_t keepalive_idle_s, keepalive_interval_s, keepalive_count;
	uint32_t syn_retries, synack_retries, retries; /* 7, 5, 15 */
	uint32_t user_timeout_ms; /* 0: by retries */
	uint32_t fin_wait_2_ms;   /* orphans are forgotten after; 60 s */
	uint32_t time_wait_ms;    /* 2 MSL: 60 s as Linux */
	uint32_t defer_accept_s;  /* 0: none */
	uint32_t not_sent_low_bytes; /* WRITABLE only below it (TCP_NOTSENT_LOWAT); UINT32_MAX: off */
	uint64_t pacing_rate_bytes_s; /* segments are spread, at no more than it (SO_MAX_PACING_RATE); 0: as cwnd allows, at once */
	const char *congestion;   /* "cubic", "reno" */
};
extern const struct tcp_config tcp_config_default;

/* ---- opening -------------------------------------------------------------------------------------- */

/* Ports for active opens; without a pool 32768-60999 and then 1024-65535.  As udp_set_port_pool. */
void tcp_set_port_pool(struct stack *stack, const struct port_pool *pool);

/* Sends a SYN.  local may be NULL, local_port 0.  ERR_NO_ROUTE, ERR_IN_USE, ERR_FULL. config NULL: the default. */
int tcp_open(struct stack *stack, const struct ip_addr *remote, uint16_t remote_port, const struct ip_addr *local,
             uint16_t local_port, const struct tcp_config *config, uint64_t user, uint64_t now_us, tcp_conn *conn);

/*
 * local's family NONE: every address of both families; family given with zero bits: every address of that family.
 * ERR_IN_USE: another listens at that name, and not both share it.  Of those that do each hears its peers (share.h); SHARE_MAX
 * of them, ERR_FULL beyond.
 */
int tcp_listen(struct stack *stack, const struct ip_addr *local, uint16_t port, uint32_t backlog,
               const struct tcp_config *config, uint64_t user, tcp_conn *listener);
int tcp_set_backlog(struct stack *stack, tcp_conn listener, uint32_t backlog);
/* The next established connection, in the order of establishment; ERR_NOT_FOUND: none waits. */
int tcp_accept(struct stack *stack, tcp_conn listener, uint64_t user, tcp_conn *conn);

/* ---- the stream ----------------------------------------------------------------------------------- */

#define TCP_SEND_MORE 0x1u /* MSG_MORE: hold back what is no full segment */

/* Takes up to `size` octets; *taken may be less.  ERR_FULL: nothing taken; ERR_CLOSED: our direction is shut or the connection over. */
int tcp_send(struct stack *stack, tcp_conn conn, const void *bytes, size_t size, unsigned flags, uint64_t now_us,
             size_t *taken);
/*
 * The same without a copy, for what is read from a file: lends room for up to `size` octets in the send buffer, in up to
 * *piece_count pieces (tells how many there are), for readv(2).  Errors as tcp_send.  After success tcp_send_filled comes next,
 * before any other call: the first `size` octets of the room, if any, are written and are to go out.
 */
int tcp_send_room(struct stack *stack, tcp_conn conn, size_t size, struct iovec *pieces, size_t *piece_count);
void tcp_send_filled(struct stack *stack, tcp_conn conn, size_t size, unsigned flags, uint64_t now_us);
/* *got 0 with 0 returned: the end of the stream.  ERR_NOT_FOUND: nothing there yet; ERR_CLOSED: failed (tcp_reason_of). */
int tcp_receive(struct stack *stack, tcp_conn conn, void *out, size_t size, uint64_t now_us, size_t *got);
/* As tcp_receive, but lends one contiguous piece and takes nothing off; offset octets ahead of the next to be received. */
int tcp_peek(struct stack *stack, tcp_conn conn, size_t offset, const uint8_t **bytes, size_t *size);
int tcp_consume(struct stack *stack, tcp_conn conn, size_t size, uint64_t now_us);

/* ---- closing --------------------------------------------------------------------------------------- */

int tcp_shutdown(struct stack *stack, tcp_conn conn, uint64_t now_us); /* FIN after what is queued; receiving goes on */
int tcp_shutdown_receive(struct stack *stack, tcp_conn conn);          /* what comes is thrown away */
/*
 * The program is done: FIN after what is queued, or RST when data was not read or comes from now on (RFC 9293, section 3.6.1;
 * RFC 2525, section 2.17).  The number means nothing afterwards; the stack finishes by itself.  Listeners: what waits is reset.
 */
void tcp_close(struct stack *stack, tcp_conn conn, uint64_t now_us);
void tcp_abort(struct stack *stack, tcp_conn conn, uint64_t now_us); /* RST; the number means nothing afterwards */

/* ---- looking in, and changing --------------------------------------------------------------------- */

unsigned tcp_poll(const struct stack *stack, tcp_conn conn); /* enum tcp_event, as levels; 0 for an unknown number */
enum tcp_reason tcp_reason_of(const struct stack *stack, tcp_conn conn);
enum tcp_reason tcp_take_error(struct stack *stack, tcp_conn conn); /* SO_ERROR: told once */
/* A soft error (RFC 5461), told once: none if something was acknowledged since. */
enum tcp_reason tcp_take_soft_error(struct stack *stack, tcp_conn conn);

/* The options in use; to change one: get, change, set.  What cannot change any more is ignored. */
int tcp_get_config(const struct stack *stack, tcp_conn conn, struct tcp_config *config);
int tcp_set_config(struct stack *stack, tcp_conn conn, const struct tcp_config *config, uint64_t now_us);

struct tcp_conn_info {
	tcp_conn conn;
	uint64_t user;
	enum tcp_state state;
	struct ip_addr local, remote;
	uint16_t local_port, remote_port;
	bool is_detached; /* closed by the program, the stack goes on */
	bool is_soft_ours; /* the last soft error is this host's own word: nobody has the next hop's address */
	bool is_receive_full; /* no window is offered before some of what is unread is read */
	bool has_timestamps, has_sack, has_wscale, has_ecn;
	uint8_t wscale_send, wscale_receive;
	uint8_t recovery; /* 0 open, 1 disorder, 2 CWR, 3 recovery, 4 loss: Linux's tcpi_ca_state */
	uint8_t backoff_count, retransmits, probes;
	const char *congestion;
	uint32_t mss_send, mss_receive, mss_seen, path_mtu; /* seen: what the peer's full segments carry */
	uint32_t snd_una, snd_nxt, snd_wnd, rcv_nxt, rcv_wnd, iss, irs;
	uint32_t cwnd_bytes, ssthresh_bytes;
	uint64_t srtt_us, rttvar_us, rto_us, min_rtt_us, receive_rtt_us, ack_delay_us;
	uint32_t send_queue_bytes, not_sent_bytes, receive_queue_bytes, out_of_order_bytes;
	uint32_t unacked_segments, sacked_segments, lost_segments, retransmitted_segments; /* now */
	uint64_t bytes_sent, bytes_acked, bytes_received, bytes_retransmitted;
	uint64_t segments_in, segments_out, data_segments_in, data_segments_out;
	uint64_t segments_delivered, segments_out_of_order; /* of ours at the peer, its SYN's answer too; of the peer's */
	uint64_t retransmits_total, dsack_duplicates, reordering_seen, spurious_timeouts;
	uint64_t pacing_rate_bytes_s, delivery_rate_bytes_s;
	uint64_t last_sent_us, last_received_us, last_data_us, last_ack_us; /* data: of the peer's */
	/* How long something was to be sent or acknowledged; of that, held up by the peer's window, by a full send buffer. */
	uint64_t busy_us, window_limited_us, buffer_limited_us;
	uint32_t accept_queue, backlog, syn_queue; /* listeners */
};
/* How long data that had come has waited for data before it, in all: what loss and reordering cost the reader. */
uint64_t tcp_hole_us(const struct stack *stack, tcp_conn conn);
int tcp_info(const struct stack *stack, tcp_conn conn, struct tcp_conn_info *info);
/* All connections and listeners, one a call, *place from 0; false after the last. */
bool tcp_info_next(const struct stack *stack, uint32_t *place, struct tcp_conn_info *info);

#endif

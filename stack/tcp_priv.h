/*
 * tcp_priv.h - what the files of TCP share: the connection's block, the tables, and who does what.
 *
 *     ip_deliver -> tcp_segment_receive (tcp_in) -> tcp__listen_receive    a listener or a SYN kept (tcp_listen)
 *                                        -> tcp__time_wait_receive (tcp_time_wait)
 *                                        -> tcp__synsent_receive   (tcp_in_synsent)
 *                                        -> tcp__ack_receive       (tcp_in_ack: tcp_sack, rack, tcp_recovery)
 *                                        -> tcp__data_receive      (tcp_in_data)
 *     stack_next -> tcp_flush -> tcp__output (tcp_out) -> tcp__segment_send (tcp_segment)
 *     stack_timeout -> tcp_timeout (tcp_timer)
 *     icmp__heard -> tcp_icmp_heard (tcp_icmp)
 *
 * What has happened is noted first and answered at the flush, so that a batch of segments draws one
 * acknowledgment and the program's reply carries it.  Only what RFC 5681 wants at once (a segment out of
 * order) and challenges are sent from within the arrival.
 *
 * One table finds whom a segment is for: connections, SYNs kept by a listener and TIME-WAITs, by a
 * keyed hash of the 4-tuple.  Listeners are found by their port.
 *
 * Bounds: struct stack_limits.  An idle connection holds its struct tcb and nothing else.
 */
#ifndef CAIRN_STACK_TCP_PRIV_H
#define CAIRN_STACK_TCP_PRIV_H

#include <assert.h>
#include <sys/queue.h>

#include "stack/base/wheel.h"
#include "stack/cc.h"
#include "stack/drop.h"
#include "stack/ip.h"
#include "stack/rack.h"
#include "stack/rto.h"
#include "stack/seq.h"
#include "stack/seq_set.h"
#include "stack/stream_buf.h"
#include "stack/tcp.h"
#include "stack/tcp_secret.h"
#include "stack/tcp_sent.h"
#include "stack/tcp_wire.h"

struct arena;

#define TCP_TCB_BYTES_MAX      2048u /* what an idle connection may hold */
#define TCP_HOLES_SMALL        8u    /* pieces out of order kept in the tcb; more lie in a chunk of the pool */
#define TCP_LISTENER_CHAINS    64u
#define TCP_COOKIE_SETS        256u  /* of spent cookies that are remembered; older ones could begin a connection again */
#define TCP_COOKIE_WAYS        4u
#define TCP_MSS_DEFAULT_IPV4   536u  /* RFC 9293, section 3.7.1 */
#define TCP_MSS_DEFAULT_IPV6   1220u
#define TCP_MSS_MIN            48u   /* a peer cannot make us send dust (CVE-2019-11479) */
#define TCP_WINDOW_MAX         (65535u << TCP_WSCALE_MAX)
#define TCP_ACK_DELAY_US       40000u  /* as Linux; RFC 9293, section 3.8.6.3 allows 500 ms */
#define TCP_CORK_US            200000u
#define TCP_QUICK_ACKS_MAX     16u
#define TCP_CHALLENGE_US       500000u /* between two of one connection (RFC 5961, section 7) */
#define TCP_PAWS_IDLE_US       2073600000000u /* 24 days (RFC 7323, section 5.5) */
#define TCP_ECN_MASK           0x03u
#define TCP_ECN_ECT0           0x02u
#define TCP_ECN_CE             0x03u

/* ---- the table ------------------------------------------------------------------------------- */

enum tcp_key_kind { TCP_KEY_FREE, TCP_KEY_TCB, TCP_KEY_SYN, TCP_KEY_TIME_WAIT };

/* First in everything that the table holds. */
struct tcp_key {
	struct tcp_key *next; /* of its chain */
	struct tcp_tuple tuple;
	uint8_t kind;
};

/* ---- a connection ---------------------------------------------------------------------------- */

/* Linux's tcpi_ca_state, in its order. */
enum tcp_recovery_state {
	TCP_RECOVERY_OPEN,     /* nothing is known to be missing */
	TCP_RECOVERY_DISORDER, /* something arrived out of order; it may be lost */
	TCP_RECOVERY_CWR,      /* reduced for ECN or a loss that a probe has mended */
	TCP_RECOVERY_FAST,     /* losses are being mended */
	TCP_RECOVERY_LOSS,     /* after a timeout */
};

/* What is known about the losses of a connection (tcp_recovery.h). */
struct tcp_recovery {
	uint8_t state;             /* enum tcp_recovery_state */
	bool is_frto;              /* RFC 5682: the timeout may have been spurious */
	bool is_new_first;         /* and what is new goes out before what is lost, to tell */
	bool can_undo;             /* nothing has proved the loss since undo_seq */
	bool is_reneged;           /* the peer has taken back what it had sacked */
	uint32_t high_seq;         /* snd_nxt when the state was entered: RecoveryPoint */
	uint32_t undo_seq;         /* snd_una then */
	uint32_t undo_retransmits; /* segments sent again that no D-SACK has accounted for */
	uint32_t duplicate_acks;   /* without SACK: segments taken to be out of order */
	uint32_t prr_delivered, prr_out, recover_fs; /* RFC 9937 */
	uint64_t retransmitted_at_us; /* the first retransmission of the episode; 0: none */
	uint32_t retransmit_ts;       /* our timestamp then (Eifel detection, RFC 3522) */
	uint32_t tlp_end_seq;         /* RFC 8985, section 7.4.1 */
	bool is_tlp_out, is_tlp_retransmit;
};

/* The receive window's autotuning. */
struct tcp_receive_rate {
	uint32_t read_seq;      /* what the program had read when the round began */
	uint32_t space;         /* what it has read in the best round so far */
	uint64_t began_us;
	uint32_t rtt_seq;       /* without timestamps: a round trip ends when this arrives */
	uint64_t rtt_began_us;
	uint64_t rtt_us;        /* the receiver's own estimate; 0: none */
};

/* Path MTU discovery of a connection (tcp_mtu). */
struct tcp_mtu {
	uint32_t path;        /* what the path-MTU cache and the interface say */
	uint32_t current;     /* what segments are made for: at most path */
	uint32_t search_low, search_high; /* RFC 4821: known to pass, not known to; 0: no search */
	uint32_t probe_bytes; /* of the packet that is under way; 0: none */
	uint32_t probe_end_seq;
	uint32_t full_probes;  /* of search_high as it was at first */
	uint64_t probed_at_us;
	uint64_t passed_at_us; /* a packet of the current size, last */
};

struct tcp_accepts {
	TAILQ_HEAD(, tcb) queue; /* established, not taken yet; in order */
	TAILQ_HEAD(, tcp_syn) syns;
	uint32_t count, backlog, syn_count;
	uint64_t cookies_until_us; /* cookies were sent: until then acknowledgments may carry one */
};

/* What sending waits for. */
enum tcp_limit {
	TCP_LIMIT_NONE,   /* there is nothing to send, and nothing in flight */
	TCP_LIMIT_PATH,   /* cwnd, acknowledgments */
	TCP_LIMIT_WINDOW, /* the peer's */
	TCP_LIMIT_BUFFER, /* the program has more, for which the send buffer has no room */
	TCP_LIMITS,
};

struct tcp_counters {
	uint64_t bytes_sent, bytes_acked, bytes_received, bytes_retransmitted;
	uint64_t segments_in, segments_out, data_segments_in, data_segments_out;
	uint64_t segments_delivered, segments_out_of_order;
	uint64_t retransmits_total, dsack_duplicates, reordering_seen, spurious_timeouts;
	uint64_t last_sent_us, last_received_us, last_ack_us;
	uint64_t hole_us, hole_since_us; /* how long data waited behind a hole; since: 0, none does */
	uint64_t limit_us[TCP_LIMITS], limit_since_us; /* how long each held sending up, before the one of now */
};

struct tcb {
	struct tcp_key key;
	TAILQ_ENTRY(tcb) event_link, flush_link, accept_link, memory_link; /* accept_link: of the free, of orphans too */
	uint32_t generation; /* odd: in use */
	uint32_t cause;      /* of its events */
	uint32_t flush_round; /* in which it asked for the flush */
	uint64_t user;
	struct tcp_config config;
	struct tcb *listener; /* whose queue it waits in */

	uint8_t state;       /* enum tcp_state */
	uint8_t reason;      /* enum tcp_reason: why it has ended */
	uint8_t soft_reason; /* what troubles it (RFC 5461) */
	uint8_t told_reason; /* SO_ERROR: not taken yet */
	uint8_t events;      /* of the action that waits */
	bool is_event_queued, is_flush_queued, is_memory_queued;
	bool is_soft_ours;   /* nobody but this host says what troubles it */
	bool is_detached;    /* the program has closed it */
	bool is_orphan_queued;
	bool is_aborted;     /* its RST waits for what is queued before it */
	bool was_passive;
	bool has_timestamps, has_sack, has_wscale, has_ecn;

	/* Where it goes. */
	struct route_hop hop;
	uint32_t hop_generation;
	struct tcp_mtu mtu;

	/* The send sequence space (RFC 9293, section 3.3.1). */
	uint32_t iss, snd_una, snd_nxt, snd_wnd, snd_wl1, snd_wl2;
	uint32_t snd_wnd_max;
	uint32_t snd_end;       /* behind the last octet that the program has given */
	uint32_t snd_push;      /* PSH goes with the octet before */
	uint32_t snd_small_end; /* behind the last segment that was not full (Nagle as Minshall has it) */
	uint8_t snd_wscale;
	bool fin_wanted, fin_sent;
	bool is_more;           /* TCP_SEND_MORE was said last */
	bool is_cork_over;      /* it was held back long enough */
	uint32_t mss_peer;      /* its option */
	uint32_t mss;           /* of data in one segment: Eff.snd.MSS (section 3.7.1) */
	uint32_t send_limit;    /* octets of the send buffer; grows with cwnd */
	struct stream_buf send;
	bool is_writable_told;  /* nothing to tell until there was no room */

	/* The receive sequence space. */
	uint32_t irs, rcv_nxt;
	uint32_t rcv_read;      /* the program's */
	uint32_t rcv_acked;     /* acknowledged last: Last.ACK.sent */
	uint32_t rcv_edge;      /* of the window that was offered; never goes back */
	uint32_t rcv_fin_seq;
	uint8_t rcv_wscale;
	bool has_fin;           /* rcv_fin_seq is where the peer's stream ends */
	bool is_fin_received;   /* and everything before is here */
	bool is_deaf;           /* tcp_shutdown_receive */
	uint16_t mss_advertised;
	uint16_t mss_seen;      /* the peer's segments: what counts as full for acknowledgments */
	uint32_t receive_limit;
	struct stream_buf receive;
	struct seq_set holes;   /* what came out of order */
	struct seq_range holes_small[TCP_HOLES_SMALL];
	struct stream_chunk *holes_chunk;
	uint32_t sack_recent[TCP_SACKS_MAX]; /* an octet of each piece, the latest first */
	uint8_t sack_recent_count;
	struct seq_range dsack; /* to be told once; empty: none */
	struct tcp_receive_rate rate;

	/* Acknowledging. */
	bool ack_wanted;        /* something came that wants one, now or later */
	bool ack_now;
	bool ack_pushed, ack_pushed_twice; /* as Linux: what the program's reading should acknowledge */
	bool is_interactive;    /* it answers: the answer carries the acknowledgment */
	uint8_t quick_acks;     /* to be sent at once, before delaying starts */
	uint64_t ack_delay_us;  /* 0: no data has come yet */
	uint64_t data_at_us; /* when data came last */
	uint64_t challenged_at_us;
	bool ecn_echo;          /* RFC 3168: CE came, say so until CWR */
	bool ecn_cwr;           /* the next new segment says that the window was reduced */

	/* Timestamps (RFC 7323). */
	uint32_t ts_recent, ts_offset;
	uint64_t ts_recent_at_us;

	/* Sending: what is under way, how much may be. */
	struct tcp_flight flight;
	struct rto rto;
	struct rack rack;
	struct cc cc;
	struct tcp_recovery recovery;
	uint8_t retransmits;    /* timeouts in a row */
	uint8_t probes;         /* of the zero window, or keepalives, unanswered */
	uint8_t persist_backoff;
	uint8_t limit;          /* enum tcp_limit */
	uint64_t stalled_at_us; /* since when nothing is answered; 0: it is */
	bool is_cwnd_limited;
	uint32_t flight_max, cwnd_usage_seq; /* RFC 7661, as Linux */
	uint64_t delivered_bytes, delivered_at_us, flight_began_us, delivery_rate;
	uint64_t pace_at_us;    /* no new segment before */

	struct wheel_timer loss_timer; /* TIMER_TCP_RTO, _PROBE, _REORDER, _PERSIST */
	struct wheel_timer ack_timer;  /* TIMER_TCP_ACK */
	struct wheel_timer send_timer; /* TIMER_TCP_PACE, _CORK */
	struct wheel_timer life_timer; /* TIMER_TCP_KEEPALIVE, _FIN_WAIT_2 */

	struct tcp_accepts accepts;    /* LISTEN */
	struct tcp_counters counters;
};

static_assert(sizeof(struct tcb) <= TCP_TCB_BYTES_MAX, "an idle connection holds no more");

TAILQ_HEAD(tcb_list, tcb);

/* A SYN that a listener keeps until the handshake is over: SYN-RECEIVED of a passive open. */
struct tcp_syn {
	struct tcp_key key;
	TAILQ_ENTRY(tcp_syn) link; /* of its listener, or the free list */
	struct wheel_timer timer;  /* TIMER_TCP_SYN_ACK */
	struct tcb *listener;
	uint32_t iss, irs;
	uint32_t ts_recent, ts_offset;
	uint32_t rcv_wnd;
	uint32_t cause;
	uint64_t began_at_us, sent_at_us;
	uint64_t challenged_at_us;
	uint16_t mss_peer, mss_advertised, window;
	uint8_t snd_wscale, rcv_wscale;
	uint8_t retransmits; /* of the SYN-ACK */
	uint32_t timeouts;   /* of its timer: as many, or more where the peer's data is awaited */
	bool has_timestamps, has_sack, has_wscale, has_ecn;
	bool is_acknowledged; /* by a bare ACK, which does not begin the connection (TCP_DEFER_ACCEPT) */
};

TAILQ_HEAD(tcp_syn_list, tcp_syn);

/* What a connection leaves behind (RFC 9293, section 3.6.1). */
struct tcp_time_wait {
	struct tcp_key key;
	TAILQ_ENTRY(tcp_time_wait) link; /* by age, or the free list */
	struct wheel_timer timer;        /* TIMER_TCP_TIME_WAIT */
	uint32_t snd_nxt, rcv_nxt, rcv_wnd;
	uint32_t ts_recent, ts_offset;
	uint64_t ts_recent_at_us, challenged_at_us, entered_at_us;
	uint32_t time_wait_ms;
	uint32_t cause;
	uint8_t rcv_wscale;
	bool has_timestamps;
};

TAILQ_HEAD(tcp_time_wait_list, tcp_time_wait);

struct tcp {
	struct tcp_key **chains;
	uint32_t chain_mask;
	struct tcp_key *listeners[TCP_LISTENER_CHAINS];

	/* Of each array: those given back; those behind its touched count were never out. */
	struct tcb *tcbs;
	struct tcb_list free_tcbs;
	struct tcp_syn *syns;
	struct tcp_syn_list free_syns;
	struct tcp_time_wait *time_waits;
	struct tcp_time_wait_list free_time_waits, aged_time_waits; /* the oldest first */
	uint32_t tcb_count, syn_count, time_wait_count; /* of the arrays */
	uint32_t tcbs_touched, syns_touched, time_waits_touched;
	uint32_t tcbs_used, syns_used, time_waits_used;

	struct stream_pool streams;
	struct tcp_sent_pool sent;
	struct tcp_secret secret;
	const struct port_pool *ports;

	uint32_t cookies_spent[TCP_COOKIE_SETS][TCP_COOKIE_WAYS]; /* the last ones of each set; none: what belongs to another */

	struct tcb_list events;  /* something to tell the program */
	struct tcb_list flushes; /* something to send, perhaps */
	struct tcb_list starved; /* senders that found no memory */
	struct tcb_list orphans; /* closed by their programs and not over; the oldest first */
	uint32_t flush_round;
};

/* ---- a segment that came in ------------------------------------------------------------------ */

struct tcp_segment {
	const struct ip_packet *packet;
	struct tcp_header header;
	struct tcp_options options;
	uint32_t seq, ack;    /* seq moves when the front is cut off */
	uint16_t flags;
	uint32_t window;      /* scaled, once the connection is known */
	const uint8_t *data;
	uint32_t data_bytes;
	bool is_ce;           /* the network was congested (RFC 3168) */
	uint32_t iss;         /* a SYN that follows on a TIME-WAIT: what we begin with; 0: as usual */
};

static inline uint32_t
tcp_segment_end(const struct tcp_segment *segment)
{
	return segment->seq + segment->data_bytes + ((segment->flags & TCP_SYN) != 0) +
	       ((segment->flags & TCP_FIN) != 0);
}

/* ---- the module's face to the stack (tcp.c, tcp_in.c, tcp_out.c, tcp_timer.c, tcp_icmp.c) ------ */

size_t tcp_bytes(const struct stack_limits *limits);
void tcp_init(struct tcp *tcp, struct arena *arena, const struct stack_limits *limits, struct rng *rng);
static inline bool
tcp_is_spoken(const struct tcp *tcp)
{
	return tcp->tcb_count != 0;
}
void tcp_segment_receive(struct stack *stack, const struct ip_packet *packet);
bool tcp_next_event(struct stack *stack, struct stack_action *action);
/* Sends what waited for the end of the batch; false when there was nothing to do. */
bool tcp_flush(struct stack *stack);
/* Where data of a frame lie that were not copied into it; how many pieces, 0: they are gone. */
size_t tcp_lent_find(struct stack *stack, const struct ip_lent *lent, struct stack_piece pieces[STACK_PIECES_MAX]);
void tcp_timeout(struct stack *stack, struct wheel_timer *timer);

struct tcp_icmp {
	struct tcp_tuple tuple;
	uint32_t seq;          /* of the segment that is quoted */
	struct ip_addr router; /* who says so; ADDR_NONE: our stack itself */
	enum stack_error error;
	uint32_t mtu;          /* TOO_BIG: as said, 0: not said */
	uint32_t packet_bytes; /* of the packet that is quoted */
};
enum drop tcp_icmp_heard(struct stack *stack, const struct tcp_icmp *icmp);

/* ---- tcp_table.c: pools and look-ups --------------------------------------------------------- */

struct tcp_key *tcp__find(const struct stack *stack, const struct tcp_tuple *tuple);
void tcp__insert(struct stack *stack, struct tcp_key *key, enum tcp_key_kind kind);
void tcp__remove(struct stack *stack, struct tcp_key *key);
/* The listener that takes a SYN of this 4-tuple: of the local address, of its family, of all; one of those that share it. */
struct tcb *tcp__listener_find(const struct stack *stack, const struct tcp_tuple *tuple);
/* Whether another may begin to listen there: ERR_IN_USE, ERR_FULL. */
int tcp__listener_check(const struct stack *stack, const struct ip_addr *local, uint16_t port,
			const struct tcp_config *config);
void tcp__listener_add(struct stack *stack, struct tcb *listener);
void tcp__listener_remove(struct stack *stack, struct tcb *listener);
struct tcb *tcp__get(const struct stack *stack, tcp_conn conn); /* NULL: not (or no longer) open */
struct tcb *tcp__get_any(const struct stack *stack, tcp_conn conn); /* also what the program has closed */
tcp_conn tcp__conn_of(const struct stack *stack, const struct tcb *tcb);
/* The oldest orphan makes room when none is left; NULL: there is no orphan either. */
struct tcb *tcp__tcb_new(struct stack *stack);
bool tcp__tcb_is_left(const struct stack *stack);
void tcp__tcb_free(struct stack *stack, struct tcb *tcb);
struct tcp_syn *tcp__syn_new(struct stack *stack, struct tcb *listener);
void tcp__syn_free(struct stack *stack, struct tcp_syn *syn);

/* ---- tcp.c, tcp_open.c, tcp_stream.c: the life of a connection --------------------------------- */

void tcp__set_state(struct stack *stack, struct tcb *tcb, enum tcp_state state);
void tcp__tell(struct stack *stack, struct tcb *tcb, unsigned events); /* enum tcp_event */
void tcp__want_flush(struct stack *stack, struct tcb *tcb);
/* Both ways open: from SYN-SENT, SYN-RECEIVED or a listener's SYN. */
void tcp__established(struct stack *stack, struct tcb *tcb);
/* The connection is over, well (TCP_REASON_NONE) or not; what was received may still be read. */
void tcp__end(struct stack *stack, struct tcb *tcb, enum tcp_reason reason);
/* RST, and it is forgotten; at once, whatever of it is queued. */
void tcp__abort(struct stack *stack, struct tcb *tcb);
/* Resets the oldest connection that its program has closed; there must be one. */
void tcp__orphan_abort(struct stack *stack);
/* Forgets a connection that the program has closed too. */
void tcp__release(struct stack *stack, struct tcb *tcb);
void tcp__soft_error(struct stack *stack, struct tcb *tcb, enum tcp_reason reason, bool is_ours);
/* A tcb with sequence numbers, buffers, timers and what its config says, before any segment. */
void tcp__start(struct stack *stack, struct tcb *tcb, const struct tcp_tuple *tuple,
		const struct tcp_config *config, uint32_t iss);
int tcp__route(struct stack *stack, const struct tcp_tuple *tuple, struct route_hop *hop);
uint16_t tcp__mss_of_link(const struct stack *stack, const struct route_hop *hop,
			  enum addr_family family, const struct tcp_config *config);

/* Chunks were given back: senders that wait for one are told. */
void tcp__memory_freed(struct stack *stack);
/* Octets that the program may read now. */
uint32_t tcp__unread(const struct tcb *tcb);
bool tcp__is_writable(const struct tcb *tcb);
/* If the program waits for room and there is some. */
void tcp__tell_writable(struct stack *stack, struct tcb *tcb);
/* What was acknowledged leaves the send buffer, which may grow. */
void tcp__send_buffer_freed(struct stack *stack, struct tcb *tcb);

/* ---- tcp_in*.c -------------------------------------------------------------------------------- */

void tcp__segment_receive(struct stack *stack, struct tcb *tcb, struct tcp_segment *segment);
void tcp__synsent_receive(struct stack *stack, struct tcb *tcb, struct tcp_segment *segment);
/* RFC 9293, section 3.10.7.4, fifth: false when the segment is dropped. */
bool tcp__ack_receive(struct stack *stack, struct tcb *tcb, const struct tcp_segment *segment);
uint64_t tcp__echo_rtt_us(const struct stack *stack, const struct tcb *tcb, uint32_t ts_ecr);
void tcp__data_receive(struct stack *stack, struct tcb *tcb, struct tcp_segment *segment);
void tcp__fin_receive(struct stack *stack, struct tcb *tcb);
/* What a peer's SYN has brought: its options and window. */
void tcp__take_syn(struct stack *stack, struct tcb *tcb, const struct tcp_segment *segment);
bool tcp__paws_rejects(const struct stack *stack, const struct tcb *tcb, const struct tcp_segment *segment);

/* ---- tcp_segment.c: one segment on its way out ------------------------------------------------ */

struct tcp_out {
	uint32_t seq;
	uint16_t flags;
	uint32_t data_bytes; /* of the send buffer, from seq on */
	uint32_t segment_bytes; /* less than data_bytes: the link splits it */
	bool is_new; /* carries ECT and CWR (RFC 3168, section 6.1.5) */
};
/* ERR_FULL: the transmit queue; the caller comes again. */
int tcp__segment_send(struct stack *stack, struct tcb *tcb, const struct tcp_out *out);
/* What SACK blocks take of the next segment; the MSS does not count them (RFC 6691). */
uint32_t tcp__sack_bytes(const struct tcb *tcb);
int tcp__ack_send(struct stack *stack, struct tcb *tcb);
void tcp__challenge(struct stack *stack, struct tcb *tcb); /* RFC 5961, at a limited rate */
void tcp__reset_send(struct stack *stack, struct tcb *tcb);
/* RST for a segment, with its own numbers (RFC 9293, section 3.5.2); never about an RST. */
void tcp__reset_reply(struct stack *stack, const struct tcp_segment *segment);
/* RST for a segment to nobody (RFC 9293, section 3.10.7.1); never about an RST, in shared mode only on ports that are held for us. */
void tcp__reset_answer(struct stack *stack, const struct tcp_segment *segment);

/* What is sent without a connection: from a SYN that is kept or not, from TIME-WAIT. */
struct tcp_bare {
	const struct tcp_tuple *tuple;
	const struct ip_packet *cause; /* the packet that it answers; NULL: a timer's */
	uint32_t seq, ack;
	uint16_t flags, window;
	uint8_t hop_limit, traffic_class;
	struct tcp_options options;
};
void tcp__bare_send(struct stack *stack, const struct tcp_bare *bare);
static inline uint32_t
tcp__timestamp(uint64_t now_us, uint32_t offset)
{
	return (uint32_t)(now_us / 1000) + offset;
}

/* ---- tcp_out.c: what to send next ------------------------------------------------------------- */

void tcp__output(struct stack *stack, struct tcb *tcb);
/* What has just been sent for the first time, in the flight: there must be room for its record. */
struct tcp_sent *tcp__sent_new(struct stack *stack, struct tcb *tcb, const struct seq_range *range, uint32_t segment_bytes,
		   uint8_t flags);
/* One segment whatever Nagle and cwnd say: a loss probe, a probe of the zero window. False: nothing was sent. */
bool tcp__probe_new(struct stack *stack, struct tcb *tcb);
/* ERR_FULL: the transmit queue; ERR_CLOSED: outside the window. */
int tcp__retransmit(struct stack *stack, struct tcb *tcb, struct tcp_sent *record);
bool tcp__has_unsent(const struct tcb *tcb);
/* Notes the time that sending has waited for something, and what it waits for now (tcp_info.c). */
void tcp__limit_note(const struct stack *stack, struct tcb *tcb, enum tcp_limit limit);
uint64_t tcp__pace_rate(const struct tcb *tcb); /* octets a second; 0: as fast as cwnd allows */

/* ---- tcp_window.c: the receive window --------------------------------------------------------- */

/* As it stands in a segment, rounded up: what was offered is not taken back. */
static inline uint16_t
tcp__window_field(uint32_t window, uint8_t wscale)
{
	const uint32_t field = (window + (1u << wscale) - 1) >> wscale;
	return (uint16_t)(field < UINT16_MAX ? field : UINT16_MAX);
}
/* What is offered now; moves rcv_edge. In octets, a multiple of the scale. */
uint32_t tcp__window_offer(struct stack *stack, struct tcb *tcb);
uint32_t tcp__window_could_be(const struct stack *stack, const struct tcb *tcb);
uint32_t tcp__window_initial(const struct tcp_config *config, uint32_t mss, bool has_wscale, uint8_t *wscale);
void tcp__window_on_data(struct stack *stack, struct tcb *tcb, const struct tcp_segment *segment);
void tcp__window_on_read(struct stack *stack, struct tcb *tcb);

/* ---- tcp_timer.c ------------------------------------------------------------------------------ */

void tcp__arm_rto(struct stack *stack, struct tcb *tcb); /* from now on */
void tcp__arm_syn_soon(struct stack *stack, struct tcb *tcb);
/*
 * The first segment went out again: the RTO.  Something new was acknowledged, or sent: a loss probe, or the RTO.  What
 * RACK waits for comes first.
 */
void tcp__rearm_rto(struct stack *stack, struct tcb *tcb);
void tcp__arm_on_ack(struct stack *stack, struct tcb *tcb);
void tcp__arm_on_sent(struct stack *stack, struct tcb *tcb);
/* Something was learned that makes a loss probe pointless: the RTO instead. */
void tcp__probe_follow(struct stack *stack, struct tcb *tcb);
void tcp__arm_reorder(struct stack *stack, struct tcb *tcb, uint64_t wait_us);
/* What was waited for has arrived, or is lost: whatever is in flight needs another timer. */
void tcp__disarm_reorder(struct stack *stack, struct tcb *tcb);
/* The peer has thrown away what it had sacked: soon all counts as lost. */
void tcp__arm_reneged(struct stack *stack, struct tcb *tcb);
void tcp__arm_persist(struct stack *stack, struct tcb *tcb);
void tcp__arm_keepalive(struct stack *stack, struct tcb *tcb);
void tcp__arm_fin_wait_2(struct stack *stack, struct tcb *tcb);
void tcp__disarm(struct stack *stack, struct tcb *tcb);

/* ---- tcp_sack.c, tcp_recovery.c --------------------------------------------------------------- */

/* What an acknowledgment has told, gathered step by step. */
struct tcp_ack {
	uint32_t fack;            /* the highest that had arrived before it */
	uint32_t flight;          /* in flight before it */
	uint32_t acked_segments;  /* cumulatively */
	uint32_t delivered_bytes; /* cumulatively or selectively, for the first time */
	uint32_t lost_bytes;      /* marked lost before it; grows by what it shows to be */
	bool is_advance;          /* snd_una has moved */
	bool is_duplicate;        /* RFC 5681, section 2 */
	bool has_sacked;          /* something was selectively acknowledged for the first time */
	bool has_dsack, is_dsack_of_probe;
	bool has_original;        /* what was never sent again has arrived, and was sent before the timeout */
	bool has_echo;            /* ECE */
	bool has_timestamps;
	uint32_t ts_ecr;
	uint64_t latest_sent_at_us; /* of what has arrived */
	bool is_latest_again;     /* and that was a retransmission */
	uint64_t rtt_us;          /* 0: no sample */
};

/* A record has arrived (and is still there): RTT, RACK, delivery rate. */
void tcp__delivered(struct stack *stack, struct tcb *tcb, const struct tcp_sent *record, struct tcp_ack *ack);
void tcp__sack_receive(struct stack *stack, struct tcb *tcb, const struct tcp_segment *segment, struct tcp_ack *ack);
void tcp__sack_forget(struct tcb *tcb); /* the peer has reneged: all of it is lost */

/* In flight, with what duplicate acknowledgments tell when there is no SACK. */
uint32_t tcp__in_flight(const struct tcb *tcb);
void tcp__recovery_on_sent(struct tcb *tcb, uint32_t bytes);
void tcp__recovery_on_ack(struct stack *stack, struct tcb *tcb, struct tcp_ack *ack);
void tcp__recovery_on_timeout(struct stack *stack, struct tcb *tcb);
void tcp__recovery_on_reorder_timeout(struct stack *stack, struct tcb *tcb);

/* ---- tcp_mtu.c -------------------------------------------------------------------------------- */

void tcp__mtu_init(struct stack *stack, struct tcb *tcb);
/* Looks whether the path MTU has changed since; then mss is another. */
void tcp__mtu_follow(struct stack *stack, struct tcb *tcb);
void tcp__mtu_on_timeout(struct stack *stack, struct tcb *tcb); /* a black hole? */
void tcp__mtu_on_ack(struct stack *stack, struct tcb *tcb);     /* a probe has arrived? */
/* What is lost is a probe and nothing else: no congestion (RFC 4821, section 7.6.2). */
bool tcp__mtu_on_loss(struct stack *stack, struct tcb *tcb);
bool tcp__mtu_probe(struct stack *stack, struct tcb *tcb);

/* ---- tcp_listen.c, tcp_time_wait.c ------------------------------------------------------------ */

void tcp__listen_receive(struct stack *stack, struct tcb *listener, struct tcp_segment *segment);
void tcp__syn_receive(struct stack *stack, struct tcp_syn *syn, struct tcp_segment *segment);
void tcp__syn_timeout(struct stack *stack, struct tcp_syn *syn);
void tcp__listen_close(struct stack *stack, struct tcb *listener);
enum drop tcp__syn_icmp(struct stack *stack, struct tcp_syn *syn, const struct tcp_icmp *icmp);

void tcp__time_wait_enter(struct stack *stack, struct tcb *tcb);
void tcp__time_wait_receive(struct stack *stack, struct tcp_time_wait *entry, struct tcp_segment *segment);
void tcp__time_wait_timeout(struct stack *stack, struct tcp_time_wait *entry);
/* RFC 6191: whether a connection may follow at once; then *iss is where it begins. */
bool tcp__time_wait_reuse(struct stack *stack, struct tcp_time_wait *entry, uint32_t *iss);

#endif

/*
 * peer.h - a stack under test and a peer that the test plays, segment by segment, at virtual time.
 *
 * Sequence numbers are relative, as in packetdrill: the stack's SYN is 0 and its first octet 1, and so are
 * the peer's.  Flags are letters: S F R P A U, E for ECE, W for CWR, in this order.  Segments are written and
 * read apart from the stack's own code (packet.h).
 *
 *     peer_send    a segment of the peer's
 *     peer_expect  the next segment of the stack must be this one; what is left unsaid may be anything
 *     peer_wait    time passes
 *
 * peer_port may be changed to play several peers; what goes to the others is not looked at.
 *
 * Bounds: PEER_LOG segments that the test has not looked at yet.
 */
#ifndef CAIRN_TESTS_STACK_PEER_H
#define CAIRN_TESTS_STACK_PEER_H

#include "stack/tcp.h"
#include "tests/stack/host.h"

#define PEER_LOG       1024u
#define PEER_MSS       1460u /* what a peer offers, if the test does not say */
#define PEER_SACKS_MAX 4u

struct peer_sack {
	uint32_t begin, end;
};

struct peer_segment {
	const char *flags;
	uint32_t seq, ack;
	uint32_t window;  /* as on the wire */
	size_t size;      /* of the data */
	const void *data; /* sent: NULL: zeros; received: the data */

	uint16_t mss; /* 0: no such option */
	bool has_wscale, sack_permitted, has_timestamps;
	uint8_t wscale;
	uint32_t ts_val, ts_ecr;
	struct peer_sack sacks[PEER_SACKS_MAX];
	unsigned sack_count;
	const uint8_t *extra_options; /* sent: as they are, a multiple of 4 */
	size_t extra_bytes;

	uint8_t traffic_class;
	bool dont_fragment;
	/* Received. */
	uint64_t at_us;
	char flag_text[9];
};

struct peer_config {
	enum addr_family family; /* 0: IPv4 */
	uint16_t mss;            /* 0: PEER_MSS; 1: no option */
	bool no_wscale, no_sack, timestamps;
	bool ecn;
	uint8_t wscale;
	uint32_t window;         /* 0: 65535 */
	uint32_t mtu, if_flags;
	const struct stack_limits *limits;
	struct tcp_config tcp;   /* the stack's; flags only where has_tcp */
	bool has_tcp;
};

struct peer {
	struct host host;
	enum addr_family family;
	tcp_conn conn, listener;
	uint16_t stack_port, peer_port;
	uint32_t stack_iss, peer_iss;
	bool has_stack_iss, has_timestamps;
	uint32_t window, ts_val, ts_ecr; /* the peer's clock; the stack's as last seen */
	unsigned events;                 /* that came up for conn, since the test looked */
	unsigned listener_events;

	struct peer_segment log[PEER_LOG]; /* not yet expected */
	uint8_t *kept[PEER_LOG];
	unsigned log_head, log_tail;
};

void peer_init(struct peer *peer, const struct peer_config *config);
void peer_fini(struct peer *peer);
/* The config that the stack should have, for a test to change. */
struct tcp_config peer_tcp(void);

/* ---- one way or the other to ESTABLISHED ------------------------------------------------------- */

void peer_listen(struct peer *peer, const struct peer_config *config);
void peer_open(struct peer *peer, const struct peer_config *config); /* the SYN waits in the log */
/* Handshakes; conn is established, and accepted. */
void peer_passive(struct peer *peer, const struct peer_config *config);
void peer_active(struct peer *peer, const struct peer_config *config);
/* The options that the peer's SYN or SYN-ACK has by the config. */
struct peer_segment peer_syn(const struct peer *peer, const struct peer_config *config);

/* ---- segments ---------------------------------------------------------------------------------- */

void peer_send(struct peer *peer, const struct peer_segment *segment);
/* Without options but timestamps, if they are in use. */
void peer_data(struct peer *peer, uint32_t seq, uint32_t ack, size_t size);
void peer_ack(struct peer *peer, uint32_t seq, uint32_t ack);
void peer_sack(struct peer *peer, uint32_t seq, uint32_t ack, uint32_t begin, uint32_t end);
void peer_flags(struct peer *peer, const char *flags, uint32_t seq, uint32_t ack);

/* The next segment of the stack; fails when there is none. */
const struct peer_segment *peer_take(struct peer *peer);
const struct peer_segment *peer_expect(struct peer *peer, const char *flags, uint32_t seq,
				       uint32_t ack, size_t size);
void peer_expect_nothing(struct peer *peer);
unsigned peer_pending(struct peer *peer); /* segments not looked at */
void peer_discard(struct peer *peer);     /* all of them */

void peer_wait(struct peer *peer, uint64_t for_us);

/* ---- the program --------------------------------------------------------------------------------- */

void peer_write(struct peer *peer, size_t size);
/* Reads all; returns how much. */
size_t peer_read(struct peer *peer);
struct tcp_conn_info peer_info(const struct peer *peer);
enum tcp_state peer_state(const struct peer *peer); /* TCP_STATE_CLOSED once the number means nothing */

#define peer_expect_state(peer, wanted)                                                            \
	ck_assert_str_eq(tcp_state_name(peer_state(peer)), tcp_state_name(wanted))

#endif

/*
 * pair.h - two hosts with TCP and a path between them, at virtual time.
 *
 * The path delays each packet, and loses, doubles or damages what the test says. pair_run lets time pass until
 * nothing is due any more or the time is over; what comes up for the programs is noted by
 * connection.
 *
 * Bounds: PAIR_PACKETS_MAX under way at once.
 */
#ifndef CAIRN_TESTS_STACK_PAIR_H
#define CAIRN_TESTS_STACK_PAIR_H

#include "stack/tcp.h"
#include "tests/stack/host.h"

#define PAIR_PACKETS_MAX 16384u

enum pair_side { PAIR_A, PAIR_B };

struct pair;

/* What the path does to a packet: how many copies arrive (0: it is lost). May change *delay_us. */
typedef unsigned pair_path_fn(struct pair *pair, enum pair_side from, uint8_t *packet, size_t size,
			      uint64_t *delay_us);

struct pair_packet {
	uint64_t at_us, order;
	uint8_t *bytes;
	size_t size;
	uint8_t to; /* enum pair_side */
};

struct pair {
	struct host hosts[2];
	uint64_t now_us, delay_us; /* one way */
	pair_path_fn *path;        /* NULL: everything arrives */
	struct rng rng;            /* the path's */
	struct pair_packet *packets; /* a heap by time, then by order */
	size_t packet_count;
	uint64_t order;
	uint64_t sent[2], lost[2];
	unsigned events[2]; /* all that have come up, by side */
};

struct pair_config {
	const struct stack_limits *limits; /* NULL: pair_limits */
	uint64_t delay_us;
	uint32_t mtu; /* 0: 1500 */
	uint32_t if_flags;
	uint64_t seed;
};

extern const struct stack_limits pair_limits;

void pair_init(struct pair *pair, const struct pair_config *config);
void pair_fini(struct pair *pair);

/* Both hosts hand over what they have to say. */
void pair_flush(struct pair *pair);
void pair_run(struct pair *pair, uint64_t for_us);

/* A listener on b, port 80; NULL: the default config. */
tcp_conn pair_listen(struct pair *pair, const struct tcp_config *config);
/* Opens from a to b's listener over IPv4 or IPv6, and accepts; both are established. */
void pair_connect(struct pair *pair, enum addr_family family, const struct tcp_config *config,
		  tcp_conn listener, tcp_conn conns[2]);
struct ip_addr pair_addr(enum pair_side side, enum addr_family family);

/* Sends `size` octets of a pattern from a to b and checks each as it arrives; false: they did not all within for_us. */
bool pair_transfer(struct pair *pair, const tcp_conn conns[2], size_t size, uint64_t for_us);

struct tcp_conn_info pair_info(struct pair *pair, enum pair_side side, tcp_conn conn);
/* No connection, no buffer, no record is left: fails the test otherwise. */
void pair_expect_empty(struct pair *pair);

#endif

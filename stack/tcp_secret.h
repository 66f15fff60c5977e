/*
 * tcp_secret.h - what TCP draws from its secret: initial sequence numbers (RFC 6528), SYN cookies
 * (RFC 4987, section 3.6), timestamp offsets a peer (RFC 7323, section 5.4) and ports (RFC 6056,
 * section 3.3.5, algorithm 5, random increments).
 *
 * A cookie holds, for a SYN that was not kept: 8 bits of a counter of 64 s, the peer's MSS (one of eight), and
 * 21 bits of SipHash-2-4 over the addresses, the ports, the peer's ISN and the counter.  Window scale, SACK and ECN
 * travel in the low bits of our timestamp, when the peer has timestamps; else they are off.
 *
 * Units: microseconds; a cookie is good for the counter's present and previous value.
 */
#ifndef CAIRN_STACK_TCP_SECRET_H
#define CAIRN_STACK_TCP_SECRET_H

#include <stdbool.h>
#include <stdint.h>

#include "stack/addr.h"
#include "stack/base/hash.h"

struct rng;

struct tcp_tuple {
	struct ip_addr local, remote;
	uint16_t local_port, remote_port;
};

struct tcp_secret {
	struct hash_key isn, cookie, timestamp, port;
	uint32_t port_counter[64]; /* a counter for each of 64 classes of remote */
};

void tcp_secret_draw(struct tcp_secret *secret, struct rng *rng);

/* 4 us clock plus a hash of the 4-tuple (RFC 6528, section 3). */
uint32_t tcp_isn(const struct tcp_secret *secret, const struct tcp_tuple *tuple, uint64_t now_us);
/* Added to the 1 ms timestamp clock of this pair of addresses: never goes back for a peer, tells it no uptime. */
uint32_t tcp_timestamp_offset(const struct tcp_secret *secret, const struct tcp_tuple *tuple);
/* Where the search for a free port among port_count begins: an index. */
uint32_t tcp_port_start(struct tcp_secret *secret, const struct ip_addr *local, const struct ip_addr *remote,
                        uint16_t remote_port, uint32_t port_count, struct rng *rng);

struct tcp_cookie_facts {
	uint16_t mss;
	bool has_timestamps, sack_permitted, has_wscale, ecn;
	uint8_t wscale;
};
uint32_t tcp_cookie_make(const struct tcp_secret *secret, const struct tcp_tuple *tuple, uint32_t peer_isn,
                         const struct tcp_cookie_facts *facts, uint64_t now_us);
/* The timestamp to send with the cookie: ts with facts in its low bits, not larger than ts. */
uint32_t tcp_cookie_timestamp(uint32_t ts, const struct tcp_cookie_facts *facts);
/*
 * Whether `cookie` (acknowledgment - 1) is one of ours; fills facts.  ts_ecr is read when has_timestamps of facts
 * is set by the caller.
 */
bool tcp_cookie_check(const struct tcp_secret *secret, const struct tcp_tuple *tuple, uint32_t peer_isn,
                      uint32_t cookie, uint32_t ts_ecr, struct tcp_cookie_facts *facts, uint64_t now_us);

#endif

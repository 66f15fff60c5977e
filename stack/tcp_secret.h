/*
 * tcp_secret.h - what TCP draws from its secret: initial sequence numbers (RFC 6528), SYN cookies
 * (RFC 4987, section 3.6), timestamp offsets a peer (RFC 7323, section 5.4) and ports (RFC 6056,
 * section 3.3.4, with the random increments of section 3.3.5).
 *
 * A cookie holds, for a SYN that was not kept: one bit of a counter of 64 s, the peer's MSS (the
 * largest of eight that is not above it), and 28 bits of SipHash-2-4 over the addresses, the
 * ports, the peer's ISN, the whole counter and the MSS.  Window scale, SACK and ECN travel in the
 * low bits of our timestamp, when the peer has timestamps; else they are off.
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

#define TCP_COOKIE_PERIOD_US   64000000u
#define TCP_PORT_CLASSES       64u
#define TCP_PORT_INCREMENT_MAX 8u

struct tcp_tuple {
	struct ip_addr local, remote;
	uint16_t local_port, remote_port;
};

struct tcp_secret {
	struct hash_key isn, cookie, timestamp, port;
	uint32_t port_counter[TCP_PORT_CLASSES]; /* one for each class of remote */
};

void tcp_secret_draw(struct tcp_secret *secret, struct rng *rng);

/* 4 us clock plus a hash of the 4-tuple (RFC 6528, section 3). */
uint32_t tcp_isn(const struct tcp_secret *secret, const struct tcp_tuple *tuple, uint64_t now_us);
/*
 * Added to the 1 ms timestamp clock of this pair of addresses (ports do not count): never goes
 * back for a peer, tells it no uptime.
 */
uint32_t tcp_timestamp_offset(const struct tcp_secret *secret, const struct tcp_tuple *tuple);
/*
 * Where the search for a free port among port_count begins: an index.  Two opens towards one
 * remote begin at different places, so that its TIME-WAIT is not met at once.
 */
uint32_t tcp_port_start(struct tcp_secret *secret, const struct ip_addr *local,
			const struct ip_addr *remote, uint16_t remote_port, uint32_t port_count,
			struct rng *rng);

struct tcp_cookie_facts {
	uint16_t mss; /* at least TCP_COOKIE_MSS_MIN */
	bool has_timestamps, sack_permitted, has_wscale, ecn;
	uint8_t wscale;
};
#define TCP_COOKIE_MSS_MIN 48u /* smaller ones count as this */

uint32_t tcp_cookie_make(const struct tcp_secret *secret, const struct tcp_tuple *tuple,
			 uint32_t peer_isn, const struct tcp_cookie_facts *facts, uint64_t now_us);
/* The timestamp to send with the cookie: ts with facts in its low bits, not newer than ts. */
uint32_t tcp_cookie_timestamp(uint32_t ts, const struct tcp_cookie_facts *facts);
/*
 * Whether `cookie` (acknowledgment - 1) is one of ours; fills facts.  The caller sets their
 * has_timestamps when the segment has ts_ecr, which is read as it was sent.
 */
bool tcp_cookie_check(const struct tcp_secret *secret, const struct tcp_tuple *tuple,
		      uint32_t peer_isn, uint32_t cookie, uint32_t ts_ecr,
		      struct tcp_cookie_facts *facts, uint64_t now_us);

#endif

/*
 * cookie.h - DNS cookies towards clients (RFC 7873, with the interoperable server cookie of RFC 9018).
 *
 *	| client cookie, 8 | version 1 | reserved, 3 | timestamp, 4 | SipHash-2-4, 8 |
 *
 * The hash is over all in front of it and the client's address, under a secret that servers of one address may share.
 * A cookie is good for an hour, and from five minutes before its time, for clocks that differ.
 *
 * Units:  timestamps in seconds since 1970, compared as serial numbers (RFC 1982).
 * Errors: none: what a client sends is a state.
 */
#ifndef CAIRN_RESOLVER_POLICY_COOKIE_H
#define CAIRN_RESOLVER_POLICY_COOKIE_H

#include "stack/addr.h"

#define COOKIE_SECRET_BYTES     16u
#define COOKIE_CLIENT_BYTES     8u
#define COOKIE_SERVER_BYTES     16u
#define COOKIE_SERVER_BYTES_MIN 8u  /* of other servers' cookies (RFC 7873, section 4.2) */
#define COOKIE_SERVER_BYTES_MAX 32u
#define COOKIE_BYTES            (COOKIE_CLIENT_BYTES + COOKIE_SERVER_BYTES)
#define COOKIE_LIFE_S           3600u /* RFC 9018, section 4.3 */
#define COOKIE_EARLY_S          300u
#define COOKIE_RENEW_S          1800u /* an older one is replaced */

struct cookie_secret {
	uint8_t octets[COOKIE_SECRET_BYTES];
};

enum cookie_state {
	COOKIE_NONE,      /* the query has no such option */
	COOKIE_MALFORMED, /* of a length that no cookie has: FORMERR */
	COOKIE_NEW,       /* the client's alone */
	COOKIE_BAD,       /* the server's part is not ours, or too old */
	COOKIE_GOOD,      /* the client can hear what is sent to its address */
};

/*
 * Judges the value of a query's COOKIE option, and makes the one for the answer: the client's part with a server's that is
 * new, or still young enough.  `answer` is filled in for COOKIE_NEW, COOKIE_BAD and COOKIE_GOOD.
 */
enum cookie_state cookie_judge(const struct cookie_secret *secret, const struct ip_addr *client, const uint8_t *value,
			       size_t value_bytes, uint32_t now_s, uint8_t answer[COOKIE_BYTES]);

#endif

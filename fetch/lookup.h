/*
 * lookup.h - one question to a resolver and what its answer means for a fetch (RFC 1034, section 5.3.1; RFC 8914).
 *
 * Reads the reply to a question of resolver/wire/ask.h: addresses behind the
 * chain of aliases (RFC 1034, section 3.6.2), whether they were validated, or why there are none in the resolver's words.
 *
 * Errors:    lookup_read: ERR_MALFORMED, ERR_SHORT: no reply to this question, which may still come.  What the
 *            resolver says is no error but an answer, perhaps with a failure.
 * Bounds:    NAMES_ADDRS_MAX addresses of an answer, the rest is left out; ASK_ALIASES_MAX.
 */
#ifndef CAIRN_FETCH_LOOKUP_H
#define CAIRN_FETCH_LOOKUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fetch/failure.h"
#include "fetch/svcb.h"
#include "resolver/wire/ask.h"
#include "stack/addr.h"

#define NAMES_ADDRS_MAX     16u

/* What is asked for, as a set of bits. */
#define NAMES_IPV4 0x1u /* A */
#define NAMES_IPV6 0x2u /* AAAA */
#define NAMES_HTTPS 0x4u /* HTTPS (RFC 9460) */
#define NAMES_SERVICES_MAX 4u

struct names_answer {
	unsigned kind; /* one of the bits asked for */
	struct ip_addr addrs[NAMES_ADDRS_MAX]; /* in the resolver's order */
	unsigned addr_count; /* 0 without a failure: the name has none of this kind */
	struct names_service services[NAMES_SERVICES_MAX]; /* of HTTPS: those for us, best first */
	unsigned service_count;
	uint32_t ttl_s;
	bool is_cached;       /* the engine in this process knew it: nobody was asked */
	bool is_stale;        /* of what it knew some had ended (RFC 8767) */
	uint32_t age_s;       /* since it was learnt; 0 too where the cache does not tell */
	bool is_secure;       /* the resolver has validated it (AD) */
	bool is_nonexistent;  /* NXDOMAIN */
	struct ip_addr server; /* who said so; family ADDR_NONE: this process */
	uint64_t took_us;
	struct failure failure;
};

uint16_t lookup_type(unsigned kind); /* TYPE_A ... */

enum lookup_result {
	LOOKUP_ANSWER,    /* *answer is filled in but for server and took_us */
	LOOKUP_TRUNCATED, /* ask again over TCP */
	LOOKUP_NO_EDNS,   /* ask again without (RFC 6891, section 7) */
	LOOKUP_FOREIGN,   /* no reply to this question: go on waiting */
};

/* The arena is for the time of the call; it holds a message of any size when it has LOOKUP_ARENA_BYTES. */
#define LOOKUP_ARENA_BYTES (512u << 10)
enum lookup_result lookup_read(struct names_answer *answer, const struct question *question, unsigned kind, uint16_t id,
                               const uint8_t *bytes, size_t size, struct arena *arena);

/* The same of what the engine in this process has found. */
struct answer;
void lookup_take(struct names_answer *answer, const struct question *question, unsigned kind,
                 const struct answer *resolved);

/* Whether the failure is a matter of this one resolver, so that another may know better. */
bool lookup_is_servers_fault(const struct names_answer *answer);

#endif

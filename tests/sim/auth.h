/*
 * auth.h - an authoritative name server without I/O, for tests and simulations (RFC 1034, section 4.3.2).
 *
 * Zones come as master-file text.  auth_answer turns one query into one reply: answers, referrals with
 * glue, CNAME and DNAME chains (RFC 6672), wildcards (RFC 4592), empty non-terminals, NXDOMAIN and
 * NODATA with the SOA (RFC 2308), RRSIGs where the zone has them and DO asks, EDNS, and TC by size.  Faults
 * make a server misbehave in the ways that resolvers meet; they can be switched at any time.
 *
 * Ownership: everything lies in the block lent at init; auth_answer allocates nothing that outlives it.
 * Errors:    auth_load says the line and the reason in auth->line and auth->why.
 * Bounds:    AUTH_ZONES_MAX, AUTH_RECORDS_MAX a reply, AUTH_CHAIN_MAX aliases.
 */
#ifndef CAIRN_TESTS_SIM_AUTH_H
#define CAIRN_TESTS_SIM_AUTH_H

#include "resolver/wire/message.h"
#include "stack/base/arena.h"

#define AUTH_ZONES_MAX   32768u
#define AUTH_SETS_MAX    96u /* in one reply */
#define AUTH_CHAIN_MAX   16u
#define AUTH_BUCKETS_MAX 65536u
#define AUTH_ASKED_MAX   64u /* questions remembered, the latest */

enum auth_fault {
	AUTH_DEAD = 1u << 0,           /* no answer to anything */
	AUTH_REFUSES = 1u << 1,        /* lame: REFUSED to everything */
	AUTH_SERVFAILS = 1u << 2,      /* lame: SERVFAIL to everything */
	AUTH_REFERS_UPWARD = 1u << 3,  /* lame: a referral to the root for everything */
	AUTH_REFERS_TO_SELF = 1u << 4, /* a referral to the zone that it serves itself */
	AUTH_DROPS_EDNS = 1u << 5,     /* no answer to a query with OPT */
	AUTH_FORMERRS_EDNS = 1u << 6,  /* FORMERR without OPT to a query with OPT */
	AUTH_IGNORES_EDNS = 1u << 7,   /* answers as if there were no OPT */
	AUTH_LOWERCASES = 1u << 8,     /* gives the question back in lower case */
	AUTH_WRONG_ID = 1u << 9,       /* the id is another */
	AUTH_WRONG_QUESTION = 1u << 10, /* the question given back is another */
	AUTH_POISONS = 1u << 11,       /* adds the records of auth_poison to every reply */
	AUTH_TRUNCATES = 1u << 12,     /* TC and nothing else to every query over UDP */
	AUTH_NXDOMAIN_AT_ENT = 1u << 13, /* NXDOMAIN for empty non-terminals */
	AUTH_CNAME_LOOP = 1u << 14,    /* an alias for every name, in a ring */
	AUTH_NOT_AUTHORITATIVE = 1u << 15, /* AA is never set */
	AUTH_ADDS_NS = 1u << 16,       /* no fault: the zone's NS set and its addresses with every answer */
};

struct auth_asked {
	struct question question;
	bool edns, tcp;
};

struct auth_node;
struct auth_zone;

struct auth {
	uint32_t faults;   /* enum auth_fault */
	uint32_t delay_ms; /* not waited here: the simulator reads it */
	uint16_t udp_bytes_max; /* of our replies; EDNS_UDP_BYTES until changed */
	const uint8_t *options; /* of EDNS, ready-made, in each reply; NULL: none */
	uint16_t options_bytes;

	uint64_t query_count, drop_count;
	struct auth_asked asked[AUTH_ASKED_MAX]; /* the n-th query is asked[n % AUTH_ASKED_MAX] */

	unsigned line; /* after auth_load failed */
	const char *why;

	struct arena arena;
	unsigned zone_count;
	struct auth_zone *poison;
	struct auth_node **buckets;
	uint32_t bucket_mask;
	uint8_t *scratch; /* of one reply */
};

#define AUTH_BLOCK_BYTES_MIN 262144u

void auth_init(struct auth *auth, void *block, size_t block_bytes);
/* Loads a zone; the text's first origin is the apex.  ERR_MALFORMED, ERR_NO_MEMORY, ERR_EXISTS. */
int auth_load(struct auth *auth, const char *apex, const char *text);
/* What AUTH_POISONS adds: NS records to the authority section, all others to the additional section. */
int auth_poison(struct auth *auth, const char *text);

/*
 * Answers one query.  Returns the reply's octets, or 0 when there is none to send.  Over TCP the
 * reply may have 65535 octets, over UDP what the client and udp_bytes_max allow; reply_bytes bounds both.
 */
size_t auth_answer(struct auth *auth, const uint8_t *query, size_t query_bytes, bool is_tcp, uint8_t *reply,
                   size_t reply_bytes);

#endif

/*
 * flight.h - one query in flight to one server, and whether a datagram is its reply (RFC 5452).
 *
 * Every query has its own random id, its own flow with a random port (upstream.h) and, with 0x20, its own
 * letter case.  A datagram on its flow that does not repeat all of it is a near miss: it is
 * counted and the query goes on waiting, so that a forger gains nothing by being first.  One that has the id and
 * not the question is a confused server's rather than a forger's, who would write the question: it is asked over TCP
 * at once, and who says the same there, where there is nothing to guess, is no help.
 *
 * A query is hedged, by another to the next server, when most replies of its server would have come, and late
 * after the server's retransmission time-out; even then it may still be answered (no reply is ambiguous, each
 * has its id) until it is given up.  Once it is hedged its place may be needed for others: servers that are silent shall not
 * keep them from being asked.
 *
 * RD is 0, unless a forwarder is asked; DO is set wherever EDNS is, so that signatures are in the caches.
 * Over UDP there is a cookie in the OPT record: from a server that has shown to know cookies nothing is taken without.
 */
#ifndef CAIRN_RESOLVER_ITERATE_FLIGHT_H
#define CAIRN_RESOLVER_ITERATE_FLIGHT_H

#include "resolver/iterate/engine.h"
#include "resolver/iterate/select.h"
#include "resolver/policy/client_string.h"
#include "stack/base/wheel.h"

#define FLIGHT_BYTES_MAX   (MESSAGE_HEADER_BYTES + NAME_BYTES_MAX + 4u + FLIGHT_OPT_BYTES)
#define FLIGHT_COOKIE_BYTES (INFRA_COOKIE_CLIENT_BYTES + INFRA_COOKIE_SERVER_BYTES_MAX)
#define FLIGHT_LETTERS_MIN 8u /* who chooses the name can choose one of digits */
#define FLIGHT_OPT_BYTES    (EDNS_RECORD_BYTES + 4u + FLIGHT_COOKIE_BYTES + 4u + CLIENT_STRING_BYTES_MAX + 4u)
#define FLIGHT_LINGER_US   1000000u /* how long a late query is still listened for, at least, if there is room */
#define FLIGHT_ROOM_ONE_IN 8u       /* ... which is: one place in so many is free */
#define FLIGHT_HEDGE_PERMIL 1200u     /* of SRTT */
#define FLIGHT_HEDGE_VARS   3u        /* deviations above SRTT that hardly any reply needs */
#define FLIGHT_HEDGE_UNKNOWN_US (SELECT_UNKNOWN_US * FLIGHT_HEDGE_PERMIL / 1000u)
#define FLIGHT_RESENDS_MAX 3u       /* on new connections; each of the old ones had answered another query */
#define FLIGHT_NEAR_MISSES 2u       /* this many, and somebody seems to guess: asked anew with another id and port */

enum flight_stage {
	FLIGHT_QUEUED, /* ENGINE_SEND waits to be fetched */
	FLIGHT_SENT,
	FLIGHT_CLOSED, /* ENGINE_CLOSE waits to be fetched, then the place is free */
};

struct flight {
	struct wheel_timer timer; /* hedged, late, given up */
	uint64_t sent_at_us;
	uint32_t generation;      /* of the place: a number that is over never means a newer query */
	uint32_t task;
	uint32_t next;            /* of the task's queries */
	uint32_t older, newer;    /* hedged: those that were hedged before and after it, of all tasks */
	enum flight_stage stage;
	bool was_sent;            /* the flow is open */
	bool hedged;              /* another server may be asked meanwhile */
	bool late;
	bool edns, caps;
	bool recursion;           /* RD: a forwarder is asked, or who may serve as one */
	bool tcp;
	bool proven;              /* the server had answered before, and not been silent since */
	bool edns_known;          /* the server is known to understand EDNS */
	uint8_t cookie_bytes;     /* 0: without a cookie; 8: the server has given none yet */
	uint8_t cookie[FLIGHT_COOKIE_BYTES];
	bool cookie_came;         /* ours, in the reply that is looked at */
	uint8_t server;           /* among the servers of the task's cut */
	uint8_t near_misses;
	uint8_t resends;          /* over TCP */
	uint16_t id;
	uint16_t qtype;
	uint32_t rto_us;
	struct ip_addr addr;
	uint16_t port;
	struct name qname;        /* in the letter case sent */
};

/*
 * How long one server is waited for before the next is asked too.  A question that has met no trouble
 * waits for all but the rarest replies, so that where nothing is lost nothing is asked twice; one in trouble
 * does not wait longer than for the usual reply.  Not bounded by the RTO.
 */
uint32_t flight_hedge_us(const struct infra_server *infra, bool in_trouble);

enum match {
	MATCH_YES,
	MATCH_CASE,  /* all but the letter case */
	MATCH_OTHER, /* its id, but another question or none */
	MATCH_NO,
};

/* Judges header and question; the rest is message_read's. */
enum match flight_match(const struct flight *query, const uint8_t *bytes, size_t size);
/* Flips each letter's case by one random bit (draft-vixie-dnsext-dns0x20). */
void flight_mix_case(struct name *name, struct rng *rng);
/* More than port and id vouch for the reply: a connection, our cookie in it, or the case of FLIGHT_LETTERS_MIN letters. */
bool flight_is_vouched(const struct flight *query);

/* What every query's OPT record has besides its cookie. */
struct flight_edns {
	uint16_t udp_bytes;
	bool no_dnssec; /* disable-edns-do */
	uint16_t string_option;
	const struct client_string *string; /* NULL: none for the server */
};
/* The datagram; returns its octets. bytes has FLIGHT_BYTES_MAX. */
size_t flight_write(const struct flight *query, const struct flight_edns *edns, uint8_t *bytes);

/* What the cookie in a reply says of it (RFC 7873, section 5.3). */
enum flight_cookie {
	FLIGHT_COOKIE_NONE,    /* there is none, and none was to be expected */
	FLIGHT_COOKIE_RIGHT,   /* *server_cookie is the server's part */
	FLIGHT_COOKIE_MISSING, /* the server used to have one */
	FLIGHT_COOKIE_WRONG,   /* not an answer to this query, whoever sent it */
};
enum flight_cookie flight_judge_cookie(const struct flight *query, const struct edns *edns,
				       const uint8_t **server_cookie, size_t *server_cookie_bytes);

#endif

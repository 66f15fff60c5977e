/*
 * respond.h - an answer as octets, in the form that one client asked for
 * (RFC 1035, section 4.1; RFC 2181, section 9; RFC 6840, section 5.7; RFC 6891; RFC 8482; RFC 8914).
 *
 * What is decided here and nowhere else: header bits, the question in the client's own letter case, which
 * sections and signatures go out, what happens when they do not fit, and the OPT record with its options.
 *
 * Ownership: nothing is kept; the answer is only read.
 * Errors:    none for what is documented here; a negative ERR_* of the renderer would be our bug.
 * Bounds:    a datagram has at most min(what the client takes, udp_bytes_max) octets, a stream 65535.
 *            The buffer has at least RESPOND_UDP_BYTES_PLAIN, which always hold an answer.
 */
#ifndef CAIRN_RESOLVER_SERVE_RESPOND_H
#define CAIRN_RESOLVER_SERVE_RESPOND_H

#include "resolver/answer.h"
#include "resolver/cache/ready.h"
#include "resolver/policy/cookie.h"

struct arena;

#define RESPOND_NSID_BYTES_MAX  128u
#define RESPOND_TEXT_BYTES_MAX  192u /* EDE's EXTRA-TEXT: cut behind that */
#define RESPOND_UDP_BYTES_PLAIN 512u /* without EDNS (RFC 1035, section 4.2.1) */

struct respond_config {
	bool minimal_responses;
	bool serve_original_ttl;      /* what the caches give has the TTL that it came with */
	uint16_t udp_bytes_max;       /* max-udp-size, 512 or more */
	uint32_t tcp_idle_timeout_ms; /* told to those who ask (RFC 7828) */
	uint8_t nsid_bytes;
	uint8_t nsid[RESPOND_NSID_BYTES_MAX];
};

/* How the client wants its answer: all of the query that matters besides the question. */
struct reply_form {
	uint16_t id;
	uint16_t flags;     /* the query's DNS_* */
	uint16_t udp_bytes; /* what the client takes in a datagram */
	bool is_stream;
	bool has_edns, dnssec_ok, wants_nsid, wants_keepalive;
	bool has_cookie; /* `cookie` goes into the answer */
	uint8_t cookie[COOKIE_BYTES];
	bool recursion_available; /* RA: this client may have recursion */
};

void reply_form_read(struct reply_form *form, const struct query *query, bool is_stream);

/*
 * Writes the message; returns its octets, or a negative ERR_*.  `question` is NULL when the query's could
 * not be read.  *is_truncated (may be NULL) tells whether TC was set.
 */
int respond(const struct respond_config *config, const struct reply_form *form,
	    const struct question *question, const struct answer *answer, uint8_t *bytes,
	    size_t bytes_max, bool *is_truncated);

/*
 * The same of a message that is made already (cache/ready.h) and stands in `bytes`: gives it the client's id, flags,
 * letters and OPT record.  Returns the octets, or 0 where it does not fit the client: then respond has to leave out or cut.
 */
size_t respond_ready(const struct respond_config *config, const struct reply_form *form,
		     const struct question *question, const struct ready_facts *facts, uint8_t *bytes,
		     size_t bytes_max);
/* Of a message that respond has written, the octets before its OPT record; the answer has no EDE. */
size_t respond_ready_bytes(const struct respond_config *config, const struct reply_form *form, size_t reply_bytes);

/* An answer without records. */
void answer_rcode(struct answer *answer, uint16_t rcode, enum ede ede, const char *ede_text);

/* What ANY is answered with: one synthesized HINFO (RFC 8482, section 4.2).  0 or ERR_NO_MEMORY. */
int answer_any(struct answer *answer, const struct name *qname, struct arena *arena);

#endif

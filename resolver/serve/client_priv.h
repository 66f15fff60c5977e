/*
 * client_priv.h - the stages of a query's way through serve/client (client.h).
 *
 *	client.c         from octets to octets: reading, resolving, rendering
 *	client_here.c    what needs no resolution: refusals, CHAOS, local zones, policy about the client
 *	client_zone.c    zones that are kept here for clients
 *	client_ready.c   what was answered a moment ago
 *	client_pending.c who waits for an answer
 *	client_wait.c    what another worker is asking for, or asking for anew
 */
#ifndef CAIRN_RESOLVER_SERVE_CLIENT_PRIV_H
#define CAIRN_RESOLVER_SERVE_CLIENT_PRIV_H

#include "resolver/serve/client.h"

/* What a stage of the pipeline says. */
enum stage {
	STAGE_PASSES,  /* not mine: the next one */
	STAGE_ANSWERS, /* the answer is complete */
	STAGE_DROPS,
	STAGE_PENDS,
};

/* The query in hand. */
struct asking {
	const struct client_source *source;
	uint64_t now_us;
	enum acl_action action;
	enum acl_verdict verdict;
	enum cookie_state cookie;
	struct reply_form form;
	uint32_t policies; /* zones of policy/rpz.h that its name and its answer are subject to */
	bool has_notified;
	bool is_signed; /* as clients->tsig has it, and so its reply is to be */
	enum tsig_verdict refused_signature; /* TSIG_GOOD: none is refused; else what its reply says of it (RFC 8945, section 5.2) */
	const struct tsig_key *wanted_key;   /* ... and by which it should have been; NULL: by none */
	bool refers; /* it waits, or has waited, for its referral to be judged */
	uint64_t client; /* its place when it is pending; 0: none */
	enum dns64_step step;
	uint32_t dns64_ttl_s;
	struct answer prefix; /* the CNAMEs in front of clients->alias */
	struct answer answer;
};

/* CD, where the operator lets clients do without validation. */
static inline bool
client__checking_disabled(const struct clients *clients, const struct asking *asking)
{
	return (asking->form.flags & DNS_CD) != 0 && !clients->policy->ignores_cd;
}

/* ---- client_ready.c ---- */
/* A query's place among the ready-made answers. */
struct ready_place {
	bool is_used; /* else nothing is looked for nor kept */
	struct name qname; /* in lower case */
	struct ready_key key;
	uint64_t hash;
};
/* Where policy looks at each client or each answer, none is made ahead. */
void client__ready_place(const struct clients *clients, const struct asking *asking, struct ready_place *place);
/* The reply's octets and asking->answer as far as the log and counters want it; 0: there is none for this client. */
size_t client__ready(struct clients *clients, const struct ready_place *place, struct asking *asking, uint8_t *reply,
		     size_t reply_max);
/* An answer that engine_cached has given, and its reply. */
void client__keep_ready(struct clients *clients, const struct ready_place *place, const struct asking *asking,
			const uint8_t *reply, size_t reply_bytes);

/* ---- client_pending.c ---- */
/* By its number as the engine has it; 0 is no client there, so the numbers start at 1. */
struct client_pending *client__pending_at(const struct clients *clients, uint64_t client);
bool client__pending_has_room(const struct clients *clients);
/* The query in hand; the caller has seen that there is room. */
uint64_t client__pending_add(struct clients *clients, const struct asking *asking);
/* With what was claimed for it, and its place in its address's quota. */
void client__pending_remove(struct clients *clients, uint64_t client);

/* ---- client_wait.c ---- */
/* True: another worker is at this question, and the query waits for that.  Else it is claimed, if it can be. */
bool client__waits(struct clients *clients, struct client_pending *pending, const struct engine_question *question,
		   uint64_t now_us);
/* What was answered is asked for anew, unless another worker is at it. */
void client__refresh(struct clients *clients, const struct engine_question *question, uint64_t now_us);
/* What was claimed for the query is so no more. */
void client__unclaim(struct clients *clients, struct client_pending *pending);

/* ---- client_zone.c ---- */
/*
 * From the zones that are for clients (zone/kept.h): of the question's name, or of clients->alias behind what
 * asking->answer holds already.  Passes with another clients->alias where an alias leads out of them.
 */
enum stage client__zone(struct clients *clients, struct asking *asking);

/* True: it was a NOTIFY of somebody's who may (RFC 1996), or who may with a better signature; asking->answer says so. */
bool client__notify(struct clients *clients, struct asking *asking, const uint8_t *bytes, size_t size);
/* The reply's size with its signature (RFC 8945, section 5.3). */
size_t client__sign(struct clients *clients, const struct asking *asking, uint8_t *reply, size_t reply_bytes, size_t reply_max);
/* The answer to a query whose signature is bad, and the size of its reply with the record that says in what. */
/* `wanted`: the key that it should have been signed with; NULL: there is none for such a message. */
enum stage client__refuse_signature(struct clients *clients, struct asking *asking, enum tsig_verdict verdict,
				    const struct tsig_key *wanted);
size_t client__tell_signature(struct clients *clients, const struct asking *asking, const uint8_t *bytes, size_t size, uint8_t *reply,
			      size_t reply_bytes, size_t reply_max);

/* ---- client_here.c ---- */
/* The arena or a table is full: our bug or absurd local data; the client hears of it. */
enum stage client__failed(struct clients *clients, struct answer *answer, enum ede ede, const char *text);
/* What a query deserves that could not be read to its end: `rcode` is query_read's. */
enum stage client__malformed(struct clients *clients, int rcode, struct answer *answer);
/* What the query's cookie is worth, and the one for the answer; stops who needs a good one and has none. */
enum stage client__cookie(struct clients *clients, struct asking *asking);
/* How many queries a second the address has sent; over TCP there are other bounds. */
enum stage client__rate(struct clients *clients, struct asking *asking);
/* All that is answered without resolution. */
enum stage client__here(struct clients *clients, struct asking *asking);
/*
 * Again what stands in front of a name that is resolved instead of the question's: asking->answer holds the CNAMEs, and
 * clients->alias is the name.  By now it may be another one, none, or the answer may be here.
 */
enum stage client__alias(struct clients *clients, struct asking *asking);

#endif

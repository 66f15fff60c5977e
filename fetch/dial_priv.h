/*
 * dial_priv.h - a dial's inside, shared by its files.
 *
 *	dial.c         addresses, and attempts at them until one is connected
 *	dial_secure.c  what the first connection still lacks: TLS with a proxy, a way through it, TLS with the host
 */
#ifndef CAIRN_FETCH_DIAL_PRIV_H
#define CAIRN_FETCH_DIAL_PRIV_H

#include "fetch/dial.h"
#include "fetch/dial_journey.h"
#include "fetch/eyeballs.h"

#define HOST_BYTES (NAME_TEXT_BYTES + 1)
#define ALPN_BYTES 64u

struct dial_attempt {
	struct dial *dial;
	struct stream *stream; /* NULL: over */
};

struct dial {
	struct net *net;
	struct names *names;
	dial_done_cb on_done;
	void *data;
	char host[HOST_BYTES]; /* to connect to */
	uint16_t port;
	char name[HOST_BYTES]; /* whom the certificate is to be of, whatever was connected to instead */
	uint16_t name_port;
	struct tls *tls; /* NULL: none */
	struct tls *proxy_tls; /* with the proxy itself; NULL: none, or secure already */
	struct tunnel *tunnel; /* through a proxy; NULL: none, or open already */
	char alpn[ALPN_BYTES];
	const struct overrides *overrides;
	const struct source *source;
	unsigned wanted;         /* kinds to ask for of each name */
	unsigned service_count;  /* HTTPS records that were followed: above 0, host and port are another's */

	struct names_ask *ask; /* NULL: no answer is awaited */
	unsigned kinds;        /* of answers that are */
	struct eyeballs eyeballs;
	struct dial_attempt attempts[EYEBALLS_ADDRS_MAX];
	struct dial_runner runners[EYEBALLS_ADDRS_MAX]; /* the same attempts, to be told */
	struct net_timer timer; /* the next attempt */
	struct net_timer limit;
	uint64_t started_us, named_us;
	unsigned timeout_ms;
	uint32_t request;
	bool is_name_secure;
	struct stream_facts *seen; /* NULL: nobody wants to know, or there is a stream */

	struct failure names_failure; /* the worse of the answers'; NONE: there was none */
	struct failure failure;       /* of the attempts, all in one text */
	unsigned failed_count;

	struct stream *stream; /* the one that was connected first; NULL: none yet */
};

/* dial.c: each frees the dial and tells its owner, as the last act of whoever calls it. */
void dial__succeed(struct dial *dial);
void dial__fail(struct dial *dial, const struct failure *failure);

/* dial_secure.c: dial->stream is connected; ends with one of the two above. */
void dial__secure(struct dial *dial);

#endif

/*
 * dial.h - from a host and a port to a connected stream: names, Happy Eyeballs over both families (RFC 8305), TLS.
 *
 * A and AAAA are asked at once; addresses are sorted by RFC 6724 and tried in turn, a new attempt every
 * attempt_delay_ms or as soon as one has failed, and the first to be connected is kept.  When all have failed, the
 * failure's text has each address with what became of it.
 *
 * Where HTTPS records are wanted they are asked for beside the addresses: an alias is followed, another port or target
 * connected to, and when nothing there can be reached, the host itself (RFC 9460, section 3).
 *
 * Ownership: a dial lives from dial_start until on_done or dial_cancel; the stream is then the caller's.
 * Units:     milliseconds in targets, 0: the default.
 * Errors:    on_done with a failure: RESOLVE, BOGUS, CONNECT, NO_ROUTE, TIMEOUT, TLS, CERTIFICATE; of a proxy PROXY, LOGIN.
 * Bounds:    DIAL_ADDRS_MAX addresses are tried.
 */
#ifndef CAIRN_FETCH_DIAL_H
#define CAIRN_FETCH_DIAL_H

#include <stdbool.h>
#include <stdint.h>

#include "fetch/names.h"
#include "fetch/net.h"
#include "fetch/stream.h"

struct dial;
struct overrides;
struct proxy;
struct tls;

#define DIAL_ADDRS_MAX           32u
#define DIAL_ATTEMPT_DELAY_MS    250u   /* RFC 8305, section 8 */
#define DIAL_RESOLUTION_DELAY_MS 50u
#define DIAL_ALIASES_MAX         8u /* targets of HTTPS records that are gone to */
#define DIAL_TIMEOUT_MS          300000u /* --connect-timeout: name, connection and TLS together, as curl's */

struct dial_target {
	const char *host; /* a name in ASCII, an IPv4 address, or an IPv6 address without brackets; copied */
	uint16_t port;
	unsigned families;                   /* NAMES_IPV4, NAMES_IPV6; 0: both */
	const struct source *source;         /* --interface; NULL: as the route says; lent until on_done */
	const struct overrides *overrides;   /* --resolve, --connect-to; NULL: none; lent until on_done */
	struct tls *tls;                     /* NULL: no TLS; as tls.h, lent for the stream's life */
	bool wants_service;                  /* the host's HTTPS records say where to connect to (RFC 9460) */
	const struct proxy *proxy;           /* who is connected to instead; NULL: nobody; copied */
	struct tls *proxy_tls;               /* with the proxy itself; NULL: none; as tls */
	bool needs_tunnel;                   /* a way through the proxy is opened (tunnel.h), then TLS */
	const char *alpn;                    /* with TLS: protocols in order, "h2,http/1.1"; NULL: none; lent until on_done */
	unsigned timeout_ms;                 /* --connect-timeout */
	unsigned attempt_delay_ms;           /* --happy-eyeballs-timeout-ms */
	struct stream_facts *seen;           /* how far it came when there is no stream; NULL: not wanted; lent until on_done */
	uint32_t request;                    /* for the journey: the transfer's number, from 1; 0: nobody's */
};

/* stream NULL: failure tells; failure NULL: the stream is connected, and secure if that was asked. */
typedef void (*dial_done_cb)(void *data, struct stream *stream, const struct failure *failure);

/* on_done comes from the loop, never from inside dial_start.  NULL: no memory. */
struct dial *dial_start(struct net *net, struct names *names, const struct dial_target *target, dial_done_cb on_done,
                        void *data);
void dial_cancel(struct dial *dial); /* on_done does not come any more; target->seen is written */

#endif

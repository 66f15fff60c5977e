/* dial_secure.c - from a connection to the stream that was asked for (dial_priv.h). */
#include "fetch/dial_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fetch/tls.h"
#include "fetch/tunnel.h"

#define PROXY_ALPN "http/1.1"

/* ---- TLS ----------------------------------------------------------------------------------------------- */

/* The handshake that is over was with the proxy: none of its words are the server's, which may have none. */
static void
note_proxy(struct stream_facts *facts, uint64_t now_us)
{
	facts->proxy_secured_us = now_us;
	memcpy(facts->proxy_tls_version, facts->tls_version, sizeof facts->tls_version);
	facts->alpn[0] = facts->tls_version[0] = facts->tls_cipher[0] = facts->tls_issuer[0] = facts->tls_until[0] = '\0';
	facts->is_tls_resumed = false;
	facts->tls_chain = NULL;
}

static void
look_at_tls(struct dial *dial)
{
	net_now_again(dial->net); /* what was computed for it belongs to it */
	switch (tls_state(dial->stream)) {
	case TLS_HANDSHAKING: return;
	case TLS_SECURE: break;
	case TLS_FAILED: dial__fail(dial, &dial->stream->failure); return;
	}
	if (dial->proxy_tls != NULL) {
		dial->proxy_tls = NULL;
		note_proxy(dial->stream->facts, net_now_us(dial->net));
		dial__secure(dial);
		return;
	}
	dial->stream->facts->secured_us = net_now_us(dial->net);
	dial__succeed(dial);
}

static void
on_tls_ready(struct stream *stream, void *data)
{
	(void)stream;
	look_at_tls(data);
}

static void
begin_tls(struct dial *dial, struct tls *tls, const char *name, uint16_t port, const char *alpn)
{
	struct stream *under = dial->stream;
	struct failure failure;

	if (tls_open(tls, under, name, port, alpn, &dial->stream, &failure) != 0) {
		dial__fail(dial, &failure);
		return;
	}
	stream_set_ready(dial->stream, on_tls_ready, dial);
	look_at_tls(dial);
}

/* ---- a tunnel ------------------------------------------------------------------------------------------ */

static void
fail_tunnel(struct dial *dial, ssize_t result)
{
	struct failure failure;
	if (result < 0) {
		dial__fail(dial, &dial->stream->failure);
		return;
	}
	failure_set(&failure, FAILURE_PROXY, "the proxy %s closed the connection without an answer", dial->host);
	dial__fail(dial, &failure);
}

/* 1: sent, or nothing to be sent; -EAGAIN; another error. */
static ssize_t
send_to_proxy(struct dial *dial)
{
	struct span output = tunnel_output(dial->tunnel);
	while (output.bytes != 0) {
		const ssize_t taken = stream_write(dial->stream, output.at, output.bytes);
		if (taken < 0)
			return taken;
		tunnel_sent(dial->tunnel, (size_t)taken);
		output = tunnel_output(dial->tunnel);
	}
	return 1;
}

static void
on_tunnel_ready(struct stream *stream, void *data)
{
	struct dial *dial = data;
	struct failure failure;
	uint8_t octets[TUNNEL_INPUT_BYTES];
	int result = 0;

	while (result == 0) {
		ssize_t moved = send_to_proxy(dial);
		if (moved == 1)
			moved = stream_read(stream, octets, tunnel_wanted(dial->tunnel));
		if (moved == -EAGAIN)
			return;
		if (moved <= 0) {
			fail_tunnel(dial, moved);
			return;
		}
		result = tunnel_receive(dial->tunnel, octets, (size_t)moved, &failure);
	}
	if (result < 0) {
		dial__fail(dial, &failure);
		return;
	}
	free(dial->tunnel);
	dial->tunnel = NULL;
	dial__secure(dial);
}

/* ---- one behind the other ------------------------------------------------------------------------------ */

void
dial__secure(struct dial *dial)
{
	if (dial->proxy_tls != NULL) {
		begin_tls(dial, dial->proxy_tls, dial->host, dial->port, PROXY_ALPN);
	} else if (dial->tunnel != NULL) {
		stream_set_ready(dial->stream, on_tunnel_ready, dial);
		on_tunnel_ready(dial->stream, dial);
	} else if (dial->tls != NULL) {
		begin_tls(dial, dial->tls, dial->name, dial->name_port, dial->alpn);
	} else {
		dial__succeed(dial);
	}
}

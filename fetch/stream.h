/*
 * stream.h - an octet stream to a peer: TCP (stream_tcp.h), TLS on another stream (tls.h), a tunnel through a proxy.
 *
 * An open set, so a table of functions.  Who uses a stream reads until -EAGAIN and writes until
 * -EAGAIN; on_ready then tells when to try again.  It comes from the loop, never from inside one of
 * the verbs, and it is told of edges: who stops reading before -EAGAIN must come back by himself.
 * on_ready may close the stream.
 *
 * Ownership: a stream belongs to whoever it was given to; stream_close frees it, and closes the stream that it stands on.
 * Units:     octets; times in microseconds of net_now_us.
 * Errors:    a negative errno value; other than -EAGAIN it is final, and stream->failure says what happened
 *            in words.
 */
#ifndef CAIRN_FETCH_STREAM_H
#define CAIRN_FETCH_STREAM_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "fetch/failure.h"
#include "stack/addr.h"

struct stream;

#define STREAM_ALPN_BYTES  16u
#define STREAM_WORDS_BYTES 48u
#define STREAM_NAME_BYTES  80u

/* How the stream came to be: for -w, the JSON report and the journey.  0: has not happened. */
struct stream_facts {
	struct ip_addr local, remote;
	uint16_t local_port, remote_port;
	uint32_t number;       /* of the connection in this process, from 1 */
	unsigned use_count;    /* transfers that it was given to: above 1 it has been reused */
	uint64_t started_us;   /* dial_start */
	uint64_t named_us;     /* the first address was known */
	uint64_t connect_us;   /* this connection's SYN */
	uint64_t connected_us; /* its handshake was over */
	uint64_t proxy_secured_us; /* TLS with the proxy was; what is said of TLS below is of the server's */
	uint64_t secured_us;   /* TLS was */
	uint64_t tls_cpu_us;   /* of the time between, what our own side of TLS took: keys, signatures, roots */
	uint64_t hole_us;      /* how long what had come waited for what was lost, until the last read */
	bool is_name_secure;   /* the address is validated by DNSSEC */
	char alpn[STREAM_ALPN_BYTES];           /* "h2", "http/1.1"; empty: none was agreed on */
	char proxy_tls_version[STREAM_WORDS_BYTES]; /* as tls_version */
	char tls_version[STREAM_WORDS_BYTES];   /* "TLSv1.3" */
	char tls_cipher[STREAM_WORDS_BYTES];
	char tls_issuer[STREAM_NAME_BYTES]; /* of the server's certificate */
	char tls_until[STREAM_WORDS_BYTES]; /* "2026-11-28": its last day */
	bool is_tls_resumed;
	const char *tls_chain; /* the server's certificates as text, of the stream; NULL: nobody wants them */
};

struct stream_ops {
	/* > 0: octets; 0: the peer has ended its direction, see is_clean_end. */
	ssize_t (*read)(struct stream *stream, void *into, size_t bytes);
	/* Octets taken, at least one. */
	ssize_t (*write)(struct stream *stream, const void *from, size_t bytes);
	/* Ends our direction behind what was written; reading goes on. */
	int (*shutdown)(struct stream *stream);
	void (*close)(struct stream *stream);
};

struct stream {
	const struct stream_ops *ops;
	void (*on_ready)(struct stream *stream, void *data);
	void *data;
	bool is_clean_end; /* after a read of 0: the end is authentic (TLS: close_notify; TCP: FIN) */
	struct failure failure;
	struct stream_facts *facts; /* lives as long as the stream */
};

static inline ssize_t
stream_read(struct stream *stream, void *into, size_t bytes)
{
	return stream->ops->read(stream, into, bytes);
}

static inline ssize_t
stream_write(struct stream *stream, const void *from, size_t bytes)
{
	return stream->ops->write(stream, from, bytes);
}

static inline int
stream_shutdown(struct stream *stream)
{
	return stream->ops->shutdown(stream);
}

static inline void
stream_close(struct stream *stream)
{
	stream->ops->close(stream);
}

static inline void
stream_set_ready(struct stream *stream, void (*on_ready)(struct stream *stream, void *data), void *data)
{
	stream->on_ready = on_ready;
	stream->data = data;
}

#endif

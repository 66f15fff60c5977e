/*
 * tls_context.h - what the files of the TLS module share (tls_module.h).
 */
#ifndef CAIRN_FETCH_TLS_CONTEXT_H
#define CAIRN_FETCH_TLS_CONTEXT_H

#include <openssl/ssl.h>

#include "fetch/tls_module.h"
#include "fetch/tls_pin.h"

#define TLS_HOST_BYTES 264u
#define TLS_PEER_BYTES (TLS_HOST_BYTES + 8u)

/* A session of the last connection to "host:port"; TLS 1.3's serve once. */
struct tls_session {
	char peer[TLS_PEER_BYTES];
	SSL_SESSION *session; /* NULL: the place is free */
};

struct tls_context {
	SSL_CTX *ctx;
	BIO_METHOD *bio_method; /* a BIO over a stream */
	X509_LOOKUP_METHOD *bundle_method; /* NULL: the system's roots are not what is trusted */
	struct tls_pins pins;
	bool is_insecure, wants_chain;
	const char *roots; /* what is trusted, in words */
	int key_log_fd;    /* -1: none */
	int secrets_fd;    /* lent; 0: none */
	struct tls_session sessions[TLS_SESSIONS_MAX];
	unsigned session_next; /* the place that is used when all are taken */
};

int tls__stream_open(struct tls_context *context, struct stream *under, const char *host, uint16_t port,
                     const char *alpn, struct stream **stream, struct failure *failure);
BIO_METHOD *tls__bio_method(void); /* NULL: no memory */
bool tls__trust_system(struct tls_context *context); /* false: the library tells why not */

/* A session that this connection may resume, and which it then owns; NULL. */
SSL_SESSION *tls__session_take(struct tls_context *context, const char *peer);
void tls__session_put(struct tls_context *context, const char *peer, SSL_SESSION *session);

/* Which certificate was refused, as the verification met it. */
struct tls_refusal {
	int error; /* X509_V_*; 0: none */
	int depth;
	X509 *certificate; /* owned */
};
/* The sentence for a handshake that failed: the peer's certificate, an alert, or what the library says. */
void tls__words(const struct tls_context *context, const char *host, const struct tls_refusal *refusal,
                struct failure *failure);
/* Who has signed the peer's certificate, and until when it holds, into the facts. */
void tls__note_certificate(const SSL *ssl, struct stream_facts *facts);
/* Each certificate that the peer has sent: whose it is, from whom, and itself in PEM. The caller's to free; NULL: there is none. */
char *tls__chain_text(const SSL *ssl);
/* OpenSSL's first error since the last look, in words; the queue is empty afterwards. */
const char *tls__library_words(void);

#endif

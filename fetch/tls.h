/*
 * tls.h - TLS 1.2 and 1.3 as a stream on a stream (RFC 8446, RFC 5246; names by RFC 9525; ALPN by RFC 7301).
 *
 * OpenSSL does the work, and is mapped when the first struct tls is made and not before: the code that calls it is a
 * module of its own (tls_module.h), so a fetch without TLS does not know that it exists.
 *
 * The server's certificate must lead to a root that is trusted and name the host that was asked for.  The system's roots
 * are looked for one by one in the directory of hashes, since reading all of them takes longer than a handshake;
 * SSL_CERT_FILE and SSL_CERT_DIR say otherwise (openssl-verification-options(1)).
 * The end of a stream is clean when the peer has said so by close_notify (RFC 9112, section 9.8).
 * With SSLKEYLOGFILE in the environment the secrets are appended to that file.
 *
 * Ownership: a tls outlives its streams; a stream owns the one that it stands on once tls_open has succeeded.  Texts of
 *            the options are read by tls_new only.
 * Errors:    TLS: the handshake; CERTIFICATE: whom it was with; CLIENT_CERTIFICATE, ROOTS: files of the options.
 * Bounds:    TLS_SESSIONS_MAX hosts' sessions are kept to be resumed; a record is 16 KiB.
 */
#ifndef CAIRN_FETCH_TLS_H
#define CAIRN_FETCH_TLS_H

#include <stdbool.h>
#include <stdint.h>

#include "fetch/failure.h"
#include "fetch/stream.h"

struct tls;

#define TLS_SESSIONS_MAX 32u

enum tls_version { TLS_VERSION_DEFAULT, TLS_VERSION_1_2, TLS_VERSION_1_3 };

struct tls_options {
	const char *ca_file, *ca_path;       /* --cacert, --capath: instead of the system's */
	bool is_insecure;                    /* -k: whoever it is */
	bool wants_chain;                    /* the facts tell the server's certificates */
	const char *cert_file, *key_file;    /* --cert, --key: PEM; the key may stand with the certificate */
	const char *key_password;            /* of an encrypted key; NULL: none */
	const char *ciphers, *ciphers_1_3;   /* openssl-ciphers(1); NULL: the library's */
	const char *pins;                    /* --pinnedpubkey (tls_pin.h); NULL: any key */
	enum tls_version version_min, version_max;
	int secrets_fd;                      /* where the secrets are written too, lent; 0: nowhere */
};

int tls_new(struct tls **tls, const struct tls_options *options, struct failure *failure);
void tls_free(struct tls *tls); /* NULL is nothing */

/*
 * Begins a handshake with `host` (a name, or an address without brackets) over a connected stream.  alpn: protocols in
 * the order wished, "h2,http/1.1"; NULL: none.  When it fails, `under` remains the caller's.
 */
int tls_open(struct tls *tls, struct stream *under, const char *host, uint16_t port, const char *alpn,
             struct stream **stream, struct failure *failure);

/* on_ready tells that it has changed. */
enum tls_state { TLS_HANDSHAKING, TLS_SECURE, TLS_FAILED };
enum tls_state tls_state(const struct stream *stream);

#endif

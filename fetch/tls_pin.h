/*
 * tls_pin.h - the public keys that a server may have: --pinnedpubkey (after RFC 7469, section 2.4).
 *
 * A pin is the SHA-256 of a subjectPublicKeyInfo.  What the user gives is a list, "sha256//BASE64;sha256//BASE64", or
 * the name of a file with a public key, PEM or DER.  It holds beside the check of the certificate, and with -k in its place.
 *
 * Bounds: TLS_PINS_MAX keys.
 */
#ifndef CAIRN_FETCH_TLS_PIN_H
#define CAIRN_FETCH_TLS_PIN_H

#include <openssl/ssl.h>
#include <stdbool.h>

#include "fetch/failure.h"

#define TLS_PINS_MAX  16u
#define TLS_PIN_BYTES 32u

struct tls_pins {
	unsigned char digests[TLS_PINS_MAX][TLS_PIN_BYTES];
	unsigned count; /* 0: any key will do */
};

/* 0, or ERR_MALFORMED with FAILURE_USAGE, ERR_IO with FAILURE_READ. */
int tls_pins_read(struct tls_pins *pins, const char *given, struct failure *failure);
/* False: FAILURE_PINNED, which tells the pin that the server has. */
bool tls_pins_hold(const struct tls_pins *pins, const SSL *ssl, const char *peer, struct failure *failure);

#endif

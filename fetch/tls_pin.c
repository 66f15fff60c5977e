#include "fetch/tls_pin.h"

#include <assert.h>
#include <errno.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/sha.h>
#include <string.h>

#include "stack/base/err.h"

static_assert(TLS_PIN_BYTES == SHA256_DIGEST_LENGTH, "a pin is a digest");

#define PIN_PREFIX     "sha256//"
#define PIN_TEXT_BYTES 44u /* of a digest in base64, with its padding */

/* "sha256//" and 44 characters of base64. */
static bool
read_pin(const char *text, size_t bytes, unsigned char digest[TLS_PIN_BYTES])
{
	const size_t prefix_bytes = sizeof PIN_PREFIX - 1;
	unsigned char decoded[PIN_TEXT_BYTES / 4 * 3];

	if (bytes != prefix_bytes + PIN_TEXT_BYTES || strncmp(text, PIN_PREFIX, prefix_bytes) != 0 || text[bytes - 1] != '=' ||
	    EVP_DecodeBlock(decoded, (const unsigned char *)text + prefix_bytes, (int)PIN_TEXT_BYTES) != (int)sizeof decoded)
		return false;
	memcpy(digest, decoded, TLS_PIN_BYTES);
	return true;
}

static int
read_list(struct tls_pins *pins, const char *list, struct failure *failure)
{
	while (*list != '\0') {
		const size_t bytes = strcspn(list, ";");
		if (pins->count == TLS_PINS_MAX || !read_pin(list, bytes, pins->digests[pins->count])) {
			failure_set(failure, FAILURE_USAGE,
				    "--pinnedpubkey wants a file or at most %u keys as sha256//BASE64, with semicolons, not `%.*s'",
				    TLS_PINS_MAX, (int)(bytes < 60 ? bytes : 60), list);
			return ERR_MALFORMED;
		}
		pins->count++;
		list += bytes + (list[bytes] == ';');
	}
	return 0;
}

/* False: no memory, or the library fails. */
static bool
digest_key(EVP_PKEY *key, unsigned char digest[TLS_PIN_BYTES])
{
	unsigned char *der = NULL;
	const int bytes = i2d_PUBKEY(key, &der);
	const bool is_done = bytes > 0 && SHA256(der, (size_t)bytes, digest) != NULL;

	OPENSSL_free(der);
	return is_done;
}

/* A key in PEM, else in DER; NULL: it is neither. */
static EVP_PKEY *
read_key(BIO *file)
{
	EVP_PKEY *key = PEM_read_bio_PUBKEY(file, NULL, NULL, NULL);

	if (key == NULL && BIO_seek(file, 0) == 0)
		key = d2i_PUBKEY_bio(file, NULL);
	return key;
}

static int
read_file(struct tls_pins *pins, const char *path, struct failure *failure)
{
	BIO *file = BIO_new_file(path, "rb");
	EVP_PKEY *key = file != NULL ? read_key(file) : NULL;
	const bool is_read = key != NULL && digest_key(key, pins->digests[0]);

	if (file == NULL)
		failure_set(failure, FAILURE_READ, "--pinnedpubkey %s: %s", path, strerror(errno));
	else if (!is_read)
		failure_set(failure, FAILURE_READ, "--pinnedpubkey %s: it is no public key (PEM or DER)", path);
	pins->count = is_read;
	EVP_PKEY_free(key);
	BIO_free(file);
	return is_read ? 0 : ERR_IO;
}

int
tls_pins_read(struct tls_pins *pins, const char *given, struct failure *failure)
{
	pins->count = 0;
	if (given == NULL)
		return 0;
	if (strncmp(given, PIN_PREFIX, sizeof PIN_PREFIX - 1) == 0)
		return read_list(pins, given, failure);
	return read_file(pins, given, failure);
}

bool
tls_pins_hold(const struct tls_pins *pins, const SSL *ssl, const char *peer, struct failure *failure)
{
	X509 *certificate = SSL_get0_peer_certificate(ssl);
	EVP_PKEY *key = certificate != NULL ? X509_get0_pubkey(certificate) : NULL;
	unsigned char digest[TLS_PIN_BYTES];
	char text[PIN_TEXT_BYTES + 1];

	if (pins->count == 0)
		return true;
	if (key == NULL || !digest_key(key, digest)) {
		failure_set(failure, FAILURE_PINNED, "%s: it has shown no public key that could be the pinned one", peer);
		return false;
	}
	for (unsigned i = 0; i < pins->count; i++)
		if (memcmp(pins->digests[i], digest, sizeof digest) == 0)
			return true;
	(void)EVP_EncodeBlock((unsigned char *)text, digest, (int)sizeof digest);
	failure_set(failure, FAILURE_PINNED, "%s: its public key is not the pinned one but %s%s", peer, PIN_PREFIX, text);
	return false;
}

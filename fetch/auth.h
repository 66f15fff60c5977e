/*
 * auth.h - who asks: challenges, and the credentials that answer them (RFC 9110, section 11; Basic RFC 7617, Bearer RFC 6750,
 * Digest RFC 7616).
 *
 * What is written is the value of Authorization or Proxy-Authorization.  Digest needs hash functions, which the caller
 * lends (hasher.h): MD5 and the SHA-2 family are no business of a plain fetch and are loaded with the first challenge.
 *
 * Ownership: challenges borrow the head's fields.
 * Errors:    ERR_NOT_FOUND (no challenge that can be answered), ERR_MALFORMED, ERR_UNSUPPORTED (an algorithm or qop), ERR_FULL.
 */
#ifndef CAIRN_FETCH_AUTH_H
#define CAIRN_FETCH_AUTH_H

#include "fetch/field.h"
#include "stack/base/cursor.h"

#define AUTH_TEXT_BYTES_MAX 512u /* of a user name, realm, nonce, opaque */
#define AUTH_HASH_BYTES_MAX 64u

enum auth_scheme_kind { AUTH_SCHEME_BASIC = 1, AUTH_SCHEME_DIGEST = 2 }; /* a set */

enum auth_hash_kind { AUTH_MD5, AUTH_SHA_256, AUTH_SHA_512_256 };

struct auth_hash_ops {
	/* Of the parts in a row; the octets of the hash, or a negative error. */
	int (*hash)(void *data, enum auth_hash_kind kind, const struct span *parts, size_t count,
		    uint8_t hash[AUTH_HASH_BYTES_MAX]);
	void *data;
};

struct auth_challenge {
	struct span scheme;
	/* As sent, quotes included; `at` NULL: not sent. */
	struct span realm, nonce, opaque, algorithm, qop, charset, userhash, stale;
};

/* The challenges of all fields of one name ("WWW-Authenticate", "Proxy-Authenticate") one by one. */
struct auth_challenges {
	struct field_elements elements;
	struct span element; /* read ahead: it begins the next challenge */
};
struct auth_challenges auth_challenges(const struct fields *fields, const char *name);
bool auth_challenge_next(struct auth_challenges *challenges, struct auth_challenge *challenge);

/* The strongest that can be answered with a name and a password: Digest by its hash, then Basic. */
int auth_choose(const struct fields *fields, const char *name, unsigned schemes,
		struct auth_challenge *challenge);

int auth_basic_write(struct span user, struct span password, struct writer *out);
int auth_bearer_write(struct span token, struct writer *out);

struct auth_digest {
	struct span user, password;
	struct span method, target; /* of the request line */
	struct span cnonce;         /* random, printable ASCII */
	uint32_t nonce_count;       /* requests with this nonce, this one included: from 1 */
};
int auth_digest_write(const struct auth_challenge *challenge, const struct auth_digest *digest,
		      const struct auth_hash_ops *hashes, struct writer *out);

#endif

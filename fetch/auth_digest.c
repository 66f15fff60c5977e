/* Digest (RFC 7616, section 3.4), also without qop as RFC 2069 had it. */
#include <stdio.h>

#include "fetch/auth_priv.h"

#define HEX_BYTES_MAX (2 * AUTH_HASH_BYTES_MAX)

static const struct algorithm {
	const char *name;
	enum auth_hash_kind hash;
	bool is_session;
	int strength;
} algorithms[] = {
	{ "MD5", AUTH_MD5, false, 2 },
	{ "MD5-sess", AUTH_MD5, true, 2 },
	{ "SHA-256", AUTH_SHA_256, false, 3 },
	{ "SHA-256-sess", AUTH_SHA_256, true, 3 },
	{ "SHA-512-256", AUTH_SHA_512_256, false, 4 },
	{ "SHA-512-256-sess", AUTH_SHA_512_256, true, 4 },
};

/* A parameter without quotes and backslashes. */
struct text {
	char octets[AUTH_TEXT_BYTES_MAX];
	struct span span;
};

static int
unquote(struct span value, struct text *text)
{
	size_t bytes;
	int err = field_unquote(value, text->octets, sizeof text->octets, &bytes);
	text->span = span_of(text->octets, err == 0 ? bytes : 0);
	return err;
}

static const struct algorithm *
find_algorithm(const struct auth_challenge *challenge)
{
	struct text name;
	if (challenge->algorithm.at == NULL)
		return &algorithms[0];
	if (unquote(challenge->algorithm, &name) != 0)
		return NULL;
	for (size_t i = 0; i < sizeof algorithms / sizeof algorithms[0]; i++) {
		if (span_is_nocase(name.span, algorithms[i].name))
			return &algorithms[i];
	}
	return NULL;
}

/* `auth` in the list, or no list at all; auth-int alone is not done: it would hash the body before it is sent. */
static bool
has_usable_qop(const struct auth_challenge *challenge)
{
	struct text list;
	struct span element;
	if (challenge->qop.at == NULL)
		return true;
	if (unquote(challenge->qop, &list) != 0)
		return false;
	while (field_list_next(&list.span, &element)) {
		if (span_is_nocase(element, "auth"))
			return true;
	}
	return false;
}

int
auth__digest_strength(const struct auth_challenge *challenge)
{
	const struct algorithm *algorithm = find_algorithm(challenge);
	if (algorithm == NULL || challenge->nonce.at == NULL || challenge->realm.at == NULL ||
	    !has_usable_qop(challenge))
		return 0;
	return algorithm->strength;
}

/* H(parts joined by colons) in hexadecimal. */
static int
hash_hex(const struct auth_hash_ops *hashes, enum auth_hash_kind kind, const struct span *parts,
	 size_t count, char hex[HEX_BYTES_MAX + 1])
{
	struct span joined[16];
	uint8_t hash[AUTH_HASH_BYTES_MAX];
	for (size_t i = 0; i < count; i++) {
		joined[2 * i] = parts[i];
		joined[2 * i + 1] = SPAN(":");
	}
	int bytes = hashes->hash(hashes->data, kind, joined, 2 * count - 1, hash);
	for (int i = 0; i < bytes; i++)
		snprintf(hex + 2 * i, 3, "%02x", hash[i]);
	return bytes < 0 ? bytes : 0;
}

struct answer {
	const struct algorithm *algorithm;
	struct text realm, nonce, opaque;
	bool has_qop, hashes_user;
	char nonce_count[9];
	char a1[HEX_BYTES_MAX + 1], a2[HEX_BYTES_MAX + 1], response[HEX_BYTES_MAX + 1];
	char user[HEX_BYTES_MAX + 1];
};

static int
answer_read(struct answer *answer, const struct auth_challenge *challenge)
{
	answer->algorithm = find_algorithm(challenge);
	if (auth__digest_strength(challenge) == 0)
		return ERR_UNSUPPORTED;
	answer->has_qop = challenge->qop.at != NULL;
	struct text userhash;
	answer->hashes_user = challenge->userhash.at != NULL &&
			      unquote(challenge->userhash, &userhash) == 0 &&
			      span_is_nocase(userhash.span, "true");
	int err = unquote(challenge->realm, &answer->realm);
	if (err == 0)
		err = unquote(challenge->nonce, &answer->nonce);
	if (err == 0)
		err = unquote(challenge->opaque, &answer->opaque);
	return err;
}

/* Sections 3.4.2, 3.4.3 and 3.4.1, in that order. */
static int
answer_hash(struct answer *answer, const struct auth_digest *digest,
	    const struct auth_hash_ops *hashes)
{
	enum auth_hash_kind kind = answer->algorithm->hash;
	struct span realm = answer->realm.span, nonce = answer->nonce.span;
	int err = hash_hex(hashes, kind, (struct span[]){ digest->user, realm, digest->password },
			   3, answer->a1);
	if (err == 0 && answer->algorithm->is_session)
		err = hash_hex(hashes, kind,
			       (struct span[]){ span_from_text(answer->a1), nonce, digest->cnonce },
			       3, answer->a1);
	if (err == 0)
		err = hash_hex(hashes, kind, (struct span[]){ digest->method, digest->target }, 2,
			       answer->a2);
	if (err == 0 && answer->hashes_user)
		err = hash_hex(hashes, kind, (struct span[]){ digest->user, realm }, 2,
			       answer->user);
	if (err != 0)
		return err;
	struct span a1 = span_from_text(answer->a1), a2 = span_from_text(answer->a2);
	struct span count = span_from_text(answer->nonce_count);
	if (!answer->has_qop)
		return hash_hex(hashes, kind, (struct span[]){ a1, nonce, a2 }, 3,
				answer->response);
	return hash_hex(hashes, kind,
			(struct span[]){ a1, nonce, count, digest->cnonce, SPAN("auth"), a2 }, 6,
			answer->response);
}

static void
put_quoted(struct writer *out, const char *name, struct span value)
{
	auth__put(out, name);
	auth__put(out, "=\"");
	for (size_t i = 0; i < value.bytes; i++) {
		if (value.at[i] == '"' || value.at[i] == '\\')
			writer_u8(out, '\\');
		writer_u8(out, (uint8_t)value.at[i]);
	}
	auth__put(out, "\"");
}

static bool
is_ascii_text(struct span text)
{
	for (size_t i = 0; i < text.bytes; i++) {
		if ((unsigned char)text.at[i] >= 0x7f || (unsigned char)text.at[i] < 0x20)
			return false;
	}
	return true;
}

/* Section 3.4.4: a name beyond ASCII goes as username*. */
static void
put_user(struct writer *out, const struct answer *answer, struct span user)
{
	static const char hex[] = "0123456789ABCDEF";
	if (answer->hashes_user)
		user = span_from_text(answer->user);
	if (is_ascii_text(user)) {
		put_quoted(out, "username", user);
		return;
	}
	auth__put(out, "username*=UTF-8''");
	for (size_t i = 0; i < user.bytes; i++) {
		unsigned char c = (unsigned char)user.at[i];
		bool is_plain = c < 0x80 && c != '%' && c != '*' && c != '\'' &&
				field_is_token_octet((char)c);
		if (!is_plain) {
			writer_u8(out, '%');
			writer_u8(out, (uint8_t)hex[c >> 4]);
			c = (unsigned char)hex[c & 15];
		}
		writer_u8(out, c);
	}
}

static void
put_answer(struct writer *out, const struct answer *answer, const struct auth_challenge *challenge,
	   const struct auth_digest *digest)
{
	auth__put(out, "Digest ");
	put_user(out, answer, digest->user);
	put_quoted(out, ", realm", answer->realm.span);
	put_quoted(out, ", nonce", answer->nonce.span);
	put_quoted(out, ", uri", digest->target);
	if (answer->has_qop || answer->algorithm->is_session)
		put_quoted(out, ", cnonce", digest->cnonce);
	if (answer->has_qop) {
		auth__put(out, ", nc=");
		auth__put(out, answer->nonce_count);
		auth__put(out, ", qop=auth");
	}
	put_quoted(out, ", response", span_from_text(answer->response));
	if (challenge->opaque.at != NULL)
		put_quoted(out, ", opaque", answer->opaque.span);
	if (challenge->algorithm.at != NULL) {
		auth__put(out, ", algorithm=");
		auth__put(out, answer->algorithm->name);
	}
	if (answer->hashes_user)
		auth__put(out, ", userhash=true");
}

int
auth_digest_write(const struct auth_challenge *challenge, const struct auth_digest *digest,
		  const struct auth_hash_ops *hashes, struct writer *out)
{
	struct answer answer;
	int err = answer_read(&answer, challenge);
	if (err != 0)
		return err;
	if (!is_ascii_text(digest->cnonce) || !field_is_value(digest->user))
		return ERR_MALFORMED;
	snprintf(answer.nonce_count, sizeof answer.nonce_count, "%08x", digest->nonce_count);
	err = answer_hash(&answer, digest, hashes);
	if (err != 0)
		return err;
	put_answer(out, &answer, challenge, digest);
	return out->err;
}

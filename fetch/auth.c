#include "fetch/auth.h"

#include "fetch/auth_priv.h"
#include "fetch/base64.h"

void
auth__put(struct writer *out, const char *text)
{
	writer_bytes(out, text, strlen(text));
}

static bool
has_controls(struct span text)
{
	for (size_t i = 0; i < text.bytes; i++) {
		if ((unsigned char)text.at[i] < 0x20 || text.at[i] == 0x7f)
			return true;
	}
	return false;
}

/* RFC 7617, section 2: no colon in the name, no controls in either. */
int
auth_basic_write(struct span user, struct span password, struct writer *out)
{
	char text[2 * AUTH_TEXT_BYTES_MAX + 1];
	struct writer pair = writer_over(text, sizeof text);
	if (span_find(user, ':') < user.bytes || has_controls(user) || has_controls(password))
		return ERR_MALFORMED;
	writer_bytes(&pair, user.at, user.bytes);
	writer_u8(&pair, ':');
	writer_bytes(&pair, password.at, password.bytes);
	if (pair.err != 0)
		return pair.err;
	auth__put(out, "Basic ");
	char *encoded = (char *)writer_reserve(out, BASE64_ENCODED_BYTES(pair.pos));
	if (encoded != NULL)
		base64_encode(span_of(text, pair.pos), encoded);
	return out->err;
}

/* RFC 6750, section 2.1: b64token. */
int
auth_bearer_write(struct span token, struct writer *out)
{
	size_t bytes = 0;
	while (bytes < token.bytes && field_is_token_octet(token.at[bytes]) &&
	       strchr("!#$%&'*^`|", token.at[bytes]) == NULL)
		bytes++;
	for (size_t i = bytes; i < token.bytes; i++) {
		char c = token.at[i];
		bool is_digit =
			(span_lower(c) >= 'a' && span_lower(c) <= 'z') || (c >= '0' && c <= '9');
		if (!is_digit && (c == '\0' || strchr("-._~+/=", c) == NULL))
			return ERR_MALFORMED;
	}
	if (token.bytes == 0)
		return ERR_MALFORMED;
	auth__put(out, "Bearer ");
	writer_bytes(out, token.at, token.bytes);
	return out->err;
}

/* ---- challenges ---------------------------------------------------------------------------------- */

struct auth_challenges
auth_challenges(const struct fields *fields, const char *name)
{
	struct auth_challenges challenges = { .elements = field_elements(fields, name) };
	if (!field_elements_next(&challenges.elements, &challenges.element))
		challenges.element = (struct span){ NULL, 0 };
	return challenges;
}

/* Commas part challenges and parameters alike: `Scheme a=b` begins one, `a=b` and `a = b` go on. */
static bool
begins_challenge(struct span element)
{
	size_t bytes = field_token_bytes(element);
	struct span after = span_trim(span_from(element, bytes));
	return bytes != 0 &&
	       (after.bytes == 0 || (after.at[0] != '=' && after.at == element.at + bytes + 1));
}

static void
read_parameter(struct span text, struct auth_challenge *challenge)
{
	static const struct {
		const char *name;
		size_t at;
	} known[] = {
		{ "realm", offsetof(struct auth_challenge, realm) },
		{ "nonce", offsetof(struct auth_challenge, nonce) },
		{ "opaque", offsetof(struct auth_challenge, opaque) },
		{ "algorithm", offsetof(struct auth_challenge, algorithm) },
		{ "qop", offsetof(struct auth_challenge, qop) },
		{ "charset", offsetof(struct auth_challenge, charset) },
		{ "userhash", offsetof(struct auth_challenge, userhash) },
		{ "stale", offsetof(struct auth_challenge, stale) },
	};
	struct parameter parameter;
	if (field_parameter_next(&text, &parameter) != 1 || parameter.value.at == NULL)
		return;
	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
		if (span_is_nocase(parameter.name, known[i].name))
			*(struct span *)(void *)((char *)challenge + known[i].at) = parameter.value;
	}
}

bool
auth_challenge_next(struct auth_challenges *challenges, struct auth_challenge *challenge)
{
	struct span element = challenges->element;
	if (element.at == NULL)
		return false;
	size_t bytes = field_token_bytes(element);
	*challenge = (struct auth_challenge){ .scheme = span_first(element, bytes) };
	element = span_trim(span_from(element, bytes));
	do {
		read_parameter(element, challenge);
		if (!field_elements_next(&challenges->elements, &element))
			element = (struct span){ NULL, 0 };
	} while (element.at != NULL && !begins_challenge(element));
	challenges->element = element;
	return true;
}

static int
strength(const struct auth_challenge *challenge, unsigned schemes)
{
	if (span_is_nocase(challenge->scheme, "Basic"))
		return schemes & AUTH_SCHEME_BASIC ? 1 : 0;
	if (!span_is_nocase(challenge->scheme, "Digest") || !(schemes & AUTH_SCHEME_DIGEST))
		return 0;
	return auth__digest_strength(challenge);
}

int
auth_choose(const struct fields *fields, const char *name, unsigned schemes,
	    struct auth_challenge *challenge)
{
	struct auth_challenges challenges = auth_challenges(fields, name);
	struct auth_challenge one;
	int best = 0;
	while (auth_challenge_next(&challenges, &one)) {
		if (strength(&one, schemes) <= best)
			continue;
		best = strength(&one, schemes);
		*challenge = one;
	}
	return best != 0 ? 0 : ERR_NOT_FOUND;
}

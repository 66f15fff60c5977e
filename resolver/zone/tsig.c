#include "resolver/zone/tsig.h"

#include <assert.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <strings.h>

#include "resolver/wire/codec.h"
#include "resolver/wire/text.h"

#define HEADER_COUNTS 4u /* where the counts of the sections begin */
#define TSIG_ERROR_NONE 0u
#define TSIG_ERROR_SIG  16u /* section 3 */
#define TSIG_ERROR_KEY  17u
#define TSIG_ERROR_TIME 18u
#define TIME_BYTES 6u

/* RFC 8945, section 6. */
static const struct {
	const char *text; /* the algorithm's name, of one label */
	const char *digest;
	size_t mac_bytes;
} algorithms[TSIG_ALGORITHMS] = {
	[TSIG_HMAC_SHA1] = { "hmac-sha1", "SHA1", 20 },       [TSIG_HMAC_SHA224] = { "hmac-sha224", "SHA224", 28 },
	[TSIG_HMAC_SHA256] = { "hmac-sha256", "SHA256", 32 }, [TSIG_HMAC_SHA384] = { "hmac-sha384", "SHA384", 48 },
	[TSIG_HMAC_SHA512] = { "hmac-sha512", "SHA512", 64 },
};

static void
algorithm_name(enum tsig_algorithm algorithm, struct name *name)
{
	(void)name_from_text(name, algorithms[algorithm].text, NULL);
}

/* ---- keys --------------------------------------------------------------------------------------------------- */

int
tsig_algorithm_from_text(enum tsig_algorithm *algorithm, const char *text)
{
	for (unsigned i = 0; i < TSIG_ALGORITHMS; i++) {
		const char *name = algorithms[i].text;
		if (strcasecmp(text, name) != 0 && strcasecmp(text, name + sizeof "hmac-" - 1) != 0)
			continue;
		*algorithm = (enum tsig_algorithm)i;
		return 0;
	}
	return ERR_UNSUPPORTED;
}

int
tsig_secret_from_text(struct tsig_key *key, const char *text)
{
	struct writer writer = writer_over(key->secret, sizeof key->secret);
	const int err = get_base64(text, strlen(text), &writer);

	key->secret_bytes = writer.pos;
	if (err != 0 || writer.err != 0)
		return err != 0 ? err : writer.err;
	return writer.pos > 0 ? 0 : ERR_MALFORMED;
}

/* ---- HMAC --------------------------------------------------------------------------------------------------- */

/* One of libcrypto's contexts, under the name by which it is lent. */
static EVP_MAC_CTX *
context_of(struct tsig_hmac *hmac)
{
	return (EVP_MAC_CTX *)(void *)hmac;
}

struct tsig_hmac *
tsig_hmac_new(void)
{
	EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	EVP_MAC_CTX *context = mac != NULL ? EVP_MAC_CTX_new(mac) : NULL;

	EVP_MAC_free(mac); /* the context holds it */
	return (struct tsig_hmac *)(void *)context;
}

void
tsig_hmac_free(struct tsig_hmac *hmac)
{
	EVP_MAC_CTX_free(context_of(hmac));
}

static bool
add(struct tsig *tsig, const void *bytes, size_t size)
{
	return EVP_MAC_update(context_of(tsig->hmac), bytes, size) == 1;
}

/* RFC 8945, sections 5.3 and 5.3.1: what is signed hangs on the message before. */
static bool
start(struct tsig *tsig)
{
	const struct tsig_key *key = tsig->key;
	char digest[16];
	const uint8_t size[2] = { 0, (uint8_t)tsig->mac_bytes };

	(void)strcpy(digest, algorithms[key->algorithm].digest); /* libcrypto's parameters are not const */
	const OSSL_PARAM params[] = { OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0), OSSL_PARAM_construct_end() };
	if (EVP_MAC_init(context_of(tsig->hmac), key->secret, key->secret_bytes, params) != 1)
		return false;
	return tsig->mac_bytes == 0 || (add(tsig, size, sizeof size) && add(tsig, tsig->mac, tsig->mac_bytes));
}

/* What of the record is signed too (section 4.3.3), or of a later message of an answer its times alone. */
struct variables {
	uint64_t time_s;
	uint16_t fudge_s, error;
	struct cursor other;
};

static bool
add_variables(struct tsig *tsig, const struct variables *variables, bool only_times)
{
	uint8_t bytes[2 * NAME_BYTES_MAX + 32];
	struct writer writer = writer_over(bytes, sizeof bytes);
	const size_t other_bytes = cursor_left(&variables->other);
	struct name algorithm;

	if (!only_times) {
		algorithm_name(tsig->key->algorithm, &algorithm);
		writer_bytes(&writer, tsig->key->name.wire, tsig->key->name.size);
		writer_u16(&writer, CLASS_ANY);
		writer_u32(&writer, 0); /* TTL */
		writer_bytes(&writer, algorithm.wire, algorithm.size);
	}
	writer_u16(&writer, (uint16_t)(variables->time_s >> 32));
	writer_u32(&writer, (uint32_t)variables->time_s);
	writer_u16(&writer, variables->fudge_s);
	if (!only_times) {
		writer_u16(&writer, variables->error);
		writer_u16(&writer, (uint16_t)other_bytes);
	}
	return add(tsig, bytes, writer.pos) &&
	       (only_times || other_bytes == 0 || add(tsig, variables->other.begin + variables->other.pos, other_bytes));
}

static bool
end(struct tsig *tsig, uint8_t mac[TSIG_MAC_BYTES_MAX])
{
	size_t size = 0;

	return EVP_MAC_final(context_of(tsig->hmac), mac, &size, TSIG_MAC_BYTES_MAX) == 1 &&
	       size == algorithms[tsig->key->algorithm].mac_bytes;
}

/* ---- signing ------------------------------------------------------------------------------------------------ */

void
tsig_begin(struct tsig *tsig, const struct tsig_key *key, struct tsig_hmac *hmac)
{
	*tsig = (struct tsig){ .key = key, .hmac = hmac };
}

/* tsig->mac_bytes 0: it is not signed. */
static void
write_record(struct writer *writer, const struct tsig *tsig, const struct name *key, const struct name *algorithm,
	     const struct variables *variables, uint16_t id)
{
	const size_t other_bytes = cursor_left(&variables->other);

	writer_bytes(writer, key->wire, key->size);
	writer_u16(writer, TYPE_TSIG);
	writer_u16(writer, CLASS_ANY);
	writer_u32(writer, 0);
	writer_u16(writer, (uint16_t)(algorithm->size + 16u + tsig->mac_bytes + other_bytes));
	writer_bytes(writer, algorithm->wire, algorithm->size);
	writer_u16(writer, (uint16_t)(variables->time_s >> 32));
	writer_u32(writer, (uint32_t)variables->time_s);
	writer_u16(writer, variables->fudge_s);
	writer_u16(writer, (uint16_t)tsig->mac_bytes);
	writer_bytes(writer, tsig->mac, tsig->mac_bytes);
	writer_u16(writer, id);
	writer_u16(writer, variables->error);
	writer_u16(writer, (uint16_t)other_bytes);
	writer_bytes(writer, variables->other.begin + variables->other.pos, other_bytes);
}

static bool
make_mac(struct tsig *tsig, const uint8_t *message, size_t size, const struct variables *variables)
{
	if (!start(tsig) || !add(tsig, message, size) || !add_variables(tsig, variables, false) || !end(tsig, tsig->mac))
		return false;
	tsig->mac_bytes = algorithms[tsig->key->algorithm].mac_bytes;
	return true;
}

/* Behind the message, under these names; its new size. */
static int
append(struct tsig *tsig, bool is_signed, const struct name *key, const struct name *algorithm, const struct variables *variables,
       uint8_t *message, size_t size, size_t bytes_max)
{
	struct writer writer = writer_over(message, bytes_max);
	struct cursor head = cursor_over(message, size);

	const uint16_t id = cursor_u16(&head);
	cursor_skip(&head, 8);
	const uint16_t additional_count = cursor_u16(&head);
	if (head.err != 0 || additional_count == UINT16_MAX)
		return ERR_MALFORMED;
	if (is_signed && !make_mac(tsig, message, size, variables))
		return ERR_UNSUPPORTED;
	if (!is_signed)
		tsig->mac_bytes = 0;
	writer.pos = size;
	write_record(&writer, tsig, key, algorithm, variables, id);
	if (writer.err != 0)
		return writer.err;
	writer_patch_u16(&writer, 10, (uint16_t)(additional_count + 1u));
	return (int)writer.pos;
}

int
tsig_sign(struct tsig *tsig, uint8_t *message, size_t size, size_t bytes_max, uint64_t now_s)
{
	const struct variables variables = { .time_s = now_s, .fudge_s = TSIG_FUDGE_S, .other = cursor_over(message, 0) };
	struct name algorithm;

	algorithm_name(tsig->key->algorithm, &algorithm);
	return append(tsig, true, &tsig->key->name, &algorithm, &variables, message, size, bytes_max);
}

/* ---- verifying ---------------------------------------------------------------------------------------------- */

/* The record at a message's end. */
struct found {
	size_t at; /* 0: there is none */
	struct name name, algorithm;
	struct variables variables;
	const uint8_t *mac;
	uint16_t mac_bytes, original_id, additional_count;
};

static void
skip_name(struct cursor *c)
{
	for (;;) {
		const uint8_t size = cursor_u8(c);
		if (size == 0 || c->err != 0)
			return;
		cursor_skip(c, size < 0xc0 ? size : 1u); /* a pointer ends the name */
		if (size >= 0xc0)
			return;
	}
}

/* The last record's place, with the cursor there; false: there is none.  A TSIG before it is an error (section 5.1). */
static bool
go_to_last(struct cursor *c, uint16_t *additional_count)
{
	cursor_skip(c, HEADER_COUNTS);
	const uint16_t question_count = cursor_u16(c);
	unsigned count = cursor_u16(c);
	count += cursor_u16(c);
	*additional_count = cursor_u16(c);
	count += *additional_count;
	for (unsigned i = 0; i < question_count && c->err == 0; i++) {
		skip_name(c);
		cursor_skip(c, 4);
	}
	for (unsigned i = 1; i < count && c->err == 0; i++) {
		skip_name(c);
		if (cursor_u16(c) == TYPE_TSIG)
			c->err = ERR_MALFORMED;
		cursor_skip(c, 6);
		cursor_skip(c, cursor_u16(c));
	}
	return count > 0;
}

static int
read_rdata(struct found *found, struct cursor *c)
{
	struct variables *variables = &found->variables;

	const int err = name_read(&found->algorithm, c);
	variables->time_s = (uint64_t)cursor_u16(c) << 32;
	variables->time_s |= cursor_u32(c);
	variables->fudge_s = cursor_u16(c);
	found->mac_bytes = cursor_u16(c);
	found->mac = cursor_bytes(c, found->mac_bytes);
	found->original_id = cursor_u16(c);
	variables->error = cursor_u16(c);
	variables->other = cursor_sub(c, cursor_u16(c));
	return err != 0 ? err : c->err;
}

/* found->at is 0 when there is none. */
static int
find(struct found *found, const uint8_t *message, size_t size)
{
	struct cursor c = cursor_over(message, size);

	found->at = 0;
	const bool has_record = go_to_last(&c, &found->additional_count);
	const size_t at = c.pos;
	if (c.err != 0 || !has_record)
		return c.err;
	const int err = name_read(&found->name, &c);
	const uint16_t type = cursor_u16(&c), class = cursor_u16(&c);
	cursor_skip(&c, 4);
	struct cursor rdata = cursor_sub(&c, cursor_u16(&c));
	if (err != 0 || c.err != 0)
		return err != 0 ? err : c.err;
	if (type != TYPE_TSIG)
		return 0;
	if (found->additional_count == 0 || class != CLASS_ANY || cursor_left(&c) != 0 || read_rdata(found, &rdata) != 0 || cursor_left(&rdata) != 0)
		return ERR_MALFORMED;
	found->at = at;
	return 0;
}

static enum tsig_verdict
without_signature(struct tsig *tsig, const uint8_t *message, size_t size)
{
	if (tsig->verified_count == 0 || tsig->unsigned_count == TSIG_UNSIGNED_MAX)
		return TSIG_MISSING;
	if (tsig->unsigned_count++ == 0 && !start(tsig))
		return TSIG_BAD_SIG;
	return add(tsig, message, size) ? TSIG_NOT_YET : TSIG_BAD_SIG;
}

/* The message as it was before it was signed: with its own id and without the record (section 4.3.2). */
static bool
add_message(struct tsig *tsig, const uint8_t *message, const struct found *found)
{
	uint8_t header[MESSAGE_HEADER_BYTES];
	struct writer writer = writer_over(header, sizeof header);

	writer_u16(&writer, found->original_id);
	writer_bytes(&writer, message + 2, 8);
	writer_u16(&writer, (uint16_t)(found->additional_count - 1u));
	return add(tsig, header, sizeof header) && add(tsig, message + sizeof header, found->at - sizeof header);
}

static bool
is_signed(struct tsig *tsig, const uint8_t *message, const struct found *found)
{
	uint8_t mac[TSIG_MAC_BYTES_MAX];

	if (found->mac_bytes != algorithms[tsig->key->algorithm].mac_bytes || (tsig->unsigned_count == 0 && !start(tsig)) ||
	    !add_message(tsig, message, found) || !add_variables(tsig, &found->variables, tsig->verified_count > 0) || !end(tsig, mac))
		return false;
	if (CRYPTO_memcmp(mac, found->mac, found->mac_bytes) != 0)
		return false;
	tsig->mac_bytes = found->mac_bytes;
	memcpy(tsig->mac, mac, found->mac_bytes);
	return true;
}

enum tsig_verdict
tsig_verify(struct tsig *tsig, const uint8_t *message, size_t size, uint64_t now_s)
{
	struct name algorithm;
	struct found found;

	if (find(&found, message, size) != 0)
		return TSIG_MALFORMED;
	if (found.at == 0)
		return without_signature(tsig, message, size);
	const struct variables *variables = &found.variables;
	tsig->error = variables->error;
	tsig->time_s = variables->time_s;
	algorithm_name(tsig->key->algorithm, &algorithm);
	if (variables->error != TSIG_ERROR_NONE && found.mac_bytes == 0)
		return TSIG_REFUSED; /* nobody vouches for that, but it helps to hear it */
	if (!name_equal(&found.name, &tsig->key->name) || !name_equal(&found.algorithm, &algorithm))
		return TSIG_BAD_KEY;
	if (!is_signed(tsig, message, &found))
		return TSIG_BAD_SIG;
	tsig->verified_count++;
	tsig->unsigned_count = 0;
	if (variables->error != TSIG_ERROR_NONE)
		return TSIG_REFUSED;
	const uint64_t apart_s = now_s > variables->time_s ? now_s - variables->time_s : variables->time_s - now_s;
	return apart_s <= variables->fudge_s ? TSIG_GOOD : TSIG_BAD_TIME;
}

static uint16_t
error_of(enum tsig_verdict verdict)
{
	assert(verdict == TSIG_BAD_KEY || verdict == TSIG_BAD_SIG || verdict == TSIG_BAD_TIME);
	return verdict == TSIG_BAD_KEY ? TSIG_ERROR_KEY : verdict == TSIG_BAD_SIG ? TSIG_ERROR_SIG : TSIG_ERROR_TIME;
}

int
tsig_refuse(struct tsig *tsig, enum tsig_verdict verdict, const uint8_t *asked, size_t asked_bytes, uint8_t *message, size_t size,
	    size_t bytes_max, uint64_t now_s)
{
	const bool is_late = verdict == TSIG_BAD_TIME;
	uint8_t time_octets[TIME_BYTES];
	struct writer other = writer_over(time_octets, sizeof time_octets);
	struct found found;

	if (find(&found, asked, asked_bytes) != 0 || found.at == 0)
		return ERR_MALFORMED;
	writer_u16(&other, (uint16_t)(now_s >> 32));
	writer_u32(&other, (uint32_t)now_s);
	/* Section 5.2.3: the time signed is the client's, or it could not verify what tells it that its clock is wrong. */
	const struct variables variables = { .time_s = found.variables.time_s, .fudge_s = found.variables.fudge_s,
					     .error = error_of(verdict), .other = cursor_over(time_octets, is_late ? TIME_BYTES : 0) };
	return append(tsig, is_late, &found.name, &found.algorithm, &variables, message, size, bytes_max);
}

bool
tsig_is_settled(const struct tsig *tsig)
{
	return tsig->verified_count > 0 && tsig->unsigned_count == 0;
}

/* 16 is BADVERS in a message (RFC 8945, section 3). */
const char *
tsig_error_text(uint16_t error)
{
	return error == 16 ? "BADSIG" : rcode_to_text(error);
}

const char *
tsig_verdict_text(enum tsig_verdict verdict)
{
	switch (verdict) {
	case TSIG_GOOD: return "is signed";
	case TSIG_NOT_YET: return "ends without a signature";
	case TSIG_MISSING: return "is not signed";
	case TSIG_BAD_KEY: return "is signed with another key or algorithm";
	case TSIG_BAD_SIG: return "has a signature that does not hold";
	case TSIG_BAD_TIME: return "was signed at another time: one of the clocks is wrong";
	case TSIG_REFUSED: return "says that our key, signature or clock is wrong";
	case TSIG_MALFORMED: break;
	}
	return "cannot be read";
}

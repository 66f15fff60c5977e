/*
 * transfer_checksum.c - the digest that the content must have (transfer_priv.h).
 *
 * What was kept of the file may be many GiB, and stands before what comes now. It is read again in pieces, with each piece
 * that comes and at the end; what comes meanwhile is read again behind it.
 */
#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "fetch/transfer_priv.h"
#include "fetch/url_percent.h"

#define READ_BYTES 65536u
#define TURN_BYTES (1u << 20) /* read again in one turn; then the others have theirs */

/* ALGORITHM:HEX, the algorithm by its name in libcrypto. */
static const struct {
	const char *word, *function;
	size_t hash_bytes;
} algorithms[] = {
	{ "sha256", "SHA256", 32 }, { "sha384", "SHA384", 48 }, { "sha512", "SHA512", 64 },
	{ "sha1", "SHA1", 20 },     { "md5", "MD5", 16 },
};

static int
refuse(struct transfer *transfer, enum failure_cause cause, const char *why)
{
	const char *given = transfer->settings->checksum;
	failure_set(&transfer->failure, cause, "%s%s%s: %s", transfer->digest_from, given != NULL ? " " : "",
		    given != NULL ? given : "", why);
	return -1;
}

static bool
read_hexadecimal(const char *text, struct digest *digest)
{
	for (size_t i = 0; i < digest->bytes; i++) {
		int high = percent_hex_value(text[2 * i]), low = percent_hex_value(text[2 * i + 1]);
		if (high < 0 || low < 0)
			return false;
		digest->octets[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

/* What the user gives: -1 if it is none. */
static int
read_given(struct transfer *transfer, struct digest *digest)
{
	const char *given = transfer->settings->checksum;
	size_t word_bytes = strcspn(given, ":"), i = 0;

	while (i < sizeof algorithms / sizeof algorithms[0] &&
	       !span_is_nocase(span_of(given, word_bytes), algorithms[i].word))
		i++;
	if (i == sizeof algorithms / sizeof algorithms[0] || given[word_bytes] != ':')
		return refuse(transfer, FAILURE_USAGE,
			      "it begins with sha256:, sha384:, sha512:, sha1: or md5:");
	*digest = (struct digest){ .function = algorithms[i].function, .bytes = algorithms[i].hash_bytes };
	if (strlen(given + word_bytes + 1) != 2 * digest->bytes)
		return refuse(transfer, FAILURE_USAGE, "the number of hexadecimal digits is wrong");
	if (!read_hexadecimal(given + word_bytes + 1, digest))
		return refuse(transfer, FAILURE_USAGE, "what follows is not hexadecimal");
	return 0;
}

/*
 * Which field of the head tells the digest of what will be in the file; NULL: none. They are of coded content; that of a
 * part alone is of no use here (Content-Digest; RFC 9530, section 2), and what standard output was given before cannot be read.
 */
static const char *
read_servers(struct transfer *transfer, uint64_t keep_bytes, struct digest *digest)
{
	static const char *const names[] = { "Repr-Digest", "Digest", "Content-Digest" };
	const struct head *head = transfer->facts.head;
	const bool is_part = head != NULL && head->status == 206;
	const size_t count = is_part ? 2 : 3;

	if (head == NULL || span_is(transfer->method, "HEAD") || (head->status != 200 && (!is_part || keep_bytes == 0)) ||
	    response_undoes_content(transfer->response) || (keep_bytes != 0 && transfer->path[0] == '\0'))
		return NULL;
	for (size_t i = 0; i < count; i++) {
		if (digest_field_read(fields_value(&head->fields, names[i]), digest))
			return names[i];
	}
	return NULL;
}

static int
hash(struct transfer *transfer, const void *octets, size_t bytes)
{
	transfer->hashed_bytes += bytes;
	return hasher_write(&transfer->hasher, octets, bytes) == 0
		       ? 0
		       : refuse(transfer, FAILURE_MEMORY, "libcrypto has no memory");
}

/* At most so many octets of what the file has and the hash has not. */
static int
catch_up(struct transfer *transfer, uint64_t bytes_max)
{
	uint8_t octets[READ_BYTES];

	while (transfer->hashed_bytes < transfer->to_hash_bytes && bytes_max != 0) {
		const bool is_kept = transfer->hashed_bytes < transfer->hash_kept_bytes;
		const uint64_t at = transfer->hashed_bytes + (is_kept ? 0 : transfer->hash_gap_bytes);
		uint64_t piece = (is_kept ? transfer->hash_kept_bytes : transfer->to_hash_bytes) - transfer->hashed_bytes;
		piece = piece < bytes_max ? piece : bytes_max;
		piece = piece < READ_BYTES ? piece : READ_BYTES;
		const ssize_t got = pread(transfer->output.descriptor, octets, (size_t)piece, (off_t)at);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return refuse(transfer, FAILURE_READ, "what was kept of the file cannot be read again");
		if (hash(transfer, octets, (size_t)got) != 0)
			return -1;
		bytes_max -= (uint64_t)got;
	}
	return 0;
}

int
transfer__catch_up_checksum(struct transfer *transfer)
{
	if (!transfer->is_hashing)
		return 0;
	if (catch_up(transfer, TURN_BYTES) != 0)
		return -1;
	return transfer->hashed_bytes < transfer->to_hash_bytes;
}

int
transfer__begin_checksum(struct transfer *transfer, uint64_t keep_bytes)
{
	const bool is_given = transfer->settings->checksum != NULL;
	if (transfer->is_hashing)
		hasher_close(&transfer->hasher);
	transfer->is_hashing = false;
	transfer->digest_from = is_given ? "--checksum" : read_servers(transfer, keep_bytes, &transfer->digest);
	if (transfer->digest_from == NULL)
		return 0;
	if (is_given && read_given(transfer, &transfer->digest) != 0)
		return -1;
	transfer->is_hashing = hasher_begin(&transfer->hasher, transfer->digest.function) == 0;
	transfer->hashed_bytes = transfer->hash_gap_bytes = 0;
	transfer->hash_kept_bytes = transfer->to_hash_bytes = keep_bytes;
	if (transfer->is_hashing)
		return keep_bytes == 0 || transfer->path[0] != '\0'
			       ? 0
			       : refuse(transfer, FAILURE_READ, "what standard output was given cannot be read again");
	return is_given ? refuse(transfer, FAILURE_CHECKSUM,
				 "libcrypto, which computes it, is not there or refuses to")
			: 0;
}

/* Before it is written. Twice as much of the file is read again, so that the hash comes nearer. */
int
transfer__add_checksum(struct transfer *transfer, struct span data)
{
	if (!transfer->is_hashing)
		return 0;
	if (catch_up(transfer, 2 * (uint64_t)data.bytes) != 0)
		return -1;
	const bool is_behind = transfer->hashed_bytes < transfer->to_hash_bytes;
	if (transfer->to_hash_bytes == transfer->hash_kept_bytes) /* a head may stand between */
		transfer->hash_gap_bytes = transfer->output.kept_bytes + transfer->output.written_bytes - transfer->hash_kept_bytes;
	transfer->to_hash_bytes += data.bytes;
	return is_behind ? 0 : hash(transfer, data.at, data.bytes);
}

int
transfer__check_checksum(struct transfer *transfer)
{
	uint8_t hash[HASHER_BYTES_MAX];
	char text[2 * HASHER_BYTES_MAX + 1] = "";
	if (!transfer->is_hashing)
		return 0;
	assert(transfer->hashed_bytes == transfer->to_hash_bytes);
	transfer->is_hashing = false;
	int bytes = hasher_end(&transfer->hasher, hash);
	if (bytes == (int)transfer->digest.bytes && memcmp(hash, transfer->digest.octets, transfer->digest.bytes) == 0) {
		transfer__tell_digest(transfer);
		return 0;
	}
	for (int i = 0; i < bytes; i++)
		snprintf(text + 2 * i, 3, "%02x", hash[i]);
	failure_set(&transfer->failure, FAILURE_CHECKSUM, "the content has another checksum than %s says: %s",
		    transfer->digest_from, text);
	return -1;
}

/* transfer_checksum.c - the digest that the content must have (transfer_priv.h). */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "fetch/transfer_priv.h"

#define READ_BYTES 65536u

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
	failure_set(&transfer->failure, cause, "--checksum %s: %s", transfer->settings->checksum,
		    why);
	return -1;
}

/* What the part file has already belongs to the content. */
static int
hash_kept(struct transfer *transfer, uint64_t keep_bytes)
{
	uint8_t octets[READ_BYTES];
	for (uint64_t at = 0; at < keep_bytes;) {
		size_t piece =
			keep_bytes - at < READ_BYTES ? (size_t)(keep_bytes - at) : READ_BYTES;
		ssize_t got = pread(transfer->output.descriptor, octets, piece, (off_t)at);
		if (got <= 0)
			return refuse(transfer, FAILURE_READ,
				      "what was kept of the file cannot be read again");
		if (hasher_write(&transfer->hasher, octets, (size_t)got) != 0)
			return refuse(transfer, FAILURE_MEMORY, "libcrypto has no memory");
		at += (uint64_t)got;
	}
	return 0;
}

int
transfer__begin_checksum(struct transfer *transfer, uint64_t keep_bytes)
{
	const char *wanted = transfer->settings->checksum;
	if (wanted == NULL)
		return 0;
	size_t word_bytes = strcspn(wanted, ":");
	size_t i = 0;
	while (i < sizeof algorithms / sizeof algorithms[0] &&
	       !span_is_nocase(span_of(wanted, word_bytes), algorithms[i].word))
		i++;
	if (i == sizeof algorithms / sizeof algorithms[0] || wanted[word_bytes] != ':')
		return refuse(transfer, FAILURE_USAGE,
			      "it begins with sha256:, sha384:, sha512:, sha1: or md5:");
	if (strlen(wanted + word_bytes + 1) != 2 * algorithms[i].hash_bytes)
		return refuse(transfer, FAILURE_USAGE, "the number of hexadecimal digits is wrong");
	if (transfer->is_hashing)
		hasher_close(&transfer->hasher);
	transfer->is_hashing = hasher_begin(&transfer->hasher, algorithms[i].function) == 0;
	if (!transfer->is_hashing)
		return refuse(transfer, FAILURE_CHECKSUM,
			      "libcrypto, which computes it, is not there or refuses to");
	return hash_kept(transfer, keep_bytes);
}

int
transfer__add_checksum(struct transfer *transfer, struct span data)
{
	if (!transfer->is_hashing || hasher_write(&transfer->hasher, data.at, data.bytes) == 0)
		return 0;
	return refuse(transfer, FAILURE_MEMORY, "libcrypto has no memory");
}

int
transfer__check_checksum(struct transfer *transfer)
{
	uint8_t hash[HASHER_BYTES_MAX];
	char text[2 * HASHER_BYTES_MAX + 1] = "";
	if (!transfer->is_hashing)
		return 0;
	transfer->is_hashing = false;
	int bytes = hasher_end(&transfer->hasher, hash);
	for (int i = 0; i < bytes; i++)
		snprintf(text + 2 * i, 3, "%02x", hash[i]);
	const char *wanted = strchr(transfer->settings->checksum, ':') + 1;
	if (bytes > 0 && span_is_nocase(span_from_text(wanted), text)) {
		transfer__tell_digest(transfer);
		return 0;
	}
	failure_set(&transfer->failure, FAILURE_CHECKSUM, "the content has another checksum: %s",
		    text);
	return -1;
}

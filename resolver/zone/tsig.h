/*
 * tsig.h - messages that two parties with a secret in common sign for each other (RFC 8945).
 *
 *     tsig_begin(tsig, key, hmac)                a request and what answers it
 *     tsig_sign(tsig, message, ..., now_s)       the request, behind which all that comes hangs together
 *     tsig_verify(tsig, message, size, now_s)    each message of the answer, in order (section 5.3.1)
 *     tsig_is_settled(tsig)                      with the last of them: it was signed
 *
 * and in the other order for who is asked.  HMAC with SHA-1 and the SHA-2 family, by libcrypto; not MD5 (RFC 6151), and no MAC
 * that is cut short.
 *
 * Ownership: key and hmac are lent; an hmac serves one transaction at a time.  tsig_hmac_new allocates, the rest does not
 *            (libcrypto itself does).
 * Units:     seconds of the wall clock, since 1970.
 * Errors:    ERR_FULL (no room behind the message), ERR_UNSUPPORTED (this libcrypto does not give the algorithm), ERR_MALFORMED;
 *            what a peer sends is an enum tsig_verdict.
 * Bounds:    TSIG_UNSIGNED_MAX messages between two that are signed, TSIG_SECRET_BYTES_MAX.
 */
#ifndef CAIRN_RESOLVER_ZONE_TSIG_H
#define CAIRN_RESOLVER_ZONE_TSIG_H

#include "resolver/wire/message.h"

#define TSIG_SECRET_BYTES_MAX 256u
#define TSIG_MAC_BYTES_MAX    64u
#define TSIG_BYTES_MAX        (NAME_BYTES_MAX + 10u + 16u + 16u + TSIG_MAC_BYTES_MAX) /* of the record, when all is well */
#define TSIG_FUDGE_S          300u /* RFC 8945, section 10 */
#define TSIG_UNSIGNED_MAX     99u  /* section 5.3.1 */

enum tsig_algorithm { TSIG_HMAC_SHA1, TSIG_HMAC_SHA224, TSIG_HMAC_SHA256, TSIG_HMAC_SHA384, TSIG_HMAC_SHA512, TSIG_ALGORITHMS };

struct tsig_key {
	struct name name; /* lower case */
	enum tsig_algorithm algorithm;
	size_t secret_bytes;
	uint8_t secret[TSIG_SECRET_BYTES_MAX];
};

/* "hmac-sha256" or "sha256"; ERR_UNSUPPORTED. */
int tsig_algorithm_from_text(enum tsig_algorithm *algorithm, const char *text);
/* The secret in base64: ERR_MALFORMED, ERR_FULL. */
int tsig_secret_from_text(struct tsig_key *key, const char *text);

struct tsig_hmac;
struct tsig_hmac *tsig_hmac_new(void); /* NULL: libcrypto gives nothing */
void tsig_hmac_free(struct tsig_hmac *hmac);

enum tsig_verdict {
	TSIG_GOOD,      /* signed, and with it all before */
	TSIG_NOT_YET,   /* not signed, as it may be between two that are */
	TSIG_MISSING,   /* not signed, and it has to be */
	TSIG_BAD_KEY,   /* by another key or algorithm */
	TSIG_BAD_SIG,
	TSIG_BAD_TIME,  /* signed too long ago, or our clock is wrong */
	TSIG_REFUSED,   /* the other party would not have ours: tsig->error */
	TSIG_MALFORMED,
};

const char *tsig_error_text(uint16_t error); /* "BADKEY" */
const char *tsig_verdict_text(enum tsig_verdict verdict);

struct tsig {
	const struct tsig_key *key;
	struct tsig_hmac *hmac;
	size_t mac_bytes; /* of the last message that was signed; 0: none was */
	uint8_t mac[TSIG_MAC_BYTES_MAX];
	unsigned verified_count, unsigned_count; /* unsigned: since that */
	uint16_t error;   /* TSIG_REFUSED: BADSIG, BADKEY, BADTIME (RFC 8945, section 3) */
	uint64_t time_s;  /* when the last message says that it was signed */
};

void tsig_begin(struct tsig *tsig, const struct tsig_key *key, struct tsig_hmac *hmac);
/* The message's new size, at most TSIG_BYTES_MAX more, or a negative ERR_*. */
int tsig_sign(struct tsig *tsig, uint8_t *message, size_t size, size_t bytes_max, uint64_t now_s);
enum tsig_verdict tsig_verify(struct tsig *tsig, const uint8_t *message, size_t size, uint64_t now_s);
/*
 * For the answer, which says NOTAUTH, to a message of which tsig_verify has said TSIG_BAD_KEY (tsig->key may be NULL then),
 * TSIG_BAD_SIG or TSIG_BAD_TIME: the record with the error, signed and with our time for the last of them alone (RFC 8945,
 * sections 5.2 and 5.3.2).  The message's new size; ERR_MALFORMED also when `asked` has no such record.
 */
int tsig_refuse(struct tsig *tsig, enum tsig_verdict verdict, const uint8_t *asked, size_t asked_bytes, uint8_t *message,
                size_t size, size_t bytes_max, uint64_t now_s);
bool tsig_is_settled(const struct tsig *tsig);

#endif

#include "resolver/policy/cookie.h"

#include "stack/base/cursor.h"
#include "stack/base/hash.h"

#define VERSION      1u
#define HASHED_BYTES (COOKIE_CLIENT_BYTES + 8u) /* in front of the hash */

static uint64_t
little_endian(const uint8_t *octets)
{
	uint64_t value = 0;
	for (unsigned i = 0; i < 8; i++)
		value |= (uint64_t)octets[i] << 8 * i;
	return value;
}

/* Writes the last eight octets of a cookie whose others are there. */
static void
seal(uint8_t cookie[COOKIE_BYTES], const struct cookie_secret *secret, const struct ip_addr *client)
{
	const struct hash_key key = { little_endian(secret->octets),
				      little_endian(secret->octets + 8) };
	const size_t addr_size = addr_bytes(client);
	uint8_t hashed[HASHED_BYTES + 16];

	memcpy(hashed, cookie, HASHED_BYTES);
	memcpy(hashed + HASHED_BYTES, client->octets, addr_size);
	const uint64_t hash = hash_bytes_24(&key, hashed, HASHED_BYTES + addr_size);
	for (unsigned i = 0; i < 8; i++)
		cookie[HASHED_BYTES + i] = (uint8_t)(hash >> 8 * i);
}

static uint32_t
timestamp_of(const uint8_t cookie[COOKIE_BYTES])
{
	const uint8_t *at = cookie + COOKIE_CLIENT_BYTES + 4;
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static void
make(uint8_t cookie[COOKIE_BYTES], const struct cookie_secret *secret, const struct ip_addr *client,
     const uint8_t *client_cookie, uint32_t timestamp_s)
{
	struct writer writer = writer_over(cookie, COOKIE_BYTES);
	writer_bytes(&writer, client_cookie, COOKIE_CLIENT_BYTES);
	writer_u32(&writer, (uint32_t)VERSION << 24);
	writer_u32(&writer, timestamp_s);
	seal(cookie, secret, client);
}

/* Not ended at the first octet that differs: how long it takes must not tell how much was right. */
static bool
is_equal(const uint8_t *a, const uint8_t *b, size_t size)
{
	uint8_t difference = 0;
	for (size_t i = 0; i < size; i++)
		difference |= a[i] ^ b[i];
	return difference == 0;
}

/* Within its time; *age_s is negative for one of the near future. */
static bool
is_in_time(uint32_t timestamp_s, uint32_t now_s, int32_t *age_s)
{
	*age_s = (int32_t)(now_s - timestamp_s);
	return *age_s <= (int32_t)COOKIE_LIFE_S && *age_s >= -(int32_t)COOKIE_EARLY_S;
}

enum cookie_state
cookie_judge(const struct cookie_secret *secret, const struct ip_addr *client, const uint8_t *value,
	     size_t value_bytes, uint32_t now_s, uint8_t answer[COOKIE_BYTES])
{
	uint8_t ours[COOKIE_BYTES];
	int32_t age_s;

	if (value_bytes != COOKIE_CLIENT_BYTES &&
	    (value_bytes < COOKIE_CLIENT_BYTES + COOKIE_SERVER_BYTES_MIN ||
	     value_bytes > COOKIE_CLIENT_BYTES + COOKIE_SERVER_BYTES_MAX))
		return COOKIE_MALFORMED;
	make(answer, secret, client, value, now_s);
	if (value_bytes == COOKIE_CLIENT_BYTES)
		return COOKIE_NEW;
	if (value_bytes != COOKIE_BYTES || !is_in_time(timestamp_of(value), now_s, &age_s))
		return COOKIE_BAD;
	memcpy(ours, value,
	       HASHED_BYTES); /* what is reserved counts as it came (RFC 9018, section 4.2) */
	seal(ours, secret, client);
	if (value[COOKIE_CLIENT_BYTES] != VERSION || !is_equal(ours, value, COOKIE_BYTES))
		return COOKIE_BAD;
	if (age_s <= (int32_t)COOKIE_RENEW_S && age_s >= 0)
		memcpy(answer, value, COOKIE_BYTES);
	return COOKIE_GOOD;
}

#include "stack/tcp_secret.h"

#include <assert.h>
#include <string.h>

#include "stack/base/cursor.h"
#include "stack/base/rng.h"
#include "stack/tcp_wire.h"

#define TUPLE_BYTES 37u /* a family, two addresses, two ports */
#define EXTRA_BYTES 12u

/* ---- hashing --------------------------------------------------------------------------------- */

static void
write_addresses(struct writer *w, const struct ip_addr *local, const struct ip_addr *remote)
{
	writer_u8(w, local->family);
	writer_bytes(w, local->octets, sizeof local->octets);
	writer_bytes(w, remote->octets, sizeof remote->octets);
}

static void
write_tuple(struct writer *w, const struct tcp_tuple *tuple)
{
	write_addresses(w, &tuple->local, &tuple->remote);
	writer_u16(w, tuple->local_port);
	writer_u16(w, tuple->remote_port);
}

static uint64_t
hash_written(const struct hash_key *key, const struct writer *w)
{
	assert(w->err == 0);
	return hash_bytes_24(key, w->begin, w->pos);
}

void
tcp_secret_draw(struct tcp_secret *secret, struct rng *rng)
{
	*secret = (struct tcp_secret){
		.isn = hash_key_draw(rng),
		.cookie = hash_key_draw(rng),
		.timestamp = hash_key_draw(rng),
		.port = hash_key_draw(rng),
	};
	for (unsigned i = 0; i < TCP_PORT_CLASSES; i++)
		secret->port_counter[i] = rng_u32(rng);
}

/* ---- sequence numbers, timestamps, ports ----------------------------------------------------- */

uint32_t
tcp_isn(const struct tcp_secret *secret, const struct tcp_tuple *tuple, uint64_t now_us)
{
	uint8_t bytes[TUPLE_BYTES];
	struct writer w = writer_over(bytes, sizeof bytes);

	write_tuple(&w, tuple);
	return (uint32_t)(now_us / 4) + (uint32_t)hash_written(&secret->isn, &w);
}

uint32_t
tcp_timestamp_offset(const struct tcp_secret *secret, const struct tcp_tuple *tuple)
{
	uint8_t bytes[TUPLE_BYTES];
	struct writer w = writer_over(bytes, sizeof bytes);

	write_addresses(&w, &tuple->local, &tuple->remote);
	return (uint32_t)hash_written(&secret->timestamp, &w);
}

uint32_t
tcp_port_start(struct tcp_secret *secret, const struct ip_addr *local, const struct ip_addr *remote,
	       uint16_t remote_port, uint32_t port_count, struct rng *rng)
{
	uint8_t bytes[TUPLE_BYTES];
	struct writer w = writer_over(bytes, sizeof bytes);

	assert(port_count != 0);
	write_addresses(&w, local, remote);
	writer_u16(&w, remote_port);
	const uint64_t hash = hash_written(&secret->port, &w);
	uint32_t *counter = &secret->port_counter[(hash >> 32) % TCP_PORT_CLASSES];
	*counter += 1 + rng_below(rng, TCP_PORT_INCREMENT_MAX);
	return ((uint32_t)hash + *counter) % port_count;
}

/* ---- SYN cookies ----------------------------------------------------------------------------- */

/*
 *   31 30    28 27                                    0
 *  +--+--------+---------------------------------------+
 *  |c | MSS    | 28 bits of the hash                   |
 *  +--+--------+---------------------------------------+
 */
#define COUNTER_SHIFT 31u
#define MSS_SHIFT     28u
#define HASH_MASK     0x0fffffffu

/* The smallest that may be, RFC 9293's defaults, and what common MTUs of both families give. */
static const uint16_t mss_table[8] = {
	TCP_COOKIE_MSS_MIN, 536, 1220, 1360, 1400, 1440, 1460, 8940
};

static uint32_t
mss_index(uint16_t mss)
{
	uint32_t index = 0;

	while (index + 1 < 8 && mss_table[index + 1] <= mss)
		index++;
	return index;
}

static uint32_t
cookie_of(const struct tcp_secret *secret, const struct tcp_tuple *tuple, uint32_t peer_isn,
	  uint32_t counter, uint32_t index)
{
	uint8_t bytes[TUPLE_BYTES + EXTRA_BYTES];
	struct writer w = writer_over(bytes, sizeof bytes);

	write_tuple(&w, tuple);
	writer_u32(&w, peer_isn);
	writer_u32(&w, counter);
	writer_u32(&w, index);
	return counter << COUNTER_SHIFT | index << MSS_SHIFT |
	       ((uint32_t)hash_written(&secret->cookie, &w) & HASH_MASK);
}

uint32_t
tcp_cookie_make(const struct tcp_secret *secret, const struct tcp_tuple *tuple, uint32_t peer_isn,
		const struct tcp_cookie_facts *facts, uint64_t now_us)
{
	const uint32_t counter = (uint32_t)(now_us / TCP_COOKIE_PERIOD_US);
	return cookie_of(secret, tuple, peer_isn, counter, mss_index(facts->mss));
}

/* Low bits of a timestamp: the window scale, or NO_WSCALE; SACK; ECN. */
#define FACT_NO_WSCALE 0x0fu
#define FACT_SACK      0x10u
#define FACT_ECN       0x20u
#define FACTS_MASK     0x3fu

static_assert(TCP_WSCALE_MAX < FACT_NO_WSCALE, "every window scale can be told from none");

uint32_t
tcp_cookie_timestamp(uint32_t ts, const struct tcp_cookie_facts *facts)
{
	const uint32_t low = (facts->has_wscale ? facts->wscale : FACT_NO_WSCALE) |
			     (facts->sack_permitted ? FACT_SACK : 0) | (facts->ecn ? FACT_ECN : 0);
	const uint32_t with_facts = (ts & ~FACTS_MASK) | low;

	assert(facts->wscale <= TCP_WSCALE_MAX);
	return low <= (ts & FACTS_MASK) ? with_facts : with_facts - (FACTS_MASK + 1);
}

static void
read_facts(struct tcp_cookie_facts *facts, uint32_t ts_ecr)
{
	const uint32_t wscale = ts_ecr & FACT_NO_WSCALE;

	facts->has_wscale = facts->has_timestamps && wscale != FACT_NO_WSCALE;
	facts->wscale = facts->has_wscale ? (uint8_t)wscale : 0;
	facts->sack_permitted = facts->has_timestamps && (ts_ecr & FACT_SACK) != 0;
	facts->ecn = facts->has_timestamps && (ts_ecr & FACT_ECN) != 0;
}

bool
tcp_cookie_check(const struct tcp_secret *secret, const struct tcp_tuple *tuple, uint32_t peer_isn,
		 uint32_t cookie, uint32_t ts_ecr, struct tcp_cookie_facts *facts, uint64_t now_us)
{
	const uint32_t index = cookie >> MSS_SHIFT & 7;
	uint32_t counter = (uint32_t)(now_us / TCP_COOKIE_PERIOD_US);

	if ((counter & 1) != cookie >> COUNTER_SHIFT)
		counter--; /* the previous period's, if it is one at all */
	if (cookie != cookie_of(secret, tuple, peer_isn, counter, index))
		return false;
	facts->mss = mss_table[index];
	read_facts(facts, ts_ecr);
	return true;
}

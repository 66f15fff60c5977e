#include "resolver/iterate/flight.h"

#include <assert.h>

#include "stack/base/rng.h"

/* One that never answered is suspect once it has been silent. */
uint32_t
flight_hedge_us(const struct infra_server *infra, bool in_trouble)
{
	if (infra->srtt_us == 0)
		return in_trouble || infra->timeouts > 0 ? FLIGHT_HEDGE_UNKNOWN_US
							 : INFRA_RTO_FIRST_US;
	uint64_t usual_us = (uint64_t)infra->srtt_us * FLIGHT_HEDGE_PERMIL / 1000;
	uint64_t rare_us = (uint64_t)infra->srtt_us + FLIGHT_HEDGE_VARS * infra->rttvar_us;
	uint64_t wait_us = in_trouble || usual_us > rare_us ? usual_us : rare_us;
	if (wait_us < INFRA_RTO_MIN_US)
		return INFRA_RTO_MIN_US;
	return wait_us < INFRA_RTO_MAX_US ? (uint32_t)wait_us : INFRA_RTO_MAX_US;
}

void
flight_mix_case(struct name *name, struct rng *rng)
{
	uint64_t bits = 0;
	unsigned left = 0;
	for (unsigned i = 0; i < name->size; i++) {
		uint8_t octet = name->wire[i] | 0x20;
		if (octet < 'a' || octet > 'z')
			continue; /* a label's length is at most 63, below the letters */
		if (left == 0) {
			bits = rng_u64(rng);
			left = 64;
		}
		left--;
		name->wire[i] = (uint8_t)(octet ^ ((bits & 1) << 5));
		bits >>= 1;
	}
}

size_t
flight_write(const struct flight *query, uint16_t edns_udp_bytes, uint8_t *bytes)
{
	struct writer writer = writer_over(bytes, FLIGHT_BYTES_MAX);

	writer_u16(&writer, query->id);
	writer_u16(&writer, query->recursion ? DNS_RD : 0);
	writer_u16(&writer, 1);
	writer_u16(&writer, 0);
	writer_u16(&writer, 0);
	writer_u16(&writer, query->edns ? 1 : 0);
	writer_bytes(&writer, query->qname.wire, query->qname.size);
	writer_u16(&writer, query->qtype);
	writer_u16(&writer, CLASS_IN);
	if (query->edns) { /* RFC 6891, section 6.1.2; RFC 3225 */
		writer_u8(&writer, 0);
		writer_u16(&writer, TYPE_OPT);
		writer_u16(&writer, edns_udp_bytes);
		writer_u32(&writer, 0x8000u); /* extended rcode 0, version 0, DO */
		writer_u16(&writer, 0);
	}
	assert(writer.err == 0);
	return writer.pos;
}

static uint16_t
u16_at(const uint8_t *bytes, size_t at)
{
	return (uint16_t)(bytes[at] << 8 | bytes[at + 1]);
}

/* Servers without EDNS may answer FORMERR or NOTIMP with nothing but a header (RFC 6891, section 7). */
static enum match
match_bare(uint16_t flags)
{
	unsigned rcode = flags & 0xfu;
	return rcode == RCODE_FORMERR || rcode == RCODE_NOTIMP ? MATCH_YES : MATCH_NO;
}

enum match
flight_match(const struct flight *query, const uint8_t *bytes, size_t size)
{
	const struct name *qname = &query->qname;
	if (size < MESSAGE_HEADER_BYTES || u16_at(bytes, 0) != query->id)
		return MATCH_NO;
	uint16_t flags = u16_at(bytes, 2);
	uint16_t question_count = u16_at(bytes, 4);
	if ((flags & DNS_QR) == 0 || DNS_OPCODE(flags) != OPCODE_QUERY || question_count > 1)
		return MATCH_NO;
	if (question_count == 0)
		return match_bare(flags);

	size_t type_at = MESSAGE_HEADER_BYTES + qname->size;
	if (size < type_at + 4 || u16_at(bytes, type_at) != query->qtype ||
	    u16_at(bytes, type_at + 2) != CLASS_IN)
		return MATCH_NO;
	if (memcmp(bytes + MESSAGE_HEADER_BYTES, qname->wire, qname->size) == 0)
		return MATCH_YES;
	struct name echoed;
	if (name_from_wire(&echoed, bytes + MESSAGE_HEADER_BYTES, qname->size) != 0 ||
	    !name_equal(&echoed, qname))
		return MATCH_NO;
	return query->caps ? MATCH_CASE : MATCH_YES;
}

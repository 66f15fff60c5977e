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

/* RFC 6891, section 6.1.2; RFC 3225; RFC 7873, section 4; RFC 7828, section 3.2.1. */
static void
write_opt(struct writer *writer, const struct flight *query, const struct flight_edns *edns)
{
	writer_u8(writer, 0);
	writer_u16(writer, TYPE_OPT);
	writer_u16(writer, edns->udp_bytes);
	writer_u32(writer, edns->no_dnssec ? 0 : 0x8000u); /* extended rcode 0, version 0, DO */
	const size_t length_at = writer->pos;
	writer_u16(writer, 0);
	if (query->cookie_bytes > 0) {
		writer_u16(writer, EDNS_COOKIE);
		writer_u16(writer, query->cookie_bytes);
		writer_bytes(writer, query->cookie, query->cookie_bytes);
	}
	if (query->tcp) {
		writer_u16(writer, EDNS_KEEPALIVE);
		writer_u16(writer, 0);
	}
	if (edns->string != NULL) {
		writer_u16(writer, edns->string_option);
		writer_u16(writer, edns->string->size);
		writer_bytes(writer, edns->string->octets, edns->string->size);
	}
	const size_t options_bytes = writer->pos - length_at - 2;
	writer->begin[length_at] = (uint8_t)(options_bytes >> 8);
	writer->begin[length_at + 1] = (uint8_t)options_bytes;
}

size_t
flight_write(const struct flight *query, const struct flight_edns *edns, uint8_t *bytes)
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
	if (query->edns)
		write_opt(&writer, query, edns);
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
	return rcode == RCODE_FORMERR || rcode == RCODE_NOTIMP ? MATCH_YES : MATCH_OTHER;
}

enum match
flight_match(const struct flight *query, const uint8_t *bytes, size_t size)
{
	const struct name *qname = &query->qname;
	if (size < MESSAGE_HEADER_BYTES || u16_at(bytes, 0) != query->id)
		return MATCH_NO;
	uint16_t flags = u16_at(bytes, 2);
	uint16_t question_count = u16_at(bytes, 4);
	if ((flags & DNS_QR) == 0 || DNS_OPCODE(flags) != OPCODE_QUERY)
		return MATCH_NO;
	if (question_count > 1)
		return MATCH_OTHER;
	if (question_count == 0)
		return match_bare(flags);

	size_t type_at = MESSAGE_HEADER_BYTES + qname->size;
	if (size < type_at + 4 || u16_at(bytes, type_at) != query->qtype ||
	    u16_at(bytes, type_at + 2) != CLASS_IN)
		return MATCH_OTHER;
	if (memcmp(bytes + MESSAGE_HEADER_BYTES, qname->wire, qname->size) == 0)
		return MATCH_YES;
	struct name echoed;
	if (name_from_wire(&echoed, bytes + MESSAGE_HEADER_BYTES, qname->size) != 0 ||
	    !name_equal(&echoed, qname))
		return MATCH_OTHER;
	return query->caps ? MATCH_CASE : MATCH_YES;
}

static unsigned
count_letters(const struct name *name)
{
	unsigned count = 0;

	for (unsigned i = 0; i < name->size; i++)
		count += (name->wire[i] | 0x20) >= 'a' && (name->wire[i] | 0x20) <= 'z'; /* a label's length is below them */
	return count;
}

bool
flight_is_vouched(const struct flight *query)
{
	return query->tcp || query->cookie_came || (query->caps && count_letters(&query->qname) >= FLIGHT_LETTERS_MIN);
}

enum flight_cookie
flight_judge_cookie(const struct flight *query, const struct edns *edns, const uint8_t **server_cookie,
		    size_t *server_cookie_bytes)
{
	const uint8_t *value;
	uint16_t value_bytes;

	if (query->cookie_bytes == 0)
		return FLIGHT_COOKIE_NONE; /* nothing was asked for, so nothing is looked at */
	if (!edns->present || !edns_find(edns, EDNS_COOKIE, &value, &value_bytes))
		return query->cookie_bytes > INFRA_COOKIE_CLIENT_BYTES ? FLIGHT_COOKIE_MISSING : FLIGHT_COOKIE_NONE;
	if (value_bytes < INFRA_COOKIE_CLIENT_BYTES + INFRA_COOKIE_SERVER_BYTES_MIN || value_bytes > FLIGHT_COOKIE_BYTES ||
	    memcmp(value, query->cookie, INFRA_COOKIE_CLIENT_BYTES) != 0)
		return FLIGHT_COOKIE_WRONG;
	*server_cookie = value + INFRA_COOKIE_CLIENT_BYTES;
	*server_cookie_bytes = value_bytes - INFRA_COOKIE_CLIENT_BYTES;
	return FLIGHT_COOKIE_RIGHT;
}

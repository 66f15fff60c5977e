#include "tests/packetdrill/runner/wire.h"

#include <string.h>

#include "stack/base/cursor.h"

#define PROTOCOL_ICMP   1u
#define PROTOCOL_TCP    6u
#define PROTOCOL_UDP    17u
#define PROTOCOL_ICMPV6 58u
#define FLAG_ACK        0x10u
#define HOP_LIMIT       255u /* of what packetdrill injects */
#define QUOTED_BYTES    8u   /* of the transport header (RFC 792) */

/* ---- checksums --------------------------------------------------------------------------------- */

static uint32_t
sum_octets(const uint8_t *bytes, size_t size, uint32_t sum)
{
	for (size_t i = 0; i + 1 < size; i += 2)
		sum += (uint32_t)(bytes[i] << 8 | bytes[i + 1]);
	if (size % 2 != 0)
		sum += (uint32_t)bytes[size - 1] << 8;
	return sum;
}

static uint16_t
fold(uint32_t sum)
{
	while (sum >> 16 != 0)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

/* Source, destination, length and protocol (RFC 9293, section 3.1; RFC 8200, section 8.1). */
static uint32_t
sum_pseudo(const struct wire_ends *ends, uint8_t protocol, size_t size)
{
	uint32_t sum = sum_octets(ends->source.octets, addr_bytes(&ends->source), 0);

	sum = sum_octets(ends->destination.octets, addr_bytes(&ends->destination), sum);
	return sum + protocol + (uint32_t)(size >> 16) + (uint32_t)(size & 0xffff);
}

static void
put_checksum(uint8_t *bytes, size_t at, uint16_t sum)
{
	const uint16_t checksum = (uint16_t)~sum;

	bytes[at] = (uint8_t)(checksum >> 8);
	bytes[at + 1] = (uint8_t)checksum;
}

/* ---- writing ----------------------------------------------------------------------------------- */

static size_t
ip_header_bytes(const struct ip_addr *addr)
{
	return addr->family == ADDR_IPV4 ? 20 : 40;
}

static void
write_ip(uint8_t *out, const struct wire_ends *ends, const struct packet_spec *packet,
	 uint8_t protocol, size_t payload_bytes)
{
	const uint8_t ttl = packet->ttl != 0 ? packet->ttl : HOP_LIMIT;
	struct writer w = writer_over(out, 40);

	if (ends->source.family == ADDR_IPV4) {
		writer_u8(&w, 0x45);
		writer_u8(&w, packet->tos);
		writer_u16(&w, (uint16_t)(20 + payload_bytes));
		writer_u32(&w, 0); /* identification, no fragment */
		writer_u8(&w, ttl);
		writer_u8(&w, protocol);
		writer_u16(&w, 0);
		writer_bytes(&w, ends->source.octets, 4);
		writer_bytes(&w, ends->destination.octets, 4);
		put_checksum(out, 10, fold(sum_octets(out, 20, 0)));
		return;
	}
	writer_u32(&w, 6u << 28 | (uint32_t)packet->tos << 20);
	writer_u16(&w, (uint16_t)payload_bytes);
	writer_u8(&w, protocol);
	writer_u8(&w, ttl);
	writer_bytes(&w, ends->source.octets, 16);
	writer_bytes(&w, ends->destination.octets, 16);
}

/* magic 0: none. */
static void
write_cookie(struct writer *w, const struct option *option, uint16_t magic)
{
	writer_u8(w, (uint8_t)((magic != 0 ? 4u : 2u) + option->value_count));
	if (magic != 0)
		writer_u16(w, magic);
	for (size_t i = 0; i < option->value_count; i++)
		writer_u8(w, (uint8_t)option->values[i]);
}

static void
write_option(struct writer *w, const struct option *option)
{
	writer_u8(w, (uint8_t)option->kind);
	switch (option->kind) {
	case OPTION_EOL:
	case OPTION_NOP: return;
	case OPTION_MSS:
		writer_u8(w, 4);
		writer_u16(w, (uint16_t)option->values[0]);
		return;
	case OPTION_WSCALE:
		writer_u8(w, 3);
		writer_u8(w, (uint8_t)option->values[0]);
		return;
	case OPTION_SACK_PERMITTED: writer_u8(w, 2); return;
	case OPTION_FAST_OPEN: write_cookie(w, option, 0); return;
	case OPTION_EXPERIMENT: write_cookie(w, option, FAST_OPEN_MAGIC); return;
	case OPTION_SACK:
	case OPTION_TIMESTAMPS: break;
	}
	writer_u8(w, (uint8_t)(2 + 4 * option->value_count));
	for (size_t i = 0; i < option->value_count; i++)
		writer_u32(w, option->values[i]);
}

/* Header and options; returns its size. */
static size_t
write_tcp(uint8_t *out, const struct packet_spec *packet, const struct wire_ends *ends)
{
	struct writer w = writer_over(out, 60);

	writer_u16(&w, ends->source_port);
	writer_u16(&w, ends->destination_port);
	writer_u32(&w, packet->seq);
	writer_u32(&w, packet->has_ack ? packet->ack : 0);
	writer_u8(&w, 0); /* the header's length, below */
	writer_u8(&w, (uint8_t)packet->flags);
	writer_u16(&w, packet->window < 0 ? 0 : (uint16_t)packet->window);
	writer_u16(&w, 0); /* the checksum, below */
	writer_u16(&w, packet->urgent);
	for (size_t i = 0; i < packet->option_count; i++)
		write_option(&w, &packet->options[i]);
	while (w.err == 0 && w.pos % 4 != 0)
		writer_u8(&w, OPTION_EOL);
	out[12] = (uint8_t)(w.pos / 4 << 4 | packet->flags >> 8);
	return w.pos;
}

static size_t
write_udp(uint8_t *out, const struct packet_spec *packet, const struct wire_ends *ends)
{
	struct writer w = writer_over(out, 8);

	writer_u16(&w, ends->source_port);
	writer_u16(&w, ends->destination_port);
	writer_u16(&w, (uint16_t)(8 + packet->payload_bytes));
	writer_u16(&w, 0);
	return w.pos;
}

static const struct icmp_name {
	const char *type, *code;
	uint8_t type4, code4, type6, code6; /* UINT8_MAX: the family has none */
} icmp_names[] = {
	{ "unreachable", "net_unreachable", 3, 0, 1, 0 },
	{ "unreachable", "no_route", UINT8_MAX, 0, 1, 0 },
	{ "unreachable", "host_unreachable", 3, 1, 1, 3 },
	{ "unreachable", "addr_unreachable", UINT8_MAX, 0, 1, 3 },
	{ "unreachable", "protocol_unreachable", 3, 2, UINT8_MAX, 0 },
	{ "unreachable", "port_unreachable", 3, 3, 1, 4 },
	{ "unreachable", "frag_needed", 3, 4, UINT8_MAX, 0 },
	{ "unreachable", "source_route_failed", 3, 5, UINT8_MAX, 0 },
	{ "unreachable", "admin_prohibited", 3, 13, 1, 1 },
	{ "unreachable", "packet_filtered", 3, 13, 1, 1 },
	{ "packet_too_big", NULL, UINT8_MAX, 0, 2, 0 },
	{ "time_exceeded", "ttl", 11, 0, 3, 0 },
	{ "time_exceeded", NULL, 11, 0, 3, 0 },
	{ "source_quench", NULL, 4, 0, UINT8_MAX, 0 },
	{ "parameter_problem", NULL, 12, 0, 4, 0 },
	{ "echo_request", NULL, 8, 0, 128, 0 },
	{ "echo_reply", NULL, 0, 0, 129, 0 },
};

static bool
is_name(const struct icmp_name *name, const struct packet_spec *packet)
{
	return strcmp(name->type, packet->icmp_type) == 0 &&
	       (name->code == NULL) == (packet->icmp_code == NULL) &&
	       (name->code == NULL || strcmp(name->code, packet->icmp_code) == 0);
}

/* False: there is no such message in this family. */
static bool
icmp_numbers(const struct packet_spec *packet, bool is_v4, uint8_t *type, uint8_t *code)
{
	for (size_t i = 0; i < sizeof icmp_names / sizeof icmp_names[0]; i++) {
		if (!is_name(&icmp_names[i], packet))
			continue;
		*type = is_v4 ? icmp_names[i].type4 : icmp_names[i].type6;
		*code = is_v4 ? icmp_names[i].code4 : icmp_names[i].code6;
		return *type != UINT8_MAX;
	}
	return false;
}

/* Type, code and the four octets behind the checksum; 0: no such message. */
static size_t
write_icmp(uint8_t *out, const struct packet_spec *packet, bool is_v4)
{
	struct writer w = writer_over(out, 8);
	uint8_t type, code;

	if (!icmp_numbers(packet, is_v4, &type, &code))
		return 0;
	writer_u8(&w, type);
	writer_u8(&w, code);
	writer_u16(&w, 0);
	writer_u32(&w, packet->icmp_mtu != 0 ? packet->icmp_mtu : (uint32_t)packet->icmp_id << 16);
	return w.pos;
}

/* IP header in front, checksum of what is behind it; returns the whole packet's size. */
static size_t
finish(uint8_t *out, const struct packet_spec *packet, const struct wire_ends *ends,
       uint8_t protocol, size_t checksum_at, size_t size)
{
	const size_t header_bytes = ip_header_bytes(&ends->source);
	uint32_t sum = protocol == PROTOCOL_ICMP ? 0 : sum_pseudo(ends, protocol, size);

	write_ip(out, ends, packet, protocol, size);
	sum = sum_octets(out + header_bytes, size, sum);
	put_checksum(out + header_bytes, checksum_at, fold(sum));
	return header_bytes + size;
}

size_t
wire_write(const struct packet_spec *packet, const struct wire_ends *ends, uint8_t *out)
{
	const bool is_v4 = ends->source.family == ADDR_IPV4;
	uint8_t *transport = out + ip_header_bytes(&ends->source);
	size_t size = 0;

	switch (packet->kind) {
	case PACKET_TCP: size = write_tcp(transport, packet, ends); break;
	case PACKET_UDP: size = write_udp(transport, packet, ends); break;
	case PACKET_ICMP: size = write_icmp(transport, packet, is_v4); break;
	}
	if (size == 0)
		return 0;
	memset(transport + size, 0, packet->payload_bytes);
	size += packet->payload_bytes;
	switch (packet->kind) {
	case PACKET_TCP: return finish(out, packet, ends, PROTOCOL_TCP, 16, size);
	case PACKET_UDP: return finish(out, packet, ends, PROTOCOL_UDP, 6, size);
	case PACKET_ICMP:
		return finish(out, packet, ends, is_v4 ? PROTOCOL_ICMP : PROTOCOL_ICMPV6, 2, size);
	}
	return 0;
}

size_t
wire_write_icmp_error(const struct packet_spec *packet, const struct wire_ends *ends,
		      const struct wire_ends *quoted, uint8_t *out)
{
	const bool is_v4 = ends->source.family == ADDR_IPV4;
	const size_t header_bytes = ip_header_bytes(&ends->source);
	uint8_t *transport = out + header_bytes, *quote = transport + 8;
	const struct packet_spec echoed = { .kind = packet->echoed_kind,
					    .seq = packet->echoed_seq,
					    .payload_bytes = packet->echoed_bytes };
	uint8_t header[60];

	if (write_icmp(transport, packet, is_v4) == 0)
		return 0;
	const bool is_tcp = packet->echoed_kind == PACKET_TCP;
	const size_t bytes =
		is_tcp ? write_tcp(header, &echoed, quoted) : write_udp(header, &echoed, quoted);
	write_ip(quote, quoted, &echoed, is_tcp ? PROTOCOL_TCP : PROTOCOL_UDP,
		 bytes + packet->echoed_bytes);
	memcpy(quote + header_bytes, header, QUOTED_BYTES);
	return finish(out, packet, ends, is_v4 ? PROTOCOL_ICMP : PROTOCOL_ICMPV6, 2,
		      8 + header_bytes + QUOTED_BYTES);
}

/* ---- reading ----------------------------------------------------------------------------------- */

static bool
read_ip4(struct cursor *c, size_t size, struct packet_spec *packet, struct wire_ends *ends,
	 uint8_t *protocol, const char **reason)
{
	const uint8_t *begin = c->begin;
	uint8_t octets[4];

	*reason = "an IPv4 header of a strange length";
	if (cursor_u8(c) != 0x45)
		return false;
	packet->tos = cursor_u8(c);
	*reason = "the IPv4 header's length is not the packet's";
	if (cursor_u16(c) != size)
		return false;
	cursor_skip(c, 2);
	*reason = "a fragment";
	if ((cursor_u16(c) & 0x3fff) != 0)
		return false;
	packet->ttl = cursor_u8(c);
	*protocol = cursor_u8(c);
	cursor_skip(c, 2);
	cursor_copy(c, octets, sizeof octets);
	ends->source = addr_ipv4(octets);
	cursor_copy(c, octets, sizeof octets);
	ends->destination = addr_ipv4(octets);
	*reason = "the IPv4 header's checksum is wrong";
	return c->err == 0 && fold(sum_octets(begin, 20, 0)) == 0xffff;
}

static bool
read_ip6(struct cursor *c, size_t size, struct packet_spec *packet, struct wire_ends *ends,
	 uint8_t *protocol, const char **reason)
{
	uint8_t octets[16];

	packet->tos = (uint8_t)(cursor_u32(c) >> 20);
	*reason = "the IPv6 header's length is not the packet's";
	if (cursor_u16(c) + 40u != size)
		return false;
	*protocol = cursor_u8(c);
	packet->ttl = cursor_u8(c);
	cursor_copy(c, octets, sizeof octets);
	ends->source = addr_ipv6(octets);
	cursor_copy(c, octets, sizeof octets);
	ends->destination = addr_ipv6(octets);
	return c->err == 0;
}

static bool
read_option(struct cursor *c, struct option *option)
{
	const uint8_t kind = cursor_u8(c);

	*option = (struct option){ .kind = (enum option_kind)kind };
	if (kind == OPTION_EOL || kind == OPTION_NOP)
		return c->err == 0;
	const uint8_t size = cursor_u8(c);
	if (c->err != 0 || size < 2)
		return false;
	switch (option->kind) {
	case OPTION_MSS: option->values[option->value_count++] = cursor_u16(c); return size == 4;
	case OPTION_WSCALE: option->values[option->value_count++] = cursor_u8(c); return size == 3;
	case OPTION_SACK_PERMITTED: return size == 2;
	case OPTION_SACK:
	case OPTION_TIMESTAMPS:
		if ((size - 2) % 4 != 0 || (size - 2) / 4 > 8)
			return false;
		for (unsigned i = 0; i < (size - 2u) / 4; i++)
			option->values[option->value_count++] = cursor_u32(c);
		return true;
	case OPTION_EOL:
	case OPTION_NOP:
	case OPTION_FAST_OPEN:
	case OPTION_EXPERIMENT: break;
	}
	return false; /* one that we never send */
}

static bool
read_tcp(struct cursor *c, size_t size, struct packet_spec *packet, struct wire_ends *ends,
	 const char **reason)
{
	packet->kind = PACKET_TCP;
	ends->source_port = cursor_u16(c);
	ends->destination_port = cursor_u16(c);
	packet->seq = cursor_u32(c);
	packet->ack = cursor_u32(c);
	const uint16_t offset_flags = cursor_u16(c);
	const size_t header_bytes = (size_t)(offset_flags >> 12) * 4;
	packet->flags = offset_flags & 0x1ff;
	packet->has_ack = (packet->flags & FLAG_ACK) != 0;
	packet->window = cursor_u16(c);
	cursor_skip(c, 4);
	*reason = "a TCP header of a strange length";
	if (c->err != 0 || header_bytes < 20 || header_bytes > size)
		return false;
	struct cursor options = cursor_over(cursor_bytes(c, header_bytes - 20), header_bytes - 20);
	*reason = "TCP options that are malformed or unknown";
	while (options.pos < header_bytes - 20) {
		if (packet->option_count == SCRIPT_OPTIONS_MAX ||
		    !read_option(&options, &packet->options[packet->option_count++]) ||
		    options.err != 0)
			return false;
	}
	packet->payload_bytes = (uint32_t)(size - header_bytes);
	return true;
}

static void
read_icmp(struct cursor *c, size_t size, bool is_v4, struct packet_spec *packet)
{
	const uint8_t type = cursor_u8(c), code = cursor_u8(c);

	packet->kind = PACKET_ICMP;
	packet->icmp_type = "unknown";
	cursor_skip(c, 2);
	packet->icmp_id = cursor_u16(c);
	packet->payload_bytes = (uint32_t)(size - 8);
	for (size_t i = 0; i < sizeof icmp_names / sizeof icmp_names[0]; i++) {
		const struct icmp_name *name = &icmp_names[i];
		if ((is_v4 ? name->type4 : name->type6) == type &&
		    (is_v4 ? name->code4 : name->code6) == code) {
			packet->icmp_type = name->type;
			packet->icmp_code = name->code;
			return;
		}
	}
}

static bool
is_zero(const uint8_t *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		if (bytes[i] != 0)
			return false;
	}
	return true;
}

bool
wire_read(const uint8_t *bytes, size_t size, struct packet_spec *packet, struct wire_ends *ends,
	  const char **reason)
{
	struct cursor c = cursor_over(bytes, size);
	const bool is_v4 = size > 0 && bytes[0] >> 4 == 4;
	uint8_t protocol = 0;

	*packet = (struct packet_spec){ 0 };
	*ends = (struct wire_ends){ 0 };
	if (!(is_v4 ? read_ip4(&c, size, packet, ends, &protocol, reason)
		    : read_ip6(&c, size, packet, ends, &protocol, reason)))
		return false;
	const uint8_t *transport = bytes + c.pos;
	const size_t transport_bytes = size - c.pos;
	const uint32_t pseudo =
		protocol == PROTOCOL_ICMP ? 0 : sum_pseudo(ends, protocol, transport_bytes);
	*reason = "the transport checksum is wrong";
	if (fold(sum_octets(transport, transport_bytes, pseudo)) != 0xffff)
		return false;
	if (protocol == PROTOCOL_TCP) {
		if (!read_tcp(&c, transport_bytes, packet, ends, reason))
			return false;
	} else if (protocol == PROTOCOL_UDP) {
		packet->kind = PACKET_UDP;
		ends->source_port = cursor_u16(&c);
		ends->destination_port = cursor_u16(&c);
		packet->payload_bytes = (uint32_t)(transport_bytes - 8);
	} else {
		read_icmp(&c, transport_bytes, is_v4, packet);
		return c.err == 0;
	}
	*reason = "the payload is not what was written";
	return is_zero(bytes + size - packet->payload_bytes, packet->payload_bytes);
}

/*
 * Segments, datagrams and ICMP messages as scripts write them.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "stack/tcp_wire.h"
#include "tests/packetdrill/runner/parser.h"

/* ---- the IP header's part ---------------------------------------------------------------------- */

static void
ip_item(struct parser *p, struct packet_spec *packet)
{
	static const struct {
		const char *word;
		enum tos_check check;
		uint8_t tos;
	} marks[] = {
		{ "noecn", TOS_ECN, 0 }, { "ect0", TOS_ECN, 2 },    { "ect1", TOS_ECN, 1 },
		{ "ce", TOS_ECN, 3 },    { "ect01", TOS_ECT01, 0 },
	};

	for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++) {
		if (parser_accept_word(p, marks[i].word)) {
			packet->tos_check = marks[i].check;
			packet->tos = marks[i].tos;
			return;
		}
	}
	if (parser_accept_word(p, "tos")) {
		packet->tos_check = TOS_WHOLE;
		packet->tos = (uint8_t)parser_integer(p);
	} else if (parser_accept_word(p, "ttl")) {
		packet->ttl = (uint8_t)parser_integer(p);
	} else if (parser_accept_word(p, "flowlabel")) {
		(void)parser_integer(p);
	} else {
		parser_fail(p, "expected an ECN mark, tos, ttl or flowlabel before '%.20s'", p->at);
	}
}

static void
ip_part(struct parser *p, struct packet_spec *packet)
{
	const char *end = parser_accept(p, "[") ? "]" : parser_accept(p, "(") ? ")" : NULL;

	if (end == NULL)
		return;
	do
		ip_item(p, packet);
	while (parser_accept(p, ","));
	parser_expect(p, end);
}

/* "1000 > 8080", which only ports look like. */
static void
ports(struct parser *p, struct packet_spec *packet)
{
	if (!parser_is_number(p))
		return;
	const long long source = parser_integer(p);
	parser_expect(p, ">");
	const long long destination = parser_integer(p);
	if (source < 1 || source > UINT16_MAX || destination < 1 || destination > UINT16_MAX)
		parser_fail(p, "no such port");
	packet->source_port = (uint16_t)source;
	packet->destination_port = (uint16_t)destination;
}

/* ---- TCP --------------------------------------------------------------------------------------- */

static uint16_t
tcp_flags(struct parser *p)
{
	static const char letters[] = "FSRP.UEWA";
	uint16_t flags = 0;

	parser_skip(p);
	if (*p->at == '-') {
		p->at++;
		return 0;
	}
	const char *begin = p->at;
	for (const char *letter; *p->at != '\0' && (letter = strchr(letters, *p->at)) != NULL;
	     p->at++)
		flags |= (uint16_t)(1u << (letter - letters));
	if (p->at == begin)
		parser_fail(p, "expected flags before '%.20s'", p->at);
	return flags;
}

/* begin:end(bytes) */
static void
sequence_space(struct parser *p, uint32_t *seq, uint32_t *bytes)
{
	const long long begin = parser_integer(p);
	parser_expect(p, ":");
	const long long end = parser_integer(p);
	parser_expect(p, "(");
	const long long size = parser_integer(p);
	parser_expect(p, ")");
	if (begin < 0 || begin > UINT32_MAX || size < 0 || size > UINT16_MAX ||
	    (uint32_t)end != (uint32_t)(begin + size))
		parser_fail(p, "sequence numbers and size do not fit");
	*seq = (uint32_t)begin;
	*bytes = (uint32_t)size;
}

static void
sack_option(struct parser *p, struct option *option)
{
	option->kind = OPTION_SACK;
	while (parser_is_number(p)) {
		if (option->value_count == 8)
			parser_fail(p, "more than four SACK blocks");
		option->values[option->value_count++] = (uint32_t)parser_integer(p);
		parser_expect(p, ":");
		option->values[option->value_count++] = (uint32_t)parser_integer(p);
	}
}

static void
timestamps_option(struct parser *p, struct option *option)
{
	option->kind = OPTION_TIMESTAMPS;
	option->value_count = 2;
	if (!parser_accept_word(p, "val"))
		parser_fail(p, "expected 'val'");
	option->values[0] = (uint32_t)parser_integer(p);
	if (!parser_accept_word(p, "ecr"))
		parser_fail(p, "expected 'ecr'");
	option->values[1] = (uint32_t)parser_integer(p);
}

/* The cookie in hexadecimal; none: it is asked for. */
static void
fast_open_option(struct parser *p, struct option *option, enum option_kind kind)
{
	unsigned octet;

	option->kind = kind;
	parser_skip(p);
	while (isxdigit((unsigned char)p->at[0]) && isxdigit((unsigned char)p->at[1])) {
		if (option->value_count == 16)
			parser_fail(p, "a cookie of more than 16 octets");
		(void)sscanf(p->at, "%2x", &octet);
		option->values[option->value_count++] = octet;
		p->at += 2;
	}
}

static void
tcp_option(struct parser *p, struct option *option)
{
	if (parser_accept_word(p, "nop")) {
		option->kind = OPTION_NOP;
	} else if (parser_accept_word(p, "eol")) {
		option->kind = OPTION_EOL;
	} else if (parser_accept_word(p, "sackOK")) {
		option->kind = OPTION_SACK_PERMITTED;
	} else if (parser_accept_word(p, "sack")) {
		sack_option(p, option);
	} else if (parser_accept_word(p, "TS")) {
		timestamps_option(p, option);
	} else if (parser_accept_word(p, "FO")) {
		fast_open_option(p, option, OPTION_FAST_OPEN);
	} else if (parser_accept_word(p, "FOEXP")) {
		fast_open_option(p, option, OPTION_EXPERIMENT);
	} else {
		const bool is_mss = parser_accept_word(p, "mss");
		if (!is_mss && !parser_accept_word(p, "wscale"))
			parser_fail(p, "unknown option before '%.20s'", p->at);
		option->kind = is_mss ? OPTION_MSS : OPTION_WSCALE;
		option->values[option->value_count++] = (uint32_t)parser_integer(p);
	}
}

static void
tcp_options(struct parser *p, struct packet_spec *packet)
{
	if (!parser_accept(p, "<"))
		return;
	if (parser_accept(p, "...")) {
		packet->any_options = true;
		if (packet->is_inbound)
			parser_fail(p, "<...> stands for what the stack sends");
		parser_expect(p, ">");
		return;
	}
	do {
		if (packet->option_count == SCRIPT_OPTIONS_MAX)
			parser_fail(p, "too many options");
		tcp_option(p, &packet->options[packet->option_count++]);
	} while (parser_accept(p, ","));
	parser_expect(p, ">");
}

static void
tcp_part(struct parser *p, struct packet_spec *packet)
{
	packet->kind = PACKET_TCP;
	packet->flags = tcp_flags(p);
	packet->window = -1;
	sequence_space(p, &packet->seq, &packet->payload_bytes);
	if (parser_accept_word(p, "ack")) {
		packet->has_ack = true;
		packet->ack = (uint32_t)parser_integer(p);
	}
	if (parser_accept_word(p, "win"))
		packet->window = (int)(parser_integer(p) & UINT16_MAX);
	if (parser_accept_word(p, "urg"))
		packet->urgent = (uint16_t)parser_integer(p);
	tcp_options(p, packet);
}

/* ---- UDP and ICMP ------------------------------------------------------------------------------ */

static void
payload_size(struct parser *p, uint32_t *bytes)
{
	parser_expect(p, "(");
	*bytes = (uint32_t)parser_integer(p) & UINT16_MAX;
	parser_expect(p, ")");
}

static void
icmp_part(struct parser *p, struct packet_spec *packet)
{
	packet->kind = PACKET_ICMP;
	packet->echoed_kind = PACKET_TCP;
	packet->icmp_type = parser_word(p);
	if (packet->icmp_type == NULL)
		parser_fail(p, "expected a type of ICMP message");
	for (;;) {
		if (parser_accept_word(p, "mtu"))
			packet->icmp_mtu = (uint32_t)parser_integer(p);
		else if (parser_accept_word(p, "id"))
			packet->icmp_id = (uint16_t)parser_integer(p);
		else if (packet->icmp_code != NULL || (packet->icmp_code = parser_word(p)) == NULL)
			break;
	}
	if (!parser_accept(p, "["))
		return;
	if (parser_accept_word(p, "udp")) {
		packet->echoed_kind = PACKET_UDP;
		payload_size(p, &packet->echoed_bytes);
	} else {
		sequence_space(p, &packet->echoed_seq, &packet->echoed_bytes);
	}
	parser_expect(p, "]");
}

void
parser_packet(struct parser *p, struct packet_spec *packet)
{
	ip_part(p, packet);
	if (parser_accept_word(p, "udp")) {
		packet->kind = PACKET_UDP;
		ports(p, packet);
		payload_size(p, &packet->payload_bytes);
	} else if (parser_accept_word(p, "icmp")) {
		icmp_part(p, packet);
	} else {
		ports(p, packet);
		tcp_part(p, packet);
	}
}

#include "tests/packetdrill/runner/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct text {
	char *at;
	size_t used;
};

static void __attribute__((format(printf, 2, 3))) add(struct text *text, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	const int size =
		vsnprintf(text->at + text->used, TEXT_PACKET_BYTES - text->used, format, arguments);
	va_end(arguments);
	text->used += (size_t)size;
	if (text->used >= TEXT_PACKET_BYTES)
		text->used = TEXT_PACKET_BYTES - 1;
}

static void
add_option(struct text *text, const struct option *option)
{
	switch (option->kind) {
	case OPTION_EOL: add(text, "eol"); return;
	case OPTION_NOP: add(text, "nop"); return;
	case OPTION_MSS: add(text, "mss %u", option->values[0]); return;
	case OPTION_WSCALE: add(text, "wscale %u", option->values[0]); return;
	case OPTION_SACK_PERMITTED: add(text, "sackOK"); return;
	case OPTION_TIMESTAMPS:
		add(text, "TS val %u ecr %u", option->values[0], option->values[1]);
		return;
	case OPTION_SACK:
		add(text, "sack");
		for (size_t i = 0; i + 1 < option->value_count; i += 2)
			add(text, " %u:%u", option->values[i], option->values[i + 1]);
		return;
	case OPTION_FAST_OPEN:
	case OPTION_EXPERIMENT:
		add(text, option->kind == OPTION_FAST_OPEN ? "FO " : "FOEXP ");
		for (size_t i = 0; i < option->value_count; i++)
			add(text, "%02x", option->values[i]);
		return;
	}
}

static void
add_tcp(struct text *text, const struct packet_spec *packet)
{
	static const char letters[] = "FSRP.UEWA";
	static const char order[] = "SFRP.UEWA"; /* as scripts write them */

	if (packet->flags == 0)
		add(text, "-");
	for (const char *letter = order; *letter != '\0'; letter++) {
		if ((packet->flags & 1u << (strchr(letters, *letter) - letters)) != 0)
			add(text, "%c", *letter);
	}
	add(text, " %u:%u(%u)", packet->seq, packet->seq + packet->payload_bytes,
	    packet->payload_bytes);
	if (packet->has_ack)
		add(text, " ack %u", packet->ack);
	if (packet->window >= 0)
		add(text, " win %d", packet->window);
	if (packet->any_options)
		add(text, " <...>");
	for (size_t i = 0; i < packet->option_count; i++) {
		add(text, i == 0 ? " <" : ",");
		add_option(text, &packet->options[i]);
	}
	if (packet->option_count > 0)
		add(text, ">");
}

static void
add_ip(struct text *text, const struct packet_spec *packet)
{
	static const char *const ecn[] = { "noecn", "ect1", "ect0", "ce" };

	switch (packet->tos_check) {
	case TOS_ANY: break;
	case TOS_ECN: add(text, " [%s]", ecn[packet->tos & 3]); break;
	case TOS_ECT01: add(text, " [ect01]"); break;
	case TOS_WHOLE: add(text, " [tos 0x%02x]", packet->tos); break;
	}
	if (packet->ttl != 0)
		add(text, " [ttl %u]", packet->ttl);
}

const char *
text_of_packet(const struct packet_spec *packet, char *text)
{
	struct text out = { .at = text };

	*text = '\0';
	add(&out, packet->is_inbound ? "<" : ">");
	add_ip(&out, packet);
	add(&out, " ");
	switch (packet->kind) {
	case PACKET_TCP: add_tcp(&out, packet); break;
	case PACKET_UDP: add(&out, "udp (%u)", packet->payload_bytes); break;
	case PACKET_ICMP:
		add(&out, "icmp %s%s%s", packet->icmp_type, packet->icmp_code != NULL ? " " : "",
		    packet->icmp_code != NULL ? packet->icmp_code : "");
		break;
	}
	return text;
}

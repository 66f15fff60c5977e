#include "tests/stack/ndp_message.h"

#include <string.h>

#include "tests/stack/packet.h"
#include "tests/suite.h"

static struct mac_addr
mac_for(const char *destination)
{
	const struct ip_addr addr = addr_of(destination);
	return addr_is_multicast(&addr) ? ether_multicast(&addr) : ether_broadcast;
}

void
ndp_message(struct lan *lan, const struct ndp_spec *spec)
{
	static uint8_t packet[PACKET_BYTES_MAX];
	uint8_t body[512], message[600];
	struct writer w = writer_over(body, sizeof body);

	if (spec->target != NULL)
		writer_bytes(&w, addr_of(spec->target).octets, 16);
	if (spec->target2 != NULL)
		writer_bytes(&w, addr_of(spec->target2).octets, 16);
	writer_bytes(&w, spec->options, spec->options_bytes);
	ck_assert_int_eq(w.err, 0);
	const size_t message_bytes = packet_icmp(message, spec->source, spec->destination, spec->type, spec->code,
	                                         spec->rest, body, w.pos);
	const struct packet_spec packet_spec = {
		.source = spec->source,
		.destination = spec->destination,
		.protocol = 58,
		.hop_limit = spec->hop_limit != 0 ? spec->hop_limit : 255,
		.payload = message,
		.payload_bytes = message_bytes,
	};
	const struct mac_addr to = spec->to != NULL ? *spec->to : mac_for(spec->destination);
	lan_frame_from(lan, spec->from != NULL ? spec->from : &lan_stranger, &to, ETHER_TYPE_IPV6, packet,
	               packet_build(packet, &packet_spec));
}

void
router_advert(struct lan *lan, const struct advert_spec *spec)
{
	static const uint8_t preferences[3] = { 3, 0, 1 };
	const struct mac_addr *mac = spec->mac != NULL ? spec->mac : &lan_stranger;
	uint8_t options[128];
	struct writer w = writer_over(options, sizeof options);

	writer_u32(&w, spec->reachable_ms);
	writer_u32(&w, spec->retrans_ms);
	writer_u16(&w, 0x0101);
	writer_bytes(&w, mac->octets, 6);
	if (spec->mtu != 0) {
		writer_u16(&w, 0x0501);
		writer_u16(&w, 0);
		writer_u32(&w, spec->mtu);
	}
	if (spec->prefix != NULL) {
		writer_u16(&w, 0x0304);
		writer_u8(&w, spec->prefix_len != 0 ? spec->prefix_len : 64);
		writer_u8(&w, spec->prefix_flags != 0 ? spec->prefix_flags : 0xc0);
		writer_u32(&w, spec->valid_s);
		writer_u32(&w, spec->preferred_s);
		writer_u32(&w, 0);
		writer_bytes(&w, addr_of(spec->prefix).octets, 16);
	}
	ndp_message(lan, &(struct ndp_spec){
	                         .source = spec->source != NULL ? spec->source : "fe80::99",
	                         .destination = "ff02::1",
	                         .type = NDP_ROUTER_ADVERT,
	                         .rest = 64u << 24 | (uint32_t)preferences[spec->preference + 1] << 19 | spec->lifetime_s,
	                         .from = mac,
	                         .options = options,
	                         .options_bytes = w.pos,
	                 });
}

bool
ndp_sent(const struct lan *lan, unsigned host, uint8_t type, unsigned nth, struct ndp_sent *sent)
{
	const struct lan_frame *frame;

	for (unsigned i = 0; (frame = lan_sent(lan, host, ETHER_TYPE_IPV6, i)) != NULL; i++) {
		const uint8_t *packet = frame->bytes + 14;
		if (packet[6] != 58 || packet[40] != type || nth-- != 0)
			continue;
		const size_t payload_bytes = packet_u16(packet, 4);
		ck_assert(packet_is_sound(packet, 40 + payload_bytes));
		*sent = (struct ndp_sent){
			.at_us = frame->at_us,
			.source = addr_ipv6(packet + 8),
			.destination = addr_ipv6(packet + 24),
			.hop_limit = packet[7],
			.rest = packet_u32(packet, 44),
			.body = packet + 48,
			.body_bytes = payload_bytes - 8,
		};
		memcpy(sent->to.octets, frame->bytes, 6);
		return true;
	}
	return false;
}

unsigned
ndp_sent_count(const struct lan *lan, unsigned host, uint8_t type)
{
	struct ndp_sent sent;
	unsigned count = 0;
	while (ndp_sent(lan, host, type, count, &sent))
		count++;
	return count;
}

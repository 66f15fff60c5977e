#include "fetch/journey/comments.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "stack/base/cursor.h"
#include "stack/tcp_wire.h"

enum { ETHERTYPE_IPV4 = 0x0800, ETHERTYPE_ARP = 0x0806, ETHERTYPE_IPV6 = 0x86dd };
enum { PROTOCOL_TCP = 6, PROTOCOL_UDP = 17, PROTOCOL_ICMP6 = 58 };
enum { ND_SOLICITATION = 135, ND_ADVERTISEMENT = 136 };
#define ETHER_ADDRS_BYTES 12u
#define PORT_DNS          53u
#define PEER_BYTES        (ADDR_TEXT_BYTES + 10u)

/* ---- a packet --------------------------------------------------------------------------------------- */

static void
read_tcp(struct comment_packet *packet, struct cursor *c, size_t payload_bytes)
{
	uint16_t from = cursor_u16(c), to = cursor_u16(c);
	cursor_skip(c, 8);
	uint16_t word = cursor_u16(c);
	packet->remote_port = packet->is_out ? to : from;
	packet->tcp_flags = (uint8_t)word;
	packet->has_data = payload_bytes > (size_t)(word >> 12) * 4;
}

static void
read_transport(struct comment_packet *packet, struct cursor *c, size_t payload_bytes)
{
	if (packet->protocol == PROTOCOL_TCP) {
		read_tcp(packet, c, payload_bytes);
	} else if (packet->protocol == PROTOCOL_UDP) {
		uint16_t from = cursor_u16(c), to = cursor_u16(c);
		packet->remote_port = packet->is_out ? to : from;
		packet->has_data = true;
	} else if (packet->protocol == PROTOCOL_ICMP6) {
		uint8_t type = cursor_u8(c);
		packet->is_neighbour = type == ND_SOLICITATION || type == ND_ADVERTISEMENT;
	}
}

static void
read_address(struct ip_addr *addr, bool is_v4, struct cursor *c)
{
	const uint8_t *octets = cursor_bytes(c, is_v4 ? 4 : 16);
	if (octets != NULL)
		*addr = is_v4 ? addr_ipv4(octets) : addr_ipv6(octets);
}

static void
read_ip(struct comment_packet *packet, struct cursor *c)
{
	size_t begin = c->pos, header = 40;
	uint8_t first = cursor_u8(c);
	bool is_v4 = first >> 4 == 4;
	struct ip_addr source = { .family = ADDR_NONE }, destination = { .family = ADDR_NONE };

	cursor_skip(c, is_v4 ? 8 : 5);
	packet->protocol = cursor_u8(c);
	cursor_skip(c, is_v4 ? 2 : 1);
	read_address(&source, is_v4, c);
	read_address(&destination, is_v4, c);
	packet->remote = packet->is_out ? destination : source;
	if (is_v4) {
		header = (size_t)(first & 15) * 4;
		cursor_skip(c, header > 20 ? header - 20 : 0);
	}
	read_transport(packet, c, c->end - begin - (header < c->end - begin ? header : c->end - begin));
}

void
comment_packet_read(struct comment_packet *packet, const uint8_t *bytes, size_t size, bool is_ether, bool is_out, uint64_t at_us)
{
	struct cursor c = cursor_over(bytes, size);
	uint16_t type = 0;

	*packet = (struct comment_packet){ .at_us = at_us, .is_out = is_out };
	if (is_ether) {
		cursor_skip(&c, ETHER_ADDRS_BYTES);
		type = cursor_u16(&c);
	}
	packet->is_neighbour = type == ETHERTYPE_ARP;
	if (!is_ether || type == ETHERTYPE_IPV4 || type == ETHERTYPE_IPV6)
		read_ip(packet, &c);
	if (c.err != 0)
		*packet = (struct comment_packet){ .at_us = at_us, .is_out = is_out };
}

/* ---- what belongs to it ----------------------------------------------------------------------------- */

static bool
is_sent(const struct journey_event *event)
{
	return strncmp(event->what, "<-", 2) != 0 &&
	       (event->layer == JOURNEY_ROUTE || event->layer == JOURNEY_URL || strncmp(event->what, "->", 2) == 0 ||
	        strstr(event->what, "who has") != NULL);
}

static bool
is_peer(const struct comment_packet *packet, const char *peer)
{
	char text[PEER_BYTES], bare[ADDR_TEXT_BYTES];
	(void)snprintf(text, sizeof text, packet->remote.family == ADDR_IPV6 ? "[%s]:%u" : "%s:%u",
	               addr_to_text(&packet->remote, bare, sizeof bare), packet->remote_port);
	return strcmp(text, peer) == 0;
}

static bool
is_address(const struct comment_packet *packet, const char *addr)
{
	char bare[ADDR_TEXT_BYTES];
	return packet->remote.family != ADDR_NONE && strcmp(addr_to_text(&packet->remote, bare, sizeof bare), addr) == 0;
}

/* One packet carries one SYN, one query, one reply. */
static bool
has_one_of(const struct comment_packet *packet, const struct journey_event *event)
{
	for (unsigned i = 0; i < packet->event_count; i++)
		if (packet->events[i]->layer == event->layer && strcmp(packet->events[i]->name, event->name) == 0)
			return true;
	return false;
}

static bool
is_of_tcp(const struct comment_packet *packet, const struct journey_event *event)
{
	const char *peer = journey_field_text(event, "peer");
	uint8_t needed = strcmp(event->name, "reset") == 0 ? TCP_RST
			 : strcmp(event->name, "fin") == 0 ? TCP_FIN
			 : strcmp(event->name, "lost") == 0 ? 0
							    : TCP_SYN;
	return packet->protocol == PROTOCOL_TCP && (packet->tcp_flags & needed) == needed && peer[0] != '\0' &&
	       is_peer(packet, peer);
}

static bool
is_of_dns(const struct comment_packet *packet, const struct journey_event *event)
{
	const char *server = journey_field_text(event, "server"), *peer = journey_field_text(event, "peer");
	return packet->remote_port == PORT_DNS && packet->has_data &&
	       (peer[0] != '\0' ? is_peer(packet, peer) : is_address(packet, server));
}

/* remote: of the event's connection, where it has one. */
static bool
belongs(const struct comment_packet *packet, const struct journey_event *event, const char *remote)
{
	if (packet->is_out != is_sent(event) || packet->event_count == COMMENT_EVENTS_MAX || has_one_of(packet, event))
		return false;
	switch (event->layer) {
	case JOURNEY_TCP: return is_of_tcp(packet, event);
	case JOURNEY_DNS: return is_of_dns(packet, event);
	case JOURNEY_ROUTE: return is_address(packet, journey_field_text(event, "to"));
	case JOURNEY_LINK: return packet->is_neighbour;
	case JOURNEY_TLS:
	case JOURNEY_HTTP: return packet->has_data && packet->protocol == PROTOCOL_TCP && is_address(packet, remote);
	case JOURNEY_URL:
	case JOURNEY_OUT: return packet->protocol != 0;
	case JOURNEY_POLICY:
	case JOURNEY_PATH: break;
	}
	return false;
}

/* The first packet that is not before at_us. */
static size_t
first_at(const struct comment_packet *packets, size_t count, uint64_t at_us)
{
	size_t low = 0, high = count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (packets[middle].at_us < at_us)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Among those of one turn the first, since they are told in their order; but content ends with the last. */
static struct comment_packet *
find_received(struct comment_packet *packets, size_t until, const struct journey_event *event, const char *remote)
{
	bool is_end = event->layer == JOURNEY_HTTP && strcmp(event->name, "end") == 0;
	struct comment_packet *found = NULL;

	for (size_t at = until, left = COMMENT_SCAN_MAX; at > 0 && left > 0; at--, left--) {
		struct comment_packet *packet = &packets[at - 1];
		if (found != NULL && (is_end || packet->at_us != found->at_us))
			break;
		if (belongs(packet, event, remote))
			found = packet;
	}
	return found;
}

static struct comment_packet *
find_packet(struct comment_packet *packets, size_t count, const struct journey_event *event, const char *remote)
{
	if (is_sent(event)) {
		size_t at = first_at(packets, count, event->at_us);
		for (size_t left = COMMENT_SCAN_MAX; at < count && left > 0; at++, left--)
			if (belongs(&packets[at], event, remote))
				return &packets[at];
		return NULL;
	}
	return find_received(packets, first_at(packets, count, event->at_us + 1), event, remote);
}

/* Of the connection that the event is about, as its "open" has told. */
static const char *
remote_of(const struct journey_event *event)
{
	const struct journey_event *told = event;
	for (unsigned left = JOURNEY_LOOK_BACK; told != NULL && left > 0; told = told->previous, left--)
		if (told->connection == event->connection && journey_field(told, "remote") != NULL)
			return journey_field_text(told, "remote");
	return "";
}

void
comments_deal(struct comment_packet *packets, size_t count, const struct story *story)
{
	for (const struct journey_event *event = story->journey->first; event != NULL; event = event->next) {
		const char *remote = event->connection != 0 ? remote_of(event) : "";
		struct comment_packet *packet = find_packet(packets, count, event, remote);
		if (packet != NULL)
			packet->events[packet->event_count++] = event;
	}
}

void
comment_text(const struct comment_packet *packet, char *text, size_t text_bytes)
{
	size_t used = 0;
	text[0] = '\0';
	for (unsigned i = 0; i < packet->event_count && used < text_bytes; i++) {
		const struct journey_event *event = packet->events[i];
		char what[JOURNEY_TEXT_BYTES];
		used += (size_t)snprintf(text + used, text_bytes - used, "%s%s %s: %s", i != 0 ? "\n" : "",
		                         journey_layer_name(event->layer), event->name, journey_what(event, what));
	}
}

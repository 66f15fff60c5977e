#include "tests/stack/dhcp_server.h"

#include <stdio.h>
#include <string.h>

#include "tests/stack/packet.h"
#include "tests/suite.h"

enum { DISCOVER = 1, OFFER, REQUEST, DECLINE, ACK, NAK };

#define FRAME_HEADER 14u
#define UDP_AT       (FRAME_HEADER + 20u)
#define DHCP_AT      (UDP_AT + 8u)
#define OPTIONS_AT   240u

/* ---- messages -------------------------------------------------------------------------------- */

void
dhcp_put(struct writer *w, uint8_t code, const void *content, size_t size)
{
	ck_assert_uint_le(size, 255);
	writer_u8(w, code);
	writer_u8(w, (uint8_t)size);
	writer_bytes(w, content, size);
	ck_assert_int_eq(w->err, 0);
}

void
dhcp_put_u8(struct writer *w, uint8_t code, uint8_t value)
{
	dhcp_put(w, code, &value, 1);
}

void
dhcp_put_u16(struct writer *w, uint8_t code, uint16_t value)
{
	const uint8_t content[2] = { (uint8_t)(value >> 8), (uint8_t)value };
	dhcp_put(w, code, content, sizeof content);
}

void
dhcp_put_u32(struct writer *w, uint8_t code, uint32_t value)
{
	const uint8_t content[4] = { (uint8_t)(value >> 24), (uint8_t)(value >> 16),
				     (uint8_t)(value >> 8), (uint8_t)value };
	dhcp_put(w, code, content, sizeof content);
}

void
dhcp_put_addr(struct writer *w, uint8_t code, const char *addr)
{
	dhcp_put(w, code, addr_of(addr).octets, 4);
}

size_t
dhcp_reply_write(uint8_t *out, const struct dhcp_reply *reply)
{
	const uint32_t cookie = reply->cookie != 0 ? reply->cookie : 0x63825363;

	memset(out, 0, OPTIONS_AT);
	out[0] = reply->op != 0 ? reply->op : 2;
	out[1] = reply->htype != 0 ? reply->htype : 1;
	out[2] = reply->hlen != 0 ? reply->hlen : 6;
	for (unsigned i = 0; i < 4; i++) {
		out[4 + i] = (uint8_t)(reply->xid >> (24 - 8 * i));
		out[236 + i] = (uint8_t)(cookie >> (24 - 8 * i));
	}
	if (reply->yiaddr != NULL)
		memcpy(out + 16, addr_of(reply->yiaddr).octets, 4);
	memcpy(out + 28, reply->chaddr->octets, 6);
	if (reply->sname != NULL)
		memcpy(out + 44, reply->sname, 64);
	if (reply->file != NULL)
		memcpy(out + 108, reply->file, 128);
	memcpy(out + OPTIONS_AT, reply->options, reply->options_bytes);
	return OPTIONS_AT + reply->options_bytes;
}

/* ---- what a client sent ---------------------------------------------------------------------- */

static struct ip_addr
addr_at(const uint8_t *octets)
{
	return addr_ipv4(octets);
}

static void
heard_option(struct dhcp_heard *heard, uint8_t code, const uint8_t *content, size_t size)
{
	switch (code) {
	case 50: heard->requested = addr_at(content); break;
	case 53: heard->type = content[0]; break;
	case 54: heard->server_id = addr_at(content); break;
	case 55: {
		const uint8_t *routes = memchr(content, 121, size),
			      *routers = memchr(content, 3, size);
		heard->asks_for_routes = routes != NULL && routers != NULL && routes < routers;
		break;
	}
	case 61:
		ck_assert_uint_le(size, sizeof heard->client_id);
		memcpy(heard->client_id, content, size);
		heard->client_id_bytes = size;
		break;
	default: break;
	}
}

bool
dhcp_heard_read(const struct lan_frame *frame, struct dhcp_heard *heard)
{
	const uint8_t *ip = frame->bytes + FRAME_HEADER, *message = frame->bytes + DHCP_AT;

	if (packet_u16(frame->bytes, 12) != ETHER_TYPE_IPV4 || ip[9] != 17 ||
	    packet_u16(frame->bytes, UDP_AT + 2) != 67)
		return false;
	const size_t packet_bytes = packet_u16(ip, 2),
		     message_bytes = packet_u16(frame->bytes, UDP_AT + 4) - 8u;
	ck_assert_uint_eq(packet_u16(frame->bytes, UDP_AT), 68);
	ck_assert(packet_is_sound(ip, packet_bytes));
	ck_assert_uint_ge(message_bytes, 300); /* RFC 1542, section 2.1 */
	ck_assert_uint_eq(packet_bytes, 28 + message_bytes);
	ck_assert_uint_eq(message[0], 1);
	ck_assert_uint_eq(message[1] << 8 | message[2], 0x0106);
	ck_assert_uint_eq(packet_u32(message, 236), 0x63825363);
	*heard = (struct dhcp_heard){
		.at_us = frame->at_us,
		.source = addr_at(ip + 12),
		.destination = addr_at(ip + 16),
		.xid = packet_u32(message, 4),
		.secs = packet_u16(message, 8),
		.ciaddr = addr_at(message + 12),
	};
	memcpy(heard->to_mac.octets, frame->bytes, 6);
	ck_assert_mem_eq(message + 28, frame->bytes + 6, 6); /* chaddr */
	size_t at = OPTIONS_AT;
	while (at < message_bytes && message[at] != 255) {
		ck_assert_uint_le(at + 2u + message[at + 1], message_bytes);
		heard_option(heard, message[at], message + at + 2, message[at + 1]);
		at += 2u + message[at + 1];
	}
	ck_assert_uint_lt(at, message_bytes); /* it has an end */
	return true;
}

/* ---- the server ------------------------------------------------------------------------------ */

void
dhcp_net_init(struct dhcp_net *net)
{
	*net = (struct dhcp_net){ 0 };
	lan_init(&net->lan);
	lan_host(&net->lan, NULL, NULL, STACK_IF_DHCP);
}

void
dhcp_net_fini(struct dhcp_net *net)
{
	lan_fini(&net->lan);
}

struct dhcp_server *
dhcp_net_server(struct dhcp_net *net, const char *addr, const char *offer)
{
	static const struct ip_addr any = { .family = ADDR_NONE };
	char prefix[ADDR_TEXT_BYTES + 4];

	ck_assert_uint_lt(net->server_count, DHCP_SERVERS_MAX);
	struct dhcp_server *server = &net->servers[net->server_count++];
	(void)snprintf(prefix, sizeof prefix, "%s/24", addr);
	*server = (struct dhcp_server){
		.host = net->lan.host_count,
		.addr = addr,
		.offer = offer,
		.mask = 0xffffff00,
		.lease_s = 3600,
		.router = addr,
	};
	struct host *host = lan_host(&net->lan, prefix, NULL, 0);
	ck_assert_int_eq(udp_listen(host->stack, &any, 67, 0), 0);
	return server;
}

static size_t
options_write(const struct dhcp_server *server, const struct dhcp_heard *heard, uint8_t type,
	      uint8_t *out)
{
	struct writer w = writer_over(out, DHCP_OPTIONS_ROOM);

	dhcp_put_u8(&w, 53, type);
	dhcp_put_addr(&w, 54, server->addr);
	if (!server->keeps_quiet_about_client_id && heard->client_id_bytes != 0)
		dhcp_put(&w, 61, heard->client_id, heard->client_id_bytes);
	if (type != NAK) {
		if (server->mask != 0)
			dhcp_put_u32(&w, 1, server->mask);
		if (server->lease_s != 0)
			dhcp_put_u32(&w, 51, server->lease_s);
		if (server->renewal_s != 0)
			dhcp_put_u32(&w, 58, server->renewal_s);
		if (server->rebinding_s != 0)
			dhcp_put_u32(&w, 59, server->rebinding_s);
		if (server->mtu != 0)
			dhcp_put_u16(&w, 26, server->mtu);
		if (server->router2 != NULL) {
			uint8_t both[8];
			memcpy(both, addr_of(server->router).octets, 4);
			memcpy(both + 4, addr_of(server->router2).octets, 4);
			dhcp_put(&w, 3, both, sizeof both);
		} else if (server->router != NULL) {
			dhcp_put_addr(&w, 3, server->router);
		}
		if (server->routes_bytes != 0)
			dhcp_put(&w, 121, server->routes, server->routes_bytes);
		dhcp_put_addr(&w, 6, "192.0.2.53"); /* nobody asks, servers say it all the same */
		writer_bytes(&w, server->more, server->more_bytes);
	}
	writer_u8(&w, 255);
	ck_assert_int_eq(w.err, 0);
	return w.pos;
}

static void
reply_send(struct dhcp_net *net, struct dhcp_server *server, const struct dhcp_heard *heard,
	   uint8_t type)
{
	static uint8_t options[DHCP_OPTIONS_ROOM], message[2048], packet[PACKET_BYTES_MAX];
	const struct mac_addr client_mac = lan_mac(net->client), server_mac = lan_mac(server->host);
	const bool is_bound = !addr_is_unspecified(&heard->ciaddr);
	const bool is_broadcast =
		!is_bound && (server->is_broadcast || type == NAK); /* RFC 2131, section 4.1 */
	char text[ADDR_TEXT_BYTES];
	const struct dhcp_reply reply = {
		.xid = heard->xid ^ server->bend,
		.chaddr = &client_mac,
		.yiaddr = type == NAK ? NULL : server->offer,
		.options = options,
		.options_bytes = options_write(server, heard, type, options),
	};
	const size_t message_bytes = dhcp_reply_write(message, &reply);
	const char *to = is_broadcast ? "255.255.255.255"
			 : is_bound   ? addr_to_text(&heard->ciaddr, text, sizeof text)
				      : server->offer;
	const size_t packet_bytes =
		packet_datagram(packet, server->addr, to, 67, 68, message, message_bytes);
	const struct mac_addr *to_mac = is_broadcast ? &ether_broadcast : &client_mac;
	lan_frame_from(&net->lan, &server_mac, to_mac, ETHER_TYPE_IPV4, packet, packet_bytes);
	server->reply_count++;
}

void
dhcp_send(struct dhcp_net *net, struct dhcp_server *server, uint8_t type)
{
	ck_assert_uint_gt(net->heard_count, 0);
	reply_send(net, server, &net->heard[net->heard_count - 1], type);
}

/* RFC 2131, section 4.3, as far as these tests go. */
static void
server_hear(struct dhcp_net *net, struct dhcp_server *server, const struct dhcp_heard *heard)
{
	const struct ip_addr self = addr_of(server->addr);
	const bool is_for_other =
		heard->server_id.family != ADDR_NONE && !addr_equal(&heard->server_id, &self);
	const bool is_elsewhere =
		!addr_is_broadcast(&heard->destination) && !addr_equal(&heard->destination, &self);

	if (server->is_mute || is_for_other || is_elsewhere || server->offer == NULL)
		return;
	if (server->lose_count > 0) {
		server->lose_count--;
		return;
	}
	if (heard->type == DISCOVER)
		reply_send(net, server, heard, OFFER);
	if (heard->type == REQUEST && !server->is_deaf_to_requests) {
		reply_send(net, server, heard, server->nak_count > 0 ? NAK : ACK);
		server->nak_count -= server->nak_count > 0;
	}
}

static void
client_hear(struct dhcp_net *net)
{
	const struct lan *lan = &net->lan;
	static struct dhcp_heard fresh[DHCP_HEARD_MAX];
	unsigned fresh_count = 0;

	ck_assert_uint_le(lan->frame_count, LAN_LOG);
	for (unsigned i = 0; i < lan->frame_count; i++) {
		if (lan->frames[i].host != net->client)
			continue;
		net->arp_count += packet_u16(lan->frames[i].bytes, 12) == ETHER_TYPE_ARP;
		if (dhcp_heard_read(&lan->frames[i], &fresh[fresh_count]))
			ck_assert_uint_lt(++fresh_count, DHCP_HEARD_MAX);
	}
	lan_clear(&net->lan);
	for (unsigned i = 0; i < fresh_count; i++) {
		ck_assert_uint_lt(net->heard_count, DHCP_HEARD_MAX);
		net->heard[net->heard_count++] = fresh[i];
		for (unsigned j = 0; j < net->server_count; j++)
			server_hear(net, &net->servers[j], &fresh[i]);
	}
}

static uint64_t
slice_us(const struct lan *lan, uint64_t end_us)
{
	uint64_t next_us = end_us;

	for (unsigned i = 0; i < lan->host_count; i++) {
		const uint64_t deadline_us = stack_deadline(lan->hosts[i].stack);
		next_us = deadline_us < next_us ? deadline_us : next_us;
	}
	return next_us > lan->now_us ? next_us - lan->now_us : 1;
}

void
dhcp_run(struct dhcp_net *net, uint64_t for_us)
{
	const uint64_t end_us = net->lan.now_us + for_us;

	while (net->lan.now_us < end_us || net->lan.frame_count > 0) {
		if (net->lan.frame_count == 0)
			lan_run(&net->lan, slice_us(&net->lan, end_us));
		client_hear(net);
	}
}

void
dhcp_clear(struct dhcp_net *net)
{
	net->heard_count = net->arp_count = 0;
	lan_clear(&net->lan);
}

const struct dhcp_heard *
dhcp_heard_nth(const struct dhcp_net *net, uint8_t type, unsigned nth)
{
	for (unsigned i = 0; i < net->heard_count; i++)
		if (net->heard[i].type == type && nth-- == 0)
			return &net->heard[i];
	return NULL;
}

unsigned
dhcp_heard_count(const struct dhcp_net *net, uint8_t type)
{
	unsigned count = 0;
	while (dhcp_heard_nth(net, type, count) != NULL)
		count++;
	return count;
}

#include "tests/sim/tcp_site.h"

#include <stdio.h>
#include <string.h>

#include "tests/suite.h"

#define PORT       53u
#define LINE_US    1000u /* delay of each of the two wires */
#define OCTET_US   500u
#define AUTH_BYTES (2u << 20)
#define LISTENER   UINT64_MAX

static_assert(TCP_SITE_ZONES > UPSTREAM_TCP_CONNS, "the table of connections can be filled");

struct tcp_site tcp_site;

/* ---- the box ------------------------------------------------------------------------------------- */

/* The resolver's port, 0 for what is not TCP. */
static uint16_t
resolver_port(const struct link_frame *frame, bool is_from_resolver)
{
	const uint8_t *bytes = frame->bytes;
	const bool is_ip4 = bytes[0] >> 4 == 4;
	size_t at = is_ip4 ? (bytes[0] & 15u) * 4u : 40u;

	if ((is_ip4 ? bytes[9] : bytes[6]) != 6)
		return 0;
	at += is_from_resolver ? 0 : 2;
	return (uint16_t)(bytes[at] << 8 | bytes[at + 1]);
}

static void
box_hears(struct net_node *box, unsigned from, const struct link_frame *frame)
{
	const uint16_t port = resolver_port(frame, from == 0);

	if (tcp_site.forgotten[port])
		return;
	tcp_site.seen[port] = port != 0;
	struct link *to = box->links[!from];
	to->ops->send(to, frame, box->net->now_us);
}

void
tcp_site_box_forgets(void)
{
	memcpy(tcp_site.forgotten, tcp_site.seen, sizeof tcp_site.seen);
}

/* ---- the servers --------------------------------------------------------------------------------- */

static bool
is_root(const struct ip_addr *addr)
{
	for (unsigned i = 0; i < TCP_SITE_ZONES; i++)
		if (addr_equal(&tcp_site.servers[i], addr))
			return false;
	return true;
}

static void
hear_datagram(const struct stack_action *action)
{
	static uint8_t reply[MESSAGE_BYTES_MAX];
	const bool root = is_root(&action->local);

	if (!root && tcp_site.is_deaf)
		return;
	size_t size = auth_answer(root ? &tcp_site.root : &tcp_site.zones, action->bytes, action->size,
				  false, reply, sizeof reply);
	if (size > 0)
		(void)udp_reply(tcp_site.far->stack, &action->local, PORT, &action->remote,
				action->remote_port, reply, size, tcp_site.net.now_us);
}

static void
line_write(struct tcp_site_line *line)
{
	size_t size = tcp_site.is_slow && line->out_bytes > 0 ? 1 : line->out_bytes, taken = 0;

	if (size > 0)
		ck_assert_int_eq(tcp_send(tcp_site.far->stack, line->conn, line->out, size, 0,
					  tcp_site.net.now_us, &taken),
				 0);
	ck_assert_uint_eq(taken, size);
	line->out_bytes -= size;
	memmove(line->out, line->out + size, line->out_bytes);
	if (line->out_bytes > 0)
		tcp_site.far->due_at_us = tcp_site.net.now_us + OCTET_US;
}

static void
line_close(struct tcp_site_line *line)
{
	tcp_close(tcp_site.far->stack, line->conn, tcp_site.net.now_us);
	line->conn = 0;
}

/* Of a name like n1.z2.; the root label ends the number. */
static unsigned
zone_of(const uint8_t *query)
{
	const uint8_t *first = query + MESSAGE_HEADER_BYTES;
	return (unsigned)strtoul((const char *)first + first[0] + 3, NULL, 10);
}

static void
line_answer(struct tcp_site_line *line, const uint8_t *query, size_t size)
{
	uint8_t *reply = line->out + line->out_bytes;

	struct edns edns;
	const uint8_t *value;
	uint16_t value_bytes;

	tcp_site.query_count++;
	tcp_site.has_keepalive = message_edns(&edns, query, size) &&
			     edns_find(&edns, EDNS_KEEPALIVE, &value, &value_bytes) && value_bytes == 0;
	if (zone_of(query) < tcp_site.mute_count)
		return;
	size = auth_answer(&tcp_site.zones, query, size, true, reply + 2,
			   sizeof line->out - line->out_bytes - 2);
	ck_assert_uint_gt(size, 0);
	reply[0] = (uint8_t)(size >> 8);
	reply[1] = (uint8_t)size;
	line->out_bytes += size + 2;
	line->reply_count++;
	line_write(line);
}

static void
line_hear(struct tcp_site_line *line)
{
	size_t got = 0;

	while (tcp_receive(tcp_site.far->stack, line->conn, line->in + line->in_bytes,
			   sizeof line->in - line->in_bytes, tcp_site.net.now_us, &got) == 0 &&
	       got > 0)
		line->in_bytes += got;
	while (line->in_bytes >= 2) {
		const size_t size = (size_t)line->in[0] << 8 | line->in[1];
		if (line->in_bytes < 2 + size)
			return;
		line_answer(line, line->in + 2, size);
		line->in_bytes -= 2 + size;
		memmove(line->in, line->in + 2 + size, line->in_bytes);
		if (tcp_site.close_after > 0 && line->reply_count == tcp_site.close_after) {
			line_close(line);
			return;
		}
	}
}

static void
far_hears(struct net_node *far, const struct stack_action *action)
{
	if (action->kind == STACK_DATAGRAM)
		hear_datagram(action);
	if (action->kind != STACK_TCP)
		return;
	if (action->user == LISTENER) {
		ck_assert_uint_lt(tcp_site.line_count, TCP_SITE_LINES_MAX);
		while (tcp_accept(far->stack, action->conn, tcp_site.line_count,
				  &tcp_site.lines[tcp_site.line_count].conn) == 0)
			tcp_site.line_count++;
		return;
	}
	struct tcp_site_line *line = &tcp_site.lines[action->user];
	if (line->conn == action->conn && (action->events & TCP_EVENT_READABLE) != 0)
		line_hear(line);
	if (line->conn == action->conn &&
	    (action->events & (TCP_EVENT_PEER_CLOSED | TCP_EVENT_FAILED)) != 0)
		line_close(line);
}

static void
far_is_due(struct net_node *far)
{
	(void)far;
	for (unsigned i = 0; i < tcp_site.line_count; i++)
		if (tcp_site.lines[i].conn != 0 && tcp_site.lines[i].out_bytes > 0)
			line_write(&tcp_site.lines[i]);
}

unsigned
tcp_site_lines_open(void)
{
	unsigned count = 0;
	for (unsigned i = 0; i < tcp_site.line_count; i++)
		count += tcp_site.lines[i].conn != 0;
	return count;
}

/* ---- the site ------------------------------------------------------------------------------------ */

static void
load_zones(bool is_ip6)
{
	static char root_text[32768];
	const char *type = is_ip6 ? "AAAA" : "A";
	size_t used = (size_t)snprintf(root_text, sizeof root_text,
				       ". 86400 SOA mname. rname. 1 2 3 4 86400\n"
				       ". 86400 NS a.root-servers.net.\n"
				       "a.root-servers.net. 86400 A 198.41.0.4\n"
				       "a.root-servers.net. 86400 AAAA 2001:503:ba3e::2:30\n");

	tcp_site.root_block = malloc(AUTH_BYTES);
	tcp_site.zones_block = malloc(AUTH_BYTES);
	auth_init(&tcp_site.root, tcp_site.root_block, AUTH_BYTES);
	auth_init(&tcp_site.zones, tcp_site.zones_block, AUTH_BYTES);
	for (unsigned i = 0; i < TCP_SITE_ZONES; i++) {
		char text[256], apex[16], addr[64];
		snprintf(apex, sizeof apex, "z%u.", i);
		snprintf(addr, sizeof addr, is_ip6 ? "2001:db8:%u::53" : "198.51.%u.53", i + 1);
		tcp_site.servers[i] = net_ip(addr);
		used += (size_t)snprintf(root_text + used, sizeof root_text - used,
					 "z%u. 86400 NS ns.z%u.\nns.z%u. 86400 %s %s\n", i, i, i,
					 type, addr);
		snprintf(text, sizeof text,
			 "z%u. 600 SOA mname. rname. 1 2 3 4 300\nz%u. 600 NS ns.z%u.\n"
			 "ns.z%u. 600 %s %s\n*.z%u. 300 A 192.0.2.80\n",
			 i, i, i, i, type, addr, i);
		ck_assert_int_eq(auth_load(&tcp_site.zones, apex, text), 0);
	}
	ck_assert_msg(auth_load(&tcp_site.root, ".", root_text) == 0, "line %u: %s", tcp_site.root.line,
		      tcp_site.root.why);
}

static void
add_addr(struct net_node *host, const struct ip_addr *addr)
{
	char text[ADDR_TEXT_BYTES], prefix[ADDR_TEXT_BYTES + 4];
	snprintf(prefix, sizeof prefix, "%s/%zu", addr_to_text(addr, text, sizeof text),
		 8 * addr_bytes(addr));
	net_addr(host, 0, prefix);
}

static struct net_node *
host_make(const char *name)
{
	static const struct stack_limits limits = {
		.flow_count = 4096,
		.listener_count = 4,
		.addr_count = 256,
		.route_count = 300,
		.neigh_count = 8,
		.pmtu_count = 256,
		.reass_bytes = 64u << 10,
		.transmit_bytes = 1024u << 10,
		.receive_bytes = 1024u << 10,
		.tcp_count = 1024,
		.tcp_buffer_bytes = 32u << 20,
		.tcp_sent_count = 4096,
		.tcp_syn_count = 256,
		.tcp_time_wait_count = 512,
	};
	struct net_node *host = net_host(&tcp_site.net, name, &limits);
	struct wire *wire =
		net_wire(&tcp_site.net, &(struct wire_config){ .kind = STACK_IF_IP,
							   .mtu = 1500,
							   .end_count = 2,
							   .frames_max = 2048,
							   .faults = { .delay_us = LINE_US } });
	(void)net_attach(host, wire, 0);
	(void)net_attach(tcp_site.box, wire, 1);
	net_route(host, 0, "0.0.0.0/0", NULL);
	net_route(host, 0, "::/0", NULL);
	return host;
}

void
tcp_site_begin(bool is_ip6)
{
	struct internet_hints hints;
	struct tcp_config config = tcp_config_default;

	memset(&tcp_site, 0, sizeof tcp_site);
	net_init(&tcp_site.net, suite_seed(1));
	tcp_site.box = net_node(&tcp_site.net, "box", box_hears);
	tcp_site.internet.edge = host_make("edge");
	tcp_site.far = host_make("far");
	load_zones(is_ip6);
	net_addr(tcp_site.internet.edge, 0, "192.0.2.53/32");
	net_addr(tcp_site.internet.edge, 0, "2001:db8:ffff::53/128");
	internet_hints_read(&hints);
	for (unsigned i = 0; i < hints.count; i++)
		add_addr(tcp_site.far, &hints.addrs[i]);
	for (unsigned i = 0; i < TCP_SITE_ZONES; i++)
		add_addr(tcp_site.far, &tcp_site.servers[i]);
	config.no_delay = true;
	ck_assert_int_eq(udp_listen(tcp_site.far->stack, &(struct ip_addr){ 0 }, PORT, 0), 0);
	ck_assert_int_eq(tcp_listen(tcp_site.far->stack, &(struct ip_addr){ 0 }, PORT, 256, &config,
				    LISTENER, &tcp_site.listener),
			 0);
	tcp_site.far->on_action = far_hears;
	tcp_site.far->on_due = far_is_due;
	resolver_start(&tcp_site.resolver, &tcp_site.internet, NULL);
	net_run(&tcp_site.net, TCP_SITE_SECOND_US);
	tcp_site.zones.faults = AUTH_TRUNCATES; /* until a test says otherwise */
}

/* Every connection that the stack keeps for us is in the table. */
static void
expect_no_leak(void)
{
	const struct upstream_conn *conns = tcp_site.resolver.upstream.tcp.conns;
	unsigned kept = 0, known = 0;
	struct tcp_conn_info info;

	for (uint32_t place = 0; tcp_info_next(tcp_site.internet.edge->stack, &place, &info);)
		kept += !info.is_detached;
	for (unsigned i = 0; i < UPSTREAM_TCP_CONNS; i++)
		known += conns[i].conn != 0;
	ck_assert_uint_eq(kept, known);
}

void
tcp_site_end(void)
{
	net_run(&tcp_site.net, TCP_SITE_PATIENCE_US);
	resolver_expect_idle(&tcp_site.resolver);
	expect_no_leak();
	resolver_stop(&tcp_site.resolver);
	net_fini(&tcp_site.net);
	free(tcp_site.root_block);
	free(tcp_site.zones_block);
}

/* Name servers that are asked over TCP, as they are: patient, hasty, deaf to datagrams, gone. */
#include <stdio.h>
#include <string.h>

#include "stack/tcp.h"
#include "tests/sim/resolver.h"
#include "tests/suite.h"

#define PORT        53u
#define ZONES       70u /* one server each: more than there are connections */
#define LINES_MAX   512u
#define LINE_US     1000u /* delay of each of the two wires */
#define OCTET_US    500u
#define SECOND_US   1000000u
#define PATIENCE_US (12u * SECOND_US)
#define AUTH_BYTES  (2u << 20)
#define LISTENER    UINT64_MAX

static_assert(ZONES > UPSTREAM_TCP_CONNS, "the table of connections can be filled");

/* A connection as the server has it. */
struct line {
	tcp_conn conn;
	uint8_t in[4096], out[4096];
	size_t in_bytes, out_bytes;
	unsigned reply_count;
};

/* resolver's host --- a box between that may forget connections --- all the servers' addresses on one host */
static struct site {
	struct net net;
	struct net_node *box, *far;
	struct internet internet; /* its edge alone */
	struct resolver resolver;
	struct auth root, zones;
	void *root_block, *zones_block;
	struct ip_addr servers[ZONES];
	tcp_conn listener;
	struct line lines[LINES_MAX];
	unsigned line_count, query_count;   /* over TCP */
	bool is_deaf;                       /* to datagrams */
	bool is_mute;                       /* over TCP */
	bool is_slow;                       /* an octet at a time */
	bool has_keepalive;                 /* the last query over TCP had the option (RFC 7828) */
	unsigned close_after;               /* replies; 0: never */
	bool seen[65536], forgotten[65536]; /* ports of the resolver's */
} site;

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

	if (site.forgotten[port])
		return;
	site.seen[port] = port != 0;
	struct link *to = box->links[!from];
	to->ops->send(to, frame, box->net->now_us);
}

/* As a box that translates addresses does after a power cut: what comes on old connections goes nowhere. */
static void
box_forgets(void)
{
	memcpy(site.forgotten, site.seen, sizeof site.seen);
}

/* ---- the servers --------------------------------------------------------------------------------- */

static bool
is_root(const struct ip_addr *addr)
{
	for (unsigned i = 0; i < ZONES; i++)
		if (addr_equal(&site.servers[i], addr))
			return false;
	return true;
}

static void
hear_datagram(const struct stack_action *action)
{
	static uint8_t reply[MESSAGE_BYTES_MAX];
	const bool root = is_root(&action->local);

	if (!root && site.is_deaf)
		return;
	size_t size = auth_answer(root ? &site.root : &site.zones, action->bytes, action->size,
				  false, reply, sizeof reply);
	if (size > 0)
		(void)udp_reply(site.far->stack, &action->local, PORT, &action->remote,
				action->remote_port, reply, size, site.net.now_us);
}

static void
line_write(struct line *line)
{
	size_t size = site.is_slow && line->out_bytes > 0 ? 1 : line->out_bytes, taken = 0;

	if (size > 0)
		ck_assert_int_eq(tcp_send(site.far->stack, line->conn, line->out, size, 0,
					  site.net.now_us, &taken),
				 0);
	ck_assert_uint_eq(taken, size);
	line->out_bytes -= size;
	memmove(line->out, line->out + size, line->out_bytes);
	if (line->out_bytes > 0)
		site.far->due_at_us = site.net.now_us + OCTET_US;
}

static void
line_close(struct line *line)
{
	tcp_close(site.far->stack, line->conn, site.net.now_us);
	line->conn = 0;
}

static void
line_answer(struct line *line, const uint8_t *query, size_t size)
{
	uint8_t *reply = line->out + line->out_bytes;

	struct edns edns;
	const uint8_t *value;
	uint16_t value_bytes;

	site.query_count++;
	site.has_keepalive = message_edns(&edns, query, size) &&
			     edns_find(&edns, EDNS_KEEPALIVE, &value, &value_bytes) && value_bytes == 0;
	if (site.is_mute)
		return;
	size = auth_answer(&site.zones, query, size, true, reply + 2,
			   sizeof line->out - line->out_bytes - 2);
	ck_assert_uint_gt(size, 0);
	reply[0] = (uint8_t)(size >> 8);
	reply[1] = (uint8_t)size;
	line->out_bytes += size + 2;
	line->reply_count++;
	line_write(line);
}

static void
line_hear(struct line *line)
{
	size_t got = 0;

	while (tcp_receive(site.far->stack, line->conn, line->in + line->in_bytes,
			   sizeof line->in - line->in_bytes, site.net.now_us, &got) == 0 &&
	       got > 0)
		line->in_bytes += got;
	while (line->in_bytes >= 2) {
		const size_t size = (size_t)line->in[0] << 8 | line->in[1];
		if (line->in_bytes < 2 + size)
			return;
		line_answer(line, line->in + 2, size);
		line->in_bytes -= 2 + size;
		memmove(line->in, line->in + 2 + size, line->in_bytes);
		if (site.close_after > 0 && line->reply_count == site.close_after) {
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
		ck_assert_uint_lt(site.line_count, LINES_MAX);
		while (tcp_accept(far->stack, action->conn, site.line_count,
				  &site.lines[site.line_count].conn) == 0)
			site.line_count++;
		return;
	}
	struct line *line = &site.lines[action->user];
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
	for (unsigned i = 0; i < site.line_count; i++)
		if (site.lines[i].conn != 0 && site.lines[i].out_bytes > 0)
			line_write(&site.lines[i]);
}

static unsigned
lines_open(void)
{
	unsigned count = 0;
	for (unsigned i = 0; i < site.line_count; i++)
		count += site.lines[i].conn != 0;
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

	site.root_block = malloc(AUTH_BYTES);
	site.zones_block = malloc(AUTH_BYTES);
	auth_init(&site.root, site.root_block, AUTH_BYTES);
	auth_init(&site.zones, site.zones_block, AUTH_BYTES);
	for (unsigned i = 0; i < ZONES; i++) {
		char text[256], apex[16], addr[64];
		snprintf(apex, sizeof apex, "z%u.", i);
		snprintf(addr, sizeof addr, is_ip6 ? "2001:db8:%u::53" : "198.51.%u.53", i + 1);
		site.servers[i] = net_ip(addr);
		used += (size_t)snprintf(root_text + used, sizeof root_text - used,
					 "z%u. 86400 NS ns.z%u.\nns.z%u. 86400 %s %s\n", i, i, i,
					 type, addr);
		snprintf(text, sizeof text,
			 "z%u. 600 SOA mname. rname. 1 2 3 4 300\nz%u. 600 NS ns.z%u.\n"
			 "ns.z%u. 600 %s %s\n*.z%u. 300 A 192.0.2.80\n",
			 i, i, i, i, type, addr, i);
		ck_assert_int_eq(auth_load(&site.zones, apex, text), 0);
	}
	ck_assert_msg(auth_load(&site.root, ".", root_text) == 0, "line %u: %s", site.root.line,
		      site.root.why);
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
	struct net_node *host = net_host(&site.net, name, &limits);
	struct wire *wire =
		net_wire(&site.net, &(struct wire_config){ .kind = STACK_IF_IP,
							   .mtu = 1500,
							   .end_count = 2,
							   .frames_max = 2048,
							   .faults = { .delay_us = LINE_US } });
	(void)net_attach(host, wire, 0);
	(void)net_attach(site.box, wire, 1);
	net_route(host, 0, "0.0.0.0/0", NULL);
	net_route(host, 0, "::/0", NULL);
	return host;
}

static void
begin(int is_ip6)
{
	struct internet_hints hints;
	struct tcp_config config = tcp_config_default;

	memset(&site, 0, sizeof site);
	net_init(&site.net, suite_seed(1));
	site.box = net_node(&site.net, "box", box_hears);
	site.internet.edge = host_make("edge");
	site.far = host_make("far");
	load_zones(is_ip6 != 0);
	net_addr(site.internet.edge, 0, "192.0.2.53/32");
	net_addr(site.internet.edge, 0, "2001:db8:ffff::53/128");
	internet_hints_read(&hints);
	for (unsigned i = 0; i < hints.count; i++)
		add_addr(site.far, &hints.addrs[i]);
	for (unsigned i = 0; i < ZONES; i++)
		add_addr(site.far, &site.servers[i]);
	config.no_delay = true;
	ck_assert_int_eq(udp_listen(site.far->stack, &(struct ip_addr){ 0 }, PORT, 0), 0);
	ck_assert_int_eq(tcp_listen(site.far->stack, &(struct ip_addr){ 0 }, PORT, 256, &config,
				    LISTENER, &site.listener),
			 0);
	site.far->on_action = far_hears;
	site.far->on_due = far_is_due;
	resolver_start(&site.resolver, &site.internet, NULL);
	net_run(&site.net, SECOND_US);
	site.zones.faults = AUTH_TRUNCATES; /* until a test says otherwise */
}

/* Every connection that the stack keeps for us is in the table. */
static void
expect_no_leak(void)
{
	const struct upstream_conn *conns = site.resolver.upstream.tcp.conns;
	unsigned kept = 0, known = 0;
	struct tcp_conn_info info;

	for (uint32_t place = 0; tcp_info_next(site.internet.edge->stack, &place, &info);)
		kept += !info.is_detached;
	for (unsigned i = 0; i < UPSTREAM_TCP_CONNS; i++)
		known += conns[i].conn != 0;
	ck_assert_uint_eq(kept, known);
}

static void
end(void)
{
	net_run(&site.net, PATIENCE_US);
	resolver_expect_idle(&site.resolver);
	expect_no_leak();
	resolver_stop(&site.resolver);
	net_fini(&site.net);
	free(site.root_block);
	free(site.zones_block);
}

static const struct ask *
ask(unsigned number, unsigned zone)
{
	struct zones_question question = {
		.kind = KIND_HOST, .qtype = TYPE_A, .rcode = RCODE_NOERROR, .value = "192.0.2.80"
	};
	snprintf(question.qname, sizeof question.qname, "n%u.z%u.", number, zone);
	snprintf(question.owner, sizeof question.owner, "n%u.z%u.", number, zone);
	return resolver_ask(&site.resolver, &question);
}

static void
expect_done(const struct ask *asked)
{
	ck_assert_msg(asked->is_done && asked->is_right, "%s: %s", asked->question.qname, asked->why);
}

/* Asks for `count` names of the first zone at once and waits for all. */
static void
expect_right(unsigned first, unsigned count)
{
	const struct ask *asks[LINES_MAX];

	for (unsigned i = 0; i < count; i++)
		asks[i] = ask(first + i, 0);
	net_run(&site.net, PATIENCE_US / 2);
	for (unsigned i = 0; i < count; i++)
		expect_done(asks[i]);
}

static const struct upstream_tcp_stats *
tcp_stats(void)
{
	return &site.resolver.upstream.tcp.stats;
}

static struct engine_stats
engine_counts(void)
{
	struct engine_stats stats;
	engine_stats(site.resolver.engine, &stats);
	return stats;
}

static struct infra_server
infra_of(unsigned zone)
{
	struct infra_server server;
	infra_get(site.resolver.caches.infra, &site.servers[zone], &server, site.net.now_us);
	return server;
}

static void
expect_no_blame(void)
{
	ck_assert_uint_eq(engine_counts().unreachable, 0);
	ck_assert_uint_eq(engine_counts().servfails, 0);
	ck_assert(!infra_of(0).down);
	ck_assert_uint_eq(infra_of(0).timeouts, 0);
}

/* ---- connections --------------------------------------------------------------------------------- */

START_TEST(what_is_truncated_is_asked_over_tcp)
{
	begin(_i);
	expect_right(0, 1);
	ck_assert_uint_eq(site.query_count, 1);
	ck_assert_uint_eq(engine_counts().truncated, 1);
	ck_assert_uint_eq(engine_counts().sent_tcp4, _i == 0);
	ck_assert_uint_eq(engine_counts().sent_tcp6, _i == 1);
	expect_no_blame();
	end();
}
END_TEST

/* RFC 7766, section 6.2.1. */
START_TEST(many_queries_to_one_server_share_a_connection)
{
	begin(_i);
	expect_right(0, 100);
	ck_assert_uint_eq(site.query_count, 100);
	ck_assert_uint_le(tcp_stats()->opened, 2); /* two queries that drew the same id need two */
	ck_assert_uint_eq(tcp_stats()->opened + tcp_stats()->reused, 100);
	expect_no_blame();
	end();
}
END_TEST

START_TEST(a_connection_that_nobody_uses_is_closed)
{
	begin(_i);
	expect_right(0, 1);
	ck_assert_uint_eq(lines_open(), 1);
	/* Nothing happens meanwhile: that is why a deadline has to say when to look. */
	net_run(&site.net, UPSTREAM_TCP_IDLE_US + 2 * SECOND_US);
	ck_assert_uint_eq(lines_open(), 0);
	ck_assert_uint_eq(tcp_stats()->failed, 0);
	ck_assert_uint_eq(upstream_deadline(&site.resolver.upstream), engine_deadline(site.resolver.engine));
	end();
}
END_TEST

/* RFC 7828, section 3.2.2; what a server would bear longer than we would is closed when we like. */
START_TEST(a_server_says_how_long_a_connection_may_be_idle)
{
	static const uint8_t options[][6] = { { 0, EDNS_KEEPALIVE, 0, 2, 0, 0 }, { 0, EDNS_KEEPALIVE, 0, 2, 0, 10 },
					      { 0, EDNS_KEEPALIVE, 0, 2, 0xff, 0xff } };

	begin(_i % 2);
	site.zones.options = options[_i / 2];
	site.zones.options_bytes = sizeof options[0];
	for (unsigned i = 0; i < 2; i++) {
		const struct ask *asked = ask(i, 0);
		net_run(&site.net, SECOND_US / 2);
		expect_done(asked);
	}
	ck_assert_uint_eq(tcp_stats()->opened, _i / 2 == 0 ? 2 : 1);
	net_run(&site.net, 5 * SECOND_US);
	ck_assert_uint_eq(lines_open(), _i / 2 == 2);
	ck_assert(site.has_keepalive);
	expect_no_blame();
	end();
}
END_TEST

START_TEST(a_server_may_close_after_each_reply)
{
	begin(_i);
	site.close_after = 1;
	for (unsigned i = 0; i < 10; i++)
		expect_right(i, 1);
	ck_assert_uint_eq(tcp_stats()->opened, 10);
	ck_assert_uint_eq(tcp_stats()->failed, 0);
	expect_no_blame();
	end();
}
END_TEST

/* RFC 7766, section 6.2.4. */
START_TEST(what_waits_when_the_server_closes_is_sent_again)
{
	begin(_i);
	site.close_after = 2;
	expect_right(0, 6);
	ck_assert_uint_eq(tcp_stats()->opened, 3);
	ck_assert_uint_eq(engine_counts().resent, 4 + 2);
	expect_no_blame();
	end();
}
END_TEST

START_TEST(a_connection_whose_peer_has_vanished_is_left_for_a_new_one)
{
	begin(_i);
	expect_right(0, 1);
	box_forgets();
	expect_right(1, 1);
	ck_assert_uint_eq(tcp_stats()->opened, 2);
	const struct ask *next = ask(2, 0);
	net_run(&site.net, SECOND_US / 10);
	expect_done(next); /* it cost one question its patience, not the next */
	end();
}
END_TEST

START_TEST(a_reply_in_segments_of_one_octet_is_read)
{
	struct stack_stats before, after;

	begin(_i);
	site.is_slow = true;
	stack_stats(site.internet.edge->stack, &before);
	expect_right(0, 1);
	stack_stats(site.internet.edge->stack, &after);
	ck_assert_uint_gt(after.received_frames - before.received_frames, 40);
	end();
}
END_TEST

/* ---- servers ------------------------------------------------------------------------------------- */

START_TEST(a_server_of_tcp_alone_answers_name_after_name)
{
	begin(_i);
	site.is_deaf = true;
	expect_right(0, 1);
	ck_assert(infra_of(0).only_tcp);
	const uint64_t datagrams = engine_counts().sent_udp4 + engine_counts().sent_udp6;
	for (unsigned i = 1; i < 10; i++) {
		const struct ask *next = ask(i, 0);
		net_run(&site.net, SECOND_US / 10);
		expect_done(next);
	}
	ck_assert_uint_eq(engine_counts().sent_udp4 + engine_counts().sent_udp6, datagrams);
	ck_assert(!infra_of(0).down);
	end();
}
END_TEST

START_TEST(a_server_that_refuses_connections_keeps_its_name_for_datagrams)
{
	begin(_i);
	tcp_close(site.far->stack, site.listener, site.net.now_us);
	const struct ask *cut = ask(0, 0);
	net_run(&site.net, SECOND_US);
	ck_assert(cut->is_done && cut->rcode == RCODE_SERVFAIL);
	ck_assert(!infra_of(0).down);
	ck_assert_uint_eq(infra_of(0).timeouts, 0);
	site.zones.faults = 0;
	const struct ask *next = ask(1, 0);
	net_run(&site.net, SECOND_US / 10);
	expect_done(next);
	end();
}
END_TEST

START_TEST(a_full_table_of_connections_is_no_servers_fault)
{
	const struct ask *asks[ZONES];

	begin(_i);
	site.is_mute = true;
	for (unsigned i = 0; i < ZONES; i++)
		asks[i] = ask(0, i);
	net_run(&site.net,
		UPSTREAM_TCP_IDLE_US - SECOND_US); /* given up, and not yet idle for long */
	ck_assert_uint_gt(engine_counts().unsent, 0);
	ck_assert_uint_eq(engine_counts().unreachable, 0);
	for (unsigned i = 0; i < ZONES; i++)
		ck_assert(asks[i]->is_done && asks[i]->rcode == RCODE_SERVFAIL);
	for (unsigned i = 0; i < ZONES; i++)
		ck_assert(i < UPSTREAM_TCP_CONNS || !infra_of(i).down);
	site.is_mute = false;
	for (unsigned i = 0; i < ZONES; i++) {
		const struct ask *next = ask(1, i);
		net_run(&site.net, SECOND_US);
		expect_done(next);
	}
	end();
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("upstream over TCP");
	TCase *tcase = tcase_create("IPv4, IPv6");
	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, what_is_truncated_is_asked_over_tcp, 0, 2);
	tcase_add_loop_test(tcase, many_queries_to_one_server_share_a_connection, 0, 2);
	tcase_add_loop_test(tcase, a_connection_that_nobody_uses_is_closed, 0, 2);
	tcase_add_loop_test(tcase, a_server_says_how_long_a_connection_may_be_idle, 0, 6);
	tcase_add_loop_test(tcase, a_server_may_close_after_each_reply, 0, 2);
	tcase_add_loop_test(tcase, what_waits_when_the_server_closes_is_sent_again, 0, 2);
	tcase_add_loop_test(tcase, a_connection_whose_peer_has_vanished_is_left_for_a_new_one, 0, 2);
	tcase_add_loop_test(tcase, a_reply_in_segments_of_one_octet_is_read, 0, 2);
	tcase_add_loop_test(tcase, a_server_of_tcp_alone_answers_name_after_name, 0, 2);
	tcase_add_loop_test(tcase, a_server_that_refuses_connections_keeps_its_name_for_datagrams, 0, 2);
	tcase_add_loop_test(tcase, a_full_table_of_connections_is_no_servers_fault, 0, 2);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}

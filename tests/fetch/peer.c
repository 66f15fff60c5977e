#include "tests/fetch/peer.h"

#include <string.h>

#include "resolver/answer.h"
#include "stack/base/arena.h"
#include "stack/tcp.h"
#include "tests/suite.h"

#define TICK_US   1000u
#define LIMIT_US  10000000u
#define PORT_DNS  53u
#define PORT_ECHO 7u
#define USER_DNS  1u
#define USER_ECHO 2u
#define REPLY_MAX 512u

static struct stack_addr
addr(const char *text)
{
	struct stack_addr addr = { .flags = STACK_ADDR_NO_DAD };
	unsigned prefix_len;

	ck_assert_int_eq(addr_prefix_from_text(&addr.addr, &prefix_len, text), 0);
	addr.prefix_len = (uint8_t)prefix_len;
	return addr;
}

/* ---- the resolver -------------------------------------------------------------------------------------- */

static void
render_addr(struct render *render, const struct question *question)
{
	const uint8_t ipv4[] = { 0, 4, 192, 0, 2, 1 };
	const uint8_t ipv6[] = { 0, 16, 0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1 };
	const bool is_ipv4 = question->qtype == TYPE_A;
	const struct rrset set = { .owner = &question->qname,
				   .type = question->qtype,
				   .class = CLASS_IN,
				   .rr_count = 1,
				   .ttl_s = 300,
				   .rdata = is_ipv4 ? ipv4 : ipv6,
				   .rdata_bytes = is_ipv4 ? sizeof ipv4 : sizeof ipv6 };
	ck_assert_int_eq(render_rrset(render, SECTION_ANSWER, &set, set.ttl_s, false), 0);
}

static void
render_https(struct render *render, const struct peer *peer, const struct question *question)
{
	const struct rrset set = { .owner = &question->qname,
				   .type = TYPE_HTTPS,
				   .class = CLASS_IN,
				   .rr_count = 1,
				   .ttl_s = 300,
				   .rdata = peer->https,
				   .rdata_bytes = (uint32_t)peer->https_bytes };
	ck_assert_int_eq(render_rrset(render, SECTION_ANSWER, &set, set.ttl_s, false), 0);
}

static size_t
reply_to(const struct peer *peer, const uint8_t *bytes, size_t size, bool is_tcp, uint8_t *reply)
{
	const uint8_t ede[] = { 0, EDNS_EDE, 0, 6, 0, (uint8_t)peer->ede, 't', 'e', 's', 't' };
	struct query query;
	struct render render;

	ck_assert_int_eq(query_read(&query, bytes, size), RCODE_NOERROR);
	ck_assert(query.flags & DNS_RD);
	const bool is_refused = peer->refuses_edns && query.edns.present;
	const bool is_cut = peer->is_truncating && !is_tcp;
	const uint16_t rcode = is_refused ? RCODE_FORMERR : peer->rcode;
	render_begin(&render, reply, REPLY_MAX, query.id,
		     (uint16_t)(DNS_QR | DNS_RD | DNS_RA | DNS_AD | (is_cut ? DNS_TC : 0u)), rcode,
		     40);
	ck_assert_int_eq(render_question(&render, &query.question), 0);
	if (query.question.qtype == TYPE_HTTPS) {
		if (peer->https != NULL)
			render_https(&render, peer, &query.question);
	} else if (rcode == RCODE_NOERROR && !is_cut)
		render_addr(&render, &query.question);
	const struct edns edns = { .present = true,
				   .udp_bytes = EDNS_UDP_BYTES,
				   .options = peer->ede != EDE_NONE ? ede : NULL,
				   .options_bytes = peer->ede != EDE_NONE ? sizeof ede : 0 };
	if (query.edns.present && !is_refused)
		ck_assert_int_eq(render_edns(&render, &edns), 0);
	const int bytes_made = render_finish(&render);
	ck_assert_int_gt(bytes_made, 0);
	return (size_t)bytes_made;
}

static void
on_datagram(struct peer *peer, const struct stack_action *action, uint64_t now_us)
{
	uint8_t reply[REPLY_MAX];

	peer->udp_count++;
	if (peer->silent_count > 0) {
		peer->silent_count--;
		return;
	}
	const size_t size = reply_to(peer, action->bytes, action->size, false, reply);
	const struct ip_addr local = action->local, remote = action->remote;
	if (peer->lies_about_id) {
		reply[0] ^= 0xff;
		ck_assert_int_eq(udp_reply(peer->stack, &local, PORT_DNS, &remote,
					   action->remote_port, reply, size, now_us),
				 0);
		reply[0] ^= 0xff;
	}
	ck_assert_int_eq(udp_reply(peer->stack, &local, PORT_DNS, &remote, action->remote_port,
				   reply, size, now_us),
			 0);
}

/* ---- its connections ----------------------------------------------------------------------------------- */

static void
answer_over_tcp(struct peer *peer, tcp_conn conn, uint64_t now_us)
{
	uint8_t question[REPLY_MAX], reply[2 + REPLY_MAX];
	size_t got, taken;

	if (tcp_receive(peer->stack, conn, question, sizeof question, now_us, &got) != 0 || got < 2)
		return;
	peer->tcp_count++;
	const size_t size = reply_to(peer, question + 2, got - 2, true, reply + 2);
	reply[0] = (uint8_t)(size >> 8);
	reply[1] = (uint8_t)size;
	ck_assert_int_eq(tcp_send(peer->stack, conn, reply, size + 2, 0, now_us, &taken), 0);
}

static void
echo(struct peer *peer, tcp_conn conn, uint64_t now_us)
{
	uint8_t octets[4096];
	size_t got, taken;

	while (tcp_receive(peer->stack, conn, octets, sizeof octets, now_us, &got) == 0) {
		if (got == 0) {
			tcp_close(peer->stack, conn, now_us);
			return;
		}
		ck_assert_int_eq(tcp_send(peer->stack, conn, octets, got, 0, now_us, &taken), 0);
		ck_assert_uint_eq(taken, got);
	}
}

static void
on_tcp(struct peer *peer, const struct stack_action *action, uint64_t now_us)
{
	tcp_conn conn;

	if ((action->events & TCP_EVENT_ACCEPTABLE) != 0)
		while (tcp_accept(peer->stack, action->conn, action->user, &conn) == 0)
			;
	else if ((action->events & TCP_EVENT_READABLE) != 0 && action->user == USER_DNS)
		answer_over_tcp(peer, action->conn, now_us);
	else if ((action->events & TCP_EVENT_READABLE) != 0)
		echo(peer, action->conn, now_us);
}

/* ---- its turn ------------------------------------------------------------------------------------------ */

static void
drain(struct peer *peer, struct link *link, uint64_t now_us)
{
	struct stack_action action;

	while (stack_next(peer->stack, &action)) {
		const struct link_frame frame = { .bytes = action.bytes, .size = action.size };
		if (action.kind == STACK_TRANSMIT)
			link->ops->send(link, &frame, now_us);
		else if (action.kind == STACK_DATAGRAM)
			on_datagram(peer, &action, now_us);
		else if (action.kind == STACK_TCP)
			on_tcp(peer, &action, now_us);
	}
}

static void
on_tick(void *data)
{
	struct peer *peer = data;
	struct link *link = wire_link(&peer->wire, 1);
	struct link_frame frames[LINK_BATCH_MAX];
	const uint64_t now_us = net_now_us(peer->net);
	const size_t count = link->ops->receive(link, frames, LINK_BATCH_MAX, now_us);

	for (size_t i = 0; i < count; i++)
		stack_receive(peer->stack, peer->ifindex, frames[i].bytes, frames[i].size,
			      frames[i].rx_flags, now_us);
	stack_timeout(peer->stack, now_us);
	drain(peer, link, now_us);
	link->ops->flush(link, now_us);
	net_timer_start(peer->net, &peer->timer, now_us + TICK_US, on_tick, peer);
}

/* ---- life ---------------------------------------------------------------------------------------------- */

static void
open_wire(struct peer *peer)
{
	const struct wire_config config = {
		.kind = STACK_IF_IP, .mtu = 1500, .end_count = 2, .frames_max = 256, .seed = 1
	};

	peer->wire_block = malloc(wire_bytes(&config));
	ck_assert_ptr_nonnull(peer->wire_block);
	ck_assert_int_eq(wire_init(&peer->wire, peer->wire_block, wire_bytes(&config), &config), 0);
}

static void
open_stack(struct peer *peer, uint64_t now_us)
{
	struct stack_limits limits = stack_limits_default;
	struct stack_if_config config;
	const struct stack_addr addrs[] = { addr("192.0.2.1/24"), addr("2001:db8::1/64") };
	const struct ip_addr any = { .family = ADDR_NONE };
	tcp_conn listener;

	limits.flow_count = 16;
	limits.tcp_count = 64;
	limits.tcp_buffer_bytes = 4 << 20;
	limits.tcp_sent_count = 256;
	limits.tcp_syn_count = 16;
	limits.tcp_time_wait_count = 64;
	peer->stack_block = aligned_alloc(64, (stack_bytes(&limits) + 63) & ~(size_t)63);
	peer->stack =
		stack_new(peer->stack_block, stack_bytes(&limits), &limits, &peer->rng, now_us);
	ck_assert_ptr_nonnull(peer->stack);
	struct link *link = wire_link(&peer->wire, 1);
	link->ops->describe(link, &config);
	ck_assert_int_eq(stack_if_add(peer->stack, &config, &peer->ifindex), 0);
	ck_assert_int_eq(stack_if_set_up(peer->stack, peer->ifindex, true, now_us), 0);
	for (size_t i = 0; i < COUNT(addrs); i++)
		ck_assert_int_eq(stack_addr_add(peer->stack, peer->ifindex, &addrs[i], now_us), 0);
	ck_assert_int_eq(tcp_listen(peer->stack, &any, PORT_ECHO, 8, NULL, USER_ECHO, &listener),
			 0);
	if (!peer->has_resolver)
		return;
	ck_assert_int_eq(tcp_listen(peer->stack, &any, PORT_DNS, 8, NULL, USER_DNS, &listener), 0);
	ck_assert_int_eq(udp_listen(peer->stack, &any, PORT_DNS, USER_DNS), 0);
}

void
peer_open(struct peer *peer, bool has_resolver)
{
	*peer = (struct peer){ .has_resolver = has_resolver, .ede = EDE_NONE };
	rng_init_number(&peer->rng, 1);
	open_wire(peer);
	const struct net_options options = { .given = wire_link(&peer->wire, 0),
					     .addrs = { addr("192.0.2.2/24"),
							addr("2001:db8::2/64") },
					     .addr_count = 2 };
	struct failure failure;
	ck_assert_int_eq(net_open(&peer->net, &options, &failure), 0);
	open_stack(peer, net_now_us(peer->net));
	net_timer_start(peer->net, &peer->timer, 0, on_tick, peer);
}

void
peer_close(struct peer *peer)
{
	net_timer_stop(peer->net, &peer->timer);
	net_close(peer->net);
	free(peer->stack_block);
	free(peer->wire_block);
}

struct names *
peer_names(struct peer *peer)
{
	struct names_options options = { .source = NAMES_SERVER, .server_count = 1 };
	struct names *names;
	struct failure failure;

	options.servers[0] = (struct stub_server){ addr("192.0.2.1/24").addr, PORT_DNS };
	ck_assert_int_eq(names_open(&names, peer->net, &options, &failure), 0);
	return names;
}

static void
on_look(void *data)
{
	net_stop(data);
}

void
peer_run(struct peer *peer, const bool *is_done)
{
	struct net_timer timer = { .on_due = NULL };
	const uint64_t until_us = net_now_us(peer->net) + LIMIT_US;

	while (!*is_done && net_now_us(peer->net) < until_us) {
		net_timer_start(peer->net, &timer, net_now_us(peer->net) + TICK_US, on_look,
				peer->net);
		net_run(peer->net);
	}
	net_timer_stop(peer->net, &timer);
	ck_assert_msg(*is_done, "not within ten seconds");
}

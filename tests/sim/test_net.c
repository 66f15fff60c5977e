/*
 * Stacks in a network at virtual time, over lines that lose, delay, reorder, double and damage:
 * what must hold whatever the line does. CAIRN_TEST_SEED repeats a run; the seed is in every
 * message.
 */
#include <string.h>

#include "tests/sim/net.h"
#include "tests/sim/gateway.h"
#include "tests/suite.h"

enum { V4, V6, FAMILIES };

#define PORT        53u
#define QUERIES     300u
#define IN_FLIGHT   20u
#define RETRY_US    400000u
#define PAYLOAD_MAX 8000u

static const struct fault_config bad_line = {
	.loss_ppm = 100000,
	.duplicate_ppm = 50000,
	.corrupt_ppm = 20000,
	.reorder_ppm = 200000,
	.reorder_us = 8000,
	.delay_us = 5000,
	.jitter_us = 3000,
};

static struct net net;

static void
setup(void)
{
	net_init(&net, suite_seed(7));
}

static void
teardown(void)
{
	net_fini(&net);
}

static unsigned long long
seed(void)
{
	return (unsigned long long)net.seed;
}

/* ---- a program that asks, and one that answers ----------------------------------------------- */

struct query {
	udp_flow flow; /* 0: not open */
	uint32_t number;
	size_t size;
	uint64_t retry_at_us;
	unsigned try_count;
};

struct asker {
	struct net_node *host;
	struct ip_addr server;
	size_t payload_max; /* of a query */
	uint32_t next_number, answered_count, send_failed_count;
	uint64_t slowest_us;
	struct query queries[IN_FLIGHT];
	uint64_t began_us[QUERIES];
	uint32_t errors[STACK_ERROR_TIME_EXCEEDED + 1];
};

struct answerer {
	struct net_node *host;
	uint64_t asked_count;
};

/* The payload is made of its number, so that both sides know what it must be. */
static void
payload_make(uint8_t *payload, uint32_t number, size_t size)
{
	for (size_t i = 0; i < size; i++)
		payload[i] = (uint8_t)(number * 31 + i * 7 + i / 251);
	memcpy(payload, &number, sizeof number);
}

static bool
payload_is_right(const uint8_t *payload, size_t size)
{
	static uint8_t expected[PAYLOAD_MAX];
	uint32_t number;

	if (size < sizeof number || size > PAYLOAD_MAX)
		return false;
	memcpy(&number, payload, sizeof number);
	payload_make(expected, number, size);
	return memcmp(expected, payload, size) == 0;
}

static void
answerer_hears(struct net_node *host, const struct stack_action *action)
{
	struct answerer *answerer = host->data;

	if (action->kind != STACK_DATAGRAM)
		return;
	ck_assert_msg(payload_is_right(action->bytes, action->size),
		      "a damaged datagram, seed %llu", seed());
	answerer->asked_count++;
	(void)udp_reply(host->stack, &action->local, PORT, &action->remote, action->remote_port,
			action->bytes, action->size, host->net->now_us);
}

static void
answerer_init(struct answerer *answerer, struct net_node *host)
{
	struct ip_addr any = { 0 };

	*answerer = (struct answerer){ .host = host };
	host->data = answerer;
	host->on_action = answerer_hears;
	ck_assert_int_eq(udp_listen(host->stack, &any, PORT, 0), 0);
}

static void
query_send(struct asker *asker, struct query *query)
{
	static uint8_t payload[PAYLOAD_MAX];
	struct stack *stack = asker->host->stack;

	if (query->flow != 0)
		udp_close(stack, query->flow);
	query->flow = 0;
	query->try_count++;
	query->retry_at_us = net.now_us + RETRY_US;
	payload_make(payload, query->number, query->size);
	if (udp_open(stack, &asker->server, PORT, NULL, 0, query->number, &query->flow) != 0 ||
	    udp_send(stack, query->flow, payload, query->size, net.now_us) != 0)
		asker->send_failed_count++;
}

static void
query_begin(struct asker *asker, struct query *query)
{
	if (asker->next_number == QUERIES)
		return;
	*query = (struct query){ .number = asker->next_number++ };
	query->size = 4 + rng_below(&asker->host->rng, (uint32_t)asker->payload_max - 4);
	asker->began_us[query->number] = net.now_us;
	query_send(asker, query);
}

static void
asker_due(struct net_node *host)
{
	struct asker *asker = host->data;
	uint64_t next_us = NET_NEVER;

	for (size_t i = 0; i < IN_FLIGHT; i++) {
		struct query *query = &asker->queries[i];
		if (query->try_count == 0)
			query_begin(asker, query);
		else if (query->retry_at_us <= net.now_us)
			query_send(asker, query);
		if (query->try_count != 0 && query->retry_at_us < next_us)
			next_us = query->retry_at_us;
	}
	host->due_at_us = next_us;
}

static void
asker_hears(struct net_node *host, const struct stack_action *action)
{
	struct asker *asker = host->data;

	if (action->kind == STACK_ERROR)
		asker->errors[action->error]++;
	if (action->kind != STACK_DATAGRAM)
		return;
	for (size_t i = 0; i < IN_FLIGHT; i++) {
		struct query *query = &asker->queries[i];
		if (query->flow != action->flow)
			continue;
		ck_assert_msg(action->size == query->size &&
				      payload_is_right(action->bytes, action->size),
			      "a damaged answer, seed %llu", seed());
		ck_assert_uint_eq(action->user, query->number);
		const uint64_t took_us = net.now_us - asker->began_us[query->number];
		asker->slowest_us = took_us > asker->slowest_us ? took_us : asker->slowest_us;
		asker->answered_count++;
		udp_close(host->stack, query->flow);
		*query = (struct query){ 0 };
		host->due_at_us = net.now_us; /* the next one */
		return;
	}
	/* Closed flows get nothing: an answer that comes twice must not arrive here. */
	ck_abort_msg("a datagram for no query, seed %llu", seed());
}

static void
asker_init(struct asker *asker, struct net_node *host, const char *server, size_t payload_max)
{
	*asker = (struct asker){ .host = host,
				 .server = net_ip(server),
				 .payload_max = payload_max };
	host->data = asker;
	host->on_action = asker_hears;
	host->on_due = asker_due;
	host->due_at_us = net.now_us;
}

static void
expect_empty(const struct net_node *host)
{
	struct stack_stats stats;

	stack_stats(host->stack, &stats);
	ck_assert_msg(stats.flows_open == 0, "%s: %u flows open, seed %llu", host->name,
		      stats.flows_open, seed());
	ck_assert_msg(stats.reass_bytes == 0, "%s: %u octets of fragments, seed %llu", host->name,
		      stats.reass_bytes, seed());
}

static struct asker asker;
static struct answerer answerer;

static const char *const client_addrs[] = { "192.0.2.1/24", "2001:db8::1/64" };
static const char *const server_addrs[] = { "192.0.2.2/24", "2001:db8::2/64" };
static const char *const servers[] = { "192.0.2.2", "2001:db8::2" };

/* Two hosts on one wire. */
static struct wire *
pair_make(enum stack_if_kind kind, const struct fault_config *faults)
{
	struct wire *wire = net_wire(
		&net, &(struct wire_config){
			      .kind = kind, .mtu = 1500, .end_count = 2, .faults = *faults });
	struct net_node *client = net_host(&net, "client", NULL),
			*server = net_host(&net, "server", NULL);

	for (int family = 0; family < FAMILIES; family++) {
		if (family == V4) {
			(void)net_attach(client, wire, 0);
			(void)net_attach(server, wire, 1);
		}
		net_addr(client, 0, client_addrs[family]);
		net_addr(server, 0, server_addrs[family]);
	}
	answerer_init(&answerer, server);
	return wire;
}

/* ---- properties ------------------------------------------------------------------------------ */

/* loop index: family + 2 * kind + 4 * (0: small datagrams, 1: fragmented ones) */
START_TEST(every_query_is_answered_over_a_bad_line_and_nothing_damaged_arrives)
{
	const int family = _i % FAMILIES;
	const size_t payload_max = _i / 4 == 0 ? 1400 : 6000;
	struct fault_config line = bad_line;

	/*
	 * One flipped bit is always noticed, but two in two fragments of one datagram may cancel
	 * out in a sum: that is the Internet checksum's weakness and not the stack's.
	 */
	if (payload_max > 1400)
		line.corrupt_ppm = 0;
	pair_make(_i / 2 % 2 == 0 ? STACK_IF_IP : STACK_IF_ETHER, &line);
	asker_init(&asker, net.nodes[0], servers[family], payload_max);
	net_run(&net, 600000000);
	ck_assert_msg(asker.answered_count == QUERIES, "%u of %u answered, seed %llu",
		      asker.answered_count, QUERIES, seed());
	ck_assert_uint_ge(answerer.asked_count, QUERIES);
	net_run(&net, 61000000);
	expect_empty(net.nodes[0]);
	expect_empty(net.nodes[1]);
}
END_TEST

START_TEST(a_good_line_loses_and_repeats_nothing)
{
	const int family = _i % FAMILIES;

	pair_make(_i / 2 == 0 ? STACK_IF_IP : STACK_IF_ETHER,
		  &(struct fault_config){ .delay_us = 10000 });
	asker_init(&asker, net.nodes[0], servers[family], 6000);
	net_run(&net, 30000000);
	ck_assert_uint_eq(asker.answered_count, QUERIES);
	ck_assert_uint_eq(asker.send_failed_count, 0);
	/* While the neighbours are being found a few datagrams may not be held. */
	ck_assert_uint_le(answerer.asked_count, QUERIES + IN_FLIGHT);
	ck_assert_msg(asker.slowest_us < 2 * RETRY_US, "%llu us",
		      (unsigned long long)asker.slowest_us);
}
END_TEST

static uint64_t
fingerprint_of(uint64_t number)
{
	net_fini(&net);
	net_init(&net, number);
	pair_make(STACK_IF_ETHER, &bad_line);
	asker_init(&asker, net.nodes[0], servers[V6], 3000);
	net_run(&net, 20000000);
	return net.fingerprint;
}

START_TEST(equal_seeds_give_equal_runs)
{
	const uint64_t first = suite_seed(7), fingerprint = fingerprint_of(first);

	ck_assert_uint_eq(fingerprint_of(first), fingerprint);
	ck_assert_uint_ne(fingerprint_of(first + 1), fingerprint);
}
END_TEST

/* client - r1 - r2 - server; the middle is `narrow`. */
static struct gateway r1, r2;

static void
path_make(uint32_t narrow)
{
	const struct wire_config line = {
		.kind = STACK_IF_IP, .mtu = 1500, .end_count = 2, .faults = { .delay_us = 2000 }
	};
	struct wire *wires[3];
	struct net_node *client = net_host(&net, "client", NULL),
			*server = net_host(&net, "server", NULL);

	for (size_t i = 0; i < COUNT(wires); i++)
		wires[i] = net_wire(&net, &line);
	gateway_init(&r1, &net, "r1", "192.0.2.254", "2001:db8::fe");
	gateway_init(&r2, &net, "r2", "198.51.100.254", "2001:db8:1::fe");
	(void)net_attach(client, wires[0], 0);
	(void)gateway_attach(&r1, wires[0], 1, 1500);
	(void)gateway_attach(&r1, wires[1], 0, narrow);
	(void)gateway_attach(&r2, wires[1], 1, narrow);
	(void)gateway_attach(&r2, wires[2], 0, 1500);
	(void)net_attach(server, wires[2], 1);
	net_addr(client, 0, "192.0.2.1/24");
	net_addr(client, 0, "2001:db8::1/64");
	net_addr(server, 0, "198.51.100.1/24");
	net_addr(server, 0, "2001:db8:1::1/64");
	for (int i = 0; i < 2; i++) {
		net_route(i == 0 ? client : server, 0, "0.0.0.0/0", NULL);
		net_route(i == 0 ? client : server, 0, "::/0", NULL);
	}
	gateway_route(&r1, "192.0.2.0/24", 0);
	gateway_route(&r1, "2001:db8::/64", 0);
	gateway_route(&r1, "0.0.0.0/0", 1);
	gateway_route(&r1, "::/0", 1);
	gateway_route(&r2, "198.51.100.0/24", 1);
	gateway_route(&r2, "2001:db8:1::/64", 1);
	gateway_route(&r2, "0.0.0.0/0", 0);
	gateway_route(&r2, "::/0", 0);
	answerer_init(&answerer, server);
}

static const char *const far_servers[] = { "198.51.100.1", "2001:db8:1::1" };

/*
 * Counts the octets that come and sends nothing back: replies are not flows and learn no path
 * MTU.
 */
static void
sink_hears(struct net_node *host, const struct stack_action *action)
{
	struct answerer *sink = host->data;

	if (action->kind != STACK_DATAGRAM)
		return;
	ck_assert(payload_is_right(action->bytes, action->size));
	sink->asked_count++;
}

static udp_flow probe_flow;

static void
probe_send(int family, size_t size)
{
	static uint8_t payload[PAYLOAD_MAX];
	struct ip_addr server = net_ip(far_servers[family]);
	struct net_node *client = net.nodes[0];

	if (probe_flow == 0)
		ck_assert_int_eq(udp_open(client->stack, &server, PORT, NULL, 0, 0, &probe_flow),
				 0);
	payload_make(payload, 1, size);
	ck_assert_int_eq(udp_send(client->stack, probe_flow, payload, size, net.now_us), 0);
	net_run(&net, 1000000);
}

static uint32_t probe_errors, probe_mtu;

static void
probe_hears(struct net_node *host, const struct stack_action *action)
{
	(void)host;
	if (action->kind != STACK_ERROR || action->error != STACK_ERROR_TOO_BIG)
		return;
	probe_errors++;
	probe_mtu = action->mtu;
}

static void
probe_init(void)
{
	net.nodes[0]->on_action = probe_hears;
	net.nodes[1]->on_action = sink_hears;
	probe_flow = 0;
	probe_errors = probe_mtu = 0;
}

START_TEST(a_narrow_path_is_found_used_and_forgotten)
{
	const int family = _i;

	path_make(1300);
	probe_init();
	probe_send(family, 1400);
	ck_assert_uint_eq(probe_errors, 1);
	ck_assert_uint_eq(probe_mtu, 1300);
	ck_assert_uint_eq(answerer.asked_count, 0);
	for (unsigned i = 0; i < 5; i++)
		probe_send(family, 1400); /* now in fragments that pass */
	ck_assert_uint_eq(answerer.asked_count, 5);
	ck_assert_uint_eq(r1.too_big, 1);
	/* The path grows; ten minutes later whole packets go over it. */
	r1.mtu[1] = 1500;
	net_run(&net, 600000000);
	probe_send(family, 1400);
	ck_assert_uint_eq(answerer.asked_count, 6);
	ck_assert_uint_eq(r1.too_big, 1);
	struct ip_addr server = net_ip(far_servers[family]);
	ck_assert_uint_eq(stack_path_mtu(net.nodes[0]->stack, &server, net.now_us), 1500);
}
END_TEST

START_TEST(a_path_below_the_floor_works_by_its_routers_fragments)
{
	path_make(400);
	probe_init();
	probe_send(V4, 600);
	ck_assert_uint_eq(probe_mtu, 552);
	probe_send(V4, 600);
	probe_send(V4, 450);
	ck_assert_uint_eq(answerer.asked_count, 2);
	ck_assert_uint_ge(r1.fragmented, 2);
	ck_assert_uint_eq(r1.too_big, 1);
}
END_TEST

static struct ip_addr hops[8];
static unsigned hop_count;
static bool is_reached;

static void
trace_hears(struct net_node *host, const struct stack_action *action)
{
	(void)host;
	if (action->kind == STACK_ERROR && action->error == STACK_ERROR_TIME_EXCEEDED)
		hops[hop_count++] = action->router;
	if (action->kind == STACK_ECHO)
		is_reached = true;
}

START_TEST(growing_hop_limits_show_the_routers_of_the_path)
{
	const int family = _i;

	path_make(1500);
	struct ip_addr server = net_ip(far_servers[family]);
	struct ip_addr expected[] = { net_ip(r1.address[family]), net_ip(r2.address[family]) };
	hop_count = 0;
	is_reached = false;
	net.nodes[0]->on_action = trace_hears;
	for (uint8_t hop_limit = 1; hop_limit <= 3; hop_limit++) {
		ck_assert(!is_reached);
		ck_assert_int_eq(stack_echo_send(net.nodes[0]->stack, NULL, &server, 1, hop_limit,
						 hop_limit, "x", 1, net.now_us),
				 0);
		net_run(&net, 100000);
	}
	ck_assert(is_reached);
	ck_assert_uint_eq(hop_count, 2);
	ck_assert(addr_equal(&hops[0], &expected[0]) && addr_equal(&hops[1], &expected[1]));
}
END_TEST

START_TEST(a_server_that_vanishes_is_noticed_and_found_again)
{
	const int family = _i;
	struct wire *wire = pair_make(STACK_IF_ETHER, &(struct fault_config){ .delay_us = 1000 });

	asker_init(&asker, net.nodes[0], servers[family], 500);
	wire_cut(wire, 1, true);
	net_run(&net, 20000000);
	ck_assert_uint_eq(asker.answered_count, 0);
	ck_assert_msg(asker.errors[STACK_ERROR_HOST_UNREACHABLE] > 0, "nobody was told, seed %llu",
		      seed());
	ck_assert_uint_gt(asker.send_failed_count, 0); /* later ones are refused at once */
	wire_cut(wire, 1, false);
	net_run(&net, 10000000);
	ck_assert_msg(asker.answered_count == QUERIES, "%u answered ten seconds after, seed %llu",
		      asker.answered_count, seed());
}
END_TEST

START_TEST(a_storm_of_one_host_leaves_the_others_working)
{
	/* Three on a segment: one floods the server with datagrams to closed ports. */
	const struct wire_config segment = {
		.kind = STACK_IF_ETHER, .mtu = 1500, .end_count = 3, .faults = { .delay_us = 100 }
	};
	struct wire *wire = net_wire(&net, &segment);
	struct net_node *nodes[3];
	static const char *const names[] = { "client", "server", "flooder" };
	struct ip_addr server = net_ip(servers[V4]);
	udp_flow flow;

	for (unsigned i = 0; i < 3; i++) {
		nodes[i] = net_host(&net, names[i], NULL);
		(void)net_attach(nodes[i], wire, i);
		net_addr(nodes[i], 0,
			 i == 0   ? client_addrs[V4]
			 : i == 1 ? server_addrs[V4]
				  : "192.0.2.3/24");
	}
	answerer_init(&answerer, nodes[1]);
	asker_init(&asker, nodes[0], servers[V4], 500);
	ck_assert_int_eq(udp_open(nodes[2]->stack, &server, 9, NULL, 0, 0, &flow), 0);
	for (unsigned i = 0; i < 2000; i++) {
		(void)udp_send(nodes[2]->stack, flow, "noise", 5, net.now_us);
		net_run(&net, 1000);
	}
	net_run(&net, 5000000);
	ck_assert_uint_eq(asker.answered_count, QUERIES);
	ck_assert_uint_gt(stack_drops(nodes[1]->stack, DROP_ICMP_RATE), 1500);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("net");
	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_loop_test(
		tcase, every_query_is_answered_over_a_bad_line_and_nothing_damaged_arrives, 0, 8);
	tcase_add_loop_test(tcase, a_good_line_loses_and_repeats_nothing, 0, 4);
	tcase_add_test(tcase, equal_seeds_give_equal_runs);
	tcase_add_loop_test(tcase, a_narrow_path_is_found_used_and_forgotten, 0, FAMILIES);
	tcase_add_test(tcase, a_path_below_the_floor_works_by_its_routers_fragments);
	tcase_add_loop_test(tcase, growing_hop_limits_show_the_routers_of_the_path, 0, FAMILIES);
	tcase_add_loop_test(tcase, a_server_that_vanishes_is_noticed_and_found_again, 0, FAMILIES);
	tcase_add_test(tcase, a_storm_of_one_host_leaves_the_others_working);
	Suite *suite = suite_create("net");
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}

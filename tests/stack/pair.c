#include "tests/stack/pair.h"

#include <string.h>

#include "stack/stack_priv.h"
#include "tests/suite.h"

#define TURNS_MAX 4000000u

const struct stack_limits pair_limits = {
	.flow_count = 16,
	.listener_count = 4,
	.addr_count = 8,
	.route_count = 8,
	.neigh_count = 8,
	.pmtu_count = 8,
	.reass_bytes = 256u << 10,
	.transmit_bytes = 1u << 20,
	.receive_bytes = 256u << 10,
	.tcp_count = 32,
	.tcp_buffer_bytes = 32u << 20,
	.tcp_sent_count = 16384,
	.tcp_syn_count = 16,
	.tcp_time_wait_count = 16,
};

static const char *const addrs[2][2] = {
	{ "192.0.2.1", "2001:db8::1" },
	{ "192.0.2.2", "2001:db8::2" },
};

struct ip_addr
pair_addr(enum pair_side side, enum addr_family family)
{
	return addr_of(addrs[side][family == ADDR_IPV6]);
}

void
pair_init(struct pair *pair, const struct pair_config *config)
{
	*pair = (struct pair){ .now_us = HOST_START_US, .delay_us = config->delay_us };
	rng_init_number(&pair->rng, suite_seed(config->seed + 77));
	pair->packets = calloc(PAIR_PACKETS_MAX, sizeof *pair->packets);
	ck_assert_ptr_nonnull(pair->packets);
	for (unsigned i = 0; i < 2; i++) {
		host_init(&pair->hosts[i], &(struct host_config){
						   .ipv4 = i == 0 ? "192.0.2.1/24" : "192.0.2.2/24",
						   .ipv6 = i == 0 ? "2001:db8::1/64"
								  : "2001:db8::2/64",
						   .mtu = config->mtu,
						   .if_flags = config->if_flags,
						   .limits = config->limits != NULL ? config->limits
										    : &pair_limits,
						   .seed = config->seed * 2 + i,
					   });
	}
}

void
pair_fini(struct pair *pair)
{
	for (size_t i = 0; i < pair->packet_count; i++)
		free(pair->packets[i].bytes);
	free(pair->packets);
	host_fini(&pair->hosts[0]);
	host_fini(&pair->hosts[1]);
}

/* ---- packets under way ----------------------------------------------------------------------- */

static bool
is_before(const struct pair_packet *a, const struct pair_packet *b)
{
	return a->at_us < b->at_us || (a->at_us == b->at_us && a->order < b->order);
}

static void
swap(struct pair_packet *a, struct pair_packet *b)
{
	const struct pair_packet kept = *a;
	*a = *b;
	*b = kept;
}

static void
heap_put(struct pair *pair, const struct pair_packet *packet)
{
	size_t at = pair->packet_count++;

	ck_assert_uint_lt(at, PAIR_PACKETS_MAX);
	pair->packets[at] = *packet;
	for (; at != 0 && is_before(&pair->packets[at], &pair->packets[(at - 1) / 2]);
	     at = (at - 1) / 2)
		swap(&pair->packets[at], &pair->packets[(at - 1) / 2]);
}

static struct pair_packet
heap_take(struct pair *pair)
{
	const struct pair_packet first = pair->packets[0];
	size_t at = 0;

	pair->packets[0] = pair->packets[--pair->packet_count];
	for (;;) {
		size_t least = at;
		for (size_t child = 2 * at + 1; child <= 2 * at + 2; child++)
			if (child < pair->packet_count &&
			    is_before(&pair->packets[child], &pair->packets[least]))
				least = child;
		if (least == at)
			return first;
		swap(&pair->packets[at], &pair->packets[least]);
		at = least;
	}
}

static void
carry(struct pair *pair, unsigned from, const uint8_t *packet, size_t size)
{
	for (unsigned copies = 1, i = 0; i < copies; i++) {
		uint64_t delay_us = pair->delay_us;
		uint8_t *bytes = malloc(size); /* exactly: the sanitizer sees a read beyond it */
		ck_assert_ptr_nonnull(bytes);
		memcpy(bytes, packet, size);
		if (i == 0) {
			pair->sent[from]++;
			if (pair->path != NULL)
				copies = pair->path(pair, from, bytes, size, &delay_us);
			if (copies == 0) {
				pair->lost[from]++;
				free(bytes);
				return;
			}
		}
		heap_put(pair, &(struct pair_packet){ .at_us = pair->now_us + delay_us,
						      .order = pair->order++,
						      .bytes = bytes,
						      .size = size,
						      .to = (uint8_t)(1 - from) });
	}
}

/* ---- time ------------------------------------------------------------------------------------ */

static bool
drain(struct pair *pair, unsigned side)
{
	struct stack_action action;
	bool is_busy = false;

	for (unsigned turns = 0; stack_next(pair->hosts[side].stack, &action); turns++) {
		ck_assert_msg(turns < TURNS_MAX, "a host talks without end");
		is_busy = true;
		if (action.kind == STACK_TRANSMIT)
			carry(pair, side, action.bytes, action.size);
		else if (action.kind == STACK_TCP)
			pair->events[side] |= action.events;
	}
	return is_busy;
}

void
pair_flush(struct pair *pair)
{
	(void)drain(pair, PAIR_A);
	(void)drain(pair, PAIR_B);
}

static uint64_t
next_us(const struct pair *pair)
{
	uint64_t at_us = pair->packet_count != 0 ? pair->packets[0].at_us : STACK_NEVER;

	for (unsigned i = 0; i < 2; i++) {
		const uint64_t deadline_us = stack_deadline(pair->hosts[i].stack);
		at_us = deadline_us < at_us ? deadline_us : at_us;
	}
	return at_us > pair->now_us ? at_us : pair->now_us;
}

/* Packets that arrive together are one batch, as a link reads them. */
static void
arrivals(struct pair *pair)
{
	while (pair->packet_count != 0 && pair->packets[0].at_us <= pair->now_us) {
		const struct pair_packet packet = heap_take(pair);
		struct host *host = &pair->hosts[packet.to];
		const bool is_more = pair->packet_count != 0 &&
				     pair->packets[0].at_us <= pair->now_us &&
				     pair->packets[0].to == packet.to;
		stack_receive(host->stack, host->ifindex, packet.bytes, packet.size,
			      is_more ? STACK_RX_MORE : 0, pair->now_us);
		free(packet.bytes);
	}
}

void
pair_run(struct pair *pair, uint64_t for_us)
{
	const uint64_t end_us = pair->now_us + for_us;

	pair_flush(pair);
	for (unsigned turns = 0; next_us(pair) <= end_us; turns++) {
		ck_assert_msg(turns < TURNS_MAX, "time stands still");
		pair->now_us = next_us(pair);
		for (unsigned i = 0; i < 2; i++) {
			pair->hosts[i].now_us = pair->now_us;
			stack_timeout(pair->hosts[i].stack, pair->now_us);
		}
		arrivals(pair);
		pair_flush(pair);
		if (next_us(pair) == STACK_NEVER)
			break;
	}
	pair->now_us = end_us;
	for (unsigned i = 0; i < 2; i++)
		pair->hosts[i].now_us = end_us;
}

/* ---- connections ----------------------------------------------------------------------------- */

tcp_conn
pair_listen(struct pair *pair, const struct tcp_config *config)
{
	const struct ip_addr any = { 0 };
	tcp_conn listener;

	ck_assert_int_eq(tcp_listen(pair->hosts[PAIR_B].stack, &any, 80, 16, config, 0, &listener),
			 0);
	return listener;
}

void
pair_connect(struct pair *pair, enum addr_family family, const struct tcp_config *config,
	     tcp_conn listener, tcp_conn conns[2])
{
	const struct ip_addr remote = pair_addr(PAIR_B, family);

	ck_assert_int_eq(tcp_open(pair->hosts[PAIR_A].stack, &remote, 80, NULL, 0, config, 7,
				  pair->now_us, &conns[PAIR_A]),
			 0);
	for (unsigned tries = 0; tries < 100; tries++) {
		pair_run(pair, 4 * pair->delay_us + 1000);
		if (tcp_accept(pair->hosts[PAIR_B].stack, listener, 8, &conns[PAIR_B]) == 0)
			return;
	}
	ck_abort_msg("no connection");
}

struct tcp_conn_info
pair_info(struct pair *pair, enum pair_side side, tcp_conn conn)
{
	struct tcp_conn_info info;

	ck_assert_int_eq(tcp_info(pair->hosts[side].stack, conn, &info), 0);
	return info;
}

static uint8_t
pattern(size_t at)
{
	return (uint8_t)(at ^ at >> 8 ^ at >> 16);
}

static size_t
put_some(struct pair *pair, tcp_conn conn, size_t at, size_t size)
{
	static uint8_t bytes[16384];
	size_t taken = 0;

	for (size_t begun = at; at < size && at - begun < (1u << 20); at += taken) {
		const size_t part = size - at < sizeof bytes ? size - at : sizeof bytes;
		for (size_t i = 0; i < part; i++)
			bytes[i] = pattern(at + i);
		int err = tcp_send(pair->hosts[PAIR_A].stack, conn, bytes, part, 0, pair->now_us,
				   &taken);
		if (err != 0)
			return at;
	}
	return at;
}

static size_t
get_all(struct pair *pair, tcp_conn conn, size_t at)
{
	static uint8_t bytes[65536];
	size_t got;

	while (tcp_receive(pair->hosts[PAIR_B].stack, conn, bytes, sizeof bytes, pair->now_us,
			   &got) == 0 &&
	       got != 0) {
		for (size_t i = 0; i < got; i++)
			if (bytes[i] != pattern(at + i))
				ck_abort_msg("octet %zu is another", at + i);
		at += got;
	}
	return at;
}

bool
pair_transfer(struct pair *pair, const tcp_conn conns[2], size_t size, uint64_t for_us)
{
	const uint64_t end_us = pair->now_us + for_us;
	size_t put = 0, got = 0;

	while (got < size && pair->now_us < end_us) {
		put = put_some(pair, conns[PAIR_A], put, size);
		pair_flush(pair);
		const uint64_t at_us = next_us(pair);
		if (at_us > end_us)
			break;
		pair_run(pair, at_us - pair->now_us);
		got = get_all(pair, conns[PAIR_B], got);
	}
	return got == size;
}

void
pair_expect_empty(struct pair *pair)
{
	for (unsigned i = 0; i < 2; i++) {
		const struct tcp *tcp = &pair->hosts[i].stack->tcp;
		ck_assert_uint_eq(tcp->tcbs_used, 0);
		ck_assert_uint_eq(tcp->syns_used, 0);
		ck_assert_uint_eq(tcp->time_waits_used, 0);
		ck_assert_uint_eq(tcp->sent.free_count, tcp->sent.record_count);
		ck_assert_uint_eq(tcp->streams.free_count, tcp->streams.chunk_count);
		ck_assert_uint_eq(stack_deadline(pair->hosts[i].stack), STACK_NEVER);
	}
}

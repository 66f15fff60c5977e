/* Several listeners at one name: who hears whom, who is refused, how many there may be. */
#include "stack/share.h"

#include <errno.h>
#include <netinet/in.h>

#include "stack/socket.h"
#include "stack/tcp.h"
#include "tests/stack/packet.h"
#include "tests/stack/socket_world.h"
#include "tests/suite.h"

#define PEERS 4096u

static const struct hash_key key = { 1, 2 };
static const struct ip_addr any = { .family = ADDR_NONE };

/* ---- weights --------------------------------------------------------------------------------------------- */

/* Of `count` listeners but for one (count: but for none). */
static uint32_t
heaviest(uint16_t port, uint32_t count, uint32_t without)
{
	const struct ip_addr remote = addr_of("192.0.2.9");
	const uint64_t peer = share_peer(&key, &remote, port, 53);
	uint64_t best_weight = 0;
	uint32_t best = UINT32_MAX;

	for (uint32_t i = 0; i < count; i++) {
		const uint64_t weight = share_weight(peer, i);
		if (i == without || weight < best_weight)
			continue;
		best_weight = weight;
		best = i;
	}
	return best;
}

START_TEST(each_has_an_equal_share_of_the_peers)
{
	const uint32_t count = (uint32_t)_i, even = PEERS / count;
	uint32_t peers[SHARE_MAX] = { 0 };

	for (uint32_t port = 0; port < PEERS; port++)
		peers[heaviest((uint16_t)port, count, count)]++;
	for (uint32_t i = 0; i < count; i++) {
		ck_assert_uint_gt(peers[i], even / 2);
		ck_assert_uint_lt(peers[i], even * 3 / 2 + 1);
	}
}
END_TEST

START_TEST(only_the_peers_of_who_goes_change_their_listener)
{
	uint32_t moved = 0;

	for (uint16_t port = 0; port < PEERS; port++) {
		const uint32_t before = heaviest(port, 8, 8);
		if (before == 3)
			moved++;
		else
			ck_assert_uint_eq(heaviest(port, 8, 3), before);
	}
	ck_assert_uint_gt(moved, 0);
}
END_TEST

/* ---- in the stack ---------------------------------------------------------------------------------------- */

static struct host host;

static void
begin(void)
{
	struct stack_limits limits = host_limits;

	limits.listener_count = SHARE_MAX + 4;
	limits.tcp_count = SHARE_MAX + 4;
	limits.tcp_syn_count = limits.tcp_time_wait_count = limits.tcp_sent_count = 8;
	limits.tcp_buffer_bytes = 64u << 10;
	host_init(&host, &(struct host_config){ .ipv4 = "192.0.2.1/24", .limits = &limits });
}

static void
end(void)
{
	host_fini(&host);
}

/* Who hears a datagram from this port. */
static uint64_t
hearer(uint16_t port)
{
	uint8_t packet[PACKET_BYTES_MAX];
	struct stack_action action;

	host_receive(&host, packet, packet_datagram(packet, "192.0.2.2", "192.0.2.1", port, 53, "x", 1));
	host_expect(&host, STACK_DATAGRAM, &action);
	return action.user;
}

START_TEST(datagrams_go_on_to_the_others_when_one_goes)
{
	uint64_t before[64];

	for (uint64_t user = 1; user <= 3; user++)
		ck_assert_int_eq(udp_listen_shared(host.stack, &any, 53, user), 0);
	for (uint16_t port = 1; port < COUNT(before); port++)
		before[port] = hearer(port);
	ck_assert_int_eq(udp_unlisten(host.stack, &any, 53, 4), ERR_NOT_FOUND);
	ck_assert_int_eq(udp_unlisten(host.stack, &any, 53, 2), 0);
	for (uint16_t port = 1; port < COUNT(before); port++)
		if (before[port] == 2)
			ck_assert_uint_ne(hearer(port), 2);
		else
			ck_assert_uint_eq(hearer(port), before[port]);
}
END_TEST

START_TEST(who_does_not_share_a_port_of_datagrams_is_refused)
{
	ck_assert_int_eq(udp_listen_shared(host.stack, &any, 53, 1), 0);
	ck_assert_int_eq(udp_listen(host.stack, &any, 53, 2), ERR_IN_USE);
	ck_assert_int_eq(udp_listen(host.stack, &any, 54, 1), 0);
	ck_assert_int_eq(udp_listen_shared(host.stack, &any, 54, 2), ERR_IN_USE);
}
END_TEST

START_TEST(so_many_share_a_port_of_datagrams_and_no_more)
{
	for (uint64_t user = 0; user < SHARE_MAX; user++)
		ck_assert_int_eq(udp_listen_shared(host.stack, &any, 53, user), 0);
	ck_assert_int_eq(udp_listen_shared(host.stack, &any, 53, SHARE_MAX), ERR_FULL);
	ck_assert_int_eq(udp_listen_shared(host.stack, &any, 54, SHARE_MAX), 0);
	ck_assert_int_eq(udp_unlisten(host.stack, &any, 53, 0), 0);
	ck_assert_int_eq(udp_listen_shared(host.stack, &any, 53, SHARE_MAX), 0);
}
END_TEST

static int
listen_at(uint16_t port, bool share_port, tcp_conn *listener)
{
	struct tcp_config config = tcp_config_default;

	config.share_port = share_port;
	return tcp_listen(host.stack, &any, port, 1, &config, 0, listener);
}

START_TEST(who_does_not_share_a_port_of_streams_is_refused)
{
	tcp_conn listener;

	ck_assert_int_eq(listen_at(80, true, &listener), 0);
	ck_assert_int_eq(listen_at(80, false, &listener), ERR_IN_USE);
	ck_assert_int_eq(listen_at(81, false, &listener), 0);
	ck_assert_int_eq(listen_at(81, true, &listener), ERR_IN_USE);
}
END_TEST

START_TEST(so_many_share_a_port_of_streams_and_no_more)
{
	tcp_conn listeners[SHARE_MAX + 1];

	for (uint32_t i = 0; i < SHARE_MAX; i++)
		ck_assert_int_eq(listen_at(80, true, &listeners[i]), 0);
	ck_assert_int_eq(listen_at(80, true, &listeners[SHARE_MAX]), ERR_FULL);
	ck_assert_int_eq(listen_at(80 + 64, true, &listeners[SHARE_MAX]), 0); /* another port of the same chain */
	tcp_close(host.stack, listeners[7], host.now_us);
	ck_assert_int_eq(listen_at(80, true, &listeners[7]), 0);
}
END_TEST

/* ---- sockets --------------------------------------------------------------------------------------------- */

static int
sharer(int type)
{
	const int fd = sockets_open(&sockets_a, AF_INET, type, 0), one = 1;

	ck_assert_int_eq(socket_setsockopt(sockets, fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof one), 0);
	return fd;
}

START_TEST(who_asks_for_any_port_gets_one_of_his_own)
{
	static const uint16_t port = 4242;
	static const struct port_pool pool = { .ports = &port, .count = 1 };
	const int type = _i == 0 ? SOCK_STREAM : SOCK_DGRAM;

	socket_set_port_pool(sockets, &pool);
	ck_assert_int_eq(sockets_bind(sharer(type), "0.0.0.0", 0, AF_INET), 0);
	ck_assert_int_eq(sockets_bind(sharer(type), "0.0.0.0", 0, AF_INET), -EADDRINUSE);
	ck_assert_int_eq(sockets_bind(sharer(type), "0.0.0.0", port, AF_INET), 0);
}
END_TEST

/* As Linux: what is set later counts for who comes then. */
START_TEST(a_listener_may_share_its_name_later)
{
	const int first = sockets_open(&sockets_a, AF_INET, SOCK_STREAM, 0), second = sharer(SOCK_STREAM), one = 1;

	ck_assert_int_eq(sockets_bind(first, "0.0.0.0", 80, AF_INET), 0);
	ck_assert_int_eq(socket_listen(sockets, first, 1), 0);
	ck_assert_int_eq(sockets_bind(second, "0.0.0.0", 80, AF_INET), -EADDRINUSE);
	ck_assert_int_eq(socket_setsockopt(sockets, first, SOL_SOCKET, SO_REUSEPORT, &one, sizeof one), 0);
	ck_assert_int_eq(sockets_bind(second, "0.0.0.0", 80, AF_INET), 0);
	ck_assert_int_eq(socket_listen(sockets, second, 1), 0);
}
END_TEST

START_TEST(a_datagram_socket_that_parts_with_its_peer_shares_again)
{
	const int first = sharer(SOCK_DGRAM), second = sharer(SOCK_DGRAM);
	const struct sockaddr none = { .sa_family = AF_UNSPEC };
	char text[4];
	int heard = 0;

	ck_assert_int_eq(sockets_bind(first, "0.0.0.0", 53, AF_INET), 0);
	ck_assert_int_eq(sockets_bind(second, "0.0.0.0", 53, AF_INET), 0);
	ck_assert_int_eq(sockets_connect(first, sockets_peers[V4], 9, AF_INET), 0);
	ck_assert_int_eq(socket_connect(sockets, first, &none, sizeof none), 0);
	for (int i = 0; i < 32; i++) {
		const int client = sockets_open(&sockets_b, AF_INET, SOCK_DGRAM, 0);
		ck_assert_int_eq(sockets_connect(client, sockets_us[V4], 53, AF_INET), 0);
		ck_assert_int_eq(sockets_send(client, "x"), 1);
		sockets_carry();
		heard += sockets_receive(first, text, sizeof text, NULL) == 1;
		ck_assert_int_eq(socket_close(sockets, client), 0);
	}
	ck_assert_int_gt(heard, 0);
	ck_assert_int_lt(heard, 32);
}
END_TEST

int
main(void)
{
	TCase *weights = tcase_create("weights"), *stack = tcase_create("stack"), *names = tcase_create("sockets");
	tcase_add_loop_test(weights, each_has_an_equal_share_of_the_peers, 1, 33);
	tcase_add_test(weights, only_the_peers_of_who_goes_change_their_listener);
	tcase_add_checked_fixture(stack, begin, end);
	tcase_add_test(stack, datagrams_go_on_to_the_others_when_one_goes);
	tcase_add_test(stack, who_does_not_share_a_port_of_datagrams_is_refused);
	tcase_add_test(stack, so_many_share_a_port_of_datagrams_and_no_more);
	tcase_add_test(stack, who_does_not_share_a_port_of_streams_is_refused);
	tcase_add_test(stack, so_many_share_a_port_of_streams_and_no_more);
	tcase_add_checked_fixture(names, sockets_begin, sockets_end);
	tcase_add_loop_test(names, who_asks_for_any_port_gets_one_of_his_own, 0, 2);
	tcase_add_test(names, a_listener_may_share_its_name_later);
	tcase_add_test(names, a_datagram_socket_that_parts_with_its_peer_shares_again);
	Suite *suite = suite_create("share");
	suite_add_tcase(suite, weights);
	suite_add_tcase(suite, stack);
	suite_add_tcase(suite, names);
	return suite_run(suite);
}

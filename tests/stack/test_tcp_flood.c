/* A flood of SYNs (RFC 4987): service goes on, memory stays bounded. */
#include "tests/stack/peer.h"
#include "tests/suite.h"

#define FLOOD_SYNS 1000000u /* half of them in each family */

static struct peer peer;
static const enum addr_family families[] = { ADDR_IPV4, ADDR_IPV6 };

static void
syn(uint16_t port)
{
	peer.peer_port = port;
	peer_send(&peer, &(struct peer_segment){ .flags = "S", .window = 65535, .mss = 1000 });
}

START_TEST(a_flood_of_syns_does_not_keep_others_out)
{
	struct tcp_conn_info info;
	uint32_t place = 0;
	unsigned half_open = 0;

	peer_listen(&peer, &(struct peer_config){ .family = families[_i] });
	for (unsigned i = 0; i < FLOOD_SYNS / 2; i++) {
		syn((uint16_t)(1 + i % 60000));
		peer_discard(&peer);
	}
	while (tcp_info_next(peer.host.stack, &place, &info))
		half_open += info.state == TCP_STATE_SYN_RECEIVED;
	ck_assert_uint_le(half_open, 8);
	syn(61000);
	(void)peer_expect(&peer, "SA", 0, 1, 0);
	peer_ack(&peer, 1, 1);
	ck_assert_int_eq(tcp_accept(peer.host.stack, peer.listener, 0, &peer.conn), 0);
	peer_data(&peer, 1, 1, 100);
	ck_assert_uint_eq(peer_read(&peer), 100);
	peer_wait(&peer, 100000000); /* and then all of it is forgotten */
	place = 0;
	while (tcp_info_next(peer.host.stack, &place, &info))
		ck_assert_int_ne(info.state, TCP_STATE_SYN_RECEIVED);
	peer_fini(&peer);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("flood");
	tcase_set_timeout(tcase, 240);
	tcase_add_loop_test(tcase, a_flood_of_syns_does_not_keep_others_out, 0, 2);
	Suite *suite = suite_create("tcp: a flood of SYNs");
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}

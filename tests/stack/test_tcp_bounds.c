/* Bounds: many connections, pools that are used up, and nothing left at the end. */
#include <string.h>
#include <sys/mman.h>

#include "tests/stack/pair.h"
#include "tests/suite.h"

#define MANY 100000u

static struct pair pair;
static tcp_conn conns[2];

START_TEST(a_stack_holds_a_hundred_thousand_connections)
{
	struct stack_limits limits = pair_limits;
	const struct ip_addr self = { .octets = { 192, 0, 2, 1 }, .family = ADDR_IPV4 };
	struct host host;
	struct stack_action action;
	tcp_conn listener = 0, conn;
	uint32_t established = 0;

	limits.tcp_count = 2 * MANY + 4;
	limits.tcp_buffer_bytes = 1 << 20;
	limits.tcp_sent_count = 64;
	host_init(&host, &(struct host_config){ .ipv4 = "192.0.2.1/24", .limits = &limits });
	for (uint32_t i = 0; i < MANY; i++) { /* over loopback: both ends are here */
		const uint16_t port = (uint16_t)(1 + i / 50000);
		if (i % 50000 == 0)
			ck_assert_int_eq(tcp_listen(host.stack, &self, port, 16, NULL, 0, &listener),
					 0);
		ck_assert_int_eq(tcp_open(host.stack, &self, port, NULL,
					  (uint16_t)(10000 + i % 50000), NULL, 0, host.now_us,
					  &conn),
				 0);
		while (stack_next(host.stack, &action))
			established += action.kind == STACK_TCP &&
				       (action.events & TCP_EVENT_CONNECTED) != 0;
		ck_assert_int_eq(tcp_accept(host.stack, listener, 0, &conn), 0);
	}
	ck_assert_uint_eq(established, MANY);
	ck_assert_int_eq(tcp_open(host.stack, &self, 3, NULL, 9999, NULL, 0, host.now_us, &conn), 0);
	ck_assert_int_eq(tcp_open(host.stack, &self, 3, NULL, 9998, NULL, 0, host.now_us, &conn), 0);
	ck_assert_int_eq(tcp_open(host.stack, &self, 3, NULL, 9997, NULL, 0, host.now_us, &conn),
			 ERR_FULL);
	host_fini(&host);
}
END_TEST

START_TEST(in_a_clear_block_only_what_is_used_becomes_memory)
{
	struct stack_limits limits = stack_limits_default;
	unsigned char resident[65536];
	size_t resident_count = 0;
	struct rng rng;

	limits.flow_count = limits.route_count = limits.neigh_count = limits.pmtu_count = 16; /* lists from the start */
	limits.reass_bytes = 64u << 10;
	limits.tcp_count = 4096;
	limits.tcp_buffer_bytes = 16u << 20;
	limits.tcp_sent_count = limits.tcp_time_wait_count = limits.tcp_syn_count = 16384;
	limits.is_block_clear = true;
	const size_t block_bytes = stack_bytes(&limits), page_count = (block_bytes + 4095) / 4096;
	void *block = mmap(NULL, block_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ck_assert(block != MAP_FAILED && page_count <= sizeof resident);
	rng_init_number(&rng, 1);
	ck_assert_ptr_nonnull(stack_new(block, block_bytes, &limits, &rng, 0));
	ck_assert_int_eq(mincore(block, block_bytes, resident), 0);
	for (size_t i = 0; i < page_count; i++)
		resident_count += resident[i] & 1;
	ck_assert_uint_gt(resident_count, 0);
	ck_assert_msg(resident_count < 128, "%zu of %zu pages", resident_count, page_count);
	ck_assert_int_eq(munmap(block, block_bytes), 0);
}
END_TEST

START_TEST(a_pool_of_records_that_is_used_up_slows_and_stops_nobody)
{
	struct stack_limits limits = pair_limits;

	limits.tcp_sent_count = 2;
	pair_init(&pair, &(struct pair_config){ .delay_us = 1000, .limits = &limits });
	const tcp_conn listener = pair_listen(&pair, NULL);
	pair_connect(&pair, ADDR_IPV4, NULL, listener, conns);
	ck_assert(pair_transfer(&pair, conns, 1u << 20, 60000000));
	pair_fini(&pair);
}
END_TEST

START_TEST(little_memory_for_streams_slows_and_stops_nobody)
{
	struct stack_limits limits = pair_limits;

	limits.tcp_buffer_bytes = 64u << 10;
	pair_init(&pair, &(struct pair_config){ .delay_us = 1000, .limits = &limits });
	const tcp_conn listener = pair_listen(&pair, NULL);
	pair_connect(&pair, ADDR_IPV6, NULL, listener, conns);
	ck_assert(pair_transfer(&pair, conns, 1u << 20, 600000000));
	pair_fini(&pair);
}
END_TEST

static unsigned
lossy(struct pair *of, enum pair_side from, uint8_t *packet, size_t size, uint64_t *delay_us)
{
	(void)from, (void)packet, (void)size;
	*delay_us += rng_below(&of->rng, 2000);
	return rng_below(&of->rng, 100) < 5 ? 0 : 1;
}

START_TEST(after_loss_and_reordering_nothing_is_left)
{
	pair_init(&pair, &(struct pair_config){ .delay_us = 5000, .seed = (uint64_t)_i });
	const tcp_conn listener = pair_listen(&pair, NULL);
	pair.path = lossy;
	pair_connect(&pair, _i % 2 == 0 ? ADDR_IPV4 : ADDR_IPV6, NULL, listener, conns);
	ck_assert(pair_transfer(&pair, conns, 256u << 10, 600000000));
	for (unsigned i = 0; i < 2; i++)
		tcp_close(pair.hosts[i].stack, conns[i], pair.now_us);
	tcp_close(pair.hosts[PAIR_B].stack, listener, pair.now_us);
	pair_run(&pair, 600000000);
	pair_expect_empty(&pair);
	pair_fini(&pair);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("bounds");
	tcase_set_timeout(tcase, 120);
	tcase_add_test(tcase, a_stack_holds_a_hundred_thousand_connections);
	tcase_add_test(tcase, in_a_clear_block_only_what_is_used_becomes_memory);
	tcase_add_test(tcase, a_pool_of_records_that_is_used_up_slows_and_stops_nobody);
	tcase_add_test(tcase, little_memory_for_streams_slows_and_stops_nobody);
	tcase_add_loop_test(tcase, after_loss_and_reordering_nothing_is_left, 0, 10);
	Suite *suite = suite_create("tcp: bounds");
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}

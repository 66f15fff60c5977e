/*
 * Sequence numbers and timestamps go round (RFC 9293, section 3.4; RFC 7323, section 5.4): where they do makes no
 * difference to a transfer with losses and reordering.  The stack's secrets are known here, so a connection can be
 * opened at the moment when its numbers are about to.
 */
#include "stack/stack_priv.h"
#include "tests/stack/pair.h"
#include "tests/suite.h"

#define BYTES      (300u << 10)
#define DELAY_US   5000u
#define LOCAL_PORT 40000u

static struct pair pair;
static tcp_conn conns[2];

static unsigned
lossy(struct pair *of, enum pair_side from, uint8_t *packet, size_t size, uint64_t *delay_us)
{
	(void)from, (void)packet, (void)size;
	*delay_us += rng_below(&of->rng, 3000);
	return rng_below(&of->rng, 100) < 3 ? 0 : 1;
}

static struct tcp_tuple
tuple_of(enum pair_side side)
{
	struct tcp_tuple tuple = {
		.local = pair_addr(PAIR_A, ADDR_IPV4),
		.remote = pair_addr(PAIR_B, ADDR_IPV4),
		.local_port = LOCAL_PORT,
		.remote_port = 80,
	};

	if (side == PAIR_A)
		return tuple;
	return (struct tcp_tuple){ tuple.remote, tuple.local, tuple.remote_port, tuple.local_port };
}

static void
open_now(const struct tcp_config *config, tcp_conn listener)
{
	const struct ip_addr remote = pair_addr(PAIR_B, ADDR_IPV4);

	ck_assert_int_eq(tcp_open(pair.hosts[PAIR_A].stack, &remote, 80, NULL, LOCAL_PORT, config, 7, pair.now_us,
				  &conns[PAIR_A]),
			 0);
	pair_run(&pair, 3 * DELAY_US);
	ck_assert_int_eq(tcp_accept(pair.hosts[PAIR_B].stack, listener, 8, &conns[PAIR_B]), 0);
	pair.path = lossy;
}

/* Through the lossy path all arrives, and nothing is left behind. */
static void
transfer(tcp_conn listener)
{
	ck_assert(pair_transfer(&pair, conns, BYTES, 60000000));
	for (unsigned i = 0; i < 2; i++)
		tcp_close(pair.hosts[i].stack, conns[i], pair.now_us);
	tcp_close(pair.hosts[PAIR_B].stack, listener, pair.now_us);
	pair_run(&pair, 600000000);
	pair_expect_empty(&pair);
	pair_fini(&pair);
}

static tcp_conn
begin(struct tcp_config *config)
{
	pair_init(&pair, &(struct pair_config){ .delay_us = DELAY_US, .seed = (uint64_t)config->sack + 1 });
	return pair_listen(&pair, config);
}

static const struct {
	enum pair_side side;
	uint32_t iss;
} numbers[] = {
	{ PAIR_A, 0xffffffff }, { PAIR_A, 0xfffffffe }, { PAIR_A, 0xfffffffe - 1448 }, { PAIR_A, 0xffffffff - 20000 },
	{ PAIR_A, 0xffffffff - 200000 }, { PAIR_A, 0x7fffffff - 100000 }, { PAIR_B, 0xffffffff }, { PAIR_B, 0xfffffffe },
};

START_TEST(sequence_numbers_go_round)
{
	struct tcp_config config = tcp_config_default;
	const enum pair_side side = numbers[_i / 2].side;

	config.sack = _i % 2 == 0;
	const tcp_conn listener = begin(&config);
	const struct tcp_tuple tuple = tuple_of(side);
	const uint64_t drawn_at_us = pair.now_us + (side == PAIR_A ? 0 : DELAY_US);
	const uint32_t iss = numbers[_i / 2].iss;
	const uint32_t ahead = iss - tcp_isn(&pair.hosts[side].stack->tcp.secret, &tuple, drawn_at_us);
	pair_run(&pair, ahead * UINT64_C(4)); /* it counts four microseconds */
	open_now(&config, listener);
	ck_assert_uint_eq(pair_info(&pair, side, conns[side]).iss, iss);
	transfer(listener);
}
END_TEST

static const struct {
	enum pair_side side;
	uint32_t left_ms; /* when the connection is opened */
} clocks[] = {
	{ PAIR_A, 1 }, { PAIR_A, 12 }, { PAIR_A, 100 }, { PAIR_A, 400 },
	{ PAIR_B, 1 }, { PAIR_B, 12 }, { PAIR_B, 100 }, { PAIR_B, 400 },
};

START_TEST(timestamps_go_round)
{
	struct tcp_config config = tcp_config_default;
	const enum pair_side side = clocks[_i / 2].side;

	config.sack = _i % 2 == 0;
	const tcp_conn listener = begin(&config);
	const struct tcp_tuple tuple = tuple_of(side);
	const uint32_t offset = tcp_timestamp_offset(&pair.hosts[side].stack->tcp.secret, &tuple);
	const uint32_t ahead = 0 - clocks[_i / 2].left_ms - tcp__timestamp(pair.now_us, offset);
	pair_run(&pair, ahead * UINT64_C(1000));
	open_now(&config, listener);
	transfer(listener);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("wrap");
	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, sequence_numbers_go_round, 0, 2 * COUNT(numbers));
	tcase_add_loop_test(tcase, timestamps_go_round, 0, 2 * COUNT(clocks));
	Suite *suite = suite_create("tcp: what goes round");
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}

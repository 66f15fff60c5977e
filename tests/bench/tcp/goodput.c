/*
 * goodput - what one connection carries against loss and round-trip time, at virtual time, beside what theory allows.
 *
 *	goodput [SECONDS]
 *
 * The line has 100 Mbit/s, a buffer of one bandwidth-delay product (at least 64 packets), and loses packets at random.
 * The bound is the larger of Reno's and CUBIC's mean rate under random loss (RFC 9438, section 5.2), no more than the line
 * itself carries of data: what recovery, start and acknowledgments cost is what is missing to 1.  It knows no time-outs,
 * which rule where windows are small and round trips are short beside the RTO of 200 ms and more: Reno with them is the
 * second bound (RFC 5348, section 3.1).
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/stack/pair.h"
#include "tests/suite.h"

#define LINE_BITS_S   100e6
#define MSS           1448.0 /* with timestamps */
#define PACKET_BYTES  1500.0
#define QUEUE_LEAST   64.0
#define CUBIC_C       0.4
#define CUBIC_BETA    0.7
#define RTO_LEAST_S   0.2
#define BUFFER_BYTES  (32u << 20)
#define PIECE_BYTES   65536u

static struct line {
	double free_at_us, loss, queue_us;
} line;

/* Data go over the line, acknowledgments come back beside it. */
static unsigned
path(struct pair *pair, enum pair_side from, uint8_t *packet, size_t size, uint64_t *delay_us)
{
	(void)packet;
	if (from == PAIR_B)
		return 1;
	const double now_us = (double)pair->now_us, began_us = line.free_at_us > now_us ? line.free_at_us : now_us;
	if (began_us - now_us > line.queue_us || (double)rng_below(&pair->rng, 1000000) < line.loss * 1e6)
		return 0;
	line.free_at_us = began_us + (double)size * 8e6 / LINE_BITS_S;
	*delay_us += (uint64_t)(line.free_at_us - now_us);
	return 1;
}

static double
smaller(double a, double b)
{
	return a < b ? a : b;
}

static double
of_line_bits_s(void)
{
	return LINE_BITS_S * MSS / PACKET_BYTES;
}

static double
bound_bits_s(double loss, double rtt_s)
{
	const double reno = MSS * 8 / rtt_s * sqrt(1.5 / loss);
	const double window = pow(CUBIC_C * (3 + CUBIC_BETA) / (4 * (1 - CUBIC_BETA)), 0.25) * pow(rtt_s / loss, 0.75);
	const double cubic = MSS * 8 * window / rtt_s;

	return smaller(reno > cubic ? reno : cubic, of_line_bits_s());
}

/* RFC 5348, section 3.1, with b = 1: cwnd grows by the octets that are acknowledged. */
static double
timeout_bound_bits_s(double loss, double rtt_s)
{
	const double round_s = rtt_s * sqrt(2 * loss / 3), rto_s = rtt_s + RTO_LEAST_S;
	const double wait_s = rto_s * 3 * sqrt(3 * loss / 8) * loss * (1 + 32 * loss * loss);

	return smaller(MSS * 8 / (round_s + wait_s), of_line_bits_s());
}

/* Octets that have arrived in that time. */
static double
carry(struct pair *pair, const tcp_conn conns[2], uint64_t for_us)
{
	static uint8_t piece[PIECE_BYTES];
	const uint64_t end_us = pair->now_us + for_us;
	double arrived = 0;
	size_t size;

	while (pair->now_us < end_us) {
		while (tcp_send(pair->hosts[PAIR_A].stack, conns[0], piece, sizeof piece, 0, pair->now_us, &size) == 0 && size > 0)
			;
		pair_run(pair, 1000);
		while (tcp_receive(pair->hosts[PAIR_B].stack, conns[1], piece, sizeof piece, pair->now_us, &size) == 0 && size > 0)
			arrived += (double)size;
		pair_flush(pair);
	}
	return arrived;
}

static double
goodput_bits_s(double loss, unsigned rtt_ms, unsigned seconds)
{
	struct stack_limits limits = pair_limits;
	struct tcp_config config = tcp_config_default;
	struct pair pair;
	tcp_conn conns[2];

	limits.tcp_buffer_bytes = 2 * BUFFER_BYTES;
	limits.transmit_bytes = BUFFER_BYTES;
	limits.tcp_sent_count = 65536;
	config.send_buffer_bytes_max = config.receive_buffer_bytes_max = BUFFER_BYTES / 4;
	pair_init(&pair, &(struct pair_config){ .limits = &limits, .delay_us = rtt_ms * 500u, .seed = 1 });
	const double product_us = smaller(1e9, rtt_ms * 1000.0), least_us = QUEUE_LEAST * PACKET_BYTES * 8e6 / LINE_BITS_S;
	line = (struct line){ .loss = 0, .queue_us = product_us > least_us ? product_us : least_us };
	pair.path = path;
	const tcp_conn listener = pair_listen(&pair, &config);
	pair_connect(&pair, ADDR_IPV4, &config, listener, conns);
	line.loss = loss;
	const double arrived = carry(&pair, conns, (uint64_t)seconds * 1000000u);
	pair_fini(&pair);
	return arrived * 8 / seconds;
}

static unsigned seconds = 60;

/* The pair asserts as it goes, which Check allows in a test alone. */
START_TEST(table)
{
	static const double losses[] = { 0.001, 0.01, 0.03, 0.1 };
	static const unsigned rtts_ms[] = { 1, 10, 50, 100, 200 };

	printf("loss %%   RTT ms   Mbit/s    bound   ratio  time-outs   ratio\n");
	for (unsigned i = 0; i < sizeof losses / sizeof losses[0]; i++) {
		for (unsigned k = 0; k < sizeof rtts_ms / sizeof rtts_ms[0]; k++) {
			const double got = goodput_bits_s(losses[i], rtts_ms[k], seconds);
			const double bound = bound_bits_s(losses[i], rtts_ms[k] / 1000.0);
			const double with_timeouts = timeout_bound_bits_s(losses[i], rtts_ms[k] / 1000.0);
			printf("%6.1f %8u %8.2f %8.2f %7.2f %10.2f %7.2f\n", losses[i] * 100, rtts_ms[k], got / 1e6, bound / 1e6,
			       got / bound, with_timeouts / 1e6, got / with_timeouts);
			(void)fflush(stdout);
		}
	}
}
END_TEST

int
main(int argc, char **argv)
{
	if (argc > 1)
		seconds = (unsigned)strtoul(argv[1], NULL, 10);
	if (seconds == 0)
		return fprintf(stderr, "usage: goodput [SECONDS]\n"), 2;
	TCase *tcase = tcase_create("goodput");
	tcase_set_timeout(tcase, 0);
	tcase_add_test(tcase, table);
	Suite *suite = suite_create("goodput");
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}

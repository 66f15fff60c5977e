/* Linux's numbers and layouts as stack/socket_abi.h has them, against the system's own. */
#include <linux/tcp.h>
#include <stddef.h>

#include "stack/socket_abi.h"
#include "tests/suite.h"

/* <linux/tcp.h> names no states; they are those of TCPF_* in the kernel and of <netinet/tcp.h>. */
enum { ESTABLISHED = 1, CLOSE = 7, LISTEN = 10, CLOSING = 11 };

#define ROW(name)                                                                                  \
	{                                                                                          \
#name, offsetof(struct abi_tcp_info, name), offsetof(struct tcp_info, name)        \
	}

static const struct {
	const char *name;
	size_t ours, systems;
} rows[] = {
	ROW(tcpi_state),         ROW(tcpi_ca_state),
	ROW(tcpi_retransmits),   ROW(tcpi_probes),
	ROW(tcpi_backoff),       ROW(tcpi_options),
	ROW(tcpi_rto),           ROW(tcpi_ato),
	ROW(tcpi_snd_mss),       ROW(tcpi_rcv_mss),
	ROW(tcpi_unacked),       ROW(tcpi_sacked),
	ROW(tcpi_lost),          ROW(tcpi_retrans),
	ROW(tcpi_fackets),       ROW(tcpi_last_data_sent),
	ROW(tcpi_last_ack_sent), ROW(tcpi_last_data_recv),
	ROW(tcpi_last_ack_recv), ROW(tcpi_pmtu),
	ROW(tcpi_rcv_ssthresh),  ROW(tcpi_rtt),
	ROW(tcpi_rttvar),        ROW(tcpi_snd_ssthresh),
	ROW(tcpi_snd_cwnd),      ROW(tcpi_advmss),
	ROW(tcpi_reordering),    ROW(tcpi_rcv_rtt),
	ROW(tcpi_rcv_space),     ROW(tcpi_total_retrans),
	ROW(tcpi_pacing_rate),   ROW(tcpi_max_pacing_rate),
	ROW(tcpi_bytes_acked),   ROW(tcpi_bytes_received),
	ROW(tcpi_segs_out),      ROW(tcpi_segs_in),
	ROW(tcpi_notsent_bytes), ROW(tcpi_min_rtt),
	ROW(tcpi_data_segs_in),  ROW(tcpi_data_segs_out),
	ROW(tcpi_delivery_rate), ROW(tcpi_busy_time),
	ROW(tcpi_rwnd_limited),  ROW(tcpi_sndbuf_limited),
	ROW(tcpi_delivered),     ROW(tcpi_delivered_ce),
	ROW(tcpi_bytes_sent),    ROW(tcpi_bytes_retrans),
	ROW(tcpi_dsack_dups),    ROW(tcpi_reord_seen),
	ROW(tcpi_rcv_ooopack),   ROW(tcpi_snd_wnd),
};

static const struct {
	const char *name;
	int ours, systems;
} numbers[] = {
	{ "TCP_NODELAY", ABI_TCP_NODELAY, TCP_NODELAY },
	{ "TCP_MAXSEG", ABI_TCP_MAXSEG, TCP_MAXSEG },
	{ "TCP_CORK", ABI_TCP_CORK, TCP_CORK },
	{ "TCP_KEEPIDLE", ABI_TCP_KEEPIDLE, TCP_KEEPIDLE },
	{ "TCP_KEEPINTVL", ABI_TCP_KEEPINTVL, TCP_KEEPINTVL },
	{ "TCP_KEEPCNT", ABI_TCP_KEEPCNT, TCP_KEEPCNT },
	{ "TCP_SYNCNT", ABI_TCP_SYNCNT, TCP_SYNCNT },
	{ "TCP_LINGER2", ABI_TCP_LINGER2, TCP_LINGER2 },
	{ "TCP_DEFER_ACCEPT", ABI_TCP_DEFER_ACCEPT, TCP_DEFER_ACCEPT },
	{ "TCP_WINDOW_CLAMP", ABI_TCP_WINDOW_CLAMP, TCP_WINDOW_CLAMP },
	{ "TCP_INFO", ABI_TCP_INFO, TCP_INFO },
	{ "TCP_QUICKACK", ABI_TCP_QUICKACK, TCP_QUICKACK },
	{ "TCP_CONGESTION", ABI_TCP_CONGESTION, TCP_CONGESTION },
	{ "TCP_USER_TIMEOUT", ABI_TCP_USER_TIMEOUT, TCP_USER_TIMEOUT },
	{ "TCP_NOTSENT_LOWAT", ABI_TCP_NOTSENT_LOWAT, TCP_NOTSENT_LOWAT },
	{ "TCPI_OPT_TIMESTAMPS", ABI_TCPI_OPT_TIMESTAMPS, TCPI_OPT_TIMESTAMPS },
	{ "TCPI_OPT_SACK", ABI_TCPI_OPT_SACK, TCPI_OPT_SACK },
	{ "TCPI_OPT_WSCALE", ABI_TCPI_OPT_WSCALE, TCPI_OPT_WSCALE },
	{ "TCPI_OPT_ECN", ABI_TCPI_OPT_ECN, TCPI_OPT_ECN },
	{ "ESTABLISHED", ABI_TCP_ESTABLISHED, ESTABLISHED },
	{ "CLOSE", ABI_TCP_CLOSE, CLOSE },
	{ "LISTEN", ABI_TCP_LISTEN, LISTEN },
	{ "CLOSING", ABI_TCP_CLOSING, CLOSING },
};

START_TEST(every_field_of_tcp_info_lies_where_the_system_has_it)
{
	ck_assert_msg(rows[_i].ours == rows[_i].systems, "%s", rows[_i].name);
}
END_TEST

START_TEST(every_number_is_the_systems)
{
	ck_assert_msg(numbers[_i].ours == numbers[_i].systems, "%s", numbers[_i].name);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("socket_abi");
	tcase_add_loop_test(tcase, every_field_of_tcp_info_lies_where_the_system_has_it, 0,
			    COUNT(rows));
	tcase_add_loop_test(tcase, every_number_is_the_systems, 0, COUNT(numbers));
	Suite *suite = suite_create("socket_abi");
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}

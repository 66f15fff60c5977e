/*
 * socket_abi.h - Linux's numbers of TCP's options and its struct tcp_info, as programs know them.
 *
 * <netinet/tcp.h> has them too, but a core takes no system's word for what it promises.
 * tests/stack/test_socket_abi.c holds every number and offset against the system's.
 *
 * Units: microseconds, but for the times since the last segments: milliseconds.
 */
#ifndef CAIRN_STACK_SOCKET_ABI_H
#define CAIRN_STACK_SOCKET_ABI_H

#include <stdint.h>

/* Options at level IPPROTO_TCP. */
enum abi_tcp_option {
	ABI_TCP_NODELAY = 1,
	ABI_TCP_MAXSEG = 2,
	ABI_TCP_CORK = 3,
	ABI_TCP_KEEPIDLE = 4,
	ABI_TCP_KEEPINTVL = 5,
	ABI_TCP_KEEPCNT = 6,
	ABI_TCP_SYNCNT = 7,
	ABI_TCP_LINGER2 = 8,
	ABI_TCP_DEFER_ACCEPT = 9,
	ABI_TCP_WINDOW_CLAMP = 10,
	ABI_TCP_INFO = 11,
	ABI_TCP_QUICKACK = 12,
	ABI_TCP_CONGESTION = 13,
	ABI_TCP_USER_TIMEOUT = 18,
	ABI_TCP_NOTSENT_LOWAT = 25,
};

#define ABI_TCP_CA_NAME_BYTES 16u /* TCP_CONGESTION's buffer */

/* tcpi_state; the order is Linux's, not RFC 9293's. */
enum abi_tcp_state {
	ABI_TCP_ESTABLISHED = 1,
	ABI_TCP_SYN_SENT,
	ABI_TCP_SYN_RECV,
	ABI_TCP_FIN_WAIT1,
	ABI_TCP_FIN_WAIT2,
	ABI_TCP_TIME_WAIT,
	ABI_TCP_CLOSE,
	ABI_TCP_CLOSE_WAIT,
	ABI_TCP_LAST_ACK,
	ABI_TCP_LISTEN,
	ABI_TCP_CLOSING,
};

/* tcpi_options. */
#define ABI_TCPI_OPT_TIMESTAMPS 0x01u
#define ABI_TCPI_OPT_SACK       0x02u
#define ABI_TCPI_OPT_WSCALE     0x04u
#define ABI_TCPI_OPT_ECN        0x08u

struct abi_tcp_info {
	uint8_t tcpi_state;
	uint8_t tcpi_ca_state;
	uint8_t tcpi_retransmits;
	uint8_t tcpi_probes;
	uint8_t tcpi_backoff;
	uint8_t tcpi_options;
	uint8_t tcpi_wscales; /* low four bits: of what we send to; high: of what we receive */
	uint8_t tcpi_flags;   /* bit 0: the delivery rate is the program's */

	uint32_t tcpi_rto;
	uint32_t tcpi_ato;
	uint32_t tcpi_snd_mss;
	uint32_t tcpi_rcv_mss;

	uint32_t tcpi_unacked; /* segments; of a listener: connections to accept */
	uint32_t tcpi_sacked;  /* segments; of a listener: its backlog */
	uint32_t tcpi_lost;
	uint32_t tcpi_retrans;
	uint32_t tcpi_fackets;

	uint32_t tcpi_last_data_sent;
	uint32_t tcpi_last_ack_sent; /* always 0, as Linux */
	uint32_t tcpi_last_data_recv;
	uint32_t tcpi_last_ack_recv;

	uint32_t tcpi_pmtu;
	uint32_t tcpi_rcv_ssthresh;
	uint32_t tcpi_rtt;
	uint32_t tcpi_rttvar;
	uint32_t tcpi_snd_ssthresh; /* segments */
	uint32_t tcpi_snd_cwnd;     /* segments */
	uint32_t tcpi_advmss;
	uint32_t tcpi_reordering;

	uint32_t tcpi_rcv_rtt;
	uint32_t tcpi_rcv_space;

	uint32_t tcpi_total_retrans;

	uint64_t tcpi_pacing_rate;
	uint64_t tcpi_max_pacing_rate;
	uint64_t tcpi_bytes_acked;
	uint64_t tcpi_bytes_received;
	uint32_t tcpi_segs_out;
	uint32_t tcpi_segs_in;

	uint32_t tcpi_notsent_bytes;
	uint32_t tcpi_min_rtt;
	uint32_t tcpi_data_segs_in;
	uint32_t tcpi_data_segs_out;

	uint64_t tcpi_delivery_rate;

	uint64_t tcpi_busy_time;
	uint64_t tcpi_rwnd_limited;
	uint64_t tcpi_sndbuf_limited;

	uint32_t tcpi_delivered;
	uint32_t tcpi_delivered_ce;

	uint64_t tcpi_bytes_sent;
	uint64_t tcpi_bytes_retrans;
	uint32_t tcpi_dsack_dups;
	uint32_t tcpi_reord_seen;

	uint32_t tcpi_rcv_ooopack;

	uint32_t tcpi_snd_wnd;
};

#endif

/*
 * Options at level IPPROTO_TCP (tcp(7)), and TCP_INFO.
 */
#include <string.h>

#include "stack/cc.h"
#include "stack/rack.h"
#include "stack/socket_abi.h"
#include "stack/socket_priv.h"

#define MSS_MIN           88u /* Linux's TCP_MIN_MSS, with options */
#define MSS_MAX           32767u
#define MSS_DEFAULT       536u /* RFC 9293, section 3.7.1, before there is a connection */
#define KEEP_S_MAX        32767
#define KEEP_COUNT_MAX    127
#define SYN_COUNT_MAX     127
#define FIN_WAIT_2_MS_MAX 120000

static bool
has_connection(const struct socket *socket)
{
	return socket->phase == SOCKET_CONNECTING || socket->phase == SOCKET_CONNECTED;
}

struct tcp_config
socket__tcp_config(const struct socket *socket)
{
	struct tcp_config config;

	if (socket->kind == SOCKET_STREAM && socket->phase != SOCKET_IDLE &&
	    tcp_get_config(socket->stack, socket->conn, &config) == 0)
		return config;
	return socket->config;
}

void
socket__tcp_config_set(struct socket_table *table, struct socket *socket,
		       const struct tcp_config *config)
{
	socket->config = *config;
	if (socket->kind == SOCKET_STREAM && socket->phase != SOCKET_IDLE)
		(void)tcp_set_config(socket->stack, socket->conn, config, table->now_us);
}

/* ---- setting ----------------------------------------------------------------------------------- */

static int
set_within(uint32_t *field, int number, int least, int most)
{
	if (number < least || number > most)
		return -EINVAL;
	*field = (uint32_t)number;
	return 0;
}

static int
set_mss(struct tcp_config *config, int number)
{
	if (number != 0 && (number < (int)MSS_MIN || number > (int)MSS_MAX))
		return -EINVAL;
	config->mss_max = (uint16_t)number;
	return 0;
}

/* Negative: an orphan does not wait in FIN-WAIT-2 at all; 0: the default. */
static int
set_linger2(struct tcp_config *config, int number)
{
	if (number > FIN_WAIT_2_MS_MAX / 1000)
		number = FIN_WAIT_2_MS_MAX / 1000;
	config->fin_wait_2_ms = number < 0    ? 0
				: number == 0 ? tcp_config_default.fin_wait_2_ms
					      : (uint32_t)number * 1000;
	return 0;
}

static int
set_congestion(struct tcp_config *config, const void *value, socklen_t size)
{
	char name[ABI_TCP_CA_NAME_BYTES] = { 0 };

	if (size == 0)
		return -EINVAL;
	memcpy(name, value, size < sizeof name ? size : sizeof name - 1);
	const struct cc_ops *ops = cc_find(name);
	if (ops == NULL)
		return -ENOENT;
	config->congestion = ops->name;
	return 0;
}

/* As Linux: a listener's counts its SYN-ACKs. */
static int
set_syn_count(struct tcp_config *config, int number)
{
	const int err = set_within(&config->syn_retries, number, 1, SYN_COUNT_MAX);

	if (err == 0)
		config->synack_retries = config->syn_retries;
	return err;
}

static int
set_number(struct tcp_config *config, int name, int number)
{
	switch (name) {
	case ABI_TCP_NODELAY: config->no_delay = number != 0; return 0;
	case ABI_TCP_CORK: config->cork = number != 0; return 0;
	case ABI_TCP_QUICKACK: config->quick_ack = number != 0; return 0;
	case ABI_TCP_MAXSEG: return set_mss(config, number);
	case ABI_TCP_LINGER2: return set_linger2(config, number);
	case ABI_TCP_DEFER_ACCEPT:
		config->defer_accept_s = number < 0 ? 0 : (uint32_t)number;
		return 0;
	case ABI_TCP_KEEPIDLE: return set_within(&config->keepalive_idle_s, number, 1, KEEP_S_MAX);
	case ABI_TCP_KEEPINTVL:
		return set_within(&config->keepalive_interval_s, number, 1, KEEP_S_MAX);
	case ABI_TCP_KEEPCNT:
		return set_within(&config->keepalive_count, number, 1, KEEP_COUNT_MAX);
	case ABI_TCP_SYNCNT: return set_syn_count(config, number);
	case ABI_TCP_USER_TIMEOUT:
		return set_within(&config->user_timeout_ms, number, 0, INT32_MAX);
	case ABI_TCP_NOTSENT_LOWAT:
		config->not_sent_low_bytes = number == 0 ? UINT32_MAX : (uint32_t)number;
		return 0;
	case ABI_TCP_WINDOW_CLAMP:
		if (number > 0)
			config->receive_buffer_bytes_max = (uint32_t)number;
		if (config->receive_buffer_bytes > config->receive_buffer_bytes_max)
			config->receive_buffer_bytes = config->receive_buffer_bytes_max;
		return 0;
	default: return -ENOPROTOOPT;
	}
}

int
socket__set_tcp(struct socket_table *table, struct socket *socket, int name, const void *value,
		socklen_t size)
{
	struct tcp_config config = socket__tcp_config(socket);
	int number, err;

	if (name == ABI_TCP_CONGESTION) {
		err = set_congestion(&config, value, size);
	} else {
		err = socket__option_read_int(value, size, &number);
		if (err == 0)
			err = set_number(&config, name, number);
	}
	if (err == 0)
		socket__tcp_config_set(table, socket, &config);
	return err;
}

/* ---- TCP_INFO ---------------------------------------------------------------------------------- */

static uint8_t
abi_state(enum tcp_state state)
{
	switch (state) {
	case TCP_STATE_CLOSED: return ABI_TCP_CLOSE;
	case TCP_STATE_LISTEN: return ABI_TCP_LISTEN;
	case TCP_STATE_SYN_SENT: return ABI_TCP_SYN_SENT;
	case TCP_STATE_SYN_RECEIVED: return ABI_TCP_SYN_RECV;
	case TCP_STATE_ESTABLISHED: return ABI_TCP_ESTABLISHED;
	case TCP_STATE_FIN_WAIT_1: return ABI_TCP_FIN_WAIT1;
	case TCP_STATE_FIN_WAIT_2: return ABI_TCP_FIN_WAIT2;
	case TCP_STATE_CLOSE_WAIT: return ABI_TCP_CLOSE_WAIT;
	case TCP_STATE_CLOSING: return ABI_TCP_CLOSING;
	case TCP_STATE_LAST_ACK: return ABI_TCP_LAST_ACK;
	case TCP_STATE_TIME_WAIT: return ABI_TCP_TIME_WAIT;
	}
	return ABI_TCP_CLOSE;
}

static uint8_t
abi_options(const struct tcp_conn_info *info)
{
	return (uint8_t)((info->has_timestamps ? ABI_TCPI_OPT_TIMESTAMPS : 0) |
			 (info->has_sack ? ABI_TCPI_OPT_SACK : 0) |
			 (info->has_wscale ? ABI_TCPI_OPT_WSCALE : 0) |
			 (info->has_ecn ? ABI_TCPI_OPT_ECN : 0));
}

static uint32_t
ms_since(uint64_t then_us, uint64_t now_us)
{
	return then_us == 0 || then_us > now_us ? 0 : (uint32_t)((now_us - then_us) / 1000);
}

static uint32_t
segments(uint32_t bytes, uint32_t mss)
{
	return mss == 0 ? 0 : bytes / mss;
}

static void
info_of_connection(const struct tcp_conn_info *info, uint64_t now_us, struct abi_tcp_info *abi)
{
	*abi = (struct abi_tcp_info){
		.tcpi_state = abi_state(info->state),
		.tcpi_ca_state = info->recovery,
		.tcpi_retransmits = info->retransmits,
		.tcpi_probes = info->probes,
		.tcpi_backoff = info->backoff_count,
		.tcpi_options = abi_options(info),
		.tcpi_wscales = (uint8_t)(info->wscale_send | info->wscale_receive << 4),
		.tcpi_rto = (uint32_t)info->rto_us,
		.tcpi_ato = (uint32_t)info->ack_delay_us,
		.tcpi_snd_mss = info->mss_send,
		.tcpi_rcv_mss = info->mss_seen,
		.tcpi_unacked = info->unacked_segments,
		.tcpi_sacked = info->sacked_segments,
		.tcpi_lost = info->lost_segments,
		.tcpi_retrans = info->retransmitted_segments,
		.tcpi_last_data_sent = ms_since(info->last_sent_us, now_us),
		.tcpi_last_data_recv = ms_since(info->last_data_us, now_us),
		.tcpi_last_ack_recv = ms_since(info->last_ack_us, now_us),
		.tcpi_pmtu = info->path_mtu,
		.tcpi_rcv_ssthresh = info->rcv_wnd,
		.tcpi_rtt = (uint32_t)info->srtt_us,
		.tcpi_rttvar = (uint32_t)info->rttvar_us,
		.tcpi_snd_ssthresh = info->ssthresh_bytes == UINT32_MAX
					     ? INT32_MAX
					     : segments(info->ssthresh_bytes, info->mss_send),
		.tcpi_snd_cwnd = segments(info->cwnd_bytes, info->mss_send),
		.tcpi_advmss = info->mss_receive,
		.tcpi_reordering = RACK_DUP_SEGMENTS,
		.tcpi_rcv_rtt = (uint32_t)info->receive_rtt_us,
		.tcpi_rcv_space = info->rcv_wnd,
		.tcpi_total_retrans = (uint32_t)info->retransmits_total,
		.tcpi_pacing_rate = info->pacing_rate_bytes_s,
		.tcpi_max_pacing_rate = UINT64_MAX,
		.tcpi_bytes_acked = info->bytes_acked,
		.tcpi_bytes_received = info->bytes_received,
		.tcpi_segs_out = (uint32_t)info->segments_out,
		.tcpi_segs_in = (uint32_t)info->segments_in,
		.tcpi_notsent_bytes = info->not_sent_bytes,
		.tcpi_min_rtt = (uint32_t)info->min_rtt_us,
		.tcpi_data_segs_in = (uint32_t)info->data_segments_in,
		.tcpi_data_segs_out = (uint32_t)info->data_segments_out,
		.tcpi_delivery_rate = info->delivery_rate_bytes_s,
		.tcpi_busy_time = info->busy_us,
		.tcpi_rwnd_limited = info->window_limited_us,
		.tcpi_sndbuf_limited = info->buffer_limited_us,
		.tcpi_delivered = (uint32_t)info->segments_delivered,
		.tcpi_bytes_sent = info->bytes_sent,
		.tcpi_bytes_retrans = info->bytes_retransmitted,
		.tcpi_dsack_dups = (uint32_t)info->dsack_duplicates,
		.tcpi_reord_seen = (uint32_t)info->reordering_seen,
		.tcpi_rcv_ooopack = (uint32_t)info->segments_out_of_order,
		.tcpi_snd_wnd = info->snd_wnd,
	};
}

static int
get_info(const struct socket_table *table, const struct socket *socket, void *value,
	 socklen_t *size)
{
	struct abi_tcp_info abi = { .tcpi_state = ABI_TCP_CLOSE };
	struct tcp_conn_info info;

	if (socket->phase != SOCKET_IDLE && tcp_info(socket->stack, socket->conn, &info) == 0)
		info_of_connection(&info, table->now_us, &abi);
	if (socket->phase == SOCKET_LISTENING) {
		abi.tcpi_unacked = info.accept_queue;
		abi.tcpi_sacked = info.backlog;
	}
	return socket__option_write(value, size, &abi, sizeof abi);
}

/* ---- getting ----------------------------------------------------------------------------------- */

/* What segments may carry now, options counted off; before, what was asked for. */
static int
mss_of(const struct socket *socket, const struct tcp_config *config)
{
	struct tcp_conn_info info;

	if (has_connection(socket) && tcp_info(socket->stack, socket->conn, &info) == 0 &&
	    info.state != TCP_STATE_CLOSED)
		return (int)info.mss_send;
	return config->mss_max != 0 ? config->mss_max : (int)MSS_DEFAULT;
}

static int
get_number(const struct socket *socket, int name, int *number)
{
	const struct tcp_config config = socket__tcp_config(socket);

	switch (name) {
	case ABI_TCP_NODELAY: *number = config.no_delay; return 0;
	case ABI_TCP_CORK: *number = config.cork; return 0;
	case ABI_TCP_QUICKACK: *number = config.quick_ack; return 0;
	case ABI_TCP_MAXSEG: *number = mss_of(socket, &config); return 0;
	case ABI_TCP_KEEPIDLE: *number = (int)config.keepalive_idle_s; return 0;
	case ABI_TCP_KEEPINTVL: *number = (int)config.keepalive_interval_s; return 0;
	case ABI_TCP_KEEPCNT: *number = (int)config.keepalive_count; return 0;
	case ABI_TCP_SYNCNT: *number = (int)config.syn_retries; return 0;
	case ABI_TCP_LINGER2:
		*number = config.fin_wait_2_ms == 0 ? -1 : (int)(config.fin_wait_2_ms / 1000);
		return 0;
	case ABI_TCP_DEFER_ACCEPT: *number = (int)config.defer_accept_s; return 0;
	case ABI_TCP_USER_TIMEOUT: *number = (int)config.user_timeout_ms; return 0;
	case ABI_TCP_NOTSENT_LOWAT:
		*number = config.not_sent_low_bytes == UINT32_MAX ? 0
								  : (int)config.not_sent_low_bytes;
		return 0;
	case ABI_TCP_WINDOW_CLAMP: *number = (int)config.receive_buffer_bytes_max; return 0;
	default: return -ENOPROTOOPT;
	}
}

static int
get_congestion(const struct socket *socket, void *value, socklen_t *size)
{
	const struct tcp_config config = socket__tcp_config(socket);
	char name[ABI_TCP_CA_NAME_BYTES] = { 0 };

	strncpy(name, config.congestion, sizeof name - 1);
	return socket__option_write(value, size, name, sizeof name);
}

int
socket__get_tcp(struct socket_table *table, struct socket *socket, int name, void *value,
		socklen_t *size)
{
	int number;

	if (name == ABI_TCP_INFO)
		return get_info(table, socket, value, size);
	if (name == ABI_TCP_CONGESTION)
		return get_congestion(socket, value, size);
	const int err = get_number(socket, name, &number);
	return err != 0 ? err : socket__option_write_int(value, size, number);
}

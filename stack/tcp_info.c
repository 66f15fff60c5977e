/* A look at a connection: what ss -ti shows (RFC 4898 has a name for all of it). */
#include <string.h>

#include "stack/stack_priv.h"

static void
fill_listener(const struct tcb *tcb, struct tcp_conn_info *info)
{
	info->accept_queue = tcb->accepts.count;
	info->backlog = tcb->accepts.backlog;
	info->syn_queue = tcb->accepts.syn_count;
}

static void
fill_sequences(const struct stack *stack, const struct tcb *tcb, struct tcp_conn_info *info)
{
	info->iss = tcb->iss;
	info->irs = tcb->irs;
	info->snd_una = tcb->snd_una;
	info->is_soft_ours = tcb->is_soft_ours;
	info->snd_nxt = tcb->snd_nxt;
	info->snd_wnd = tcb->snd_wnd;
	info->rcv_nxt = tcb->rcv_nxt;
	info->rcv_wnd = tcb->rcv_edge - tcb->rcv_nxt;
	info->send_queue_bytes = tcb->snd_end - tcb->send.begin_seq;
	info->not_sent_bytes = tcb->fin_sent ? 0 : tcb->snd_end - tcb->snd_nxt;
	info->receive_queue_bytes = tcp__unread(tcb);
	info->is_receive_full = info->receive_queue_bytes > 0 && tcp__window_could_be(stack, tcb) == 0;
	for (uint32_t i = 0; i < tcb->holes.count; i++)
		info->out_of_order_bytes += seq_range_bytes(&tcb->holes.ranges[i]);
}

static void
fill_congestion(const struct tcb *tcb, struct tcp_conn_info *info)
{
	const struct tcp_flight *flight = &tcb->flight;

	info->recovery = tcb->recovery.state;
	info->backoff_count = tcb->rto.backoff_count;
	info->retransmits = tcb->retransmits;
	info->probes = tcb->probes;
	info->congestion = tcb->cc.ops != NULL ? tcb->cc.ops->name : tcb->config.congestion;
	info->cwnd_bytes = tcb->cc.cwnd;
	info->ssthresh_bytes = tcb->cc.ssthresh;
	info->srtt_us = tcb->rto.srtt_us;
	info->rttvar_us = tcb->rto.rttvar_us;
	info->min_rtt_us = tcb->rto.min_rtt_us;
	info->rto_us = rto_timeout_us(&tcb->rto);
	info->receive_rtt_us = tcb->rate.rtt_us;
	info->ack_delay_us = tcb->ack_delay_us;
	info->unacked_segments = flight->sent.segments;
	info->sacked_segments = flight->sacked.segments + tcb->recovery.duplicate_acks;
	info->lost_segments = flight->gone.segments;
	info->retransmitted_segments = flight->again.segments;
	info->delivery_rate_bytes_s = tcb->delivery_rate;
	info->pacing_rate_bytes_s = tcp__pace_rate(tcb);
}

static void
fill_counters(const struct tcp_counters *counters, struct tcp_conn_info *info)
{
	info->bytes_sent = counters->bytes_sent;
	info->bytes_acked = counters->bytes_acked;
	info->bytes_received = counters->bytes_received;
	info->bytes_retransmitted = counters->bytes_retransmitted;
	info->segments_in = counters->segments_in;
	info->segments_out = counters->segments_out;
	info->data_segments_in = counters->data_segments_in;
	info->data_segments_out = counters->data_segments_out;
	info->segments_delivered = counters->segments_delivered;
	info->segments_out_of_order = counters->segments_out_of_order;
	info->retransmits_total = counters->retransmits_total;
	info->dsack_duplicates = counters->dsack_duplicates;
	info->spurious_timeouts = counters->spurious_timeouts;
	info->last_sent_us = counters->last_sent_us;
	info->last_received_us = counters->last_received_us;
	info->last_ack_us = counters->last_ack_us;
}

uint64_t
tcp_hole_us(const struct stack *stack, tcp_conn conn)
{
	const struct tcb *tcb = tcp__get(stack, conn);
	if (tcb == NULL)
		return 0;
	const struct tcp_counters *counters = &tcb->counters;
	return counters->hole_us + (counters->hole_since_us != 0 ? stack->now_us - counters->hole_since_us : 0);
}

void
tcp__limit_note(const struct stack *stack, struct tcb *tcb, enum tcp_limit limit)
{
	struct tcp_counters *counters = &tcb->counters;

	if (tcb->limit == limit)
		return;
	counters->limit_us[tcb->limit] += stack->now_us - counters->limit_since_us;
	counters->limit_since_us = stack->now_us;
	tcb->limit = (uint8_t)limit;
}

static void
fill_limits(const struct stack *stack, const struct tcb *tcb, struct tcp_conn_info *info)
{
	uint64_t limit_us[TCP_LIMITS];

	memcpy(limit_us, tcb->counters.limit_us, sizeof limit_us);
	limit_us[tcb->limit] += stack->now_us - tcb->counters.limit_since_us;
	info->window_limited_us = limit_us[TCP_LIMIT_WINDOW];
	info->buffer_limited_us = limit_us[TCP_LIMIT_BUFFER];
	info->busy_us = limit_us[TCP_LIMIT_PATH] + info->window_limited_us + info->buffer_limited_us;
}

static void
fill_tuple(const struct tcp_tuple *tuple, struct tcp_conn_info *info)
{
	info->local = tuple->local;
	info->remote = tuple->remote;
	info->local_port = tuple->local_port;
	info->remote_port = tuple->remote_port;
}

static void
fill(const struct stack *stack, const struct tcb *tcb, struct tcp_conn_info *info)
{
	*info = (struct tcp_conn_info){
		.conn = tcp__conn_of(stack, tcb),
		.user = tcb->user,
		.state = tcb->state,
		.is_detached = tcb->is_detached,
		.has_timestamps = tcb->has_timestamps,
		.has_sack = tcb->has_sack,
		.has_wscale = tcb->has_wscale,
		.has_ecn = tcb->has_ecn,
		.wscale_send = tcb->snd_wscale,
		.wscale_receive = tcb->rcv_wscale,
		.mss_send = tcb->mss,
		.mss_receive = tcb->mss_advertised,
		.mss_seen = tcb->mss_seen,
		.path_mtu = tcb->mtu.current,
	};
	fill_tuple(&tcb->key.tuple, info);
	if (tcb->state == TCP_STATE_LISTEN) {
		fill_listener(tcb, info);
		return;
	}
	fill_sequences(stack, tcb, info);
	fill_congestion(tcb, info);
	fill_counters(&tcb->counters, info);
	fill_limits(stack, tcb, info);
	info->last_data_us = tcb->data_at_us;
	info->reordering_seen = tcb->rack.reordering_seen;
}

int
tcp_info(const struct stack *stack, tcp_conn conn, struct tcp_conn_info *info)
{
	const struct tcb *tcb = tcp__get(stack, conn);

	if (tcb == NULL)
		return ERR_NOT_FOUND;
	fill(stack, tcb, info);
	return 0;
}

static void
skip_to(uint32_t *place, uint32_t first)
{
	*place = *place < first ? first : *place;
}

/*
 * Connections, then SYNs that are kept, then TIME-WAITs, in one row of places; those that were never used are not
 * looked at.
 */
bool
tcp_info_next(const struct stack *stack, uint32_t *place, struct tcp_conn_info *info)
{
	const struct tcp *tcp = &stack->tcp;

	for (; *place < tcp->tcbs_touched; ++*place) {
		const struct tcb *tcb = &tcp->tcbs[*place];
		if ((tcb->generation & 1) == 0)
			continue;
		fill(stack, tcb, info);
		++*place;
		return true;
	}
	skip_to(place, tcp->tcb_count);
	for (; *place - tcp->tcb_count < tcp->syns_touched; ++*place) {
		const struct tcp_syn *syn = &tcp->syns[*place - tcp->tcb_count];
		if (syn->key.kind == TCP_KEY_FREE)
			continue;
		*info = (struct tcp_conn_info){ .state = TCP_STATE_SYN_RECEIVED,
					   .iss = syn->iss,
					   .irs = syn->irs,
					   .retransmits = syn->retransmits };
		fill_tuple(&syn->key.tuple, info);
		++*place;
		return true;
	}
	const uint32_t first = tcp->tcb_count + tcp->syn_count;
	skip_to(place, first);
	for (; *place - first < tcp->time_waits_touched; ++*place) {
		const struct tcp_time_wait *entry = &tcp->time_waits[*place - first];
		if (entry->key.kind == TCP_KEY_FREE)
			continue;
		*info = (struct tcp_conn_info){ .state = TCP_STATE_TIME_WAIT,
					   .is_detached = true,
					   .snd_nxt = entry->snd_nxt,
					   .rcv_nxt = entry->rcv_nxt };
		fill_tuple(&entry->key.tuple, info);
		++*place;
		return true;
	}
	return false;
}

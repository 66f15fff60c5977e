/* Opening: ports, routes, the first SYN; listeners; and what a connection is set to. */
#include <string.h>

#include "stack/stack_priv.h"
#include "stack/trace_priv.h"

/* Without a pool: first where hosts draw from, then all that is no service's (RFC 6056, section 3.2). */
#define PORT_USUAL_MIN 32768u
#define PORT_USUAL_MAX 60999u
#define PORT_MIN       1024u
#define PORT_MAX       65535u

const struct tcp_config tcp_config_default = {
	.send_buffer_bytes = 128u << 10,
	.receive_buffer_bytes = 65536,
	.send_buffer_bytes_max = 4u << 20,
	.receive_buffer_bytes_max = 8u << 20, /* a window scale of 8 */
	.quick_ack = true,
	.window_scale = true,
	.sack = true,
	.timestamps = true,
	.slow_start_after_idle = true,
	.pmtu_discovery = true,
	.mtu_probing = true,
	.keepalive_idle_s = 7200, /* RFC 9293, section 3.8.4 */
	.keepalive_interval_s = 75,
	.keepalive_count = 9,
	.syn_retries = 7, /* 4 minutes: 3 at least (RFC 9293, section 3.8.3); Linux has 6 */
	.synack_retries = 5,
	.retries = 15,
	.fin_wait_2_ms = 60000,
	.time_wait_ms = 60000,
	.not_sent_low_bytes = UINT32_MAX,
	.congestion = "cubic",
};

/* ---- where to -------------------------------------------------------------------------------- */

int
tcp__route(struct stack *stack, const struct tcp_tuple *tuple, struct route_hop *hop)
{
	struct ip_send send = { .destination = tuple->remote };
	int err = ip_route_from(stack, &send, &tuple->local);

	*hop = send.hop;
	return err;
}

/* RFC 9293, section 3.7.1: what the link takes, not the path; TCP_MAXSEG may say less. */
uint16_t
tcp__mss_of_link(const struct stack *stack, const struct route_hop *hop, enum addr_family family,
		 const struct tcp_config *config)
{
	const struct iface *iface = &stack->ifs[hop->ifindex];
	const uint32_t headers =
		(family == ADDR_IPV4 ? IPV4_HEADER_BYTES : IPV6_HEADER_BYTES) + TCP_HEADER_BYTES;
	const uint32_t mss = (family == ADDR_IPV4 ? iface->mtu_ipv4 : iface->mtu_ipv6) - headers;

	return (uint16_t)(config->mss_max != 0 && config->mss_max < mss ? config->mss_max : mss);
}

/* ---- a new tcb ------------------------------------------------------------------------------- */

static void
timers_init(struct tcb *tcb)
{
	wheel_timer_init(&tcb->loss_timer, TIMER_TCP_RTO);
	wheel_timer_init(&tcb->ack_timer, TIMER_TCP_ACK);
	wheel_timer_init(&tcb->send_timer, TIMER_TCP_PACE);
	wheel_timer_init(&tcb->life_timer, TIMER_TCP_KEEPALIVE);
}

/* What a SYN offers; how far it is scaled is told there and does not change (RFC 7323, section 2.2). */
static void
window_init(struct tcb *tcb)
{
	const struct tcp_config *config = &tcb->config;
	const uint32_t mss = tcb->mss_advertised - (config->timestamps ? 12u : 0u);
	uint8_t wscale;

	tcb->rcv_edge =
		tcb->rcv_nxt + tcp__window_initial(config, mss, config->window_scale, &wscale);
	tcb->rcv_wscale = wscale;
}

void
tcp__start(struct stack *stack, struct tcb *tcb, const struct tcp_tuple *tuple,
	   const struct tcp_config *config, uint32_t iss)
{
	tcb->key.tuple = *tuple;
	tcb->config = *config;
	tcb->cause = stack->cause;
	tcb->hop_generation = stack->routes.generation;
	tcb->iss = tcb->snd_una = tcb->snd_nxt = tcb->snd_wl2 = iss;
	tcb->snd_end = tcb->snd_push = tcb->snd_small_end = iss + 1;
	tcb->cwnd_usage_seq = iss;
	tcb->mss_peer = tuple->remote.family == ADDR_IPV4 ? TCP_MSS_DEFAULT_IPV4
							  : TCP_MSS_DEFAULT_IPV6;
	tcb->mss_advertised =
		tcp__mss_of_link(stack, &tcb->hop, tuple->remote.family, &tcb->config);
	window_init(tcb);
	tcb->send_limit = config->send_buffer_bytes;
	tcb->receive_limit = config->receive_buffer_bytes;
	tcb->ts_offset = tcp_timestamp_offset(&stack->tcp.secret, tuple);
	tcb->challenged_at_us = 0;
	stream_init(&tcb->send, iss + 1);
	tcp_flight_init(&tcb->flight);
	seq_set_init(&tcb->holes, tcb->holes_small, TCP_HOLES_SMALL);
	rto_init(&tcb->rto);
	rack_init(&tcb->rack, iss);
	timers_init(tcb);
	TAILQ_INIT(&tcb->accepts.queue);
	TAILQ_INIT(&tcb->accepts.syns);
}

/* ---- ports ----------------------------------------------------------------------------------- */

void
tcp_set_port_pool(struct stack *stack, const struct port_pool *pool)
{
	stack->tcp.ports = pool;
}

/* A 4-tuple that nobody has, or one that rests in TIME-WAIT and may go on (RFC 6191). */
static bool
tuple_is_free(struct stack *stack, const struct tcp_tuple *tuple, bool may_reuse, uint32_t *iss)
{
	struct tcp_key *key = tcp__find(stack, tuple);

	if (key != NULL && key->kind == TCP_KEY_TCB && ((struct tcb *)(void *)key)->is_aborted) {
		tcp__abort(stack, (struct tcb *)(void *)key); /* to its program it is over already */
		key = NULL;
	}
	if (key == NULL) {
		*iss = tcp_isn(&stack->tcp.secret, tuple, stack->now_us);
		return true;
	}
	return may_reuse && key->kind == TCP_KEY_TIME_WAIT &&
	       tcp__time_wait_reuse(stack, (struct tcp_time_wait *)(void *)key, iss);
}

static bool
port_search(struct stack *stack, struct tcp_tuple *tuple, uint32_t first, uint32_t count,
	    bool may_reuse, uint32_t *iss)
{
	const struct port_pool *pool = stack->tcp.ports;
	const uint32_t start = tcp_port_start(&stack->tcp.secret, &tuple->local, &tuple->remote,
					      tuple->remote_port, count, stack->rng);

	for (uint32_t i = 0; i < count; i++) {
		const uint32_t index = (start + i) % count;
		tuple->local_port =
			pool != NULL ? pool->ports[index] : (uint16_t)(first + index);
		if (tcp__listener_find(stack, tuple) == NULL &&
		    tuple_is_free(stack, tuple, may_reuse, iss))
			return true;
	}
	return false;
}

/* So few ports may all rest in TIME-WAIT: then one that may go on. */
static bool
pool_search(struct stack *stack, struct tcp_tuple *tuple, uint32_t *iss)
{
	const uint32_t count = stack->tcp.ports->count;

	return count != 0 && (port_search(stack, tuple, 0, count, false, iss) ||
			      port_search(stack, tuple, 0, count, true, iss));
}

static int
port_choose(struct stack *stack, struct tcp_tuple *tuple, uint32_t *iss)
{
	if (tuple->local_port != 0)
		return tuple_is_free(stack, tuple, true, iss) ? 0 : ERR_IN_USE;
	if (stack->tcp.ports != NULL)
		return pool_search(stack, tuple, iss) ? 0 : ERR_IN_USE;
	if (port_search(stack, tuple, PORT_USUAL_MIN, PORT_USUAL_MAX - PORT_USUAL_MIN + 1, false,
			iss) ||
	    port_search(stack, tuple, PORT_MIN, PORT_MAX - PORT_MIN + 1, false, iss))
		return 0;
	return ERR_IN_USE;
}

/* ---- open ------------------------------------------------------------------------------------ */

static int
syn_send(struct stack *stack, struct tcb *tcb)
{
	const struct tcp_out out = {
		.seq = tcb->iss,
		.flags = TCP_SYN | (tcb->config.ecn ? TCP_ECE | TCP_CWR : 0),
	};
	const struct seq_range range = { tcb->iss, tcb->iss + 1 };
	int err = tcp__segment_send(stack, tcb, &out);

	if (err != 0 && err != ERR_FULL)
		return err;
	/* A full transmit queue is a lost segment. */
	(void)tcp_flight_add(&stack->tcp.sent, &tcb->flight, &range, tcb->mss_advertised,
			     TCP_SENT_SYN, stack->now_us);
	tcb->snd_nxt = tcb->iss + 1;
	tcp__arm_rto(stack, tcb);
	return 0;
}

int
tcp_open(struct stack *stack, const struct ip_addr *remote, uint16_t remote_port,
	 const struct ip_addr *local, uint16_t local_port, const struct tcp_config *config,
	 uint64_t user, uint64_t now_us, tcp_conn *conn)
{
	struct ip_send send = { .destination = *remote };
	struct tcp_tuple tuple = {
		.remote = *remote, .remote_port = remote_port, .local_port = local_port
	};
	uint32_t iss;

	stack__tell_time(stack, now_us);
	if (!tcp_is_spoken(&stack->tcp))
		return ERR_UNSUPPORTED;
	if (remote->family == ADDR_NONE || remote_port == 0)
		return ERR_MALFORMED;
	if (config == NULL)
		config = &tcp_config_default;
	if (cc_find(config->congestion) == NULL)
		return ERR_NOT_FOUND;
	int err = ip_route_from(stack, &send, local);
	if (err != 0)
		return err;
	/* RFC 9293, section 3.9.2.3: never to a group or to all. */
	if (send.hop.kind == ROUTE_BROADCAST || send.hop.kind == ROUTE_MULTICAST ||
	    addr_is_unspecified(remote))
		return ERR_NO_ROUTE;
	tuple.local = send.source;
	if (!tcp__tcb_is_left(stack))
		return ERR_FULL;
	err = port_choose(stack, &tuple, &iss);
	if (err != 0)
		return err;
	struct tcb *tcb = tcp__tcb_new(stack);
	tcb->user = user;
	tcb->hop = send.hop;
	tcp__start(stack, tcb, &tuple, config, iss);
	tcp__insert(stack, &tcb->key, TCP_KEY_TCB);
	tcp__set_state(stack, tcb, TCP_STATE_SYN_SENT);
	err = syn_send(stack, tcb);
	if (err != 0) {
		tcp__remove(stack, &tcb->key);
		tcp__tcb_free(stack, tcb);
		return err;
	}
	if (trace__is_on(stack))
		trace__route(stack, remote, &tuple.local, &tcb->hop);
	*conn = tcp__conn_of(stack, tcb);
	return 0;
}

int
tcp_listen(struct stack *stack, const struct ip_addr *local, uint16_t port, uint32_t backlog,
	   const struct tcp_config *config, uint64_t user, tcp_conn *listener)
{
	struct tcp_tuple tuple = { .local = *local, .local_port = port };

	if (!tcp_is_spoken(&stack->tcp))
		return ERR_UNSUPPORTED;
	if (port == 0)
		return ERR_MALFORMED;
	if (config == NULL)
		config = &tcp_config_default;
	if (cc_find(config->congestion) == NULL)
		return ERR_NOT_FOUND;
	const int err = tcp__listener_check(stack, local, port, config);
	if (err != 0)
		return err;
	struct tcb *tcb = tcp__tcb_new(stack);
	if (tcb == NULL)
		return ERR_FULL;
	tcp__start(stack, tcb, &tuple, config, 0);
	tcb->user = user;
	tcb->accepts.backlog = backlog;
	tcp__set_state(stack, tcb, TCP_STATE_LISTEN);
	tcp__listener_add(stack, tcb);
	*listener = tcp__conn_of(stack, tcb);
	return 0;
}

int
tcp_set_backlog(struct stack *stack, tcp_conn listener, uint32_t backlog)
{
	struct tcb *tcb = tcp__get(stack, listener);

	if (tcb == NULL || tcb->state != TCP_STATE_LISTEN)
		return ERR_CLOSED;
	tcb->accepts.backlog = backlog;
	return 0;
}

/* ---- what it is set to ----------------------------------------------------------------------- */

int
tcp_get_config(const struct stack *stack, tcp_conn conn, struct tcp_config *config)
{
	const struct tcb *tcb = tcp__get(stack, conn);

	if (tcb == NULL)
		return ERR_CLOSED;
	*config = tcb->config;
	config->send_buffer_bytes = tcb->send_limit;
	config->receive_buffer_bytes = tcb->receive_limit;
	return 0;
}

/* The window that was offered stays good: a smaller buffer takes effect as the program reads. */
static void
buffers_set(struct tcb *tcb, const struct tcp_config *config)
{
	if (config->send_buffer_bytes != tcb->send_limit)
		tcb->send_limit = config->send_buffer_bytes;
	if (config->receive_buffer_bytes != tcb->receive_limit)
		tcb->receive_limit = config->receive_buffer_bytes;
}

static void
congestion_set(struct tcb *tcb, const struct cc_ops *ops)
{
	const struct cc before = tcb->cc;

	if (tcb->cc.ops == NULL || tcb->cc.ops == ops)
		return; /* not begun: tcp__established does it */
	cc_init(&tcb->cc, ops, before.mss);
	tcb->cc.cwnd = before.cwnd;
	tcb->cc.ssthresh = before.ssthresh;
}

int
tcp_set_config(struct stack *stack, tcp_conn conn, const struct tcp_config *config, uint64_t now_us)
{
	struct tcb *tcb = tcp__get(stack, conn);
	const struct cc_ops *ops = cc_find(config->congestion);

	stack__tell_time(stack, now_us);
	if (tcb == NULL)
		return ERR_CLOSED;
	if (ops == NULL)
		return ERR_NOT_FOUND;
	const bool keepalive_changed =
		config->keepalive != tcb->config.keepalive ||
		config->keepalive_idle_s != tcb->config.keepalive_idle_s ||
		config->keepalive_interval_s != tcb->config.keepalive_interval_s;
	buffers_set(tcb, config);
	congestion_set(tcb, ops);
	tcb->config = *config;
	if (tcb->state == TCP_STATE_LISTEN || tcb->state == TCP_STATE_CLOSED)
		return 0;
	if (tcb->cc.ops != NULL)
		tcp__mtu_follow(stack, tcb);
	if (keepalive_changed)
		tcp__arm_keepalive(stack, tcb);
	tcp__want_flush(stack, tcb); /* Nagle or the cork may have been lifted */
	return 0;
}

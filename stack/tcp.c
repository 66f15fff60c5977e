/* The life of a connection: states, what the program is told, closing. */
#include "stack/tcp.h"

#include "stack/stack_priv.h"
#include "stack/trace_priv.h"

const char *
tcp_state_name(enum tcp_state state)
{
	static const char *const names[] = {
		"CLOSED",     "LISTEN",     "SYN-SENT", "SYN-RECEIVED", "ESTABLISHED", "FIN-WAIT-1",
		"FIN-WAIT-2", "CLOSE-WAIT", "CLOSING",  "LAST-ACK",     "TIME-WAIT",
	};

	static_assert(sizeof names / sizeof names[0] == TCP_STATE_TIME_WAIT + 1, "a name for each");
	return names[state];
}

void
tcp__set_state(struct stack *stack, struct tcb *tcb, enum tcp_state state)
{
	if (trace__is_on(stack) && tcb->state != state)
		trace__tcp_state(stack, tcb, state);
	tcb->state = (uint8_t)state;
}

/* ---- what the program is told ---------------------------------------------------------------- */

void
tcp__tell(struct stack *stack, struct tcb *tcb, unsigned events)
{
	if (tcb->is_detached || tcb->listener != NULL)
		return; /* nobody to tell, or nobody yet: tcp_accept tells what is true then */
	tcb->events |= (uint8_t)events;
	if (tcb->events == 0 || tcb->is_event_queued)
		return;
	tcb->is_event_queued = true;
	TAILQ_INSERT_TAIL(&stack->tcp.events, tcb, event_link);
}

bool
tcp_next_event(struct stack *stack, struct stack_action *action)
{
	struct tcb *tcb = tcp_is_spoken(&stack->tcp) ? TAILQ_FIRST(&stack->tcp.events) : NULL;

	if (tcb == NULL)
		return false;
	TAILQ_REMOVE(&stack->tcp.events, tcb, event_link);
	tcb->is_event_queued = false;
	*action = (struct stack_action){
		.kind = STACK_TCP,
		.ifindex = tcb->hop.ifindex,
		.conn = tcp__conn_of(stack, tcb),
		.events = tcb->events,
		.user = tcb->user,
		.local = tcb->key.tuple.local,
		.remote = tcb->key.tuple.remote,
		.local_port = tcb->key.tuple.local_port,
		.remote_port = tcb->key.tuple.remote_port,
	};
	tcb->events = 0;
	return true;
}

static unsigned
levels(const struct tcb *tcb)
{
	unsigned events = 0;

	if (tcb->state == TCP_STATE_LISTEN)
		return TAILQ_EMPTY(&tcb->accepts.queue) ? 0 : TCP_EVENT_ACCEPTABLE;
	if (tcb->reason != TCP_REASON_NONE)
		events |= TCP_EVENT_FAILED;
	if (tcb->told_reason != TCP_REASON_NONE)
		events |= TCP_EVENT_ERROR;
	if (tcb->state == TCP_STATE_CLOSED)
		events |= TCP_EVENT_CLOSED;
	if (tcb->state == TCP_STATE_SYN_SENT || tcb->state == TCP_STATE_SYN_RECEIVED)
		return events;
	if (tcb->reason == TCP_REASON_NONE)
		events |= TCP_EVENT_CONNECTED;
	if (tcp__unread(tcb) != 0 || tcb->is_fin_received || tcb->is_deaf ||
	    tcb->state == TCP_STATE_CLOSED)
		events |= TCP_EVENT_READABLE;
	if (tcb->is_fin_received)
		events |= TCP_EVENT_PEER_CLOSED;
	if (tcp__is_writable(tcb))
		events |= TCP_EVENT_WRITABLE;
	return events;
}

unsigned
tcp_poll(const struct stack *stack, tcp_conn conn)
{
	const struct tcb *tcb = tcp__get(stack, conn);
	return tcb == NULL ? 0 : levels(tcb);
}

enum tcp_reason
tcp_reason_of(const struct stack *stack, tcp_conn conn)
{
	const struct tcb *tcb = tcp__get(stack, conn);
	return tcb == NULL ? TCP_REASON_NONE : (enum tcp_reason)tcb->reason;
}

static enum tcp_reason
take(uint8_t *reason)
{
	const enum tcp_reason taken = *reason;

	*reason = TCP_REASON_NONE;
	return taken;
}

enum tcp_reason
tcp_take_error(struct stack *stack, tcp_conn conn)
{
	struct tcb *tcb = tcp__get(stack, conn);
	return tcb == NULL ? TCP_REASON_NONE : take(&tcb->told_reason);
}

enum tcp_reason
tcp_take_soft_error(struct stack *stack, tcp_conn conn)
{
	struct tcb *tcb = tcp__get(stack, conn);
	return tcb == NULL ? TCP_REASON_NONE : take(&tcb->soft_reason);
}

void
tcp__soft_error(struct stack *stack, struct tcb *tcb, enum tcp_reason reason, bool is_ours)
{
	tcb->is_soft_ours = is_ours;
	tcb->soft_reason = (uint8_t)reason;
	tcb->told_reason = (uint8_t)reason;
	tcp__tell(stack, tcb, TCP_EVENT_ERROR);
}

void
tcp__want_flush(struct stack *stack, struct tcb *tcb)
{
	if (tcb->is_flush_queued)
		return;
	tcb->is_flush_queued = true;
	tcb->flush_round = stack->tcp.flush_round;
	TAILQ_INSERT_TAIL(&stack->tcp.flushes, tcb, flush_link);
}

/* ---- the beginning --------------------------------------------------------------------------- */

static void
enter_accept_queue(struct stack *stack, struct tcb *tcb)
{
	struct tcb *listener = tcb->listener;

	TAILQ_INSERT_TAIL(&listener->accepts.queue, tcb, accept_link);
	listener->accepts.count++;
	tcp__tell(stack, listener, TCP_EVENT_ACCEPTABLE);
}

void
tcp__established(struct stack *stack, struct tcb *tcb)
{
	/* RFC 6298, section 5.7: a SYN that was sent again left no sample. */
	rto_fall_back(&tcb->rto);
	rto_forget_back_off(&tcb->rto);
	tcp__mtu_init(stack, tcb);
	cc_init(&tcb->cc, cc_find(tcb->config.congestion), tcb->mss);
	if (tcb->retransmits > 1)
		tcb->cc.cwnd = tcb->mss; /* RFC 5681, section 3.1, as Linux: one loss may be chance */
	tcb->retransmits = 0;
	tcb->rate.read_seq = tcb->rcv_read;
	tcb->rate.began_us = stack->now_us;
	tcb->counters.last_received_us = tcb->data_at_us = stack->now_us;
	tcp__set_state(stack, tcb, tcb->fin_wanted ? TCP_STATE_FIN_WAIT_1 : TCP_STATE_ESTABLISHED);
	tcp__arm_keepalive(stack, tcb);
	tcb->is_writable_told = true;
	if (tcb->listener != NULL)
		enter_accept_queue(stack, tcb);
	else
		tcp__tell(stack, tcb, TCP_EVENT_CONNECTED | TCP_EVENT_WRITABLE);
	tcp__want_flush(stack, tcb);
}

int
tcp_accept(struct stack *stack, tcp_conn listener, uint64_t user, tcp_conn *conn)
{
	struct tcb *from = tcp__get(stack, listener);

	if (from == NULL || from->state != TCP_STATE_LISTEN)
		return ERR_CLOSED;
	struct tcb *tcb = TAILQ_FIRST(&from->accepts.queue);
	if (tcb == NULL)
		return ERR_NOT_FOUND;
	TAILQ_REMOVE(&from->accepts.queue, tcb, accept_link);
	from->accepts.count--;
	tcb->listener = NULL;
	tcb->user = user;
	*conn = tcp__conn_of(stack, tcb);
	const unsigned not_news = TCP_EVENT_CONNECTED | TCP_EVENT_WRITABLE;
	tcp__tell(stack, tcb, levels(tcb) & ~not_news);
	return 0;
}

/* ---- the end --------------------------------------------------------------------------------- */

static void
holes_forget(struct stack *stack, struct tcb *tcb)
{
	seq_set_init(&tcb->holes, tcb->holes_small, TCP_HOLES_SMALL);
	tcb->counters.hole_since_us = 0;
	if (tcb->holes_chunk != NULL)
		stream_chunk_put(&stack->tcp.streams, tcb->holes_chunk);
	tcb->holes_chunk = NULL;
	tcb->sack_recent_count = 0;
}

void
tcp__release(struct stack *stack, struct tcb *tcb)
{
	assert(tcb->is_detached && tcb->state == TCP_STATE_CLOSED);
	stream_clear(&stack->tcp.streams, &tcb->receive);
	tcp__tcb_free(stack, tcb);
	tcp__memory_freed(stack);
}

void
tcp__end(struct stack *stack, struct tcb *tcb, enum tcp_reason reason)
{
	tcp__disarm(stack, tcb);
	tcp__remove(stack, &tcb->key);
	tcp_flight_clear(&stack->tcp.sent, &tcb->flight);
	stream_clear(&stack->tcp.streams, &tcb->send);
	stream_drop_after(&stack->tcp.streams, &tcb->receive, tcb->rcv_nxt);
	holes_forget(stack, tcb);
	tcb->snd_una = tcb->snd_nxt = tcb->snd_end;
	tcp__limit_note(stack, tcb, TCP_LIMIT_NONE);
	tcp__set_state(stack, tcb, TCP_STATE_CLOSED);
	tcb->reason = tcb->told_reason = (uint8_t)reason;
	if (tcb->is_detached) {
		tcp__release(stack, tcb);
		return;
	}
	tcp__memory_freed(stack);
	tcp__tell(stack, tcb,
		  (reason == TCP_REASON_NONE ? TCP_EVENT_CLOSED
					     : TCP_EVENT_CLOSED | TCP_EVENT_FAILED) |
			  TCP_EVENT_READABLE | TCP_EVENT_WRITABLE);
}

/* Our direction is over once what is queued has been sent (RFC 9293, section 3.10.4). */
static void
close_sending(struct stack *stack, struct tcb *tcb)
{
	if (tcb->fin_wanted)
		return;
	tcb->fin_wanted = true;
	tcb->is_more = false;
	if (tcb->state == TCP_STATE_ESTABLISHED)
		tcp__set_state(stack, tcb, TCP_STATE_FIN_WAIT_1);
	else if (tcb->state == TCP_STATE_CLOSE_WAIT)
		tcp__set_state(stack, tcb, TCP_STATE_LAST_ACK);
	/* SYN-RECEIVED: tcp__established goes on from there. */
	tcp__want_flush(stack, tcb);
}

int
tcp_shutdown(struct stack *stack, tcp_conn conn, uint64_t now_us)
{
	struct tcb *tcb = tcp__get(stack, conn);

	stack__tell_time(stack, now_us);
	if (tcb == NULL || tcb->state == TCP_STATE_CLOSED || tcb->state == TCP_STATE_LISTEN)
		return ERR_CLOSED;
	if (tcb->state == TCP_STATE_SYN_SENT)
		tcp__end(stack, tcb, TCP_REASON_ABORTED);
	else
		close_sending(stack, tcb);
	return 0;
}

int
tcp_shutdown_receive(struct stack *stack, tcp_conn conn)
{
	struct tcb *tcb = tcp__get(stack, conn);

	if (tcb == NULL || tcb->state == TCP_STATE_LISTEN)
		return ERR_CLOSED;
	tcb->is_deaf = true;
	return 0;
}

static bool
wants_reset(const struct tcb *tcb)
{
	switch ((enum tcp_state)tcb->state) {
	case TCP_STATE_SYN_RECEIVED:
	case TCP_STATE_ESTABLISHED:
	case TCP_STATE_FIN_WAIT_1:
	case TCP_STATE_FIN_WAIT_2:
	case TCP_STATE_CLOSE_WAIT: return true;
	case TCP_STATE_CLOSED:
	case TCP_STATE_LISTEN:
	case TCP_STATE_SYN_SENT:
	case TCP_STATE_CLOSING:
	case TCP_STATE_LAST_ACK:
	case TCP_STATE_TIME_WAIT: break;
	}
	return false;
}

void
tcp__abort(struct stack *stack, struct tcb *tcb)
{
	tcb->is_detached = true;
	if (tcb->state == TCP_STATE_LISTEN) {
		tcp__listen_close(stack, tcb);
		return;
	}
	if (wants_reset(tcb))
		tcp__reset_send(stack, tcb);
	if (tcb->state == TCP_STATE_CLOSED)
		tcp__release(stack, tcb);
	else
		tcp__end(stack, tcb, TCP_REASON_ABORTED);
}

/* As in TIME-WAIT: what no program waits for gives way to what one wants. */
void
tcp__orphan_abort(struct stack *stack)
{
	stack__drop(stack, DROP_TCP_FULL);
	tcp__abort(stack, TAILQ_FIRST(&stack->tcp.orphans));
}

/* Nobody will read: what has come before its time holds memory for nothing. */
static void
become_orphan(struct stack *stack, struct tcb *tcb)
{
	tcb->is_detached = tcb->is_orphan_queued = true;
	TAILQ_INSERT_TAIL(&stack->tcp.orphans, tcb, accept_link);
	if (tcb->is_event_queued)
		TAILQ_REMOVE(&stack->tcp.events, tcb, event_link);
	tcb->is_event_queued = false;
	stream_drop_after(&stack->tcp.streams, &tcb->receive, tcb->rcv_nxt);
	holes_forget(stack, tcb);
	tcp__memory_freed(stack);
}

/*
 * Data of it may be queued that are not copied: they leave before the RST, which would lie ahead of what the peer has got
 * and be taken for a guess (RFC 5961, section 3.2).
 */
static void
abort_in_order(struct stack *stack, struct tcb *tcb)
{
	if (stack->lent_bytes == 0 || !wants_reset(tcb)) {
		tcp__abort(stack, tcb);
		return;
	}
	become_orphan(stack, tcb);
	tcb->is_aborted = true;
	tcp__want_flush(stack, tcb);
}

void
tcp_abort(struct stack *stack, tcp_conn conn, uint64_t now_us)
{
	struct tcb *tcb = tcp__get(stack, conn);

	stack__tell_time(stack, now_us);
	if (tcb != NULL)
		abort_in_order(stack, tcb);
}

void
tcp_close(struct stack *stack, tcp_conn conn, uint64_t now_us)
{
	struct tcb *tcb = tcp__get(stack, conn);

	stack__tell_time(stack, now_us);
	if (tcb == NULL)
		return;
	/* RFC 2525, section 2.17: the peer must not believe that what nobody has read was read. */
	const bool is_unread = tcp__unread(tcb) != 0 && wants_reset(tcb);
	if (is_unread || tcb->state == TCP_STATE_LISTEN || tcb->state == TCP_STATE_SYN_SENT ||
	    tcb->state == TCP_STATE_CLOSED) {
		abort_in_order(stack, tcb);
		return;
	}
	become_orphan(stack, tcb);
	close_sending(stack, tcb);
	if (tcb->state == TCP_STATE_FIN_WAIT_2)
		tcp__arm_fin_wait_2(stack, tcb);
}

/* The stream between the program and the segments: buffers, and the octets in them. */
#include "stack/stack_priv.h"

/* ---- sending --------------------------------------------------------------------------------- */

/* Octets in the send buffer: not sent, or sent and not acknowledged. */
static uint32_t
queued(const struct tcb *tcb)
{
	return tcb->snd_end - tcb->send.begin_seq;
}

static bool
can_send(const struct tcb *tcb)
{
	switch ((enum tcp_state)tcb->state) {
	case TCP_STATE_SYN_SENT:
	case TCP_STATE_SYN_RECEIVED:
	case TCP_STATE_ESTABLISHED:
	case TCP_STATE_CLOSE_WAIT: return !tcb->fin_wanted;
	case TCP_STATE_CLOSED:
	case TCP_STATE_LISTEN:
	case TCP_STATE_FIN_WAIT_1:
	case TCP_STATE_FIN_WAIT_2:
	case TCP_STATE_CLOSING:
	case TCP_STATE_LAST_ACK:
	case TCP_STATE_TIME_WAIT: break;
	}
	return false;
}

bool
tcp__is_writable(const struct tcb *tcb)
{
	if (!can_send(tcb))
		return true; /* an attempt fails at once: nothing to wait for */
	if (tcb->is_memory_queued)
		return false;
	/* As Linux: not for every octet that becomes free, but when a third is. */
	return queued(tcb) <= tcb->send_limit / 3 * 2 &&
	       tcb->snd_end - tcb->snd_nxt < tcb->config.not_sent_low_bytes;
}

static void
memory_wait(struct stack *stack, struct tcb *tcb)
{
	if (tcb->is_memory_queued)
		return;
	tcb->is_memory_queued = true;
	TAILQ_INSERT_TAIL(&stack->tcp.starved, tcb, memory_link);
}

void
tcp__memory_freed(struct stack *stack)
{
	struct tcb *tcb;

	while (!stream_pool_is_low(&stack->tcp.streams) &&
	       (tcb = TAILQ_FIRST(&stack->tcp.starved)) != NULL) {
		TAILQ_REMOVE(&stack->tcp.starved, tcb, memory_link);
		tcb->is_memory_queued = false;
		tcb->is_writable_told = true;
		tcp__tell(stack, tcb, TCP_EVENT_WRITABLE);
	}
}

/* How much of `size` octets the send buffer may take. */
static size_t
part_of(const struct tcb *tcb, size_t size)
{
	const size_t room = queued(tcb) < tcb->send_limit ? tcb->send_limit - queued(tcb) : 0;
	return size < room ? size : room;
}

/* `size` octets are behind what was to be sent. */
static void
take_on(struct stack *stack, struct tcb *tcb, size_t size, unsigned flags)
{
	tcb->snd_end += (uint32_t)size;
	if (!tcp__is_writable(tcb))
		tcb->is_writable_told = false; /* also who got all of it in may wait for more room */
	if (size == 0)
		return;
	tcb->is_more = (flags & TCP_SEND_MORE) != 0;
	if (!tcb->is_more)
		tcb->snd_push = tcb->snd_end;
	tcp__want_flush(stack, tcb);
}

int
tcp_send(struct stack *stack, tcp_conn conn, const void *bytes, size_t size, unsigned flags,
	 uint64_t now_us, size_t *taken)
{
	struct tcb *tcb = tcp__get(stack, conn);

	stack__tell_time(stack, now_us);
	*taken = 0;
	if (tcb == NULL || !can_send(tcb))
		return ERR_CLOSED;
	const size_t part = part_of(tcb, size);
	*taken = stream_write(&stack->tcp.streams, &tcb->send, tcb->snd_end, bytes, part,
			      STREAM_OTHER);
	if (*taken < part)
		memory_wait(stack, tcb);
	if (*taken < size)
		tcb->is_writable_told = false;
	take_on(stack, tcb, *taken, flags);
	return *taken == 0 && size != 0 ? ERR_FULL : 0;
}

int
tcp_send_room(struct stack *stack, tcp_conn conn, size_t size, struct iovec *pieces,
	      size_t *piece_count)
{
	struct tcb *tcb = tcp__get(stack, conn);
	const size_t piece_max = *piece_count;

	*piece_count = 0;
	if (tcb == NULL || !can_send(tcb))
		return ERR_CLOSED;
	const size_t part = part_of(tcb, size);
	*piece_count = piece_max;
	const size_t lent = stream_room(&stack->tcp.streams, &tcb->send, part, STREAM_OTHER, pieces,
					piece_count);
	if (lent < part && *piece_count < piece_max)
		memory_wait(stack, tcb);
	if (lent != 0 || size == 0)
		return 0;
	tcb->is_writable_told = false;
	return ERR_FULL;
}

void
tcp_send_filled(struct stack *stack, tcp_conn conn, size_t size, unsigned flags, uint64_t now_us)
{
	struct tcb *tcb = tcp__get(stack, conn);

	stack__tell_time(stack, now_us);
	assert(tcb != NULL && tcb->send.end_seq == tcb->snd_end);
	stream_fill(&stack->tcp.streams, &tcb->send, size);
	take_on(stack, tcb, size, flags);
}

/* As Linux: room for twice what a round trip can take, so that cwnd may double (RFC 5681, section 3.1). */
static void
send_buffer_grow(const struct stack *stack, struct tcb *tcb)
{
	const uint32_t max = tcb->config.send_buffer_bytes_max;
	const uint64_t wanted = (uint64_t)tcb->cc.cwnd * 2;

	if (tcb->send_limit >= max || wanted <= tcb->send_limit ||
	    stream_pool_is_low(&stack->tcp.streams))
		return;
	tcb->send_limit = wanted < max ? (uint32_t)wanted : max;
}

void
tcp__tell_writable(struct stack *stack, struct tcb *tcb)
{
	if (tcb->is_writable_told || !tcp__is_writable(tcb))
		return;
	tcb->is_writable_told = true;
	tcp__tell(stack, tcb, TCP_EVENT_WRITABLE);
}

void
tcp__send_buffer_freed(struct stack *stack, struct tcb *tcb)
{
	const uint32_t acked = seq_min(tcb->snd_una, tcb->snd_end); /* FIN lies behind snd_end */

	if (seq_gt(acked, tcb->send.begin_seq)) {
		stream_drop_before(&stack->tcp.streams, &tcb->send, acked);
		tcp__memory_freed(stack);
	}
	if (tcb->is_writable_told)
		return;
	send_buffer_grow(stack, tcb);
	tcp__tell_writable(stack, tcb);
}

/* ---- receiving ------------------------------------------------------------------------------- */

uint32_t
tcp__unread(const struct tcb *tcb)
{
	const uint32_t end = tcb->is_fin_received ? tcb->rcv_fin_seq : tcb->rcv_nxt;

	if (tcb->state == TCP_STATE_LISTEN || tcb->state == TCP_STATE_SYN_SENT)
		return 0;
	return end - tcb->rcv_read;
}

/* Why there is nothing to read; *got stays 0. */
static int
nothing_there(const struct tcb *tcb)
{
	if (tcb->is_fin_received || tcb->is_deaf)
		return 0;
	if (tcb->reason != TCP_REASON_NONE || tcb->state == TCP_STATE_LISTEN)
		return ERR_CLOSED;
	return tcb->state == TCP_STATE_CLOSED ? 0 : ERR_NOT_FOUND;
}

static void
take_off(struct stack *stack, struct tcb *tcb, uint32_t size)
{
	tcb->rcv_read += size;
	stream_drop_before(&stack->tcp.streams, &tcb->receive, tcb->rcv_read);
	tcp__memory_freed(stack);
	if (tcb->state != TCP_STATE_CLOSED)
		tcp__window_on_read(stack, tcb);
}

int
tcp_receive(struct stack *stack, tcp_conn conn, void *out, size_t size, uint64_t now_us,
	    size_t *got)
{
	struct tcb *tcb = tcp__get(stack, conn);

	stack__tell_time(stack, now_us);
	*got = 0;
	if (tcb == NULL)
		return ERR_CLOSED;
	const uint32_t unread = tcp__unread(tcb);
	if (unread == 0)
		return nothing_there(tcb);
	*got = size < unread ? size : unread;
	stream_read(&tcb->receive, tcb->rcv_read, out, *got);
	take_off(stack, tcb, (uint32_t)*got);
	return 0;
}

int
tcp_peek(struct stack *stack, tcp_conn conn, size_t offset, const uint8_t **bytes, size_t *size)
{
	struct tcb *tcb = tcp__get(stack, conn);

	*bytes = NULL;
	*size = 0;
	if (tcb == NULL)
		return ERR_CLOSED;
	const uint32_t unread = tcp__unread(tcb);
	if (offset >= unread)
		return nothing_there(tcb);
	*bytes = stream_peek(&tcb->receive, tcb->rcv_read + (uint32_t)offset, unread - offset,
			     size);
	return 0;
}

int
tcp_consume(struct stack *stack, tcp_conn conn, size_t size, uint64_t now_us)
{
	struct tcb *tcb = tcp__get(stack, conn);

	stack__tell_time(stack, now_us);
	if (tcb == NULL)
		return ERR_CLOSED;
	if (size > tcp__unread(tcb))
		return ERR_TOO_BIG;
	take_off(stack, tcb, (uint32_t)size);
	return 0;
}

#include "fetch/stream_tcp.h"

#include <stdio.h>
#include <stdlib.h>

#include "stack/base/err.h"
#include "stack/tcp.h"

#define KEEPALIVE_S 60u /* as curl's */

struct stream_tcp {
	struct stream stream;
	struct net_sink sink;
	struct net *net;
	struct stream_facts facts;
	tcp_conn conn;
	enum stream_tcp_state state;
};

static struct stream_tcp *
tcp_of(struct stream *stream)
{
	return (struct stream_tcp *)stream;
}

static struct stream_tcp *
tcp_of_sink(struct net_sink *sink)
{
	return (struct stream_tcp *)((char *)sink - offsetof(struct stream_tcp, sink));
}

const char *
stream_tcp_peer(const struct ip_addr *remote, uint16_t port, char text[STREAM_TCP_PEER_BYTES])
{
	char addr[ADDR_TEXT_BYTES];

	(void)snprintf(text, STREAM_TCP_PEER_BYTES, "%s port %u",
		       addr_to_text(remote, addr, sizeof addr), port);
	return text;
}

/* ---- what became of it -------------------------------------------------------------------------------- */

/* is_ours: this host says so, of the next hop, and no router on the way. */
static enum failure_cause
cause_of(enum tcp_reason reason, bool is_ours)
{
	switch (reason) {
	case TCP_REASON_HOST_UNREACHABLE: return is_ours ? FAILURE_NO_NEIGHBOUR : FAILURE_NO_ROUTE;
	case TCP_REASON_NET_UNREACHABLE: return FAILURE_NO_ROUTE;
	case TCP_REASON_NO_MEMORY: return FAILURE_MEMORY;
	case TCP_REASON_NONE:
	case TCP_REASON_REFUSED:
	case TCP_REASON_RESET:
	case TCP_REASON_TIMED_OUT:
	case TCP_REASON_PROHIBITED:
	case TCP_REASON_ABORTED: break;
	}
	return FAILURE_CONNECT;
}

static const char *
words_of(enum tcp_reason reason, bool is_ours)
{
	switch (reason) {
	case TCP_REASON_REFUSED: return "connection refused";
	case TCP_REASON_RESET: return "connection reset by the peer";
	case TCP_REASON_TIMED_OUT: return "no answer";
	case TCP_REASON_NET_UNREACHABLE: return "a router on the way has no route to it";
	case TCP_REASON_HOST_UNREACHABLE:
		return is_ours ? "the next hop does not answer on the link" : "a router on the way says that nobody is there";
	case TCP_REASON_PROHIBITED: return "prohibited by a firewall on the way";
	case TCP_REASON_NO_MEMORY: return "the stack has no room";
	case TCP_REASON_NONE:
	case TCP_REASON_ABORTED: break;
	}
	return "connection closed";
}

/* What fault.c goes by; NULL: nothing finer. */
static const char *
detail_of(enum tcp_reason reason)
{
	switch (reason) {
	case TCP_REASON_REFUSED: return "refused";
	case TCP_REASON_TIMED_OUT: return "silent";
	case TCP_REASON_PROHIBITED: return "prohibited";
	case TCP_REASON_RESET:
	case TCP_REASON_NET_UNREACHABLE:
	case TCP_REASON_HOST_UNREACHABLE:
	case TCP_REASON_NO_MEMORY:
	case TCP_REASON_NONE:
	case TCP_REASON_ABORTED: break;
	}
	return NULL;
}

static int
errno_of(enum tcp_reason reason)
{
	switch (reason) {
	case TCP_REASON_REFUSED: return ECONNREFUSED;
	case TCP_REASON_TIMED_OUT: return ETIMEDOUT;
	case TCP_REASON_NET_UNREACHABLE: return ENETUNREACH;
	case TCP_REASON_HOST_UNREACHABLE: return EHOSTUNREACH;
	case TCP_REASON_PROHIBITED: return EACCES;
	case TCP_REASON_NO_MEMORY: return ENOMEM;
	case TCP_REASON_NONE:
	case TCP_REASON_RESET:
	case TCP_REASON_ABORTED: break;
	}
	return ECONNRESET;
}

/* `cause` is for a connection that had been there. */
static void
tell_failure(struct stream_tcp *tcp, enum failure_cause cause, enum tcp_reason reason)
{
	struct tcp_conn_info info = { .is_soft_ours = false };
	char peer[STREAM_TCP_PEER_BYTES];

	if (tcp->stream.failure.cause != FAILURE_NONE)
		return;
	(void)tcp_info(net_stack(tcp->net), tcp->conn, &info);
	failure_set(&tcp->stream.failure,
		    tcp->state == STREAM_TCP_CONNECTING ? cause_of(reason, info.is_soft_ours) : cause, "%s: %s",
		    stream_tcp_peer(&tcp->facts.remote, tcp->facts.remote_port, peer), words_of(reason, info.is_soft_ours));
	failure_detail(&tcp->stream.failure, detail_of(reason));
}

static int
fail(struct stream_tcp *tcp, enum failure_cause cause)
{
	const enum tcp_reason reason = tcp_reason_of(net_stack(tcp->net), tcp->conn);

	tell_failure(tcp, cause, reason);
	if (tcp->state == STREAM_TCP_CONNECTING)
		tcp->state = STREAM_TCP_FAILED;
	return -errno_of(reason);
}

/*
 * A router, or this host of its own link, says that there is no way.  That may pass, and the stack would go on for minutes
 * (RFC 5461, section 2); who waits for a file wants the next address, or to be told (section 4.1).
 */
static void
fail_softly(struct stream_tcp *tcp)
{
	const enum tcp_reason reason = tcp_take_error(net_stack(tcp->net), tcp->conn);

	if (reason == TCP_REASON_NONE)
		return;
	tell_failure(tcp, FAILURE_CONNECT, reason);
	tcp->state = STREAM_TCP_FAILED;
}

static void
note_connected(struct stream_tcp *tcp, uint64_t now_us)
{
	struct tcp_conn_info info;

	tcp->state = STREAM_TCP_CONNECTED;
	tcp->facts.connected_us = now_us;
	if (tcp_info(net_stack(tcp->net), tcp->conn, &info) == 0) {
		tcp->facts.local = info.local;
		tcp->facts.local_port = info.local_port;
	}
}

static void
on_action(struct net_sink *sink, const struct stack_action *action, uint64_t now_us)
{
	struct stream_tcp *tcp = tcp_of_sink(sink);

	if (action->kind != STACK_TCP || action->conn != tcp->conn)
		return;
	if (tcp->state == STREAM_TCP_CONNECTING) {
		if ((action->events & TCP_EVENT_FAILED) != 0)
			(void)fail(tcp, FAILURE_CONNECT);
		else if ((action->events & TCP_EVENT_CONNECTED) != 0)
			note_connected(tcp, now_us);
		else if ((action->events & TCP_EVENT_ERROR) != 0)
			fail_softly(tcp);
		if (tcp->state == STREAM_TCP_CONNECTING)
			return;
	}
	if (tcp->stream.on_ready != NULL)
		tcp->stream.on_ready(&tcp->stream, tcp->stream.data);
}

/* ---- the verbs ----------------------------------------------------------------------------------------- */

static ssize_t
stream_tcp_read(struct stream *stream, void *into, size_t bytes)
{
	struct stream_tcp *tcp = tcp_of(stream);
	size_t got;

	if (tcp->state == STREAM_TCP_CONNECTING)
		return -EAGAIN;
	const int err =
		tcp_receive(net_stack(tcp->net), tcp->conn, into, bytes, net_now_us(tcp->net), &got);
	if (err == ERR_NOT_FOUND)
		return -EAGAIN;
	if (err != 0)
		return fail(tcp, FAILURE_RECEIVE);
	if (got == 0)
		stream->is_clean_end = true;
	tcp->facts.hole_us = tcp_hole_us(net_stack(tcp->net), tcp->conn);
	return (ssize_t)got;
}

static ssize_t
stream_tcp_write(struct stream *stream, const void *from, size_t bytes)
{
	struct stream_tcp *tcp = tcp_of(stream);
	size_t taken;

	if (tcp->state == STREAM_TCP_CONNECTING)
		return -EAGAIN;
	const int err = tcp_send(net_stack(tcp->net), tcp->conn, from, bytes, 0,
				 net_now_us(tcp->net), &taken);
	if (err == ERR_FULL)
		return -EAGAIN;
	return err == 0 ? (ssize_t)taken : fail(tcp, FAILURE_SEND);
}

static int
stream_tcp_shutdown(struct stream *stream)
{
	struct stream_tcp *tcp = tcp_of(stream);
	const int err = tcp_shutdown(net_stack(tcp->net), tcp->conn, net_now_us(tcp->net));

	return err == 0 ? 0 : fail(tcp, FAILURE_SEND);
}

static void
stream_tcp_close(struct stream *stream)
{
	struct stream_tcp *tcp = tcp_of(stream);

	tcp_close(net_stack(tcp->net), tcp->conn, net_now_us(tcp->net));
	free(tcp);
}

static const struct stream_ops stream_tcp_ops = {
	.read = stream_tcp_read,
	.write = stream_tcp_write,
	.shutdown = stream_tcp_shutdown,
	.close = stream_tcp_close,
};

enum stream_tcp_state
stream_tcp_state(const struct stream *stream)
{
	return ((const struct stream_tcp *)stream)->state;
}

bool
stream_tcp_has_unsaid(const struct stack *stack)
{
	struct tcp_conn_info info;

	for (uint32_t place = 0; tcp_info_next(stack, &place, &info);)
		if (info.is_detached && info.state != TCP_STATE_TIME_WAIT && info.state != TCP_STATE_FIN_WAIT_2)
			return true;
	return false;
}

static int
fail_to_open(struct failure *failure, int err, const struct ip_addr *remote, uint16_t port)
{
	char peer[STREAM_TCP_PEER_BYTES];

	if (err == ERR_NO_ROUTE)
		failure_set(failure, FAILURE_NO_ROUTE, "%s: no route", stream_tcp_peer(remote, port, peer));
	else if (err == ERR_IN_USE)
		failure_set(failure, FAILURE_PORTS, "%s: every local port that leads there is in use",
			    stream_tcp_peer(remote, port, peer));
	else
		failure_set(failure, FAILURE_CONNECT, "%s: %s", stream_tcp_peer(remote, port, peer),
			    err_text(err));
	return err;
}

int
stream_tcp_open(struct net *net, const struct ip_addr *remote, uint16_t port,
		const struct ip_addr *local, struct stream **opened, struct failure *failure)
{
	struct tcp_config config = tcp_config_default;
	struct stream_tcp *tcp = calloc(1, sizeof *tcp);

	if (tcp == NULL)
		return fail_to_open(failure, ERR_NO_MEMORY, remote, port);
	const uint64_t now_us = net_now_us(net);
	config.no_delay = true; /* whoever writes hands over whole messages */
	config.keepalive = true;
	config.keepalive_idle_s = config.keepalive_interval_s = KEEPALIVE_S;
	tcp->stream.ops = &stream_tcp_ops;
	tcp->stream.facts = &tcp->facts;
	tcp->sink.on_action = on_action;
	tcp->net = net;
	tcp->facts = (struct stream_facts){ .remote = *remote,
					    .remote_port = port,
					    .number = net_next_connection(net),
					    .connect_us = now_us };
	int err;
	do
		err = tcp_open(net_stack(net), remote, port, local, 0, &config,
			       net_sink_user(&tcp->sink), now_us, &tcp->conn);
	while (err == ERR_IN_USE && net_more_ports(net));
	if (err != 0) {
		free(tcp);
		return fail_to_open(failure, err, remote, port);
	}
	*opened = &tcp->stream;
	return 0;
}

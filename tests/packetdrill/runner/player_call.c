/*
 * Calls of scripts: made, and their results and outputs judged.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "tests/packetdrill/runner/player_call.h"
#include "tests/packetdrill/runner/symbols.h"

#define BUFFERS_MAX 16u

/* ---- descriptors ------------------------------------------------------------------------------- */

/* The script's number for a descriptor is the result that it expects. */
void
player_remember_fd(const struct call *call, int live_fd)
{
	const long long number_ = player_value(call->player, call->spec->result);

	if (live_fd < 0 || number_ < 0)
		return;
	if (number_ >= PLAYER_FDS_MAX)
		call_fail(call, "descriptor %lld is too high", number_);
	for (int i = 0; i < PLAYER_FDS_MAX; i++) {
		if (call->player->fds[i] == live_fd + 1)
			call_fail(call, "descriptor %d is open already", live_fd);
	}
	call->player->fds[number_] = live_fd + 1;
}

static long long
call_socket(const struct call *call)
{
	const bool is_v6 = call->player->is_ipv6 || call->player->is_mapped;
	const int domain = expression_is_ellipsis(call_argument(call, 0))
				   ? is_v6 ? AF_INET6 : AF_INET
				   : (int)call_number(call, 0);
	int protocol = (int)call_number(call, 2);

	if (protocol == IPPROTO_ICMP && is_v6)
		protocol = IPPROTO_ICMPV6;
	const int live =
		call->table->socket(call->userdata, domain, (int)call_number(call, 1), protocol);
	player_remember_fd(call, live);
	return live;
}

static long long
call_bind(const struct call *call)
{
	struct sockaddr_storage storage;
	const socklen_t size = call_name(call, 1, &call->player->local, &storage);
	const int value = call->table->bind(call->userdata, call_fd(call, 0),
					    (struct sockaddr *)&storage, size);

	/* A UDP socket that is only bound is heard at its port. */
	if (value == 0) {
		const uint16_t port = ntohs(((struct sockaddr_in *)&storage)->sin_port);
		call->player->bound_ports[call_number(call, 0)] = port;
		if (call->player->flow == NULL)
			player_flow_new(call->player, port, PLAYER_PORT_REMOTE);
	}
	return value;
}

static long long
call_listen(const struct call *call)
{
	const int value =
		call->table->listen(call->userdata, call_fd(call, 0), (int)call_number(call, 1));

	if (value == 0)
		player_flow_new(call->player, call->player->bound_ports[call_number(call, 0)], 0)
			->is_listening = true;
	return value;
}

static long long
call_accept(const struct call *call)
{
	struct sockaddr_storage storage = { 0 }, expected;
	socklen_t size = sizeof storage;
	const bool wants_name = !expression_is_null(call_argument(call, 1));
	const int live = call->table->accept(call->userdata, call_fd(call, 0),
					     wants_name ? (struct sockaddr *)&storage : NULL,
					     wants_name ? &size : NULL);

	player_remember_fd(call, live);
	if (live < 0)
		return live;
	call->player->info_fd = live;
	const socklen_t whole =
		player_name(call->player, &call->player->remote,
			    ntohs(((struct sockaddr_in *)&storage)->sin_port), &expected);
	if (wants_name && (size != whole || memcmp(&storage, &expected, whole) != 0))
		call_fail(call, "the peer's address is not told");
	return live;
}

/* The script's number of the descriptor, if it can have one. */
static size_t
script_fd(const struct call *call)
{
	const long long number_ = call_number(call, 0);

	return number_ < 0 || number_ >= PLAYER_FDS_MAX ? 0 : (size_t)number_;
}

/* What segments are about from now on: the next SYN comes from there. */
static void
flow_of_connect(const struct call *call, uint16_t port)
{
	struct player *player = call->player;
	const uint16_t bound = player->bound_ports[script_fd(call)];
	const struct flow *flow = player->flow;
	const bool is_fresh = flow != NULL && !flow->is_listening && !flow->has_local &&
			      flow->remote_port == port && flow->local_port == bound;

	if (player->has_flow[script_fd(call)])
		return;
	player->has_flow[script_fd(call)] = true;
	if (!is_fresh)
		player_flow_new(player, bound, port);
}

static long long
call_connect(const struct call *call)
{
	struct sockaddr_storage storage;
	const socklen_t size = call_name(call, 1, &call->player->remote, &storage);

	/* Before the call: a blocking one sends its SYN and sleeps. */
	if (storage.ss_family != AF_UNSPEC)
		flow_of_connect(call, ntohs(((struct sockaddr_in *)&storage)->sin_port));
	call->player->info_fd = call_fd(call, 0);
	const int value = call->table->connect(call->userdata, call_fd(call, 0),
					       (struct sockaddr *)&storage, size);
	const int error = errno;
	if (storage.ss_family == AF_UNSPEC ||
	    (value < 0 && error != EINPROGRESS && error != EALREADY && error != EISCONN))
		call->player->has_flow[script_fd(call)] = false;
	errno = error;
	return value;
}

static long long
call_shutdown(const struct call *call)
{
	return call->table->shutdown(call->userdata, call_fd(call, 0), (int)call_number(call, 1));
}

static long long
call_close(const struct call *call)
{
	const long long number_ = call_number(call, 0);
	const int value = call->table->close(call->userdata, call_fd(call, 0));

	if (value == 0 && number_ >= 0 && number_ < PLAYER_FDS_MAX)
		call->player->fds[number_] = call->player->bound_ports[number_] =
			call->player->has_flow[number_] = 0;
	return value;
}

/* ---- data -------------------------------------------------------------------------------------- */

static long long
call_read(const struct call *call)
{
	const size_t size = (size_t)call_number(call, 2);
	void *bytes = call_buffer(call, 1, size);
	const ssize_t value = call->table->read(call->userdata, call_fd(call, 0), bytes, size);

	call_check_zeros(call, bytes, value);
	const int error = errno;
	free(bytes);
	errno = error;
	return value;
}

static long long
call_recv(const struct call *call)
{
	const bool is_from = strcmp(call->spec->name, "recvfrom") == 0;
	const size_t size = (size_t)call_number(call, 2);
	void *bytes = call_buffer(call, 1, size);
	struct sockaddr_storage storage;
	socklen_t name_size = sizeof storage;
	const int flags = (int)call_number(call, 3);
	const ssize_t value =
		is_from ? call->table->recvfrom(call->userdata, call_fd(call, 0), bytes, size,
						flags, (struct sockaddr *)&storage, &name_size)
			: call->table->recv(call->userdata, call_fd(call, 0), bytes, size, flags);
	const int error = errno;

	/* MSG_TRUNC tells the whole size of what was cut, and discards of a stream. */
	if ((flags & MSG_TRUNC) == 0)
		call_check_zeros(call, bytes, value);
	free(bytes);
	errno = error;
	return value;
}

static long long
call_write(const struct call *call)
{
	const size_t size = (size_t)call_number(call, 2);
	void *bytes = call_buffer(call, 1, size);
	const ssize_t value = call->table->write(call->userdata, call_fd(call, 0), bytes, size);
	const int error = errno;

	free(bytes);
	errno = error;
	return value;
}

static long long
call_send(const struct call *call)
{
	const size_t size = (size_t)call_number(call, 2);
	void *bytes = call_buffer(call, 1, size);
	struct sockaddr_storage storage;
	ssize_t value;

	if (strcmp(call->spec->name, "sendto") != 0) {
		value = call->table->send(call->userdata, call_fd(call, 0), bytes, size,
					  (int)call_number(call, 3));
	} else {
		const bool has_name = !expression_is_null(call_argument(call, 4));
		const socklen_t name_size =
			has_name ? call_name(call, 4, &call->player->remote, &storage) : 0;
		if (has_name && call->player->flow == NULL)
			player_flow_new(call->player, 0, PLAYER_PORT);
		value = call->table->sendto(
			call->userdata, call_fd(call, 0), bytes, size, (int)call_number(call, 3),
			has_name ? (struct sockaddr *)&storage : NULL, name_size);
	}
	const int error = errno;
	free(bytes);
	errno = error;
	return value;
}

/* [{..., 100}, {..., 200}] */
static size_t
buffers(const struct call *call, const struct expression *list, struct iovec *out)
{
	if (list->kind != EXPRESSION_LIST || list->item_count > BUFFERS_MAX)
		call_fail(call, "a list of buffers is expected");
	for (size_t i = 0; i < list->item_count; i++) {
		const struct expression *item = list->items[i];
		if (item->kind != EXPRESSION_STRUCT || item->item_count != 2)
			call_fail(call, "a buffer is {..., size}");
		out[i].iov_len = (size_t)player_value(call->player, item->items[1]);
		if (out[i].iov_len > CALL_DATA_BYTES_MAX)
			call_fail(call, "%zu octets are too many", out[i].iov_len);
		out[i].iov_base =
			expression_is_null(item->items[0]) ? NULL : calloc(1, out[i].iov_len + 1);
	}
	return list->item_count;
}

static void
buffers_free(struct iovec *list, size_t count)
{
	const int error = errno;

	for (size_t i = 0; i < count; i++)
		free(list[i].iov_base);
	errno = error;
}

static long long
call_vector(const struct call *call)
{
	struct iovec list[BUFFERS_MAX];
	const size_t count = buffers(call, call_argument(call, 1), list);
	const ssize_t value = strcmp(call->spec->name, "readv") == 0
				      ? call->table->readv(call->userdata, call_fd(call, 0), list,
							   (int)call_number(call, 2))
				      : call->table->writev(call->userdata, call_fd(call, 0), list,
							    (int)call_number(call, 2));

	buffers_free(list, count);
	return value;
}

static long long
call_message(const struct call *call)
{
	const bool is_receive = strcmp(call->spec->name, "recvmsg") == 0;
	const struct expression *structure = call_argument(call, 1);
	const struct expression *list = expression_field(structure, "msg_iov");
	const struct expression *flags = expression_field(structure, "msg_flags");
	struct sockaddr_storage storage;
	struct iovec pieces[BUFFERS_MAX];
	struct msghdr message = { .msg_iov = pieces };

	if (list == NULL)
		call_fail(call, "msg_iov is missing");
	message.msg_iovlen = buffers(call, list, pieces);
	if (is_receive) {
		message.msg_name = &storage;
		message.msg_namelen = sizeof storage;
		message.msg_flags = -1;
	}
	const ssize_t value = is_receive
				      ? call->table->recvmsg(call->userdata, call_fd(call, 0),
							     &message, (int)call_number(call, 2))
				      : call->table->sendmsg(call->userdata, call_fd(call, 0),
							     &message, (int)call_number(call, 2));
	if (is_receive && value >= 0 && flags != NULL &&
	    message.msg_flags != player_value(call->player, flags))
		call_fail(call, "msg_flags is 0x%x", (unsigned)message.msg_flags);
	if (is_receive && value >= 0 && message.msg_controllen != 0)
		call_fail(call, "msg_controllen is %zu", message.msg_controllen);
	buffers_free(pieces, message.msg_iovlen);
	return value;
}

/* ---- the calls --------------------------------------------------------------------------------- */

static const struct {
	const char *name;
	long long (*make)(const struct call *call);
} calls[] = {
	{ "socket", call_socket },
	{ "bind", call_bind },
	{ "listen", call_listen },
	{ "accept", call_accept },
	{ "connect", call_connect },
	{ "shutdown", call_shutdown },
	{ "close", call_close },
	{ "read", call_read },
	{ "recv", call_recv },
	{ "recvfrom", call_recv },
	{ "readv", call_vector },
	{ "recvmsg", call_message },
	{ "write", call_write },
	{ "send", call_send },
	{ "sendto", call_send },
	{ "writev", call_vector },
	{ "sendmsg", call_message },
	{ "setsockopt", call_setsockopt },
	{ "getsockopt", call_getsockopt },
	{ "fcntl", call_fcntl },
	{ "ioctl", call_ioctl },
	{ "poll", call_poll },
	{ "epoll_create", call_epoll_create },
	{ "epoll_ctl", call_epoll_ctl },
	{ "epoll_wait", call_epoll_wait },
};

static void
judge(const struct call *call, long long value, int error)
{
	const long long wanted = player_value(call->player, call->spec->result);
	const char *name_ = call->spec->name;
	const bool makes_fd = strcmp(name_, "socket") == 0 || strcmp(name_, "accept") == 0 ||
			      strcmp(name_, "epoll_create") == 0;
	long long error_wanted;

	if (makes_fd ? (value < 0) != (wanted < 0) : value != wanted) {
		if (value < 0)
			call_fail(call, "expected %lld, was %lld %s", wanted, value,
				  symbol_errno(error));
		call_fail(call, "expected %lld, was %lld", wanted, value);
	}
	if (wanted >= 0 || call->spec->error == NULL)
		return;
	if (!symbol_value(call->spec->error, &error_wanted))
		call_fail(call, "%s is no errno known here", call->spec->error);
	if (error != error_wanted)
		call_fail(call, "expected %s, was %s", call->spec->error, symbol_errno(error));
}

void
player_call(struct player *player, const struct event *event)
{
	const struct call call = { .player = player,
				   .event = event,
				   .spec = &event->call,
				   .table = &player->table,
				   .userdata = player->table.userdata };

	for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
		if (strcmp(calls[i].name, event->call.name) != 0)
			continue;
		errno = 0;
		const long long value = calls[i].make(&call);
		judge(&call, value, errno);
		if (player->is_verbose)
			printf("%10.6f %s = %lld\n", (double)player->last_us / 1e6,
			       event->call.name, value);
		return;
	}
	call_fail(&call, "no such call");
}

#include "stack/bsd.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <sys/ioctl.h>

/* ---- results and waiting ----------------------------------------------------------------------- */

static ssize_t
result(ssize_t value)
{
	if (value >= 0)
		return value;
	errno = (int)-value;
	return -1;
}

static uint64_t
tell_time(struct cairn *cairn)
{
	const uint64_t now_us = cairn->shell->now_us(cairn->data);

	socket_tell_time(cairn->table, now_us);
	return now_us;
}

/* timeout_us 0: for ever. */
static uint64_t
deadline(struct cairn *cairn, uint64_t timeout_us)
{
	return timeout_us == 0 ? CAIRN_NEVER : tell_time(cairn) + timeout_us;
}

struct readiness {
	struct socket_table *table;
	int fd;
	short events;
	size_t beyond_bytes;
};

static bool
is_ready(void *argument)
{
	const struct readiness *readiness = argument;

	return socket_poll(readiness->table, readiness->fd, readiness->events) != 0;
}

static int
wait_until(struct cairn *cairn, cairn_condition *is_so, void *argument, uint64_t until_us)
{
	const int error = cairn->shell->wait(cairn->data, is_so, argument, until_us);

	(void)tell_time(cairn);
	if (error != 0)
		return -error;
	return is_so(argument) ? 0 : -EAGAIN;
}

static int
wait_ready(struct cairn *cairn, int fd, short events, uint64_t until_us)
{
	struct readiness readiness = { .table = cairn->table, .fd = fd, .events = events };

	return wait_until(cairn, is_ready, &readiness, until_us);
}

static bool
has_input(void *argument)
{
	const struct readiness *readiness = argument;

	return socket_has_input(readiness->table, readiness->fd, readiness->beyond_bytes);
}

/* For any octet, not for as many as SO_RCVLOWAT says: how many are missing the caller knows. */
static int
wait_input(struct cairn *cairn, int fd, size_t beyond_bytes, uint64_t until_us)
{
	struct readiness readiness = { .table = cairn->table, .fd = fd, .beyond_bytes = beyond_bytes };

	return wait_until(cairn, has_input, &readiness, until_us);
}

/* ---- descriptors ------------------------------------------------------------------------------- */

int
cairn_socket(struct cairn *cairn, int domain, int type, int protocol)
{
	return (int)result(socket_open(cairn->table, cairn->stack, domain, type, protocol));
}

int
cairn_bind(struct cairn *cairn, int fd, const struct sockaddr *name, socklen_t size)
{
	return (int)result(socket_bind(cairn->table, fd, name, size));
}

int
cairn_listen(struct cairn *cairn, int fd, int backlog)
{
	(void)tell_time(cairn);
	return (int)result(socket_listen(cairn->table, fd, backlog));
}

int
cairn_accept(struct cairn *cairn, int fd, struct sockaddr *name, socklen_t *size)
{
	return cairn_accept4(cairn, fd, name, size, 0);
}

int
cairn_accept4(struct cairn *cairn, int fd, struct sockaddr *name, socklen_t *size, int flags)
{
	struct socket_manners manners;

	(void)tell_time(cairn);
	int value = socket_manners(cairn->table, fd, &manners);
	if (value != 0)
		return (int)result(value);
	const uint64_t until_us = deadline(cairn, manners.receive_timeout_us);
	for (;;) {
		value = socket_accept(cairn->table, fd, name, size, flags);
		if (value != -EAGAIN || manners.is_nonblocking)
			return (int)result(value);
		value = wait_ready(cairn, fd, POLLIN, until_us);
		if (value != 0)
			return (int)result(value);
	}
}

int
cairn_connect(struct cairn *cairn, int fd, const struct sockaddr *name, socklen_t size)
{
	struct socket_manners manners;

	(void)tell_time(cairn);
	int value = socket_connect(cairn->table, fd, name, size);
	if ((value != -EINPROGRESS && value != -EALREADY) ||
	    socket_manners(cairn->table, fd, &manners) != 0 || manners.is_nonblocking)
		return (int)result(value);
	const int unfinished = value;
	value = wait_ready(cairn, fd, POLLOUT, deadline(cairn, manners.send_timeout_us));
	if (value == -EAGAIN) /* SO_SNDTIMEO: it goes on by itself */
		return (int)result(unfinished);
	return (int)result(value != 0 ? value : socket_connect(cairn->table, fd, name, size));
}

int
cairn_shutdown(struct cairn *cairn, int fd, int how)
{
	(void)tell_time(cairn);
	return (int)result(socket_shutdown(cairn->table, fd, how));
}

static bool
is_drained(void *argument)
{
	const struct readiness *readiness = argument;

	return socket_is_drained(readiness->table, readiness->fd);
}

/* Data that is not read turns the end into a reset, for which nobody waits. */
static bool
has_unread(struct cairn *cairn, int fd)
{
	int count = 0;

	return socket_ioctl(cairn->table, fd, FIONREAD, &count) == 0 && count > 0;
}

/* SO_LINGER: close waits until the peer has everything, or so long; as with Linux also where nothing else waits. */
int
cairn_close(struct cairn *cairn, int fd)
{
	struct readiness readiness = { .table = cairn->table, .fd = fd };
	struct socket_manners manners;

	const uint64_t now_us = tell_time(cairn);
	if (socket_manners(cairn->table, fd, &manners) == 0 && manners.has_linger &&
	    manners.linger_us != 0 && manners.is_stream && !has_unread(cairn, fd)) {
		(void)socket_shutdown(cairn->table, fd, SHUT_WR);
		(void)wait_until(cairn, is_drained, &readiness, now_us + manners.linger_us);
	}
	return (int)result(socket_close(cairn->table, fd));
}

/* ---- receiving --------------------------------------------------------------------------------- */

static size_t
total_bytes(const struct iovec *buffers, size_t count)
{
	size_t total = 0;

	for (size_t i = 0; i < count; i++)
		total += buffers[i].iov_len;
	return total;
}

/* The rest of `message` behind its first `done` octets: one buffer of it. */
static struct iovec
next_piece(const struct msghdr *message, size_t done, bool *is_last)
{
	size_t i = 0;

	while (i + 1 < message->msg_iovlen && done >= message->msg_iov[i].iov_len)
		done -= message->msg_iov[i++].iov_len;
	*is_last = i + 1 == message->msg_iovlen;
	uint8_t *base = message->msg_iov[i].iov_base;
	return (struct iovec){
		.iov_base = base != NULL ? base + done : NULL, /* with MSG_TRUNC there need be none */
		.iov_len = message->msg_iov[i].iov_len - done,
	};
}

/* How much a receive of a stream waits for: with MSG_WAITALL all, else SO_RCVLOWAT. */
static size_t
least_wanted(const struct socket_manners *manners, const struct msghdr *message, int flags)
{
	const size_t total = total_bytes(message->msg_iov, message->msg_iovlen);

	if (!manners->is_stream)
		return 0;
	return (flags & MSG_WAITALL) != 0 || total < manners->receive_low_bytes ? total
										: manners->receive_low_bytes;
}

/* Piece after piece until so much is there, or the stream ends or fails. */
static ssize_t
receive_more(struct cairn *cairn, int fd, struct msghdr *message, int flags, size_t done,
	     size_t wanted, uint64_t until_us)
{
	bool is_last;

	while (done < wanted) {
		struct iovec piece = next_piece(message, done, &is_last);
		struct msghdr part = { .msg_iov = &piece, .msg_iovlen = 1 };
		if (wait_input(cairn, fd, 0, until_us) != 0)
			break;
		const ssize_t got = socket_recvmsg(cairn->table, fd, &part, flags);
		if (got <= 0)
			break;
		done += (size_t)got;
	}
	return (ssize_t)done;
}

/* MSG_PEEK begins at the front each time: until so much lies there, or no more will. */
static ssize_t
peek_more(struct cairn *cairn, int fd, struct msghdr *message, int flags, size_t done, size_t wanted, uint64_t until_us)
{
	while (done < wanted && wait_input(cairn, fd, done, until_us) == 0) {
		const ssize_t got = socket_recvmsg(cairn->table, fd, message, flags);
		if (got <= (ssize_t)done)
			break;
		done = (size_t)got;
	}
	return (ssize_t)done;
}

ssize_t
cairn_recvmsg(struct cairn *cairn, int fd, struct msghdr *message, int flags)
{
	struct socket_manners manners;

	(void)tell_time(cairn);
	ssize_t value = socket_manners(cairn->table, fd, &manners);
	if (value != 0)
		return result(value);
	const bool may_wait =
		!manners.is_nonblocking && (flags & (MSG_DONTWAIT | MSG_ERRQUEUE)) == 0;
	const uint64_t until_us = deadline(cairn, manners.receive_timeout_us);
	while ((value = socket_recvmsg(cairn->table, fd, message, flags)) == -EAGAIN && may_wait) {
		const int err = wait_input(cairn, fd, 0, until_us);
		if (err != 0)
			return result(err);
	}
	if (value > 0 && may_wait)
		value = ((flags & MSG_PEEK) != 0 ? peek_more : receive_more)(
			cairn, fd, message, flags, (size_t)value, least_wanted(&manners, message, flags), until_us);
	return result(value);
}

ssize_t
cairn_recvfrom(struct cairn *cairn, int fd, void *buffer, size_t size, int flags,
	       struct sockaddr *name, socklen_t *name_size)
{
	struct iovec piece = { .iov_base = buffer, .iov_len = size };
	struct msghdr message = { .msg_name = name,
				  .msg_namelen = name_size == NULL ? 0 : *name_size,
				  .msg_iov = &piece,
				  .msg_iovlen = 1 };

	const ssize_t value = cairn_recvmsg(cairn, fd, &message, flags);
	if (value >= 0 && name_size != NULL)
		*name_size = message.msg_namelen;
	return value;
}

ssize_t
cairn_recv(struct cairn *cairn, int fd, void *buffer, size_t size, int flags)
{
	return cairn_recvfrom(cairn, fd, buffer, size, flags, NULL, NULL);
}

ssize_t
cairn_read(struct cairn *cairn, int fd, void *buffer, size_t size)
{
	return cairn_recv(cairn, fd, buffer, size, 0);
}

ssize_t
cairn_readv(struct cairn *cairn, int fd, const struct iovec *buffers, int count)
{
	if (count < 0 || count > IOV_MAX)
		return result(-EINVAL);
	struct msghdr message = { .msg_iov = (struct iovec *)buffers, .msg_iovlen = (size_t)count };
	return cairn_recvmsg(cairn, fd, &message, 0);
}

/* ---- sending ----------------------------------------------------------------------------------- */

/* A stream takes the rest as room comes; what was taken counts more than an error behind it. */
static ssize_t
send_all(struct cairn *cairn, int fd, const struct msghdr *message, int flags, size_t done,
	 uint64_t until_us)
{
	const size_t wanted = total_bytes(message->msg_iov, message->msg_iovlen);
	bool is_last;

	while (done < wanted) {
		struct iovec piece = next_piece(message, done, &is_last);
		const struct msghdr part = { .msg_iov = &piece, .msg_iovlen = 1 };
		const ssize_t taken =
			socket_sendmsg(cairn->table, fd, &part, is_last ? flags : flags | MSG_MORE);
		if (taken > 0)
			done += (size_t)taken;
		int err = taken < 0 && taken != -EAGAIN ? (int)taken : 0;
		if (err == 0 && done < wanted)
			err = wait_ready(cairn, fd, POLLOUT, until_us);
		if (err != 0)
			return done > 0 ? (ssize_t)done : err;
	}
	return (ssize_t)done;
}

ssize_t
cairn_sendmsg(struct cairn *cairn, int fd, const struct msghdr *message, int flags)
{
	struct socket_manners manners;

	(void)tell_time(cairn);
	ssize_t value = socket_manners(cairn->table, fd, &manners);
	if (value != 0)
		return result(value);
	value = socket_sendmsg(cairn->table, fd, message, flags);
	if (!manners.is_stream || manners.is_nonblocking || (flags & MSG_DONTWAIT) != 0 ||
	    (value < 0 && value != -EAGAIN))
		return result(value);
	return result(send_all(cairn, fd, message, flags, value < 0 ? 0 : (size_t)value,
			       deadline(cairn, manners.send_timeout_us)));
}

ssize_t
cairn_sendto(struct cairn *cairn, int fd, const void *buffer, size_t size, int flags,
	     const struct sockaddr *name, socklen_t name_size)
{
	struct iovec piece = { .iov_base = (void *)buffer, .iov_len = size };
	const struct msghdr message = { .msg_name = (void *)name,
					.msg_namelen = name_size,
					.msg_iov = &piece,
					.msg_iovlen = 1 };

	return cairn_sendmsg(cairn, fd, &message, flags);
}

ssize_t
cairn_send(struct cairn *cairn, int fd, const void *buffer, size_t size, int flags)
{
	return cairn_sendto(cairn, fd, buffer, size, flags, NULL, 0);
}

ssize_t
cairn_write(struct cairn *cairn, int fd, const void *buffer, size_t size)
{
	return cairn_send(cairn, fd, buffer, size, 0);
}

ssize_t
cairn_writev(struct cairn *cairn, int fd, const struct iovec *buffers, int count)
{
	if (count < 0 || count > IOV_MAX)
		return result(-EINVAL);
	const struct msghdr message = { .msg_iov = (struct iovec *)buffers,
					.msg_iovlen = (size_t)count };
	return cairn_sendmsg(cairn, fd, &message, 0);
}

/* ---- names and options ------------------------------------------------------------------------- */

int
cairn_getsockname(struct cairn *cairn, int fd, struct sockaddr *name, socklen_t *size)
{
	return (int)result(socket_getsockname(cairn->table, fd, name, size));
}

int
cairn_getpeername(struct cairn *cairn, int fd, struct sockaddr *name, socklen_t *size)
{
	return (int)result(socket_getpeername(cairn->table, fd, name, size));
}

int
cairn_getsockopt(struct cairn *cairn, int fd, int level, int name, void *value, socklen_t *size)
{
	(void)tell_time(cairn);
	return (int)result(socket_getsockopt(cairn->table, fd, level, name, value, size));
}

int
cairn_setsockopt(struct cairn *cairn, int fd, int level, int name, const void *value,
		 socklen_t size)
{
	(void)tell_time(cairn);
	return (int)result(socket_setsockopt(cairn->table, fd, level, name, value, size));
}

int
cairn_fcntl(struct cairn *cairn, int fd, int command, ...)
{
	va_list arguments;
	int argument = 0;

	va_start(arguments, command);
	if (command == F_SETFL || command == F_SETFD)
		argument = va_arg(arguments, int);
	va_end(arguments);
	return (int)result(socket_fcntl(cairn->table, fd, command, argument));
}

int
cairn_ioctl(struct cairn *cairn, int fd, unsigned long request, ...)
{
	va_list arguments;

	va_start(arguments, request);
	void *argument = va_arg(arguments, void *);
	va_end(arguments);
	return (int)result(socket_ioctl(cairn->table, fd, request, argument));
}

/* ---- readiness --------------------------------------------------------------------------------- */

/* timeout_ms as poll's: negative for ever, 0 not at all. */
static uint64_t
poll_deadline(struct cairn *cairn, int timeout_ms)
{
	const uint64_t now_us = tell_time(cairn);

	return timeout_ms < 0 ? CAIRN_NEVER : now_us + (uint64_t)timeout_ms * 1000;
}

struct poll_set {
	struct socket_table *table;
	struct pollfd *fds;
	nfds_t count;
	int ready_count;
};

static bool
is_any_ready(void *argument)
{
	struct poll_set *set = argument;

	set->ready_count = 0;
	for (nfds_t i = 0; i < set->count; i++) {
		struct pollfd *fd = &set->fds[i];
		fd->revents = fd->fd < 0 ? 0 : socket_poll(set->table, fd->fd, fd->events);
		set->ready_count += fd->revents != 0;
	}
	return set->ready_count > 0;
}

int
cairn_poll(struct cairn *cairn, struct pollfd *fds, nfds_t count, int timeout_ms)
{
	struct poll_set set = { .table = cairn->table, .fds = fds, .count = count };
	const uint64_t until_us = poll_deadline(cairn, timeout_ms);

	if (fds == NULL && count > 0)
		return (int)result(-EFAULT);
	if (is_any_ready(&set) || timeout_ms == 0)
		return set.ready_count;
	const int err = wait_until(cairn, is_any_ready, &set, until_us);
	return err == -EAGAIN ? 0 : err != 0 ? (int)result(err) : set.ready_count;
}

int
cairn_epoll_create(struct cairn *cairn, int size)
{
	return (int)result(size <= 0 ? -EINVAL : socket_epoll_create(cairn->table));
}

int
cairn_epoll_ctl(struct cairn *cairn, int epoll_fd, int operation, int fd, struct epoll_event *event)
{
	return (int)result(socket_epoll_ctl(cairn->table, epoll_fd, operation, fd, event));
}

int
cairn_epoll_wait(struct cairn *cairn, int epoll_fd, struct epoll_event *events, int events_max,
		 int timeout_ms)
{
	const uint64_t until_us = poll_deadline(cairn, timeout_ms);

	for (;;) {
		const int count = socket_epoll_wait(cairn->table, epoll_fd, events, events_max);
		if (count != 0 || timeout_ms == 0)
			return (int)result(count);
		const int err = wait_ready(cairn, epoll_fd, POLLIN, until_us);
		if (err != 0)
			return err == -EAGAIN ? 0 : (int)result(err);
	}
}

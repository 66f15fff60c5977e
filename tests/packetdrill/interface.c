/*
 * The calls of packetdrill's table: each takes the lock, makes the call of stack/bsd.h and takes out
 * what the stack has to say.
 */
#include "tests/packetdrill/interface.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "tests/packetdrill/candidate.h"

#define POLL_MAX 64u

/* packetdrill_sysctl has no userdata: the one candidate of this process. */
static struct candidate *the_candidate;

static struct candidate *
enter(void *userdata)
{
	struct candidate *candidate = userdata;

	(void)pthread_mutex_lock(&candidate->lock);
	return candidate;
}

/* errno is the call's: nothing behind it may change it. */
static void
leave(struct candidate *candidate)
{
	const int error = errno;

	candidate_settle(candidate);
	(void)pthread_mutex_unlock(&candidate->lock);
	errno = error;
}

/* A call on one descriptor, in the words of stack/bsd.h. */
#define CALL(type, userdata, fd, name, ...)                                                        \
	do {                                                                                       \
		struct candidate *candidate = enter(userdata);                                     \
		const type result_ = cairn_##name(&candidate->cairn, candidate_fd(candidate, fd),  \
						  ##__VA_ARGS__);                                  \
		leave(candidate);                                                                  \
		return result_;                                                                    \
	} while (0)

/* ---- descriptors ------------------------------------------------------------------------------- */

static int
fd_out(struct candidate *candidate, int table_fd)
{
	if (table_fd < 0)
		return -1;
	const int fd = candidate_fd_new(candidate, table_fd);
	if (fd < 0) {
		const int error = errno;
		(void)cairn_close(&candidate->cairn, table_fd);
		errno = error;
	}
	return fd;
}

static int
do_socket(void *userdata, int domain, int type, int protocol)
{
	struct candidate *candidate = enter(userdata);
	const int fd = fd_out(candidate, cairn_socket(&candidate->cairn, domain, type, protocol));

	leave(candidate);
	return fd;
}

static int
do_accept(void *userdata, int fd, struct sockaddr *name, socklen_t *size)
{
	struct candidate *candidate = enter(userdata);
	const int child = fd_out(candidate, cairn_accept(&candidate->cairn,
							 candidate_fd(candidate, fd), name, size));

	leave(candidate);
	return child;
}

static int
do_close(void *userdata, int fd)
{
	struct candidate *candidate = enter(userdata);
	const int table_fd = candidate_fd(candidate, fd);
	const int value = cairn_close(&candidate->cairn, table_fd);

	if (value == 0)
		candidate_fd_close(candidate, fd);
	leave(candidate);
	return value;
}

static int
do_bind(void *userdata, int fd, const struct sockaddr *name, socklen_t size)
{
	CALL(int, userdata, fd, bind, name, size);
}

static int
do_listen(void *userdata, int fd, int backlog)
{
	CALL(int, userdata, fd, listen, backlog);
}

static int
do_connect(void *userdata, int fd, const struct sockaddr *name, socklen_t size)
{
	CALL(int, userdata, fd, connect, name, size);
}

static int
do_shutdown(void *userdata, int fd, int how)
{
	CALL(int, userdata, fd, shutdown, how);
}

/* ---- data -------------------------------------------------------------------------------------- */

static ssize_t
do_read(void *userdata, int fd, void *buffer, size_t size)
{
	CALL(ssize_t, userdata, fd, read, buffer, size);
}

static ssize_t
do_readv(void *userdata, int fd, const struct iovec *buffers, int count)
{
	CALL(ssize_t, userdata, fd, readv, buffers, count);
}

static ssize_t
do_recv(void *userdata, int fd, void *buffer, size_t size, int flags)
{
	CALL(ssize_t, userdata, fd, recv, buffer, size, flags);
}

static ssize_t
do_recvfrom(void *userdata, int fd, void *buffer, size_t size, int flags, struct sockaddr *name,
	    socklen_t *name_size)
{
	CALL(ssize_t, userdata, fd, recvfrom, buffer, size, flags, name, name_size);
}

static ssize_t
do_recvmsg(void *userdata, int fd, struct msghdr *message, int flags)
{
	CALL(ssize_t, userdata, fd, recvmsg, message, flags);
}

static ssize_t
do_write(void *userdata, int fd, const void *buffer, size_t size)
{
	CALL(ssize_t, userdata, fd, write, buffer, size);
}

static ssize_t
do_writev(void *userdata, int fd, const struct iovec *buffers, int count)
{
	CALL(ssize_t, userdata, fd, writev, buffers, count);
}

static ssize_t
do_send(void *userdata, int fd, const void *buffer, size_t size, int flags)
{
	CALL(ssize_t, userdata, fd, send, buffer, size, flags);
}

static ssize_t
do_sendto(void *userdata, int fd, const void *buffer, size_t size, int flags,
	  const struct sockaddr *name, socklen_t name_size)
{
	CALL(ssize_t, userdata, fd, sendto, buffer, size, flags, name, name_size);
}

static ssize_t
do_sendmsg(void *userdata, int fd, const struct msghdr *message, int flags)
{
	CALL(ssize_t, userdata, fd, sendmsg, message, flags);
}

/* ---- options and control ----------------------------------------------------------------------- */

static int
do_getsockopt(void *userdata, int fd, int level, int name, void *value, socklen_t *size)
{
	CALL(int, userdata, fd, getsockopt, level, name, value, size);
}

static int
do_setsockopt(void *userdata, int fd, int level, int name, const void *value, socklen_t size)
{
	CALL(int, userdata, fd, setsockopt, level, name, value, size);
}

static int
do_fcntl(void *userdata, int fd, int command, ...)
{
	va_list arguments;
	int argument = 0;

	va_start(arguments, command);
	if (command == F_SETFL || command == F_SETFD)
		argument = va_arg(arguments, int);
	va_end(arguments);
	CALL(int, userdata, fd, fcntl, command, argument);
}

static int
do_ioctl(void *userdata, int fd, unsigned long request, ...)
{
	va_list arguments;

	va_start(arguments, request);
	void *argument = va_arg(arguments, void *);
	va_end(arguments);
	CALL(int, userdata, fd, ioctl, request, argument);
}

/* ---- readiness --------------------------------------------------------------------------------- */

static int
do_poll(void *userdata, struct pollfd *fds, nfds_t count, int timeout_ms)
{
	struct candidate *candidate = enter(userdata);
	struct pollfd ours[POLL_MAX];
	int value = -1;

	errno = count > POLL_MAX ? EINVAL : EFAULT;
	if (count <= POLL_MAX && (fds != NULL || count == 0)) {
		for (nfds_t i = 0; i < count; i++) {
			ours[i] = fds[i];
			if (fds[i].fd >= 0) /* what is no socket of ours is told to be none */
				ours[i].fd = candidate_fd(candidate, fds[i].fd) < 0
						     ? INT32_MAX
						     : candidate_fd(candidate, fds[i].fd);
		}
		value = cairn_poll(&candidate->cairn, ours, count, timeout_ms);
		for (nfds_t i = 0; i < count; i++)
			fds[i].revents = ours[i].revents;
	}
	leave(candidate);
	return value;
}

static int
do_epoll_create(void *userdata, int size)
{
	struct candidate *candidate = enter(userdata);
	const int fd = fd_out(candidate, cairn_epoll_create(&candidate->cairn, size));

	leave(candidate);
	return fd;
}

static int
do_epoll_ctl(void *userdata, int epoll_fd, int operation, int fd, struct epoll_event *event)
{
	struct candidate *candidate = enter(userdata);
	const int value = cairn_epoll_ctl(&candidate->cairn, candidate_fd(candidate, epoll_fd),
					  operation, candidate_fd(candidate, fd), event);

	leave(candidate);
	return value;
}

static int
do_epoll_wait(void *userdata, int epoll_fd, struct epoll_event *events, int events_max,
	      int timeout_ms)
{
	CALL(int, userdata, epoll_fd, epoll_wait, events, events_max, timeout_ms);
}

/* Pipes are the kernel's, and between them and our sockets nothing can be spliced. */
static int
do_pipe(void *userdata, int fds[2])
{
	(void)userdata;
	(void)fds;
	errno = ENOSYS;
	return -1;
}

static int
do_splice(void *userdata, int fd_in, loff_t *offset_in, int fd_out_, loff_t *offset_out,
	  size_t size, unsigned flags)
{
	(void)userdata;
	(void)fd_in;
	(void)offset_in;
	(void)fd_out_;
	(void)offset_out;
	(void)size;
	(void)flags;
	errno = ENOSYS;
	return -1;
}

/* ---- the wire and the clock -------------------------------------------------------------------- */

static int
do_netdev_send(void *userdata, const void *packet, size_t size)
{
	struct candidate *candidate = enter(userdata);

	stack_receive(candidate->stack, candidate->ifindex, packet, size, 0, candidate->now_us);
	leave(candidate);
	return 0;
}

static int
do_netdev_receive(void *userdata, void *buffer, size_t *size, long long *time_us)
{
	struct candidate *candidate = enter(userdata);

	candidate_settle(candidate);
	if (candidate->packet_count == 0)
		candidate_advance(candidate, candidate->now_us + CANDIDATE_WAIT_MAX_US, true);
	*time_us = (long long)candidate->now_us;
	if (candidate->packet_count == 0) {
		*size = 0;
	} else {
		struct candidate_packet *packet = candidate->packets[candidate->packet_first];
		candidate->packet_first = (candidate->packet_first + 1) % CANDIDATE_PACKETS_MAX;
		candidate->packet_count--;
		*size = packet->size < *size ? packet->size : *size;
		memcpy(buffer, packet->bytes, *size);
		*time_us = (long long)packet->time_us;
		free(packet);
	}
	leave(candidate);
	return 0;
}

static int
do_usleep(void *userdata, useconds_t time_us)
{
	struct candidate *candidate = enter(userdata);

	candidate_advance(candidate, candidate->now_us + time_us, false);
	leave(candidate);
	return 0;
}

/* packetdrill spins on this at the end of a wait: a clock that stood still would hang it. */
static int
do_gettimeofday(void *userdata, struct timeval *time, struct timezone *zone)
{
	struct candidate *candidate = enter(userdata);

	(void)zone;
	if (pthread_equal(pthread_self(), candidate->main_thread))
		candidate_advance(candidate, candidate->now_us + 1, false);
	if (time != NULL)
		*time = (struct timeval){ .tv_sec = (time_t)(candidate->now_us / 1000000),
					  .tv_usec = (suseconds_t)(candidate->now_us % 1000000) };
	candidate_asked(candidate);
	leave(candidate);
	return 0;
}

/* ---- the table --------------------------------------------------------------------------------- */

static void
do_free(void *userdata)
{
	if (the_candidate == userdata)
		the_candidate = NULL;
	candidate_free(userdata);
}

void
packetdrill_sysctl(const char *name, const char *value)
{
	if (the_candidate == NULL || name == NULL || value == NULL)
		return;
	struct candidate *candidate = enter(the_candidate);
	candidate_sysctl(candidate, name, value);
	leave(candidate);
}

void
packetdrill_interface_init(const char *flags, struct packetdrill_table *table)
{
	the_candidate = candidate_new(flags);
	*table = (struct packetdrill_table){
		.userdata = the_candidate,
		PACKETDRILL_CALLS,
	};
}

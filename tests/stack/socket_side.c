#include "tests/stack/socket_side.h"

#include <errno.h>
#include <poll.h>
#include <time.h>
#include <unistd.h>

#include "tests/stack/socket_world.h"
#include "tests/suite.h"

#define SETTLE_NS 1000000 /* the kernel's loopback has brought everything by then */

/* ---- the kernel ------------------------------------------------------------------------------------ */

static ssize_t
settled(ssize_t result)
{
	const int error = errno;

	(void)nanosleep(&(struct timespec){ .tv_nsec = SETTLE_NS }, NULL);
	return result < 0 ? -error : result;
}

static int
kernel_socket(int domain, int type, int protocol)
{
	return (int)settled(socket(domain, type | SOCK_NONBLOCK, protocol));
}

static int
kernel_close(int fd)
{
	return (int)settled(close(fd));
}

static int
kernel_bind(int fd, const struct sockaddr *name, socklen_t size)
{
	return (int)settled(bind(fd, name, size));
}

static int
kernel_listen(int fd, int backlog)
{
	return (int)settled(listen(fd, backlog));
}

static int
kernel_accept(int fd, struct sockaddr *name, socklen_t *size)
{
	return (int)settled(accept4(fd, name, size, SOCK_NONBLOCK));
}

static int
kernel_connect(int fd, const struct sockaddr *name, socklen_t size)
{
	return (int)settled(connect(fd, name, size));
}

static int
kernel_shutdown(int fd, int how)
{
	return (int)settled(shutdown(fd, how));
}

static ssize_t
kernel_sendmsg(int fd, const struct msghdr *message, int flags)
{
	return settled(sendmsg(fd, message, flags | MSG_NOSIGNAL));
}

static ssize_t
kernel_recvmsg(int fd, struct msghdr *message, int flags)
{
	return settled(recvmsg(fd, message, flags));
}

static int
kernel_setsockopt(int fd, int level, int name, const void *value, socklen_t size)
{
	return (int)settled(setsockopt(fd, level, name, value, size));
}

static int
kernel_getsockopt(int fd, int level, int name, void *value, socklen_t *size)
{
	return (int)settled(getsockopt(fd, level, name, value, size));
}

static int
kernel_getsockname(int fd, struct sockaddr *name, socklen_t *size)
{
	return (int)settled(getsockname(fd, name, size));
}

static int
kernel_getpeername(int fd, struct sockaddr *name, socklen_t *size)
{
	return (int)settled(getpeername(fd, name, size));
}

static int
kernel_poll(int fd, short events)
{
	struct pollfd one = { .fd = fd, .events = events };

	ck_assert_int_ge(poll(&one, 1, 0), 0);
	return one.revents;
}

static int
kernel_epoll_create(void)
{
	return (int)settled(epoll_create1(0));
}

static int
kernel_epoll_ctl(int epoll, int operation, int fd, struct epoll_event *event)
{
	return (int)settled(epoll_ctl(epoll, operation, fd, event));
}

static int
kernel_epoll_wait(int epoll, struct epoll_event *events, int count)
{
	return (int)settled(epoll_wait(epoll, events, count, 0));
}

const struct side side_kernel = {
	.name = "the kernel",
	.socket = kernel_socket,
	.close = kernel_close,
	.bind = kernel_bind,
	.listen = kernel_listen,
	.accept = kernel_accept,
	.connect = kernel_connect,
	.shutdown = kernel_shutdown,
	.sendmsg = kernel_sendmsg,
	.recvmsg = kernel_recvmsg,
	.setsockopt = kernel_setsockopt,
	.getsockopt = kernel_getsockopt,
	.getsockname = kernel_getsockname,
	.getpeername = kernel_getpeername,
	.poll = kernel_poll,
	.epoll_create = kernel_epoll_create,
	.epoll_ctl = kernel_epoll_ctl,
	.epoll_wait = kernel_epoll_wait,
};

/* ---- Cairn ----------------------------------------------------------------------------------------- */

void
side_cairn_begin(void)
{
	sockets_begin();
	host_addr(&sockets_a, "127.0.0.1/8", STACK_ADDR_NO_DAD);
	host_addr(&sockets_a, "::1/128", STACK_ADDR_NO_DAD);
}

void
side_cairn_end(void)
{
	sockets_end();
}

static ssize_t
carried(ssize_t result)
{
	sockets_carry();
	return result;
}

static int
cairn_side_socket(int domain, int type, int protocol)
{
	return socket_open(sockets, sockets_a.stack, domain, type | SOCK_NONBLOCK, protocol);
}

static int
cairn_side_close(int fd)
{
	return (int)carried(socket_close(sockets, fd));
}

static int
cairn_side_bind(int fd, const struct sockaddr *name, socklen_t size)
{
	return socket_bind(sockets, fd, name, size);
}

static int
cairn_side_listen(int fd, int backlog)
{
	return socket_listen(sockets, fd, backlog);
}

static int
cairn_side_accept(int fd, struct sockaddr *name, socklen_t *size)
{
	return socket_accept(sockets, fd, name, size, SOCK_NONBLOCK);
}

static int
cairn_side_connect(int fd, const struct sockaddr *name, socklen_t size)
{
	return (int)carried(socket_connect(sockets, fd, name, size));
}

static int
cairn_side_shutdown(int fd, int how)
{
	return (int)carried(socket_shutdown(sockets, fd, how));
}

static ssize_t
cairn_side_sendmsg(int fd, const struct msghdr *message, int flags)
{
	return carried(socket_sendmsg(sockets, fd, message, flags));
}

static ssize_t
cairn_side_recvmsg(int fd, struct msghdr *message, int flags)
{
	return carried(socket_recvmsg(sockets, fd, message, flags));
}

static int
cairn_side_setsockopt(int fd, int level, int name, const void *value, socklen_t size)
{
	return socket_setsockopt(sockets, fd, level, name, value, size);
}

static int
cairn_side_getsockopt(int fd, int level, int name, void *value, socklen_t *size)
{
	return socket_getsockopt(sockets, fd, level, name, value, size);
}

static int
cairn_side_getsockname(int fd, struct sockaddr *name, socklen_t *size)
{
	return socket_getsockname(sockets, fd, name, size);
}

static int
cairn_side_getpeername(int fd, struct sockaddr *name, socklen_t *size)
{
	return socket_getpeername(sockets, fd, name, size);
}

static int
cairn_side_poll(int fd, short events)
{
	return socket_poll(sockets, fd, events);
}

static int
cairn_side_epoll_create(void)
{
	return socket_epoll_create(sockets);
}

static int
cairn_side_epoll_ctl(int epoll, int operation, int fd, struct epoll_event *event)
{
	return socket_epoll_ctl(sockets, epoll, operation, fd, event);
}

static int
cairn_side_epoll_wait(int epoll, struct epoll_event *events, int count)
{
	return socket_epoll_wait(sockets, epoll, events, count);
}

const struct side side_cairn = {
	.name = "Cairn",
	.socket = cairn_side_socket,
	.close = cairn_side_close,
	.bind = cairn_side_bind,
	.listen = cairn_side_listen,
	.accept = cairn_side_accept,
	.connect = cairn_side_connect,
	.shutdown = cairn_side_shutdown,
	.sendmsg = cairn_side_sendmsg,
	.recvmsg = cairn_side_recvmsg,
	.setsockopt = cairn_side_setsockopt,
	.getsockopt = cairn_side_getsockopt,
	.getsockname = cairn_side_getsockname,
	.getpeername = cairn_side_getpeername,
	.poll = cairn_side_poll,
	.epoll_create = cairn_side_epoll_create,
	.epoll_ctl = cairn_side_epoll_ctl,
	.epoll_wait = cairn_side_epoll_wait,
};

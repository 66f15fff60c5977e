/*
 * The socket calls beside the kernel's: each scene is played with both on loopback, and every result has to be the same
 * (POSIX.1-2017 where it speaks, Linux where it leaves it open).
 */
#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "tests/stack/socket_side.h"
#include "tests/suite.h"

#define NOTES_BYTES 4096u
#define FDS_MAX     16

/* One side, and what its calls have said so far. */
struct play {
	const struct side *side;
	char notes[NOTES_BYTES];
	size_t used;
	int fds[FDS_MAX]; /* to be closed at the end */
	int fd_count;
};

/* ---- notes ------------------------------------------------------------------------------------------- */

static void __attribute__((format(printf, 2, 3)))
note(struct play *play, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	play->used += (size_t)vsnprintf(play->notes + play->used, NOTES_BYTES - play->used, format, arguments);
	va_end(arguments);
	ck_assert_uint_lt(play->used, NOTES_BYTES);
}

static long
said(struct play *play, const char *call, long result)
{
	if (result < 0)
		note(play, "%s %s\n", call, strerrorname_np((int)-result));
	else
		note(play, "%s %ld\n", call, result);
	return result;
}

static void
look(struct play *play, const char *who, int fd)
{
	static const struct {
		short bit;
		const char *name;
	} bits[] = { { POLLIN, "IN" },   { POLLOUT, "OUT" },     { POLLERR, "ERR" },   { POLLHUP, "HUP" },
		     { POLLPRI, "PRI" }, { POLLRDHUP, "RDHUP" }, { POLLNVAL, "NVAL" }, { POLLRDNORM, "RDNORM" },
		     { POLLWRNORM, "WRNORM" } };
	const int ready = play->side->poll(fd, POLLIN | POLLOUT | POLLPRI | POLLRDHUP | POLLRDNORM | POLLWRNORM);

	note(play, "poll %s", who);
	for (size_t i = 0; i < COUNT(bits); i++)
		if ((ready & bits[i].bit) != 0)
			note(play, " %s", bits[i].name);
	note(play, "\n");
}

/* ---- calls ------------------------------------------------------------------------------------------- */

static int
keep(struct play *play, int fd)
{
	if (fd >= 0)
		play->fds[play->fd_count++] = fd;
	return fd;
}

static int
open_one(struct play *play, int domain, int type)
{
	const int fd = keep(play, play->side->socket(domain, type, 0));
	ck_assert_msg(fd >= 0, "%s: socket", play->side->name);
	return fd;
}

static void
close_one(struct play *play, const char *who, int fd)
{
	int i = 0;

	note(play, "close %s %d\n", who, play->side->close(fd));
	while (play->fds[i] != fd)
		i++;
	play->fds[i] = play->fds[--play->fd_count];
}

/* text "" : any address */
static socklen_t
name_of(int domain, const char *text, uint16_t port, struct sockaddr_storage *name)
{
	static const uint8_t mapped[] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 127, 0, 0, 1 };
	struct sockaddr_in *in = (struct sockaddr_in *)name;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)name;

	memset(name, 0, sizeof *name);
	name->ss_family = (sa_family_t)domain;
	if (domain == AF_INET) {
		in->sin_port = htons(port);
		in->sin_addr.s_addr = htonl(strcmp(text, "loopback") == 0 ? INADDR_LOOPBACK : INADDR_ANY);
		return sizeof *in;
	}
	in6->sin6_port = htons(port);
	if (strcmp(text, "loopback") == 0)
		in6->sin6_addr = in6addr_loopback;
	else if (strcmp(text, "mapped") == 0)
		memcpy(&in6->sin6_addr, mapped, sizeof mapped);
	return sizeof *in6;
}

static int
bind_one(struct play *play, const char *who, int fd, int domain, const char *text, uint16_t port)
{
	struct sockaddr_storage name;
	const socklen_t size = name_of(domain, text, port, &name);

	note(play, "%s ", who);
	return (int)said(play, "bind", play->side->bind(fd, (struct sockaddr *)&name, size));
}

static int
connect_one(struct play *play, const char *who, int fd, int domain, const char *text, uint16_t port)
{
	struct sockaddr_storage name;
	const socklen_t size = name_of(domain, text, port, &name);

	note(play, "%s ", who);
	return (int)said(play, "connect", play->side->connect(fd, (struct sockaddr *)&name, size));
}

static void
unconnect(struct play *play, const char *who, int fd)
{
	const struct sockaddr none = { .sa_family = AF_UNSPEC };

	note(play, "%s ", who);
	(void)said(play, "connect to nobody", play->side->connect(fd, &none, sizeof none));
}

static uint16_t
port_of(struct play *play, int fd)
{
	struct sockaddr_storage name;
	socklen_t size = sizeof name;

	ck_assert_int_eq(play->side->getsockname(fd, (struct sockaddr *)&name, &size), 0);
	return ntohs(((struct sockaddr_in *)&name)->sin_port);
}

/* Without the port, which differs; but whether there is one. */
static void
names(struct play *play, const char *who, int fd)
{
	struct sockaddr_storage name;
	for (int i = 0; i < 2; i++) {
		socklen_t size = sizeof name;
		const int err = (i == 0 ? play->side->getsockname : play->side->getpeername)(fd, (struct sockaddr *)&name, &size);
		note(play, "%s ", who);
		if (said(play, i == 0 ? "name" : "peer", err) != 0)
			continue;
		const uint8_t *octets = (const uint8_t *)&name + (name.ss_family == AF_INET ? 4 : 8);
		note(play, " family %d size %u port %d addr ", name.ss_family, size, ((struct sockaddr_in *)&name)->sin_port != 0);
		for (int k = 0; k < (name.ss_family == AF_INET ? 4 : 16); k++)
			note(play, "%02x", octets[k]);
		note(play, "\n");
	}
}

static void
send_text(struct play *play, const char *who, int fd, const char *text, int flags)
{
	struct iovec piece = { .iov_base = (void *)text, .iov_len = strlen(text) };
	const struct msghdr message = { .msg_iov = &piece, .msg_iovlen = 1 };

	note(play, "%s ", who);
	(void)said(play, "send", play->side->sendmsg(fd, &message, flags));
}

static void
receive_text(struct play *play, const char *who, int fd, size_t size, int flags)
{
	char text[64] = "";
	struct iovec piece = { .iov_base = text, .iov_len = size };
	struct msghdr message = { .msg_iov = &piece, .msg_iovlen = 1 };

	note(play, "%s ", who);
	const long got = said(play, "receive", play->side->recvmsg(fd, &message, flags));
	if (got >= 0)
		note(play, " \"%.*s\" flags %x\n", (int)(got < (long)size ? got : (long)size), text, message.msg_flags);
}

static void
error_of(struct play *play, const char *who, int fd)
{
	int error = 0;
	socklen_t size = sizeof error;

	ck_assert_int_eq(play->side->getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size), 0);
	note(play, "%s error %s\n", who, error == 0 ? "0" : strerrorname_np(error));
}

static void
set(struct play *play, int fd, int level, int name, int value)
{
	(void)said(play, "set", play->side->setsockopt(fd, level, name, &value, sizeof value));
}

static void
linger(struct play *play, int fd, int seconds)
{
	const struct linger value = { .l_onoff = 1, .l_linger = seconds };
	ck_assert_int_eq(play->side->setsockopt(fd, SOL_SOCKET, SO_LINGER, &value, sizeof value), 0);
}

struct line {
	int listener, client, child;
	uint16_t port;
};

static struct line
connected(struct play *play, int domain)
{
	struct line line = { .listener = open_one(play, domain, SOCK_STREAM), .client = open_one(play, domain, SOCK_STREAM) };

	(void)bind_one(play, "listener", line.listener, domain, "loopback", 0);
	(void)said(play, "listen", play->side->listen(line.listener, 4));
	line.port = port_of(play, line.listener);
	(void)connect_one(play, "client", line.client, domain, "loopback", line.port);
	line.child = keep(play, play->side->accept(line.listener, NULL, NULL));
	ck_assert_msg(line.child >= 0, "%s: accept", play->side->name);
	return line;
}

/* A port where nobody is. */
static uint16_t
no_port(struct play *play, int domain, int type)
{
	const int fd = open_one(play, domain, type);
	(void)bind_one(play, "nobody", fd, domain, "loopback", 0);
	const uint16_t port = port_of(play, fd);
	close_one(play, "nobody", fd);
	return port;
}

/* ---- scenes: streams ----------------------------------------------------------------------------------- */

static void
nobody_listens(struct play *play, int domain)
{
	const uint16_t port = no_port(play, domain, SOCK_STREAM);
	const int fd = open_one(play, domain, SOCK_STREAM);

	(void)connect_one(play, "client", fd, domain, "loopback", port);
	look(play, "refused", fd);
	error_of(play, "refused", fd);
	error_of(play, "told", fd);
	look(play, "told", fd);
	receive_text(play, "told", fd, 8, 0);
	send_text(play, "told", fd, "x", 0);
	names(play, "told", fd);
	(void)connect_one(play, "once more", fd, domain, "loopback", port);
	(void)connect_one(play, "result", fd, domain, "loopback", port);
	look(play, "result told", fd);
	(void)connect_one(play, "again", fd, domain, "loopback", port);
	receive_text(play, "again", fd, 8, 0);
	receive_text(play, "again", fd, 8, 0);
	send_text(play, "again", fd, "x", 0);
}

static void
a_new_socket(struct play *play, int domain)
{
	const int fd = open_one(play, domain, SOCK_STREAM);

	look(play, "new", fd);
	names(play, "new", fd);
	receive_text(play, "new", fd, 8, 0);
	send_text(play, "new", fd, "x", 0);
	(void)said(play, "shutdown", play->side->shutdown(fd, SHUT_RDWR));
	(void)said(play, "shutdown", play->side->shutdown(fd, 9));
	(void)said(play, "accept", play->side->accept(fd, NULL, NULL));
	unconnect(play, "new", fd);
	(void)said(play, "bind", play->side->bind(fd, &(struct sockaddr){ .sa_family = AF_UNIX }, sizeof(struct sockaddr_in6)));
	(void)said(play, "bind", play->side->bind(fd, &(struct sockaddr){ .sa_family = (sa_family_t)domain }, 8));
	(void)said(play, "connect", play->side->connect(fd, &(struct sockaddr){ .sa_family = (sa_family_t)domain }, 8));
	(void)said(play, "connect", play->side->connect(fd, &(struct sockaddr){ .sa_family = (sa_family_t)domain }, 1));
	look(play, "still new", fd);
}

static void
a_connection(struct play *play, int domain)
{
	const struct line line = connected(play, domain);

	look(play, "client", line.client);
	look(play, "child", line.child);
	(void)connect_one(play, "client", line.client, domain, "loopback", line.port);
	(void)connect_one(play, "client", line.client, domain, "loopback", line.port);
	(void)bind_one(play, "client", line.client, domain, "loopback", 0);
	(void)said(play, "listen", play->side->listen(line.client, 1));
	(void)said(play, "accept", play->side->accept(line.client, NULL, NULL));
	names(play, "client", line.client);
	names(play, "child", line.child);
	receive_text(play, "child", line.child, 8, 0);
	send_text(play, "client", line.client, "abcdef", 0);
	send_text(play, "client", line.client, "", 0);
	look(play, "child", line.child);
	receive_text(play, "child", line.child, 3, MSG_PEEK);
	receive_text(play, "child", line.child, 2, MSG_TRUNC);
	receive_text(play, "child", line.child, 0, 0);
	receive_text(play, "child", line.child, 8, MSG_OOB);
	receive_text(play, "child", line.child, 8, MSG_ERRQUEUE);
	receive_text(play, "child", line.child, 8, MSG_WAITALL);
	receive_text(play, "child", line.child, 0, 0);
}

static void
reset_by_peer(struct play *play, int domain)
{
	const struct line line = connected(play, domain);

	linger(play, line.client, 0);
	close_one(play, "client", line.client);
	look(play, "reset", line.child);
	send_text(play, "reset", line.child, "x", 0);
	look(play, "told", line.child);
	receive_text(play, "told", line.child, 8, 0);
	send_text(play, "told", line.child, "x", 0);
	names(play, "told", line.child);
	(void)said(play, "shutdown", play->side->shutdown(line.child, SHUT_WR));
	(void)connect_one(play, "child", line.child, domain, "loopback", line.port);
	look(play, "child", line.child);
}

static void
reset_with_data_unread(struct play *play, int domain)
{
	const struct line line = connected(play, domain);

	send_text(play, "client", line.client, "abc", 0);
	linger(play, line.client, 0);
	close_one(play, "client", line.client);
	look(play, "reset", line.child);
	receive_text(play, "reset", line.child, 2, 0);
	receive_text(play, "reset", line.child, 8, 0);
	receive_text(play, "reset", line.child, 8, 0);
	receive_text(play, "reset", line.child, 8, 0);
	look(play, "reset", line.child);
}

static void
reset_after_the_end(struct play *play, int domain)
{
	const struct line line = connected(play, domain);

	(void)said(play, "shutdown", play->side->shutdown(line.client, SHUT_WR));
	look(play, "child", line.child);
	linger(play, line.client, 0);
	close_one(play, "client", line.client);
	look(play, "child", line.child);
	error_of(play, "child", line.child);
	receive_text(play, "child", line.child, 8, 0);
	send_text(play, "child", line.child, "x", 0);
}

static void
unread_data_at_close(struct play *play, int domain)
{
	const struct line line = connected(play, domain);

	send_text(play, "client", line.client, "abc", 0);
	close_one(play, "child", line.child);
	look(play, "client", line.client);
	receive_text(play, "client", line.client, 8, 0);
	receive_text(play, "client", line.client, 8, 0);
}

static void
the_peer_is_gone(struct play *play, int domain)
{
	const struct line line = connected(play, domain);

	close_one(play, "child", line.child);
	look(play, "client", line.client);
	receive_text(play, "client", line.client, 8, 0);
	send_text(play, "client", line.client, "x", 0);
	look(play, "client", line.client);
	send_text(play, "client", line.client, "x", 0);
	error_of(play, "client", line.client);
	send_text(play, "client", line.client, "x", 0);
	receive_text(play, "client", line.client, 8, 0);
	names(play, "client", line.client);
}

static void
half_closed(struct play *play, int domain)
{
	const struct line line = connected(play, domain);

	(void)said(play, "shutdown", play->side->shutdown(line.client, SHUT_WR));
	look(play, "client", line.client);
	look(play, "child", line.child);
	send_text(play, "client", line.client, "x", 0);
	receive_text(play, "child", line.child, 8, 0);
	send_text(play, "child", line.child, "late", 0);
	receive_text(play, "client", line.client, 8, 0);
	receive_text(play, "client", line.client, 8, 0);
	(void)said(play, "shutdown", play->side->shutdown(line.client, SHUT_WR));
	(void)said(play, "shutdown", play->side->shutdown(line.child, SHUT_WR));
	look(play, "client", line.client);
	look(play, "child", line.child);
	names(play, "client", line.client);
	names(play, "child", line.child);
	(void)said(play, "shutdown", play->side->shutdown(line.client, SHUT_RDWR));
	(void)said(play, "shutdown", play->side->shutdown(line.child, SHUT_RDWR));
	(void)connect_one(play, "child", line.child, domain, "loopback", line.port);
	receive_text(play, "child", line.child, 8, 0);
	send_text(play, "child", line.child, "x", 0);
}

static void
nothing_more_to_be_received(struct play *play, int domain)
{
	const struct line line = connected(play, domain);

	send_text(play, "client", line.client, "before", 0);
	(void)said(play, "shutdown", play->side->shutdown(line.child, SHUT_RD));
	look(play, "child", line.child);
	receive_text(play, "child", line.child, 8, 0);
	receive_text(play, "child", line.child, 8, 0);
	send_text(play, "client", line.client, "after", 0);
	look(play, "client", line.client);
	send_text(play, "child", line.child, "back", 0);
	receive_text(play, "client", line.client, 8, 0);
}

static void
a_listener(struct play *play, int domain)
{
	const int fd = open_one(play, domain, SOCK_STREAM), client = open_one(play, domain, SOCK_STREAM);

	(void)said(play, "listen", play->side->listen(fd, 1));
	look(play, "listener", fd);
	names(play, "listener", fd);
	receive_text(play, "listener", fd, 8, 0);
	send_text(play, "listener", fd, "x", 0);
	(void)said(play, "accept", play->side->accept(fd, NULL, NULL));
	const uint16_t port = port_of(play, fd);
	(void)connect_one(play, "listener", fd, domain, "loopback", port);
	(void)bind_one(play, "listener", fd, domain, "loopback", 0);
	(void)connect_one(play, "client", client, domain, "loopback", port);
	look(play, "listener", fd);
	(void)said(play, "listen", play->side->listen(fd, 2));
	(void)said(play, "shutdown", play->side->shutdown(fd, SHUT_WR));
	look(play, "listener", fd);
	(void)said(play, "shutdown", play->side->shutdown(fd, SHUT_RD));
	look(play, "shut", fd);
	look(play, "client", client);
	(void)said(play, "accept", play->side->accept(fd, NULL, NULL));
	receive_text(play, "shut", fd, 8, 0);
	(void)said(play, "listen", play->side->listen(fd, 2));
	look(play, "again", fd);
}

static void
a_queued_connection_is_reset(struct play *play, int domain)
{
	const int fd = open_one(play, domain, SOCK_STREAM), client = open_one(play, domain, SOCK_STREAM);
	struct sockaddr_storage name;
	socklen_t size = sizeof name;

	(void)said(play, "listen", play->side->listen(fd, 4));
	(void)connect_one(play, "client", client, domain, "loopback", port_of(play, fd));
	send_text(play, "client", client, "abc", 0);
	linger(play, client, 0);
	close_one(play, "client", client);
	look(play, "listener", fd);
	const int child = keep(play, play->side->accept(fd, (struct sockaddr *)&name, &size));
	note(play, "accept %d size %u\n", child >= 0, size);
	look(play, "child", child);
	names(play, "child", child);
	receive_text(play, "child", child, 8, 0);
	receive_text(play, "child", child, 8, 0);
	receive_text(play, "child", child, 8, 0);
}

static void
low_water(struct play *play, int domain)
{
	const struct line line = connected(play, domain);

	set(play, line.child, SOL_SOCKET, SO_RCVLOWAT, 4);
	send_text(play, "client", line.client, "abc", 0);
	look(play, "child", line.child);
	receive_text(play, "child", line.child, 1, MSG_PEEK);
	send_text(play, "client", line.client, "d", 0);
	look(play, "child", line.child);
	(void)said(play, "shutdown", play->side->shutdown(line.client, SHUT_WR));
	receive_text(play, "child", line.child, 3, 0);
	look(play, "child", line.child);
}

static void
disconnected(struct play *play, int domain)
{
	const struct line line = connected(play, domain);

	unconnect(play, "client", line.client);
	look(play, "client", line.client);
	look(play, "child", line.child);
	send_text(play, "client", line.client, "x", 0);
	send_text(play, "client", line.client, "x", 0);
	receive_text(play, "child", line.child, 8, 0);
	(void)connect_one(play, "client", line.client, domain, "loopback", line.port);
	look(play, "client", line.client);
}

/* ---- scenes: datagrams ---------------------------------------------------------------------------------- */

static void
a_new_datagram_socket(struct play *play, int domain)
{
	const int fd = open_one(play, domain, SOCK_DGRAM);

	look(play, "new", fd);
	names(play, "new", fd);
	receive_text(play, "new", fd, 8, 0);
	send_text(play, "new", fd, "x", 0);
	(void)said(play, "shutdown", play->side->shutdown(fd, SHUT_RD));
	look(play, "shut", fd);
	(void)said(play, "listen", play->side->listen(fd, 1));
	(void)said(play, "accept", play->side->accept(fd, NULL, NULL));
	unconnect(play, "new", fd);
	(void)connect_one(play, "to port 0", fd, domain, "loopback", 0);
	names(play, "to port 0", fd);
}

static void
datagrams(struct play *play, int domain)
{
	const int server = open_one(play, domain, SOCK_DGRAM), client = open_one(play, domain, SOCK_DGRAM);

	(void)bind_one(play, "server", server, domain, "loopback", 0);
	const uint16_t port = port_of(play, server);
	(void)connect_one(play, "client", client, domain, "loopback", port);
	names(play, "client", client);
	send_text(play, "client", client, "", 0);
	look(play, "server", server);
	receive_text(play, "server", server, 8, 0);
	look(play, "server", server);
	send_text(play, "client", client, "abcdef", 0);
	receive_text(play, "server", server, 3, MSG_PEEK);
	receive_text(play, "server", server, 3, MSG_PEEK | MSG_TRUNC);
	receive_text(play, "server", server, 0, MSG_PEEK);
	receive_text(play, "server", server, 3, 0);
	receive_text(play, "server", server, 3, 0);
	receive_text(play, "server", server, 3, MSG_ERRQUEUE);
	(void)connect_one(play, "client", client, domain, "loopback", port);
	unconnect(play, "client", client);
	names(play, "client", client);
	send_text(play, "client", client, "x", 0);
	(void)connect_one(play, "client", client, domain, "loopback", port);
	(void)said(play, "shutdown", play->side->shutdown(client, SHUT_WR));
	look(play, "client", client);
	send_text(play, "client", client, "x", 0);
	(void)said(play, "shutdown", play->side->shutdown(client, SHUT_RD));
	look(play, "client", client);
}

static void
a_datagram_to_nobody(struct play *play, int domain)
{
	const uint16_t port = no_port(play, domain, SOCK_DGRAM);
	const int fd = open_one(play, domain, SOCK_DGRAM);

	(void)connect_one(play, "client", fd, domain, "loopback", port);
	send_text(play, "client", fd, "x", 0);
	look(play, "refused", fd);
	error_of(play, "refused", fd);
	look(play, "told", fd);
	receive_text(play, "client", fd, 8, 0);
	unconnect(play, "client", fd);
	error_of(play, "client", fd);
}

static void
messages_that_are_wrong(struct play *play, int domain)
{
	static char big[66000];
	static struct iovec many[IOV_MAX + 1];
	const struct line line = connected(play, domain);
	const int fd = open_one(play, domain, SOCK_DGRAM);
	struct msghdr message = { .msg_iov = many, .msg_iovlen = IOV_MAX + 1 };
	struct sockaddr_storage name;

	(void)bind_one(play, "datagram", fd, domain, "loopback", 0);
	const uint16_t port = port_of(play, fd);
	for (size_t i = 0; i <= IOV_MAX; i++)
		many[i] = (struct iovec){ .iov_base = big, .iov_len = 1 };
	(void)said(play, "stream: too many", play->side->sendmsg(line.client, &message, 0));
	(void)said(play, "stream: too many", play->side->recvmsg(line.client, &message, 0));
	(void)said(play, "datagram: too many", play->side->sendmsg(fd, &message, 0));
	message.msg_iovlen = 0;
	(void)said(play, "stream: none", play->side->sendmsg(line.client, &message, 0));
	(void)said(play, "stream: none", play->side->recvmsg(line.client, &message, 0));
	message.msg_namelen = name_of(domain, "loopback", port, &name);
	message.msg_name = &name;
	(void)said(play, "datagram: none", play->side->sendmsg(fd, &message, 0));
	(void)said(play, "datagram: none", play->side->recvmsg(fd, &message, 0));
	message.msg_namelen = name_of(domain, "loopback", port, &name);
	message.msg_iovlen = 1;
	many[0].iov_len = domain == AF_INET ? 65508 : 65528;
	(void)said(play, "datagram: too big", play->side->sendmsg(fd, &message, 0));
	many[0].iov_len = (size_t)-1;
	(void)said(play, "datagram: absurd", play->side->sendmsg(fd, &message, 0));
	(void)said(play, "stream: absurd", play->side->sendmsg(line.client, &message, 0));
	many[0].iov_len = 1;
	name.ss_family = AF_UNIX;
	if (domain == AF_INET) /* where Linux says what POSIX does */
		(void)said(play, "datagram: wrong family", play->side->sendmsg(fd, &message, 0));
	(void)said(play, "stream: wrong family", play->side->sendmsg(line.client, &message, 0));
	message.msg_namelen = name_of(domain, "loopback", 0, &name);
	(void)said(play, "datagram: port 0", play->side->sendmsg(fd, &message, 0));
	message.msg_namelen = 4;
	(void)said(play, "datagram: short name", play->side->sendmsg(fd, &message, 0));
}

/* ---- scenes: names -------------------------------------------------------------------------------------- */

static void
ports_in_use(struct play *play, int domain)
{
	const struct line line = connected(play, domain);
	const int other = open_one(play, domain, SOCK_STREAM);

	(void)bind_one(play, "beside a listener", other, domain, "loopback", line.port);
	(void)bind_one(play, "beside a listener", other, domain, "", line.port);
	(void)bind_one(play, "beside a client", other, domain, "loopback", port_of(play, line.client));
	close_one(play, "listener", line.listener);
	(void)bind_one(play, "beside an accepted connection", other, domain, "loopback", line.port);
	set(play, other, SOL_SOCKET, SO_REUSEADDR, 1);
	(void)bind_one(play, "only one re-uses", other, domain, "loopback", line.port);
}

static void
ports_used_again(struct play *play, int domain)
{
	const int first = open_one(play, domain, SOCK_STREAM), second = open_one(play, domain, SOCK_STREAM);
	const int client = open_one(play, domain, SOCK_STREAM);

	set(play, first, SOL_SOCKET, SO_REUSEADDR, 1);
	set(play, second, SOL_SOCKET, SO_REUSEADDR, 1);
	(void)bind_one(play, "first", first, domain, "loopback", 0);
	const uint16_t port = port_of(play, first);
	(void)said(play, "listen", play->side->listen(first, 1));
	(void)connect_one(play, "client", client, domain, "loopback", port);
	const int child = keep(play, play->side->accept(first, NULL, NULL));
	(void)bind_one(play, "beside the listener", second, domain, "loopback", port);
	close_one(play, "first", first);
	(void)bind_one(play, "beside the connection", second, domain, "loopback", port);
	(void)said(play, "listen", play->side->listen(second, 1));
	look(play, "child", child);
	close_one(play, "child", child);
	close_one(play, "second", second);
	const int third = open_one(play, domain, SOCK_STREAM);
	set(play, third, SOL_SOCKET, SO_REUSEADDR, 1);
	(void)bind_one(play, "beside what ends", third, domain, "loopback", port);
	(void)said(play, "listen", play->side->listen(third, 1));
}

static void
two_of_one_name(struct play *play, int domain)
{
	const int first = open_one(play, domain, SOCK_STREAM), second = open_one(play, domain, SOCK_STREAM);

	set(play, first, SOL_SOCKET, SO_REUSEADDR, 1);
	set(play, second, SOL_SOCKET, SO_REUSEADDR, 1);
	(void)bind_one(play, "first", first, domain, "", 0);
	(void)bind_one(play, "first", first, domain, "", 0);
	(void)bind_one(play, "second", second, domain, "loopback", port_of(play, first));
	(void)said(play, "listen", play->side->listen(first, 1));
	(void)said(play, "listen", play->side->listen(second, 1));
}

static void
datagram_ports(struct play *play, int domain)
{
	const int first = open_one(play, domain, SOCK_DGRAM), second = open_one(play, domain, SOCK_DGRAM);
	const int client = open_one(play, domain, SOCK_DGRAM);

	(void)bind_one(play, "first", first, domain, "loopback", 0);
	const uint16_t port = port_of(play, first);
	(void)bind_one(play, "second", second, domain, "loopback", port);
	(void)bind_one(play, "second", second, domain, "", port);
	(void)connect_one(play, "client", client, domain, "loopback", port);
	(void)bind_one(play, "second", second, domain, "loopback", port_of(play, client));
	(void)connect_one(play, "first", first, domain, "loopback", port_of(play, client));
	(void)bind_one(play, "second", second, domain, "loopback", port);
	set(play, first, SOL_SOCKET, SO_REUSEADDR, 1);
	set(play, second, SOL_SOCKET, SO_REUSEADDR, 1);
	(void)bind_one(play, "second", second, domain, "loopback", port);
	names(play, "second", second);
}

static void
both_families(struct play *play, int domain)
{
	const int six = open_one(play, AF_INET6, SOCK_STREAM), four = open_one(play, AF_INET, SOCK_STREAM);
	const int client = open_one(play, domain, SOCK_STREAM);
	struct sockaddr_storage name;
	socklen_t size = sizeof name;

	(void)bind_one(play, "six", six, AF_INET6, "", 0);
	const uint16_t port = port_of(play, six);
	(void)bind_one(play, "four", four, AF_INET, "", port);
	(void)bind_one(play, "four", four, AF_INET, "loopback", port);
	set(play, six, IPPROTO_IPV6, IPV6_V6ONLY, 1);
	(void)said(play, "listen", play->side->listen(six, 1));
	(void)connect_one(play, "client", client, domain, domain == AF_INET ? "loopback" : "mapped", port);
	const int child = keep(play, play->side->accept(six, (struct sockaddr *)&name, &size));
	names(play, "child", child);
	names(play, "client", client);
	const int only = open_one(play, AF_INET6, SOCK_STREAM);
	set(play, only, IPPROTO_IPV6, IPV6_V6ONLY, 1);
	(void)connect_one(play, "only six", only, AF_INET6, "mapped", port);
	(void)bind_one(play, "only six", only, AF_INET6, "mapped", 0);
	(void)bind_one(play, "only six", only, AF_INET6, "", port);
}

static void
datagrams_of_both_families(struct play *play, int domain)
{
	const int server = open_one(play, AF_INET6, SOCK_DGRAM), client = open_one(play, domain, SOCK_DGRAM);
	const int bound = open_one(play, AF_INET6, SOCK_DGRAM);
	const char *const where = domain == AF_INET ? "loopback" : "mapped";

	(void)bind_one(play, "server", server, AF_INET6, "", 0);
	(void)connect_one(play, "client", client, domain, where, port_of(play, server));
	names(play, "client", client);
	send_text(play, "client", client, "x", 0);
	receive_text(play, "server", server, 8, 0);
	(void)connect_one(play, "server", server, AF_INET6, "mapped", port_of(play, client));
	names(play, "server", server);
	send_text(play, "server", server, "y", 0);
	receive_text(play, "client", client, 8, 0);
	(void)bind_one(play, "bound", bound, AF_INET6, "loopback", 0);
	(void)connect_one(play, "bound", bound, AF_INET6, "mapped", port_of(play, client));
	(void)connect_one(play, "bound", bound, AF_INET6, "", port_of(play, server));
	names(play, "bound", bound);
}

/* ---- scenes: many ---------------------------------------------------------------------------------------- */

static void
wait_many(struct play *play, int epoll)
{
	struct epoll_event events[4];
	const int count = (int)said(play, "wait", play->side->epoll_wait(epoll, events, 4));
	for (int i = 0; i < count; i++)
		note(play, " %x for %d\n", events[i].events, (int)events[i].data.u32);
}

static void
readiness_of_many(struct play *play, int domain)
{
	const struct line line = connected(play, domain);
	const int epoll = keep(play, play->side->epoll_create());
	struct epoll_event event = { .events = EPOLLIN | EPOLLRDHUP | EPOLLET, .data.u32 = 1 };

	(void)said(play, "add", play->side->epoll_ctl(epoll, EPOLL_CTL_ADD, line.child, &event));
	(void)said(play, "add", play->side->epoll_ctl(epoll, EPOLL_CTL_ADD, line.child, &event));
	(void)said(play, "add itself", play->side->epoll_ctl(epoll, EPOLL_CTL_ADD, epoll, &event));
	(void)said(play, "remove", play->side->epoll_ctl(epoll, EPOLL_CTL_DEL, line.client, &event));
	wait_many(play, epoll);
	send_text(play, "client", line.client, "abc", 0);
	wait_many(play, epoll);
	wait_many(play, epoll);
	send_text(play, "client", line.client, "def", 0);
	wait_many(play, epoll);
	event = (struct epoll_event){ .events = EPOLLIN | EPOLLOUT | EPOLLONESHOT, .data.u32 = 2 };
	(void)said(play, "change", play->side->epoll_ctl(epoll, EPOLL_CTL_MOD, line.child, &event));
	wait_many(play, epoll);
	wait_many(play, epoll);
	event.events = EPOLLRDHUP;
	(void)said(play, "change", play->side->epoll_ctl(epoll, EPOLL_CTL_MOD, line.child, &event));
	wait_many(play, epoll);
	(void)said(play, "shutdown", play->side->shutdown(line.client, SHUT_WR));
	wait_many(play, epoll);
	linger(play, line.client, 0);
	close_one(play, "client", line.client);
	wait_many(play, epoll);
	close_one(play, "child", line.child);
	wait_many(play, epoll);
}

/* ---- both sides ------------------------------------------------------------------------------------------- */

static const struct {
	const char *name;
	void (*play)(struct play *play, int domain);
} scenes[] = {
	{ "nobody listens", nobody_listens },
	{ "a new socket", a_new_socket },
	{ "a connection", a_connection },
	{ "reset by the peer", reset_by_peer },
	{ "reset with data unread", reset_with_data_unread },
	{ "reset after the end", reset_after_the_end },
	{ "data unread at close", unread_data_at_close },
	{ "the peer is gone", the_peer_is_gone },
	{ "half closed", half_closed },
	{ "nothing more to be received", nothing_more_to_be_received },
	{ "a listener", a_listener },
	{ "a connection in the queue is reset", a_queued_connection_is_reset },
	{ "low water", low_water },
	{ "disconnected", disconnected },
	{ "a new datagram socket", a_new_datagram_socket },
	{ "datagrams", datagrams },
	{ "a datagram to nobody", a_datagram_to_nobody },
	{ "messages that are wrong", messages_that_are_wrong },
	{ "ports in use", ports_in_use },
	{ "ports used again", ports_used_again },
	{ "two of one name", two_of_one_name },
	{ "ports of datagrams", datagram_ports },
	{ "both families", both_families },
	{ "datagrams of both families", datagrams_of_both_families },
	{ "readiness of many", readiness_of_many },
};

static void
run(struct play *play, const struct side *side, int scene, int domain)
{
	*play = (struct play){ .side = side };
	scenes[scene].play(play, domain);
	while (play->fd_count > 0)
		(void)side->close(play->fds[--play->fd_count]);
}

START_TEST(the_calls_answer_as_the_kernels)
{
	static struct play kernel, cairn;
	const int scene = _i / 2, domain = _i % 2 == 0 ? AF_INET : AF_INET6;

	run(&kernel, &side_kernel, scene, domain);
	run(&cairn, &side_cairn, scene, domain);
	size_t same = 0;
	for (size_t i = 0; kernel.notes[i] == cairn.notes[i] && kernel.notes[i] != '\0'; i++)
		if (kernel.notes[i] == '\n')
			same = i + 1;
	ck_assert_msg(strcmp(kernel.notes, cairn.notes) == 0, "%s, family %d: after\n%.*s--- the kernel:\n%s--- Cairn:\n%s",
		      scenes[scene].name, domain, (int)same, kernel.notes, kernel.notes + same, cairn.notes + same);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("same");
	tcase_add_checked_fixture(tcase, side_cairn_begin, side_cairn_end);
	tcase_add_loop_test(tcase, the_calls_answer_as_the_kernels, 0, 2 * (int)COUNT(scenes));
	Suite *suite = suite_create("socket: as the kernel's");
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}

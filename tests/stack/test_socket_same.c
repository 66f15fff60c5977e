/*
 * Streams beside the kernel's: each scene is played with both on loopback, and every result has to be the same
 * (POSIX.1-2017 where it speaks, Linux where it leaves it open).
 */
#include <netinet/in.h>

#include "tests/stack/socket_play.h"
#include "tests/suite.h"

/* ---- scenes: streams ----------------------------------------------------------------------------------- */

static void
nobody_listens(struct play *play, int domain)
{
	const uint16_t port = play_no_port(play, domain, SOCK_STREAM);
	const int fd = play_open(play, domain, SOCK_STREAM);

	(void)play_connect(play, "client", fd, domain, "loopback", port);
	play_look(play, "refused", fd);
	play_error_of(play, "refused", fd);
	play_error_of(play, "told", fd);
	play_look(play, "told", fd);
	play_receive(play, "told", fd, 8, 0);
	play_send(play, "told", fd, "x", 0);
	play_names(play, "told", fd);
	(void)play_connect(play, "once more", fd, domain, "loopback", port);
	(void)play_connect(play, "result", fd, domain, "loopback", port);
	play_look(play, "result told", fd);
	(void)play_connect(play, "again", fd, domain, "loopback", port);
	play_receive(play, "again", fd, 8, 0);
	play_receive(play, "again", fd, 8, 0);
	play_send(play, "again", fd, "x", 0);
}

static void
a_new_socket(struct play *play, int domain)
{
	const int fd = play_open(play, domain, SOCK_STREAM);

	play_look(play, "new", fd);
	play_names(play, "new", fd);
	play_receive(play, "new", fd, 8, 0);
	play_send(play, "new", fd, "x", 0);
	(void)play_said(play, "shutdown", play->side->shutdown(fd, SHUT_RDWR));
	(void)play_said(play, "shutdown", play->side->shutdown(fd, 9));
	(void)play_said(play, "accept", play->side->accept(fd, NULL, NULL));
	play_unconnect(play, "new", fd);
	(void)play_said(play, "bind", play->side->bind(fd, &(struct sockaddr){ .sa_family = AF_UNIX }, sizeof(struct sockaddr_in6)));
	(void)play_said(play, "bind", play->side->bind(fd, &(struct sockaddr){ .sa_family = (sa_family_t)domain }, 8));
	(void)play_said(play, "connect", play->side->connect(fd, &(struct sockaddr){ .sa_family = (sa_family_t)domain }, 8));
	(void)play_said(play, "connect", play->side->connect(fd, &(struct sockaddr){ .sa_family = (sa_family_t)domain }, 1));
	play_look(play, "still new", fd);
}

static void
a_connection(struct play *play, int domain)
{
	const struct play_line line = play_connected(play, domain);

	play_look(play, "client", line.client);
	play_look(play, "child", line.child);
	(void)play_connect(play, "client", line.client, domain, "loopback", line.port);
	(void)play_connect(play, "client", line.client, domain, "loopback", line.port);
	(void)play_bind(play, "client", line.client, domain, "loopback", 0);
	(void)play_said(play, "listen", play->side->listen(line.client, 1));
	(void)play_said(play, "accept", play->side->accept(line.client, NULL, NULL));
	play_names(play, "client", line.client);
	play_names(play, "child", line.child);
	play_receive(play, "child", line.child, 8, 0);
	play_send(play, "client", line.client, "abcdef", 0);
	play_send(play, "client", line.client, "", 0);
	play_look(play, "child", line.child);
	play_receive(play, "child", line.child, 3, MSG_PEEK);
	play_receive(play, "child", line.child, 2, MSG_TRUNC);
	play_receive(play, "child", line.child, 0, 0);
	play_receive(play, "child", line.child, 8, MSG_OOB);
	play_receive(play, "child", line.child, 8, MSG_ERRQUEUE);
	play_receive(play, "child", line.child, 8, MSG_WAITALL);
	play_receive(play, "child", line.child, 0, 0);
}

static void
reset_by_peer(struct play *play, int domain)
{
	const struct play_line line = play_connected(play, domain);

	play_linger(play, line.client, 0);
	play_close(play, "client", line.client);
	play_look(play, "reset", line.child);
	play_send(play, "reset", line.child, "x", 0);
	play_look(play, "told", line.child);
	play_receive(play, "told", line.child, 8, 0);
	play_send(play, "told", line.child, "x", 0);
	play_names(play, "told", line.child);
	(void)play_said(play, "shutdown", play->side->shutdown(line.child, SHUT_WR));
	(void)play_connect(play, "child", line.child, domain, "loopback", line.port);
	play_look(play, "child", line.child);
}

static void
reset_with_data_unread(struct play *play, int domain)
{
	const struct play_line line = play_connected(play, domain);

	play_send(play, "client", line.client, "abc", 0);
	play_linger(play, line.client, 0);
	play_close(play, "client", line.client);
	play_look(play, "reset", line.child);
	play_receive(play, "reset", line.child, 2, 0);
	play_receive(play, "reset", line.child, 8, 0);
	play_receive(play, "reset", line.child, 8, 0);
	play_receive(play, "reset", line.child, 8, 0);
	play_look(play, "reset", line.child);
}

static void
reset_after_the_end(struct play *play, int domain)
{
	const struct play_line line = play_connected(play, domain);

	(void)play_said(play, "shutdown", play->side->shutdown(line.client, SHUT_WR));
	play_look(play, "child", line.child);
	play_linger(play, line.client, 0);
	play_close(play, "client", line.client);
	play_look(play, "child", line.child);
	play_error_of(play, "child", line.child);
	play_receive(play, "child", line.child, 8, 0);
	play_send(play, "child", line.child, "x", 0);
}

static void
unread_data_at_close(struct play *play, int domain)
{
	const struct play_line line = play_connected(play, domain);

	play_send(play, "client", line.client, "abc", 0);
	play_close(play, "child", line.child);
	play_look(play, "client", line.client);
	play_receive(play, "client", line.client, 8, 0);
	play_receive(play, "client", line.client, 8, 0);
}

static void
the_peer_is_gone(struct play *play, int domain)
{
	const struct play_line line = play_connected(play, domain);

	play_close(play, "child", line.child);
	play_look(play, "client", line.client);
	play_receive(play, "client", line.client, 8, 0);
	play_send(play, "client", line.client, "x", 0);
	play_look(play, "client", line.client);
	play_send(play, "client", line.client, "x", 0);
	play_error_of(play, "client", line.client);
	play_send(play, "client", line.client, "x", 0);
	play_receive(play, "client", line.client, 8, 0);
	play_names(play, "client", line.client);
}

static void
half_closed(struct play *play, int domain)
{
	const struct play_line line = play_connected(play, domain);

	(void)play_said(play, "shutdown", play->side->shutdown(line.client, SHUT_WR));
	play_look(play, "client", line.client);
	play_look(play, "child", line.child);
	play_send(play, "client", line.client, "x", 0);
	play_receive(play, "child", line.child, 8, 0);
	play_send(play, "child", line.child, "late", 0);
	play_receive(play, "client", line.client, 8, 0);
	play_receive(play, "client", line.client, 8, 0);
	(void)play_said(play, "shutdown", play->side->shutdown(line.client, SHUT_WR));
	(void)play_said(play, "shutdown", play->side->shutdown(line.child, SHUT_WR));
	play_look(play, "client", line.client);
	play_look(play, "child", line.child);
	play_names(play, "client", line.client);
	play_names(play, "child", line.child);
	(void)play_said(play, "shutdown", play->side->shutdown(line.client, SHUT_RDWR));
	(void)play_said(play, "shutdown", play->side->shutdown(line.child, SHUT_RDWR));
	(void)play_connect(play, "child", line.child, domain, "loopback", line.port);
	play_receive(play, "child", line.child, 8, 0);
	play_send(play, "child", line.child, "x", 0);
}

static void
nothing_more_to_be_received(struct play *play, int domain)
{
	const struct play_line line = play_connected(play, domain);

	play_send(play, "client", line.client, "before", 0);
	(void)play_said(play, "shutdown", play->side->shutdown(line.child, SHUT_RD));
	play_look(play, "child", line.child);
	play_receive(play, "child", line.child, 8, 0);
	play_receive(play, "child", line.child, 8, 0);
	play_send(play, "client", line.client, "after", 0);
	play_look(play, "client", line.client);
	play_send(play, "child", line.child, "back", 0);
	play_receive(play, "client", line.client, 8, 0);
}

static void
a_listener(struct play *play, int domain)
{
	const int fd = play_open(play, domain, SOCK_STREAM), client = play_open(play, domain, SOCK_STREAM);

	(void)play_said(play, "listen", play->side->listen(fd, 1));
	play_look(play, "listener", fd);
	play_names(play, "listener", fd);
	play_receive(play, "listener", fd, 8, 0);
	play_send(play, "listener", fd, "x", 0);
	(void)play_said(play, "accept", play->side->accept(fd, NULL, NULL));
	const uint16_t port = play_port_of(play, fd);
	(void)play_connect(play, "listener", fd, domain, "loopback", port);
	(void)play_bind(play, "listener", fd, domain, "loopback", 0);
	(void)play_connect(play, "client", client, domain, "loopback", port);
	play_look(play, "listener", fd);
	(void)play_said(play, "listen", play->side->listen(fd, 2));
	(void)play_said(play, "shutdown", play->side->shutdown(fd, SHUT_WR));
	play_look(play, "listener", fd);
	(void)play_said(play, "shutdown", play->side->shutdown(fd, SHUT_RD));
	play_look(play, "shut", fd);
	play_look(play, "client", client);
	(void)play_said(play, "accept", play->side->accept(fd, NULL, NULL));
	play_receive(play, "shut", fd, 8, 0);
	(void)play_said(play, "listen", play->side->listen(fd, 2));
	play_look(play, "again", fd);
}

static void
a_queued_connection_is_reset(struct play *play, int domain)
{
	const int fd = play_open(play, domain, SOCK_STREAM), client = play_open(play, domain, SOCK_STREAM);
	struct sockaddr_storage name;
	socklen_t size = sizeof name;

	(void)play_said(play, "listen", play->side->listen(fd, 4));
	(void)play_connect(play, "client", client, domain, "loopback", play_port_of(play, fd));
	play_send(play, "client", client, "abc", 0);
	play_linger(play, client, 0);
	play_close(play, "client", client);
	play_look(play, "listener", fd);
	const int child = play_keep(play, play->side->accept(fd, (struct sockaddr *)&name, &size));
	play_note(play, "accept %d size %u\n", child >= 0, size);
	play_look(play, "child", child);
	play_names(play, "child", child);
	play_receive(play, "child", child, 8, 0);
	play_receive(play, "child", child, 8, 0);
	play_receive(play, "child", child, 8, 0);
}

static void
low_water(struct play *play, int domain)
{
	const struct play_line line = play_connected(play, domain);

	play_set(play, line.child, SOL_SOCKET, SO_RCVLOWAT, 4);
	play_send(play, "client", line.client, "abc", 0);
	play_look(play, "child", line.child);
	play_receive(play, "child", line.child, 1, MSG_PEEK);
	play_send(play, "client", line.client, "d", 0);
	play_look(play, "child", line.child);
	(void)play_said(play, "shutdown", play->side->shutdown(line.client, SHUT_WR));
	play_receive(play, "child", line.child, 3, 0);
	play_look(play, "child", line.child);
}

static void
low_water_above_the_buffer(struct play *play, int domain)
{
	static char bytes[4096];
	struct iovec piece = { .iov_base = bytes, .iov_len = sizeof bytes };
	const struct msghdr message = { .msg_iov = &piece, .msg_iovlen = 1 };
	const struct play_line line = play_connected(play, domain);

	play_set(play, line.child, SOL_SOCKET, SO_RCVBUF, 4096);
	play_set(play, line.child, SOL_SOCKET, SO_RCVLOWAT, 1 << 30);
	play_send(play, "client", line.client, "abc", 0);
	play_look(play, "child", line.child);
	for (int i = 0; i < 64; i++) /* more than it holds, however much each side takes that to be */
		(void)play->side->sendmsg(line.client, &message, 0);
	play_look(play, "child", line.child);
}

static void
disconnected(struct play *play, int domain)
{
	const struct play_line line = play_connected(play, domain);

	play_unconnect(play, "client", line.client);
	play_look(play, "client", line.client);
	play_look(play, "child", line.child);
	play_send(play, "client", line.client, "x", 0);
	play_send(play, "client", line.client, "x", 0);
	play_receive(play, "child", line.child, 8, 0);
	(void)play_connect(play, "client", line.client, domain, "loopback", line.port);
	play_look(play, "client", line.client);
}

/* ---- scenes: many ---------------------------------------------------------------------------------------- */

static void
wait_many(struct play *play, int epoll)
{
	struct epoll_event events[4];
	const int count = (int)play_said(play, "wait", play->side->epoll_wait(epoll, events, 4));
	for (int i = 0; i < count; i++)
		play_note(play, " %x for %d\n", events[i].events, (int)events[i].data.u32);
}

static void
readiness_of_many(struct play *play, int domain)
{
	const struct play_line line = play_connected(play, domain);
	const int epoll = play_keep(play, play->side->epoll_create());
	struct epoll_event event = { .events = EPOLLIN | EPOLLRDHUP | EPOLLET, .data.u32 = 1 };

	(void)play_said(play, "add", play->side->epoll_ctl(epoll, EPOLL_CTL_ADD, line.child, &event));
	(void)play_said(play, "add", play->side->epoll_ctl(epoll, EPOLL_CTL_ADD, line.child, &event));
	(void)play_said(play, "add itself", play->side->epoll_ctl(epoll, EPOLL_CTL_ADD, epoll, &event));
	(void)play_said(play, "remove", play->side->epoll_ctl(epoll, EPOLL_CTL_DEL, line.client, &event));
	wait_many(play, epoll);
	play_send(play, "client", line.client, "abc", 0);
	wait_many(play, epoll);
	wait_many(play, epoll);
	play_send(play, "client", line.client, "def", 0);
	wait_many(play, epoll);
	event = (struct epoll_event){ .events = EPOLLIN | EPOLLOUT | EPOLLONESHOT, .data.u32 = 2 };
	(void)play_said(play, "change", play->side->epoll_ctl(epoll, EPOLL_CTL_MOD, line.child, &event));
	wait_many(play, epoll);
	wait_many(play, epoll);
	event.events = EPOLLRDHUP;
	(void)play_said(play, "change", play->side->epoll_ctl(epoll, EPOLL_CTL_MOD, line.child, &event));
	wait_many(play, epoll);
	(void)play_said(play, "shutdown", play->side->shutdown(line.client, SHUT_WR));
	wait_many(play, epoll);
	play_linger(play, line.client, 0);
	play_close(play, "client", line.client);
	wait_many(play, epoll);
	play_close(play, "child", line.child);
	wait_many(play, epoll);
}

/* ---- both sides ------------------------------------------------------------------------------------------- */

static const struct play_scene scenes[] = {
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
	{ "low water above the buffer", low_water_above_the_buffer },
	{ "disconnected", disconnected },
	{ "readiness of many", readiness_of_many },
};

int
main(void)
{
	return play_scenes("socket: streams as the kernel's", scenes, COUNT(scenes));
}

/* Names that several sockets have by SO_REUSEPORT, beside the kernel's, as in test_socket_same.c. */
#include <netinet/in.h>
#include <stdbool.h>

#include "tests/stack/socket_play.h"
#include "tests/suite.h"

#define PEERS 32 /* that all go to one of two: once in 2^31 */

static int
sharer(struct play *play, int domain, int type, const char *text, uint16_t port)
{
	const int fd = play_open(play, domain, type);

	play_set(play, fd, SOL_SOCKET, SO_REUSEPORT, 1);
	(void)play_bind(play, "sharer", fd, domain, text, port);
	if (type == SOCK_STREAM)
		(void)play_said(play, "listen", play->side->listen(fd, 4));
	return fd;
}

static bool
stream_is_heard(struct play *play, int fd)
{
	const int child = play->side->accept(fd, NULL, NULL);

	if (child >= 0)
		(void)play->side->close(child);
	return child >= 0;
}

static bool
datagram_is_heard(struct play *play, int fd)
{
	char text[8];
	struct iovec piece = { .iov_base = text, .iov_len = sizeof text };
	struct msghdr message = { .msg_iov = &piece, .msg_iovlen = 1 };

	return play->side->recvmsg(fd, &message, MSG_DONTWAIT) > 0;
}

static bool
is_heard(struct play *play, int type, int fd)
{
	return type == SOCK_STREAM ? stream_is_heard(play, fd) : datagram_is_heard(play, fd);
}

/* One connects, or sends a datagram, and goes. */
static void
peer_comes(struct play *play, int domain, int type, uint16_t port, const int fds[2], int heard[2])
{
	struct iovec piece = { .iov_base = (void *)"x", .iov_len = 1 };
	struct sockaddr_storage name;
	const struct msghdr message = {
		.msg_name = &name, .msg_namelen = play_name_of(domain, "loopback", port, &name), .msg_iov = &piece, .msg_iovlen = 1
	};
	const int fd = play->side->socket(domain, type, 0);

	if (type == SOCK_STREAM)
		(void)play->side->connect(fd, (struct sockaddr *)&name, message.msg_namelen);
	else
		(void)play->side->sendmsg(fd, &message, 0);
	for (int i = 0; i < 2; i++)
		heard[i] += is_heard(play, type, fds[i]);
	play_linger(play, fd, 0);
	(void)play->side->close(fd);
}

/* How many each has heard differs; that all are heard, and each hears some, does not. */
static void
peers_come(struct play *play, int domain, int type, uint16_t port, int first, int second)
{
	const int fds[2] = { first, second };
	int heard[2] = { 0 };

	for (int i = 0; i < PEERS; i++)
		peer_comes(play, domain, type, port, fds, heard);
	play_note(play, "heard %d by %s and %s\n", heard[0] + heard[1], heard[0] > 0 ? "one" : "none", heard[1] > 0 ? "other" : "none");
}

static void
names_are_shared(struct play *play, int domain, int type)
{
	const int first = sharer(play, domain, type, "loopback", 0);
	const uint16_t port = play_port_of(play, first);
	const int second = sharer(play, domain, type, "loopback", port);

	peers_come(play, domain, type, port, first, second);
	const int wide = sharer(play, domain, type, "", port), beside = sharer(play, domain, type, "", port);
	peers_come(play, domain, type, port, first, second); /* the narrower names come first */
	play_look(play, "wide", wide);
	play_look(play, "beside", beside);
	play_close(play, "second", second);
	peers_come(play, domain, type, port, first, beside);
	play_close(play, "first", first);
	peers_come(play, domain, type, port, wide, beside);
}

static void
listeners_share_a_name(struct play *play, int domain)
{
	names_are_shared(play, domain, SOCK_STREAM);
}

static void
datagram_sockets_share_a_name(struct play *play, int domain)
{
	names_are_shared(play, domain, SOCK_DGRAM);
}

static void
who_does_not_share_is_refused(struct play *play, int domain)
{
	static const int types[] = { SOCK_STREAM, SOCK_DGRAM };

	for (size_t i = 0; i < COUNT(types); i++) {
		const int alone = play_open(play, domain, types[i]), other = play_open(play, domain, types[i]);
		(void)play_bind(play, "alone", alone, domain, "loopback", 0);
		const int late = sharer(play, domain, types[i], "loopback", play_port_of(play, alone));
		const int first = sharer(play, domain, types[i], "loopback", 0);
		const uint16_t port = play_port_of(play, first);
		(void)play_bind(play, "other", other, domain, "loopback", port);
		(void)play_bind(play, "other", other, domain, "", port);
		(void)play_bind(play, "late", late, domain, "loopback", port);
	}
}

static void
a_listener_that_goes_gives_its_connections_up(struct play *play, int domain)
{
	const int first = sharer(play, domain, SOCK_STREAM, "loopback", 0), client = play_open(play, domain, SOCK_STREAM);
	const uint16_t port = play_port_of(play, first);

	(void)play_connect(play, "client", client, domain, "loopback", port);
	const int second = sharer(play, domain, SOCK_STREAM, "loopback", port);
	play_close(play, "first", first);
	play_look(play, "client", client);
	play_error_of(play, "client", client);
	play_look(play, "second", second);
}

static void
a_peer_stays_with_one_socket(struct play *play, int domain)
{
	const int first = sharer(play, domain, SOCK_DGRAM, "loopback", 0), client = play_open(play, domain, SOCK_DGRAM);
	const uint16_t port = play_port_of(play, first);
	const int second = sharer(play, domain, SOCK_DGRAM, "loopback", port);
	int heard[2] = { 0 };

	(void)play_connect(play, "client", client, domain, "loopback", port);
	for (int i = 0; i < PEERS; i++) {
		play_send(play, "client", client, "x", 0);
		heard[0] += datagram_is_heard(play, first);
		heard[1] += datagram_is_heard(play, second);
	}
	play_note(play, "%d, of them by the other socket %d\n", heard[0] + heard[1], heard[0] < heard[1] ? heard[0] : heard[1]);
}

/* Whom it speaks to hears it; the others go to who is left. */
static void
a_sharer_that_connects(struct play *play, int domain)
{
	const int first = sharer(play, domain, SOCK_DGRAM, "loopback", 0), client = play_open(play, domain, SOCK_DGRAM);
	const uint16_t port = play_port_of(play, first);
	const int second = sharer(play, domain, SOCK_DGRAM, "loopback", port);

	(void)play_bind(play, "client", client, domain, "loopback", 0);
	(void)play_connect(play, "client", client, domain, "loopback", port);
	(void)play_connect(play, "first", first, domain, "loopback", play_port_of(play, client));
	play_send(play, "client", client, "x", 0);
	play_receive(play, "first", first, 8, 0);
	peers_come(play, domain, SOCK_DGRAM, port, first, second);
}

static const struct play_scene scenes[] = {
	{ "listeners share a name", listeners_share_a_name },
	{ "who does not share is refused", who_does_not_share_is_refused },
	{ "a listener that goes gives its connections up", a_listener_that_goes_gives_its_connections_up },
	{ "datagram sockets share a name", datagram_sockets_share_a_name },
	{ "a peer stays with one socket", a_peer_stays_with_one_socket },
	{ "a sharer that connects", a_sharer_that_connects },
};

int
main(void)
{
	return play_scenes("socket: names that are shared as the kernel's", scenes, COUNT(scenes));
}

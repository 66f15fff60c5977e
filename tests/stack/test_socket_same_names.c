/* Datagrams, messages and names beside the kernel's, as in test_socket_same.c. */
#include <limits.h>
#include <netinet/in.h>

#include "tests/stack/socket_play.h"
#include "tests/suite.h"

/* ---- scenes: datagrams ---------------------------------------------------------------------------------- */

static void
a_new_datagram_socket(struct play *play, int domain)
{
	const int fd = play_open(play, domain, SOCK_DGRAM);

	play_look(play, "new", fd);
	play_names(play, "new", fd);
	play_receive(play, "new", fd, 8, 0);
	play_send(play, "new", fd, "x", 0);
	(void)play_said(play, "shutdown", play->side->shutdown(fd, SHUT_RD));
	play_look(play, "shut", fd);
	(void)play_said(play, "listen", play->side->listen(fd, 1));
	(void)play_said(play, "accept", play->side->accept(fd, NULL, NULL));
	play_unconnect(play, "new", fd);
	(void)play_connect(play, "to port 0", fd, domain, "loopback", 0);
	play_names(play, "to port 0", fd);
}

static void
datagrams(struct play *play, int domain)
{
	const int server = play_open(play, domain, SOCK_DGRAM), client = play_open(play, domain, SOCK_DGRAM);

	(void)play_bind(play, "server", server, domain, "loopback", 0);
	const uint16_t port = play_port_of(play, server);
	(void)play_connect(play, "client", client, domain, "loopback", port);
	play_names(play, "client", client);
	play_send(play, "client", client, "", 0);
	play_look(play, "server", server);
	play_receive(play, "server", server, 8, 0);
	play_look(play, "server", server);
	play_send(play, "client", client, "abcdef", 0);
	play_receive(play, "server", server, 3, MSG_PEEK);
	play_receive(play, "server", server, 3, MSG_PEEK | MSG_TRUNC);
	play_receive(play, "server", server, 0, MSG_PEEK);
	play_receive(play, "server", server, 3, 0);
	play_receive(play, "server", server, 3, 0);
	play_receive(play, "server", server, 3, MSG_ERRQUEUE);
	(void)play_connect(play, "client", client, domain, "loopback", port);
	play_unconnect(play, "client", client);
	play_names(play, "client", client);
	play_send(play, "client", client, "x", 0);
	(void)play_connect(play, "client", client, domain, "loopback", port);
	(void)play_said(play, "shutdown", play->side->shutdown(client, SHUT_WR));
	play_look(play, "client", client);
	play_send(play, "client", client, "x", 0);
	(void)play_said(play, "shutdown", play->side->shutdown(client, SHUT_RD));
	play_look(play, "client", client);
}

static void
a_datagram_to_nobody(struct play *play, int domain)
{
	const uint16_t port = play_no_port(play, domain, SOCK_DGRAM);
	const int fd = play_open(play, domain, SOCK_DGRAM);

	(void)play_connect(play, "client", fd, domain, "loopback", port);
	play_send(play, "client", fd, "x", 0);
	play_look(play, "refused", fd);
	play_error_of(play, "refused", fd);
	play_look(play, "told", fd);
	play_receive(play, "client", fd, 8, 0);
	play_unconnect(play, "client", fd);
	play_error_of(play, "client", fd);
}

static void
messages_that_are_wrong(struct play *play, int domain)
{
	static char big[66000];
	static struct iovec many[IOV_MAX + 1];
	const struct play_line line = play_connected(play, domain);
	const int fd = play_open(play, domain, SOCK_DGRAM);
	struct msghdr message = { .msg_iov = many, .msg_iovlen = IOV_MAX + 1 };
	struct sockaddr_storage name;

	(void)play_bind(play, "datagram", fd, domain, "loopback", 0);
	const uint16_t port = play_port_of(play, fd);
	for (size_t i = 0; i <= IOV_MAX; i++)
		many[i] = (struct iovec){ .iov_base = big, .iov_len = 1 };
	(void)play_said(play, "stream: too many", play->side->sendmsg(line.client, &message, 0));
	(void)play_said(play, "stream: too many", play->side->recvmsg(line.client, &message, 0));
	(void)play_said(play, "datagram: too many", play->side->sendmsg(fd, &message, 0));
	message.msg_iovlen = 0;
	(void)play_said(play, "stream: none", play->side->sendmsg(line.client, &message, 0));
	(void)play_said(play, "stream: none", play->side->recvmsg(line.client, &message, 0));
	message.msg_namelen = play_name_of(domain, "loopback", port, &name);
	message.msg_name = &name;
	(void)play_said(play, "datagram: none", play->side->sendmsg(fd, &message, 0));
	(void)play_said(play, "datagram: none", play->side->recvmsg(fd, &message, 0));
	message.msg_namelen = play_name_of(domain, "loopback", port, &name);
	message.msg_iovlen = 1;
	many[0].iov_len = domain == AF_INET ? 65508 : 65528;
	(void)play_said(play, "datagram: too big", play->side->sendmsg(fd, &message, 0));
	many[0].iov_len = (size_t)-1;
	(void)play_said(play, "datagram: absurd", play->side->sendmsg(fd, &message, 0));
	(void)play_said(play, "stream: absurd", play->side->sendmsg(line.client, &message, 0));
	many[0].iov_len = 1;
	name.ss_family = AF_UNIX;
	if (domain == AF_INET) /* where Linux says what POSIX does */
		(void)play_said(play, "datagram: wrong family", play->side->sendmsg(fd, &message, 0));
	(void)play_said(play, "stream: wrong family", play->side->sendmsg(line.client, &message, 0));
	message.msg_namelen = play_name_of(domain, "loopback", 0, &name);
	(void)play_said(play, "datagram: port 0", play->side->sendmsg(fd, &message, 0));
	message.msg_namelen = 4;
	(void)play_said(play, "datagram: short name", play->side->sendmsg(fd, &message, 0));
}

/* ---- scenes: names -------------------------------------------------------------------------------------- */

static void
ports_in_use(struct play *play, int domain)
{
	const struct play_line line = play_connected(play, domain);
	const int other = play_open(play, domain, SOCK_STREAM);

	(void)play_bind(play, "beside a listener", other, domain, "loopback", line.port);
	(void)play_bind(play, "beside a listener", other, domain, "", line.port);
	(void)play_bind(play, "beside a client", other, domain, "loopback", play_port_of(play, line.client));
	play_close(play, "listener", line.listener);
	(void)play_bind(play, "beside an accepted connection", other, domain, "loopback", line.port);
	play_set(play, other, SOL_SOCKET, SO_REUSEADDR, 1);
	(void)play_bind(play, "only one re-uses", other, domain, "loopback", line.port);
}

static void
ports_used_again(struct play *play, int domain)
{
	const int first = play_open(play, domain, SOCK_STREAM), second = play_open(play, domain, SOCK_STREAM);
	const int client = play_open(play, domain, SOCK_STREAM);

	play_set(play, first, SOL_SOCKET, SO_REUSEADDR, 1);
	play_set(play, second, SOL_SOCKET, SO_REUSEADDR, 1);
	(void)play_bind(play, "first", first, domain, "loopback", 0);
	const uint16_t port = play_port_of(play, first);
	(void)play_said(play, "listen", play->side->listen(first, 1));
	(void)play_connect(play, "client", client, domain, "loopback", port);
	const int child = play_keep(play, play->side->accept(first, NULL, NULL));
	(void)play_bind(play, "beside the listener", second, domain, "loopback", port);
	play_close(play, "first", first);
	(void)play_bind(play, "beside the connection", second, domain, "loopback", port);
	(void)play_said(play, "listen", play->side->listen(second, 1));
	play_look(play, "child", child);
	play_close(play, "child", child);
	play_close(play, "second", second);
	const int third = play_open(play, domain, SOCK_STREAM);
	play_set(play, third, SOL_SOCKET, SO_REUSEADDR, 1);
	(void)play_bind(play, "beside what ends", third, domain, "loopback", port);
	(void)play_said(play, "listen", play->side->listen(third, 1));
}

static void
two_of_one_name(struct play *play, int domain)
{
	const int first = play_open(play, domain, SOCK_STREAM), second = play_open(play, domain, SOCK_STREAM);

	play_set(play, first, SOL_SOCKET, SO_REUSEADDR, 1);
	play_set(play, second, SOL_SOCKET, SO_REUSEADDR, 1);
	(void)play_bind(play, "first", first, domain, "", 0);
	(void)play_bind(play, "first", first, domain, "", 0);
	(void)play_bind(play, "second", second, domain, "loopback", play_port_of(play, first));
	(void)play_said(play, "listen", play->side->listen(first, 1));
	(void)play_said(play, "listen", play->side->listen(second, 1));
}

static void
datagram_ports(struct play *play, int domain)
{
	const int first = play_open(play, domain, SOCK_DGRAM), second = play_open(play, domain, SOCK_DGRAM);
	const int client = play_open(play, domain, SOCK_DGRAM);

	(void)play_bind(play, "first", first, domain, "loopback", 0);
	const uint16_t port = play_port_of(play, first);
	(void)play_bind(play, "second", second, domain, "loopback", port);
	(void)play_bind(play, "second", second, domain, "", port);
	(void)play_connect(play, "client", client, domain, "loopback", port);
	(void)play_bind(play, "second", second, domain, "loopback", play_port_of(play, client));
	(void)play_connect(play, "first", first, domain, "loopback", play_port_of(play, client));
	(void)play_bind(play, "second", second, domain, "loopback", port);
	play_set(play, first, SOL_SOCKET, SO_REUSEADDR, 1);
	play_set(play, second, SOL_SOCKET, SO_REUSEADDR, 1);
	(void)play_bind(play, "second", second, domain, "loopback", port);
	play_names(play, "second", second);
}

static void
both_families(struct play *play, int domain)
{
	const int six = play_open(play, AF_INET6, SOCK_STREAM), four = play_open(play, AF_INET, SOCK_STREAM);
	const int client = play_open(play, domain, SOCK_STREAM);
	struct sockaddr_storage name;
	socklen_t size = sizeof name;

	(void)play_bind(play, "six", six, AF_INET6, "", 0);
	const uint16_t port = play_port_of(play, six);
	(void)play_bind(play, "four", four, AF_INET, "", port);
	(void)play_bind(play, "four", four, AF_INET, "loopback", port);
	play_set(play, six, IPPROTO_IPV6, IPV6_V6ONLY, 1);
	(void)play_said(play, "listen", play->side->listen(six, 1));
	(void)play_connect(play, "client", client, domain, domain == AF_INET ? "loopback" : "mapped", port);
	const int child = play_keep(play, play->side->accept(six, (struct sockaddr *)&name, &size));
	play_names(play, "child", child);
	play_names(play, "client", client);
	const int only = play_open(play, AF_INET6, SOCK_STREAM);
	play_set(play, only, IPPROTO_IPV6, IPV6_V6ONLY, 1);
	(void)play_connect(play, "only six", only, AF_INET6, "mapped", port);
	(void)play_bind(play, "only six", only, AF_INET6, "mapped", 0);
	(void)play_bind(play, "only six", only, AF_INET6, "", port);
}

static void
datagrams_of_both_families(struct play *play, int domain)
{
	const int server = play_open(play, AF_INET6, SOCK_DGRAM), client = play_open(play, domain, SOCK_DGRAM);
	const int bound = play_open(play, AF_INET6, SOCK_DGRAM);
	const char *const where = domain == AF_INET ? "loopback" : "mapped";

	(void)play_bind(play, "server", server, AF_INET6, "", 0);
	(void)play_connect(play, "client", client, domain, where, play_port_of(play, server));
	play_names(play, "client", client);
	play_send(play, "client", client, "x", 0);
	play_receive(play, "server", server, 8, 0);
	(void)play_connect(play, "server", server, AF_INET6, "mapped", play_port_of(play, client));
	play_names(play, "server", server);
	play_send(play, "server", server, "y", 0);
	play_receive(play, "client", client, 8, 0);
	(void)play_bind(play, "bound", bound, AF_INET6, "loopback", 0);
	(void)play_connect(play, "bound", bound, AF_INET6, "mapped", play_port_of(play, client));
	(void)play_connect(play, "bound", bound, AF_INET6, "", play_port_of(play, server));
	play_names(play, "bound", bound);
}

/* ---- scenes: what there is not ------------------------------------------------------------------------- */

static void
kinds_that_are_refused(struct play *play, int domain)
{
	static const struct {
		int type, protocol;
	} kinds[] = {
		{ SOCK_STREAM, IPPROTO_UDP }, { SOCK_STREAM, IPPROTO_ICMP }, { SOCK_STREAM, 77 },     { SOCK_STREAM, -1 },
		{ SOCK_STREAM, 300 },         { SOCK_DGRAM, IPPROTO_TCP },   { SOCK_DGRAM, 77 },      { SOCK_RAW, 0 },
		{ SOCK_SEQPACKET, 0 },        { SOCK_SEQPACKET, 77 },        { SOCK_SEQPACKET, 300 }, { SOCK_RDM, 0 },
		{ 0, 0 },                     { 7, 0 },                      { 11, 0 },               { 0x10000 | SOCK_DGRAM, 0 },
	};

	for (size_t i = 0; i < COUNT(kinds); i++)
		(void)play_said(play, "socket", play_keep(play, play->side->socket(domain, kinds[i].type, kinds[i].protocol)));
	(void)play_said(play, "other family's echo", play->side->socket(domain, SOCK_DGRAM, domain == AF_INET ? IPPROTO_ICMPV6 : IPPROTO_ICMP));
	(void)play_said(play, "no family", play->side->socket(77, SOCK_STREAM, 0));
	(void)play_said(play, "no family, no type", play->side->socket(77, 0x10000, 0));
}

/* A set and a get of an option that nobody has, at each level; and of one that the other kind has. */
static void
options_that_are_not_there(struct play *play, int domain)
{
	static const int types[] = { SOCK_STREAM, SOCK_DGRAM };
	static const struct {
		int level, name;
	} options[] = { { SOL_SOCKET, 9999 },  { IPPROTO_IP, 9999 },   { IPPROTO_IPV6, 9999 }, { IPPROTO_TCP, 9999 },
			{ IPPROTO_UDP, 9999 }, { IPPROTO_ICMP, 9999 }, { 77, 9999 } };

	for (size_t t = 0; t < COUNT(types); t++) {
		const int fd = play_open(play, domain, types[t]);
		for (size_t i = 0; i < COUNT(options); i++) {
			int value = 1;
			socklen_t size = sizeof value;
			play_set(play, fd, options[i].level, options[i].name, 1);
			(void)play_said(play, "get", play->side->getsockopt(fd, options[i].level, options[i].name, &value, &size));
		}
	}
}

/* ---- both sides ------------------------------------------------------------------------------------------- */

static const struct play_scene scenes[] = {
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
	{ "kinds that are refused", kinds_that_are_refused },
	{ "options that are not there", options_that_are_not_there },
};

int
main(void)
{
	return play_scenes("socket: datagrams and names as the kernel's", scenes, COUNT(scenes));
}

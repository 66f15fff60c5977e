#include "tests/stack/socket_play.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "tests/suite.h"

/* ---- notes ------------------------------------------------------------------------------------------- */

void
play_note(struct play *play, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	play->used += (size_t)vsnprintf(play->notes + play->used, PLAY_NOTES_BYTES - play->used, format, arguments);
	va_end(arguments);
	ck_assert_uint_lt(play->used, PLAY_NOTES_BYTES);
}

long
play_said(struct play *play, const char *call, long result)
{
	if (result < 0)
		play_note(play, "%s %s\n", call, strerrorname_np((int)-result));
	else
		play_note(play, "%s %ld\n", call, result);
	return result;
}

void
play_look(struct play *play, const char *who, int fd)
{
	static const struct {
		short bit;
		const char *name;
	} bits[] = { { POLLIN, "IN" },   { POLLOUT, "OUT" },     { POLLERR, "ERR" },   { POLLHUP, "HUP" },
		     { POLLPRI, "PRI" }, { POLLRDHUP, "RDHUP" }, { POLLNVAL, "NVAL" }, { POLLRDNORM, "RDNORM" },
		     { POLLWRNORM, "WRNORM" } };
	const int ready = play->side->poll(fd, POLLIN | POLLOUT | POLLPRI | POLLRDHUP | POLLRDNORM | POLLWRNORM);

	play_note(play, "poll %s", who);
	for (size_t i = 0; i < COUNT(bits); i++)
		if ((ready & bits[i].bit) != 0)
			play_note(play, " %s", bits[i].name);
	play_note(play, "\n");
}

/* ---- calls ------------------------------------------------------------------------------------------- */

int
play_keep(struct play *play, int fd)
{
	if (fd >= 0)
		play->fds[play->fd_count++] = fd;
	return fd;
}

int
play_open(struct play *play, int domain, int type)
{
	const int fd = play_keep(play, play->side->socket(domain, type, 0));
	ck_assert_msg(fd >= 0, "%s: socket", play->side->name);
	return fd;
}

void
play_close(struct play *play, const char *who, int fd)
{
	int i = 0;

	play_note(play, "close %s %d\n", who, play->side->close(fd));
	while (play->fds[i] != fd)
		i++;
	play->fds[i] = play->fds[--play->fd_count];
}

/* text "" : any address */
socklen_t
play_name_of(int domain, const char *text, uint16_t port, struct sockaddr_storage *name)
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

int
play_bind(struct play *play, const char *who, int fd, int domain, const char *text, uint16_t port)
{
	struct sockaddr_storage name;
	const socklen_t size = play_name_of(domain, text, port, &name);

	play_note(play, "%s ", who);
	return (int)play_said(play, "bind", play->side->bind(fd, (struct sockaddr *)&name, size));
}

int
play_connect(struct play *play, const char *who, int fd, int domain, const char *text, uint16_t port)
{
	struct sockaddr_storage name;
	const socklen_t size = play_name_of(domain, text, port, &name);

	play_note(play, "%s ", who);
	return (int)play_said(play, "connect", play->side->connect(fd, (struct sockaddr *)&name, size));
}

void
play_unconnect(struct play *play, const char *who, int fd)
{
	const struct sockaddr none = { .sa_family = AF_UNSPEC };

	play_note(play, "%s ", who);
	(void)play_said(play, "connect to nobody", play->side->connect(fd, &none, sizeof none));
}

uint16_t
play_port_of(struct play *play, int fd)
{
	struct sockaddr_storage name;
	socklen_t size = sizeof name;

	ck_assert_int_eq(play->side->getsockname(fd, (struct sockaddr *)&name, &size), 0);
	return ntohs(((struct sockaddr_in *)&name)->sin_port);
}

/* Without the port, which differs; but whether there is one. */
void
play_names(struct play *play, const char *who, int fd)
{
	struct sockaddr_storage name;
	for (int i = 0; i < 2; i++) {
		socklen_t size = sizeof name;
		const int err = (i == 0 ? play->side->getsockname : play->side->getpeername)(fd, (struct sockaddr *)&name, &size);
		play_note(play, "%s ", who);
		if (play_said(play, i == 0 ? "name" : "peer", err) != 0)
			continue;
		const uint8_t *octets = (const uint8_t *)&name + (name.ss_family == AF_INET ? 4 : 8);
		play_note(play, " family %d size %u port %d addr ", name.ss_family, size, ((struct sockaddr_in *)&name)->sin_port != 0);
		for (int k = 0; k < (name.ss_family == AF_INET ? 4 : 16); k++)
			play_note(play, "%02x", octets[k]);
		play_note(play, "\n");
	}
}

void
play_send(struct play *play, const char *who, int fd, const char *text, int flags)
{
	struct iovec piece = { .iov_base = (void *)text, .iov_len = strlen(text) };
	const struct msghdr message = { .msg_iov = &piece, .msg_iovlen = 1 };

	play_note(play, "%s ", who);
	(void)play_said(play, "send", play->side->sendmsg(fd, &message, flags));
}

void
play_receive(struct play *play, const char *who, int fd, size_t size, int flags)
{
	char text[64] = "";
	struct iovec piece = { .iov_base = text, .iov_len = size };
	struct msghdr message = { .msg_iov = &piece, .msg_iovlen = 1 };

	play_note(play, "%s ", who);
	const long got = play_said(play, "receive", play->side->recvmsg(fd, &message, flags));
	if (got >= 0)
		play_note(play, " \"%.*s\" flags %x\n", (int)(got < (long)size ? got : (long)size), text, message.msg_flags);
}

void
play_error_of(struct play *play, const char *who, int fd)
{
	int error = 0;
	socklen_t size = sizeof error;

	ck_assert_int_eq(play->side->getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size), 0);
	play_note(play, "%s error %s\n", who, error == 0 ? "0" : strerrorname_np(error));
}

void
play_set(struct play *play, int fd, int level, int name, int value)
{
	(void)play_said(play, "set", play->side->setsockopt(fd, level, name, &value, sizeof value));
}

void
play_linger(struct play *play, int fd, int seconds)
{
	const struct linger value = { .l_onoff = 1, .l_linger = seconds };
	ck_assert_int_eq(play->side->setsockopt(fd, SOL_SOCKET, SO_LINGER, &value, sizeof value), 0);
}

struct play_line
play_connected(struct play *play, int domain)
{
	struct play_line line = { .listener = play_open(play, domain, SOCK_STREAM), .client = play_open(play, domain, SOCK_STREAM) };

	(void)play_bind(play, "listener", line.listener, domain, "loopback", 0);
	(void)play_said(play, "listen", play->side->listen(line.listener, 4));
	line.port = play_port_of(play, line.listener);
	(void)play_connect(play, "client", line.client, domain, "loopback", line.port);
	line.child = play_keep(play, play->side->accept(line.listener, NULL, NULL));
	ck_assert_msg(line.child >= 0, "%s: accept", play->side->name);
	return line;
}

/* A port where nobody is. */
uint16_t
play_no_port(struct play *play, int domain, int type)
{
	const int fd = play_open(play, domain, type);
	(void)play_bind(play, "nobody", fd, domain, "loopback", 0);
	const uint16_t port = play_port_of(play, fd);
	play_close(play, "nobody", fd);
	return port;
}

/* ---- both sides --------------------------------------------------------------------------------------- */

static void
run(struct play *play, const struct side *side, const struct play_scene *scene, int domain)
{
	*play = (struct play){ .side = side };
	scene->play(play, domain);
	while (play->fd_count > 0)
		(void)side->close(play->fds[--play->fd_count]);
}

static void
compare(const struct play_scene *scene, int domain)
{
	static struct play kernel, cairn;

	run(&kernel, &side_kernel, scene, domain);
	run(&cairn, &side_cairn, scene, domain);
	size_t same = 0;
	for (size_t i = 0; kernel.notes[i] == cairn.notes[i] && kernel.notes[i] != '\0'; i++)
		if (kernel.notes[i] == '\n')
			same = i + 1;
	ck_assert_msg(strcmp(kernel.notes, cairn.notes) == 0, "%s, family %d: after\n%.*s--- the kernel:\n%s--- Cairn:\n%s",
		      scene->name, domain, (int)same, kernel.notes, kernel.notes + same, cairn.notes + same);
}

static const struct play_scene *played; /* Check's tests take no argument but their number */

START_TEST(the_calls_answer_as_the_kernels)
{
	compare(&played[_i / 2], _i % 2 == 0 ? AF_INET : AF_INET6);
}
END_TEST

int
play_scenes(const char *suite_name, const struct play_scene *scenes, size_t count)
{
	TCase *tcase = tcase_create("same");

	played = scenes;
	tcase_add_checked_fixture(tcase, side_cairn_begin, side_cairn_end);
	tcase_add_loop_test(tcase, the_calls_answer_as_the_kernels, 0, 2 * (int)count);
	Suite *suite = suite_create(suite_name);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}

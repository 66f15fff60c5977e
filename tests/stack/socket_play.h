/*
 * socket_play.h - scenes that are played with the kernel's sockets and with Cairn's, and what each side has said.
 *
 * A scene is calls on one side, each of which notes its result; numbers that may differ, such as ports, are left out.
 * Arguments are those of the calls; `who` stands in the notes, `text` is "loopback", "mapped" (127.0.0.1 in IPv6) or "".
 */
#ifndef CAIRN_TESTS_STACK_SOCKET_PLAY_H
#define CAIRN_TESTS_STACK_SOCKET_PLAY_H

#include <stddef.h>
#include <stdint.h>

#include "tests/stack/socket_side.h"

#define PLAY_NOTES_BYTES 4096u
#define PLAY_FDS_MAX     16

struct play {
	const struct side *side;
	char notes[PLAY_NOTES_BYTES];
	size_t used;
	int fds[PLAY_FDS_MAX]; /* to be closed at the end */
	int fd_count;
};

struct play_scene {
	const char *name;
	void (*play)(struct play *play, int domain);
};
/* main of a test of these scenes: each with both families, and a failure where the two sides differ, with what they have said. */
int play_scenes(const char *suite_name, const struct play_scene *scenes, size_t count);

void play_note(struct play *play, const char *format, ...) __attribute__((format(printf, 2, 3)));
long play_said(struct play *play, const char *call, long result); /* notes it, and returns it */

int play_keep(struct play *play, int fd);
int play_open(struct play *play, int domain, int type);
void play_close(struct play *play, const char *who, int fd);
socklen_t play_name_of(int domain, const char *text, uint16_t port, struct sockaddr_storage *name);
int play_bind(struct play *play, const char *who, int fd, int domain, const char *text, uint16_t port);
int play_connect(struct play *play, const char *who, int fd, int domain, const char *text, uint16_t port);
void play_unconnect(struct play *play, const char *who, int fd);
void play_send(struct play *play, const char *who, int fd, const char *text, int flags);
void play_receive(struct play *play, const char *who, int fd, size_t size, int flags);
void play_set(struct play *play, int fd, int level, int name, int value);
void play_linger(struct play *play, int fd, int seconds);

/* What is so now. */
void play_look(struct play *play, const char *who, int fd); /* poll */
void play_names(struct play *play, const char *who, int fd);
void play_error_of(struct play *play, const char *who, int fd);
uint16_t play_port_of(struct play *play, int fd);

/* A listener, and both ends of a connection to it. */
struct play_line {
	int listener, client, child;
	uint16_t port;
};
struct play_line play_connected(struct play *play, int domain);
uint16_t play_no_port(struct play *play, int domain, int type); /* where nobody is */

#endif

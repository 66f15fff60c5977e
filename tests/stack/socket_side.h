/*
 * socket_side.h - the same calls on either side: the kernel's sockets, and Cairn's on a stack of its own; both talk to 127.0.0.1 and ::1.
 *
 * A result is what the call returns, or the negative errno.  After each call its packets have arrived.
 */
#ifndef CAIRN_TESTS_STACK_SOCKET_SIDE_H
#define CAIRN_TESTS_STACK_SOCKET_SIDE_H

#include <stdint.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/types.h>

struct side {
	const char *name;
	int (*socket)(int domain, int type, int protocol);
	int (*close)(int fd);
	int (*bind)(int fd, const struct sockaddr *name, socklen_t size);
	int (*listen)(int fd, int backlog);
	int (*accept)(int fd, struct sockaddr *name, socklen_t *size);
	int (*connect)(int fd, const struct sockaddr *name, socklen_t size);
	int (*shutdown)(int fd, int how);
	ssize_t (*sendmsg)(int fd, const struct msghdr *message, int flags);
	ssize_t (*recvmsg)(int fd, struct msghdr *message, int flags);
	int (*setsockopt)(int fd, int level, int name, const void *value, socklen_t size);
	int (*getsockopt)(int fd, int level, int name, void *value, socklen_t *size);
	int (*getsockname)(int fd, struct sockaddr *name, socklen_t *size);
	int (*getpeername)(int fd, struct sockaddr *name, socklen_t *size);
	int (*poll)(int fd, short events); /* revents */
	int (*epoll_create)(void);
	int (*epoll_ctl)(int epoll, int operation, int fd, struct epoll_event *event);
	int (*epoll_wait)(int epoll, struct epoll_event *events, int count);
};

extern const struct side side_kernel, side_cairn;

/* Cairn's stack and table; what is left open at the end is closed. */
void side_cairn_begin(void);
void side_cairn_end(void);

#endif

/*
 * bsd.h - the BSD calls as programs know them: they wait where POSIX has them wait, and set errno.
 *
 * A thin layer over socket.h.  Waiting is the caller's: struct cairn_shell drives the stack, or lets
 * another thread drive it, until a condition holds or a time comes.
 *
 * Against POSIX: every call has the program's struct cairn in front; a broken pipe is EPIPE, no
 * signal (as with MSG_NOSIGNAL).
 *
 * Ownership: the struct and what it points to stay the caller's.
 * Threads:   one at a time within one table; a shell whose wait lets others in holds a lock around
 *            the calls and gives it up in wait.
 * Errors:    -1 and errno.  A call on a descriptor that another thread closes meanwhile: EBADF.
 */
#ifndef CAIRN_STACK_BSD_H
#define CAIRN_STACK_BSD_H

#include <poll.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/uio.h>

#include "stack/socket.h"

#define CAIRN_NEVER UINT64_MAX

typedef bool cairn_condition(void *argument);

struct cairn_shell {
	uint64_t (*now_us)(void *data);
	/* Returns 0 when the condition holds or at until_us, whichever is first; else an errno: EINTR. */
	int (*wait)(void *data, cairn_condition *is_so, void *argument, uint64_t until_us);
};

struct cairn {
	struct socket_table *table;
	struct stack *stack; /* where cairn_socket opens */
	const struct cairn_shell *shell;
	void *data; /* the shell's */
};

int cairn_socket(struct cairn *cairn, int domain, int type, int protocol);
int cairn_bind(struct cairn *cairn, int fd, const struct sockaddr *name, socklen_t size);
int cairn_listen(struct cairn *cairn, int fd, int backlog);
int cairn_accept(struct cairn *cairn, int fd, struct sockaddr *name, socklen_t *size);
int cairn_accept4(struct cairn *cairn, int fd, struct sockaddr *name, socklen_t *size, int flags);
int cairn_connect(struct cairn *cairn, int fd, const struct sockaddr *name, socklen_t size);
int cairn_shutdown(struct cairn *cairn, int fd, int how);
int cairn_close(struct cairn *cairn, int fd);

ssize_t cairn_read(struct cairn *cairn, int fd, void *buffer, size_t size);
ssize_t cairn_readv(struct cairn *cairn, int fd, const struct iovec *buffers, int count);
ssize_t cairn_recv(struct cairn *cairn, int fd, void *buffer, size_t size, int flags);
ssize_t cairn_recvfrom(struct cairn *cairn, int fd, void *buffer, size_t size, int flags,
		       struct sockaddr *name, socklen_t *name_size);
ssize_t cairn_recvmsg(struct cairn *cairn, int fd, struct msghdr *message, int flags);
ssize_t cairn_write(struct cairn *cairn, int fd, const void *buffer, size_t size);
ssize_t cairn_writev(struct cairn *cairn, int fd, const struct iovec *buffers, int count);
ssize_t cairn_send(struct cairn *cairn, int fd, const void *buffer, size_t size, int flags);
ssize_t cairn_sendto(struct cairn *cairn, int fd, const void *buffer, size_t size, int flags,
		     const struct sockaddr *name, socklen_t name_size);
ssize_t cairn_sendmsg(struct cairn *cairn, int fd, const struct msghdr *message, int flags);

int cairn_getsockname(struct cairn *cairn, int fd, struct sockaddr *name, socklen_t *size);
int cairn_getpeername(struct cairn *cairn, int fd, struct sockaddr *name, socklen_t *size);
int cairn_getsockopt(struct cairn *cairn, int fd, int level, int name, void *value,
		     socklen_t *size);
int cairn_setsockopt(struct cairn *cairn, int fd, int level, int name, const void *value,
		     socklen_t size);
int cairn_fcntl(struct cairn *cairn, int fd, int command, ...);
int cairn_ioctl(struct cairn *cairn, int fd, unsigned long request, ...);

int cairn_poll(struct cairn *cairn, struct pollfd *fds, nfds_t count, int timeout_ms);
/* Of descriptors below FD_SETSIZE; *timeout, in whole milliseconds, is left as it is (POSIX leaves it open). */
int cairn_select(struct cairn *cairn, int fd_end, fd_set *read, fd_set *write, fd_set *except,
		 const struct timeval *timeout);
int cairn_epoll_create(struct cairn *cairn, int size);
int cairn_epoll_ctl(struct cairn *cairn, int epoll_fd, int operation, int fd,
		    struct epoll_event *event);
int cairn_epoll_wait(struct cairn *cairn, int epoll_fd, struct epoll_event *events, int events_max,
		     int timeout_ms);

#endif

/*
 * interface.h - what packetdrill calls in a stack that it is lent as a shared object.
 *
 * The table that packetdrill_interface_init fills.  The order of its members is packetdrill's; every
 * one is a pointer, and every function gets `userdata` first.  Arguments and results are those of the
 * call of that name, errno included, but for the four last of the first part:
 *
 *     netdev_send     one IP packet arrives at the stack; 0
 *     netdev_receive  the next packet that the stack has sent, and when
 *     usleep, gettimeofday   on the clock of the stack
 */
#ifndef CAIRN_TESTS_PACKETDRILL_INTERFACE_H
#define CAIRN_TESTS_PACKETDRILL_INTERFACE_H

#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/types.h>
#include <sys/uio.h>

struct packetdrill_table {
	void *userdata;
	void (*free)(void *userdata);
	int (*socket)(void *userdata, int domain, int type, int protocol);
	int (*bind)(void *userdata, int fd, const struct sockaddr *name, socklen_t size);
	int (*listen)(void *userdata, int fd, int backlog);
	int (*accept)(void *userdata, int fd, struct sockaddr *name, socklen_t *size);
	int (*connect)(void *userdata, int fd, const struct sockaddr *name, socklen_t size);
	ssize_t (*read)(void *userdata, int fd, void *buffer, size_t size);
	ssize_t (*readv)(void *userdata, int fd, const struct iovec *buffers, int count);
	ssize_t (*recv)(void *userdata, int fd, void *buffer, size_t size, int flags);
	ssize_t (*recvfrom)(void *userdata, int fd, void *buffer, size_t size, int flags,
			    struct sockaddr *name, socklen_t *name_size);
	ssize_t (*recvmsg)(void *userdata, int fd, struct msghdr *message, int flags);
	ssize_t (*write)(void *userdata, int fd, const void *buffer, size_t size);
	ssize_t (*writev)(void *userdata, int fd, const struct iovec *buffers, int count);
	ssize_t (*send)(void *userdata, int fd, const void *buffer, size_t size, int flags);
	ssize_t (*sendto)(void *userdata, int fd, const void *buffer, size_t size, int flags,
			  const struct sockaddr *name, socklen_t name_size);
	ssize_t (*sendmsg)(void *userdata, int fd, const struct msghdr *message, int flags);
	int (*fcntl)(void *userdata, int fd, int command, ...);
	int (*ioctl)(void *userdata, int fd, unsigned long request, ...);
	int (*close)(void *userdata, int fd);
	int (*shutdown)(void *userdata, int fd, int how);
	int (*getsockopt)(void *userdata, int fd, int level, int name, void *value,
			  socklen_t *size);
	int (*setsockopt)(void *userdata, int fd, int level, int name, const void *value,
			  socklen_t size);
	int (*poll)(void *userdata, struct pollfd *fds, nfds_t count, int timeout_ms);
	int (*netdev_send)(void *userdata, const void *packet, size_t size);
	int (*netdev_receive)(void *userdata, void *buffer, size_t *size, long long *time_us);
	int (*usleep)(void *userdata, useconds_t time_us);
	int (*gettimeofday)(void *userdata, struct timeval *time, struct timezone *zone);
	int (*epoll_create)(void *userdata, int size);
	int (*epoll_ctl)(void *userdata, int epoll_fd, int operation, int fd,
			 struct epoll_event *event);
	int (*epoll_wait)(void *userdata, int epoll_fd, struct epoll_event *events, int events_max,
			  int timeout_ms);
	int (*pipe)(void *userdata, int fds[2]);
	int (*splice)(void *userdata, int fd_in, loff_t *offset_in, int fd_out, loff_t *offset_out,
		      size_t size, unsigned flags);
};

/* All of it but userdata, for who names his functions do_ and what they do. */
#define PACKETDRILL_CALLS \
	.free = do_free, .socket = do_socket, .bind = do_bind, .listen = do_listen, \
	.accept = do_accept, .connect = do_connect, .read = do_read, .readv = do_readv, \
	.recv = do_recv, .recvfrom = do_recvfrom, .recvmsg = do_recvmsg, .write = do_write, \
	.writev = do_writev, .send = do_send, .sendto = do_sendto, .sendmsg = do_sendmsg, \
	.fcntl = do_fcntl, .ioctl = do_ioctl, .close = do_close, .shutdown = do_shutdown, \
	.getsockopt = do_getsockopt, .setsockopt = do_setsockopt, .poll = do_poll, \
	.netdev_send = do_netdev_send, .netdev_receive = do_netdev_receive, \
	.usleep = do_usleep, .gettimeofday = do_gettimeofday, \
	.epoll_create = do_epoll_create, .epoll_ctl = do_epoll_ctl, \
	.epoll_wait = do_epoll_wait, .pipe = do_pipe, .splice = do_splice

/*
 * flags: key=value with commas between: local_ip, prefix_len, gateway_ip, remote_ip, mtu, quickack.
 * One stack a process, as packetdrill plays one script a process.
 */
void packetdrill_interface_init(const char *flags, struct packetdrill_table *table);

/* A setting of net.ipv4 that the script's shell lines name; unknown ones are ignored. */
void packetdrill_sysctl(const char *name, const char *value);

#endif

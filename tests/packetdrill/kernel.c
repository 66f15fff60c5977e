/*
 * kernel.c - the kernel's TCP behind the same table: a script that our stack passes can be played against Linux.
 *
 * A network namespace of the process's own with one TUN device, the calls of the C library, the real clock; so
 * times are as exact as the machine is idle.  Nothing leaves the namespace.  IPv4 only.  Needs root.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <net/route.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "tests/packetdrill/interface.h"

#define DEVICE     "tun0"
#define LOCAL      0xc0a80001u /* 192.168.0.1/16, as the player has it */
#define NETMASK    0xffff0000u
#define SILENCE_MS 25000 /* netdev_receive: then there is nothing to come */
#define IGMP       2u

static int tun_fd;

static _Noreturn void
refuse(const char *what)
{
	fprintf(stderr, "kernel-packetdrill: %s: %s\n", what, strerror(errno));
	exit(2);
}

/* ---- the calls --------------------------------------------------------------------------------- */

#define PASS(type, name, parameters, arguments)                                                    \
	static type do_##name parameters                                                           \
	{                                                                                          \
		(void)userdata;                                                                    \
		return name arguments;                                                             \
	}

PASS(int, bind, (void *userdata, int fd, const struct sockaddr *name, socklen_t size),
     (fd, name, size))
PASS(int, listen, (void *userdata, int fd, int backlog), (fd, backlog))
PASS(int, accept, (void *userdata, int fd, struct sockaddr *name, socklen_t *size),
     (fd, name, size))
PASS(int, connect, (void *userdata, int fd, const struct sockaddr *name, socklen_t size),
     (fd, name, size))
PASS(ssize_t, read, (void *userdata, int fd, void *buffer, size_t size), (fd, buffer, size))
PASS(ssize_t, readv, (void *userdata, int fd, const struct iovec *buffers, int count),
     (fd, buffers, count))
PASS(ssize_t, recv, (void *userdata, int fd, void *buffer, size_t size, int flags),
     (fd, buffer, size, flags))
PASS(ssize_t, recvfrom,
     (void *userdata, int fd, void *buffer, size_t size, int flags, struct sockaddr *name,
      socklen_t *name_size),
     (fd, buffer, size, flags, name, name_size))
PASS(ssize_t, recvmsg, (void *userdata, int fd, struct msghdr *message, int flags),
     (fd, message, flags))
PASS(ssize_t, write, (void *userdata, int fd, const void *buffer, size_t size), (fd, buffer, size))
PASS(ssize_t, writev, (void *userdata, int fd, const struct iovec *buffers, int count),
     (fd, buffers, count))
PASS(ssize_t, send, (void *userdata, int fd, const void *buffer, size_t size, int flags),
     (fd, buffer, size, flags))
PASS(ssize_t, sendto,
     (void *userdata, int fd, const void *buffer, size_t size, int flags,
      const struct sockaddr *name, socklen_t name_size),
     (fd, buffer, size, flags, name, name_size))
PASS(ssize_t, sendmsg, (void *userdata, int fd, const struct msghdr *message, int flags),
     (fd, message, flags))
PASS(int, close, (void *userdata, int fd), (fd))
PASS(int, shutdown, (void *userdata, int fd, int how), (fd, how))
PASS(int, getsockopt, (void *userdata, int fd, int level, int name, void *value, socklen_t *size),
     (fd, level, name, value, size))
PASS(int, setsockopt,
     (void *userdata, int fd, int level, int name, const void *value, socklen_t size),
     (fd, level, name, value, size))
PASS(int, poll, (void *userdata, struct pollfd *fds, nfds_t count, int timeout_ms),
     (fds, count, timeout_ms))
PASS(int, usleep, (void *userdata, useconds_t time_us), (time_us))
PASS(int, epoll_create, (void *userdata, int size), (size))
PASS(int, epoll_ctl,
     (void *userdata, int epoll_fd, int operation, int fd, struct epoll_event *event),
     (epoll_fd, operation, fd, event))
PASS(int, epoll_wait,
     (void *userdata, int epoll_fd, struct epoll_event *events, int events_max, int timeout_ms),
     (epoll_fd, events, events_max, timeout_ms))
PASS(int, pipe, (void *userdata, int fds[2]), (fds))

/* In the table it gives an int. */
static int
do_splice(void *userdata, int fd_in, loff_t *offset_in, int fd_out, loff_t *offset_out, size_t size,
	  unsigned flags)
{
	(void)userdata;
	return (int)splice(fd_in, offset_in, fd_out, offset_out, size, flags);
}

/* CUBIC, whatever the host has: a namespace may not choose its default among all. */
static int
do_socket(void *userdata, int domain, int type, int protocol)
{
	const int fd = socket(domain, type, protocol);

	(void)userdata;
	if (fd >= 0 && (type & ~(SOCK_NONBLOCK | SOCK_CLOEXEC)) == SOCK_STREAM)
		(void)setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, "cubic", sizeof "cubic");
	return fd;
}

static int
do_fcntl(void *userdata, int fd, int command, ...)
{
	va_list arguments;

	(void)userdata;
	va_start(arguments, command);
	const long value = va_arg(arguments, long);
	va_end(arguments);
	return fcntl(fd, command, value);
}

static int
do_ioctl(void *userdata, int fd, unsigned long request, ...)
{
	va_list arguments;

	(void)userdata;
	va_start(arguments, request);
	void *value = va_arg(arguments, void *);
	va_end(arguments);
	return ioctl(fd, request, value);
}

/* ---- the wire and the clock -------------------------------------------------------------------- */

static long long
now_us(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (long long)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static int
do_gettimeofday(void *userdata, struct timeval *time, struct timezone *zone)
{
	const long long time_us = now_us();

	(void)userdata, (void)zone;
	*time = (struct timeval){ .tv_sec = time_us / 1000000, .tv_usec = time_us % 1000000 };
	return 0;
}

static int
do_netdev_send(void *userdata, const void *packet, size_t size)
{
	(void)userdata;
	return write(tun_fd, packet, size) == (ssize_t)size ? 0 : -1;
}

/* What the kernel says for itself about groups is none of the script's. */
static int
do_netdev_receive(void *userdata, void *buffer, size_t *size, long long *time_us)
{
	struct pollfd tun = { .fd = tun_fd, .events = POLLIN };
	const uint8_t *packet = buffer;
	const size_t room = *size;

	(void)userdata;
	*size = 0;
	while (poll(&tun, 1, SILENCE_MS) == 1) {
		const ssize_t got = read(tun_fd, buffer, room);
		*time_us = now_us();
		if (got <= 0)
			return 0;
		if (packet[0] >> 4 != 4 || packet[9] == IGMP)
			continue;
		*size = (size_t)got;
		return 0;
	}
	*time_us = now_us();
	return 0;
}

/* ---- the host ---------------------------------------------------------------------------------- */

static void
set(const char *path, const char *value)
{
	const int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return; /* a kernel without it */
	(void)!write(fd, value, strlen(value));
	(void)close(fd);
}

void
packetdrill_sysctl(const char *name, const char *value)
{
	char path[256];

	(void)snprintf(path, sizeof path, "/proc/sys/%s", name);
	for (char *c = path + strlen("/proc/sys/"); *c != '\0'; c++)
		*c = (char)(*c == '.' ? '/' : *c);
	set(path, value);
}

static struct sockaddr
address(uint32_t host_order)
{
	const struct sockaddr_in in = { .sin_family = AF_INET,
					.sin_addr.s_addr = htonl(host_order) };
	struct sockaddr any;

	memcpy(&any, &in, sizeof any);
	return any;
}

static void
join_network(void)
{
	struct ifreq request = { .ifr_flags = IFF_TUN | IFF_NO_PI };
	struct rtentry route = { .rt_flags = RTF_UP, .rt_dev = request.ifr_name };
	const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	strcpy(request.ifr_name, DEVICE);
	tun_fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
	if (tun_fd < 0 || ioctl(tun_fd, TUNSETIFF, &request) != 0)
		refuse("tun");
	request.ifr_addr = address(LOCAL);
	if (ioctl(fd, SIOCSIFADDR, &request) != 0)
		refuse("address");
	request.ifr_netmask = address(NETMASK);
	if (ioctl(fd, SIOCSIFNETMASK, &request) != 0)
		refuse("netmask");
	request.ifr_flags = IFF_UP | IFF_RUNNING;
	if (ioctl(fd, SIOCSIFFLAGS, &request) != 0)
		refuse("up");
	route.rt_dst = route.rt_genmask = route.rt_gateway = address(0);
	if (ioctl(fd, SIOCADDRT, &route) != 0)
		refuse("route");
	(void)close(fd);
}

/* What packetdrill's own scripts begin with, and what our stack does by itself. */
static void
settle(void)
{
	static const char *const settings[][2] = {
		{ "net.ipv6.conf.all.disable_ipv6", "1" },
		{ "net.ipv4.conf.all.rp_filter", "0" },
		{ "net.ipv4.conf.default.rp_filter", "0" },
		{ "net.ipv4.icmp_ratelimit", "0" },
		{ "net.ipv4.tcp_ecn", "0" },
		{ "net.ipv4.tcp_min_tso_segs", "1" },
		{ "net.ipv4.tcp_mtu_probing", "1" },
		{ "net.ipv4.tcp_no_metrics_save", "1" },
		{ "net.ipv4.tcp_pingpong_thresh", "1" },
		{ "net.ipv4.tcp_rmem", "4096 131072 15728640" },
		{ "net.ipv4.tcp_syn_linear_timeouts", "0" },
		{ "net.ipv4.tcp_syn_retries", "7" },
		{ "net.ipv4.tcp_wmem", "4096 524288 8388608" },
	};

	for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++)
		packetdrill_sysctl(settings[i][0], settings[i][1]);
}

static void
do_free(void *userdata)
{
	(void)userdata;
	(void)close(tun_fd);
}

void
packetdrill_interface_init(const char *flags, struct packetdrill_table *table)
{
	(void)flags;
	(void)signal(SIGPIPE, SIG_IGN);
	if (unshare(CLONE_NEWNET) != 0)
		refuse("network namespace");
	settle();
	join_network();
	*table = (struct packetdrill_table){ PACKETDRILL_CALLS };
}

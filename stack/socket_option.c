/*
 * getsockopt and setsockopt: what all levels share, and SOL_SOCKET (socket(7)).
 */
#include <string.h>
#include <sys/time.h>

#include "stack/socket_priv.h"

#define MICROSECONDS  1000000u
#define TIMEOUT_S_MAX 0x100000000 /* 136 years */

/* ---- values ------------------------------------------------------------------------------------ */

int
socket__option_read_int(const void *value, socklen_t size, int *number)
{
	if (size < sizeof *number)
		return -EINVAL;
	memcpy(number, value, sizeof *number);
	return 0;
}

int
socket__option_write(void *value, socklen_t *size, const void *bytes, size_t bytes_size)
{
	if (*size > bytes_size)
		*size = (socklen_t)bytes_size;
	memcpy(value, bytes, *size);
	return 0;
}

int
socket__option_write_int(void *value, socklen_t *size, int number)
{
	return socket__option_write(value, size, &number, sizeof number);
}

static int
time_read(const void *value, socklen_t size, uint64_t *time_us)
{
	struct timeval tv;

	if (size < sizeof tv)
		return -EINVAL;
	memcpy(&tv, value, sizeof tv);
	if (tv.tv_usec < 0 || tv.tv_usec >= (suseconds_t)MICROSECONDS)
		return -EDOM;
	/* As Linux: a negative time does not wait at all; zero waits for ever, and so do ages. */
	if (tv.tv_sec < 0)
		*time_us = 1;
	else if ((uint64_t)tv.tv_sec >= TIMEOUT_S_MAX)
		*time_us = 0;
	else
		*time_us = (uint64_t)tv.tv_sec * MICROSECONDS + (uint64_t)tv.tv_usec;
	return 0;
}

static int
time_write(void *value, socklen_t *size, uint64_t time_us)
{
	const struct timeval tv = { .tv_sec = (time_t)(time_us / MICROSECONDS),
				    .tv_usec = (suseconds_t)(time_us % MICROSECONDS) };

	return socket__option_write(value, size, &tv, sizeof tv);
}

/* ---- buffers ----------------------------------------------------------------------------------- */

/*
 * SO_SNDBUF and SO_RCVBUF are told doubled, as Linux does it for its own overhead, which programs
 * have learnt to expect.  What was set is what the stream holds, and autotuning ends.
 */
static uint32_t
buffer_bytes(int number)
{
	const uint32_t bytes = number < 0 ? SOCKET_BUFFER_BYTES_MAX : (uint32_t)number;

	if (bytes < SOCKET_BUFFER_BYTES_MIN / 2)
		return SOCKET_BUFFER_BYTES_MIN / 2;
	return bytes > SOCKET_BUFFER_BYTES_MAX / 2 ? SOCKET_BUFFER_BYTES_MAX / 2 : bytes;
}

static void
send_buffer_set(struct socket_table *table, struct socket *socket, int number)
{
	const uint32_t bytes = buffer_bytes(number);
	struct tcp_config config = socket__tcp_config(socket);

	socket->send_bytes_max = 2 * bytes;
	config.send_buffer_bytes = config.send_buffer_bytes_max = bytes;
	socket__tcp_config_set(table, socket, &config);
}

static void
receive_buffer_set(struct socket_table *table, struct socket *socket, int number)
{
	const uint32_t bytes = buffer_bytes(number);
	struct tcp_config config = socket__tcp_config(socket);

	socket->receive_bytes_max = 2 * bytes;
	config.receive_buffer_bytes = config.receive_buffer_bytes_max = bytes;
	socket__tcp_config_set(table, socket, &config);
}

static int
buffer_get(const struct socket *socket, bool is_send)
{
	const struct tcp_config config = socket__tcp_config(socket);

	if (socket->kind != SOCKET_STREAM)
		return (int)(is_send ? socket->send_bytes_max : socket->receive_bytes_max);
	return (int)(2 * (is_send ? config.send_buffer_bytes : config.receive_buffer_bytes));
}

/* ---- SOL_SOCKET -------------------------------------------------------------------------------- */

static void
keepalive_set(struct socket_table *table, struct socket *socket, bool on)
{
	struct tcp_config config = socket__tcp_config(socket);

	socket->keepalive = config.keepalive = on;
	socket__tcp_config_set(table, socket, &config);
}

static void
reuse_port_set(struct socket_table *table, struct socket *socket, bool on)
{
	struct tcp_config config = socket__tcp_config(socket);

	socket->reuse_port = config.share_port = on;
	socket__tcp_config_set(table, socket, &config);
}

static int
linger_set(struct socket *socket, const void *value, socklen_t size)
{
	struct linger linger;

	if (size < sizeof linger)
		return -EINVAL;
	memcpy(&linger, value, sizeof linger);
	socket->has_linger = linger.l_onoff != 0;
	socket->linger_s = linger.l_linger < 0 ? (uint32_t)INT32_MAX : (uint32_t)linger.l_linger;
	return 0;
}

/* SO_MAX_PACING_RATE, octets a second: 4 or 8 octets long, all ones for no limit. */
static int
pacing_set(struct socket_table *table, struct socket *socket, const void *value, socklen_t size)
{
	struct tcp_config config = socket__tcp_config(socket);
	uint32_t rate;

	if (size >= sizeof config.pacing_rate_bytes_s) {
		memcpy(&config.pacing_rate_bytes_s, value, sizeof config.pacing_rate_bytes_s);
	} else {
		if (size < sizeof rate)
			return -EINVAL;
		memcpy(&rate, value, sizeof rate);
		config.pacing_rate_bytes_s = rate == UINT32_MAX ? UINT64_MAX : rate;
	}
	if (config.pacing_rate_bytes_s == UINT64_MAX)
		config.pacing_rate_bytes_s = 0;
	socket__tcp_config_set(table, socket, &config);
	return 0;
}

static int
pacing_get(const struct socket *socket, void *value, socklen_t *size)
{
	const uint64_t set = socket__tcp_config(socket).pacing_rate_bytes_s, rate = set == 0 ? UINT64_MAX : set;
	const uint32_t short_rate = rate > UINT32_MAX ? UINT32_MAX : (uint32_t)rate;

	return *size < sizeof rate ? socket__option_write(value, size, &short_rate, sizeof short_rate)
				   : socket__option_write(value, size, &rate, sizeof rate);
}

static int
set_socket_int(struct socket_table *table, struct socket *socket, int name, int number)
{
	switch (name) {
	case SO_REUSEADDR: socket->reuse_address = number != 0; return 0;
	case SO_REUSEPORT: reuse_port_set(table, socket, number != 0); return 0;
	case SO_BROADCAST: socket->broadcast = number != 0; return 0;
	case SO_KEEPALIVE: keepalive_set(table, socket, number != 0); return 0;
	case SO_TIMESTAMP:
	case SO_TIMESTAMPNS: socket->wants_time = number != 0 ? name : 0; return 0;
	case SO_SNDBUF:
	case SO_SNDBUFFORCE: send_buffer_set(table, socket, number); return 0;
	case SO_RCVBUF:
	case SO_RCVBUFFORCE: receive_buffer_set(table, socket, number); return 0;
	case SO_RCVLOWAT:
		socket->receive_low_bytes = number < 0    ? INT32_MAX
					    : number == 0 ? 1
							  : (uint32_t)number;
		return 0;
	case SO_DEBUG: /* programs set them and need nothing of them here */
	case SO_DONTROUTE:
	case SO_OOBINLINE:
	case SO_PRIORITY:
	case SO_MARK:
	case SO_BUSY_POLL:
	case SO_NO_CHECK: return 0;
	default: return -ENOPROTOOPT;
	}
}

static int
set_socket(struct socket_table *table, struct socket *socket, int name, const void *value,
	   socklen_t size)
{
	int number;

	switch (name) {
	case SO_LINGER: return linger_set(socket, value, size);
	case SO_RCVTIMEO: return time_read(value, size, &socket->receive_timeout_us);
	case SO_SNDTIMEO: return time_read(value, size, &socket->send_timeout_us);
	case SO_BINDTODEVICE: return -EPERM;
	case SO_MAX_PACING_RATE: return pacing_set(table, socket, value, size);
	default: break;
	}
	const int err = socket__option_read_int(value, size, &number);
	return err != 0 ? err : set_socket_int(table, socket, name, number);
}

static int
type_of(const struct socket *socket)
{
	return socket->kind == SOCKET_STREAM ? SOCK_STREAM : SOCK_DGRAM;
}

static int
get_socket(const struct socket_table *table, struct socket *socket, int name, void *value, socklen_t *size)
{
	const uint64_t cookie = socket__user(table, socket);
	const struct linger linger = { .l_onoff = socket->has_linger,
				       .l_linger = (int)socket->linger_s };
	int number = 0;

	switch (name) {
	case SO_LINGER: return socket__option_write(value, size, &linger, sizeof linger);
	case SO_RCVTIMEO: return time_write(value, size, socket->receive_timeout_us);
	case SO_SNDTIMEO: return time_write(value, size, socket->send_timeout_us);
	case SO_MAX_PACING_RATE: return pacing_get(socket, value, size);
	case SO_COOKIE: return *size < sizeof cookie ? -EINVAL : socket__option_write(value, size, &cookie, sizeof cookie);
	case SO_REUSEADDR: number = socket->reuse_address; break;
	case SO_REUSEPORT: number = socket->reuse_port; break;
	case SO_BROADCAST: number = socket->broadcast; break;
	case SO_KEEPALIVE: number = socket->keepalive; break;
	case SO_TIMESTAMP:
	case SO_TIMESTAMPNS: number = socket->wants_time == name; break;
	case SO_SNDBUF: number = buffer_get(socket, true); break;
	case SO_RCVBUF: number = buffer_get(socket, false); break;
	case SO_RCVLOWAT: number = (int)socket->receive_low_bytes; break;
	case SO_SNDLOWAT: number = 1; break;
	case SO_TYPE: number = type_of(socket); break;
	case SO_DOMAIN: number = socket->domain; break;
	case SO_PROTOCOL: number = socket->protocol; break;
	case SO_ACCEPTCONN: number = socket->phase == SOCKET_LISTENING; break;
	case SO_ERROR:
		number = socket->kind == SOCKET_STREAM ? socket__stream_take_any_error(socket)
						       : socket__datagram_take_error(socket);
		break;
	case SO_DEBUG:
	case SO_DONTROUTE:
	case SO_OOBINLINE:
	case SO_PRIORITY:
	case SO_MARK:
	case SO_BUSY_POLL:
	case SO_NO_CHECK: break;
	default: return -ENOPROTOOPT;
	}
	return socket__option_write_int(value, size, number);
}

/* ---- the calls --------------------------------------------------------------------------------- */

int
socket_setsockopt(struct socket_table *table, int fd, int level, int name, const void *value,
		  socklen_t size)
{
	struct socket *socket = socket__get(table, fd);

	if (socket == NULL)
		return -EBADF;
	if (socket->kind == SOCKET_EPOLL)
		return -ENOTSOCK;
	if ((int)size < 0)
		return -EINVAL;
	if (value == NULL)
		return size == 0 ? -EINVAL : -EFAULT;
	switch (level) {
	case SOL_SOCKET: return set_socket(table, socket, name, value, size);
	case IPPROTO_IP:
	case IPPROTO_IPV6: return socket__set_ip(table, socket, level, name, value, size);
	case IPPROTO_TCP:
		return socket->kind == SOCKET_STREAM
			       ? socket__set_tcp(table, socket, name, value, size)
			       : -ENOPROTOOPT;
	default: return -ENOPROTOOPT;
	}
}

/* Of a level that the socket does not have: Linux's two families disagree. */
static int
no_level(const struct socket *socket)
{
	return socket->domain == AF_INET ? -EOPNOTSUPP : -ENOPROTOOPT;
}

int
socket_getsockopt(struct socket_table *table, int fd, int level, int name, void *value,
		  socklen_t *size)
{
	struct socket *socket = socket__get(table, fd);

	if (socket == NULL)
		return -EBADF;
	if (socket->kind == SOCKET_EPOLL)
		return -ENOTSOCK;
	if (size == NULL || (value == NULL && *size > 0))
		return -EFAULT;
	if ((int)*size < 0)
		return -EINVAL;
	switch (level) {
	case SOL_SOCKET: return get_socket(table, socket, name, value, size);
	case IPPROTO_IP: return socket__get_ip(table, socket, level, name, value, size);
	case IPPROTO_IPV6:
		return socket->domain == AF_INET6 ? socket__get_ip(table, socket, level, name, value, size)
						  : no_level(socket);
	case IPPROTO_TCP:
		return socket->kind == SOCKET_STREAM
			       ? socket__get_tcp(table, socket, name, value, size)
			       : no_level(socket);
	case IPPROTO_UDP: return socket->kind == SOCKET_UDP ? -ENOPROTOOPT : no_level(socket);
	default: return no_level(socket);
	}
}

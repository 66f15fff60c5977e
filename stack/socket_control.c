/*
 * fcntl(2) and ioctl(2) as far as they are about sockets.
 */
#include <fcntl.h>
#include <linux/sockios.h>
#include <string.h>
#include <sys/ioctl.h>

#include "stack/socket_priv.h"

int
socket_fcntl(struct socket_table *table, int fd, int command, long argument)
{
	struct socket *socket = socket__get(table, fd);

	if (socket == NULL)
		return -EBADF;
	switch (command) {
	case F_GETFL: return O_RDWR | (socket->is_nonblocking ? O_NONBLOCK : 0);
	case F_SETFL: socket->is_nonblocking = (argument & O_NONBLOCK) != 0; return 0;
	case F_GETFD: return socket->is_close_on_exec ? FD_CLOEXEC : 0;
	case F_SETFD: socket->is_close_on_exec = (argument & FD_CLOEXEC) != 0; return 0;
	default: return -EINVAL;
	}
}

/* ---- ioctl ------------------------------------------------------------------------------------- */

static int
stream_count(const struct socket *socket, unsigned long request, int *count)
{
	struct tcp_conn_info info;

	*count = 0;
	if (socket->phase == SOCKET_LISTENING)
		return -EINVAL;
	if (socket->phase == SOCKET_IDLE || tcp_info(socket->stack, socket->conn, &info) != 0)
		return 0;
	switch (request) {
	case FIONREAD: *count = (int)info.receive_queue_bytes; break;
	case TIOCOUTQ: *count = (int)info.send_queue_bytes; break;
	case SIOCOUTQNSD: *count = (int)info.not_sent_bytes; break;
	default: break;
	}
	return 0;
}

/* FIONREAD: the size of the next datagram; what is sent never waits here. */
static int
datagram_count(const struct socket_table *table, const struct socket *socket, unsigned long request,
	       int *count)
{
	const struct datagram *datagram = datagram_first(&table->datagrams, &socket->received);

	*count = request == FIONREAD && datagram != NULL ? (int)datagram->size : 0;
	return 0;
}

int
socket_ioctl(struct socket_table *table, int fd, unsigned long request, void *argument)
{
	struct socket *socket = socket__get(table, fd);
	int count;

	if (socket == NULL)
		return -EBADF;
	if (request != FIONREAD && request != TIOCOUTQ && request != SIOCOUTQNSD &&
	    request != FIONBIO)
		return -ENOTTY;
	if (argument == NULL)
		return -EFAULT;
	if (request == FIONBIO) {
		memcpy(&count, argument, sizeof count);
		socket->is_nonblocking = count != 0;
		return 0;
	}
	const int err = socket->kind == SOCKET_STREAM
				? stream_count(socket, request, &count)
				: datagram_count(table, socket, request, &count);
	if (err == 0)
		memcpy(argument, &count, sizeof count);
	return err;
}

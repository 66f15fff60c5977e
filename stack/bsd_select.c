/* select(2) over poll, with the events that Linux takes for each set. */
#include <errno.h>
#include <limits.h>
#include <stdint.h>

#include "stack/bsd.h"

#define READ_EVENTS   (POLLIN | POLLRDNORM | POLLRDBAND | POLLHUP | POLLERR)
#define WRITE_EVENTS  (POLLOUT | POLLWRNORM | POLLWRBAND | POLLERR)
#define EXCEPT_EVENTS POLLPRI
#define MICROSECONDS  1000000

enum { SET_READ, SET_WRITE, SET_EXCEPT, SETS };

static const short events_of[SETS] = { READ_EVENTS, WRITE_EVENTS, EXCEPT_EVENTS };

static int
refuse(int error)
{
	errno = error;
	return -1;
}

/* -1 is for ever, and so is what poll cannot count; a part of a millisecond is a whole one. */
static int
timeout_ms_of(const struct timeval *timeout)
{
	if (timeout == NULL || timeout->tv_sec > INT_MAX / 1000 - 1)
		return -1;
	return (int)timeout->tv_sec * 1000 + (int)((timeout->tv_usec + 999) / 1000);
}

static nfds_t
sets_read(int fd_end, fd_set *const sets[SETS], struct pollfd fds[FD_SETSIZE])
{
	nfds_t count = 0;

	for (int fd = 0; fd < fd_end; fd++) {
		int events = 0;
		for (int i = 0; i < SETS; i++)
			if (sets[i] != NULL && FD_ISSET(fd, sets[i]))
				events |= events_of[i];
		if (events != 0)
			fds[count++] = (struct pollfd){ .fd = fd, .events = (short)events };
	}
	return count;
}

static int
sets_write(fd_set *const sets[SETS], const struct pollfd *fds, nfds_t count)
{
	int ready = 0;

	for (nfds_t i = 0; i < count; i++)
		for (int k = 0; k < SETS; k++) {
			if (sets[k] == NULL || !FD_ISSET(fds[i].fd, sets[k]))
				continue;
			if ((fds[i].revents & events_of[k]) != 0)
				ready++;
			else
				FD_CLR(fds[i].fd, sets[k]);
		}
	return ready;
}

int
cairn_select(struct cairn *cairn, int fd_end, fd_set *read, fd_set *write, fd_set *except, const struct timeval *timeout)
{
	fd_set *const sets[SETS] = { read, write, except };
	struct pollfd fds[FD_SETSIZE];

	if (fd_end < 0 || fd_end > FD_SETSIZE ||
	    (timeout != NULL && (timeout->tv_sec < 0 || timeout->tv_usec < 0 || timeout->tv_usec >= MICROSECONDS)))
		return refuse(EINVAL);
	const nfds_t count = sets_read(fd_end, sets, fds);
	const int ready = cairn_poll(cairn, fds, count, timeout_ms_of(timeout));
	if (ready < 0)
		return ready;
	for (nfds_t i = 0; i < count; i++)
		if ((fds[i].revents & POLLNVAL) != 0)
			return refuse(EBADF);
	return sets_write(sets, fds, count);
}

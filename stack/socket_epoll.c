/*
 * Readiness: poll(2) for one, epoll(7) for many.
 *
 * A watch is queued when something may have become so for its socket, and leaves the queue when a
 * look finds nothing: what is asked again and again costs nothing while nothing happens.
 */
#include <assert.h>
#include <poll.h>
#include <string.h>

#include "stack/socket_priv.h"

static_assert(EPOLLIN == POLLIN && EPOLLOUT == POLLOUT && EPOLLERR == POLLERR &&
		      EPOLLHUP == POLLHUP && EPOLLRDHUP == POLLRDHUP && EPOLLPRI == POLLPRI &&
		      EPOLLRDNORM == POLLRDNORM && EPOLLWRNORM == POLLWRNORM,
	      "Linux has the same bits for both");

#define EVENT_BITS 0xffffu /* above: EPOLLET and its like */

/* ---- poll -------------------------------------------------------------------------------------- */

static bool has_ready(const struct socket_table *table, const struct socket *epoll);

short
socket__level(const struct socket_table *table, const struct socket *socket)
{
	switch (socket->kind) {
	case SOCKET_STREAM: return socket__stream_poll(socket);
	case SOCKET_UDP:
	case SOCKET_ECHO: return socket__datagram_poll(table, socket);
	case SOCKET_EPOLL: return has_ready(table, socket) ? POLLIN | POLLRDNORM : 0;
	case SOCKET_FREE: break;
	}
	return POLLNVAL;
}

short
socket_poll(struct socket_table *table, int fd, short events)
{
	const struct socket *socket = socket__get(table, fd);

	if (socket == NULL)
		return POLLNVAL;
	return (short)(socket__level(table, socket) & (events | POLLERR | POLLHUP));
}

/* ---- the queue of what may be ready ------------------------------------------------------------ */

static void
enqueue(struct socket_table *table, uint32_t index)
{
	struct watch *watch = &table->watches[index];
	struct socket *epoll = &table->sockets[watch->epoll];

	if (watch->is_queued)
		return;
	watch->is_queued = true;
	watch->next_ready = SOCKET_NONE;
	if (epoll->ready_head == SOCKET_NONE)
		epoll->ready_head = index;
	else
		table->watches[epoll->ready_tail].next_ready = index;
	epoll->ready_tail = index;
}

static uint32_t
dequeue(struct socket_table *table, struct socket *epoll)
{
	const uint32_t index = epoll->ready_head;

	epoll->ready_head = table->watches[index].next_ready;
	if (epoll->ready_head == SOCKET_NONE)
		epoll->ready_tail = SOCKET_NONE;
	table->watches[index].is_queued = false;
	return index;
}

void
socket__wake(struct socket_table *table, const struct socket *socket)
{
	for (uint32_t i = socket->watches; i != SOCKET_NONE; i = table->watches[i].next_of_socket)
		enqueue(table, i);
}

static uint32_t
watch_ready(const struct socket_table *table, const struct watch *watch)
{
	if (watch->is_disarmed)
		return 0;
	const short level = socket__level(table, &table->sockets[watch->socket]);
	return (uint32_t)(uint16_t)level & (watch->events | EPOLLERR | EPOLLHUP) & EVENT_BITS;
}

static bool
has_ready(const struct socket_table *table, const struct socket *epoll)
{
	for (uint32_t i = epoll->ready_head; i != SOCKET_NONE; i = table->watches[i].next_ready) {
		if (watch_ready(table, &table->watches[i]) != 0)
			return true;
	}
	return false;
}

/* ---- interest ---------------------------------------------------------------------------------- */

static uint32_t *
watch_link(struct socket_table *table, struct socket *socket, uint32_t epoll)
{
	uint32_t *link = &socket->watches;

	while (*link != SOCKET_NONE && table->watches[*link].epoll != epoll)
		link = &table->watches[*link].next_of_socket;
	return link;
}

static void
watch_free(struct socket_table *table, uint32_t *link)
{
	const uint32_t index = *link;
	struct watch *watch = &table->watches[index];
	struct socket *epoll = &table->sockets[watch->epoll];

	*link = watch->next_of_socket;
	if (watch->is_queued) {
		uint32_t *ready = &epoll->ready_head, before = SOCKET_NONE;
		for (; *ready != index; ready = &table->watches[*ready].next_ready)
			before = *ready;
		*ready = watch->next_ready;
		if (epoll->ready_tail == index)
			epoll->ready_tail = before;
	}
	*watch = (struct watch){ .epoll = SOCKET_NONE, .next_ready = table->free_watch };
	table->free_watch = index;
	table->stats.watch_count--;
}

static int
watch_add(struct socket_table *table, uint32_t epoll, struct socket *socket,
	  const struct epoll_event *event)
{
	const uint32_t index = table->free_watch;

	if (index == SOCKET_NONE)
		return -ENOSPC;
	table->free_watch = table->watches[index].next_ready;
	table->watches[index] = (struct watch){
		.epoll = epoll,
		.socket = (uint32_t)socket__fd(table, socket),
		.events = event->events,
		.data = event->data,
		.next_of_socket = socket->watches,
		.next_ready = SOCKET_NONE,
	};
	socket->watches = index;
	table->stats.watch_count++;
	enqueue(table, index);
	return 0;
}

/* An epoll descriptor that watches another would have to be looked through in circles. */
static int
ctl_check(const struct socket_table *table, int epoll_fd, int fd)
{
	const struct socket *epoll = socket__get(table, epoll_fd), *socket = socket__get(table, fd);

	if (epoll == NULL || socket == NULL)
		return -EBADF;
	if (epoll->kind != SOCKET_EPOLL || epoll == socket || socket->kind == SOCKET_EPOLL)
		return -EINVAL;
	return 0;
}

int
socket_epoll_create(struct socket_table *table)
{
	struct socket *epoll;

	return socket__new(table, SOCKET_EPOLL, &epoll);
}

int
socket_epoll_ctl(struct socket_table *table, int epoll_fd, int operation, int fd,
		 const struct epoll_event *event)
{
	const int err = ctl_check(table, epoll_fd, fd);
	if (err != 0)
		return err;
	if (operation != EPOLL_CTL_DEL && event == NULL)
		return -EFAULT;
	struct socket *socket = socket__get(table, fd);
	uint32_t *link = watch_link(table, socket, (uint32_t)epoll_fd);
	switch (operation) {
	case EPOLL_CTL_ADD:
		return *link != SOCKET_NONE ? -EEXIST
					    : watch_add(table, (uint32_t)epoll_fd, socket, event);
	case EPOLL_CTL_MOD:
		if (*link == SOCKET_NONE)
			return -ENOENT;
		table->watches[*link].events = event->events;
		table->watches[*link].data = event->data;
		table->watches[*link].is_disarmed = false;
		enqueue(table, *link);
		return 0;
	case EPOLL_CTL_DEL:
		if (*link == SOCKET_NONE)
			return -ENOENT;
		watch_free(table, link);
		return 0;
	default: return -EINVAL;
	}
}

/* The socket, or the epoll descriptor, is closed. */
void
socket__forget_watches(struct socket_table *table, struct socket *socket)
{
	while (socket->watches != SOCKET_NONE)
		watch_free(table, &socket->watches);
	if (socket->kind != SOCKET_EPOLL)
		return;
	const uint32_t epoll = (uint32_t)socket__fd(table, socket);
	for (uint32_t i = 0; i < table->watch_count; i++) {
		if (table->watches[i].epoll == epoll)
			watch_free(table,
				   watch_link(table, &table->sockets[table->watches[i].socket],
					      epoll));
	}
}

/* ---- wait -------------------------------------------------------------------------------------- */

int
socket_epoll_wait(struct socket_table *table, int epoll_fd, struct epoll_event *events,
		  int events_max)
{
	struct socket *epoll = socket__get(table, epoll_fd);
	int count = 0;

	if (epoll == NULL)
		return -EBADF;
	if (epoll->kind != SOCKET_EPOLL || events_max <= 0)
		return -EINVAL;
	if (events == NULL)
		return -EFAULT;
	/* Once round the queue as it is now: what is still so goes to its end. */
	const uint32_t last = epoll->ready_tail;
	for (uint32_t index = SOCKET_NONE; index != last && count < events_max;) {
		index = dequeue(table, epoll);
		struct watch *watch = &table->watches[index];
		const uint32_t ready = watch_ready(table, watch);
		if (ready == 0)
			continue;
		events[count++] = (struct epoll_event){ .events = ready, .data = watch->data };
		watch->is_disarmed = (watch->events & EPOLLONESHOT) != 0;
		if ((watch->events & (EPOLLET | EPOLLONESHOT)) == 0)
			enqueue(table, index);
	}
	return count;
}

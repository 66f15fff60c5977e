/*
 * Options and readiness: the calls that look at a descriptor and do not move its data.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "tests/packetdrill/runner/player_call.h"
#include "tests/packetdrill/runner/symbols.h"

#define POLL_MAX   16u
#define EVENTS_MAX 16u

/* ---- options ----------------------------------------------------------------------------------- */

/* The octets of an option's value as scripts write them; returns their number. */
static socklen_t
option_value(const struct call *call, const struct expression *value, uint8_t *out)
{
	if (value->kind == EXPRESSION_LIST && value->item_count == 2) { /* seconds, microseconds */
		const struct timeval tv = {
			.tv_sec = (time_t)player_value(call->player, value->items[0]),
			.tv_usec = (suseconds_t)player_value(call->player, value->items[1])
		};
		memcpy(out, &tv, sizeof tv);
		return sizeof tv;
	}
	if (value->kind == EXPRESSION_STRUCT) {
		const struct expression *on = expression_field(value, "onoff"),
					*time = expression_field(value, "linger");
		if (on == NULL || time == NULL)
			call_fail(call, "a structure that is not understood");
		const struct linger linger = { .l_onoff = (int)player_value(call->player, on),
					       .l_linger = (int)player_value(call->player, time) };
		memcpy(out, &linger, sizeof linger);
		return sizeof linger;
	}
	if (value->kind == EXPRESSION_STRING) {
		const size_t size = strlen(value->text);
		memcpy(out, value->text, size + 1);
		return (socklen_t)size;
	}
	if (value->kind == EXPRESSION_LIST && value->item_count == 1)
		value = value->items[0];
	const int number_ = (int)player_value(call->player, value);
	memcpy(out, &number_, sizeof number_);
	return sizeof number_;
}

long long
call_setsockopt(const struct call *call)
{
	uint8_t value[256] = { 0 };
	const bool has_value = !expression_is_null(call_argument(call, 3));

	if (has_value)
		(void)option_value(call, call_argument(call, 3), value);
	return call->table->setsockopt(call->userdata, call_fd(call, 0), (int)call_number(call, 1),
				       (int)call_number(call, 2), has_value ? value : NULL,
				       (socklen_t)call_number(call, 4));
}

long long
call_getsockopt(const struct call *call)
{
	const struct expression *value_wanted = call_argument(call, 3),
				*size_ = call_argument(call, 4);
	uint8_t value[512] = { 0 }, wanted[512] = { 0 };

	if (size_->kind == EXPRESSION_LIST && size_->item_count == 1)
		size_ = size_->items[0];
	const socklen_t size_given = expression_is_ellipsis(size_)
					     ? (socklen_t)sizeof value
					     : (socklen_t)player_value(call->player, size_);
	socklen_t size = size_given;
	const int result =
		call->table->getsockopt(call->userdata, call_fd(call, 0), (int)call_number(call, 1),
					(int)call_number(call, 2), value, &size);
	if (result < 0 || expression_is_ellipsis(value_wanted))
		return result;
	const socklen_t compared = option_value(call, value_wanted, wanted);
	if (!expression_is_ellipsis(size_) && size != size_given)
		call_fail(call, "the length that comes back is %u", size);
	if (memcmp(value, wanted, compared < size ? compared : size) != 0) {
		int number_;
		memcpy(&number_, value, sizeof number_);
		call_fail(call, "the value is %d", number_);
	}
	return result;
}

long long
call_fcntl(const struct call *call)
{
	const int command = (int)call_number(call, 1);

	return call->spec->argument_count < 3
		       ? call->table->fcntl(call->userdata, call_fd(call, 0), command)
		       : call->table->fcntl(call->userdata, call_fd(call, 0), command,
					    (int)call_number(call, 2));
}

long long
call_ioctl(const struct call *call)
{
	const struct expression *wanted = call_argument(call, 2);
	const unsigned long request = (unsigned long)call_number(call, 1);
	int value = request == FIONBIO;

	if (expression_is_null(wanted))
		return call->table->ioctl(call->userdata, call_fd(call, 0), request, NULL);
	if (wanted->kind == EXPRESSION_LIST && wanted->item_count == 1)
		wanted = wanted->items[0];
	const int result = call->table->ioctl(call->userdata, call_fd(call, 0), request, &value);
	if (result == 0 && !expression_is_ellipsis(wanted) &&
	    value != player_value(call->player, wanted))
		call_fail(call, "the value is %d", value);
	return result;
}

/* ---- readiness --------------------------------------------------------------------------------- */

/* [{fd = 4, events = POLLIN, revents = POLLIN}] */
long long
call_poll(const struct call *call)
{
	const struct expression *list = call_argument(call, 0);
	struct pollfd fds[POLL_MAX];

	if (list->kind != EXPRESSION_LIST || list->item_count > POLL_MAX)
		call_fail(call, "a list of descriptors is expected");
	for (size_t i = 0; i < list->item_count; i++) {
		const struct expression *fd_ = expression_field(list->items[i], "fd");
		const struct expression *events = expression_field(list->items[i], "events");
		if (fd_ == NULL || events == NULL)
			call_fail(call, "fd and events are expected");
		fds[i] = (struct pollfd){ .fd = player_fd(call->player,
							  player_value(call->player, fd_)),
					  .events = (short)player_value(call->player, events) };
	}
	const int value = call->table->poll(call->userdata, fds, (nfds_t)call_number(call, 1),
					    (int)call_number(call, 2));
	for (size_t i = 0; i < list->item_count && value >= 0; i++) {
		const struct expression *revents = expression_field(list->items[i], "revents");
		const long long wanted = revents == NULL ? 0 : player_value(call->player, revents);
		if (fds[i].revents != (short)wanted)
			call_fail(call, "revents of the descriptor at %zu is 0x%x, not 0x%llx", i,
				  (unsigned)fds[i].revents, wanted);
	}
	return value;
}

long long
call_epoll_create(const struct call *call)
{
	const int live = call->table->epoll_create(call->userdata, (int)call_number(call, 0));

	player_remember_fd(call, live);
	return live;
}

/* {events = EPOLLIN, fd = 4}: the data is the script's number. */
static struct epoll_event
epoll_event_of(const struct call *call, const struct expression *structure)
{
	const struct expression *events = expression_field(structure, "events");
	const struct expression *data = expression_field(structure, "fd");

	if (events == NULL || data == NULL)
		call_fail(call, "events and fd are expected");
	return (struct epoll_event){ .events = (uint32_t)player_value(call->player, events),
				     .data.fd = (int)player_value(call->player, data) };
}

long long
call_epoll_ctl(const struct call *call)
{
	const bool has_event =
		call->spec->argument_count > 3 && !expression_is_null(call_argument(call, 3));
	struct epoll_event event = { 0 };

	if (has_event)
		event = epoll_event_of(call, call_argument(call, 3));
	return call->table->epoll_ctl(call->userdata, call_fd(call, 0), (int)call_number(call, 1),
				      call_fd(call, 2), has_event ? &event : NULL);
}

long long
call_epoll_wait(const struct call *call)
{
	const struct expression *wanted = call_argument(call, 1);
	struct epoll_event events[EVENTS_MAX] = { 0 };
	const int value =
		call->table->epoll_wait(call->userdata, call_fd(call, 0), events,
					(int)call_number(call, 2), (int)call_number(call, 3));

	if (value <= 0 || expression_is_ellipsis(wanted))
		return value;
	for (size_t i = 0; i < (size_t)value; i++) {
		const struct expression *item =
			wanted->kind == EXPRESSION_LIST && i < wanted->item_count ? wanted->items[i]
										  : wanted;
		const struct epoll_event event = epoll_event_of(call, item);
		if (event.events != events[i].events || event.data.fd != events[i].data.fd)
			call_fail(call, "event %zu is 0x%x of descriptor %d", i, events[i].events,
				  events[i].data.fd);
	}
	return value;
}

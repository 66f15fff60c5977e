#include "stack/uv.h"

#include <assert.h>
#include <string.h>
#include <time.h>

uint64_t
stack_uv_now_us(struct stack_uv *shell)
{
	if (!shell->has_time) {
		shell->now_us = uv_hrtime() / 1000;
		shell->has_time = true;
	}
	return shell->now_us;
}

void
stack_uv_now_again(struct stack_uv *shell)
{
	shell->has_time = false;
}

/* ---- a turn ------------------------------------------------------------------------------------ */

static void
transmit(struct stack_uv *shell, const struct stack_action *action)
{
	const struct link_frame frame = link_frame_of(action);

	assert(action->ifindex == shell->ifindex);
	shell->link->ops->send(shell->link, &frame, shell->now_us);
}

/* Passes on what the core has to say; false when there may be more than a turn should do. */
static bool
drain(struct stack_uv *shell, unsigned *actions_left)
{
	struct stack_action action;

	for (; *actions_left > 0 && !shell->is_closing; (*actions_left)--) {
		if (!stack_next(shell->stack, &action))
			return true;
		if (action.kind != STACK_TRANSMIT) {
			shell->on_action(shell, &action, shell->now_us);
			continue;
		}
		transmit(shell, &action);
	}
	return false;
}

/* The last frames; what else there is to tell nobody hears any more. */
static void
send_rest(struct stack_uv *shell)
{
	struct stack_action action;

	for (unsigned left = STACK_UV_ACTIONS_A_TURN; left > 0 && stack_next(shell->stack, &action); left--)
		if (action.kind == STACK_TRANSMIT)
			transmit(shell, &action);
	shell->link->ops->flush(shell->link, shell->now_us);
}

/* What the core tells of one frame is passed on before the next, so that its queues stay short. */
static void
receive(struct stack_uv *shell, unsigned *actions_left)
{
	struct link_frame frames[LINK_BATCH_MAX];

	for (unsigned total = 0; total < STACK_UV_FRAMES_A_TURN; total += LINK_BATCH_MAX) {
		size_t count = shell->link->ops->receive(shell->link, frames, LINK_BATCH_MAX, shell->now_us);
		if (shell->on_frames != NULL)
			shell->on_frames(shell, frames, count);
		for (size_t i = 0; i < count && !shell->is_closing; i++) {
			const uint32_t more = i + 1 < count ? STACK_RX_MORE : 0;
			stack_receive(shell->stack, shell->ifindex, frames[i].bytes, frames[i].size,
			              frames[i].rx_flags | more | STACK_RX_LENT, shell->now_us);
			(void)drain(shell, actions_left);
			stack_settle(shell->stack);
		}
		if (count < LINK_BATCH_MAX)
			return;
	}
}

static void
sync_link(struct stack_uv *shell)
{
	const struct link_ops *ops = shell->link->ops;

	shell->is_sync_due = false;
	if (ops->sync != NULL && ops->sync(shell->link, shell->stack, shell->ifindex, shell->now_us) != 0)
		shell->sync_failures++;
}

static void
on_timer(uv_timer_t *timer)
{
	struct stack_uv *shell = timer->data;
	shell->armed_at_us = STACK_NEVER; /* it only ends the loop's sleep: the turn does the rest */
}

/* libuv counts whole milliseconds of the same clock; 0 is at once. */
static void
arm(struct stack_uv *shell, uint64_t at_us)
{
	if (at_us == shell->armed_at_us)
		return;
	shell->armed_at_us = at_us;
	if (at_us == STACK_NEVER) {
		(void)uv_timer_stop(&shell->timer);
		return;
	}
	uint64_t at_ms = at_us / 1000 + (at_us % 1000 != 0), now_ms = uv_now(shell->loop);
	(void)uv_timer_start(&shell->timer, on_timer, at_ms > now_ms ? at_ms - now_ms : 0, 0);
}

/*
 * An error of a socket (its device went down, its queue ran over) is taken off by reading.  libuv stops to watch a
 * descriptor that has one; it is watched again a little later, lest a device that is gone for good keep
 * the loop spinning.
 */
static void
note_status(struct stack_uv *shell, int status)
{
	if (status != 0)
		shell->watch_at_us = stack_uv_now_us(shell) + STACK_UV_WATCH_AGAIN_US;
}

static void
on_readable(uv_poll_t *poll, int status, int events)
{
	struct stack_uv *shell = poll->data;

	(void)events;
	shell->is_readable = true;
	note_status(shell, status);
}

static void
on_sync_readable(uv_poll_t *poll, int status, int events)
{
	struct stack_uv *shell = poll->data;

	(void)events;
	shell->is_sync_due = true;
	note_status(shell, status);
}

static void
watch_again(struct stack_uv *shell)
{
	shell->watch_at_us = STACK_NEVER;
	for (size_t i = 0; i < shell->poll_count; i++)
		(void)uv_poll_start(&shell->polls[i], UV_READABLE, on_readable);
	if (shell->sync_poll.data == shell)
		(void)uv_poll_start(&shell->sync_poll, UV_READABLE, on_sync_readable);
}

static uint64_t
next_deadline(const struct stack_uv *shell)
{
	uint64_t at_us = shell->watch_at_us, stack_at_us = stack_deadline(shell->stack);
	uint64_t link_at_us = shell->link->ops->deadline(shell->link);

	at_us = stack_at_us < at_us ? stack_at_us : at_us;
	return link_at_us < at_us ? link_at_us : at_us;
}

static void
rest(const struct stack_uv *shell)
{
	const uint32_t rest_us = shell->rest_us < STACK_UV_REST_US_MAX ? shell->rest_us : STACK_UV_REST_US_MAX;
	const struct timespec time = { .tv_nsec = (long)rest_us * 1000 };

	(void)nanosleep(&time, NULL); /* a signal cuts it short: that does no harm */
}

static void
on_turn(uv_prepare_t *prepare)
{
	struct stack_uv *shell = prepare->data;
	const struct link_ops *ops = shell->link->ops;
	unsigned actions_left = STACK_UV_ACTIONS_A_TURN;
	const uint64_t now_us = stack_uv_now_us(shell); /* at the beginning: whoever is told of something may ask again */
	bool is_link_due = ops->deadline(shell->link) <= now_us;

	if (shell->watch_at_us <= now_us)
		watch_again(shell);
	if (shell->is_sync_due || is_link_due)
		sync_link(shell);
	if (shell->is_readable || is_link_due)
		receive(shell, &actions_left);
	shell->is_readable = false;
	if (stack_deadline(shell->stack) <= shell->now_us)
		stack_timeout(shell->stack, shell->now_us);
	bool is_drained = drain(shell, &actions_left);
	if (shell->on_turn != NULL && !shell->is_closing) {
		shell->on_turn(shell, shell->now_us);
		is_drained = drain(shell, &actions_left);
	}
	ops->flush(shell->link, shell->now_us);
	shell->has_time = false;
	if (shell->is_closing)
		return;
	arm(shell, is_drained ? next_deadline(shell) : 0);
	if (is_drained && shell->rest_us != 0)
		rest(shell);
	shell->rest_us = 0;
}

/* ---- open and close ---------------------------------------------------------------------------- */

static void
on_handle_closed(uv_handle_t *handle)
{
	struct stack_uv *shell = handle->data;

	if (--shell->handles_open == 0 && shell->on_close != NULL)
		shell->on_close(shell);
}

static int
watch(struct stack_uv *shell, uv_poll_t *poll, int fd, uv_poll_cb on_event)
{
	if (uv_poll_init(shell->loop, poll, fd) != 0)
		return ERR_IO;
	poll->data = shell;
	shell->handles_open++;
	return uv_poll_start(poll, UV_READABLE, on_event) == 0 ? 0 : ERR_IO;
}

static int
watch_all(struct stack_uv *shell)
{
	const struct link *link = shell->link;
	int fds[LINK_FDS_MAX];
	size_t fd_count = link->ops->fds(link, fds);

	assert(fd_count <= LINK_FDS_MAX);
	while (shell->poll_count < fd_count) {
		size_t i = shell->poll_count;
		int err = watch(shell, &shell->polls[i], fds[i], on_readable);
		shell->poll_count += shell->polls[i].data != NULL;
		if (err != 0)
			return err;
	}
	int sync_fd = link->ops->sync_fd == NULL ? -1 : link->ops->sync_fd(link);
	return sync_fd == -1 ? 0 : watch(shell, &shell->sync_poll, sync_fd, on_sync_readable);
}

static int
add_interface(struct stack_uv *shell)
{
	struct stack_if_config config;

	shell->link->ops->describe(shell->link, &config);
	config.flags |= shell->if_flags;
	if (shell->if_mtu != 0 && shell->if_mtu < config.mtu)
		config.mtu = shell->if_mtu;
	memcpy(config.secret, shell->if_secret, sizeof config.secret);
	int err = stack_if_add(shell->stack, &config, &shell->ifindex);
	if (err != 0)
		return err;
	err = stack_if_set_up(shell->stack, shell->ifindex, true, stack_uv_now_us(shell));
	if (err == 0 && shell->link->ops->sync != NULL)
		err = shell->link->ops->sync(shell->link, shell->stack, shell->ifindex, shell->now_us);
	return err;
}

int
stack_uv_open(struct stack_uv *shell, uv_loop_t *loop, struct stack *stack, struct link *link,
              stack_uv_action_cb on_action, stack_uv_turn_cb on_turn_done)
{
	uint8_t secret[STACK_SECRET_BYTES];

	memcpy(secret, shell->if_secret, sizeof secret);
	*shell = (struct stack_uv){
		.data = shell->data,
		.if_flags = shell->if_flags,
		.if_mtu = shell->if_mtu,
		.on_frames = shell->on_frames,
		.loop = loop,
		.stack = stack,
		.link = link,
		.on_action = on_action,
		.on_turn = on_turn_done,
		.armed_at_us = STACK_NEVER,
		.watch_at_us = STACK_NEVER,
	};
	memcpy(shell->if_secret, secret, sizeof secret);
	int err = add_interface(shell);
	if (err != 0)
		return err;
	err = watch_all(shell);
	if (err != 0) {
		stack_uv_close(shell, NULL);
		return err;
	}
	(void)uv_timer_init(loop, &shell->timer);
	(void)uv_prepare_init(loop, &shell->prepare);
	shell->timer.data = shell->prepare.data = shell;
	shell->handles_open += 2; /* neither of the two can fail */
	(void)uv_prepare_start(&shell->prepare, on_turn);
	shell->has_time = false;
	return 0;
}

static void
close_handle(struct stack_uv *shell, uv_handle_t *handle)
{
	if (handle->data == shell && !uv_is_closing(handle))
		uv_close(handle, on_handle_closed);
}

void
stack_uv_close(struct stack_uv *shell, void (*on_close)(struct stack_uv *shell))
{
	if (!shell->is_closing)
		send_rest(shell);
	shell->is_closing = true;
	shell->on_close = on_close;
	for (size_t i = 0; i < shell->poll_count; i++)
		close_handle(shell, (uv_handle_t *)&shell->polls[i]);
	close_handle(shell, (uv_handle_t *)&shell->sync_poll);
	close_handle(shell, (uv_handle_t *)&shell->timer);
	close_handle(shell, (uv_handle_t *)&shell->prepare);
}

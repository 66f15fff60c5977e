#include "fetch/path.h"

void
path_init(struct path *path, uint64_t now_us)
{
	*path = (struct path){ .end_us = now_us + PATH_TIME_US };
}

static unsigned
last_to_probe(const struct path *path)
{
	return path->target != 0 ? path->target : PATH_HOPS_MAX;
}

static unsigned
last_heard(const struct path *path)
{
	unsigned last = 0;
	for (unsigned hop = 1; hop <= path->sent; hop++)
		if (path->hops[hop].state == PATH_HEARD)
			last = hop;
	return last;
}

static unsigned
waiting_count(const struct path *path)
{
	unsigned count = 0;
	for (unsigned hop = 1; hop <= path->sent && hop <= last_to_probe(path); hop++)
		count += path->hops[hop].state == PATH_WAITING;
	return count;
}

/* So many silent hops at the far end that nothing is expected behind them. */
static bool
is_given_up(const struct path *path)
{
	return path->target == 0 && path->sent >= last_heard(path) + PATH_SILENT_MAX;
}

unsigned
path_next(struct path *path, uint64_t now_us)
{
	if (path->sent >= last_to_probe(path) || waiting_count(path) >= PATH_AT_ONCE || is_given_up(path) || now_us >= path->end_us)
		return 0;
	path->hops[++path->sent] = (struct path_hop){ .state = PATH_WAITING, .sent_us = now_us };
	return path->sent;
}

void
path_heard(struct path *path, unsigned hop, const struct ip_addr *router, bool is_target, uint64_t now_us)
{
	if (hop == 0 || hop > path->sent || path->hops[hop].state != PATH_WAITING)
		return;
	path->hops[hop].state = PATH_HEARD;
	path->hops[hop].router = *router;
	path->hops[hop].rtt_us = now_us - path->hops[hop].sent_us;
	if (is_target && (path->target == 0 || hop < path->target))
		path->target = hop;
}

void
path_timeout(struct path *path, uint64_t now_us)
{
	path->is_late = now_us >= path->end_us;
	for (unsigned hop = 1; hop <= path->sent; hop++)
		if (path->hops[hop].state == PATH_WAITING &&
		    (now_us >= path->hops[hop].sent_us + PATH_WAIT_US || path->is_late))
			path->hops[hop].state = PATH_SILENT;
}

bool
path_is_over(const struct path *path)
{
	if (waiting_count(path) != 0)
		return false;
	return path->is_late || path->sent >= last_to_probe(path) || is_given_up(path);
}

uint64_t
path_deadline(const struct path *path)
{
	uint64_t at_us = path->end_us;
	if (path_is_over(path))
		return PATH_NEVER;
	for (unsigned hop = 1; hop <= path->sent; hop++)
		if (path->hops[hop].state == PATH_WAITING && path->hops[hop].sent_us + PATH_WAIT_US < at_us)
			at_us = path->hops[hop].sent_us + PATH_WAIT_US;
	return at_us;
}

unsigned
path_length(const struct path *path)
{
	unsigned last = last_heard(path);
	if (path->target != 0)
		return path->target;
	return last < path->sent ? last + 1 : last;
}

#include "stack/link/wrapper.h"

static struct link *
inside_of(const struct link *link)
{
	return ((const struct wrapper *)link)->inside;
}

void
wrapper_describe(const struct link *link, struct stack_if_config *config)
{
	const struct link *inside = inside_of(link);
	inside->ops->describe(inside, config);
}

size_t
wrapper_fds(const struct link *link, int fds[LINK_FDS_MAX])
{
	const struct link *inside = inside_of(link);
	return inside->ops->fds(inside, fds);
}

int
wrapper_sync(struct link *link, struct stack *stack, unsigned ifindex, uint64_t now_us)
{
	struct link *inside = inside_of(link);
	return inside->ops->sync == NULL ? 0 : inside->ops->sync(inside, stack, ifindex, now_us);
}

int
wrapper_sync_fd(const struct link *link)
{
	const struct link *inside = inside_of(link);
	return inside->ops->sync_fd == NULL ? -1 : inside->ops->sync_fd(inside);
}

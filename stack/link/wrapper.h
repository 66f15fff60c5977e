/*
 * wrapper.h - what links that wrap another have in common (this folder's own).
 *
 * A wrapper embeds struct wrapper as its first member and puts these into its table where it has
 * nothing to add.  The statistics of the link inside shine through: wrapper_stats after each use.
 */
#ifndef CAIRN_STACK_LINK_WRAPPER_H
#define CAIRN_STACK_LINK_WRAPPER_H

#include "stack/link/link.h"

struct wrapper {
	struct link link;
	struct link *inside;
};

void wrapper_describe(const struct link *link, struct stack_if_config *config);
size_t wrapper_fds(const struct link *link, int fds[LINK_FDS_MAX]);
int wrapper_sync(struct link *link, struct stack *stack, unsigned ifindex, uint64_t now_us);
int wrapper_sync_fd(const struct link *link);

static inline void
wrapper_stats(struct wrapper *wrapper)
{
	wrapper->link.stats = wrapper->inside->stats;
}

static inline uint64_t
wrapper_deadline(const struct wrapper *wrapper, uint64_t own_us)
{
	uint64_t inside_us = wrapper->inside->ops->deadline(wrapper->inside);
	return inside_us < own_us ? inside_us : own_us;
}

#endif

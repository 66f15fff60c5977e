/*
 * view.h - local zones of some clients' own (unbound's view and access-control-view).
 *
 * Filled when the configuration is read, then read by all workers without a lock.
 *
 * Ownership: everything lies in the arena given to views_new; the local zones are the caller's.
 * Errors:    ERR_NO_MEMORY (arena), ERR_EXISTS (a name twice), ERR_FULL, ERR_NOT_FOUND (no such view), and those of
 *            prefixes_put.
 * Bounds:    VIEWS_MAX views.
 */
#ifndef CAIRN_RESOLVER_POLICY_VIEW_H
#define CAIRN_RESOLVER_POLICY_VIEW_H

#include "resolver/policy/local.h"
#include "resolver/policy/prefixes.h"

#define VIEWS_MAX 256u

struct view {
	const char *name;
	const struct local *local;
	bool is_first; /* view-first: what it does not answer is looked for in everybody's local zones */
};

struct views {
	struct arena *arena;
	unsigned count;
	struct view views[VIEWS_MAX];
	struct prefixes clients;
};

struct views *views_new(struct arena *arena);
int views_add(struct views *views, const char *name, const struct local *local, bool is_first);
int views_add_clients(struct views *views, const struct ip_addr *prefix, unsigned prefix_len, const char *name);

/* Of the longest prefix; NULL: none.  `views` may be NULL. */
const struct view *views_of_client(const struct views *views, const struct ip_addr *client);

/* As local_answer, from the client's view (NULL: none) and from everybody's local zones. */
int view_answer(const struct view *view, const struct local *local, const struct question *question,
                const struct local_client *client, struct arena *arena, struct local_match *match, struct answer *answer);

#endif

#include "resolver/policy/view.h"

#include <string.h>

#include "stack/base/arena.h"
#include "stack/base/err.h"

struct views *
views_new(struct arena *arena)
{
	struct views *views = arena_zalloc(arena, 1, sizeof *views);
	if (views == NULL)
		return NULL;
	views->arena = arena;
	prefixes_init(&views->clients, arena);
	return views;
}

static const struct view *
find(const struct views *views, const char *name)
{
	for (unsigned i = 0; i < views->count; i++)
		if (strcmp(views->views[i].name, name) == 0)
			return &views->views[i];
	return NULL;
}

int
views_add(struct views *views, const char *name, const struct local *local, bool is_first)
{
	if (find(views, name) != NULL)
		return ERR_EXISTS;
	if (views->count == VIEWS_MAX)
		return ERR_FULL;
	const char *copy = arena_copy(views->arena, name, strlen(name) + 1);
	if (copy == NULL)
		return ERR_NO_MEMORY;
	views->views[views->count++] = (struct view){ copy, local, is_first };
	return 0;
}

int
views_add_clients(struct views *views, const struct ip_addr *prefix, unsigned prefix_len,
		  const char *name)
{
	const struct view *view = find(views, name);
	return view != NULL ? prefixes_put(&views->clients, prefix, prefix_len, view)
			    : ERR_NOT_FOUND;
}

const struct view *
views_of_client(const struct views *views, const struct ip_addr *client)
{
	return views != NULL ? prefixes_find(&views->clients, client) : NULL;
}

/* The view has said nothing, or that it is not for the view to say (type noview). */
static bool
leaves_it(const struct view *view, const struct local_match *match)
{
	const bool is_noview = match->zone != NULL && match->type == LOCAL_NOVIEW;
	return match->verdict == LOCAL_IS_NOT &&
	       (is_noview || (view->is_first && match->zone == NULL));
}

int
view_answer(const struct view *view, const struct local *local, const struct question *question,
	    const struct local_client *client, struct arena *arena, struct local_match *match,
	    struct answer *answer)
{
	if (view == NULL)
		return local_answer(local, question, client, arena, match, answer);
	const int err = local_answer(view->local, question, client, arena, match, answer);
	if (err != 0 || !leaves_it(view, match))
		return err;
	return local_answer(local, question, client, arena, match, answer);
}

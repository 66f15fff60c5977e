#include "resolver/policy/acl.h"

#include <assert.h>
#include <strings.h>

#include "resolver/policy/prefixes.h"
#include "stack/base/arena.h"
#include "stack/base/err.h"

struct acl {
	struct prefixes actions;
};

/* What a prefix has for a value. */
static const uint8_t actions[] = {
	ACL_DENY, ACL_REFUSE, ACL_ALLOW, ACL_ALLOW_SETRD, ACL_ALLOW_SNOOP, ACL_DENY_NON_LOCAL, ACL_REFUSE_NON_LOCAL,
	ACL_ALLOW_COOKIE,
};
static_assert(ACL_DENY == 0 && ACL_ALLOW_COOKIE == sizeof actions - 1, "an action is its own index");

struct acl *
acl_new(struct arena *arena)
{
	struct acl *acl = arena_zalloc(arena, 1, sizeof *acl);
	if (acl != NULL)
		prefixes_init(&acl->actions, arena);
	return acl;
}

int
acl_add(struct acl *acl, const struct ip_addr *prefix, unsigned prefix_len, enum acl_action action)
{
	return prefixes_put(&acl->actions, prefix, prefix_len, &actions[action]);
}

int
acl_add_defaults(struct acl *acl)
{
	static const struct {
		struct ip_addr prefix;
		unsigned prefix_len;
	} defaults[] = {
		{ { .family = ADDR_IPV4, .octets = { 127 } }, 8 },
		{ { .family = ADDR_IPV6, .octets = { [15] = 1 } }, 128 },
	};
	int err = 0;
	for (unsigned i = 0; i < sizeof defaults / sizeof defaults[0] && err == 0; i++)
		if (prefixes_get(&acl->actions, &defaults[i].prefix, defaults[i].prefix_len) == NULL)
			err = acl_add(acl, &defaults[i].prefix, defaults[i].prefix_len, ACL_ALLOW);
	return err;
}

enum acl_action
acl_find(const struct acl *acl, const struct ip_addr *client)
{
	const uint8_t *action = prefixes_find(&acl->actions, client);
	return action != NULL ? (enum acl_action)*action : ACL_REFUSE;
}

enum acl_verdict
acl_judge(enum acl_action action, bool recursion_desired)
{
	switch (action) {
	case ACL_DENY: return ACL_MAY_NOTHING;
	case ACL_REFUSE: return ACL_MAY_BE_REFUSED;
	case ACL_ALLOW:
	case ACL_ALLOW_COOKIE: return recursion_desired ? ACL_MAY_RECURSE : ACL_MAY_LOCAL;
	case ACL_ALLOW_SETRD: return ACL_MAY_RECURSE;
	case ACL_ALLOW_SNOOP: return recursion_desired ? ACL_MAY_RECURSE : ACL_MAY_CACHE;
	case ACL_DENY_NON_LOCAL: return ACL_MAY_LOCAL_OR_DROP;
	case ACL_REFUSE_NON_LOCAL: return ACL_MAY_LOCAL;
	}
	return ACL_MAY_BE_REFUSED;
}

static const char *const action_names[] = {
	[ACL_DENY] = "deny",
	[ACL_REFUSE] = "refuse",
	[ACL_ALLOW] = "allow",
	[ACL_ALLOW_SETRD] = "allow_setrd",
	[ACL_ALLOW_SNOOP] = "allow_snoop",
	[ACL_DENY_NON_LOCAL] = "deny_non_local",
	[ACL_REFUSE_NON_LOCAL] = "refuse_non_local",
	[ACL_ALLOW_COOKIE] = "allow_cookie",
};

int
acl_action_from_text(const char *text, enum acl_action *action)
{
	for (unsigned i = 0; i < sizeof action_names / sizeof action_names[0]; i++) {
		if (strcasecmp(text, action_names[i]) == 0) {
			*action = (enum acl_action)i;
			return 0;
		}
	}
	return ERR_MALFORMED;
}

const char *
acl_action_to_text(enum acl_action action)
{
	return action_names[action];
}

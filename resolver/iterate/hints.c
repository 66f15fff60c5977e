#include "resolver/iterate/hints.h"

void
hints_init(struct hints *hints)
{
	hints->ns_count = 0;
}

static struct delegation_ns *
server_named(struct hints *hints, const struct name *name)
{
	for (unsigned i = 0; i < hints->ns_count; i++) {
		if (name_equal(&hints->names[i], name))
			return &hints->ns[i];
	}
	if (hints->ns_count == DELEGATION_NS_MAX)
		return NULL;
	unsigned at = hints->ns_count++;
	name_copy(&hints->names[at], name);
	hints->ns[at] = (struct delegation_ns){ .name = &hints->names[at] };
	return &hints->ns[at];
}

int
hints_add(struct hints *hints, const struct name *server, const struct ip_addr *addr)
{
	struct delegation_ns *ns = server_named(hints, server);
	if (ns == NULL)
		return ERR_FULL;
	for (unsigned i = 0; i < ns->addr_count; i++) {
		if (addr_equal(&ns->addrs[i], addr))
			return 0;
	}
	if (ns->addr_count == DELEGATION_ADDRS_MAX)
		return ERR_FULL;
	ns->addrs[ns->addr_count++] = *addr;
	return 0;
}

void
hints_delegation(struct hints *hints, struct delegation *delegation)
{
	*delegation = (struct delegation){
		.zone = &name_root,
		.ttl_s = UINT32_MAX,
		.ns_count = hints->ns_count,
		.ns = hints->ns,
	};
}

bool
hints_complete(const struct hints *hints, struct delegation *delegation)
{
	bool has_addr = false;
	for (unsigned i = 0; i < delegation->ns_count; i++) {
		struct delegation_ns *ns = &delegation->ns[i];
		for (unsigned j = 0; j < hints->ns_count && ns->addr_count == 0; j++) {
			if (!name_equal(ns->name, &hints->names[j]))
				continue;
			memcpy(ns->addrs, hints->ns[j].addrs, sizeof ns->addrs);
			ns->addr_count = hints->ns[j].addr_count;
		}
		has_addr |= ns->addr_count > 0;
	}
	return has_addr;
}

/* rpz_priv.h - how a rule's owner says what triggers it (internal to resolver/policy). */
#ifndef CAIRN_RESOLVER_POLICY_RPZ_PRIV_H
#define CAIRN_RESOLVER_POLICY_RPZ_PRIV_H

#include "resolver/policy/rpz.h"

struct rpz_owner {
	enum rpz_trigger trigger;
	struct name name;      /* QNAME, NSDNAME: without the label of the trigger */
	struct ip_addr prefix; /* the others */
	unsigned prefix_len;
};

/* `relative` has the zone's name taken off, with a root put behind it.  ERR_MALFORMED: an address that is none. */
int rpz__owner_read(struct rpz_owner *owner, const struct name *relative);

#endif

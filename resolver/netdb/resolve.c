/* The addresses of a name, in the order to be tried. */
#include <netinet/in.h>
#include <string.h>

#include "resolver/netdb/netdb_priv.h"
#include "stack/destination.h"
#include "stack/stack.h"

/* Half of the room is each family's: who cannot reach the one needs the other. */
void
netdb__add_addr(struct netdb_host *host, const struct ip_addr *addr)
{
	unsigned of_family = 0;

	for (unsigned i = 0; i < host->addr_count; i++)
		of_family += host->addrs[i].family == addr->family;
	if (of_family < NETDB_ADDRS_MAX / 2)
		host->addrs[host->addr_count++] = *addr;
}

bool
netdb__wants(int family, enum addr_family of)
{
	return family == AF_UNSPEC || family == (of == ADDR_IPV4 ? AF_INET : AF_INET6);
}

void
netdb__add_loopback(struct netdb_host *host, int family)
{
	static const uint8_t one4[4] = { 127, 0, 0, 1 }, one6[16] = { [15] = 1 };
	const struct ip_addr addr4 = addr_ipv4(one4), addr6 = addr_ipv6(one6);

	if (netdb__wants(family, ADDR_IPV6))
		netdb__add_addr(host, &addr6);
	if (netdb__wants(family, ADDR_IPV4))
		netdb__add_addr(host, &addr4);
}

static int
add_records(struct cairn_netdb *netdb, const struct name *qname, uint16_t type, struct netdb_host *host)
{
	const struct rrset *set;
	struct rdata_walk walk;
	const int err = netdb__ask(netdb, qname, type, &set);

	if (err != 0 || set == NULL)
		return err;
	netdb__name_to_text(set->owner, host->canonical);
	unsigned left = set->rr_count;
	for (rdata_first(set, &walk); left > 0 && rdata_next(&walk); left--) {
		const struct ip_addr addr = type == TYPE_A && walk.size == 4 ? addr_ipv4(walk.bytes)
					    : walk.size == 16		     ? addr_ipv6(walk.bytes)
									     : (struct ip_addr){ 0 };
		if (addr.family != ADDR_NONE)
			netdb__add_addr(host, &addr);
	}
	return 0;
}

/* RFC 6724: what can be reached, and is nearest, first. */
static void
sort(struct cairn_netdb *netdb, struct netdb_host *host)
{
	struct destination destinations[NETDB_ADDRS_MAX];

	for (unsigned i = 0; i < host->addr_count; i++) {
		destinations[i] = (struct destination){ .addr = host->addrs[i] };
		(void)stack_source_for(netdb->cairn->stack, &host->addrs[i], &destinations[i].source);
	}
	destination_sort(destinations, host->addr_count);
	for (unsigned i = 0; i < host->addr_count; i++)
		host->addrs[i] = destinations[i].addr;
}

void
netdb__name_to_text(const struct name *name, char text[NAME_TEXT_BYTES])
{
	(void)name_to_text(name, text, NAME_TEXT_BYTES);
	const size_t size = strlen(text);
	if (size > 1)
		text[size - 1] = '\0'; /* the dot of the root */
}

/* Neither nothing nor "@", which master files have for their origin. */
static bool
read_name(const char *node, struct name *name)
{
	return node[0] != '\0' && strcmp(node, "@") != 0 && strlen(node) < NAME_TEXT_BYTES &&
	       name_from_text(name, node, &name_root) == 0;
}

/* With all below it (RFC 6761, section 6.3). */
static bool
is_localhost(const struct name *name)
{
	static const uint8_t wire[] = { 9, 'l', 'o', 'c', 'a', 'l', 'h', 'o', 's', 't', 0 };
	struct name localhost = { .size = sizeof wire };

	memcpy(localhost.wire, wire, sizeof wire);
	return name_is_under(name, &localhost);
}

bool
netdb__is_localhost(const char *node)
{
	struct name name;

	return read_name(node, &name) && is_localhost(&name);
}

static int
add_all_records(struct cairn_netdb *netdb, const struct name *qname, int family, struct netdb_host *host)
{
	int err = 0;

	if (netdb__wants(family, ADDR_IPV6))
		err = add_records(netdb, qname, TYPE_AAAA, host);
	/* That one question has failed is no reason not to ask the other; that the name is not there is. */
	if (netdb__wants(family, ADDR_IPV4) && err != EAI_NONAME) {
		const int err4 = add_records(netdb, qname, TYPE_A, host);
		err = err4 != 0 || family == AF_INET ? err4 : err;
	}
	sort(netdb, host);
	return err;
}

int
netdb__resolve(struct cairn_netdb *netdb, const char *node, int family, struct netdb_host *host)
{
	struct name qname;
	int err = 0;

	*host = (struct netdb_host){ .addr_count = 0 };
	if (!read_name(node, &qname))
		return EAI_NONAME;
	netdb__name_to_text(&qname, host->canonical);
	if (is_localhost(&qname))
		netdb__add_loopback(host, family);
	else
		err = add_all_records(netdb, &qname, family, host);
	host->is_there = err == 0;
	if (host->addr_count > 0)
		return 0;
	return err != 0 ? err : EAI_NONAME; /* it is there, and has no address */
}

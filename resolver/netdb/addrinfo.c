/* getaddrinfo (RFC 3493, section 6.1). */
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "resolver/netdb/netdb_priv.h"
#include "stack/stack.h"
#include "stack/tables.h"

#define KNOWN_FLAGS (AI_PASSIVE | AI_CANONNAME | AI_NUMERICHOST | AI_NUMERICSERV | AI_V4MAPPED | AI_ALL | AI_ADDRCONFIG)

struct kind {
	int type, protocol;
	const char *name;
};
static const struct kind kinds[] = { { SOCK_STREAM, IPPROTO_TCP, "tcp" }, { SOCK_DGRAM, IPPROTO_UDP, "udp" } };
#define KIND_COUNT (sizeof kinds / sizeof kinds[0])

struct wanted {
	struct addrinfo hints;
	bool has_kind[KIND_COUNT]; /* wanted, and the service is there for it */
	uint16_t ports[KIND_COUNT];
	const char *canonical; /* of the first; NULL: none */
	struct addrinfo *first, **tail;
};

static bool
is_kind(const struct addrinfo *hints, const struct kind *kind)
{
	return (hints->ai_socktype == 0 || hints->ai_socktype == kind->type) &&
	       (hints->ai_protocol == 0 || hints->ai_protocol == kind->protocol);
}

static int
find_kinds(struct wanted *wanted, const char *service)
{
	bool has_any = false;

	if (service != NULL && (wanted->hints.ai_flags & AI_NUMERICSERV) != 0 && !netdb__service_is_number(service))
		return EAI_NONAME;
	for (unsigned i = 0; i < KIND_COUNT; i++) {
		wanted->has_kind[i] =
			is_kind(&wanted->hints, &kinds[i]) &&
			(service == NULL || netdb__service_read(service, kinds[i].name, &wanted->ports[i]));
		has_any = has_any || wanted->has_kind[i];
	}
	return has_any ? 0 : EAI_SERVICE;
}

static int
add_info(struct wanted *wanted, const struct ip_addr *addr, uint32_t scope_id, unsigned kind)
{
	struct whole {
		struct addrinfo info;
		struct sockaddr_storage addr;
		char canonical[];
	};
	const char *canonical = wanted->first == NULL && wanted->canonical != NULL ? wanted->canonical : "";
	struct whole *whole = calloc(1, sizeof *whole + strlen(canonical) + 1);

	if (whole == NULL)
		return EAI_MEMORY;
	whole->info = (struct addrinfo){
		.ai_family = addr->family == ADDR_IPV4 ? AF_INET : AF_INET6,
		.ai_socktype = kinds[kind].type,
		.ai_protocol = kinds[kind].protocol,
		.ai_addr = (struct sockaddr *)&whole->addr,
		.ai_addrlen = netdb__sockaddr(&whole->addr, addr, scope_id, wanted->ports[kind]),
	};
	strcpy(whole->canonical, canonical);
	if (canonical[0] != '\0')
		whole->info.ai_canonname = whole->canonical;
	*wanted->tail = &whole->info;
	wanted->tail = &whole->info.ai_next;
	return 0;
}

static int
add_host(struct wanted *wanted, const struct netdb_host *host)
{
	int err = 0;

	for (unsigned i = 0; i < host->addr_count && err == 0; i++)
		for (unsigned kind = 0; kind < KIND_COUNT && err == 0; kind++)
			if (wanted->has_kind[kind])
				err = add_info(wanted, &host->addrs[i], host->scope_id, kind);
	return err;
}

/* RFC 3493, section 6.1: what no name is given for. */
static void
any_host(const struct addrinfo *hints, struct netdb_host *host)
{
	static const uint8_t zero[16];
	const struct ip_addr addr4 = addr_ipv4(zero), addr6 = addr_ipv6(zero);

	if ((hints->ai_flags & AI_PASSIVE) == 0) {
		netdb__add_loopback(host, hints->ai_family);
		return;
	}
	if (netdb__wants(hints->ai_family, ADDR_IPV6))
		netdb__add_addr(host, &addr6);
	if (netdb__wants(hints->ai_family, ADDR_IPV4))
		netdb__add_addr(host, &addr4);
}

static bool
has_addr_of(const struct stack *stack, enum addr_family family)
{
	struct stack_addr_entry entry;

	for (uint32_t place = 0; stack_addr_next(stack, &place, &entry);)
		if (entry.addr.addr.family == family && !addr_is_loopback(&entry.addr.addr))
			return true;
	return false;
}

/* AI_ADDRCONFIG: addresses of a family that this host has none of are of no use to it; localhost is always (RFC 6761). */
static bool
has_use_for(const struct cairn_netdb *netdb, const char *node, const struct addrinfo *hints, enum addr_family family)
{
	return (hints->ai_flags & AI_ADDRCONFIG) == 0 || has_addr_of(netdb->cairn->stack, family) || netdb__is_localhost(node);
}

/* AI_V4MAPPED: for who wants IPv6 addresses only. */
static bool
may_map(const struct addrinfo *hints)
{
	return (hints->ai_flags & AI_V4MAPPED) != 0 && hints->ai_family == AF_INET6;
}

static struct ip_addr
mapped(const struct ip_addr *addr)
{
	uint8_t octets[16] = { [10] = 0xff, [11] = 0xff };

	memcpy(octets + 12, addr->octets, 4);
	return addr_ipv6(octets);
}

static int
literal_host(const char *node, struct ip_addr addr, const struct addrinfo *hints, struct netdb_host *host)
{
	if (addr.family == ADDR_IPV4 && may_map(hints))
		addr = mapped(&addr);
	else if (addr_is_ipv4_mapped(&addr) && hints->ai_family == AF_INET)
		addr = addr_ipv4(addr.octets + 12);
	if (!netdb__wants(hints->ai_family, (enum addr_family)addr.family))
		return EAI_NONAME;
	(void)strncpy(host->canonical, node, sizeof host->canonical - 1);
	netdb__add_addr(host, &addr);
	return 0;
}

static int
family_of(bool with4, bool with6)
{
	return with4 && with6 ? AF_UNSPEC : with4 ? AF_INET : AF_INET6;
}

static int
named_host(struct cairn_netdb *netdb, const char *node, const struct addrinfo *hints, struct netdb_host *host)
{
	const bool maps = may_map(hints);
	const bool ask4 = (netdb__wants(hints->ai_family, ADDR_IPV4) || maps) && has_use_for(netdb, node, hints, ADDR_IPV4);
	bool ask6 = netdb__wants(hints->ai_family, ADDR_IPV6) && has_use_for(netdb, node, hints, ADDR_IPV6);
	int err;

	if (!ask4 && !ask6)
		return EAI_NONAME;
	if (maps && ask6 && (hints->ai_flags & AI_ALL) == 0) { /* IPv4 only where there is no IPv6 */
		err = netdb__resolve(netdb, node, AF_INET6, host);
		if (err != EAI_NONAME || !host->is_there || !ask4)
			return err;
		ask6 = false;
	}
	err = netdb__resolve(netdb, node, family_of(ask4, ask6), host);
	for (unsigned i = 0; maps && i < host->addr_count; i++)
		if (host->addrs[i].family == ADDR_IPV4)
			host->addrs[i] = mapped(&host->addrs[i]);
	return err;
}

static int
find_host(struct cairn_netdb *netdb, const char *node, const struct addrinfo *hints, struct netdb_host *host)
{
	struct ip_addr addr;

	if (node == NULL) {
		any_host(hints, host);
		return 0;
	}
	if (netdb__literal_read(netdb->cairn->stack, node, &addr, &host->scope_id))
		return literal_host(node, addr, hints, host);
	/* An address on a link that is not there is no name. */
	if ((hints->ai_flags & AI_NUMERICHOST) != 0 || strchr(node, '%') != NULL)
		return EAI_NONAME;
	return named_host(netdb, node, hints, host);
}

static int
check(const char *node, const char *service, const struct addrinfo *hints)
{
	if (node == NULL && service == NULL)
		return EAI_NONAME;
	if ((hints->ai_flags & ~KNOWN_FLAGS) != 0 || ((hints->ai_flags & AI_CANONNAME) != 0 && node == NULL))
		return EAI_BADFLAGS;
	if (hints->ai_family != AF_UNSPEC && hints->ai_family != AF_INET && hints->ai_family != AF_INET6)
		return EAI_FAMILY;
	return is_kind(hints, &kinds[0]) || is_kind(hints, &kinds[1]) ? 0 : EAI_SOCKTYPE;
}

int
cairn_getaddrinfo(struct cairn_netdb *netdb, const char *node, const char *service, const struct addrinfo *hints,
		  struct addrinfo **result)
{
	struct netdb_host host = { .addr_count = 0 };
	struct wanted wanted = { .tail = &wanted.first };

	if (hints != NULL)
		wanted.hints = *hints;
	int err = check(node, service, &wanted.hints);
	if (err == 0)
		err = find_kinds(&wanted, service);
	if (err == 0)
		err = find_host(netdb, node, &wanted.hints, &host);
	if (err != 0)
		return err;
	wanted.canonical = (wanted.hints.ai_flags & AI_CANONNAME) != 0 ? host.canonical : NULL;
	err = add_host(&wanted, &host);
	if (err != 0)
		cairn_freeaddrinfo(wanted.first);
	else
		*result = wanted.first;
	return err;
}

void
cairn_freeaddrinfo(struct addrinfo *result)
{
	while (result != NULL) {
		struct addrinfo *next = result->ai_next;
		free(result);
		result = next;
	}
}

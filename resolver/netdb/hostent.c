/* gethostbyname and gethostbyaddr: what programs had before RFC 3493. */
#include <netinet/in.h>
#include <string.h>

#include "resolver/netdb/netdb_priv.h"

static int
h_errno_of(int eai, const struct netdb_host *host)
{
	switch (eai) {
	case EAI_NONAME: return host != NULL && host->is_there ? NO_DATA : HOST_NOT_FOUND;
	case EAI_AGAIN:  return TRY_AGAIN;
	default:         return NO_RECOVERY;
	}
}

/* From netdb->host, whose addresses are all of the family. */
static struct hostent *
hostent_of(struct cairn_netdb *netdb, int family)
{
	for (unsigned i = 0; i < netdb->host.addr_count; i++) {
		memcpy(&netdb->octets[i], netdb->host.addrs[i].octets, sizeof netdb->octets[i]);
		netdb->addr_list[i] = (char *)&netdb->octets[i];
	}
	netdb->addr_list[netdb->host.addr_count] = NULL;
	netdb->aliases[0] = NULL;
	netdb->hostent = (struct hostent){
		.h_name = netdb->host.canonical,
		.h_aliases = netdb->aliases,
		.h_addrtype = family,
		.h_length = family == AF_INET ? 4 : 16,
		.h_addr_list = netdb->addr_list,
	};
	return &netdb->hostent;
}

struct hostent *
cairn_gethostbyname2(struct cairn_netdb *netdb, const char *name, int family, int *error)
{
	struct ip_addr addr;
	uint32_t scope_id; /* there is no room for it in a hostent */
	int err = EAI_NONAME;

	if (family != AF_INET && family != AF_INET6) {
		*error = NO_RECOVERY;
		return NULL;
	}
	if (strlen(name) < sizeof netdb->host.canonical &&
	    netdb__literal_read(netdb->cairn->stack, name, &addr, &scope_id)) {
		netdb->host = (struct netdb_host){ .addrs = { addr }, .addr_count = 1 };
		strcpy(netdb->host.canonical, name);
		err = addr.family == (family == AF_INET ? ADDR_IPV4 : ADDR_IPV6) ? 0 : EAI_NONAME;
	} else {
		err = netdb__resolve(netdb, name, family, &netdb->host);
	}
	if (err == 0)
		return hostent_of(netdb, family);
	*error = h_errno_of(err, &netdb->host);
	return NULL;
}

struct hostent *
cairn_gethostbyname(struct cairn_netdb *netdb, const char *name, int *error)
{
	return cairn_gethostbyname2(netdb, name, AF_INET, error);
}

struct hostent *
cairn_gethostbyaddr(struct cairn_netdb *netdb, const void *address, socklen_t size, int family, int *error)
{
	if (!(family == AF_INET && size == 4) && !(family == AF_INET6 && size == 16)) {
		*error = NO_RECOVERY;
		return NULL;
	}
	const struct ip_addr addr = family == AF_INET ? addr_ipv4(address) : addr_ipv6(address);
	char name[NAME_TEXT_BYTES];
	const int err = netdb__name_of(netdb, &addr, name);
	if (err != 0) {
		*error = h_errno_of(err, NULL);
		return NULL;
	}
	netdb->host = (struct netdb_host){ .addrs = { addr }, .addr_count = 1 };
	strcpy(netdb->host.canonical, name);
	return hostent_of(netdb, family);
}

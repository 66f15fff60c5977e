/* getnameinfo (RFC 3493, section 6.2), and names of addresses. */
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "resolver/netdb/netdb_priv.h"
#include "resolver/wire/rdata.h"

#define KNOWN_FLAGS (NI_NUMERICHOST | NI_NUMERICSERV | NI_NOFQDN | NI_NAMEREQD | NI_DGRAM)

/* RFC 1035, section 3.5; RFC 3596, section 2.5. */
static void
reverse(const struct ip_addr *addr, struct name *name)
{
	char text[80];
	size_t used = 0;

	if (addr->family == ADDR_IPV4) {
		(void)snprintf(text, sizeof text, "%u.%u.%u.%u.in-addr.arpa.", addr->octets[3], addr->octets[2], addr->octets[1],
			       addr->octets[0]);
	} else {
		for (unsigned i = 16; i-- > 0;)
			used += (size_t)snprintf(text + used, sizeof text - used, "%x.%x.", addr->octets[i] & 15u,
						 addr->octets[i] >> 4);
		(void)snprintf(text + used, sizeof text - used, "ip6.arpa.");
	}
	(void)name_from_text(name, text, NULL);
}

int
netdb__name_of(struct cairn_netdb *netdb, const struct ip_addr *addr, char name[NAME_TEXT_BYTES])
{
	const struct rrset *set;
	struct rdata_walk walk;
	struct name qname, target;

	reverse(addr, &qname);
	const int err = netdb__ask(netdb, &qname, TYPE_PTR, &set);
	if (err != 0 || set == NULL)
		return err != 0 ? err : EAI_NONAME;
	rdata_first(set, &walk);
	if (!rdata_next(&walk) || rdata_target(TYPE_PTR, walk.bytes, walk.size, &target) != 0)
		return EAI_FAIL;
	(void)name_to_text(&target, name, NAME_TEXT_BYTES);
	const size_t size = strlen(name);
	if (size > 1)
		name[size - 1] = '\0'; /* the dot of the root */
	return 0;
}

/* 0 or EAI_OVERFLOW. */
static int
put(char *to, socklen_t size, const char *text)
{
	if (to == NULL || size == 0)
		return 0;
	return (size_t)snprintf(to, size, "%s", text) < size ? 0 : EAI_OVERFLOW;
}

static int
put_host(struct cairn_netdb *netdb, const struct ip_addr *addr, char *host, socklen_t size, int flags)
{
	char text[NAME_TEXT_BYTES];
	int err = EAI_NONAME;

	if (host == NULL || size == 0)
		return 0;
	if ((flags & NI_NUMERICHOST) == 0)
		err = netdb__name_of(netdb, addr, text);
	if (err == 0)
		return put(host, size, text);
	if ((flags & NI_NAMEREQD) != 0)
		return err;
	return put(host, size, addr_to_text(addr, text, sizeof text));
}

static int
put_service(uint16_t port, char *service, socklen_t size, int flags)
{
	char text[8], buffer[1024];
	struct servent entry, *found = NULL;

	if ((flags & NI_NUMERICSERV) == 0)
		(void)getservbyport_r(htons(port), (flags & NI_DGRAM) != 0 ? "udp" : "tcp", &entry, buffer, sizeof buffer, &found);
	(void)snprintf(text, sizeof text, "%u", port);
	return put(service, size, found != NULL ? found->s_name : text);
}

int
cairn_getnameinfo(struct cairn_netdb *netdb, const struct sockaddr *name, socklen_t name_size, char *host,
		  socklen_t host_size, char *service, socklen_t service_size, int flags)
{
	struct ip_addr addr;
	uint16_t port;

	if ((flags & ~KNOWN_FLAGS) != 0)
		return EAI_BADFLAGS;
	if (!netdb__addr_of(name, name_size, &addr, &port))
		return EAI_FAMILY;
	if ((host == NULL || host_size == 0) && (service == NULL || service_size == 0))
		return EAI_NONAME;
	const int err = put_host(netdb, &addr, host, host_size, flags);
	return err == 0 ? put_service(port, service, service_size, flags) : err;
}

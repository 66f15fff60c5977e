/* getnameinfo (RFC 3493, section 6.2), and names of addresses. */
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "resolver/netdb/netdb_priv.h"
#include "resolver/wire/rdata.h"

#define KNOWN_FLAGS (NI_NUMERICHOST | NI_NUMERICSERV | NI_NOFQDN | NI_NAMEREQD | NI_DGRAM)

/* Of a struct sockaddr. */
struct node {
	struct ip_addr addr;
	uint32_t scope_id;
	uint16_t port;
};

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
	netdb__name_to_text(&target, name);
	return 0;
}

/* 0 or EAI_OVERFLOW. */
static int
put(char *to, socklen_t size, const char *text)
{
	return (size_t)snprintf(to, size, "%s", text) < size ? 0 : EAI_OVERFLOW;
}

/* A mapped address is the host that has the IPv4 address (RFC 3493, section 6.2). */
static int
host_of(struct cairn_netdb *netdb, const struct ip_addr *addr, char name[NAME_TEXT_BYTES])
{
	const struct ip_addr of_ipv4 = addr_ipv4(addr->octets + 12);

	if (addr_is_unspecified(addr))
		return EAI_NONAME;
	return netdb__name_of(netdb, addr_is_ipv4_mapped(addr) ? &of_ipv4 : addr, name);
}

static int
put_host(struct cairn_netdb *netdb, const struct node *node, char *host, socklen_t size, int flags)
{
	char name[NAME_TEXT_BYTES], literal[NETDB_LITERAL_BYTES];
	int err = EAI_NONAME;

	if (host == NULL || size == 0)
		return 0;
	if ((flags & NI_NUMERICHOST) == 0)
		err = host_of(netdb, &node->addr, name);
	if (err == 0)
		return put(host, size, name);
	if ((flags & NI_NAMEREQD) != 0)
		return err;
	netdb__literal_write(netdb->cairn->stack, &node->addr, node->scope_id, literal);
	return put(host, size, literal);
}

static int
put_service(uint16_t port, char *service, socklen_t size, int flags)
{
	char text[NI_MAXSERV];

	if (service == NULL || size == 0)
		return 0;
	netdb__service_write(port, (flags & NI_NUMERICSERV) != 0 ? NULL : (flags & NI_DGRAM) != 0 ? "udp" : "tcp", text);
	return put(service, size, text);
}

/* False: of no family that is known here, or too short. */
static bool
node_read(const struct sockaddr *from, socklen_t size, struct node *node)
{
	struct sockaddr_in in;
	struct sockaddr_in6 in6;

	if (size >= sizeof in && from->sa_family == AF_INET) {
		memcpy(&in, from, sizeof in);
		*node = (struct node){ .addr = addr_ipv4((const uint8_t *)&in.sin_addr), .port = ntohs(in.sin_port) };
		return true;
	}
	if (size < sizeof in6 || from->sa_family != AF_INET6)
		return false;
	memcpy(&in6, from, sizeof in6);
	*node = (struct node){
		.addr = addr_ipv6(in6.sin6_addr.s6_addr), .scope_id = in6.sin6_scope_id, .port = ntohs(in6.sin6_port)
	};
	return true;
}

int
cairn_getnameinfo(struct cairn_netdb *netdb, const struct sockaddr *name, socklen_t name_size, char *host,
		  socklen_t host_size, char *service, socklen_t service_size, int flags)
{
	struct node node;

	if ((flags & ~KNOWN_FLAGS) != 0)
		return EAI_BADFLAGS;
	if (!node_read(name, name_size, &node))
		return EAI_FAMILY;
	if ((host == NULL || host_size == 0) && (service == NULL || service_size == 0))
		return EAI_NONAME;
	const int err = put_host(netdb, &node, host, host_size, flags);
	return err == 0 ? put_service(node.port, service, service_size, flags) : err;
}

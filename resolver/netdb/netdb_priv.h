/*
 * netdb_priv.h - between the files of resolver/netdb: one question to the resolvers, and what came of it.
 *
 *	netdb.c      opened and closed; addresses of sockets
 *	exchange.c   a question to one resolver after the other, over UDP and TCP
 *	resolve.c    the addresses of a name
 *	addrinfo.c   getaddrinfo
 *	nameinfo.c   getnameinfo
 *	literal.c    addresses as text, with their scope
 *	service.c    ports as text
 *	hostent.c    gethostbyname, gethostbyaddr
 */
#ifndef CAIRN_RESOLVER_NETDB_PRIV_H
#define CAIRN_RESOLVER_NETDB_PRIV_H

#include <netinet/in.h>

#include "resolver/netdb/netdb.h"
#include "resolver/wire/message.h"
#include "stack/addr.h"
#include "stack/base/rng.h"

#define NETDB_ARENA_BYTES   (512u << 10)
#define NETDB_LITERAL_BYTES (ADDR_TEXT_BYTES + 1u + 16u) /* an address, "%", and the name of an interface */

struct netdb_host {
	char canonical[NAME_TEXT_BYTES];
	struct ip_addr addrs[NETDB_ADDRS_MAX];
	unsigned addr_count;
	uint32_t scope_id; /* of the one address that was no name; 0: none */
	bool is_there; /* the name, with addresses or without */
};

struct cairn_netdb {
	struct cairn *cairn;
	struct sockaddr_storage servers[NETDB_SERVERS_MAX];
	socklen_t server_bytes[NETDB_SERVERS_MAX];
	unsigned server_count;
	struct rng rng;
	struct netdb_host host; /* of the last gethostby call, and what is lent of it: */
	struct hostent hostent;
	char *aliases[1], *addr_list[NETDB_ADDRS_MAX + 1];
	struct in6_addr octets[NETDB_ADDRS_MAX]; /* of the addresses, as aligned as programs take them to be */
	uint8_t arena[NETDB_ARENA_BYTES]; /* of one reply */
};

/* EAI_*; 0: the reply says NOERROR, and *set is at the end of the aliases, NULL where there is none. Lent until the next. */
int netdb__ask(struct cairn_netdb *netdb, const struct name *qname, uint16_t qtype, const struct rrset **set);

/* The addresses of a name for AF_INET, AF_INET6 or AF_UNSPEC, in the order to be tried. EAI_*. */
int netdb__resolve(struct cairn_netdb *netdb, const char *node, int family, struct netdb_host *host);
bool netdb__is_localhost(const char *node);
bool netdb__wants(int family, enum addr_family of); /* AF_UNSPEC wants both */
void netdb__add_addr(struct netdb_host *host, const struct ip_addr *addr); /* unless its family has its share already */
void netdb__add_loopback(struct netdb_host *host, int family);
/* Without the dot of the root. */
void netdb__name_to_text(const struct name *name, char text[NAME_TEXT_BYTES]);

/* The name of an address (RFC 1035, section 3.5; RFC 3596, section 2.5). EAI_*. */
int netdb__name_of(struct cairn_netdb *netdb, const struct ip_addr *addr, char name[NAME_TEXT_BYTES]);

/* A socket's address; scope_id counts for IPv6. */
socklen_t netdb__sockaddr(struct sockaddr_storage *to, const struct ip_addr *addr, uint32_t scope_id, uint16_t port);

/* "192.0.2.1", "127.1", "2001:db8::1", "fe80::1%eth0" with an interface of this stack, "fe80::1%1".  False: it is none of those. */
bool netdb__literal_read(const struct stack *stack, const char *text, struct ip_addr *addr, uint32_t *scope_id);
void netdb__literal_write(const struct stack *stack, const struct ip_addr *addr, uint32_t scope_id, char text[NETDB_LITERAL_BYTES]);

bool netdb__service_is_number(const char *service);
/* False: there is no such service of the protocol, "tcp" or "udp"; a number is one of each. */
bool netdb__service_read(const char *service, const char *protocol, uint16_t *port);
/* As a number where the service has no name, or protocol is NULL. */
void netdb__service_write(uint16_t port, const char *protocol, char text[NI_MAXSERV]);

#endif

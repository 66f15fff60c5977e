/*
 * netdb.h - names and addresses for programs on Cairn's stack: getaddrinfo, getnameinfo and their elders (RFC 3493, section 6;
 * POSIX.1-2017), asked of recursive resolvers over the stack's own UDP and TCP (RFC 1034, section 5.3.1; RFC 7766).
 *
 * Names are whole: no search list, no hosts file, nothing of the system's resolver. localhost and names under it are the
 * loopback addresses (RFC 6761, section 6.3). Services are numbers, or names of the C library's table: one that is there for
 * UDP only gives datagram sockets only. Zones of link-local addresses are the names of the stack's interfaces or numbers, those
 * of stack_zone_of (RFC 4007). The addresses of a name come in the order of RFC 6724 for this stack's own
 * addresses. A resolver that does not answer, or fails, is followed by the next; each question has an id and a port that nobody
 * can guess (RFC 5452).
 *
 * Calls wait as those of stack/bsd.h do.
 *
 * Ownership: the struct cairn stays the caller's and outlives the netdb; cairn_freeaddrinfo frees a result; what the
 *            gethostby calls return is the netdb's until the next of them.
 * Units:     ports and addresses in network byte order, as POSIX has them.
 * Threads:   one at a time.
 * Errors:    those of POSIX: EAI_..., with errno for EAI_SYSTEM; HOST_NOT_FOUND, TRY_AGAIN, NO_RECOVERY, NO_DATA.
 *            EAI_NONAME: there is no such name, or it has no address that is wanted (glibc tells the two apart by the
 *            EAI_NODATA of RFC 2553, which POSIX does not have); EAI_AGAIN: no reply, or SERVFAIL; EAI_FAIL: every resolver refuses.
 * Bounds:    NETDB_SERVERS_MAX resolvers, each asked NETDB_TRIES times, with an end to each; NETDB_ADDRS_MAX
 *            addresses of a name.
 */
#ifndef CAIRN_RESOLVER_NETDB_H
#define CAIRN_RESOLVER_NETDB_H

#include <netdb.h>

#include "stack/bsd.h"

#define NETDB_SERVERS_MAX 4u
#define NETDB_TRIES       3u
#define NETDB_WAIT_MS     1000 /* for the first reply; then twice as long each time */
#define NETDB_TCP_WAIT_MS 5000 /* for the whole reply of a resolver over TCP */
#define NETDB_ADDRS_MAX   32u  /* of both families, half of them each */

struct cairn_netdb;

struct cairn_netdb_config {
	struct cairn *cairn;                    /* who asks */
	const char *servers[NETDB_SERVERS_MAX]; /* "192.0.2.53", "2001:db8::53", "fe80::53%eth0"; up to the first NULL */
	uint16_t port;                          /* of the resolvers; 0: 53 */
};

/* 0, or EAI_NONAME (a server is no address), EAI_MEMORY, EAI_SYSTEM. */
int cairn_netdb_open(struct cairn_netdb **netdb, const struct cairn_netdb_config *config);
void cairn_netdb_close(struct cairn_netdb *netdb); /* NULL is nothing */

/* gai_strerror of the C library tells what an error means. */
int cairn_getaddrinfo(struct cairn_netdb *netdb, const char *node, const char *service, const struct addrinfo *hints,
		      struct addrinfo **result);
void cairn_freeaddrinfo(struct addrinfo *result);
int cairn_getnameinfo(struct cairn_netdb *netdb, const struct sockaddr *name, socklen_t name_size, char *host,
		      socklen_t host_size, char *service, socklen_t service_size, int flags);

/* *error is one of <netdb.h>'s h_errno values where NULL is returned. */
struct hostent *cairn_gethostbyname(struct cairn_netdb *netdb, const char *name, int *error);
struct hostent *cairn_gethostbyname2(struct cairn_netdb *netdb, const char *name, int family, int *error);
struct hostent *cairn_gethostbyaddr(struct cairn_netdb *netdb, const void *address, socklen_t size, int family, int *error);

#endif

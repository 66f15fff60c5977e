/*
 * netdb_world.h - names for programs on the stack (RFC 3493, section 6): a program on one host, its resolvers on another, virtual
 * time.
 *
 * The program's host has 192.0.2.1 and 2001:db8::1, the other 192.0.2.2, 192.0.2.3 and 2001:db8::2.  Its resolvers know example.,
 * and names of some addresses (netdb_world.c).
 */
#ifndef CAIRN_TESTS_RESOLVER_NETDB_WORLD_H
#define CAIRN_TESTS_RESOLVER_NETDB_WORLD_H

#include <check.h>

#include "resolver/netdb/netdb.h"
#include "tests/sim/auth.h"
#include "tests/stack/host.h"

/* Of www.example for who wants streams and any family, with a port of 80. */
#define WWW_TOLD "2001:db8:80::80 80 s, 198.51.100.80 80 s"

struct netdb_server {
	bool is_deaf;      /* 192.0.2.2 says nothing; its other address does */
	bool fails;        /* 192.0.2.2 says SERVFAIL, and none of its datagrams is lost */
	unsigned drops;    /* so many datagrams are lost */
	unsigned over_tcp; /* questions */
	bool forges;       /* another reply comes first */
	bool drips;        /* of a reply over TCP an octet comes every 3 s */
};

extern struct host ours;
extern struct cairn cairn;
extern struct cairn_netdb *netdb; /* which asks 192.0.2.2 */
extern struct auth auth;
extern struct netdb_server server;

/* Another netdb, which asks these; NULL: there is no second. */
void netdb_world_ask(const char *first, const char *second);

/* What getaddrinfo says: "ADDR PORT s, ADDR PORT d ...", s for streams, in the order of the result; or the error's words. */
const char *told(const char *node, const char *service, const struct addrinfo *hints);

/* The tests, each in a world of its own; returns main's status. */
int netdb_world_run(const char *name, TCase *tcase);

#endif

/*
 * internet.h - a small Internet in one process at virtual time: name servers behind routers.
 *
 *	the resolver's host --- access --- isp --+-- west --- half of the machines, a line each
 *	                                         +-- east --- the other half
 *
 * Operators run the machines: the 13 root servers at their real addresses (conf/root.hints), the
 * registries of com., net., org. and example., and hosters with many zones each (internet_zones.h).
 * A machine is a host with a stack of its own that listens on port 53 and answers from its operator's
 * zones (auth.h).  The delay of each line is drawn from the seed.
 *
 * Ownership: the caller lends the struct; internet_fini frees what lies behind it.
 * Errors:    fail the running Check test.
 * Bounds:    INTERNET_*_MAX.
 */
#ifndef CAIRN_TESTS_SIM_INTERNET_H
#define CAIRN_TESTS_SIM_INTERNET_H

#include "tests/sim/auth.h"
#include "tests/sim/gateway.h"
#include "tests/sim/net.h"

#define INTERNET_MACHINES_MAX 56u
#define INTERNET_ROOTS        13u
#define INTERNET_SEEN_MAX     16384u
#define INTERNET_ACCESS_US    4000u   /* delay of the access line, one way */
#define INTERNET_TRUNK_US     6000u   /* ... of the lines between routers */
#define INTERNET_LINE_US_MIN  1000u   /* ... of a machine's line */
#define INTERNET_LINE_US_MAX  60000u
#define INTERNET_MTU          1500u
#define INTERNET_NAME_BYTES   80u
#define INTERNET_HINTS_MAX    64u

/* Which of the two families a machine, or a question, is about. */
enum internet_family { INTERNET_V4, INTERNET_V6, INTERNET_FAMILIES };

enum operator_id {
	OPERATOR_ROOT,
	OPERATOR_GTLD,    /* com. and net. */
	OPERATOR_ORG,
	OPERATOR_CCTLD,   /* example.: its servers have IPv4, IPv6 and both */
	OPERATOR_STONE,   /* ns1.stone.net. and so on */
	OPERATOR_SLATE,
	OPERATOR_MARBLE,  /* IPv6 alone */
	OPERATOR_FLINT,   /* IPv4 alone */
	OPERATOR_GRANITE, /* its customers' servers have names in the customers' zones */
	OPERATOR_QUARTZ,  /* two machines */
	OPERATOR_BASALT,  /* its own zone lies at slate: two steps without glue */
	OPERATORS,
};

struct internet;

struct machine {
	struct internet *internet;
	struct net_node *host;
	struct wire *line;
	enum operator_id operator;
	struct ip_addr addrs[INTERNET_FAMILIES]; /* ADDR_NONE: it has none of that family */
	bool is_dead;                            /* hears everything and says nothing */
	bool is_east;
	uint32_t asked;
};

struct operator {
	struct auth auth;
	void *block;
	struct machine *machines; /* one after another in internet.machines */
	unsigned machine_count;
};

/* A query as a machine got it. */
struct seen {
	uint64_t at_us;
	const struct machine *machine;
	enum internet_family family;
	uint16_t id, port;
	struct question question;
};

struct internet {
	struct net net;
	struct gateway isp, west, east;
	struct wire *access, *west_trunk, *east_trunk;
	struct net_node *edge; /* the resolver's host; its interface is up, with both addresses */
	struct machine machines[INTERNET_MACHINES_MAX];
	unsigned machine_count;
	struct operator operators[OPERATORS];
	struct rng dice;
	struct seen *seen; /* the first INTERNET_SEEN_MAX of seen_count */
	unsigned seen_count;
};

/* The root servers' addresses as conf/root.hints gives them. */
struct internet_hints {
	unsigned count;
	struct name servers[INTERNET_HINTS_MAX];
	struct ip_addr addrs[INTERNET_HINTS_MAX];
};
void internet_hints_read(struct internet_hints *hints);

/* Time moves by net_run. */
void internet_init(struct internet *internet, uint64_t seed);
void internet_fini(struct internet *internet);

/*
 * The access line, both ways, on top of its delay.  Routers fail by their `blocks` (gateway.h), machines
 * by is_dead.
 */
void internet_access(struct internet *internet, const struct fault_config *faults);

/* Of every operator's machines a third falls silent: of two one, of three one, of thirteen four. */
void internet_kill_third(struct internet *internet);
void internet_revive_all(struct internet *internet);

/* The name of an operator's n-th machine, absolute. */
const char *internet_server_name(enum operator_id operator, unsigned index, char name[INTERNET_NAME_BYTES]);

#endif

/*
 * network.h - the configuration's `stack:` section made into a link, and into the addresses of a stack
 * (RFC 1122; stack/link/raw.h, packet.h, tap.h, xdp.h, and the wrappers faults.h and capture.h).
 *
 * In the order of the calls: network_check reads the words; network_open opens what needs privileges;
 * network_describe tells the shell what the link cannot know; network_set_up gives a stack of its own the
 * addresses and gateways that it does not find out by itself; network_hold_ports opens what does not need privileges.
 *
 * Ownership: a network belongs to one worker; network_close frees the link and its guards.
 * Errors:    a negative ERR_* and one line in `error`: option, device or capability, and what would help.
 * Bounds:    NETWORK_ADDRS_MAX addresses, NETWORK_GATEWAYS_MAX gateways.
 */
#ifndef CAIRN_RESOLVER_SERVE_NETWORK_H
#define CAIRN_RESOLVER_SERVE_NETWORK_H

#include "resolver/serve/config.h"
#include "stack/link/guard_tcp.h"
#include "stack/link/link.h"
#include "stack/link/xdp_door.h"
#include "stack/uv.h"

#define NETWORK_ADDRS_MAX    16u
#define NETWORK_GATEWAYS_MAX 4u

/* The section's words, read. */
struct network_plan {
	struct mac_addr mac; /* zeros: a random one */
	struct stack_addr addrs[NETWORK_ADDRS_MAX];
	struct ip_addr gateways[NETWORK_GATEWAYS_MAX];
	unsigned addr_count, gateway_count;
	uint32_t if_flags; /* STACK_IF_SLAAC, STACK_IF_DHCP */
};

struct network {
	struct guard guard;
	struct guard_tcp guard_tcp;
	bool has_guard;
	struct link *link; /* the outermost: wrappers and all */
	void *faults_block;
	struct network_plan plan;
	struct link_error told; /* by the link as it was opened, for the log; may be empty */
};

/* Links raw, and xdp where no address is given, share the host's addresses, and its ports with other workers. */
bool network_is_shared(const struct config *config);

/* ... of them the latter: clients' datagrams come off the device, too (stack/link/xdp_door.h). */
bool network_has_door(const struct config *config);
/* NULL in *door where there is none; after success the line tells of it. */
int network_open_door(struct xdp_door **door, const struct config *config, struct link_error *told, char error[CONFIG_ERROR_BYTES]);

int network_check(const struct config *config, char error[CONFIG_ERROR_BYTES]);
/* The words that network_check has found good. */
int network_plan_read(struct network_plan *plan, const struct config *config, char error[CONFIG_ERROR_BYTES]);
/* The guards' plan is the process's; unused unless network_is_shared.  The rng is the worker's and outlives the network. */
int network_open(struct network *network, const struct config *config,
		 const struct guard_plan *guards, unsigned worker, struct rng *rng, uint64_t now_us,
		 char error[CONFIG_ERROR_BYTES]);
/* The same over a link that is open already, and the network's from now on. */
int network_open_over(struct network *network, const struct config *config, struct link *link,
		      char error[CONFIG_ERROR_BYTES]);
/*
 * Ports for the queries of a network_is_shared: until then there are none, and nothing can be sent.  Some 10 ms, and no privilege:
 * so it is for the time when something else has to be waited for.
 */
int network_hold_ports(struct network *network, uint64_t now_us, char error[CONFIG_ERROR_BYTES]);
void network_describe(const struct network *network, const struct config *config,
		      struct stack_uv *shell);
int network_set_up(const struct network *network, struct stack *stack, unsigned ifindex,
		   uint64_t now_us, char error[CONFIG_ERROR_BYTES]);
void network_close(struct network *network);

#endif

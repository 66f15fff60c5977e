#include "resolver/serve/network.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stack/base/err.h"
#include "stack/base/hash.h"
#include "stack/link/bad_line.h"
#include "stack/link/capture.h"
#include "stack/link/packet.h"
#include "stack/link/raw.h"
#include "stack/link/tap.h"
#include "stack/link/xdp.h"

#define CAPTURE_PATH_BYTES 1024u
#define DEFAULT_METRIC     1024u

#define CAPABILITY_REMEDY                                                                          \
	"; start as root or under conf/cairnd.service, or run `setcap "                            \
	"cap_net_raw,cap_net_bind_service=ep` on the program once"

static bool
has_text(const char *text)
{
	return text != NULL && text[0] != '\0';
}

/* ---- the link --------------------------------------------------------------------------------------------------------- */

static int
complain(char error[CONFIG_ERROR_BYTES], int err, const struct link_error *why)
{
	(void)snprintf(error, CONFIG_ERROR_BYTES, "stack: %s%s", why->text,
		       err == ERR_PERMISSION ? CAPABILITY_REMEDY : "");
	return err;
}

static int
open_raw(struct network *network, const struct guard_plan *guards, unsigned worker, struct rng *rng,
	 uint64_t now_us, struct link_error *why)
{
	int err = guard_init(&network->guard, guards, worker, rng, why);
	if (err != 0)
		return err;
	network->has_guard = true;
	err = guard_tcp_open(&network->guard_tcp, guards, worker, rng, why);
	if (err != 0)
		return err;
	struct raw_config raw = { .guard = &network->guard, .guard_tcp = &network->guard_tcp };
	return raw_open(&network->link, &raw, now_us, why);
}

/* What it has settled for is worth a line in the log. */
static int
open_xdp(struct network *network, const struct xdp_config *xdp, uint64_t now_us, struct link_error *why)
{
	int err = xdp_open(&network->link, xdp, now_us, why);
	if (err != 0)
		return err;
	network->told = *why;
	why->text[0] = '\0';
	return 0;
}

static int
open_link(struct network *network, const struct config *config, const struct guard_plan *guards,
	  unsigned worker, struct rng *rng, uint64_t now_us, struct link_error *why)
{
	struct packet_config packet = { .device = config->device,
					.mac = network->plan.mac,
					.vlan = (uint16_t)config->vlan };
	struct tap_config tap = { .device = has_text(config->device) ? config->device : NULL,
				  .mac = network->plan.mac,
				  .vlan = (uint16_t)config->vlan };
	struct xdp_config xdp = { .device = config->device,
				  .mac = network->plan.mac,
				  .mode = (enum xdp_mode)config->xdp_mode };
	if (network_is_shared(config))
		return open_raw(network, guards, worker, rng, now_us, why);
	switch (config->link) {
	case CONFIG_LINK_RAW: break;
	case CONFIG_LINK_PACKET: return packet_open(&network->link, &packet, now_us, why);
	case CONFIG_LINK_TAP: return tap_open(&network->link, &tap, why);
	case CONFIG_LINK_XDP: return open_xdp(network, &xdp, now_us, why);
	}
	return ERR_UNSUPPORTED;
}

static int
wrap_in_faults(struct network *network, const struct config *config, unsigned worker)
{
	struct faults_config faults;
	const char *why;
	if (!has_text(config->faults))
		return 0;
	int err = bad_line_from_text(&faults, config->faults, &why);
	if (err != 0)
		return err;
	faults.seed += worker; /* or all threads would lose the same packets */
	network->faults_block = aligned_alloc(64, (faults_bytes() + 63) & ~(size_t)63);
	if (network->faults_block == NULL)
		return ERR_NO_MEMORY;
	network->link = faults_new(network->faults_block, network->link, &faults);
	return 0;
}

/* The first thread writes to the file of that name, the others to NAME.1, NAME.2 ... */
static int
wrap_in_capture(struct network *network, const struct config *config, unsigned worker,
		uint64_t now_us, struct link_error *why)
{
	char path[CAPTURE_PATH_BYTES];
	if (!has_text(config->capture))
		return 0;
	if (strlen(config->capture) + 16 > sizeof path) {
		(void)snprintf(why->text, sizeof why->text, "capture: the path is too long");
		return ERR_TOO_BIG;
	}
	(void)snprintf(path, sizeof path, worker > 0 ? "%s.%u" : "%s", config->capture, worker);
	struct capture_config capture = { .path = path, .application = "cairnd " CAIRN_VERSION };
	struct link *inside = network->link;
	return capture_open(&network->link, inside, &capture, now_us, why);
}

int
network_open_door(struct xdp_door **door, const struct config *config, struct link_error *told, char error[CONFIG_ERROR_BYTES])
{
	const struct xdp_door_config wanted = { .device = config->device,
						.port = (uint16_t)config->port,
						.mode = (enum xdp_mode)config->xdp_mode,
						.share_count = config->num_threads };
	*door = NULL;
	if (!network_has_door(config))
		return 0;
	int err = xdp_door_open(door, &wanted, told);
	return err == 0 ? 0 : complain(error, err, told);
}

int
network_open(struct network *network, const struct config *config, const struct guard_plan *guards,
	     unsigned worker, struct rng *rng, uint64_t now_us, char error[CONFIG_ERROR_BYTES])
{
	struct link_error why = { "" };
	int err = network_plan_read(&network->plan, config, error);
	if (err != 0)
		return err;
	err = open_link(network, config, guards, worker, rng, now_us, &why);
	if (err == 0)
		err = wrap_in_faults(network, config, worker);
	if (err == 0)
		err = wrap_in_capture(network, config, worker, now_us, &why);
	if (err != 0 && why.text[0] == '\0')
		(void)snprintf(why.text, sizeof why.text, "%s", err_text(err));
	return err == 0 ? 0 : complain(error, err, &why);
}

int
network_hold_ports(struct network *network, uint64_t now_us, char error[CONFIG_ERROR_BYTES])
{
	struct link_error why = { "" };
	const int err = network->has_guard ? guard_hold_first(&network->guard, now_us, &why) : 0;
	return err == 0 ? 0 : complain(error, err, &why);
}

int
network_open_over(struct network *network, const struct config *config, struct link *link,
		  char error[CONFIG_ERROR_BYTES])
{
	network->link = link;
	return network_plan_read(&network->plan, config, error);
}

/* ---- the stack ------------------------------------------------------------------------------------------------------- */

/*
 * Something secret that is the same at each start, for addresses that stay (RFC 7217, section 5): a hash of the machine's
 * id (machine-id(5) wants it never shown, not even in part).  Zeros, which is "drawn anew", without one.
 */
static void
machine_secret(uint8_t secret[STACK_SECRET_BYTES])
{
	static const struct hash_key keys[2] = { { 0x636169726e2d6f77, 0x6e2d6164647265 },
						 { 0x636169726e2d6964, 0x31 } };
	char id[33] = "";
	memset(secret, 0, STACK_SECRET_BYTES);
	FILE *file = fopen("/etc/machine-id", "re");
	if (file == NULL)
		return;
	if (fread(id, 1, sizeof id - 1, file) == sizeof id - 1) {
		uint64_t words[2] = { hash_bytes_24(&keys[0], id, sizeof id - 1),
				      hash_bytes_24(&keys[1], id, sizeof id - 1) };
		memcpy(secret, words, sizeof words);
	}
	(void)fclose(file);
}

void
network_describe(const struct network *network, const struct config *config, struct stack_uv *shell)
{
	shell->if_flags = network->plan.if_flags;
	shell->if_mtu = config->mtu;
	machine_secret(shell->if_secret);
}

static int
add_gateway(struct stack *stack, unsigned ifindex, const struct ip_addr *gateway)
{
	struct stack_route route = {
		.prefix = { .family = gateway->family },
		.gateway = *gateway,
		.ifindex = (uint8_t)ifindex,
		.metric = DEFAULT_METRIC,
	};
	return stack_route_add(stack, &route);
}

int
network_set_up(const struct network *network, struct stack *stack, unsigned ifindex,
	       uint64_t now_us, char error[CONFIG_ERROR_BYTES])
{
	const struct network_plan *plan = &network->plan;
	int err = 0;
	for (unsigned i = 0; i < plan->addr_count && err == 0; i++)
		err = stack_addr_add(stack, ifindex, &plan->addrs[i], now_us);
	for (unsigned i = 0; i < plan->gateway_count && err == 0; i++)
		err = add_gateway(stack, ifindex, &plan->gateways[i]);
	if (err != 0)
		(void)snprintf(error, CONFIG_ERROR_BYTES, "stack: addresses and gateways: %s",
			       err_text(err));
	return err;
}

void
network_close(struct network *network)
{
	if (network->link != NULL)
		network->link->ops->close(network->link);
	if (network->has_guard) {
		guard_close(&network->guard);
		guard_tcp_close(&network->guard_tcp);
	}
	free(network->faults_block);
}

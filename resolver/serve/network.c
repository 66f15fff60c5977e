#include "resolver/serve/network.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stack/link/bad_line.h"
#include "stack/base/err.h"
#include "stack/base/hash.h"
#include "stack/link/capture.h"
#include "stack/link/packet.h"
#include "stack/link/raw.h"
#include "stack/link/tap.h"

#define CAPTURE_PATH_BYTES 1024u
#define DEFAULT_METRIC     1024u
#define MTU_MIN            1280u /* RFC 8200, section 5 */

#define CAPABILITY_REMEDY                                                                          \
	"; start as root or under conf/cairnd.service, or run `setcap "                            \
	"cap_net_raw,cap_net_bind_service=ep` on the program once"

bool
network_is_shared(const struct config *config)
{
	return config->link == CONFIG_LINK_RAW;
}

/* ---- reading the words ----------------------------------------------------------------------------------------------- */

static int
refuse(const struct config *config, unsigned line, const char *option, const char *why,
       char error[CONFIG_ERROR_BYTES])
{
	config_complain(error, config, line, "%s: %s", option, why);
	return ERR_MALFORMED;
}

static int
plan_addr(struct network_plan *plan, const struct config *config, size_t index,
	  char error[CONFIG_ERROR_BYTES])
{
	const char *text = config->address.items[index];
	unsigned line = config->address.lines[index], prefix_len;
	struct stack_addr addr = { .flags = 0 };
	if (strcmp(text, "dhcp") == 0 || strcmp(text, "slaac") == 0) {
		plan->if_flags |= text[0] == 'd' ? STACK_IF_DHCP : STACK_IF_SLAAC;
		return 0;
	}
	if (strchr(text, '/') == NULL || addr_prefix_from_text(&addr.addr, &prefix_len, text) != 0)
		return refuse(config, line, "address",
			      "is `dhcp`, `slaac`, or an address with its prefix length, as in "
			      "192.0.2.7/24",
			      error);
	if (addr_is_unspecified(&addr.addr) || addr_is_multicast(&addr.addr) ||
	    addr_is_loopback(&addr.addr))
		return refuse(config, line, "address", "no station on a network can have this one",
			      error);
	if (plan->addr_count == NETWORK_ADDRS_MAX)
		return refuse(config, line, "address", "more than 16", error);
	addr.prefix_len = (uint8_t)prefix_len;
	plan->addrs[plan->addr_count++] = addr;
	return 0;
}

/*
 * Whether a station with these addresses can ask for the gateway's MAC address: it lies in the prefix of one of them,
 * or is of the link, or the network is yet to say what the prefixes are.
 */
static bool
is_neighbour(const struct network_plan *plan, const struct ip_addr *gateway)
{
	const bool is_ipv4 = gateway->family == ADDR_IPV4;
	if ((plan->if_flags & (is_ipv4 ? STACK_IF_DHCP : STACK_IF_SLAAC)) != 0 ||
	    (!is_ipv4 && addr_is_link_local(gateway)))
		return true;
	for (unsigned i = 0; i < plan->addr_count; i++)
		if (addr_in_prefix(gateway, &plan->addrs[i].addr, plan->addrs[i].prefix_len))
			return true;
	return false;
}

/* After the addresses. */
static int
plan_gateway(struct network_plan *plan, const struct config *config, size_t index,
	     char error[CONFIG_ERROR_BYTES])
{
	unsigned line = config->gateway.lines[index];
	struct ip_addr gateway;
	if (plan->gateway_count == NETWORK_GATEWAYS_MAX)
		return refuse(config, line, "gateway", "more than 4", error);
	if (addr_from_text(&gateway, config->gateway.items[index]) != 0)
		return refuse(config, line, "gateway", "is no address", error);
	if (addr_is_unspecified(&gateway) || addr_is_multicast(&gateway) ||
	    addr_is_loopback(&gateway))
		return refuse(config, line, "gateway", "no router can have this address", error);
	if (!is_neighbour(plan, &gateway))
		return refuse(config, line, "gateway",
			      "lies in the prefix of no `address`: it could not be reached", error);
	plan->gateways[plan->gateway_count++] = gateway;
	return 0;
}

static int
plan_mac(struct network_plan *plan, const struct config *config, char error[CONFIG_ERROR_BYTES])
{
	uint8_t *o = plan->mac.octets;
	char rest;
	if (config->mac == NULL || config->mac[0] == '\0')
		return 0;
	if (sscanf(config->mac, "%2hhx:%2hhx:%2hhx:%2hhx:%2hhx:%2hhx%c", &o[0], &o[1], &o[2], &o[3],
		   &o[4], &o[5], &rest) != 6)
		return refuse(config, config_line(config, "mac"), "mac", "is not of the form 02:00:5e:10:00:01", error);
	if ((o[0] & 1) != 0)
		return refuse(config, config_line(config, "mac"), "mac",
			      "is a group's address: the first octet must be even", error);
	return 0;
}

static int
plan_read(struct network_plan *plan, const struct config *config, char error[CONFIG_ERROR_BYTES])
{
	*plan = (struct network_plan){ 0 };
	int err = plan_mac(plan, config, error);
	for (size_t i = 0; i < config->address.count && err == 0; i++)
		err = plan_addr(plan, config, i, error);
	for (size_t i = 0; i < config->gateway.count && err == 0; i++)
		err = plan_gateway(plan, config, i, error);
	return err;
}

static bool
has_text(const char *text)
{
	return text != NULL && text[0] != '\0';
}

static int
check_faults(const struct config *config, char error[CONFIG_ERROR_BYTES])
{
	struct faults_config faults;
	const char *why;
	if (!has_text(config->faults) || bad_line_from_text(&faults, config->faults, &why) == 0)
		return 0;
	config_complain(error, config, config_line(config, "faults"),
			"faults: wrong from `%.40s` on; known are %s", why, BAD_LINE_WORDS);
	return ERR_MALFORMED;
}

/* Words about a station of our own, beside a link that uses the host's: whoever writes them expects something of them. */
static int
check_shared(const struct config *config, char error[CONFIG_ERROR_BYTES])
{
	const struct {
		const char *option;
		bool is_given;
	} words[] = {
		{ "device", has_text(config->device) },
		{ "address", config->address.count > 0 },
		{ "gateway", config->gateway.count > 0 },
		{ "mac", has_text(config->mac) },
		{ "vlan", config->vlan != 0 },
	};
	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		if (words[i].is_given)
			return refuse(config, config_line(config, words[i].option), words[i].option,
				      "link raw uses the host's; remove it, or say `link: packet`",
				      error);
	return 0;
}

static int
check_station(const struct config *config, char error[CONFIG_ERROR_BYTES])
{
	if (config->num_threads > 1)
		return refuse(config, config_line(config, "num-threads"), "num-threads",
			      "a station of our own (link packet, tap) has one thread", error);
	if (config->link == CONFIG_LINK_PACKET && !has_text(config->device))
		return refuse(config, config_line(config, "link"), "link",
			      "packet needs `device`, the network device to be on", error);
	if (config->address.count == 0)
		return refuse(config, config_line(config, "link"), "link",
			      "packet and tap need `address`, such as 192.0.2.7/24, dhcp or slaac",
			      error);
	return 0;
}

int
network_check(const struct config *config, char error[CONFIG_ERROR_BYTES])
{
	struct network_plan plan;
	int err = network_is_shared(config) ? check_shared(config, error)
					    : check_station(config, error);
	if (err == 0)
		err = plan_read(&plan, config, error);
	if (err == 0)
		err = check_faults(config, error);
	if (err == 0 && config->mtu != 0 && config->mtu < MTU_MIN)
		err = refuse(config, config_line(config, "mtu"), "mtu",
			     "is less than 1280, the least that IPv6 can do with", error);
	return err;
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
	int err = guard_open(&network->guard, guards, worker, rng, now_us, why);
	if (err != 0)
		return err;
	network->has_guard = true;
	err = guard_tcp_open(&network->guard_tcp, guards, worker, rng, why);
	if (err != 0)
		return err;
	struct raw_config raw = { .guard = &network->guard, .guard_tcp = &network->guard_tcp };
	return raw_open(&network->link, &raw, now_us, why);
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
	switch (config->link) {
	case CONFIG_LINK_RAW: return open_raw(network, guards, worker, rng, now_us, why);
	case CONFIG_LINK_PACKET: return packet_open(&network->link, &packet, now_us, why);
	case CONFIG_LINK_TAP: return tap_open(&network->link, &tap, why);
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
network_open(struct network *network, const struct config *config, const struct guard_plan *guards,
	     unsigned worker, struct rng *rng, uint64_t now_us, char error[CONFIG_ERROR_BYTES])
{
	struct link_error why = { "" };
	int err = plan_read(&network->plan, config, error);
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

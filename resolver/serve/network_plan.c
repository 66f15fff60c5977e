/*
 * network_plan.c - the words of the configuration's `stack:` section, without what would be opened.
 */
#include <stdio.h>
#include <string.h>

#include "resolver/serve/network.h"
#include "stack/base/err.h"
#include "stack/link/bad_line.h"
#include "stack/link/xdp.h"

#define MTU_MIN 1280u /* RFC 8200, section 5 */

static bool
has_text(const char *text)
{
	return text != NULL && text[0] != '\0';
}

bool
network_has_door(const struct config *config)
{
	return config->link == CONFIG_LINK_XDP && config->address.count == 0 && config->gateway.count == 0 && !has_text(config->mac);
}

bool
network_is_shared(const struct config *config)
{
	return config->link == CONFIG_LINK_RAW || network_has_door(config);
}

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

int
network_plan_read(struct network_plan *plan, const struct config *config, char error[CONFIG_ERROR_BYTES])
{
	*plan = (struct network_plan){ 0 };
	int err = plan_mac(plan, config, error);
	for (size_t i = 0; i < config->address.count && err == 0; i++)
		err = plan_addr(plan, config, i, error);
	for (size_t i = 0; i < config->gateway.count && err == 0; i++)
		err = plan_gateway(plan, config, i, error);
	return err;
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
check_xdp(const struct config *config, char error[CONFIG_ERROR_BYTES])
{
	if (!XDP_IS_BUILT)
		return refuse(config, config_line(config, "link"), "link", XDP_ABSENT, error);
	if (config->vlan != 0)
		return refuse(config, config_line(config, "vlan"), "vlan",
			      "drivers take the tag off before link xdp could see it; be on a VLAN device, or "
			      "say `link: packet`",
			      error);
	return 0;
}

static int
check_device(const struct config *config, char error[CONFIG_ERROR_BYTES])
{
	if (config->link == CONFIG_LINK_TAP || has_text(config->device))
		return 0;
	return refuse(config, config_line(config, "link"), "link",
		      "packet and xdp need `device`, the network device to be on", error);
}

static int
check_door(const struct config *config, char error[CONFIG_ERROR_BYTES])
{
	int err = check_device(config, error);
	return err == 0 ? check_xdp(config, error) : err;
}

static int
check_station(const struct config *config, char error[CONFIG_ERROR_BYTES])
{
	if (config->num_threads > 1)
		return refuse(config, config_line(config, "num-threads"), "num-threads",
			      "a station of our own (link packet, tap, xdp) has one thread", error);
	int err = check_device(config, error);
	if (err != 0)
		return err;
	if (config->address.count == 0)
		return refuse(config, config_line(config, "link"), "link",
			      "packet, tap and xdp need `address`, such as 192.0.2.7/24, dhcp or slaac",
			      error);
	return config->link == CONFIG_LINK_XDP ? check_xdp(config, error) : 0;
}

int
network_check(const struct config *config, char error[CONFIG_ERROR_BYTES])
{
	struct network_plan plan;
	int err = network_has_door(config)    ? check_door(config, error)
		  : network_is_shared(config) ? check_shared(config, error)
					      : check_station(config, error);
	if (err == 0 && config->xdp_mode != CONFIG_XDP_AUTO && config->link != CONFIG_LINK_XDP)
		err = refuse(config, config_line(config, "xdp-mode"), "xdp-mode",
			     "counts with `link: xdp` alone", error);
	if (err == 0)
		err = network_plan_read(&plan, config, error);
	if (err == 0)
		err = check_faults(config, error);
	if (err == 0 && config->mtu != 0 && config->mtu < MTU_MIN)
		err = refuse(config, config_line(config, "mtu"), "mtu",
			     "is less than 1280, the least that IPv6 can do with", error);
	return err;
}

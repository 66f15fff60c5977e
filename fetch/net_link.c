#include "fetch/net_link.h"

#include <stdio.h>
#include <stdlib.h>

#include "fetch/module.h"
#include "fetch/net_link_module.h"
#include "stack/base/err.h"
#include "stack/link/bad_line.h"
#include "stack/link/capture.h"
#include "stack/link/packet.h"
#include "stack/link/raw.h"
#include "stack/link/tap.h"

static int
complain(struct failure *failure, int err, const struct link_error *why)
{
	const char *text = why->text[0] != '\0' ? why->text : err_text(err);

	if (err == ERR_PERMISSION)
		failure_set(failure, FAILURE_PRIVILEGE,
			    "%s; run as root, or once `setcap cap_net_raw=ep` on the program", text);
	else
		failure_set(failure, FAILURE_LINK, "%s", text);
	return err;
}

static int
open_raw(struct net_link_parts *parts, unsigned udp_ports, struct rng *rng, uint64_t now_us,
	 struct link_error *why)
{
	int err = guard_plan_init(&parts->plan, 1, udp_ports != 0 ? udp_ports : NET_UDP_PORTS, rng, why);
	if (err != 0)
		return err;
	err = guard_tcp_open_few(&parts->guard_tcp, &parts->plan, 0, NET_TCP_PORTS, rng, why);
	if (err != 0)
		return err;
	parts->udp_plan = parts->plan;
	parts->has_guard = true;
	const struct raw_config raw = { .guard = &parts->guard,
	                                .guard_tcp = &parts->guard_tcp,
	                                .is_everywhere = true,
	                                .is_udp_later = true };
	err = raw_open(&parts->link, &raw, now_us, why);
	parts->raw = parts->link;
	return err;
}

/* The libraries of AF_XDP are mapped for nobody else. */
static int
open_xdp(struct net_link_parts *parts, const char *device, uint64_t now_us, struct link_error *why)
{
	const struct xdp_config xdp = { .device = device };
	struct failure failure;
	const struct net_link_module *module =
		module_load(NET_LINK_MODULE_FILE, NET_LINK_MODULE_SYMBOL, FAILURE_LINK, &failure);

	if (module == NULL) {
		(void)snprintf(why->text, sizeof why->text, "%.190s", failure.text);
		return ERR_NOT_FOUND;
	}
	return module->xdp_open(&parts->link, &xdp, now_us, why);
}

static int
open_link(struct net_link_parts *parts, const struct net_options *options, struct rng *rng,
	  uint64_t now_us, struct link_error *why)
{
	const struct packet_config packet = { .device = options->device };
	const struct tap_config tap = { .device = options->device };

	if (options->given != NULL) {
		parts->link = options->given;
		parts->is_given = true;
		return 0;
	}
	switch (options->link) {
	case NET_LINK_RAW: return open_raw(parts, options->udp_ports, rng, now_us, why);
	case NET_LINK_PACKET: return packet_open(&parts->link, &packet, now_us, why);
	case NET_LINK_TAP: return tap_open(&parts->link, &tap, why);
	case NET_LINK_XDP: return open_xdp(parts, options->device, now_us, why);
	}
	return ERR_UNSUPPORTED;
}

static int
wrap_in_faults(struct net_link_parts *parts, const char *text, struct link_error *why)
{
	struct faults_config faults;
	const char *wrong;

	if (text == NULL)
		return 0;
	int err = bad_line_from_text(&faults, text, &wrong);
	if (err != 0) {
		(void)snprintf(why->text, sizeof why->text, "faults: wrong from `%.40s` on", wrong);
		return err;
	}
	parts->faults_block = aligned_alloc(64, (faults_bytes() + 63) & ~(size_t)63);
	if (parts->faults_block == NULL)
		return ERR_NO_MEMORY;
	parts->link = faults_new(parts->faults_block, parts->link, &faults);
	return 0;
}

/* wall_us: what the wall's clock says now; 0: it is asked. */
static int
wrap_in_capture(struct net_link_parts *parts, const char *path, uint64_t wall_us, uint64_t now_us,
		struct link_error *why)
{
	const struct capture_config capture = { .path = path,
						.wall_us = wall_us,
						.application = "cairn-fetch " CAIRN_VERSION };
	struct link *inside = parts->link;

	return path == NULL ? 0 : capture_open(&parts->link, inside, &capture, now_us, why);
}

int
net_link_open(struct net_link_parts *parts, const struct net_options *options, struct rng *rng,
	      uint64_t now_us, struct failure *failure)
{
	struct link_error why = { "" };

	*parts = (struct net_link_parts){ .link = NULL };
	int err = open_link(parts, options, rng, now_us, &why);
	if (err == 0)
		err = wrap_in_faults(parts, options->faults, &why);
	if (err == 0)
		err = wrap_in_capture(parts, options->capture, 0, now_us, &why);
	if (err == 0)
		err = wrap_in_capture(parts, options->journey_capture, now_us + options->capture_ahead_us, now_us, &why);
	if (err == 0)
		return 0;
	net_link_close(parts);
	return complain(failure, err, &why);
}

int
net_link_open_udp(struct net_link_parts *parts, struct rng *rng, uint64_t now_us, struct failure *failure)
{
	struct link_error why = { "" };

	if (parts->raw == NULL || parts->has_udp)
		return 0;
	int err = guard_open(&parts->guard, &parts->udp_plan, 0, rng, now_us, &why);
	if (err == 0)
		err = raw_hear_udp(parts->raw, &why);
	if (err != 0) {
		guard_close(&parts->guard);
		return complain(failure, err, &why);
	}
	parts->has_udp = true;
	return 0;
}

int
net_link_more_udp(struct net_link_parts *parts, unsigned udp_ports, struct rng *rng, uint64_t now_us, struct failure *failure)
{
	struct link_error why = { "" };

	if (parts->raw == NULL || parts->udp_plan.port_count >= udp_ports)
		return 0;
	if (parts->has_udp)
		guard_close(&parts->guard);
	parts->has_udp = false;
	const int err = guard_plan_init(&parts->udp_plan, 1, udp_ports, rng, &why);
	return err == 0 ? net_link_open_udp(parts, rng, now_us, failure) : complain(failure, err, &why);
}

void
net_link_close(struct net_link_parts *parts)
{
	if (parts->link != NULL && !parts->is_given)
		parts->link->ops->close(parts->link);
	if (parts->has_guard) {
		guard_close(&parts->guard);
		guard_tcp_close(&parts->guard_tcp);
	}
	free(parts->faults_block);
	*parts = (struct net_link_parts){ .link = NULL };
}

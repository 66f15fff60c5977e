/*
 * xdp_absent.c - in the place of xdp.c and xdp_door.c where libxdp or libbpf was missing when Cairn was built.
 */
#include <stddef.h>
#include <stdio.h>

#include "stack/base/err.h"
#include "stack/link/xdp.h"
#include "stack/link/xdp_door.h"

int
xdp_open(struct link **link, const struct xdp_config *config, uint64_t now_us, struct link_error *told)
{
	(void)link;
	(void)config;
	(void)now_us;
	(void)snprintf(told->text, sizeof told->text, "%s", XDP_ABSENT);
	return ERR_UNSUPPORTED;
}

int
xdp_door_open(struct xdp_door **door, const struct xdp_door_config *config, struct link_error *told)
{
	(void)door;
	(void)config;
	(void)snprintf(told->text, sizeof told->text, "%s", XDP_ABSENT);
	return ERR_UNSUPPORTED;
}

/* Nobody has a door to call the rest with. */
void
xdp_door_close(struct xdp_door *door)
{
	(void)door;
}

struct link *
xdp_door_link(struct xdp_door *door, unsigned share)
{
	(void)door;
	(void)share;
	return NULL;
}

uint32_t
xdp_door_ifindex(const struct xdp_door *door)
{
	(void)door;
	return 0;
}

size_t
xdp_door_addr_count(struct xdp_door *door)
{
	(void)door;
	return 0;
}

int
xdp_door_set_addrs(struct xdp_door *door, unsigned share, const struct ip_addr *addrs, size_t count)
{
	(void)door;
	(void)share;
	(void)addrs;
	(void)count;
	return ERR_UNSUPPORTED;
}

/*
 * xdp_absent.c - in the place of xdp.c where libxdp or libbpf was missing when Cairn was built.
 */
#include <stdio.h>

#include "stack/base/err.h"
#include "stack/link/xdp.h"

int
xdp_open(struct link **link, const struct xdp_config *config, uint64_t now_us, struct link_error *told)
{
	(void)link;
	(void)config;
	(void)now_us;
	(void)snprintf(told->text, sizeof told->text, "%s", XDP_ABSENT);
	return ERR_UNSUPPORTED;
}

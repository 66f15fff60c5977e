/* The module that has link xdp. */
#include "fetch/net_link_module.h"

__attribute__((visibility("default"))) const struct net_link_module cairn_fetch_xdp = {
	.xdp_open = xdp_open,
};

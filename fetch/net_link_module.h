/*
 * net_link_module.h - what net_link.c finds in the module that has link xdp with its libraries (module.h).
 */
#ifndef CAIRN_FETCH_NET_LINK_MODULE_H
#define CAIRN_FETCH_NET_LINK_MODULE_H

#include "stack/link/xdp.h"

#define NET_LINK_MODULE_FILE   "libcairn-fetch-xdp.so"
#define NET_LINK_MODULE_SYMBOL "cairn_fetch_xdp"

struct net_link_module {
	int (*xdp_open)(struct link **link, const struct xdp_config *config, uint64_t now_us, struct link_error *told);
};

extern const struct net_link_module cairn_fetch_xdp;

#endif

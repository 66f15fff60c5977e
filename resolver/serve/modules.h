/*
 * modules.h - module-config: what of the parts that unbound knows as modules is switched on.
 *
 * Their order means nothing here; `iterator` is always there, and `respip` (response policy) too.
 *
 * Errors: ERR_MALFORMED, with one line in `error`.
 */
#ifndef CAIRN_RESOLVER_SERVE_MODULES_H
#define CAIRN_RESOLVER_SERVE_MODULES_H

#include "resolver/serve/config.h"

struct modules {
	bool validator, dns64, iterator, respip;
};

int modules_read(struct modules *modules, const struct config *config, char error[CONFIG_ERROR_BYTES]);

#endif

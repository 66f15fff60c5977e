/*
 * basis.h - one number for all that the records in the caches rest on.
 *
 * Trust anchors and names without, what is validated and when, whether signatures are asked for, root hints, forwarders and
 * stubs, addresses that no answer may have, whether glue is believed.  Records that outlive a process (cache_file.h) are of use to
 * the next if its number is the same; what only decides what a client is told (policy zones, access, local data) is no part of it.
 */
#ifndef CAIRN_RESOLVER_SERVE_BASIS_H
#define CAIRN_RESOLVER_SERVE_BASIS_H

#include "resolver/serve/settings.h"

uint64_t basis_of(const struct settings *settings);

#endif

/*
 * link_priv.h - what the shells of this folder share: error lines, socket options, batches.
 */
#ifndef CAIRN_STACK_LINK_PRIV_H
#define CAIRN_STACK_LINK_PRIV_H

#include <stdint.h>

#include "stack/link/filter.h"
#include "stack/link/link.h"

/*
 * The ERR_* that an errno means, after writing "WHAT: the system's words (needs CAPABILITY)" into error.
 * capability may be NULL; it is named only when the system refused for want of it.
 */
int link__fail(struct link_error *error, int errno_value, const char *capability, const char *format, ...)
        __attribute__((format(printf, 4, 5)));

int link__attach(int fd, const struct filter *filter);

/* Asks for a large queue: past net.core.rmem_max or wmem_max where CAP_NET_ADMIN lets us. */
void link__grow_buffers(int fd, int receive_bytes, int send_bytes);

#endif

/*
 * descriptors.h - room for as many descriptors as the configuration may come to use: the limit, and the kernel's table of them.
 *
 * That table doubles when it is full, and in a process of several threads whoever opens the descriptor that does not fit waits
 * until every processor has left the old one, some milliseconds each time: a worker under load, and the main thread while it opens
 * guards.  So it gets its full size, 8 octets a descriptor, while there is one thread.
 */
#ifndef CAIRN_RESOLVER_SERVE_DESCRIPTORS_H
#define CAIRN_RESOLVER_SERVE_DESCRIPTORS_H

#include "resolver/serve/config.h"
#include "stack/base/log.h"

/* After the guards' plan, which has raised the limit for itself, and before the first thread.  What cannot be had is a warning. */
void descriptors_open(const struct config *config, size_t endpoint_count, const struct log *log);

#endif

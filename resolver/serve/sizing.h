/*
 * sizing.h - how large a worker's cores are made, by the configuration.
 *
 * Pure.  What is reserved becomes memory only as it is used.
 */
#ifndef CAIRN_RESOLVER_SERVE_SIZING_H
#define CAIRN_RESOLVER_SERVE_SIZING_H

#include "resolver/iterate/engine.h"
#include "resolver/serve/config.h"
#include "stack/stack.h"

struct engine_limits sizing_engine(const struct config *config);
/* For the connections upstream of so many queries, and where the stack is a station those of clients too. */
struct stack_limits sizing_stack(const struct config *config, const struct engine_limits *engine);

#endif

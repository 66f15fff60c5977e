/*
 * core_config.h - what the configuration says about a worker's cores: how they behave, and how large they are made.
 *
 * Pure.  What is reserved becomes memory only as it is used.
 */
#ifndef CAIRN_RESOLVER_SERVE_CORE_CONFIG_H
#define CAIRN_RESOLVER_SERVE_CORE_CONFIG_H

#include "resolver/iterate/engine.h"
#include "resolver/serve/config.h"
#include "stack/stack.h"

/* The engine's part of the configuration. */
struct engine_config core_config_engine(const struct config *config);
struct engine_limits core_config_engine_limits(const struct config *config);
/* For the connections upstream of so many queries, and where the stack is a station those of clients too. */
struct stack_limits core_config_stack_limits(const struct config *config, const struct engine_limits *engine);

#endif

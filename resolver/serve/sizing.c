#include "resolver/serve/sizing.h"

#include "resolver/iterate/upstream_tcp.h"
#include "resolver/serve/network.h"

#define TCP_BUFFER_BYTES       (16u << 20) /* of all connections of our own stack upstream ... */
#define TCP_CLIENT_BUFFER_BYTES 16384u      /* ... and of a client's, on average: hardly any has much unread */
#define TCP_CLIENTS_BUFFERED_MAX 65536u     /* 1 GiB; with more there is less for each */
#define CLIENTS_PER_TASK_MEAN 4u /* places for waiting clients, a question that may be resolved */
/*
 * A name that many want at once and that takes long: those who come after so many are told SERVFAIL.  Each address is
 * bounded by itself (quota.h), so this one may be wide.
 */
#define CLIENTS_PER_TASK_MAX  1000u

struct engine_limits
sizing_engine(const struct config *config)
{
	struct engine_limits limits = engine_limits_default;
	limits.task_count = config->num_queries_per_thread;
	limits.client_count = config->num_queries_per_thread * CLIENTS_PER_TASK_MEAN;
	limits.query_count = config->outgoing_range;
	limits.clients_per_task = CLIENTS_PER_TASK_MAX;
	return limits;
}

/* Connections upstream, and where the stack is a station, those of clients. */
struct stack_limits
sizing_stack(const struct config *config, const struct engine_limits *engine)
{
	struct stack_limits limits = stack_limits_default;
	uint32_t clients = network_is_shared(config) || !config->do_tcp ? 0 : config->incoming_num_tcp;
	limits.flow_count = engine->query_count;
	limits.tcp_count = 4 * UPSTREAM_TCP_CONNS + clients;
	limits.tcp_buffer_bytes = TCP_BUFFER_BYTES + (clients < TCP_CLIENTS_BUFFERED_MAX ? clients : TCP_CLIENTS_BUFFERED_MAX) *
						     TCP_CLIENT_BUFFER_BYTES;
	limits.tcp_sent_count = 16 * UPSTREAM_TCP_CONNS + 4 * clients;
	limits.tcp_syn_count = UPSTREAM_TCP_CONNS + clients;
	limits.tcp_time_wait_count = 16 * UPSTREAM_TCP_CONNS + 4 * clients;
	return limits;
}

#include "resolver/serve/listen_own_tcp.h"

#include <stdlib.h>

#include "resolver/serve/listen_tcp.h"
#include "resolver/serve/stream.h"
#include "resolver/serve/worker.h"

struct listen_own_tcp {
	struct listener base;
	tcp_conn conn; /* the listening one */
};

static const struct ip_addr every_address = { .family = ADDR_NONE };

void
listen_own_tcp_turn(struct listener *listener)
{
	struct listen_own_tcp *own = (struct listen_own_tcp *)listener;
	struct stack *stack = worker_stack(listener->worker);
	struct stream_pool *pool = worker_streams(listener->worker);

	for (unsigned i = 0; i < TCP_TURN_ACCEPTS; i++) {
		if ((tcp_poll(stack, own->conn) & TCP_EVENT_ACCEPTABLE) == 0 ||
		    !stream_pool_has_room(pool))
			break;
		stream_open_own(pool, listener, own->conn);
	}
}

static void
listen_own_tcp_close(struct listener *listener, void (*on_close)(struct listener *listener))
{
	struct listen_own_tcp *own = (struct listen_own_tcp *)listener;
	stream_pool_close_of(worker_streams(listener->worker), listener);
	tcp_close(worker_stack(listener->worker), own->conn, worker_now_us(listener->worker));
	if (on_close != NULL)
		on_close(listener);
	free(own);
}

static const struct listener_ops listen_own_tcp_ops = {
	.lend = stream_lend_to,
	.send = stream_send_to,
	.close = listen_own_tcp_close,
};

int
listen_own_tcp_new(struct listener **listener, struct worker *worker, uint16_t port)
{
	struct listen_own_tcp *own = calloc(1, sizeof *own);
	if (own == NULL)
		return ERR_NO_MEMORY;
	own->base = (struct listener){
		.ops = &listen_own_tcp_ops,
		.worker = worker,
		.endpoint = { .addr = every_address, .port = port },
		.transport = ENDPOINT_TCP,
	};
	struct tcp_config config = tcp_config_default;
	config.no_delay = true; /* what belongs together is gathered before it is sent */
	config.send_buffer_bytes = config.send_buffer_bytes_max = LISTEN_OWN_SEND_BYTES;
	config.receive_buffer_bytes = config.receive_buffer_bytes_max = LISTEN_OWN_RECEIVE_BYTES;
	int err = tcp_listen(worker_stack(worker), &every_address, port, LISTEN_OWN_BACKLOG, &config,
			     0, &own->conn);
	if (err != 0) {
		free(own);
		return err;
	}
	*listener = &own->base;
	return 0;
}

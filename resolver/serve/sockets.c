/* sockets.c - kernel sockets for every worker, opened by the main thread while it still may (server.h). */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "resolver/serve/server_priv.h"

/*
 * With SO_REUSEPORT the kernel would let us join whoever of our user has the port already, an older cairnd say, and
 * each would get some of the queries.  A socket without it finds that out.
 */
static int
probe(const struct endpoint *endpoint, enum endpoint_transport transport,
      const struct endpoint_options *options, char error[CONFIG_ERROR_BYTES])
{
	struct endpoint_options alone = *options;
	int fd;
	alone.reuse_port = false;
	int err = endpoint_open(endpoint, transport, &alone, &fd, error);
	if (err == 0)
		(void)close(fd);
	return err;
}

static int
open_one(const struct endpoint *endpoint, enum endpoint_transport transport,
	 const struct endpoint_options *options, const struct worker_socket *first, int *fd,
	 char error[CONFIG_ERROR_BYTES])
{
	if (options->reuse_port || first == NULL)
		return endpoint_open(endpoint, transport, options, fd, error);
	*fd = fcntl(first->fd, F_DUPFD_CLOEXEC, 0);
	if (*fd >= 0)
		return 0;
	(void)snprintf(error, CONFIG_ERROR_BYTES, "sharing a socket: %s", strerror(errno));
	return ERR_IO;
}

/* One socket a worker, at sockets[0], sockets[stride], ...: all or none. */
int
server__open_socket(const struct server *server, const struct config *config,
		    const struct endpoint *endpoint, enum endpoint_transport transport,
		    struct worker_socket *sockets, size_t stride, char error[CONFIG_ERROR_BYTES])
{
	struct endpoint_options options = {
		.reuse_port = config->so_reuseport && server->worker_count > 1,
		.freebind = config->ip_freebind,
		.receive_bytes = config->so_rcvbuf,
		.send_bytes = config->so_sndbuf,
	};
	int err = probe(endpoint, transport, &options, error);
	unsigned i = 0;
	for (; i < server->worker_count && err == 0; i++) {
		struct worker_socket *socket = &sockets[i * stride];
		*socket = (struct worker_socket){ .endpoint = *endpoint,
						  .transport = transport,
						  .fd = -1 };
		err = open_one(endpoint, transport, &options, i > 0 ? &sockets[0] : NULL,
			       &socket->fd, error);
	}
	while (err != 0 && i-- > 0)
		server__close_sockets(&sockets[i * stride], 1);
	return err;
}

void
server__close_sockets(struct worker_socket *sockets, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (sockets[i].fd >= 0)
			(void)close(sockets[i].fd);
		sockets[i].fd = -1;
	}
}

/*
 * One for each place, transport and worker, before the workers open guards (stack/link/guard.h): else one of those
 * may be drawn that has the very port.
 */
int
server__open_sockets(struct server *server, char error[CONFIG_ERROR_BYTES])
{
	static const enum endpoint_transport transports[] = { ENDPOINT_UDP, ENDPOINT_TCP };
	const struct settings *settings = server->settings;
	const struct config *config = &settings->config;

	if (settings->endpoint_count == 0 && network_is_shared(config)) {
		(void)snprintf(error, CONFIG_ERROR_BYTES,
			       "there is no address to serve clients on: set `interface`");
		return ERR_NOT_FOUND;
	}
	server->sockets = calloc(settings->endpoint_count * 2 * server->worker_count + 1, sizeof *server->sockets);
	if (server->sockets == NULL) {
		(void)snprintf(error, CONFIG_ERROR_BYTES, "sockets: %s", err_text(ERR_NO_MEMORY));
		return ERR_NO_MEMORY;
	}
	for (size_t i = 0; i < settings->endpoint_count * 2; i++) {
		const enum endpoint_transport transport = transports[i % 2];
		if (!(transport == ENDPOINT_UDP ? config->do_udp : config->do_tcp))
			continue;
		int err = server__open_socket(server, config, &settings->endpoints[i / 2], transport,
					      &server->sockets[server->socket_count], 1, error);
		if (err != 0)
			return err;
		server->socket_count += server->worker_count;
	}
	return 0;
}

/* A worker has its socket, also where it fails. */
int
server__listen(struct server *server, char error[CONFIG_ERROR_BYTES])
{
	for (size_t i = 0; i < server->socket_count; i++) {
		struct worker_socket *socket = &server->sockets[i];
		const int err = worker_listen(server->workers[i % server->worker_count], socket);
		socket->fd = -1;
		if (err != 0) {
			(void)snprintf(error, CONFIG_ERROR_BYTES, "watching a socket: %s", uv_strerror(err));
			return err;
		}
	}
	return 0;
}

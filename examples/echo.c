/*
 * echo - a server that sends back what it hears, and its client, each a host of its own (RFC 862).
 *	echo DEVICE ADDRESS/LEN             serves one client and ends
 *	echo DEVICE ADDRESS/LEN PEER TEXT   prints what comes back
 */
#include <err.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>

#include <stack/host.h>
#include <stack/link/packet.h>

static void
serve(struct cairn *cairn, const struct addrinfo *any)
{
	int client, listener = cairn_socket(cairn, any->ai_family, SOCK_STREAM, 0);
	char buffer[4096];
	if (cairn_bind(cairn, listener, any->ai_addr, any->ai_addrlen) != 0 || cairn_listen(cairn, listener, 16) != 0 ||
	    (client = cairn_accept(cairn, listener, NULL, NULL)) < 0)
		err(1, "server");
	for (ssize_t size; (size = cairn_read(cairn, client, buffer, sizeof buffer)) > 0;)
		(void)cairn_write(cairn, client, buffer, (size_t)size); /* where it fails, read does */
}

static void
ask(struct cairn *cairn, const struct addrinfo *server, const char *text)
{
	const int fd = cairn_socket(cairn, server->ai_family, SOCK_STREAM, 0);
	char buffer[4096];
	if (cairn_connect(cairn, fd, server->ai_addr, server->ai_addrlen) != 0 ||
	    cairn_write(cairn, fd, text, strlen(text)) < 0 || cairn_shutdown(cairn, fd, SHUT_WR) != 0)
		err(1, "server");
	for (ssize_t size; (size = cairn_read(cairn, fd, buffer, sizeof buffer)) > 0;)
		(void)fwrite(buffer, 1, (size_t)size, stdout);
}

int
main(int argc, char **argv)
{
	const char *peer = argc == 5 ? argv[3] : "::"; /* anybody, with IPv4 as ::ffff:a.b.c.d */
	struct addrinfo *name;
	struct ip_addr addr;
	struct cairn_host *host;
	struct link_error error;
	struct link *link;
	if ((argc != 3 && argc != 5) || addr_from_text(&addr, peer) != 0 || getaddrinfo(peer, "7", NULL, &name) != 0)
		errx(2, "usage: echo DEVICE ADDRESS/LEN [PEER TEXT]");
	if (packet_open(&link, &(struct packet_config){ .device = argv[1] }, 0, &error) != 0 ||
	    cairn_host_open(&host, link, &(struct cairn_host_config){ .addrs = { argv[2] } }, &error) != 0)
		errx(1, "%s", error.text);
	if (argc == 3)
		serve(cairn_host_calls(host), name);
	else if (cairn_host_await(host, &addr, 10000) == 0)
		ask(cairn_host_calls(host), name, argv[4]);
	else
		errx(1, "%s cannot be reached", peer);
	freeaddrinfo(name);
	cairn_host_close(host);
}

/*
 * echo - a server that sends back what it hears, and its client, each a host of its own on a device (RFC 862 over TCP).
 *
 *	echo server DEVICE ADDRESS/LEN             serves one client and ends
 *	echo client DEVICE ADDRESS/LEN PEER TEXT   prints what comes back
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include <stack/host.h>
#include <stack/link/packet.h>

#define PORT 7

static int
serve(struct cairn *cairn)
{
	const struct sockaddr_in6 any = { .sin6_family = AF_INET6, .sin6_port = htons(PORT) };
	const int listener = cairn_socket(cairn, AF_INET6, SOCK_STREAM, 0); /* IPv4 comes as ::ffff:a.b.c.d */
	char buffer[4096];
	ssize_t size;
	if (cairn_bind(cairn, listener, (const struct sockaddr *)&any, sizeof any) != 0 ||
	    cairn_listen(cairn, listener, 16) != 0)
		return 1;
	const int client = cairn_accept(cairn, listener, NULL, NULL);
	while ((size = cairn_read(cairn, client, buffer, sizeof buffer)) > 0)
		if (cairn_write(cairn, client, buffer, (size_t)size) != size)
			return 1;
	return size == 0 && cairn_close(cairn, client) == 0 ? 0 : 1;
}

static int
ask(struct cairn_host *host, const char *peer, const char *text)
{
	struct cairn *cairn = cairn_host_calls(host);
	struct ip_addr addr;
	char mapped[64], buffer[4096];
	struct sockaddr_in6 server = { .sin6_family = AF_INET6, .sin6_port = htons(PORT) };
	(void)snprintf(mapped, sizeof mapped, "%s%s", strchr(peer, ':') != NULL ? "" : "::ffff:", peer);
	if (addr_from_text(&addr, peer) != 0 || inet_pton(AF_INET6, mapped, &server.sin6_addr) != 1 ||
	    cairn_host_await(host, &addr, 10000) != 0)
		return 1;
	const int fd = cairn_socket(cairn, AF_INET6, SOCK_STREAM, 0);
	if (cairn_connect(cairn, fd, (const struct sockaddr *)&server, sizeof server) != 0 ||
	    cairn_write(cairn, fd, text, strlen(text)) < 0 || cairn_shutdown(cairn, fd, SHUT_WR) != 0)
		return 1;
	for (ssize_t size; (size = cairn_read(cairn, fd, buffer, sizeof buffer)) > 0;)
		(void)fwrite(buffer, 1, (size_t)size, stdout);
	return 0;
}

int
main(int argc, char **argv)
{
	if (argc < 4 || (strcmp(argv[1], "client") == 0 && argc != 6))
		return fprintf(stderr, "usage: echo server|client DEVICE ADDRESS/LEN [PEER TEXT]\n"), 2;
	const struct packet_config device = { .device = argv[2] };
	const struct cairn_host_config config = { .addrs = { argv[3] } };
	struct cairn_host *host;
	struct link_error error;
	struct link *link;
	if (packet_open(&link, &device, 0, &error) != 0 || cairn_host_open(&host, link, &config, &error) != 0)
		return fprintf(stderr, "echo: %s\n", error.text), 1;
	const int status = argc == 6 ? ask(host, argv[4], argv[5]) : serve(cairn_host_calls(host));
	if (status != 0)
		perror("echo");
	cairn_host_close(host);
	return status;
}

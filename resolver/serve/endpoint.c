#include "resolver/serve/endpoint.h"

#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "resolver/serve/port_owner.h"
#include "stack/base/err.h"

#define LISTEN_BACKLOG 1024 /* the kernel cuts it to net.core.somaxconn */

/* ---- reading the configuration ---------------------------------------------------------------------------- */

/* Cuts "ADDRESS%DEVICE@PORT" at its marks; NULL for what is not there. */
static void
entry_split(char *entry, char **device, char **port)
{
	*port = strchr(entry, '@');
	if (*port != NULL)
		*(*port)++ = '\0';
	*device = strchr(entry, '%');
	if (*device != NULL)
		*(*device)++ = '\0';
}

static bool
port_from_text(const char *text, uint16_t *port)
{
	char *end;
	errno = 0;
	unsigned long value = strtoul(text, &end, 10);
	if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0 || value == 0 ||
	    value > 65535)
		return false;
	*port = (uint16_t)value;
	return true;
}

/* Returns what is wrong with the entry, in words; NULL when nothing is. */
static const char *
endpoint_from_text(struct endpoint *endpoint, const char *text)
{
	char entry[ENDPOINT_TEXT_BYTES + IF_NAMESIZE], *device, *port;
	if (strlen(text) >= sizeof entry)
		return "is no address";
	strcpy(entry, text);
	entry_split(entry, &device, &port);
	if (addr_from_text(&endpoint->addr, entry) != 0)
		return "is no address (write it as 192.0.2.1, 2001:db8::1@5353 or fe80::1%eth0)";
	if (addr_is_multicast(&endpoint->addr) || addr_is_ipv4_mapped(&endpoint->addr))
		return "is not an address that a server can have";
	if (port != NULL && !port_from_text(port, &endpoint->port))
		return "has no port of 1 to 65535 behind the `@`";
	if (device != NULL && (endpoint->scope = if_nametoindex(device)) == 0)
		return "names a device that the host does not have";
	if (endpoint->addr.family == ADDR_IPV6 && addr_is_link_local(&endpoint->addr) &&
	    device == NULL)
		return "is a link-local address: put the device behind it, as in fe80::1%eth0";
	return NULL;
}

bool
endpoint_equal(const struct endpoint *a, const struct endpoint *b)
{
	return a->port == b->port && a->scope == b->scope && addr_equal(&a->addr, &b->addr);
}

static bool
endpoints_hold(const struct endpoint *endpoints, size_t count, const struct endpoint *endpoint)
{
	for (size_t i = 0; i < count; i++)
		if (endpoint_equal(&endpoints[i], endpoint))
			return true;
	return false;
}

int
endpoints_from_config(struct endpoint endpoints[ENDPOINTS_MAX], size_t *count,
		      const struct config *config, char error[CONFIG_ERROR_BYTES])
{
	const struct config_list *list = &config->interface;
	*count = 0;
	for (size_t i = 0; i < list->count; i++) {
		struct endpoint endpoint = { .port = (uint16_t)config->port,
					     .line = list->lines[i] };
		const char *why = endpoint_from_text(&endpoint, list->items[i]);
		if (why == NULL && *count == ENDPOINTS_MAX)
			why = "is one more than the 256 that can be served";
		if (why != NULL) {
			config_complain(error, config, list->lines[i], "interface: `%s` %s",
					list->items[i], why);
			return ERR_MALFORMED;
		}
		if (!endpoints_hold(endpoints, *count, &endpoint))
			endpoints[(*count)++] = endpoint;
	}
	return 0;
}

const char *
endpoint_to_text(const struct endpoint *endpoint, char *text, size_t text_bytes)
{
	char addr[ADDR_TEXT_BYTES], scope[16] = "";
	addr_to_text(&endpoint->addr, addr, sizeof addr);
	if (endpoint->scope != 0)
		(void)snprintf(scope, sizeof scope, "%%%u", endpoint->scope);
	(void)snprintf(text, text_bytes, "%s%s@%u", addr, scope, endpoint->port);
	return text;
}

/* ---- addresses as the kernel has them ------------------------------------------------------------------------ */

socklen_t
endpoint_to_sockaddr(const struct ip_addr *addr, uint16_t port, uint32_t scope,
		     struct sockaddr_storage *to)
{
	if (addr->family == ADDR_IPV4) {
		struct sockaddr_in *in = (struct sockaddr_in *)to;
		*in = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons(port) };
		memcpy(&in->sin_addr, addr->octets, sizeof in->sin_addr);
		return sizeof *in;
	}
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)to;
	*in6 = (struct sockaddr_in6){ .sin6_family = AF_INET6,
				      .sin6_port = htons(port),
				      .sin6_scope_id = scope };
	memcpy(&in6->sin6_addr, addr->octets, sizeof in6->sin6_addr);
	return sizeof *in6;
}

bool
endpoint_from_sockaddr(const struct sockaddr_storage *from, struct ip_addr *addr, uint16_t *port,
		       uint32_t *scope)
{
	if (from->ss_family == AF_INET) {
		const struct sockaddr_in *in = (const struct sockaddr_in *)from;
		*addr = addr_ipv4((const uint8_t *)&in->sin_addr);
		*port = ntohs(in->sin_port);
		*scope = 0;
		return true;
	}
	if (from->ss_family != AF_INET6)
		return false;
	const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)from;
	*addr = addr_ipv6((const uint8_t *)&in6->sin6_addr);
	*port = ntohs(in6->sin6_port);
	*scope = in6->sin6_scope_id;
	return true;
}

/* ---- sockets ---------------------------------------------------------------------------------------------------- */

static bool
is_wildcard(const struct endpoint *endpoint)
{
	return addr_is_unspecified(&endpoint->addr);
}

static int
set_option(int fd, int level, int option, int value)
{
	return setsockopt(fd, level, option, &value, sizeof value);
}

/* What only makes things better: an old kernel or a sandbox without it is no reason not to start. */
static void
set_wishes(int fd, const struct endpoint *endpoint, enum endpoint_transport transport,
	   const struct endpoint_options *options)
{
	bool is_ipv4 = endpoint->addr.family == ADDR_IPV4;
	if (transport == ENDPOINT_UDP) {
		/* OMIT ignores path MTUs that ICMP claims, which anybody can forge; DONT at least never sets DF. */
		if (is_ipv4 && set_option(fd, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_OMIT) != 0)
			(void)set_option(fd, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DONT);
		if (!is_ipv4 &&
		    set_option(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_OMIT) != 0)
			(void)set_option(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_DONT);
	} else {
		(void)set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1);
		return; /* connections' buffers are best left to the kernel, which sizes them by need */
	}
	/* FORCE needs CAP_NET_ADMIN and goes past net.core.rmem_max; without it as far as that. */
	int receive = (int)options->receive_bytes, send = (int)options->send_bytes;
	if (receive > 0 && set_option(fd, SOL_SOCKET, SO_RCVBUFFORCE, receive) != 0)
		(void)set_option(fd, SOL_SOCKET, SO_RCVBUF, receive);
	if (send > 0 && set_option(fd, SOL_SOCKET, SO_SNDBUFFORCE, send) != 0)
		(void)set_option(fd, SOL_SOCKET, SO_SNDBUF, send);
}

/* What must hold, or answers would come from the wrong address or the port could not be shared. */
static int
set_needs(int fd, const struct endpoint *endpoint, enum endpoint_transport transport,
	  const struct endpoint_options *options)
{
	bool is_ipv4 = endpoint->addr.family == ADDR_IPV4;
	int failed = 0;
	if (options->reuse_port)
		failed |= set_option(fd, SOL_SOCKET, SO_REUSEPORT, 1);
	if (!is_ipv4)
		failed |= set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
	if (options->freebind)
		failed |= is_ipv4 ? set_option(fd, IPPROTO_IP, IP_FREEBIND, 1)
				  : set_option(fd, IPPROTO_IPV6, IPV6_FREEBIND, 1);
	if (transport == ENDPOINT_UDP && is_wildcard(endpoint))
		failed |= is_ipv4 ? set_option(fd, IPPROTO_IP, IP_PKTINFO, 1)
				  : set_option(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
	return failed;
}

bool
endpoint_is_here(const struct endpoint *endpoint)
{
	struct sockaddr_storage addr;
	socklen_t addr_size = endpoint_to_sockaddr(&endpoint->addr, 0, endpoint->scope, &addr);
	int fd = socket(addr.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool is_here = fd >= 0 && bind(fd, (const struct sockaddr *)&addr, addr_size) == 0;
	if (fd >= 0)
		(void)close(fd);
	return is_here;
}

/* Says why the socket could not be had: what was asked of the system, its words, and what helps. */
static int
complain(const struct endpoint *endpoint, enum endpoint_transport transport, const char *call,
	 int system_error, char error[CONFIG_ERROR_BYTES])
{
	char place[ENDPOINT_TEXT_BYTES], owner[PORT_OWNER_TEXT_BYTES];
	const char *over = transport == ENDPOINT_UDP ? "UDP" : "TCP";
	endpoint_to_text(endpoint, place, sizeof place);
	int used = snprintf(error, CONFIG_ERROR_BYTES, "cannot serve %s over %s: %s: %s", place,
			    over, call, strerror(system_error));
	char *more = error + used;
	size_t room = CONFIG_ERROR_BYTES - (size_t)used;
	switch (system_error) {
	case EADDRINUSE:
		port_owner_text(&endpoint->addr, endpoint->port, transport == ENDPOINT_TCP, owner,
				sizeof owner);
		(void)snprintf(more, room,
			       ": %s has the port; stop it, or choose another address or port with "
			       "`interface`",
			       owner);
		return ERR_IN_USE;
	case EACCES:
		(void)snprintf(more, room,
			       ": ports below 1024 need CAP_NET_BIND_SERVICE; start as root or "
			       "under conf/cairnd.service, or run "
			       "`setcap cap_net_raw,cap_net_bind_service=ep` on the program once");
		return ERR_PERMISSION;
	case EADDRNOTAVAIL:
		(void)snprintf(more, room,
			       ": the host does not have this address; add it first, or set "
			       "`ip-freebind: yes`");
		return ERR_NOT_FOUND;
	case EAFNOSUPPORT:
		(void)snprintf(more, room, ": the kernel has no %s",
			       endpoint->addr.family == ADDR_IPV6 ? "IPv6" : "IPv4");
		return ERR_NOT_FOUND;
	default: return ERR_IO;
	}
}

int
endpoint_open(const struct endpoint *endpoint, enum endpoint_transport transport,
	      const struct endpoint_options *options, int *fd, char error[CONFIG_ERROR_BYTES])
{
	struct sockaddr_storage addr;
	socklen_t addr_size =
		endpoint_to_sockaddr(&endpoint->addr, endpoint->port, endpoint->scope, &addr);
	int type = transport == ENDPOINT_UDP ? SOCK_DGRAM : SOCK_STREAM;
	const char *call = "socket";
	*fd = socket(addr.ss_family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (*fd < 0)
		return complain(endpoint, transport, call, errno, error);
	set_wishes(*fd, endpoint, transport, options);
	call = "setsockopt";
	if (set_needs(*fd, endpoint, transport, options) != 0)
		goto close_fd;
	call = "bind";
	if (bind(*fd, (const struct sockaddr *)&addr, addr_size) != 0)
		goto close_fd;
	call = "listen";
	if (transport == ENDPOINT_TCP && listen(*fd, LISTEN_BACKLOG) != 0)
		goto close_fd;
	return 0;
close_fd:;
	int err = complain(endpoint, transport, call, errno, error);
	(void)close(*fd);
	*fd = -1;
	return err;
}

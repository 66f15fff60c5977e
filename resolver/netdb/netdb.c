/* The life of a netdb, and addresses of sockets. */
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "resolver/netdb/netdb_priv.h"

#define DNS_PORT 53u

socklen_t
netdb__sockaddr(struct sockaddr_storage *to, const struct ip_addr *addr, uint32_t scope_id, uint16_t port)
{
	memset(to, 0, sizeof *to);
	if (addr->family == ADDR_IPV4) {
		struct sockaddr_in *in = (struct sockaddr_in *)to;
		in->sin_family = AF_INET;
		in->sin_port = htons(port);
		memcpy(&in->sin_addr, addr->octets, 4);
		return sizeof *in;
	}
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)to;
	in6->sin6_family = AF_INET6;
	in6->sin6_port = htons(port);
	in6->sin6_scope_id = scope_id;
	memcpy(&in6->sin6_addr, addr->octets, 16);
	return sizeof *in6;
}

int
cairn_netdb_open(struct cairn_netdb **netdb, const struct cairn_netdb_config *config)
{
	struct cairn_netdb *made = calloc(1, sizeof *made);
	uint8_t seed[RNG_SEED_BYTES];
	struct ip_addr addr;
	uint32_t scope_id;

	if (made == NULL)
		return EAI_MEMORY;
	made->cairn = config->cairn;
	for (unsigned i = 0; i < NETDB_SERVERS_MAX && config->servers[i] != NULL; i++) {
		if (!netdb__literal_read(config->cairn->stack, config->servers[i], &addr, &scope_id)) {
			free(made);
			return EAI_NONAME;
		}
		made->server_bytes[i] =
			netdb__sockaddr(&made->servers[i], &addr, scope_id, config->port != 0 ? config->port : DNS_PORT);
		made->server_count++;
	}
	if (getrandom(seed, sizeof seed, 0) != (ssize_t)sizeof seed) {
		free(made);
		return EAI_SYSTEM;
	}
	rng_init(&made->rng, seed);
	*netdb = made;
	return 0;
}

void
cairn_netdb_close(struct cairn_netdb *netdb)
{
	free(netdb);
}

#include "fetch/source.h"

#include <ifaddrs.h>
#include <netinet/in.h>
#include <string.h>

/* The first of its family stays. */
static void
take(struct source *source, const struct ip_addr *addr)
{
	struct ip_addr *place = addr->family == ADDR_IPV6 ? &source->ipv6 : &source->ipv4;
	if (place->family == ADDR_NONE)
		*place = *addr;
}

static void
take_from_kernel(struct source *source, const struct sockaddr *addr)
{
	const struct sockaddr_in *ipv4 = (const void *)addr;
	const struct sockaddr_in6 *ipv6 = (const void *)addr;
	struct ip_addr taken = { .family = ADDR_NONE };

	if (addr->sa_family == AF_INET)
		taken = addr_ipv4((const uint8_t *)&ipv4->sin_addr);
	else if (addr->sa_family == AF_INET6 && !IN6_IS_ADDR_LINKLOCAL(&ipv6->sin6_addr))
		taken = addr_ipv6(ipv6->sin6_addr.s6_addr);
	if (taken.family != ADDR_NONE)
		take(source, &taken);
}

int
source_read(struct source *source, const char *name, struct failure *failure)
{
	struct ifaddrs *list = NULL;
	struct ip_addr addr;

	*source = (struct source){ .ipv4 = { .family = ADDR_NONE }, .ipv6 = { .family = ADDR_NONE } };
	if (addr_from_text(&addr, name) == 0) {
		take(source, &addr);
		return 0;
	}
	if (getifaddrs(&list) == 0) {
		for (const struct ifaddrs *at = list; at != NULL; at = at->ifa_next)
			if (at->ifa_addr != NULL && strcmp(at->ifa_name, name) == 0)
				take_from_kernel(source, at->ifa_addr);
		freeifaddrs(list);
	}
	if (source->ipv4.family != ADDR_NONE || source->ipv6.family != ADDR_NONE)
		return 0;
	failure_set(failure, FAILURE_INTERFACE, "--interface %s: it is neither an address nor a device that has one", name);
	return -1;
}

const struct ip_addr *
source_for(const struct source *source, const struct ip_addr *remote)
{
	const struct ip_addr *addr = remote->family == ADDR_IPV6 ? &source->ipv6 : &source->ipv4;
	return addr->family != ADDR_NONE ? addr : NULL;
}

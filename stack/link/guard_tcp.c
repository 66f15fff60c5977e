#include "stack/link/guard_tcp.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "stack/base/rng.h"
#include "stack/link/filter.h"
#include "stack/link/link_priv.h"

#define GENERATION_TCP UINT64_MAX /* of the class: one that no UDP guard will reach */

static socklen_t
address_of(sa_family_t family, uint16_t port, struct sockaddr_storage *address)
{
	*address = (struct sockaddr_storage){ .ss_family = family };
	if (family == AF_INET) {
		((struct sockaddr_in *)address)->sin_port = htons(port);
		return sizeof(struct sockaddr_in);
	}
	((struct sockaddr_in6 *)address)->sin6_port = htons(port);
	return sizeof(struct sockaddr_in6);
}

/* Any segment without the right MD5 option is dropped, and there is no right one: the key is forgotten. */
static int
demand_md5(int fd, sa_family_t family, struct rng *rng)
{
	struct tcp_md5sig md5 = { .tcpm_flags = TCP_MD5SIG_FLAG_PREFIX, .tcpm_prefixlen = 0, .tcpm_keylen = 16 };
	struct sockaddr_storage any;

	(void)address_of(family, 0, &any);
	memcpy(&md5.tcpm_addr, &any, sizeof any);
	rng_bytes(rng, md5.tcpm_key, md5.tcpm_keylen);
	return setsockopt(fd, IPPROTO_TCP, TCP_MD5SIG_EXT, &md5, sizeof md5);
}

static int
make_deaf(int fd, sa_family_t family, struct rng *rng)
{
	struct filter nothing;

	filter_nothing(&nothing);
	return link__attach(fd, &nothing) == 0 ? 0 : demand_md5(fd, family, rng);
}

/* -1 with errno; EAFNOSUPPORT: the host does not have the family. */
static int
hold(sa_family_t family, uint16_t port, struct rng *rng)
{
	struct sockaddr_storage address;
	const socklen_t address_bytes = address_of(family, port, &address);
	const int on = 1;
	int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_TCP);

	if (fd == -1)
		return -1;
	if ((family == AF_INET6 && setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on) != 0) ||
	    make_deaf(fd, family, rng) != 0 || bind(fd, (struct sockaddr *)&address, address_bytes) != 0 ||
	    listen(fd, 1) != 0) {
		const int errno_value = errno;
		close(fd);
		errno = errno_value;
		return -1;
	}
	return fd;
}

/* Both families, or none. */
static bool
hold_both(struct guard_tcp *guard, uint16_t port, struct rng *rng)
{
	int *fds = guard->fds[guard->pool.count];

	fds[0] = hold(AF_INET, port, rng);
	if (fds[0] == -1)
		return false;
	fds[1] = hold(AF_INET6, port, rng);
	if (fds[1] == -1 && errno != EAFNOSUPPORT) {
		close(fds[0]);
		return false;
	}
	guard->ports[guard->pool.count++] = port;
	return true;
}

static bool
may_hold(const struct guard_tcp *guard, uint32_t port)
{
	return port_class_has(&guard->class, (uint16_t)port) &&
	       !reserved_ports_have(&guard->plan->reserved, (uint16_t)port);
}

/* errno tells why it is fewer. */
uint32_t
guard_tcp_hold(struct guard_tcp *guard, uint32_t port_count, struct rng *rng)
{
	const uint32_t before = guard->pool.count;
	const uint32_t room = GUARD_TCP_PORTS_MAX - before;
	const uint32_t wanted = before + (port_count < room ? port_count : room);
	int errno_value = EADDRINUSE;

	for (; guard->next_port <= PORT_LAST && guard->pool.count < wanted; guard->next_port++)
		if (may_hold(guard, guard->next_port) && !hold_both(guard, (uint16_t)guard->next_port, rng))
			errno_value = errno;
	errno = errno_value;
	return guard->pool.count - before;
}

int
guard_tcp_open_few(struct guard_tcp *guard, const struct guard_plan *plan, unsigned worker, uint32_t port_count,
                   struct rng *rng, struct link_error *error)
{
	*guard = (struct guard_tcp){
		.class = port_class_make(&plan->secret, GENERATION_TCP, GUARD_TCP_CLASSES,
		                         (uint16_t)(worker % GUARD_TCP_CLASSES)),
		.plan = plan,
		.next_port = PORT_FIRST,
	};
	guard->pool.ports = guard->ports;
	const uint32_t needed = port_count < GUARD_TCP_PORTS_MIN ? port_count : GUARD_TCP_PORTS_MIN;
	if (guard_tcp_hold(guard, port_count, rng) >= needed)
		return 0;
	const int errno_value = errno;
	guard_tcp_close(guard);
	(void)link__fail(error, errno_value, NULL, "guard sockets for TCP");
	return ERR_FULL;
}

int
guard_tcp_open(struct guard_tcp *guard, const struct guard_plan *plan, unsigned worker, struct rng *rng,
               struct link_error *error)
{
	return guard_tcp_open_few(guard, plan, worker, GUARD_TCP_PORTS, rng, error);
}

void
guard_tcp_close(struct guard_tcp *guard)
{
	for (uint32_t i = 0; i < guard->pool.count; i++) {
		close(guard->fds[i][0]);
		if (guard->fds[i][1] != -1)
			close(guard->fds[i][1]);
	}
	*guard = (struct guard_tcp){ 0 };
}

#include "stack/link/guard.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "stack/base/rng.h"
#include "stack/link/link_priv.h"

#define RENEW_US        (GUARD_TURNOVER_US - GUARD_LINGER_US) /* in which all guards of a pool are replaced */
#define DRAWS_A_CLASS   64u /* times the number of ports a usable one of the class: all of them fail once in e^64 */
#define CLASS_PER_POOL  2u  /* a class holds twice the pool: the retired linger in it, others take ports too */
#define CLASS_PORTS_MIN 128u

/* ---- the plan ---------------------------------------------------------------------------------- */

static uint64_t
tick_us_for(uint32_t port_count)
{
	uint64_t each_us = RENEW_US / port_count;
	return each_us > GUARD_TICK_US_MIN ? each_us : GUARD_TICK_US_MIN;
}

static uint32_t
renewed_a_tick(uint32_t port_count)
{
	return (uint32_t)((port_count * tick_us_for(port_count) + RENEW_US - 1) / RENEW_US);
}

static uint32_t
lingering_max(uint32_t port_count)
{
	return (uint32_t)(GUARD_LINGER_US / tick_us_for(port_count) + 2) * renewed_a_tick(port_count);
}

static uint64_t
fds_for(unsigned worker_count, uint32_t port_count)
{
	return (uint64_t)worker_count * (port_count + lingering_max(port_count));
}

/* The number of descriptors that the guards may take, after raising the limit towards `wanted`. */
static uint64_t
make_room(uint64_t wanted)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return 0;
	wanted += GUARD_FDS_RESERVED;
	if (limit.rlim_cur < wanted) {
		struct rlimit raised = { .rlim_cur = wanted,
			                 .rlim_max = limit.rlim_max > wanted ? limit.rlim_max : wanted };
		if (setrlimit(RLIMIT_NOFILE, &raised) != 0) {
			raised = (struct rlimit){ .rlim_cur = limit.rlim_max, .rlim_max = limit.rlim_max };
			(void)setrlimit(RLIMIT_NOFILE, &raised);
		}
		(void)getrlimit(RLIMIT_NOFILE, &limit);
	}
	return limit.rlim_cur > GUARD_FDS_RESERVED ? limit.rlim_cur - GUARD_FDS_RESERVED : 0;
}

/* Those that may be drawn at all. */
static uint32_t
usable_ports(const struct reserved_ports *reserved)
{
	uint32_t usable = 0;

	static_assert(PORT_FIRST % 64 == 0 && (PORT_LAST + 1) % 64 == 0, "whole words");
	for (uint32_t word = PORT_FIRST / 64; word <= PORT_LAST / 64; word++)
		usable += (uint32_t)__builtin_popcountll(~reserved->words[word]);
	return usable;
}

int
guard_plan_init(struct guard_plan *plan, unsigned worker_count, uint32_t port_count, struct rng *rng,
                struct link_error *error)
{
	assert(worker_count > 0 && worker_count <= GUARD_WORKERS_MAX);
	assert(port_count > 0);
	if (port_count > GUARD_PORTS_MAX)
		port_count = GUARD_PORTS_MAX;
	uint32_t each = (port_count + worker_count - 1) / worker_count;
	uint64_t room = make_room(fds_for(worker_count, each));
	struct reserved_ports reserved;
	reserved_ports_read(&reserved);
	const uint32_t usable = usable_ports(&reserved);
	while (each > 1 && (fds_for(worker_count, each) > room || CLASS_PER_POOL * each * worker_count > usable))
		each -= (each + 15) / 16;
	if (usable < CLASS_PER_POOL * worker_count)
		return link__fail(error, EADDRINUSE, NULL, "guard sockets: net.ipv4.ip_local_reserved_ports leaves %u ports",
		                  usable);
	if (fds_for(worker_count, each) > room)
		return link__fail(error, EMFILE, NULL, "guard sockets: RLIMIT_NOFILE leaves %llu descriptors; raise ulimit -n or LimitNOFILE=",
		                  (unsigned long long)room);

	uint32_t class_ports = CLASS_PER_POOL * each > CLASS_PORTS_MIN ? CLASS_PER_POOL * each : CLASS_PORTS_MIN;
	uint32_t class_count = usable / class_ports; /* they lie scattered over the classes like the others */
	if (class_count < worker_count)
		class_count = worker_count;
	const uint32_t first = (GUARD_PORTS_FIRST + worker_count - 1) / worker_count;
	*plan = (struct guard_plan){
		.secret = hash_key_draw(rng),
		.port_count = each,
		.first_count = each < first ? each : first,
		.worker_count = (uint16_t)worker_count,
		.class_count = (uint16_t)class_count,
		.draws_max = DRAWS_A_CLASS * class_count * (PORT_COUNT / usable + 1),
		.reserved = reserved,
	};
	return 0;
}

/* ---- one guard --------------------------------------------------------------------------------- */

/* Both families in one socket; IPv4 alone where the host has no IPv6.  -1 with errno. */
static int
socket_new(sa_family_t *family)
{
	int off = 0;
	int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_UDP);

	*family = AF_INET6;
	if (fd == -1 && errno == EAFNOSUPPORT) {
		*family = AF_INET;
		return socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_UDP);
	}
	if (fd != -1 && setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off) != 0) {
		close(fd);
		return -1;
	}
	return fd;
}

static int
bind_port(int fd, sa_family_t family, uint16_t port)
{
	const struct sockaddr_in any4 = { .sin_family = AF_INET, .sin_port = htons(port) };
	const struct sockaddr_in6 any6 = { .sin6_family = AF_INET6, .sin6_port = htons(port) };

	if (family == AF_INET)
		return bind(fd, (const struct sockaddr *)&any4, sizeof any4);
	return bind(fd, (const struct sockaddr *)&any6, sizeof any6);
}

/* Binds fd to a port drawn from the current class that nobody has; false when none was found. */
static bool
bind_drawn_port(struct guard *guard, int fd, sa_family_t family, uint16_t *port)
{
	for (uint32_t draws = guard->plan->draws_max; draws > 0; draws--) {
		*port = (uint16_t)(PORT_FIRST + rng_below(guard->rng, PORT_COUNT));
		if (port_class_has(&guard->classes[0], *port) && !reserved_ports_have(&guard->plan->reserved, *port) &&
		    bind_port(fd, family, *port) == 0)
			return true;
		/* Taken, or below a raised net.ipv4.ip_unprivileged_port_start: draw again. */
	}
	errno = EADDRINUSE;
	return false;
}

/* The filter comes before the port: nothing is ever queued. */
static int
guard_socket_open(struct guard *guard, uint16_t *port)
{
	struct filter nothing;
	sa_family_t family;
	int fd = socket_new(&family);

	if (fd == -1)
		return -1;
	filter_nothing(&nothing);
	if (link__attach(fd, &nothing) != 0 || !bind_drawn_port(guard, fd, family, port)) {
		int errno_value = errno;
		close(fd);
		errno = errno_value;
		return -1;
	}
	return fd;
}

/* ---- the pool ---------------------------------------------------------------------------------- */

static struct port_class
class_of(const struct guard *guard, uint64_t generation)
{
	return port_class_make(&guard->plan->secret, generation, guard->plan->class_count, guard->worker);
}

static bool
hold_another(struct guard *guard)
{
	const uint32_t i = guard->pool.count;

	guard->fds[i] = guard_socket_open(guard, &guard->ports[i]);
	if (guard->fds[i] == -1)
		return false;
	guard->pool.count++;
	return true;
}

int
guard_init(struct guard *guard, const struct guard_plan *plan, unsigned worker, struct rng *rng, struct link_error *error)
{
	assert(worker < plan->worker_count);
	*guard = (struct guard){
		.plan = plan,
		.rng = rng,
		.worker = (uint16_t)worker,
		.port_count = plan->port_count,
		.class_count = 1,
		.lingering_count_max = lingering_max(plan->port_count),
		.tick_us = tick_us_for(plan->port_count),
		.due_at_us = STACK_NEVER,
		.settled_at_us = STACK_NEVER,
	};
	guard->classes[0] = class_of(guard, 0);
	guard->ports = calloc(plan->port_count, sizeof *guard->ports);
	guard->fds = calloc(plan->port_count, sizeof *guard->fds);
	guard->lingering = calloc(guard->lingering_count_max, sizeof *guard->lingering);
	guard->pool.ports = guard->ports;
	if (guard->ports != NULL && guard->fds != NULL && guard->lingering != NULL)
		return 0;
	guard_close(guard);
	return link__fail(error, ENOMEM, NULL, "guard sockets");
}

int
guard_hold_first(struct guard *guard, uint64_t now_us, struct link_error *error)
{
	while (guard->pool.count < guard->plan->first_count) {
		if (hold_another(guard))
			continue;
		(void)link__fail(error, errno, NULL, "guard socket %u of %u", guard->pool.count + 1, guard->port_count);
		return ERR_FULL;
	}
	guard->due_at_us = guard_is_filling(guard) ? now_us : now_us + guard->tick_us;
	return 0;
}

int
guard_open(struct guard *guard, const struct guard_plan *plan, unsigned worker, struct rng *rng, uint64_t now_us,
           struct link_error *error)
{
	int err = guard_init(guard, plan, worker, rng, error);
	if (err != 0)
		return err;
	err = guard_hold_first(guard, now_us, error);
	if (err != 0)
		guard_close(guard);
	return err;
}

static void
close_lingering(struct guard *guard, uint64_t now_us)
{
	while (guard->closed_count < guard->retired_count) {
		struct guard_lingering *oldest =
		        &guard->lingering[guard->closed_count % guard->lingering_count_max];
		if (oldest->until_us > now_us)
			return;
		close(oldest->fd);
		guard->closed_count++;
	}
}

void
guard_close(struct guard *guard)
{
	if (guard->lingering != NULL)
		close_lingering(guard, STACK_NEVER);
	for (uint32_t i = 0; i < guard->pool.count; i++)
		close(guard->fds[i]);
	free(guard->ports);
	free(guard->fds);
	free(guard->lingering);
	*guard = (struct guard){ 0 };
}

/* Puts a new guard in the place of the oldest.  False: keep what there is, try at the next tick. */
static bool
renew_oldest(struct guard *guard, uint64_t now_us)
{
	uint32_t i = guard->next;
	uint16_t port;

	if (guard->retired_count - guard->closed_count == guard->lingering_count_max)
		return false;
	int fd = guard_socket_open(guard, &port);
	if (fd == -1) {
		guard->renew_failures++;
		return false;
	}
	guard->lingering[guard->retired_count++ % guard->lingering_count_max] =
	        (struct guard_lingering){ .until_us = now_us + GUARD_LINGER_US, .fd = guard->fds[i] };
	guard->fds[i] = fd;
	guard->ports[i] = port;
	guard->next = (i + 1) % guard->pool.count;
	if (guard->next == 0)
		guard->settled_at_us = now_us + GUARD_LINGER_US;
	return true;
}

/* False: one could not be opened; it is tried again at the next tick. */
static bool
hold_more(struct guard *guard, uint64_t now_us)
{
	for (uint32_t left = GUARD_FILL_A_TURN; left > 0 && guard_is_filling(guard); left--) {
		if (hold_another(guard))
			continue;
		guard->renew_failures++;
		return false;
	}
	if (guard_is_filling(guard))
		guard->due_at_us = now_us;
	return true;
}

/* Each port has been renewed, and nothing comes to the old ones any more. */
static void
class_turn(struct guard *guard)
{
	guard->settled_at_us = STACK_NEVER;
	guard->classes[1] = guard->classes[0];
	guard->classes[0] = class_of(guard, ++guard->generation);
	guard->class_count = 2;
}

bool
guard_renew(struct guard *guard, uint64_t now_us)
{
	if (now_us < guard->due_at_us)
		return false;
	guard->due_at_us = now_us + guard->tick_us;
	close_lingering(guard, now_us);
	if (guard_is_filling(guard) && hold_more(guard, now_us))
		return false;
	if (guard->settled_at_us != STACK_NEVER) {
		if (now_us < guard->settled_at_us)
			return false;
		class_turn(guard);
		return true;
	}
	for (uint32_t left = renewed_a_tick(guard->pool.count); left > 0; left--)
		if (!renew_oldest(guard, now_us) || guard->settled_at_us != STACK_NEVER)
			break;
	return false;
}

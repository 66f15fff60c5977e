#include "stack/link/guard.h"

#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/stack/link/netns.h"
#include "stack/base/rng.h"
#include "tests/suite.h"

#define SEED 7u

struct pool {
	struct guard_plan plan;
	struct guard guard;
	struct rng rng;
	struct link_error error;
};

static void
pool_open(struct pool *pool, uint32_t port_count)
{
	rng_init_number(&pool->rng, SEED);
	ck_assert_int_eq(guard_plan_init(&pool->plan, 1, port_count, &pool->rng, &pool->error), 0);
	ck_assert_uint_eq(pool->plan.port_count, port_count);
	int err = guard_open(&pool->guard, &pool->plan, 0, &pool->rng, 0, &pool->error);
	ck_assert_msg(err == 0, "%s", pool->error.text);
}

/* What errno a bind of another program to this port meets; 0: none. */
static int
bind_errno(int family, uint16_t port)
{
	struct sockaddr_in any4 = { .sin_family = AF_INET, .sin_port = htons(port) };
	struct sockaddr_in6 any6 = { .sin6_family = AF_INET6, .sin6_port = htons(port) };
	int fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0), on = 1;

	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
	int result = family == AF_INET ? bind(fd, (struct sockaddr *)&any4, sizeof any4)
	                               : bind(fd, (struct sockaddr *)&any6, sizeof any6);
	int errno_value = result == 0 ? 0 : errno;
	close(fd);
	return errno_value;
}

/* Held, distinct, and of the pool's class. */
static void
check_ports(const struct guard *guard)
{
	bool seen[PORT_LAST + 1] = { false };

	for (uint32_t i = 0; i < guard->pool.count; i++) {
		const uint16_t port = guard->pool.ports[i];
		ck_assert_uint_ge(port, PORT_FIRST);
		ck_assert(!seen[port]);
		ck_assert(port_class_has(&guard->classes[0], port));
		ck_assert_int_eq(bind_errno(AF_INET6, port), EADDRINUSE);
		seen[port] = true;
	}
}

START_TEST(the_pool_holds_distinct_ports_of_its_class)
{
	struct pool pool;
	pool_open(&pool, 500);
	ck_assert_uint_eq(pool.guard.pool.count, 500);
	ck_assert(!guard_is_filling(&pool.guard));
	check_ports(&pool.guard);
	guard_close(&pool.guard);
}
END_TEST

START_TEST(until_the_first_are_held_a_pool_is_empty_and_nothing_is_due)
{
	struct pool pool;
	rng_init_number(&pool.rng, SEED);
	ck_assert_int_eq(guard_plan_init(&pool.plan, 1, 100, &pool.rng, &pool.error), 0);
	ck_assert_int_eq(guard_init(&pool.guard, &pool.plan, 0, &pool.rng, &pool.error), 0);
	ck_assert_ptr_nonnull(pool.guard.pool.ports);
	ck_assert_uint_eq(pool.guard.due_at_us, STACK_NEVER);
	ck_assert(!guard_renew(&pool.guard, GUARD_TURNOVER_US));
	ck_assert_uint_eq(pool.guard.pool.count, 0);
	ck_assert_uint_eq(pool.guard.class_count, 1);

	ck_assert_int_eq(guard_hold_first(&pool.guard, GUARD_TURNOVER_US, &pool.error), 0);
	ck_assert_uint_eq(pool.guard.pool.count, 100);
	ck_assert_uint_eq(pool.guard.due_at_us, GUARD_TURNOVER_US + pool.guard.tick_us);
	check_ports(&pool.guard);
	guard_close(&pool.guard);
}
END_TEST

START_TEST(beyond_the_first_a_pool_fills_a_few_at_a_time_until_all_are_held)
{
	const uint32_t wanted = GUARD_PORTS_FIRST + 3 * GUARD_FILL_A_TURN + 1;
	struct pool pool;
	pool_open(&pool, wanted);
	uint32_t held = GUARD_PORTS_FIRST;
	for (unsigned turn = 0; turn < 4; turn++) {
		ck_assert_uint_eq(pool.guard.pool.count, held);
		ck_assert(guard_is_filling(&pool.guard));
		ck_assert_uint_eq(pool.guard.due_at_us, turn); /* at once: the time of the turn before */
		ck_assert(!guard_renew(&pool.guard, turn + 1));
		held = held + GUARD_FILL_A_TURN < wanted ? held + GUARD_FILL_A_TURN : wanted;
	}
	ck_assert_uint_eq(pool.guard.pool.count, wanted);
	ck_assert(!guard_is_filling(&pool.guard));
	ck_assert_uint_eq(pool.guard.due_at_us, 4 + pool.guard.tick_us);
	ck_assert_uint_eq(pool.guard.renew_failures, 0);
	check_ports(&pool.guard);
	guard_close(&pool.guard);
}
END_TEST

/* How many descriptors this process may have; root may raise it again, for which the hard limit stays. */
static void
limit_descriptors(rlim_t count)
{
	struct rlimit limit;
	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
	limit.rlim_cur = count;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

START_TEST(a_port_to_come_that_cannot_be_held_is_counted_and_tried_again_a_tick_later)
{
	struct pool pool;
	struct rlimit limit;
	pool_open(&pool, GUARD_PORTS_FIRST + 2);
	struct guard *guard = &pool.guard;
	const uint16_t oldest = guard->pool.ports[0];
	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
	limit_descriptors(3);
	(void)guard_renew(guard, 5);
	ck_assert_uint_eq(guard->pool.count, GUARD_PORTS_FIRST);
	ck_assert_uint_eq(guard->renew_failures, 2); /* one to come, then the oldest's successor */
	ck_assert_uint_eq(guard->pool.ports[0], oldest);
	ck_assert_uint_eq(guard->due_at_us, 5 + guard->tick_us);

	limit_descriptors(limit.rlim_cur);
	(void)guard_renew(guard, guard->due_at_us);
	ck_assert_uint_eq(guard->pool.count, GUARD_PORTS_FIRST + 2);
	check_ports(guard);
	guard_close(guard);
}
END_TEST

START_TEST(the_first_ports_of_a_process_are_dealt_out_to_its_workers)
{
	struct guard_plan plan;
	struct rng rng;
	struct link_error error;
	rng_init_number(&rng, SEED);
	ck_assert_int_eq(guard_plan_init(&plan, 8, 4096, &rng, &error), 0);
	ck_assert_uint_eq(plan.port_count, 512);
	ck_assert_uint_eq(plan.first_count, GUARD_PORTS_FIRST / 8);
}
END_TEST

START_TEST(nobody_else_gets_a_guarded_port)
{
	struct pool pool;
	pool_open(&pool, 20);
	for (uint32_t i = 0; i < pool.guard.pool.count; i++) {
		ck_assert_int_eq(bind_errno(AF_INET, pool.guard.pool.ports[i]), EADDRINUSE);
		ck_assert_int_eq(bind_errno(AF_INET6, pool.guard.pool.ports[i]), EADDRINUSE);
	}
	uint16_t port = pool.guard.pool.ports[0];
	guard_close(&pool.guard);
	ck_assert_int_eq(bind_errno(AF_INET6, port), 0);
}
END_TEST

/* Asks this port over the family's loopback address; the errno that the kernel's answer brings. */
static int
answer_of(int family, uint16_t port)
{
	struct sockaddr_in to4 = { .sin_family = AF_INET, .sin_port = htons(port) };
	struct sockaddr_in6 to6 = { .sin6_family = AF_INET6, .sin6_port = htons(port) };
	struct timeval patience = { .tv_usec = 50000 };
	char byte = 0;

	to4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	to6.sin6_addr = in6addr_loopback;
	int fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	int result = family == AF_INET ? connect(fd, (struct sockaddr *)&to4, sizeof to4)
	                               : connect(fd, (struct sockaddr *)&to6, sizeof to6);
	ck_assert_int_eq(result, 0);
	ck_assert_int_eq(send(fd, &byte, 1, 0), 1);
	ck_assert_int_eq(recv(fd, &byte, 1, 0), -1);
	int errno_value = errno;
	close(fd);
	return errno_value;
}

START_TEST(a_guarded_port_is_silent_and_a_free_one_is_not)
{
	int family = _i == 0 ? AF_INET : AF_INET6;
	struct pool pool;
	pool_open(&pool, 4);
	uint16_t port = pool.guard.pool.ports[0];
	ck_assert_int_eq(answer_of(family, port), EAGAIN);
	guard_close(&pool.guard);
	ck_assert_int_eq(answer_of(family, port), ECONNREFUSED);
}
END_TEST

START_TEST(workers_never_share_a_port_and_classes_follow_the_secret)
{
	struct guard_plan plan;
	struct rng rng;
	struct link_error error;
	rng_init_number(&rng, SEED);
	ck_assert_int_eq(guard_plan_init(&plan, 3, 3000, &rng, &error), 0);
	ck_assert_uint_eq(plan.port_count, 1000);

	uint32_t sizes[3] = { 0 }, moved = 0;
	for (uint32_t port = PORT_FIRST; port <= PORT_LAST; port++) {
		unsigned owners = 0;
		for (uint16_t worker = 0; worker < 3; worker++) {
			struct port_class class = port_class_make(&plan.secret, 0, plan.class_count, worker);
			struct port_class next = port_class_make(&plan.secret, 1, plan.class_count, worker);
			bool is_mine = port_class_has(&class, (uint16_t)port);
			owners += is_mine;
			sizes[worker] += is_mine;
			moved += is_mine && !port_class_has(&next, (uint16_t)port);
		}
		ck_assert_uint_le(owners, 1);
	}
	uint32_t expected = PORT_COUNT / plan.class_count;
	for (unsigned worker = 0; worker < 3; worker++)
		ck_assert_msg(sizes[worker] > expected * 3 / 4 && sizes[worker] < expected * 5 / 4,
		              "worker %u has %u ports, not about %u", worker, sizes[worker], expected);
	ck_assert_uint_gt(moved, (sizes[0] + sizes[1] + sizes[2]) * 3 / 4);
}
END_TEST

START_TEST(a_port_below_1024_is_in_no_class)
{
	struct port_class every = { .class_count = 1, .multiply = 1, .multiply_again = 1 };
	ck_assert(port_class_has(&every, 1024));
	ck_assert(!port_class_has(&every, 1023));
	ck_assert(!port_class_has(&every, 53));
}
END_TEST

static uint32_t
ports_that_differ(const uint16_t *before, const struct port_pool *pool)
{
	uint32_t count = 0;
	for (uint32_t i = 0; i < pool->count; i++)
		count += before[i] != pool->ports[i];
	return count;
}

START_TEST(a_turnover_replaces_every_port_and_then_the_class)
{
	uint16_t before[64];
	struct pool pool;
	pool_open(&pool, 64);
	struct guard *guard = &pool.guard;
	struct port_class first = guard->classes[0];
	for (uint32_t i = 0; i < 64; i++)
		before[i] = guard->pool.ports[i];

	uint64_t now_us = 0;
	while (guard->generation == 0) {
		now_us = guard->due_at_us;
		ck_assert_uint_le(now_us, GUARD_TURNOVER_US + 2 * guard->tick_us);
		bool has_changed = guard_renew(guard, now_us);
		ck_assert(has_changed == (guard->generation == 1));
	}
	ck_assert_uint_eq(ports_that_differ(before, &guard->pool), 64);
	ck_assert_uint_eq(guard->class_count, 2);
	ck_assert_mem_eq(&guard->classes[1], &first, sizeof first);
	ck_assert_mem_ne(&guard->classes[0], &first, sizeof first);
	ck_assert_uint_eq(guard->renew_failures, 0);

	for (uint32_t i = 0; i < 64; i++) {
		(void)guard_renew(guard, guard->due_at_us);
		ck_assert(port_class_has(&guard->classes[0], guard->pool.ports[0]));
	}
	guard_close(guard);
}
END_TEST

START_TEST(a_retired_guard_lingers_and_is_then_closed)
{
	struct pool pool;
	pool_open(&pool, 8);
	uint16_t oldest = pool.guard.pool.ports[0];
	(void)guard_renew(&pool.guard, pool.guard.due_at_us - 1);
	ck_assert_uint_eq(pool.guard.pool.ports[0], oldest);
	uint64_t retired_us = pool.guard.due_at_us;
	(void)guard_renew(&pool.guard, retired_us);
	ck_assert_uint_ne(pool.guard.pool.ports[0], oldest);
	ck_assert_int_eq(bind_errno(AF_INET6, oldest), EADDRINUSE);

	ck_assert_uint_ge(pool.guard.due_at_us, retired_us + GUARD_LINGER_US);
	(void)guard_renew(&pool.guard, pool.guard.due_at_us);
	ck_assert_int_eq(bind_errno(AF_INET6, oldest), 0);
	guard_close(&pool.guard);
}
END_TEST

START_TEST(renewal_that_comes_late_stays_bounded)
{
	uint16_t before[64];
	struct pool pool;
	pool_open(&pool, 64);
	for (uint32_t i = 0; i < 64; i++)
		before[i] = pool.guard.pool.ports[i];
	(void)guard_renew(&pool.guard, 100ull * GUARD_TURNOVER_US);
	ck_assert_uint_eq(ports_that_differ(before, &pool.guard.pool), 1);
	guard_close(&pool.guard);
}
END_TEST

START_TEST(the_list_of_reserved_ports_is_read_as_the_kernel_writes_it)
{
	static const struct {
		const char *text;
		uint16_t inside[3], outside[3];
	} lists[] = {
		{ "\n", { 0 }, { 1, 1024, 65535 } },
		{ "8080\n", { 8080, 8080, 8080 }, { 8079, 8081, 0 } },
		{ "8080,9148-9150,65535\n", { 8080, 9149, 65535 }, { 9147, 9151, 65534 } },
		{ "1024-65535\n", { 1024, 40000, 65535 }, { 1023, 1, 80 } },
		{ "7,70000,9\n", { 7, 7, 7 }, { 9, 4464, 70000 % 65536 } },
	};
	for (size_t i = 0; i < COUNT(lists); i++) {
		struct reserved_ports reserved;
		reserved_ports_from_text(&reserved, lists[i].text);
		for (unsigned k = 0; k < 3; k++) {
			ck_assert(i == 0 || reserved_ports_have(&reserved, lists[i].inside[k]));
			ck_assert(!reserved_ports_have(&reserved, lists[i].outside[k]));
		}
	}
}
END_TEST

static void
reserve(const char *list)
{
	FILE *file = fopen("/proc/sys/net/ipv4/ip_local_reserved_ports", "we");
	ck_assert_ptr_nonnull(file);
	ck_assert_int_gt(fprintf(file, "%s\n", list), 0);
	ck_assert_int_eq(fclose(file), 0);
}

START_TEST(a_port_that_the_operator_reserves_is_left_alone)
{
	struct pool pool;
	reserve("1024-60000");
	pool_open(&pool, 256);
	reserve("");
	for (uint32_t i = 0; i < pool.guard.pool.count; i++)
		ck_assert_uint_gt(pool.guard.pool.ports[i], 60000);
	guard_close(&pool.guard);
}
END_TEST

START_TEST(where_few_ports_are_left_the_plan_is_lower)
{
	struct pool pool;
	rng_init_number(&pool.rng, SEED);
	reserve("1024-65000");
	int err = guard_plan_init(&pool.plan, 1, 4096, &pool.rng, &pool.error);
	reserve("");
	ck_assert_int_eq(err, 0);
	ck_assert_uint_le(pool.plan.port_count, 267);
	ck_assert_uint_gt(pool.plan.port_count, 200);
	ck_assert_int_eq(guard_open(&pool.guard, &pool.plan, 0, &pool.rng, 0, &pool.error), 0);
	guard_close(&pool.guard);
}
END_TEST

START_TEST(a_low_limit_of_descriptors_lowers_the_plan)
{
	struct rlimit limit = { .rlim_cur = GUARD_FDS_RESERVED + 300, .rlim_max = GUARD_FDS_RESERVED + 300 };
	struct pool pool;
	rng_init_number(&pool.rng, SEED);
	/* The host's root has CAP_SYS_RESOURCE, which would raise the limit again; a namespace's has not. */
	uid_t uid = geteuid();
	bool has_changed = seteuid(65534) == 0;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	ck_assert_int_eq(guard_plan_init(&pool.plan, 1, 4096, &pool.rng, &pool.error), 0);
	ck_assert_uint_lt(pool.plan.port_count, 300);
	ck_assert_uint_gt(pool.plan.port_count, 200);
	ck_assert_int_eq(guard_open(&pool.guard, &pool.plan, 0, &pool.rng, 0, &pool.error), 0);
	guard_close(&pool.guard);

	limit = (struct rlimit){ .rlim_cur = 20, .rlim_max = 20 };
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	ck_assert_int_eq(guard_plan_init(&pool.plan, 1, 4096, &pool.rng, &pool.error), ERR_FULL);
	ck_assert_str_eq(pool.error.text, "guard sockets: RLIMIT_NOFILE leaves 0 descriptors; raise ulimit -n or "
	                                  "LimitNOFILE=: Too many open files");
	ck_assert(!has_changed || seteuid(uid) == 0);
	ck_assert_int_eq(prctl(PR_SET_DUMPABLE, 1), 0); /* for the leak check */
}
END_TEST

int
main(void)
{
	netns_enter();
	TCase *tcase = tcase_create("guard");
	tcase_add_test(tcase, the_pool_holds_distinct_ports_of_its_class);
	tcase_add_test(tcase, until_the_first_are_held_a_pool_is_empty_and_nothing_is_due);
	tcase_add_test(tcase, beyond_the_first_a_pool_fills_a_few_at_a_time_until_all_are_held);
	tcase_add_test(tcase, a_port_to_come_that_cannot_be_held_is_counted_and_tried_again_a_tick_later);
	tcase_add_test(tcase, the_first_ports_of_a_process_are_dealt_out_to_its_workers);
	tcase_add_test(tcase, nobody_else_gets_a_guarded_port);
	tcase_add_loop_test(tcase, a_guarded_port_is_silent_and_a_free_one_is_not, 0, 2);
	tcase_add_test(tcase, workers_never_share_a_port_and_classes_follow_the_secret);
	tcase_add_test(tcase, a_port_below_1024_is_in_no_class);
	tcase_add_test(tcase, a_turnover_replaces_every_port_and_then_the_class);
	tcase_add_test(tcase, a_retired_guard_lingers_and_is_then_closed);
	tcase_add_test(tcase, renewal_that_comes_late_stays_bounded);
	tcase_add_test(tcase, the_list_of_reserved_ports_is_read_as_the_kernel_writes_it);
	tcase_add_test(tcase, a_port_that_the_operator_reserves_is_left_alone);
	tcase_add_test(tcase, where_few_ports_are_left_the_plan_is_lower);
	tcase_add_test(tcase, a_low_limit_of_descriptors_lowers_the_plan);
	Suite *suite = suite_create("stack/link/guard");
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}

/* Guards of TCP ports, each way that they are made: the kernel neither answers nor gives the port away. */
#include "stack/link/guard_tcp.h"

#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "stack/base/rng.h"
#include "tests/stack/link/netns.h"
#include "tests/suite.h"

#define SEED      7u
#define SILENT_MS 300

/* With all rights a filter makes a guard deaf; without CAP_NET_ADMIN a key does. */
enum { AS_ROOT, AS_NOBODY, WAYS };

static const int families[] = { AF_INET, AF_INET6 };

struct held {
	struct guard_plan plan;
	struct guard_tcp guard;
	struct rng rng;
};

static void
hold_ports(struct held *held, int way)
{
	struct link_error error;

	rng_init_number(&held->rng, SEED);
	ck_assert_int_eq(guard_plan_init(&held->plan, 1, 64, &held->rng, &error), 0);
	const uid_t uid = geteuid();
	const bool has_changed = way == AS_NOBODY && seteuid(65534) == 0;
	const int err = guard_tcp_open(&held->guard, &held->plan, 0, &held->rng, &error);
	ck_assert(!has_changed || seteuid(uid) == 0);
	ck_assert_msg(err == 0, "%s", error.text);
}

static socklen_t
loopback(int family, uint16_t port, struct sockaddr_storage *address)
{
	*address = (struct sockaddr_storage){ .ss_family = (sa_family_t)family };
	if (family == AF_INET) {
		struct sockaddr_in *v4 = (struct sockaddr_in *)address;
		v4->sin_port = htons(port);
		v4->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		return sizeof *v4;
	}
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)address;
	v6->sin6_port = htons(port);
	v6->sin6_addr = in6addr_loopback;
	return sizeof *v6;
}

/* What became of a connect by the kernel's own TCP: ECONNREFUSED is an RST; 0: it waits. */
static int
connect_errno(int family, uint16_t port)
{
	struct sockaddr_storage address;
	const socklen_t address_bytes = loopback(family, port, &address);
	int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), errno_value = 0;
	socklen_t errno_bytes = sizeof errno_value;

	(void)connect(fd, (struct sockaddr *)&address, address_bytes);
	struct pollfd wait = { .fd = fd, .events = POLLOUT };
	if (poll(&wait, 1, SILENT_MS) == 1)
		(void)getsockopt(fd, SOL_SOCKET, SO_ERROR, &errno_value, &errno_bytes);
	const bool is_connected = wait.revents == POLLOUT && errno_value == 0;
	close(fd);
	return is_connected ? EISCONN : errno_value;
}

START_TEST(a_guarded_port_says_nothing_and_a_free_one_resets)
{
	struct held held;

	hold_ports(&held, _i);
	for (size_t i = 0; i < COUNT(families); i++) {
		ck_assert_int_eq(connect_errno(families[i], held.guard.ports[0]), 0);
		ck_assert_int_eq(connect_errno(families[i], 7), ECONNREFUSED);
	}
	guard_tcp_close(&held.guard);
}
END_TEST

START_TEST(nobody_else_gets_a_guarded_port)
{
	struct held held;

	hold_ports(&held, _i);
	for (size_t i = 0; i < COUNT(families); i++) {
		struct sockaddr_storage address;
		const socklen_t address_bytes = loopback(families[i], held.guard.ports[0], &address);
		int fd = socket(families[i], SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
		(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
		ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, address_bytes), -1);
		ck_assert_int_eq(errno, EADDRINUSE);
		close(fd);
	}
	guard_tcp_close(&held.guard);
}
END_TEST

START_TEST(the_ports_are_distinct_and_of_the_class)
{
	struct held held;

	hold_ports(&held, AS_ROOT);
	ck_assert_uint_eq(held.guard.pool.count, GUARD_TCP_PORTS);
	const uint32_t more = guard_tcp_hold(&held.guard, 4, &held.rng);
	ck_assert_uint_eq(held.guard.pool.count, GUARD_TCP_PORTS + more);
	(void)guard_tcp_hold(&held.guard, UINT32_MAX, &held.rng);
	ck_assert_uint_le(held.guard.pool.count, GUARD_TCP_PORTS_MAX);
	ck_assert_uint_eq(guard_tcp_hold(&held.guard, 1, &held.rng), 0);
	for (uint32_t i = 0; i < held.guard.pool.count; i++) {
		ck_assert(port_class_has(&held.guard.class, held.guard.pool.ports[i]));
		ck_assert(i == 0 || held.guard.pool.ports[i] > held.guard.pool.ports[i - 1]);
	}
	guard_tcp_close(&held.guard);
}
END_TEST

int
main(void)
{
	netns_enter();
	TCase *tcase = tcase_create("guard_tcp");
	tcase_add_loop_test(tcase, a_guarded_port_says_nothing_and_a_free_one_resets, 0, WAYS);
	tcase_add_loop_test(tcase, nobody_else_gets_a_guarded_port, 0, WAYS);
	tcase_add_test(tcase, the_ports_are_distinct_and_of_the_class);
	Suite *suite = suite_create("stack/link/guard_tcp");
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}

/* Sockets by number over two stacks: POSIX.1-2017, ip(7), RFC 3493. */
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>

#include "stack/socket.h"
#include "tests/stack/host.h"
#include "tests/suite.h"

static const struct socket_limits limits = { .socket_count = 16,
					     .datagram_bytes = 256u << 10,
					     .watch_count = 8 };
static const char *const us[] = { "192.0.2.1", "2001:db8::1" };
static const char *const peers[] = { "192.0.2.2", "2001:db8::2" };
enum { V4, V6, FAMILIES };

static struct host a, b;
static void *block;
static struct socket_table *table; /* one for both stacks */

static void
setup(void)
{
	const size_t size = (socket_table_bytes(&limits) + 63) & ~(size_t)63;

	host_init(&a, &(struct host_config){ .ipv4 = "192.0.2.1/24", .ipv6 = "2001:db8::1/64" });
	host_init(&b, &(struct host_config){
			      .ipv4 = "192.0.2.2/24", .ipv6 = "2001:db8::2/64", .seed = 1 });
	block = aligned_alloc(64, size);
	table = socket_table_new(block, size, &limits, &a.rng);
	ck_assert_ptr_nonnull(table);
}

/* Whatever a test leaves open, nothing may be held when it is closed. */
static void
teardown(void)
{
	struct socket_stats stats;

	for (int fd = 0; fd < (int)limits.socket_count; fd++)
		(void)socket_close(table, fd);
	socket_stats(table, &stats);
	ck_assert_uint_eq(stats.open_count, 0);
	ck_assert_uint_eq(stats.watch_count, 0);
	ck_assert_uint_eq(stats.datagram_bytes, 0);
	free(block);
	host_fini(&a);
	host_fini(&b);
}

/* Carries packets and news to and fro; an answer, and the answer to that, come with it. */
static void
carry(void)
{
	struct stack_action action;

	for (int i = 0; i < 4; i++) {
		while (host_carry(&a, &b, &action))
			(void)socket_action(table, a.stack, &action);
		while (host_carry(&b, &a, &action))
			(void)socket_action(table, b.stack, &action);
	}
}

static socklen_t
name_of(const char *text, uint16_t port, int domain, struct sockaddr_storage *name)
{
	const struct ip_addr addr = addr_of(text);
	struct sockaddr_in *in = (struct sockaddr_in *)name;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)name;

	memset(name, 0, sizeof *name);
	if (domain == AF_INET) {
		in->sin_family = AF_INET;
		in->sin_port = htons(port);
		memcpy(&in->sin_addr, addr.octets, 4);
		return sizeof *in;
	}
	in6->sin6_family = AF_INET6;
	in6->sin6_port = htons(port);
	if (addr.family == ADDR_IPV4) {
		in6->sin6_addr.s6_addr[10] = in6->sin6_addr.s6_addr[11] = 0xff;
		memcpy(in6->sin6_addr.s6_addr + 12, addr.octets, 4);
	} else {
		memcpy(in6->sin6_addr.s6_addr, addr.octets, 16);
	}
	return sizeof *in6;
}

static int
open_on(struct host *host, int domain, int type, int protocol)
{
	const int fd = socket_open(table, host->stack, domain, type, protocol);

	ck_assert_int_ge(fd, 0);
	return fd;
}

static int
bind_to(int fd, const char *text, uint16_t port, int domain)
{
	struct sockaddr_storage name;
	const socklen_t size = name_of(text, port, domain, &name);

	return socket_bind(table, fd, (struct sockaddr *)&name, size);
}

static int
connect_to(int fd, const char *text, uint16_t port, int domain)
{
	struct sockaddr_storage name;
	const socklen_t size = name_of(text, port, domain, &name);

	return socket_connect(table, fd, (struct sockaddr *)&name, size);
}

static ssize_t
send_text(int fd, const char *text)
{
	struct iovec piece = { .iov_base = (void *)text, .iov_len = strlen(text) };
	const struct msghdr message = { .msg_iov = &piece, .msg_iovlen = 1 };

	return socket_sendmsg(table, fd, &message, 0);
}

static ssize_t
receive_text(int fd, char *text, size_t size, struct sockaddr_storage *from)
{
	struct iovec piece = { .iov_base = text, .iov_len = size };
	struct msghdr message = { .msg_name = from,
				  .msg_namelen = from == NULL ? 0 : sizeof *from,
				  .msg_iov = &piece,
				  .msg_iovlen = 1 };

	return socket_recvmsg(table, fd, &message, 0);
}

/* ---- datagrams ----------------------------------------------------------------------------------- */

START_TEST(a_datagram_goes_there_and_back)
{
	const int family = _i, domain = family == V4 ? AF_INET : AF_INET6;
	const int client = open_on(&a, domain, SOCK_DGRAM, 0);
	const int server = open_on(&b, domain, SOCK_DGRAM, 0);
	struct sockaddr_storage from;
	char text[16];

	ck_assert_int_eq(bind_to(server, peers[family], 53, domain), 0);
	ck_assert_int_eq(connect_to(client, peers[family], 53, domain), 0);
	ck_assert_int_eq(receive_text(server, text, sizeof text, NULL), -EAGAIN);
	ck_assert_int_eq(send_text(client, "hello"), 5);
	carry();
	ck_assert_int_eq(socket_poll(table, server, POLLIN), POLLIN);
	ck_assert_int_eq(receive_text(server, text, sizeof text, &from), 5);
	ck_assert_mem_eq(text, "hello", 5);
	ck_assert_int_eq(socket_connect(table, server, (struct sockaddr *)&from, sizeof from), 0);
	ck_assert_int_eq(send_text(server, "bye"), 3);
	carry();
	ck_assert_int_eq(receive_text(client, text, sizeof text, NULL), 3);
}
END_TEST

START_TEST(an_ipv6_socket_takes_ipv4_under_mapped_addresses)
{
	const int client = open_on(&a, AF_INET, SOCK_DGRAM, 0);
	const int server = open_on(&b, AF_INET6, SOCK_DGRAM, 0);
	struct sockaddr_storage from, expected;
	char text[16];

	ck_assert_int_eq(bind_to(server, "::", 53, AF_INET6), 0);
	ck_assert_int_eq(bind_to(client, us[V4], 1000, AF_INET), 0);
	ck_assert_int_eq(connect_to(client, peers[V4], 53, AF_INET), 0);
	ck_assert_int_eq(send_text(client, "x"), 1);
	carry();
	ck_assert_int_eq(receive_text(server, text, sizeof text, &from), 1);
	const socklen_t size = name_of(us[V4], 1000, AF_INET6, &expected);
	ck_assert_mem_eq(&from, &expected, size);
}
END_TEST

START_TEST(with_v6only_ipv4_is_nobodys_and_its_port_free)
{
	const int six = open_on(&b, AF_INET6, SOCK_DGRAM, 0);
	const int four = open_on(&b, AF_INET, SOCK_DGRAM, 0);
	const int on = 1;

	ck_assert_int_eq(socket_setsockopt(table, six, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on),
			 0);
	ck_assert_int_eq(bind_to(six, "::", 53, AF_INET6), 0);
	ck_assert_int_eq(bind_to(four, "0.0.0.0", 53, AF_INET), 0);
	ck_assert_int_eq(connect_to(six, peers[V4], 53, AF_INET6), -ENETUNREACH);
}
END_TEST

START_TEST(a_socket_on_both_families_takes_the_port_of_both)
{
	const int six = open_on(&b, AF_INET6, SOCK_DGRAM, 0);
	const int four = open_on(&b, AF_INET, SOCK_DGRAM, 0);

	ck_assert_int_eq(bind_to(six, "::", 53, AF_INET6), 0);
	ck_assert_int_eq(bind_to(four, "0.0.0.0", 53, AF_INET), -EADDRINUSE);
	ck_assert_int_eq(bind_to(four, "203.0.113.1", 54, AF_INET), -EADDRNOTAVAIL);
	ck_assert_int_eq(bind_to(four, "0.0.0.0", 54, AF_INET), 0);
}
END_TEST

START_TEST(more_datagrams_than_the_buffer_holds_are_dropped_and_counted)
{
	const int client = open_on(&a, AF_INET, SOCK_DGRAM, 0);
	const int server = open_on(&b, AF_INET, SOCK_DGRAM, 0);
	const int few = 4096; /* told doubled, as Linux: eight chunks */
	struct socket_stats stats;
	char text[16];
	int got = 0;

	ck_assert_int_eq(socket_setsockopt(table, server, SOL_SOCKET, SO_RCVBUF, &few, sizeof few),
			 0);
	ck_assert_int_eq(bind_to(server, peers[V4], 53, AF_INET), 0);
	ck_assert_int_eq(connect_to(client, peers[V4], 53, AF_INET), 0);
	for (int i = 0; i < 20; i++) {
		ck_assert_int_eq(send_text(client, "x"), 1);
		carry();
	}
	while (receive_text(server, text, sizeof text, NULL) == 1)
		got++;
	socket_stats(table, &stats);
	ck_assert_int_eq(got, 8);
	ck_assert_uint_eq(stats.datagrams_dropped, 12);
}
END_TEST

START_TEST(nobody_at_the_port_is_told_by_the_next_call)
{
	const int family = _i, domain = family == V4 ? AF_INET : AF_INET6;
	const int client = open_on(&a, domain, SOCK_DGRAM, 0);

	ck_assert_int_eq(connect_to(client, peers[family], 99, domain), 0);
	ck_assert_int_eq(send_text(client, "x"), 1);
	carry();
	ck_assert_int_eq(socket_poll(table, client, POLLIN), POLLERR);
	ck_assert_int_eq(send_text(client, "x"), -ECONNREFUSED);
	ck_assert_int_eq(send_text(client, "x"), 1);
}
END_TEST

START_TEST(an_echo_request_is_answered_to_who_sent_it)
{
	const int family = _i, domain = family == V4 ? AF_INET : AF_INET6;
	const int protocol = family == V4 ? IPPROTO_ICMP : (int)IPPROTO_ICMPV6;
	const int one = open_on(&a, domain, SOCK_DGRAM, protocol);
	const int other = open_on(&a, domain, SOCK_DGRAM, protocol);
	uint8_t request[] = { family == V4 ? 8 : 128, 0, 0, 0, 0, 0, 0, 7, 'p', 'i', 'n', 'g' };
	struct iovec piece = { .iov_base = request, .iov_len = sizeof request };
	const struct msghdr message = { .msg_iov = &piece, .msg_iovlen = 1 };
	uint8_t reply[64];

	ck_assert_int_eq(connect_to(one, peers[family], 0, domain), 0);
	ck_assert_int_eq(connect_to(other, peers[family], 0, domain), 0);
	ck_assert_int_eq(socket_sendmsg(table, one, &message, 0), sizeof request);
	carry();
	ck_assert_int_eq(receive_text(other, (char *)reply, sizeof reply, NULL), -EAGAIN);
	ck_assert_int_eq(receive_text(one, (char *)reply, sizeof reply, NULL), sizeof request);
	ck_assert_uint_eq(reply[0], family == V4 ? 0 : 129);
	ck_assert_uint_eq(reply[7], 7);
	ck_assert_mem_eq(reply + 8, "ping", 4);
	request[0] = 13; /* not a request for echo */
	ck_assert_int_eq(socket_sendmsg(table, one, &message, 0), -EINVAL);
}
END_TEST

/* ---- descriptors --------------------------------------------------------------------------------- */

START_TEST(a_full_table_is_told_and_a_number_means_no_later_socket)
{
	int last = -1;

	for (uint32_t i = 0; i < limits.socket_count; i++)
		last = open_on(&a, AF_INET, SOCK_DGRAM, 0);
	ck_assert_int_eq(socket_open(table, a.stack, AF_INET, SOCK_DGRAM, 0), -EMFILE);
	ck_assert_int_eq(socket_epoll_create(table), -EMFILE);
	ck_assert_int_eq(socket_close(table, last), 0);
	ck_assert_int_eq(socket_close(table, last), -EBADF);
	ck_assert_int_eq(open_on(&a, AF_INET, SOCK_DGRAM, 0), last);
}
END_TEST

START_TEST(what_comes_for_a_closed_socket_reaches_no_later_one)
{
	const int client = open_on(&a, AF_INET, SOCK_DGRAM, 0);
	int server = open_on(&b, AF_INET, SOCK_DGRAM, 0);
	struct stack_action action;
	char text[16];

	ck_assert_int_eq(bind_to(server, peers[V4], 53, AF_INET), 0);
	ck_assert_int_eq(connect_to(client, peers[V4], 53, AF_INET), 0);
	ck_assert_int_eq(send_text(client, "secret"), 6);
	(void)host_carry(&a, &b, &action);
	ck_assert_int_eq(socket_close(table, server), 0);
	server = open_on(&b, AF_INET, SOCK_DGRAM, 0);
	ck_assert_int_eq(bind_to(server, peers[V4], 53, AF_INET), 0);
	carry();
	ck_assert_int_eq(receive_text(server, text, sizeof text, NULL), -EAGAIN);
}
END_TEST

START_TEST(epoll_forgets_what_is_closed)
{
	const int epoll = socket_epoll_create(table);
	const int fd = open_on(&a, AF_INET, SOCK_DGRAM, 0);
	struct epoll_event event = { .events = EPOLLOUT, .data.fd = fd }, got;

	ck_assert_int_eq(socket_epoll_ctl(table, epoll, EPOLL_CTL_ADD, fd, &event), 0);
	ck_assert_int_eq(socket_epoll_ctl(table, epoll, EPOLL_CTL_ADD, epoll, &event), -EINVAL);
	ck_assert_int_eq(socket_epoll_wait(table, epoll, &got, 1), 1);
	ck_assert_int_eq(got.data.fd, fd);
	ck_assert_int_eq(socket_close(table, fd), 0);
	ck_assert_int_eq(socket_epoll_wait(table, epoll, &got, 1), 0);
	ck_assert_int_eq(socket_poll(table, epoll, POLLIN), 0);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("socket");
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_loop_test(tcase, a_datagram_goes_there_and_back, 0, FAMILIES);
	tcase_add_test(tcase, an_ipv6_socket_takes_ipv4_under_mapped_addresses);
	tcase_add_test(tcase, with_v6only_ipv4_is_nobodys_and_its_port_free);
	tcase_add_test(tcase, a_socket_on_both_families_takes_the_port_of_both);
	tcase_add_test(tcase, more_datagrams_than_the_buffer_holds_are_dropped_and_counted);
	tcase_add_loop_test(tcase, nobody_at_the_port_is_told_by_the_next_call, 0, FAMILIES);
	tcase_add_loop_test(tcase, an_echo_request_is_answered_to_who_sent_it, 0, FAMILIES);
	tcase_add_test(tcase, a_full_table_is_told_and_a_number_means_no_later_socket);
	tcase_add_test(tcase, what_comes_for_a_closed_socket_reaches_no_later_one);
	tcase_add_test(tcase, epoll_forgets_what_is_closed);
	Suite *suite = suite_create("socket");
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}

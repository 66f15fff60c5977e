/* Sockets by number over two stacks: POSIX.1-2017, ip(7), RFC 3493. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>

#include "stack/tcp.h"
#include "tests/stack/socket_world.h"
#include "tests/suite.h"

/* ---- datagrams ----------------------------------------------------------------------------------- */

START_TEST(a_datagram_goes_there_and_back)
{
	const int family = _i, domain = family == V4 ? AF_INET : AF_INET6;
	const int client = sockets_open(&sockets_a, domain, SOCK_DGRAM, 0);
	const int server = sockets_open(&sockets_b, domain, SOCK_DGRAM, 0);
	struct sockaddr_storage from;
	char text[16];

	ck_assert_int_eq(sockets_bind(server, sockets_peers[family], 53, domain), 0);
	ck_assert_int_eq(sockets_connect(client, sockets_peers[family], 53, domain), 0);
	ck_assert_int_eq(sockets_receive(server, text, sizeof text, NULL), -EAGAIN);
	ck_assert_int_eq(sockets_send(client, "hello"), 5);
	sockets_carry();
	ck_assert_int_eq(socket_poll(sockets, server, POLLIN), POLLIN);
	ck_assert_int_eq(sockets_receive(server, text, sizeof text, &from), 5);
	ck_assert_mem_eq(text, "hello", 5);
	ck_assert_int_eq(socket_connect(sockets, server, (struct sockaddr *)&from, sizeof from), 0);
	ck_assert_int_eq(sockets_send(server, "bye"), 3);
	sockets_carry();
	ck_assert_int_eq(sockets_receive(client, text, sizeof text, NULL), 3);
}
END_TEST

START_TEST(an_ipv6_socket_takes_ipv4_under_mapped_addresses)
{
	const int client = sockets_open(&sockets_a, AF_INET, SOCK_DGRAM, 0);
	const int server = sockets_open(&sockets_b, AF_INET6, SOCK_DGRAM, 0);
	struct sockaddr_storage from, expected;
	char text[16];

	ck_assert_int_eq(sockets_bind(server, "::", 53, AF_INET6), 0);
	ck_assert_int_eq(sockets_bind(client, sockets_us[V4], 1000, AF_INET), 0);
	ck_assert_int_eq(sockets_connect(client, sockets_peers[V4], 53, AF_INET), 0);
	ck_assert_int_eq(sockets_send(client, "x"), 1);
	sockets_carry();
	ck_assert_int_eq(sockets_receive(server, text, sizeof text, &from), 1);
	const socklen_t size = sockets_name(sockets_us[V4], 1000, AF_INET6, &expected);
	ck_assert_mem_eq(&from, &expected, size);
}
END_TEST

START_TEST(with_v6only_ipv4_is_nobodys_and_its_port_free)
{
	const int six = sockets_open(&sockets_b, AF_INET6, SOCK_DGRAM, 0);
	const int four = sockets_open(&sockets_b, AF_INET, SOCK_DGRAM, 0);
	const int on = 1;

	ck_assert_int_eq(socket_setsockopt(sockets, six, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on),
			 0);
	ck_assert_int_eq(sockets_bind(six, "::", 53, AF_INET6), 0);
	ck_assert_int_eq(sockets_bind(four, "0.0.0.0", 53, AF_INET), 0);
	ck_assert_int_eq(sockets_connect(six, sockets_peers[V4], 53, AF_INET6), -ENETUNREACH);
}
END_TEST

START_TEST(a_socket_on_both_families_takes_the_port_of_both)
{
	const int six = sockets_open(&sockets_b, AF_INET6, SOCK_DGRAM, 0);
	const int four = sockets_open(&sockets_b, AF_INET, SOCK_DGRAM, 0);

	ck_assert_int_eq(sockets_bind(six, "::", 53, AF_INET6), 0);
	ck_assert_int_eq(sockets_bind(four, "0.0.0.0", 53, AF_INET), -EADDRINUSE);
	ck_assert_int_eq(sockets_bind(four, "203.0.113.1", 54, AF_INET), -EADDRNOTAVAIL);
	ck_assert_int_eq(sockets_bind(four, "0.0.0.0", 54, AF_INET), 0);
}
END_TEST

START_TEST(a_bind_that_failed_leaves_no_address)
{
	const int first = sockets_open(&sockets_b, AF_INET, SOCK_DGRAM, 0);
	const int second = sockets_open(&sockets_b, AF_INET, SOCK_DGRAM, 0);
	struct sockaddr_in name;
	socklen_t size = sizeof name;

	ck_assert_int_eq(sockets_bind(first, "0.0.0.0", 53, AF_INET), 0);
	ck_assert_int_eq(sockets_bind(second, sockets_peers[V4], 53, AF_INET), -EADDRINUSE);
	ck_assert_int_eq(socket_getsockname(sockets, second, (struct sockaddr *)&name, &size), 0);
	ck_assert_uint_eq(name.sin_addr.s_addr, INADDR_ANY);
	ck_assert_uint_eq(name.sin_port, 0);
}
END_TEST

START_TEST(more_datagrams_than_the_buffer_holds_are_dropped_and_counted)
{
	const int client = sockets_open(&sockets_a, AF_INET, SOCK_DGRAM, 0);
	const int server = sockets_open(&sockets_b, AF_INET, SOCK_DGRAM, 0);
	const int few = 4096; /* told doubled, as Linux: eight chunks */
	struct socket_stats stats;
	char text[16];
	int got = 0;

	ck_assert_int_eq(socket_setsockopt(sockets, server, SOL_SOCKET, SO_RCVBUF, &few, sizeof few),
			 0);
	ck_assert_int_eq(sockets_bind(server, sockets_peers[V4], 53, AF_INET), 0);
	ck_assert_int_eq(sockets_connect(client, sockets_peers[V4], 53, AF_INET), 0);
	for (int i = 0; i < 20; i++) {
		ck_assert_int_eq(sockets_send(client, "x"), 1);
		sockets_carry();
	}
	while (sockets_receive(server, text, sizeof text, NULL) == 1)
		got++;
	socket_stats(sockets, &stats);
	ck_assert_int_eq(got, 8);
	ck_assert_uint_eq(stats.datagrams_dropped, 12);
}
END_TEST

START_TEST(nobody_at_the_port_is_told_by_the_next_call)
{
	const int family = _i, domain = family == V4 ? AF_INET : AF_INET6;
	const int client = sockets_open(&sockets_a, domain, SOCK_DGRAM, 0);

	ck_assert_int_eq(sockets_connect(client, sockets_peers[family], 99, domain), 0);
	ck_assert_int_eq(sockets_send(client, "x"), 1);
	sockets_carry();
	ck_assert_int_eq(socket_poll(sockets, client, POLLIN), POLLERR);
	ck_assert_int_eq(sockets_send(client, "x"), -ECONNREFUSED);
	ck_assert_int_eq(sockets_send(client, "x"), 1);
}
END_TEST

START_TEST(an_echo_request_is_answered_to_who_sent_it)
{
	const int family = _i, domain = family == V4 ? AF_INET : AF_INET6;
	const int protocol = family == V4 ? IPPROTO_ICMP : (int)IPPROTO_ICMPV6;
	const int one = sockets_open(&sockets_a, domain, SOCK_DGRAM, protocol);
	const int other = sockets_open(&sockets_a, domain, SOCK_DGRAM, protocol);
	uint8_t request[] = { family == V4 ? 8 : 128, 0, 0, 0, 0, 0, 0, 7, 'p', 'i', 'n', 'g' };
	struct iovec piece = { .iov_base = request, .iov_len = sizeof request };
	const struct msghdr message = { .msg_iov = &piece, .msg_iovlen = 1 };
	uint8_t reply[64];

	ck_assert_int_eq(sockets_connect(one, sockets_peers[family], 0, domain), 0);
	ck_assert_int_eq(sockets_connect(other, sockets_peers[family], 0, domain), 0);
	ck_assert_int_eq(socket_sendmsg(sockets, one, &message, 0), sizeof request);
	sockets_carry();
	ck_assert_int_eq(sockets_receive(other, (char *)reply, sizeof reply, NULL), -EAGAIN);
	ck_assert_int_eq(sockets_receive(one, (char *)reply, sizeof reply, NULL), sizeof request);
	ck_assert_uint_eq(reply[0], family == V4 ? 0 : 129);
	ck_assert_uint_eq(reply[7], 7);
	ck_assert_mem_eq(reply + 8, "ping", 4);
	request[0] = 13; /* not a request for echo */
	ck_assert_int_eq(socket_sendmsg(sockets, one, &message, 0), -EINVAL);
}
END_TEST

/* ---- options ------------------------------------------------------------------------------------- */

static const struct {
	int domain, type, level, name, set, got;
} options[] = {
	{ AF_INET, SOCK_STREAM, SOL_SOCKET, SO_REUSEADDR, 7, 1 },
	{ AF_INET, SOCK_STREAM, SOL_SOCKET, SO_REUSEPORT, 7, 1 },
	{ AF_INET, SOCK_STREAM, SOL_SOCKET, SO_KEEPALIVE, 7, 1 },
	{ AF_INET, SOCK_DGRAM, SOL_SOCKET, SO_BROADCAST, 7, 1 },
	{ AF_INET, SOCK_DGRAM, SOL_SOCKET, SO_TIMESTAMP, 7, 1 },
	{ AF_INET6, SOCK_DGRAM, SOL_SOCKET, SO_TIMESTAMPNS, 7, 1 },
	{ AF_INET, SOCK_STREAM, SOL_SOCKET, SO_MAX_PACING_RATE, 125000, 125000 },
	{ AF_INET, SOCK_STREAM, SOL_SOCKET, SO_MAX_PACING_RATE, -1, -1 },
	{ AF_INET, SOCK_STREAM, SOL_SOCKET, SO_RCVLOWAT, 0, 1 },
	{ AF_INET, SOCK_STREAM, IPPROTO_IP, IP_TOS, 0x2b, 0x28 }, /* ECN is TCP's own */
	{ AF_INET, SOCK_DGRAM, IPPROTO_IP, IP_TOS, 0x2b, 0x2b },
	{ AF_INET, SOCK_DGRAM, IPPROTO_IP, IP_TTL, 9, 9 },
	{ AF_INET, SOCK_DGRAM, IPPROTO_IP, IP_TTL, -1, 64 },
	{ AF_INET, SOCK_DGRAM, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DO, IP_PMTUDISC_DO },
	{ AF_INET, SOCK_DGRAM, IPPROTO_IP, IP_RECVERR, 7, 1 },
	{ AF_INET, SOCK_DGRAM, IPPROTO_IP, IP_PKTINFO, 7, 1 },
	{ AF_INET, SOCK_DGRAM, IPPROTO_IP, IP_RECVTTL, 7, 1 },
	{ AF_INET, SOCK_DGRAM, IPPROTO_IP, IP_RECVTOS, 7, 1 },
	{ AF_INET6, SOCK_DGRAM, IPPROTO_IPV6, IPV6_V6ONLY, 7, 1 },
	{ AF_INET6, SOCK_STREAM, IPPROTO_IPV6, IPV6_TCLASS, 0x2b, 0x28 },
	{ AF_INET6, SOCK_DGRAM, IPPROTO_IPV6, IPV6_TCLASS, -1, 0 },
	{ AF_INET6, SOCK_DGRAM, IPPROTO_IPV6, IPV6_UNICAST_HOPS, 9, 9 },
	{ AF_INET6, SOCK_DGRAM, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_DO, IPV6_PMTUDISC_DO },
	{ AF_INET6, SOCK_DGRAM, IPPROTO_IPV6, IPV6_RECVERR, 7, 1 },
	{ AF_INET6, SOCK_DGRAM, IPPROTO_IPV6, IPV6_RECVPKTINFO, 7, 1 },
	{ AF_INET6, SOCK_DGRAM, IPPROTO_IPV6, IPV6_RECVHOPLIMIT, 7, 1 },
	{ AF_INET6, SOCK_DGRAM, IPPROTO_IPV6, IPV6_RECVTCLASS, 7, 1 },
	{ AF_INET6, SOCK_DGRAM, IPPROTO_IPV6, IPV6_DONTFRAG, 7, 1 },
};

START_TEST(an_option_comes_back_as_it_holds)
{
	const int fd = sockets_open(&sockets_a, options[_i].domain, options[_i].type, 0);
	const int level = options[_i].level, name = options[_i].name, set = options[_i].set;
	int got = -1;
	socklen_t size = sizeof got;

	ck_assert_int_eq(socket_setsockopt(sockets, fd, level, name, &set, sizeof set), 0);
	ck_assert_int_eq(socket_getsockopt(sockets, fd, level, name, &got, &size), 0);
	ck_assert_int_eq(got, options[_i].got);
	ck_assert_uint_eq(size, sizeof got);
}
END_TEST

static const struct {
	int domain, level, name, set, error;
} wrong_options[] = {
	{ AF_INET, IPPROTO_IP, IP_TTL, 0, EINVAL },
	{ AF_INET, IPPROTO_IP, IP_TTL, 256, EINVAL },
	{ AF_INET, IPPROTO_IP, IP_MTU, 1500, ENOPROTOOPT },
	{ AF_INET, IPPROTO_IP, IP_MTU_DISCOVER, 77, EINVAL },
	{ AF_INET, IPPROTO_IPV6, IPV6_TCLASS, 0, ENOPROTOOPT },
	{ AF_INET6, IPPROTO_IPV6, IPV6_TCLASS, 256, EINVAL },
	{ AF_INET6, IPPROTO_IPV6, IPV6_UNICAST_HOPS, 256, EINVAL },
	{ AF_INET, SOL_SOCKET, SO_TYPE, 1, ENOPROTOOPT },
	{ AF_INET, IPPROTO_TCP, TCP_KEEPIDLE, 0, EINVAL },
	{ AF_INET, IPPROTO_TCP, TCP_KEEPCNT, 128, EINVAL },
	{ AF_INET, IPPROTO_TCP, TCP_MAXSEG, 87, EINVAL },
	{ AF_INET, IPPROTO_UDP, 1, 1, ENOPROTOOPT },
};

START_TEST(an_option_that_makes_no_sense_is_refused)
{
	const int fd = sockets_open(&sockets_a, wrong_options[_i].domain, SOCK_STREAM, 0);
	const int set = wrong_options[_i].set;

	ck_assert_int_eq(socket_setsockopt(sockets, fd, wrong_options[_i].level, wrong_options[_i].name, &set,
					   sizeof set),
			 -wrong_options[_i].error);
}
END_TEST

START_TEST(a_time_out_longer_than_can_be_counted_is_none)
{
	const int fd = sockets_open(&sockets_a, AF_INET, SOCK_STREAM, 0);
	const struct timeval ages = { .tv_sec = LONG_MAX };
	struct timeval got = { .tv_sec = -1, .tv_usec = -1 };
	socklen_t size = sizeof got;

	ck_assert_int_eq(socket_setsockopt(sockets, fd, SOL_SOCKET, SO_RCVTIMEO, &ages, sizeof ages), 0);
	ck_assert_int_eq(socket_getsockopt(sockets, fd, SOL_SOCKET, SO_RCVTIMEO, &got, &size), 0);
	ck_assert_int_eq(got.tv_sec, 0);
	ck_assert_int_eq(got.tv_usec, 0);
}
END_TEST

START_TEST(path_mtu_probing_comes_back_with_discovery)
{
	const int fd = sockets_open(&sockets_a, AF_INET, SOCK_STREAM, 0);
	const int off = IP_PMTUDISC_DONT, on = IP_PMTUDISC_WANT;
	struct stack_action action;

	ck_assert_int_eq(socket_setsockopt(sockets, fd, IPPROTO_IP, IP_MTU_DISCOVER, &off, sizeof off), 0);
	ck_assert_int_eq(socket_setsockopt(sockets, fd, IPPROTO_IP, IP_MTU_DISCOVER, &on, sizeof on), 0);
	ck_assert_int_eq(sockets_connect(fd, sockets_peers[V4], 80, AF_INET), -EINPROGRESS);
	host_expect(&sockets_a, STACK_TRANSMIT, &action);
	struct tcp_config config;
	struct tcp_conn_info info;
	uint32_t place = 0;
	ck_assert(tcp_info_next(sockets_a.stack, &place, &info));
	ck_assert_int_eq(tcp_get_config(sockets_a.stack, info.conn, &config), 0);
	ck_assert(config.pmtu_discovery);
	ck_assert(config.mtu_probing);
}
END_TEST

/* RFC 9293, section 3.9.2: the program may say both (MUST-48, MUST-49). */
START_TEST(segments_have_the_traffic_class_and_hop_limit_that_the_program_wants)
{
	const int domain = _i == V4 ? AF_INET : AF_INET6, level = _i == V4 ? IPPROTO_IP : (int)IPPROTO_IPV6;
	const int class_name = _i == V4 ? IP_TOS : IPV6_TCLASS, hops_name = _i == V4 ? IP_TTL : IPV6_UNICAST_HOPS;
	const int traffic_class = 0x28, hop_limit = 9;
	const int fd = sockets_open(&sockets_a, domain, SOCK_STREAM, 0);
	struct stack_action action;

	ck_assert_int_eq(socket_setsockopt(sockets, fd, level, class_name, &traffic_class, sizeof traffic_class), 0);
	ck_assert_int_eq(socket_setsockopt(sockets, fd, level, hops_name, &hop_limit, sizeof hop_limit), 0);
	ck_assert_int_eq(sockets_connect(fd, sockets_peers[_i], 80, domain), -EINPROGRESS);
	host_expect(&sockets_a, STACK_TRANSMIT, &action);
	const uint8_t *ip = action.bytes;
	ck_assert_int_eq(_i == V4 ? ip[1] : (ip[0] & 0x0f) << 4 | ip[1] >> 4, traffic_class);
	ck_assert_int_eq(ip[_i == V4 ? 8 : 7], hop_limit);
}
END_TEST

/* ---- streams ------------------------------------------------------------------------------------- */

static void
expect_name(int (*ask)(struct socket_table *, int, struct sockaddr *, socklen_t *), int fd, const char *text,
	    uint16_t port, int domain)
{
	struct sockaddr_storage got, expected;
	socklen_t size = sizeof got;
	const socklen_t expected_bytes = sockets_name(text, port, domain, &expected);

	ck_assert_int_eq(ask(sockets, fd, (struct sockaddr *)&got, &size), 0);
	ck_assert_uint_eq(size, expected_bytes);
	ck_assert_mem_eq(&got, &expected, expected_bytes);
}

START_TEST(both_ends_of_a_connection_know_their_names)
{
	const int domain = _i == V4 ? AF_INET : AF_INET6;
	const int client = sockets_open(&sockets_a, domain, SOCK_STREAM, 0), server = sockets_open(&sockets_b, domain, SOCK_STREAM, 0);
	struct sockaddr_storage from;
	socklen_t size = sizeof from;

	ck_assert_int_eq(socket_getpeername(sockets, client, (struct sockaddr *)&from, &size), -ENOTCONN);
	ck_assert_int_eq(sockets_bind(server, _i == V4 ? "0.0.0.0" : "::", 80, domain), 0);
	ck_assert_int_eq(socket_listen(sockets, server, 1), 0);
	ck_assert_int_eq(sockets_bind(client, sockets_us[_i], 4000, domain), 0);
	expect_name(socket_getsockname, client, sockets_us[_i], 4000, domain);
	ck_assert_int_eq(sockets_connect(client, sockets_peers[_i], 80, domain), -EINPROGRESS);
	ck_assert_int_eq(sockets_connect(client, sockets_peers[_i], 80, domain), -EALREADY);
	sockets_carry();
	ck_assert_int_eq(sockets_connect(client, sockets_peers[_i], 80, domain), 0);
	ck_assert_int_eq(sockets_connect(client, sockets_peers[_i], 80, domain), -EISCONN);
	const int child = socket_accept(sockets, server, (struct sockaddr *)&from, &size, SOCK_NONBLOCK);
	ck_assert_int_ge(child, 0);
	ck_assert_int_eq(socket_fcntl(sockets, child, F_GETFL, 0), O_RDWR | O_NONBLOCK);
	expect_name(socket_getsockname, child, sockets_peers[_i], 80, domain);
	expect_name(socket_getpeername, child, sockets_us[_i], 4000, domain);
	expect_name(socket_getsockname, client, sockets_us[_i], 4000, domain);
	expect_name(socket_getpeername, client, sockets_peers[_i], 80, domain);
	ck_assert_int_eq(socket_getpeername(sockets, server, (struct sockaddr *)&from, &size), -ENOTCONN);
}
END_TEST

START_TEST(a_message_in_several_buffers_is_one_stream)
{
	const int client = sockets_open(&sockets_a, AF_INET, SOCK_STREAM, 0), server = sockets_open(&sockets_b, AF_INET, SOCK_STREAM, 0);
	char head[4], tail[8];
	struct iovec out[] = { { (void *)"ab", 2 }, { NULL, 0 }, { (void *)"cdefgh", 6 } };
	struct iovec in[] = { { head, sizeof head }, { tail, sizeof tail } };
	const struct msghdr sent = { .msg_iov = out, .msg_iovlen = COUNT(out) };
	struct msghdr got = { .msg_iov = in, .msg_iovlen = COUNT(in) };

	ck_assert_int_eq(sockets_bind(server, sockets_peers[V4], 80, AF_INET), 0);
	ck_assert_int_eq(socket_listen(sockets, server, 1), 0);
	ck_assert_int_eq(sockets_connect(client, sockets_peers[V4], 80, AF_INET), -EINPROGRESS);
	sockets_carry();
	const int child = socket_accept(sockets, server, NULL, NULL, 0);
	ck_assert_int_eq(socket_recvmsg(sockets, child, &got, 0), -EAGAIN);
	ck_assert_int_eq(socket_sendmsg(sockets, client, &sent, MSG_OOB), -EOPNOTSUPP);
	ck_assert_int_eq(socket_sendmsg(sockets, client, &sent, 0), 8);
	sockets_carry();
	ck_assert_int_eq(socket_recvmsg(sockets, child, &got, MSG_OOB), -EINVAL);
	ck_assert_int_eq(socket_recvmsg(sockets, child, &got, MSG_PEEK), 8);
	ck_assert_int_eq(socket_recvmsg(sockets, child, &got, 0), 8);
	ck_assert_mem_eq(head, "abcd", 4);
	ck_assert_mem_eq(tail, "efgh", 4);
}
END_TEST

/* ---- descriptors --------------------------------------------------------------------------------- */

START_TEST(a_full_table_is_told_and_a_number_means_no_later_socket)
{
	int last = -1;

	for (uint32_t i = 0; i < SOCKETS_MAX; i++)
		last = sockets_open(&sockets_a, AF_INET, SOCK_DGRAM, 0);
	ck_assert_int_eq(socket_open(sockets, sockets_a.stack, AF_INET, SOCK_DGRAM, 0), -EMFILE);
	ck_assert_int_eq(socket_epoll_create(sockets), -EMFILE);
	ck_assert_int_eq(socket_close(sockets, last), 0);
	ck_assert_int_eq(socket_close(sockets, last), -EBADF);
	ck_assert_int_eq(sockets_open(&sockets_a, AF_INET, SOCK_DGRAM, 0), last);
}
END_TEST

START_TEST(what_comes_for_a_closed_socket_reaches_no_later_one)
{
	const int client = sockets_open(&sockets_a, AF_INET, SOCK_DGRAM, 0);
	int server = sockets_open(&sockets_b, AF_INET, SOCK_DGRAM, 0);
	struct stack_action action;
	char text[16];

	ck_assert_int_eq(sockets_bind(server, sockets_peers[V4], 53, AF_INET), 0);
	ck_assert_int_eq(sockets_connect(client, sockets_peers[V4], 53, AF_INET), 0);
	ck_assert_int_eq(sockets_send(client, "secret"), 6);
	(void)host_carry(&sockets_a, &sockets_b, &action);
	ck_assert_int_eq(socket_close(sockets, server), 0);
	server = sockets_open(&sockets_b, AF_INET, SOCK_DGRAM, 0);
	ck_assert_int_eq(sockets_bind(server, sockets_peers[V4], 53, AF_INET), 0);
	sockets_carry();
	ck_assert_int_eq(sockets_receive(server, text, sizeof text, NULL), -EAGAIN);
}
END_TEST

START_TEST(epoll_forgets_what_is_closed)
{
	const int epoll = socket_epoll_create(sockets);
	const int fd = sockets_open(&sockets_a, AF_INET, SOCK_DGRAM, 0);
	struct epoll_event event = { .events = EPOLLOUT, .data.fd = fd }, got;

	ck_assert_int_eq(socket_epoll_ctl(sockets, epoll, EPOLL_CTL_ADD, fd, &event), 0);
	ck_assert_int_eq(socket_epoll_ctl(sockets, epoll, EPOLL_CTL_ADD, epoll, &event), -EINVAL);
	ck_assert_int_eq(socket_epoll_wait(sockets, epoll, &got, 1), 1);
	ck_assert_int_eq(got.data.fd, fd);
	ck_assert_int_eq(socket_close(sockets, fd), 0);
	ck_assert_int_eq(socket_epoll_wait(sockets, epoll, &got, 1), 0);
	ck_assert_int_eq(socket_poll(sockets, epoll, POLLIN), 0);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("socket");
	tcase_add_checked_fixture(tcase, sockets_begin, sockets_end);
	tcase_add_loop_test(tcase, a_datagram_goes_there_and_back, 0, FAMILIES);
	tcase_add_test(tcase, an_ipv6_socket_takes_ipv4_under_mapped_addresses);
	tcase_add_test(tcase, with_v6only_ipv4_is_nobodys_and_its_port_free);
	tcase_add_test(tcase, a_socket_on_both_families_takes_the_port_of_both);
	tcase_add_test(tcase, a_bind_that_failed_leaves_no_address);
	tcase_add_test(tcase, more_datagrams_than_the_buffer_holds_are_dropped_and_counted);
	tcase_add_loop_test(tcase, nobody_at_the_port_is_told_by_the_next_call, 0, FAMILIES);
	tcase_add_loop_test(tcase, an_echo_request_is_answered_to_who_sent_it, 0, FAMILIES);
	tcase_add_loop_test(tcase, an_option_comes_back_as_it_holds, 0, COUNT(options));
	tcase_add_loop_test(tcase, an_option_that_makes_no_sense_is_refused, 0, COUNT(wrong_options));
	tcase_add_test(tcase, a_time_out_longer_than_can_be_counted_is_none);
	tcase_add_test(tcase, path_mtu_probing_comes_back_with_discovery);
	tcase_add_loop_test(tcase, segments_have_the_traffic_class_and_hop_limit_that_the_program_wants, 0, FAMILIES);
	tcase_add_loop_test(tcase, both_ends_of_a_connection_know_their_names, 0, FAMILIES);
	tcase_add_test(tcase, a_message_in_several_buffers_is_one_stream);
	tcase_add_test(tcase, a_full_table_is_told_and_a_number_means_no_later_socket);
	tcase_add_test(tcase, what_comes_for_a_closed_socket_reaches_no_later_one);
	tcase_add_test(tcase, epoll_forgets_what_is_closed);
	Suite *suite = suite_create("socket");
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}

/* Sockets by number over two stacks: POSIX.1-2017, ip(7), RFC 3493. */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <time.h> /* before errqueue.h, which needs struct timespec */

#include <linux/errqueue.h>

#include "stack/socket.h"
#include "stack/tcp.h"
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
	struct stack_limits with_tcp = host_limits;

	with_tcp.tcp_count = with_tcp.tcp_syn_count = with_tcp.tcp_time_wait_count = with_tcp.tcp_sent_count = 8;
	with_tcp.tcp_buffer_bytes = 64u << 10;
	host_init(&a, &(struct host_config){
			      .ipv4 = "192.0.2.1/24", .ipv6 = "2001:db8::1/64", .limits = &with_tcp });
	host_init(&b, &(struct host_config){
			      .ipv4 = "192.0.2.2/24", .ipv6 = "2001:db8::2/64", .limits = &with_tcp, .seed = 1 });
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

/* ---- options ------------------------------------------------------------------------------------- */

static const struct {
	int domain, type, level, name, set, got;
} options[] = {
	{ AF_INET, SOCK_STREAM, SOL_SOCKET, SO_REUSEADDR, 7, 1 },
	{ AF_INET, SOCK_STREAM, SOL_SOCKET, SO_REUSEPORT, 7, 1 },
	{ AF_INET, SOCK_STREAM, SOL_SOCKET, SO_KEEPALIVE, 7, 1 },
	{ AF_INET, SOCK_DGRAM, SOL_SOCKET, SO_BROADCAST, 7, 1 },
	{ AF_INET, SOCK_STREAM, SOL_SOCKET, SO_RCVLOWAT, 0, 1 },
	{ AF_INET, SOCK_STREAM, IPPROTO_IP, IP_TOS, 0x2b, 0x28 }, /* ECN is TCP's own */
	{ AF_INET, SOCK_DGRAM, IPPROTO_IP, IP_TOS, 0x2b, 0x2b },
	{ AF_INET, SOCK_DGRAM, IPPROTO_IP, IP_TTL, 9, 9 },
	{ AF_INET, SOCK_DGRAM, IPPROTO_IP, IP_TTL, -1, 64 },
	{ AF_INET, SOCK_DGRAM, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DO, IP_PMTUDISC_DO },
	{ AF_INET, SOCK_DGRAM, IPPROTO_IP, IP_RECVERR, 7, 1 },
	{ AF_INET, SOCK_DGRAM, IPPROTO_IP, IP_PKTINFO, 7, 1 },
	{ AF_INET, SOCK_DGRAM, IPPROTO_IP, IP_RECVTTL, 7, 1 },
	{ AF_INET6, SOCK_DGRAM, IPPROTO_IPV6, IPV6_V6ONLY, 7, 1 },
	{ AF_INET6, SOCK_STREAM, IPPROTO_IPV6, IPV6_TCLASS, 0x2b, 0x28 },
	{ AF_INET6, SOCK_DGRAM, IPPROTO_IPV6, IPV6_TCLASS, -1, 0 },
	{ AF_INET6, SOCK_DGRAM, IPPROTO_IPV6, IPV6_UNICAST_HOPS, 9, 9 },
	{ AF_INET6, SOCK_DGRAM, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_DO, IPV6_PMTUDISC_DO },
	{ AF_INET6, SOCK_DGRAM, IPPROTO_IPV6, IPV6_RECVERR, 7, 1 },
	{ AF_INET6, SOCK_DGRAM, IPPROTO_IPV6, IPV6_RECVPKTINFO, 7, 1 },
	{ AF_INET6, SOCK_DGRAM, IPPROTO_IPV6, IPV6_RECVHOPLIMIT, 7, 1 },
};

START_TEST(an_option_comes_back_as_it_holds)
{
	const int fd = open_on(&a, options[_i].domain, options[_i].type, 0);
	const int level = options[_i].level, name = options[_i].name, set = options[_i].set;
	int got = -1;
	socklen_t size = sizeof got;

	ck_assert_int_eq(socket_setsockopt(table, fd, level, name, &set, sizeof set), 0);
	ck_assert_int_eq(socket_getsockopt(table, fd, level, name, &got, &size), 0);
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
	const int fd = open_on(&a, wrong_options[_i].domain, SOCK_STREAM, 0);
	const int set = wrong_options[_i].set;

	ck_assert_int_eq(socket_setsockopt(table, fd, wrong_options[_i].level, wrong_options[_i].name, &set,
					   sizeof set),
			 -wrong_options[_i].error);
}
END_TEST

START_TEST(path_mtu_probing_comes_back_with_discovery)
{
	const int fd = open_on(&a, AF_INET, SOCK_STREAM, 0);
	const int off = IP_PMTUDISC_DONT, on = IP_PMTUDISC_WANT;
	struct stack_action action;

	ck_assert_int_eq(socket_setsockopt(table, fd, IPPROTO_IP, IP_MTU_DISCOVER, &off, sizeof off), 0);
	ck_assert_int_eq(socket_setsockopt(table, fd, IPPROTO_IP, IP_MTU_DISCOVER, &on, sizeof on), 0);
	ck_assert_int_eq(connect_to(fd, peers[V4], 80, AF_INET), -EINPROGRESS);
	host_expect(&a, STACK_TRANSMIT, &action);
	struct tcp_config config;
	struct tcp_conn_info info;
	uint32_t place = 0;
	ck_assert(tcp_info_next(a.stack, &place, &info));
	ck_assert_int_eq(tcp_get_config(a.stack, info.conn, &config), 0);
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
	const int fd = open_on(&a, domain, SOCK_STREAM, 0);
	struct stack_action action;

	ck_assert_int_eq(socket_setsockopt(table, fd, level, class_name, &traffic_class, sizeof traffic_class), 0);
	ck_assert_int_eq(socket_setsockopt(table, fd, level, hops_name, &hop_limit, sizeof hop_limit), 0);
	ck_assert_int_eq(connect_to(fd, peers[_i], 80, domain), -EINPROGRESS);
	host_expect(&a, STACK_TRANSMIT, &action);
	const uint8_t *ip = action.bytes;
	ck_assert_int_eq(_i == V4 ? ip[1] : (ip[0] & 0x0f) << 4 | ip[1] >> 4, traffic_class);
	ck_assert_int_eq(ip[_i == V4 ? 8 : 7], hop_limit);
}
END_TEST

/* ---- ancillary data ------------------------------------------------------------------------------ */

static const void *
ancillary(struct msghdr *message, int level, int type)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c != NULL; c = CMSG_NXTHDR(message, c))
		if (c->cmsg_level == level && c->cmsg_type == type)
			return CMSG_DATA(c);
	ck_abort_msg("no ancillary data of level %d, type %d", level, type);
}

static void
switch_on(int fd, int level, int name)
{
	const int on = 1;
	ck_assert_int_eq(socket_setsockopt(table, fd, level, name, &on, sizeof on), 0);
}

START_TEST(ancillary_data_tell_where_a_datagram_was_sent_and_how_far)
{
	const int domain = _i == V4 ? AF_INET : AF_INET6, level = _i == V4 ? IPPROTO_IP : (int)IPPROTO_IPV6;
	const int client = open_on(&a, domain, SOCK_DGRAM, 0), server = open_on(&b, domain, SOCK_DGRAM, 0);
	const int hop_limit = 9;
	const struct ip_addr to = addr_of(peers[_i]);
	_Alignas(struct cmsghdr) uint8_t control[128];
	char text[16];
	struct iovec piece = { .iov_base = text, .iov_len = sizeof text };
	struct msghdr message = { .msg_iov = &piece, .msg_iovlen = 1, .msg_control = control,
				  .msg_controllen = sizeof control };

	switch_on(server, level, _i == V4 ? IP_PKTINFO : IPV6_RECVPKTINFO);
	switch_on(server, level, _i == V4 ? IP_RECVTTL : IPV6_RECVHOPLIMIT);
	ck_assert_int_eq(socket_setsockopt(table, client, level, _i == V4 ? IP_TTL : IPV6_UNICAST_HOPS, &hop_limit,
					   sizeof hop_limit),
			 0);
	ck_assert_int_eq(bind_to(server, _i == V4 ? "0.0.0.0" : "::", 53, domain), 0);
	ck_assert_int_eq(connect_to(client, peers[_i], 53, domain), 0);
	ck_assert_int_eq(send_text(client, "one"), 3);
	ck_assert_int_eq(send_text(client, "two"), 3);
	carry();

	ck_assert_int_eq(socket_recvmsg(table, server, &message, 0), 3);
	ck_assert_int_eq(message.msg_flags, 0);
	if (_i == V4) {
		const struct in_pktinfo *info = ancillary(&message, IPPROTO_IP, IP_PKTINFO);
		ck_assert_mem_eq(&info->ipi_addr, to.octets, 4);
		ck_assert_int_eq(info->ipi_ifindex, (int)b.ifindex + 1);
	} else {
		const struct in6_pktinfo *info = ancillary(&message, IPPROTO_IPV6, IPV6_PKTINFO);
		ck_assert_mem_eq(&info->ipi6_addr, to.octets, 16);
		ck_assert_uint_eq(info->ipi6_ifindex, b.ifindex + 1);
	}
	ck_assert_int_eq(*(const int *)ancillary(&message, level, _i == V4 ? IP_TTL : IPV6_HOPLIMIT), 9);

	message.msg_controllen = CMSG_SPACE(sizeof(int)) - 1; /* room for nothing */
	ck_assert_int_eq(socket_recvmsg(table, server, &message, 0), 3);
	ck_assert_int_eq(message.msg_flags, MSG_CTRUNC);
	ck_assert_uint_eq(message.msg_controllen, 0);
}
END_TEST

START_TEST(the_error_queue_tells_what_became_of_a_datagram_and_who_says_so)
{
	const int domain = _i == V4 ? AF_INET : AF_INET6, level = _i == V4 ? IPPROTO_IP : (int)IPPROTO_IPV6;
	const int client = open_on(&a, domain, SOCK_DGRAM, 0);
	struct sockaddr_storage to, from;
	_Alignas(struct cmsghdr) uint8_t control[256];
	struct msghdr message = { .msg_name = &from, .msg_namelen = sizeof from, .msg_control = control,
				  .msg_controllen = sizeof control };

	switch_on(client, level, _i == V4 ? IP_RECVERR : IPV6_RECVERR);
	ck_assert_int_eq(socket_recvmsg(table, client, &message, MSG_ERRQUEUE), -EAGAIN);
	ck_assert_int_eq(connect_to(client, peers[_i], 99, domain), 0);
	ck_assert_int_eq(send_text(client, "x"), 1);
	carry();
	ck_assert_int_eq(socket_poll(table, client, POLLIN), POLLERR);
	message.msg_namelen = sizeof from;
	message.msg_controllen = sizeof control;
	ck_assert_int_eq(socket_recvmsg(table, client, &message, MSG_ERRQUEUE), 0);
	ck_assert_int_eq(message.msg_flags, MSG_ERRQUEUE);
	const struct sock_extended_err *error = ancillary(&message, level, _i == V4 ? IP_RECVERR : IPV6_RECVERR);
	ck_assert_uint_eq(error->ee_errno, ECONNREFUSED);
	ck_assert_uint_eq(error->ee_origin, _i == V4 ? SO_EE_ORIGIN_ICMP : SO_EE_ORIGIN_ICMP6);
	const socklen_t to_bytes = name_of(peers[_i], 99, domain, &to);
	ck_assert_uint_eq(message.msg_namelen, to_bytes);
	ck_assert_mem_eq(&from, &to, to_bytes); /* whom it was for; and behind the error, whose word it is */
	(void)name_of(peers[_i], 0, domain, &to);
	ck_assert_mem_eq(SO_EE_OFFENDER(error), &to, to_bytes);
	ck_assert_int_eq(socket_recvmsg(table, client, &message, MSG_ERRQUEUE), -EAGAIN);
	ck_assert_int_eq(socket_poll(table, client, POLLIN), 0);
}
END_TEST

/* ---- streams ------------------------------------------------------------------------------------- */

static void
expect_name(int (*ask)(struct socket_table *, int, struct sockaddr *, socklen_t *), int fd, const char *text,
	    uint16_t port, int domain)
{
	struct sockaddr_storage got, expected;
	socklen_t size = sizeof got;
	const socklen_t expected_bytes = name_of(text, port, domain, &expected);

	ck_assert_int_eq(ask(table, fd, (struct sockaddr *)&got, &size), 0);
	ck_assert_uint_eq(size, expected_bytes);
	ck_assert_mem_eq(&got, &expected, expected_bytes);
}

START_TEST(both_ends_of_a_connection_know_their_names)
{
	const int domain = _i == V4 ? AF_INET : AF_INET6;
	const int client = open_on(&a, domain, SOCK_STREAM, 0), server = open_on(&b, domain, SOCK_STREAM, 0);
	struct sockaddr_storage from;
	socklen_t size = sizeof from;

	ck_assert_int_eq(socket_getpeername(table, client, (struct sockaddr *)&from, &size), -ENOTCONN);
	ck_assert_int_eq(bind_to(server, _i == V4 ? "0.0.0.0" : "::", 80, domain), 0);
	ck_assert_int_eq(socket_listen(table, server, 1), 0);
	ck_assert_int_eq(bind_to(client, us[_i], 4000, domain), 0);
	expect_name(socket_getsockname, client, us[_i], 4000, domain);
	ck_assert_int_eq(connect_to(client, peers[_i], 80, domain), -EINPROGRESS);
	ck_assert_int_eq(connect_to(client, peers[_i], 80, domain), -EALREADY);
	carry();
	ck_assert_int_eq(connect_to(client, peers[_i], 80, domain), 0);
	ck_assert_int_eq(connect_to(client, peers[_i], 80, domain), -EISCONN);
	const int child = socket_accept(table, server, (struct sockaddr *)&from, &size, SOCK_NONBLOCK);
	ck_assert_int_ge(child, 0);
	ck_assert_int_eq(socket_fcntl(table, child, F_GETFL, 0), O_RDWR | O_NONBLOCK);
	expect_name(socket_getsockname, child, peers[_i], 80, domain);
	expect_name(socket_getpeername, child, us[_i], 4000, domain);
	expect_name(socket_getsockname, client, us[_i], 4000, domain);
	expect_name(socket_getpeername, client, peers[_i], 80, domain);
	ck_assert_int_eq(socket_getpeername(table, server, (struct sockaddr *)&from, &size), -ENOTCONN);
}
END_TEST

START_TEST(a_message_in_several_buffers_is_one_stream)
{
	const int client = open_on(&a, AF_INET, SOCK_STREAM, 0), server = open_on(&b, AF_INET, SOCK_STREAM, 0);
	char head[4], tail[8];
	struct iovec out[] = { { (void *)"ab", 2 }, { NULL, 0 }, { (void *)"cdefgh", 6 } };
	struct iovec in[] = { { head, sizeof head }, { tail, sizeof tail } };
	const struct msghdr sent = { .msg_iov = out, .msg_iovlen = COUNT(out) };
	struct msghdr got = { .msg_iov = in, .msg_iovlen = COUNT(in) };

	ck_assert_int_eq(bind_to(server, peers[V4], 80, AF_INET), 0);
	ck_assert_int_eq(socket_listen(table, server, 1), 0);
	ck_assert_int_eq(connect_to(client, peers[V4], 80, AF_INET), -EINPROGRESS);
	carry();
	const int child = socket_accept(table, server, NULL, NULL, 0);
	ck_assert_int_eq(socket_recvmsg(table, child, &got, 0), -EAGAIN);
	ck_assert_int_eq(socket_sendmsg(table, client, &sent, MSG_OOB), -EOPNOTSUPP);
	ck_assert_int_eq(socket_sendmsg(table, client, &sent, 0), 8);
	carry();
	ck_assert_int_eq(socket_recvmsg(table, child, &got, MSG_OOB), -EINVAL);
	ck_assert_int_eq(socket_recvmsg(table, child, &got, MSG_PEEK), 8);
	ck_assert_int_eq(socket_recvmsg(table, child, &got, 0), 8);
	ck_assert_mem_eq(head, "abcd", 4);
	ck_assert_mem_eq(tail, "efgh", 4);
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
	tcase_add_loop_test(tcase, an_option_comes_back_as_it_holds, 0, COUNT(options));
	tcase_add_loop_test(tcase, an_option_that_makes_no_sense_is_refused, 0, COUNT(wrong_options));
	tcase_add_test(tcase, path_mtu_probing_comes_back_with_discovery);
	tcase_add_loop_test(tcase, segments_have_the_traffic_class_and_hop_limit_that_the_program_wants, 0, FAMILIES);
	tcase_add_loop_test(tcase, ancillary_data_tell_where_a_datagram_was_sent_and_how_far, 0, FAMILIES);
	tcase_add_loop_test(tcase, the_error_queue_tells_what_became_of_a_datagram_and_who_says_so, 0, FAMILIES);
	tcase_add_loop_test(tcase, both_ends_of_a_connection_know_their_names, 0, FAMILIES);
	tcase_add_test(tcase, a_message_in_several_buffers_is_one_stream);
	tcase_add_test(tcase, a_full_table_is_told_and_a_number_means_no_later_socket);
	tcase_add_test(tcase, what_comes_for_a_closed_socket_reaches_no_later_one);
	tcase_add_test(tcase, epoll_forgets_what_is_closed);
	Suite *suite = suite_create("socket");
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}

/* Link-local peers on two links (RFC 4007, section 6; RFC 3493, section 3.3): both have the same address, sin6_scope_id tells which. */
#include <errno.h>
#include <netinet/in.h>
#include <time.h> /* before errqueue.h, which needs struct timespec */

#include <linux/errqueue.h>
#include <poll.h>
#include <string.h>

#include "stack/icmp.h"
#include "tests/stack/packet.h"
#include "tests/stack/socket_world.h"
#include "tests/suite.h"

#define PEER      "fe80::1"
#define ALL_NODES "ff02::1"
#define LINKS     2
#define HOST_LINK 77 /* the second link as the kernel numbers it, as of a raw link */

static struct host other;                   /* at the second link of sockets_a */
static struct host *const peers[LINKS] = { &sockets_b, &other };
static unsigned links[LINKS];               /* of sockets_a */
static const char *const us[LINKS] = { "fe80::a1", "fe80::a2" };

static void
begin(void)
{
	const struct stack_if_config second = { .name = "second", .kind = STACK_IF_IP, .mtu = 1500 };
	const struct stack_addr addr = { .addr = addr_of(us[1]), .prefix_len = 64, .flags = STACK_ADDR_NO_DAD, .host_ifindex = HOST_LINK };
	struct stack_limits limits = host_limits;

	sockets_begin();
	limits.tcp_count = limits.tcp_syn_count = limits.tcp_time_wait_count = limits.tcp_sent_count = 8;
	limits.tcp_buffer_bytes = 64u << 10;
	host_init(&other, &(struct host_config){ .ipv6 = PEER "/64", .limits = &limits, .seed = 2 });
	host_addr(&sockets_b, PEER "/64", STACK_ADDR_NO_DAD);
	host_addr(&sockets_a, "fe80::a1/64", STACK_ADDR_NO_DAD);
	links[0] = sockets_a.ifindex;
	ck_assert_int_eq(stack_if_add(sockets_a.stack, &second, &links[1]), 0);
	ck_assert_int_eq(stack_if_set_up(sockets_a.stack, links[1], true, sockets_a.now_us), 0);
	ck_assert_int_eq(stack_addr_add(sockets_a.stack, links[1], &addr, sockets_a.now_us), 0);
}

static void
end(void)
{
	sockets_end();
	host_fini(&other);
}

static uint32_t
zone_of(int link)
{
	return link == 0 ? links[link] + 1 : HOST_LINK;
}

/* What each host has to say, over the link that it is said on. */
static void
carry(void)
{
	struct stack_action action;

	for (int round = 0; round < 4; round++) {
		while (stack_next(sockets_a.stack, &action)) {
			struct host *to = action.ifindex == links[1] ? &other : &sockets_b;
			if (action.kind == STACK_TRANSMIT)
				stack_receive(to->stack, to->ifindex, action.bytes, action.size, 0, to->now_us);
			else
				(void)socket_action(sockets, sockets_a.stack, &action);
		}
		for (int i = 0; i < LINKS; i++)
			while (stack_next(peers[i]->stack, &action)) {
				if (action.kind == STACK_TRANSMIT)
					stack_receive(sockets_a.stack, links[i], action.bytes, action.size, 0,
						      sockets_a.now_us);
				else
					(void)socket_action(sockets, peers[i]->stack, &action);
			}
	}
}

static struct sockaddr_in6
name_of(const char *text, uint16_t port, uint32_t zone)
{
	struct sockaddr_storage name;
	struct sockaddr_in6 in6;

	(void)sockets_name(text, port, AF_INET6, &name);
	memcpy(&in6, &name, sizeof in6);
	in6.sin6_scope_id = zone;
	return in6;
}

static int
bind_to(int fd, const char *text, uint16_t port, uint32_t zone)
{
	const struct sockaddr_in6 name = name_of(text, port, zone);
	return socket_bind(sockets, fd, (const struct sockaddr *)&name, sizeof name);
}

static int
connect_to(int fd, uint32_t zone)
{
	const struct sockaddr_in6 name = name_of(PEER, 53, zone);
	return socket_connect(sockets, fd, (const struct sockaddr *)&name, sizeof name);
}

static ssize_t
send_to_name(int fd, const char *text, uint32_t zone, const void *bytes, size_t size)
{
	struct sockaddr_in6 name = name_of(text, 53, zone);
	struct iovec piece = { .iov_base = (void *)bytes, .iov_len = size };
	const struct msghdr message = {
		.msg_name = &name, .msg_namelen = sizeof name, .msg_iov = &piece, .msg_iovlen = 1
	};

	return socket_sendmsg(sockets, fd, &message, 0);
}

static ssize_t
send_to(int fd, uint32_t zone, const void *bytes, size_t size)
{
	return send_to_name(fd, PEER, zone, bytes, size);
}

static void
expect(int (*call)(struct socket_table *, int, struct sockaddr *, socklen_t *), int fd, const char *text, uint32_t zone)
{
	const struct sockaddr_in6 expected = name_of(text, 0, zone);
	struct sockaddr_in6 name;
	socklen_t size = sizeof name;

	ck_assert_int_eq(call(sockets, fd, (struct sockaddr *)&name, &size), 0);
	ck_assert_mem_eq(&name.sin6_addr, &expected.sin6_addr, sizeof name.sin6_addr);
	ck_assert_uint_eq(name.sin6_scope_id, zone);
}

/* A server at each peer. */
static void
serve(int type, int servers[LINKS])
{
	for (int i = 0; i < LINKS; i++) {
		servers[i] = sockets_open(peers[i], AF_INET6, type, 0);
		ck_assert_int_eq(bind_to(servers[i], "::", 53, 0), 0);
	}
}

/* The server of this link has it and the other has nothing. */
static void
expect_at(const int servers[LINKS], int link)
{
	char text[8];

	carry();
	ck_assert_int_eq(sockets_receive(servers[1 - link], text, sizeof text, NULL), -EAGAIN);
	ck_assert_int_eq(sockets_receive(servers[link], text, sizeof text, NULL), 1);
}

START_TEST(a_datagram_goes_to_the_link_of_its_name_and_the_answer_tells_it)
{
	const int fd = sockets_open(&sockets_a, AF_INET6, SOCK_DGRAM, 0);
	struct sockaddr_storage from;
	struct sockaddr_in6 name;
	int servers[LINKS];
	char text[8];

	serve(SOCK_DGRAM, servers);
	ck_assert_int_eq(send_to(fd, zone_of(_i), "x", 1), 1);
	carry();
	ck_assert_int_eq(sockets_receive(servers[1 - _i], text, sizeof text, &from), -EAGAIN);
	ck_assert_int_eq(sockets_receive(servers[_i], text, sizeof text, &from), 1);
	ck_assert_int_eq(socket_connect(sockets, servers[_i], (struct sockaddr *)&from, sizeof from), 0);
	expect(socket_getpeername, servers[_i], us[_i], 1 + peers[_i]->ifindex);
	ck_assert_int_eq(sockets_send(servers[_i], "yy"), 2);
	carry();
	ck_assert_int_eq(sockets_receive(fd, text, sizeof text, &from), 2);
	memcpy(&name, &from, sizeof name);
	ck_assert_uint_eq(name.sin6_scope_id, zone_of(_i));
}
END_TEST

START_TEST(a_connected_socket_stays_on_its_link)
{
	const int fd = sockets_open(&sockets_a, AF_INET6, SOCK_DGRAM, 0);
	uint8_t control[CMSG_SPACE(sizeof(int))] = { 0 };
	struct iovec piece = { .iov_base = (void *)"y", .iov_len = 1 };
	const struct msghdr message = {
		.msg_iov = &piece, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control
	};
	int servers[LINKS];
	const int hop_limit = 7;

	serve(SOCK_DGRAM, servers);
	ck_assert_int_eq(connect_to(fd, zone_of(_i)), 0);
	expect(socket_getpeername, fd, PEER, zone_of(_i));
	expect(socket_getsockname, fd, us[_i], zone_of(_i));
	ck_assert_int_eq(sockets_send(fd, "x"), 1);
	expect_at(servers, _i);
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);
	*header = (struct cmsghdr){ .cmsg_level = IPPROTO_IPV6, .cmsg_type = IPV6_HOPLIMIT, .cmsg_len = CMSG_LEN(sizeof hop_limit) };
	memcpy(CMSG_DATA(header), &hop_limit, sizeof hop_limit);
	ck_assert_int_eq(socket_sendmsg(sockets, fd, &message, 0), 1);
	expect_at(servers, _i);
	ck_assert_int_eq(send_to(fd, zone_of(1 - _i), "x", 1), 1); /* the other has the same address */
	expect_at(servers, 1 - _i);
	ck_assert_int_eq(connect_to(fd, zone_of(1 - _i)), 0);
	expect(socket_getpeername, fd, PEER, zone_of(1 - _i));
}
END_TEST

START_TEST(a_stream_opens_on_the_link_of_its_name)
{
	const int fd = sockets_open(&sockets_a, AF_INET6, SOCK_STREAM, 0);
	int servers[LINKS];

	serve(SOCK_STREAM, servers);
	ck_assert_int_eq(socket_listen(sockets, servers[0], 1), 0);
	ck_assert_int_eq(socket_listen(sockets, servers[1], 1), 0);
	ck_assert_int_eq(connect_to(fd, zone_of(_i)), -EINPROGRESS);
	carry();
	ck_assert_int_eq(socket_accept(sockets, servers[1 - _i], NULL, NULL, 0), -EAGAIN);
	const int child = socket_accept(sockets, servers[_i], NULL, NULL, 0);
	ck_assert_int_ge(child, 0);
	expect(socket_getpeername, fd, PEER, zone_of(_i));
	expect(socket_getsockname, fd, us[_i], zone_of(_i));
	expect(socket_getpeername, child, us[_i], 1 + peers[_i]->ifindex);
}
END_TEST

START_TEST(an_echo_request_goes_to_the_link_of_its_name)
{
	static const uint8_t request[ICMP_HEADER_BYTES] = { ICMP6_ECHO_REQUEST };
	const int fd = sockets_open(&sockets_a, AF_INET6, SOCK_DGRAM, IPPROTO_ICMPV6);
	struct stack_action action;

	ck_assert_int_eq(send_to(fd, zone_of(_i), request, sizeof request), sizeof request);
	host_expect(&sockets_a, STACK_TRANSMIT, &action);
	ck_assert_uint_eq(action.ifindex, links[_i]);
}
END_TEST

/* Where a route for groups leads elsewhere, and where there is none. */
START_TEST(a_datagram_to_a_group_goes_to_the_link_of_its_name)
{
	const int link = _i % LINKS, fd = sockets_open(&sockets_a, AF_INET6, SOCK_DGRAM, 0);
	const struct stack_route other_way = { .prefix = addr_of("ff00::"), .prefix_len = 8, .ifindex = (uint8_t)links[1 - link] };
	int servers[LINKS];

	if (_i >= LINKS)
		ck_assert_int_eq(stack_route_add(sockets_a.stack, &other_way), 0);
	serve(SOCK_DGRAM, servers);
	ck_assert_int_eq(send_to_name(fd, ALL_NODES, zone_of(link), "x", 1), 1);
	expect_at(servers, link);
	ck_assert_int_eq(send_to_name(fd, ALL_NODES, 99, "x", 1), -ENETUNREACH);
	ck_assert_int_eq(send_to_name(fd, "ff0e::1", 99, "x", 1), _i >= LINKS ? 1 : -ENETUNREACH); /* of every link: no zone */
	const struct sockaddr_in6 name = name_of(ALL_NODES, 53, zone_of(link));
	ck_assert_int_eq(socket_connect(sockets, fd, (const struct sockaddr *)&name, sizeof name), 0);
	expect(socket_getpeername, fd, ALL_NODES, zone_of(link));
	expect(socket_getsockname, fd, us[link], zone_of(link));
}
END_TEST

/* Also who spoke to a group, or to an address of ours that is no link's. */
START_TEST(who_is_heard_is_on_the_link_that_it_came_from)
{
	static const char *const to[] = { ALL_NODES, "2001:db8::1" };
	const int link = _i % LINKS, fd = sockets_open(&sockets_a, AF_INET6, SOCK_DGRAM, 0), on = 1;
	uint8_t packet[PACKET_BYTES_MAX], control[CMSG_SPACE(sizeof(struct in6_pktinfo))];
	struct sockaddr_in6 from;
	struct in6_pktinfo info;
	struct msghdr message = {
		.msg_name = &from, .msg_namelen = sizeof from, .msg_control = control, .msg_controllen = sizeof control
	};

	ck_assert_int_eq(bind_to(fd, "::", 53, 0), 0);
	ck_assert_int_eq(socket_setsockopt(sockets, fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof on), 0);
	stack_receive(sockets_a.stack, links[link], packet, packet_datagram(packet, PEER, to[_i / LINKS], 1000, 53, "x", 1), 0,
		      sockets_a.now_us);
	carry();
	ck_assert_int_eq(socket_recvmsg(sockets, fd, &message, MSG_TRUNC), 1);
	ck_assert_uint_eq(from.sin6_scope_id, zone_of(link));
	memcpy(&info, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof info);
	ck_assert_uint_eq(info.ipi6_ifindex, zone_of(link));
}
END_TEST

START_TEST(what_we_say_to_ourselves_is_of_the_link_of_our_address)
{
	const int fd = sockets_open(&sockets_a, AF_INET6, SOCK_DGRAM, 0);
	struct sockaddr_storage from;
	struct sockaddr_in6 name;
	char text[8];

	ck_assert_int_eq(bind_to(fd, us[_i], 53, zone_of(_i)), 0);
	ck_assert_int_eq(send_to_name(fd, us[_i], zone_of(_i), "x", 1), 1);
	carry();
	ck_assert_int_eq(sockets_receive(fd, text, sizeof text, &from), 1);
	memcpy(&name, &from, sizeof name);
	ck_assert_uint_eq(name.sin6_scope_id, zone_of(_i));
}
END_TEST

/* As of one who asks what became of his datagrams (IPV6_RECVERR): the peer, and who says so. */
START_TEST(an_error_tells_the_link_too)
{
	const int fd = sockets_open(&sockets_a, AF_INET6, SOCK_DGRAM, 0), on = 1;
	uint8_t control[256];
	struct sockaddr_in6 peer, offender;
	struct msghdr message = {
		.msg_name = &peer, .msg_namelen = sizeof peer, .msg_control = control, .msg_controllen = sizeof control
	};

	ck_assert_int_eq(socket_setsockopt(sockets, fd, IPPROTO_IPV6, IPV6_RECVERR, &on, sizeof on), 0);
	ck_assert_int_eq(connect_to(fd, zone_of(_i)), 0);
	ck_assert_int_eq(sockets_send(fd, "x"), 1); /* nobody is there */
	carry();
	ck_assert_int_eq(socket_recvmsg(sockets, fd, &message, MSG_ERRQUEUE), 0);
	memcpy(&offender, CMSG_DATA(CMSG_FIRSTHDR(&message)) + sizeof(struct sock_extended_err), sizeof offender);
	ck_assert_uint_eq(peer.sin6_scope_id, zone_of(_i));
	ck_assert_uint_eq(offender.sin6_scope_id, zone_of(_i));
}
END_TEST

static ssize_t
send_by(int fd, const char *to, uint32_t zone, uint32_t ifindex)
{
	const struct in6_pktinfo info = { .ipi6_ifindex = ifindex };
	struct sockaddr_in6 name = name_of(to, 53, zone);
	uint8_t control[CMSG_SPACE(sizeof info)] = { 0 };
	struct iovec piece = { .iov_base = (void *)"x", .iov_len = 1 };
	const struct msghdr message = { .msg_name = &name,
					.msg_namelen = sizeof name,
					.msg_iov = &piece,
					.msg_iovlen = 1,
					.msg_control = control,
					.msg_controllen = sizeof control };
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);

	*header = (struct cmsghdr){ .cmsg_level = IPPROTO_IPV6, .cmsg_type = IPV6_PKTINFO, .cmsg_len = CMSG_LEN(sizeof info) };
	memcpy(CMSG_DATA(header), &info, sizeof info);
	return socket_sendmsg(sockets, fd, &message, 0);
}

/* RFC 3542, sections 6.2 and 6.7. */
START_TEST(ancillary_data_name_the_link_too)
{
	const int fd = sockets_open(&sockets_a, AF_INET6, SOCK_DGRAM, 0);
	const int bound = sockets_open(&sockets_a, AF_INET6, SOCK_DGRAM, 0);
	int servers[LINKS];

	serve(SOCK_DGRAM, servers);
	ck_assert_int_eq(send_by(fd, PEER, 0, zone_of(_i)), 1);
	expect_at(servers, _i);
	ck_assert_int_eq(send_by(fd, ALL_NODES, zone_of(_i), zone_of(_i)), 1);
	expect_at(servers, _i);
	ck_assert_int_eq(send_by(fd, PEER, zone_of(1 - _i), zone_of(_i)), -EINVAL);
	ck_assert_int_eq(send_by(fd, PEER, 0, 99), -ENETUNREACH);
	ck_assert_int_eq(send_by(fd, sockets_peers[V6], 0, 99), 1); /* its route says */
	ck_assert_int_eq(bind_to(bound, us[_i], 0, 0), 0);
	ck_assert_int_eq(send_by(bound, PEER, 0, zone_of(1 - _i)), -EINVAL);
}
END_TEST

/* RFC 4007, section 6: the default zone. */
START_TEST(without_a_zone_the_bound_address_tells_the_link)
{
	const int any = sockets_open(&sockets_a, AF_INET6, SOCK_DGRAM, 0);
	const int bound = sockets_open(&sockets_a, AF_INET6, SOCK_DGRAM, 0);
	int servers[LINKS];
	struct stack_action action;

	serve(SOCK_DGRAM, servers);
	ck_assert_int_eq(bind_to(bound, us[_i], 0, _i == 0 ? 0 : zone_of(_i)), 0);
	expect(socket_getsockname, bound, us[_i], zone_of(_i));
	ck_assert_int_eq(send_to(bound, 0, "x", 1), 1);
	expect_at(servers, _i);
	ck_assert_int_eq(send_to(any, 0, "x", 1), 1); /* some link, by its route */
	host_expect(&sockets_a, STACK_TRANSMIT, &action);
}
END_TEST

START_TEST(a_link_that_does_not_fit_is_refused)
{
	const int fd = sockets_open(&sockets_a, AF_INET6, SOCK_DGRAM, 0);
	const int stream = sockets_open(&sockets_a, AF_INET6, SOCK_STREAM, 0);

	ck_assert_int_eq(connect_to(fd, 99), -ENETUNREACH);
	ck_assert_int_eq(connect_to(stream, 99), -ENETUNREACH);
	ck_assert_int_eq(send_to(fd, 99, "x", 1), -ENETUNREACH);
	ck_assert_int_eq(bind_to(fd, us[_i], 0, zone_of(1 - _i)), -EADDRNOTAVAIL);
	ck_assert_int_eq(bind_to(fd, us[_i], 0, zone_of(_i)), 0);
	ck_assert_int_eq(bind_to(stream, us[_i], 0, zone_of(_i)), 0);
	ck_assert_int_eq(connect_to(fd, zone_of(1 - _i)), -EINVAL);
	ck_assert_int_eq(connect_to(stream, zone_of(1 - _i)), -EINVAL);
	ck_assert_int_eq(send_to(fd, zone_of(1 - _i), "x", 1), -EINVAL);
}
END_TEST

START_TEST(a_zone_means_nothing_to_a_wider_address)
{
	const int fd = sockets_open(&sockets_a, AF_INET6, SOCK_DGRAM, 0);
	const struct sockaddr_in6 name = name_of(sockets_peers[V6], 53, 99);

	ck_assert_int_eq(socket_connect(sockets, fd, (const struct sockaddr *)&name, sizeof name), 0);
	expect(socket_getpeername, fd, sockets_peers[V6], 0);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("zone");
	tcase_add_checked_fixture(tcase, begin, end);
	tcase_add_loop_test(tcase, a_datagram_goes_to_the_link_of_its_name_and_the_answer_tells_it, 0, LINKS);
	tcase_add_loop_test(tcase, a_connected_socket_stays_on_its_link, 0, LINKS);
	tcase_add_loop_test(tcase, a_stream_opens_on_the_link_of_its_name, 0, LINKS);
	tcase_add_loop_test(tcase, an_echo_request_goes_to_the_link_of_its_name, 0, LINKS);
	tcase_add_loop_test(tcase, a_datagram_to_a_group_goes_to_the_link_of_its_name, 0, 2 * LINKS);
	tcase_add_loop_test(tcase, who_is_heard_is_on_the_link_that_it_came_from, 0, 2 * LINKS);
	tcase_add_loop_test(tcase, what_we_say_to_ourselves_is_of_the_link_of_our_address, 0, LINKS);
	tcase_add_loop_test(tcase, an_error_tells_the_link_too, 0, LINKS);
	tcase_add_loop_test(tcase, ancillary_data_name_the_link_too, 0, LINKS);
	tcase_add_loop_test(tcase, without_a_zone_the_bound_address_tells_the_link, 0, LINKS);
	tcase_add_loop_test(tcase, a_link_that_does_not_fit_is_refused, 0, LINKS);
	tcase_add_test(tcase, a_zone_means_nothing_to_a_wider_address);
	Suite *suite = suite_create("socket: zones of link-local addresses");
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}

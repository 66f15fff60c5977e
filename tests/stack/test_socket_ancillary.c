/* What goes and comes beside a datagram: recvmsg, its control messages and the error queue (ip(7), RFC 3542). */
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <time.h> /* before errqueue.h, which needs struct timespec */

#include <linux/errqueue.h>

#include "tests/stack/socket_world.h"
#include "tests/suite.h"

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
	ck_assert_int_eq(socket_setsockopt(sockets, fd, level, name, &on, sizeof on), 0);
}

START_TEST(ancillary_data_tell_where_a_datagram_was_sent_and_how_far)
{
	const int domain = _i == V4 ? AF_INET : AF_INET6, level = _i == V4 ? IPPROTO_IP : (int)IPPROTO_IPV6;
	const int client = sockets_open(&sockets_a, domain, SOCK_DGRAM, 0), server = sockets_open(&sockets_b, domain, SOCK_DGRAM, 0);
	const int hop_limit = 9;
	const struct ip_addr to = addr_of(sockets_peers[_i]);
	_Alignas(struct cmsghdr) uint8_t control[128];
	char text[16];
	struct iovec piece = { .iov_base = text, .iov_len = sizeof text };
	struct msghdr message = { .msg_iov = &piece, .msg_iovlen = 1, .msg_control = control,
				  .msg_controllen = sizeof control };

	switch_on(server, level, _i == V4 ? IP_PKTINFO : IPV6_RECVPKTINFO);
	switch_on(server, level, _i == V4 ? IP_RECVTTL : IPV6_RECVHOPLIMIT);
	ck_assert_int_eq(socket_setsockopt(sockets, client, level, _i == V4 ? IP_TTL : IPV6_UNICAST_HOPS, &hop_limit,
					   sizeof hop_limit),
			 0);
	ck_assert_int_eq(sockets_bind(server, _i == V4 ? "0.0.0.0" : "::", 53, domain), 0);
	ck_assert_int_eq(sockets_connect(client, sockets_peers[_i], 53, domain), 0);
	ck_assert_int_eq(sockets_send(client, "one"), 3);
	ck_assert_int_eq(sockets_send(client, "two"), 3);
	sockets_carry();

	ck_assert_int_eq(socket_recvmsg(sockets, server, &message, 0), 3);
	ck_assert_int_eq(message.msg_flags, 0);
	if (_i == V4) {
		const struct in_pktinfo *info = ancillary(&message, IPPROTO_IP, IP_PKTINFO);
		ck_assert_mem_eq(&info->ipi_addr, to.octets, 4);
		ck_assert_int_eq(info->ipi_ifindex, (int)sockets_b.ifindex + 1);
	} else {
		const struct in6_pktinfo *info = ancillary(&message, IPPROTO_IPV6, IPV6_PKTINFO);
		ck_assert_mem_eq(&info->ipi6_addr, to.octets, 16);
		ck_assert_uint_eq(info->ipi6_ifindex, sockets_b.ifindex + 1);
	}
	ck_assert_int_eq(*(const int *)ancillary(&message, level, _i == V4 ? IP_TTL : IPV6_HOPLIMIT), 9);

	message.msg_controllen = CMSG_SPACE(sizeof(int)) - 1; /* room for nothing */
	ck_assert_int_eq(socket_recvmsg(sockets, server, &message, 0), 3);
	ck_assert_int_eq(message.msg_flags, MSG_CTRUNC);
	ck_assert_uint_eq(message.msg_controllen, 0);
}
END_TEST

START_TEST(the_error_queue_tells_what_became_of_a_datagram_and_who_says_so)
{
	const int domain = _i == V4 ? AF_INET : AF_INET6, level = _i == V4 ? IPPROTO_IP : (int)IPPROTO_IPV6;
	const int client = sockets_open(&sockets_a, domain, SOCK_DGRAM, 0);
	struct sockaddr_storage to, from;
	_Alignas(struct cmsghdr) uint8_t control[256];
	struct msghdr message = { .msg_name = &from, .msg_namelen = sizeof from, .msg_control = control,
				  .msg_controllen = sizeof control };

	switch_on(client, level, _i == V4 ? IP_RECVERR : IPV6_RECVERR);
	ck_assert_int_eq(socket_recvmsg(sockets, client, &message, MSG_ERRQUEUE), -EAGAIN);
	ck_assert_int_eq(sockets_connect(client, sockets_peers[_i], 99, domain), 0);
	ck_assert_int_eq(sockets_send(client, "x"), 1);
	sockets_carry();
	ck_assert_int_eq(socket_poll(sockets, client, POLLIN), POLLERR);
	message.msg_namelen = sizeof from;
	message.msg_controllen = sizeof control;
	ck_assert_int_eq(socket_recvmsg(sockets, client, &message, MSG_ERRQUEUE), 0);
	ck_assert_int_eq(message.msg_flags, MSG_ERRQUEUE);
	const struct sock_extended_err *error = ancillary(&message, level, _i == V4 ? IP_RECVERR : IPV6_RECVERR);
	ck_assert_uint_eq(error->ee_errno, ECONNREFUSED);
	ck_assert_uint_eq(error->ee_origin, _i == V4 ? SO_EE_ORIGIN_ICMP : SO_EE_ORIGIN_ICMP6);
	const socklen_t to_bytes = sockets_name(sockets_peers[_i], 99, domain, &to);
	ck_assert_uint_eq(message.msg_namelen, to_bytes);
	ck_assert_mem_eq(&from, &to, to_bytes); /* whom it was for; and behind the error, whose word it is */
	(void)sockets_name(sockets_peers[_i], 0, domain, &to);
	ck_assert_mem_eq(SO_EE_OFFENDER(error), &to, to_bytes);
	ck_assert_int_eq(socket_recvmsg(sockets, client, &message, MSG_ERRQUEUE), -EAGAIN);
	ck_assert_int_eq(socket_poll(sockets, client, POLLIN), 0);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("ancillary");
	tcase_add_checked_fixture(tcase, sockets_begin, sockets_end);
	tcase_add_loop_test(tcase, ancillary_data_tell_where_a_datagram_was_sent_and_how_far, 0, FAMILIES);
	tcase_add_loop_test(tcase, the_error_queue_tells_what_became_of_a_datagram_and_who_says_so, 0, FAMILIES);
	Suite *suite = suite_create("socket: ancillary data");
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}

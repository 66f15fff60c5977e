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

/* SO_TIMESTAMP or SO_TIMESTAMPNS, whichever was wanted last, as the time of day that the table was told. */
START_TEST(ancillary_data_tell_when_a_datagram_arrived)
{
	const int client = sockets_open(&sockets_a, AF_INET, SOCK_DGRAM, 0), server = sockets_open(&sockets_b, AF_INET, SOCK_DGRAM, 0);
	_Alignas(struct cmsghdr) uint8_t control[64];
	char text[16];
	struct iovec piece = { .iov_base = text, .iov_len = sizeof text };
	struct msghdr message = { .msg_iov = &piece, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control };
	int on = -1;
	socklen_t size = sizeof on;

	socket_tell_time(sockets, sockets_a.now_us);
	socket_tell_time_of_day(sockets, sockets_a.now_us - 250, UINT64_C(1796000000) * 1000000);
	switch_on(server, SOL_SOCKET, SO_TIMESTAMP);
	ck_assert_int_eq(sockets_bind(server, sockets_peers[V4], 53, AF_INET), 0);
	ck_assert_int_eq(sockets_connect(client, sockets_peers[V4], 53, AF_INET), 0);
	ck_assert_int_eq(sockets_send(client, "one"), 3);
	ck_assert_int_eq(sockets_send(client, "two"), 3);
	sockets_carry();
	ck_assert_int_eq(socket_recvmsg(sockets, server, &message, 0), 3);
	const struct timeval *tv = ancillary(&message, SOL_SOCKET, SCM_TIMESTAMP);
	ck_assert_int_eq(tv->tv_sec, 1796000000);
	ck_assert_int_eq(tv->tv_usec, 250);
	switch_on(server, SOL_SOCKET, SO_TIMESTAMPNS);
	ck_assert_int_eq(socket_getsockopt(sockets, server, SOL_SOCKET, SO_TIMESTAMP, &on, &size), 0);
	ck_assert_int_eq(on, 0);
	message.msg_controllen = sizeof control;
	ck_assert_int_eq(socket_recvmsg(sockets, server, &message, 0), 3);
	const struct timespec *ts = ancillary(&message, SOL_SOCKET, SCM_TIMESTAMPNS);
	ck_assert_int_eq(ts->tv_sec, 1796000000);
	ck_assert_int_eq(ts->tv_nsec, 250000);
}
END_TEST

/* ---- out ------------------------------------------------------------------------------------------- */

struct out {
	_Alignas(struct cmsghdr) uint8_t control[128];
	struct iovec piece;
	struct msghdr message;
};

static void
add(struct out *out, int level, int type, const void *bytes, size_t size)
{
	struct cmsghdr *header = (struct cmsghdr *)(void *)(out->control + out->message.msg_controllen);

	*header = (struct cmsghdr){ .cmsg_level = level, .cmsg_type = type, .cmsg_len = CMSG_LEN(size) };
	memcpy(CMSG_DATA(header), bytes, size);
	out->message.msg_control = out->control;
	out->message.msg_controllen += CMSG_SPACE(size);
}

static void
out_init(struct out *out)
{
	*out = (struct out){ .piece = { .iov_base = (void *)"x", .iov_len = 1 } };
	out->message.msg_iov = &out->piece;
	out->message.msg_iovlen = 1;
}

/* RFC 3542, section 6: a server answers from the address that was asked. */
static void
add_source(struct out *out, const char *text)
{
	const struct ip_addr addr = addr_of(text);
	struct in_pktinfo info = { .ipi_ifindex = 0 };
	struct in6_pktinfo info6 = { .ipi6_ifindex = 0 };

	memcpy(&info.ipi_spec_dst, addr.octets, sizeof info.ipi_spec_dst);
	memcpy(&info6.ipi6_addr, addr.octets, sizeof info6.ipi6_addr);
	if (addr.family == ADDR_IPV4)
		add(out, IPPROTO_IP, IP_PKTINFO, &info, sizeof info);
	else
		add(out, IPPROTO_IPV6, IPV6_PKTINFO, &info6, sizeof info6);
}

START_TEST(ancillary_data_say_how_one_datagram_goes)
{
	static const char *const others[] = { "192.0.2.9", "2001:db8::9" };
	static const char *const prefixes[] = { "192.0.2.9/24", "2001:db8::9/64" };
	const int domain = _i == V4 ? AF_INET : AF_INET6, level = _i == V4 ? IPPROTO_IP : (int)IPPROTO_IPV6;
	const int client = sockets_open(&sockets_a, domain, SOCK_DGRAM, 0), server = sockets_open(&sockets_b, domain, SOCK_DGRAM, 0);
	const int hop_limit = 9, traffic_class = 0x2a;
	_Alignas(struct cmsghdr) uint8_t control[128];
	struct sockaddr_storage from, expected;
	char text[16];
	struct iovec piece = { .iov_base = text, .iov_len = sizeof text };
	struct msghdr got = { .msg_name = &from, .msg_namelen = sizeof from, .msg_iov = &piece, .msg_iovlen = 1,
			      .msg_control = control, .msg_controllen = sizeof control };
	struct out out;

	host_addr(&sockets_a, prefixes[_i], STACK_ADDR_NO_DAD);
	switch_on(server, level, _i == V4 ? IP_RECVTTL : IPV6_RECVHOPLIMIT);
	switch_on(server, level, _i == V4 ? IP_RECVTOS : IPV6_RECVTCLASS);
	ck_assert_int_eq(sockets_bind(server, sockets_peers[_i], 53, domain), 0);
	ck_assert_int_eq(sockets_bind(client, _i == V4 ? "0.0.0.0" : "::", 1000, domain), 0);
	ck_assert_int_eq(sockets_connect(client, sockets_peers[_i], 53, domain), 0);
	out_init(&out);
	add_source(&out, others[_i]);
	add(&out, level, _i == V4 ? IP_TTL : IPV6_HOPLIMIT, &hop_limit, sizeof hop_limit);
	add(&out, level, _i == V4 ? IP_TOS : IPV6_TCLASS, &traffic_class, sizeof traffic_class);
	ck_assert_int_eq(socket_sendmsg(sockets, client, &out.message, 0), 1);
	sockets_carry();
	ck_assert_int_eq(socket_recvmsg(sockets, server, &got, 0), 1);
	const socklen_t size = sockets_name(others[_i], 1000, domain, &expected);
	ck_assert_mem_eq(&from, &expected, size);
	ck_assert_int_eq(*(const int *)ancillary(&got, level, _i == V4 ? IP_TTL : IPV6_HOPLIMIT), 9);
	ck_assert_uint_eq(*(const uint8_t *)ancillary(&got, level, _i == V4 ? IP_TOS : IPV6_TCLASS), 0x2a);
	ck_assert_int_eq(sockets_send(client, "as ever"), 7);
	sockets_carry();
	got.msg_controllen = sizeof control;
	ck_assert_int_eq(socket_recvmsg(sockets, server, &got, 0), 7);
	ck_assert_int_eq(*(const int *)ancillary(&got, level, _i == V4 ? IP_TTL : IPV6_HOPLIMIT), 64);
}
END_TEST

START_TEST(ancillary_data_that_are_wrong_send_nothing)
{
	const int domain = _i == V4 ? AF_INET : AF_INET6, level = _i == V4 ? IPPROTO_IP : (int)IPPROTO_IPV6;
	const int client = sockets_open(&sockets_a, domain, SOCK_DGRAM, 0), too_much = 256;
	struct out out;

	ck_assert_int_eq(sockets_connect(client, sockets_peers[_i], 53, domain), 0);
	out_init(&out);
	add_source(&out, _i == V4 ? "203.0.113.1" : "2001:db8:9::1"); /* not ours */
	ck_assert_int_eq(socket_sendmsg(sockets, client, &out.message, 0), -EINVAL);
	out_init(&out);
	add(&out, level, _i == V4 ? IP_TTL : IPV6_HOPLIMIT, &too_much, sizeof too_much);
	ck_assert_int_eq(socket_sendmsg(sockets, client, &out.message, 0), -EINVAL);
	out_init(&out);
	add(&out, level, 12345, &too_much, sizeof too_much); /* no such type */
	ck_assert_int_eq(socket_sendmsg(sockets, client, &out.message, 0), -EINVAL);
	out_init(&out);
	add(&out, level, _i == V4 ? IP_TTL : IPV6_HOPLIMIT, &too_much, 2); /* neither an octet nor an int */
	ck_assert_int_eq(socket_sendmsg(sockets, client, &out.message, 0), -EINVAL);
	((struct cmsghdr *)(void *)out.control)->cmsg_len = sizeof out.control + 1; /* longer than there is */
	ck_assert_int_eq(socket_sendmsg(sockets, client, &out.message, 0), -EINVAL);
	((struct cmsghdr *)(void *)out.control)->cmsg_len = 0;
	ck_assert_int_eq(socket_sendmsg(sockets, client, &out.message, 0), -EINVAL);
	out_init(&out);
	add(&out, IPPROTO_UDP, 12345, &too_much, sizeof too_much); /* of a level that is not looked at */
	ck_assert_int_eq(socket_sendmsg(sockets, client, &out.message, 0), 1);
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
	tcase_add_test(tcase, ancillary_data_tell_when_a_datagram_arrived);
	tcase_add_loop_test(tcase, ancillary_data_say_how_one_datagram_goes, 0, FAMILIES);
	tcase_add_loop_test(tcase, ancillary_data_that_are_wrong_send_nothing, 0, FAMILIES);
	tcase_add_loop_test(tcase, the_error_queue_tells_what_became_of_a_datagram_and_who_says_so, 0, FAMILIES);
	Suite *suite = suite_create("socket: ancillary data");
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}

/* Replies of a batch over loopback: what goes as segments of one message arrives as the datagrams it stands for. */
#include <netinet/in.h>
#include <netinet/udp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "resolver/serve/udp_batch.h"
#include "tests/suite.h"

#define CLIENTS  2u
#define DATAGRAM 4096u

struct client {
	int fd;
	uint16_t port;
};

static const int families[] = { AF_INET, AF_INET6 };
static struct udp_batch *batch;
static struct client clients[CLIENTS];
static struct ip_addr loopback;
static int server;

static int
bound_socket(int family, uint16_t *port)
{
	struct sockaddr_in ipv4 = { .sin_family = AF_INET,
				    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct sockaddr_in6 ipv6 = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	struct sockaddr *addr =
		family == AF_INET ? (struct sockaddr *)&ipv4 : (struct sockaddr *)&ipv6;
	socklen_t size = family == AF_INET ? sizeof ipv4 : sizeof ipv6;
	int fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	const int room = 1 << 20; /* or what the host allows: the largest of a full batch fit */

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof room), 0);
	ck_assert_int_eq(bind(fd, addr, size), 0);
	ck_assert_int_eq(getsockname(fd, addr, &size), 0);
	*port = ntohs(family == AF_INET ? ipv4.sin_port : ipv6.sin6_port);
	return fd;
}

static void
begin(int family)
{
	uint16_t port;

	batch = udp_batch_new();
	ck_assert_ptr_nonnull(batch);
	loopback = family == AF_INET ? addr_ipv4((const uint8_t[4]){ 127, 0, 0, 1 })
				     : addr_ipv6(in6addr_loopback.s6_addr);
	server = bound_socket(family, &port);
	for (unsigned i = 0; i < CLIENTS; i++)
		clients[i].fd = bound_socket(family, &clients[i].port);
}

static void
end(void)
{
	udp_batch_free(batch);
	(void)close(server);
	for (unsigned i = 0; i < CLIENTS; i++)
		(void)close(clients[i].fd);
}

/* Every octet of a reply is its mark. */
static void
reply(unsigned client, uint8_t mark, size_t size)
{
	struct udp_datagram to = { .remote = loopback,
				   .local = loopback,
				   .remote_port = clients[client].port };

	memset(udp_batch_lend(batch, server), mark, size);
	udp_batch_commit(batch, &to, size);
}

/* The size of the datagram with that mark; 0 for none. Fails for one that is no reply as it was sent. */
static void
arrived(unsigned client, size_t sizes[256])
{
	uint8_t bytes[DATAGRAM];
	ssize_t size;

	memset(sizes, 0, 256 * sizeof *sizes);
	while ((size = recv(clients[client].fd, bytes, sizeof bytes, MSG_DONTWAIT)) > 0) {
		for (ssize_t i = 1; i < size; i++)
			ck_assert_uint_eq(bytes[i], bytes[0]);
		ck_assert_uint_eq(sizes[bytes[0]], 0);
		sizes[bytes[0]] = (size_t)size;
	}
}

/* Sizes that make trains with and without a shorter last one, some too large to be a segment, for two in turns. */
static void
send_and_compare(void)
{
	static const size_t sent[] = { 70,   90,   70, 60,   1300, 90, 4096, 70,
				       1232, 1232, 12, 4096, 1,    70, 1300, 90 };
	const unsigned count = COUNT(sent);
	size_t sizes[256];

	for (unsigned i = 0; i < count; i++) {
		for (unsigned client = 0; client < CLIENTS; client++)
			reply(client, (uint8_t)(i + client), sent[i]);
	}
	udp_batch_flush(batch);
	for (unsigned client = 0; client < CLIENTS; client++) {
		arrived(client, sizes);
		for (unsigned i = 0; i < count; i++)
			ck_assert_uint_eq(sizes[i + client], sent[i]);
		ck_assert_uint_eq(sizes[count + client], 0);
	}
	ck_assert_uint_eq(udp_batch_stats(batch)->send_failures, 0);
}

START_TEST(every_reply_arrives_as_one_datagram)
{
	begin(families[_i]);
	send_and_compare();
	end();
}
END_TEST

START_TEST(replies_of_one_size_to_one_client_pass_the_stack_as_one)
{
	const int on = 1;
	uint8_t bytes[DATAGRAM];

	begin(families[_i]);
	/* Who takes messages of many segments (UDP_GRO) sees what was one. */
	ck_assert_int_eq(setsockopt(clients[0].fd, IPPROTO_UDP, UDP_GRO, &on, sizeof on), 0);
	reply(0, 'a', 70);
	reply(1, 'b', 70);
	reply(0, 'c', 40);
	reply(0, 'd', 70);
	reply(0, 'e', 40);
	udp_batch_flush(batch);
	ck_assert_int_eq(recv(clients[0].fd, bytes, sizeof bytes, MSG_DONTWAIT), 70 + 70 + 40);
	ck_assert_int_eq(recv(clients[0].fd, bytes, sizeof bytes, MSG_DONTWAIT), 40);
	ck_assert_int_lt(recv(clients[0].fd, bytes, sizeof bytes, MSG_DONTWAIT), 0);
	ck_assert_int_eq(recv(clients[1].fd, bytes, sizeof bytes, MSG_DONTWAIT), 70);
	end();
}
END_TEST

START_TEST(a_full_batch_of_the_largest_replies_goes_out)
{
	size_t sizes[256];

	begin(families[_i]);
	for (unsigned i = 0; i < UDP_BATCH; i++)
		reply(0, (uint8_t)i, UDP_SEGMENT_BYTES_MAX);
	udp_batch_flush(batch);
	arrived(0, sizes);
	for (unsigned i = 0; i < UDP_BATCH; i++)
		ck_assert_uint_eq(sizes[i], UDP_SEGMENT_BYTES_MAX);
	const unsigned segments = UDP_MESSAGE_BYTES_MAX / UDP_SEGMENT_BYTES_MAX; /* of a message */
	ck_assert_uint_eq(udp_batch_stats(batch)->messages, (UDP_BATCH + segments - 1) / segments);
	ck_assert_uint_eq(udp_batch_stats(batch)->send_failures, 0);
	end();
}
END_TEST

START_TEST(what_is_too_large_for_a_segment_goes_alone)
{
	size_t sizes[256];

	begin(families[_i]);
	reply(0, 'a', UDP_SEGMENT_BYTES_MAX + 1);
	reply(0, 'b', UDP_SEGMENT_BYTES_MAX + 1);
	udp_batch_flush(batch);
	arrived(0, sizes);
	ck_assert_uint_eq(sizes['a'], UDP_SEGMENT_BYTES_MAX + 1);
	ck_assert_uint_eq(sizes['b'], UDP_SEGMENT_BYTES_MAX + 1);
	ck_assert_uint_eq(udp_batch_stats(batch)->messages, 2);
	end();
}
END_TEST

/* One client, one port, two addresses of ours that it has asked: each reply leaves from its own. */
START_TEST(replies_from_different_addresses_are_no_one_message)
{
	const struct sockaddr_in any = { .sin_family = AF_INET };
	struct sockaddr_in from;
	uint8_t bytes[DATAGRAM];

	begin(AF_INET);
	(void)close(server);
	server = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	ck_assert_int_eq(bind(server, (const struct sockaddr *)&any, sizeof any), 0);
	for (uint8_t i = 1; i <= 4; i++) {
		const struct udp_datagram to = {
			.remote = loopback,
			.local = addr_ipv4((const uint8_t[4]){ 127, 0, 0, 1 + i % 2 }),
			.remote_port = clients[0].port,
		};
		memset(udp_batch_lend(batch, server), 1 + i % 2, 70);
		udp_batch_commit(batch, &to, 70);
	}
	udp_batch_flush(batch);
	for (unsigned i = 0; i < 4; i++) {
		socklen_t size = sizeof from;
		ck_assert_int_eq(recvfrom(clients[0].fd, bytes, sizeof bytes, MSG_DONTWAIT, (struct sockaddr *)&from, &size), 70);
		ck_assert_uint_eq(ntohl(from.sin_addr.s_addr) & 0xff, bytes[0]);
	}
	end();
}
END_TEST

START_TEST(what_was_written_for_one_socket_does_not_leave_by_the_next)
{
	size_t sizes[256];

	begin(families[_i]);
	reply(0, 'a', 70);
	(void)udp_batch_lend(batch, clients[1].fd);
	arrived(0, sizes);
	ck_assert_uint_eq(sizes['a'], 70);
	end();
}
END_TEST

START_TEST(a_query_that_is_too_long_is_passed_over_and_counted)
{
	struct udp_datagram datagram;
	uint8_t bytes[UDP_QUERY_BYTES_MAX + 1] = { 0 };

	begin(AF_INET);
	const struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(clients[0].port),
					.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	for (size_t size = UDP_QUERY_BYTES_MAX; size <= sizeof bytes; size++)
		ck_assert_int_eq(sendto(server, bytes, size, 0, (const struct sockaddr *)&to, sizeof to), (ssize_t)size);
	ck_assert_uint_eq(udp_batch_receive(batch, clients[0].fd), 2);
	ck_assert(udp_batch_datagram(batch, 0, &datagram));
	ck_assert_uint_eq(datagram.size, UDP_QUERY_BYTES_MAX);
	ck_assert(!udp_batch_datagram(batch, 1, &datagram));
	ck_assert_uint_eq(udp_batch_stats(batch)->cut, 1);
	end();
}
END_TEST

START_TEST(as_many_as_gather_in_a_turn_go_in_as_few_messages_as_the_host_takes)
{
	size_t sizes[256];

	begin(families[_i]);
	for (unsigned i = 0; i < UDP_REPLIES_MAX; i++)
		reply(i % CLIENTS, (uint8_t)i, i % 2 == 0 ? 90 : 70);
	ck_assert_uint_eq(udp_batch_stats(batch)->messages, 0);
	udp_batch_flush(batch);
	/* A client has 128, all of one size: two messages of UDP_SEGMENTS_MAX. */
	ck_assert_uint_eq(udp_batch_stats(batch)->messages, UDP_REPLIES_MAX / UDP_SEGMENTS_MAX);
	for (unsigned client = 0; client < CLIENTS; client++) {
		arrived(client, sizes);
		for (unsigned i = 0; i < UDP_REPLIES_MAX; i++)
			ck_assert_uint_eq(sizes[i], i % CLIENTS != client ? 0
						    : i % 2 == 0          ? 90
									  : 70);
	}
	end();
}
END_TEST

START_TEST(what_is_too_much_for_one_batch_goes_before_the_rest)
{
	size_t sizes[256];
	unsigned fitting = UDP_REPLIES_BYTES_MAX / UDP_REPLY_BYTES_MAX;

	begin(families[_i]);
	for (unsigned i = 0; i < fitting; i++)
		reply(i % CLIENTS, (uint8_t)i, UDP_REPLY_BYTES_MAX);
	ck_assert_uint_eq(udp_batch_stats(batch)->messages, 0);
	(void)udp_batch_lend(batch, server);
	ck_assert_uint_eq(udp_batch_stats(batch)->messages, fitting);
	for (unsigned client = 0; client < CLIENTS; client++) {
		arrived(client, sizes);
		for (unsigned i = client; i < fitting; i += CLIENTS)
			ck_assert_uint_eq(sizes[i], UDP_REPLY_BYTES_MAX);
	}
	ck_assert_uint_eq(udp_batch_stats(batch)->send_failures, 0);
	end();
}
END_TEST

START_TEST(what_takes_no_segments_gets_datagrams)
{
	const int on = 1;

	begin(families[_i]);
	/* Without checksums the kernel refuses segments. */
	if (families[_i] == AF_INET) {
		ck_assert_int_eq(setsockopt(server, SOL_SOCKET, SO_NO_CHECK, &on, sizeof on), 0);
	} else {
		ck_assert_int_eq(setsockopt(server, IPPROTO_UDP, UDP_NO_CHECK6_TX, &on, sizeof on),
				 0);
		for (unsigned i = 0; i < CLIENTS; i++)
			ck_assert_int_eq(setsockopt(clients[i].fd, IPPROTO_UDP, UDP_NO_CHECK6_RX,
						    &on, sizeof on),
					 0);
	}
	send_and_compare();
	end();
}
END_TEST

START_TEST(what_the_host_does_not_take_is_counted_each)
{
	begin(families[_i]);
	(void)close(server);
	reply(0, 'a', 70);
	reply(0, 'b', 70);
	reply(1, 'c', 70);
	udp_batch_flush(batch);
	ck_assert_uint_eq(udp_batch_stats(batch)->send_failures, 3);
	end();
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("batch");
	tcase_add_loop_test(tcase, every_reply_arrives_as_one_datagram, 0, COUNT(families));
	tcase_add_loop_test(tcase, replies_of_one_size_to_one_client_pass_the_stack_as_one, 0,
			    COUNT(families));
	tcase_add_loop_test(tcase, a_full_batch_of_the_largest_replies_goes_out, 0,
			    COUNT(families));
	tcase_add_loop_test(tcase,
			    as_many_as_gather_in_a_turn_go_in_as_few_messages_as_the_host_takes, 0,
			    COUNT(families));
	tcase_add_loop_test(tcase, what_is_too_much_for_one_batch_goes_before_the_rest, 0,
			    COUNT(families));
	tcase_add_loop_test(tcase, what_takes_no_segments_gets_datagrams, 0, COUNT(families));
	tcase_add_loop_test(tcase, what_the_host_does_not_take_is_counted_each, 0, COUNT(families));
	tcase_add_loop_test(tcase, what_is_too_large_for_a_segment_goes_alone, 0, COUNT(families));
	tcase_add_test(tcase, replies_from_different_addresses_are_no_one_message);
	tcase_add_loop_test(tcase, what_was_written_for_one_socket_does_not_leave_by_the_next, 0, COUNT(families));
	tcase_add_test(tcase, a_query_that_is_too_long_is_passed_over_and_counted);
	Suite *suite = suite_create("serve: datagrams in batches");
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}

#include "tests/stack/socket_world.h"

#include <netinet/in.h>
#include <string.h>

#include "tests/suite.h"

static const struct socket_limits limits = { .socket_count = SOCKETS_MAX,
					     .datagram_bytes = 256u << 10,
					     .watch_count = 8 };
const char *const sockets_us[] = { "192.0.2.1", "2001:db8::1" };
const char *const sockets_peers[] = { "192.0.2.2", "2001:db8::2" };

struct host sockets_a, sockets_b;
static void *block;
struct socket_table *sockets;

void
sockets_begin(void)
{
	const size_t size = (socket_table_bytes(&limits) + 63) & ~(size_t)63;
	struct stack_limits with_tcp = host_limits;

	with_tcp.tcp_count = with_tcp.tcp_syn_count = with_tcp.tcp_time_wait_count = with_tcp.tcp_sent_count = 8;
	with_tcp.tcp_buffer_bytes = 64u << 10;
	host_init(&sockets_a, &(struct host_config){
			      .ipv4 = "192.0.2.1/24", .ipv6 = "2001:db8::1/64", .limits = &with_tcp });
	host_init(&sockets_b, &(struct host_config){
			      .ipv4 = "192.0.2.2/24", .ipv6 = "2001:db8::2/64", .limits = &with_tcp, .seed = 1 });
	block = aligned_alloc(64, size);
	sockets = socket_table_new(block, size, &limits, &sockets_a.rng);
	ck_assert_ptr_nonnull(sockets);
}

/* Whatever a test leaves open, nothing may be held when it is closed. */
void
sockets_end(void)
{
	struct socket_stats stats;

	for (int fd = 0; fd < (int)SOCKETS_MAX; fd++)
		(void)socket_close(sockets, fd);
	socket_stats(sockets, &stats);
	ck_assert_uint_eq(stats.open_count, 0);
	ck_assert_uint_eq(stats.watch_count, 0);
	ck_assert_uint_eq(stats.datagram_bytes, 0);
	free(block);
	host_fini(&sockets_a);
	host_fini(&sockets_b);
}

/* Carries packets and news to and fro; an answer, and the answer to that, come with it. */
void
sockets_carry(void)
{
	struct stack_action action;

	for (int i = 0; i < 4; i++) {
		while (host_carry(&sockets_a, &sockets_b, &action))
			(void)socket_action(sockets, sockets_a.stack, &action);
		while (host_carry(&sockets_b, &sockets_a, &action))
			(void)socket_action(sockets, sockets_b.stack, &action);
	}
}

socklen_t
sockets_name(const char *text, uint16_t port, int domain, struct sockaddr_storage *name)
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

int
sockets_open(struct host *host, int domain, int type, int protocol)
{
	const int fd = socket_open(sockets, host->stack, domain, type, protocol);

	ck_assert_int_ge(fd, 0);
	return fd;
}

int
sockets_bind(int fd, const char *text, uint16_t port, int domain)
{
	struct sockaddr_storage name;
	const socklen_t size = sockets_name(text, port, domain, &name);

	return socket_bind(sockets, fd, (struct sockaddr *)&name, size);
}

int
sockets_connect(int fd, const char *text, uint16_t port, int domain)
{
	struct sockaddr_storage name;
	const socklen_t size = sockets_name(text, port, domain, &name);

	return socket_connect(sockets, fd, (struct sockaddr *)&name, size);
}

ssize_t
sockets_send(int fd, const char *text)
{
	struct iovec piece = { .iov_base = (void *)text, .iov_len = strlen(text) };
	const struct msghdr message = { .msg_iov = &piece, .msg_iovlen = 1 };

	return socket_sendmsg(sockets, fd, &message, 0);
}

ssize_t
sockets_receive(int fd, char *text, size_t size, struct sockaddr_storage *from)
{
	struct iovec piece = { .iov_base = text, .iov_len = size };
	struct msghdr message = { .msg_name = from,
				  .msg_namelen = from == NULL ? 0 : sizeof *from,
				  .msg_iov = &piece,
				  .msg_iovlen = 1 };

	return socket_recvmsg(sockets, fd, &message, 0);
}

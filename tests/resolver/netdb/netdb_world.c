#include "tests/resolver/netdb/netdb_world.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stack/tcp.h"
#include "stack/udp.h"
#include "tests/stack/pair.h"
#include "tests/suite.h"

#define PORT       53u
#define AUTH_BYTES (1u << 20)
#define LISTENER   77u
#define DRIP_US    3000000u

static const char zone[] = "example. 3600 SOA mname. rname. 1 2 3 4 300\n"
			   "example. 3600 NS ns.example.\n"
			   "www.example. 300 A 198.51.100.80\n"
			   "www.example. 300 AAAA 2001:db8:80::80\n"
			   "alias.example. 300 CNAME www.example.\n"
			   "four.example. 300 A 198.51.100.4\n"
			   "empty.example. 300 TXT none\n"
			   "four.example. 300 A 192.0.2.9\n";
static const char reverse4[] = "100.51.198.in-addr.arpa. 3600 SOA mname. rname. 1 2 3 4 300\n"
			       "80.100.51.198.in-addr.arpa. 300 PTR www.example.\n";
static const char reverse6[] = "8.b.d.0.1.0.0.2.ip6.arpa. 3600 SOA mname. rname. 1 2 3 4 300\n"
			       "0.8.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.0.0.8.b.d.0.1.0.0.2.ip6.arpa. 300 PTR www.example.\n";

struct host ours;
struct cairn cairn;
struct cairn_netdb *netdb;
struct auth auth;
struct netdb_server server;
static struct host theirs;
static struct socket_table *table;
static void *table_block, *auth_block;
static tcp_conn listener, accepted;
static uint64_t drip_at_us;

/* ---- the resolvers -------------------------------------------------------------------------------------- */

static void
reply_to_datagram(const struct stack_action *action)
{
	static uint8_t reply[MESSAGE_BYTES_MAX], forged[64];
	const struct ip_addr first = addr_of("192.0.2.2");

	const bool is_first = addr_equal(&action->local, &first), fails = server.fails && is_first;
	if ((server.is_deaf && is_first) || (!fails && server.drops > 0 && server.drops-- > 0))
		return;
	if (server.fails)
		auth.faults = fails ? AUTH_SERVFAILS : 0;
	if (server.forges) {
		memcpy(forged, action->bytes, sizeof forged < action->size ? sizeof forged : action->size);
		forged[0] ^= 1; /* the id */
		forged[2] |= 0x80;
		(void)udp_reply(theirs.stack, &action->local, PORT, &action->remote, action->remote_port, forged, sizeof forged,
				theirs.now_us);
	}
	const size_t size = auth_answer(&auth, action->bytes, action->size, false, reply, sizeof reply);
	if (size > 0)
		(void)udp_reply(theirs.stack, &action->local, PORT, &action->remote, action->remote_port, reply, size, theirs.now_us);
}

static void
reply_to_stream(void)
{
	static uint8_t query[512], reply[2 + MESSAGE_BYTES_MAX];
	size_t got, taken;

	if (tcp_accept(theirs.stack, listener, 0, &accepted) != 0 && accepted == 0)
		return;
	if (tcp_receive(theirs.stack, accepted, query, sizeof query, theirs.now_us, &got) != 0 || got < 3)
		return;
	server.over_tcp++;
	const size_t size = auth_answer(&auth, query + 2, got - 2, true, reply + 2, sizeof reply - 2);
	reply[0] = (uint8_t)(size >> 8);
	reply[1] = (uint8_t)size;
	if (server.drips)
		drip_at_us = theirs.now_us;
	else
		ck_assert_int_eq(tcp_send(theirs.stack, accepted, reply, size + 2, 0, theirs.now_us, &taken), 0);
}

static void
drip(void)
{
	static const uint8_t octet = 0x10;
	size_t taken;

	if (drip_at_us > theirs.now_us)
		return;
	drip_at_us = theirs.now_us + DRIP_US;
	(void)tcp_send(theirs.stack, accepted, &octet, 1, 0, theirs.now_us, &taken); /* it may be closed by then */
}

/* ---- waiting: both hosts go on, then time -------------------------------------------------------------------- */

static bool
carry_ours(void)
{
	struct stack_action action;
	bool was_busy = false;

	for (; stack_next(ours.stack, &action); was_busy = true) {
		if (action.kind == STACK_TRANSMIT)
			stack_receive(theirs.stack, theirs.ifindex, action.bytes, action.size, 0, theirs.now_us);
		else
			(void)socket_action(table, ours.stack, &action);
	}
	return was_busy;
}

static bool
carry_theirs(void)
{
	struct stack_action action;
	bool was_busy = false;

	for (; stack_next(theirs.stack, &action); was_busy = true) {
		if (action.kind == STACK_TRANSMIT)
			stack_receive(ours.stack, ours.ifindex, action.bytes, action.size, 0, ours.now_us);
		else if (action.kind == STACK_DATAGRAM)
			reply_to_datagram(&action);
		else if (action.kind == STACK_TCP)
			reply_to_stream();
	}
	return was_busy;
}

static void
set_time(uint64_t now_us)
{
	ours.now_us = theirs.now_us = now_us;
	socket_tell_time(table, now_us);
	stack_timeout(ours.stack, now_us);
	stack_timeout(theirs.stack, now_us);
}

static uint64_t
shell_now_us(void *data)
{
	(void)data;
	return ours.now_us;
}

static int
shell_wait(void *data, cairn_condition *is_so, void *argument, uint64_t until_us)
{
	(void)data;
	for (unsigned turns = 0; turns < 100000; turns++) {
		while (carry_ours() | carry_theirs())
			;
		if (is_so(argument) || ours.now_us >= until_us)
			return 0;
		uint64_t at_us = until_us;
		at_us = stack_deadline(ours.stack) < at_us ? stack_deadline(ours.stack) : at_us;
		at_us = stack_deadline(theirs.stack) < at_us ? stack_deadline(theirs.stack) : at_us;
		at_us = drip_at_us < at_us ? drip_at_us : at_us;
		set_time(at_us > ours.now_us ? at_us : ours.now_us + 1);
		drip();
	}
	ck_abort_msg("a call waits for ever");
	return EINTR;
}

/* ---- the world ------------------------------------------------------------------------------------------- */

void
netdb_world_ask(const char *first, const char *second)
{
	const struct cairn_netdb_config config = { .cairn = &cairn, .servers = { first, second } };
	cairn_netdb_close(netdb);
	ck_assert_int_eq(cairn_netdb_open(&netdb, &config), 0);
}

static void
setup(void)
{
	static const struct cairn_shell shell = { .now_us = shell_now_us, .wait = shell_wait };
	const size_t table_bytes = socket_table_bytes(&socket_limits_default);

	host_init(&ours, &(struct host_config){ .ipv4 = "192.0.2.1/24", .ipv6 = "2001:db8::1/64", .limits = &pair_limits, .seed = 1 });
	host_init(&theirs, &(struct host_config){ .ipv4 = "192.0.2.2/24", .ipv6 = "2001:db8::2/64", .limits = &pair_limits, .seed = 2 });
	host_addr(&theirs, "192.0.2.3/24", STACK_ADDR_NO_DAD);
	table_block = aligned_alloc(64, (table_bytes + 63) / 64 * 64);
	table = socket_table_new(table_block, table_bytes, &socket_limits_default, &ours.rng);
	ck_assert_ptr_nonnull(table);
	set_time(ours.now_us);
	cairn = (struct cairn){ .table = table, .stack = ours.stack, .shell = &shell };
	auth_block = malloc(AUTH_BYTES);
	auth_init(&auth, auth_block, AUTH_BYTES);
	ck_assert_int_eq(auth_load(&auth, "example.", zone), 0);
	ck_assert_int_eq(auth_load(&auth, "100.51.198.in-addr.arpa.", reverse4), 0);
	ck_assert_msg(auth_load(&auth, "8.b.d.0.1.0.0.2.ip6.arpa.", reverse6) == 0, "%s", auth.why);
	ck_assert_int_eq(udp_listen(theirs.stack, &(struct ip_addr){ 0 }, PORT, 0), 0);
	ck_assert_int_eq(tcp_listen(theirs.stack, &(struct ip_addr){ 0 }, PORT, 4, NULL, LISTENER, &listener), 0);
	accepted = 0;
	memset(&server, 0, sizeof server);
	drip_at_us = UINT64_MAX;
	netdb = NULL;
	netdb_world_ask("192.0.2.2", NULL);
}

static void
teardown(void)
{
	cairn_netdb_close(netdb);
	free(table_block);
	free(auth_block);
	host_fini(&ours);
	host_fini(&theirs);
}

const char *
told(const char *node, const char *service, const struct addrinfo *hints)
{
	static char text[1024];
	struct addrinfo *infos = NULL;
	char addr[INET6_ADDRSTRLEN];
	size_t used = 0;
	const int err = cairn_getaddrinfo(netdb, node, service, hints, &infos);

	if (err != 0)
		return gai_strerror(err);
	text[0] = '\0';
	for (const struct addrinfo *info = infos; info != NULL; info = info->ai_next) {
		const struct sockaddr_in *in = (const struct sockaddr_in *)info->ai_addr;
		const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)info->ai_addr;
		const void *bytes = info->ai_family == AF_INET ? (const void *)&in->sin_addr : &in6->sin6_addr;
		(void)inet_ntop(info->ai_family, bytes, addr, sizeof addr);
		used += (size_t)snprintf(text + used, sizeof text - used, "%s%s %u %c", used > 0 ? ", " : "", addr,
					 ntohs(in->sin_port), info->ai_socktype == SOCK_STREAM ? 's' : 'd');
	}
	cairn_freeaddrinfo(infos);
	return text;
}

int
netdb_world_run(const char *name, TCase *tcase)
{
	Suite *suite = suite_create(name);

	tcase_add_checked_fixture(tcase, setup, teardown);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}

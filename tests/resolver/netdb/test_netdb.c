/* Names for programs on the stack (RFC 3493, section 6): a program on one host, its resolvers on another, virtual time. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "resolver/netdb/netdb.h"
#include "stack/tables.h"
#include "stack/tcp.h"
#include "stack/udp.h"
#include "tests/sim/auth.h"
#include "tests/stack/host.h"
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

static struct host ours, theirs;
static struct socket_table *table;
static void *table_block, *auth_block;
static struct cairn cairn;
static struct cairn_netdb *netdb;
static struct auth auth;
static tcp_conn listener, accepted;
static struct {
	bool is_deaf;      /* 192.0.2.2 says nothing; its other address does */
	bool fails;        /* 192.0.2.2 says SERVFAIL, and none of its datagrams is lost */
	unsigned drops;    /* so many datagrams are lost */
	unsigned over_tcp; /* questions */
	bool forges;       /* another reply comes first */
	bool drips;        /* of a reply over TCP an octet comes every 3 s */
	uint64_t drip_at_us;
} server;

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
		server.drip_at_us = theirs.now_us;
	else
		ck_assert_int_eq(tcp_send(theirs.stack, accepted, reply, size + 2, 0, theirs.now_us, &taken), 0);
}

static void
drip(void)
{
	static const uint8_t octet = 0x10;
	size_t taken;

	if (server.drip_at_us > theirs.now_us)
		return;
	server.drip_at_us = theirs.now_us + DRIP_US;
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
		at_us = server.drip_at_us < at_us ? server.drip_at_us : at_us;
		set_time(at_us > ours.now_us ? at_us : ours.now_us + 1);
		drip();
	}
	ck_abort_msg("a call waits for ever");
	return EINTR;
}

/* ---- the world ------------------------------------------------------------------------------------------- */

static void
open_netdb(const char *first, const char *second)
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
	server.drip_at_us = UINT64_MAX;
	netdb = NULL;
	open_netdb("192.0.2.2", NULL);
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

/* "ADDR/TYPE ..." in the order of the result. */
static const char *
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

/* ---- getaddrinfo -------------------------------------------------------------------------------------------- */

static const struct {
	const char *behaviour, *node, *service;
	struct addrinfo hints;
	const char *told;
} questions[] = {
	{ "a name has addresses of both families, the one with a source of its own kind first", "www.example", "80",
	  { .ai_socktype = SOCK_STREAM }, "2001:db8:80::80 80 s, 198.51.100.80 80 s" },
	{ "each kind of socket has its own", "four.example.", "53", { 0 },
	  "192.0.2.9 53 s, 192.0.2.9 53 d, 198.51.100.4 53 s, 198.51.100.4 53 d" },
	{ "aliases are followed", "alias.example", NULL, { .ai_family = AF_INET, .ai_socktype = SOCK_DGRAM }, "198.51.100.80 0 d" },
	{ "letters have no case", "WWW.Example", NULL, { .ai_family = AF_INET6, .ai_protocol = IPPROTO_TCP }, "2001:db8:80::80 0 s" },
	{ "numbers are no names", "192.0.2.7", "443", { .ai_socktype = SOCK_STREAM }, "192.0.2.7 443 s" },
	{ "numbers of the other family are not wanted", "192.0.2.7", "443", { .ai_family = AF_INET6 }, NULL },
	{ "only numbers", "www.example", "80", { .ai_flags = AI_NUMERICHOST }, NULL },
	{ "IPv4 in IPv6", "four.example", "1", { .ai_family = AF_INET6, .ai_socktype = SOCK_STREAM, .ai_flags = AI_V4MAPPED },
	  "::ffff:192.0.2.9 1 s, ::ffff:198.51.100.4 1 s" },
	{ "IPv4 in IPv6 beside IPv6", "www.example", "1",
	  { .ai_family = AF_INET6, .ai_socktype = SOCK_STREAM, .ai_flags = AI_V4MAPPED | AI_ALL },
	  "2001:db8:80::80 1 s, ::ffff:198.51.100.80 1 s" },
	{ "a name that is not there", "no.example", "80", { 0 }, NULL },
	{ "a name without addresses", "empty.example", "80", { 0 }, NULL },
	{ "no name at all is this host", NULL, "7", { .ai_socktype = SOCK_STREAM }, "::1 7 s, 127.0.0.1 7 s" },
	{ "no name for who listens is any address", NULL, "7", { .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE },
	  ":: 7 s, 0.0.0.0 7 s" },
	{ "localhost is not asked for (RFC 6761)", "any.localhost", "7", { .ai_family = AF_INET, .ai_socktype = SOCK_STREAM },
	  "127.0.0.1 7 s" },
	{ "an address on a link that is not there is not asked for", "fe80::1%nowhere", "7", { 0 }, NULL },
	{ "a number is all that a wider address can have", "2001:db8::1%host", "7", { 0 }, NULL },
	{ "IPv4 has no zones", "192.0.2.7%1", "7", { 0 }, NULL },
	{ "inet_addr's short forms are numbers", "127.1", "7", { .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST },
	  "127.0.0.1 7 s" },
	{ "and nothing may stand behind them", "127.0.0.1 x", "7", { .ai_flags = AI_NUMERICHOST }, NULL },
	{ "an IPv4 number in IPv6", "192.0.2.7", "7",
	  { .ai_family = AF_INET6, .ai_socktype = SOCK_STREAM, .ai_flags = AI_V4MAPPED | AI_NUMERICHOST }, "::ffff:192.0.2.7 7 s" },
	{ "an IPv6 number beside them", "2001:db8::7", "7",
	  { .ai_family = AF_INET6, .ai_socktype = SOCK_STREAM, .ai_flags = AI_V4MAPPED | AI_ALL }, "2001:db8::7 7 s" },
	{ "a mapped number is one of IPv4 for who wants that", "::ffff:192.0.2.7", "7",
	  { .ai_family = AF_INET, .ai_socktype = SOCK_STREAM }, "192.0.2.7 7 s" },
	{ "AI_V4MAPPED is for who wants IPv6 only", "four.example", "1", { .ai_socktype = SOCK_STREAM, .ai_flags = AI_V4MAPPED },
	  "192.0.2.9 1 s, 198.51.100.4 1 s" },
	{ "there is IPv6, so IPv4 is not needed", "www.example", "1",
	  { .ai_family = AF_INET6, .ai_socktype = SOCK_STREAM, .ai_flags = AI_V4MAPPED }, "2001:db8:80::80 1 s" },
	{ "a service of UDP alone has no streams", "192.0.2.7", "tftp", { 0 }, "192.0.2.7 69 d" },
	{ "a service of TCP alone has no datagrams", "192.0.2.7", "http", { 0 }, "192.0.2.7 80 s" },
	{ "a service of both has both", "192.0.2.7", "domain", { 0 }, "192.0.2.7 53 s, 192.0.2.7 53 d" },
	{ "an empty name", "", "7", { 0 }, NULL },
	{ "no origin stands for a name", "@", "7", { 0 }, NULL },
	{ "both families are configured", "www.example", "80", { .ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG },
	  "2001:db8:80::80 80 s, 198.51.100.80 80 s" },
	{ "neither name nor service", NULL, NULL, { 0 }, NULL },
};

START_TEST(getaddrinfo_gives_what_rfc_3493_says)
{
	const char *wanted = questions[_i].told != NULL ? questions[_i].told : gai_strerror(EAI_NONAME);
	const char *got = told(questions[_i].node, questions[_i].service, &questions[_i].hints);
	ck_assert_msg(strcmp(got, wanted) == 0, "%s: %s", questions[_i].behaviour, got);
}
END_TEST

START_TEST(what_cannot_be_wanted_is_an_error_of_its_own)
{
	ck_assert_str_eq(told("a.example", "80", &(struct addrinfo){ .ai_flags = 1 << 30 }), gai_strerror(EAI_BADFLAGS));
	ck_assert_str_eq(told("a.example", "80", &(struct addrinfo){ .ai_family = AF_UNIX }), gai_strerror(EAI_FAMILY));
	ck_assert_str_eq(told("a.example", "80", &(struct addrinfo){ .ai_socktype = SOCK_RAW }), gai_strerror(EAI_SOCKTYPE));
	ck_assert_str_eq(told("a.example", "65536", NULL), gai_strerror(EAI_SERVICE));
	ck_assert_str_eq(told("a.example", "no-such-service", NULL), gai_strerror(EAI_SERVICE));
	ck_assert_str_eq(told("a.example", "tftp", &(struct addrinfo){ .ai_socktype = SOCK_STREAM }), gai_strerror(EAI_SERVICE));
	ck_assert_str_eq(told("a.example", "http", &(struct addrinfo){ .ai_protocol = IPPROTO_UDP }), gai_strerror(EAI_SERVICE));
	ck_assert_str_eq(told("a.example", NULL, &(struct addrinfo){ .ai_socktype = SOCK_STREAM, .ai_protocol = IPPROTO_UDP }),
			 gai_strerror(EAI_SOCKTYPE));
	ck_assert_str_eq(told(NULL, "80", &(struct addrinfo){ .ai_flags = AI_CANONNAME }), gai_strerror(EAI_BADFLAGS));
	ck_assert_str_eq(told("a.example", "+80", NULL), gai_strerror(EAI_SERVICE));
	ck_assert_str_eq(told("a.example", " 80", NULL), gai_strerror(EAI_SERVICE));
	ck_assert_str_eq(told("a.example", "http", &(struct addrinfo){ .ai_flags = AI_NUMERICSERV }), gai_strerror(EAI_NONAME));
}
END_TEST

START_TEST(the_canonical_name_is_that_at_the_end_of_the_aliases)
{
	const struct addrinfo hints = { .ai_flags = AI_CANONNAME };
	struct addrinfo *infos;

	ck_assert_int_eq(cairn_getaddrinfo(netdb, "alias.example", NULL, &hints, &infos), 0);
	ck_assert_str_eq(infos->ai_canonname, "www.example");
	ck_assert_ptr_null(infos->ai_next->ai_canonname);
	cairn_freeaddrinfo(infos);
}
END_TEST

/* Whoever has no IPv6 could reach none of the others. */
START_TEST(many_addresses_of_one_family_leave_room_for_the_other)
{
	static char text[4096];
	size_t used = (size_t)snprintf(text, sizeof text, "many.test. 300 SOA mname. rname. 1 2 3 4 300\nmany.test. 300 A 198.51.100.4\n");
	for (unsigned i = 0; i < NETDB_ADDRS_MAX; i++)
		used += (size_t)snprintf(text + used, sizeof text - used, "many.test. 300 AAAA 2001:db8::%x\n", i);
	ck_assert_int_eq(auth_load(&auth, "many.test.", text), 0);
	const char *all = told("many.test", "80", &(struct addrinfo){ .ai_socktype = SOCK_STREAM });
	ck_assert_msg(strstr(all, ", 198.51.100.4 80 s") != NULL, "%s", all);
}
END_TEST

/* ---- resolvers as they are ------------------------------------------------------------------------------------ */

START_TEST(over_ipv6_too)
{
	open_netdb("2001:db8::2", NULL);
	ck_assert_str_eq(told("www.example", "80", &questions[0].hints), questions[0].told);
}
END_TEST

START_TEST(what_is_lost_is_asked_again)
{
	server.drops = 2;
	ck_assert_str_eq(told("www.example", "80", &questions[0].hints), questions[0].told);
}
END_TEST

START_TEST(a_silent_resolver_is_followed_by_the_next)
{
	server.is_deaf = true;
	open_netdb("192.0.2.2", "192.0.2.3");
	ck_assert_str_eq(told("www.example", "80", &questions[0].hints), questions[0].told);
	open_netdb("192.0.2.2", NULL);
	const uint64_t began_us = ours.now_us;
	ck_assert_str_eq(told("www.example", "80", &questions[0].hints), gai_strerror(EAI_AGAIN));
	ck_assert_uint_le(ours.now_us - began_us, 15000000);
}
END_TEST

START_TEST(what_is_cut_comes_over_tcp)
{
	auth.faults = AUTH_TRUNCATES;
	ck_assert_str_eq(told("www.example", "80", &(struct addrinfo){ .ai_family = AF_INET, .ai_socktype = SOCK_STREAM }),
			 "198.51.100.80 80 s");
	ck_assert_uint_eq(server.over_tcp, 1);
}
END_TEST

/* Each octet alone is in time. */
START_TEST(a_resolver_that_drips_does_not_hold_a_program)
{
	auth.faults = AUTH_TRUNCATES;
	server.drips = true;
	const uint64_t began_us = ours.now_us;
	ck_assert_str_eq(told("www.example", "80", &(struct addrinfo){ .ai_family = AF_INET, .ai_socktype = SOCK_STREAM }),
			 gai_strerror(EAI_AGAIN));
	ck_assert_uint_le(ours.now_us - began_us, 3 * 5000000 + 1000);
}
END_TEST

START_TEST(a_forged_reply_ends_nothing)
{
	server.forges = true;
	ck_assert_str_eq(told("www.example", "80", &questions[0].hints), questions[0].told);
}
END_TEST

START_TEST(a_resolver_without_edns_is_asked_without)
{
	auth.faults = AUTH_FORMERRS_EDNS;
	ck_assert_str_eq(told("www.example", "80", &questions[0].hints), questions[0].told);
}
END_TEST

START_TEST(a_resolver_that_fails_is_told_from_a_name_that_is_not_there)
{
	auth.faults = AUTH_SERVFAILS;
	ck_assert_str_eq(told("www.example", "80", NULL), gai_strerror(EAI_AGAIN));
	auth.faults = AUTH_REFUSES;
	ck_assert_str_eq(told("www.example", "80", NULL), gai_strerror(EAI_FAIL));
}
END_TEST

/* One fails, the other has only lost a datagram: it is asked again. */
START_TEST(one_resolvers_failure_is_not_anothers)
{
	server.fails = true;
	server.drops = 1;
	open_netdb("192.0.2.2", "192.0.2.3");
	ck_assert_str_eq(told("www.example", "80", &(struct addrinfo){ .ai_family = AF_INET, .ai_socktype = SOCK_STREAM }),
			 "198.51.100.80 80 s");
}
END_TEST

START_TEST(a_family_that_this_host_has_no_address_of_is_not_given)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG };
	const struct ip_addr ours6 = addr_of("2001:db8::1");

	ck_assert_int_eq(stack_addr_del(ours.stack, ours.ifindex, &ours6), 0);
	ck_assert_str_eq(told("www.example", "80", &hints), "198.51.100.80 80 s");
	ck_assert_str_eq(told("www.example", "80",
			      &(struct addrinfo){ .ai_family = AF_INET6, .ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG }),
			 gai_strerror(EAI_NONAME));
	ck_assert_str_eq(told("www.example", "80",
			      &(struct addrinfo){ .ai_family = AF_INET6,
						  .ai_socktype = SOCK_STREAM,
						  .ai_flags = AI_ADDRCONFIG | AI_V4MAPPED }),
			 "::ffff:198.51.100.80 80 s");
	ck_assert_str_eq(told("localhost", "80", &hints), "::1 80 s, 127.0.0.1 80 s");
}
END_TEST

/* RFC 6724: those with a route come first, mapped or not. */
START_TEST(mapped_addresses_stand_where_their_ipv4_ones_would)
{
	const struct addrinfo hints = { .ai_family = AF_INET6, .ai_socktype = SOCK_STREAM, .ai_flags = AI_V4MAPPED | AI_ALL };
	const struct stack_route by_default = { .prefix = addr_of("0.0.0.0"),
						.gateway = addr_of("192.0.2.2"),
						.ifindex = (uint8_t)ours.ifindex };

	ck_assert_int_eq(stack_route_add(ours.stack, &by_default), 0);
	ck_assert_str_eq(told("www.example", "80", &hints), "::ffff:198.51.100.80 80 s, 2001:db8:80::80 80 s");
}
END_TEST

/* RFC 4007, section 11: by the name of an interface of this stack, or by number. */
START_TEST(an_address_on_a_link_keeps_its_zone)
{
	const char *const name = stack_if_name(ours.stack, ours.ifindex);
	struct addrinfo *infos;
	char text[64], host[64];

	(void)snprintf(text, sizeof text, "fe80::1%%%s", name);
	ck_assert_int_eq(cairn_getaddrinfo(netdb, text, "7", NULL, &infos), 0);
	ck_assert_uint_eq(((struct sockaddr_in6 *)infos->ai_addr)->sin6_scope_id, ours.ifindex + 1);
	ck_assert_int_eq(cairn_getnameinfo(netdb, infos->ai_addr, infos->ai_addrlen, host, sizeof host, NULL, 0, NI_NUMERICHOST), 0);
	ck_assert_str_eq(host, text);
	cairn_freeaddrinfo(infos);
	ck_assert_int_eq(cairn_getaddrinfo(netdb, "fe80::1%77", "7", NULL, &infos), 0);
	ck_assert_uint_eq(((struct sockaddr_in6 *)infos->ai_addr)->sin6_scope_id, 77);
	ck_assert_int_eq(cairn_getnameinfo(netdb, infos->ai_addr, infos->ai_addrlen, host, sizeof host, NULL, 0, NI_NUMERICHOST), 0);
	ck_assert_str_eq(host, "fe80::1%77");
	cairn_freeaddrinfo(infos);
	ck_assert_str_eq(told("fe80::1%4294967296", "7", NULL), gai_strerror(EAI_NONAME));
}
END_TEST

START_TEST(a_resolver_has_an_address)
{
	const struct cairn_netdb_config config = { .cairn = &cairn, .servers = { "resolver.example" } };
	struct cairn_netdb *none;
	ck_assert_int_eq(cairn_netdb_open(&none, &config), EAI_NONAME);
}
END_TEST

/* ---- addresses to names ----------------------------------------------------------------------------------------- */

static int
name_of(const char *addr, int flags, char *host, socklen_t host_bytes, char *service, socklen_t service_bytes)
{
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons(80) };
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6, .sin6_port = htons(80) };

	if (inet_pton(AF_INET, addr, &in.sin_addr) == 1)
		return cairn_getnameinfo(netdb, (struct sockaddr *)&in, sizeof in, host, host_bytes, service, service_bytes, flags);
	ck_assert_int_eq(inet_pton(AF_INET6, addr, &in6.sin6_addr), 1);
	return cairn_getnameinfo(netdb, (struct sockaddr *)&in6, sizeof in6, host, host_bytes, service, service_bytes, flags);
}

START_TEST(getnameinfo_names_an_address)
{
	char host[256], service[32];

	ck_assert_int_eq(name_of("198.51.100.80", NI_NUMERICSERV, host, sizeof host, service, sizeof service), 0);
	ck_assert_str_eq(host, "www.example");
	ck_assert_str_eq(service, "80");
	ck_assert_int_eq(name_of("2001:db8:80::80", 0, host, sizeof host, NULL, 0), 0);
	ck_assert_str_eq(host, "www.example");
	ck_assert_int_eq(name_of("::ffff:198.51.100.80", 0, host, sizeof host, NULL, 0), 0);
	ck_assert_str_eq(host, "www.example");
	ck_assert_int_eq(name_of("198.51.100.81", NI_NUMERICSERV, host, sizeof host, service, sizeof service), 0);
	ck_assert_str_eq(host, "198.51.100.81");
	ck_assert_int_eq(name_of("198.51.100.81", NI_NAMEREQD, host, sizeof host, NULL, 0), EAI_NONAME);
	ck_assert_int_eq(name_of("198.51.100.80", NI_NUMERICHOST, host, sizeof host, NULL, 0), 0);
	ck_assert_str_eq(host, "198.51.100.80");
	ck_assert_int_eq(name_of("198.51.100.80", 0, host, 4, NULL, 0), EAI_OVERFLOW);
	ck_assert_int_eq(name_of("198.51.100.80", NI_NUMERICHOST, host, sizeof host, service, 4), EAI_OVERFLOW);
	ck_assert_int_eq(name_of("198.51.100.80", NI_NUMERICHOST | NI_NUMERICSERV, host, 14, service, 3), 0);
	ck_assert_str_eq(service, "80");
	ck_assert_int_eq(name_of("198.51.100.80", NI_NUMERICHOST, host, sizeof host, service, sizeof service), 0);
	ck_assert_str_eq(service, "http");
	ck_assert_int_eq(name_of("198.51.100.80", NI_DGRAM, NULL, 0, service, sizeof service), 0);
	ck_assert_str_eq(service, "80"); /* http is no service of UDP */
	ck_assert_int_eq(name_of("::ffff:198.51.100.80", NI_NUMERICHOST, host, sizeof host, NULL, 0), 0);
	ck_assert_str_eq(host, "::ffff:198.51.100.80");
	ck_assert_int_eq(name_of("::", NI_NAMEREQD, host, sizeof host, NULL, 0), EAI_NONAME);
	ck_assert_int_eq(cairn_getnameinfo(netdb, &(struct sockaddr){ .sa_family = AF_INET }, sizeof(sa_family_t), host,
					   sizeof host, NULL, 0, 0),
			 EAI_FAMILY);
	ck_assert_int_eq(cairn_getnameinfo(netdb, &(struct sockaddr){ .sa_family = AF_UNIX }, sizeof(struct sockaddr), host,
					   sizeof host, NULL, 0, 0),
			 EAI_FAMILY);
	ck_assert_int_eq(name_of("198.51.100.80", 1 << 20, host, sizeof host, NULL, 0), EAI_BADFLAGS);
	ck_assert_int_eq(name_of("198.51.100.80", 0, NULL, 0, NULL, 0), EAI_NONAME);
}
END_TEST

START_TEST(gethostbyname_and_gethostbyaddr_are_there_for_old_programs)
{
	const uint8_t addr[] = { 198, 51, 100, 80 };
	int error = 0;

	const struct hostent *host = cairn_gethostbyname(netdb, "four.example", &error);
	ck_assert_ptr_nonnull(host);
	ck_assert_str_eq(host->h_name, "four.example");
	ck_assert_int_eq(host->h_length, 4);
	ck_assert_mem_eq(host->h_addr_list[1], "\306\63\144\4", 4);
	ck_assert_uint_eq((uintptr_t)host->h_addr_list[1] % _Alignof(struct in_addr), 0); /* programs look at it as one */
	ck_assert_ptr_null(host->h_addr_list[2]);
	host = cairn_gethostbyname2(netdb, "www.example", AF_INET6, &error);
	ck_assert_int_eq(host->h_length, 16);
	host = cairn_gethostbyaddr(netdb, addr, sizeof addr, AF_INET, &error);
	ck_assert_str_eq(host->h_name, "www.example");
	ck_assert_mem_eq(host->h_addr_list[0], addr, 4);
	ck_assert_ptr_null(cairn_gethostbyname(netdb, "no.example", &error));
	ck_assert_int_eq(error, HOST_NOT_FOUND);
	ck_assert_ptr_null(cairn_gethostbyname(netdb, "empty.example", &error));
	ck_assert_int_eq(error, NO_DATA);
	ck_assert_ptr_null(cairn_gethostbyname2(netdb, "192.0.2.9", AF_INET6, &error));
	ck_assert_int_eq(error, HOST_NOT_FOUND);
	ck_assert_ptr_null(cairn_gethostbyaddr(netdb, addr, 5, AF_INET, &error));
	ck_assert_int_eq(error, NO_RECOVERY);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("netdb");
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_loop_test(tcase, getaddrinfo_gives_what_rfc_3493_says, 0, (int)(sizeof questions / sizeof questions[0]));
	tcase_add_test(tcase, what_cannot_be_wanted_is_an_error_of_its_own);
	tcase_add_test(tcase, many_addresses_of_one_family_leave_room_for_the_other);
	tcase_add_test(tcase, the_canonical_name_is_that_at_the_end_of_the_aliases);
	tcase_add_test(tcase, over_ipv6_too);
	tcase_add_test(tcase, what_is_lost_is_asked_again);
	tcase_add_test(tcase, a_silent_resolver_is_followed_by_the_next);
	tcase_add_test(tcase, what_is_cut_comes_over_tcp);
	tcase_add_test(tcase, a_resolver_that_drips_does_not_hold_a_program);
	tcase_add_test(tcase, a_forged_reply_ends_nothing);
	tcase_add_test(tcase, a_resolver_without_edns_is_asked_without);
	tcase_add_test(tcase, a_resolver_that_fails_is_told_from_a_name_that_is_not_there);
	tcase_add_test(tcase, one_resolvers_failure_is_not_anothers);
	tcase_add_test(tcase, a_family_that_this_host_has_no_address_of_is_not_given);
	tcase_add_test(tcase, mapped_addresses_stand_where_their_ipv4_ones_would);
	tcase_add_test(tcase, an_address_on_a_link_keeps_its_zone);
	tcase_add_test(tcase, a_resolver_has_an_address);
	tcase_add_test(tcase, getnameinfo_names_an_address);
	tcase_add_test(tcase, gethostbyname_and_gethostbyaddr_are_there_for_old_programs);
	Suite *suite = suite_create("netdb");
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}

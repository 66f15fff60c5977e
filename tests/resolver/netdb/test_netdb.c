/* getaddrinfo (RFC 3493, section 6.1): what is given for which names, numbers, services and hints, and in which order. */
#include <stdio.h>
#include <string.h>

#include "stack/tables.h"
#include "tests/resolver/netdb/netdb_world.h"

static const struct {
	const char *behaviour, *node, *service;
	struct addrinfo hints;
	const char *told;
} questions[] = {
	{ "a name has addresses of both families, the one with a source of its own kind first", "www.example", "80",
	  { .ai_socktype = SOCK_STREAM }, WWW_TOLD },
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

/* As sin6_scope_id wants it: a link of the kernel's has the kernel's number. */
START_TEST(the_name_of_a_link_of_the_kernels_is_the_kernels_number)
{
	const struct stack_if_config raw = { .name = "raw", .kind = STACK_IF_IP, .mtu = 1500 };
	const struct stack_addr addr = {
		.addr = addr_of("fe80::7"), .prefix_len = 64, .flags = STACK_ADDR_NO_DAD, .host_ifindex = 77
	};
	static const char *const names[] = { "fe80::1%raw", "ff02::1%raw" };
	struct addrinfo *infos;
	unsigned ifindex;
	char host[64];

	ck_assert_int_eq(stack_if_add(ours.stack, &raw, &ifindex), 0);
	ck_assert_int_eq(stack_if_set_up(ours.stack, ifindex, true, ours.now_us), 0);
	ck_assert_int_eq(stack_addr_add(ours.stack, ifindex, &addr, ours.now_us), 0);
	for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++) {
		ck_assert_int_eq(cairn_getaddrinfo(netdb, names[i], "7", NULL, &infos), 0);
		ck_assert_uint_eq(((struct sockaddr_in6 *)infos->ai_addr)->sin6_scope_id, 77);
		ck_assert_int_eq(cairn_getnameinfo(netdb, infos->ai_addr, infos->ai_addrlen, host, sizeof host, NULL, 0, NI_NUMERICHOST), 0);
		ck_assert_str_eq(host, names[i]);
		cairn_freeaddrinfo(infos);
	}
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("netdb");

	tcase_add_loop_test(tcase, getaddrinfo_gives_what_rfc_3493_says, 0, (int)(sizeof questions / sizeof questions[0]));
	tcase_add_test(tcase, what_cannot_be_wanted_is_an_error_of_its_own);
	tcase_add_test(tcase, the_canonical_name_is_that_at_the_end_of_the_aliases);
	tcase_add_test(tcase, many_addresses_of_one_family_leave_room_for_the_other);
	tcase_add_test(tcase, a_family_that_this_host_has_no_address_of_is_not_given);
	tcase_add_test(tcase, mapped_addresses_stand_where_their_ipv4_ones_would);
	tcase_add_test(tcase, an_address_on_a_link_keeps_its_zone);
	tcase_add_test(tcase, the_name_of_a_link_of_the_kernels_is_the_kernels_number);
	return netdb_world_run("netdb", tcase);
}

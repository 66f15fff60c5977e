/* Names of addresses (getnameinfo; RFC 3493, section 6.2), and the calls of old programs. */
#include <arpa/inet.h>

#include "tests/resolver/netdb/netdb_world.h"

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

	tcase_add_test(tcase, getnameinfo_names_an_address);
	tcase_add_test(tcase, gethostbyname_and_gethostbyaddr_are_there_for_old_programs);
	return netdb_world_run("netdb_names", tcase);
}

#include "resolver/policy/cookie.h"

#include <stdio.h>

#include "tests/suite.h"

static void
octets_of(const char *hex, uint8_t *octets)
{
	for (size_t i = 0; hex[2 * i] != '\0'; i++)
		ck_assert_int_eq(sscanf(hex + 2 * i, "%2hhx", &octets[i]), 1);
}

static struct ip_addr
addr_of(const char *text)
{
	struct ip_addr addr;
	ck_assert_int_eq(addr_from_text(&addr, text), 0);
	return addr;
}

/* RFC 9018, appendix A: the secret, the client, the cookie that it got, and when. */
static const struct {
	const char *secret, *client, *cookie;
	uint32_t made_s;
} vectors[] = {
	{ "e5e973e5a6b2a43f48e7dc849e37bfcf", "198.51.100.100", "2464c4abcf10c957010000005cf79f111f8130c3eee29480", 1559731985 },
	{ "e5e973e5a6b2a43f48e7dc849e37bfcf", "198.51.100.100", "2464c4abcf10c957010000005cf7a871d4a564a1442aca77", 1559734385 },
	{ "dd3bdf9344b678b185a6f5cb60fca715", "2001:db8:220:1:59de:d0f4:8769:82b8",
	  "22681ab97d52c298010000005cf7c57926556bd0934c72f8", 1559741817 },
	{ "445536bcd2513298075a5d379663c962", "2001:db8:220:1:59de:d0f4:8769:82b8",
	  "22681ab97d52c298010000005cf7c609a6bb79d16625507a", 1559741961 },
};

START_TEST(a_new_client_gets_the_cookie_of_rfc_9018)
{
	struct cookie_secret secret;
	uint8_t expected[COOKIE_BYTES], answer[COOKIE_BYTES];
	const struct ip_addr client = addr_of(vectors[_i].client);
	octets_of(vectors[_i].secret, secret.octets);
	octets_of(vectors[_i].cookie, expected);
	ck_assert_int_eq((int)cookie_judge(&secret, &client, expected, COOKIE_CLIENT_BYTES, vectors[_i].made_s, answer),
			 COOKIE_NEW);
	ck_assert_mem_eq(answer, expected, COOKIE_BYTES);
}
END_TEST

START_TEST(what_is_reserved_counts_as_it_came)
{
	struct cookie_secret secret;
	uint8_t value[COOKIE_BYTES], answer[COOKIE_BYTES];
	const struct ip_addr client = addr_of("203.0.113.203");
	octets_of("e5e973e5a6b2a43f48e7dc849e37bfcf", secret.octets);
	octets_of("fc93fc62807ddb8601abcdef5cf78f71a314227b6679ebf5", value); /* RFC 9018, appendix A.3 */
	ck_assert_int_eq((int)cookie_judge(&secret, &client, value, COOKIE_BYTES, 0x5cf78f71, answer), COOKIE_GOOD);
	value[9] ^= 1;
	ck_assert_int_eq((int)cookie_judge(&secret, &client, value, COOKIE_BYTES, 0x5cf78f71, answer), COOKIE_BAD);
}
END_TEST

static const struct {
	const char *behaviour;
	int64_t later_s;
	enum cookie_state state;
	bool is_same;
} ages[] = {
	{ "a young cookie stays", 10, COOKIE_GOOD, true },
	{ "one of half an hour stays", 1800, COOKIE_GOOD, true },
	{ "an older one is renewed", 1801, COOKIE_GOOD, false },
	{ "an hour is the end", 3600, COOKIE_GOOD, false },
	{ "and no more", 3601, COOKIE_BAD, false },
	{ "clocks may differ by five minutes", -300, COOKIE_GOOD, false },
	{ "and no more than that", -301, COOKIE_BAD, false },
};

START_TEST(a_cookie_has_its_time)
{
	const uint32_t now_s = 5; /* a little behind the end of the 32 bits */
	const struct cookie_secret secret = { "sixteen octets!" };
	const uint8_t client_cookie[COOKIE_CLIENT_BYTES] = "1234567";
	const struct ip_addr client = addr_of("192.0.2.1");
	uint8_t first[COOKIE_BYTES], second[COOKIE_BYTES];
	cookie_judge(&secret, &client, client_cookie, sizeof client_cookie, now_s - (uint32_t)ages[_i].later_s, first);
	ck_assert_msg(cookie_judge(&secret, &client, first, COOKIE_BYTES, now_s, second) == ages[_i].state, "%s",
		      ages[_i].behaviour);
	ck_assert_msg((memcmp(first, second, COOKIE_BYTES) == 0) == ages[_i].is_same, "%s", ages[_i].behaviour);
}
END_TEST

START_TEST(every_octet_and_the_address_count)
{
	const struct cookie_secret secret = { "sixteen octets!" };
	const struct ip_addr client = addr_of("192.0.2.1"), other = addr_of("192.0.2.2");
	uint8_t cookie[COOKIE_BYTES] = "1234567", answer[COOKIE_BYTES];
	cookie_judge(&secret, &client, cookie, COOKIE_CLIENT_BYTES, 1000, cookie);
	ck_assert_int_eq((int)cookie_judge(&secret, &other, cookie, COOKIE_BYTES, 1000, answer), COOKIE_BAD);
	for (unsigned i = 0; i < COOKIE_BYTES; i++) {
		cookie[i] ^= 0x40;
		ck_assert_msg(cookie_judge(&secret, &client, cookie, COOKIE_BYTES, 1000, answer) == COOKIE_BAD, "octet %u", i);
		cookie[i] ^= 0x40;
	}
}
END_TEST

START_TEST(a_length_that_no_cookie_has_is_malformed)
{
	const struct cookie_secret secret = { "sixteen octets!" };
	const struct ip_addr client = addr_of("192.0.2.1");
	uint8_t value[64] = { 0 }, answer[COOKIE_BYTES];
	for (unsigned size = 0; size <= sizeof value; size++) {
		const bool is_one = size == 8 || (size >= 16 && size <= 40);
		const enum cookie_state state = cookie_judge(&secret, &client, value, size, 0, answer);
		ck_assert_msg((state != COOKIE_MALFORMED) == is_one, "%u octets", size);
	}
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("policy: cookie");
	TCase *tcase = tcase_create("cookie");
	tcase_add_loop_test(tcase, a_new_client_gets_the_cookie_of_rfc_9018, 0, (int)COUNT(vectors));
	tcase_add_test(tcase, what_is_reserved_counts_as_it_came);
	tcase_add_loop_test(tcase, a_cookie_has_its_time, 0, (int)COUNT(ages));
	tcase_add_test(tcase, every_octet_and_the_address_count);
	tcase_add_test(tcase, a_length_that_no_cookie_has_is_malformed);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}

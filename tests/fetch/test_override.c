/* --resolve and --connect-to (fetch/override.h). */
#include "tests/suite.h"

#include "fetch/override.h"

static const struct {
	const char *behaviour, *resolve, *host;
	uint16_t port;
	unsigned count; /* of addresses; 0: asked for elsewhere */
	const char *first;
} resolves[] = {
	{ "a name and its port", "www.example:80:192.0.2.1", "www.example", 80, 1, "192.0.2.1" },
	{ "letter case does not matter", "WWW.Example:80:192.0.2.1", "www.example", 80, 1,
	  "192.0.2.1" },
	{ "another port", "www.example:80:192.0.2.1", "www.example", 443, 0, NULL },
	{ "another name", "www.example:80:192.0.2.1", "example", 80, 0, NULL },
	{ "several addresses", "a:80:192.0.2.1,[2001:db8::1],2001:db8::2", "a", 80, 3,
	  "192.0.2.1" },
	{ "IPv6 without brackets", "a:80:2001:db8::1", "a", 80, 1, "2001:db8::1" },
	{ "an IPv6 host", "[2001:db8::1]:80:192.0.2.1", "2001:db8::1", 80, 1, "192.0.2.1" },
	{ "any name", "*:80:192.0.2.1", "b", 80, 1, "192.0.2.1" },
	{ "curl's plus", "+a:80:192.0.2.1", "a", 80, 1, "192.0.2.1" },
};

START_TEST(resolve_gives_the_addresses)
{
	static struct overrides overrides;
	struct ip_addr addrs[OVERRIDE_ADDRS_MAX], first;
	struct failure failure;

	overrides = (struct overrides){ 0 };
	ck_assert_int_eq(overrides_add_resolve(&overrides, resolves[_i].resolve, &failure), 0);
	const unsigned count = overrides_resolve(&overrides, span_from_text(resolves[_i].host),
						 resolves[_i].port, addrs);
	ck_assert_msg(count == resolves[_i].count, "%s: %u addresses", resolves[_i].behaviour,
		      count);
	if (count == 0)
		return;
	ck_assert_int_eq(addr_from_text(&first, resolves[_i].first), 0);
	ck_assert_msg(addr_equal(&addrs[0], &first), "%s", resolves[_i].behaviour);
}
END_TEST

static const char *const bad_resolves[] = {
	"",
	"a",
	"a:80",
	"a:80:",
	"a:0:192.0.2.1",
	"a:65536:192.0.2.1",
	"a::192.0.2.1",
	":80:192.0.2.1",
	"a:80:192.0.2",
	"a:80:192.0.2.1,",
	"a:80:b",
	"[::1:80:192.0.2.1",
	"[::1]80:192.0.2.1",
	"a:80:1.1.1.1,1.1.1.1,1.1.1.1,1.1.1.1,1.1.1.1,1.1.1.1,1.1.1.1,1.1.1.1,1.1.1.1,1.1.1.1,1.1."
	"1.1,"
	"1.1.1.1,1.1.1.1,1.1.1.1,1.1.1.1,1.1.1.1,1.1.1.1",
};

START_TEST(what_is_no_resolve_is_refused)
{
	static struct overrides overrides;
	struct failure failure;

	overrides = (struct overrides){ 0 };
	ck_assert_msg(overrides_add_resolve(&overrides, bad_resolves[_i], &failure) != 0, "%s",
		      bad_resolves[_i]);
	ck_assert_int_eq(failure.cause, FAILURE_USAGE);
	ck_assert_uint_eq(overrides.resolve_count, 0);
}
END_TEST

START_TEST(a_name_counts_before_any_name)
{
	static struct overrides overrides;
	struct ip_addr addrs[OVERRIDE_ADDRS_MAX];
	struct failure failure;

	overrides = (struct overrides){ 0 };
	ck_assert_int_eq(overrides_add_resolve(&overrides, "*:80:192.0.2.1", &failure), 0);
	ck_assert_int_eq(overrides_add_resolve(&overrides, "a:80:192.0.2.2", &failure), 0);
	ck_assert_uint_eq(overrides_resolve(&overrides, SPAN("a"), 80, addrs), 1);
	ck_assert_uint_eq(addrs[0].octets[3], 2);
}
END_TEST

static const struct {
	const char *connect_to, *host;
	uint16_t port;
	const char *to_host;
	uint16_t to_port;
} connects[] = {
	{ "a:80:b:81", "a", 80, "b", 81 },
	{ "a:80:b:81", "a", 82, "a", 82 },
	{ "a:80:b:81", "c", 80, "c", 80 },
	{ "::b:81", "c", 9, "b", 81 },
	{ "a:80::81", "a", 80, "a", 81 },
	{ "a:80:b:", "a", 80, "b", 80 },
	{ "[::1]:80:[::2]:", "::1", 80, "::2", 80 },
};

START_TEST(connect_to_sends_elsewhere)
{
	static struct overrides overrides;
	struct failure failure;
	struct span host = span_from_text(connects[_i].host);
	uint16_t port = connects[_i].port;

	overrides = (struct overrides){ 0 };
	ck_assert_int_eq(overrides_add_connect_to(&overrides, connects[_i].connect_to, &failure),
			 0);
	overrides_connect(&overrides, &host, &port);
	ck_assert(span_is(host, connects[_i].to_host));
	ck_assert_uint_eq(port, connects[_i].to_port);
}
END_TEST

START_TEST(more_than_it_holds_are_refused)
{
	static struct overrides overrides;
	struct failure failure;

	overrides = (struct overrides){ 0 };
	for (unsigned i = 0; i < OVERRIDES_MAX; i++) {
		ck_assert_int_eq(overrides_add_resolve(&overrides, "a:80:192.0.2.1", &failure), 0);
		ck_assert_int_eq(overrides_add_connect_to(&overrides, ":::", &failure), 0);
	}
	ck_assert(overrides_add_resolve(&overrides, "a:80:192.0.2.1", &failure) != 0);
	ck_assert(overrides_add_connect_to(&overrides, ":::", &failure) != 0);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("override");
	TCase *tcase = tcase_create("options");
	tcase_add_loop_test(tcase, resolve_gives_the_addresses, 0, COUNT(resolves));
	tcase_add_loop_test(tcase, what_is_no_resolve_is_refused, 0, COUNT(bad_resolves));
	tcase_add_test(tcase, a_name_counts_before_any_name);
	tcase_add_loop_test(tcase, connect_to_sends_elsewhere, 0, COUNT(connects));
	tcase_add_test(tcase, more_than_it_holds_are_refused);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}

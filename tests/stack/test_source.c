/* Source address selection: RFC 6724, sections 5 and 10.1. */
#include <string.h>

#include "tests/stack/host.h"
#include "tests/suite.h"

/* A `!` in front of an address: deprecated; `@2` behind it: of the host's device 2. */
static const struct {
	const char *behaviour, *candidates[4], *destination, *chosen;
} cases[] = {
	{ "rule 1: the same address",
	  { "2001:db8::1/64", "2001:db8::2/64" },
	  "2001:db8::2",
	  "2001:db8::2" },
	{ "rule 2: an appropriate scope (RFC 6724, section 10.1)",
	  { "2001:db8:1::1/64", "fe80::1/64" },
	  "2001:db8:9::1",
	  "2001:db8:1::1" },
	{ "rule 2: link-local to link-local",
	  { "2001:db8:1::1/64", "fe80::1/64" },
	  "fe80::2",
	  "fe80::1" },
	{ "rule 2: multicast has a scope too",
	  { "2001:db8:1::1/64", "fe80::1/64" },
	  "ff02::9",
	  "fe80::1" },
	{ "rule 2: a wider group wants the wider address",
	  { "2001:db8:1::1/64", "fe80::1/64" },
	  "ff05::9",
	  "2001:db8:1::1" },
	{ "rule 3: not the deprecated one",
	  { "!2001:db8:1::1/64", "2001:db8:2::1/64" },
	  "2001:db8:1::9",
	  "2001:db8:2::1" },
	{ "rule 3: the deprecated one before none",
	  { "!2001:db8:1::1/64" },
	  "2001:db8:1::9",
	  "2001:db8:1::1" },
	{ "rule 5: the outgoing device",
	  { "2001:db8:1::1/64@1", "2001:db8:2::1/64@2" },
	  "2001:db8:1:1::9",
	  "2001:db8:2::1" },
	{ "rule 6: the matching label (RFC 6724, section 10.1)",
	  { "2002:c633:6401::1/48", "2001:db8:1::1/64" },
	  "2002:c633:6401::9",
	  "2002:c633:6401::1" },
	{ "rule 6: a unique local address for a unique local one",
	  { "2001:db8:1::1/64", "fd00:1::1/64" },
	  "fd00:2::9",
	  "fd00:1::1" },
	{ "rule 8: the longest matching prefix",
	  { "2001:db8:1::1/64", "2001:db8:3::1/64" },
	  "2001:db8:3::9",
	  "2001:db8:3::1" },
	{ "rule 8: for IPv4 as well",
	  { "192.0.2.1/24", "198.51.100.1/24" },
	  "198.51.100.9",
	  "198.51.100.1" },
	{ "rule 8: no longer than the source's own prefix: the first stays",
	  { "2001:db8:1::1/32", "2001:db8:3::9/32" },
	  "2001:db8:3::8",
	  "2001:db8:1::1" },
	{ "IPv4: link-local only to link-local",
	  { "169.254.1.1/16", "192.0.2.1/24" },
	  "203.0.113.1",
	  "192.0.2.1" },
	{ "a loopback address does not leave the host",
	  { "127.0.0.1/8", "192.0.2.1/24" },
	  "203.0.113.1",
	  "192.0.2.1" },
	{ "a loopback address for a loopback one",
	  { "192.0.2.1/24", "127.0.0.1/8" },
	  "127.0.0.1",
	  "127.0.0.1" },
	{ "no address of the family, no source", { "192.0.2.1/24" }, "2001:db8::1", NULL },
	{ "a tentative one is no source", { "?2001:db8:1::1/64" }, "2001:db8:9::9", NULL },
};

static struct host host;

static void
setup(void)
{
	host_init(&host, &(struct host_config){ 0 });
}

static void
teardown(void)
{
	host_fini(&host);
}

static void
candidate_add(const char *text)
{
	struct stack_addr addr = { .flags = STACK_ADDR_NO_DAD };
	char host_text[64];
	const char *at = strchr(text, '@');

	addr.flags |= text[0] == '!'   ? STACK_ADDR_DEPRECATED
		      : text[0] == '?' ? STACK_ADDR_TENTATIVE
				       : 0;
	text += text[0] == '!' || text[0] == '?';
	const char *slash = strchr(text, '/');
	memcpy(host_text, text, (size_t)(slash - text));
	host_text[slash - text] = '\0';
	addr.addr = addr_of(host_text);
	addr.prefix_len = (uint8_t)atoi(slash + 1);
	addr.host_ifindex = (uint16_t)(at != NULL ? atoi(at + 1) : 2);
	ck_assert_int_eq(stack_addr_add(host.stack, host.ifindex, &addr, 0), 0);
}

START_TEST(the_source_is_the_one_of_rfc_6724)
{
	struct stack_route route = { .ifindex = (uint8_t)host.ifindex, .host_ifindex = 2 };
	struct ip_addr destination = addr_of(cases[_i].destination), source;
	char text[ADDR_TEXT_BYTES];

	route.prefix = addr_of("0.0.0.0");
	ck_assert_int_eq(stack_route_add(host.stack, &route), 0);
	route.prefix = addr_of("::");
	ck_assert_int_eq(stack_route_add(host.stack, &route), 0);
	for (unsigned i = 0; i < COUNT(cases[_i].candidates) && cases[_i].candidates[i] != NULL;
	     i++)
		candidate_add(cases[_i].candidates[i]);
	int err = stack_source_for(host.stack, &destination, &source);
	if (cases[_i].chosen == NULL) {
		ck_assert_msg(err == ERR_NO_ROUTE, "%s", cases[_i].behaviour);
		return;
	}
	ck_assert_msg(err == 0, "%s", cases[_i].behaviour);
	addr_to_text(&source, text, sizeof text);
	ck_assert_msg(strcmp(text, cases[_i].chosen) == 0, "%s: %s", cases[_i].behaviour, text);
}
END_TEST

START_TEST(a_route_may_prefer_a_source)
{
	struct stack_route route = { .ifindex = (uint8_t)host.ifindex };
	struct ip_addr destination = addr_of("203.0.113.1"), source, wanted = addr_of("192.0.2.2");

	candidate_add("192.0.2.1/24");
	candidate_add("192.0.2.2/24");
	route.prefix = addr_of("203.0.113.0");
	route.prefix_len = 24;
	route.source = wanted;
	ck_assert_int_eq(stack_route_add(host.stack, &route), 0);
	ck_assert_int_eq(stack_source_for(host.stack, &destination, &source), 0);
	ck_assert(addr_equal(&source, &wanted));
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("source");
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_loop_test(tcase, the_source_is_the_one_of_rfc_6724, 0, COUNT(cases));
	tcase_add_test(tcase, a_route_may_prefer_a_source);
	Suite *suite = suite_create("source");
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}

/* The order of a host's addresses (stack/destination.h; RFC 6724, section 6; RFC 8305, section 4). */
#include "tests/suite.h"

#include <string.h>

#include "stack/destination.h"

#define DESTINATIONS_MAX 6u

static struct ip_addr
addr(const char *text)
{
	struct ip_addr addr = { .family = ADDR_NONE };
	if (text != NULL)
		ck_assert_int_eq(addr_from_text(&addr, text), 0);
	return addr;
}

struct pair {
	const char *addr, *source; /* source NULL: no route */
};

/* Most of RFC 6724, section 10.2, and what its rules leave out. */
static const struct {
	const char *behaviour;
	struct pair given[DESTINATIONS_MAX];
	const char *order[DESTINATIONS_MAX];
} cases[] = {
	{ "what has no route comes last (rule 1)",
	  { { "2001:db8:1::1", NULL }, { "198.51.100.121", "198.51.100.117" } },
	  { "198.51.100.121", "2001:db8:1::1" } },
	{ "matching scope (rule 2)",
	  { { "2001:db8:1::1", "fe80::1" }, { "198.51.100.121", "198.51.100.117" } },
	  { "198.51.100.121", "2001:db8:1::1" } },
	{ "the higher precedence (rule 6)",
	  { { "10.1.2.3", "10.1.2.4" }, { "2001:db8:1::1", "2001:db8:1::2" } },
	  { "2001:db8:1::1", "10.1.2.3" } },
	{ "the smaller scope (rule 8)",
	  { { "2001:db8:1::1", "2001:db8:1::2" }, { "fe80::1", "fe80::2" } },
	  { "fe80::1", "2001:db8:1::1" } },
	{ "the longer matching prefix (rule 9)",
	  { { "2001:db8:3ffe::1", "2001:db8:1::2" }, { "2001:db8:1::1", "2001:db8:1::2" } },
	  { "2001:db8:1::1", "2001:db8:3ffe::1" } },
	{ "matching label before precedence (rule 5)",
	  { { "2002:c633:6401::1", "2002:c633:6401::2" }, { "2001:db8:1::1", "2002:c633:6401::2" } },
	  { "2002:c633:6401::1", "2001:db8:1::1" } },
	{ "unique local addresses stand behind IPv4 (section 10.6)",
	  { { "fd11::1", "fd11::2" }, { "203.0.113.1", "203.0.113.2" } },
	  { "203.0.113.1", "fd11::1" } },
	{ "the resolver's order where no rule speaks (rule 10)",
	  { { "203.0.113.3", "203.0.113.2" }, { "203.0.113.2", "203.0.113.2" }, { "203.0.113.3", "203.0.113.2" } },
	  { "203.0.113.2", "203.0.113.3", "203.0.113.3" } },
	{ "all of the better family",
	  { { "203.0.113.1", "203.0.113.9" }, { "2001:db8::1", "2001:db8::9" }, { "2001:db8::2", "2001:db8::9" } },
	  { "2001:db8::1", "2001:db8::2", "203.0.113.1" } },
	{ "none", { { NULL, NULL } }, { NULL } },
};

static unsigned
build(struct destination destinations[DESTINATIONS_MAX], const struct pair given[DESTINATIONS_MAX])
{
	unsigned count = 0;

	for (; count < DESTINATIONS_MAX && given[count].addr != NULL; count++)
		destinations[count] = (struct destination){ .addr = addr(given[count].addr),
							    .source = addr(given[count].source) };
	return count;
}

static void
order_check(const struct destination *destinations, unsigned count, const char *const *order, const char *behaviour)
{
	for (unsigned i = 0; i < count; i++) {
		char text[ADDR_TEXT_BYTES];
		ck_assert_msg(strcmp(addr_to_text(&destinations[i].addr, text, sizeof text), order[i]) == 0,
			      "%s: %s is number %u", behaviour, text, i);
	}
}

START_TEST(addresses_are_tried_in_the_order_of_rfc_6724)
{
	struct destination destinations[DESTINATIONS_MAX];
	const unsigned count = build(destinations, cases[_i].given);

	destination_sort(destinations, count);
	order_check(destinations, count, cases[_i].order, cases[_i].behaviour);
}
END_TEST

START_TEST(families_take_turns_where_several_are_tried_at_a_time)
{
	static const char *const order[] = { "2001:db8::1", "203.0.113.1", "2001:db8::2", "203.0.113.2", "2001:db8::3" };
	const struct pair given[DESTINATIONS_MAX] = { { "2001:db8::1", "2001:db8::9" }, { "2001:db8::2", "2001:db8::9" },
						      { "2001:db8::3", "2001:db8::9" }, { "203.0.113.1", "203.0.113.9" },
						      { "203.0.113.2", "203.0.113.9" } };
	struct destination destinations[DESTINATIONS_MAX];
	const unsigned count = build(destinations, given);

	destination_interleave(destinations, count, NULL);
	order_check(destinations, count, order, "families take turns");
}
END_TEST

START_TEST(after_an_attempt_the_other_family_is_next)
{
	struct destination destinations[DESTINATIONS_MAX];
	const struct pair given[DESTINATIONS_MAX] = { { "2001:db8::2", "2001:db8::9" },
						      { "203.0.113.1", "203.0.113.9" } };
	const struct ip_addr tried = addr("2001:db8::1");
	const unsigned count = build(destinations, given);

	destination_interleave(destinations, count, &tried);
	ck_assert_int_eq(destinations[0].addr.family, ADDR_IPV4);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("destination");
	TCase *tcase = tcase_create("order");
	tcase_add_loop_test(tcase, addresses_are_tried_in_the_order_of_rfc_6724, 0, COUNT(cases));
	tcase_add_test(tcase, families_take_turns_where_several_are_tried_at_a_time);
	tcase_add_test(tcase, after_an_attempt_the_other_family_is_next);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}

#include "resolver/policy/acl.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "stack/base/arena.h"
#include "stack/base/err.h"
#include "stack/base/rng.h"

#define COUNT(array) (int)(sizeof(array) / sizeof((array)[0]))

static uint8_t block[1u << 20];
static struct arena arena;
static struct acl *acl;

static void
setup(void)
{
	arena_init(&arena, block, sizeof block);
	acl = acl_new(&arena);
	ck_assert_ptr_nonnull(acl);
}

static int
add(const char *text, enum acl_action action)
{
	struct ip_addr prefix;
	unsigned prefix_len;
	ck_assert_int_eq(addr_prefix_from_text(&prefix, &prefix_len, text), 0);
	return acl_add(acl, &prefix, prefix_len, action);
}

static enum acl_action
find(const char *text)
{
	struct ip_addr addr;
	ck_assert_int_eq(addr_from_text(&addr, text), 0);
	return acl_find(acl, &addr);
}

static struct ip_addr
mapped(uint8_t a, uint8_t b, uint8_t c, uint8_t d)
{
	return addr_ipv6(
		(uint8_t[16]){ [10] = 0xff, [11] = 0xff, [12] = a, [13] = b, [14] = c, [15] = d });
}

START_TEST(nobody_is_served_unless_somebody_says_so)
{
	ck_assert_int_eq(find("127.0.0.1"), ACL_REFUSE);
	ck_assert_int_eq(find("::1"), ACL_REFUSE);
}
END_TEST

START_TEST(by_default_only_this_host_is_allowed)
{
	ck_assert_int_eq(acl_add_defaults(acl), 0);
	ck_assert_int_eq(find("127.0.0.1"), ACL_ALLOW);
	ck_assert_int_eq(find("127.255.255.255"), ACL_ALLOW);
	ck_assert_int_eq(find("::1"), ACL_ALLOW);
	ck_assert_int_eq(find("::2"), ACL_REFUSE);
	ck_assert_int_eq(find("128.0.0.1"), ACL_REFUSE);
	ck_assert_int_eq(find("192.0.2.1"), ACL_REFUSE);
}
END_TEST

START_TEST(the_defaults_yield_to_what_was_said_before_and_after)
{
	add("127.0.0.0/8", ACL_DENY);
	ck_assert_int_eq(acl_add_defaults(acl), 0);
	add("::1", ACL_ALLOW_SNOOP);
	ck_assert_int_eq(find("127.0.0.1"), ACL_DENY);
	ck_assert_int_eq(find("::1"), ACL_ALLOW_SNOOP);
}
END_TEST

START_TEST(the_longest_prefix_holds_in_any_order)
{
	static const struct {
		const char *prefix;
		enum acl_action action;
	} said[] = {
		{ "0.0.0.0/0", ACL_DENY },
		{ "192.0.2.0/24", ACL_ALLOW },
		{ "192.0.2.128/25", ACL_REFUSE_NON_LOCAL },
		{ "192.0.2.200/32", ACL_ALLOW_SNOOP },
		{ "192.0.0.0/16", ACL_DENY_NON_LOCAL },
	};
	for (int i = 0; i < COUNT(said); i++) {
		int at = (i * 3 + _i) % COUNT(said); /* each loop another order */
		ck_assert_int_eq(add(said[at].prefix, said[at].action), 0);
	}
	ck_assert_int_eq(find("198.51.100.1"), ACL_DENY);
	ck_assert_int_eq(find("192.0.1.1"), ACL_DENY_NON_LOCAL);
	ck_assert_int_eq(find("192.0.2.1"), ACL_ALLOW);
	ck_assert_int_eq(find("192.0.2.199"), ACL_REFUSE_NON_LOCAL);
	ck_assert_int_eq(find("192.0.2.200"), ACL_ALLOW_SNOOP);
	ck_assert_int_eq(find("2001:db8::1"), ACL_REFUSE); /* the other family was not spoken of */
}
END_TEST

START_TEST(a_prefix_said_twice_takes_the_later_action)
{
	add("2001:db8::/32", ACL_DENY);
	add("2001:db8::5/32", ACL_ALLOW); /* bits behind the prefix do not count */
	ck_assert_int_eq(find("2001:db8:ffff::1"), ACL_ALLOW);
	ck_assert_int_eq(find("2001:db9::1"), ACL_REFUSE);
}
END_TEST

START_TEST(an_ipv4_client_on_an_ipv6_socket_is_an_ipv4_client)
{
	struct ip_addr client = mapped(192, 0, 2, 7), prefix = mapped(198, 51, 100, 0);
	add("192.0.2.0/24", ACL_ALLOW);
	add("::/0", ACL_DENY);
	ck_assert_int_eq(acl_find(acl, &client), ACL_ALLOW);
	ck_assert_int_eq(acl_add(acl, &prefix, 96 + 24, ACL_ALLOW_SNOOP), 0);
	ck_assert_int_eq(find("198.51.100.9"), ACL_ALLOW_SNOOP);
}
END_TEST

START_TEST(what_is_no_prefix_is_refused)
{
	struct ip_addr none = { .family = ADDR_NONE }, v4 = addr_ipv4((uint8_t[4]){ 1, 2, 3, 4 });
	ck_assert_int_eq(acl_add(acl, &none, 0, ACL_ALLOW), ERR_MALFORMED);
	ck_assert_int_eq(acl_add(acl, &v4, 33, ACL_ALLOW), ERR_TOO_BIG);
}
END_TEST

START_TEST(a_full_arena_loses_no_prefix)
{
	for (size_t spare = 0; spare < 200; spare += 8) {
		arena_init(&arena, block, sizeof block);
		acl = acl_new(&arena);
		add("10.0.0.0/8", ACL_ALLOW);
		add("10.1.0.0/16", ACL_DENY);
		arena.block_bytes = arena.used + spare;
		int err = add("10.128.0.0/9", ACL_ALLOW_SNOOP);
		ck_assert(err == 0 || err == ERR_NO_MEMORY);
		ck_assert_int_eq(find("10.200.0.1"), err == 0 ? ACL_ALLOW_SNOOP : ACL_ALLOW);
		ck_assert_int_eq(find("10.1.0.1"), ACL_DENY);
		ck_assert_int_eq(find("10.2.0.1"), ACL_ALLOW);
	}
}
END_TEST

/* Clustered prefixes of both families, against a list that is searched whole. */
START_TEST(it_agrees_with_a_naive_list)
{
	enum { PREFIXES = 400, LOOKUPS = 20000 };
	static struct {
		struct ip_addr prefix;
		unsigned prefix_len;
		enum acl_action action;
	} list[PREFIXES];
	struct rng rng;
	rng_init_number(&rng, 7);
	for (int i = 0; i < PREFIXES + LOOKUPS; i++) {
		struct ip_addr addr = { .family = rng_below(&rng, 2) == 0 ? ADDR_IPV4 : ADDR_IPV6 };
		for (unsigned j = 0; j < addr_bytes(&addr); j++)
			addr.octets[j] = (uint8_t)(rng_below(&rng, 3) * 0x55);
		if (i < PREFIXES) {
			list[i].prefix = addr;
			list[i].prefix_len = rng_below(&rng, 8 * (uint32_t)addr_bytes(&addr) + 1);
			list[i].action = (enum acl_action)rng_below(&rng, ACL_REFUSE_NON_LOCAL + 1);
			ck_assert_int_eq(acl_add(acl, &addr, list[i].prefix_len, list[i].action),
					 0);
			continue;
		}
		enum acl_action expected = ACL_REFUSE;
		int longest = -1;
		for (int j = 0; j < PREFIXES; j++) {
			if ((int)list[j].prefix_len >= longest &&
			    addr_in_prefix(&addr, &list[j].prefix, list[j].prefix_len)) {
				longest = (int)list[j].prefix_len;
				expected = list[j].action;
			}
		}
		ck_assert_int_eq(acl_find(acl, &addr), expected);
	}
}
END_TEST

/* As unbound.conf(5) has it. */
static const struct {
	enum acl_action action;
	enum acl_verdict with_rd, without_rd;
} verdicts[] = {
	{ ACL_DENY, ACL_MAY_NOTHING, ACL_MAY_NOTHING },
	{ ACL_REFUSE, ACL_MAY_BE_REFUSED, ACL_MAY_BE_REFUSED },
	{ ACL_ALLOW, ACL_MAY_RECURSE, ACL_MAY_LOCAL },
	{ ACL_ALLOW_SETRD, ACL_MAY_RECURSE, ACL_MAY_RECURSE },
	{ ACL_ALLOW_SNOOP, ACL_MAY_RECURSE, ACL_MAY_CACHE },
	{ ACL_DENY_NON_LOCAL, ACL_MAY_LOCAL_OR_DROP, ACL_MAY_LOCAL_OR_DROP },
	{ ACL_REFUSE_NON_LOCAL, ACL_MAY_LOCAL, ACL_MAY_LOCAL },
};

START_TEST(each_action_gives_what_its_name_says)
{
	ck_assert_int_eq(acl_judge(verdicts[_i].action, true), verdicts[_i].with_rd);
	ck_assert_int_eq(acl_judge(verdicts[_i].action, false), verdicts[_i].without_rd);
	enum acl_action back;
	ck_assert_int_eq(acl_action_from_text(acl_action_to_text(verdicts[_i].action), &back), 0);
	ck_assert_int_eq(back, verdicts[_i].action);
}
END_TEST

START_TEST(an_unknown_action_is_an_error)
{
	enum acl_action action;
	ck_assert_int_eq(acl_action_from_text("allow_all", &action), ERR_MALFORMED);
	ck_assert_int_eq(acl_action_from_text("", &action), ERR_MALFORMED);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("acl");
	TCase *tcase = tcase_create("behaviours");
	tcase_add_checked_fixture(tcase, setup, NULL);
	tcase_add_test(tcase, nobody_is_served_unless_somebody_says_so);
	tcase_add_test(tcase, by_default_only_this_host_is_allowed);
	tcase_add_test(tcase, the_defaults_yield_to_what_was_said_before_and_after);
	tcase_add_loop_test(tcase, the_longest_prefix_holds_in_any_order, 0, 5);
	tcase_add_test(tcase, a_prefix_said_twice_takes_the_later_action);
	tcase_add_test(tcase, an_ipv4_client_on_an_ipv6_socket_is_an_ipv4_client);
	tcase_add_test(tcase, what_is_no_prefix_is_refused);
	tcase_add_test(tcase, a_full_arena_loses_no_prefix);
	tcase_add_test(tcase, it_agrees_with_a_naive_list);
	tcase_add_loop_test(tcase, each_action_gives_what_its_name_says, 0, COUNT(verdicts));
	tcase_add_test(tcase, an_unknown_action_is_an_error);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

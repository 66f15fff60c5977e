#include "resolver/policy/tags.h"

#include "stack/base/arena.h"
#include "stack/base/err.h"
#include "tests/suite.h"

static uint8_t block[65536];
static struct arena arena;
static struct tags tags;

static void
setup(void)
{
	arena_init(&arena, block, sizeof block);
	tags_init(&tags, &arena);
}

START_TEST(tags_get_bits_in_the_order_of_their_definition)
{
	uint64_t set;
	ck_assert_int_eq(tags_define(&tags, "guest  child"), 0);
	ck_assert_int_eq(tags_define(&tags, " child\tstaff "), 0);
	ck_assert_uint_eq(tags.count, 3);
	ck_assert_int_eq(tags_read(&tags, "staff guest", &set), 0);
	ck_assert_uint_eq(set, 5);
	ck_assert_int_eq(tags_read(&tags, "guest stranger", &set), ERR_NOT_FOUND);
}
END_TEST

START_TEST(tags_are_bounded)
{
	char word[TAG_BYTES_MAX + 2] = "t00";
	for (unsigned i = 0; i < TAGS_MAX; i++) {
		word[1] = (char)('0' + i / 10);
		word[2] = (char)('0' + i % 10);
		ck_assert_int_eq(tags_define(&tags, word), 0);
	}
	ck_assert_int_eq(tags_define(&tags, "more"), ERR_FULL);
	memset(word, 'x', sizeof word - 1);
	word[sizeof word - 1] = '\0';
	ck_assert_int_eq(tags_define(&tags, word), ERR_TOO_BIG);
}
END_TEST

START_TEST(clients_have_the_tags_of_their_longest_prefix)
{
	const struct ip_addr net = addr_ipv4((const uint8_t[]){ 192, 0, 2, 0 }),
			     host = addr_ipv4((const uint8_t[]){ 192, 0, 2, 9 }),
			     other = addr_ipv4((const uint8_t[]){ 192, 0, 3, 9 });
	ck_assert_int_eq(tags_add_clients(&tags, &net, 24, 3), 0);
	ck_assert_int_eq(tags_add_clients(&tags, &host, 32, 4), 0);
	ck_assert_uint_eq(tags_of_client(&tags, &net), 3);
	ck_assert_uint_eq(tags_of_client(&tags, &host), 4);
	ck_assert_uint_eq(tags_of_client(&tags, &other), 0);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("policy: tags");
	TCase *tcase = tcase_create("tags");
	tcase_add_checked_fixture(tcase, setup, NULL);
	tcase_add_test(tcase, tags_get_bits_in_the_order_of_their_definition);
	tcase_add_test(tcase, tags_are_bounded);
	tcase_add_test(tcase, clients_have_the_tags_of_their_longest_prefix);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}

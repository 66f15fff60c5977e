#include "resolver/policy/tags.h"

#include "resolver/wire/message.h"

#include "stack/base/arena.h"
#include "stack/base/err.h"
#include "stack/base/rng.h"
#include "tests/suite.h"

static uint8_t block[1u << 18];
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
	ck_assert_uint_eq(tags_of_client(&tags, &net)->set, 3);
	ck_assert_uint_eq(tags_of_client(&tags, &host)->set, 4);
	ck_assert_ptr_null(tags_of_client(&tags, &other));
	ck_assert_ptr_null(tags_of_client(NULL, &net));
}
END_TEST

/* ---- local zones ------------------------------------------------------------------------------------------- */

static uint8_t answer_block[65536];

/* What a client of the address is told about www.shop.example. TXT: the verdict, and the text. */
static enum local_verdict
ask(const struct local *local, const struct ip_addr *client, struct answer *answer)
{
	struct arena answers;
	struct local_match match;
	struct question question = { .qtype = TYPE_TXT, .qclass = CLASS_IN };
	const struct local_client asks = { .addr = client, .tags = tags_of_client(&tags, client) };
	arena_init(&answers, answer_block, sizeof answer_block);
	ck_assert_int_eq(name_from_text(&question.qname, "www.shop.example.", NULL), 0);
	ck_assert_int_eq(local_answer(local, &question, &asks, &answers, &match, answer), 0);
	return match.verdict;
}

static void
assert_text(const struct answer *answer, const char *text)
{
	const struct rrset *set = answer->sections[SECTION_ANSWER];
	ck_assert_ptr_nonnull(set);
	ck_assert_uint_eq(set->rdata[2], strlen(text));
	ck_assert_mem_eq(set->rdata + 3, text, strlen(text));
}

START_TEST(a_zone_with_tags_is_there_for_those_who_have_one)
{
	const struct ip_addr guest = addr_ipv4((const uint8_t[]){ 192, 0, 2, 1 }), staff = addr_ipv4((const uint8_t[]){ 192, 0, 2, 2 }),
			     other = addr_ipv4((const uint8_t[]){ 192, 0, 2, 3 }), strict = addr_ipv4((const uint8_t[]){ 192, 0, 2, 4 }),
			     refused = addr_ipv4((const uint8_t[]){ 192, 0, 2, 5 });
	struct rng rng;
	struct name shop, all;
	struct answer answer;
	const char *why;
	rng_init_number(&rng, 3);
	struct local *local = local_new(&arena, &rng);
	ck_assert_int_eq(name_from_text(&all, "example.", NULL), 0);
	ck_assert_int_eq(name_from_text(&shop, "shop.example.", NULL), 0);
	ck_assert_int_eq(local_zone_add(local, &all, LOCAL_REDIRECT), 0);
	ck_assert_int_eq(local_data_add(local, "example. TXT above", &why), 0);
	ck_assert_int_eq(local_zone_add(local, &shop, LOCAL_REDIRECT), 0);
	ck_assert_int_eq(local_data_add(local, "shop.example. TXT shop", &why), 0);
	ck_assert_int_eq(tags_define(&tags, "guest staff"), 0);
	ck_assert_int_eq(local_zone_tag(local, &shop, 3), 0);
	ck_assert_int_eq(local_zone_override(local, &shop, &refused, 32, LOCAL_ALWAYS_REFUSE), 0);
	ck_assert_int_eq(local_finish(local, false, false), 0);
	ck_assert_int_eq(tags_add_clients(&tags, &guest, 32, 1), 0);
	ck_assert_int_eq(tags_add_clients(&tags, &staff, 32, 2), 0);
	ck_assert_int_eq(tags_add_data(&tags, &staff, 32, 1, "TXT welcome", &rng, &why), 0);
	ck_assert_int_eq(tags_add_clients(&tags, &strict, 32, 1), 0);
	ck_assert_int_eq(tags_add_action(&tags, &strict, 32, 0, LOCAL_ALWAYS_NXDOMAIN), 0);

	ck_assert_int_eq(tags_add_clients(&tags, &refused, 32, 1), 0);
	ck_assert_int_eq(tags_add_action(&tags, &refused, 32, 0, LOCAL_ALWAYS_NXDOMAIN), 0);
	ck_assert_int_eq((int)ask(local, &refused, &answer), LOCAL_ANSWERS);
	ck_assert_uint_eq(answer.rcode, RCODE_REFUSED); /* the address goes before the tag */
	ck_assert_int_eq((int)ask(local, &guest, &answer), LOCAL_ANSWERS);
	assert_text(&answer, "shop");
	ck_assert_int_eq((int)ask(local, &staff, &answer), LOCAL_ANSWERS);
	assert_text(&answer, "welcome");
	ck_assert_int_eq((int)ask(local, &other, &answer), LOCAL_ANSWERS);
	assert_text(&answer, "above");
	ck_assert_int_eq((int)ask(local, &strict, &answer), LOCAL_ANSWERS);
	ck_assert_uint_eq(answer.rcode, RCODE_NXDOMAIN);
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
	tcase_add_test(tcase, a_zone_with_tags_is_there_for_those_who_have_one);
	tcase_add_test(tcase, clients_have_the_tags_of_their_longest_prefix);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}

#include "resolver/policy/view.h"

#include "resolver/wire/message.h"
#include "stack/base/arena.h"
#include "stack/base/err.h"
#include "stack/base/rng.h"
#include "tests/suite.h"

static uint8_t block[1u << 20], answer_block[65536];
static struct arena arena;
static struct local *everybody;
static struct views *views;

static struct local *
local_with(const char *zone, enum local_type type, const char *data)
{
	struct rng rng;
	struct name name;
	const char *why;
	rng_init_number(&rng, 3);
	struct local *local = local_new(&arena, &rng);
	ck_assert_int_eq(name_from_text(&name, zone, NULL), 0);
	ck_assert_int_eq(local_zone_add(local, &name, type), 0);
	if (data != NULL)
		ck_assert_int_eq(local_data_add(local, data, &why), 0);
	return local;
}

static struct local *
finished(struct local *local)
{
	ck_assert_int_eq(local_finish(local, false, false), 0);
	return local;
}

static struct ip_addr
addr_of(const char *text)
{
	struct ip_addr addr;
	ck_assert_int_eq(addr_from_text(&addr, text), 0);
	return addr;
}

static void
put(const char *client, const char *name, const struct local *local, bool is_first)
{
	const struct ip_addr addr = addr_of(client);
	ck_assert_int_eq(views_add(views, name, local, is_first), 0);
	ck_assert_int_eq(views_add_clients(views, &addr, 32, name), 0);
}

static void
setup(void)
{
	arena_init(&arena, block, sizeof block);
	everybody = finished(local_with("example.", LOCAL_STATIC, "www.example. TXT all"));
	views = views_new(&arena);
	ck_assert_ptr_nonnull(views);
	put("192.0.2.1", "own", finished(local_with("www.example.", LOCAL_STATIC, "www.example. TXT own")), false);
	put("192.0.2.2", "first", finished(local_with("other.test.", LOCAL_STATIC, NULL)), true);
	put("192.0.2.3", "alone", finished(local_with("other.test.", LOCAL_STATIC, NULL)), false);
	put("192.0.2.4", "leaves", finished(local_with("example.", LOCAL_NOVIEW, NULL)), false);
}

static const struct {
	const char *behaviour, *client, *text; /* NULL: to be resolved */
} cases[] = {
	{ "without a view everybody's zones count", "192.0.2.9", "all" },
	{ "a view has its own", "192.0.2.1", "own" },
	{ "with view-first what it has nothing of is everybody's", "192.0.2.2", "all" },
	{ "without it is resolved", "192.0.2.3", NULL },
	{ "noview leaves a name to everybody's zones", "192.0.2.4", "all" },
};

START_TEST(a_client_is_told_what_its_view_says)
{
	struct question question = { .qtype = TYPE_TXT, .qclass = CLASS_IN };
	const struct ip_addr client = addr_of(cases[_i].client);
	struct local_match match;
	struct answer answer;
	struct arena answers;
	arena_init(&answers, answer_block, sizeof answer_block);
	ck_assert_int_eq(name_from_text(&question.qname, "www.example.", NULL), 0);
	ck_assert_int_eq(view_answer(views_of_client(views, &client), everybody, &question, NULL, &answers, &match, &answer), 0);
	ck_assert_msg((match.verdict == LOCAL_ANSWERS) == (cases[_i].text != NULL), "%s", cases[_i].behaviour);
	if (cases[_i].text != NULL)
		ck_assert_msg(memcmp(answer.sections[SECTION_ANSWER]->rdata + 3, cases[_i].text, 3) == 0, "%s",
			      cases[_i].behaviour);
}
END_TEST

START_TEST(views_are_named_once_and_known)
{
	const struct ip_addr client = addr_of("192.0.2.8");
	ck_assert_int_eq(views_add(views, "own", everybody, false), ERR_EXISTS);
	ck_assert_int_eq(views_add_clients(views, &client, 32, "nobody"), ERR_NOT_FOUND);
	ck_assert_ptr_null(views_of_client(views, &client));
	ck_assert_ptr_null(views_of_client(NULL, &client));
	while (views->count < VIEWS_MAX)
		ck_assert_int_eq(views_add(views, arena_printf(&arena, "v%u", views->count), everybody, false), 0);
	ck_assert_int_eq(views_add(views, "more", everybody, false), ERR_FULL);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("policy: view");
	TCase *tcase = tcase_create("view");
	tcase_add_checked_fixture(tcase, setup, NULL);
	tcase_add_loop_test(tcase, a_client_is_told_what_its_view_says, 0, (int)COUNT(cases));
	tcase_add_test(tcase, views_are_named_once_and_known);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}

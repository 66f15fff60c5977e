#include "resolver/policy/chaos.h"

#include <check.h>
#include <stdlib.h>

#include "stack/base/arena.h"

#define COUNT(array) (int)(sizeof(array) / sizeof((array)[0]))

static uint8_t block[4096];
static struct arena arena;

static struct answer
ask(const struct chaos_config *config, const char *qname, uint16_t qtype)
{
	struct question question = { .qtype = qtype, .qclass = CLASS_CH };
	struct answer answer;
	ck_assert_int_eq(name_from_text(&question.qname, qname, NULL), 0);
	arena_init(&arena, block, sizeof block);
	ck_assert_int_eq(chaos_answer(config, &question, &arena, &answer), 0);
	return answer;
}

/* NULL: refused. */
static const struct {
	const char *behaviour, *qname, *expected;
	uint16_t qtype;
	struct chaos_config config;
} cases[] = {
	{ "the version is told", "version.bind.", "cairn " CAIRN_VERSION, TYPE_TXT, { 0 } },
	{ "also under its other name", "VERSION.Server.", "cairn " CAIRN_VERSION, TYPE_TXT, { 0 } },
	{ "also when anything is asked for",
	  "version.bind.",
	  "cairn " CAIRN_VERSION,
	  TYPE_ANY,
	  { 0 } },
	{ "another version can be told",
	  "version.bind.",
	  "none of yours",
	  TYPE_TXT,
	  { .version = "none of yours" } },
	{ "an empty one is the package's",
	  "version.bind.",
	  "cairn " CAIRN_VERSION,
	  TYPE_TXT,
	  { .version = "" } },
	{ "the version can be hidden", "version.bind.", NULL, TYPE_TXT, { .hide_version = true } },
	{ "hidden under both names", "version.server.", NULL, TYPE_TXT, { .hide_version = true } },
	{ "the identity is told",
	  "id.server.",
	  "ns1",
	  TYPE_TXT,
	  { .identity = "ns1", .hide_version = true } },
	{ "also under its other name", "hostname.bind.", "ns1", TYPE_TXT, { .identity = "ns1" } },
	{ "the identity can be hidden",
	  "id.server.",
	  NULL,
	  TYPE_TXT,
	  { .identity = "ns1", .hide_identity = true } },
	{ "hidden under both names",
	  "hostname.bind.",
	  NULL,
	  TYPE_TXT,
	  { .identity = "x", .hide_identity = true } },
	{ "without an identity none is told", "id.server.", NULL, TYPE_TXT, { 0 } },
	{ "other types are refused", "version.bind.", NULL, TYPE_A, { 0 } },
	{ "other names are refused", "authors.bind.", NULL, TYPE_TXT, { 0 } },
	{ "names below are refused", "a.version.bind.", NULL, TYPE_TXT, { 0 } },
	{ "the root is refused", ".", NULL, TYPE_TXT, { 0 } },
};

START_TEST(a_server_tells_of_itself_what_it_may)
{
	struct answer answer = ask(&cases[_i].config, cases[_i].qname, cases[_i].qtype);
	const struct rrset *txt = answer.sections[SECTION_ANSWER];
	if (cases[_i].expected == NULL) {
		ck_assert_msg(answer.rcode == RCODE_REFUSED && txt == NULL, "%s",
			      cases[_i].behaviour);
		return;
	}
	ck_assert_msg(answer.rcode == RCODE_NOERROR && txt != NULL, "%s", cases[_i].behaviour);
	size_t length = strlen(cases[_i].expected);
	ck_assert_uint_eq(txt->rdata_bytes, 3 + length);
	ck_assert_uint_eq(txt->rdata[1], 1 + length);
	ck_assert_uint_eq(txt->rdata[2], length);
	ck_assert_msg(memcmp(txt->rdata + 3, cases[_i].expected, length) == 0, "%s",
		      cases[_i].behaviour);
	ck_assert_uint_eq(txt->type, TYPE_TXT);
	ck_assert_uint_eq(txt->class, CLASS_CH);
	ck_assert_uint_eq(txt->ttl_s, 0);
}
END_TEST

START_TEST(the_answer_has_the_letter_case_of_the_question)
{
	struct chaos_config config = { 0 };
	struct name name;
	struct answer answer = ask(&config, "vErSiOn.BiNd.", TYPE_TXT);
	name_from_text(&name, "vErSiOn.BiNd.", NULL);
	ck_assert(name_equal_exact(answer.sections[SECTION_ANSWER]->owner, &name));
}
END_TEST

START_TEST(a_long_text_is_cut_at_one_character_string)
{
	char text[400];
	memset(text, 'x', sizeof text);
	text[sizeof text - 1] = 0;
	struct chaos_config config = { .version = text };
	struct answer answer = ask(&config, "version.bind.", TYPE_TXT);
	ck_assert_uint_eq(answer.sections[SECTION_ANSWER]->rdata_bytes, 3 + CHAOS_TEXT_BYTES_MAX);
	ck_assert_uint_eq(answer.sections[SECTION_ANSWER]->rdata[0], 1);
	ck_assert_uint_eq(answer.sections[SECTION_ANSWER]->rdata[1], 0);
}
END_TEST

START_TEST(a_full_arena_is_said)
{
	struct chaos_config config = { 0 };
	struct question question = { .qtype = TYPE_TXT, .qclass = CLASS_CH };
	struct answer answer;
	name_from_text(&question.qname, "version.bind.", NULL);
	int err = ERR_NO_MEMORY;
	for (size_t size = 0; err != 0; size++) {
		ck_assert_uint_lt(size, 400);
		arena_init(&arena, block, size);
		err = chaos_answer(&config, &question, &arena, &answer);
		ck_assert(err == 0 || err == ERR_NO_MEMORY);
	}
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("chaos");
	TCase *tcase = tcase_create("behaviours");
	tcase_add_loop_test(tcase, a_server_tells_of_itself_what_it_may, 0, COUNT(cases));
	tcase_add_test(tcase, the_answer_has_the_letter_case_of_the_question);
	tcase_add_test(tcase, a_long_text_is_cut_at_one_character_string);
	tcase_add_test(tcase, a_full_arena_is_said);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

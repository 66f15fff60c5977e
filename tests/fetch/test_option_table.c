/* One table of options, and what is said of them elsewhere (fetch/option_table.h, man/cairn-fetch.1). */
#include "tests/suite.h"

#include <stdio.h>
#include <string.h>

#include "fetch/option_table.h"

#define MANUAL CAIRN_SOURCE_DIR "/man/cairn-fetch.1"

static char manual[1u << 18];

static void
read_manual(void)
{
	FILE *file = fopen(MANUAL, "r");
	ck_assert_msg(file != NULL, "%s", MANUAL);
	size_t bytes = fread(manual, 1, sizeof manual - 1, file);
	ck_assert_uint_lt(bytes, sizeof manual - 1);
	manual[bytes] = '\0';
	fclose(file);
}

/* `.It Fl o , Fl -output Ar FILE', the line that a row has in the manual. */
static void
manual_line(const struct option_row *row, char *line, size_t line_bytes)
{
	char letter[16] = "";
	if (row->letter != '\0')
		snprintf(letter, sizeof letter, "Fl %c , ", row->letter);
	snprintf(line, line_bytes, "\n.It %sFl -%s%s%s\n", letter, row->name,
		 row->argument != NULL ? " Ar " : "", row->argument != NULL ? row->argument : "");
}

START_TEST(the_manual_has_each_option)
{
	char line[128];
	read_manual();
	for (size_t i = 0; i < option_count; i++) {
		manual_line(&option_table[i], line, sizeof line);
		ck_assert_msg(strstr(manual, line) != NULL, "not in " MANUAL ":%s", line);
	}
}
END_TEST

START_TEST(the_manual_has_no_other_option)
{
	size_t count = 0;
	read_manual();
	for (const char *at = manual; (at = strstr(at, "\n.It Fl ")) != NULL; at++)
		count++;
	ck_assert_uint_eq(count, option_count);
}
END_TEST

START_TEST(no_two_options_share_a_letter_or_a_name)
{
	for (size_t i = 0; i < option_count; i++) {
		const struct option_row *row = &option_table[i];
		ck_assert_msg(option_by_name(row->name, strlen(row->name)) == row, "%s", row->name);
		if (row->letter != '\0')
			ck_assert_msg(option_by_letter(row->letter) == row, "%c", row->letter);
	}
}
END_TEST

START_TEST(only_what_takes_a_value_has_a_word_for_it)
{
	for (size_t i = 0; i < option_count; i++) {
		const struct option_row *row = &option_table[i];
		bool takes_none = row->kind == OPTION_SWITCH || row->kind == OPTION_VALUE ||
				  row->kind == OPTION_MARK || row->kind == OPTION_WORDS;
		if (takes_none)
			ck_assert_msg(row->argument == NULL, "%s", row->name);
		else if (row->kind != OPTION_ACTION)
			ck_assert_msg(row->argument != NULL, "%s", row->name);
		ck_assert_msg(row->help[0] != '\0', "%s", row->name);
	}
}
END_TEST

/* What help or completions write. */
static size_t
written(char *text, size_t text_bytes, bool (*write)(FILE *out, const char *topic),
	const char *topic)
{
	FILE *out = fmemopen(text, text_bytes, "w");
	ck_assert(write(out, topic));
	fclose(out);
	return strlen(text);
}

START_TEST(help_and_completions_have_each_option)
{
	static const char *const shells[] = { "bash", "zsh", "fish" };
	char name[64];
	ck_assert_uint_gt(written(manual, sizeof manual, option_help, "all"), 0);
	for (size_t i = 0; i < option_count; i++) {
		snprintf(name, sizeof name, "--%s", option_table[i].name);
		ck_assert_msg(strstr(manual, name) != NULL, "--help all: %s", name);
	}
	for (size_t shell = 0; shell < COUNT(shells); shell++) {
		written(manual, sizeof manual, option_completion, shells[shell]);
		for (size_t i = 0; i < option_count; i++)
			ck_assert_msg(strstr(manual, option_table[i].name) != NULL, "%s: %s",
				      shells[shell], option_table[i].name);
	}
}
END_TEST

START_TEST(help_knows_categories_and_single_options)
{
	static const char *const topics[] = { "tls", "category", "--output",
					      "-o",  "output",   "insecure" };
	for (size_t i = 0; i < COUNT(topics); i++)
		ck_assert_uint_gt(written(manual, sizeof manual, option_help, topics[i]), 0);
	FILE *out = fmemopen(manual, sizeof manual, "w");
	ck_assert(!option_help(out, "nonsense"));
	ck_assert(!option_completion(out, "csh"));
	fclose(out);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("option_table");
	TCase *tcase = tcase_create("option_table");
	tcase_add_test(tcase, the_manual_has_each_option);
	tcase_add_test(tcase, the_manual_has_no_other_option);
	tcase_add_test(tcase, no_two_options_share_a_letter_or_a_name);
	tcase_add_test(tcase, only_what_takes_a_value_has_a_word_for_it);
	tcase_add_test(tcase, help_and_completions_have_each_option);
	tcase_add_test(tcase, help_knows_categories_and_single_options);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}

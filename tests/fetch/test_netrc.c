/* Logins by machine (fetch/netrc.h). */
#include "fetch/netrc.h"

#include "tests/suite.h"

static const char file[] = "# ours\n"
			   "machine a.example login alice password \"s p\\\"\\\\a\\tce\"\n"
			   "machine b.example\n\tlogin bob\n\taccount x\n\tpassword #hash\n"
			   "macdef init\nmachine c.example login no\n\n"
			   "machine c.example login carl\n"
			   "machine c.example login cora password zwei\n"
			   "default login anonymous password me@home\n"
			   "machine d.example login late password never\n";

static const struct {
	const char *machine, *login, *found_login, *found_password; /* NULL: none */
} cases[] = {
	{ "a.example", "", "alice", "s p\"\\a\tce" },
	{ "A.EXAMPLE", "", "alice", "s p\"\\a\tce" },
	{ "b.example", "", "bob", "#hash" },
	{ "c.example", "", "carl", NULL },
	{ "c.example", "cora", "cora", "zwei" },
	{ "c.example", "anonymous", "anonymous", "me@home" },
	{ "d.example", "", "anonymous", "me@home" },
	{ "a.example", "mallory", NULL, NULL },
};

START_TEST(the_first_entry_that_fits_is_found)
{
	struct netrc_login found;
	int err = netrc_find(span_of(file, sizeof file - 1), span_from_text(cases[_i].machine),
			     span_from_text(cases[_i].login), &found);
	ck_assert_int_eq(err, cases[_i].found_login != NULL ? 0 : ERR_NOT_FOUND);
	if (err != 0)
		return;
	ck_assert_str_eq(found.login, cases[_i].found_login);
	ck_assert_int_eq(found.has_password, cases[_i].found_password != NULL);
	if (found.has_password)
		ck_assert_str_eq(found.password, cases[_i].found_password);
}
END_TEST

START_TEST(what_is_broken_names_its_line)
{
	static const struct {
		const char *text;
		int err;
		unsigned line;
	} broken[] = {
		{ "machine", ERR_MALFORMED, 1 },
		{ "machine a.example\nlogin", ERR_MALFORMED, 2 },
		{ "machine a.example\n\nlogni x\n", ERR_MALFORMED, 3 },
		{ "machine a.example login \"x\ny", ERR_MALFORMED, 2 },
		{ "", ERR_NOT_FOUND, 1 },
		{ "# only a comment", ERR_NOT_FOUND, 1 },
		{ "macdef x\nno end", ERR_NOT_FOUND, 2 },
	};
	struct netrc_login found;
	for (size_t i = 0; i < COUNT(broken); i++) {
		int err = netrc_find(span_from_text(broken[i].text), SPAN("a.example"), SPAN(""),
				     &found);
		ck_assert_msg(err == broken[i].err && found.line == broken[i].line, "%s: %d in %u",
			      broken[i].text, err, found.line);
	}
}
END_TEST

START_TEST(words_have_a_bound)
{
	char text[600] = "machine a.example login ";
	struct netrc_login found;
	size_t before = strlen(text);
	memset(text + before, 'x', NETRC_WORD_BYTES_MAX - 1);
	ck_assert_int_eq(netrc_find(span_from_text(text), SPAN("a.example"), SPAN(""), &found), 0);
	ck_assert_uint_eq(strlen(found.login), NETRC_WORD_BYTES_MAX - 1);
	strcat(text, "x");
	ck_assert_int_eq(netrc_find(span_from_text(text), SPAN("a.example"), SPAN(""), &found),
			 ERR_TOO_BIG);
}
END_TEST

static Suite *
netrc_suite(void)
{
	Suite *suite = suite_create("netrc");
	TCase *tcase = tcase_create("logins");
	tcase_add_loop_test(tcase, the_first_entry_that_fits_is_found, 0, COUNT(cases));
	tcase_add_test(tcase, what_is_broken_names_its_line);
	tcase_add_test(tcase, words_have_a_bound);
	suite_add_tcase(suite, tcase);
	return suite;
}

int
main(void)
{
	return suite_run(netrc_suite());
}

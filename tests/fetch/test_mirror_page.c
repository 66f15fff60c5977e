#include "fetch/mirror_page.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "stack/base/err.h"
#include "tests/suite.h"

static char path[64];
static struct failure failure;
static struct mirror_page page;

static void
write_page(const char *text)
{
	strcpy(path, "/tmp/cairn-mirror-page-XXXXXX");
	int fd = mkstemp(path);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

static const char *
read_back(void)
{
	static char text[256];
	FILE *file = fopen(path, "r");
	ck_assert_ptr_nonnull(file);
	text[fread(text, 1, sizeof text - 1, file)] = '\0';
	fclose(file);
	return text;
}

static void
stop(void)
{
	mirror_page_free(&page);
	unlink(path);
}

static const struct {
	const char *type;
	enum link_kind kind;
	enum mirror_page_kind is;
} kinds[] = {
	{ "text/html", LINK_PAGE, MIRROR_PAGE_HTML },
	{ "Text/HTML; charset=utf-8", LINK_IMAGE, MIRROR_PAGE_HTML },
	{ "application/xhtml+xml", LINK_PAGE, MIRROR_PAGE_HTML },
	{ "text/css", LINK_PAGE, MIRROR_PAGE_CSS },
	{ "image/png", LINK_STYLE, MIRROR_PAGE_OTHER },
	{ "", LINK_STYLE, MIRROR_PAGE_CSS },
	{ "", LINK_PAGE, MIRROR_PAGE_OTHER },
};

START_TEST(a_media_type_tells_what_has_links)
{
	ck_assert_int_eq(mirror_page_kind_of(span_from_text(kinds[_i].type), kinds[_i].kind),
			 (int)kinds[_i].is);
}
END_TEST

static const struct {
	enum mirror_page_kind kind;
	const char *before, *after;
} pages[] = {
	{ MIRROR_PAGE_HTML, "<img src=a><a href='b'>", "<img src=0><a href='1'>" },
	{ MIRROR_PAGE_CSS, "@import 'a';b{c:url(d)}", "@import '0';b{c:url(1)}" },
	{ MIRROR_PAGE_CSS, "b{c:url(\\61)}", "b{c:url(0)}" },
	{ MIRROR_PAGE_HTML, "", "" },
	{ MIRROR_PAGE_OTHER, "<img src=a>", "<img src=a>" },
};

START_TEST(links_of_a_page_are_replaced_in_its_file)
{
	static const char digits[] = "0123456789";
	struct replacement list[8];
	write_page(pages[_i].before);
	ck_assert_int_eq(mirror_page_open(&page, pages[_i].kind, path, &failure), 0);
	for (size_t i = 0; i < page.links.count; i++)
		list[i] =
			(struct replacement){ page.links.list[i].written, span_of(digits + i, 1) };
	ck_assert_int_eq(mirror_page_rewrite(&page, path, list, page.links.count, &failure), 0);
	ck_assert_str_eq(read_back(), pages[_i].after);
}
END_TEST

START_TEST(files_that_fail_are_named)
{
	write_page("x");
	ck_assert_int_eq(mirror_page_open(&page, MIRROR_PAGE_HTML, "/nonexistent", &failure),
			 ERR_IO);
	ck_assert_int_eq(failure.cause, FAILURE_READ);
	ck_assert_ptr_nonnull(strstr(failure.text, "/nonexistent"));
	ck_assert_int_eq(mirror_page_open(&page, MIRROR_PAGE_HTML, path, &failure), 0);
	ck_assert_int_eq(mirror_page_rewrite(&page, "/nonexistent/x", NULL, 0, &failure), ERR_IO);
	ck_assert_int_eq(failure.cause, FAILURE_WRITE);
	ck_assert_str_eq(read_back(), "x");
}
END_TEST

START_TEST(a_page_that_is_too_large_is_left_alone)
{
	write_page("");
	ck_assert_int_eq(truncate(path, (off_t)LINKS_HTML_BYTES_MAX + 1), 0);
	ck_assert_int_eq(mirror_page_open(&page, MIRROR_PAGE_HTML, path, &failure), ERR_IO);
	ck_assert_int_eq(failure.cause, FAILURE_SIZE);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("mirror_page");
	tcase_add_checked_fixture(tcase, NULL, stop);
	tcase_set_timeout(tcase, 30);
	tcase_add_loop_test(tcase, a_media_type_tells_what_has_links, 0, COUNT(kinds));
	tcase_add_loop_test(tcase, links_of_a_page_are_replaced_in_its_file, 0, COUNT(pages));
	tcase_add_test(tcase, files_that_fail_are_named);
	tcase_add_test(tcase, a_page_that_is_too_large_is_left_alone);
	Suite *suite = suite_create("mirror_page");
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}

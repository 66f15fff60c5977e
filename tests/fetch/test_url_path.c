#include "tests/fetch/url_cases.h"

#define UNIT       "invalid-URL-unit"
#define SOLIDUS    "invalid-reverse-solidus"
#define SLASHES    "special-scheme-missing-following-solidus"
#define DRIVE      "file-invalid-Windows-drive-letter"
#define DRIVE_HOST "file-invalid-Windows-drive-letter-host"

static const struct url_case paths[] = {
	{ "a dot goes", "http://h/a/./b", NULL, "http://h/a/b", NULL },
	{ "two take a segment along", "http://h/a/../b", NULL, "http://h/b", NULL },
	{ "a dot at the end is a directory", "http://h/a/.", NULL, "http://h/a/", NULL },
	{ "so are two", "http://h/a/b/..", NULL, "http://h/a/", NULL },
	{ "and two alone", "http://h/..", NULL, "http://h/", NULL },
	{ "there is nothing above the root", "http://h/../../a", NULL, "http://h/a", NULL },
	{ "encoded dots are dots", "http://h/foo/%2e./%2e%2e/.%2e/%2e.bar", NULL,
	  "http://h/%2e.bar", NULL },
	{ "in either case", "http://h/a/%2E%2e/b/%2E", NULL, "http://h/b/", NULL },
	{ "three dots are a name", "http://h/.../a", NULL, "http://h/.../a", NULL },
	{ "empty segments stay", "http://h//a//b//", NULL, "http://h//a//b//", NULL },
	{ "two dots take an empty one", "http://h/a//../b", NULL, "http://h/a/b", NULL },
	{ "a backslash parts segments", "http://h/a\\..\\b", NULL, "http://h/b", SOLIDUS },
	{ "an encoded slash does not", "http://h/a%2f..%2fb", NULL, "http://h/a%2f..%2fb", NULL },
	{ "a space is encoded", "http://h/a b", NULL, "http://h/a%20b", UNIT },
	{ "what a path may not hold is encoded", "http://h/\"<>^`{}", NULL,
	  "http://h/%22%3C%3E%5E%60%7B%7D", UNIT },
	{ "other punctuation stays", "http://h/!$&'()*+,-.:;=@[]_|~", NULL,
	  "http://h/!$&'()*+,-.:;=@[]_|~", UNIT },
	{ "encoded octets stay as they are", "http://h/%7e%41%c3%a9", NULL, "http://h/%7e%41%c3%a9",
	  NULL },
	{ "a % without digits stays", "http://h/100%", NULL, "http://h/100%", UNIT },
	{ "also with one digit", "http://h/%4x", NULL, "http://h/%4x", UNIT },
	{ "beyond ASCII is UTF-8, encoded", "http://h/\xe2\x98\x83", NULL, "http://h/%E2%98%83",
	  NULL },
	{ "a noncharacter is no URL unit", "http://h/\xef\xb7\x90", NULL, "http://h/%EF%B7%90",
	  UNIT },
	{ "nor is a C1 control", "http://h/\xc2\x85", NULL, "http://h/%C2%85", UNIT },
	{ "a query keeps dots and slashes", "http://h/?a/../b", NULL, "http://h/?a/../b", NULL },
	{ "a query encodes less", "http://h/?\"<>`{}^|\xc3\xa9", NULL,
	  "http://h/?%22%3C%3E`{}^|%C3%A9", UNIT },
	{ "an apostrophe in a query is encoded", "http://h/?a'b", NULL, "http://h/?a%27b", NULL },
	{ "of special schemes only", "foo://h/?a'b", NULL, "foo://h/?a'b", NULL },
	{ "a fragment encodes a backquote", "http://h/#\"<>`{}", NULL, "http://h/#%22%3C%3E%60{}",
	  UNIT },
	{ "another scheme has dots too", "foo://h/a/../b", NULL, "foo://h/b", NULL },
	{ "and nothing above the host", "foo://h/..", NULL, "foo://h/", NULL },
};

static const struct url_case files[] = {
	{ "a path", "file:///etc/hosts", NULL, "file:///etc/hosts", NULL },
	{ "with one slash", "file:/etc/hosts", NULL, "file:///etc/hosts", SLASHES },
	{ "with none", "file:etc/hosts", NULL, "file:///etc/hosts", SLASHES },
	{ "with nothing", "file:", NULL, "file:///", SLASHES },
	{ "with a host", "file://server/share", NULL, "file://server/share", NULL },
	{ "the local host is none", "file://localhost/etc", NULL, "file:///etc", NULL },
	{ "in any case, encoded", "file://LOCAL%48ost/etc", NULL, "file:///etc",
	  "domain-percent-encoded" },
	{ "an address as host", "file://127.1/etc", NULL, "file://127.0.0.1/etc",
	  "IPv4-too-few-parts" },
	{ "a port is no part of one", "file://h:80/p", NULL, NULL, "domain-to-ASCII" },
	{ "nor are credentials", "file://u@h/p", NULL, NULL, "domain-to-ASCII" },
	{ "backslashes", "file:\\\\server\\share", NULL, "file://server/share", SLASHES },
	{ "a drive", "file:///C:/a", NULL, "file:///C:/a", NULL },
	{ "a drive with a bar", "file:///C|/a", NULL, "file:///C:/a", UNIT },
	{ "a drive as host", "file://C:/a", NULL, "file:///C:/a", DRIVE_HOST },
	{ "a drive without slashes", "file:C:/a", NULL, "file:///C:/a", SLASHES },
	{ "nothing is above the drive", "file:///C:/../..", NULL, "file:///C:/", NULL },
	{ "but above a directory", "file:///C:/a/../b", NULL, "file:///C:/b", NULL },
	{ "two letters are no drive", "file:///CD:/..", NULL, "file:///", NULL },
	{ "nor is one further down", "file:///a/C|/b", NULL, "file:///a/C|/b", UNIT },
	{ "a relative path", "b", "file:///a/c", "file:///a/b", NULL },
	{ "a path from the root", "/b", "file:///a/c", "file:///b", NULL },
	{ "the base's host stays", "/b", "file://server/a", "file://server/b", NULL },
	{ "so does its drive", "/b", "file:///C:/a", "file:///C:/b", NULL },
	{ "unless there is another", "/D:/b", "file:///C:/a", "file:///D:/b", NULL },
	{ "a drive alone leaves the base's path", "D:/b", "file:///C:/a", "d:/b", NULL },
	{ "a drive with a bar does too", "D|/b", "file:///C:/a", "file:///D:/b", DRIVE },
	{ "letters behind it make it a name", "D|b", "file:///C:/a", "file:///C:/D|b", UNIT },
	{ "up from a drive", "..", "file:///C:/a", "file:///C:/", NULL },
	{ "two slashes are a host", "//server/b", "file:///a", "file://server/b", NULL },
	{ "three are none", "///b", "file://server/a", "file:///b", NULL },
	{ "a query", "?q", "file:///a?r#f", "file:///a?q", NULL },
	{ "a fragment", "#g", "file:///a?r#f", "file:///a?r#g", NULL },
	{ "nothing", "", "file:///a?r#f", "file:///a?r", NULL },
	{ "the scheme alone", "file:", "file:///a?r#f", "file:///a?r", SLASHES },
	{ "an empty host from elsewhere", "file:x", "http://h/a", "file:///x", SLASHES },
};

START_TEST(a_path_is_normalised_and_encoded)
{
	url_cases_check(&paths[_i]);
}
END_TEST

START_TEST(a_file_url_has_a_path_and_perhaps_a_host_and_a_drive)
{
	url_cases_check(&files[_i]);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("url_path");
	tcase_add_checked_fixture(tcase, url_cases_start, url_cases_stop);
	tcase_add_loop_test(tcase, a_path_is_normalised_and_encoded, 0, COUNT(paths));
	tcase_add_loop_test(tcase, a_file_url_has_a_path_and_perhaps_a_host_and_a_drive, 0,
			    COUNT(files));
	Suite *suite = suite_create("url_path");
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}

/* What is said of a transfer when it is over (fetch/writeout.h, fetch/progress.h). */
#include "tests/suite.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "fetch/progress.h"
#include "fetch/writeout.h"

static const struct field fields[] = {
	{ SPAN_LITERAL("Content-Type"), SPAN_LITERAL("text/html") },
	{ SPAN_LITERAL("X-Evil"), SPAN_LITERAL("\x1b[2J\"") },
	{ SPAN_LITERAL("x-evil"), SPAN_LITERAL("2") },
};
static const struct head head = { .version = 11,
				  .status = 404,
				  .fields = { fields, COUNT(fields) } };
static const struct transfer_job job = { .url = "example.org/a", .number = 3 };

static struct transfer_facts
facts(void)
{
	struct transfer_facts facts = {
		.job = &job,
		.url = SPAN("https://joe:x@www.example.org:8443/b?q=1#f"),
		.method = SPAN("GET"),
		.head = &head,
		.content_bytes = 5,
		.start_us = 1000000,
		.attempt_us = 1500000,
		.first_us = 1750000,
		.end_us = 3000001,
		.stream = { .remote = { .octets = { 192, 0, 2, 1 }, .family = ADDR_IPV4 },
			    .remote_port = 80,
			    .connected_us = 1600000,
			    .tls_chain = "-----BEGIN x\n-----END x\n-----BEGIN y\n" },
		.redirect_count = 1,
		.is_over = true,
	};
	failure_set(&facts.failure, FAILURE_STATUS, "the server answered 404");
	return facts;
}

static const struct {
	const char *format, *written;
} formats[] = {
	{ "%{http_code} %{size_download}\\n", "404 5\n" },
	{ "%{url_effective} %{url} %{urlnum} %{scheme}",
	  "https://joe:x@www.example.org:8443/b?q=1#f example.org/a 3 https" },
	{ "%{remote_ip}:%{remote_port}", "192.0.2.1:80" },
	{ "%{time_total} %{time_redirect}", "2.000001 0.500000" },
	{ "%{time_connect} %{time_starttransfer} %{time_appconnect}",
	  "0.100000 0.250000 0.000000" },
	{ "%{content_type} %header{content-type} [%header{none}]", "text/html text/html []" },
	{ "%{exitcode} %{errorid} %{onerror}%{errormsg}", "22 status the server answered 404" },
	{ "100%% \\t\\\\ %x \\x %{", "100% \t\\ %x \\x %{" },
	{ "%{filename_effective}%{http_version}", "1.1" },
	{ "%{header_json}", "{\"content-type\":[\"text/html\"],\"x-evil\":[\"\\u001b[2J\\\"\",\"2\"]}" },
	{ "%{url.scheme} %{url.host} %{url.port} %{url.path} [%{url.query}%{url.user}]", "http example.org 80 /a []" },
	{ "%{urle.scheme} %{urle.user} %{urle.password} %{urle.host} %{urle.port} %{urle.query} %{urle.fragment}",
	  "https joe x www.example.org 8443 q=1 f" },
	{ "[%{urle.zoneid}]", "[]" },
	{ "%{num_certs} %{certs}", "2 -----BEGIN x\n-----END x\n-----BEGIN y\n" },
};

/* What -w writes to standard output, which is a file for so long. */
static void
written(const char *format, const struct transfer_facts *about, char *text, size_t text_bytes)
{
	FILE *file = tmpfile();
	ck_assert_ptr_nonnull(file);
	fflush(stdout);
	int kept = dup(STDOUT_FILENO);
	dup2(fileno(file), STDOUT_FILENO);
	ck_assert(writeout(format, about));
	dup2(kept, STDOUT_FILENO);
	close(kept);
	rewind(file);
	size_t bytes = fread(text, 1, text_bytes - 1, file);
	text[bytes] = '\0';
	fclose(file);
}

START_TEST(variables_are_filled_in)
{
	char text[256];
	struct transfer_facts about = facts();
	written(formats[_i].format, &about, text, sizeof text);
	ck_assert_str_eq(text, formats[_i].written);
}
END_TEST

START_TEST(what_is_for_failures_is_left_out_without_one)
{
	char text[64];
	struct transfer_facts about = facts();
	failure_clear(&about.failure);
	written("%{exitcode}%{onerror} failed", &about, text, sizeof text);
	ck_assert_str_eq(text, "0");
}
END_TEST

START_TEST(a_report_is_one_line_of_json)
{
	char text[8192] = "";
	struct transfer_facts about = facts();
	FILE *out = fmemopen(text, sizeof text, "w");
	ck_assert(writeout_report(out, &about));
	fclose(out);
	ck_assert_ptr_eq(strchr(text, '\n'), text + strlen(text) - 1);
	ck_assert_ptr_nonnull(strstr(text, "\"http_code\":404"));
	ck_assert_ptr_nonnull(strstr(text, "\"errorid\":\"status\""));
	ck_assert_ptr_nonnull(strstr(text, "\"time_total\":2.000001"));
	ck_assert_ptr_nonnull(strstr(text, "\"filename_effective\":null"));
}
END_TEST

START_TEST(a_report_that_cannot_be_written_is_told)
{
	struct transfer_facts about = facts();
	FILE *full = fopen("/dev/full", "w");
	ck_assert_ptr_nonnull(full);
	ck_assert(!writeout_report(full, &about));
	fclose(full);
}
END_TEST

static const struct {
	uint64_t octets;
	const char *words;
} amounts[] = {
	{ 0, "0" },          { 1023, "1023" },       { 1024, "1.0k" },
	{ 10240, "10k" },    { 1023000, "999k" },    { 1024000, "1.0M" },
	{ 1572864, "1.5M" }, { 3ull << 40, "3.0T" }, { UINT64_MAX, "16E" },
};

START_TEST(amounts_are_short)
{
	char words[PROGRESS_AMOUNT_BYTES];
	ck_assert_str_eq(progress_amount(amounts[_i].octets, words), amounts[_i].words);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("writeout");
	TCase *tcase = tcase_create("writeout");
	tcase_add_loop_test(tcase, variables_are_filled_in, 0, COUNT(formats));
	tcase_add_test(tcase, what_is_for_failures_is_left_out_without_one);
	tcase_add_test(tcase, a_report_is_one_line_of_json);
	tcase_add_test(tcase, a_report_that_cannot_be_written_is_told);
	tcase_add_loop_test(tcase, amounts_are_short, 0, COUNT(amounts));
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}

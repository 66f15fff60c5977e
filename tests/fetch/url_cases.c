#include "tests/fetch/url_cases.h"

#include "fetch/idna_icu.h"

static _Alignas(8) char memory[1 << 16];
static struct arena arena;
static struct idna_icu icu;
static struct url_report report;

void
url_cases_start(void)
{
	arena_init(&arena, memory, sizeof memory);
	idna_icu_init(&icu);
}

void
url_cases_stop(void)
{
	idna_icu_fini(&icu);
}

int
url_cases_parse(struct url *url, const char *input, const char *base_text)
{
	struct url base;
	struct url_context context = { .arena = &arena, .idna = &icu.idna };
	arena_reset(&arena);
	if (base_text != NULL)
		ck_assert_int_eq(url_parse(&base, span_from_text(base_text), NULL, &context), 0);
	context.report = &report;
	return url_parse(url, span_from_text(input), base_text != NULL ? &base : NULL, &context);
}

const struct url_report *
url_cases_report(void)
{
	return &report;
}

struct arena *
url_cases_arena(void)
{
	return &arena;
}

static const char *
error_of(int err)
{
	if (err != 0)
		return url_error_name(report.failure);
	return report.error_count != 0 ? url_error_name(report.errors[0]) : NULL;
}

static void
check_error(const struct url_case *row, int err)
{
	const char *error = error_of(err);
	if (row->error != NULL && strcmp(row->error, "*") == 0)
		return;
	bool is_same = row->error == NULL ? error == NULL
					  : error != NULL && strcmp(error, row->error) == 0;
	ck_assert_msg(is_same, "%s: <%s> has %s", row->behaviour, row->input,
		      error != NULL ? error : "no error");
}

void
url_cases_check(const struct url_case *row)
{
	struct url url, again;
	struct url_context context = { .arena = &arena, .idna = &icu.idna };
	int err = url_cases_parse(&url, row->input, row->base);
	if (row->href == NULL) {
		ck_assert_msg(err == ERR_MALFORMED, "%s: <%s> is a URL", row->behaviour,
			      row->input);
		check_error(row, err);
		return;
	}
	ck_assert_msg(err == 0, "%s: <%s> is no URL", row->behaviour, row->input);
	ck_assert_msg(span_is(url.href, row->href), "%s: <%s> is " SPAN_FORMAT, row->behaviour,
		      row->input, SPAN_ARGUMENTS(url.href));
	check_error(row, err);
	ck_assert_int_eq(url_parse(&again, url.href, NULL, &context), 0);
	ck_assert_msg(span_equals(again.href, url.href), "%s: not idempotent", row->behaviour);
}

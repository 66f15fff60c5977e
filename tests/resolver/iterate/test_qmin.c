/* How much of a name is shown (RFC 9156). */
#include <stdio.h>

#include "resolver/iterate/qmin.h"
#include "tests/resolver/iterate/records.h"
#include "tests/suite.h"

/* The labels of the names shown below one cut when each exists and none is a cut, e.g. "1 2 3". */
static const char *
shown(const char *qname_text, unsigned cut_labels, char *text, size_t text_bytes)
{
	struct name qname = name_of(qname_text);
	struct qmin qmin;
	size_t at = 0;
	qmin_start(&qmin, &qname, true);
	qmin_at_cut(&qmin, &qname, cut_labels);
	for (;;) {
		at += (size_t)snprintf(text + at, text_bytes - at, at > 0 ? " %u" : "%u",
				       qmin.labels);
		if (qmin_is_whole(&qmin))
			return text;
		qmin_longer(&qmin, &qname);
	}
}

static const struct {
	const char *behaviour, *qname;
	unsigned cut_labels;
	const char *shown;
} cases[] = {
	{ "one label at a time at first", "www.example.com.", 0, "1 2 3" },
	{ "one label below the cut is the whole name", "www.example.com.", 2, "3" },
	{ "the cut itself is the whole name", "example.com.", 2, "2" },
	{ "the root has nothing to hide", ".", 0, "0" },
	{ "a name of eighteen labels (RFC 9156, section 2.3)",
	  "r.q.p.o.n.m.l.k.j.i.h.g.f.e.d.c.b.a.", 0, "1 2 3 4 6 8 10 12 15 18" },
	{ "labels with an underscore go with the next", "_443._tcp.www.example.com.", 2, "3 5" },
	{ "an underscore in the middle", "x._domainkey.example.com.", 2, "4" },
};

START_TEST(names_grow_as_the_rfc_says)
{
	char text[256];
	ck_assert_msg(strcmp(shown(cases[_i].qname, cases[_i].cut_labels, text, sizeof text),
			     cases[_i].shown) == 0,
		      "%s: %s", cases[_i].behaviour, text);
}
END_TEST

START_TEST(steps_count_over_all_cuts)
{
	struct name qname = name_of("l.k.j.i.h.g.f.e.d.c.b.a.");
	struct qmin qmin;
	unsigned queries = 0;
	qmin_start(&qmin, &qname, true);
	qmin_at_cut(&qmin, &qname, 0);
	while (!qmin_is_whole(&qmin)) {
		queries++;
		qmin_at_cut(&qmin, &qname, qmin.labels); /* each shown name is a cut */
	}
	ck_assert_uint_le(queries, QMIN_STEPS_MAX);
}
END_TEST

START_TEST(switched_off_or_given_up_the_whole_name_is_shown)
{
	struct name qname = name_of("a.b.c.example.com.");
	struct qmin qmin;
	qmin_start(&qmin, &qname, false);
	qmin_at_cut(&qmin, &qname, 0);
	ck_assert(qmin_is_whole(&qmin));
	qmin_start(&qmin, &qname, true);
	qmin_at_cut(&qmin, &qname, 0);
	ck_assert_uint_eq(qmin.labels, 1);
	qmin_give_up(&qmin);
	qmin_at_cut(&qmin, &qname, 2);
	ck_assert(qmin_is_whole(&qmin));
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("iterate: qmin");
	TCase *tcase = tcase_create("qmin");
	tcase_add_loop_test(tcase, names_grow_as_the_rfc_says, 0, COUNT(cases));
	tcase_add_test(tcase, steps_count_over_all_cuts);
	tcase_add_test(tcase, switched_off_or_given_up_the_whole_name_is_shown);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}

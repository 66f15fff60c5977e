/*
 * url_cases.h - URLs and what they parse to, a row a behaviour.
 */
#ifndef CAIRN_TESTS_URL_CASES_H
#define CAIRN_TESTS_URL_CASES_H

#include "fetch/url.h"
#include "tests/suite.h"

struct url_case {
	const char *behaviour, *input, *base; /* base: NULL when there is none */
	const char *href;                     /* NULL: it is no URL */
	const char *
		error; /* that ended the parse, or the first warning; NULL: no error at all; "*": any or none */
};

void url_cases_start(void); /* a fixture */
void url_cases_stop(void);

/* Parses into memory that lives until the next call; what url_parse returned. */
int url_cases_parse(struct url *url, const char *input, const char *base);
const struct url_report *url_cases_report(void);
struct arena *url_cases_arena(void);

/* The row holds, and parsing the href again gives the href. */
void url_cases_check(const struct url_case *row);

#endif

/*
 * macro.h - the variables and sums of a scenario: $name, ${time}, ${timeout}, ${ctime T}, ${range LOW X HIGH}, and + - * /
 * from left to right.
 */
#ifndef CAIRN_TESTS_REPLAY_MACRO_H
#define CAIRN_TESTS_REPLAY_MACRO_H

#include <stdbool.h>
#include <stddef.h>

#define MACRO_VARIABLES_MAX 64u
#define MACRO_TEXT_BYTES    1024u

struct macros {
	struct {
		char name[64], value[MACRO_TEXT_BYTES];
	} variables[MACRO_VARIABLES_MAX];
	unsigned count;
	double now_s;     /* the scenario's clock, in seconds since 1970 */
	double timeout_s; /* to the next timer */
};

/* Expands every macro of the text; false: one is unknown, nested too deep, or does not fit. */
bool macro_expand(const struct macros *macros, const char *text, char out[MACRO_TEXT_BYTES]);
/* name = expression */
bool macro_assign(struct macros *macros, const char *text);
/* The value of an expression without or with macros. */
bool macro_number(const struct macros *macros, const char *text, double *value);

#endif

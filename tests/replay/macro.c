#include "tests/replay/macro.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MACRO_DEPTH_MAX 16u

static bool expand(const struct macros *macros, const char *text, char *out, unsigned depth);

/* Numbers with + - * / between them, from left to right; false when there is something else. */
static bool
compute(const char *text, double *value)
{
	char *end, operator = '+';

	*value = 0;
	for (;;) {
		const double number = strtod(text, &end);
		if (end == text)
			return false;
		switch (operator) {
		case '+': *value += number; break;
		case '-': *value -= number; break;
		case '*': *value *= number; break;
		case '/': *value = number != 0 ? *value / number : 0; break;
		default: return false;
		}
		text = end + strspn(end, " \t");
		if (*text == '\0')
			return true;
		operator = *text++;
		text += strspn(text, " \t");
	}
}

static void
put_number(char *out, double number)
{
	if (number == (double)(long long)number)
		(void)snprintf(out, MACRO_TEXT_BYTES, "%lld", (long long)number);
	else
		(void)snprintf(out, MACRO_TEXT_BYTES, "%.6f", number);
}

/* What stands between the braces, its own macros expanded. */
static bool
evaluate(const struct macros *macros, const char *text, char *out)
{
	double low, value, high;

	if (strcmp(text, "time") == 0) {
		put_number(out, macros->now_s);
		return true;
	}
	if (strcmp(text, "timeout") == 0) {
		put_number(out, macros->timeout_s);
		return true;
	}
	if (strncmp(text, "ctime ", 6) == 0) {
		if (!compute(text + 6, &value))
			return false;
		const time_t at = (time_t)value;
		struct tm tm;
		return gmtime_r(&at, &tm) != NULL && strftime(out, MACRO_TEXT_BYTES, "%a %b %e %H:%M:%S %Y", &tm) > 0;
	}
	if (strncmp(text, "range ", 6) == 0) {
		if (sscanf(text + 6, "%lf %lf %lf", &low, &value, &high) != 3 || value < low || value > high)
			return false;
		put_number(out, value);
		return true;
	}
	if (compute(text, &value))
		put_number(out, value);
	else
		(void)snprintf(out, MACRO_TEXT_BYTES, "%s", text);
	return true;
}

static const char *
variable(const struct macros *macros, const char *name, size_t size)
{
	for (unsigned i = 0; i < macros->count; i++)
		if (strlen(macros->variables[i].name) == size && strncmp(macros->variables[i].name, name, size) == 0)
			return macros->variables[i].value;
	return NULL;
}

/* At a `$`: what it stands for; returns what is behind it. */
static const char *
expand_one(const struct macros *macros, const char *at, char *out, unsigned depth)
{
	char inner[MACRO_TEXT_BYTES], expanded[MACRO_TEXT_BYTES];
	int braces = 0;
	const char *end = at + 1;

	if (*end != '{') {
		end += strspn(end, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");
		const char *value = variable(macros, at + 1, (size_t)(end - at - 1));
		(void)snprintf(out, MACRO_TEXT_BYTES, "%s", value != NULL ? value : "");
		return value != NULL ? end : NULL;
	}
	do {
		braces += (*end == '{') - (*end == '}');
	} while (braces > 0 && *++end != '\0');
	if (*end == '\0' || (size_t)(end - at) >= sizeof inner)
		return NULL;
	memcpy(inner, at + 2, (size_t)(end - at - 2));
	inner[end - at - 2] = '\0';
	if (!expand(macros, inner, expanded, depth + 1) || !evaluate(macros, expanded, out))
		return NULL;
	return end + 1;
}

static bool
expand(const struct macros *macros, const char *text, char *out, unsigned depth)
{
	char piece[MACRO_TEXT_BYTES];
	size_t used = 0;

	if (depth == MACRO_DEPTH_MAX)
		return false;
	while (*text != '\0') {
		if (*text == '$') {
			text = expand_one(macros, text, piece, depth);
			if (text == NULL)
				return false;
		} else {
			piece[0] = *text++;
			piece[1] = '\0';
		}
		const size_t size = strlen(piece);
		if (used + size >= MACRO_TEXT_BYTES)
			return false;
		memcpy(out + used, piece, size);
		used += size;
	}
	out[used] = '\0';
	return true;
}

bool
macro_expand(const struct macros *macros, const char *text, char out[MACRO_TEXT_BYTES])
{
	return expand(macros, text, out, 0);
}

bool
macro_number(const struct macros *macros, const char *text, double *value)
{
	char expanded[MACRO_TEXT_BYTES];
	if (!expand(macros, text, expanded, 0))
		return false;
	expanded[strcspn(expanded, ";#")] = '\0'; /* a comment */
	return compute(expanded, value);
}

bool
macro_assign(struct macros *macros, const char *text)
{
	const size_t size = strcspn(text, " \t=");
	const char *expression = text + size + strspn(text + size, " \t=");
	unsigned at = 0;

	while (at < macros->count && (strlen(macros->variables[at].name) != size ||
				      strncmp(macros->variables[at].name, text, size) != 0))
		at++;
	if (at == MACRO_VARIABLES_MAX || size >= sizeof macros->variables[at].name)
		return false;
	char value[MACRO_TEXT_BYTES];
	if (!macro_expand(macros, expression, value))
		return false;
	memcpy(macros->variables[at].name, text, size);
	macros->variables[at].name[size] = '\0';
	(void)snprintf(macros->variables[at].value, MACRO_TEXT_BYTES, "%s", value);
	if (at == macros->count)
		macros->count++;
	return true;
}

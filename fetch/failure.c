#include "fetch/failure.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "fetch/printable.h"

static const struct {
	int exit_status;
	const char *id, *summary;
} causes[] = {
#define FAILURE_ROW(cause, exit_status, id, summary) { exit_status, id, summary },
	FAILURE_CAUSES(FAILURE_ROW)
#undef FAILURE_ROW
};

void
failure_set(struct failure *failure, enum failure_cause cause, const char *format, ...)
{
	char raw[4 * FAILURE_TEXT_BYTES]; /* may hold octets of the peer */
	va_list arguments;
	va_start(arguments, format);
	int raw_bytes = vsnprintf(raw, sizeof raw, format, arguments);
	va_end(arguments);

	assert(cause != FAILURE_NONE && cause < FAILURE_CAUSE_COUNT);
	assert(raw_bytes >= 0);
	failure->cause = cause;
	failure->detail = NULL;
	printable_text(failure->text, sizeof failure->text, raw, strlen(raw));
}

void
failure_clear(struct failure *failure)
{
	failure->cause = FAILURE_NONE;
	failure->detail = NULL;
	failure->text[0] = '\0';
}

int
failure_exit_status(enum failure_cause cause)
{
	return causes[cause].exit_status;
}

bool
failure_is_damage(enum failure_cause cause)
{
	return cause == FAILURE_WEIRD_REPLY || cause == FAILURE_CODING || cause == FAILURE_CHECKSUM;
}

const char *
failure_id(enum failure_cause cause)
{
	return causes[cause].id;
}

const char *
failure_summary(enum failure_cause cause)
{
	return causes[cause].summary;
}

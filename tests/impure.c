/* What no core may do, so that no_io.sh can be seen to refuse it. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

char *impure_text(const char *format, ...);

char *
impure_text(const char *format, ...)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	size_t size = 64 + (size_t)(now.tv_nsec % 2);
	char *text = malloc(size);
	va_list args;
	va_start(args, format);
	if (text != NULL)
		vsnprintf(text, size, format, args);
	va_end(args);
	return text;
}

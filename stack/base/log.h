/*
 * log.h - lines for the operator, on stderr (shells only; cores have counters and events).
 *
 * A line is `cairnd: warning: text`, with a time in front unless systemd's journal adds
 * its own (JOURNAL_STREAM).  Thread-safe: one write(2) a line.  Whatever is not printable
 * ASCII is shown as \xNN, since much of what is logged came from the network.  errno is
 * left as it was.
 */
#ifndef CAIRN_STACK_BASE_LOG_H
#define CAIRN_STACK_BASE_LOG_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_NOTICE, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

#define LOG_LINE_BYTES_MAX 2048u /* a longer one is cut, and says so */

struct log {
	const char *program;
	enum log_level level; /* lines above it are not written */
	int fd;
	bool has_time; /* the line starts with the time (UTC) */
};

void log_init(struct log *log, const char *program, enum log_level level);
void log_line(const struct log *log, enum log_level level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The line that log_line would write, with its end; for who gathers them.  Returns its octets. */
size_t log_format(const struct log *log, enum log_level level, char line[LOG_LINE_BYTES_MAX], const char *format, va_list args);
/* What stands before the text; its milliseconds are at LOG_MS_AT, if log->has_time. */
#define LOG_PREFIX_BYTES_MAX 128u
#define LOG_MS_AT            20u
size_t log_prefix(const struct log *log, enum log_level level, char prefix[LOG_PREFIX_BYTES_MAX]);

#define log_error(log, ...)   log_line((log), LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warning(log, ...) log_line((log), LOG_LEVEL_WARNING, __VA_ARGS__)
#define log_notice(log, ...)  log_line((log), LOG_LEVEL_NOTICE, __VA_ARGS__)
#define log_info(log, ...)    log_line((log), LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(log, ...)   log_line((log), LOG_LEVEL_DEBUG, __VA_ARGS__)

#endif

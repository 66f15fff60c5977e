#include "stack/base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <sys/stat.h>

#define LOG_CUT_MARK " [cut]\n"

/* JOURNAL_STREAM names the device and inode of the journal's socket (systemd.exec(5)): the
 * variable alone also reaches programs whose stderr was sent elsewhere. */
static bool
log_is_journal(int fd)
{
	const char *stream = getenv("JOURNAL_STREAM");
	struct stat st;
	if (stream == NULL || fstat(fd, &st) != 0)
		return false;
	unsigned long long device, inode;
	return sscanf(stream, "%llu:%llu", &device, &inode) == 2 && st.st_dev == device && st.st_ino == inode;
}

void
log_init(struct log *log, const char *program, enum log_level level)
{
	*log = (struct log){
		.program = program,
		.level = level,
		.fd = STDERR_FILENO,
		.has_time = !log_is_journal(STDERR_FILENO),
	};
}

static const char *
log_level_text(enum log_level level)
{
	switch (level) {
	case LOG_LEVEL_ERROR:   return "error";
	case LOG_LEVEL_WARNING: return "warning";
	case LOG_LEVEL_NOTICE:  return "notice";
	case LOG_LEVEL_INFO:    return "info";
	case LOG_LEVEL_DEBUG:   return "debug";
	}
	return "log";
}

/* "2026-01-31T12:00:00.123Z cairnd: warning: "; the program's name is ours and short. */
size_t
log_prefix(const struct log *log, enum log_level level, char line[LOG_PREFIX_BYTES_MAX])
{
	const size_t line_bytes = LOG_PREFIX_BYTES_MAX;
	size_t used = 0;
	struct timespec now;
	struct tm utc;
	if (log->has_time && clock_gettime(CLOCK_REALTIME, &now) == 0 && gmtime_r(&now.tv_sec, &utc) != NULL) {
		used = strftime(line, line_bytes, "%Y-%m-%dT%H:%M:%S", &utc);
		used += (size_t)snprintf(line + used, line_bytes - used, ".%03ldZ ", now.tv_nsec / 1000000);
	}
	int length = snprintf(line + used, line_bytes - used, "%.64s: %s: ", log->program, log_level_text(level));
	return used + (size_t)length;
}

/*
 * Appends text to the line with everything but printable ASCII as \xNN.  Returns where the
 * line ends; stops in front of an octet that does not fit, with *is_cut set.
 */
static size_t
log_escape(char *line, size_t used, size_t line_bytes, const char *text, bool *is_cut)
{
	static const char digits[] = "0123456789abcdef";
	for (; *text != '\0'; text++) {
		unsigned char c = (unsigned char)*text;
		bool is_plain = c >= 0x20 && c < 0x7f;
		if (line_bytes - used < (is_plain ? 1 : 4)) {
			*is_cut = true;
			break;
		}
		if (is_plain) {
			line[used++] = (char)c;
			continue;
		}
		line[used++] = '\\';
		line[used++] = 'x';
		line[used++] = digits[c >> 4];
		line[used++] = digits[c & 15];
	}
	return used;
}

static void
log_write(int fd, const char *line, size_t line_bytes)
{
	while (write(fd, line, line_bytes) < 0 && errno == EINTR)
		;
}

size_t
log_format(const struct log *log, enum log_level level, char line[LOG_LINE_BYTES_MAX], const char *format, va_list args)
{
	char text[LOG_LINE_BYTES_MAX];
	int length = vsnprintf(text, sizeof text, format, args);
	bool is_cut = length >= (int)sizeof text;

	size_t room = LOG_LINE_BYTES_MAX - (sizeof LOG_CUT_MARK - 1);
	size_t used = log_prefix(log, level, line);
	used = log_escape(line, used, room, length < 0 ? format : text, &is_cut);
	const char *end = is_cut ? LOG_CUT_MARK : "\n";
	memcpy(line + used, end, strlen(end));
	return used + strlen(end);
}

void
log_line(const struct log *log, enum log_level level, const char *format, ...)
{
	if (level > log->level)
		return;
	int saved_errno = errno; /* callers log first and look at errno afterwards */
	char line[LOG_LINE_BYTES_MAX];
	va_list args;
	va_start(args, format);
	log_write(log->fd, line, log_format(log, level, line, format, args));
	va_end(args);
	errno = saved_errno;
}

/*
 * Any octets as what an FTP server says: every command is one line, and the session ends or waits. Also as a
 * robots.txt, which is read for two paths.
 */
#include <stdlib.h>

#include "fetch/ftp.h"
#include "fetch/robots.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void
check(bool holds)
{
	if (!holds)
		abort();
}

static void
check_command(struct span command)
{
	check(command.bytes >= 2 && span_ends(command, SPAN("\r\n")));
	check(span_find(command, '\n') == command.bytes - 1);
	check(span_find(command, '\r') == command.bytes - 2);
	check(span_find(command, '\0') == command.bytes);
}

/* False when the session is over. */
static bool
act(struct ftp *ftp)
{
	struct ftp_action action;
	for (;;) {
		ftp_next(ftp, &action);
		switch (action.kind) {
		case FTP_SEND: check_command(action.command); break;
		case FTP_OPEN_DATA:
			check(action.port != 0);
			ftp_data_opened(ftp);
			break;
		case FTP_BEGIN:
			ftp_data_ended(ftp, action.size != UINT64_MAX ? action.size : 7);
			break;
		case FTP_NOTHING: return true;
		case FTP_COMPLETE: return false;
		case FTP_FAILED: check(action.failure->cause != FAILURE_NONE); return false;
		}
	}
}

static void
check_session(const char *url_text, const struct ftp_options *options, const char *octets,
	      size_t size)
{
	static _Alignas(8) char memory[4096];
	static struct ftp ftp;
	struct arena arena;
	struct url url;
	const struct url_context context = { .arena = &arena };
	arena_init(&arena, memory, sizeof memory);
	check(url_parse(&url, span_from_text(url_text), NULL, &context) == 0);
	check(ftp_init(&ftp, &url, options) == 0);
	for (size_t at = 0; at < size && act(&ftp); at += 16)
		ftp_receive(&ftp, octets + at, size - at < 16 ? size - at : 16);
	act(&ftp);
	ftp_end(&ftp);
	check(!act(&ftp));
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static const struct ftp_options plain = { 0 },
					rest = { .is_ipv6 = true, .wants_time = true, .first = 3 };
	const char *octets = (const char *)bytes;
	if (size > 8192)
		return 0;
	check_session("ftp://h/a/b", &plain, octets, size);
	check_session("ftp://joe:x@h/b;type=a", &plain, octets, size);
	check_session("ftp://h/a", &rest, octets, size);
	check_session("ftp://h/", &plain, octets, size);
	robots_allows(span_of(bytes, size), SPAN("cairn-fetch"), SPAN("/a/b.c?d"));
	check(robots_allows(span_of(bytes, size), SPAN("cairn-fetch"), SPAN("/robots.txt")));
	check(robots_delay_ms(span_of(bytes, size), SPAN("cairn-fetch")) <= ROBOTS_DELAY_MS_MAX);
	return 0;
}

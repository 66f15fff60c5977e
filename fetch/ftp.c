#include "fetch/ftp.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "fetch/url_percent.h"

#define ANONYMOUS_USER     "anonymous"
#define ANONYMOUS_PASSWORD "cairn-fetch@" /* RFC 1635: a mailbox, which is nobody's business */
#define PORT_DIGITS_MAX    5u

static void
fail(struct ftp *ftp, enum failure_cause cause, const char *what, const struct ftp_reply *reply)
{
	if (reply != NULL)
		failure_set(&ftp->failure, cause, "%s: %u " SPAN_FORMAT, what, reply->code,
			    SPAN_ARGUMENTS(span_first(reply->text, 120)));
	else
		failure_set(&ftp->failure, cause, "%s", what);
	ftp->state = FTP_OVER;
}

/* ---- commands --------------------------------------------------------------------------------------- */

static void send_command(struct ftp *ftp, enum ftp_state state, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static void
send_command(struct ftp *ftp, enum ftp_state state, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	int bytes = vsnprintf(ftp->command, sizeof ftp->command - 2, format, args);
	va_end(args);
	if (bytes < 0 || (size_t)bytes >= sizeof ftp->command - 2) {
		fail(ftp, FAILURE_URL, "a name in the ftp: URL is too long", NULL);
		return;
	}
	memcpy(ftp->command + bytes, "\r\n", 2);
	ftp->command_bytes = (size_t)bytes + 2;
	ftp->has_command = true;
	ftp->state = state;
}

/* An encoded part of the URL as the argument of a command; ftp_init has looked at what it decodes to. */
static void
send_encoded(struct ftp *ftp, enum ftp_state state, const char *verb, struct span encoded)
{
	char decoded[FTP_COMMAND_BYTES_MAX];
	if (encoded.bytes > sizeof decoded) {
		fail(ftp, FAILURE_URL, "a name in the ftp: URL is too long", NULL);
		return;
	}
	size_t bytes = percent_decode(encoded, decoded);
	send_command(ftp, state, "%s %.*s", verb, (int)bytes, decoded);
}

/* ---- the URL ---------------------------------------------------------------------------------------- */

/* An encoded CR, LF or NUL would let a URL send commands. */
static bool
is_safe(struct span encoded)
{
	for (size_t i = 0; i < encoded.bytes; i++) {
		if (percent_is_encoded(encoded, i)) {
			int value = percent_hex_value(encoded.at[i + 1]) << 4 |
				    percent_hex_value(encoded.at[i + 2]);
			if (value == '\r' || value == '\n' || value == '\0')
				return false;
		} else if (encoded.at[i] == '\r' || encoded.at[i] == '\n' ||
			   encoded.at[i] == '\0') {
			return false;
		}
	}
	return true;
}

int
ftp_init(struct ftp *ftp, const struct url *url, const struct ftp_options *options)
{
	struct span path = span_from(url->path, url->path.bytes != 0 ? 1 : 0);
	size_t type = path.bytes >= 7 ? path.bytes - 7 : 0;
	*ftp = (struct ftp){ .options = *options, .size = UINT64_MAX, .modified_s = -1 };
	ftp_reply_reader_init(&ftp->reader);
	if (options->user.bytes == 0 && options->password.bytes == 0) {
		ftp->options.user = url->username;
		ftp->options.password = url->password;
	}
	if (path.bytes >= 7 && span_starts_nocase(span_from(path, type), SPAN(";type="))) {
		ftp->is_text = span_lower(path.at[path.bytes - 1]) == 'a';
		path.bytes = type;
	}
	size_t name = path.bytes;
	while (name != 0 && path.at[name - 1] != '/')
		name--;
	ftp->name = span_from(path, name);
	ftp->directories = span_first(path, name != 0 ? name - 1 : 0);
	return is_safe(path) && is_safe(ftp->options.user) && is_safe(ftp->options.password)
		       ? 0
		       : ERR_MALFORMED;
}

/* ---- steps ------------------------------------------------------------------------------------------ */

static void
send_user(struct ftp *ftp)
{
	if (ftp->options.user.bytes != 0)
		send_encoded(ftp, FTP_USER, "USER", ftp->options.user);
	else
		send_command(ftp, FTP_USER, "USER " ANONYMOUS_USER);
}

static void
send_password(struct ftp *ftp)
{
	if (ftp->options.user.bytes != 0)
		send_encoded(ftp, FTP_PASS, "PASS", ftp->options.password);
	else
		send_command(ftp, FTP_PASS, "PASS " ANONYMOUS_PASSWORD);
}

static void
send_type(struct ftp *ftp)
{
	bool is_listing = ftp->name.bytes == 0;
	send_command(ftp, FTP_TYPE, ftp->is_text || is_listing ? "TYPE A" : "TYPE I");
}

/* Each segment is a directory of its own, since only the server knows its separator (RFC 1738, section 3.2.2). */
static void
send_directory(struct ftp *ftp)
{
	while (ftp->directories.bytes != 0) {
		size_t slash = span_find(ftp->directories, '/');
		struct span directory = span_first(ftp->directories, slash);
		ftp->directories = span_from(ftp->directories,
					     slash < ftp->directories.bytes ? slash + 1 : slash);
		if (directory.bytes != 0) {
			send_encoded(ftp, FTP_CWD, "CWD", directory);
			return;
		}
	}
	send_type(ftp);
}

static void
send_passive(struct ftp *ftp)
{
	send_command(ftp, FTP_EPSV, "EPSV");
}

/* The time and size help, and are left out where there are none. */
static void
send_facts(struct ftp *ftp, enum ftp_state after)
{
	bool is_file = ftp->name.bytes != 0;
	if (is_file && after == FTP_TYPE && ftp->options.wants_time)
		send_encoded(ftp, FTP_MDTM, "MDTM", ftp->name);
	else if (is_file && after != FTP_SIZE && !ftp->is_text)
		send_encoded(ftp, FTP_SIZE, "SIZE", ftp->name);
	else
		send_passive(ftp);
}

static void
send_retrieve(struct ftp *ftp)
{
	if (ftp->name.bytes != 0)
		send_encoded(ftp, FTP_RETR, "RETR", ftp->name);
	else
		send_command(ftp, FTP_RETR, "LIST");
}

/* ---- replies ---------------------------------------------------------------------------------------- */

/* `Entering Extended Passive Mode (|||6446|)`: the delimiter is whatever stands first (RFC 2428, section 3). */
static bool
read_epsv(struct span text, uint16_t *port)
{
	size_t open = span_find(text, '(');
	uint64_t number;
	if (text.bytes - open < 6 || text.at[open + 2] != text.at[open + 1] ||
	    text.at[open + 3] != text.at[open + 1])
		return false;
	struct span rest = span_from(text, open + 4);
	size_t digits = span_find(rest, text.at[open + 1]);
	if (digits == rest.bytes || digits > PORT_DIGITS_MAX ||
	    !span_to_number(span_first(rest, digits), UINT16_MAX, &number) || number == 0)
		return false;
	*port = (uint16_t)number;
	return true;
}

/* The last two of six numbers, wherever the server writes them (RFC 1123, section 4.1.2.6). */
static bool
read_pasv(struct span text, uint16_t *port)
{
	uint64_t numbers[6];
	size_t at = 0;
	while (at < text.bytes && (text.at[at] < '0' || text.at[at] > '9'))
		at++;
	for (unsigned i = 0; i < 6; i++) {
		size_t begin = at;
		while (at < text.bytes && text.at[at] >= '0' && text.at[at] <= '9')
			at++;
		if (!span_to_number(span_of(text.at + begin, at - begin), 255, &numbers[i]))
			return false;
		if (i < 5 && (at == text.bytes || text.at[at++] != ','))
			return false;
	}
	*port = (uint16_t)(numbers[4] << 8 | numbers[5]);
	return *port != 0;
}

/* Days since 1970 of a day of the Gregorian calendar. */
static int64_t
days_of(int64_t year, int64_t month, int64_t day)
{
	year -= month <= 2;
	int64_t era = year / 400, year_of_era = year - era * 400;
	int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
	return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 +
	       day_of_year - 719468;
}

/* YYYYMMDDhhmmss in UTC, perhaps with a fraction (RFC 3659, section 2.3). */
static int64_t
read_time(struct span text)
{
	static const unsigned digits[] = { 4, 2, 2, 2, 2, 2 };
	static const uint64_t max[] = { 9999, 12, 31, 23, 59, 60 };
	uint64_t parts[6];
	for (unsigned i = 0; i < 6; i++) {
		if (text.bytes < digits[i] ||
		    !span_to_number(span_first(text, digits[i]), max[i], &parts[i]))
			return -1;
		text = span_from(text, digits[i]);
	}
	if (parts[0] < 1970 || parts[1] == 0 || parts[2] == 0)
		return -1;
	int64_t days = days_of((int64_t)parts[0], (int64_t)parts[1], (int64_t)parts[2]);
	return days * 86400 + (int64_t)(parts[3] * 3600 + parts[4] * 60 + parts[5]);
}

static void
check_complete(struct ftp *ftp)
{
	if (!ftp->is_data_over || !ftp->is_reply_over)
		return;
	uint64_t first = ftp->options.first;
	uint64_t wanted =
		ftp->size != UINT64_MAX && ftp->size >= first ? ftp->size - first : UINT64_MAX;
	ftp->state = FTP_OVER;
	if (wanted != UINT64_MAX && ftp->content_bytes != wanted && !ftp->is_text)
		failure_set(&ftp->failure, FAILURE_PARTIAL,
			    "the server told of %" PRIu64 " octets and sent %" PRIu64, wanted,
			    ftp->content_bytes);
}

/* RETR and LIST: 1yz begins, 2yz ends, and either may be missing where there is nothing to send. */
static void
on_transfer_reply(struct ftp *ftp, const struct ftp_reply *reply)
{
	if (reply->code < 200) {
		ftp->has_begun = true;
		ftp->state = FTP_CONTENT;
	} else if (reply->code < 300) {
		ftp->has_begun = ftp->is_reply_over = true;
		ftp->state = FTP_CONTENT;
		check_complete(ftp);
	} else if (ftp->state == FTP_CONTENT) {
		fail(ftp, FAILURE_PARTIAL, "the server broke the transfer off", reply);
	} else if (ftp->name.bytes == 0 && (reply->code == 450 || reply->code == 550)) {
		ftp->has_begun = ftp->is_reply_over = ftp->is_data_over =
			true; /* an empty directory, to some */
		check_complete(ftp);
	} else {
		fail(ftp, reply->code == 550 ? FAILURE_REMOTE_FILE : FAILURE_ACCESS,
		     "the server does not give the file", reply);
	}
}

static void
on_passive_reply(struct ftp *ftp, const struct ftp_reply *reply)
{
	bool is_port = ftp->state == FTP_EPSV
			       ? reply->code == 229 && read_epsv(reply->text, &ftp->port)
			       : reply->code == 227 && read_pasv(reply->text, &ftp->port);
	if (is_port) {
		ftp->has_port = true;
		ftp->state = FTP_OPENING;
	} else if (ftp->state == FTP_EPSV && reply->code >= 500 && !ftp->options.is_ipv6) {
		send_command(ftp, FTP_PASV, "PASV");
	} else {
		fail(ftp, FAILURE_WEIRD_REPLY, "the server gives no port for the data", reply);
	}
}

static void
on_login_reply(struct ftp *ftp, const struct ftp_reply *reply)
{
	if (reply->code == 230 || (ftp->state == FTP_PASS && reply->code == 202))
		send_directory(ftp);
	else if (ftp->state == FTP_USER && reply->code == 331)
		send_password(ftp);
	else
		fail(ftp, FAILURE_LOGIN, "the server refuses the login", reply);
}

static void
on_fact_reply(struct ftp *ftp, const struct ftp_reply *reply)
{
	enum ftp_state state = ftp->state;
	uint64_t size;
	if (reply->code == 213 && state == FTP_MDTM)
		ftp->modified_s = read_time(reply->text);
	if (reply->code == 213 && state == FTP_SIZE &&
	    span_to_number(reply->text, UINT64_MAX - 1, &size))
		ftp->size = size;
	if (ftp->size < ftp->options.first)
		fail(ftp, FAILURE_RANGE, "the file on the server ends before the offset", reply);
	else
		send_facts(ftp, state);
}

static void
on_reply(struct ftp *ftp, const struct ftp_reply *reply)
{
	if (reply->code == 421) {
		fail(ftp, FAILURE_WEIRD_REPLY, "the server ends the session", reply);
		return;
	}
	switch (ftp->state) {
	case FTP_GREETING:
		if (reply->code == 220)
			send_user(ftp);
		else
			fail(ftp, FAILURE_WEIRD_REPLY, "the server does not welcome us", reply);
		return;
	case FTP_USER:
	case FTP_PASS: on_login_reply(ftp, reply); return;
	case FTP_CWD:
		if (reply->code >= 200 && reply->code < 300)
			send_directory(ftp);
		else
			fail(ftp, FAILURE_ACCESS, "the server does not enter the directory", reply);
		return;
	case FTP_TYPE:
		if (reply->code >= 200 && reply->code < 300)
			send_facts(ftp, FTP_TYPE);
		else
			fail(ftp, FAILURE_WEIRD_REPLY, "the server refuses the type", reply);
		return;
	case FTP_MDTM:
	case FTP_SIZE: on_fact_reply(ftp, reply); return;
	case FTP_EPSV:
	case FTP_PASV: on_passive_reply(ftp, reply); return;
	case FTP_REST:
		if (reply->code == 350)
			send_retrieve(ftp);
		else
			fail(ftp, FAILURE_RANGE, "the server cannot begin in the middle", reply);
		return;
	case FTP_RETR:
	case FTP_CONTENT: on_transfer_reply(ftp, reply); return;
	case FTP_OPENING:
	case FTP_OVER: return; /* what nobody asked for */
	}
}

void
ftp_receive(struct ftp *ftp, const char *octets, size_t bytes)
{
	for (size_t at = 0; at < bytes && ftp->state != FTP_OVER;) {
		struct ftp_reply reply;
		size_t taken;
		int read = ftp_reply_receive(&ftp->reader, octets + at, bytes - at, &taken, &reply);
		at += taken;
		if (read < 0)
			fail(ftp, FAILURE_WEIRD_REPLY, "what the server says is no FTP", NULL);
		if (read != 1)
			return;
		bool is_preliminary = reply.code < 200;
		if (is_preliminary && ++ftp->preliminary_count > FTP_PRELIMINARY_MAX)
			fail(ftp, FAILURE_WEIRD_REPLY, "the server keeps announcing replies",
			     &reply);
		else if (!is_preliminary || ftp->state == FTP_RETR)
			on_reply(ftp, &reply);
	}
}

void
ftp_end(struct ftp *ftp)
{
	if (ftp->state != FTP_OVER)
		fail(ftp, ftp->state == FTP_CONTENT ? FAILURE_PARTIAL : FAILURE_RECEIVE,
		     "the server closed the control connection", NULL);
}

void
ftp_data_opened(struct ftp *ftp)
{
	if (ftp->state != FTP_OPENING)
		return;
	if (ftp->options.first != 0)
		send_command(ftp, FTP_REST, "REST %" PRIu64, ftp->options.first);
	else
		send_retrieve(ftp);
}

void
ftp_data_ended(struct ftp *ftp, uint64_t bytes)
{
	ftp->is_data_over = true;
	ftp->content_bytes = bytes;
	if (ftp->state == FTP_CONTENT)
		check_complete(ftp);
}

void
ftp_next(struct ftp *ftp, struct ftp_action *action)
{
	*action = (struct ftp_action){ .kind = FTP_NOTHING, .modified_s = ftp->modified_s };
	if (ftp->state == FTP_OVER && ftp->failure.cause != FAILURE_NONE) {
		action->kind = FTP_FAILED;
		action->failure = &ftp->failure;
	} else if (ftp->has_command) {
		ftp->has_command = false;
		action->kind = FTP_SEND;
		action->command = span_of(ftp->command, ftp->command_bytes);
	} else if (ftp->has_port) {
		ftp->has_port = false;
		action->kind = FTP_OPEN_DATA;
		action->port = ftp->port;
	} else if (ftp->has_begun && !ftp->has_told_begin) {
		ftp->has_told_begin = true;
		action->kind = FTP_BEGIN;
		action->size =
			ftp->size == UINT64_MAX || ftp->size < ftp->options.first || ftp->is_text
				? UINT64_MAX
				: ftp->size - ftp->options.first;
	} else if (ftp->state == FTP_OVER) {
		action->kind = FTP_COMPLETE;
	}
}

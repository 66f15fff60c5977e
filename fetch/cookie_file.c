/* Netscape's cookies.txt, as curl and wget read and write it. */
#include <stdio.h>

#include "fetch/cookie.h"

#define COLUMNS 7u

static const struct span http_only_mark = SPAN_LITERAL("#HttpOnly_");

static bool
is_true(struct span text)
{
	return span_is_nocase(text, "TRUE");
}

static unsigned
split(struct span line, struct span columns[COLUMNS])
{
	unsigned count = 0;
	bool is_last = false;
	while (!is_last && count < COLUMNS) {
		size_t tab = count + 1 < COLUMNS ? span_find(line, '\t') : line.bytes;
		is_last = tab == line.bytes;
		columns[count++] = span_first(line, tab);
		line = span_from(line, is_last ? tab : tab + 1);
	}
	return count;
}

static int
read_columns(struct cookie_jar *jar, struct span line, int64_t now_s)
{
	struct span columns[COLUMNS] = { { NULL, 0 } };
	struct cookie flags = { .is_http_only = span_starts(line, http_only_mark) };
	uint64_t expiry_s;
	if (flags.is_http_only)
		line = span_from(line, http_only_mark.bytes);
	unsigned count = split(line, columns); /* an empty value may come without its tab */
	if (count < COLUMNS - 1 || !span_to_number(columns[4], INT64_MAX, &expiry_s))
		return ERR_MALFORMED;
	struct span domain = columns[0];
	flags.is_host_only = !is_true(columns[1]);
	flags.is_secure = is_true(columns[3]);
	flags.is_persistent = expiry_s != 0;
	flags.expiry_s = (int64_t)expiry_s;
	if (domain.bytes != 0 && domain.at[0] == '.')
		domain = span_from(domain, 1);
	/* One that begins as a remark would be read back as that, or as a flag. */
	if (domain.bytes == 0 || domain.at[0] == '.' || domain.at[0] == '#' || columns[2].bytes == 0 ||
	    columns[2].at[0] != '/' || columns[5].bytes + columns[6].bytes == 0)
		return ERR_MALFORMED;
	return cookie__jar_add(jar, &flags, columns[5], columns[6], domain, columns[2], now_s);
}

/* A head saved to a file: cookies that name their domain. */
static int
read_set_cookie(struct cookie_jar *jar, struct span value, int64_t now_s)
{
	struct set_cookie cookie;
	int err = set_cookie_read(value, now_s, &cookie);
	if (err != 0 || cookie.domain.bytes == 0)
		return ERR_MALFORMED;
	struct cookie_request request = { cookie.domain, SPAN("/"), true, false };
	return cookie_jar_put(jar, &cookie, &request, now_s);
}

static int
read_line(struct cookie_jar *jar, struct span line, int64_t now_s)
{
	const struct span field = SPAN("Set-Cookie:");
	if (span_starts_nocase(line, field))
		return read_set_cookie(jar, span_trim(span_from(line, field.bytes)), now_s);
	if (span_trim(line).bytes == 0 || (line.at[0] == '#' && !span_starts(line, http_only_mark)))
		return 0;
	return field_is_value(line) ? read_columns(jar, line, now_s) : ERR_MALFORMED;
}

unsigned
cookie_file_read(struct cookie_jar *jar, struct span text, int64_t now_s)
{
	unsigned skipped = 0;
	while (text.bytes != 0) {
		size_t end = span_find(text, '\n');
		struct span line = span_first(text, end);
		text = span_from(text, end < text.bytes ? end + 1 : end);
		if (line.bytes != 0 && line.at[line.bytes - 1] == '\r')
			line.bytes--;
		skipped += read_line(jar, line, now_s) != 0;
	}
	return skipped;
}

static void
put(struct writer *out, struct span span, char after)
{
	writer_bytes(out, span.at, span.bytes);
	writer_u8(out, (uint8_t)after);
}

int
cookie_file_write(const struct cookie_jar *jar, int64_t now_s, struct writer *out)
{
	static const char title[] = "# Netscape HTTP Cookie File\n"
				    "# Written by cairn-fetch. Edit at your own risk.\n\n";
	writer_bytes(out, title, sizeof title - 1);
	for (unsigned i = 0; i < jar->count; i++) {
		const struct cookie *cookie = &jar->cookies[i];
		if (cookie->is_persistent && cookie->expiry_s <= now_s)
			continue;
		char expiry[24];
		snprintf(expiry, sizeof expiry, "%lld",
			 cookie->is_persistent ? (long long)cookie->expiry_s : 0LL);
		if (cookie->is_http_only)
			writer_bytes(out, http_only_mark.at, http_only_mark.bytes);
		if (!cookie->is_host_only)
			writer_u8(out, '.');
		put(out, cookie_domain(jar, cookie), '\t');
		put(out, cookie->is_host_only ? SPAN("FALSE") : SPAN("TRUE"), '\t');
		put(out, cookie_path(jar, cookie), '\t');
		put(out, cookie->is_secure ? SPAN("TRUE") : SPAN("FALSE"), '\t');
		put(out, span_from_text(expiry), '\t');
		put(out, cookie_name(jar, cookie), '\t');
		put(out, cookie_value(jar, cookie), '\n');
	}
	return out->err;
}

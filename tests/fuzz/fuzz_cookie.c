/*
 * Any lines as Set-Cookie fields, then as a file of cookies: what the jar holds is written, read and written again the same,
 * and what is sent is a field value.
 */
#include <stdlib.h>

#include "fetch/cookie.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

#define NOW_S INT64_C(1790000000)

static void
check(bool holds)
{
	if (!holds)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static struct cookie_jar jar;
	static char first[1u << 20], second[1u << 20], sent[COOKIE_SEND_BYTES_MAX];
	struct cookie_request request = { SPAN("x.a.example"), SPAN("/x/y"), size % 2 != 0, false };
	struct span text = span_of(bytes, size), rest = text;
	if (size > sizeof first / 8)
		return 0;
	cookie_jar_init(&jar, NULL);
	while (rest.bytes != 0) {
		struct set_cookie cookie;
		struct span line = span_first(rest, span_find(rest, '\n'));
		rest = span_from(rest, line.bytes < rest.bytes ? line.bytes + 1 : line.bytes);
		if (set_cookie_read(line, NOW_S, &cookie) == 0)
			(void)cookie_jar_put(&jar, &cookie, &request, NOW_S);
	}
	(void)cookie_file_read(&jar, text, NOW_S);
	struct writer out = writer_over(sent, sizeof sent);
	cookie_jar_get(&jar, &request, NOW_S, &out);
	check(out.err == 0 && field_is_value(span_of(sent, out.pos)));

	out = writer_over(first, sizeof first);
	check(cookie_file_write(&jar, NOW_S, &out) == 0);
	size_t first_bytes = out.pos;
	cookie_jar_init(&jar, NULL);
	(void)cookie_file_read(&jar, span_of(first, first_bytes), NOW_S);
	out = writer_over(second, sizeof second);
	check(cookie_file_write(&jar, NOW_S, &out) == 0);
	check(out.pos == first_bytes && memcmp(first, second, first_bytes) == 0);
	return 0;
}

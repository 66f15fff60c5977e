/*
 * Any octets as a data: URL, a media type and a pattern of URLs: what comes out is bounded and reads as itself.
 */
#include <stdlib.h>

#include "fetch/base64.h"
#include "fetch/data_url.h"
#include "fetch/glob.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static _Alignas(8) char memory[1 << 20];

static void
check(bool holds)
{
	if (!holds)
		abort();
}

/* A media type that was written is read as the same. */
static void
check_type(struct span text, struct arena *arena)
{
	struct mime_type type, again;
	if (mime_type_parse(&type, text, arena) != 0)
		return;
	check(span_starts(type.whole, type.essence));
	check(mime_type_parse(&again, type.whole, arena) == 0);
	check(span_equals(type.whole, again.whole) && span_equals(type.essence, again.essence));
}

static void
check_data(struct span text, struct arena *arena)
{
	struct url url;
	struct data_url data;
	const struct url_context context = { .arena = arena };
	char *whole = arena_alloc(arena, text.bytes + 5);
	check(whole != NULL);
	memcpy(whole, "data:", 5);
	if (text.bytes != 0)
		memcpy(whole + 5, text.at, text.bytes);
	if (url_parse(&url, span_of(whole, text.bytes + 5), NULL, &context) != 0)
		return;
	if (data_url_open(&data, &url, arena) == 0)
		check(data.content.bytes <= url.href.bytes && data.type.essence.bytes >= 3);
}

static void
check_glob(struct span text, struct arena *arena)
{
	struct glob glob;
	struct span url;
	if (glob_parse(&glob, text) != 0) {
		check(glob.why != NULL && glob.column >= 1 && glob.column <= text.bytes + 1);
		return;
	}
	check(glob.url_count >= 1);
	check(glob_url(&glob, 0, arena, &url) == 0);
	check(glob_url(&glob, glob.url_count - 1, arena, &url) == 0);
	check(glob_name(&glob, glob.url_count / 2, text, arena, &url) == 0);
}

static void
check_base64(struct span text)
{
	static char encoded[BASE64_ENCODED_BYTES(4096)], decoded[4096 + 4];
	size_t bytes;
	base64_encode(text, encoded);
	check(base64_decode_forgiving(span_of(encoded, BASE64_ENCODED_BYTES(text.bytes)), decoded,
				      &bytes) == 0);
	check(span_equals(span_of(decoded, bytes), text));
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct arena arena;
	struct span text = span_of(bytes, size);
	if (size > 4096)
		return 0;
	arena_init(&arena, memory, sizeof memory);
	check_type(text, &arena);
	check_data(text, &arena);
	check_glob(text, &arena);
	check_base64(text);
	return 0;
}

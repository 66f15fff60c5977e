/*
 * A base, a NUL and a text: what is parsed obeys the laws, and the JSON of it is made. Two URLs of the
 * text against the same base also go through the parser without a report and without IDNA.
 */
#include <stdlib.h>

#include "fetch/idna_icu.h"
#include "fetch/url_json.h"
#include "tests/fetch/url_laws.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void
check(bool holds)
{
	if (!holds)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static _Alignas(8) char memory[1 << 20];
	static char out[1 << 20];
	static struct idna_icu icu;
	struct arena arena;
	struct json json;
	if (size > 4096)
		return 0;
	if (icu.idna.ops == NULL)
		idna_icu_init(&icu);

	struct span whole = span_of(bytes, size);
	size_t base_bytes = span_find(whole, '\0');
	struct span base = span_first(whole, base_bytes);
	struct span text = base_bytes < size ? span_from(whole, base_bytes + 1) : whole;
	check(url_laws_broken(text, base, &icu.idna) == NULL);
	check(url_laws_broken(text, base, NULL) == NULL);

	arena_init(&arena, memory, sizeof memory);
	json_init(&json, out, sizeof out);
	url_json_write(&json, text, base_bytes < size ? &base : NULL, &arena, &icu.idna);
	check(json.err == 0 && arena.used == 0);
	url_json_answer(&json, text, &arena, &icu.idna);
	check(arena.used == 0);
	return 0;
}

#include "fetch/coding.h"

static const char *const names[CODING_COUNT] = {
	[CODING_GZIP] = "gzip",
	[CODING_DEFLATE] = "deflate",
	[CODING_BR] = "br",
	[CODING_ZSTD] = "zstd",
};

const char *
coding_name(enum coding coding)
{
	return names[coding];
}

bool
coding_from_name(struct span name, enum coding *coding)
{
	for (unsigned i = 0; i < CODING_COUNT; i++) {
		if (span_is_nocase(name, names[i])) {
			*coding = (enum coding)i;
			return true;
		}
	}
	*coding = CODING_GZIP;
	return span_is_nocase(name, "x-gzip"); /* RFC 9110, section 8.4.1.3 */
}

int
codings_read(const struct fields *fields, struct codings *codings, struct span *unknown)
{
	struct field_elements elements = field_elements(fields, "Content-Encoding");
	codings->count = 0;
	while (field_elements_next(&elements, unknown)) {
		if (span_is_nocase(*unknown, "identity")) /* says nothing, and is sent */
			continue;
		if (codings->count == CODINGS_MAX)
			return ERR_TOO_BIG;
		if (!coding_from_name(*unknown, &codings->at[codings->count]))
			return ERR_UNSUPPORTED;
		codings->count++;
	}
	return 0;
}

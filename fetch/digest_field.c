#include "fetch/digest_field.h"

#include "fetch/base64.h"
#include "fetch/field.h"

#define BASE64_BYTES_MAX BASE64_ENCODED_BYTES(DIGEST_BYTES_MAX)

static const struct {
	const char *name, *function;
	size_t bytes;
} algorithms[] = { { "sha-256", "SHA256", 32 }, { "sha-512", "SHA512", 64 } }; /* the stronger one last */

/* `:BASE64:` with parameters behind it, a byte sequence (RFC 8941, section 3.3.5), or as it stands (RFC 3230). */
static bool
read_octets(struct span text, struct digest *digest)
{
	char decoded[BASE64_BYTES_MAX];
	size_t decoded_bytes;

	text = span_trim(span_first(text, span_find(text, ';')));
	if (text.bytes >= 2 && text.at[0] == ':' && text.at[text.bytes - 1] == ':')
		text = span_of(text.at + 1, text.bytes - 2);
	if (text.bytes > BASE64_BYTES_MAX || base64_decode_forgiving(text, decoded, &decoded_bytes) != 0 ||
	    decoded_bytes != digest->bytes)
		return false;
	memcpy(digest->octets, decoded, decoded_bytes);
	return true;
}

bool
digest_field_read(struct span value, struct digest *digest)
{
	struct span element;
	size_t best = 0; /* one behind the algorithm */

	while (field_list_next(&value, &element)) {
		size_t equals = span_find(element, '=');
		struct span name = span_trim(span_first(element, equals));
		for (size_t i = best; i < sizeof algorithms / sizeof algorithms[0] && equals < element.bytes; i++) {
			struct digest read = { .function = algorithms[i].function, .bytes = algorithms[i].bytes };
			if (!span_is_nocase(name, algorithms[i].name) || !read_octets(span_from(element, equals + 1), &read))
				continue;
			*digest = read;
			best = i + 1;
		}
	}
	return best != 0;
}

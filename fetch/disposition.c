#include "fetch/disposition.h"

#include "fetch/field.h"
#include "fetch/url_percent.h"
#include "fetch/utf8.h"

/* The value of a parameter: a quoted string with its quotes, or everything up to the next semicolon. */
static struct span
take_value(struct span *rest)
{
	struct span text = span_trim(*rest);
	size_t end = 0;
	if (text.bytes != 0 && text.at[0] == '"') {
		for (end = 1; end < text.bytes && text.at[end] != '"'; end++)
			end += text.at[end] == '\\';
		if (end >= text.bytes) { /* the quote that never ends is left out */
			*rest = (struct span){ NULL, 0 };
			return span_from(text, 1);
		}
		end++;
		*rest = span_from(text, end);
		return span_first(text, end);
	}
	end = span_find(text, ';');
	*rest = span_from(text, end);
	return span_trim(span_first(text, end));
}

/* The next `name=value`, whatever lies in between is skipped. */
static bool
take_parameter(struct span *rest, struct parameter *parameter)
{
	while (rest->bytes != 0) {
		size_t semicolon = span_find(*rest, ';');
		*rest = span_trim(
			span_from(*rest, semicolon < rest->bytes ? semicolon + 1 : semicolon));
		size_t end = 0;
		while (end < rest->bytes && field_is_token_octet(rest->at[end]))
			end++;
		parameter->name = span_first(*rest, end);
		struct span after = span_trim(span_from(*rest, end));
		if (end == 0 || after.bytes == 0 || after.at[0] != '=')
			continue;
		*rest = span_from(after, 1);
		parameter->value = take_value(rest);
		return true;
	}
	return false;
}

/* Percent-decoded into `text`; what is neither an escape nor an attr-char (RFC 8187, section 3.2.1) damages it. */
static bool
ext_value_decode(struct span coded, char *text, size_t text_bytes, size_t *bytes)
{
	for (*bytes = 0; coded.bytes != 0 && *bytes < text_bytes; (*bytes)++) {
		size_t taken = 1;
		text[*bytes] = coded.at[0];
		if (coded.at[0] == '%') {
			int high = coded.bytes > 2 ? percent_hex_value(coded.at[1]) : -1;
			int low = coded.bytes > 2 ? percent_hex_value(coded.at[2]) : -1;
			if (high < 0 || low < 0)
				return false;
			text[*bytes] = (char)(high << 4 | low);
			taken = 3;
		} else if (!field_is_token_octet(coded.at[0])) {
			return false;
		}
		coded = span_from(coded, taken);
	}
	return coded.bytes == 0;
}

/* charset "'" [ language ] "'" percent-encoded (RFC 8187, section 3.2). */
static int
read_extended(struct span value, char name[FILE_NAME_BYTES_MAX + 1])
{
	char text[DISPOSITION_VALUE_BYTES_MAX];
	size_t bytes, quote = span_find(value, '\'');
	struct span charset = span_first(value, quote);
	struct span rest = span_from(value, quote < value.bytes ? quote + 1 : quote);
	size_t second = span_find(rest, '\'');
	if (second == rest.bytes ||
	    !ext_value_decode(span_from(rest, second + 1), text, sizeof text, &bytes))
		return ERR_NOT_FOUND;
	struct span decoded = span_of(text, bytes);
	bool is_known = span_is_nocase(charset, "utf-8") ? utf8_is_valid(decoded.at, decoded.bytes)
							 : span_is_nocase(charset, "iso-8859-1");
	return is_known ? file_name_safe(decoded, name) : ERR_NOT_FOUND;
}

static int
read_plain(struct span value, char name[FILE_NAME_BYTES_MAX + 1])
{
	char text[DISPOSITION_VALUE_BYTES_MAX];
	size_t bytes;
	if (field_unquote(value, text, sizeof text, &bytes) != 0)
		return ERR_NOT_FOUND;
	return file_name_safe(span_of(text, bytes), name);
}

int
disposition_file_name(struct span value, char name[FILE_NAME_BYTES_MAX + 1])
{
	struct span rest = value;
	struct parameter parameter, plain = { .value = { NULL, 0 } };
	while (take_parameter(&rest, &parameter)) {
		if (span_is_nocase(parameter.name, "filename*") &&
		    read_extended(parameter.value, name) == 0)
			return 0;
		if (span_is_nocase(parameter.name, "filename") && plain.value.at == NULL)
			plain = parameter;
	}
	return plain.value.at != NULL ? read_plain(plain.value, name) : ERR_NOT_FOUND;
}

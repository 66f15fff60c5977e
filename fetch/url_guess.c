#include "fetch/url_guess.h"

const char *
url_guess_scheme(struct span text)
{
	static const char *const schemes[] = { "http:", "https:", "ftp:",
					       "file:", "data:",  "mailto:" };
	for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++) {
		if (span_starts_nocase(text, span_from_text(schemes[i])))
			return "";
	}
	size_t colon = span_find(text, ':');
	if (span_starts(span_from(text, colon), SPAN("://")))
		return "";
	return span_starts_nocase(text, SPAN("ftp.")) ? "ftp://" : "http://";
}

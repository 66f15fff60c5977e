#include "fetch/url_shown.h"

#include <stdio.h>
#include <string.h>

#include "fetch/printable.h"

#define SHOWN_BYTES 1024u

void
url_shown(const struct url *url, char *text, size_t text_bytes)
{
	const char *end = url->href.at + url->href.bytes;
	const size_t shown_bytes = url->href.bytes < text_bytes ? url->href.bytes : text_bytes - 1;

	if (url_has_credentials(url))
		(void)snprintf(text, text_bytes, "%.*s%.*s", (int)(url->username.at - url->href.at), url->href.at,
		               (int)(end - url->host.at), url->host.at);
	else
		*(char *)mempcpy(text, url->href.at, shown_bytes) = '\0';
}

/*
 * Where the authority begins: behind the slashes that follow a colon, or nothing.  URLs are read with any number of
 * slashes of either kind, and with tabs and newlines anywhere (WHATWG URL, section 4.4).
 */
static size_t
authority_begin(const char *written)
{
	size_t slash = strcspn(written, "/\\?#@"), before = slash;

	while (before > 0 && strchr("\t\r\n", written[before - 1]) != NULL)
		before--;
	if (before > 0 && written[before - 1] != ':')
		return 0;
	return slash + strspn(written + slash, "/\\\t\r\n");
}

void
url_shown_as_written(const char *written, bool is_url, char *text, size_t text_bytes)
{
	char shown[SHOWN_BYTES];

	if (strchr(written, '@') == NULL) { /* nobody's name or password */
		(void)printable_text(text, text_bytes, written, strlen(written));
		return;
	}
	const size_t begin = authority_begin(written);
	const char *authority = written + begin;
	const char *at = memrchr(authority, '@', is_url ? strcspn(authority, "/\\?#") : strlen(authority));

	(void)snprintf(shown, sizeof shown, "%.*s%s", (int)begin, written, at != NULL ? at + 1 : authority);
	(void)printable_text(text, text_bytes, shown, strlen(shown));
}

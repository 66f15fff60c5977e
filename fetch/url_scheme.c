#include "fetch/url_priv.h"

static const struct {
	struct span name;
	uint16_t port;
} specials[] = {
	[URL_NOT_SPECIAL] = { { NULL, 0 }, 0 },       [URL_FTP] = { SPAN_LITERAL("ftp"), 21 },
	[URL_FILE] = { SPAN_LITERAL("file"), 0 },     [URL_HTTP] = { SPAN_LITERAL("http"), 80 },
	[URL_HTTPS] = { SPAN_LITERAL("https"), 443 }, [URL_WS] = { SPAN_LITERAL("ws"), 80 },
	[URL_WSS] = { SPAN_LITERAL("wss"), 443 },
};

enum url_special
url__special(struct span scheme)
{
	for (enum url_special special = URL_FTP; special <= URL_WSS; special++) {
		if (span_equals(scheme, specials[special].name))
			return special;
	}
	return URL_NOT_SPECIAL;
}

uint16_t
url__default_port(enum url_special special)
{
	return specials[special].port;
}

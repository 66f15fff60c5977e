/*
 * proxy.h - which proxy a URL goes through: -x, the environment's words, and what is left out.
 *
 * A proxy is [SCHEME://][USER:PASSWORD@]HOST[:PORT] with http (the default), https, socks5 or socks5h; the port is 1080
 * unless given, 443 with https, as for curl.  Through SOCKS the proxy looks up the name, whichever of both words is used: what the user hides behind it
 * is not asked for here.
 *
 * Ownership: spans lie in the arena.
 * Errors:    ERR_MALFORMED, ERR_UNSUPPORTED (the scheme), ERR_NO_MEMORY.
 */
#ifndef CAIRN_FETCH_PROXY_H
#define CAIRN_FETCH_PROXY_H

#include "fetch/span.h"
#include "stack/base/arena.h"
#include "stack/base/err.h"

#define PROXY_PORT       1080u
#define PROXY_HTTPS_PORT 443u

enum proxy_kind { PROXY_NONE, PROXY_HTTP, PROXY_SOCKS5 };

struct proxy {
	enum proxy_kind kind;
	bool is_secure;   /* https: TLS is spoken with the proxy itself */
	const char *host; /* terminated, an IPv6 address without brackets */
	uint16_t port;
	bool has_login;
	struct span user, password;
};

/* Empty text: no proxy. */
int proxy_read(struct proxy *proxy, struct span text, struct arena *arena);

/* The list of no_proxy: domains with all below them, addresses, or "*", by commas and spaces. */
bool proxy_is_left_out(struct span list, struct span host);

#endif

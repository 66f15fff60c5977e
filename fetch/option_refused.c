#include "fetch/option_refused.h"

#include <string.h>

#define TRACES     "is curl's; --verbose tells what is sent and received, and --journey what every layer did, and when"
#define RESOLVERS  "is curl's; --resolver names who is asked: self, or addresses"
#define NO_SCHEME  "is not done: logins are --basic, --digest, --anyauth and --oauth2-bearer"
#define NO_SOCKET  "is not done: Cairn has a TCP of its own, and no sockets of the kernel"
#define NO_HTTP_3  "is not done: HTTP/2 and HTTP/1.1 are spoken"

static const struct {
	const char *name, *instead;
} refused[] = {
	{ "trace", TRACES },
	{ "trace-ascii", TRACES },
	{ "trace-config", TRACES },
	{ "trace-ids", TRACES },
	{ "trace-time", TRACES },
	{ "libcurl", "is curl's; --journey=har is a record that other tools read" },
	{ "dns-servers", RESOLVERS },
	{ "dns-ipv4-addr", RESOLVERS },
	{ "dns-ipv6-addr", RESOLVERS },
	{ "dns-interface", RESOLVERS },
	{ "doh-url", "is not done: names are asked of a daemon of Cairn, of the root (--resolver self) or of an address" },
	{ "http3", NO_HTTP_3 },
	{ "http3-only", NO_HTTP_3 },
	{ "http2-prior-knowledge", "is not done: HTTP/2 is agreed on in TLS" },
	{ "ntlm", NO_SCHEME },
	{ "negotiate", NO_SCHEME },
	{ "aws-sigv4", NO_SCHEME },
	{ "unix-socket", NO_SOCKET },
	{ "abstract-unix-socket", NO_SOCKET },
	{ "tcp-fastopen", "is not done" },
	{ "tcp-nodelay", "is always so" },
	{ "path-as-is", "is not done: a URL's path is read as browsers read it" },
	{ "variable", "is curl's; a shell has variables" },
	{ "recursive", "is wget's; --mirror follows links, --level says how far" },
	{ "page-requisites", "is wget's; --requisites does it" },
	{ "continue", "is wget's; -C - does it" },
	{ "input-file", "is wget's; -K FILE reads options and URLs (url = \"...\")" },
	{ "output-document", "is wget's; -o FILE does it" },
	{ "tries", "is wget's; --retry says how often" },
	{ "timestamping", "is wget's; -z FILE -R does it" },
	{ "no-check-certificate", "is wget's; -k does it" },
	{ "directory-prefix", "is wget's; --output-dir DIR does it" },
	{ "spider", "is wget's; -I asks for the head only" },
	{ "timeout", "is wget's; --connect-timeout and --max-time bound what takes long" },
};

const char *
option_refused(const char *name, size_t bytes)
{
	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
		if (strlen(refused[i].name) == bytes && memcmp(refused[i].name, name, bytes) == 0)
			return refused[i].instead;
	return NULL;
}

#include "fetch/option_table.h"

#include <stdint.h>
#include <string.h>

#include "fetch/settings.h"

#define OF_URL(field) false, offsetof(struct settings, field)
#define OF_RUN(field) true, offsetof(struct run_settings, field)
#define NOWHERE       true, 0
#define SHORT         true /* in the short help too */
#define LONG          false

#define OUTPUT   CATEGORY_OUTPUT
#define REQUEST  CATEGORY_REQUEST
#define AUTH     CATEGORY_AUTH
#define TRANSFER CATEGORY_TRANSFER
#define NETWORK  CATEGORY_NETWORK
#define SECURITY CATEGORY_TLS
#define MIRROR   CATEGORY_MIRROR
#define TOOL     CATEGORY_TOOL

#define SWITCH(letter, name, category, is_short, where, help)                                      \
	{                                                                                          \
		letter, name, OPTION_SWITCH, 0, NULL, category, is_short, where, help              \
	}
#define VALUE(letter, name, value, category, is_short, where, help)                                \
	{                                                                                          \
		letter, name, OPTION_VALUE, value, NULL, category, is_short, where, help           \
	}
#define WITH(kind, letter, name, argument, category, is_short, where, help)                        \
	{                                                                                          \
		letter, name, OPTION_##kind, 0, argument, category, is_short, where, help          \
	}
#define LIST(letter, name, argument, value, category, is_short, where, help)                       \
	{                                                                                          \
		letter, name, OPTION_LIST, value, argument, category, is_short, where, help        \
	}
#define ACTION(letter, name, argument, action, category, is_short, help)                           \
	{                                                                                          \
		letter, name, OPTION_ACTION, ACTION_##action, argument, category, is_short,        \
			NOWHERE, help                                                              \
	}

const struct option_row option_table[] = {
	LIST('o', "output", "FILE", OUTPUT_FILE, OUTPUT, SHORT, OF_URL(outputs),
	     "write to FILE instead of standard output"),
	{ 'O', "remote-name", OPTION_MARK, OUTPUT_REMOTE_NAME, NULL, OUTPUT, SHORT, OF_URL(outputs),
	  "write to a file named like the last part of the URL's path" },
	SWITCH('\0', "remote-name-all", OUTPUT, LONG, OF_URL(names_all),
	       "treat every URL without -o as if -O were given"),
	SWITCH('J', "remote-header-name", OUTPUT, LONG, OF_URL(names_by_header),
	       "let the server name the file (RFC 6266), with -O"),
	WITH(TEXT, '\0', "output-dir", "DIR", OUTPUT, LONG, OF_URL(output_directory),
	     "write files into DIR"),
	SWITCH('\0', "create-dirs", OUTPUT, LONG, OF_URL(creates_directories),
	       "create the directories that -o and --output-dir name"),
	SWITCH('\0', "clobber", OUTPUT, LONG, OF_URL(clobbers),
	       "replace files that exist; --no-clobber writes FILE.1 and so on"),
	SWITCH('\0', "skip-existing", OUTPUT, LONG, OF_URL(skips_existing),
	       "fetch nothing for a file that exists"),
	SWITCH('\0', "remove-on-error", OUTPUT, LONG, OF_URL(removes_on_error),
	       "remove the part file when the transfer fails"),
	SWITCH('R', "remote-time", OUTPUT, LONG, OF_URL(keeps_time),
	       "give the file the time of Last-Modified"),
	WITH(TEXT, '\0', "checksum", "ALGORITHM:HEX", OUTPUT, LONG, OF_URL(checksum),
	     "fail unless the content has this digest, as in sha256:9f86..."),
	SWITCH('i', "show-headers", OUTPUT, SHORT, OF_URL(shows_head),
	       "write status line and fields before the content"),
	SWITCH('\0', "include", OUTPUT, LONG, OF_URL(shows_head),
	       "the older name of --show-headers"),
	WITH(TEXT, 'D', "dump-header", "FILE", OUTPUT, LONG, OF_URL(header_file),
	     "write status lines and fields to FILE"),
	WITH(TEXT, 'w', "write-out", "FORMAT", OUTPUT, SHORT, OF_URL(write_out),
	     "write FORMAT after each transfer, with %{variables}"),
	{ '\0', "journey", OPTION_WORDS, 0, NULL, OUTPUT, SHORT, OF_RUN(journey),
	  "tell the whole way of each request; --journey=text,json,svg,html,har,pcapng picks the forms" },
	WITH(TEXT, '\0', "journey-file", "FILE", OUTPUT, LONG, OF_RUN(journey_file),
	     "write the journey to FILE instead of standard error"),
	SWITCH('\0', "hops", OUTPUT, LONG, OF_RUN(has_hops),
	       "find the routers on the way to each server, for the journey"),
	SWITCH('\0', "journey-secrets", OUTPUT, LONG, OF_RUN(journey_secrets),
	       "tell credentials and cookies too, and the secrets of TLS in pcapng, for Wireshark to decrypt"),
	WITH(TEXT, '\0', "journey-diff", "BEFORE", OUTPUT, LONG, OF_RUN(journey_before),
	     "fetch nothing: tell what changed between two files of --journey=json, BEFORE and the next"),
	WITH(TEXT, '\0', "replay", "FILE", OUTPUT, LONG, OF_RUN(replay),
	     "fetch nothing: show the journey that --journey=json has written to FILE"),
	WITH(TEXT, '\0', "json-report", "FILE", OUTPUT, LONG, OF_RUN(report_file),
	     "write a line of JSON to FILE for each transfer"),
	SWITCH('f', "fail", OUTPUT, SHORT, OF_URL(fails),
	       "fail for a status of 400 and above, without its content"),
	SWITCH('\0', "fail-with-body", OUTPUT, LONG, OF_URL(fails_with_body),
	       "the same, but write the content"),
	SWITCH('\0', "fail-early", OUTPUT, LONG, OF_RUN(fails_early),
	       "end at the first transfer that fails"),
	SWITCH('s', "silent", OUTPUT, SHORT, OF_RUN(is_silent), "show neither progress nor errors"),
	SWITCH('S', "show-error", OUTPUT, SHORT, OF_RUN(shows_errors),
	       "show errors even with --silent"),
	SWITCH('N', "no-buffer", OUTPUT, LONG, OF_RUN(is_unbuffered),
	       "write content as it comes, which is done anyhow"),
	SWITCH('v', "verbose", OUTPUT, SHORT, OF_RUN(is_verbose),
	       "tell what is done, sent (>) and received (<)"),
	SWITCH('#', "progress-bar", OUTPUT, LONG, OF_RUN(wants_bar), "show progress as a bar"),
	SWITCH('\0', "progress-meter", OUTPUT, LONG, OF_RUN(has_progress),
	       "show progress; --no-progress-meter shows none"),
	WITH(TEXT, '\0', "progress", "KIND", OUTPUT, LONG, OF_RUN(progress),
	     "show progress as bar, plain, json or none"),

	SWITCH('\0', "dry-run", REQUEST, LONG, OF_RUN(is_dry),
	       "send nothing and ask nobody: show on standard output what would be sent"),
	WITH(TEXT, 'X', "request", "METHOD", REQUEST, SHORT, OF_URL(method),
	     "use METHOD instead of GET"),
	WITH(LINES, 'H', "header", "FIELD", REQUEST, SHORT, OF_URL(fields),
	     "send this header field; `Name:' leaves one out, @FILE reads them"),
	WITH(TEXT, 'A', "user-agent", "NAME", REQUEST, SHORT, OF_URL(user_agent),
	     "send User-Agent: NAME"),
	WITH(TEXT, 'e', "referer", "URL", REQUEST, LONG, OF_URL(referer), "send Referer: URL"),
	SWITCH('I', "head", REQUEST, SHORT, OF_URL(is_head), "ask for the head only"),
	LIST('d', "data", "DATA", DATA_TEXT, REQUEST, SHORT, OF_URL(data),
	     "send DATA as a form, with POST; @FILE reads it without its line ends"),
	LIST('\0', "data-ascii", "DATA", DATA_TEXT, REQUEST, LONG, OF_URL(data),
	     "another name of --data"),
	LIST('\0', "data-raw", "DATA", DATA_RAW, REQUEST, LONG, OF_URL(data),
	     "the same, where @ means itself"),
	LIST('\0', "data-binary", "DATA", DATA_BINARY, REQUEST, LONG, OF_URL(data),
	     "the same, octet by octet"),
	LIST('\0', "data-urlencode", "DATA", DATA_URLENCODE, REQUEST, LONG, OF_URL(data),
	     "the same, percent-encoded: TEXT, =TEXT, NAME=TEXT, @FILE, NAME@FILE"),
	LIST('\0', "json", "DATA", DATA_JSON, REQUEST, LONG, OF_URL(data),
	     "send DATA as JSON, with POST"),
	LIST('F', "form", "NAME=CONTENT", FORM_FIELD, REQUEST, SHORT, OF_URL(forms),
	     "send a form of parts, with POST; =@FILE is an upload, =<FILE text; ;type=, ;filename="),
	LIST('\0', "form-string", "NAME=TEXT", FORM_STRING, REQUEST, LONG, OF_URL(forms),
	     "the same, and TEXT is taken as it stands"),
	SWITCH('G', "get", REQUEST, LONG, OF_URL(is_get),
	       "put the data into the URL's query and use GET"),
	LIST('T', "upload-file", "FILE", 0, REQUEST, SHORT, OF_URL(uploads),
	     "send FILE with PUT; - is standard input"),
	WITH(TEXT, 'r', "range", "RANGE", REQUEST, LONG, OF_URL(range),
	     "ask for a part: 0-499, 500-, -500"),
	WITH(TEXT, 'z', "time-cond", "TIME", REQUEST, LONG, OF_URL(time_condition),
	     "only if newer than TIME, a date or a file; -TIME: only if not"),
	WITH(TEXT, '\0', "etag-compare", "FILE", REQUEST, LONG, OF_URL(etag_compare),
	     "only if the entity tag is no more that in FILE"),
	WITH(TEXT, '\0', "etag-save", "FILE", REQUEST, LONG, OF_URL(etag_save),
	     "keep the entity tag of what has come in FILE"),
	LIST('\0', "url-query", "DATA", DATA_QUERY, REQUEST, LONG, OF_URL(url_queries),
	     "add DATA to the URL's query, as --data-urlencode encodes it; +TEXT as it stands"),
	SWITCH('\0', "compressed", REQUEST, SHORT, OF_URL(is_compressed),
	       "ask for compressed content and decompress it"),
	SWITCH('\0', "http0.9", REQUEST, LONG, OF_URL(allows_http_0_9),
	       "take a reply without a header for content"),
	SWITCH('0', "http1.0", REQUEST, LONG, OF_URL(is_http_1_0), "speak HTTP/1.0"),
	ACTION('\0', "http1.1", NULL, HTTP_1_1, REQUEST, LONG, "speak HTTP/1.1"),
	ACTION('\0', "http2", NULL, HTTP_2, REQUEST, LONG,
	       "speak HTTP/2 where a server of https offers it (default)"),

	WITH(TEXT, 'u', "user", "NAME:PASSWORD", AUTH, SHORT, OF_URL(user), "log in at the server"),
	VALUE('\0', "basic", AUTH_BASIC, AUTH, LONG, OF_URL(auth_scheme),
	      "log in at once, the password readable by all on the way (default)"),
	VALUE('\0', "digest", AUTH_DIGEST, AUTH, LONG, OF_URL(auth_scheme),
	      "log in when the server challenges, with a digest (RFC 7616)"),
	VALUE('\0', "anyauth", AUTH_ANY, AUTH, LONG, OF_URL(auth_scheme),
	      "log in when the server challenges, in the best way that it offers"),
	WITH(TEXT, '\0', "oauth2-bearer", "TOKEN", AUTH, LONG, OF_URL(bearer),
	     "log in with a bearer token (RFC 6750)"),

	SWITCH('n', "netrc", AUTH, LONG, OF_URL(has_netrc), "log in as ~/.netrc says for the host"),
	WITH(TEXT, '\0', "netrc-file", "FILE", AUTH, LONG, OF_URL(netrc_file),
	     "the same, from FILE"),
	LIST('b', "cookie", "DATA", 0, AUTH, LONG, OF_URL(cookies),
	     "send these cookies, as in a=1; without a `=', read them from a file"),
	WITH(TEXT, 'c', "cookie-jar", "FILE", AUTH, LONG, OF_URL(cookie_jar),
	     "write all cookies to FILE at the end"),
	SWITCH('j', "junk-session-cookies", AUTH, LONG, OF_URL(is_new_session),
	       "leave out cookies that end with a session"),

	SWITCH('L', "location", TRANSFER, SHORT, OF_URL(follows), "follow redirects"),
	WITH(COUNT, '\0', "max-redirs", "NUMBER", TRANSFER, LONG, OF_URL(redirects_max),
	     "follow at most so many redirects (50)"),
	SWITCH('\0', "location-trusted", TRANSFER, LONG, OF_URL(trusts_location),
	       "follow redirects, and send login and fields to other hosts too"),
	WITH(TEXT, '\0', "proto", "SCHEMES", TRANSFER, LONG, OF_URL(protocols),
	     "fetch only these: =https alone, -http all but it; http, https, ftp, file, data, all"),
	WITH(TEXT, '\0', "proto-redir", "SCHEMES", TRANSFER, LONG, OF_URL(redirect_protocols),
	     "the same for redirects, of http, https and ftp"),
	SWITCH('\0', "post301", TRANSFER, LONG, OF_URL(keeps_post_301), "keep POST after a 301"),
	SWITCH('\0', "post302", TRANSFER, LONG, OF_URL(keeps_post_302), "keep POST after a 302"),
	SWITCH('\0', "post303", TRANSFER, LONG, OF_URL(keeps_post_303), "keep POST after a 303"),
	WITH(TEXT, 'C', "continue-at", "OFFSET", TRANSFER, SHORT, OF_URL(resume_from),
	     "resume at OFFSET; - resumes where the part file ends"),
	WITH(COUNT, '\0', "retry", "NUMBER", TRANSFER, SHORT, OF_URL(retries_max),
	     "try again so often after what may pass"),
	WITH(SECONDS, '\0', "retry-delay", "SECONDS", TRANSFER, LONG, OF_URL(retry_delay_us),
	     "wait so long before a retry, not 1, 2, 4 ... seconds"),
	WITH(SECONDS, '\0', "retry-max-time", "SECONDS", TRANSFER, LONG, OF_URL(retry_time_max_us),
	     "begin no retry after so long"),
	SWITCH('\0', "retry-all-errors", TRANSFER, LONG, OF_URL(retries_all),
	       "retry whatever the failure"),
	SWITCH('\0', "retry-connrefused", TRANSFER, LONG, OF_URL(retries_refused),
	       "retry also when no connection could be opened"),
	WITH(SECONDS, 'm', "max-time", "SECONDS", TRANSFER, SHORT, OF_URL(time_max_us),
	     "fail when a transfer takes longer"),
	WITH(SECONDS, '\0', "connect-timeout", "SECONDS", TRANSFER, LONG,
	     OF_URL(connect_timeout_us), "fail when name, connection and TLS take longer"),
	WITH(COUNT, 'Y', "speed-limit", "OCTETS", TRANSFER, LONG, OF_URL(speed_limit),
	     "fail when slower than this many octets a second"),
	WITH(SECONDS, 'y', "speed-time", "SECONDS", TRANSFER, LONG, OF_URL(speed_time_us),
	     "... for so long (30)"),
	WITH(BYTES, '\0', "limit-rate", "RATE", TRANSFER, LONG, OF_URL(rate_limit),
	     "receive at most RATE octets a second; k, M, G are powers of 1024"),
	WITH(RATE, '\0', "rate", "NUMBER/UNIT", TRANSFER, LONG, OF_RUN(start_interval_us),
	     "begin at most so many transfers a unit: s, m, h or d, as in 3/m or 1/10s"),
	WITH(BYTES, '\0', "max-filesize", "SIZE", TRANSFER, LONG, OF_URL(size_max),
	     "fail when the content is larger"),
	SWITCH('Z', "parallel", TRANSFER, SHORT, OF_RUN(is_parallel), "fetch several URLs at once"),
	WITH(COUNT, '\0', "parallel-max", "NUMBER", TRANSFER, LONG, OF_RUN(parallel_max),
	     "at most so many at once (50)"),
	SWITCH('\0', "keepalive", TRANSFER, LONG, OF_URL(is_kept_alive),
	       "use connections again; --no-keepalive opens one a request"),

	VALUE('4', "ipv4", 4, NETWORK, SHORT, OF_URL(family), "use IPv4 only"),
	VALUE('6', "ipv6", 6, NETWORK, SHORT, OF_URL(family), "use IPv6 only"),
	WITH(TEXT, 'x', "proxy", "URL", NETWORK, SHORT, OF_URL(proxy),
	     "go through this proxy: http://, https:// or socks5://"),
	WITH(TEXT, 'U', "proxy-user", "NAME:PASSWORD", NETWORK, LONG, OF_URL(proxy_user),
	     "log in at the proxy"),
	WITH(TEXT, '\0', "proxy-cacert", "FILE", NETWORK, LONG, OF_URL(proxy_ca_file),
	     "trust the certificates in FILE for a proxy of https, not the system's"),
	SWITCH('\0', "proxy-insecure", NETWORK, LONG, OF_URL(is_proxy_insecure),
	       "accept any certificate of a proxy of https"),
	WITH(TEXT, '\0', "noproxy", "HOSTS", NETWORK, LONG, OF_URL(no_proxy),
	     "go to these hosts without a proxy: domains, addresses, or *"),
	WITH(TEXT, '\0', "resolver", "WHO", NETWORK, SHORT, OF_RUN(resolver),
	     "who answers for names: daemon, self, or addresses"),
	LIST('\0', "resolve", "HOST:PORT:ADDRESS", 0, NETWORK, LONG, OF_URL(resolves),
	     "use these addresses, with commas, for HOST and PORT"),
	LIST('\0', "connect-to", "HOST:PORT:HOST:PORT", 0, NETWORK, LONG, OF_URL(connects),
	     "connect to the second where the URL says the first"),
	WITH(TEXT, '\0', "interface", "NAME", NETWORK, LONG, OF_URL(interface),
	     "connect from this address of the host, or from those of this device"),
	WITH(MILLISECONDS, '\0', "happy-eyeballs-timeout-ms", "MILLISECONDS", NETWORK, LONG,
	     OF_URL(attempt_delay_us), "try the next address after so long (250)"),
	WITH(TEXT, '\0', "link", "KIND", NETWORK, LONG, OF_RUN(link),
	     "be on the network as the host (raw) or as a station of its own (packet, tap, xdp)"),
	WITH(TEXT, '\0', "device", "NAME", NETWORK, LONG, OF_RUN(device),
	     "the device of --link packet, tap or xdp"),
	WITH(TEXT, '\0', "address", "ADDRESS/BITS", NETWORK, LONG, OF_RUN(address),
	     "addresses of the station, with commas; without, DHCP and routers are asked"),
	WITH(TEXT, '\0', "gateway", "ADDRESS", NETWORK, LONG, OF_RUN(gateway),
	     "gateways of the station, with commas"),
	WITH(TEXT, '\0', "capture", "FILE", NETWORK, LONG, OF_RUN(capture),
	     "write every packet to FILE (pcapng)"),
	WITH(TEXT, '\0', "faults", "LIST", NETWORK, LONG, OF_RUN(faults),
	     "make the line bad on purpose, as in loss=1%,delay=20ms"),

	SWITCH('k', "insecure", SECURITY, SHORT, OF_URL(is_insecure), "accept any certificate"),
	WITH(TEXT, '\0', "cacert", "FILE", SECURITY, LONG, OF_URL(ca_file),
	     "trust the certificates in FILE (PEM) instead of the system's"),
	WITH(TEXT, '\0', "capath", "DIR", SECURITY, LONG, OF_URL(ca_directory),
	     "trust the certificates in DIR, named by their hashes"),

	WITH(TEXT, 'E', "cert", "FILE", SECURITY, LONG, OF_URL(certificate),
	     "show the server this certificate (PEM)"),
	WITH(TEXT, '\0', "key", "FILE", SECURITY, LONG, OF_URL(key),
	     "the private key of --cert (PEM)"),
	WITH(TEXT, '\0', "pass", "PASSWORD", SECURITY, LONG, OF_URL(key_password),
	     "the password of an encrypted --key"),
	WITH(TEXT, '\0', "pinnedpubkey", "KEYS", SECURITY, LONG, OF_URL(pins),
	     "only a server with this public key: a file, or sha256//BASE64 with semicolons"),
	WITH(TEXT, '\0', "hsts", "FILE", SECURITY, LONG, OF_URL(hsts_file),
	     "remember in FILE which hosts are for https only (RFC 6797)"),
	VALUE('\0', "tlsv1.2", 2, SECURITY, LONG, OF_URL(tls_version_min),
	      "accept TLS 1.2 and later"),
	VALUE('\0', "tlsv1.3", 3, SECURITY, LONG, OF_URL(tls_version_min), "accept TLS 1.3 only"),
	WITH(TEXT, '\0', "tls-max", "VERSION", SECURITY, LONG, OF_URL(tls_version_max),
	     "accept no later version: 1.2 or 1.3"),
	WITH(TEXT, '\0', "ciphers", "LIST", SECURITY, LONG, OF_URL(ciphers),
	     "offer these ciphers of TLS 1.2, in OpenSSL's words"),
	WITH(TEXT, '\0', "tls13-ciphers", "LIST", SECURITY, LONG, OF_URL(ciphers_1_3),
	     "offer these ciphers of TLS 1.3"),

	SWITCH('\0', "requisites", MIRROR, SHORT, OF_URL(has_requisites),
	       "fetch pages with their images, styles, scripts and fonts, into directories by host"),
	SWITCH('\0', "mirror", MIRROR, SHORT, OF_URL(is_mirror),
	       "follow links without a limit of depth, on the same host"),
	WITH(COUNT, '\0', "level", "NUMBER", MIRROR, LONG, OF_URL(level_max),
	     "follow links so far"),
	SWITCH('\0', "span-hosts", MIRROR, LONG, OF_URL(spans_hosts), "follow links to other hosts too"),
	SWITCH('\0', "parent", MIRROR, LONG, OF_URL(follows_parents),
	       "follow links above the URL's directory; --no-parent stays below"),
	SWITCH('\0', "robots", MIRROR, LONG, OF_URL(heeds_robots),
	       "heed robots.txt (RFC 9309) when links are followed; --no-robots does not"),
	SWITCH('\0', "convert-links", MIRROR, LONG, OF_URL(converts_links),
	       "let fetched pages refer to each other's files"),
	WITH(SECONDS, '\0', "wait", "SECONDS", MIRROR, LONG, OF_URL(wait_us),
	     "wait so long between two requests of a mirror"),
	SWITCH('\0', "random-wait", MIRROR, LONG, OF_URL(waits_random),
	       "... or half to one and a half of that"),
	WITH(TEXT, '\0', "accept", "NAMES", MIRROR, LONG, OF_URL(accept),
	     "keep only files with these endings, or of these patterns, with commas"),
	WITH(TEXT, '\0', "reject", "NAMES", MIRROR, LONG, OF_URL(reject),
	     "keep no files with these endings, or of these patterns"),
	WITH(BYTES, '\0', "quota", "SIZE", MIRROR, LONG, OF_URL(quota),
	     "begin no further file of a mirror once so much has come"),
	SWITCH('\0', "host-directories", MIRROR, LONG, OF_URL(has_host_directories),
	       "name a directory like the host; --no-host-directories does not"),
	WITH(COUNT, '\0', "cut-dirs", "NUMBER", MIRROR, LONG, OF_URL(cut_directories),
	     "leave so many directories of a URL's path out of the file's"),

	ACTION('\0', "url", "URL", URL, TOOL, LONG, "fetch URL"),
	SWITCH('g', "globoff", TOOL, LONG, OF_URL(has_no_globs),
	       "take URLs as they stand: {a,b} and [1-9] are text"),
	ACTION(':', "next", NULL, NEXT, TOOL, LONG,
	       "begin anew: the options that follow are for the URLs that follow"),
	ACTION('K', "config", "FILE", CONFIG, TOOL, LONG,
	       "read options from FILE; - is standard input"),
	ACTION('q', "disable", NULL, NO_CONFIG, TOOL, LONG,
	       "read no configuration file; must come first"),
	WITH(TEXT, '\0', "parse-url", "FILE", TOOL, LONG, OF_RUN(url_input),
	     "show how URLs are understood: lines of JSON in and out; - is standard input"),
	ACTION('\0', "completion", "SHELL", COMPLETION, TOOL, LONG,
	       "write completions for bash, zsh or fish"),
	ACTION('h', "help", NULL, HELP, TOOL, SHORT,
	       "tell the options: --help [all | category | CATEGORY | OPTION]"),
	ACTION('V', "version", NULL, VERSION, TOOL, SHORT, "tell the version"),
};

const size_t option_count = sizeof option_table / sizeof option_table[0];

const char *
option_category_name(enum option_category category)
{
	static const char *const names[] = {
		[CATEGORY_OUTPUT] = "output",   [CATEGORY_REQUEST] = "request",
		[CATEGORY_AUTH] = "auth",       [CATEGORY_TRANSFER] = "transfer",
		[CATEGORY_NETWORK] = "network", [CATEGORY_TLS] = "tls",
		[CATEGORY_MIRROR] = "mirror",   [CATEGORY_TOOL] = "tool",
	};
	return names[category];
}

const struct option_row *
option_by_letter(char letter)
{
	for (size_t i = 0; i < option_count && letter != '\0'; i++) {
		if (option_table[i].letter == letter)
			return &option_table[i];
	}
	return NULL;
}

const struct option_row *
option_by_name(const char *name, size_t bytes)
{
	for (size_t i = 0; i < option_count; i++) {
		if (strlen(option_table[i].name) == bytes &&
		    memcmp(option_table[i].name, name, bytes) == 0)
			return &option_table[i];
	}
	return NULL;
}

/* Edit distance (Levenshtein), one row at a time; long words count as far from everything. */
static unsigned
distance(const char *a, size_t a_bytes, const char *b)
{
	unsigned row[40];
	size_t b_bytes = strlen(b);
	if (b_bytes + 1 > sizeof row / sizeof row[0])
		return UINT32_MAX;

	for (size_t j = 0; j <= b_bytes; j++)
		row[j] = (unsigned)j;
	for (size_t i = 1; i <= a_bytes; i++) {
		unsigned diagonal = row[0];
		row[0] = (unsigned)i;
		for (size_t j = 1; j <= b_bytes; j++) {
			unsigned changed = diagonal + (a[i - 1] != b[j - 1]);
			unsigned added = (row[j] < row[j - 1] ? row[j] : row[j - 1]) + 1;
			diagonal = row[j];
			row[j] = changed < added ? changed : added;
		}
	}
	return row[b_bytes];
}

const struct option_row *
option_nearest(const char *name, size_t bytes)
{
	const struct option_row *nearest = NULL;
	unsigned best = 2 + (unsigned)(bytes / 4); /* further away it is another word */

	for (size_t i = 0; i < option_count; i++) {
		unsigned here = distance(name, bytes, option_table[i].name);
		if (here < best) {
			best = here;
			nearest = &option_table[i];
		}
	}
	return nearest;
}

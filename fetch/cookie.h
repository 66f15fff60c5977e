/*
 * cookie.h - cookies: Set-Cookie, the jar, Cookie (RFC 6265bis, sections 5 and 7), and Netscape's file of them.
 *
 * A command line has no site that it is visiting, so SameSite is read and kept out of decisions. The list of public suffixes
 * comes as a function; without it every name of one label counts as one.
 *
 * Ownership: a jar lives in memory that the caller lends, texts included; cookie_jar_get lends nothing, it writes.
 * Units:     seconds since 1970 (now_s), octets.
 * Errors:    ERR_MALFORMED (no cookie), ERR_PERMISSION (not this host's to set), ERR_TOO_BIG, ERR_FULL.
 * Bounds:    below; when the jar is full, the expired go, then the longest unused of the domain with too many, then of all.
 */
#ifndef CAIRN_FETCH_COOKIE_H
#define CAIRN_FETCH_COOKIE_H

#include "fetch/head.h"
#include "stack/base/cursor.h"

#define COOKIE_PAIR_BYTES_MAX      4096u /* name and value; RFC 6265bis, section 5.6 */
#define COOKIE_ATTRIBUTE_BYTES_MAX 1024u
#define COOKIE_AGE_S_MAX           (400 * 86400) /* section 5.5 */
#define COOKIE_JAR_MAX             3000u
#define COOKIE_DOMAIN_MAX          180u  /* of one domain */
#define COOKIE_RECEIVE_MAX         50u   /* Set-Cookie fields of one response, as curl */
#define COOKIE_SEND_MAX            150u  /* in one request */
#define COOKIE_SEND_BYTES_MAX      8190u /* what servers take in one line */
#define COOKIE_JAR_TEXT_BYTES      (1024u * 1024u)

/* Who asks and who answered: the parts of the URL that cookies go by. */
struct cookie_request {
	struct span host; /* canonical: lower case, ASCII; an address without brackets */
	struct span path; /* "/a/b" */
	bool is_secure;   /* https */
	bool is_address;  /* no domain: IPv4 or IPv6 */
};

/* Set-Cookie, read (section 5.6); spans are of the field's value. */
struct set_cookie {
	struct span name, value, domain,
		path; /* domain without its leading dot; `at` NULL: not given */
	bool has_expiry, is_secure, is_http_only;
	int64_t expiry_s;
};
int set_cookie_read(struct span value, int64_t now_s, struct set_cookie *cookie);

/* The forgiving date of cookies (section 5.1.1). */
int cookie_date_read(struct span text, int64_t *time_s);

struct cookie {
	uint32_t text_at; /* name, value, domain, path in a row */
	uint16_t name_bytes, value_bytes, domain_bytes, path_bytes;
	bool is_host_only, is_secure, is_http_only;
	bool is_persistent; /* has an expiry; others end with the session */
	int64_t expiry_s;
	uint64_t created, used; /* counts of the jar: order, not time */
};

struct cookie_suffixes {
	bool (*is_public_suffix)(void *data, struct span domain);
	void *data;
};

struct cookie_jar {
	const struct cookie_suffixes *suffixes; /* NULL: the rule of one label */
	unsigned count;
	uint64_t clock; /* of `created` and `used` */
	size_t text_used;
	struct cookie cookies[COOKIE_JAR_MAX];
	char text[COOKIE_JAR_TEXT_BYTES];
};

void cookie_jar_init(struct cookie_jar *jar, const struct cookie_suffixes *suffixes);
struct span cookie_name(const struct cookie_jar *jar, const struct cookie *cookie);
struct span cookie_value(const struct cookie_jar *jar, const struct cookie *cookie);
struct span cookie_domain(const struct cookie_jar *jar, const struct cookie *cookie);
struct span cookie_path(const struct cookie_jar *jar, const struct cookie *cookie);

/* One cookie into the jar (section 5.7), or out of it when it has expired. */
int cookie_jar_put(struct cookie_jar *jar, const struct set_cookie *cookie,
		   const struct cookie_request *request, int64_t now_s);
/* All Set-Cookie of a response; the number that was refused. */
unsigned cookie_jar_receive(struct cookie_jar *jar, const struct fields *fields,
			    const struct cookie_request *request, int64_t now_s);
/* The value of Cookie (section 5.8.3): "a=b; c=d"; nothing is written when no cookie fits. */
void cookie_jar_get(struct cookie_jar *jar, const struct cookie_request *request, int64_t now_s,
		    struct writer *out);
void cookie_jar_end_session(struct cookie_jar *jar); /* -j: drops what has no expiry */

/*
 * Netscape's file: domain, subdomains, path, secure, expiry, name, value, with tabs between; also lines of "Set-Cookie:".
 * Reading skips what it cannot read and counts it; ERR_FULL when writing.
 */
unsigned cookie_file_read(struct cookie_jar *jar, struct span text, int64_t now_s);
int cookie_file_write(const struct cookie_jar *jar, int64_t now_s, struct writer *out);

/* ---- inside of the module ------------------------------------------------------------------------ */

/* Section 5.1.3 and 5.1.4. */
bool cookie__domain_matches(struct span host, struct span domain, bool is_address);
bool cookie__path_matches(struct span request_path, struct span cookie_path);
int cookie__jar_add(struct cookie_jar *jar, const struct cookie *flags, struct span name,
		    struct span value, struct span domain, struct span path, int64_t now_s);

#endif

/* The jar (RFC 6265bis, sections 5.7 and 5.8.3). Cookies and their texts stand in the same order, oldest first. */
#include "fetch/cookie.h"

void
cookie_jar_init(struct cookie_jar *jar, const struct cookie_suffixes *suffixes)
{
	jar->suffixes = suffixes;
	jar->count = 0;
	jar->clock = 0;
	jar->text_used = 0;
}

struct span
cookie_name(const struct cookie_jar *jar, const struct cookie *cookie)
{
	return span_of(jar->text + cookie->text_at, cookie->name_bytes);
}

struct span
cookie_value(const struct cookie_jar *jar, const struct cookie *cookie)
{
	return span_of(jar->text + cookie->text_at + cookie->name_bytes, cookie->value_bytes);
}

struct span
cookie_domain(const struct cookie_jar *jar, const struct cookie *cookie)
{
	return span_of(jar->text + cookie->text_at + cookie->name_bytes + cookie->value_bytes,
		       cookie->domain_bytes);
}

struct span
cookie_path(const struct cookie_jar *jar, const struct cookie *cookie)
{
	struct span domain = cookie_domain(jar, cookie);
	return span_of(domain.at + domain.bytes, cookie->path_bytes);
}

static size_t
text_bytes(const struct cookie *cookie)
{
	return (size_t)cookie->name_bytes + cookie->value_bytes + cookie->domain_bytes +
	       cookie->path_bytes;
}

/* ---- removing ------------------------------------------------------------------------------------ */

static void
remove_at(struct cookie_jar *jar, unsigned at)
{
	size_t bytes = text_bytes(&jar->cookies[at]), from = jar->cookies[at].text_at;
	memmove(jar->text + from, jar->text + from + bytes, jar->text_used - from - bytes);
	jar->text_used -= bytes;
	jar->count--;
	memmove(&jar->cookies[at], &jar->cookies[at + 1],
		(jar->count - at) * sizeof jar->cookies[0]);
	for (unsigned i = at; i < jar->count; i++)
		jar->cookies[i].text_at -= (uint32_t)bytes;
}

static bool
has_expired(const struct cookie *cookie, int64_t now_s)
{
	return cookie->is_persistent && cookie->expiry_s <= now_s;
}

static void
remove_expired(struct cookie_jar *jar, int64_t now_s)
{
	for (unsigned i = jar->count; i-- > 0;) {
		if (has_expired(&jar->cookies[i], now_s))
			remove_at(jar, i);
	}
}

/* The longest unused of a domain (`at` NULL: of all); jar->count when there is none. */
static unsigned
find_unused(const struct cookie_jar *jar, struct span domain)
{
	unsigned found = jar->count;
	for (unsigned i = 0; i < jar->count; i++) {
		if (domain.at != NULL && !span_equals(cookie_domain(jar, &jar->cookies[i]), domain))
			continue;
		if (found == jar->count || jar->cookies[i].used < jar->cookies[found].used)
			found = i;
	}
	return found;
}

static unsigned
domain_count(const struct cookie_jar *jar, struct span domain)
{
	unsigned count = 0;
	for (unsigned i = 0; i < jar->count; i++)
		count += span_equals(cookie_domain(jar, &jar->cookies[i]), domain);
	return count;
}

static void
make_room(struct cookie_jar *jar, struct span domain, size_t bytes, int64_t now_s)
{
	bool is_crowded = domain_count(jar, domain) >= COOKIE_DOMAIN_MAX;
	if (!is_crowded && jar->count < COOKIE_JAR_MAX &&
	    bytes <= sizeof jar->text - jar->text_used)
		return;
	remove_expired(jar, now_s);
	while (domain_count(jar, domain) >= COOKIE_DOMAIN_MAX)
		remove_at(jar, find_unused(jar, domain));
	while (jar->count >= COOKIE_JAR_MAX || bytes > sizeof jar->text - jar->text_used)
		remove_at(jar, find_unused(jar, (struct span){ NULL, 0 }));
}

void
cookie_jar_end_session(struct cookie_jar *jar)
{
	for (unsigned i = jar->count; i-- > 0;) {
		if (!jar->cookies[i].is_persistent)
			remove_at(jar, i);
	}
}

/* ---- putting ------------------------------------------------------------------------------------- */

static unsigned
find_same(const struct cookie_jar *jar, struct span name, struct span domain, struct span path,
	  bool is_host_only)
{
	unsigned i = 0;
	for (; i < jar->count; i++) {
		const struct cookie *cookie = &jar->cookies[i];
		if (cookie->is_host_only == is_host_only &&
		    span_equals(cookie_name(jar, cookie), name) &&
		    span_equals_nocase(cookie_domain(jar, cookie), domain) &&
		    span_equals(cookie_path(jar, cookie), path))
			break;
	}
	return i;
}

static void
append_text(struct cookie_jar *jar, struct span text, bool is_lower)
{
	for (size_t i = 0; i < text.bytes; i++)
		jar->text[jar->text_used++] = is_lower ? span_lower(text.at[i]) : text.at[i];
}

int
cookie__jar_add(struct cookie_jar *jar, const struct cookie *flags, struct span name,
		struct span value, struct span domain, struct span path, int64_t now_s)
{
	struct cookie cookie = *flags;
	if (name.bytes + value.bytes > COOKIE_PAIR_BYTES_MAX ||
	    domain.bytes > COOKIE_ATTRIBUTE_BYTES_MAX || path.bytes > COOKIE_ATTRIBUTE_BYTES_MAX)
		return ERR_TOO_BIG;
	cookie.created = ++jar->clock;
	cookie.used = cookie.created;
	unsigned same = find_same(jar, name, domain, path, cookie.is_host_only);
	if (same < jar->count) { /* the place in the order is kept (section 5.7, step 23) */
		cookie.created = jar->cookies[same].created;
		remove_at(jar, same);
	}
	if (has_expired(&cookie, now_s))
		return 0;
	make_room(jar, domain, name.bytes + value.bytes + domain.bytes + path.bytes, now_s);
	cookie.text_at = (uint32_t)jar->text_used;
	cookie.name_bytes = (uint16_t)name.bytes;
	cookie.value_bytes = (uint16_t)value.bytes;
	cookie.domain_bytes = (uint16_t)domain.bytes;
	cookie.path_bytes = (uint16_t)path.bytes;
	append_text(jar, name, false);
	append_text(jar, value, false);
	append_text(jar, domain, true);
	append_text(jar, path, false);
	jar->cookies[jar->count++] = cookie;
	return 0;
}

static bool
is_public_suffix(const struct cookie_jar *jar, struct span domain)
{
	if (jar->suffixes != NULL)
		return jar->suffixes->is_public_suffix(jar->suffixes->data, domain);
	return span_find(domain, '.') == domain.bytes;
}

static bool
is_ascii(struct span text)
{
	for (size_t i = 0; i < text.bytes; i++) {
		if ((unsigned char)text.at[i] >= 0x80)
			return false;
	}
	return true;
}

/* Section 5.7, steps 8 to 10: whose the cookie is to be. */
static int
decide_domain(const struct cookie_jar *jar, const struct set_cookie *cookie,
	      const struct cookie_request *request, struct span *domain, bool *is_host_only)
{
	*domain = request->host;
	*is_host_only = true;
	if (cookie->domain.bytes == 0)
		return 0;
	if (!is_ascii(cookie->domain))
		return ERR_PERMISSION;
	if (is_public_suffix(jar, cookie->domain)) /* ...co.uk may have its own, for itself alone */
		return span_equals_nocase(cookie->domain, request->host) ? 0 : ERR_PERMISSION;
	if (!cookie__domain_matches(request->host, cookie->domain, request->is_address))
		return ERR_PERMISSION;
	*domain = cookie->domain;
	*is_host_only = request->is_address;
	return 0;
}

/* Section 5.1.4: up to the last slash, which does not count unless it is the first. */
static struct span
default_path(struct span path)
{
	size_t slash = path.bytes;
	while (slash > 0 && path.at[slash - 1] != '/')
		slash--;
	return slash > 1 && path.at[0] == '/' ? span_first(path, slash - 1) : SPAN("/");
}

/* Section 4.1.3: names that promise how they were set; also in a value without a name. */
static bool
keeps_promise(const struct set_cookie *cookie, const struct cookie_request *request,
	      struct span path, bool is_host_only)
{
	struct span name = cookie->name.bytes != 0 ? cookie->name : cookie->value;
	bool is_secure = span_starts_nocase(name, SPAN("__Secure-"));
	bool is_host = span_starts_nocase(name, SPAN("__Host-"));
	if ((is_secure || is_host) &&
	    (cookie->name.bytes == 0 || !cookie->is_secure || !request->is_secure))
		return false;
	return !is_host || (is_host_only && cookie->domain.bytes == 0 && span_is(path, "/") &&
			    cookie->path.at != NULL);
}

/* Section 5.7, step 15: what came over http does not shadow what https has set. */
static bool
shadows_secure(const struct cookie_jar *jar, const struct set_cookie *cookie, struct span domain,
	       struct span path)
{
	for (unsigned i = 0; i < jar->count; i++) {
		const struct cookie *other = &jar->cookies[i];
		struct span other_domain = cookie_domain(jar, other);
		if (other->is_secure && span_equals(cookie_name(jar, other), cookie->name) &&
		    (cookie__domain_matches(domain, other_domain, false) ||
		     cookie__domain_matches(other_domain, domain, false)) &&
		    cookie__path_matches(path, cookie_path(jar, other)))
			return true;
	}
	return false;
}

int
cookie_jar_put(struct cookie_jar *jar, const struct set_cookie *cookie,
	       const struct cookie_request *request, int64_t now_s)
{
	struct span domain, path = cookie->path;
	bool is_host_only;
	int err = decide_domain(jar, cookie, request, &domain, &is_host_only);
	if (err != 0)
		return err;
	if (path.at == NULL)
		path = default_path(request->path);
	if ((cookie->is_secure && !request->is_secure) ||
	    !keeps_promise(cookie, request, path, is_host_only) ||
	    (!request->is_secure && shadows_secure(jar, cookie, domain, path)))
		return ERR_PERMISSION;
	struct cookie flags = {
		.is_host_only = is_host_only,
		.is_secure = cookie->is_secure,
		.is_http_only = cookie->is_http_only,
		.is_persistent = cookie->has_expiry,
		.expiry_s = cookie->expiry_s,
	};
	return cookie__jar_add(jar, &flags, cookie->name, cookie->value, domain, path, now_s);
}

unsigned
cookie_jar_receive(struct cookie_jar *jar, const struct fields *fields,
		   const struct cookie_request *request, int64_t now_s)
{
	unsigned refused = 0, count = 0;
	const struct field *field = NULL;
	while ((field = fields_find(fields, "Set-Cookie", field)) != NULL) {
		struct set_cookie cookie;
		bool is_taken = count++ < COOKIE_RECEIVE_MAX &&
				set_cookie_read(field->value, now_s, &cookie) == 0 &&
				cookie_jar_put(jar, &cookie, request, now_s) == 0;
		refused += !is_taken;
	}
	return refused;
}

/* ---- getting ------------------------------------------------------------------------------------- */

static bool
fits(const struct cookie_jar *jar, const struct cookie *cookie,
     const struct cookie_request *request, int64_t now_s)
{
	struct span domain = cookie_domain(jar, cookie);
	bool is_domain = cookie->is_host_only ? span_equals_nocase(request->host, domain)
					      : cookie__domain_matches(request->host, domain,
								       request->is_address);
	return is_domain && !has_expired(cookie, now_s) &&
	       (!cookie->is_secure || request->is_secure) &&
	       cookie__path_matches(request->path, cookie_path(jar, cookie));
}

/* Longer paths first, among equals the older (section 5.8.3). */
static bool
goes_before(const struct cookie *a, const struct cookie *b)
{
	return a->path_bytes != b->path_bytes ? a->path_bytes > b->path_bytes
					      : a->created < b->created;
}

static void
put_pair(const struct cookie_jar *jar, const struct cookie *cookie, struct writer *out)
{
	struct span name = cookie_name(jar, cookie), value = cookie_value(jar, cookie);
	size_t separator = out->pos != 0 ? 2 : 0, equals = name.bytes != 0 ? 1 : 0;
	size_t bytes = separator + name.bytes + equals + value.bytes;
	if (bytes > out->end - out->pos || out->pos + bytes > COOKIE_SEND_BYTES_MAX)
		return; /* a cookie that does not fit stays at home, whole */
	writer_bytes(out, "; ", separator);
	writer_bytes(out, name.at, name.bytes);
	writer_bytes(out, "=", equals);
	writer_bytes(out, value.at, value.bytes);
}

void
cookie_jar_get(struct cookie_jar *jar, const struct cookie_request *request, int64_t now_s,
	       struct writer *out)
{
	struct cookie *chosen[COOKIE_SEND_MAX];
	unsigned count = 0;
	for (unsigned i = 0; i < jar->count && count < COOKIE_SEND_MAX; i++) {
		if (!fits(jar, &jar->cookies[i], request, now_s))
			continue;
		unsigned at = count++;
		for (; at > 0 && goes_before(&jar->cookies[i], chosen[at - 1]); at--)
			chosen[at] = chosen[at - 1];
		chosen[at] = &jar->cookies[i];
	}
	for (unsigned i = 0; i < count; i++) {
		chosen[i]->used = ++jar->clock;
		put_pair(jar, chosen[i], out);
	}
}

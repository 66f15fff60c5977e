/* One Set-Cookie field, and what matches what (RFC 6265bis, sections 5.1 and 5.6). */
#include "fetch/cookie.h"

bool
cookie__domain_matches(struct span host, struct span domain, bool is_address)
{
	if (span_equals_nocase(host, domain))
		return true;
	return !is_address && host.bytes > domain.bytes && domain.bytes != 0 &&
	       host.at[host.bytes - domain.bytes - 1] == '.' &&
	       span_equals_nocase(span_from(host, host.bytes - domain.bytes), domain);
}

bool
cookie__path_matches(struct span request_path, struct span cookie_path)
{
	if (!span_starts(request_path, cookie_path))
		return false;
	return request_path.bytes == cookie_path.bytes ||
	       cookie_path.at[cookie_path.bytes - 1] == '/' ||
	       request_path.at[cookie_path.bytes] == '/';
}

/* Everything that RFC 6265bis calls a control, and the tab, which Netscape's file cannot hold. */
static bool
has_controls(struct span text)
{
	for (size_t i = 0; i < text.bytes; i++) {
		unsigned char c = (unsigned char)text.at[i];
		if (c < 0x20 || c == 0x7f)
			return true;
	}
	return false;
}

static struct span
take_part(struct span *rest, char end)
{
	size_t bytes = span_find(*rest, end);
	struct span part = span_first(*rest, bytes);
	*rest = span_from(*rest, bytes < rest->bytes ? bytes + 1 : bytes);
	return part;
}

static int
read_pair(struct span pair, struct set_cookie *cookie)
{
	if (span_find(pair, '=') < pair.bytes)
		cookie->name = span_trim(take_part(&pair, '='));
	cookie->value = span_trim(pair);
	if (cookie->name.bytes + cookie->value.bytes == 0 || has_controls(cookie->name) ||
	    has_controls(cookie->value))
		return ERR_MALFORMED;
	return cookie->name.bytes + cookie->value.bytes <= COOKIE_PAIR_BYTES_MAX ? 0 : ERR_TOO_BIG;
}

/* Max-Age: digits, or a minus and digits; too many digits are a long time. */
static bool
read_max_age(struct span text, int64_t now_s, int64_t *expiry_s)
{
	bool is_negative = text.bytes > 1 && text.at[0] == '-';
	struct span digits = is_negative ? span_from(text, 1) : text;
	uint64_t age_s = COOKIE_AGE_S_MAX;
	for (size_t i = 0; i < digits.bytes; i++) {
		if (digits.at[i] < '0' || digits.at[i] > '9')
			return false;
	}
	if (digits.bytes == 0)
		return false;
	if (!span_to_number(digits, COOKIE_AGE_S_MAX, &age_s))
		age_s = COOKIE_AGE_S_MAX;
	*expiry_s = is_negative || age_s == 0 ? INT64_MIN : now_s + (int64_t)age_s;
	return true;
}

static void
read_attribute(struct span name, struct span value, int64_t now_s, bool *has_max_age,
	       struct set_cookie *cookie)
{
	int64_t time_s;
	if (span_is_nocase(name, "Expires") && !*has_max_age &&
	    cookie_date_read(value, &time_s) == 0) {
		cookie->has_expiry = true;
		cookie->expiry_s =
			time_s < now_s + COOKIE_AGE_S_MAX ? time_s : now_s + COOKIE_AGE_S_MAX;
	} else if (span_is_nocase(name, "Max-Age") && read_max_age(value, now_s, &time_s)) {
		*has_max_age = cookie->has_expiry = true;
		cookie->expiry_s = time_s;
	} else if (span_is_nocase(name, "Domain")) {
		cookie->domain =
			value.bytes != 0 && value.at[0] == '.' ? span_from(value, 1) : value;
	} else if (span_is_nocase(name, "Path")) {
		cookie->path =
			value.bytes != 0 && value.at[0] == '/' ? value : (struct span){ NULL, 0 };
	} else if (span_is_nocase(name, "Secure")) {
		cookie->is_secure = true;
	} else if (span_is_nocase(name, "HttpOnly")) {
		cookie->is_http_only = true;
	}
}

int
set_cookie_read(struct span value, int64_t now_s, struct set_cookie *cookie)
{
	bool has_max_age = false;
	*cookie = (struct set_cookie){ .has_expiry = false };
	int err = read_pair(take_part(&value, ';'), cookie);
	while (err == 0 && value.bytes != 0) {
		struct span attribute = take_part(&value, ';');
		if (has_controls(attribute))
			return ERR_MALFORMED;
		struct span name = span_trim(take_part(&attribute, '='));
		struct span text = span_trim(attribute);
		if (text.bytes <= COOKIE_ATTRIBUTE_BYTES_MAX)
			read_attribute(name, text, now_s, &has_max_age, cookie);
	}
	return err;
}

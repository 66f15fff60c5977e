#include "fetch/url_priv.h"
#include "fetch/utf8.h"

#define FORBIDDEN_HOST_CODE_POINTS "\t\n\r #/:<>?@[\\]^|" /* and NUL */

static bool
is_forbidden_host_code_point(char c)
{
	return c == '\0' || strchr(FORBIDDEN_HOST_CODE_POINTS, c) != NULL;
}

bool
url__is_forbidden_domain_code_point(char c)
{
	return is_forbidden_host_code_point(c) || (uint8_t)c < 0x20 || c == '%' || c == 0x7f;
}

static bool
is_ascii(struct span text)
{
	for (size_t i = 0; i < text.bytes; i++) {
		if ((uint8_t)text.at[i] >= 0x80)
			return false;
	}
	return true;
}

/* Also false for U+FFFD itself: the domain parser fails on both. */
static bool
is_utf8(struct span text)
{
	for (size_t at = 0; at < text.bytes;) {
		if (utf8_next(text.at, text.bytes, &at) == UTF8_REPLACEMENT)
			return false;
	}
	return true;
}

static void
set_host(struct url_parser *parser, enum url_host_kind kind, struct span host)
{
	parser->url.host_kind = kind;
	parser->url.host = host;
}

static int
parse_opaque_host(struct url_parser *parser, struct span text)
{
	for (size_t i = 0; i < text.bytes; i++) {
		if (is_forbidden_host_code_point(text.at[i]))
			return url__fail(parser, URL_ERROR_HOST_INVALID_CODE_POINT);
	}
	size_t at = parser->out_used;
	url__append_encoded(parser, text, PERCENT_C0_CONTROL);
	set_host(parser, text.bytes != 0 ? URL_HOST_OPAQUE : URL_HOST_EMPTY,
		 url__out_from(parser, at));
	return 0;
}

static int
parse_ipv6_host(struct url_parser *parser, struct span text)
{
	char serialised[URL_IPV6_TEXT_BYTES + 1];
	if (!span_ends(text, SPAN("]")))
		return url__fail(parser, URL_ERROR_IPV6_UNCLOSED);
	int err =
		url__parse_ipv6(parser, span_of(text.at + 1, text.bytes - 2), parser->url.address);
	if (err != 0)
		return err;
	size_t at = parser->out_used;
	url__append(parser, SPAN("["));
	url__append(parser,
		    span_of(serialised, url__serialise_ipv6(parser->url.address, serialised)));
	url__append(parser, SPAN("]"));
	set_host(parser, URL_HOST_IPV6, url__out_from(parser, at));
	return 0;
}

static int
parse_ipv4_host(struct url_parser *parser, struct span domain)
{
	char serialised[URL_IPV4_TEXT_BYTES + 1];
	int err = url__parse_ipv4(parser, domain, parser->url.address);
	if (err != 0)
		return err;
	size_t at = parser->out_used;
	url__append(parser,
		    span_of(serialised, url__serialise_ipv4(parser->url.address, serialised)));
	set_host(parser, URL_HOST_IPV4, url__out_from(parser, at));
	return 0;
}

/* An ASCII domain is itself in lower case, whatever its xn-- labels decode to (web compatibility). */
static int
lower_domain(struct url_parser *parser, char *domain, size_t domain_bytes, struct span *ascii)
{
	for (size_t i = 0; i < domain_bytes; i++)
		domain[i] = span_lower(domain[i]);
	*ascii = span_of(domain, domain_bytes);
	if (!idna_is_strict_ascii(*ascii))
		url__warn(parser, URL_ERROR_DOMAIN_TO_ASCII);
	return 0;
}

static int
domain_to_ascii(struct url_parser *parser, char *domain, size_t domain_bytes, struct span *ascii)
{
	struct idna *idna = parser->context->idna;
	bool is_strict = false;
	if (!is_utf8(span_of(domain, domain_bytes)))
		return url__fail(parser, URL_ERROR_DOMAIN_TO_ASCII);
	if (idna == NULL)
		return ERR_UNSUPPORTED;
	struct span mapped = span_of(domain, idna_premap(span_of(domain, domain_bytes), domain));
	size_t rest_bytes, ascii_bytes;
	char *rest = arena_rest(parser->context->arena, &rest_bytes);
	int err = idna->ops->to_ascii(idna, mapped, rest, rest_bytes, &ascii_bytes, &is_strict);
	if (err == ERR_MALFORMED)
		return url__fail(parser, URL_ERROR_DOMAIN_TO_ASCII);
	if (err != 0)
		return err;
	arena_keep(parser->context->arena, ascii_bytes);
	*ascii = span_of(rest, ascii_bytes);
	if (!is_strict)
		url__warn(parser, URL_ERROR_DOMAIN_TO_ASCII);
	return 0;
}

/* The domain parser, with beStrict false. */
static int
parse_domain(struct url_parser *parser, char *domain, size_t domain_bytes, struct span *ascii)
{
	int err = is_ascii(span_of(domain, domain_bytes))
			  ? lower_domain(parser, domain, domain_bytes, ascii)
			  : domain_to_ascii(parser, domain, domain_bytes, ascii);
	if (err != 0)
		return err;
	if (ascii->bytes == 0)
		return url__fail(parser, URL_ERROR_DOMAIN_TO_ASCII);
	for (size_t i = 0; i < ascii->bytes; i++) {
		if (url__is_forbidden_domain_code_point(ascii->at[i]))
			return url__fail(parser, URL_ERROR_DOMAIN_TO_ASCII);
	}
	return 0;
}

int
url__parse_host(struct url_parser *parser, struct span text)
{
	if (span_starts(text, SPAN("[")))
		return parse_ipv6_host(parser, text);
	if (!url__is_special(parser))
		return parse_opaque_host(parser, text);

	struct span ascii;
	char *domain = arena_copy(parser->context->arena, text.at, text.bytes);
	if (domain == NULL)
		return ERR_NO_MEMORY;
	size_t domain_bytes = percent_decode(text, domain);
	bool is_ascii_input = is_ascii(span_of(domain, domain_bytes));
	if (domain_bytes != text.bytes)
		url__warn(parser, URL_ERROR_DOMAIN_PERCENT_ENCODED);
	int err = parse_domain(parser, domain, domain_bytes, &ascii);
	if (err != 0)
		return err;
	if (!url__ends_in_a_number(ascii)) {
		set_host(parser, URL_HOST_DOMAIN, ascii);
		return 0;
	}
	if (!is_ascii_input)
		url__warn(parser, URL_ERROR_IPV4_NON_ASCII_INPUT);
	return parse_ipv4_host(parser, ascii);
}

#include "fetch/url_priv.h"

/*
 * The basic URL parser (WHATWG URL Standard, section 4.4), a function for each state. A handler looks
 * at c, consumes what it takes and says which state is next; where the standard decreases its
 * pointer, a handler here consumes nothing.
 */
enum state {
	SCHEME_START_STATE,
	SCHEME_STATE,
	NO_SCHEME_STATE,
	SPECIAL_RELATIVE_OR_AUTHORITY_STATE,
	PATH_OR_AUTHORITY_STATE,
	RELATIVE_STATE,
	RELATIVE_SLASH_STATE,
	SPECIAL_AUTHORITY_SLASHES_STATE,
	SPECIAL_AUTHORITY_IGNORE_SLASHES_STATE,
	AUTHORITY_STATE,
	HOST_STATE,
	PORT_STATE,
	FILE_STATE,
	FILE_SLASH_STATE,
	FILE_HOST_STATE,
	PATH_START_STATE,
	PATH_STATE,
	OPAQUE_PATH_STATE,
	QUERY_STATE,
	FRAGMENT_STATE,
	DONE, /* the EOF code point was seen */
};

void
url__warn(const struct url_parser *parser, enum url_error error)
{
	struct url_report *report = parser->context->report;
	if (report == NULL)
		return;
	for (unsigned i = 0; i < report->error_count; i++) {
		if (report->errors[i] == error)
			return;
	}
	report->errors[report->error_count++] = (uint8_t)error;
}

int
url__fail(const struct url_parser *parser, enum url_error error)
{
	url__warn(parser, error);
	if (parser->context->report != NULL)
		parser->context->report->failure = error;
	return ERR_MALFORMED;
}

static bool
is_alpha(int c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool
is_digit(int c)
{
	return c >= '0' && c <= '9';
}

static bool
is_slash(const struct url_parser *parser, int c)
{
	return c == '/' || (c == '\\' && url__is_special(parser));
}

/* Past a slash or backslash; the latter is worth a warning. */
static void
consume_slash(struct url_parser *parser)
{
	if (url__c(parser) == '\\')
		url__warn(parser, URL_ERROR_INVALID_REVERSE_SOLIDUS);
	parser->pointer++;
}

static bool
base_is_file(const struct url_parser *parser)
{
	return parser->base != NULL && parser->base->special == URL_FILE;
}

static void
take_authority_of_base(struct url_parser *parser)
{
	const struct url *base = parser->base;
	parser->url.username = base->username;
	parser->url.password = base->password;
	parser->url.host = base->host;
	parser->url.host_kind = base->host_kind;
	memcpy(parser->url.address, base->address, sizeof base->address);
	parser->url.port = base->port;
	parser->url.has_port = base->has_port;
}

static void
take_path_and_query_of_base(struct url_parser *parser)
{
	parser->url.path = parser->base->path;
	parser->url.query = parser->base->query;
	parser->url.has_query = parser->base->has_query;
	parser->url.has_opaque_path = parser->base->has_opaque_path;
}

static void
set_scheme(struct url_parser *parser, struct span scheme, enum url_special special)
{
	parser->url.scheme = scheme;
	parser->url.special = special;
}

static int
scheme_start_state(struct url_parser *parser, enum state *state)
{
	*state = is_alpha(url__c(parser)) ? SCHEME_STATE : NO_SCHEME_STATE;
	return 0;
}

static size_t
scheme_bytes(struct span text)
{
	size_t i = 0;
	while (i < text.bytes && (is_alpha(text.at[i]) || is_digit(text.at[i]) ||
				  text.at[i] == '+' || text.at[i] == '-' || text.at[i] == '.'))
		i++;
	return i;
}

static int
scheme_state(struct url_parser *parser, enum state *state)
{
	size_t bytes = scheme_bytes(parser->input), at = parser->out_used;
	if (bytes == parser->input.bytes || parser->input.at[bytes] != ':') {
		*state = NO_SCHEME_STATE;
		return 0;
	}
	url__append(parser, span_first(parser->input, bytes));
	for (size_t i = at; i < parser->out_used; i++)
		parser->out[i] = span_lower(parser->out[i]);
	struct span scheme = url__out_from(parser, at);
	set_scheme(parser, scheme, url__special(scheme));
	parser->pointer = bytes + 1;

	const struct url *base = parser->base;
	if (parser->url.special == URL_FILE) {
		if (!span_starts(url__rest(parser), SPAN("//")))
			url__warn(parser, URL_ERROR_SPECIAL_SCHEME_MISSING_FOLLOWING_SOLIDUS);
		*state = FILE_STATE;
	} else if (url__is_special(parser) && base != NULL &&
		   base->special == parser->url.special) {
		*state = SPECIAL_RELATIVE_OR_AUTHORITY_STATE;
	} else if (url__is_special(parser)) {
		*state = SPECIAL_AUTHORITY_SLASHES_STATE;
	} else if (url__c(parser) == '/') {
		parser->pointer++;
		*state = PATH_OR_AUTHORITY_STATE;
	} else {
		*state = OPAQUE_PATH_STATE;
	}
	return 0;
}

static int
no_scheme_state(struct url_parser *parser, enum state *state)
{
	const struct url *base = parser->base;
	if (base == NULL || (base->has_opaque_path && url__c(parser) != '#'))
		return url__fail(parser, URL_ERROR_MISSING_SCHEME_NON_RELATIVE_URL);
	if (!base->has_opaque_path) {
		*state = base->special == URL_FILE ? FILE_STATE : RELATIVE_STATE;
		return 0;
	}
	set_scheme(parser, base->scheme, base->special);
	take_path_and_query_of_base(parser);
	parser->pointer++;
	*state = FRAGMENT_STATE;
	return 0;
}

static int
special_relative_or_authority_state(struct url_parser *parser, enum state *state)
{
	if (span_starts(url__rest(parser), SPAN("//"))) {
		parser->pointer += 2;
		*state = SPECIAL_AUTHORITY_IGNORE_SLASHES_STATE;
		return 0;
	}
	url__warn(parser, URL_ERROR_SPECIAL_SCHEME_MISSING_FOLLOWING_SOLIDUS);
	*state = RELATIVE_STATE;
	return 0;
}

static int
path_or_authority_state(struct url_parser *parser, enum state *state)
{
	if (url__c(parser) == '/') {
		parser->pointer++;
		*state = AUTHORITY_STATE;
		return 0;
	}
	url__path_begin(parser, SPAN(""));
	*state = PATH_STATE;
	return 0;
}

/* What relative and file references share: everything of the base up to what the reference says. */
static void
take_from_base(struct url_parser *parser, enum state *state)
{
	take_path_and_query_of_base(parser);
	switch (url__c(parser)) {
	case '?':
		parser->pointer++;
		*state = QUERY_STATE;
		return;
	case '#':
		parser->pointer++;
		*state = FRAGMENT_STATE;
		return;
	case URL_END: *state = DONE; return;
	default: break;
	}
	parser->url.query = SPAN("");
	parser->url.has_query = false;
	*state = PATH_STATE;
	if (parser->url.special == URL_FILE && url__starts_with_drive_letter(url__rest(parser))) {
		url__warn(parser, URL_ERROR_FILE_INVALID_WINDOWS_DRIVE_LETTER);
		url__path_begin(parser, SPAN(""));
		return;
	}
	url__path_begin(parser, parser->base->path);
	url__path_shorten(parser);
}

static int
relative_state(struct url_parser *parser, enum state *state)
{
	set_scheme(parser, parser->base->scheme, parser->base->special);
	if (is_slash(parser, url__c(parser))) {
		consume_slash(parser);
		*state = RELATIVE_SLASH_STATE;
		return 0;
	}
	take_authority_of_base(parser);
	take_from_base(parser, state);
	return 0;
}

static int
relative_slash_state(struct url_parser *parser, enum state *state)
{
	if (is_slash(parser, url__c(parser))) {
		consume_slash(parser);
		*state = url__is_special(parser) ? SPECIAL_AUTHORITY_IGNORE_SLASHES_STATE
						 : AUTHORITY_STATE;
		return 0;
	}
	take_authority_of_base(parser);
	url__path_begin(parser, SPAN(""));
	*state = PATH_STATE;
	return 0;
}

static int
special_authority_slashes_state(struct url_parser *parser, enum state *state)
{
	if (span_starts(url__rest(parser), SPAN("//")))
		parser->pointer += 2;
	else
		url__warn(parser, URL_ERROR_SPECIAL_SCHEME_MISSING_FOLLOWING_SOLIDUS);
	*state = SPECIAL_AUTHORITY_IGNORE_SLASHES_STATE;
	return 0;
}

static int
special_authority_ignore_slashes_state(struct url_parser *parser, enum state *state)
{
	for (; is_slash(parser, url__c(parser)); parser->pointer++)
		url__warn(parser, URL_ERROR_SPECIAL_SCHEME_MISSING_FOLLOWING_SOLIDUS);
	*state = AUTHORITY_STATE;
	return 0;
}

/* Everything up to the last @ is user name and, behind the first colon, password. */
static void
parse_credentials(struct url_parser *parser, struct span credentials)
{
	size_t colon = span_find(credentials, ':'), at = parser->out_used;
	url__warn(parser, URL_ERROR_INVALID_CREDENTIALS);
	parser->out_used += percent_encode(span_first(credentials, colon), PERCENT_USERINFO,
					   parser->out + parser->out_used);
	parser->url.username = url__out_from(parser, at);
	at = parser->out_used;
	if (colon != credentials.bytes)
		parser->out_used += percent_encode(span_from(credentials, colon + 1),
						   PERCENT_USERINFO, parser->out + at);
	parser->url.password = url__out_from(parser, at);
}

static int
authority_state(struct url_parser *parser, enum state *state)
{
	struct span authority = url__until(parser, "/?#");
	size_t end = authority.bytes;
	*state = HOST_STATE;
	while (end != 0 && authority.at[end - 1] != '@')
		end--;
	if (end == 0)
		return 0; /* no credentials */
	parse_credentials(parser, span_first(authority, end - 1));
	if (end == authority.bytes)
		return url__fail(parser, URL_ERROR_HOST_MISSING);
	parser->pointer += end;
	return 0;
}

/* Up to the colon before a port, which is not one inside of brackets. */
static struct span
host_before_port(struct span authority)
{
	bool is_inside_brackets = false;
	for (size_t i = 0; i < authority.bytes; i++) {
		if (authority.at[i] == ':' && !is_inside_brackets)
			return span_first(authority, i);
		if (authority.at[i] == '[')
			is_inside_brackets = true;
		if (authority.at[i] == ']')
			is_inside_brackets = false;
	}
	return authority;
}

static int
host_state(struct url_parser *parser, enum state *state)
{
	struct span host = host_before_port(url__until(parser, "/?#"));
	parser->pointer += host.bytes;
	bool has_port = url__c(parser) == ':';
	if (host.bytes == 0 && (has_port || url__is_special(parser)))
		return url__fail(parser, URL_ERROR_HOST_MISSING);
	if (has_port)
		parser->pointer++;
	*state = has_port ? PORT_STATE : PATH_START_STATE;
	return url__parse_host(parser, host);
}

static int
port_state(struct url_parser *parser, enum state *state)
{
	struct span text = url__until(parser, "/?#");
	uint64_t port;
	parser->pointer += text.bytes;
	*state = PATH_START_STATE;
	if (text.bytes == 0)
		return 0;
	for (size_t i = 0; i < text.bytes; i++) {
		if (!is_digit(text.at[i]))
			return url__fail(parser, URL_ERROR_PORT_INVALID);
	}
	if (!span_to_number(text, UINT16_MAX, &port))
		return url__fail(parser, URL_ERROR_PORT_OUT_OF_RANGE);
	uint16_t default_port = url__default_port(parser->url.special);
	parser->url.has_port = default_port == 0 || port != default_port;
	parser->url.port = parser->url.has_port ? (uint16_t)port : 0;
	return 0;
}

static int
file_state(struct url_parser *parser, enum state *state)
{
	set_scheme(parser, SPAN("file"), URL_FILE);
	parser->url.host_kind = URL_HOST_EMPTY;
	if (is_slash(parser, url__c(parser))) {
		consume_slash(parser);
		*state = FILE_SLASH_STATE;
		return 0;
	}
	if (base_is_file(parser)) {
		take_authority_of_base(parser);
		take_from_base(parser, state);
		return 0;
	}
	url__path_begin(parser, SPAN(""));
	*state = PATH_STATE;
	return 0;
}

static int
file_slash_state(struct url_parser *parser, enum state *state)
{
	if (is_slash(parser, url__c(parser))) {
		consume_slash(parser);
		*state = FILE_HOST_STATE;
		return 0;
	}
	struct span drive = SPAN("");
	if (base_is_file(parser)) {
		take_authority_of_base(parser);
		if (!url__starts_with_drive_letter(url__rest(parser)))
			drive = url__path_drive(parser->base->path);
	}
	url__path_begin(parser, drive);
	*state = PATH_STATE;
	return 0;
}

static int
file_host_state(struct url_parser *parser, enum state *state)
{
	struct span host = url__until(parser, "/?#");
	if (url__is_drive_letter(host)) { /* the path begins with it */
		url__warn(parser, URL_ERROR_FILE_INVALID_WINDOWS_DRIVE_LETTER_HOST);
		url__path_begin(parser, SPAN(""));
		*state = PATH_STATE;
		return 0;
	}
	parser->pointer += host.bytes;
	*state = PATH_START_STATE;
	if (host.bytes == 0)
		return 0;
	int err = url__parse_host(parser, host);
	if (err == 0 && span_is(parser->url.host, "localhost")) {
		parser->url.host = SPAN("");
		parser->url.host_kind = URL_HOST_EMPTY;
	}
	return err;
}

/* What may come behind a path. */
static void
end_path(struct url_parser *parser, enum state *state)
{
	int c = url__c(parser);
	*state = c == '?' ? QUERY_STATE : c == '#' ? FRAGMENT_STATE : DONE;
	parser->pointer += c != URL_END ? 1 : 0;
}

static int
path_start_state(struct url_parser *parser, enum state *state)
{
	int c = url__c(parser);
	if (!url__is_special(parser) && c != '/') { /* there is no path */
		end_path(parser, state);
		return 0;
	}
	if (is_slash(parser, c))
		consume_slash(parser);
	url__path_begin(parser, SPAN(""));
	*state = PATH_STATE;
	return 0;
}

static int
path_state(struct url_parser *parser, enum state *state)
{
	url__path_parse(parser);
	end_path(parser, state);
	return 0;
}

static int
opaque_path_state(struct url_parser *parser, enum state *state)
{
	url__path_parse_opaque(parser);
	end_path(parser, state);
	return 0;
}

static int
query_state(struct url_parser *parser, enum state *state)
{
	struct span rest = url__rest(parser);
	struct span query = span_first(rest, span_find(rest, '#'));
	size_t at = parser->out_used;
	url__append_encoded(parser, query,
			    url__is_special(parser) ? PERCENT_SPECIAL_QUERY : PERCENT_QUERY);
	parser->url.query = url__out_from(parser, at);
	parser->url.has_query = true;
	parser->pointer += query.bytes;
	end_path(parser, state);
	return 0;
}

static int
fragment_state(struct url_parser *parser, enum state *state)
{
	size_t at = parser->out_used;
	url__append_encoded(parser, url__rest(parser), PERCENT_FRAGMENT);
	parser->url.fragment = url__out_from(parser, at);
	parser->url.has_fragment = true;
	*state = DONE;
	return 0;
}

static int
step(struct url_parser *parser, enum state *state)
{
	switch (*state) {
	case SCHEME_START_STATE: return scheme_start_state(parser, state);
	case SCHEME_STATE: return scheme_state(parser, state);
	case NO_SCHEME_STATE: return no_scheme_state(parser, state);
	case SPECIAL_RELATIVE_OR_AUTHORITY_STATE:
		return special_relative_or_authority_state(parser, state);
	case PATH_OR_AUTHORITY_STATE: return path_or_authority_state(parser, state);
	case RELATIVE_STATE: return relative_state(parser, state);
	case RELATIVE_SLASH_STATE: return relative_slash_state(parser, state);
	case SPECIAL_AUTHORITY_SLASHES_STATE: return special_authority_slashes_state(parser, state);
	case SPECIAL_AUTHORITY_IGNORE_SLASHES_STATE:
		return special_authority_ignore_slashes_state(parser, state);
	case AUTHORITY_STATE: return authority_state(parser, state);
	case HOST_STATE: return host_state(parser, state);
	case PORT_STATE: return port_state(parser, state);
	case FILE_STATE: return file_state(parser, state);
	case FILE_SLASH_STATE: return file_slash_state(parser, state);
	case FILE_HOST_STATE: return file_host_state(parser, state);
	case PATH_START_STATE: return path_start_state(parser, state);
	case PATH_STATE: return path_state(parser, state);
	case OPAQUE_PATH_STATE: return opaque_path_state(parser, state);
	case QUERY_STATE: return query_state(parser, state);
	case FRAGMENT_STATE: return fragment_state(parser, state);
	case DONE: break;
	}
	return 0;
}

static int
run(struct url_parser *parser, struct span text)
{
	enum state state = SCHEME_START_STATE;
	int err = url__open(parser, text);
	while (err == 0 && state != DONE)
		err = step(parser, &state);
	return err;
}

int
url_parse(struct url *url, struct span text, const struct url *base,
	  const struct url_context *context)
{
	struct url_parser parser = { .base = base, .context = context };
	size_t mark = arena_mark(context->arena);
	if (context->report != NULL)
		*context->report = (struct url_report){ .failure = URL_ERROR_COUNT };

	int err = run(&parser, text);
	if (err == 0)
		err = url__serialise(&parser, mark, url);
	if (err != 0)
		arena_rewind(context->arena, mark);
	return err;
}

#include "fetch/request.h"

#include <assert.h>

static const char *const slot_names[REQUEST_SLOT_COUNT] = {
	[REQUEST_HOST] = "Host",
	[REQUEST_PROXY_AUTHORIZATION] = "Proxy-Authorization",
	[REQUEST_AUTHORIZATION] = "Authorization",
	[REQUEST_RANGE] = "Range",
	[REQUEST_IF_RANGE] = "If-Range",
	[REQUEST_USER_AGENT] = "User-Agent",
	[REQUEST_ACCEPT] = "Accept",
	[REQUEST_ACCEPT_ENCODING] = "Accept-Encoding",
	[REQUEST_REFERER] = "Referer",
	[REQUEST_CONNECTION] = "Connection",
	[REQUEST_COOKIE] = "Cookie",
	[REQUEST_IF_MODIFIED_SINCE] = "If-Modified-Since",
	[REQUEST_IF_UNMODIFIED_SINCE] = "If-Unmodified-Since",
	[REQUEST_IF_NONE_MATCH] = "If-None-Match",
	[REQUEST_IF_MATCH] = "If-Match",
	[REQUEST_CONTENT_TYPE] = "Content-Type",
};

void
request_init(struct request *request, struct span method, struct span target, struct span host)
{
	memset(request, 0, sizeof *request);
	request->method = method;
	request->target = target;
	request->version = 11;
	request_set(request, REQUEST_HOST, host);
}

void
request_set(struct request *request, enum request_slot slot, struct span value)
{
	request->has[slot] = true;
	request->slots[slot] = value;
}

static int
refuse(struct failure *failure, struct span what, const char *why)
{
	failure_set(failure, FAILURE_USAGE, "the request field \"" SPAN_FORMAT "\" %s",
		    SPAN_ARGUMENTS(span_first(what, 80)), why);
	return ERR_MALFORMED;
}

int
request_header(struct request *request, struct span line, struct failure *failure)
{
	size_t end = span_find(line, ':');
	if (end == line.bytes && line.bytes != 0 && line.at[line.bytes - 1] == ';')
		end = line.bytes - 1; /* "Name;": a field with nothing in it */
	if (end == line.bytes)
		return refuse(failure, line, "has no colon");
	struct request_header header = {
		.field = { span_first(line, end), span_trim(span_from(line, end + 1)) },
	};
	header.is_removal = line.at[end] == ':' && header.field.value.bytes == 0;
	if (!field_is_token(header.field.name))
		return refuse(failure, line, "has a name that is no token");
	if (!field_is_value(
		    header.field.value)) /* it would be a second field, or a second request */
		return refuse(failure, line, "has a CR, LF or NUL in its value");
	if (request->header_count == REQUEST_HEADERS_MAX) {
		failure_set(failure, FAILURE_USAGE, "more than %u request fields",
			    REQUEST_HEADERS_MAX);
		return ERR_FULL;
	}
	request->headers[request->header_count++] = header;
	return 0;
}

void
request_body_sized(struct request *request, uint64_t bytes)
{
	request->body = REQUEST_SIZED_BODY;
	request->body_bytes = bytes;
	request->has_expect = bytes > REQUEST_EXPECT_BYTES_MIN;
}

void
request_body_chunked(struct request *request)
{
	request->body = REQUEST_CHUNKED_BODY;
	request->has_expect = true;
}

static const struct request_header *
find_header(const struct request *request, const char *name)
{
	for (unsigned i = 0; i < request->header_count; i++) {
		if (span_is_nocase(request->headers[i].field.name, name))
			return &request->headers[i];
	}
	return NULL;
}

static void
put_span(struct writer *out, struct span span)
{
	writer_bytes(out, span.at, span.bytes);
}

static void
put_text(struct writer *out, const char *text)
{
	put_span(out, span_from_text(text));
}

static void
put_field(struct writer *out, struct span name, struct span value)
{
	put_span(out, name);
	put_text(out, value.bytes != 0 ? ": " : ":");
	put_span(out, value);
	put_text(out, "\r\n");
}

static void
put_number(struct writer *out, uint64_t number)
{
	char digits[20];
	size_t at = sizeof digits;
	do {
		digits[--at] = (char)('0' + number % 10);
		number /= 10;
	} while (number != 0);
	writer_bytes(out, digits + at, sizeof digits - at);
}

static void
put_slots(const struct request *request, enum request_slot from, enum request_slot to,
	  struct writer *out)
{
	for (unsigned slot = from; slot < (unsigned)to; slot++) {
		if (request->has[slot] && find_header(request, slot_names[slot]) == NULL)
			put_field(out, span_from_text(slot_names[slot]), request->slots[slot]);
	}
}

/* Host goes first (RFC 9110, section 7.2), also when it is the user's. */
static void
put_host(const struct request *request, struct writer *out)
{
	const struct request_header *host = find_header(request, "Host");
	if (host == NULL)
		put_slots(request, REQUEST_HOST, REQUEST_HOST + 1, out);
	else if (!host->is_removal)
		put_field(out, host->field.name, host->field.value);
}

static void
put_headers(const struct request *request, struct writer *out)
{
	for (unsigned i = 0; i < request->header_count; i++) {
		const struct request_header *header = &request->headers[i];
		if (!header->is_removal && !span_is_nocase(header->field.name, "Host"))
			put_field(out, header->field.name, header->field.value);
	}
}

static void
put_body_fields(const struct request *request, struct writer *out)
{
	if (request->body == REQUEST_SIZED_BODY && find_header(request, "Content-Length") == NULL) {
		put_text(out, "Content-Length: ");
		put_number(out, request->body_bytes);
		put_text(out, "\r\n");
	}
	if (request->body == REQUEST_CHUNKED_BODY &&
	    find_header(request, "Transfer-Encoding") == NULL)
		put_text(out, "Transfer-Encoding: chunked\r\n");
	if (request->body != REQUEST_NO_BODY)
		put_slots(request, REQUEST_CONTENT_TYPE, REQUEST_SLOT_COUNT, out);
	if (request_expects(request) && find_header(request, "Expect") == NULL)
		put_text(out, "Expect: 100-continue\r\n");
}

/* A user's Content-Length or Transfer-Encoding must be what is sent: two framings are two messages. */
static int
check_framing(const struct request *request, struct failure *failure)
{
	const struct request_header *length = find_header(request, "Content-Length");
	const struct request_header *coding = find_header(request, "Transfer-Encoding");
	uint64_t bytes;
	if (request->body == REQUEST_CHUNKED_BODY && request->version == 10) {
		failure_set(failure, FAILURE_USAGE,
			    "HTTP/1.0 cannot send a body of unknown length; give its size or leave "
			    "out --http1.0");
		return ERR_UNSUPPORTED;
	}
	if (coding != NULL && !coding->is_removal &&
	    (request->body != REQUEST_CHUNKED_BODY ||
	     !span_is_nocase(coding->field.value, "chunked")))
		return refuse(failure, SPAN("Transfer-Encoding"), "is not how the body is sent");
	if (length != NULL && !length->is_removal &&
	    (request->body == REQUEST_CHUNKED_BODY ||
	     !span_to_number(length->field.value, UINT64_MAX, &bytes) ||
	     bytes != (request->body == REQUEST_SIZED_BODY ? request->body_bytes : 0)))
		return refuse(failure, SPAN("Content-Length"), "is not the length of the body");
	return 0;
}

/* The octets of a request line: VCHAR without white space, so that it has three parts and no fourth. */
static bool
is_target(struct span target)
{
	for (size_t i = 0; i < target.bytes; i++) {
		unsigned char c = (unsigned char)target.at[i];
		if (c <= ' ' || c == 0x7f)
			return false;
	}
	return target.bytes != 0;
}

static int
check(const struct request *request, struct failure *failure)
{
	if (!field_is_token(request->method)) {
		failure_set(failure, FAILURE_USAGE, "\"" SPAN_FORMAT "\" is no method",
			    SPAN_ARGUMENTS(span_first(request->method, 80)));
		return ERR_MALFORMED;
	}
	if (!is_target(request->target)) {
		failure_set(failure, FAILURE_URL, "\"" SPAN_FORMAT "\" is no request target",
			    SPAN_ARGUMENTS(span_first(request->target, 80)));
		return ERR_MALFORMED;
	}
	for (unsigned slot = 0; slot < REQUEST_SLOT_COUNT; slot++) {
		if (request->has[slot] && !field_is_value(request->slots[slot]))
			return refuse(failure, span_from_text(slot_names[slot]),
				      "has a CR, LF or NUL in its value");
	}
	return check_framing(request, failure);
}

bool
request_expects(const struct request *request)
{
	const struct request_header *expect = find_header(request, "Expect");
	if (expect != NULL)
		return !expect->is_removal && span_is_nocase(expect->field.value, "100-continue");
	return request->has_expect && request->version == 11;
}

int
request_write(const struct request *request, struct writer *out, struct failure *failure)
{
	int err = check(request, failure);
	if (err != 0)
		return err;
	put_span(out, request->method);
	put_text(out, " ");
	put_span(out, request->target);
	put_text(out, request->version == 10 ? " HTTP/1.0\r\n" : " HTTP/1.1\r\n");
	put_host(request, out);
	put_slots(request, REQUEST_HOST + 1, REQUEST_CONTENT_TYPE, out);
	put_headers(request, out);
	put_body_fields(request, out);
	put_text(out, "\r\n");
	if (out->err != 0)
		failure_set(failure, FAILURE_USAGE,
			    "the request's header is larger than %zu octets", out->end);
	return out->err;
}

struct span
request_absolute_form(const struct url *url, struct arena *arena)
{
	return span_from_text(arena_printf(
		arena, SPAN_FORMAT "://" SPAN_FORMAT SPAN_FORMAT, SPAN_ARGUMENTS(url->scheme),
		SPAN_ARGUMENTS(url_authority(url)), SPAN_ARGUMENTS(url_target(url))));
}

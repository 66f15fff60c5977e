#include "fetch/head.h"

#include <assert.h>

/* How what is no HTTP/1 begins.  Four octets tell all of these apart from HTTP and from each other. */
#define SIGNATURE_BYTES 4u
static const struct {
	struct span begin;
	const char *protocol;
} signatures[] = {
	{ SPAN_LITERAL("SSH-"), "SSH" },
	{ SPAN_LITERAL("220"), "the greeting of a mail or FTP server" },
	{ SPAN_LITERAL("+OK"), "POP3" },
	{ SPAN_LITERAL("* OK"), "IMAP" },
	{ SPAN_LITERAL("RFB "), "VNC" },
	{ SPAN_LITERAL("RTSP"), "RTSP" },
	{ SPAN_LITERAL("ICY "), "SHOUTcast (an HTTP/0.9 of its own)" },
	{ SPAN_LITERAL("\x15\x03"), "a TLS alert: the port speaks https" },
	{ SPAN_LITERAL("\x16\x03"), "TLS" },
	{ SPAN_LITERAL("\0\0\x12\x04"), "HTTP/2" },
	{ SPAN_LITERAL("\0\0\x06\x04"), "HTTP/2" },
	{ SPAN_LITERAL("\0\0\0\x04"), "HTTP/2" },
	{ SPAN_LITERAL("\r\n"), "an empty line before the status line" },
	{ SPAN_LITERAL("\n"), "an empty line before the status line" },
	{ SPAN_LITERAL("<"), "a document without a head (HTTP/0.9)" },
};

void
head_reader_init(struct head_reader *reader)
{
	reader->state = HEAD_START;
	reader->is_trailers = reader->is_http2 = false;
	reader->line_begin = reader->used = reader->total_bytes = 0;
	reader->field_first = reader->field_count = 0;
	reader->head = (struct head){ .version = 0 };
	reader->trailers = (struct fields){ NULL, 0 };
}

void
head_reader_again(struct head_reader *reader)
{
	assert(reader->state == HEAD_WHOLE && !reader->is_trailers);
	size_t total_bytes = reader->total_bytes; /* interim heads share the bound */
	bool is_http2 = reader->is_http2;
	head_reader_init(reader);
	reader->total_bytes = total_bytes;
	reader->is_http2 = is_http2;
}

void
head_reader_trailers(struct head_reader *reader)
{
	assert(reader->state == HEAD_WHOLE && !reader->is_trailers);
	reader->state = HEAD_FIELDS;
	reader->is_trailers = true;
	reader->line_begin = reader->used;
	reader->field_first = reader->field_count;
}

bool
head_reader_is_http(const struct head_reader *reader)
{
	struct span http = SPAN("HTTP/");
	return span_starts(http, span_first(span_of(reader->octets, reader->used), http.bytes));
}

unsigned
head_status_class(const struct head *head)
{
	unsigned class = head->status / 100;
	return class >= 1 && class <= 5 ? class : 5;
}

static int
refuse_protocol(const struct head_reader *reader, struct failure *failure)
{
	struct span begin = span_of(reader->octets, reader->used);
	for (size_t i = 0; i < sizeof signatures / sizeof signatures[0]; i++) {
		if (span_starts(begin, signatures[i].begin)) {
			failure_set(failure, FAILURE_WEIRD_REPLY,
				    "the server does not speak HTTP/1; its reply looks like %s",
				    signatures[i].protocol);
			return ERR_UNSUPPORTED;
		}
	}
	failure_set(failure, FAILURE_WEIRD_REPLY,
		    "the server does not speak HTTP/1; its reply begins with \"" SPAN_FORMAT "\"",
		    SPAN_ARGUMENTS(span_first(begin, SIGNATURE_BYTES)));
	return ERR_UNSUPPORTED;
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* HTTP/1.x SP 3DIGIT [ SP reason ], RFC 9112, section 4; the second SP may be missing with the reason. */
static int
status_line_read(struct span line, struct head *head, struct failure *failure)
{
	const char *at = line.at;
	bool has_version = line.bytes >= 8 && span_starts(line, SPAN("HTTP/")) && is_digit(at[5]) &&
			   at[6] == '.' && is_digit(at[7]);
	bool has_status = has_version && line.bytes >= 12 && at[8] == ' ' && is_digit(at[9]) &&
			  is_digit(at[10]) && is_digit(at[11]) &&
			  (line.bytes == 12 || at[12] == ' ');
	if (has_version && at[5] != '1') {
		failure_set(failure, FAILURE_WEIRD_REPLY,
			    "the server answered an HTTP/1.1 request with " SPAN_FORMAT,
			    SPAN_ARGUMENTS(span_first(line, 8)));
		return ERR_MALFORMED;
	}
	if (!has_status || !field_is_value(line)) {
		failure_set(failure, FAILURE_WEIRD_REPLY,
			    "the status line is malformed: \"" SPAN_FORMAT "\"",
			    SPAN_ARGUMENTS(span_first(line, 80)));
		return ERR_MALFORMED;
	}
	head->version = at[7] == '0' ? 10 : 11;
	head->status = (unsigned)((at[9] - '0') * 100 + (at[10] - '0') * 10 + (at[11] - '0'));
	head->reason = span_from(line, line.bytes == 12 ? 12 : 13);
	return 0;
}

/* What http2.h writes, and nothing else. */
static int
http2_status_read(struct span line, struct head *head, struct failure *failure)
{
	const struct span begin = SPAN("HTTP/2 ");
	uint64_t status = 0;
	if (!span_starts(line, begin) || line.bytes != begin.bytes + 3 ||
	    !span_to_number(span_from(line, begin.bytes), 999, &status)) {
		failure_set(failure, FAILURE_WEIRD_REPLY, "the status over HTTP/2 is malformed");
		return ERR_MALFORMED;
	}
	head->version = 20;
	head->status = (unsigned)status;
	head->reason = span_from(line, line.bytes);
	return 0;
}

static int
refuse_line(struct span line, const char *why, struct failure *failure)
{
	failure_set(failure, FAILURE_WEIRD_REPLY, "the reply has %s: \"" SPAN_FORMAT "\"", why,
		    SPAN_ARGUMENTS(span_first(line, 80)));
	return ERR_MALFORMED;
}

/* RFC 9112, section 5.2: the line end and the white space become spaces of the field before. */
static int
unfold(struct head_reader *reader, struct span line, struct failure *failure)
{
	if (reader->field_count == reader->field_first)
		return refuse_line(line, "white space before its first field", failure);
	if (!field_is_value(line))
		return refuse_line(line, "CR or NUL inside a field value", failure);
	struct field *field = &reader->fields[reader->field_count - 1];
	char *value = reader->octets + (field->value.at - reader->octets);
	struct span text = span_trim(line);
	if (text.bytes == 0)
		return 0; /* a fold of white space alone adds none */
	char *end = value + field->value.bytes;
	memset(end, ' ', (size_t)(text.at - end));
	field->value = span_trim(span_of(value, (size_t)(text.at + text.bytes - value)));
	reader->head.has_fold |= !reader->is_trailers;
	return 0;
}

static int
field_line_read(struct head_reader *reader, struct span line, struct failure *failure)
{
	if (line.at[0] == ' ' || line.at[0] == '\t')
		return unfold(reader, line, failure);
	if (reader->field_count == HEAD_FIELDS_MAX) {
		failure_set(failure, FAILURE_WEIRD_REPLY, "the reply has more than %u fields",
			    HEAD_FIELDS_MAX);
		return ERR_TOO_BIG;
	}
	const char *why;
	struct field *field = &reader->fields[reader->field_count];
	if (field_read(line, field, &why) != 0)
		return refuse_line(line, why, failure);
	reader->field_count++;
	return 0;
}

static void
section_end(struct head_reader *reader)
{
	struct fields fields = { reader->fields + reader->field_first,
				 reader->field_count - reader->field_first };
	if (reader->is_trailers)
		reader->trailers = fields;
	else
		reader->head.fields = fields;
	reader->state = HEAD_WHOLE;
}

/* The line from line_begin to used, its LF included. */
static int
line_read(struct head_reader *reader, struct failure *failure)
{
	struct span line =
		span_of(reader->octets + reader->line_begin, reader->used - reader->line_begin - 1);
	reader->line_begin = reader->used;
	if (line.bytes != 0 && line.at[line.bytes - 1] == '\r')
		line.bytes--;
	else if (reader->is_trailers) /* as in every line of the chunked coding */
		return refuse_line(line, "a bare LF in its trailers", failure);
	else
		reader->head.has_bare_lf = true;

	if (reader->state == HEAD_START) {
		reader->state = HEAD_FIELDS;
		return reader->is_http2 ? http2_status_read(line, &reader->head, failure)
					: status_line_read(line, &reader->head, failure);
	}
	if (line.bytes != 0)
		return field_line_read(reader, line, failure);
	section_end(reader);
	return 1;
}

static int
check_bounds(const struct head_reader *reader, struct failure *failure)
{
	if (reader->used - reader->line_begin > HEAD_LINE_BYTES_MAX) {
		failure_set(failure, FAILURE_WEIRD_REPLY,
			    "the reply has a header line of more than %u octets",
			    HEAD_LINE_BYTES_MAX);
		return ERR_TOO_BIG;
	}
	if (reader->total_bytes == HEAD_BYTES_MAX) {
		failure_set(failure, FAILURE_WEIRD_REPLY,
			    "the reply has more than %u octets of header", HEAD_BYTES_MAX);
		return ERR_TOO_BIG;
	}
	return 0;
}

/* Copies up to the end of the line, the bounds or the input, whichever is first; true at a line's end. */
static bool
line_gather(struct head_reader *reader, const char *octets, size_t bytes, size_t *taken)
{
	size_t room = HEAD_BYTES_MAX - reader->total_bytes;
	size_t line_room = HEAD_LINE_BYTES_MAX + 1 - (reader->used - reader->line_begin);
	size_t copy = bytes < room ? bytes : room;
	copy = copy < line_room ? copy : line_room;
	if (reader->state == HEAD_START && reader->used < SIGNATURE_BYTES &&
	    copy > SIGNATURE_BYTES - reader->used)
		copy = SIGNATURE_BYTES -
		       reader->used; /* look at these before anything is taken for a line */
	const char *lf = memchr(octets, '\n', copy);
	if (lf != NULL)
		copy = (size_t)(lf - octets) + 1;
	memcpy(reader->octets + reader->used, octets, copy);
	reader->used += copy;
	reader->total_bytes += copy;
	*taken += copy;
	return lf != NULL;
}

static int
reader_step(struct head_reader *reader, const char *octets, size_t bytes, size_t *taken,
	    struct failure *failure)
{
	int err = check_bounds(reader, failure);
	if (err != 0)
		return err;
	bool is_line = line_gather(reader, octets, bytes, taken);
	if (reader->state == HEAD_START && !head_reader_is_http(reader))
		return reader->used >= SIGNATURE_BYTES ? refuse_protocol(reader, failure) : 0;
	return is_line ? line_read(reader, failure) : 0;
}

int
head_reader_receive(struct head_reader *reader, const void *octets, size_t bytes, size_t *taken,
		    struct failure *failure)
{
	assert(reader->state == HEAD_START || reader->state == HEAD_FIELDS);
	int result = 0;
	*taken = 0;
	while (result == 0 && *taken < bytes)
		result = reader_step(reader, (const char *)octets + *taken, bytes - *taken, taken,
				     failure);
	if (result == 0)
		result = check_bounds(reader, failure);
	if (result < 0)
		reader->state = HEAD_FAILED;
	return result;
}

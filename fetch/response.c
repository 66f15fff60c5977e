#include "fetch/response.h"

#include <assert.h>

void
response_init(struct response *response, const struct response_options *options)
{
	response->options = *options;
	response->state = RESPONSE_AT_HEAD;
	response->is_told = response->is_decoding = response->has_warned_stray = false;
	response->is_http09 = response->has_want = false;
	response->got_bytes = response->want_bytes = response->content_bytes = 0;
	response->framing = (struct framing){ .kind = FRAMING_NONE };
	response->coded = (struct span){ NULL, 0 };
	response->queue_first = response->queue_count = 0;
	failure_clear(&response->failure);
	arena_init(&response->arena, response->memory, sizeof response->memory);
	head_reader_init(&response->reader);
	response->reader.is_http2 = options->is_http2;
}

void
response_fini(struct response *response)
{
	if (response->is_decoding)
		decode_fini(&response->decode);
	response->is_decoding = false;
}

/* ---- events -------------------------------------------------------------------------------------- */

static struct response_event *
queue_put(struct response *response, enum response_event_kind kind)
{
	assert(response->queue_count < RESPONSE_QUEUE_MAX);
	unsigned at = (response->queue_first + response->queue_count++) % RESPONSE_QUEUE_MAX;
	response->queue[at] = (struct response_event){ .kind = kind };
	return &response->queue[at];
}

static void
warn(struct response *response, const char *warning)
{
	queue_put(response, RESPONSE_WARNING)->warning = warning;
}

/* response->failure is set. */
static void
fail(struct response *response)
{
	assert(response->failure.cause != FAILURE_NONE);
	response->state = RESPONSE_AT_FAILURE;
	response->coded = (struct span){ NULL, 0 };
}

/* ---- the head ------------------------------------------------------------------------------------ */

static void
warn_of_head(struct response *response, const struct head *head)
{
	if (head->has_bare_lf)
		warn(response, "lines of the header end in LF without CR");
	if (head->has_fold)
		warn(response, "a header field is folded over several lines");
	if (head->status < 100 || head->status > 599)
		warn(response, "the status code is none of HTTP; it counts as a server error");
	if (response->framing.is_length_ignored)
		warn(response, "Content-Length beside Transfer-Encoding is ignored");
	if (response->framing.is_chunked_in_10)
		warn(response, "an HTTP/1.0 reply has Transfer-Encoding");
}

/* What to undo of Content-Encoding: all of it when asked to, else nothing. */
static int
content_codings(struct response *response, const struct head *head, struct codings *codings)
{
	struct span unknown = { NULL, 0 };
	int err = codings_read(&head->fields, codings, &unknown);
	if (!response->options.is_decoded) {
		codings->count = 0;
		if (err == ERR_UNSUPPORTED)
			warn(response, "the content has an unknown coding and is left as it is");
		return 0;
	}
	if (err != 0)
		failure_set(&response->failure, FAILURE_CODING,
			    err == ERR_TOO_BIG
				    ? "the content has more than five codings; the last is "
				      "\"" SPAN_FORMAT "\""
				    : "the content's coding \"" SPAN_FORMAT
				      "\" is unknown; without --compressed it is saved as it is",
			    SPAN_ARGUMENTS(span_first(unknown, 60)));
	return err;
}

static int
codings_begin(struct response *response, const struct head *head)
{
	struct codings content;
	int err = content_codings(response, head, &content);
	if (err != 0 || response->framing.transfer.count + content.count == 0)
		return err;
	err = decode_init(&response->decode, &response->framing.transfer, &content,
			  response->options.libraries, &response->options.limits, &response->arena,
			  &response->failure);
	response->is_decoding = err == 0;
	return err;
}

static int
check_content_bytes(struct response *response, uint64_t bytes)
{
	uint64_t bytes_max = response->options.limits.content_bytes_max;
	if (bytes_max == 0 || bytes <= bytes_max || response->is_decoding)
		return 0;
	failure_set(&response->failure, FAILURE_SIZE,
		    "the content is larger than the %llu octets allowed",
		    (unsigned long long)bytes_max);
	return ERR_TOO_BIG;
}

static int
body_begin(struct response *response, const struct head *head)
{
	int err;
	switch (response->framing.kind) {
	case FRAMING_NONE: response->state = RESPONSE_AT_END; return 0;
	case FRAMING_TUNNEL: response->state = RESPONSE_AT_TUNNEL; return 0;
	case FRAMING_CHUNKED: chunked_init(&response->chunked); break;
	case FRAMING_LENGTH:
		response->has_want = true;
		response->want_bytes = response->framing.length;
		break;
	case FRAMING_CLOSE: break;
	}
	response->state = RESPONSE_AT_BODY;
	if (response->has_want && response->want_bytes == 0)
		response->state = RESPONSE_AT_END;
	err = codings_begin(response, head);
	return err != 0 ? err : check_content_bytes(response, response->want_bytes);
}

static void
tell_head(struct response *response, const struct head *head)
{
	struct response_event *event = queue_put(response, RESPONSE_HEAD);
	event->head = head;
	event->framing = &response->framing;
}

static void
final_head(struct response *response, const struct head *head)
{
	if (framing_decide(head, response->options.request, &response->framing,
			   &response->failure) != 0) {
		tell_head(response, head); /* told all the same: -v and the journey show it */
		fail(response);
		return;
	}
	if (response->options.is_http2 && response->framing.kind == FRAMING_CHUNKED)
		response->reader.head.fields.count--; /* our own, the last: not the server's */
	tell_head(response, head);
	warn_of_head(response, head);
	if (body_begin(response, head) != 0)
		fail(response);
}

static void
head_read(struct response *response)
{
	const struct head *head = &response->reader.head;
	if (head->status / 100 != 1) {
		final_head(response, head);
	} else if (head->status == 101) { /* RFC 9110, section 15.2.2: only after Upgrade */
		failure_set(&response->failure, FAILURE_WEIRD_REPLY,
			    "the server switches protocols (101) without being asked");
		fail(response);
	} else {
		queue_put(response, RESPONSE_INTERIM)->head = head;
	}
}

/* What came has no head: the octets that the reader has kept are the first of the content. */
static void
begin_http09(struct response *response)
{
	struct head_reader *reader = &response->reader;
	reader->head = (struct head){ .version = 9, .status = 200 };
	reader->state = HEAD_WHOLE;
	failure_clear(&response->failure);
	response->is_http09 = true;
	response->framing = (struct framing){ .kind = FRAMING_CLOSE, .rule = 8 };
	response->state = RESPONSE_AT_BODY;
	response->got_bytes = reader->used;
	response->coded = span_of(reader->octets, reader->used);
	tell_head(response, &reader->head);
	warn(response, "the reply has no header (HTTP/0.9)");
}

static size_t
head_receive(struct response *response, const char *octets, size_t bytes)
{
	size_t taken;
	struct head_reader *reader = &response->reader;
	if (reader->state == HEAD_WHOLE) /* an interim head, which has been told */
		head_reader_again(reader);
	int result = head_reader_receive(reader, octets, bytes, &taken, &response->failure);
	if (result == 1)
		head_read(response);
	else if (result == ERR_UNSUPPORTED && response->options.is_http09_allowed &&
		 reader->total_bytes == reader->used)
		begin_http09(response);
	else if (result != 0)
		fail(response);
	return taken;
}

/* ---- the body ------------------------------------------------------------------------------------ */

static size_t
chunked_body_receive(struct response *response, const char *octets, size_t bytes)
{
	size_t taken;
	int result = chunked_receive(&response->chunked, octets, bytes, &taken, &response->coded,
				     &response->failure);
	if (result < 0) {
		fail(response);
	} else if (result == 1) {
		response->state = RESPONSE_AT_TRAILERS;
		head_reader_trailers(&response->reader);
	}
	return taken;
}

static size_t
body_receive(struct response *response, const char *octets, size_t bytes)
{
	size_t taken = bytes;
	if (response->framing.kind == FRAMING_CHUNKED) {
		taken = chunked_body_receive(response, octets, bytes);
	} else {
		uint64_t left = response->want_bytes - response->got_bytes;
		if (response->framing.kind == FRAMING_LENGTH && left < bytes)
			taken = (size_t)left;
		response->coded = span_of(octets, taken);
		if (response->framing.kind == FRAMING_LENGTH && taken == left)
			response->state = RESPONSE_AT_END;
	}
	response->got_bytes += response->coded.bytes;
	return taken;
}

static size_t
trailers_receive(struct response *response, const char *octets, size_t bytes)
{
	size_t taken;
	struct head_reader *reader = &response->reader;
	int result = head_reader_receive(reader, octets, bytes, &taken, &response->failure);
	if (result < 0)
		fail(response);
	if (result != 1)
		return taken;
	response->state = RESPONSE_AT_END;
	if (reader->trailers.count != 0)
		queue_put(response, RESPONSE_TRAILERS)->trailers = &reader->trailers;
	return taken;
}

static size_t
stray_receive(struct response *response, size_t bytes)
{
	if (!response->has_warned_stray)
		warn(response, "octets after the end of the response: the connection is closed");
	response->has_warned_stray = true;
	return bytes;
}

static size_t
receive_some(struct response *response, const char *octets, size_t bytes)
{
	switch (response->state) {
	case RESPONSE_AT_HEAD: return head_receive(response, octets, bytes);
	case RESPONSE_AT_BODY: return body_receive(response, octets, bytes);
	case RESPONSE_AT_TRAILERS: return trailers_receive(response, octets, bytes);
	case RESPONSE_AT_END: return stray_receive(response, bytes);
	case RESPONSE_AT_TUNNEL: return 0;
	case RESPONSE_AT_FAILURE: return bytes; /* discarded, RFC 9112, section 6.3, rule 5 */
	}
	return bytes;
}

size_t
response_receive(struct response *response, const void *octets, size_t bytes)
{
	size_t taken = 0;
	assert(response->queue_count == 0 && response->coded.bytes == 0);
	while (taken < bytes && response->state != RESPONSE_AT_TUNNEL &&
	       (response->state == RESPONSE_AT_END ||
		(response->queue_count == 0 && response->coded.bytes == 0)))
		taken += receive_some(response, (const char *)octets + taken, bytes - taken);
	return taken;
}

/* ---- the end ------------------------------------------------------------------------------------- */

static void
fail_in_head(struct response *response, bool is_clean)
{
	const struct head_reader *reader = &response->reader;
	if (reader->state == HEAD_START && reader->used != 0 && !head_reader_is_http(reader)) {
		failure_set(&response->failure, FAILURE_WEIRD_REPLY,
			    "the server does not speak HTTP/1; its whole reply is \"" SPAN_FORMAT
			    "\"",
			    SPAN_ARGUMENTS(span_of(reader->octets, reader->used)));
	} else if (reader->total_bytes != 0) {
		failure_set(&response->failure, FAILURE_PARTIAL,
			    "the connection ended inside the header of the reply, after %zu octets",
			    reader->total_bytes);
	} else {
		failure_set(&response->failure, is_clean ? FAILURE_EMPTY : FAILURE_RECEIVE, "%s",
			    is_clean ? "the server closed the connection without a reply"
				     : "the connection broke before a reply came");
	}
	fail(response);
}

static void
fail_in_body(struct response *response)
{
	unsigned long long got = response->got_bytes;
	const struct chunked *chunked = &response->chunked;
	if (response->has_want)
		failure_set(&response->failure, FAILURE_PARTIAL,
			    "the connection ended after %llu of %llu octets of content", got,
			    (unsigned long long)response->want_bytes);
	else if (response->framing.kind != FRAMING_CHUNKED)
		failure_set(&response->failure, FAILURE_PARTIAL,
			    "the connection broke after %llu octets of content, whose length is "
			    "unknown",
			    got);
	else if (chunked->state == CHUNKED_DATA)
		failure_set(&response->failure, FAILURE_PARTIAL,
			    "the connection ended after %llu octets of content, inside a chunk: "
			    "%llu of %llu",
			    got, (unsigned long long)(chunked->chunk_bytes - chunked->left_bytes),
			    (unsigned long long)chunked->chunk_bytes);
	else
		failure_set(&response->failure, FAILURE_PARTIAL,
			    "the connection ended after %llu octets of content, before the %s", got,
			    chunked->state == CHUNKED_LAST ? "end of the trailers" : "last chunk");
	fail(response);
}

void
response_end(struct response *response, bool is_clean)
{
	assert(response->queue_count == 0 && response->coded.bytes == 0);
	switch (response->state) {
	case RESPONSE_AT_HEAD:
		if (response->options.is_http09_allowed && response->reader.state == HEAD_START &&
		    response->reader.used != 0 && !head_reader_is_http(&response->reader)) {
			begin_http09(response);
			response->state = RESPONSE_AT_END;
		} else {
			fail_in_head(response, is_clean);
		}
		break;
	case RESPONSE_AT_BODY:
		if (response->framing.kind == FRAMING_CLOSE && is_clean)
			response->state = RESPONSE_AT_END;
		else
			fail_in_body(response);
		break;
	case RESPONSE_AT_TRAILERS: fail_in_body(response); break;
	case RESPONSE_AT_END:
	case RESPONSE_AT_TUNNEL:
	case RESPONSE_AT_FAILURE: break;
	}
}

bool
response_undoes_content(const struct response *response)
{
	return response->is_decoding && response->decode.count > response->framing.transfer.count;
}

uint64_t
response_content_length(const struct response *response)
{
	unsigned transfer_count = response->framing.transfer.count;
	if (transfer_count == 0)
		return response->got_bytes;
	return response_undoes_content(response) ? response->decode.decoders[transfer_count].in_bytes : response->content_bytes;
}

bool
response_is_reusable(const struct response *response)
{
	return response->state == RESPONSE_AT_END && response->framing.is_persistent &&
	       !response->has_warned_stray;
}

/* ---- what comes out ------------------------------------------------------------------------------ */

/* The body octets at hand as data.  1: some; 0: none; negative: failed. */
static int
take_data(struct response *response, struct span *data)
{
	int result = 1;
	*data = response->coded;
	if (response->is_decoding) {
		if (response->coded.bytes != 0)
			decode_give(&response->decode, response->coded);
		result = decode_take(&response->decode, data, &response->failure);
	}
	response->coded = (struct span){ NULL, 0 };
	if (result != 1 || data->bytes == 0)
		return result < 0 ? result : 0;
	response->content_bytes += data->bytes;
	return check_content_bytes(response, response->content_bytes) != 0 ? ERR_TOO_BIG : 1;
}

static bool
tell_failure(struct response *response, struct response_event *event)
{
	if (response->is_told)
		return false;
	response->is_told = true;
	*event = (struct response_event){ .kind = RESPONSE_FAILED, .failure = &response->failure };
	return true;
}

static bool
tell_complete(struct response *response, struct response_event *event)
{
	if (response->is_told)
		return false;
	if (response->is_decoding && decode_end(&response->decode, &response->failure) != 0) {
		fail(response);
		return tell_failure(response, event);
	}
	response->is_told = true;
	*event = (struct response_event){
		.kind = RESPONSE_COMPLETE,
		.is_reusable = response_is_reusable(response),
		.is_length_known = response->framing.kind != FRAMING_CLOSE,
	};
	return true;
}

bool
response_next(struct response *response, struct response_event *event)
{
	if (response->queue_count != 0) {
		*event = response->queue[response->queue_first];
		response->queue_first = (response->queue_first + 1) % RESPONSE_QUEUE_MAX;
		response->queue_count--;
		return true;
	}
	struct span data;
	int result = response->state == RESPONSE_AT_FAILURE ? 0 : take_data(response, &data);
	if (result == 1) {
		*event = (struct response_event){ .kind = RESPONSE_DATA, .data = data };
		return true;
	}
	if (result < 0)
		fail(response);
	if (response->state == RESPONSE_AT_FAILURE)
		return tell_failure(response, event);
	return response->state == RESPONSE_AT_END ? tell_complete(response, event) : false;
}

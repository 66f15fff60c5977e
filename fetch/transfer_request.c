/* transfer_request.c - what the settings ask of the server (transfer_priv.h). */
#include <string.h>
#include <sys/stat.h>

#include "fetch/decode_libraries.h"
#include "fetch/transfer_priv.h"

static bool
has_body(const struct transfer *transfer)
{
	return transfer->body.kind != BODY_NONE && !transfer->is_get && !transfer->settings->is_get;
}

static struct span
method_of(const struct transfer *transfer)
{
	const struct settings *settings = transfer->settings;
	if (transfer->is_get)
		return settings->is_head ? SPAN("HEAD") : SPAN("GET");
	if (settings->method != NULL)
		return span_from_text(settings->method);
	if (settings->is_head)
		return SPAN("HEAD");
	if (!has_body(transfer))
		return SPAN("GET");
	return transfer->body.kind == BODY_FILE ? SPAN("PUT") : SPAN("POST");
}

int
transfer__open_body(struct transfer *transfer)
{
	const struct settings *settings = transfer->settings;
	if (transfer->job.upload != NULL)
		return body_from_file(&transfer->body, transfer->job.upload, &transfer->failure);
	if (settings->forms.count != 0)
		return body_from_form(&transfer->body, &settings->forms, &transfer->failure);
	if (settings->data.count != 0)
		return body_from_data(&transfer->body, &settings->data, &transfer->failure);
	transfer->body.descriptor = -1;
	return 0;
}

static int
set_body(struct transfer *transfer, struct request *request)
{
	struct body *body = &transfer->body;
	transfer->is_body_over = !has_body(transfer);
	transfer->is_chunked = transfer->is_expecting = false;
	if (transfer->is_body_over)
		return 0;
	if (!body_rewind(body)) {
		failure_set(&transfer->failure, FAILURE_SEND,
			    "what was sent came from a pipe and cannot be sent again");
		return -1;
	}
	transfer->is_chunked = !body->has_length;
	if (body->has_length)
		request_body_sized(request, body->bytes);
	else
		request_body_chunked(request);
	if (body->content_type != NULL)
		request_set(request, REQUEST_CONTENT_TYPE, span_from_text(body->content_type));
	if (body->is_json)
		request_set(request, REQUEST_ACCEPT, SPAN("application/json"));
	if (transfer->is_expect_refused)
		request->has_expect = false;
	return 0;
}

/* The range, and the condition under which it is of use (RFC 9110, section 13.1.5). */
static bool
set_range(struct transfer *transfer, struct request *request, struct arena *arena)
{
	const char *range = NULL;
	switch (transfer->range) {
	case RANGE_NONE: return true;
	case RANGE_RESUME:
	case RANGE_OFFSET:
	case RANGE_REST:
		range = transfer->asked.has_last
				? arena_printf(arena, "bytes=%llu-%llu", (unsigned long long)transfer->asked.first,
					       (unsigned long long)transfer->asked.last)
				: arena_printf(arena, "bytes=%llu-", (unsigned long long)transfer->asked.first);
		break;
	case RANGE_ASKED:
		range = arena_printf(arena, "bytes=" SPAN_FORMAT, SPAN_ARGUMENTS(transfer->asked_text));
		break;
	}
	if (range == NULL)
		return false;
	request_set(request, REQUEST_RANGE, span_from_text(range));
	if (transfer->range == RANGE_RESUME || transfer->range == RANGE_REST)
		request_set(request, REQUEST_IF_RANGE, span_from_text(transfer->validator));
	return true;
}

/* -z: only what is newer, or with a dash only what is not (RFC 9110, section 13.1.3 and 13.1.4). */
static bool
set_condition(struct transfer *transfer, struct request *request)
{
	const char *when = transfer->settings->time_condition;
	struct stat status;
	int64_t time_s;

	if (when == NULL)
		return true;
	bool is_older = when[0] == '-';
	when += is_older;
	if (stat(when, &status) == 0) {
		time_s = status.st_mtim.tv_sec;
	} else if (http_date_read(span_from_text(when), transfer->client->now_s, &time_s) != 0) {
		failure_set(&transfer->failure, FAILURE_USAGE,
			    "-z: `%s' is neither a file nor a date, as in `Sun, 06 Nov 1994 "
			    "08:49:37 GMT'",
			    when);
		return false;
	}
	http_date_write(time_s, transfer->condition);
	request_set(request, is_older ? REQUEST_IF_UNMODIFIED_SINCE : REQUEST_IF_MODIFIED_SINCE,
		    span_from_text(transfer->condition));
	return true;
}

static int
set_fields(struct transfer *transfer, struct request *request)
{
	const struct settings *settings = transfer->settings;
	const char *agent = settings->user_agent != NULL ? settings->user_agent : CLIENT_USER_AGENT;

	if (agent[0] != '\0')
		request_set(request, REQUEST_USER_AGENT, span_from_text(agent));
	request_set(request, REQUEST_ACCEPT, SPAN("*/*"));
	if (settings->is_compressed) {
		decode_accept_encoding(transfer->accept_encoding);
		request_set(request, REQUEST_ACCEPT_ENCODING,
			    span_from_text(transfer->accept_encoding));
	}
	if (settings->referer != NULL)
		request_set(request, REQUEST_REFERER, span_from_text(settings->referer));
	if (!settings->is_kept_alive)
		request_set(request, REQUEST_CONNECTION, SPAN("close"));
	for (size_t i = 0; i < settings->fields.count && !transfer->is_foreign; i++) {
		const char *line = settings->fields.items[i].text;
		if (transfer__range_of_line(line).at == NULL && /* set_range has set that */
		    request_header(request, span_from_text(line), &transfer->failure) != 0)
			return -1;
	}
	return 0;
}

int
transfer__write_request(struct transfer *transfer)
{
	struct arena *arena = &transfer->arenas[transfer->arena_at];
	size_t mark = arena_mark(arena);
	struct request *request = arena_alloc(arena, sizeof *request);
	struct writer out = writer_over(transfer->head, TRANSFER_HEAD_BYTES);

	transfer->method = method_of(transfer);
	struct span target = transfer__asks_proxy(transfer) && request != NULL
				     ? request_absolute_form(&transfer->url, arena)
				     : url_target(&transfer->url);
	transfer->facts.method = transfer->method;
	failure_set(&transfer->failure, FAILURE_MEMORY, "no memory for the request");
	if (request == NULL)
		return -1;
	request_init(request, transfer->method, target,
		     url_authority(&transfer->url));
	if (transfer->settings->is_http_1_0)
		request->version = 10;
	if (!set_range(transfer, request, arena) ||
	    !transfer__set_login(transfer, request, arena) ||
	    transfer__set_proxy_login(transfer, request, arena) != 0 ||
	    !transfer__set_cookies(transfer, request, arena) || !set_condition(transfer, request))
		return -1;
	transfer__set_etag(transfer, request, arena);
	if (set_fields(transfer, request) != 0 || set_body(transfer, request) != 0)
		return -1;
	transfer->is_expecting = request_expects(request);
	if (request_write(request, &out, &transfer->failure) != 0)
		return -1;
	transfer->head_bytes = out.pos;
	transfer->head_sent = 0;
	arena_rewind(arena, mark);
	failure_clear(&transfer->failure);
	return 0;
}

/* transfer_request.c - what the settings ask of the server (transfer_priv.h). */
#include "fetch/decode_libraries.h"
#include "fetch/transfer_priv.h"

static struct span
method_of(const struct transfer *transfer)
{
	const struct settings *settings = transfer->settings;
	if (settings->method != NULL)
		return span_from_text(settings->method);
	return settings->is_head ? SPAN("HEAD") : SPAN("GET");
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
		range = arena_printf(arena, "bytes=%llu-",
				     (unsigned long long)transfer->range_first);
		break;
	case RANGE_ASKED: range = arena_printf(arena, "bytes=%s", transfer->settings->range); break;
	}
	if (range == NULL)
		return false;
	request_set(request, REQUEST_RANGE, span_from_text(range));
	if (transfer->range == RANGE_RESUME)
		request_set(request, REQUEST_IF_RANGE, span_from_text(transfer->validator));
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
		struct span line = span_from_text(settings->fields.items[i].text);
		if (request_header(request, line, &transfer->failure) != 0)
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
	transfer->facts.method = transfer->method;
	failure_set(&transfer->failure, FAILURE_MEMORY, "no memory for the request");
	if (request == NULL)
		return -1;
	request_init(request, transfer->method, url_target(&transfer->url),
		     url_authority(&transfer->url));
	if (transfer->settings->is_http_1_0)
		request->version = 10;
	if (!set_range(transfer, request, arena) || set_fields(transfer, request) != 0)
		return -1;
	if (request_write(request, &out, &transfer->failure) != 0)
		return -1;
	transfer->head_bytes = out.pos;
	transfer->head_sent = 0;
	arena_rewind(arena, mark);
	failure_clear(&transfer->failure);
	return 0;
}

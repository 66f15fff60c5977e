#include "fetch/url_json.h"

#include "fetch/json_read.h"

static void
put_span(struct json *json, const char *key, struct span text)
{
	json_key(json, key);
	json_string(json, text.at != NULL ? text.at : "", text.bytes);
}

/* A part with the delimiter in front of it (which > 0) or behind it, as it stands in the href. */
static struct span
with_delimiter(struct span part, size_t before, size_t behind)
{
	return span_of(part.at - before, part.bytes + before + behind);
}

static struct span
search_or_hash(struct span part)
{
	return part.bytes != 0 ? with_delimiter(part, 1, 0) : SPAN("");
}

static void
put_port(struct json *json, const struct url *url)
{
	struct span authority = url_authority(url);
	size_t bytes = url->has_port ? authority.bytes - url->host.bytes - 1 : 0;
	put_span(json, "port", span_from(authority, authority.bytes - bytes));
}

static void
put_parts(struct json *json, const struct url *url, struct arena *arena)
{
	struct span origin;
	put_span(json, "href", url->href);
	if (url_origin(url, arena, &origin) == 0)
		put_span(json, "origin", origin);
	put_span(json, "protocol", with_delimiter(url->scheme, 0, 1));
	put_span(json, "username", url->username);
	put_span(json, "password", url->password);
	put_span(json, "host", url_authority(url));
	put_span(json, "hostname", url->host);
	put_port(json, url);
	put_span(json, "pathname", url->path);
	put_span(json, "search", search_or_hash(url->query));
	put_span(json, "hash", search_or_hash(url->fragment));
}

static void
put_warnings(struct json *json, const struct url_report *report)
{
	json_key(json, "warnings");
	json_array_begin(json);
	for (unsigned i = 0; i < report->error_count; i++) {
		if (report->errors[i] != report->failure)
			json_text(json, url_error_name(report->errors[i]));
	}
	json_array_end(json);
}

static void
put_failure(struct json *json, const char *error, const char *reason)
{
	json_key(json, "failure");
	json_bool(json, true);
	json_key(json, "error");
	json_text(json, error);
	json_key(json, "reason");
	json_text(json, reason);
}

static void
put_error(struct json *json, int err, const struct url_report *report)
{
	if (report->failure != URL_ERROR_COUNT)
		put_failure(json, url_error_name(report->failure),
			    url_error_meaning(report->failure));
	else if (err == ERR_UNSUPPORTED)
		put_failure(json, "unsupported",
			    "the domain is beyond ASCII, and ICU, which knows how to write it in "
			    "ASCII, is not installed");
	else
		put_failure(json, "memory", "the URL is too long");
}

static void
put_url(struct json *json, struct span input, const struct span *base_text, struct arena *arena,
	struct idna *idna)
{
	struct url url, base;
	struct url_report report = { .failure = URL_ERROR_COUNT };
	struct url_context context = { .arena = arena, .idna = idna };
	if (base_text != NULL && url_parse(&base, *base_text, NULL, &context) != 0) {
		put_failure(json, "base", "the base is no URL");
		put_warnings(json, &report);
		return;
	}
	context.report = &report;
	int err = url_parse(&url, input, base_text != NULL ? &base : NULL, &context);
	if (err == 0)
		put_parts(json, &url, arena);
	else
		put_error(json, err, &report);
	put_warnings(json, &report);
}

void
url_json_write(struct json *json, struct span input, const struct span *base, struct arena *arena,
	       struct idna *idna)
{
	size_t mark = arena_mark(arena);
	json_object_begin(json);
	put_span(json, "input", input);
	json_key(json, "base");
	if (base != NULL)
		json_string(json, base->at, base->bytes);
	else
		json_null(json);
	put_url(json, input, base, arena, idna);
	json_object_end(json);
	arena_rewind(arena, mark);
}

/* The members of a line that count; a reason in words when it is not as it should be. */
static const char *
read_line(struct span line, struct arena *arena, struct span *input, struct span *base,
	  bool *has_base)
{
	struct json_reader reader;
	struct json_member member;
	bool has_input = false;
	int read;
	json_read_init(&reader, line, arena);
	while ((read = json_read_next(&reader, &member)) == 1) {
		bool is_input = span_is(member.key, "input"), is_base = span_is(member.key, "base");
		if (is_base && member.kind == JSON_NULL)
			continue;
		if ((is_input || is_base) && member.kind != JSON_STRING)
			return "\"input\" and \"base\" have to be strings";
		if (is_input)
			*input = member.value;
		if (is_base)
			*base = member.value;
		has_input |= is_input;
		*has_base |= is_base;
	}
	if (read != 0)
		return read == ERR_MALFORMED ? reader.why : err_text(read);
	return has_input ? NULL : "the object has no \"input\"";
}

bool
url_json_answer(struct json *json, struct span line, struct arena *arena, struct idna *idna)
{
	size_t mark = arena_mark(arena);
	struct span input, base;
	bool has_base = false;
	const char *why = read_line(line, arena, &input, &base, &has_base);
	if (why == NULL) {
		url_json_write(json, input, has_base ? &base : NULL, arena, idna);
	} else {
		json_object_begin(json);
		put_failure(json, "json", why);
		json_object_end(json);
	}
	json_line_end(json);
	arena_rewind(arena, mark);
	return why == NULL;
}

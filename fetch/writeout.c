#include "fetch/writeout.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fetch/printable.h"
#include "fetch/url.h"
#include "fetch/url_guess.h"

/* Fields of a head: \uXXXX for each octet at worst, and what stands around each. */
#define JSON_BYTES   (6 * HEAD_BYTES_MAX + 16 * HEAD_FIELDS_MAX)
#define FORMAT_BYTES 65536u
#define ADDR_BYTES   INET6_ADDRSTRLEN
#define PORT_BYTES   16u
#define URL_SPARE_BYTES  4096u /* of an arena, beside some copies of the URL */
#define FIELD_NAME_BYTES 256u

/* ---- the variables ------------------------------------------------------------------------------- */

enum value_kind { VALUE_NONE, VALUE_TEXT, VALUE_NUMBER, VALUE_TIME };

struct value {
	enum value_kind kind;
	struct span text;
	uint64_t number; /* times in microseconds */
	char memory[ADDR_BYTES];
};

static struct value
number(uint64_t value)
{
	return (struct value){ .kind = VALUE_NUMBER, .number = value };
}

static struct value
text(struct span value)
{
	return (struct value){ .kind = VALUE_TEXT, .text = value };
}

/* From the beginning of the attempt; what has not happened, or had before on a kept connection, took nothing. */
static struct value
since(const struct transfer_facts *facts, uint64_t at_us)
{
	uint64_t past_us = at_us > facts->attempt_us ? at_us - facts->attempt_us : 0;
	return (struct value){ .kind = VALUE_TIME, .number = past_us };
}

static uint64_t
total_us(const struct transfer_facts *facts)
{
	return facts->end_us - facts->start_us;
}

static uint64_t
speed(const struct transfer_facts *facts, uint64_t bytes)
{
	uint64_t us = total_us(facts);
	return us != 0 ? (uint64_t)((double)bytes * 1e6 / (double)us) : 0;
}

static struct value
addr(const struct ip_addr *addr)
{
	struct value value = { .kind = VALUE_TEXT };
	int family = addr->family == ADDR_IPV4 ? AF_INET : AF_INET6;
	if (addr->family == ADDR_NONE ||
	    inet_ntop(family, addr->octets, value.memory, ADDR_BYTES) == NULL)
		value.memory[0] = '\0';
	return value;
}

static struct span
header(const struct transfer_facts *facts, const char *name)
{
	return facts->head != NULL ? fields_value(&facts->head->fields, name) : (struct span){ 0 };
}

#define FACTS const struct transfer_facts *f
/* clang-format off */
static struct value content_type(FACTS) { return text(header(f, "Content-Type")); }
static struct value error_message(FACTS) { return text(span_from_text(f->failure.text)); }
static struct value error_id(FACTS) { return text(span_from_text(failure_id(f->failure.cause))); }
static struct value exit_code(FACTS) { return number((uint64_t)failure_exit_status(f->failure.cause)); }
static struct value file_name(FACTS) { return text(span_from_text(f->path)); }
static struct value method(FACTS) { return text(f->method); }
static struct value status(FACTS) { return number(f->head != NULL ? f->head->status : 0); }
static struct value version(FACTS)
{
	static const char *const names[] = { "0", "0.9", "1.0", "1.1", "2" };
	unsigned version = f->head != NULL ? f->head->version : 0;
	return text(span_from_text(names[version == 9 ? 1 : version == 10 ? 2 : version == 11 ? 3
					  : version == 20 ? 4 : 0]));
}
static struct value connect_count(FACTS) { return number(f->connect_count); }
static struct value field_count(FACTS) { return number(f->head != NULL ? f->head->fields.count : 0); }
static struct value redirect_count(FACTS) { return number(f->redirect_count); }
static struct value retry_count(FACTS) { return number(f->retry_count); }
static struct value redirect_url(FACTS) { return text(f->redirect_url); }
static struct value local_addr(FACTS) { return addr(&f->stream.local); }
static struct value local_port(FACTS) { return number(f->stream.local_port); }
static struct value remote_addr(FACTS) { return addr(&f->stream.remote); }
static struct value remote_port(FACTS) { return number(f->stream.remote_port); }
static struct value connection(FACTS) { return number(f->stream.number); }
static struct value is_secure(FACTS) { return number(f->stream.is_name_secure); }
static struct value tls_version(FACTS) { return text(span_from_text(f->stream.tls_version)); }
static struct value tls_cipher(FACTS) { return text(span_from_text(f->stream.tls_cipher)); }
static struct value alpn(FACTS) { return text(span_from_text(f->stream.alpn)); }
static struct value scheme(FACTS) { return text(span_first(f->url, span_find(f->url, ':'))); }
static struct value size_download(FACTS) { return number(f->content_bytes); }
static struct value size_kept(FACTS) { return number(f->kept_bytes); }
static struct value size_header(FACTS) { return number(f->head_bytes); }
static struct value size_request(FACTS) { return number(f->request_bytes); }
static struct value size_upload(FACTS) { return number(f->uploaded_bytes); }
static struct value speed_download(FACTS) { return number(speed(f, f->content_bytes)); }
static struct value speed_upload(FACTS) { return number(speed(f, f->uploaded_bytes)); }
static struct value time_named(FACTS) { return since(f, f->stream.named_us); }
static struct value time_connected(FACTS) { return since(f, f->stream.connected_us); }
static struct value time_secured(FACTS) { return since(f, f->stream.secured_us); }
static struct value time_sent(FACTS) { return since(f, f->sent_us); }
static struct value time_first(FACTS) { return since(f, f->first_us); }
static struct value time_redirect(FACTS) { return (struct value){ .kind = VALUE_TIME, .number = f->redirect_count != 0 ? f->attempt_us - f->start_us : 0 }; }
static struct value time_total(FACTS) { return (struct value){ .kind = VALUE_TIME, .number = total_us(f) }; }
static struct value url_given(FACTS) { return text(span_from_text(f->job->url)); }
static struct value url_effective(FACTS) { return text(f->url); }
static struct value url_number(FACTS) { return number(f->job->number); }
/* clang-format on */

static const struct variable {
	const char *name;
	struct value (*read)(const struct transfer_facts *facts);
} variables[] = {
	{ "alpn", alpn },
	{ "conn_id", connection },
	{ "content_type", content_type },
	{ "dnssec", is_secure },
	{ "errormsg", error_message },
	{ "errorid", error_id },
	{ "exitcode", exit_code },
	{ "filename_effective", file_name },
	{ "http_code", status },
	{ "http_version", version },
	{ "local_ip", local_addr },
	{ "local_port", local_port },
	{ "method", method },
	{ "num_connects", connect_count },
	{ "num_headers", field_count },
	{ "num_redirects", redirect_count },
	{ "num_retries", retry_count },
	{ "redirect_url", redirect_url },
	{ "remote_ip", remote_addr },
	{ "remote_port", remote_port },
	{ "response_code", status },
	{ "scheme", scheme },
	{ "size_download", size_download },
	{ "size_header", size_header },
	{ "size_kept", size_kept },
	{ "size_request", size_request },
	{ "size_upload", size_upload },
	{ "speed_download", speed_download },
	{ "speed_upload", speed_upload },
	{ "time_appconnect", time_secured },
	{ "time_connect", time_connected },
	{ "time_namelookup", time_named },
	{ "time_pretransfer", time_sent },
	{ "time_redirect", time_redirect },
	{ "time_starttransfer", time_first },
	{ "time_total", time_total },
	{ "tls_cipher", tls_cipher },
	{ "tls_version", tls_version },
	{ "url", url_given },
	{ "url_effective", url_effective },
	{ "urlnum", url_number },
};

static struct span
text_of(const struct value *value)
{
	return value->text.at != NULL ? value->text : span_from_text(value->memory);
}

/* ---- JSON ---------------------------------------------------------------------------------------- */

static void
put_variables(struct json *json, const struct transfer_facts *facts)
{
	json_object_begin(json);
	for (size_t i = 0; i < sizeof variables / sizeof variables[0]; i++) {
		struct value value = variables[i].read(facts);
		struct span words = text_of(&value);
		json_key(json, variables[i].name);
		switch (value.kind) {
		case VALUE_NONE: json_null(json); break;
		case VALUE_NUMBER: json_uint(json, value.number); break;
		case VALUE_TIME: json_decimal(json, value.number, 6); break;
		case VALUE_TEXT:
			if (words.bytes != 0)
				json_string(json, words.at, words.bytes);
			else
				json_null(json);
			break;
		}
	}
	json_object_end(json);
}

/* A name in small letters, as much of it as there is room for. */
static void
put_field_name(struct json *json, struct span name)
{
	char lower[FIELD_NAME_BYTES];
	size_t bytes = name.bytes < sizeof lower ? name.bytes : sizeof lower - 1;
	for (size_t i = 0; i < bytes; i++)
		lower[i] = span_lower(name.at[i]);
	lower[bytes] = '\0';
	json_key(json, lower);
}

static bool
is_first_of_name(const struct fields *fields, size_t at)
{
	for (size_t i = 0; i < at; i++) {
		if (span_equals_nocase(fields->at[i].name, fields->at[at].name))
			return false;
	}
	return true;
}

/* Each field once, with all the values that it has. */
static void
put_head(struct json *json, const struct transfer_facts *facts)
{
	static const struct fields none = { 0 };
	const struct fields *fields = facts->head != NULL ? &facts->head->fields : &none;

	json_object_begin(json);
	for (size_t i = 0; i < fields->count; i++) {
		if (!is_first_of_name(fields, i))
			continue;
		put_field_name(json, fields->at[i].name);
		json_array_begin(json);
		for (size_t j = i; j < fields->count; j++) {
			if (span_equals_nocase(fields->at[j].name, fields->at[i].name))
				json_string(json, fields->at[j].value.at, fields->at[j].value.bytes);
		}
		json_array_end(json);
	}
	json_object_end(json);
}

static bool
print_json(FILE *out, void (*put)(struct json *, const struct transfer_facts *), const struct transfer_facts *facts,
	   bool is_line)
{
	struct json json;
	size_t bytes;
	char *memory = malloc(JSON_BYTES);
	errno = ENOMEM;
	if (memory == NULL)
		return false;
	errno = EMSGSIZE;
	json_init(&json, memory, JSON_BYTES);
	put(&json, facts);
	if (is_line)
		json_line_end(&json);
	const char *document = json_drain(&json, &bytes);
	bool is_written =
		json.err == 0 && fwrite(document, 1, bytes, out) == bytes && fflush(out) == 0;
	free(memory);
	return is_written;
}

bool
writeout_report(FILE *out, const struct transfer_facts *facts)
{
	return print_json(out, put_variables, facts, true);
}

/* ---- the format ---------------------------------------------------------------------------------- */

static void
print_text(FILE *out, struct span words)
{
	char shown[PRINTABLE_GROWTH * 1024];
	if (!isatty(fileno(out))) {
		fwrite(words.at != NULL ? words.at : "", 1, words.bytes, out);
		return;
	}
	while (words.bytes != 0) {
		struct span piece = span_first(words, 1000);
		printable_text(shown, sizeof shown, piece.at, piece.bytes);
		fputs(shown, out);
		words = span_from(words, piece.bytes);
	}
}

static void
print_variable(FILE *out, struct span name, const struct transfer_facts *facts)
{
	for (size_t i = 0; i < sizeof variables / sizeof variables[0]; i++) {
		if (!span_is(name, variables[i].name))
			continue;
		struct value value = variables[i].read(facts);
		if (value.kind == VALUE_TEXT)
			print_text(out, text_of(&value));
		else if (value.kind == VALUE_TIME)
			fprintf(out, "%llu.%06llu", (unsigned long long)(value.number / 1000000),
				(unsigned long long)(value.number % 1000000));
		else if (span_is(name, "http_code") || span_is(name, "response_code"))
			fprintf(out, "%03llu", (unsigned long long)value.number);
		else
			fprintf(out, "%llu", (unsigned long long)value.number);
		return;
	}
	fprintf(stderr, "cairn-fetch: warning: -w knows no variable `" SPAN_FORMAT "'\n",
		SPAN_ARGUMENTS(name));
}

/* A part of the URL by its name there, as it stands in it; nothing where there is none. */
static struct span
url_part(const struct url *url, struct span name, char port[PORT_BYTES])
{
	const struct {
		const char *name;
		struct span part;
	} parts[] = {
		{ "scheme", url->scheme }, { "user", url->username }, { "password", url->password },
		{ "host", url->host },     { "path", url->path },     { "query", url->query },
		{ "fragment", url->fragment },
	};
	for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
		if (span_is(name, parts[i].name))
			return parts[i].part;
	}
	unsigned number = span_is(name, "port") ? url_port(url) : 0;
	return number != 0 ? span_of(port, (size_t)snprintf(port, PORT_BYTES, "%u", number)) : SPAN("");
}

static void
print_url_part(FILE *out, struct span name, struct span text)
{
	char port[PORT_BYTES];
	const size_t bytes = URL_SPARE_BYTES + 8 * text.bytes;
	void *memory = malloc(bytes);
	struct arena arena;
	struct url_context context = { .arena = &arena };
	struct url url;

	if (memory == NULL)
		return;
	arena_init(&arena, memory, bytes);
	const char *whole = arena_printf(&arena, "%s" SPAN_FORMAT, url_guess_scheme(text), SPAN_ARGUMENTS(text));
	if (whole != NULL && url_parse(&url, span_from_text(whole), NULL, &context) == 0)
		print_text(out, url_part(&url, name, port));
	free(memory);
}

static void
print_header(FILE *out, struct span name, const struct transfer_facts *facts)
{
	char terminated[256];
	if (name.bytes >= sizeof terminated)
		return;
	memcpy(terminated, name.at, name.bytes);
	terminated[name.bytes] = '\0';
	print_text(out, header(facts, terminated));
}

bool
writeout_wants_chain(const char *format)
{
	return format[0] == '@' || strstr(format, "certs}") != NULL;
}

static const char *
chain_of(const struct transfer_facts *facts)
{
	return facts->stream.tls_chain != NULL ? facts->stream.tls_chain : "";
}

static unsigned
certificate_count(const char *chain)
{
	unsigned count = 0;
	for (; (chain = strstr(chain, "-----BEGIN ")) != NULL; chain++)
		count++;
	return count;
}

/* What stands between the braces of rest, which is moved behind them; at NULL: no such thing. */
static struct span
take_braced(struct span *rest, struct span front)
{
	if (!span_starts(*rest, front))
		return (struct span){ 0 };
	struct span inside = span_from(*rest, front.bytes);
	size_t end = span_find(inside, '}');
	if (end == inside.bytes)
		return (struct span){ 0 };
	*rest = span_from(inside, end + 1);
	return span_first(inside, end);
}

/* A backslash or a percent sign; 0: no meaning, the octet stands for itself. */
static char
escaped(struct span rest)
{
	if (rest.bytes < 2)
		return 0;
	if (rest.at[0] == '%' && rest.at[1] == '%')
		return '%';
	if (rest.at[0] != '\\')
		return 0;
	switch (rest.at[1]) {
	case 'n': return '\n';
	case 'r': return '\r';
	case 't': return '\t';
	case '\\': return '\\';
	}
	return 0;
}

static bool
print_format(struct span rest, const struct transfer_facts *facts)
{
	FILE *out = stdout;
	int err = 0;
	while (rest.bytes != 0) {
		struct span name;
		char letter = escaped(rest);
		if (letter != 0) {
			fputc(letter, out);
			rest = span_from(rest, 2);
		} else if ((name = take_braced(&rest, SPAN("%header{"))).at != NULL) {
			print_header(out, name, facts);
		} else if ((name = take_braced(&rest, SPAN("%{"))).at == NULL) {
			fputc(rest.at[0], out);
			rest = span_from(rest, 1);
		} else if (span_is(name, "onerror")) {
			if (facts->failure.cause == FAILURE_NONE)
				break;
		} else if (span_is(name, "json")) {
			if (!print_json(out, put_variables, facts, false))
				err = errno;
		} else if (span_is(name, "header_json")) {
			if (!print_json(out, put_head, facts, false))
				err = errno;
		} else if (span_is(name, "certs")) {
			fputs(chain_of(facts), out); /* text of ours, over several lines */
		} else if (span_is(name, "num_certs")) {
			fprintf(out, "%u", certificate_count(chain_of(facts)));
		} else if (span_starts(name, SPAN("url."))) {
			print_url_part(out, span_from(name, 4), span_from_text(facts->job->url));
		} else if (span_starts(name, SPAN("urle."))) {
			print_url_part(out, span_from(name, 5), facts->url);
		} else if (span_is(name, "stderr") || span_is(name, "stdout")) {
			fflush(out);
			out = span_is(name, "stderr") ? stderr : stdout;
		} else {
			print_variable(out, name, facts);
		}
	}
	fflush(out);
	const bool is_printed = fflush(stdout) == 0 && ferror(stdout) == 0;
	if (err != 0)
		errno = err;
	return is_printed && err == 0;
}

bool
writeout(const char *format, const struct transfer_facts *facts)
{
	bool is_printed = true;
	if (format[0] != '@')
		return print_format(span_from_text(format), facts);
	FILE *in = strcmp(format, "@-") == 0 ? stdin : fopen(format + 1, "re");
	char *words = malloc(FORMAT_BYTES);
	if (in == NULL || words == NULL)
		fprintf(stderr, "cairn-fetch: warning: -w: %s cannot be read\n", format + 1);
	else
		is_printed = print_format(span_of(words, fread(words, 1, FORMAT_BYTES, in)), facts);
	free(words);
	if (in != NULL && in != stdin)
		fclose(in);
	return is_printed;
}

#include "tests/packetdrill/runner/parser.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- tokens ------------------------------------------------------------------------------------ */

void
parser_fail(struct parser *p, const char *format, ...)
{
	va_list arguments;

	const int used = snprintf(p->error, p->error_bytes, "%s:%u: ", p->path, p->line);
	va_start(arguments, format);
	(void)vsnprintf(p->error + used, p->error_bytes - (size_t)used, format, arguments);
	va_end(arguments);
	longjmp(p->give_up, 1);
}

void *
parser_new(struct parser *p, size_t size)
{
	void *memory = arena_zalloc(p->arena, 1, size);

	if (memory == NULL)
		parser_fail(p, "the script is too long");
	return memory;
}

static const char *
copy(struct parser *p, const char *begin, size_t size)
{
	char *text = parser_new(p, size + 1);

	memcpy(text, begin, size);
	return text;
}

static void
skip_to(struct parser *p, const char *end, size_t end_bytes)
{
	while (*p->at != '\0' && strncmp(p->at, end, end_bytes) != 0)
		p->line += *p->at++ == '\n';
	if (*p->at != '\0')
		p->at += end_bytes;
}

void
parser_skip(struct parser *p)
{
	for (;;) {
		if (*p->at == '\n')
			p->line++;
		if (isspace((unsigned char)*p->at)) {
			p->at++;
		} else if (strncmp(p->at, "//", 2) == 0 || *p->at == '#') {
			while (*p->at != '\0' && *p->at != '\n')
				p->at++;
		} else if (strncmp(p->at, "/*", 2) == 0) {
			skip_to(p, "*/", 2);
		} else {
			return;
		}
	}
}

bool
parser_accept(struct parser *p, const char *token)
{
	parser_skip(p);
	if (strncmp(p->at, token, strlen(token)) != 0)
		return false;
	p->at += strlen(token);
	return true;
}

void
parser_expect(struct parser *p, const char *token)
{
	if (!parser_accept(p, token))
		parser_fail(p, "expected '%s' before '%.20s'", token, p->at);
}

static bool
is_word_part(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

const char *
parser_word(struct parser *p)
{
	parser_skip(p);
	if (!isalpha((unsigned char)*p->at) && *p->at != '_')
		return NULL;
	const char *begin = p->at;
	while (is_word_part(*p->at))
		p->at++;
	return copy(p, begin, (size_t)(p->at - begin));
}

bool
parser_accept_word(struct parser *p, const char *word)
{
	const size_t size = strlen(word);

	parser_skip(p);
	if (strncmp(p->at, word, size) != 0 || is_word_part(p->at[size]))
		return false;
	p->at += size;
	return true;
}

bool
parser_is_number(struct parser *p)
{
	parser_skip(p);
	return isdigit((unsigned char)*p->at) ||
	       (*p->at == '-' && isdigit((unsigned char)p->at[1]));
}

long long
parser_integer(struct parser *p)
{
	char *end;

	if (!parser_is_number(p))
		parser_fail(p, "expected a number before '%.20s'", p->at);
	const long long value = strtoll(p->at, &end, 0);
	p->at = end;
	return value;
}

/* Seconds with a fraction, to the microsecond. */
long long
parser_time_us(struct parser *p)
{
	long long seconds = 0, fraction = 0, unit = 100000;

	parser_skip(p);
	if (!isdigit((unsigned char)*p->at) && *p->at != '.')
		parser_fail(p, "expected a time before '%.20s'", p->at);
	for (; isdigit((unsigned char)*p->at); p->at++)
		seconds = seconds * 10 + (*p->at - '0');
	/* "0...0.2" is a range: its first dots are none of a fraction. */
	if (*p->at == '.' && isdigit((unsigned char)p->at[1])) {
		for (p->at++; isdigit((unsigned char)*p->at); p->at++, unit /= 10)
			fraction += (*p->at - '0') * unit;
	}
	return seconds * 1000000 + fraction;
}

const char *
parser_until(struct parser *p, const char *end)
{
	const char *begin = p->at, *stop = strstr(p->at, end);

	if (stop == NULL)
		parser_fail(p, "'%s' is missing", end);
	for (const char *c = begin; c < stop; c++)
		p->line += *c == '\n';
	p->at = stop + strlen(end);
	return copy(p, begin, (size_t)(stop - begin));
}

/* ---- expressions ------------------------------------------------------------------------------- */

static struct expression *
expression_new(struct parser *p, enum expression_kind kind)
{
	struct expression *expression = parser_new(p, sizeof *expression);

	expression->kind = kind;
	return expression;
}

static void
add_item(struct parser *p, struct expression *to, struct expression *item)
{
	if (to->item_count == SCRIPT_ITEMS_MAX)
		parser_fail(p, "more than %u in one list", SCRIPT_ITEMS_MAX);
	to->items[to->item_count++] = item;
}

static struct expression *
sequence(struct parser *p, enum expression_kind kind, const char *end)
{
	struct expression *list = expression_new(p, kind);

	while (!parser_accept(p, end)) {
		add_item(p, list, parser_expression(p));
		if (!parser_accept(p, ",")) {
			parser_expect(p, end);
			break;
		}
	}
	return list;
}

/* name, name(value), name = value, name(count) = value */
static struct expression *
named(struct parser *p)
{
	struct expression *named_ = expression_new(p, EXPRESSION_WORD);

	named_->text = parser_word(p);
	if (parser_accept(p, "(")) {
		named_->kind = EXPRESSION_APPLY;
		add_item(p, named_, parser_expression(p));
		parser_expect(p, ")");
	}
	parser_skip(p);
	if (*p->at != '=' || p->at[1] == '=')
		return named_;
	p->at++;
	struct expression *field = expression_new(p, EXPRESSION_FIELD);
	field->text = named_->text;
	add_item(p, field, parser_expression(p));
	return field;
}

static struct expression *
primary(struct parser *p)
{
	struct expression *expression;

	if (parser_accept(p, "..."))
		return expression_new(p, EXPRESSION_ELLIPSIS);
	if (parser_is_number(p)) {
		expression = expression_new(p, EXPRESSION_NUMBER);
		expression->number = parser_integer(p);
		return expression;
	}
	if (parser_accept(p, "\"")) {
		expression = expression_new(p, EXPRESSION_STRING);
		expression->text = parser_until(p, "\"");
		(void)parser_accept(p, "..."); /* the string goes on; what is written is enough */
		return expression;
	}
	if (parser_accept(p, "["))
		return sequence(p, EXPRESSION_LIST, "]");
	if (parser_accept(p, "{"))
		return sequence(p, EXPRESSION_STRUCT, "}");
	if (isalpha((unsigned char)*p->at) || *p->at == '_')
		return named(p);
	parser_fail(p, "expected a value before '%.20s'", p->at);
}

struct expression *
parser_expression(struct parser *p)
{
	struct expression *left = primary(p);

	while (parser_accept(p, "|")) {
		struct expression *both = expression_new(p, EXPRESSION_OR);
		struct expression *right = primary(p);
		/* "events = A | B" is a field whose value goes on. */
		if (left->kind == EXPRESSION_FIELD) {
			add_item(p, both, left->items[0]);
			add_item(p, both, right);
			left->items[0] = both;
			continue;
		}
		add_item(p, both, left);
		add_item(p, both, right);
		left = both;
	}
	return left;
}

/* ---- events ------------------------------------------------------------------------------------ */

static void
event_time(struct parser *p, struct event *event)
{
	event->line = p->line;
	if (parser_accept(p, "*")) {
		event->time_kind = TIME_ANY;
		return;
	}
	const bool is_relative = parser_accept(p, "+");
	event->time_kind = is_relative ? TIME_RELATIVE : TIME_ABSOLUTE;
	event->time_us = parser_time_us(p);
	if (!parser_accept(p, "~"))
		return;
	if (is_relative)
		parser_expect(p, "+");
	event->time_kind = is_relative ? TIME_RELATIVE_RANGE : TIME_ABSOLUTE_RANGE;
	event->time_end_us = parser_time_us(p);
	if (event->time_end_us < event->time_us)
		parser_fail(p, "the range of time is backwards");
}

/* A word in brackets behind a result, for the reader: (Operation now in progress). */
static void
skip_note(struct parser *p)
{
	if (parser_accept(p, "("))
		(void)parser_until(p, ")");
}

static void
parse_call(struct parser *p, struct event *event)
{
	struct call_spec *call = &event->call;

	call->end_us = parser_accept(p, "...") ? parser_time_us(p) : SCRIPT_NO_TIME;
	call->name = parser_word(p);
	if (call->name == NULL)
		parser_fail(p, "expected a call before '%.20s'", p->at);
	parser_expect(p, "(");
	while (!parser_accept(p, ")")) {
		if (call->argument_count == SCRIPT_ARGUMENTS_MAX)
			parser_fail(p, "too many arguments");
		call->arguments[call->argument_count++] = parser_expression(p);
		if (!parser_accept(p, ",")) {
			parser_expect(p, ")");
			break;
		}
	}
	parser_expect(p, "=");
	call->result = parser_expression(p);
	parser_skip(p);
	if (*p->at == 'E')
		call->error = parser_word(p);
	skip_note(p);
}

static void
parse_event(struct parser *p, struct event *event)
{
	event_time(p, event);
	parser_skip(p);
	if (*p->at == '<' || *p->at == '>') {
		event->kind = EVENT_PACKET;
		event->packet.is_inbound = *p->at++ == '<';
		parser_packet(p, &event->packet);
	} else if (parser_accept(p, "`")) {
		event->kind = EVENT_COMMAND;
		event->text = parser_until(p, "`");
	} else if (parser_accept(p, "%{")) {
		event->kind = EVENT_CODE;
		event->text = parser_until(p, "}%");
	} else {
		event->kind = EVENT_CALL;
		parse_call(p, event);
	}
	const bool is_outbound = event->kind == EVENT_PACKET && !event->packet.is_inbound;
	if (!is_outbound && event->time_kind != TIME_ABSOLUTE && event->time_kind != TIME_RELATIVE)
		parser_fail(p, "only for outbound packets the time may be left open");
}

/* --name=value or --name */
static void
parse_option(struct parser *p, struct script_option *option)
{
	const char *begin = p->at;

	while (is_word_part(*p->at) || *p->at == '-')
		p->at++;
	option->name = copy(p, begin, (size_t)(p->at - begin));
	option->value = "";
	if (*p->at != '=')
		return;
	begin = ++p->at;
	while (*p->at != '\0' && !isspace((unsigned char)*p->at))
		p->at++;
	option->value = copy(p, begin, (size_t)(p->at - begin));
}

static void
parse_script(struct parser *p, struct script *script)
{
	struct script_option **option = &script->options;
	struct event **event = &script->events;

	while (parser_accept(p, "--")) {
		*option = parser_new(p, sizeof **option);
		parse_option(p, *option);
		option = &(*option)->next;
	}
	if (parser_accept(p, "`"))
		script->init_command = parser_until(p, "`");
	for (parser_skip(p); *p->at != '\0'; parser_skip(p)) {
		if (parser_accept(p, "`")) { /* cleaning up afterwards */
			(void)parser_until(p, "`");
			continue;
		}
		*event = parser_new(p, sizeof **event);
		parse_event(p, *event);
		event = &(*event)->next;
	}
	if (script->events == NULL)
		parser_fail(p, "nothing happens in this script");
}

bool
script_read(struct script *script, const char *path, const char *text, struct arena *arena,
	    char *error, size_t error_bytes)
{
	struct parser p = { .path = path,
			    .at = text,
			    .line = 1,
			    .arena = arena,
			    .error = error,
			    .error_bytes = error_bytes };

	*script = (struct script){ .path = path };
	if (setjmp(p.give_up) != 0)
		return false;
	parse_script(&p, script);
	return true;
}

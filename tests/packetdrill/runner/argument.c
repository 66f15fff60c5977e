/*
 * Arguments of calls out of expressions of a script.
 */
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/packetdrill/runner/argument.h"
#include "tests/packetdrill/runner/symbols.h"

void
call_fail(const struct call *call, const char *format, ...)
{
	char message[512];
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(message, sizeof message, format, arguments);
	va_end(arguments);
	call->player->event = call->event; /* the main thread may be farther on */
	player_fail(call->player, "%s: %s", call->spec->name, message);
}

/* ---- arguments --------------------------------------------------------------------------------- */

const struct expression *
call_argument(const struct call *call, size_t i)
{
	if (i >= call->spec->argument_count)
		call_fail(call, "argument %zu is missing", i + 1);
	return call->spec->arguments[i];
}

/* inet_addr and htons are for structures that the player builds itself. */
static bool
evaluate(const struct expression *expression, long long *value)
{
	long long right;

	switch (expression->kind) {
	case EXPRESSION_NUMBER: *value = expression->number; return true;
	case EXPRESSION_WORD: return symbol_value(expression->text, value);
	case EXPRESSION_OR:
		if (!evaluate(expression->items[0], value) ||
		    !evaluate(expression->items[1], &right))
			return false;
		*value |= right;
		return true;
	case EXPRESSION_APPLY:
		return strcmp(expression->text, "htons") == 0 &&
		       evaluate(expression->items[0], value);
	case EXPRESSION_STRING:
	case EXPRESSION_ELLIPSIS:
	case EXPRESSION_LIST:
	case EXPRESSION_STRUCT:
	case EXPRESSION_FIELD: break;
	}
	return false;
}

long long
player_value(const struct player *player, const struct expression *expression)
{
	long long value;

	if (!evaluate(expression, &value))
		player_fail(player, "%s is no number",
			    expression->kind == EXPRESSION_WORD ? expression->text : "this");
	return value;
}

long long
call_number(const struct call *call, size_t i)
{
	const struct expression *expression = call_argument(call, i);
	long long value;

	if (!evaluate(expression, &value))
		call_fail(call, "argument %zu (%s) is no number", i + 1,
			  expression->text != NULL ? expression->text : "");
	return value;
}

bool
expression_is_ellipsis(const struct expression *expression)
{
	return expression->kind == EXPRESSION_ELLIPSIS;
}

bool
expression_is_null(const struct expression *expression)
{
	return expression->kind == EXPRESSION_WORD && strcmp(expression->text, "NULL") == 0;
}

/* The value of a field of a structure, or NULL. */
const struct expression *
expression_field(const struct expression *structure, const char *name)
{
	for (size_t i = 0; i < structure->item_count; i++) {
		const struct expression *item = structure->items[i];
		if (item->kind == EXPRESSION_FIELD && strcmp(item->text, name) == 0)
			return item->items[0];
	}
	return NULL;
}

int
player_fd(const struct player *player, long long fd)
{
	/* A number that the script has not got from a call: surely none of ours. */
	return fd < 0 || fd >= PLAYER_FDS_MAX || player->fds[fd] == 0 ? 1000000 + (int)fd
								      : player->fds[fd] - 1;
}

int
call_fd(const struct call *call, size_t i)
{
	return player_fd(call->player, call_number(call, i));
}

/* Zeros to send, room to receive; NULL where the script says so. */
void *
call_buffer(const struct call *call, size_t i, size_t size)
{
	if (expression_is_null(call_argument(call, i)))
		return NULL;
	if (size > CALL_DATA_BYTES_MAX)
		call_fail(call, "%zu octets are too many", size);
	void *memory = calloc(1, size + 1);
	if (memory == NULL)
		call_fail(call, "no memory");
	return memory;
}

void
call_check_zeros(const struct call *call, const uint8_t *bytes, long long size)
{
	for (long long i = 0; i < size; i++) {
		if (bytes[i] != 0)
			call_fail(call, "octet %lld received is not the one sent", i);
	}
}

/* ---- addresses --------------------------------------------------------------------------------- */

socklen_t
player_name(const struct player *player, const struct ip_addr *addr, uint16_t port,
	    struct sockaddr_storage *name)
{
	struct sockaddr_in *in = (struct sockaddr_in *)name;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)name;

	memset(name, 0, sizeof *name);
	if (addr->family == ADDR_IPV4 && !player->is_mapped) {
		in->sin_family = AF_INET;
		in->sin_port = htons(port);
		memcpy(&in->sin_addr, addr->octets, 4);
		return sizeof *in;
	}
	in6->sin6_family = AF_INET6;
	in6->sin6_port = htons(port);
	if (addr->family == ADDR_IPV4) {
		in6->sin6_addr.s6_addr[10] = in6->sin6_addr.s6_addr[11] = 0xff;
		memcpy(in6->sin6_addr.s6_addr + 12, addr->octets, 4);
	} else {
		memcpy(in6->sin6_addr.s6_addr, addr->octets, 16);
	}
	return sizeof *in6;
}

/* {sa_family = AF_INET, sin_port = htons(8080), sin_addr = inet_addr("192.0.2.1")} */
static socklen_t
name_of_structure(const struct call *call, const struct expression *structure,
		  struct sockaddr_storage *name)
{
	const struct expression *port = expression_field(structure, "sin_port");
	const struct expression *at = expression_field(structure, "sin_addr");
	struct ip_addr addr;

	if (port == NULL || at == NULL || at->kind != EXPRESSION_APPLY ||
	    at->items[0]->kind != EXPRESSION_STRING ||
	    addr_from_text(&addr, at->items[0]->text) != 0)
		call_fail(call, "an address that is not understood");
	return player_name(call->player, &addr, (uint16_t)player_value(call->player, port), name);
}

/* ... is the usual address: ours for bind, the peer's for connect and sendto. */
socklen_t
call_name(const struct call *call, size_t i, const struct ip_addr *usual,
	  struct sockaddr_storage *storage)
{
	const struct expression *expression = call_argument(call, i);

	if (expression_is_ellipsis(expression))
		return player_name(call->player, usual, PLAYER_PORT, storage);
	if (expression->kind == EXPRESSION_STRUCT)
		return name_of_structure(call, expression, storage);
	memset(storage, 0, sizeof *storage); /* AF_UNSPEC, or another family alone */
	storage->ss_family = (sa_family_t)call_number(call, i);
	return sizeof(struct sockaddr_in6);
}

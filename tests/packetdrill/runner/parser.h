/*
 * parser.h - what the two halves of the parser share: a place in the text and the first error.
 */
#ifndef CAIRN_TESTS_PACKETDRILL_PARSER_H
#define CAIRN_TESTS_PACKETDRILL_PARSER_H

#include <setjmp.h>

#include "stack/base/arena.h"
#include "tests/packetdrill/runner/script.h"

struct parser {
	const char *path, *at;
	unsigned line;
	struct arena *arena;
	char *error;
	size_t error_bytes;
	jmp_buf give_up; /* a parser of test scripts may leave at the first error */
};

_Noreturn void parser_fail(struct parser *p, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void *parser_new(struct parser *p, size_t size);
void parser_skip(struct parser *p); /* white space and comments */
bool parser_accept(struct parser *p, const char *token);
void parser_expect(struct parser *p, const char *token);
/* A word made of letters, digits, '_' and '-' inside it, or NULL. */
const char *parser_word(struct parser *p);
bool parser_accept_word(struct parser *p, const char *word);
bool parser_is_number(struct parser *p);
long long parser_integer(struct parser *p);
long long parser_time_us(struct parser *p);
/* What stands before `end`, which is skipped. */
const char *parser_until(struct parser *p, const char *end);

void parser_packet(struct parser *p, struct packet_spec *packet);
struct expression *parser_expression(struct parser *p);

#endif

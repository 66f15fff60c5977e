/*
 * Any octets as a resolver's reply to our question: what comes of it is an answer within its bounds, or nothing.
 */
#include <stdlib.h>
#include <string.h>

#include "fetch/lookup.h"
#include "stack/base/arena.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static _Alignas(16) uint8_t block[LOOKUP_ARENA_BYTES];

static void
check(bool holds)
{
	if (!holds)
		abort();
}

static void
check_answer(const struct names_answer *answer)
{
	check(answer->addr_count <= NAMES_ADDRS_MAX);
	check(answer->service_count <= NAMES_SERVICES_MAX);
	for (unsigned i = 0; i < answer->addr_count; i++)
		check(answer->addrs[i].family ==
		      (answer->kind == NAMES_IPV4 ? ADDR_IPV4 : ADDR_IPV6));
	for (unsigned i = 1; i < answer->service_count; i++)
		check(answer->services[i - 1].priority <= answer->services[i].priority);
	check(memchr(answer->failure.text, '\0', FAILURE_TEXT_BYTES) != NULL);
	check(answer->failure.cause == FAILURE_NONE || answer->addr_count == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static const unsigned kinds[] = { NAMES_IPV4, NAMES_IPV6, NAMES_HTTPS };
	struct question question = { .qclass = CLASS_IN };

	/* Replies to any question would hardly ever be met: the question is the reply's own, where it has one. */
	if (size < MESSAGE_HEADER_BYTES || size > MESSAGE_BYTES_MAX)
		return 0;
	struct cursor cursor = cursor_over(bytes, size);
	cursor_skip(&cursor, MESSAGE_HEADER_BYTES);
	if (name_read(&question.qname, &cursor) != 0)
		return 0;
	const uint16_t id = (uint16_t)(bytes[0] << 8 | bytes[1]);
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
		struct names_answer answer;
		struct arena arena;
		arena_init(&arena, block, sizeof block);
		question.qtype = lookup_type(kinds[i]);
		if (lookup_read(&answer, &question, kinds[i], id, bytes, size, &arena) ==
		    LOOKUP_ANSWER)
			check_answer(&answer);
	}
	return 0;
}

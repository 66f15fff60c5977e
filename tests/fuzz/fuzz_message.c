/*
 * Any octets as a message: what is read of it, be it what is sound alone, can be presented, written and read again, and
 * is then the same.
 */
#include <stdlib.h>

#include "resolver/wire/text.h"
#include "stack/base/arena.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static _Alignas(16) uint8_t blocks[2][4u << 20];
static struct message first, second;

static void
check(bool holds)
{
	if (!holds)
		abort();
}

static int
read_message(struct message *message, unsigned block, const uint8_t *bytes, size_t size)
{
	struct arena arena;
	arena_init(&arena, blocks[block], sizeof blocks[block]);
	return message_read(message, &arena, bytes, size);
}

/* What is wrong with a record's rdata does not show in the frame. */
static int
read_sound(struct message *message, const uint8_t *bytes, size_t size)
{
	struct arena arena;
	uint32_t broken;
	arena_init(&arena, blocks[0], sizeof blocks[0]);
	const int err = message_read_sound(message, &arena, bytes, size, &broken);
	check(err != 0 || broken > 0);
	return err;
}

/* 0: compression could not bring it under 64 kB, as names of newer types are written whole. */
static size_t
render(uint8_t *bytes, size_t size)
{
	static struct render render;
	size_t reserve = first.edns.present ? EDNS_RECORD_BYTES + first.edns.options_bytes : 0;
	render_begin(&render, bytes, size, first.id, first.flags, first.rcode, reserve);
	if (first.question_count > 0 && render_question(&render, &first.question) != 0)
		return 0;
	for (enum dns_section section = SECTION_ANSWER; section < SECTIONS; section++)
		for (const struct rrset *set = first.sections[section]; set != NULL;
		     set = set->next)
			if (render_rrset(&render, section, set, set->ttl_s, true) != 0)
				return 0;
	if (first.edns.present && render_edns(&render, &first.edns) != 0)
		return 0;
	return (size_t)render_finish(&render);
}

static void
check_sets(const struct rrset *a, const struct rrset *b)
{
	for (; a != NULL && b != NULL; a = a->next, b = b->next) {
		check(name_equal(a->owner, b->owner));
		check(a->type == b->type && a->class == b->class && a->ttl_s == b->ttl_s);
		check(a->rr_count + a->sig_count >= b->rr_count + b->sig_count);
	}
	check(a == NULL && b == NULL);
}

/* Who looks for the OPT alone finds the same one. */
static void
check_edns(const uint8_t *bytes, size_t size)
{
	struct edns edns;

	check(message_edns(&edns, bytes, size) == first.edns.present);
	check(edns.options_bytes == first.edns.options_bytes && edns.udp_bytes == first.edns.udp_bytes);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static char text[1u << 20];
	static uint8_t written[MESSAGE_BYTES_MAX];
	if (read_message(&first, 0, bytes, size) != 0 && read_sound(&first, bytes, size) != 0) {
		struct edns edns;
		(void)message_edns(&edns, bytes, size);
		return 0;
	}
	check_edns(bytes, size);
	(void)message_to_text(&first, text, sizeof text);
	size_t written_bytes = render(written, sizeof written);
	if (written_bytes == 0)
		return 0;
	check(read_message(&second, 1, written, written_bytes) == 0);
	check(first.id == second.id && first.flags == second.flags && first.rcode == second.rcode);
	check(first.edns.present == second.edns.present);
	for (unsigned section = 0; section < SECTIONS; section++)
		check_sets(first.sections[section], second.sections[section]);
	return 0;
}

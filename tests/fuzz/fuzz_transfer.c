/*
 * Any octets as what a primary sends, message by message, for the SOA, the changes or the whole: it ends in one of the
 * results; and a zone that comes of it can be asked, and written to a file and read back as the same.  As the answer to a query
 * that was signed none of it is believed.
 */
#include <stdlib.h>
#include <string.h>

#include "resolver/zone/transfer.h"
#include "resolver/zone/tsig.h"
#include "stack/base/arena.h"
#include "stack/base/err.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

#define TEXT_BYTES (4u << 20)
#define ID         0x0102u

static struct zone_reading reading;

static void
check(bool holds)
{
	if (!holds)
		abort();
}

static struct zone *
read_zone(const struct name *apex, const char *text, size_t text_bytes, struct arena *arena)
{
	struct zone_builder builder;
	struct zone *zone;

	check(zone_begin(&builder, apex, arena) == 0);
	check(zone_read(&builder, text, text_bytes, &reading) == 0);
	check(zone_finish(&builder, &zone) == 0);
	return zone;
}

/* False: it is larger than is looked at here. */
static bool
write_zone(const struct zone *zone, char *text, size_t *used)
{
	struct zone_writing writing;
	int size;

	*used = 0;
	zone_write_begin(&writing, zone);
	while ((size = zone_write_next(&writing, text + *used, TEXT_BYTES - *used)) > 0)
		*used += (size_t)size;
	return size == 0;
}

static void
check_zone(const struct zone *zone)
{
	static char first[TEXT_BYTES], second[TEXT_BYTES];
	static uint8_t block[8u << 20];
	struct arena arena;
	struct zone_reply reply;
	size_t first_bytes, second_bytes;

	arena_init(&arena, block, sizeof block);
	for (uint32_t i = 0; i < zone->node_count && i < 64; i++) {
		struct question question = { .qtype = TYPE_ANY, .qclass = CLASS_IN };
		name_copy(&question.qname, zone->nodes[i].name);
		arena_reset(&arena);
		check(zone_ask(zone, &question, true, &arena, &reply) == 0);
	}
	if (!write_zone(zone, first, &first_bytes))
		return;
	arena_reset(&arena);
	const struct zone *again = read_zone(zone->apex, first, first_bytes, &arena);
	check(again->record_count == zone->record_count);
	check(write_zone(again, second, &second_bytes));
	check(first_bytes == second_bytes && memcmp(first, second, first_bytes) == 0);
}

#define NOW_S UINT64_C(1800000000)

/* A query that has been signed, and its answer has begun. */
static struct tsig *
signed_query(const uint8_t *query, size_t query_bytes)
{
	static uint8_t whole[TRANSFER_QUERY_BYTES_MAX + TSIG_BYTES_MAX];
	static struct tsig_key key = { .algorithm = TSIG_HMAC_SHA256, .secret_bytes = 16 };
	static struct tsig_hmac *hmac;
	static struct tsig tsig;

	if (hmac == NULL)
		hmac = tsig_hmac_new();
	check(hmac != NULL && name_from_text(&key.name, "key.", NULL) == 0);
	memcpy(whole, query, query_bytes);
	tsig_begin(&tsig, &key, hmac);
	check(tsig_sign(&tsig, whole, query_bytes, sizeof whole, NOW_S) > 0);
	return &tsig;
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static const char held_text[] = "@ 60 SOA n h 1 2 3 4 5\n@ 60 NS n\nn 60 A 192.0.2.1\nt 60 TXT \"a\"\n";
	static uint8_t block[4u << 20], held_block[1u << 20], message[MESSAGE_BYTES_MAX];
	static struct transfer transfer;
	uint8_t query[TRANSFER_QUERY_BYTES_MAX];
	struct arena arena, held_arena;
	struct name apex;
	enum transfer_result result = TRANSFER_GOES_ON;

	if (size < 1)
		return 0;
	arena_init(&arena, block, sizeof block);
	arena_init(&held_arena, held_block, sizeof held_block);
	check(name_from_text(&apex, "z.", NULL) == 0);
	const struct zone *held = read_zone(&apex, held_text, sizeof held_text - 1, &held_arena);
	const enum transfer_kind kind = (enum transfer_kind)(bytes[0] % 3);
	struct cursor c = cursor_over(bytes + 1, size - 1);
	const int query_bytes = transfer_begin(&transfer, kind, &apex, 1, held, &arena, ID, query);
	check(query_bytes > 0);
	struct tsig *tsig = signed_query(query, (size_t)query_bytes);
	tsig->verified_count = bytes[0] >> 7; /* as the first of it, or one further on */
	while (result == TRANSFER_GOES_ON && cursor_left(&c) >= 2) {
		size_t message_bytes = cursor_u16(&c);
		if (message_bytes > cursor_left(&c))
			message_bytes = cursor_left(&c);
		memcpy(message, cursor_bytes(&c, message_bytes), message_bytes);
		if (message_bytes >= 2) {
			message[0] = ID >> 8;
			message[1] = ID & 0xff;
		}
		const enum tsig_verdict verdict = tsig_verify(tsig, message, message_bytes, NOW_S);
		check(verdict != TSIG_GOOD && (verdict != TSIG_NOT_YET || tsig->verified_count > 0));
		result = transfer_receive(&transfer, message, message_bytes);
	}
	if (result == TRANSFER_COMPLETE)
		check_zone(transfer.zone);
	return 0;
}

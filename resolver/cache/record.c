#include "resolver/cache/record.h"

#include <assert.h>

#include "resolver/cache/entry.h"
#include "resolver/cache/value.h"
#include "resolver/cache/whole.h"

#define RANK_SHIFT 24u

static_assert(ENTRY_TTL_MAX_S < 1u << RANK_SHIFT, "rank and TTL share a word");

static bool
is_whole(enum record_kind kind, const struct store_record *record)
{
	switch (kind) {
	case RECORD_RRSET: return whole_rrset(record);
	case RECORD_NEGATIVE: return whole_negative(record);
	case RECORD_DELEGATION: return whole_delegation(record);
	}
	return false;
}

bool
record_lasts(enum record_kind kind, const struct store_record *record,
	     const struct record_clock *clock)
{
	if (record->expires_s == 0)
		return whole_key(record);
	return record->expires_s > clock->now_s && is_whole(kind, record);
}

void
record_write(struct writer *writer, const struct store_record *record,
	     const struct record_clock *clock)
{
	assert(record->key_bytes <= STORE_KEY_BYTES_MAX && record->value_bytes <= UINT16_MAX);
	uint32_t remaining_s =
		record->expires_s > clock->now_s ? record->expires_s - clock->now_s : 0;
	if (remaining_s > record->original_ttl_s) /* cut where an entry's field ends */
		remaining_s = record->original_ttl_s;

	writer_u16(writer, (uint16_t)record->key_bytes);
	writer_u16(writer, (uint16_t)record->value_bytes);
	writer_u32(writer, (uint32_t)record->rank << RANK_SHIFT | record->original_ttl_s);
	writer_u32(writer, remaining_s);
	writer_u32(writer, clock->wall_s);
	writer_bytes(writer, record->key, record->key_bytes);
	writer_bytes(writer, record->value, record->value_bytes);
}

/* When it ends on the clock of now_s; 0: too long ago, or nobody knows. */
static uint32_t
expiry(uint32_t remaining_s, uint32_t written_s, const struct record_clock *clock)
{
	if (clock->wall_s < written_s)
		return 0;
	uint32_t age_s = clock->wall_s - written_s;
	if (age_s < remaining_s)
		return remaining_s - age_s > UINT32_MAX - clock->now_s
			       ? UINT32_MAX
			       : clock->now_s + (remaining_s - age_s);
	uint32_t ended_s = age_s - remaining_s;
	bool is_of_use = clock->stale_s != 0 && ended_s <= clock->stale_s;
	return is_of_use && ended_s < clock->now_s ? clock->now_s - ended_s : 0;
}

int
record_read(struct cursor *cursor, enum record_kind kind, struct store_record *record,
	    const struct record_clock *clock)
{
	size_t key_bytes = cursor_u16(cursor), value_bytes = cursor_u16(cursor);
	uint32_t rank_and_ttl = cursor_u32(cursor);
	uint32_t remaining_s = cursor_u32(cursor), written_s = cursor_u32(cursor);
	*record = (struct store_record){
		.key = cursor_bytes(cursor, key_bytes),
		.key_bytes = key_bytes,
		.value = cursor_bytes(cursor, value_bytes),
		.value_bytes = value_bytes,
		.rank = (uint8_t)(rank_and_ttl >> RANK_SHIFT),
		.original_ttl_s = rank_and_ttl & ((1u << RANK_SHIFT) - 1),
	};
	if (cursor->err != 0)
		return cursor->err;
	if (record->original_ttl_s > ENTRY_TTL_MAX_S || remaining_s > record->original_ttl_s)
		return ERR_MALFORMED;
	if (remaining_s == 0) /* a removal */
		return whole_key(record) ? 0 : ERR_MALFORMED;
	if (!is_whole(kind, record))
		return ERR_MALFORMED;
	record->expires_s = expiry(remaining_s, written_s, clock);
	return 0;
}

uint8_t
record_security(enum record_kind kind, const struct store_record *record)
{
	const size_t at = kind == RECORD_RRSET ? RRSET_SECURITY_AT : NEGATIVE_SECURITY_AT;
	assert(kind != RECORD_DELEGATION && at < record->value_bytes);
	return record->value[at];
}

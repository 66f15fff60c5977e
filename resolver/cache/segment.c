#include "resolver/cache/segment.h"

#include <assert.h>

#define FILE_MAGIC     UINT64_C(0x636169726e0d0a01) /* "cairn", and what a text-mode copy would spoil */
#define SEGMENT_MAGIC  UINT32_C(0x63736567)         /* "cseg" */
#define CHECKSUM_BYTES 8u
#define FILE_HEAD_USED 56u
#define ENTRY_BYTES    8u /* of the index */

static void
write_u64(struct writer *writer, uint64_t value)
{
	writer_u32(writer, (uint32_t)(value >> 32));
	writer_u32(writer, (uint32_t)value);
}

static uint64_t
read_u64(struct cursor *cursor)
{
	uint64_t high = cursor_u32(cursor);
	return high << 32 | cursor_u32(cursor);
}

/* ---- the file's head ------------------------------------------------------------------------------ */

void
segment_write_file_head(struct writer *writer, const struct segment_file_head *head)
{
	const size_t begin = writer->pos;
	write_u64(writer, FILE_MAGIC);
	writer_u32(writer, SEGMENT_VERSION);
	writer_u32(writer, SEGMENT_BYTES);
	write_u64(writer, head->basis);
	write_u64(writer, head->key.k0);
	write_u64(writer, head->key.k1);
	writer_u32(writer, head->written_s);
	writer_u32(writer, 0);
	if (writer->err == 0)
		write_u64(writer,
			  hash_bytes(&head->key, writer->begin + begin, writer->pos - begin));
	assert(writer->err != 0 || writer->pos - begin == FILE_HEAD_USED);
}

int
segment_read_file_head(struct cursor *cursor, struct segment_file_head *head)
{
	const size_t begin = cursor->pos;
	uint64_t magic = read_u64(cursor);
	uint32_t version = cursor_u32(cursor), segment_bytes = cursor_u32(cursor);
	head->basis = read_u64(cursor);
	head->key.k0 = read_u64(cursor);
	head->key.k1 = read_u64(cursor);
	head->written_s = cursor_u32(cursor);
	cursor_skip(cursor, 4);
	const size_t end = cursor->pos;
	uint64_t checksum = read_u64(cursor);
	if (cursor->err != 0 || magic != FILE_MAGIC ||
	    checksum != hash_bytes(&head->key, cursor->begin + begin, end - begin))
		return ERR_MALFORMED;
	return version == SEGMENT_VERSION && segment_bytes == SEGMENT_BYTES ? 0 : ERR_UNSUPPORTED;
}

/* ---- a segment's head ----------------------------------------------------------------------------- */

/* The checksum's key for what stands there, and nowhere else and never before. */
static uint64_t
checksum_of(const struct hash_key *key, uint64_t sequence, uint64_t place, const uint8_t *bytes,
	    size_t size)
{
	const struct hash_key mixed = { key->k0 ^ sequence, key->k1 ^ place };
	return hash_bytes(&mixed, bytes, size);
}

#define HEAD_CHECKED (SEGMENT_HEAD_BYTES - CHECKSUM_BYTES)

void
segment_write_head(struct writer *writer, const struct segment_head *head,
		   const struct hash_key *key, uint32_t place)
{
	const size_t begin = writer->pos;
	writer_u32(writer, SEGMENT_MAGIC);
	writer_u32(writer, head->kind);
	write_u64(writer, head->sequence);
	writer_u32(writer, head->used_bytes);
	writer_u32(writer, head->record_count);
	if (writer->err == 0)
		write_u64(writer, checksum_of(key, 0, place, writer->begin + begin, HEAD_CHECKED));
	assert(writer->err != 0 || writer->pos - begin == SEGMENT_HEAD_BYTES);
}

static size_t
index_bytes(uint32_t count)
{
	return (size_t)count * ENTRY_BYTES + CHECKSUM_BYTES;
}

static bool
is_open(const struct segment_head *head)
{
	return head->used_bytes == 0 && head->record_count == 0;
}

static bool
has_room_for_index(const struct segment_head *head)
{
	return head->used_bytes >= SEGMENT_HEAD_BYTES && head->used_bytes <= SEGMENT_BYTES &&
	       head->record_count <= SEGMENT_RECORDS_MAX &&
	       index_bytes(head->record_count) <= SEGMENT_BYTES - head->used_bytes;
}

static bool
is_blank(const uint8_t *bytes, size_t size)
{
	uint8_t any = 0;
	for (size_t i = 0; i < size; i++)
		any |= bytes[i];
	return any == 0;
}

int
segment_read_head(struct cursor *cursor, struct segment_head *head, const struct hash_key *key,
		  uint32_t place)
{
	struct cursor ahead = *cursor;
	const uint8_t *bytes = cursor_bytes(&ahead, SEGMENT_HEAD_BYTES);
	if (bytes != NULL && is_blank(bytes, SEGMENT_HEAD_BYTES)) /* a hole in the file */
		return ERR_NOT_FOUND;
	uint32_t magic = cursor_u32(cursor), kind = cursor_u32(cursor);
	head->sequence = read_u64(cursor);
	head->used_bytes = cursor_u32(cursor);
	head->record_count = cursor_u32(cursor);
	uint64_t checksum = read_u64(cursor);
	if (cursor->err != 0 || magic != SEGMENT_MAGIC || kind >= RECORD_KINDS ||
	    checksum != checksum_of(key, 0, place, bytes, HEAD_CHECKED))
		return ERR_MALFORMED;
	head->kind = (enum record_kind)kind;
	return is_open(head) || has_room_for_index(head) ? 0 : ERR_MALFORMED;
}

/* ---- records -------------------------------------------------------------------------------------- */

uint64_t
segment_hash(const struct hash_key *key, const uint8_t *record_key, size_t key_bytes)
{
	return hash_bytes(key, record_key, key_bytes);
}

static void
index_add(struct segment_index *index, uint64_t hash, size_t offset)
{
	assert(index->count < SEGMENT_RECORDS_MAX);
	index->entries[index->count++] = (hash & ~(uint64_t)(SEGMENT_BYTES - 1)) | offset;
}

bool
segment_write_record(struct writer *writer, const struct segment_head *head,
		     const struct hash_key *key, const struct store_record *record,
		     const struct record_clock *clock, struct segment_index *index)
{
	const size_t begin = writer->pos, body = begin + CHECKSUM_BYTES;
	const size_t size =
		CHECKSUM_BYTES + RECORD_HEAD_BYTES + record->key_bytes + record->value_bytes;
	if (writer->err != 0 || index->count == SEGMENT_RECORDS_MAX ||
	    size + index_bytes(index->count + 1) > writer->end - writer->pos)
		return false;
	write_u64(writer, 0);
	record_write(writer, record, clock);
	assert(writer->err == 0 && writer->pos == begin + size);
	struct writer checksum = { .begin = writer->begin, .pos = begin, .end = body };
	write_u64(&checksum, checksum_of(key, head->sequence, begin, writer->begin + body,
					 writer->pos - body));
	index_add(index, segment_hash(key, record->key, record->key_bytes), begin);
	return true;
}

void
segment_write_index(struct writer *writer, const struct segment_head *head,
		    const struct hash_key *key, const struct segment_index *index)
{
	const size_t begin = writer->pos;
	assert(begin == head->used_bytes && index->count == head->record_count);
	for (uint32_t i = 0; i < index->count; i++)
		write_u64(writer, index->entries[i]);
	write_u64(writer, checksum_of(key, head->sequence, begin, writer->begin + begin,
				      writer->pos - begin));
	assert(writer->err == 0);
}

/* How long the record at the cursor says to be; 0: it ends outside. */
static size_t
body_bytes(struct cursor ahead)
{
	size_t key_bytes = cursor_u16(&ahead), value_bytes = cursor_u16(&ahead);
	size_t size = RECORD_HEAD_BYTES + key_bytes + value_bytes;
	return ahead.err == 0 && size - 4 <= cursor_left(&ahead) ? size : 0;
}

int
segment_read_record(struct cursor *cursor, const struct segment_head *head,
		    const struct hash_key *key, struct store_record *record,
		    const struct record_clock *clock)
{
	const size_t begin = cursor->pos;
	const bool must_be = head->used_bytes != 0;
	if (must_be && begin >= head->used_bytes)
		return begin == head->used_bytes ? ERR_NOT_FOUND : ERR_MALFORMED;
	uint64_t checksum = read_u64(cursor);
	size_t size = body_bytes(*cursor);
	if (size == 0 || checksum != checksum_of(key, head->sequence, begin,
						 cursor->begin + cursor->pos, size)) {
		cursor_fail(cursor, ERR_MALFORMED);
		return must_be ? ERR_MALFORMED : ERR_NOT_FOUND;
	}
	return record_read(cursor, head->kind, record, clock);
}

/* ---- what is in a segment ------------------------------------------------------------------------- */

static uint64_t
load_u64(const uint8_t *at)
{
	return (uint64_t)at[0] << 56 | (uint64_t)at[1] << 48 | (uint64_t)at[2] << 40 |
	       (uint64_t)at[3] << 32 | (uint64_t)at[4] << 24 | (uint64_t)at[5] << 16 |
	       (uint64_t)at[6] << 8 | at[7];
}

/* 0, or ERR_MALFORMED. */
static int
read_index(const uint8_t *bytes, const struct segment_head *head, const struct hash_key *key,
	   struct segment_index *index)
{
	const size_t begin = head->used_bytes, size = head->record_count * (size_t)ENTRY_BYTES;
	const uint8_t *at = bytes + begin;
	if (load_u64(at + size) != checksum_of(key, head->sequence, begin, at, size))
		return ERR_MALFORMED;
	for (index->count = 0; index->count < head->record_count; at += ENTRY_BYTES)
		index->entries[index->count++] = load_u64(at);
	return 0;
}

static int
walk(const uint8_t *bytes, const struct segment_head *head, const struct hash_key *key,
     const struct record_clock *clock, struct segment_index *index, size_t *end)
{
	struct cursor cursor = cursor_over(bytes, SEGMENT_BYTES);
	struct store_record record;
	cursor_skip(&cursor, SEGMENT_HEAD_BYTES);
	index->count = 0;
	for (;;) {
		*end = cursor.pos;
		int err = index->count == SEGMENT_RECORDS_MAX
				  ? ERR_MALFORMED
				  : segment_read_record(&cursor, head, key, &record, clock);
		if (err != 0)
			return err == ERR_NOT_FOUND ? 0 : ERR_MALFORMED;
		index_add(index, segment_hash(key, record.key, record.key_bytes), *end);
	}
}

int
segment_list(const uint8_t bytes[SEGMENT_BYTES], const struct segment_head *head,
	     const struct hash_key *key, const struct record_clock *clock,
	     struct segment_index *index, size_t *end)
{
	*end = head->used_bytes;
	if (is_open(head))
		return walk(bytes, head, key, clock, index, end);
	if (read_index(bytes, head, key, index) == 0)
		return 0;
	(void)walk(bytes, head, key, clock, index, end);
	return ERR_MALFORMED;
}

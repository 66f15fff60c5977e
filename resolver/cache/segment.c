#include "resolver/cache/segment.h"

#include <assert.h>

#define FILE_MAGIC     UINT64_C(0x636169726e0d0a01) /* "cairn", and what a text-mode copy would spoil */
#define SEGMENT_MAGIC  UINT32_C(0x63736567)         /* "cseg" */
#define CHECKSUM_BYTES 8u
#define FILE_HEAD_USED 56u

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
	writer_u32(writer, 0);
	if (writer->err == 0)
		write_u64(writer, checksum_of(key, 0, place, writer->begin + begin, HEAD_CHECKED));
	assert(writer->err != 0 || writer->pos - begin == SEGMENT_HEAD_BYTES);
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
	cursor_skip(cursor, 4);
	uint64_t checksum = read_u64(cursor);
	if (cursor->err != 0 || magic != SEGMENT_MAGIC || kind >= RECORD_KINDS ||
	    checksum != checksum_of(key, 0, place, bytes, HEAD_CHECKED))
		return ERR_MALFORMED;
	head->kind = (enum record_kind)kind;
	return head->used_bytes == 0 || (head->used_bytes >= SEGMENT_HEAD_BYTES &&
					 head->used_bytes <= SEGMENT_BYTES)
		       ? 0
		       : ERR_MALFORMED;
}

/* ---- records -------------------------------------------------------------------------------------- */

bool
segment_write_record(struct writer *writer, const struct segment_head *head,
		     const struct hash_key *key, const struct store_record *record,
		     const struct record_clock *clock)
{
	const size_t begin = writer->pos, body = begin + CHECKSUM_BYTES;
	const size_t size =
		CHECKSUM_BYTES + RECORD_HEAD_BYTES + record->key_bytes + record->value_bytes;
	if (writer->err != 0 || size > writer->end - writer->pos)
		return false;
	write_u64(writer, 0);
	record_write(writer, record, clock);
	assert(writer->err == 0 && writer->pos == begin + size);
	struct writer checksum = { .begin = writer->begin, .pos = begin, .end = body };
	write_u64(&checksum, checksum_of(key, head->sequence, begin, writer->begin + body,
					 writer->pos - body));
	return true;
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

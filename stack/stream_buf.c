#include "stack/stream_buf.h"

#include <assert.h>
#include <string.h>

#include "stack/base/arena.h"
#include "stack/seq.h"

static_assert((STREAM_CHUNK_BYTES & (STREAM_CHUNK_BYTES - 1)) == 0,
	      "chunks begin at multiples of their size, also where sequence numbers wrap");

/* ---- the pool -------------------------------------------------------------------------------- */

static uint32_t
chunks_for(size_t buffer_bytes)
{
	return (uint32_t)((buffer_bytes + STREAM_CHUNK_BYTES - 1) / STREAM_CHUNK_BYTES);
}

size_t
stream_pool_bytes(size_t buffer_bytes)
{
	return chunks_for(buffer_bytes) * (sizeof(struct stream_chunk) + STREAM_CHUNK_BYTES) +
	       _Alignof(struct stream_chunk) + STREAM_CHUNK_BYTES;
}

/* `size` octets, aligned to STREAM_CHUNK_BYTES. */
static uint8_t *
aligned_alloc_from(struct arena *arena, size_t size)
{
	uint8_t *bytes = arena_alloc(arena, size + STREAM_CHUNK_BYTES - 1);

	assert(bytes != NULL);
	return bytes + (-(uintptr_t)bytes & (STREAM_CHUNK_BYTES - 1));
}

void
stream_pool_init(struct stream_pool *pool, struct arena *arena, size_t buffer_bytes)
{
	const uint32_t chunk_count = chunks_for(buffer_bytes);

	*pool = (struct stream_pool){
		.chunks = arena_alloc(arena, chunk_count * sizeof(struct stream_chunk)),
		.chunk_count = chunk_count,
		.free_count = chunk_count,
	};
	assert(pool->chunks != NULL);
	pool->bytes = aligned_alloc_from(arena, (size_t)chunk_count * STREAM_CHUNK_BYTES);
}

bool
stream_pool_is_low(const struct stream_pool *pool)
{
	return (uint64_t)pool->free_count * 100 < (uint64_t)pool->chunk_count * STREAM_LOW_PERCENT;
}

static uint32_t
reserve_count(const struct stream_pool *pool)
{
	return (uint32_t)(((uint64_t)pool->chunk_count * STREAM_RESERVE_PERCENT + 99) / 100);
}

static struct stream_chunk *
chunk_take(struct stream_pool *pool, enum stream_use use)
{
	const uint32_t kept_count = use == STREAM_IN_ORDER ? 0 : reserve_count(pool);
	struct stream_chunk *chunk = pool->free;

	if (pool->free_count <= kept_count)
		return NULL;
	if (chunk != NULL) {
		pool->free = chunk->next;
	} else {
		const size_t index = pool->touched_count++;
		chunk = &pool->chunks[index];
		chunk->bytes = pool->bytes + index * STREAM_CHUNK_BYTES;
	}
	pool->free_count--;
	return chunk;
}

struct stream_chunk *
stream_chunk_get(struct stream_pool *pool)
{
	return chunk_take(pool, STREAM_OTHER);
}

void
stream_chunk_put(struct stream_pool *pool, struct stream_chunk *chunk)
{
	chunk->next = pool->free;
	pool->free = chunk;
	pool->free_count++;
	assert(pool->free_count <= pool->chunk_count);
}

static void
chunk_give(struct stream_pool *pool, struct stream_buf *buf, struct stream_chunk *chunk)
{
	for (unsigned i = 0; i < 2; i++)
		if (buf->hints[i] == chunk)
			buf->hints[i] = NULL;
	buf->chunk_count--;
	stream_chunk_put(pool, chunk);
}

/* ---- finding chunks -------------------------------------------------------------------------- */

/* The hint that is nearer to `chunk`, or one that is not in use, follows it there. */
static void
move_hint(struct stream_buf *buf, struct stream_chunk *chunk)
{
	uint32_t distances[2];

	for (unsigned i = 0; i < 2; i++) {
		const struct stream_chunk *hint = buf->hints[i];
		const int32_t ahead =
			hint == NULL ? 0 : seq_diff(chunk->begin_seq, hint->begin_seq);
		distances[i] = (uint32_t)(ahead < 0 ? -ahead : ahead);
	}
	buf->hints[distances[1] < distances[0]] = chunk;
}

/* The last chunk that begins at `seq` or before it; NULL: none. */
static struct stream_chunk *
chunk_before(struct stream_buf *buf, uint32_t seq)
{
	struct stream_chunk *chunk = buf->first;

	if (chunk == NULL || seq_lt(seq, chunk->begin_seq))
		return NULL;
	if (seq_ge(seq, buf->last->begin_seq))
		return buf->last;
	for (unsigned i = 0; i < 2; i++) {
		struct stream_chunk *hint = buf->hints[i];
		if (hint != NULL && seq_le(hint->begin_seq, seq) &&
		    seq_gt(hint->begin_seq, chunk->begin_seq))
			chunk = hint;
	}
	while (seq_le(chunk->next->begin_seq, seq)) /* the last one begins behind */
		chunk = chunk->next;
	move_hint(buf, chunk);
	return chunk;
}

static bool
chunk_holds(const struct stream_chunk *chunk, uint32_t seq)
{
	return chunk != NULL && seq - chunk->begin_seq < STREAM_CHUNK_BYTES;
}

/* Puts a new chunk that holds `seq` behind `before`, or first. */
static struct stream_chunk *
chunk_insert(struct stream_pool *pool, struct stream_buf *buf, struct stream_chunk *before,
	     uint32_t seq, enum stream_use use)
{
	struct stream_chunk *chunk = chunk_take(pool, use);

	if (chunk == NULL)
		return NULL;
	chunk->begin_seq = seq & ~(STREAM_CHUNK_BYTES - 1);
	chunk->next = before != NULL ? before->next : buf->first;
	if (before != NULL)
		before->next = chunk;
	else
		buf->first = chunk;
	if (chunk->next == NULL)
		buf->last = chunk;
	buf->chunk_count++;
	return chunk;
}

/* ---- the buffer ------------------------------------------------------------------------------ */

void
stream_init(struct stream_buf *buf, uint32_t begin_seq)
{
	*buf = (struct stream_buf){ .begin_seq = begin_seq, .end_seq = begin_seq };
}

/* Frees all chunks behind `before`, or all. */
static void
free_behind(struct stream_pool *pool, struct stream_buf *buf, struct stream_chunk *before)
{
	struct stream_chunk *chunk = before != NULL ? before->next : buf->first;

	if (before != NULL)
		before->next = NULL;
	else
		buf->first = NULL;
	buf->last = before;
	while (chunk != NULL) {
		struct stream_chunk *next = chunk->next;
		chunk_give(pool, buf, chunk);
		chunk = next;
	}
}

static void
loan_end(struct stream_pool *pool)
{
	pool->free_count += pool->loan.chunk_count;
	pool->loan.to->loan = NULL;
	pool->loan.to = NULL;
}

void
stream_clear(struct stream_pool *pool, struct stream_buf *buf)
{
	if (buf->loan != NULL)
		loan_end(pool);
	free_behind(pool, buf, NULL);
	buf->begin_seq = buf->end_seq;
	assert(buf->chunk_count == 0);
}

size_t
stream_write(struct stream_pool *pool, struct stream_buf *buf, uint32_t seq, const void *bytes,
	     size_t size, enum stream_use use)
{
	size_t written = 0;

	assert(seq_ge(seq, buf->begin_seq) && buf->loan == NULL);
	while (written < size) {
		const uint32_t at = seq + (uint32_t)written;
		struct stream_chunk *chunk = chunk_before(buf, at);
		if (!chunk_holds(chunk, at))
			chunk = chunk_insert(pool, buf, chunk, at, use);
		if (chunk == NULL)
			break;
		const size_t offset = at - chunk->begin_seq, room = STREAM_CHUNK_BYTES - offset;
		const size_t piece_bytes = size - written < room ? size - written : room;
		memcpy(chunk->bytes + offset, (const uint8_t *)bytes + written, piece_bytes);
		written += piece_bytes;
	}
	if (written != 0)
		buf->end_seq = seq_max(buf->end_seq, seq + (uint32_t)written);
	return written;
}

size_t
stream_room(struct stream_pool *pool, struct stream_buf *buf, size_t size, enum stream_use use,
	    struct iovec *pieces, size_t *piece_count)
{
	const size_t piece_max = *piece_count;
	size_t lent = 0;

	assert(buf->loan == NULL);
	for (*piece_count = 0; *piece_count < piece_max && lent < size; (*piece_count)++) {
		const uint32_t at = buf->end_seq + (uint32_t)lent;
		struct stream_chunk *chunk = buf->last;
		if (!chunk_holds(chunk, at))
			chunk = chunk_insert(pool, buf, chunk, at, use);
		if (chunk == NULL)
			break;
		const size_t offset = at - chunk->begin_seq, room = STREAM_CHUNK_BYTES - offset;
		const size_t piece_bytes = size - lent < room ? size - lent : room;
		pieces[*piece_count] = (struct iovec){ chunk->bytes + offset, piece_bytes };
		lent += piece_bytes;
	}
	return lent;
}

void
stream_fill(struct stream_pool *pool, struct stream_buf *buf, size_t size)
{
	buf->end_seq += (uint32_t)size;
	if (buf->begin_seq == buf->end_seq) {
		stream_clear(pool, buf);
		return;
	}
	struct stream_chunk *last = chunk_before(buf, buf->end_seq - 1);
	assert(chunk_holds(last, buf->end_seq - 1));
	free_behind(pool, buf, last);
}

bool
stream_write_lent(struct stream_pool *pool, struct stream_buf *buf, const uint8_t *bytes, size_t size)
{
	const uint32_t chunk_count = chunks_for(size) + 1; /* wherever it begins */

	assert(pool->loan.to == NULL);
	if (pool->free_count < chunk_count)
		return false;
	pool->free_count -= chunk_count;
	pool->loan = (struct stream_loan){
		.to = buf,
		.bytes = bytes,
		.begin_seq = buf->end_seq,
		.end_seq = buf->end_seq + (uint32_t)size,
		.chunk_count = chunk_count,
	};
	buf->loan = &pool->loan;
	buf->end_seq = pool->loan.end_seq;
	return true;
}

void
stream_settle(struct stream_pool *pool)
{
	const struct stream_loan loan = pool->loan;

	if (loan.to == NULL)
		return;
	loan_end(pool);
	const size_t size = loan.end_seq - loan.begin_seq,
		     written = stream_write(pool, loan.to, loan.begin_seq, loan.bytes, size, STREAM_IN_ORDER);
	assert(written == size);
	(void)written;
}

const uint8_t *
stream_peek(struct stream_buf *buf, uint32_t seq, size_t size, size_t *piece_bytes)
{
	const struct stream_loan *loan = buf->loan;

	assert(seq_ge(seq, buf->begin_seq) && seq_le(seq + (uint32_t)size, buf->end_seq));
	if (loan != NULL && seq_ge(seq, loan->begin_seq)) {
		*piece_bytes = size;
		return loan->bytes + (seq - loan->begin_seq);
	}
	if (loan != NULL && size > loan->begin_seq - seq)
		size = loan->begin_seq - seq;
	struct stream_chunk *chunk = chunk_before(buf, seq);
	assert(chunk_holds(chunk, seq));
	const size_t offset = seq - chunk->begin_seq, left = STREAM_CHUNK_BYTES - offset;
	*piece_bytes = size < left ? size : left;
	return chunk->bytes + offset;
}

void
stream_read(struct stream_buf *buf, uint32_t seq, void *out, size_t size)
{
	for (size_t done = 0, piece_bytes; done < size; done += piece_bytes) {
		const uint8_t *piece =
			stream_peek(buf, seq + (uint32_t)done, size - done, &piece_bytes);
		memcpy((uint8_t *)out + done, piece, piece_bytes);
	}
}

void
stream_drop_before(struct stream_pool *pool, struct stream_buf *buf, uint32_t seq)
{
	assert(seq_ge(seq, buf->begin_seq));
	if (seq_ge(seq, buf->end_seq)) { /* also the chunk that more could be written to */
		buf->end_seq = seq;
		stream_clear(pool, buf);
		return;
	}
	while (buf->first != NULL && seq_le(buf->first->begin_seq + STREAM_CHUNK_BYTES, seq)) {
		struct stream_chunk *chunk = buf->first;
		buf->first = chunk->next;
		chunk_give(pool, buf, chunk);
	}
	if (buf->first == NULL)
		buf->last = NULL;
	buf->begin_seq = seq;
	if (buf->loan != NULL && seq_gt(seq, buf->loan->begin_seq)) {
		pool->loan.bytes += seq - pool->loan.begin_seq;
		pool->loan.begin_seq = seq;
	}
}

void
stream_drop_after(struct stream_pool *pool, struct stream_buf *buf, uint32_t seq)
{
	if (seq_ge(seq, buf->end_seq))
		return;
	if (buf->loan != NULL)
		stream_settle(pool);
	if (seq_le(seq, buf->begin_seq)) {
		buf->end_seq = buf->begin_seq;
		stream_clear(pool, buf);
		return;
	}
	free_behind(pool, buf, chunk_before(buf, seq - 1));
	buf->end_seq = seq;
}

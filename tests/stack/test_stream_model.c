/* Several streams in one pool hold what flat arrays hold, whatever is done to them in whatever order. */
#include "stack/base/rng.h"
#include "tests/stack/streams.h"

#define STREAMS     3u
#define MODEL_BYTES (25u * STREAM_CHUNK_BYTES)

static struct {
	struct stream_buf buf;
	uint32_t base; /* of bytes[0] */
	uint32_t begin, end;
	uint32_t cut_count; /* calls of stream_drop_after */
	uint8_t bytes[MODEL_BYTES];
	bool written[MODEL_BYTES];
} streams[STREAMS];

/* Chunks that the model says a stream needs: those with anything in [begin, end). */
static uint32_t
chunks_needed(unsigned i)
{
	uint32_t count = 0, last_chunk = 0;

	for (uint32_t at = streams[i].begin; at < streams[i].end; at++) {
		const uint32_t chunk = (streams[i].base + at) / STREAM_CHUNK_BYTES;
		if (streams[i].written[at] && (count == 0 || chunk != last_chunk)) {
			last_chunk = chunk;
			count++;
		}
	}
	return count;
}

static void
model_write(unsigned i, struct rng *rng)
{
	const uint32_t begin = streams[i].begin, at = begin + rng_below(rng, MODEL_BYTES - begin);
	const uint32_t room = MODEL_BYTES - at;
	const size_t size =
		1 + rng_below(rng, rng_below(rng, 10) == 0 ? room : 1 + (room - 1) / 20);
	const enum stream_use use = rng_below(rng, 2) == 0 ? STREAM_IN_ORDER : STREAM_OTHER;
	static uint8_t bytes[MODEL_BYTES];

	rng_bytes(rng, bytes, size);
	const size_t written =
		stream_write(&pool, &streams[i].buf, streams[i].base + at, bytes, size, use);
	ck_assert(written == size ||
		  pool.free_count <= (use == STREAM_IN_ORDER ? 0 : RESERVE_CHUNKS));
	memcpy(&streams[i].bytes[at], bytes, written);
	memset(&streams[i].written[at], true, written);
	if (written != 0 && at + written > streams[i].end)
		streams[i].end = at + (uint32_t)written;
}

/* Lent, looked at, taken off in part, and settled. */
static void
model_lend(unsigned i, struct rng *rng)
{
	const uint32_t at = streams[i].end, room = MODEL_BYTES - at;
	const uint32_t size = room == 0 ? 0 : 1 + rng_below(rng, room) / (1 + rng_below(rng, 20));
	static uint8_t bytes[MODEL_BYTES], out[MODEL_BYTES];

	rng_bytes(rng, bytes, size);
	if (size == 0 || !stream_write_lent(&pool, &streams[i].buf, bytes, size))
		return;
	memcpy(&streams[i].bytes[at], bytes, size);
	memset(&streams[i].written[at], true, size);
	streams[i].end += size;
	stream_read(&streams[i].buf, streams[i].base + at, out, size);
	ck_assert_mem_eq(out, bytes, size);
	if (rng_below(rng, 2) == 0) {
		streams[i].begin = at + rng_below(rng, size + 1);
		stream_drop_before(&pool, &streams[i].buf, streams[i].base + streams[i].begin);
	}
	stream_settle(&pool);
	memset(bytes, 0xee, size);
}

/* Room for much, of which a part is written to. */
static void
model_fill(unsigned i, struct rng *rng)
{
	const uint32_t at = streams[i].end;
	struct iovec pieces[POOL_CHUNKS];
	size_t piece_count = 1 + rng_below(rng, POOL_CHUNKS);
	const size_t lent = stream_room(&pool, &streams[i].buf, rng_below(rng, MODEL_BYTES - at + 1),
					STREAM_OTHER, pieces, &piece_count);
	const uint32_t size = rng_below(rng, (uint32_t)lent + 1);

	rng_bytes(rng, &streams[i].bytes[at], size);
	memset(&streams[i].written[at], true, size);
	for (size_t done = 0, piece = 0; done < size; done += pieces[piece++].iov_len) {
		const size_t left = size - done;
		memcpy(pieces[piece].iov_base, &streams[i].bytes[at + done],
		       left < pieces[piece].iov_len ? left : pieces[piece].iov_len);
	}
	stream_fill(&pool, &streams[i].buf, size);
	streams[i].end += size;
}

/* Each run of written octets reads back. */
static bool
reads_back(unsigned i)
{
	static uint8_t out[MODEL_BYTES];

	for (uint32_t begin = streams[i].begin, end; begin < streams[i].end; begin = end + 1) {
		for (end = begin; end < streams[i].end && streams[i].written[end]; end++)
			;
		stream_read(&streams[i].buf, streams[i].base + begin, out, end - begin);
		if (memcmp(out, &streams[i].bytes[begin], end - begin) != 0)
			return false;
	}
	return true;
}

static void
model_drop(unsigned i, struct rng *rng)
{
	const uint32_t begin = streams[i].begin, room = MODEL_BYTES - begin;
	const uint32_t at = begin + rng_below(rng, room) / (1 + rng_below(rng, 8));

	if (rng_below(rng, 2) == 0) {
		stream_drop_before(&pool, &streams[i].buf, streams[i].base + at);
		streams[i].begin = at;
		streams[i].end = at > streams[i].end ? at : streams[i].end;
	} else {
		stream_drop_after(&pool, &streams[i].buf, streams[i].base + at);
		streams[i].end = at < streams[i].end ? at : streams[i].end;
		streams[i].cut_count++;
		memset(&streams[i].written[at], false, MODEL_BYTES - at);
	}
}

static void
model_begin(unsigned i, struct rng *rng)
{
	stream_clear(&pool, &streams[i].buf);
	memset(&streams[i], 0, sizeof streams[i]);
	/* Some have the same numbers: a chunk that went from one to another must not be found. */
	streams[i].base = rng_below(rng, 2) == 0 ? BASE : 0u - rng_below(rng, MODEL_BYTES);
	stream_init(&streams[i].buf, streams[i].base);
}

/* The first chunk, and one for each cut, may stay with nothing left in it; no other does. */
static bool
chunks_are_accounted_for(void)
{
	uint32_t held_count = 0;

	for (unsigned i = 0; i < STREAMS; i++) {
		const uint32_t needed = chunks_needed(i), held = streams[i].buf.chunk_count;
		held_count += held;
		if (held < needed || held > needed + 1 + streams[i].cut_count)
			return false;
		if (streams[i].begin == streams[i].end && held != 0)
			return false;
	}
	return held_count + pool.free_count == POOL_CHUNKS;
}

START_TEST(streams_hold_what_arrays_hold)
{
	const unsigned long long seed = suite_seed(12);
	unsigned full_count = 0;
	struct rng rng;

	rng_init_number(&rng, seed);
	for (unsigned i = 0; i < STREAMS; i++)
		model_begin(i, &rng);
	for (unsigned step = 0; step < 800; step++) {
		const unsigned i = rng_below(&rng, STREAMS);
		if (streams[i].begin > MODEL_BYTES / 2)
			model_begin(i, &rng);
		else if (rng_below(&rng, 6) == 0)
			model_lend(i, &rng);
		else if (rng_below(&rng, 6) == 0)
			model_fill(i, &rng);
		else if (rng_below(&rng, 4) != 0)
			model_write(i, &rng);
		else
			model_drop(i, &rng);
		full_count += pool.free_count == 0;
		ck_assert_msg(reads_back(i) && chunks_are_accounted_for(), "step %u, seed %llu",
			      step, seed);
	}
	ck_assert_uint_gt(full_count, 100);
	for (unsigned i = 0; i < STREAMS; i++)
		stream_clear(&pool, &streams[i].buf);
	ck_assert_uint_eq(pool.free_count, POOL_CHUNKS);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("stream_model");
	tcase_add_checked_fixture(tcase, setup_pool, teardown_pool);
	tcase_set_timeout(tcase, 60); /* seconds on a busy machine */
	tcase_add_test(tcase, streams_hold_what_arrays_hold);
	Suite *suite = suite_create("stream_model");
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}

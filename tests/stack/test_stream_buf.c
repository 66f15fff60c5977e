/* Streams in chunks of a pool: holes, the reserve, loans, and room that is lent. */
#include "tests/stack/streams.h"

static struct stream_buf buf;
static uint8_t pattern[POOL_CHUNKS * STREAM_CHUNK_BYTES];

static void
setup(void)
{
	setup_pool();
	stream_init(&buf, BASE);
	for (size_t i = 0; i < sizeof pattern; i++)
		pattern[i] = (uint8_t)(i * 7 + i / 256);
}

static size_t
write_at(uint32_t offset, size_t size, enum stream_use use)
{
	return stream_write(&pool, &buf, BASE + offset, pattern + offset, size, use);
}

static void
expect_at(uint32_t offset, size_t size)
{
	static uint8_t out[sizeof pattern];

	stream_read(&buf, BASE + offset, out, size);
	ck_assert_mem_eq(out, pattern + offset, size);
}

START_TEST(a_stream_comes_out_as_it_went_in)
{
	ck_assert_uint_eq(write_at(0, 10000, STREAM_IN_ORDER), 10000);
	ck_assert_uint_eq(write_at(10000, 1, STREAM_IN_ORDER), 1);
	expect_at(0, 10001);
	expect_at(4095, 2);
	expect_at(10000, 1);
	ck_assert_uint_eq(buf.end_seq, BASE + 10001);
}
END_TEST

START_TEST(a_piece_ends_with_its_chunk_or_with_what_was_asked)
{
	size_t piece_bytes;

	ck_assert_uint_eq(write_at(0, 10000, STREAM_IN_ORDER), 10000);
	const uint8_t *piece = stream_peek(&buf, BASE + 100, 9900, &piece_bytes);
	ck_assert_uint_eq(piece_bytes, STREAM_CHUNK_BYTES - 100);
	ck_assert_mem_eq(piece, pattern + 100, piece_bytes);
	(void)stream_peek(&buf, BASE + 100, 50, &piece_bytes);
	ck_assert_uint_eq(piece_bytes, 50);
	(void)stream_peek(&buf, BASE + 9000, 1000, &piece_bytes);
	ck_assert_uint_eq(piece_bytes, 1000);
}
END_TEST

START_TEST(a_hole_takes_no_chunk_and_can_be_filled)
{
	ck_assert_uint_eq(write_at(8 * STREAM_CHUNK_BYTES, 10, STREAM_OTHER), 10);
	ck_assert_uint_eq(buf.chunk_count, 1);
	ck_assert_uint_eq(write_at(4 * STREAM_CHUNK_BYTES, 10, STREAM_OTHER), 10);
	ck_assert_uint_eq(buf.chunk_count, 2);
	expect_at(8 * STREAM_CHUNK_BYTES, 10);
	ck_assert_uint_eq(write_at(0, 8 * STREAM_CHUNK_BYTES, STREAM_IN_ORDER),
			  8 * STREAM_CHUNK_BYTES);
	expect_at(0, 8 * STREAM_CHUNK_BYTES + 10);
	ck_assert_uint_eq(buf.chunk_count, 9);
}
END_TEST

START_TEST(what_was_acknowledged_gives_its_chunks_back)
{
	ck_assert_uint_eq(write_at(0, 3 * STREAM_CHUNK_BYTES + 1, STREAM_OTHER),
			  3 * STREAM_CHUNK_BYTES + 1);
	stream_drop_before(&pool, &buf, BASE + STREAM_CHUNK_BYTES - 1);
	ck_assert_uint_eq(pool.free_count, POOL_CHUNKS - 4);
	stream_drop_before(&pool, &buf, BASE + STREAM_CHUNK_BYTES);
	ck_assert_uint_eq(pool.free_count, POOL_CHUNKS - 3);
	expect_at(STREAM_CHUNK_BYTES, 2 * STREAM_CHUNK_BYTES + 1);
	stream_drop_before(&pool, &buf, BASE + 3 * STREAM_CHUNK_BYTES);
	ck_assert_uint_eq(pool.free_count, POOL_CHUNKS - 1);
	expect_at(3 * STREAM_CHUNK_BYTES, 1);
}
END_TEST

START_TEST(an_empty_buffer_holds_no_chunk)
{
	ck_assert_uint_eq(write_at(0, 100, STREAM_OTHER), 100);
	stream_drop_before(&pool, &buf, BASE + 100); /* the rest of the chunk was never written */
	ck_assert_uint_eq(pool.free_count, POOL_CHUNKS);
	ck_assert_uint_eq(write_at(100, 100, STREAM_OTHER), 100);
	expect_at(100, 100);
	stream_clear(&pool, &buf);
	ck_assert_uint_eq(pool.free_count, POOL_CHUNKS);
	ck_assert_uint_eq(buf.begin_seq, BASE + 200);
}
END_TEST

START_TEST(what_came_out_of_order_can_be_given_up)
{
	ck_assert_uint_eq(write_at(0, 100, STREAM_IN_ORDER), 100);
	ck_assert_uint_eq(write_at(2000, 100, STREAM_OTHER), 100);
	ck_assert_uint_eq(write_at(3 * STREAM_CHUNK_BYTES, 10000, STREAM_OTHER), 10000);
	stream_drop_after(&pool, &buf, BASE + 100);
	ck_assert_uint_eq(pool.free_count, POOL_CHUNKS - 1);
	expect_at(0, 100);
	ck_assert_uint_eq(buf.end_seq, BASE + 100);
	stream_drop_before(&pool, &buf, BASE + 100);
	ck_assert_uint_eq(pool.free_count, POOL_CHUNKS);

	ck_assert_uint_eq(write_at(3 * STREAM_CHUNK_BYTES, 100, STREAM_OTHER), 100);
	stream_drop_after(&pool, &buf, BASE + 100);
	ck_assert_uint_eq(pool.free_count, POOL_CHUNKS);
	ck_assert_uint_eq(buf.end_seq, BASE + 100);
}
END_TEST

START_TEST(a_cut_keeps_the_chunk_of_the_octet_before)
{
	for (uint32_t past = 0; past < 2; past++) {
		ck_assert_uint_eq(write_at(0, 2 * STREAM_CHUNK_BYTES, STREAM_IN_ORDER),
				  2 * STREAM_CHUNK_BYTES);
		stream_drop_after(&pool, &buf, BASE + STREAM_CHUNK_BYTES + past);
		ck_assert_uint_eq(buf.chunk_count, 1 + past);
		expect_at(0, STREAM_CHUNK_BYTES + past);
	}
}
END_TEST

START_TEST(two_places_are_found_without_a_walk)
{
	size_t piece_bytes;

	ck_assert_uint_eq(write_at(0, 16 * STREAM_CHUNK_BYTES, STREAM_IN_ORDER),
			  16 * STREAM_CHUNK_BYTES);
	for (uint32_t i = 0; i < 5; i++) {
		const uint32_t again = i * STREAM_CHUNK_BYTES, anew = (10 + i) * STREAM_CHUNK_BYTES;
		(void)stream_peek(&buf, BASE + again, 10, &piece_bytes);
		(void)stream_peek(&buf, BASE + anew, 10, &piece_bytes);
		const uint32_t hinted = buf.hints[0]->begin_seq ^ buf.hints[1]->begin_seq;
		ck_assert_uint_eq(hinted, (BASE + again) ^ (BASE + anew));
	}
	stream_drop_before(&pool, &buf, BASE + 12 * STREAM_CHUNK_BYTES);
	ck_assert(buf.hints[0] == NULL || buf.hints[1] == NULL); /* one of them is free now */
}
END_TEST

START_TEST(a_drained_pool_takes_what_there_is_room_for)
{
	const size_t all_bytes = POOL_CHUNKS * STREAM_CHUNK_BYTES;

	ck_assert_uint_eq(write_at(10, all_bytes - 10, STREAM_IN_ORDER), all_bytes - 10);
	ck_assert_uint_eq(pool.free_count, 0);
	ck_assert_uint_eq(
		stream_write(&pool, &buf, BASE + (uint32_t)all_bytes, pattern, 1, STREAM_IN_ORDER),
		0);
	ck_assert_uint_eq(buf.end_seq, BASE + (uint32_t)all_bytes);
	stream_drop_before(&pool, &buf, BASE + STREAM_CHUNK_BYTES);
	ck_assert_uint_eq(stream_write(&pool, &buf, BASE + (uint32_t)all_bytes, pattern, 5000,
				       STREAM_IN_ORDER),
			  STREAM_CHUNK_BYTES);
	expect_at(STREAM_CHUNK_BYTES, all_bytes - STREAM_CHUNK_BYTES);
}
END_TEST

START_TEST(the_reserve_is_for_receivers_in_order)
{
	const uint32_t shared_bytes = (POOL_CHUNKS - RESERVE_CHUNKS) * STREAM_CHUNK_BYTES;

	ck_assert_uint_eq(write_at(0, sizeof pattern, STREAM_OTHER), shared_bytes);
	ck_assert_uint_eq(pool.free_count, RESERVE_CHUNKS);
	ck_assert_uint_eq(write_at(shared_bytes, 1, STREAM_OTHER), 0);
	ck_assert_uint_eq(write_at(shared_bytes, 1, STREAM_IN_ORDER), 1);
	ck_assert_uint_eq(write_at(shared_bytes + 1, 1, STREAM_OTHER), 1); /* the chunk is there */
	expect_at(0, shared_bytes + 2);
}
END_TEST

START_TEST(a_pool_is_low_before_the_reserve_is_touched)
{
	uint32_t offset = 0;

	while (!stream_pool_is_low(&pool)) {
		ck_assert_uint_eq(write_at(offset, STREAM_CHUNK_BYTES, STREAM_OTHER),
				  STREAM_CHUNK_BYTES);
		offset += STREAM_CHUNK_BYTES;
	}
	ck_assert_uint_eq(pool.free_count, 4);
	stream_drop_before(&pool, &buf, BASE + STREAM_CHUNK_BYTES);
	ck_assert(!stream_pool_is_low(&pool));
}
END_TEST

START_TEST(memory_that_was_never_needed_is_not_touched)
{
	for (uint32_t i = 0; i < 50; i++) {
		ck_assert_uint_eq(write_at(i * 1000, 1000, STREAM_OTHER), 1000);
		stream_drop_before(&pool, &buf, BASE + (i + 1) * 1000);
	}
	ck_assert_uint_le(pool.touched_count, 2);
}
END_TEST

static void
lend(uint32_t offset, uint32_t size)
{
	ck_assert(stream_write_lent(&pool, &buf, pattern + offset, size));
}

START_TEST(a_loan_that_is_read_in_time_is_never_copied)
{
	size_t piece_bytes;

	ck_assert_uint_eq(write_at(0, 100, STREAM_IN_ORDER), 100);
	lend(100, 3 * STREAM_CHUNK_BYTES);
	(void)stream_peek(&buf, BASE, 200, &piece_bytes);
	ck_assert_uint_eq(piece_bytes, 100); /* up to the loan */
	ck_assert_ptr_eq(stream_peek(&buf, BASE + 100, 3 * STREAM_CHUNK_BYTES, &piece_bytes), pattern + 100);
	ck_assert_uint_eq(piece_bytes, 3 * STREAM_CHUNK_BYTES);
	expect_at(0, 100 + 3 * STREAM_CHUNK_BYTES);
	stream_drop_before(&pool, &buf, BASE + 5000);
	expect_at(5000, 100 + 3 * STREAM_CHUNK_BYTES - 5000);
	stream_drop_before(&pool, &buf, BASE + 100 + 3 * STREAM_CHUNK_BYTES);
	ck_assert_uint_eq(pool.free_count, POOL_CHUNKS);
	ck_assert_uint_eq(pool.touched_count, 1);
	stream_settle(&pool);
	ck_assert_uint_eq(pool.free_count, POOL_CHUNKS);
}
END_TEST

START_TEST(what_is_left_of_a_loan_is_copied)
{
	uint8_t octets[2 * STREAM_CHUNK_BYTES];

	ck_assert_uint_eq(write_at(0, 100, STREAM_IN_ORDER), 100);
	memcpy(octets, pattern + 100, sizeof octets);
	ck_assert(stream_write_lent(&pool, &buf, octets, sizeof octets));
	stream_drop_before(&pool, &buf, BASE + 1000);
	stream_settle(&pool);
	memset(octets, 0, sizeof octets);
	expect_at(1000, 100 + sizeof octets - 1000);
	ck_assert_uint_eq(pool.free_count, POOL_CHUNKS - 3);
	stream_settle(&pool); /* nothing is out any more */
	stream_clear(&pool, &buf);
	ck_assert_uint_eq(pool.free_count, POOL_CHUNKS);
}
END_TEST

/* Others may write meanwhile, and find the pool full, but never what the loan needs. */
START_TEST(the_room_for_a_loan_is_kept)
{
	struct stream_buf other;

	ck_assert(!stream_write_lent(&pool, &buf, pattern, POOL_CHUNKS * STREAM_CHUNK_BYTES));
	ck_assert_uint_eq(pool.free_count, POOL_CHUNKS);
	lend(0, 10 * STREAM_CHUNK_BYTES);
	stream_init(&other, 0);
	ck_assert_uint_eq(stream_write(&pool, &other, 0, pattern, sizeof pattern, STREAM_IN_ORDER),
			  (POOL_CHUNKS - 11) * STREAM_CHUNK_BYTES);
	stream_settle(&pool);
	expect_at(0, 10 * STREAM_CHUNK_BYTES);
	stream_clear(&pool, &other);
	lend(10 * STREAM_CHUNK_BYTES, 5000);
	stream_clear(&pool, &buf); /* its connection has ended */
	stream_settle(&pool);
	ck_assert_uint_eq(pool.free_count, POOL_CHUNKS);
}
END_TEST

START_TEST(a_cut_settles_a_loan_first)
{
	lend(0, 2 * STREAM_CHUNK_BYTES);
	stream_drop_after(&pool, &buf, BASE + 5000);
	ck_assert_uint_eq(buf.end_seq, BASE + 5000);
	expect_at(0, 5000);
	stream_clear(&pool, &buf);
	ck_assert_uint_eq(pool.free_count, POOL_CHUNKS);
}
END_TEST

/* ---- room ------------------------------------------------------------------------------------ */

static size_t
room_for(size_t size, enum stream_use use, struct iovec *pieces, size_t *piece_count)
{
	*piece_count = POOL_CHUNKS;
	return stream_room(&pool, &buf, size, use, pieces, piece_count);
}

/* Writes what belongs there to the first `size` octets of the room. */
static void
write_to(const struct iovec *pieces, uint32_t offset, size_t size)
{
	for (size_t done = 0; done < size; pieces++) {
		const size_t left = size - done, part = left < pieces->iov_len ? left : pieces->iov_len;
		memcpy(pieces->iov_base, pattern + offset + done, part);
		done += part;
	}
}

START_TEST(what_was_written_in_place_comes_out)
{
	struct iovec pieces[POOL_CHUNKS];
	size_t piece_count;

	ck_assert_uint_eq(write_at(0, 100, STREAM_OTHER), 100);
	ck_assert_uint_eq(room_for(10000, STREAM_OTHER, pieces, &piece_count), 10000);
	ck_assert_uint_eq(piece_count, 3);
	ck_assert_uint_eq(pieces[0].iov_len, STREAM_CHUNK_BYTES - 100);
	ck_assert_uint_eq(buf.end_seq, BASE + 100); /* not yet the stream's */
	write_to(pieces, 100, 10000);
	stream_fill(&pool, &buf, 10000);
	expect_at(0, 10100);
	ck_assert_uint_eq(write_at(10100, 5000, STREAM_OTHER), 5000);
	expect_at(0, 15100);
}
END_TEST

START_TEST(room_that_was_not_needed_is_given_back)
{
	static const size_t sizes[] = { 0, 1, STREAM_CHUNK_BYTES, STREAM_CHUNK_BYTES + 1 };
	static const uint32_t held[] = { 0, 1, 1, 2 };
	struct iovec pieces[POOL_CHUNKS];
	size_t piece_count;

	ck_assert_uint_eq(room_for(10 * STREAM_CHUNK_BYTES, STREAM_OTHER, pieces, &piece_count),
			  10 * STREAM_CHUNK_BYTES);
	write_to(pieces, 0, sizes[_i]);
	stream_fill(&pool, &buf, sizes[_i]);
	ck_assert_uint_eq(buf.chunk_count, held[_i]);
	ck_assert_uint_eq(pool.free_count, POOL_CHUNKS - held[_i]);
	expect_at(0, sizes[_i]);
}
END_TEST

START_TEST(there_is_no_more_room_than_pieces_and_memory)
{
	const size_t shared_bytes = (POOL_CHUNKS - RESERVE_CHUNKS) * STREAM_CHUNK_BYTES;
	struct iovec pieces[POOL_CHUNKS];
	size_t piece_count = 2;

	ck_assert_uint_eq(stream_room(&pool, &buf, 10000, STREAM_OTHER, pieces, &piece_count),
			  2 * STREAM_CHUNK_BYTES);
	ck_assert_uint_eq(piece_count, 2);
	stream_fill(&pool, &buf, 0);
	ck_assert_uint_eq(room_for(sizeof pattern, STREAM_OTHER, pieces, &piece_count), shared_bytes);
	write_to(pieces, 0, shared_bytes);
	stream_fill(&pool, &buf, shared_bytes);
	ck_assert_uint_eq(room_for(1, STREAM_OTHER, pieces, &piece_count), 0);
	ck_assert_uint_eq(piece_count, 0);
	stream_fill(&pool, &buf, 0);
	expect_at(0, shared_bytes);
}
END_TEST

START_TEST(a_chunk_is_a_page)
{
	struct iovec pieces[POOL_CHUNKS];
	size_t piece_count;

	(void)room_for(sizeof pattern, STREAM_IN_ORDER, pieces, &piece_count);
	ck_assert_uint_eq(piece_count, POOL_CHUNKS);
	for (size_t i = 0; i < piece_count; i++)
		ck_assert_uint_eq((uintptr_t)pieces[i].iov_base % STREAM_CHUNK_BYTES, 0);
	stream_fill(&pool, &buf, 0);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("stream_buf");
	tcase_add_checked_fixture(tcase, setup, teardown_pool);
	tcase_add_test(tcase, a_stream_comes_out_as_it_went_in);
	tcase_add_test(tcase, a_piece_ends_with_its_chunk_or_with_what_was_asked);
	tcase_add_test(tcase, a_hole_takes_no_chunk_and_can_be_filled);
	tcase_add_test(tcase, what_was_acknowledged_gives_its_chunks_back);
	tcase_add_test(tcase, an_empty_buffer_holds_no_chunk);
	tcase_add_test(tcase, what_came_out_of_order_can_be_given_up);
	tcase_add_test(tcase, a_cut_keeps_the_chunk_of_the_octet_before);
	tcase_add_test(tcase, two_places_are_found_without_a_walk);
	tcase_add_test(tcase, a_drained_pool_takes_what_there_is_room_for);
	tcase_add_test(tcase, the_reserve_is_for_receivers_in_order);
	tcase_add_test(tcase, a_pool_is_low_before_the_reserve_is_touched);
	tcase_add_test(tcase, memory_that_was_never_needed_is_not_touched);
	tcase_add_test(tcase, a_loan_that_is_read_in_time_is_never_copied);
	tcase_add_test(tcase, what_is_left_of_a_loan_is_copied);
	tcase_add_test(tcase, the_room_for_a_loan_is_kept);
	tcase_add_test(tcase, a_cut_settles_a_loan_first);
	tcase_add_test(tcase, what_was_written_in_place_comes_out);
	tcase_add_loop_test(tcase, room_that_was_not_needed_is_given_back, 0, 4);
	tcase_add_test(tcase, there_is_no_more_room_than_pieces_and_memory);
	tcase_add_test(tcase, a_chunk_is_a_page);
	Suite *suite = suite_create("stream_buf");
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}

/* A cache file of several segments, whose indices are read first: what is found before the records are back, and after. */
#include "cache_file_world.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "resolver/cache/segment.h"
#include "tests/suite.h"

#define LARGE_BYTES (UINT64_C(8) << 20)
#define SMALL_BYTES (UINT64_C(1) << 18)
#define ADDRESSES   12000u /* some segments */
#define LONG_S      900u

/* The second version of every other address comes after the first of all. */
static void
write_large_file(void)
{
	struct process process;
	process_begin_with(&process, 1, LARGE_BYTES);
	ck_assert_msg(process_open(&process, NOW_S, WALL_S) == 0, "%s", process.error);
	for (unsigned i = 0; i < ADDRESSES; i++)
		know_address(&process, i, 1, LONG_S, NOW_S);
	cache_file_save(process.file, NOW_S, WALL_S);
	for (unsigned i = 0; i < ADDRESSES; i += 2)
		know_address(&process, i, 2, LONG_S, NOW_S);
	cache_file_save(process.file, NOW_S, WALL_S);
	process_end(&process);
}

static void
scan(struct process *process)
{
	process_begin_with(process, 2, LARGE_BYTES);
	ck_assert_msg(process_open_only(process, WALL_S) == 0, "%s", process->error);
	cache_file_scan(process->file, NEXT_NOW_S, WALL_S, NULL);
}

/* How many of every `step`th are known; all of them as they should be. */
static unsigned
count_addresses(struct process *process, unsigned step)
{
	unsigned known = 0;
	for (unsigned i = 0; i < ADDRESSES; i += step) {
		uint32_t ttl_s = 0;
		uint8_t mark = address_mark(process, i, NEXT_NOW_S, &ttl_s);
		if (mark == 0)
			continue;
		ck_assert_uint_eq(mark, i % 2 == 0 ? 2 : 1);
		ck_assert_uint_eq(ttl_s, LONG_S);
		known++;
	}
	return known;
}

/* ---- what is found -------------------------------------------------------------------------------- */

START_TEST(everything_of_a_file_is_found_before_it_is_back)
{
	struct process process;
	write_file();
	process_begin(&process, 2);
	ck_assert_int_eq(process_open_only(&process, WALL_S + LATER_S), 0);
	cache_file_scan(process.file, NEXT_NOW_S, WALL_S + LATER_S, NULL);
	ck_assert_uint_eq(count_known(&process, NEXT_NOW_S, LATER_S), count_due(LATER_S));
	cache_file_load(process.file, &process.loaded);
	ck_assert_uint_eq(count_known(&process, NEXT_NOW_S, LATER_S), count_due(LATER_S));
	ck_assert_uint_eq(process.loaded.records, count_due(LATER_S));
	ck_assert_uint_eq(process.loaded.refused, 3 * NAMES - count_due(LATER_S));
	ck_assert_uint_eq(process.loaded.damaged, 0);
	process_end(&process);
}
END_TEST

START_TEST(the_latest_of_several_segments_is_found)
{
	struct process process;
	write_large_file();
	scan(&process);
	ck_assert_uint_eq(count_addresses(&process, 3), (ADDRESSES + 2) / 3);
	cache_file_load(process.file, &process.loaded);
	ck_assert_uint_eq(count_addresses(&process, 1), ADDRESSES);
	ck_assert_uint_eq(process.loaded.records, ADDRESSES);
	ck_assert_uint_eq(process.loaded.refused, ADDRESSES / 2);
	process_end(&process);
}
END_TEST

/* As after a restart of the machine; a file system that has nothing but memory keeps it there. */
START_TEST(a_file_that_is_not_in_memory_is_read_from_the_disk)
{
	struct process process;
	write_large_file();
	int fd = open(cache_path, O_RDWR);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(fsync(fd), 0);
	ck_assert_int_eq(posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED), 0);
	(void)close(fd);
	scan(&process);
	ck_assert_uint_eq(count_addresses(&process, 1), ADDRESSES);
	cache_file_load(process.file, &process.loaded);
	ck_assert_uint_eq(process.loaded.records, ADDRESSES);
	ck_assert_uint_eq(process.loaded.damaged, 0);
	process_end(&process);
}
END_TEST

START_TEST(who_is_killed_before_the_load_leaves_the_file_as_it_was)
{
	struct process process;
	write_large_file();
	for (unsigned run = 0; run < 3; run++) {
		scan(&process);
		(void)count_addresses(&process, 7);
		process_end(&process);
	}
	scan(&process);
	cache_file_load(process.file, &process.loaded);
	ck_assert_uint_eq(process.loaded.records, ADDRESSES);
	know_address(&process, 1, 1, LONG_S, NEXT_NOW_S); /* into the segment that had room */
	cache_file_save(process.file, NEXT_NOW_S, WALL_S);
	process_end(&process);
	scan(&process);
	ck_assert_uint_eq(count_addresses(&process, 1), ADDRESSES);
	process_end(&process);
}
END_TEST

/* ---- damage --------------------------------------------------------------------------------------- */

static int
open_file(void)
{
	int fd = open(cache_path, O_RDWR);
	ck_assert_int_ge(fd, 0);
	return fd;
}

/* The head of the first segment, which is full. */
static struct segment_head
first_segment(int fd)
{
	uint8_t bytes[SEGMENT_FILE_HEAD_BYTES + SEGMENT_HEAD_BYTES];
	struct segment_file_head file;
	struct segment_head head;
	ck_assert_int_eq(pread(fd, bytes, sizeof bytes, 0), sizeof bytes);
	struct cursor cursor = cursor_over(bytes, sizeof bytes);
	ck_assert_int_eq(segment_read_file_head(&cursor, &file), 0);
	cursor = cursor_over(bytes + SEGMENT_FILE_HEAD_BYTES, SEGMENT_HEAD_BYTES);
	ck_assert_int_eq(segment_read_head(&cursor, &head, &file.key, 0), 0);
	ck_assert_uint_gt(head.used_bytes, 0);
	ck_assert_uint_gt(head.record_count, 1000);
	return head;
}

static void
flip(int fd, uint32_t at)
{
	uint8_t octet;
	ck_assert_int_eq(pread(fd, &octet, 1, SEGMENT_FILE_HEAD_BYTES + at), 1);
	octet ^= 4;
	ck_assert_int_eq(pwrite(fd, &octet, 1, SEGMENT_FILE_HEAD_BYTES + at), 1);
}

START_TEST(damage_to_an_index_loses_nothing)
{
	struct process process;
	write_large_file();
	int fd = open_file();
	const struct segment_head head = first_segment(fd);
	flip(fd, head.used_bytes + 8 * (head.record_count / 2));
	(void)close(fd);
	scan(&process);
	ck_assert_uint_eq(count_addresses(&process, 1), ADDRESSES);
	cache_file_load(process.file, &process.loaded);
	ck_assert_uint_eq(process.loaded.records, ADDRESSES);
	ck_assert_uint_eq(process.loaded.damaged, 1);
	process_end(&process);
}
END_TEST

START_TEST(damage_to_a_record_loses_that_record)
{
	struct process process;
	write_large_file();
	int fd = open_file();
	const struct segment_head head = first_segment(fd);
	flip(fd, head.used_bytes / 2); /* of the first version of some address */
	(void)close(fd);
	scan(&process);
	const unsigned lost = ADDRESSES - count_addresses(&process, 1);
	cache_file_load(process.file, &process.loaded);
	ck_assert_uint_eq(ADDRESSES - count_addresses(&process, 1), lost);
	ck_assert_uint_le(lost, 1); /* none, if there is a later version */
	ck_assert_uint_eq(process.loaded.records, ADDRESSES - lost);
	ck_assert_uint_le(process.loaded.damaged, 1);
	ck_assert_uint_ge(process.loaded.damaged, lost);
	process_end(&process);
}
END_TEST

START_TEST(of_a_file_that_was_cut_off_the_rest_is_found)
{
	struct process process;
	struct stat whole;
	unsigned known = ADDRESSES;
	write_large_file();
	ck_assert_int_eq(stat(cache_path, &whole), 0);
	for (off_t size = whole.st_size - 1000; size > 1000; size -= whole.st_size / 9) {
		ck_assert_int_eq(truncate(cache_path, size), 0);
		process_begin_with(&process, 2, LARGE_BYTES);
		ck_assert_int_eq(process_open_only(&process, WALL_S), 0);
		cache_file_scan(process.file, NEXT_NOW_S, WALL_S, NULL);
		unsigned found = 0;
		for (unsigned i = 0; i < ADDRESSES; i++) {
			uint32_t ttl_s;
			found += address_mark(&process, i, NEXT_NOW_S, &ttl_s) != 0;
		}
		cache_file_load(process.file, &process.loaded);
		ck_assert_uint_eq(process.loaded.records, found);
		ck_assert_uint_le(found, known);
		known = found;
		process_end(&process);
	}
	ck_assert_uint_lt(known, ADDRESSES / 2);
}
END_TEST

/* Between the scan and the load, and while the caches look there. */
START_TEST(of_a_file_that_is_cut_off_while_it_is_read_the_rest_is_found)
{
	struct process process;
	struct stat whole;
	write_large_file();
	ck_assert_int_eq(stat(cache_path, &whole), 0);
	scan(&process);
	const unsigned known = count_addresses(&process, 10);
	ck_assert_int_eq(truncate(cache_path, whole.st_size / 3), 0);
	const unsigned found = count_addresses(&process, 1);
	ck_assert_uint_ge(found, known);
	ck_assert_uint_lt(found, ADDRESSES);
	cache_file_load(process.file, &process.loaded);
	ck_assert_uint_eq(process.loaded.records, found);
	ck_assert_uint_gt(process.loaded.damaged, 0);
	ck_assert_uint_eq(count_addresses(&process, 1), found);
	process_end(&process);
}
END_TEST

/* ---- other files ---------------------------------------------------------------------------------- */

/* Version 1 had no indices; its head is sound. */
START_TEST(a_file_of_the_version_before_begins_anew)
{
	struct process process;
	uint8_t head[56];
	struct segment_file_head read;
	write_file();
	int fd = open_file();
	ck_assert_int_eq(pread(fd, head, sizeof head, 0), sizeof head);
	struct cursor cursor = cursor_over(head, sizeof head);
	ck_assert_int_eq(segment_read_file_head(&cursor, &read), 0);
	ck_assert_uint_eq(head[11], SEGMENT_VERSION);
	head[11] = 1;
	const uint64_t checksum = hash_bytes(&read.key, head, sizeof head - 8);
	for (unsigned i = 0; i < 8; i++)
		head[48 + i] = (uint8_t)(checksum >> (56 - 8 * i));
	ck_assert_int_eq(pwrite(fd, head, sizeof head, 0), sizeof head);
	(void)close(fd);
	process_begin(&process, 2);
	ck_assert_int_eq(process_open(&process, NEXT_NOW_S, WALL_S), 0);
	ck_assert_uint_eq(process.loaded.records + process.loaded.damaged, 0);
	ck_assert_int_eq(access(cache_aside, F_OK), -1);
	process_end(&process);
}
END_TEST

START_TEST(caches_that_were_made_smaller_give_the_disk_back)
{
	struct process process;
	struct stat large, small;
	uint32_t ttl_s;
	write_large_file();
	ck_assert_int_eq(stat(cache_path, &large), 0);
	for (unsigned run = 0; run < 2; run++) {
		process_begin_with(&process, 2, SMALL_BYTES);
		ck_assert_int_eq(process_open(&process, NEXT_NOW_S, WALL_S), 0);
		ck_assert_uint_eq(process.loaded.damaged, 0);
		if (run == 1)
			ck_assert_uint_eq(address_mark(&process, 0, NEXT_NOW_S, &ttl_s), 7);
		know_address(&process, run, 7, LONG_S, NEXT_NOW_S);
		cache_file_save(process.file, NEXT_NOW_S, WALL_S);
		process_end(&process);
	}
	ck_assert_int_eq(stat(cache_path, &small), 0);
	ck_assert_int_lt(small.st_blocks, large.st_blocks);
	ck_assert_int_le(small.st_blocks * 512, 5 * SEGMENT_BYTES);
}
END_TEST

/* What was not looked at may be of use to the next process, and is no place for anything else. */
START_TEST(a_scan_that_was_cut_short_gives_nothing_back)
{
	struct process process;
	struct stat before, after;
	atomic_bool is_cancelled = true;
	write_large_file();
	ck_assert_int_eq(stat(cache_path, &before), 0);
	process_begin_with(&process, 2, SMALL_BYTES);
	ck_assert_int_eq(process_open_only(&process, WALL_S), 0);
	process_load(&process, NEXT_NOW_S, WALL_S, &is_cancelled);
	know_address(&process, 1, 9, LONG_S, NEXT_NOW_S);
	cache_file_save(process.file, NEXT_NOW_S, WALL_S);
	process_end(&process);
	ck_assert_int_eq(stat(cache_path, &after), 0);
	ck_assert_int_eq(after.st_size, before.st_size);
	ck_assert_int_eq(after.st_blocks, before.st_blocks);
}
END_TEST

static Suite *
scan_suite(void)
{
	Suite *suite = suite_create("cache_file_scan");
	TCase *tcase = tcase_create("scan");
	tcase_set_timeout(tcase, 120);
	tcase_add_checked_fixture(tcase, cache_world_setup, cache_world_teardown);
	tcase_add_test(tcase, everything_of_a_file_is_found_before_it_is_back);
	tcase_add_test(tcase, the_latest_of_several_segments_is_found);
	tcase_add_test(tcase, a_file_that_is_not_in_memory_is_read_from_the_disk);
	tcase_add_test(tcase, who_is_killed_before_the_load_leaves_the_file_as_it_was);
	tcase_add_test(tcase, damage_to_an_index_loses_nothing);
	tcase_add_test(tcase, damage_to_a_record_loses_that_record);
	tcase_add_test(tcase, of_a_file_that_was_cut_off_the_rest_is_found);
	tcase_add_test(tcase, of_a_file_that_is_cut_off_while_it_is_read_the_rest_is_found);
	tcase_add_test(tcase, a_file_of_the_version_before_begins_anew);
	tcase_add_test(tcase, caches_that_were_made_smaller_give_the_disk_back);
	tcase_add_test(tcase, a_scan_that_was_cut_short_gives_nothing_back);
	suite_add_tcase(suite, tcase);
	return suite;
}

int
main(void)
{
	return suite_run(scan_suite());
}

/* A cache file: written, read back, out of date, out of reach, and not believed when it should not be. */
#include "cache_file_world.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "resolver/cache/segment.h"
#include "stack/base/arena.h"
#include "tests/suite.h"

static uint8_t arena_block[65536];

static struct segment_file_head
read_head(void)
{
	uint8_t bytes[SEGMENT_FILE_HEAD_BYTES];
	struct segment_file_head head;
	const int fd = open(cache_path, O_RDONLY | O_CLOEXEC);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(pread(fd, bytes, sizeof bytes, 0), sizeof bytes);
	(void)close(fd);
	struct cursor cursor = cursor_over(bytes, sizeof bytes);
	ck_assert_int_eq(segment_read_file_head(&cursor, &head), 0);
	return head;
}

/* ---- what comes back ---------------------------------------------------------------------------------------------- */

START_TEST(every_entry_comes_back_with_what_remains_of_its_ttl)
{
	struct process process;
	write_file();
	process_begin(&process, 2);
	ck_assert_int_eq(process_open(&process, NEXT_NOW_S, WALL_S + LATER_S), 0);
	ck_assert_uint_eq(count_known(&process, NEXT_NOW_S, LATER_S), count_due(LATER_S));
	ck_assert_uint_eq(process.loaded.records, count_due(LATER_S));
	ck_assert_uint_eq(process.loaded.damaged, 0);
	process_end(&process);
}
END_TEST

START_TEST(what_is_learnt_is_appended_and_a_third_process_knows_both)
{
	struct process process;
	struct stat before, after;
	uint32_t ttl_s;
	write_file();
	ck_assert_int_eq(stat(cache_path, &before), 0);
	for (unsigned run = 0; run < 20; run++) {
		process_begin(&process, 2 + run);
		ck_assert_int_eq(process_open(&process, NEXT_NOW_S, WALL_S), 0);
		know_address(&process, run, 9, 500, NEXT_NOW_S);
		cache_file_save(process.file, NEXT_NOW_S, WALL_S);
		process_end(&process);
	}
	ck_assert_int_eq(stat(cache_path, &after), 0);
	ck_assert_int_eq(after.st_size, before.st_size); /* into the segment that had room */
	process_begin(&process, 50);
	ck_assert_int_eq(process_open(&process, NEXT_NOW_S, WALL_S + 3), 0);
	for (unsigned i = 0; i < 30; i++)
		if (i < 20 || ttl_of(i) > 3)
			ck_assert_uint_eq(address_mark(&process, i, NEXT_NOW_S, &ttl_s),
					  i < 20 ? 9 : 1);
	ck_assert_uint_eq(address_mark(&process, 19, NEXT_NOW_S, &ttl_s), 9);
	ck_assert_uint_eq(ttl_s, 497);
	process_end(&process);
}
END_TEST

START_TEST(who_learns_nothing_leaves_the_disk_alone)
{
	struct process process;
	write_file();
	process_begin(&process, 2);
	ck_assert_int_eq(process_open(&process, NEXT_NOW_S, WALL_S + 1), 0);
	for (unsigned i = 1; i < 100; i++)
		cache_file_save(process.file, NEXT_NOW_S + i, WALL_S + i);
	ck_assert_uint_eq(read_head().written_s, WALL_S);
	know_address(&process, 1, 9, 500, NEXT_NOW_S);
	cache_file_save(process.file, NEXT_NOW_S + 100, WALL_S + 100);
	ck_assert_uint_eq(read_head().written_s, WALL_S + 100);
	process_end(&process);
}
END_TEST

START_TEST(what_was_taken_back_stays_so)
{
	struct process process;
	uint32_t ttl_s;
	struct name owner;
	write_file();
	process_begin(&process, 2);
	ck_assert_int_eq(process_open(&process, NEXT_NOW_S, WALL_S), 0);
	ck_assert(absence_found(&process, 801, NEXT_NOW_S, &ttl_s));
	name_of(&owner, "no", 801);
	negative_cache_remove(process.caches.negatives, &owner, TYPE_AAAA, CLASS_IN, NEXT_NOW_S);
	cache_file_save(process.file, NEXT_NOW_S, WALL_S);
	process_end(&process);
	process_begin(&process, 3);
	ck_assert_int_eq(process_open(&process, NEXT_NOW_S, WALL_S), 0);
	ck_assert(!absence_found(&process, 801, NEXT_NOW_S, &ttl_s));
	ck_assert(absence_found(&process, 803, NEXT_NOW_S, &ttl_s));
	process_end(&process);
}
END_TEST

START_TEST(failures_are_forgotten)
{
	struct process process;
	struct name owner;
	struct negative negative = { .kind = NEGATIVE_FAILURE, .ttl_s = 300 };
	struct arena arena;
	arena_init(&arena, arena_block, sizeof arena_block);
	name_of(&owner, "no", 1);
	process_begin(&process, 1);
	ck_assert_int_eq(process_open(&process, NOW_S, WALL_S), 0);
	ck_assert_int_eq(negative_cache_put(process.caches.negatives, &owner, TYPE_A, CLASS_IN,
					    &negative, NOW_S),
			 0);
	cache_file_save(process.file, NOW_S, WALL_S);
	process_end(&process);
	process_begin(&process, 2);
	ck_assert_int_eq(process_open(&process, NEXT_NOW_S, WALL_S), 0);
	ck_assert_uint_eq(process.loaded.records + process.loaded.refused, 0);
	process_end(&process);
}
END_TEST

START_TEST(what_has_ended_comes_back_for_who_serves_it)
{
	struct process process;
	struct arena arena;
	struct name owner;
	struct rrset *set;
	uint32_t expired_s = 0;
	write_file();
	process_begin(&process, 2);
	struct cache_file_config config = process_config(&process, WALL_S + 1000);
	config.stale_s = 600;
	ck_assert_int_eq(cache_file_open(&process.file, &config, &process.caches, process.error),
			 0);
	process_load(&process, NOW_S, WALL_S + 1000, NULL);
	for (unsigned i = 0; i < 1000; i++) { /* all have ended, those up to 600 s ago are there */
		arena_init(&arena, arena_block, sizeof arena_block);
		name_of(&owner, "www", i);
		int err = rrset_cache_get_stale(process.caches.rrsets, &owner, TYPE_A, CLASS_IN,
						TRUST_ANSWER_AA, 3600, &arena, &set, &expired_s,
						NOW_S);
		ck_assert_msg((err == 0) == (ttl_of(i) >= 400), "www%u", i);
		if (err == 0)
			ck_assert_uint_eq(expired_s, 1000 - ttl_of(i));
	}
	process_end(&process);
}
END_TEST

START_TEST(a_clock_that_was_set_back_between_two_processes_lengthens_nothing)
{
	struct process process;
	write_file();
	process_begin(&process, 2);
	ck_assert_int_eq(process_open(&process, NEXT_NOW_S, WALL_S - 3600), 0);
	ck_assert_uint_eq(count_known(&process, NEXT_NOW_S, 0), 0);
	process_end(&process);
}
END_TEST

START_TEST(a_clock_that_is_set_back_while_we_run_lengthens_nothing)
{
	struct process process;
	process_begin(&process, 1);
	ck_assert_int_eq(process_open(&process, NOW_S, WALL_S), 0);
	know_much(&process);
	cache_file_save(process.file, NOW_S, WALL_S);
	cache_file_save(process.file, NOW_S + 10, WALL_S - 3590); /* an hour back */
	process_end(&process);
	process_begin(&process, 2);
	ck_assert_int_eq(process_open(&process, NEXT_NOW_S, WALL_S - 3540),
			 0); /* after another 50 s */
	ck_assert_uint_gt(count_known(&process, NEXT_NOW_S, 60), NAMES);
	process_end(&process);
}
END_TEST

START_TEST(a_file_written_on_other_grounds_begins_anew)
{
	struct process process;
	write_file();
	process_begin(&process, 2);
	struct cache_file_config config = process_config(&process, WALL_S);
	config.basis = 2;
	ck_assert_int_eq(cache_file_open(&process.file, &config, &process.caches, process.error),
			 0);
	process_load(&process, NEXT_NOW_S, WALL_S, NULL);
	ck_assert_uint_eq(count_known(&process, NEXT_NOW_S, 0), 0);
	process_end(&process);
	ck_assert_int_eq(access(cache_aside, F_OK), -1);
}
END_TEST

START_TEST(a_file_whose_grounds_have_changed_meanwhile_is_nobodys)
{
	struct process process;
	write_file();
	process_begin(&process, 2);
	ck_assert_int_eq(process_open(&process, NEXT_NOW_S, WALL_S), 0);
	cache_file_mix(process.file);
	cache_file_save(process.file, NEXT_NOW_S, WALL_S);
	ck_assert_uint_eq(read_head().basis, 1); /* as long as all that is in it is of before */
	know_address(&process, 1, 9, 500, NEXT_NOW_S);
	cache_file_save(process.file, NEXT_NOW_S, WALL_S);
	process_end(&process);
	process_begin(&process, 3);
	ck_assert_int_eq(process_open(&process, NEXT_NOW_S, WALL_S), 0);
	ck_assert_uint_eq(count_known(&process, NEXT_NOW_S, 0), 0);
	process_end(&process);
}
END_TEST

/* ---- bounds ---------------------------------------------------------------------------------------------------- */

START_TEST(the_file_holds_what_the_rings_hold_and_not_much_more)
{
	struct process process;
	struct stat stat_after;
	struct cache_stats stats;
	process_begin(&process, 1);
	ck_assert_int_eq(process_open(&process, NOW_S, WALL_S), 0);
	for (unsigned i = 0; i < 20000; i++) { /* twice what fits */
		know_address(&process, i, 1, 5000, NOW_S);
		know_address(&process, i % 100, 2, 5000, NOW_S);
		if (i % 500 == 0)
			cache_file_save(process.file, NOW_S, WALL_S);
	}
	cache_file_save(process.file, NOW_S, WALL_S);
	rrset_cache_stats(process.caches.rrsets, &stats);
	ck_assert_uint_gt(stats.evicted, 1000);
	ck_assert_int_eq(stat(cache_path, &stat_after), 0);
	ck_assert_uint_lt((uint64_t)stat_after.st_size,
			  stats.bytes_max * 3 / 2 + 8 * SEGMENT_BYTES);
	struct process next;
	process_begin(&next, 2);
	cache_file_close(process.file);
	process.file = NULL;
	ck_assert_int_eq(process_open(&next, NEXT_NOW_S, WALL_S), 0);
	unsigned before = 0, after = 0;
	for (unsigned i = 0; i < 20000; i++) {
		uint32_t ttl_s, next_ttl_s;
		uint8_t mark = address_mark(&process, i, NOW_S, &ttl_s);
		before += mark != 0;
		if (mark != 0 && address_mark(&next, i, NEXT_NOW_S, &next_ttl_s) == mark) {
			ck_assert_uint_eq(ttl_s, next_ttl_s);
			after++;
		}
	}
	ck_assert_uint_ge(after * 100, before * 95);
	process_end(&process);
	process_end(&next);
}
END_TEST

START_TEST(a_full_disk_is_told_once_and_made_up_for)
{
	struct process process;
	struct rlimit limit, small = { 20000, RLIM_INFINITY };
	(void)signal(SIGXFSZ, SIG_IGN);
	process_begin(&process, 1);
	ck_assert_int_eq(process_open(&process, NOW_S, WALL_S), 0);
	know_much(&process);
	ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &limit), 0);
	small.rlim_max = limit.rlim_max;
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &small), 0);
	cache_file_save(process.file, NOW_S, WALL_S);
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	cache_file_save(process.file, NOW_S + 1, WALL_S + 1); /* too early */
	cache_file_save(process.file, NOW_S + CACHE_FILE_RETRY_S, WALL_S + CACHE_FILE_RETRY_S);
	process_end(&process);
	process_begin(&process, 2);
	ck_assert_int_eq(process_open(&process, NEXT_NOW_S, WALL_S + LATER_S), 0);
	ck_assert_uint_eq(count_known(&process, NEXT_NOW_S, LATER_S), count_due(LATER_S));
	process_end(&process);
}
END_TEST

START_TEST(a_load_that_was_cut_short_saves_nothing)
{
	struct process process;
	atomic_bool is_cancelled = true;
	write_file();
	process_begin(&process, 2);
	struct cache_file_config config = process_config(&process, WALL_S);
	ck_assert_int_eq(cache_file_open(&process.file, &config, &process.caches, process.error),
			 0);
	process_load(&process, NEXT_NOW_S, WALL_S, &is_cancelled);
	know_address(&process, 1, 9, 500, NEXT_NOW_S);
	cache_file_save(process.file, NEXT_NOW_S, WALL_S);
	process_end(&process);
	process_begin(&process, 3);
	ck_assert_int_eq(process_open(&process, NEXT_NOW_S, WALL_S + LATER_S), 0);
	ck_assert_uint_eq(count_known(&process, NEXT_NOW_S, LATER_S), count_due(LATER_S));
	process_end(&process);
}
END_TEST

/* ---- whom to believe --------------------------------------------------------------------------------------------- */

static int
open_again(char error[CONFIG_ERROR_BYTES])
{
	struct process process;
	process_begin(&process, 2);
	int err = process_open(&process, NEXT_NOW_S, WALL_S);
	strcpy(error, process.error);
	process_end(&process);
	return err;
}

START_TEST(a_file_that_others_may_write_is_refused)
{
	char error[CONFIG_ERROR_BYTES];
	write_file();
	for (unsigned bit = 0; bit < 2; bit++) {
		ck_assert_int_eq(chmod(cache_path, bit == 0 ? 0620 : 0602), 0);
		ck_assert_int_eq(open_again(error), ERR_PERMISSION);
		ck_assert_ptr_nonnull(strstr(error, cache_path));
	}
	ck_assert_int_eq(chmod(cache_path, 0644), 0); /* read, they may have; no more */
	ck_assert_int_eq(open_again(error), 0);
	struct stat now;
	ck_assert_int_eq(stat(cache_path, &now), 0);
	ck_assert_uint_eq(now.st_mode & 0777, 0600);
}
END_TEST

START_TEST(two_processes_do_not_share_a_file)
{
	struct process process;
	char error[CONFIG_ERROR_BYTES];
	process_begin(&process, 1);
	ck_assert_int_eq(process_open(&process, NOW_S, WALL_S), 0);
	ck_assert_int_eq(open_again(error), ERR_IN_USE);
	ck_assert_ptr_nonnull(strstr(error, "another process"));
	process_end(&process);
	ck_assert_int_eq(open_again(error), 0);
}
END_TEST

START_TEST(links_pipes_directories_and_missing_ones_are_refused)
{
	char error[CONFIG_ERROR_BYTES], other[PATH_MAX + 8];
	(void)snprintf(other, sizeof other, "%s/other", cache_directory);
	ck_assert_int_eq(symlink(other, cache_path), 0);
	ck_assert_int_eq(open_again(error), ERR_IO);
	(void)unlink(cache_path);
	ck_assert_int_eq(mkfifo(cache_path, 0600), 0);
	ck_assert_int_eq(open_again(error), ERR_UNSUPPORTED);
	(void)unlink(cache_path);
	ck_assert_int_eq(mkdir(cache_path, 0700), 0);
	ck_assert_int_eq(open_again(error), ERR_IO);
	(void)rmdir(cache_path);
	write_file();
	ck_assert_int_eq(link(cache_path, other), 0);
	ck_assert_int_eq(open_again(error), ERR_UNSUPPORTED);
	(void)unlink(other);
	ck_assert_int_eq(open_again(error), 0);
}
END_TEST

START_TEST(a_file_of_something_else_is_set_aside_whole)
{
	static const char words[] = "root:x:0:0:root:/root:/bin/bash\n";
	char read_back[sizeof words], error[CONFIG_ERROR_BYTES];
	int fd = open(cache_path, O_WRONLY | O_CREAT, 0600);
	ck_assert_int_eq(write(fd, words, sizeof words), sizeof words);
	(void)close(fd);
	ck_assert_int_eq(chmod(cache_path, 0644), 0); /* whose it was, it stays */
	ck_assert_int_eq(open_again(error), ERR_MALFORMED);
	ck_assert_int_eq(access(cache_aside, F_OK), -1);
	ck_assert_int_eq(chmod(cache_path, 0600), 0);
	ck_assert_int_eq(open_again(error), 0);
	fd = open(cache_aside, O_RDONLY);
	ck_assert_int_eq(read(fd, read_back, sizeof read_back), sizeof words);
	ck_assert_str_eq(read_back, words);
	(void)close(fd);
}
END_TEST

static Suite *
cache_file_suite(void)
{
	Suite *suite = suite_create("cache_file");
	TCase *tcase = tcase_create("cache_file");
	tcase_set_timeout(tcase, 120);
	tcase_add_checked_fixture(tcase, cache_world_setup, cache_world_teardown);
	tcase_add_test(tcase, every_entry_comes_back_with_what_remains_of_its_ttl);
	tcase_add_test(tcase, what_is_learnt_is_appended_and_a_third_process_knows_both);
	tcase_add_test(tcase, who_learns_nothing_leaves_the_disk_alone);
	tcase_add_test(tcase, what_was_taken_back_stays_so);
	tcase_add_test(tcase, failures_are_forgotten);
	tcase_add_test(tcase, what_has_ended_comes_back_for_who_serves_it);
	tcase_add_test(tcase, a_clock_that_was_set_back_between_two_processes_lengthens_nothing);
	tcase_add_test(tcase, a_clock_that_is_set_back_while_we_run_lengthens_nothing);
	tcase_add_test(tcase, a_file_written_on_other_grounds_begins_anew);
	tcase_add_test(tcase, a_file_whose_grounds_have_changed_meanwhile_is_nobodys);
	tcase_add_test(tcase, the_file_holds_what_the_rings_hold_and_not_much_more);
	tcase_add_test(tcase, a_full_disk_is_told_once_and_made_up_for);
	tcase_add_test(tcase, a_load_that_was_cut_short_saves_nothing);
	tcase_add_test(tcase, a_file_that_others_may_write_is_refused);
	tcase_add_test(tcase, two_processes_do_not_share_a_file);
	tcase_add_test(tcase, links_pipes_directories_and_missing_ones_are_refused);
	tcase_add_test(tcase, a_file_of_something_else_is_set_aside_whole);
	suite_add_tcase(suite, tcase);
	return suite;
}

int
main(void)
{
	return suite_run(cache_file_suite());
}

/* A cache file that is damaged: it costs what was damaged, and nothing that is changed is believed. */
#include "cache_file_world.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "resolver/cache/segment.h"
#include "tests/suite.h"

#define DAMAGES 150u /* of FLIPS flips each, and more */
#define FLIPS   12u

static uint8_t *image;
static size_t image_bytes;

static void
read_image(void)
{
	struct stat stat;
	int fd = open(cache_path, O_RDONLY);
	ck_assert(fd >= 0 && fstat(fd, &stat) == 0);
	image_bytes = (size_t)stat.st_size;
	image = malloc(image_bytes);
	ck_assert_int_eq(read(fd, image, image_bytes), (ssize_t)image_bytes);
	(void)close(fd);
}

static void
write_image(size_t size)
{
	int fd = open(cache_path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	ck_assert(fd >= 0 && write(fd, image, size) == (ssize_t)size);
	(void)close(fd);
}

/* Flips, runs of noise, blocks that moved, and ends cut off: what is believed of the rest is still true. */
START_TEST(no_damage_is_taken_for_a_record)
{
	struct rng dice;
	unsigned set_aside = 0, lost = 0;
	const uint64_t seed = suite_seed(4);
	rng_init_number(&dice, seed);
	write_file();
	read_image();
	uint8_t *sound = malloc(image_bytes);
	memcpy(sound, image, image_bytes);
	struct process process;
	process_begin(&process, 2);
	for (unsigned i = 0; i < DAMAGES; i++) {
		size_t size = image_bytes;
		memcpy(image, sound, image_bytes);
		for (unsigned flips = 0; flips < FLIPS; flips++) {
			/* mostly where octets are used: every segment's beginning */
			size_t at = rng_below(&dice, 4) == 0
					    ? rng_below(&dice, (uint32_t)image_bytes)
					    : SEGMENT_FILE_HEAD_BYTES +
						      rng_below(&dice, 3) * SEGMENT_BYTES +
						      rng_below(&dice, 60000);
			if (rng_below(&dice, 40) == 0)
				at = rng_below(&dice, 56);
			if (at < image_bytes)
				image[at] ^= (uint8_t)(1u << rng_below(&dice, 8));
		}
		if (rng_below(&dice, 4) == 0) {
			size_t from = rng_below(&dice, (uint32_t)image_bytes - 5000),
			       to = rng_below(&dice, (uint32_t)image_bytes - 5000);
			memmove(image + to, image + from, rng_below(&dice, 5000));
		}
		if (rng_below(&dice, 4) == 0)
			size = rng_below(&dice, (uint32_t)image_bytes);
		write_image(size);
		process_end(&process);
		process_begin(&process, 2 + i);
		ck_assert_msg(process_open_only(&process, WALL_S + LATER_S) == 0,
			      "seed %llu, %u: %s", (unsigned long long)seed, i, process.error);
		cache_file_scan(process.file, NEXT_NOW_S, WALL_S + LATER_S, NULL);
		unsigned known = count_known(&process, NEXT_NOW_S, LATER_S);
		cache_file_load(process.file, &process.loaded);
		ck_assert_uint_eq(count_known(&process, NEXT_NOW_S, LATER_S), known);
		set_aside += access(cache_aside, F_OK) == 0;
		lost += known < count_due(LATER_S);
		(void)unlink(cache_aside);
	}
	process_end(&process);
	ck_assert_uint_gt(set_aside, 10);
	ck_assert_uint_gt(lost, DAMAGES / 2);
	free(sound);
	free(image);
}
END_TEST

START_TEST(every_octet_of_the_head_counts)
{
	struct process process;
	write_file();
	read_image();
	for (unsigned bit = 0; bit < 56 * 8; bit += 5) {
		image[bit / 8] ^= (uint8_t)(1u << bit % 8);
		write_image(SEGMENT_FILE_HEAD_BYTES + SEGMENT_BYTES);
		process_begin(&process, 2);
		ck_assert_int_eq(process_open(&process, NEXT_NOW_S, WALL_S), 0);
		ck_assert_uint_eq(process.loaded.records, 0);
		process_end(&process);
		ck_assert_msg(access(cache_aside, F_OK) == 0, "bit %u", bit);
		(void)unlink(cache_aside);
		image[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	free(image);
}
END_TEST

START_TEST(a_torn_write_costs_the_records_in_it)
{
	struct process process;
	write_file();
	struct stat stat_before;
	ck_assert_int_eq(stat(cache_path, &stat_before), 0);
	process_begin(&process, 2);
	ck_assert_int_eq(process_open(&process, NEXT_NOW_S, WALL_S), 0);
	unsigned before = count_known(&process, NEXT_NOW_S, 0);
	for (unsigned i = NAMES; i < NAMES + 100; i++)
		know_address(&process, i, 1, 500, NEXT_NOW_S);
	read_image();
	uint8_t *sound = image;
	cache_file_save(process.file, NEXT_NOW_S, WALL_S);
	process_end(&process);
	read_image();
	size_t first = 0, last = 0; /* of what the save has written behind the head */
	for (size_t i = SEGMENT_FILE_HEAD_BYTES; i < image_bytes; i++)
		if (sound[i] != image[i]) {
			first = first == 0 ? i : first;
			last = i;
		}
	ck_assert_uint_gt(last, first);
	size_t torn = (first + last) / 2;
	memcpy(image + torn, sound + torn, last + 1 - torn);
	write_image(image_bytes);
	process_begin(&process, 3);
	ck_assert_int_eq(process_open(&process, NEXT_NOW_S, WALL_S), 0);
	unsigned new = 0;
	uint32_t ttl_s;
	for (unsigned i = NAMES; i < NAMES + 100; i++)
		new += address_mark(&process, i, NEXT_NOW_S, &ttl_s) != 0;
	ck_assert_uint_eq(count_known(&process, NEXT_NOW_S, 0), before);
	ck_assert_uint_gt(new, 30);
	ck_assert_uint_lt(new, 70);
	ck_assert_uint_eq(process.loaded.damaged, 0);
	know_address(&process, NAMES, 7, 500, NEXT_NOW_S); /* written over what was torn */
	cache_file_save(process.file, NEXT_NOW_S, WALL_S);
	process_end(&process);
	process_begin(&process, 4);
	ck_assert_int_eq(process_open(&process, NEXT_NOW_S, WALL_S), 0);
	ck_assert_uint_eq(address_mark(&process, NAMES, NEXT_NOW_S, &ttl_s), 7);
	process_end(&process);
	free(sound);
	free(image);
}
END_TEST

static Suite *
damage_suite(void)
{
	Suite *suite = suite_create("cache_file_damage");
	TCase *tcase = tcase_create("damage");
	tcase_set_timeout(tcase, 120);
	tcase_add_checked_fixture(tcase, cache_world_setup, cache_world_teardown);
	tcase_add_test(tcase, no_damage_is_taken_for_a_record);
	tcase_add_test(tcase, every_octet_of_the_head_counts);
	tcase_add_test(tcase, a_torn_write_costs_the_records_in_it);
	suite_add_tcase(suite, tcase);
	return suite;
}

int
main(void)
{
	return suite_run(damage_suite());
}

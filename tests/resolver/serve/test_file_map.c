/* A mapped file of which parts go: its pages become zeros, and any other SIGBUS means what it did before. */
#include "resolver/serve/file_map.h"

#include <check.h>
#include <setjmp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tests/suite.h"

static struct file_map map;
static size_t page_bytes;
static volatile sig_atomic_t former_count;
static void *volatile former_at;
static sigjmp_buf away;

static void
count_up(int number, siginfo_t *info, void *context)
{
	(void)number, (void)context;
	former_count++;
	former_at = info->si_addr;
}

static void
jump_away(int number, siginfo_t *info, void *context)
{
	count_up(number, info, context);
	siglongjmp(away, 1);
}

static void
set_former(void (*handler)(int, siginfo_t *, void *))
{
	struct sigaction former = { .sa_sigaction = handler, .sa_flags = SA_SIGINFO };

	(void)sigemptyset(&former.sa_mask);
	ck_assert_int_eq(sigaction(SIGBUS, &former, NULL), 0);
}

/* Two pages of ones. */
static int
open_file(void)
{
	char path[] = "/tmp/file_map.XXXXXX";
	const int fd = mkstemp(path);

	ck_assert_int_ge(fd, 0);
	(void)unlink(path);
	page_bytes = (size_t)sysconf(_SC_PAGESIZE);
	for (size_t i = 0; i < 2 * page_bytes; i++)
		ck_assert_int_eq(write(fd, "\1", 1), 1);
	return fd;
}

static int
open_map(void (*former)(int, siginfo_t *, void *))
{
	const int fd = open_file();

	set_former(former);
	ck_assert_int_eq(file_map_open(&map, fd, 2 * page_bytes), 0);
	return fd;
}

static bool
has_handler(void (*handler)(int, siginfo_t *, void *))
{
	struct sigaction now;

	ck_assert_int_eq(sigaction(SIGBUS, NULL, &now), 0);
	return now.sa_sigaction == handler;
}

START_TEST(what_has_gone_reads_as_zeros)
{
	const int fd = open_map(count_up);

	ck_assert_int_eq(ftruncate(fd, (off_t)page_bytes), 0);
	ck_assert_uint_eq(((const volatile uint8_t *)map.bytes)[page_bytes - 1], 1);
	ck_assert_uint_eq(((const volatile uint8_t *)map.bytes)[page_bytes], 0);
	ck_assert_int_eq(former_count, 0);
	file_map_close(&map);
	ck_assert(has_handler(count_up));
	(void)close(fd);
}
END_TEST

START_TEST(who_is_sent_it_meets_the_former_action)
{
	const int fd = open_map(count_up);

	ck_assert_int_eq(kill(getpid(), SIGBUS), 0);
	ck_assert_int_eq(former_count, 1);
	file_map_close(&map);
	(void)close(fd);
}
END_TEST

/* Its words stand where the address of an access would. */
START_TEST(who_is_sent_it_with_an_address_of_ours_as_well)
{
	const int fd = open_map(count_up);
	siginfo_t info = { .si_signo = SIGBUS, .si_code = SI_QUEUE };

	info.si_addr = (void *)(uintptr_t)map.bytes;
	ck_assert_int_eq(syscall(SYS_rt_sigqueueinfo, getpid(), SIGBUS, &info), 0);
	ck_assert_int_eq(former_count, 1);
	ck_assert_uint_eq(((const volatile uint8_t *)map.bytes)[0], 1);
	file_map_close(&map);
	(void)close(fd);
}
END_TEST

START_TEST(another_address_meets_the_former_action)
{
	const int fd = open_map(jump_away), other = open_file();
	const volatile uint8_t *bytes = mmap(NULL, 2 * page_bytes, PROT_READ, MAP_SHARED, other, 0);

	ck_assert_ptr_ne((const void *)bytes, MAP_FAILED);
	ck_assert_int_eq(ftruncate(other, (off_t)page_bytes), 0);
	if (sigsetjmp(away, 1) == 0)
		ck_abort_msg("read %u", bytes[page_bytes]);
	ck_assert_int_eq(former_count, 1);
	ck_assert_ptr_eq(former_at, (const void *)(bytes + page_bytes));
	file_map_close(&map);
	(void)munmap((void *)(uintptr_t)bytes, 2 * page_bytes);
	(void)close(other);
	(void)close(fd);
}
END_TEST

START_TEST(there_is_one_map_at_a_time)
{
	struct file_map second;
	const int fd = open_map(count_up);

	ck_assert_int_ne(file_map_open(&second, fd, page_bytes), 0);
	file_map_close(&second);
	file_map_close(&map);
	ck_assert_int_eq(file_map_open(&second, fd, page_bytes), 0);
	file_map_close(&second);
	(void)close(fd);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("file map");
	TCase *tcase = tcase_create("file map");

	tcase_add_test(tcase, what_has_gone_reads_as_zeros);
	tcase_add_test(tcase, who_is_sent_it_meets_the_former_action);
	tcase_add_test(tcase, who_is_sent_it_with_an_address_of_ours_as_well);
	tcase_add_test(tcase, another_address_meets_the_former_action);
	tcase_add_test(tcase, there_is_one_map_at_a_time);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}

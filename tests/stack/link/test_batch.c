/* How many frames a turn reads: of large ones few, of small ones as many as a batch has room for. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "stack/link/batch.h"
#include "tests/suite.h"

#define SMALL_BYTES 60u
#define LARGE_BYTES 32768u

static struct batch_rx rx;
static struct link_stats stats;
static int receiver, sender;

static void
setup(void)
{
	struct sockaddr_in addr = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof addr;

	receiver = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	sender = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	ck_assert_int_eq(bind(receiver, (struct sockaddr *)&addr, size), 0);
	ck_assert_int_eq(getsockname(receiver, (struct sockaddr *)&addr, &size), 0);
	ck_assert_int_eq(connect(sender, (struct sockaddr *)&addr, size), 0);
	stats = (struct link_stats){ 0 };
	ck_assert_int_eq(batch_rx_init(&rx, LINK_BATCH_MAX, STACK_FRAME_MAX, false), 0);
}

static void
teardown(void)
{
	batch_rx_fini(&rx);
	(void)close(receiver);
	(void)close(sender);
}

static void
send_frames(unsigned count, size_t size)
{
	static const uint8_t bytes[LARGE_BYTES];

	for (unsigned i = 0; i < count; i++)
		ck_assert_int_eq(send(sender, bytes, size, 0), (ssize_t)size);
}

/* One turn; every frame that it reads is `size` long. */
static size_t
turn(size_t size)
{
	struct link_frame frames[LINK_BATCH_MAX];

	batch_rx_begin(&rx);
	size_t count = batch_rx_read(&rx, receiver, frames, LINK_BATCH_MAX, &stats);
	for (size_t i = 0; i < count; i++)
		ck_assert_uint_eq(frames[i].size, size);
	return count;
}

START_TEST(small_frames_fill_a_batch)
{
	send_frames(LINK_BATCH_MAX, SMALL_BYTES);
	const size_t first = turn(SMALL_BYTES); /* who knows nothing yet is careful */
	ck_assert_uint_eq(first, BATCH_TURN_BYTES / (STACK_FRAME_MAX + 1) + 1);
	send_frames((unsigned)first, SMALL_BYTES);
	ck_assert_uint_eq(turn(SMALL_BYTES), LINK_BATCH_MAX);
	ck_assert_uint_eq(turn(SMALL_BYTES), 0);
}
END_TEST

START_TEST(of_large_frames_few_are_read_in_a_turn)
{
	send_frames(2, LARGE_BYTES);
	ck_assert_uint_eq(turn(LARGE_BYTES), 2);
	send_frames(LINK_BATCH_MAX, SMALL_BYTES);
	ck_assert_uint_eq(turn(SMALL_BYTES), BATCH_TURN_BYTES / LARGE_BYTES);
	ck_assert_uint_eq(turn(SMALL_BYTES), LINK_BATCH_MAX - BATCH_TURN_BYTES / LARGE_BYTES);
}
END_TEST

START_TEST(a_turn_without_frames_changes_nothing)
{
	send_frames(2, LARGE_BYTES);
	ck_assert_uint_eq(turn(LARGE_BYTES), 2);
	ck_assert_uint_eq(turn(0), 0);
	send_frames(LINK_BATCH_MAX, SMALL_BYTES);
	ck_assert_uint_eq(turn(SMALL_BYTES), BATCH_TURN_BYTES / LARGE_BYTES);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("batch");
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, small_frames_fill_a_batch);
	tcase_add_test(tcase, of_large_frames_few_are_read_in_a_turn);
	tcase_add_test(tcase, a_turn_without_frames_changes_nothing);
	Suite *suite = suite_create("link: frames a turn");
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}

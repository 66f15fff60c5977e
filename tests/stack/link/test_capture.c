#include "stack/link/capture.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/stack/link/loop.h"
#include "stack/tcp_wire.h"
#include "tests/stack/link/packets.h"
#include "tests/stack/link/super.h"
#include "stack/link/pcapng.h"
#include "tests/suite.h"

#define WALL_US 1767225600000000u /* 2026-01-01 */

static struct loop loop;
static bool has_tshark;

static struct link *
capture_begin(enum stack_if_kind kind, const char *path, int fd)
{
	struct capture_config config = { .path = path, .fd = fd, .application = "test", .wall_us = WALL_US };
	struct link_error error;
	struct link *link;

	loop_init(&loop, kind);
	int err = capture_open(&link, &loop.link, &config, 1000, &error);
	ck_assert_msg(err == 0, "%s", error.text);
	return link;
}

static void
send(struct link *link, const void *bytes, size_t size, uint64_t now_us)
{
	struct link_frame frame = { .bytes = bytes, .size = size };
	link->ops->send(link, &frame, now_us);
	link->ops->flush(link, now_us);
}

/* What tshark prints of the file: a line a packet, these fields with a bar between them. */
static void
assert_shows(const char *path, const char *fields, const char *expected)
{
	char command[400], shown[2000];

	if (!has_tshark)
		return;
	(void)snprintf(command, sizeof command,
	               "HOME=/nonexistent tshark -n -r %s -T fields -E separator='|' %s 2>/dev/null", path, fields);
	FILE *pipe = popen(command, "r");
	size_t size = fread(shown, 1, sizeof shown - 1, pipe);
	shown[size] = '\0';
	ck_assert_int_eq(pclose(pipe), 0);
	ck_assert_str_eq(shown, expected);
}

START_TEST(packets_are_read_back_with_time_direction_and_comment)
{
	char path[] = "/tmp/cairn-capture-XXXXXX";
	close(mkstemp(path));
	struct link *link = capture_begin(STACK_IF_IP, path, -1);
	struct link_frame frames[LINK_BATCH_MAX];
	struct packet query = packets_udp("192.0.2.1", 4242, "198.51.100.5", 7777, "query", 5);
	struct packet reply = packets_udp("2001:db8::1", 7777, "2001:db8::2", 4343, "a reply", 7);

	capture_comment(link, "asks \xc3\xbc" "ber IPv4");
	send(link, query.bytes, query.size, 2000);
	ck_assert_uint_eq(link->ops->receive(link, frames, LINK_BATCH_MAX, 2500), 1);
	send(link, reply.bytes, reply.size, 1000000);
	struct capture_stats stats = capture_stats(link);
	ck_assert_uint_eq(stats.packets, 3);
	ck_assert_uint_eq(stats.lost, 0);
	link->ops->close(link);
	ck_assert_uint_eq(loop.closed_count, 1);

	assert_shows(path,
	             "-e frame.time_epoch -e frame.packet_flags_direction -e ip.src -e ipv6.dst -e udp.dstport "
	             "-e data.text -o data.show_as_text:TRUE -e frame.comment",
	             "1767225600.001000000|0x00000002|192.0.2.1||7777|query|asks \xc3\xbc" "ber IPv4\n"
	             "1767225600.001500000|0x00000001|192.0.2.1||7777|query|\n"
	             "1767225600.999000000|0x00000002||2001:db8::2|4343|a reply|\n");
	assert_shows(path, "-e frame.interface_name -e frame.encap_type -c 1", "loop|7\n"); /* 7: raw IP */
	unlink(path);
}
END_TEST

START_TEST(ethernet_is_written_as_ethernet)
{
	char path[] = "/tmp/cairn-capture-XXXXXX";
	close(mkstemp(path));
	struct link *link = capture_begin(STACK_IF_ETHER, path, -1);
	uint8_t frame[60] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02, 0, 0, 0, 0, 7, 0x88, 0xb5 };
	send(link, frame, sizeof frame, 1000);
	link->ops->close(link);
	assert_shows(path, "-e frame.encap_type -e eth.src -e eth.type -e frame.len",
	             "1|02:00:00:00:00:07|0x88b5|60\n");
	unlink(path);
}
END_TEST

START_TEST(every_length_is_padded_right)
{
	char path[] = "/tmp/cairn-capture-XXXXXX", expected[200] = "";
	close(mkstemp(path));
	struct link *link = capture_begin(STACK_IF_IP, path, -1);
	for (size_t size = 0; size < 9; size++) {
		struct packet packet = packets_udp("192.0.2.1", 4242, "192.0.2.2", 7777, "12345678", size);
		char line[20];
		capture_comment(link, &"abcdefgh"[size == 8 ? 7 : size]);
		send(link, packet.bytes, packet.size, 1000);
		(void)snprintf(line, sizeof line, "%zu|%s\n", packet.size, &"abcdefgh"[size == 8 ? 7 : size]);
		strcat(expected, line);
	}
	link->ops->close(link);
	assert_shows(path, "-e frame.len -e frame.comment", expected);
	unlink(path);
}
END_TEST

START_TEST(a_super_segment_is_written_whole)
{
	static const char *const fields[] = { "-e ip.len", "-e ipv6.plen" };
	static const char *const shown[] = { "65052|32|65000\n", "65032|32|65000\n" };
	char query[100];
	const struct super super = { .family = (unsigned)_i, .flags = TCP_ACK, .size = 65000, .has_work = true };
	char path[] = "/tmp/cairn-capture-XXXXXX";
	close(mkstemp(path));
	struct link *link = capture_begin(STACK_IF_IP, path, -1);
	const struct link_frame whole = super_build(&super);
	link->ops->send(link, &whole, 1000);
	link->ops->flush(link, 1000);
	ck_assert_uint_eq(capture_stats(link).packets, 1);
	link->ops->close(link);
	(void)snprintf(query, sizeof query, "%s -e tcp.hdr_len -e tcp.len", fields[_i]);
	assert_shows(path, query, shown[_i]);
	unlink(path);
}
END_TEST

START_TEST(what_is_captured_stands_in_one_place)
{
	struct stack_if_config config;
	char path[] = "/tmp/cairn-capture-XXXXXX";
	close(mkstemp(path));
	struct link *link = capture_begin(STACK_IF_ETHER, path, -1);
	link->ops->describe(link, &config);
	ck_assert_uint_eq(config.flags, STACK_IF_CHECKSUM_TX | STACK_IF_SEGMENT_TX);
	link->ops->close(link);
	unlink(path);
}
END_TEST

START_TEST(a_comment_too_long_is_cut)
{
	char path[] = "/tmp/cairn-capture-XXXXXX", text[2 * PCAPNG_COMMENT_BYTES_MAX], expected[sizeof text + 1];
	close(mkstemp(path));
	struct link *link = capture_begin(STACK_IF_IP, path, -1);
	struct packet packet = packets_udp("192.0.2.1", 4242, "192.0.2.2", 7777, "", 0);
	memset(text, 'x', sizeof text);
	text[sizeof text - 1] = '\0';
	capture_comment(link, text);
	send(link, packet.bytes, packet.size, 1000);
	link->ops->close(link);
	memset(expected, 'x', PCAPNG_COMMENT_BYTES_MAX);
	strcpy(expected + PCAPNG_COMMENT_BYTES_MAX, "\n");
	assert_shows(path, "-e frame.comment", expected);
	unlink(path);
}
END_TEST

START_TEST(what_is_gathered_is_written_within_a_tenth_of_a_second)
{
	char path[] = "/tmp/cairn-capture-XXXXXX";
	int fd = mkstemp(path);
	struct link *link = capture_begin(STACK_IF_IP, NULL, fd);
	struct packet packet = packets_udp("192.0.2.1", 4242, "192.0.2.2", 7777, "", 0);
	struct stat before, after;

	link->ops->flush(link, 1000);
	(void)fstat(fd, &before);
	ck_assert_int_gt(before.st_size, 0); /* the header */
	ck_assert_uint_eq(link->ops->deadline(link), STACK_NEVER);
	send(link, packet.bytes, packet.size, 5000);
	loop.count = 0;
	ck_assert_uint_eq(link->ops->deadline(link), 5000 + CAPTURE_WRITE_US);
	link->ops->flush(link, 5000 + CAPTURE_WRITE_US);
	(void)fstat(fd, &after);
	ck_assert_int_gt(after.st_size, before.st_size);
	ck_assert_uint_eq(link->ops->deadline(link), STACK_NEVER);
	link->ops->close(link);
	ck_assert_int_ne(fcntl(fd, F_GETFD), -1); /* lent, and still open */
	close(fd);
	unlink(path);
}
END_TEST

START_TEST(a_pipe_that_nobody_reads_costs_packets_and_no_time)
{
	int pipe_fds[2];
	uint8_t bytes[1500] = { 0x45 };
	ck_assert_int_eq(pipe(pipe_fds), 0);
	struct link *link = capture_begin(STACK_IF_IP, NULL, pipe_fds[1]);
	for (unsigned i = 0; i < 1000; i++) {
		loop.count = 0;
		send(link, bytes, sizeof bytes, 1000 + i * CAPTURE_WRITE_US);
	}
	struct capture_stats stats = capture_stats(link);
	ck_assert_uint_eq(stats.packets + stats.lost, 1000);
	ck_assert_uint_gt(stats.lost, 500);
	ck_assert_uint_gt(stats.packets, CAPTURE_BUFFER_BYTES / 1700);
	ck_assert_uint_eq(link->stats.sent_frames, 1000);
	link->ops->close(link);
	close(pipe_fds[0]);
	close(pipe_fds[1]);
}
END_TEST

START_TEST(a_reader_that_leaves_ends_the_capture_and_not_the_link)
{
	int pipe_fds[2];
	uint8_t bytes[100] = { 0x45 };
	signal(SIGPIPE, SIG_IGN);
	ck_assert_int_eq(pipe(pipe_fds), 0);
	struct link *link = capture_begin(STACK_IF_IP, NULL, pipe_fds[1]);
	close(pipe_fds[0]);
	for (unsigned i = 0; i < 10; i++)
		send(link, bytes, sizeof bytes, 1000 + i * CAPTURE_WRITE_US);
	loop.count = 0;
	ck_assert_int_eq(capture_stats(link).write_errno, EPIPE);
	ck_assert_uint_eq(link->ops->deadline(link), STACK_NEVER);
	ck_assert_uint_eq(link->stats.sent_frames, 10);
	link->ops->close(link);
	close(pipe_fds[1]);
}
END_TEST

START_TEST(a_path_that_cannot_be_written_is_an_error_with_its_name)
{
	struct capture_config config = { .path = "/nonexistent/capture.pcapng", .application = "test" };
	struct link_error error;
	struct link *link;
	loop_init(&loop, STACK_IF_IP);
	ck_assert_int_eq(capture_open(&link, &loop.link, &config, 0, &error), ERR_NOT_FOUND);
	ck_assert_str_eq(error.text, "capture to /nonexistent/capture.pcapng: No such file or directory");
	ck_assert_uint_eq(loop.closed_count, 0); /* still the caller's */
}
END_TEST

int
main(void)
{
	has_tshark = system("command -v tshark >/dev/null") == 0;
	if (!has_tshark)
		printf("skip - tshark is not installed: what it would show is not compared\n");
	TCase *tcase = tcase_create("capture");
	tcase_set_timeout(tcase, 60); /* tshark takes seconds to start on a busy machine */
	tcase_add_test(tcase, packets_are_read_back_with_time_direction_and_comment);
	tcase_add_test(tcase, ethernet_is_written_as_ethernet);
	tcase_add_test(tcase, every_length_is_padded_right);
	tcase_add_loop_test(tcase, a_super_segment_is_written_whole, 0, 2);
	tcase_add_test(tcase, what_is_captured_stands_in_one_place);
	tcase_add_test(tcase, a_comment_too_long_is_cut);
	tcase_add_test(tcase, what_is_gathered_is_written_within_a_tenth_of_a_second);
	tcase_add_test(tcase, a_pipe_that_nobody_reads_costs_packets_and_no_time);
	tcase_add_test(tcase, a_reader_that_leaves_ends_the_capture_and_not_the_link);
	tcase_add_test(tcase, a_path_that_cannot_be_written_is_an_error_with_its_name);
	Suite *suite = suite_create("stack/link/capture");
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}

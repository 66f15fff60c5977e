#include "resolver/cache/server_set.h"

#include <check.h>
#include <pthread.h>

#include "tests/suite.h"

#define TAG         7u
#define READS_MAX   200000u
#define CHANGES_MAX 10000u /* from one read to the next: the writer is at work beside */

static struct server_set set;
static const struct ip_addr addr = { .octets = { 192, 0, 2, 1 }, .family = ADDR_IPV4 };

/* Every part tells the same number, so that parts of two are seen. */
static struct server
server_of(uint32_t number)
{
	struct server server = {
		.addr = addr,
		.srtt_us = number,
		.active_at_us = number,
		.only_tcp_at_us = number,
	};
	memset(server.cookie, (int)(number & 0xff), sizeof server.cookie);
	return server;
}

static bool
is_whole(const struct server *server)
{
	const struct server expected = server_of(server->srtt_us);
	return memcmp(server, &expected, sizeof expected) == 0;
}

static void
put(uint32_t number)
{
	struct server server;
	const unsigned way = server_set_find(&set, TAG, &addr, &server);

	server = server_of(number);
	server_set_put(&set, way, TAG, &server, 1);
}

START_TEST(what_was_put_is_found_by_address_and_not_by_tag_alone)
{
	const struct ip_addr other = { .octets = { 192, 0, 2, 2 }, .family = ADDR_IPV4 };
	struct server server;
	ck_assert_int_eq(server_set_get(&set, TAG, &addr, &server, 1), SERVER_SET_NONE);
	put(5);
	ck_assert_int_eq(server_set_get(&set, TAG, &addr, &server, 1), SERVER_SET_FOUND);
	ck_assert_uint_eq(server.srtt_us, 5);
	ck_assert(is_whole(&server));
	ck_assert_int_eq(server_set_get(&set, TAG, &other, &server, 1), SERVER_SET_NONE);
	ck_assert_int_eq(server_set_get(&set, TAG + 2, &addr, &server, 1), SERVER_SET_NONE);
}
END_TEST

START_TEST(while_somebody_writes_nothing_is_read)
{
	struct server server;
	put(5);
	set.version++;
	ck_assert_int_eq(server_set_get(&set, TAG, &addr, &server, 1), SERVER_SET_TORN);
	set.version++;
	ck_assert_int_eq(server_set_get(&set, TAG, &addr, &server, 1), SERVER_SET_FOUND);
}
END_TEST

static void *
write_again_and_again(void *is_over)
{
	for (uint32_t number = 1; !*(atomic_bool *)is_over; number++)
		put(number);
	return NULL;
}

START_TEST(what_is_read_beside_a_writer_is_whole_or_said_to_be_torn)
{
	static atomic_bool is_over;
	struct server server;
	pthread_t writer;
	uint32_t number = 0;
	ck_assert_int_eq(pthread_create(&writer, NULL, write_again_and_again, &is_over), 0);
	for (unsigned reads = 0, changes = 0; reads < READS_MAX && changes < CHANGES_MAX;) {
		if (server_set_get(&set, TAG, &addr, &server, 1) != SERVER_SET_FOUND)
			continue;
		ck_assert_msg(is_whole(&server), "%u", server.srtt_us);
		reads++;
		changes += server.srtt_us != number;
		number = server.srtt_us;
	}
	is_over = true;
	ck_assert_int_eq(pthread_join(writer, NULL), 0);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("sets of servers");
	TCase *tcase = tcase_create("behaviours");
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, what_was_put_is_found_by_address_and_not_by_tag_alone);
	tcase_add_test(tcase, while_somebody_writes_nothing_is_read);
	tcase_add_test(tcase, what_is_read_beside_a_writer_is_whole_or_said_to_be_torn);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}

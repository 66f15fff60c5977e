/* Zones of primaries: what is held at the start, for how long it counts, and what a transfer takes and gives back. */
#include "resolver/serve/secondaries.h"

#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "resolver/serve/policy_zones.h"
#include "resolver/serve/service.h"
#include "stack/base/rng.h"
#include "tests/resolver/zone/zone_text.h"
#include "tests/suite.h"

#define SOA         "@ 300 SOA ns h 7 3600 900 86400 60\n"
#define HOST        "www 60 A 192.0.2.80\n"
#define EXPIRE_US   UINT64_C(86400000000)
#define SECOND_US   UINT64_C(1000000)
#define NOW_US      (100 * SECOND_US)
#define ROOM_BYTES  (UINT64_C(1) << 20)
#define MANY_HOSTS  20000u /* far more than fit there */

static const char text[] = "auth-zone:\n  - { name: z, zonefile: z, primary: 192.0.2.1 }\n"
			   "rpz:\n  - { name: list, zonefile: list, primary: 192.0.2.1 }\n";

static char directory[] = "/tmp/cairn_secondaries.XXXXXX";
static struct config config;
static struct rng rng;
static struct log silent;
static struct service *service;
static struct secondaries secondaries;

static void
write_file(const char *name, const char *records, unsigned hosts)
{
	FILE *file = fopen(name, "we");
	ck_assert_ptr_nonnull(file);
	ck_assert_int_gt(fprintf(file, "%s%s", SOA, records), 0);
	for (unsigned i = 0; i < hosts; i++)
		ck_assert_int_gt(fprintf(file, "h%u CNAME rpz-passthru.\n", i), 0);
	ck_assert_int_eq(fclose(file), 0);
}

static void
set_age(const char *name, time_t age_s)
{
	const struct timespec times[2] = { { .tv_nsec = UTIME_OMIT }, { .tv_sec = time(NULL) - age_s } };
	ck_assert_int_eq(utimensat(AT_FDCWD, name, times, 0), 0);
}

static void
configure(const char *from)
{
	char error[CONFIG_ERROR_BYTES];

	ck_assert_msg(config_parse(&config, "test.conf", from, strlen(from), error) == 0, "%s", error);
	config.transfer_memory = ROOM_BYTES; /* less than may be configured, so that files stay small */
}

static void
setup(void)
{
	strcpy(strrchr(directory, '.'), ".XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(directory));
	ck_assert_int_eq(chdir(directory), 0);
	rng_init_number(&rng, 1);
	log_init(&silent, "test", LOG_LEVEL_ERROR);
	configure(text);
}

static void
teardown(void)
{
	secondaries_fini(&secondaries);
	service_free(service);
	config_free(&config);
	(void)unlink("z");
	(void)unlink("list");
	ck_assert_int_eq(chdir("/"), 0);
	ck_assert_int_eq(rmdir(directory), 0);
}

static void
serve(void)
{
	char error[CONFIG_ERROR_BYTES];
	ck_assert_msg(service_new(&service, &config, NULL, &rng, error) == 0, "%s", error);
}

static void
follow(void)
{
	ck_assert_int_eq(secondaries_init(&secondaries, &config, service->kept, &rng, &silent, NOW_US), 0);
	ck_assert_uint_eq(secondaries.count, 2);
}

/* The zone's primary is silent; whether the zone has expired by then. */
static bool
has_expired_at(struct secondary *secondary, uint64_t now_us)
{
	struct refresh_action action;

	refresh_timeout(&secondary->refresh, now_us);
	while (secondaries_next(&secondaries, secondary, &action, now_us))
		if (action.kind == REFRESH_SEND)
			refresh_failed(&secondary->refresh, now_us);
	return secondary->from->has_expired;
}

/* RFC 1035, section 3.3.13: what is served counts for its expire time, also where a transfer of it would not fit. */
START_TEST(a_file_larger_than_the_transfer_memory_is_held_and_expires)
{
	write_file("z", "", MANY_HOSTS);
	write_file("list", "", MANY_HOSTS);
	serve();
	ck_assert_ptr_nonnull(service->kept->parts[0].zone);
	follow();
	for (unsigned i = 0; i < 2; i++) {
		struct secondary *secondary = &secondaries.items[i];
		ck_assert(secondary->refresh.has_held);
		ck_assert_uint_eq(secondary->refresh.soa.serial, 7);
		ck_assert(!has_expired_at(secondary, NOW_US + EXPIRE_US - 10 * SECOND_US));
		ck_assert(has_expired_at(secondary, NOW_US + EXPIRE_US));
	}
}
END_TEST

/* Rules that have expired stay, so that nobody need read all of them again. */
START_TEST(a_zone_that_expires_has_changed_and_rules_have_not)
{
	write_file("z", "", 0);
	write_file("list", "www.example CNAME .\n", 0);
	serve();
	follow();
	ck_assert(has_expired_at(&secondaries.items[1], NOW_US + EXPIRE_US));
	ck_assert(!secondaries.has_changed);
	ck_assert_uint_eq(policy_zones_version(&config), service->rules_version);
	ck_assert(has_expired_at(&secondaries.items[0], NOW_US + EXPIRE_US));
	ck_assert(secondaries.has_changed);
}
END_TEST

static uint8_t block[1u << 18];

static bool
is_in_block(const char *octets)
{
	return memmem(block, sizeof block, octets, strlen(octets)) != NULL;
}

/* One secret, of a primary and of a netblock: both copies. */
START_TEST(of_who_may_notify_no_secret_is_left)
{
	static const char signing[] = "key: { name: k, secret: \"c2VjcmV0LW9mLXByaW1hcnk=\" }\n"
				      "auth-zone: { name: z, zonefile: z, primary: 192.0.2.1 k, allow-notify: 192.0.2.0/24 k }\n";
	char error[CONFIG_ERROR_BYTES] = "";
	struct notified *notified;
	struct config signed_config;
	struct arena arena;

	arena_init(&arena, block, sizeof block);
	ck_assert_msg(config_parse(&signed_config, "test.conf", signing, sizeof signing - 1, error) == 0, "%s", error);
	ck_assert_msg(secondaries_notified(&notified, &arena, &signed_config, error) == 0, "%s", error);
	ck_assert(is_in_block("secret-of-primary"));
	notified_wipe(notified);
	ck_assert(!is_in_block("secret-of-primary"));
	config_free(&signed_config);
}
END_TEST

START_TEST(a_file_that_is_damaged_or_not_there_is_not_held)
{
	static const char *const damage[] = { "www A 192.0.2.300\n", "@ SOA ns h 8 3600 900 86400 60\n", "www CH A 192.0.2.1\n" };

	if (_i < (int)COUNT(damage)) {
		write_file("z", damage[_i], 0);
		write_file("list", damage[_i], 0);
	}
	serve();
	follow();
	ck_assert(!secondaries.items[0].refresh.has_held);
	ck_assert(!secondaries.items[1].refresh.has_held);
}
END_TEST

/* A clock that is set between the service's look at the file and ours: served means held, and the other way round. */
START_TEST(the_age_that_the_service_has_seen_counts)
{
	const time_t expire_s = (time_t)(EXPIRE_US / SECOND_US);

	write_file("z", "", 0);
	write_file("list", "", 0);
	set_age("z", _i == 0 ? 0 : 2 * expire_s);
	serve();
	set_age("z", _i == 0 ? 2 * expire_s : 0);
	follow();
	ck_assert(secondaries.items[0].refresh.has_held);
	ck_assert((service->kept->parts[0].zone == NULL) == (_i == 1));
	ck_assert(has_expired_at(&secondaries.items[0], NOW_US) == (_i == 1));
}
END_TEST

/* ---- transfers ---------------------------------------------------------------------------------------------- */

static uint8_t reply[4096];
static struct refresh_action action;

/* What the zone z wants of its primary. */
static void
expect_query(uint64_t now_us)
{
	ck_assert(secondaries_next(&secondaries, &secondaries.items[0], &action, now_us));
	ck_assert_int_eq((int)action.kind, REFRESH_SEND);
}

static void
receive(size_t size, uint64_t now_us)
{
	memcpy(reply, action.bytes, 2); /* the id */
	secondaries_receive(&secondaries, &secondaries.items[0], reply, size, now_us);
}

/* The connection is of no more use, and all that the transfer had is given back. */
static void
expect_close(uint64_t now_us)
{
	const struct secondary *secondary = &secondaries.items[0];

	ck_assert(secondaries_next(&secondaries, &secondaries.items[0], &action, now_us));
	ck_assert_int_eq((int)action.kind, REFRESH_CLOSE);
	ck_assert_ptr_null(secondary->block);
	ck_assert_uint_eq(secondary->share.bytes, 0);
	ck_assert_uint_eq(secondaries.room.bytes_used, 0);
	ck_assert_uint_eq(secondaries.room.count, 0);
}

static void
expect_end(uint64_t now_us)
{
	expect_close(now_us);
	ck_assert(!secondaries_next(&secondaries, &secondaries.items[0], &action, now_us));
}

static void
expect_one_share(void)
{
	ck_assert_ptr_nonnull(secondaries.items[0].block);
	ck_assert_uint_eq(secondaries.room.count, 1);
	ck_assert_uint_gt(secondaries.room.bytes_used, 0);
	ck_assert_uint_eq(secondaries.room.bytes_used, secondaries.items[0].share.bytes);
}

/* Nothing is held, so z is asked for whole. */
static void
begin_whole(void)
{
	serve();
	follow();
	refresh_timeout(&secondaries.items[0].refresh, NOW_US);
	expect_query(NOW_US);
	expect_one_share();
}

enum ending { ENDS_IN_TIME, ENDS_IN_DISTRUST, ENDS_WITH_CONNECTION, ENDINGS };

START_TEST(a_transfer_that_fails_gives_back_its_memory)
{
	begin_whole();
	struct refresh *refresh = &secondaries.items[0].refresh;
	const uint64_t now_us = NOW_US + REFRESH_SILENCE_US;
	switch ((enum ending)_i) {
	case ENDS_IN_TIME: refresh_timeout(refresh, now_us); break;
	case ENDS_IN_DISTRUST: refresh_distrust(refresh, now_us); break;
	case ENDS_WITH_CONNECTION: refresh_failed(refresh, now_us); break;
	case ENDINGS: break;
	}
	expect_end(now_us);
}
END_TEST

START_TEST(changes_that_are_not_given_give_their_memory_back_to_the_whole)
{
	const uint64_t now_us = NOW_US + REFRESH_FIRST_US;

	write_file("z", "", 0);
	serve();
	follow();
	refresh_timeout(&secondaries.items[0].refresh, now_us);
	expect_query(now_us);
	ck_assert_uint_eq(secondaries.room.count, 0); /* to look at the SOA takes none */
	receive(text_message(reply, sizeof reply, 0, 0, "z.", TYPE_SOA, "@ 300 SOA ns h 8 3600 900 86400 60\n"), now_us);
	expect_query(now_us);
	ck_assert_int_eq((int)secondaries.items[0].refresh.kind, TRANSFER_IXFR);
	expect_one_share();
	receive(text_message(reply, sizeof reply, 0, RCODE_NOTIMP, "z.", TYPE_IXFR, ""), now_us);
	expect_close(now_us);
	expect_query(now_us);
	ck_assert_int_eq((int)secondaries.items[0].refresh.kind, TRANSFER_AXFR);
	expect_one_share();
	refresh_failed(&secondaries.items[0].refresh, now_us);
	expect_end(now_us);
}
END_TEST

/* RFC 8945, section 5.3.1: the first message is signed, and the last has to be; 1: it is not. */
START_TEST(a_zone_is_kept_when_its_last_message_is_signed)
{
	struct tsig_hmac *hmac = tsig_hmac_new();
	struct tsig primary;

	config_free(&config);
	configure("key: { name: k, secret: \"c2VjcmV0LW9mLXByaW1hcnk=\" }\n"
		  "auth-zone: { name: z, zonefile: z, primary: 192.0.2.1 k }\n"
		  "rpz: { name: list, zonefile: list, primary: 192.0.2.1 }\n");
	begin_whole();
	const uint64_t now_s = (uint64_t)time(NULL);
	tsig_begin(&primary, secondaries.items[0].primaries[0].key, hmac);
	ck_assert_int_eq((int)tsig_verify(&primary, action.bytes, action.size, now_s), TSIG_GOOD);
	const uint16_t id = (uint16_t)(action.bytes[0] << 8 | action.bytes[1]);
	const size_t size = text_message(reply, sizeof reply, id, 0, "z.", TYPE_AXFR, _i == 0 ? SOA HOST SOA : SOA HOST);
	const int whole = tsig_sign(&primary, reply, size, sizeof reply, now_s);
	ck_assert_int_gt(whole, 0);
	receive((size_t)whole, NOW_US);
	if (_i == 1)
		receive(text_message(reply, sizeof reply, id, 0, "z.", TYPE_AXFR, SOA), NOW_US);
	expect_end(NOW_US);
	ck_assert_uint_eq(secondaries.items[0].refresh.stats.untrusted, _i == 1);
	ck_assert(secondaries.has_changed == (_i == 0));
	ck_assert((access("z", F_OK) == 0) == (_i == 0));
	tsig_hmac_free(hmac);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("zones of primaries");
	TCase *tcase = tcase_create("secondaries");
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, a_file_larger_than_the_transfer_memory_is_held_and_expires);
	tcase_add_loop_test(tcase, a_file_that_is_damaged_or_not_there_is_not_held, 0, 4);
	tcase_add_loop_test(tcase, the_age_that_the_service_has_seen_counts, 0, 2);
	tcase_add_test(tcase, a_zone_that_expires_has_changed_and_rules_have_not);
	tcase_add_test(tcase, of_who_may_notify_no_secret_is_left);
	tcase_add_loop_test(tcase, a_transfer_that_fails_gives_back_its_memory, 0, ENDINGS);
	tcase_add_test(tcase, changes_that_are_not_given_give_their_memory_back_to_the_whole);
	tcase_add_loop_test(tcase, a_zone_is_kept_when_its_last_message_is_signed, 0, 2);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}

/* A service that is renewed since zones have changed: what is new in it, and what it shares with the one before. */
#include "resolver/serve/service.h"

#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "stack/base/rng.h"
#include "tests/suite.h"

#define SOA         "@ 300 SOA ns h 1 3600 900 86400 60\n"
#define EXPIRE_S    86400
#define MANY_HOSTS  20000u

static const char text[] = "server:\n  access-control: [ \"192.0.2.0/24 allow\" ]\n"
			   "  local-data: [ \"a.example A 192.0.2.1\" ]\n"
			   "auth-zone:\n  - { name: a, zonefile: a, primary: 192.0.2.1 }\n"
			   "  - { name: b, zonefile: b, primary: 192.0.2.1 }\n"
			   "rpz:\n  - { name: list, zonefile: list, primary: 192.0.2.1 }\n";

static char directory[] = "/tmp/cairn_renewal.XXXXXX";
static struct config config;
static struct rng rng;

static void
write_zone(const char *name, const char *records, unsigned hosts)
{
	FILE *file = fopen(name, "we");
	ck_assert_ptr_nonnull(file);
	ck_assert_int_gt(fprintf(file, "%s%s", SOA, records), 0);
	for (unsigned i = 0; i < hosts; i++)
		ck_assert_int_gt(fprintf(file, "h%u A 192.0.2.1\n", i), 0);
	ck_assert_int_eq(fclose(file), 0);
}

static void
setup(void)
{
	char error[CONFIG_ERROR_BYTES];

	strcpy(strrchr(directory, '.'), ".XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(directory));
	ck_assert_int_eq(chdir(directory), 0);
	rng_init_number(&rng, 1);
	write_zone("a", "www A 192.0.2.80\n", 0);
	write_zone("b", "www A 192.0.2.81\n", 0);
	write_zone("list", "www.example CNAME .\n", 0);
	ck_assert_msg(config_parse(&config, "test.conf", text, sizeof text - 1, error) == 0, "%s", error);
}

static void
teardown(void)
{
	config_free(&config);
	(void)unlink("a");
	(void)unlink("b");
	(void)unlink("list");
	ck_assert_int_eq(chdir("/"), 0);
	ck_assert_int_eq(rmdir(directory), 0);
}

static struct service *
new_service(void)
{
	char error[CONFIG_ERROR_BYTES];
	struct service *service;

	ck_assert_msg(service_new(&service, &config, NULL, &rng, error) == 0, "%s", error);
	return service;
}

/* The one before goes as soon as the new one is there. */
static struct service *
renewed(struct service *before)
{
	char error[CONFIG_ERROR_BYTES];
	struct service *service;

	ck_assert_msg(service_renew(&service, before, &config, &rng, error) == 0, "%s", error);
	service_free(before);
	return service;
}

static const struct kept_zone *
kept_at(const struct service *service, const char *text_of_name)
{
	struct name name;

	ck_assert_int_eq(name_from_text(&name, text_of_name, NULL), 0);
	return kept_find(service->policy.kept, &name, 1);
}

START_TEST(only_the_zone_that_has_changed_is_read_again)
{
	struct service *service = new_service();
	const struct zone *a = kept_at(service, "a")->zone, *b = kept_at(service, "b")->zone;
	const struct rpz *rpz = service->policy.rpz;
	const struct acl *acl = service->policy.acl;
	const uint32_t generation = service->policy.generation;

	write_zone("a", "www A 192.0.2.90\nmore A 192.0.2.91\n", 0);
	write_zone("b", "more A 192.0.2.91\n", 0); /* nobody has said so */
	config.zones[0].version++;
	service = renewed(service);
	ck_assert_ptr_ne(kept_at(service, "a")->zone, a);
	ck_assert_uint_eq(kept_at(service, "a")->zone->record_count, 3);
	ck_assert_ptr_eq(kept_at(service, "b")->zone, b);
	ck_assert_uint_eq(b->record_count, 2);
	ck_assert_ptr_eq(service->policy.rpz, rpz);
	ck_assert_ptr_eq(service->policy.acl, acl);
	ck_assert_uint_ne(service->policy.generation, generation); /* or ready answers would tell of the zone before */
	service_free(service);
}
END_TEST

START_TEST(rules_that_have_changed_are_read_again_and_zones_are_not)
{
	struct service *service = new_service();
	const struct zone *a = kept_at(service, "a")->zone;

	write_zone("list", "www.example CNAME .\nmail.example CNAME .\n", 0);
	config.zones[2].version++;
	service = renewed(renewed(service));
	ck_assert_uint_eq(service->policy.rpz->zones[0].rule_count, 2);
	ck_assert_ptr_eq(kept_at(service, "a")->zone, a);
	service_free(service);
}
END_TEST

START_TEST(what_has_expired_is_given_up_and_taken_back)
{
	struct service *service = new_service();

	config.zones[1].has_expired = true;
	config.zones[1].version++;
	service = renewed(service);
	ck_assert_ptr_null(kept_at(service, "b")->zone);
	ck_assert_ptr_nonnull(kept_at(service, "a")->zone);
	config.zones[1].has_expired = false;
	config.zones[1].version++;
	service = renewed(service);
	ck_assert_ptr_nonnull(kept_at(service, "b")->zone);
	service_free(service);
}
END_TEST

/* RFC 1035, section 3.3.13: nobody has spoken for it in its expire time, whether or not we ran. */
START_TEST(a_file_older_than_its_expire_time_does_not_count_at_the_start)
{
	struct timespec times[2] = { { .tv_nsec = UTIME_OMIT }, { .tv_sec = time(NULL) - EXPIRE_S } };

	ck_assert_int_eq(utimensat(AT_FDCWD, "a", times, 0), 0);
	ck_assert_int_eq(utimensat(AT_FDCWD, "list", times, 0), 0);
	times[1].tv_sec += 600;
	ck_assert_int_eq(utimensat(AT_FDCWD, "b", times, 0), 0);
	struct service *service = new_service();
	ck_assert_ptr_null(kept_at(service, "a")->zone);
	ck_assert_ptr_nonnull(kept_at(service, "b")->zone);
	ck_assert_uint_eq(service->policy.rpz->zones[0].rule_count, 1); /* as in unbound rules go on */
	service_free(service);
	config.zones[0].is_followed = true; /* then its primaries tell, not the file */
	service = new_service();
	ck_assert_ptr_nonnull(kept_at(service, "a")->zone);
	service_free(service);
}
END_TEST

START_TEST(a_large_zone_is_read_once)
{
	struct stat file;

	write_zone("a", "", MANY_HOSTS);
	ck_assert_int_eq(stat("a", &file), 0);
	struct service *service = new_service();
	ck_assert_uint_eq(kept_at(service, "a")->zone->record_count, MANY_HOSTS + 1u);
	ck_assert_uint_lt(service->kept->parts[0].block->bytes, 20u * (uint64_t)file.st_size); /* the first guess */
	service_free(service);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("renewal of a service");
	TCase *tcase = tcase_create("renewal");
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, only_the_zone_that_has_changed_is_read_again);
	tcase_add_test(tcase, rules_that_have_changed_are_read_again_and_zones_are_not);
	tcase_add_test(tcase, what_has_expired_is_given_up_and_taken_back);
	tcase_add_test(tcase, a_file_older_than_its_expire_time_does_not_count_at_the_start);
	tcase_add_test(tcase, a_large_zone_is_read_once);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}

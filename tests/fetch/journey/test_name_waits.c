/* For whom a resolver waited until it had the address (fetch/journey/name_waits.h). */
#include <stdio.h>
#include <string.h>

#include "fetch/journey/name_waits.h"
#include "stack/base/rng.h"
#include "tests/suite.h"

static _Alignas(16) uint8_t block[1u << 20];
static struct journey journey;

static uint32_t
tell(uint64_t at_us, enum journey_layer layer, const char *name, uint32_t cause, const char *zone, const char *server)
{
	const struct journey_field fields[] = { { "zone", zone, 0 }, { "server", server, 0 }, { "addrs", server, 0 } };
	const struct journey_event event = { .at_us = at_us, .layer = layer, .name = name, .cause = cause, .fields = fields,
		                             .request = layer != JOURNEY_DNS || zone[0] == '\0', .field_count = 3 };
	return journey_tell(&journey, &event, "%s", name);
}

static uint32_t
ask(uint64_t at_us, const char *zone, const char *server)
{
	return tell(at_us, JOURNEY_DNS, "query", 0, zone, server);
}

static struct name_waits
find(void)
{
	const struct story story = { .journey = &journey };
	struct name_waits waits;
	name_waits_find(&waits, &story, 1);
	return waits;
}

static void
setup(void)
{
	journey_init(&journey, block, sizeof block);
	(void)tell(1000, JOURNEY_URL, "parsed", 0, "", "");
}

START_TEST(each_zone_has_its_time_and_the_resolver_the_rest)
{
	uint32_t root = ask(1100, ".", "198.41.0.4");
	(void)tell(4100, JOURNEY_DNS, "reply", root, ".", "198.41.0.4");
	uint32_t first = ask(4200, "com.", "192.0.2.1"), second = ask(4200, "com.", "192.0.2.2");
	(void)tell(5200, JOURNEY_DNS, "reply", first, "com.", "192.0.2.1");
	(void)tell(9200, JOURNEY_DNS, "reply", second, "com.", "192.0.2.2");
	(void)tell(9300, JOURNEY_DNS, "answer", 0, "", "192.0.2.80");
	(void)ask(9400, "late.", "192.0.2.3"); /* of the other family, which nobody waits for any more */
	const struct name_waits waits = find();
	char text[256];

	ck_assert_uint_eq(waits.total_us, 8300);
	ck_assert_uint_eq(waits.count, 2);
	ck_assert_uint_eq(waits.itself_us, 300);
	name_waits_text(&waits, text, sizeof text);
	ck_assert_str_eq(text, "com. 5.0 ms, the root 3.0 ms, itself 0.3 ms");
}
END_TEST

START_TEST(silence_counts_where_nobody_else_is_waited_for)
{
	uint32_t silent = ask(1000, "com.", "192.0.2.1");
	uint32_t heard = ask(3000, "com.", "192.0.2.2");
	(void)tell(4000, JOURNEY_DNS, "reply", heard, "com.", "192.0.2.2");
	(void)tell(6000, JOURNEY_DNS, "lost", silent, "com.", "192.0.2.1");
	(void)tell(6000, JOURNEY_DNS, "answer", 0, "", "192.0.2.80");
	const struct name_waits waits = find();
	char text[256];

	name_waits_text(&waits, text, sizeof text);
	ck_assert_str_eq(text, "192.0.2.1 silent 4.0 ms, com. 1.0 ms, itself 0.0 ms");
}
END_TEST

START_TEST(who_asks_a_resolver_elsewhere_is_told_nothing)
{
	(void)ask(1100, "", "127.0.0.1");
	(void)tell(9300, JOURNEY_DNS, "answer", 0, "", "192.0.2.80");
	const struct name_waits waits = find();
	char text[64];

	ck_assert_uint_eq(waits.count, 0);
	name_waits_text(&waits, text, sizeof text);
	ck_assert_str_eq(text, "");
}
END_TEST

/* Whatever was asked, and however it ended. */
START_TEST(the_waits_sum_to_the_time)
{
	struct rng rng;

	rng_init_number(&rng, suite_seed(1));
	for (unsigned run = 0; run < 200; run++) {
		uint64_t at_us = 1000, sum_us = 0;
		setup();
		for (unsigned i = rng_below(&rng, 300); i > 0; i--) {
			char zone[16];
			at_us += rng_below(&rng, 1000);
			(void)snprintf(zone, sizeof zone, "z%u.", rng_below(&rng, 20));
			uint32_t id = ask(at_us, zone, zone);
			if (rng_below(&rng, 3) != 0)
				(void)tell(at_us + rng_below(&rng, 3000), JOURNEY_DNS, rng_below(&rng, 2) == 0 ? "reply" : "lost", id, zone, zone);
		}
		(void)tell(at_us + 5, JOURNEY_DNS, "answer", 0, "", "192.0.2.80");
		const struct name_waits waits = find();
		ck_assert_uint_le(waits.count, NAME_WAITS_MAX);
		for (unsigned i = 0; i < waits.count; i++)
			sum_us += waits.list[i].us;
		ck_assert_uint_eq(sum_us + waits.itself_us, waits.total_us);
		ck_assert(waits.count == 0 || waits.total_us == at_us + 5 - 1000);
	}
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("name_waits");
	tcase_add_checked_fixture(tcase, setup, NULL);
	tcase_add_test(tcase, each_zone_has_its_time_and_the_resolver_the_rest);
	tcase_add_test(tcase, silence_counts_where_nobody_else_is_waited_for);
	tcase_add_test(tcase, who_asks_a_resolver_elsewhere_is_told_nothing);
	tcase_add_test(tcase, the_waits_sum_to_the_time);
	Suite *suite = suite_create("name_waits");
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}

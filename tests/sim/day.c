/*
 * day HOURS [SEED]: a resolver under load for so many simulated hours, while servers die and come back, packets are lost,
 * the network changes and a zone rolls its keys (day_zones.h); its memory stays flat.
 *
 * A line an hour, and last what held. With each minute over: no task, client or query is left; answers are right but where an
 * outage has taken the servers away; the signed zone is secure, over every roll (RFC 5011). At the end: neither the process nor
 * the heap is larger than when the caches had filled (the process not under sanitizers, which have memory of their own).
 * Exit: 0 when all held.
 */
#include <malloc.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "resolver/validate/autotrust.h"
#include "resolver/validate/limits.h"
#include "tests/resolver/validate/signer.h"
#include "tests/sim/day_zones.h"
#include "tests/suite.h"

#define MINUTE_US       60000000u
#define LOAD_A_MINUTE   240u
#define ASKING_US       36000000u /* of a minute; the rest is for what is slow */
#define CALM_MINUTES    7u        /* after an outage: failures are remembered for five (RFC 9520) */
#define SETTLE_PART     4u        /* of the time, for the caches to fill */
#define SLACK_KB        256u
#define ANCHORS_BYTES   (sizeof(struct anchors) + 16384u)

#if defined(__SANITIZE_ADDRESS__)
#define IS_MEASURED false /* its own memory grows */
#else
#define IS_MEASURED true
#endif

static const struct autotrust_rules rules = { DAY_HOLDDOWN_S, DAY_HOLDDOWN_S, 2 * DAY_HOLDDOWN_S, 60 };

struct memory {
	uint64_t resident_kb, heap_bytes, cache_bytes;
};

struct run {
	struct day day;
	struct rng rng;
	struct autotrust trust;
	struct anchors *anchors; /* a block */
	struct crypto *crypto;
	uint8_t scratch[1 << 17];
	unsigned keys_result; /* where the answer to the zone's keys will be; 0: not asked, else one more */
	unsigned minute, trouble_minute, serial;
	uint64_t questions, cached, failures, changes;
	struct memory settled;
};

static struct run run;
static unsigned hours;
static uint64_t seed;

/* ---- the trust point ---------------------------------------------------------------------------------------------------- */

static void
use_anchors(void)
{
	struct anchors *anchors = malloc(ANCHORS_BYTES);
	struct arena arena;

	arena_init(&arena, anchors, ANCHORS_BYTES);
	(void)arena_alloc(&arena, sizeof *anchors); /* itself */
	anchors_init(anchors, &arena);
	ck_assert_int_eq(autotrust_anchors(&run.trust, anchors, run.crypto), 0);
	anchors->arena = NULL;
	const struct engine_trust trust = {
		.anchors = anchors,
		.crypto = run.crypto,
		.wall_offset_s = (int64_t)DAY_WALL_S - (int64_t)(run.day.begin_us / 1000000u),
	};
	engine_set_trust(run.day.world->engine, &trust);
	free(run.anchors);
	run.anchors = anchors;
}

static void
start_trust(void)
{
	static struct autotrust_reader reader;
	uint8_t rdata[SIGNER_RDATA_BYTES];
	char fields[200], text[300];

	(void)signer_key(day_first_key(), SIGNER_KSK, rdata);
	ck_assert_int_ge(rdata_to_text(TYPE_DNSKEY, CLASS_IN, rdata, sizeof rdata, fields, sizeof fields), 0);
	(void)snprintf(text, sizeof text, "signed. IN DNSKEY %s\n", fields);
	ck_assert_int_eq(autotrust_read(&run.trust, &reader, text, strlen(text)), 0);
	run.crypto = crypto_new();
	use_anchors();
}

static uint64_t
wall_s(void)
{
	return DAY_WALL_S + day_now_s(&run.day);
}

static void
ask_keys(void)
{
	const struct engine_question question = { .qname = run.trust.zone, .qtype = TYPE_DNSKEY, .qclass = CLASS_IN,
						  .dnssec_ok = true, .checking_disabled = true, .anew = true };

	run.keys_result = 0;
	if (autotrust_deadline(&run.trust, wall_s()) > wall_s())
		return;
	autotrust_ask(&run.trust, &rules, &run.rng, wall_s());
	run.keys_result = world_ask_as(run.day.world, &question) + 1;
}

static void
hear_keys(void)
{
	struct arena scratch;

	if (run.keys_result == 0)
		return;
	arena_init(&scratch, run.scratch, sizeof run.scratch);
	const struct autotrust_means means = { &rules, run.crypto, &scratch, &run.rng,
					       { VALIDATE_SKEW_S, VALIDATE_SKEW_S }, (uint32_t)wall_s() };
	const struct rrset *set = run.day.world->results[run.keys_result - 1].sections[SECTION_ANSWER];
	ck_assert_int_ne(autotrust_hear(&run.trust, set, &means, wall_s()), AUTOTRUST_OVER);
	ck_assert_uint_le(run.trust.key_count, 4);
	run.changes += run.trust.has_changed;
	if (run.trust.has_changed)
		use_anchors();
}

/* ---- load --------------------------------------------------------------------------------------------------------------- */

/* Some zones are asked for far more than others. */
static unsigned
draw_zone(void)
{
	const unsigned range = 1u << rng_below(&run.rng, 11);
	return 1 + rng_below(&run.rng, range < DAY_ZONES ? range : DAY_ZONES);
}

static void
ask_something(void)
{
	char qname[64];
	uint16_t qtype = TYPE_A;
	const unsigned zone = draw_zone(), host = rng_below(&run.rng, 40);

	switch (rng_below(&run.rng, 10)) {
	case 0: (void)snprintf(qname, sizeof qname, "www%u.signed.", host); break;
	case 1: (void)snprintf(qname, sizeof qname, "a%u.z%u.", host, zone); break;
	case 2: (void)snprintf(qname, sizeof qname, "n%u.z%u.", run.serial++, zone); break;
	case 3: (void)snprintf(qname, sizeof qname, "t%u.z%u.", host, zone), qtype = TYPE_TXT; break;
	case 4: (void)snprintf(qname, sizeof qname, "h%u.z%u.", host, zone), qtype = TYPE_AAAA; break;
	case 5: (void)snprintf(qname, sizeof qname, "h%u.z%u.", run.serial++, zone); break; /* nobody asks again */
	default: (void)snprintf(qname, sizeof qname, "h%u.z%u.", host, zone);
	}
	run.questions++;
	if (world_cached(run.day.world, qname, qtype) != NULL)
		run.cached++;
	else
		(void)world_ask(run.day.world, qname, qtype);
}

/* ---- trouble -------------------------------------------------------------------------------------------------------------- */

static bool
is_during(unsigned every, unsigned from, unsigned minutes)
{
	return run.minute % every >= from && run.minute % every < from + minutes;
}

/* What does not work in this minute. */
static void
make_trouble(void)
{
	struct world *world = run.day.world;
	const bool some_dead = is_during(40, 12, 5), root_dead = is_during(180, 95, 10), signer_dead = is_during(120, 61, 3);

	for (unsigned i = 0; i < DAY_HOSTERS; i++)
		run.day.hosters[i]->dead = some_dead && (i + run.minute / 40) % 3 == 0;
	run.day.root->dead = root_dead;
	run.day.signer->dead = signer_dead;
	world->loss_permil = is_during(60, 30, 4) ? 100 : 0;
	if (is_during(90, 80, 1))
		infra_network_changed(world->caches.infra, world->now_us);
	if (some_dead || root_dead || signer_dead || world->loss_permil > 0)
		run.trouble_minute = run.minute;
}

/* ---- what has to hold ------------------------------------------------------------------------------------------------------- */

static void
check_answers(void)
{
	const struct world *world = run.day.world;
	const bool is_calm = run.minute > run.trouble_minute + CALM_MINUTES;

	for (unsigned i = 0; i < world->result_count; i++) {
		const struct world_result *result = &world->results[i];
		const struct rrset *set = result->sections[SECTION_ANSWER];
		if (i + 1 == run.keys_result)
			continue;
		run.failures += result->rcode == RCODE_SERVFAIL;
		ck_assert_msg(result->rcode != RCODE_SERVFAIL || !is_calm, "minute %u: SERVFAIL (%s)", run.minute, result->ede_text);
		if (set != NULL && name_is_under(set->owner, &run.trust.zone))
			ck_assert_msg(result->security == SECURITY_SECURE, "minute %u: not secure", run.minute);
	}
}

static uint64_t
cache_bytes(void)
{
	const struct caches *caches = &run.day.world->caches;
	struct cache_stats rrsets, negatives, delegations;

	rrset_cache_stats(caches->rrsets, &rrsets);
	negative_cache_stats(caches->negatives, &negatives);
	delegation_cache_stats(caches->delegations, &delegations);
	ck_assert_uint_le(rrsets.bytes_used, rrsets.bytes_max);
	ck_assert_uint_le(negatives.bytes_used, negatives.bytes_max);
	return rrsets.bytes_used + negatives.bytes_used + delegations.bytes_used;
}

static struct memory
look_at_memory(void)
{
	struct memory memory = { .cache_bytes = cache_bytes() };
	unsigned long size, resident = 0;
	FILE *file = fopen("/proc/self/statm", "re");

	if (file != NULL && fscanf(file, "%lu %lu", &size, &resident) != 2)
		resident = 0;
	if (file != NULL)
		(void)fclose(file);
	memory.resident_kb = resident * (unsigned long)sysconf(_SC_PAGESIZE) / 1024;
	memory.heap_bytes = IS_MEASURED ? mallinfo2().uordblks : 0;
	return memory;
}

static void
tell_hour(void)
{
	const struct memory memory = look_at_memory();
	struct engine_stats stats;

	engine_stats(run.day.world->engine, &stats);
	(void)printf("hour %3u: %llu questions, %llu cached, %llu failed, %llu sent, %llu signatures; %u rolls, %llu changes of anchors; "
		     "resident %llu KB, heap %llu B, caches %llu B\n",
		     run.minute / 60, (unsigned long long)run.questions, (unsigned long long)run.cached,
		     (unsigned long long)run.failures,
		     (unsigned long long)(stats.sent_udp4 + stats.sent_udp6 + stats.sent_tcp4 + stats.sent_tcp6),
		     (unsigned long long)stats.signatures, day_rolls(&run.day), (unsigned long long)run.changes,
		     (unsigned long long)memory.resident_kb, (unsigned long long)memory.heap_bytes,
		     (unsigned long long)memory.cache_bytes);
	(void)fflush(stdout);
}

/* ---- the day ------------------------------------------------------------------------------------------------------------------ */

static void
pass_minute(void)
{
	struct world *world = run.day.world;
	const uint64_t end_us = world->now_us + MINUTE_US;

	make_trouble();
	ask_keys();
	for (unsigned i = 0; i < LOAD_A_MINUTE; i++) {
		ask_something();
		world_run(world, ASKING_US / LOAD_A_MINUTE);
	}
	world_run(world, end_us - world->now_us);
	check_answers();
	hear_keys();
	world_begin_anew(world);
	run.minute++;
}

START_TEST(memory_is_flat)
{
	const unsigned minutes = hours * 60;

	rng_init_number(&run.rng, seed);
	day_serve(&run.day, seed);
	start_trust();
	while (run.minute < minutes) {
		pass_minute();
		if (run.minute == minutes / SETTLE_PART)
			run.settled = look_at_memory();
		if (run.minute % 60 == 0)
			tell_hour();
	}
	const struct memory end = look_at_memory();
	(void)printf("after %u hours: resident %llu KB, %lld KB more than after %u minutes; heap %lld B more\n", hours,
		     (unsigned long long)end.resident_kb, (long long)(end.resident_kb - run.settled.resident_kb),
		     minutes / SETTLE_PART, (long long)(end.heap_bytes - run.settled.heap_bytes));
	if (IS_MEASURED)
		ck_assert_uint_le(end.resident_kb, run.settled.resident_kb + SLACK_KB);
	ck_assert_uint_le(end.heap_bytes, run.settled.heap_bytes + 1024u * SLACK_KB);
	ck_assert_uint_ge(run.changes, 2u * day_rolls(&run.day));
	ck_assert_uint_gt(run.cached, run.questions / 10);
	world_free(run.day.world);
	free(run.anchors);
	crypto_free(run.crypto);
}
END_TEST

int
main(int argc, char **argv)
{
	hours = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 0;
	seed = argc > 2 ? strtoull(argv[2], NULL, 0) : 1;
	if (hours == 0 || argc > 3) {
		(void)fprintf(stderr, "usage: day HOURS [SEED]\n");
		return 2;
	}
	TCase *tcase = tcase_create("day");
	Suite *suite = suite_create("day");
	tcase_set_timeout(tcase, 0);
	tcase_add_test(tcase, memory_is_flat);
	suite_add_tcase(suite, tcase);
	const int status = suite_run(suite);
	(void)printf("%s - memory is flat over %u hours of load, outages and key rolls (seed %llu)\n", status == 0 ? "ok" : "not ok",
		     hours, (unsigned long long)seed);
	return status;
}

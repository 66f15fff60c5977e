/*
 * Spoilt replies from every server, in batches; after each the same servers tell the truth and a question gets its
 * answer.  CAIRN_MUTATIONS says how many replies, CAIRN_TEST_SEED repeats a run.
 */
#include <stdio.h>

#include "tests/resolver/iterate/world.h"
#include "tests/resolver/wire/spoil.h"
#include "tests/suite.h"

#define SEED      20260103u
#define MUTATIONS 4000u
#define BATCH     200u /* replies that one world sees */

static const struct world_zone root_zone = { ".", ". 60 SOA ns.root. h.root. 1 1 1 1 1\n"
						  ". 60 NS ns.root.\n"
						  "ns.root. 60 A 192.0.2.1\n"
						  "example. 60 NS ns.example.\n"
						  "ns.example. 60 A 192.0.2.2\n" };
static const struct world_zone example_zone = { "example.",
						"example. 60 SOA ns.example. h.example. 1 1 1 1 1\n"
						"example. 60 NS ns.example.\n"
						"ns.example. 60 A 192.0.2.2\n"
						"www.example. 60 A 192.0.2.80\n"
						"alias.example. 60 CNAME www.example.\n"
						"*.example. 60 A 192.0.2.81\n" };

static unsigned spoilt_count;

static void
spoil_reply(struct world *world, struct world_server *server, const struct query *query,
	    struct world_reply *reply)
{
	static uint8_t bytes[MESSAGE_BYTES_MAX];
	struct render render;
	(void)server;
	render_begin(&render, bytes, 1232, reply->id, reply->flags, reply->rcode,
		     EDNS_RECORD_BYTES);
	ck_assert_int_eq(render_question(&render, &reply->question), 0);
	for (enum dns_section section = SECTION_ANSWER; section < SECTIONS; section++)
		for (const struct rrset *set = reply->sections[section]; set != NULL;
		     set = set->next)
			(void)render_rrset(&render, section, set, set->ttl_s, true);
	if (query->edns.present)
		(void)render_edns(&render, &(struct edns){ .present = true, .udp_bytes = 1232 });
	int size = render_finish(&render);
	ck_assert_int_gt(size, 0);
	reply->raw = bytes;
	reply->raw_bytes = spoil(&world->dice, bytes, (size_t)size, sizeof bytes);
	spoilt_count++;
}

static unsigned
count_of(const char *name, unsigned usual)
{
	const char *text = getenv(name);
	return text != NULL ? (unsigned)strtoul(text, NULL, 0) : usual;
}

START_TEST(the_engine_survives_spoilt_replies_and_answers)
{
	uint64_t seed = suite_seed(SEED), received = 0, malformed = 0, mismatched = 0;
	unsigned count = count_of("CAIRN_MUTATIONS", MUTATIONS), answered = 0, failed = 0,
		 rightly = 0;
	for (unsigned batch = 0; spoilt_count < count; batch++) {
		struct world *world = world_new(seed + batch, NULL);
		struct world_server *root = world_server(world, "192.0.2.1", &root_zone);
		struct world_server *example = world_server(world, "192.0.2.2", &example_zone);
		unsigned end = spoilt_count + BATCH;
		root->habit = example->habit = spoil_reply;
		for (unsigned i = 0; spoilt_count < end && i < BATCH; i++) {
			char qname[64];
			snprintf(qname, sizeof qname,
				 i % 4 == 0 ? "alias.example." : "n%u.example.", i);
			const struct world_result *result = world_resolve(world, qname, TYPE_A);
			answered += result->rcode == RCODE_NOERROR;
			failed += result->rcode == RCODE_SERVFAIL;
		}
		root->habit = example->habit = NULL;
		world_run(world, 8ull * 86400 * 1000000); /* whatever TTL was kept */
		const struct world_result *result = world_resolve(world, "www.example.", TYPE_A);
		ck_assert_msg(
			world_has(result, SECTION_ANSWER, "www.example.", TYPE_A, "192.0.2.80"),
			"seed %llu, batch %u: rcode %u", (unsigned long long)seed, batch,
			result->rcode);
		rightly++;
		struct engine_stats stats;
		engine_stats(world->engine, &stats);
		received += stats.received;
		malformed += stats.malformed;
		mismatched += stats.mismatched;
		world_free(world);
	}
	printf("seed %llu: %u spoilt replies (%llu received, %llu malformed, %llu mismatched), "
	       "%u questions answered, %u failed; %u of as many good ones answered rightly\n",
	       (unsigned long long)seed, spoilt_count, (unsigned long long)received,
	       (unsigned long long)malformed, (unsigned long long)mismatched, answered, failed,
	       rightly);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("hostile_replies");
	TCase *tcase = tcase_create("engine");
	tcase_set_timeout(tcase, 0);
	tcase_add_test(tcase, the_engine_survives_spoilt_replies_and_answers);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}

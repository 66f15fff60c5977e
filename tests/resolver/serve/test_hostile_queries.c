/*
 * Spoilt queries to the path that clients take, in batches; after each a normal question gets its answer.
 * CAIRN_MUTATIONS says how many, CAIRN_TEST_SEED repeats a run.
 */
#include <stdio.h>

#include "tests/resolver/serve/client_world.h"
#include "tests/resolver/wire/spoil.h"
#include "tests/suite.h"

#define SEED      20260104u
#define MUTATIONS 20000u
#define BATCH     1000u

static struct client_world world;
static uint8_t query[MESSAGE_BYTES_MAX], reply[MESSAGE_BYTES_MAX];

static unsigned
count_of(const char *name, unsigned usual)
{
	const char *text = getenv(name);
	return text != NULL ? (unsigned)strtoul(text, NULL, 0) : usual;
}

static size_t
write_query(struct rng *rng, const char *qname, uint16_t qtype)
{
	static const uint8_t options[] = { 0, 10, 0, 8, 1, 2, 3, 4, 5, 6, 7, 8, 0, 12, 0, 2, 0, 0 };
	struct question question = { .qtype = qtype, .qclass = CLASS_IN };
	struct edns edns = { .present = true,
			     .udp_bytes = 1232,
			     .dnssec_ok = true,
			     .options = options,
			     .options_bytes = sizeof options };
	struct render render;
	ck_assert_int_eq(name_from_text(&question.qname, qname, NULL), 0);
	render_begin(&render, query, sizeof query, rng_u16(rng), DNS_RD, 0,
		     EDNS_RECORD_BYTES + sizeof options);
	ck_assert_int_eq(render_question(&render, &question), 0);
	ck_assert_int_eq(render_edns(&render, &edns), 0);
	return (size_t)render_finish(&render);
}

static enum client_fate
ask(struct client_source *source, size_t size, struct client_outcome *outcome)
{
	struct answer answer;
	uint64_t client;
	client_query(&world.clients, source, query, size, reply, sizeof reply, CLIENT_WORLD_NOW_US,
		     outcome);
	enum client_fate fate = outcome->fate;
	if (fate != CLIENT_PENDS)
		return fate;
	ck_assert_uint_eq(client_world_run(&world, &client, &answer), 1);
	client_answer(&world.clients, client, &answer, reply, sizeof reply, CLIENT_WORLD_NOW_US,
		      outcome);
	ck_assert_uint_eq(world.clients.stats.pending, 0);
	return fate;
}

static void
check_service(struct rng *rng)
{
	static uint8_t block[64 << 10];
	struct client_source source = { .addr = addr_ipv4((const uint8_t[]){ 192, 0, 2, 1 }),
					.port = 5353 };
	struct client_outcome outcome;
	struct message message;
	struct arena arena;
	size_t size = write_query(rng, "www.example.", TYPE_A);
	arena_init(&arena, block, sizeof block);
	ck_assert_int_eq(ask(&source, size, &outcome), CLIENT_REPLIES);
	ck_assert_int_eq(message_read(&message, &arena, reply, outcome.reply_bytes), 0);
	ck_assert_uint_eq(message.rcode, RCODE_NOERROR);
	const struct rrset *set = message.sections[SECTION_ANSWER];
	ck_assert_ptr_nonnull(set);
	ck_assert_uint_eq(set->type, TYPE_A);
	ck_assert_mem_eq(set->rdata, "\0\4\300\0\2\120", 6);
}

START_TEST(clients_survive_spoilt_queries_and_are_answered)
{
	static const char *const qnames[] = { "www.example.",       "a.local.example.",
					      "x.dropped.example.", "unknown.example.",
					      "version.bind.",      "." };
	uint64_t seed = suite_seed(SEED);
	unsigned count = count_of("CAIRN_MUTATIONS", MUTATIONS), replied = 0, pended = 0,
		 dropped = 0, asked_well = 0;
	struct rng rng;
	rng_init_number(&rng, seed);
	client_world_init(&world, seed);
	client_world_put(&world, "www.example.");
	for (unsigned i = 0; i < count; i++) {
		struct client_source source = { .port = 5353,
						.is_stream = rng_below(&rng, 4) == 0 };
		struct client_outcome outcome;
		uint8_t octets[] = { 192, 0, 2, (uint8_t)rng_below(&rng, 8) };
		source.addr = addr_ipv4(octets);
		size_t size = write_query(&rng, qnames[rng_below(&rng, COUNT(qnames))],
					  (uint16_t)(1 + rng_below(&rng, 260)));
		size = spoil(&rng, query, size, sizeof query);
		enum client_fate fate = ask(&source, size, &outcome);
		replied += fate == CLIENT_REPLIES;
		pended += fate == CLIENT_PENDS;
		dropped += fate != CLIENT_REPLIES && fate != CLIENT_PENDS;
		if ((i + 1) % BATCH == 0 || i + 1 == count) {
			check_service(&rng);
			asked_well++;
		}
	}
	client_world_fini(&world);
	printf("seed %llu: %u spoilt queries: %u answered at once, %u resolved, %u dropped; "
	       "%u good ones between them answered rightly\n",
	       (unsigned long long)seed, count, replied, pended, dropped, asked_well);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("hostile_queries");
	TCase *tcase = tcase_create("clients");
	tcase_set_timeout(tcase, 0);
	tcase_add_test(tcase, clients_survive_spoilt_queries_and_are_answered);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}

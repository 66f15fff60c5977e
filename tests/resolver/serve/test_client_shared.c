/*
 * Two workers and equal questions: the second asks nobody before the first has its answer.  Each has caches of its own here, so
 * that what the first has learnt is there for the second when the test says so.
 */
#include "tests/resolver/serve/client_world.h"
#include "tests/suite.h"

#define NOW_US      CLIENT_WORLD_NOW_US
#define WAITING_MAX 3u
#define NEAR_ITS_END_US (NOW_US + 290000000u) /* of client_world_put's record */
#define AFTER_ITS_END_US (NOW_US + 301000000u)

static struct client_world worlds[2];
static void *block;
static struct underway *underway;

static void
setup(void)
{
	for (unsigned i = 0; i < 2; i++)
		client_world_init(&worlds[i], suite_seed(5) + i);
	block = calloc(1, underway_bytes());
	underway = underway_new(block, underway_bytes(), &worlds[0].rng);
	ck_assert_ptr_nonnull(underway);
	for (unsigned i = 0; i < 2; i++)
		clients_set_underway(&worlds[i].clients, underway, i, WAITING_MAX);
}

static void
teardown(void)
{
	for (unsigned i = 0; i < 2; i++)
		client_world_fini(&worlds[i]);
	free(block);
}

static struct client_outcome
ask_at(struct client_world *world, uint16_t qtype, uint64_t now_us)
{
	const uint8_t query[] = { 0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 3, 'w', 'w', 'w', 7, 'e', 'x', 'a', 'm', 'p', 'l', 'e', 0,
				  0, (uint8_t)qtype, 0, 1 };
	struct client_source source = { .port = 53 };
	struct client_outcome outcome;
	uint8_t reply[1232];

	ck_assert_int_eq(addr_from_text(&source.addr, "192.0.2.1"), 0);
	client_query(&world->clients, &source, query, sizeof query, reply, sizeof reply, now_us, &outcome);
	return outcome;
}

static struct client_outcome
ask(struct client_world *world, uint16_t qtype)
{
	return ask_at(world, qtype, NOW_US);
}

static uint64_t
refreshes(const struct client_world *world)
{
	struct engine_stats stats;
	engine_stats(world->engine, &stats);
	return stats.refreshes;
}

static uint64_t
questions(const struct client_world *world)
{
	struct engine_stats stats;
	engine_stats(world->engine, &stats);
	return stats.questions;
}

static struct client_outcome
again(struct client_world *world, uint64_t client, uint64_t now_us)
{
	struct client_outcome outcome;
	uint8_t reply[1232];
	client_again(&world->clients, client, reply, sizeof reply, now_us, &outcome);
	return outcome;
}

/* The engine of the first finds that nobody answers; its client hears of it. */
static void
end_first(void)
{
	struct client_outcome outcome;
	struct answer answer;
	uint8_t reply[1232];
	uint64_t client;

	ck_assert_uint_eq(client_world_run(&worlds[0], &client, &answer), 1);
	client_answer(&worlds[0].clients, client, &answer, reply, sizeof reply, NOW_US, &outcome);
	ck_assert_int_eq(outcome.fate, CLIENT_REPLIES);
}

START_TEST(the_second_worker_waits_and_then_finds_the_answer)
{
	struct clients *second = &worlds[1].clients;

	ck_assert_int_eq(ask(&worlds[0], TYPE_A).fate, CLIENT_PENDS);
	ck_assert_int_eq(ask(&worlds[1], TYPE_A).fate, CLIENT_PENDS);
	ck_assert_uint_eq(questions(&worlds[0]), 1);
	ck_assert_uint_eq(questions(&worlds[1]), 0);
	ck_assert_uint_eq(clients_deadline(second), NOW_US + CLIENT_WAITS_US);
	clients_told(second);
	ck_assert_uint_eq(clients_due(second, NOW_US), 0);
	ck_assert_uint_eq(clients_to_tell(&worlds[0].clients), 0);

	end_first();
	client_world_put(&worlds[1], "www.example.");
	ck_assert_uint_eq(clients_to_tell(&worlds[0].clients), 2);
	ck_assert_uint_eq(clients_to_tell(&worlds[0].clients), 0);
	ck_assert_uint_eq(clients_due(second, NOW_US), 0); /* nobody has told it */
	clients_told(second);
	const uint64_t client = clients_due(second, NOW_US);
	ck_assert_uint_ne(client, 0);
	const struct client_outcome outcome = again(&worlds[1], client, NOW_US);
	ck_assert(outcome.fate == CLIENT_REPLIES && outcome.rcode == RCODE_NOERROR);
	ck_assert_uint_eq(questions(&worlds[1]), 0);
	ck_assert_uint_eq(clients_due(second, NOW_US), 0);
	ck_assert_uint_eq(clients_deadline(second), ENGINE_NEVER);
	ck_assert_uint_eq(second->stats.waited, 1);
	ck_assert_uint_eq(second->stats.waited_in_vain, 0);
	ck_assert_uint_eq(second->stats.pending, 0);
}
END_TEST

/* What cannot be cached would else be waited for by one worker after the other. */
START_TEST(who_finds_nothing_asks_and_does_not_wait_again)
{
	struct clients *second = &worlds[1].clients;
	struct name qname;

	(void)ask(&worlds[0], TYPE_A);
	(void)ask(&worlds[1], TYPE_A);
	end_first();
	clients_told(second);
	const uint64_t client = clients_due(second, NOW_US);
	ck_assert_uint_ne(client, 0);
	ck_assert_int_eq(name_from_text(&qname, "www.example.", NULL), 0);
	ck_assert_int_eq(underway_claim(underway, underway_hash(underway, &qname, TYPE_A), 7), UNDERWAY_MINE);
	ck_assert_int_eq(again(&worlds[1], client, NOW_US).fate, CLIENT_PENDS);
	ck_assert_uint_eq(questions(&worlds[1]), 1);
	ck_assert_uint_eq(clients_deadline(second), ENGINE_NEVER);
}
END_TEST

START_TEST(nobody_waits_for_longer_than_a_second)
{
	struct clients *second = &worlds[1].clients;

	(void)ask(&worlds[0], TYPE_A);
	(void)ask(&worlds[1], TYPE_A);
	(void)ask(&worlds[1], TYPE_A);
	ck_assert_uint_eq(clients_due(second, NOW_US + CLIENT_WAITS_US - 1), 0);
	for (unsigned i = 0; i < 2; i++) {
		const uint64_t client = clients_due(second, NOW_US + CLIENT_WAITS_US);
		ck_assert_uint_ne(client, 0);
		ck_assert_int_eq(again(&worlds[1], client, NOW_US + CLIENT_WAITS_US).fate, CLIENT_PENDS);
	}
	ck_assert_uint_eq(clients_due(second, NOW_US + CLIENT_WAITS_US), 0);
	ck_assert_uint_eq(questions(&worlds[1]), 2);
	ck_assert_uint_eq(second->stats.waited_in_vain, 2);
}
END_TEST

START_TEST(who_finds_too_many_waiting_asks)
{
	struct clients *second = &worlds[1].clients;

	(void)ask(&worlds[0], TYPE_A);
	for (unsigned i = 0; i < WAITING_MAX + 2; i++)
		ck_assert_int_eq(ask(&worlds[1], TYPE_A).fate, CLIENT_PENDS);
	ck_assert_uint_eq(second->stats.waited, WAITING_MAX);
	ck_assert_uint_eq(second->stats.waited_full, 2);
	ck_assert_uint_eq(questions(&worlds[1]), 2);

	end_first();
	clients_told(second);
	client_world_put(&worlds[1], "www.example.");
	for (unsigned i = 0; i < WAITING_MAX; i++)
		ck_assert_int_eq(again(&worlds[1], clients_due(second, NOW_US), NOW_US).fate, CLIENT_REPLIES);
	ck_assert_uint_eq(clients_due(second, NOW_US), 0);
	ck_assert_int_eq(ask(&worlds[0], TYPE_AAAA).fate, CLIENT_PENDS);
	ck_assert_int_eq(ask(&worlds[1], TYPE_AAAA).fate, CLIENT_PENDS);
	ck_assert_uint_eq(second->stats.waited, WAITING_MAX + 1);
}
END_TEST

/* One in the middle of the list goes, the others stay in it. */
START_TEST(each_waits_for_its_own)
{
	struct clients *second = &worlds[1].clients;
	struct name qname;

	(void)ask(&worlds[0], TYPE_A);
	(void)ask(&worlds[0], TYPE_MX);
	ck_assert_int_eq(name_from_text(&qname, "www.example.", NULL), 0);
	const uint64_t mine = underway_hash(underway, &qname, TYPE_TXT);
	ck_assert_int_eq(underway_claim(underway, mine, 7), UNDERWAY_MINE);
	(void)ask(&worlds[1], TYPE_A);
	(void)ask(&worlds[1], TYPE_TXT);
	(void)ask(&worlds[1], TYPE_MX);
	ck_assert_uint_eq(questions(&worlds[1]), 0);

	ck_assert_uint_eq(underway_release(underway, mine), 2);
	clients_told(second);
	const uint64_t client = clients_due(second, NOW_US);
	ck_assert_uint_ne(client, 0);
	ck_assert_int_eq(again(&worlds[1], client, NOW_US).fate, CLIENT_PENDS);
	ck_assert_uint_eq(clients_due(second, NOW_US), 0);
	ck_assert_uint_eq(questions(&worlds[1]), 1);
	ck_assert_uint_ne(clients_due(second, NOW_US + CLIENT_WAITS_US), 0);
	ck_assert_uint_ne(clients_due(second, NOW_US + CLIENT_WAITS_US), 0);
	ck_assert_uint_eq(clients_due(second, NOW_US + CLIENT_WAITS_US), 0);
	ck_assert_uint_eq(clients_deadline(second), ENGINE_NEVER);
}
END_TEST

START_TEST(other_questions_do_not_wait)
{
	(void)ask(&worlds[0], TYPE_A);
	(void)ask(&worlds[0], TYPE_A); /* of one worker: they meet in its engine */
	(void)ask(&worlds[1], TYPE_AAAA);
	ck_assert_uint_eq(questions(&worlds[0]), 2);
	ck_assert_uint_eq(questions(&worlds[1]), 1);
}
END_TEST

START_TEST(a_client_that_has_gone_holds_nobody_up)
{
	struct answer answer;
	uint64_t client;

	(void)ask(&worlds[0], TYPE_A);
	(void)ask(&worlds[1], TYPE_A);
	ck_assert_uint_eq(client_world_run(&worlds[0], &client, &answer), 1);
	client_drop(&worlds[0].clients, client);
	ck_assert_uint_eq(clients_to_tell(&worlds[0].clients), 2);
	clients_told(&worlds[1].clients);
	client = clients_due(&worlds[1].clients, NOW_US);
	ck_assert_uint_ne(client, 0);
	client_drop(&worlds[1].clients, client);
	ck_assert_uint_eq(worlds[1].clients.stats.pending, 0);
}
END_TEST

/* Both know the record, which has little time left. */
static void
know_what_ends_soon(void)
{
	struct engine_config config = engine_config_default;

	config.prime_root = config.do_ip6 = false;
	config.prefetch = true;
	for (unsigned i = 0; i < 2; i++) {
		engine_configure(worlds[i].engine, &config);
		client_world_put(&worlds[i], "www.example.");
	}
}

START_TEST(what_one_worker_refreshes_the_other_does_not)
{
	struct clients *second = &worlds[1].clients;
	struct answer answer;
	uint64_t client;

	know_what_ends_soon();
	for (unsigned i = 0; i < 2; i++) {
		ck_assert_int_eq(ask_at(&worlds[0], TYPE_A, NEAR_ITS_END_US).fate, CLIENT_REPLIES);
		ck_assert_int_eq(ask_at(&worlds[1], TYPE_A, NEAR_ITS_END_US).fate, CLIENT_REPLIES);
	}
	ck_assert_uint_eq(refreshes(&worlds[0]), 1);
	ck_assert_uint_eq(refreshes(&worlds[1]), 0);
	ck_assert_uint_eq(second->stats.refreshes_left, 2);

	/* It comes to nothing: the other may try. Nobody has waited, so nobody is told. */
	ck_assert_uint_eq(client_world_run(&worlds[0], &client, &answer), 0);
	ck_assert_uint_eq(clients_to_tell(&worlds[0].clients), 0);
	ck_assert_int_eq(ask_at(&worlds[1], TYPE_A, NEAR_ITS_END_US).fate, CLIENT_REPLIES);
	ck_assert_uint_eq(refreshes(&worlds[1]), 1);
}
END_TEST

/* It is asked for where it is not known any more. */
START_TEST(a_question_waits_for_another_workers_refresh)
{
	struct clients *second = &worlds[1].clients;
	struct answer answer;
	uint64_t client;

	know_what_ends_soon();
	ck_assert_int_eq(ask_at(&worlds[0], TYPE_A, NEAR_ITS_END_US).fate, CLIENT_REPLIES);
	ck_assert_int_eq(ask_at(&worlds[1], TYPE_A, AFTER_ITS_END_US).fate, CLIENT_PENDS);
	ck_assert_uint_eq(second->stats.waited, 1);
	ck_assert_uint_eq(questions(&worlds[1]), 0);
	(void)client_world_run(&worlds[0], &client, &answer);
	ck_assert_uint_eq(clients_to_tell(&worlds[0].clients), 2);
}
END_TEST

/* The engine did not take it: it holds no claim that nobody would ever release. */
START_TEST(what_is_not_refreshed_after_all_is_free_for_others)
{
	know_what_ends_soon();
	for (uint16_t qtype = TYPE_TXT; qtype < TYPE_TXT + 4; qtype++) /* all of its tasks are at work */
		(void)ask_at(&worlds[0], qtype, NEAR_ITS_END_US);
	ck_assert_int_eq(ask_at(&worlds[0], TYPE_A, NEAR_ITS_END_US).fate, CLIENT_REPLIES);
	ck_assert_uint_eq(refreshes(&worlds[0]), 0);
	ck_assert_int_eq(ask_at(&worlds[1], TYPE_A, NEAR_ITS_END_US).fate, CLIENT_REPLIES);
	ck_assert_uint_eq(refreshes(&worlds[1]), 1);
	ck_assert_uint_eq(worlds[1].clients.stats.refreshes_left, 0);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("shared");
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, the_second_worker_waits_and_then_finds_the_answer);
	tcase_add_test(tcase, who_finds_nothing_asks_and_does_not_wait_again);
	tcase_add_test(tcase, nobody_waits_for_longer_than_a_second);
	tcase_add_test(tcase, who_finds_too_many_waiting_asks);
	tcase_add_test(tcase, each_waits_for_its_own);
	tcase_add_test(tcase, other_questions_do_not_wait);
	tcase_add_test(tcase, a_client_that_has_gone_holds_nobody_up);
	tcase_add_test(tcase, what_one_worker_refreshes_the_other_does_not);
	tcase_add_test(tcase, a_question_waits_for_another_workers_refresh);
	tcase_add_test(tcase, what_is_not_refreshed_after_all_is_free_for_others);
	Suite *suite = suite_create("clients: questions of several workers");
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}

/* The root's own NS set (RFC 8109): asked for at the start, kept, renewed, and done without. */
#include "resolver/iterate/engine_priv.h"
#include "tests/resolver/iterate/world.h"
#include "tests/suite.h"

static const char root_text[] = ". 86400 SOA mname. rname. 1 2 3 4 86400\n"
				". 36000 NS ns.root.\n"
				". 36000 NS other.root.\n"
				"ns.root. 36000 A 192.0.2.1\n"
				"other.root. 36000 A 192.0.2.7\n"
				"com. 300 TXT \"the root itself answers\"\n";
static const struct world_zone root = { ".", root_text };

struct prime {
	struct world *world;
	struct world_server *hinted, *other;
};

static struct prime
prime_of(bool prime_root)
{
	struct engine_config config = engine_config_default;
	config.prime_root = prime_root;
	struct prime prime = { .world = world_new(suite_seed(2), &config) };
	prime.hinted = world_server(prime.world, "192.0.2.1", &root);
	prime.other = world_server(prime.world, "192.0.2.7", &root);
	return prime;
}

static void
start(struct prime *prime)
{
	engine_prime(prime->world->engine, prime->world->now_us);
	world_run(prime->world, 1000000);
}

START_TEST(the_root_is_asked_once_at_the_start_and_its_answer_replaces_the_hints)
{
	struct prime prime = prime_of(true);
	start(&prime);
	ck_assert_uint_eq(world_asked(prime.world, ".", TYPE_NS), 1);
	ck_assert_uint_eq(prime.hinted->asked, 1);
	char qname[16] = "a.com.";
	for (; qname[0] <= 'z'; qname[0]++)
		world_resolve(prime.world, qname, TYPE_A);
	ck_assert_uint_gt(prime.other->asked, 0);
	world_free(prime.world);
}
END_TEST

static void
tell_no_addresses(struct world *world, struct world_server *server, const struct query *query,
		  struct world_reply *reply)
{
	(void)world, (void)server, (void)query;
	reply->sections[SECTION_ADDITIONAL] = NULL;
}

START_TEST(addresses_that_the_answer_leaves_out_come_from_the_hints)
{
	struct prime prime = prime_of(true);
	prime.hinted->habit = tell_no_addresses;
	start(&prime);
	ck_assert_uint_eq(world_asked(prime.world, ".", TYPE_NS), 1);
	ck_assert_uint_eq(world_resolve(prime.world, "com.", TYPE_TXT)->rcode, RCODE_NOERROR);
	ck_assert_uint_eq(prime.hinted->asked, 2);
	world_free(prime.world);
}
END_TEST

START_TEST(the_set_is_renewed_before_it_ends_and_not_earlier)
{
	struct prime prime = prime_of(true);
	start(&prime);
	world_run(prime.world, 31000ull * 1000000);
	ck_assert_uint_eq(world_asked(prime.world, ".", TYPE_NS), 1);
	world_run(prime.world, 4000ull * 1000000);
	ck_assert_uint_eq(world_asked(prime.world, ".", TYPE_NS), 2);
	world_run(prime.world, 36000ull * 1000000);
	ck_assert_uint_eq(world_asked(prime.world, ".", TYPE_NS), 3);
	world_free(prime.world);
}
END_TEST

START_TEST(what_another_worker_has_brought_is_not_asked_for)
{
	struct prime prime = prime_of(true);
	start(&prime);
	/* A second engine over the same caches. */
	size_t size = engine_bytes(&prime.world->limits);
	void *block = calloc(1, size);
	struct engine *second =
		engine_new(block, size, &prime.world->limits, &prime.world->config,
			   &prime.world->caches, &prime.world->rng, prime.world->now_us);
	struct engine_action action;
	engine_prime(second, prime.world->now_us);
	ck_assert(!engine_next(second, &action));
	while (engine_deadline(second) < prime.world->now_us + 30000ull * 1000000) {
		engine_timeout(second, engine_deadline(second));
		ck_assert(!engine_next(second, &action));
	}
	ck_assert_uint_lt(engine_deadline(second), prime.world->now_us + 36000ull * 1000000);
	free(block);
	world_free(prime.world);
}
END_TEST

START_TEST(a_root_that_does_not_answer_is_asked_more_and_more_rarely)
{
	struct prime prime = prime_of(true);
	prime.hinted->dead = true;
	engine_prime(prime.world->engine, prime.world->now_us);
	world_run(prime.world, 3600ull * 1000000);
	struct engine_stats stats;
	engine_stats(prime.world->engine, &stats);
	ck_assert_uint_ge(stats.primes, 5);
	ck_assert_uint_le(stats.primes, 10);
	prime.hinted->dead = false;
	world_run(prime.world, 3600ull * 1000000);
	unsigned sent = prime.world->sent_count;
	world_run(prime.world, 3600ull * 1000000);
	ck_assert_uint_eq(prime.world->sent_count, sent);
	world_free(prime.world);
}
END_TEST

START_TEST(questions_do_not_wait_for_priming)
{
	struct prime prime = prime_of(true);
	engine_prime(prime.world->engine, prime.world->now_us);
	const struct world_result *result = world_resolve(prime.world, "com.", TYPE_TXT);
	ck_assert_uint_eq(result->rcode, RCODE_NOERROR);
	ck_assert_uint_le(result->took_us, 11000);
	world_free(prime.world);
}
END_TEST

START_TEST(without_priming_nothing_is_asked_that_nobody_wants_to_know)
{
	struct prime prime = prime_of(false);
	start(&prime);
	ck_assert_uint_eq(prime.world->sent_count, 0);
	world_resolve(prime.world, "com.", TYPE_TXT);
	world_resolve(prime.world, ".", TYPE_NS);
	ck_assert_uint_eq(prime.world->sent_count, 2);
	world_run(prime.world, 90000ull * 1000000);
	ck_assert_uint_eq(prime.world->sent_count, 2);
	ck_assert_uint_eq(prime.other->asked, 0);
	world_free(prime.world);
}
END_TEST

START_TEST(when_the_primed_set_has_ended_the_hints_serve_again)
{
	struct prime prime = prime_of(true);
	start(&prime);
	prime.hinted->dead = prime.other->dead = true;
	world_run(prime.world, 40000ull * 1000000);
	prime.hinted->dead = false;
	ck_assert_uint_eq(world_resolve(prime.world, "com.", TYPE_TXT)->rcode, RCODE_NOERROR);
	world_free(prime.world);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("iterate: priming");
	TCase *tcase = tcase_create("priming");
	tcase_add_test(tcase,
		       the_root_is_asked_once_at_the_start_and_its_answer_replaces_the_hints);
	tcase_add_test(tcase, addresses_that_the_answer_leaves_out_come_from_the_hints);
	tcase_add_test(tcase, the_set_is_renewed_before_it_ends_and_not_earlier);
	tcase_add_test(tcase, what_another_worker_has_brought_is_not_asked_for);
	tcase_add_test(tcase, a_root_that_does_not_answer_is_asked_more_and_more_rarely);
	tcase_add_test(tcase, questions_do_not_wait_for_priming);
	tcase_add_test(tcase, without_priming_nothing_is_asked_that_nobody_wants_to_know);
	tcase_add_test(tcase, when_the_primed_set_has_ended_the_hints_serve_again);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}

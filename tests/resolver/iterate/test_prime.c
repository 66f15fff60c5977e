/*
 * The root's own NS set (RFC 8109): asked for at the start, kept, renewed, waited for, and done without; and the same of stubs
 * with stub-prime.
 */
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

static void
start_with(struct prime *prime, struct forwards *forwards, const struct forward_zone *zone)
{
	static uint8_t block[8192];
	struct arena arena;
	arena_init(&arena, block, sizeof block);
	ck_assert_int_eq(forwards_init(forwards, &arena, 4, &prime->world->dice), 0);
	ck_assert_int_eq(forwards_add(forwards, zone), 0);
	prime->world->has_forwarder = zone->is_forward;
	engine_set_forwards(prime->world->engine, forwards);
	start(prime);
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

START_TEST(a_question_at_the_start_waits_until_the_root_has_said_who_serves_it)
{
	struct prime prime = prime_of(true);
	engine_prime(prime.world->engine, prime.world->now_us);
	const struct world_result *result = world_resolve(prime.world, "com.", TYPE_TXT);
	ck_assert_uint_eq(result->rcode, RCODE_NOERROR);
	ck_assert_uint_le(result->took_us, 21000); /* two round trips */
	ck_assert_uint_eq(prime.world->sent_count, 2);
	ck_assert_uint_eq(prime.world->log[0].qtype, TYPE_NS);
	ck_assert_uint_eq(world_asked(prime.world, "com.", TYPE_TXT), 1);
	world_free(prime.world);
}
END_TEST

START_TEST(the_first_question_has_the_root_asked_when_nobody_else_has_and_its_set_is_not_renewed)
{
	struct prime prime = prime_of(true);
	unsigned first = world_ask(prime.world, "com.", TYPE_TXT), second = world_ask(prime.world, "a.com.", TYPE_A);
	world_run(prime.world, 1000000);
	ck_assert_uint_eq(prime.world->results[first].rcode, RCODE_NOERROR);
	ck_assert_uint_eq(prime.world->results[second].rcode, RCODE_NXDOMAIN);
	ck_assert_uint_eq(world_asked(prime.world, ".", TYPE_NS), 1);
	world_run(prime.world, 72000ull * 1000000);
	ck_assert_uint_eq(world_asked(prime.world, ".", TYPE_NS), 1);
	world_resolve(prime.world, "b.org.", TYPE_A);
	ck_assert_uint_eq(world_asked(prime.world, ".", TYPE_NS), 2);
	world_free(prime.world);
}
END_TEST

START_TEST(a_question_about_the_roots_own_set_waits_for_nobody)
{
	struct prime prime = prime_of(true);
	ck_assert(world_has(world_resolve(prime.world, ".", TYPE_NS), SECTION_ANSWER, ".", TYPE_NS, "other.root."));
	ck_assert_uint_eq(prime.world->sent_count, 1);
	ck_assert_uint_eq(world_resolve(prime.world, "com.", TYPE_TXT)->rcode, RCODE_NOERROR);
	ck_assert_uint_eq(world_asked(prime.world, ".", TYPE_NS), 1);
	world_free(prime.world);
}
END_TEST

/* Of priming alone. */
static void
say_nothing_of_itself(struct world *world, struct world_server *server, const struct query *query,
		      struct world_reply *reply)
{
	(void)world, (void)server, (void)query;
	reply->silent = reply->question.qname.size == 1;
}

START_TEST(priming_that_takes_longer_than_a_reply_should_is_not_waited_for)
{
	struct prime prime = prime_of(true);
	prime.hinted->habit = say_nothing_of_itself;
	const struct world_result *result = world_resolve(prime.world, "com.", TYPE_TXT);
	ck_assert_uint_eq(result->rcode, RCODE_NOERROR);
	ck_assert_uint_le(result->took_us, INFRA_RTO_FIRST_US + 21000);
	world_free(prime.world);
}
END_TEST

static void
refuse_to_tell(struct world *world, struct world_server *server, const struct query *query, struct world_reply *reply)
{
	(void)world, (void)server, (void)query;
	if (reply->question.qname.size == 1)
		world_reply_clear(reply, DNS_QR, RCODE_REFUSED);
}

START_TEST(after_priming_has_failed_the_hints_serve_and_the_next_questions_do_not_wait)
{
	struct prime prime = prime_of(true);
	prime.hinted->habit = refuse_to_tell;
	ck_assert_uint_eq(world_resolve(prime.world, "com.", TYPE_TXT)->rcode, RCODE_NOERROR);
	unsigned asked = world_asked(prime.world, ".", TYPE_NS);
	const struct world_result *result = world_resolve(prime.world, "com.", TYPE_A);
	ck_assert_uint_eq(result->rcode, RCODE_NOERROR);
	ck_assert_uint_le(result->took_us, 11000);
	ck_assert_uint_eq(world_asked(prime.world, ".", TYPE_NS), asked);
	world_run(prime.world, 3600ull * 1000000);
	ck_assert_uint_eq(world_asked(prime.world, ".", TYPE_NS), asked);
	prime.hinted->habit = NULL;
	world_resolve(prime.world, "b.com.", TYPE_A);
	ck_assert_uint_eq(world_asked(prime.world, ".", TYPE_NS), asked + 1);
	ck_assert_uint_eq(prime.other->asked, 0);
	world_free(prime.world);
}
END_TEST

START_TEST(who_forwards_everything_needs_no_root)
{
	struct prime prime = prime_of(true);
	struct forward_zone zone = { .name = &name_root, .is_forward = true, .addr_count = 1,
				     .addrs = { { addr_of("192.0.2.7"), 0 } } };
	struct forwards forwards;
	start_with(&prime, &forwards, &zone);
	ck_assert_uint_eq(prime.world->sent_count, 0);
	ck_assert_uint_eq(world_resolve(prime.world, "com.", TYPE_TXT)->rcode, RCODE_NOERROR);
	ck_assert_uint_eq(prime.world->sent_count, 1);
	ck_assert_uint_eq(prime.other->asked, 1);
	world_free(prime.world);
}
END_TEST

/* ---- stub-prime ------------------------------------------------------------------------------------- */

static const struct world_zone corp = { "corp.", "corp. 300 SOA mname. rname. 1 2 3 4 300\n"
						 "corp. 300 NS ns.corp.\n"
						 "ns.corp. 300 A 192.0.2.20\n"
						 "www.corp. 60 A 192.0.2.80\n"
						 "ftp.corp. 60 A 192.0.2.81\n" };

struct stub {
	struct prime prime;
	struct world_server *given, *own; /* as the operator says; as the zone itself says */
	struct forwards forwards;
};

static void
stub_start(struct stub *stub, const struct forward_zone *zone)
{
	stub->prime = prime_of(false);
	stub->given = world_server(stub->prime.world, "192.0.2.10", &corp);
	stub->own = world_server(stub->prime.world, "192.0.2.20", &corp);
	start_with(&stub->prime, &stub->forwards, zone);
}

static struct forward_zone
zone_of(const struct name *name, bool is_primed)
{
	return (struct forward_zone){ .name = name, .prime = is_primed, .addr_count = 1,
				      .addrs = { { addr_of("192.0.2.10"), 0 } } };
}

START_TEST(a_stub_with_prime_is_asked_who_serves_it_and_then_those_are_asked)
{
	const struct name name = name_of("corp.");
	struct forward_zone zone = zone_of(&name, true);
	struct stub stub;
	stub_start(&stub, &zone);
	ck_assert(world_has(world_resolve(stub.prime.world, "www.corp.", TYPE_A), SECTION_ANSWER, "www.corp.", TYPE_A,
			    "192.0.2.80"));
	ck_assert_uint_eq(stub.given->asked, 1);
	ck_assert_uint_eq(stub.own->asked, 1);
	world_resolve(stub.prime.world, "ftp.corp.", TYPE_A);
	ck_assert_uint_eq(stub.given->asked, 1);
	world_run(stub.prime.world, 301ull * 1000000);
	world_resolve(stub.prime.world, "www.corp.", TYPE_A);
	ck_assert_uint_eq(stub.given->asked, 2);
	ck_assert_uint_eq(stub.prime.hinted->asked + stub.prime.other->asked, 0);
	world_free(stub.prime.world);
}
END_TEST

START_TEST(whom_a_stub_has_named_does_not_renew_itself)
{
	const struct engine_question anew = { .qname = name_of("corp."), .qtype = TYPE_NS, .qclass = CLASS_IN, .anew = true };
	const struct name name = name_of("corp.");
	struct forward_zone zone = zone_of(&name, true);
	struct stub stub;
	stub_start(&stub, &zone);
	world_resolve(stub.prime.world, "www.corp.", TYPE_A);
	world_run(stub.prime.world, 200ull * 1000000);
	world_resolve_as(stub.prime.world, &anew);
	world_run(stub.prime.world, 101ull * 1000000);
	ck_assert_uint_eq(stub.own->asked, 2);
	world_resolve(stub.prime.world, "ftp.corp.", TYPE_A);
	ck_assert_uint_eq(stub.given->asked, 2);
	world_free(stub.prime.world);
}
END_TEST

START_TEST(a_stub_without_prime_is_asked_itself_whatever_it_says)
{
	const struct name name = name_of("corp.");
	struct forward_zone zone = zone_of(&name, false);
	struct stub stub;
	stub_start(&stub, &zone);
	world_resolve(stub.prime.world, "corp.", TYPE_NS);
	world_resolve(stub.prime.world, "www.corp.", TYPE_A);
	ck_assert_uint_eq(stub.given->asked, 2);
	ck_assert_uint_eq(stub.own->asked, 0);
	world_free(stub.prime.world);
}
END_TEST

static void
refuse_the_set(struct world *world, struct world_server *server, const struct query *query, struct world_reply *reply)
{
	(void)world, (void)server, (void)query;
	if (reply->question.qtype == TYPE_NS)
		world_reply_clear(reply, DNS_QR, RCODE_REFUSED);
}

START_TEST(a_stub_that_does_not_say_who_serves_it_is_asked_as_it_is)
{
	const struct name name = name_of("corp.");
	struct forward_zone zone = zone_of(&name, true);
	struct stub stub;
	stub_start(&stub, &zone);
	stub.given->habit = refuse_the_set;
	ck_assert_uint_eq(world_resolve(stub.prime.world, "www.corp.", TYPE_A)->rcode, RCODE_NOERROR);
	ck_assert_uint_eq(stub.given->asked, 2);
	ck_assert_uint_eq(stub.own->asked, 0);
	world_free(stub.prime.world);
}
END_TEST

START_TEST(when_those_who_serve_a_primed_stub_fail_so_does_the_question)
{
	const struct name name = name_of("corp.");
	struct forward_zone zone = zone_of(&name, true);
	struct stub stub;
	stub_start(&stub, &zone);
	stub.own->dead = true;
	ck_assert_uint_eq(world_resolve(stub.prime.world, "www.corp.", TYPE_A)->rcode, RCODE_SERVFAIL);
	ck_assert_uint_eq(stub.prime.hinted->asked + stub.prime.other->asked, 0);
	world_free(stub.prime.world);
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
	tcase_add_test(tcase, a_question_at_the_start_waits_until_the_root_has_said_who_serves_it);
	tcase_add_test(tcase, the_first_question_has_the_root_asked_when_nobody_else_has_and_its_set_is_not_renewed);
	tcase_add_test(tcase, a_question_about_the_roots_own_set_waits_for_nobody);
	tcase_add_test(tcase, priming_that_takes_longer_than_a_reply_should_is_not_waited_for);
	tcase_add_test(tcase, after_priming_has_failed_the_hints_serve_and_the_next_questions_do_not_wait);
	tcase_add_test(tcase, who_forwards_everything_needs_no_root);
	tcase_add_test(tcase, a_stub_with_prime_is_asked_who_serves_it_and_then_those_are_asked);
	tcase_add_test(tcase, whom_a_stub_has_named_does_not_renew_itself);
	tcase_add_test(tcase, a_stub_without_prime_is_asked_itself_whatever_it_says);
	tcase_add_test(tcase, a_stub_that_does_not_say_who_serves_it_is_asked_as_it_is);
	tcase_add_test(tcase, when_those_who_serve_a_primed_stub_fail_so_does_the_question);
	tcase_add_test(tcase, without_priming_nothing_is_asked_that_nobody_wants_to_know);
	tcase_add_test(tcase, when_the_primed_set_has_ended_the_hints_serve_again);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}

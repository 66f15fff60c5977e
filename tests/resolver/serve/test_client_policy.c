/* What response policy zones make of clients' queries, from octets to octets, and what of it is kept: nothing. */
#include <stdlib.h>
#include <string.h>

#include "resolver/policy/rpz.h"
#include "tests/resolver/serve/client_world.h"
#include "tests/suite.h"

#define POLICY_BYTES (4u << 20)

static struct client_world world;
static struct clients *const clients = &world.clients;
static struct client_outcome outcome;
static struct client_source source;
static struct message message;
static struct arena reading;
static uint8_t query_bytes[512], reply_bytes[4096], reading_block[256u << 10];
static struct rpz_reading *rpz_reading;
static void *policy_block; /* of one reading of the configuration: freed with the next */

static const char rules[] = "blocked.example CNAME .\n"
			    "dropped.listed CNAME rpz-drop.\n"
			    "tcp.listed CNAME rpz-tcp-only.\n"
			    "here.listed CNAME www.example.\n"
			    "32.80.2.0.192.rpz-ip A 198.51.100.1\n"
			    "32.7.2.0.192.rpz-client-ip CNAME rpz-passthru.\n";

static struct ip_addr
addr_of(const char *text)
{
	struct ip_addr addr;
	ck_assert_int_eq(addr_from_text(&addr, text), 0);
	return addr;
}

/* The zones in memory of their own. */
static void
use_rules(const char *text, bool is_logged)
{
	struct arena arena;
	struct rpz_zone *zone;
	struct name name;
	void *before = policy_block;
	policy_block = calloc(1, POLICY_BYTES);
	arena_init(&arena, policy_block, POLICY_BYTES);
	struct rpz *rpz = rpz_new(&arena);
	ck_assert_int_eq(name_from_text(&name, "rpz.test.", NULL), 0);
	ck_assert_int_eq(rpz_zone_add(rpz, &name, &world.rng, &zone), 0);
	ck_assert_int_eq(rpz_zone_read(rpz, zone, text, strlen(text), rpz_reading), 0);
	if (is_logged)
		zone->log_name = arena_copy(&arena, "list", sizeof "list");
	world.policy.rpz = rpz;
	engine_set_rpz(world.engine, rpz);
	free(before);
}

static void
setup(void)
{
	client_world_init(&world, suite_seed(3));
	arena_init(&reading, reading_block, sizeof reading_block);
	source = (struct client_source){ .addr = addr_of("192.0.2.1"), .port = 5353 };
	rpz_reading = malloc(sizeof *rpz_reading);
	policy_block = NULL;
	use_rules(rules, true);
}

static void
teardown(void)
{
	client_world_fini(&world);
	free(rpz_reading);
	free(policy_block);
}

static void
read_reply(void)
{
	arena_reset(&reading);
	if (outcome.fate == CLIENT_REPLIES)
		ck_assert_int_eq(message_read(&message, &reading, reply_bytes, outcome.reply_bytes), 0);
}

static void
ask(const char *qname)
{
	struct writer writer = writer_over(query_bytes, sizeof query_bytes);
	struct name name;
	ck_assert_int_eq(name_from_text(&name, qname, NULL), 0);
	writer_u16(&writer, 0x1234);
	writer_u16(&writer, DNS_RD);
	writer_u16(&writer, 1);
	writer_u32(&writer, 0);
	writer_u16(&writer, 0);
	writer_bytes(&writer, name.wire, name.size);
	writer_u16(&writer, TYPE_A);
	writer_u16(&writer, CLASS_IN);
	client_query(clients, &source, query_bytes, writer.pos, reply_bytes, sizeof reply_bytes, CLIENT_WORLD_NOW_US, &outcome);
	read_reply();
}

/* The address in the last set of the answer. */
static void
assert_answers(uint8_t last_octet)
{
	const struct rrset *set = message.sections[SECTION_ANSWER];
	ck_assert(outcome.fate == CLIENT_REPLIES && set != NULL);
	while (set->next != NULL)
		set = set->next;
	ck_assert_uint_eq(set->type, TYPE_A);
	ck_assert_uint_eq(set->rdata[5], last_octet);
}

START_TEST(what_is_blocked_is_answered_at_once_and_logged)
{
	ask("blocked.example.");
	ck_assert_uint_eq(message.rcode, RCODE_NXDOMAIN);
	ck_assert_ptr_nonnull(outcome.note);
	ck_assert_str_eq(outcome.note->log_name, "list");
	ck_assert_str_eq(outcome.note->action, "nxdomain");
	use_rules(rules, false);
	ask("blocked.example.");
	ck_assert_ptr_null(outcome.note);
}
END_TEST

START_TEST(what_is_dropped_has_no_answer_and_is_counted)
{
	ask("dropped.listed.");
	ck_assert_int_eq((int)outcome.fate, CLIENT_DROPS);
	ck_assert_uint_eq(clients->stats.dropped_policy, 1);
	ck_assert_uint_eq(clients->stats.pending, 0);
}
END_TEST

START_TEST(what_is_for_tcp_alone_is_truncated_over_udp)
{
	client_world_put(&world, "tcp.listed.");
	ask("tcp.listed.");
	ck_assert(outcome.fate == CLIENT_REPLIES && (message.flags & DNS_TC) != 0);
	ck_assert_uint_eq(message.rrset_counts[SECTION_ANSWER], 0);
	source.is_stream = true;
	ask("tcp.listed.");
	ck_assert_uint_eq(message.flags & DNS_TC, 0);
	assert_answers(80); /* and the address in it, which is listed too, passes: the whole question does */
}
END_TEST

START_TEST(an_alias_is_followed_into_the_cache_and_the_address_there_is_judged)
{
	client_world_put(&world, "www.example.");
	ask("here.listed.");
	ck_assert_uint_eq(message.sections[SECTION_ANSWER]->type, TYPE_CNAME);
	assert_answers(1);
	ck_assert_uint_eq(clients->stats.answers_cached, 1);
}
END_TEST

START_TEST(the_cache_keeps_what_the_zone_says)
{
	client_world_put(&world, "www.example.");
	ask("www.example.");
	assert_answers(1);
	source.addr = addr_of("2001:db8::1");
	ask("www.example.");
	assert_answers(1);
	world.policy.rpz = NULL;
	ask("www.example.");
	assert_answers(80);
}
END_TEST

START_TEST(rules_may_be_read_anew_while_their_alias_is_resolved)
{
	uint64_t client = 0;
	struct answer answer;
	ask("here.listed.");
	ck_assert_int_eq((int)outcome.fate, CLIENT_PENDS);
	use_rules("other.listed CNAME .\n", false); /* the memory of the old ones is gone */
	ck_assert_uint_eq(client_world_run(&world, &client, &answer), 1);
	client_answer(clients, client, &answer, reply_bytes, sizeof reply_bytes, CLIENT_WORLD_NOW_US, &outcome);
	read_reply();
	ck_assert(outcome.fate == CLIENT_REPLIES && message.rcode == RCODE_SERVFAIL);
	ask("here.listed.");
	ck_assert_int_ne((int)outcome.fate, CLIENT_DROPS);
}
END_TEST

START_TEST(clients_with_other_policies_share_no_task)
{
	struct engine_stats stats;
	ask("www.listed.");
	ck_assert_int_eq((int)outcome.fate, CLIENT_PENDS);
	source.is_stream = true; /* another set of policies: tcp-only means something else */
	ask("www.listed.");
	ck_assert_int_eq((int)outcome.fate, CLIENT_PENDS);
	engine_stats(world.engine, &stats);
	ck_assert_uint_eq(stats.tasks, 2);
	ck_assert_uint_eq(stats.joined, 0);
	ask("www.listed.");
	engine_stats(world.engine, &stats);
	ck_assert_uint_eq(stats.joined, 1);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("client: policy");
	TCase *tcase = tcase_create("policy");
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, what_is_blocked_is_answered_at_once_and_logged);
	tcase_add_test(tcase, what_is_dropped_has_no_answer_and_is_counted);
	tcase_add_test(tcase, what_is_for_tcp_alone_is_truncated_over_udp);
	tcase_add_test(tcase, an_alias_is_followed_into_the_cache_and_the_address_there_is_judged);
	tcase_add_test(tcase, the_cache_keeps_what_the_zone_says);
	tcase_add_test(tcase, rules_may_be_read_anew_while_their_alias_is_resolved);
	tcase_add_test(tcase, clients_with_other_policies_share_no_task);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}

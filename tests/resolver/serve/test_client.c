/*
 * A query's life against real caches, a real engine and real policy; the network is played by hand: an
 * upstream query that the engine wants to send is answered here, or not at all.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "resolver/wire/rdata.h"
#include "stack/base/rng.h"
#include "tests/resolver/serve/client_world.h"
#include "tests/suite.h"

#define NO_EDNS -1

static struct client_world world;
static struct clients *const clients = &world.clients;
static struct client_outcome outcome;
static struct client_source source;
static struct arena reading;
static struct message message;
static uint8_t query_bytes[512], reply_bytes[MESSAGE_BYTES_MAX], reading_block[512 << 10];
static uint64_t now_us;

/* ---- a world in a state -------------------------------------------------------------------------- */

static struct ip_addr
addr_of(const char *text)
{
	struct ip_addr addr;
	ck_assert_int_eq(addr_from_text(&addr, text), 0);
	return addr;
}

static struct name
name_of(const char *text)
{
	struct name name;
	ck_assert_int_eq(name_from_text(&name, text, NULL), 0);
	return name;
}

static void
setup(void)
{
	client_world_init(&world, suite_seed(3));
	now_us = CLIENT_WORLD_NOW_US;
	arena_init(&reading, reading_block, sizeof reading_block);
	source = (struct client_source){ .addr = addr_of("192.0.2.1"), .port = 5353 };
}

static void
teardown(void)
{
	client_world_fini(&world);
}

/* ---- asking --------------------------------------------------------------------------------------- */

static void
ask_bytes(const uint8_t *bytes, size_t size)
{
	client_query(clients, &source, bytes, size, reply_bytes, 4096, now_us, &outcome);
	if (outcome.fate != CLIENT_REPLIES)
		return;
	arena_reset(&reading);
	ck_assert_int_eq(message_read(&message, &reading, reply_bytes, outcome.reply_bytes), 0);
	ck_assert_uint_eq(message.id, 0x1234);
	ck_assert(message.flags & DNS_QR);
}

/* One question; edns_version NO_EDNS leaves the OPT out. */
static void
ask_with(const char *qname, uint16_t qtype, uint16_t qclass, uint16_t flags, int edns_version)
{
	struct name name = name_of(qname);
	struct writer writer = writer_over(query_bytes, sizeof query_bytes);
	writer_u16(&writer, 0x1234);
	writer_u16(&writer, flags);
	writer_u16(&writer, 1);
	writer_u32(&writer, 0);
	writer_u16(&writer, edns_version != NO_EDNS);
	writer_bytes(&writer, name.wire, name.size);
	writer_u16(&writer, qtype);
	writer_u16(&writer, qclass);
	if (edns_version != NO_EDNS) {
		writer_u8(&writer, 0);
		writer_u16(&writer, TYPE_OPT);
		writer_u16(&writer, 1232);
		writer_u32(&writer, (uint32_t)edns_version << 16);
		writer_u16(&writer, 0);
	}
	ask_bytes(query_bytes, writer.pos);
}

static void
ask(const char *qname, uint16_t qtype)
{
	ask_with(qname, qtype, CLASS_IN, DNS_RD, 0);
}

static int
ede_of_reply(void)
{
	const uint8_t *value;
	uint16_t value_bytes;
	if (!edns_find(&message.edns, EDNS_EDE, &value, &value_bytes) || value_bytes < 2)
		return EDE_NONE;
	return value[0] << 8 | value[1];
}

/* ---- what is refused, and how ------------------------------------------------------------------------ */

static const struct {
	const char *behaviour, *client, *qname;
	uint16_t qtype, qclass, flags;
	int edns_version;
	int rcode; /* -1: no answer */
	int ede;
} refusals[] = {
	{ "who may not ask is refused", "192.0.2.2", "a.local.example.", TYPE_A, CLASS_IN, DNS_RD,
	  0, RCODE_REFUSED, EDE_PROHIBITED },
	{ "who is denied hears nothing", "192.0.2.3", "a.local.example.", TYPE_A, CLASS_IN, DNS_RD,
	  0, -1, EDE_NONE },
	{ "who is in no list is refused", "198.51.100.1", "example.", TYPE_A, CLASS_IN, DNS_RD, 0,
	  RCODE_REFUSED, EDE_PROHIBITED },
	{ "without RD nobody recurses", "192.0.2.1", "www.example.", TYPE_A, CLASS_IN, 0, 0,
	  RCODE_REFUSED, EDE_NOT_AUTHORITATIVE },
	{ "a snooper is told what the cache has not", "192.0.2.4", "www.example.", TYPE_A, CLASS_IN,
	  0, 0, RCODE_REFUSED, EDE_NOT_AUTHORITATIVE },
	{ "local data are for who may have no more", "192.0.2.6", "a.local.example.", TYPE_A,
	  CLASS_IN, DNS_RD, 0, RCODE_NOERROR, EDE_NONE },
	{ "and nothing else is", "192.0.2.6", "www.example.", TYPE_A, CLASS_IN, DNS_RD, 0,
	  RCODE_REFUSED, EDE_PROHIBITED },
	{ "or not even refused", "192.0.2.7", "www.example.", TYPE_A, CLASS_IN, DNS_RD, 0, -1,
	  EDE_NONE },
	{ "local data need no RD", "192.0.2.1", "a.local.example.", TYPE_A, CLASS_IN, 0, 0,
	  RCODE_NOERROR, EDE_NONE },
	{ "NOTIFY is refused", "192.0.2.1", "example.", TYPE_SOA, CLASS_IN, OPCODE_NOTIFY << 11,
	  NO_EDNS, RCODE_REFUSED, EDE_NONE },
	{ "UPDATE is not implemented", "192.0.2.1", "example.", TYPE_SOA, CLASS_IN,
	  OPCODE_UPDATE << 11, NO_EDNS, RCODE_NOTIMP, EDE_NONE },
	{ "nor STATUS", "192.0.2.1", "example.", TYPE_SOA, CLASS_IN, OPCODE_STATUS << 11, NO_EDNS,
	  RCODE_NOTIMP, EDE_NONE },
	{ "AXFR is refused", "192.0.2.1", "example.", TYPE_AXFR, CLASS_IN, DNS_RD, 0, RCODE_REFUSED,
	  EDE_NOT_AUTHORITATIVE },
	{ "IXFR is refused", "192.0.2.1", "example.", TYPE_IXFR, CLASS_IN, DNS_RD, 0, RCODE_REFUSED,
	  EDE_NOT_AUTHORITATIVE },
	{ "no zone has a TSIG", "192.0.2.1", "example.", TYPE_TSIG, CLASS_IN, DNS_RD, 0,
	  RCODE_FORMERR, EDE_INVALID_QUERY_TYPE },
	{ "no zone has an OPT", "192.0.2.1", "example.", TYPE_OPT, CLASS_IN, DNS_RD, 0,
	  RCODE_FORMERR, EDE_INVALID_QUERY_TYPE },
	{ "MAILB is obsolete", "192.0.2.1", "example.", TYPE_MAILB, CLASS_IN, DNS_RD, 0,
	  RCODE_FORMERR, EDE_INVALID_QUERY_TYPE },
	{ "there is no type 0", "192.0.2.1", "example.", 0, CLASS_IN, DNS_RD, 0, RCODE_FORMERR,
	  EDE_INVALID_QUERY_TYPE },
	{ "class HS is not served", "192.0.2.1", "example.", TYPE_A, CLASS_HS, DNS_RD, 0,
	  RCODE_REFUSED, EDE_NOT_SUPPORTED },
	{ "nor class NONE", "192.0.2.1", "example.", TYPE_A, CLASS_NONE, DNS_RD, 0, RCODE_REFUSED,
	  EDE_NOT_SUPPORTED },
	{ "a zone that is denied is denied in class ANY too", "192.0.2.1", "x.dropped.example.", TYPE_A, CLASS_ANY, DNS_RD, 0,
	  -1, EDE_NONE },
	{ "EDNS version 1 is answered with 0", "192.0.2.1", "example.", TYPE_A, CLASS_IN, DNS_RD, 1,
	  RCODE_BADVERS, EDE_NONE },
	{ "a refused client learns no versions", "192.0.2.2", "example.", TYPE_A, CLASS_IN, DNS_RD,
	  1, RCODE_REFUSED, EDE_PROHIBITED },
	{ "a question with TC is malformed", "192.0.2.1", "example.", TYPE_A, CLASS_IN,
	  DNS_RD | DNS_TC, NO_EDNS, RCODE_FORMERR, EDE_NONE },
	{ "a hidden identity is refused", "192.0.2.1", "id.server.", TYPE_TXT, CLASS_CH, DNS_RD,
	  NO_EDNS, RCODE_REFUSED, EDE_NONE },
	{ "a denied zone is silent", "192.0.2.1", "x.dropped.example.", TYPE_A, CLASS_IN, DNS_RD, 0,
	  -1, EDE_NONE },
	{ "invalid. does not exist (RFC 6761)", "192.0.2.1", "x.invalid.", TYPE_A, CLASS_IN, DNS_RD,
	  NO_EDNS, RCODE_NXDOMAIN, EDE_NONE },
};

START_TEST(a_query_is_refused_for_what_it_is)
{
	source.addr = addr_of(refusals[_i].client);
	ask_with(refusals[_i].qname, refusals[_i].qtype, refusals[_i].qclass, refusals[_i].flags,
		 refusals[_i].edns_version);
	ck_assert(outcome.fate != CLIENT_PENDS);
	if (refusals[_i].rcode < 0) {
		ck_assert_msg(outcome.fate == CLIENT_DROPS, "%s", refusals[_i].behaviour);
		return;
	}
	ck_assert_msg(outcome.fate == CLIENT_REPLIES, "%s", refusals[_i].behaviour);
	ck_assert_msg(message.rcode == refusals[_i].rcode, "%s: rcode %u", refusals[_i].behaviour,
		      message.rcode);
	ck_assert_msg(ede_of_reply() == refusals[_i].ede, "%s: EDE %d", refusals[_i].behaviour,
		      ede_of_reply());
	ck_assert(outcome.from_cache);
	ck_assert_uint_eq(clients->stats.rcodes[message.rcode], 1);
}
END_TEST

START_TEST(what_is_no_query_is_not_answered)
{
	static const uint8_t response[12] = { 0x12, 0x34, 0x80 };
	ask_bytes(response, sizeof response);
	ck_assert(outcome.fate == CLIENT_DROPS);
	ask_bytes(response, 11);
	ck_assert(outcome.fate == CLIENT_DROPS);
	ask_bytes(response, 0);
	ck_assert(outcome.fate == CLIENT_DROPS);
	ck_assert_uint_eq(clients->stats.dropped_malformed, 3);
}
END_TEST

START_TEST(what_cannot_be_read_is_formerr_without_a_question)
{
	static const uint8_t torn[] = { 0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 3, 'w', 'w' };
	ask_bytes(torn, sizeof torn);
	ck_assert(outcome.fate == CLIENT_REPLIES);
	ck_assert_uint_eq(message.rcode, RCODE_FORMERR);
	ck_assert_uint_eq(message.question_count, 0);
	ck_assert_ptr_null(outcome.question);
}
END_TEST

/* ---- what is answered from here ------------------------------------------------------------------------ */

START_TEST(any_is_answered_at_once)
{
	ask("www.example.", TYPE_ANY);
	ck_assert(outcome.fate == CLIENT_REPLIES && message.rcode == RCODE_NOERROR);
	ck_assert_uint_eq(message.sections[SECTION_ANSWER]->type, TYPE_HINFO);
}
END_TEST

START_TEST(any_is_resolved_when_the_operator_wants_it)
{
	world.policy.deny_any = false;
	ask("www.example.", TYPE_ANY);
	ck_assert(outcome.fate == CLIENT_PENDS);
}
END_TEST

START_TEST(the_version_is_told)
{
	ask_with("version.bind.", TYPE_TXT, CLASS_CH, DNS_RD, NO_EDNS);
	ck_assert(outcome.fate == CLIENT_REPLIES && message.rcode == RCODE_NOERROR);
	ck_assert_mem_eq(message.sections[SECTION_ANSWER]->rdata + 2, "\12cairn test", 11);
}
END_TEST

START_TEST(the_cache_answers_in_the_client_s_letter_case)
{
	client_world_put(&world, "www.example.");
	ask("wWw.Example.", TYPE_A);
	ck_assert(outcome.fate == CLIENT_REPLIES && message.rcode == RCODE_NOERROR);
	struct name name = name_of("wWw.Example.");
	ck_assert(name_equal_exact(&message.question.qname, &name));
	ck_assert(name_equal_exact(message.sections[SECTION_ANSWER]->owner, &name));
	ck_assert_uint_eq(clients->stats.answers_cached, 1);
}
END_TEST

/* RFC 1035, section 3.2.5: ANY stands for all classes, and IN is the one that can be resolved. */
START_TEST(class_any_is_answered_from_class_in)
{
	client_world_put(&world, "www.example.");
	ask_with("www.example.", TYPE_A, CLASS_ANY, DNS_RD, 0);
	ck_assert(outcome.fate == CLIENT_REPLIES && message.rcode == RCODE_NOERROR);
	ck_assert_uint_eq(message.question.qclass, CLASS_ANY);
	ck_assert_uint_eq(message.sections[SECTION_ANSWER]->class, CLASS_IN);
	ask_with("other.example.", TYPE_A, CLASS_ANY, DNS_RD, 0);
	ck_assert(outcome.fate == CLIENT_PENDS);
}
END_TEST

START_TEST(without_room_for_answers_nobody_is_answered_from_the_caches)
{
	world.policy.answers_anew = true;
	client_world_put(&world, "www.example.");
	ask("www.example.", TYPE_A);
	ck_assert(outcome.fate == CLIENT_PENDS);
	source.addr = addr_of("192.0.2.4"); /* may snoop */
	ask_with("www.example.", TYPE_A, CLASS_IN, 0, 0);
	ck_assert(outcome.fate == CLIENT_REPLIES && message.rcode == RCODE_REFUSED);
}
END_TEST

START_TEST(a_snooper_sees_the_cache)
{
	client_world_put(&world, "www.example.");
	source.addr = addr_of("192.0.2.4");
	ask_with("www.example.", TYPE_A, CLASS_IN, 0, 0);
	ck_assert(outcome.fate == CLIENT_REPLIES && message.rcode == RCODE_NOERROR);
	ck_assert_uint_eq(message.rrset_counts[SECTION_ANSWER], 1);
}
END_TEST

/* What will not last is asked anew for those who may have others asked. */
START_TEST(a_snooper_makes_nobody_ask)
{
	struct engine_config config = engine_config_default;
	struct engine_stats stats;
	config.prefetch = true;
	config.prime_root = false;
	engine_configure(world.engine, &config);
	client_world_put(&world, "www.example.");
	now_us += 280000000u; /* of 300 s */

	source.addr = addr_of("192.0.2.4");
	ask_with("www.example.", TYPE_A, CLASS_IN, 0, 0);
	ck_assert(outcome.fate == CLIENT_REPLIES && message.rcode == RCODE_NOERROR);
	engine_stats(world.engine, &stats);
	ck_assert_uint_eq(stats.refreshes, 0);

	ask_with("www.example.", TYPE_A, CLASS_IN, DNS_RD, 0);
	engine_stats(world.engine, &stats);
	ck_assert_uint_eq(stats.refreshes, 1);
}
END_TEST

START_TEST(others_do_not_without_rd)
{
	client_world_put(&world, "www.example.");
	ask_with("www.example.", TYPE_A, CLASS_IN, 0, 0);
	ck_assert(outcome.fate == CLIENT_REPLIES && message.rcode == RCODE_REFUSED);
}
END_TEST

START_TEST(a_forgetful_client_may_have_rd_set_for_it)
{
	client_world_put(&world, "www.example.");
	source.addr = addr_of("192.0.2.5");
	ask_with("www.example.", TYPE_A, CLASS_IN, 0, 0);
	ck_assert(outcome.fate == CLIENT_REPLIES && message.rcode == RCODE_NOERROR);
	ck_assert(message.flags & DNS_RD);
}
END_TEST

START_TEST(a_local_alias_is_followed_into_the_cache)
{
	client_world_put(&world, "www.example.");
	ask("alias.local.example.", TYPE_A);
	ck_assert(outcome.fate == CLIENT_REPLIES && message.rcode == RCODE_NOERROR);
	const struct rrset *alias = message.sections[SECTION_ANSWER];
	ck_assert(alias != NULL && alias->type == TYPE_CNAME);
	ck_assert(alias->next != NULL && alias->next->type == TYPE_A && alias->next->next == NULL);
}
END_TEST

START_TEST(an_inform_zone_is_for_the_log)
{
	ask("noisy.example.", TYPE_A);
	ck_assert(outcome.fate == CLIENT_REPLIES);
	ck_assert(outcome.informs != NULL && outcome.informs->type == LOCAL_INFORM);
	ask("a.local.example.", TYPE_A);
	ck_assert_ptr_null(outcome.informs);
}
END_TEST

/* ---- what is resolved ------------------------------------------------------------------------------------- */

START_TEST(what_nobody_knows_pends_and_ends_in_servfail)
{
	uint64_t client = 0;
	struct answer answer;
	ask("www.example.", TYPE_A);
	ck_assert(outcome.fate == CLIENT_PENDS);
	ck_assert_uint_eq(clients->stats.pending, 1);
	ck_assert_uint_eq(client_world_run(&world, &client, &answer), 1);
	ck_assert_uint_eq(client_source_of(clients, client)->port, 5353);
	client_answer(clients, client, &answer, reply_bytes, 4096, CLIENT_WORLD_NOW_US + 1000,
		      &outcome);
	ck_assert(outcome.fate == CLIENT_REPLIES && outcome.rcode == RCODE_SERVFAIL &&
		  !outcome.from_cache);
	ck_assert_uint_eq(outcome.elapsed_us, 1000);
	arena_reset(&reading);
	ck_assert_int_eq(message_read(&message, &reading, reply_bytes, outcome.reply_bytes), 0);
	ck_assert(message.id == 0x1234 && ede_of_reply() != EDE_NONE);
	ck_assert_uint_eq(clients->stats.pending, 0);
}
END_TEST

static const struct {
	const char *behaviour;
	uint64_t elapsed_us;
	bool is_stream, is_sent;
} lateness[] = {
	{ "in time", 1900000, false, true },
	{ "too late for a datagram", 1900001, false, false },
	{ "never too late for a stream", 8000000, true, true },
};

START_TEST(an_answer_that_comes_too_late_is_not_sent)
{
	uint64_t client = 0;
	struct answer answer;
	source.is_stream = lateness[_i].is_stream;
	ask("www.example.", TYPE_A);
	ck_assert_uint_eq(client_world_run(&world, &client, &answer), 1);
	client_answer(clients, client, &answer, reply_bytes, 4096,
		      CLIENT_WORLD_NOW_US + lateness[_i].elapsed_us, &outcome);
	ck_assert_msg((outcome.fate == CLIENT_REPLIES) == lateness[_i].is_sent, "%s",
		      lateness[_i].behaviour);
	ck_assert_uint_eq(clients->stats.dropped_late, !lateness[_i].is_sent);
	ck_assert_uint_eq(clients->stats.pending, 0);
}
END_TEST

/* The policy is the world's own, so that a test may change it. */
START_TEST(who_asks_too_often_is_sent_to_tcp_now_and_then)
{
	unsigned answered = 0, truncated = 0;
	client_world_put(&world, "www.example.");
	world.policy.rate = (struct rate_limit){ .per_s = 5, .factor = 4 };
	for (unsigned i = 0; i < 5 + 8; i++) {
		ask("www.example.", TYPE_A);
		answered += outcome.fate == CLIENT_REPLIES && (message.flags & DNS_TC) == 0;
		truncated += outcome.fate == CLIENT_REPLIES && (message.flags & DNS_TC) != 0;
	}
	ck_assert_uint_eq(answered, 5);
	ck_assert_uint_eq(truncated, 2);
	ck_assert_uint_eq(clients->stats.dropped_rate, 6);
	ck_assert_uint_eq(clients->stats.answers_slipped, 2);
	source.is_stream = true;
	ask("www.example.", TYPE_A);
	ck_assert(outcome.fate == CLIENT_REPLIES && (message.flags & DNS_TC) == 0);
}
END_TEST

/* A datagram that seems lost is sent again, and may find room; over a connection it is not. */
START_TEST(what_finds_no_place_is_not_answered_over_udp_and_servfail_over_tcp)
{
	char qname[32];
	unsigned pending = 0;
	source.is_stream = _i != 0;
	for (unsigned i = 0; i < 2 * CLIENT_WORLD_PENDING_MAX; i++) {
		(void)snprintf(qname, sizeof qname, "h%u.example.",
			       i % 2); /* two tasks, many clients */
		ask(qname, TYPE_A);
		pending += outcome.fate == CLIENT_PENDS;
	}
	ck_assert_uint_eq(pending, CLIENT_WORLD_PENDING_MAX);
	ck_assert_uint_eq(clients->stats.failed_full, source.is_stream ? CLIENT_WORLD_PENDING_MAX : 0);
	ck_assert_uint_eq(clients->stats.dropped_full, source.is_stream ? 0 : CLIENT_WORLD_PENDING_MAX);
	if (!source.is_stream) {
		ck_assert_int_eq(outcome.fate, CLIENT_DROPS);
		return;
	}
	ck_assert(outcome.fate == CLIENT_REPLIES && message.rcode == RCODE_SERVFAIL);
	ck_assert_int_eq(ede_of_reply(), EDE_NOT_READY);
}
END_TEST

START_TEST(more_names_than_tasks_find_no_place)
{
	char qname[32];
	for (unsigned i = 0; i < CLIENT_WORLD_PENDING_MAX; i++) {
		(void)snprintf(qname, sizeof qname, "h%u.example.", i);
		ask(qname, TYPE_A);
	}
	ck_assert_int_eq(outcome.fate, CLIENT_DROPS);
	ck_assert_uint_lt(clients->stats.pending, CLIENT_WORLD_PENDING_MAX);
}
END_TEST

START_TEST(a_client_that_has_gone_leaves_nothing_behind)
{
	static const char *const listener = "a pointer that nobody follows";
	uint64_t client = 0;
	struct answer answer;
	source.listener = (struct listener *)(uintptr_t)listener;
	ask("www.example.", TYPE_A);
	clients_forget_listener(clients, source.listener);
	ck_assert_uint_eq(client_world_run(&world, &client, &answer), 1);
	ck_assert_ptr_null(client_source_of(clients, client)->listener);
	client_drop(clients, client);
	ck_assert_uint_eq(clients->stats.pending, 0);
	ck_assert_uint_eq(clients->stats.dropped_gone, 1);
	for (unsigned i = 0; i <= clients->quota.mask; i++)
		ck_assert_uint_eq(clients->quota.places[i].count, 0);
}
END_TEST

/* An alias whose answer has to be fetched; meanwhile the operator takes the alias away. */
START_TEST(a_reload_may_take_an_alias_away_meanwhile)
{
	uint64_t client = 0;
	struct answer answer;
	struct client_policy without = world.policy;
	ask("alias.local.example.", TYPE_A);
	ck_assert(outcome.fate == CLIENT_PENDS);
	struct local *local = local_new(&world.policy_arena, &world.rng);
	ck_assert_int_eq(local_finish(local, true, false), 0);
	without.local = local;
	clients_set_policy(clients, &without);
	ck_assert_uint_eq(client_world_run(&world, &client, &answer), 1);
	client_answer(clients, client, &answer, reply_bytes, 4096, CLIENT_WORLD_NOW_US, &outcome);
	ck_assert(outcome.fate == CLIENT_PENDS); /* the name itself is looked for, which is nowhere */
	ck_assert_uint_eq(client_world_run(&world, &client, &answer), 1);
	client_answer(clients, client, &answer, reply_bytes, 4096, CLIENT_WORLD_NOW_US, &outcome);
	ck_assert(outcome.fate == CLIENT_REPLIES && outcome.rcode == RCODE_SERVFAIL);
}
END_TEST

/* Any octets at all: no crash, and what is answered is a message that answers them. */
START_TEST(mutated_queries_are_survived)
{
	uint8_t bytes[128];
	struct rng dice;
	uint64_t seed = suite_seed(0x5eed);
	rng_init_number(&dice, seed);
	client_world_put(&world, "www.example.");
	for (unsigned i = 0; i < 20000; i++) {
		ask("www.example.", TYPE_A);
		size_t size = 12 + 13 + 4 + 11;
		memcpy(bytes, query_bytes, size);
		for (unsigned k = rng_below(&dice, 4) + 1; k > 0; k--)
			bytes[2 + rng_below(&dice, (uint32_t)size - 2)] = (uint8_t)rng_u16(&dice);
		if (rng_below(&dice, 4) == 0)
			size = rng_below(&dice, (uint32_t)size + 1);
		ask_bytes(bytes, size);
		uint64_t client;
		struct answer answer;
		if (outcome.fate == CLIENT_PENDS) {
			ck_assert_msg(client_world_run(&world, &client, &answer) == 1, "seed %llu",
				      (unsigned long long)seed);
			client_answer(clients, client, &answer, reply_bytes, 4096,
				      CLIENT_WORLD_NOW_US, &outcome);
		}
	}
	ck_assert_uint_eq(clients->stats.pending, 0);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("client");
	TCase *tcase = tcase_create("client");
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, a_query_is_refused_for_what_it_is, 0, COUNT(refusals));
	tcase_add_test(tcase, what_is_no_query_is_not_answered);
	tcase_add_test(tcase, what_cannot_be_read_is_formerr_without_a_question);
	tcase_add_test(tcase, any_is_answered_at_once);
	tcase_add_test(tcase, any_is_resolved_when_the_operator_wants_it);
	tcase_add_test(tcase, the_version_is_told);
	tcase_add_test(tcase, the_cache_answers_in_the_client_s_letter_case);
	tcase_add_test(tcase, class_any_is_answered_from_class_in);
	tcase_add_test(tcase, without_room_for_answers_nobody_is_answered_from_the_caches);
	tcase_add_test(tcase, a_snooper_sees_the_cache);
	tcase_add_test(tcase, a_snooper_makes_nobody_ask);
	tcase_add_test(tcase, others_do_not_without_rd);
	tcase_add_test(tcase, a_forgetful_client_may_have_rd_set_for_it);
	tcase_add_test(tcase, a_local_alias_is_followed_into_the_cache);
	tcase_add_test(tcase, an_inform_zone_is_for_the_log);
	tcase_add_test(tcase, what_nobody_knows_pends_and_ends_in_servfail);
	tcase_add_loop_test(tcase, an_answer_that_comes_too_late_is_not_sent, 0, COUNT(lateness));
	tcase_add_test(tcase, who_asks_too_often_is_sent_to_tcp_now_and_then);
	tcase_add_loop_test(tcase, what_finds_no_place_is_not_answered_over_udp_and_servfail_over_tcp, 0, 2);
	tcase_add_test(tcase, more_names_than_tasks_find_no_place);
	tcase_add_test(tcase, a_client_that_has_gone_leaves_nothing_behind);
	tcase_add_test(tcase, a_reload_may_take_an_alias_away_meanwhile);
	tcase_add_test(tcase, mutated_queries_are_survived);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}

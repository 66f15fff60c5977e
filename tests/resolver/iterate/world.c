#include "tests/resolver/iterate/world.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#define CACHE_BYTES  (8u << 20)
#define ARENA_BYTES  (64u << 20)
#define AUTH_BYTES   (1u << 20)
#define SERVERS_KEPT 4096u

static void *
map(size_t size)
{
	void *block = mmap(NULL, size, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	ck_assert_ptr_ne(block, MAP_FAILED);
	return block;
}

/* ---- the wire --------------------------------------------------------------------------------------- */

static size_t
write_reply(const struct world_reply *reply, const struct query *query, uint8_t *bytes, size_t size)
{
	struct render render;
	if (reply->raw != NULL) {
		memcpy(bytes, reply->raw, reply->raw_bytes);
		return reply->raw_bytes;
	}
	render_begin(&render, bytes, size, reply->id, reply->flags, reply->rcode,
		     EDNS_RECORD_BYTES);
	if (!reply->no_question)
		ck_assert_int_eq(render_question(&render, &reply->question), 0);
	for (enum dns_section section = SECTION_ANSWER; section < SECTIONS; section++) {
		for (const struct rrset *set = reply->sections[section]; set != NULL;
		     set = set->next) {
			if (render_rrset(&render, section, set, set->ttl_s,
					 query->edns.dnssec_ok) != 0)
				render.flags |= DNS_TC;
		}
	}
	if (query->edns.present && !reply->no_edns) {
		struct edns edns = { .present = true, .udp_bytes = 1232, .dnssec_ok = true };
		ck_assert_int_eq(render_edns(&render, &edns), 0);
	}
	int written = render_finish(&render);
	ck_assert_int_gt(written, 0);
	return (size_t)written;
}

void
world_reply_clear(struct world_reply *reply, uint16_t flags, uint16_t rcode)
{
	for (unsigned i = 0; i < SECTIONS; i++)
		reply->sections[i] = NULL;
	reply->flags = DNS_QR | flags;
	reply->rcode = rcode;
}

struct rrset *
world_record(struct world *world, const char *owner, uint16_t type, uint32_t ttl_s, const char *value)
{
	const struct record record = { owner, type, ttl_s, value };
	return records_set(&world->arena, &record, 1);
}

static void
post(struct world *world, engine_query number, const uint8_t *bytes, size_t size, uint64_t at_us)
{
	ck_assert_uint_lt(world->packet_count, WORLD_PACKETS_MAX);
	uint8_t *copy = malloc(size + 1);
	memcpy(copy, bytes, size);
	world->packets[world->packet_count++] = (struct world_packet){
		.at_us = at_us, .query = number, .bytes = copy, .size = size
	};
}

/* What the zones of the server say, as a reply that a habit can change; false when it would not answer. */
static bool
tell_truth(struct world *world, struct world_server *server, const struct engine_action *action,
	   struct world_reply *reply)
{
	uint8_t bytes[MESSAGE_BYTES_MAX];
	struct message message;
	size_t size =
		auth_answer(&server->auth, action->bytes, action->size, false, bytes, sizeof bytes);
	if (size == 0)
		return false;
	ck_assert_int_eq(message_read(&message, &world->arena, bytes, size), 0);
	*reply = (struct world_reply){
		.id = message.id,
		.flags = message.flags,
		.rcode = message.rcode,
		.question = message.question,
	};
	memcpy(reply->sections, message.sections, sizeof reply->sections);
	return true;
}

static void
reply_to(struct world *world, struct world_server *server, const struct engine_action *action,
	 const struct query *query)
{
	uint8_t bytes[MESSAGE_BYTES_MAX];
	size_t limit = server->over_tcp ? sizeof bytes : query->edns.present ? query->edns.udp_bytes : 512;
	struct world_reply reply;

	if (!tell_truth(world, server, action, &reply))
		return;
	if (server->habit != NULL)
		server->habit(world, server, query, &reply);
	uint64_t at_us = world->now_us + 2 * (uint64_t)server->delay_us;
	for (struct world_reply *before = reply.before; before != NULL; before = before->before)
		post(world, action->query, bytes, write_reply(before, query, bytes, limit),
		     at_us - 1);
	if (!reply.silent)
		post(world, action->query, bytes, write_reply(&reply, query, bytes, limit), at_us);
}

static void
send(struct world *world, const struct engine_action *action)
{
	struct query query;
	ck_assert_int_eq(query_read(&query, action->bytes, action->size), RCODE_NOERROR);
	ck_assert(world->has_forwarder || (query.flags & DNS_RD) == 0);
	if (world->sent_count == world->log_max) {
		world->log_max = world->log_max * 2 + 64;
		world->log = realloc(world->log, world->log_max * sizeof *world->log);
	}
	world->log[world->sent_count++] = (struct world_log){
		.qname = query.question.qname,
		.qtype = query.question.qtype,
		.edns = query.edns.present,
		.tcp = action->transport == ENGINE_TCP,
		.id = query.id,
		.server = action->server,
	};
	for (unsigned i = 0; i < world->server_count; i++) {
		struct world_server *server = &world->servers[i];
		if (!addr_equal(&server->addr, &action->server))
			continue;
		server->asked++;
		server->over_tcp = action->transport == ENGINE_TCP;
		/* The way there and the way back. */
		bool lost = rng_below(&world->dice, 1000) < world->loss_permil ||
			    rng_below(&world->dice, 1000) < world->loss_permil;
		if (!server->dead && !lost)
			reply_to(world, server, action, &query);
		return;
	}
}

/* ---- the world -------------------------------------------------------------------------------------- */

struct world *
world_new(uint64_t seed, const struct engine_config *config)
{
	return world_new_sized(seed, config, CACHE_BYTES);
}

struct world *
world_new_sized(uint64_t seed, const struct engine_config *config, size_t cache_bytes)
{
	struct world *world = calloc(1, sizeof *world);
	world->cache_bytes = cache_bytes;
	world->seed = seed;
	world->now_us = 1000000;
	rng_init_number(&world->rng, seed);
	rng_init_number(&world->dice, seed + 1);
	world->config = config != NULL ? *config : engine_config_default;
	if (config == NULL)
		world->config.prime_root = false;
	world->limits = (struct engine_limits){
		.task_count = 2048,
		.question_count = 2048,
		.client_count = 4096,
		.query_count = 16384, /* room for every late one of all tasks */
		.clients_per_task = 100,
		.task_arena_bytes = 128u << 10,
	};
	for (unsigned i = 0; i < 3; i++)
		world->blocks[i] = map(cache_bytes);
	world->blocks[3] = map(infra_bytes(SERVERS_KEPT));
	world->blocks[4] = map(engine_bytes(&world->limits));
	world->caches = (struct caches){
		.rrsets = rrset_cache_new(world->blocks[0], cache_bytes, &world->rng),
		.negatives = negative_cache_new(world->blocks[1], cache_bytes, &world->rng),
		.delegations = delegation_cache_new(world->blocks[2], cache_bytes, &world->rng),
		.infra = infra_new(world->blocks[3], infra_bytes(SERVERS_KEPT), SERVERS_KEPT,
				   &world->rng),
	};
	world->engine = engine_new(world->blocks[4], engine_bytes(&world->limits), &world->limits,
				   &world->config, &world->caches, &world->rng, world->now_us);
	ck_assert_ptr_nonnull(world->engine);
	world->arena_block = map(ARENA_BYTES);
	arena_init(&world->arena, world->arena_block, ARENA_BYTES);

	struct name root = name_of("ns.root.");
	struct ip_addr addr = addr_of("192.0.2.1");
	ck_assert_int_eq(engine_add_hint(world->engine, &root, &addr), 0);
	return world;
}

static void
expect_idle(const struct world *world)
{
	struct engine_stats stats;
	engine_stats(world->engine, &stats);
	ck_assert_msg(stats.tasks == 0 && stats.clients == 0 && stats.queries == 0 && stats.signatures_waiting == 0,
		      "seed %llu: %u tasks, %u clients, %u queries, %u signatures are left",
		      (unsigned long long)world->seed, stats.tasks, stats.clients, stats.queries, stats.signatures_waiting);
	ck_assert_uint_eq(world->done_count, world->result_count);
}

void
world_begin_anew(struct world *world)
{
	expect_idle(world);
	ck_assert_uint_eq(world->packet_count, 0);
	memset(world->results, 0, world->result_count * sizeof world->results[0]);
	world->result_count = world->done_count = world->sent_count = 0;
	arena_reset(&world->arena);
}

void
world_free(struct world *world)
{
	world_run(world, 20000000);
	expect_idle(world);
	for (unsigned i = 0; i < world->packet_count; i++)
		free(world->packets[i].bytes);
	for (unsigned i = 0; i < 3; i++)
		munmap(world->blocks[i], world->cache_bytes);
	munmap(world->blocks[3], infra_bytes(SERVERS_KEPT));
	munmap(world->blocks[4], engine_bytes(&world->limits));
	munmap(world->arena_block, ARENA_BYTES);
	for (unsigned i = 0; i < world->server_count; i++)
		munmap(world->servers[i].block, AUTH_BYTES);
	crypto_free(world->crypto);
	free(world->log);
	free(world);
}

struct world_server *
world_server(struct world *world, const char *addr, const struct world_zone *zone)
{
	ck_assert_uint_lt(world->server_count, WORLD_SERVERS_MAX);
	struct world_server *server = &world->servers[world->server_count++];
	*server = (struct world_server){
		.addr = addr_of(addr),
		.delay_us = 5000,
		.block = map(AUTH_BYTES),
	};
	auth_init(&server->auth, server->block, AUTH_BYTES);
	if (zone != NULL)
		world_serve(server, zone);
	return server;
}

void
world_serve(struct world_server *server, const struct world_zone *zone)
{
	ck_assert_msg(auth_load(&server->auth, zone->apex, zone->text) == 0, "zone %s, line %u: %s",
		      zone->apex, server->auth.line, server->auth.why);
}

void
world_serve_instead(struct world_server *server, const struct world_zone *zone)
{
	auth_init(&server->auth, server->block, AUTH_BYTES);
	world_serve(server, zone);
}

static struct rrset *
copy_sets(struct world *world, const struct rrset *sets)
{
	struct rrset *head = NULL, **tail = &head;
	for (; sets != NULL; sets = sets->next) {
		*tail = arena_alloc(&world->arena, sizeof *sets);
		**tail = *sets;
		(*tail)->owner = name_store(&world->arena, sets->owner);
		(*tail)->rdata = arena_copy(&world->arena, sets->rdata, sets->rdata_bytes);
		(*tail)->next = NULL;
		tail = &(*tail)->next;
	}
	return head;
}

static void
keep(struct world *world, struct world_result *result, const struct answer *answer_given)
{
	result->done = true;
	result->rcode = answer_given->rcode;
	result->ede = answer_given->ede;
	result->from_cache = answer_given->from_cache;
	result->security = answer_given->security;
	result->fate = answer_given->fate;
	if (answer_given->ede_text != NULL)
		snprintf(result->ede_text, sizeof result->ede_text, "%s", answer_given->ede_text);
	for (unsigned i = 0; i < SECTIONS; i++)
		result->sections[i] = copy_sets(world, answer_given->sections[i]);
	result->took_us = world->now_us - result->asked_us;
	world->done_count++;
}

enum crypto_result
world_verify(struct world *world, const struct verify_job *job)
{
	if (world->crypto == NULL)
		world->crypto = crypto_new();
	ck_assert_ptr_nonnull(world->crypto);
	return crypto_verify(world->crypto, job->algorithm, job->key, job->signed_data, job->signature);
}

static void
on_verify(struct world *world, const struct engine_action *action)
{
	if (world->on_verify != NULL)
		world->on_verify(world, action);
	else
		engine_verified(world->engine, action->query, world_verify(world, action->verify), world->now_us);
}

static void
drain(struct world *world)
{
	struct engine_action action;
	while (engine_next(world->engine, &action)) {
		switch (action.kind) {
		case ENGINE_SEND: send(world, &action); break;
		case ENGINE_CLOSE: break;
		case ENGINE_REFRESHED: world->refreshed = action.client; break;
		case ENGINE_FETCH:
			if (world->on_fetch != NULL)
				world->on_fetch(world, &action);
			else
				engine_fetched(world->engine, action.query, false, world->now_us);
			break;
		case ENGINE_VERIFY: on_verify(world, &action); break;
		case ENGINE_ANSWER:
			ck_assert(!world->results[action.client - 1].done);
			keep(world, &world->results[action.client - 1], action.answer);
			break;
		}
	}
}

unsigned
world_ask(struct world *world, const char *qname, uint16_t qtype)
{
	const struct engine_question question = { .qname = name_of(qname), .qtype = qtype, .qclass = CLASS_IN };

	return world_ask_as(world, &question);
}

unsigned
world_ask_as(struct world *world, const struct engine_question *question)
{
	ck_assert_uint_lt(world->result_count, WORLD_RESULTS_MAX);
	unsigned at = world->result_count++;
	world->results[at].asked_us = world->now_us;
	ck_assert_int_eq(engine_ask(world->engine, question, at + 1, world->now_us), 0);
	drain(world);
	return at;
}

static unsigned
first_packet(const struct world *world)
{
	unsigned first = 0;
	for (unsigned i = 1; i < world->packet_count; i++) {
		if (world->packets[i].at_us < world->packets[first].at_us)
			first = i;
	}
	return first;
}

static void
deliver(struct world *world, unsigned at)
{
	struct world_packet packet = world->packets[at];
	/* Those of the same moment keep their order. */
	memmove(&world->packets[at], &world->packets[at + 1],
		(world->packet_count - at - 1) * sizeof packet);
	world->packet_count--;
	engine_receive(world->engine, packet.query, packet.bytes, packet.size, world->now_us);
	free(packet.bytes);
}

/* One event; false when there is none before `end_us`. */
static bool
step(struct world *world, uint64_t end_us)
{
	uint64_t deadline_us = engine_deadline(world->engine);
	unsigned first = first_packet(world);
	bool has_packet = world->packet_count > 0 && world->packets[first].at_us <= deadline_us;
	uint64_t at_us = has_packet ? world->packets[first].at_us : deadline_us;

	if (at_us > end_us)
		return false;
	if (at_us > world->now_us)
		world->now_us = at_us;
	if (has_packet)
		deliver(world, first);
	else
		engine_timeout(world->engine, world->now_us);
	drain(world);
	return true;
}

void
world_run(struct world *world, uint64_t for_us)
{
	uint64_t end_us = world->now_us + for_us;
	drain(world); /* what the test itself has told the engine */
	while (step(world, end_us))
		;
	world->now_us = end_us;
}

const struct world_result *
world_resolve(struct world *world, const char *qname, uint16_t qtype)
{
	const struct engine_question question = { .qname = name_of(qname), .qtype = qtype, .qclass = CLASS_IN };

	return world_resolve_as(world, &question);
}

const struct world_result *
world_resolve_as(struct world *world, const struct engine_question *question)
{
	const struct world_result *result = &world->results[world_ask_as(world, question)];
	uint64_t end_us = world->now_us + 30000000;
	while (!result->done)
		ck_assert_msg(step(world, end_us), "a question is never answered");
	return result;
}

const struct world_result *
world_cached(struct world *world, const char *qname, uint16_t qtype)
{
	struct engine_question question = { .qname = name_of(qname),
					    .qtype = qtype,
					    .qclass = CLASS_IN };
	struct answer cached;
	if (engine_cached(world->engine, &question, &world->arena, &cached, world->now_us) != 0)
		return NULL;
	struct world_result *result = &world->results[world->result_count++];
	result->asked_us = world->now_us;
	keep(world, result, &cached);
	return result;
}

unsigned
world_asked(const struct world *world, const char *qname, uint16_t qtype)
{
	struct name name = name_of(qname);
	unsigned count = 0;
	for (unsigned i = 0; i < world->sent_count; i++) {
		if (name_equal(&world->log[i].qname, &name) &&
		    (qtype == 0 || world->log[i].qtype == qtype))
			count++;
	}
	return count;
}

unsigned
world_count(const struct world_result *result, enum dns_section section)
{
	return records_count(result->sections[section]);
}

bool
world_has(const struct world_result *result, enum dns_section section, const char *owner,
	  uint16_t type, const char *value)
{
	return records_has(result->sections[section], owner, type, value);
}

#include "tests/resolver/serve/client_world.h"

#include <stdlib.h>
#include <string.h>

#define CACHE_BYTES  (4u << 20)
#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* A fixture that cannot be made is no result. */
static void
must(bool holds)
{
	if (!holds)
		abort();
}

static void *
lend(struct client_world *world, size_t size)
{
	void *block = aligned_alloc(64, (size + 63) & ~(size_t)63);
	must(block != NULL && world->block_count < COUNT(world->blocks));
	memset(block, 0, size);
	world->blocks[world->block_count++] = block;
	return block;
}

static struct ip_addr
addr_of(const char *text)
{
	struct ip_addr addr;
	must(addr_from_text(&addr, text) == 0);
	return addr;
}

static struct name
name_of(const char *text)
{
	struct name name;
	must(name_from_text(&name, text, NULL) == 0);
	return name;
}

static void
make_acl(struct client_world *world)
{
	static const struct {
		const char *addr;
		enum acl_action action;
	} entries[] = {
		{ "192.0.2.1", ACL_ALLOW },          { "192.0.2.2", ACL_REFUSE },
		{ "192.0.2.3", ACL_DENY },           { "192.0.2.4", ACL_ALLOW_SNOOP },
		{ "192.0.2.5", ACL_ALLOW_SETRD },    { "192.0.2.6", ACL_REFUSE_NON_LOCAL },
		{ "192.0.2.7", ACL_DENY_NON_LOCAL }, { "2001:db8::1", ACL_ALLOW },
	};
	struct acl *acl = acl_new(&world->policy_arena);
	for (size_t i = 0; i < COUNT(entries); i++) {
		struct ip_addr addr = addr_of(entries[i].addr);
		must(acl_add(acl, &addr, 8 * (unsigned)addr_bytes(&addr), entries[i].action) == 0);
	}
	world->policy.acl = acl;
}

static void
make_local(struct client_world *world)
{
	static const char *const records[] = { "a.local.example. A 192.0.2.200",
					       "alias.local.example. CNAME www.example.",
					       "noisy.example. A 192.0.2.201" };
	const char *why;
	struct local *local = local_new(&world->policy_arena, &world->rng);
	struct name zone = name_of("dropped.example.");
	must(local_zone_add(local, &zone, LOCAL_ALWAYS_DENY) == 0);
	zone = name_of("noisy.example.");
	must(local_zone_add(local, &zone, LOCAL_INFORM) == 0);
	for (size_t i = 0; i < COUNT(records); i++)
		must(local_data_add(local, records[i], &why) == 0);
	must(local_finish(local, true, false) == 0);
	world->policy.local = local;
}

static void
make_engine(struct client_world *world)
{
	struct engine_limits limits = engine_limits_default;
	struct engine_config config = engine_config_default;
	struct caches *caches = &world->caches;
	struct name root_server = name_of("a.root-servers.net.");
	struct ip_addr addr = addr_of("198.41.0.4");
	limits.task_count = 4;
	limits.client_count = 64;
	limits.query_count = 32;
	config.prime_root = false;
	config.do_ip6 = false;
	caches->rrsets = rrset_cache_new(lend(world, CACHE_BYTES), CACHE_BYTES, &world->rng);
	caches->negatives = negative_cache_new(lend(world, CACHE_BYTES), CACHE_BYTES, &world->rng);
	caches->delegations =
		delegation_cache_new(lend(world, CACHE_BYTES), CACHE_BYTES, &world->rng);
	caches->infra = infra_new(lend(world, infra_bytes(64)), infra_bytes(64), 64, &world->rng);
	world->engine = engine_new(lend(world, engine_bytes(&limits)), engine_bytes(&limits),
				   &limits, &config, caches, &world->rng, CLIENT_WORLD_NOW_US);
	must(world->engine != NULL);
	must(engine_add_hint(world->engine, &root_server, &addr) == 0);
}

void
client_world_init(struct client_world *world, uint64_t seed)
{
	*world = (struct client_world){
		.policy = {
			.chaos = { .version = "cairn test", .hide_identity = true },
			.respond = { .minimal_responses = true, .udp_bytes_max = 1232 },
			.deny_any = true,
			.discard_after_us = 1900000,
		},
	};
	rng_init_number(&world->rng, seed);
	arena_init(&world->policy_arena, lend(world, 1 << 20), 1 << 20);
	arena_init(&world->arena, lend(world, 512 << 10), 512 << 10);
	make_acl(world);
	make_local(world);
	make_engine(world);
	clients_init(&world->clients, lend(world, clients_bytes(CLIENT_WORLD_PENDING_MAX)),
		     CLIENT_WORLD_PENDING_MAX, &world->policy, world->engine, &world->arena,
		     &world->rng);
}

void
client_world_fini(struct client_world *world)
{
	while (world->block_count > 0)
		free(world->blocks[--world->block_count]);
}

void
client_world_put(struct client_world *world, const char *owner)
{
	static const uint8_t rdata[] = { 0, 4, 192, 0, 2, 80 };
	struct name name = name_of(owner);
	struct rrset rrset = {
		.owner = &name,
		.type = TYPE_A,
		.class = CLASS_IN,
		.rr_count = 1,
		.ttl_s = 300,
		.rdata_bytes = sizeof rdata,
		.rdata = rdata,
	};
	must(rrset_cache_put(world->caches.rrsets, &rrset, TRUST_ANSWER_AA, 300,
			     CLIENT_WORLD_NOW_US / 1000000) == 0);
}

unsigned
client_world_run(struct client_world *world, uint64_t *client, struct answer *answer)
{
	struct engine_action action;
	unsigned answers = 0;
	uint64_t now_us = CLIENT_WORLD_NOW_US;
	for (unsigned i = 0; i < 10000 && answers == 0; i++) {
		while (engine_next(world->engine, &action)) {
			if (action.kind == ENGINE_REFRESHED)
				clients_refreshed(&world->clients, action.client);
			if (action.kind != ENGINE_ANSWER)
				continue;
			*client = action.client;
			*answer = *action.answer;
			answers++;
		}
		uint64_t at_us = engine_deadline(world->engine);
		if (at_us == ENGINE_NEVER)
			break;
		now_us = at_us > now_us ? at_us : now_us + 1000;
		engine_timeout(world->engine, now_us);
	}
	return answers;
}

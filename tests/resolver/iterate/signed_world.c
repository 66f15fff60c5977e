#include "tests/resolver/iterate/signed_world.h"

#include <check.h>

#define TTL_S 300u

static const struct world_zone root = { ".", ". 86400 SOA mname. rname. 1 2 3 4 86400\n"
					     ". 86400 NS ns.root.\n"
					     "ns.root. 86400 A 192.0.2.1\n"
					     "victim. 3600 NS ns.victim.\n"
					     "ns.victim. 3600 A 192.0.2.2\n"
					     "mal. 3600 NS ns.mal.\n"
					     "ns.mal. 3600 A 203.0.113.66\n" };
static const struct world_zone victim = { "victim.", "victim. 600 SOA mname. rname. 1 2 3 4 300\n"
						     "victim. 3600 NS ns.victim.\n"
						     "ns.victim. 3600 A 192.0.2.2\n"
						     "www.victim. 300 A 192.0.2.80\n"
						     "good.victim. 300 A 192.0.2.81\n" };
static const struct world_zone mal = { "mal.", "mal. 600 SOA mname. rname. 1 2 3 4 300\n"
					       "mal. 3600 NS ns.mal.\n"
					       "ns.mal. 3600 A 203.0.113.66\n"
					       "www.mal. 300 A 203.0.113.80\n" };

/* ---- what validation costs ----------------------------------------------------------------------------------------- */

static struct signed_work work;

const struct signed_work *
signed_world_work(void)
{
	return &work;
}

enum crypto_result __real_crypto_verify(struct crypto *crypto, uint8_t algorithm, struct crypto_span key,
					struct crypto_span signed_data, struct crypto_span signature);
enum crypto_result __wrap_crypto_verify(struct crypto *crypto, uint8_t algorithm, struct crypto_span key,
					struct crypto_span signed_data, struct crypto_span signature);
size_t __real_crypto_digest(struct crypto *crypto, uint8_t digest, struct crypto_span first, struct crypto_span second,
			    uint8_t out[CRYPTO_DIGEST_BYTES_MAX]);
size_t __wrap_crypto_digest(struct crypto *crypto, uint8_t digest, struct crypto_span first, struct crypto_span second,
			    uint8_t out[CRYPTO_DIGEST_BYTES_MAX]);
bool __real_crypto_nsec3_hash(struct crypto *crypto, struct crypto_span name, struct crypto_span salt, unsigned iterations,
			      uint8_t out[CRYPTO_SHA1_BYTES]);
bool __wrap_crypto_nsec3_hash(struct crypto *crypto, struct crypto_span name, struct crypto_span salt, unsigned iterations,
			      uint8_t out[CRYPTO_SHA1_BYTES]);

enum crypto_result
__wrap_crypto_verify(struct crypto *crypto, uint8_t algorithm, struct crypto_span key, struct crypto_span signed_data,
		     struct crypto_span signature)
{
	work.verifications++;
	return __real_crypto_verify(crypto, algorithm, key, signed_data, signature);
}

size_t
__wrap_crypto_digest(struct crypto *crypto, uint8_t digest, struct crypto_span first, struct crypto_span second,
		     uint8_t out[CRYPTO_DIGEST_BYTES_MAX])
{
	work.digests++;
	return __real_crypto_digest(crypto, digest, first, second, out);
}

bool
__wrap_crypto_nsec3_hash(struct crypto *crypto, struct crypto_span name, struct crypto_span salt, unsigned iterations,
			 uint8_t out[CRYPTO_SHA1_BYTES])
{
	work.nsec3_hashes++;
	return __real_crypto_nsec3_hash(crypto, name, salt, iterations, out);
}

/* ---- signing -------------------------------------------------------------------------------------------------------- */

struct signed_zone *
signed_zone_of(const struct world_server *server)
{
	return server->context;
}

void
signed_sign(struct world *world, const struct signed_zone *zone, struct rrset *set)
{
	signed_sign_as(world, zone, set, name_labels(set->owner));
}

void
signed_sign_as(struct world *world, const struct signed_zone *zone, struct rrset *set, unsigned labels)
{
	signer_sign_as(&world->arena, set, &zone->apex, zone->key, SIGNER_KSK, SIGNED_NOW_S - 86400u, SIGNED_NOW_S + 86400u * 30u,
		       labels);
}

void
signed_spoil_last(struct world *world, struct rrset *set)
{
	uint8_t *bytes = arena_copy(&world->arena, set->rdata, set->rdata_bytes);

	bytes[set->rdata_bytes - 1] ^= 1;
	set->rdata = bytes;
}

static void
answer_with_keys(struct world *world, const struct signed_zone *zone, struct world_reply *reply)
{
	struct rrset *set = arena_zalloc(&world->arena, 1, sizeof *set);
	uint8_t rdata[SIGNER_RDATA_BYTES];

	*set = (struct rrset){ .owner = name_store(&world->arena, &zone->apex), .type = TYPE_DNSKEY, .class = CLASS_IN,
			       .ttl_s = TTL_S };
	(void)signer_key(zone->key, SIGNER_KSK, rdata);
	signer_add(&world->arena, set, rdata, sizeof rdata);
	world_reply_clear(reply, DNS_AA, RCODE_NOERROR);
	reply->sections[SECTION_ANSWER] = set;
}

/* What the zone itself says is signed, unless somebody has done it already; glue and delegations are not its. */
static void
sign_reply(struct world *world, struct world_server *server, const struct query *query, struct world_reply *reply)
{
	const struct signed_zone *zone = signed_zone_of(server);

	if (query->question.qtype == TYPE_DNSKEY && name_equal(&query->question.qname, &zone->apex))
		answer_with_keys(world, zone, reply);
	if (zone->before != NULL)
		zone->before(world, server, query, reply);
	for (enum dns_section section = SECTION_ANSWER; section <= SECTION_AUTHORITY; section++)
		for (struct rrset *set = reply->sections[section]; set != NULL; set = set->next)
			if (set->sig_count == 0 && name_is_under(set->owner, &zone->apex))
				signed_sign(world, zone, set);
	if (zone->after != NULL)
		zone->after(world, server, query, reply);
}

/* ---- the world --------------------------------------------------------------------------------------------------------- */

static void
add_anchor(struct signed_world *signed_world, const struct signed_zone *zone)
{
	uint8_t rdata[SIGNER_RDATA_BYTES];

	(void)signer_key(zone->key, SIGNER_KSK, rdata);
	ck_assert_int_eq(anchors_add(&signed_world->anchors, signed_world->crypto, &zone->apex, TYPE_DNSKEY, rdata,
				     sizeof rdata), 0);
}

void
signed_world_init(struct signed_world *signed_world, uint64_t seed, const struct engine_config *config,
		  world_habit *before, world_habit *after)
{
	struct world *world = signed_world->world = world_new(seed, config);

	signed_world->victim_zone = (struct signed_zone){ .apex = name_of("victim."), .key = SIGNED_VICTIM_KEY };
	signed_world->mal_zone = (struct signed_zone){ name_of("mal."), SIGNED_MAL_KEY, before, after };
	world_server(world, "192.0.2.1", &root);
	signed_world->victim = world_server(world, "192.0.2.2", &victim);
	signed_world->mal = world_server(world, "203.0.113.66", &mal);
	signed_world->victim->habit = signed_world->mal->habit = sign_reply;
	signed_world->victim->context = &signed_world->victim_zone;
	signed_world->mal->context = &signed_world->mal_zone;

	signed_world->crypto = crypto_new();
	ck_assert_ptr_nonnull(signed_world->crypto);
	arena_init(&signed_world->arena, signed_world->block, sizeof signed_world->block);
	anchors_init(&signed_world->anchors, &signed_world->arena);
	add_anchor(signed_world, &signed_world->victim_zone);
	add_anchor(signed_world, &signed_world->mal_zone);
	const struct engine_trust trust = {
		.anchors = &signed_world->anchors,
		.crypto = signed_world->crypto,
		.wall_offset_s = (int64_t)SIGNED_NOW_S - (int64_t)(world->now_us / 1000000u),
	};
	engine_set_trust(world->engine, &trust);
	work = (struct signed_work){ 0 };
}

void
signed_world_fini(struct signed_world *signed_world)
{
	world_free(signed_world->world);
	crypto_free(signed_world->crypto);
}

struct engine_stats
signed_world_stats(const struct signed_world *signed_world)
{
	struct engine_stats stats;

	engine_stats(signed_world->world->engine, &stats);
	return stats;
}

void
signed_world_expect_good(struct signed_world *signed_world)
{
	const struct world_result *result = world_resolve(signed_world->world, "good.victim.", TYPE_A);

	ck_assert_uint_eq(result->rcode, RCODE_NOERROR);
	ck_assert_uint_eq(result->security, SECURITY_SECURE);
	ck_assert_uint_lt(result->took_us, 100000);
}

void
signed_world_expect_bogus(const struct world_result *result)
{
	ck_assert_uint_eq(result->rcode, RCODE_SERVFAIL);
	ck_assert_uint_eq(world_count(result, SECTION_ANSWER), 0);
}

/* Servers that know DNS cookies, that only once knew them, and somebody who answers in their place (RFC 7873). */
#include "tests/resolver/iterate/world.h"
#include "tests/suite.h"

#define SEED 20261128u

static const struct world_zone root_zone = { ".", ". 60 SOA ns.root. h.root. 1 1 1 1 1\n"
						  ". 60 NS ns.root.\n"
						  "ns.root. 60 A 192.0.2.1\n"
						  "*.example. 60 A 192.0.2.80\n" };

static const char server_cookie[] = "sixteen octets!";

enum mood { MOOD_STRICT, MOOD_FORGETFUL, MOOD_FORGED, MOOD_SICK, MOOD_DEAF };

/* What the servers have seen, and what they are like now. */
struct seen {
	enum mood mood;
	unsigned good, without, over_tcp, plain;
};

static bool
shows_ours(const struct query *query, uint8_t cookie[24])
{
	const uint8_t *value;
	uint16_t value_bytes;
	if (!edns_find(&query->edns, EDNS_COOKIE, &value, &value_bytes) || value_bytes < 8)
		return false;
	memcpy(cookie, value, 8);
	memcpy(cookie + 8, server_cookie, 16);
	return value_bytes == 24 && memcmp(value, cookie, 24) == 0;
}

static void
write_reply(const struct query *query, struct world_reply *reply, const uint8_t *cookie)
{
	static uint8_t bytes[2048];
	uint8_t options[28];
	struct writer writer = writer_over(options, sizeof options);
	struct edns edns = { .present = query->edns.present, .udp_bytes = 1232, .options = options };
	struct render render;
	if (cookie != NULL) {
		writer_u16(&writer, EDNS_COOKIE);
		writer_u16(&writer, 24);
		writer_bytes(&writer, cookie, 24);
	}
	edns.options_bytes = (uint16_t)writer.pos;
	render_begin(&render, bytes, sizeof bytes, reply->id, reply->flags, reply->rcode, 64);
	ck_assert_int_eq(render_question(&render, &reply->question), 0);
	for (enum dns_section section = SECTION_ANSWER; section < SECTIONS; section++)
		for (const struct rrset *set = reply->sections[section]; set != NULL; set = set->next)
			ck_assert_int_eq(render_rrset(&render, section, set, set->ttl_s, true), 0);
	if (edns.present)
		ck_assert_int_eq(render_edns(&render, &edns), 0);
	const int size = render_finish(&render);
	ck_assert_int_gt(size, 0);
	reply->raw = bytes;
	reply->raw_bytes = (size_t)size;
}

static void
judge_cookie(struct world *world, struct world_server *server, const struct query *query, struct world_reply *reply)
{
	struct seen *seen = server->context;
	const uint8_t *value;
	uint16_t value_bytes;
	uint8_t cookie[24] = { 0 };
	(void)world;
	seen->plain += !query->edns.present;
	if (server->over_tcp) {
		seen->over_tcp++;
		write_reply(query, reply, NULL);
		return;
	}
	const bool has_cookie = edns_find(&query->edns, EDNS_COOKIE, &value, &value_bytes);
	if (seen->mood >= MOOD_SICK) { /* any option is too much for these */
		reply->silent = has_cookie && seen->mood == MOOD_DEAF;
		if (has_cookie) {
			reply->rcode = RCODE_FORMERR;
			memset(reply->sections, 0, sizeof reply->sections);
		}
		return;
	}
	const bool is_good = shows_ours(query, cookie);
	seen->good += is_good;
	seen->without += !is_good;
	switch (seen->mood) {
	case MOOD_FORGETFUL: write_reply(query, reply, NULL); return;
	case MOOD_FORGED: cookie[0] ^= 1; break;
	case MOOD_SICK:
	case MOOD_DEAF: break;
	case MOOD_STRICT:
		if (is_good)
			break;
		reply->rcode = RCODE_BADCOOKIE;
		memset(reply->sections, 0, sizeof reply->sections);
	}
	write_reply(query, reply, cookie);
}

static struct world *
world_with(struct seen *seen)
{
	struct world *world = world_new(suite_seed(SEED), NULL);
	struct world_server *server = world_server(world, "192.0.2.1", &root_zone);
	*seen = (struct seen){ .mood = MOOD_STRICT };
	server->habit = judge_cookie;
	server->context = seen;
	return world;
}

START_TEST(a_server_s_cookie_is_learnt_from_its_refusal_and_kept)
{
	struct seen seen;
	struct world *world = world_with(&seen);
	ck_assert_uint_eq(world_resolve(world, "a.example.", TYPE_A)->rcode, RCODE_NOERROR);
	ck_assert_uint_ge(seen.without, 1);
	const unsigned without = seen.without;
	ck_assert_uint_eq(world_resolve(world, "b.example.", TYPE_A)->rcode, RCODE_NOERROR);
	ck_assert_uint_eq(seen.without, without);
	ck_assert_uint_ge(seen.good, 2);
	ck_assert_uint_eq(seen.over_tcp, 0);
	world_free(world);
}
END_TEST

START_TEST(what_comes_without_the_cookie_is_asked_over_tcp)
{
	struct seen seen;
	struct engine_stats stats;
	struct world *world = world_with(&seen);
	world_resolve(world, "a.example.", TYPE_A);
	seen.mood = MOOD_FORGETFUL;
	ck_assert_uint_eq(world_resolve(world, "b.example.", TYPE_A)->rcode, RCODE_NOERROR);
	ck_assert_uint_ge(seen.over_tcp, 1);
	engine_stats(world->engine, &stats);
	ck_assert_uint_ge(stats.cookies_missing, 1);
	world_free(world);
}
END_TEST

START_TEST(what_comes_with_another_cookie_is_not_taken)
{
	struct seen seen;
	struct engine_stats stats;
	struct world *world = world_with(&seen);
	seen.mood = MOOD_FORGED;
	ck_assert_uint_eq(world_resolve(world, "a.example.", TYPE_A)->rcode, RCODE_NOERROR);
	ck_assert_uint_ge(seen.over_tcp, 1); /* where there is nothing to guess */
	engine_stats(world->engine, &stats);
	ck_assert_uint_ge(stats.cookies_wrong, 1);
	world_free(world);
}
END_TEST

START_TEST(what_cannot_bear_a_cookie_is_asked_without_and_still_with_edns)
{
	struct seen seen;
	struct world *world = world_with(&seen);
	seen.mood = _i == 0 ? MOOD_SICK : MOOD_DEAF;
	ck_assert_uint_eq(world_resolve(world, "a.example.", TYPE_A)->rcode, RCODE_NOERROR);
	ck_assert_uint_eq(seen.plain, 0);
	ck_assert_uint_eq(seen.over_tcp, 0);
	world_free(world);
}
END_TEST

START_TEST(another_network_has_other_cookies)
{
	struct infra_cookie before, after, other;
	struct world *world = world_new(suite_seed(SEED), NULL);
	const struct ip_addr server = addr_of("192.0.2.1"), another = addr_of("192.0.2.2");
	infra_cookie_learn(world->caches.infra, &server, (const uint8_t *)server_cookie, 16, world->now_us);
	infra_cookie_get(world->caches.infra, &server, &before, world->now_us);
	ck_assert_uint_eq(before.server_bytes, 16);
	infra_cookie_get(world->caches.infra, &another, &other, world->now_us);
	ck_assert_uint_eq(other.server_bytes, 0);
	ck_assert_mem_ne(before.client, other.client, 8);
	infra_network_changed(world->caches.infra, world->now_us);
	infra_cookie_get(world->caches.infra, &server, &after, world->now_us);
	ck_assert_uint_eq(after.server_bytes, 0);
	ck_assert_mem_ne(before.client, after.client, 8);
	world_free(world);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("iterate: cookies");
	TCase *tcase = tcase_create("cookies");
	tcase_add_test(tcase, a_server_s_cookie_is_learnt_from_its_refusal_and_kept);
	tcase_add_test(tcase, what_comes_without_the_cookie_is_asked_over_tcp);
	tcase_add_test(tcase, what_comes_with_another_cookie_is_not_taken);
	tcase_add_loop_test(tcase, what_cannot_bear_a_cookie_is_asked_without_and_still_with_edns, 0, 2);
	tcase_add_test(tcase, another_network_has_other_cookies);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}

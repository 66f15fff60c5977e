#include "tests/resolver/iterate/attack_world.h"

#include "tests/suite.h"

static const char root_text[] = ". 86400 SOA mname. rname. 1 2 3 4 86400\n"
				". 86400 NS ns.root.\n"
				"ns.root. 86400 A 192.0.2.1\n"
				"victim. 3600 NS ns.victim.\n"
				"ns.victim. 3600 A 192.0.2.2\n"
				"mal. 3600 NS ns.mal.\n"
				"ns.mal. 3600 A 203.0.113.66\n"
				/* each needs the other's server */
				"a. 3600 NS ns.b.\n"
				"b. 3600 NS ns.a.\n"
				/* three in a ring, and one that needs itself */
				"x. 3600 NS ns.y.\n"
				"y. 3600 NS ns.z.\n"
				"z. 3600 NS ns.x.\n"
				"self. 3600 NS ns.self.\n"
				/* in a ring, with a way out */
				"p. 3600 NS ns.q.\n"
				"q. 3600 NS ns.p.\n"
				"q. 3600 NS ns.victim.\n";
static const struct world_zone root = { ".", root_text };

static const char victim_text[] = "victim. 600 SOA mname. rname. 1 2 3 4 300\n"
				  "victim. 3600 NS ns.victim.\n"
				  "ns.victim. 3600 A 192.0.2.2\n"
				  "www.victim. 300 A 192.0.2.80\n"
				  "good.victim. 300 A 192.0.2.81\n";
static const struct world_zone victim = { "victim.", victim_text };

static const char q_text[] = "q. 600 SOA mname. rname. 1 2 3 4 300\n"
			     "ns.q. 3600 A 192.0.2.3\n";
static const struct world_zone q = { "q.", q_text };

static const char p_text[] = "p. 600 SOA mname. rname. 1 2 3 4 300\n"
			     "www.p. 3600 A 192.0.2.82\n";
static const struct world_zone p = { "p.", p_text };

struct attack
attack_of(uint64_t seed, world_habit *habit)
{
	struct attack attack = { .world = world_new(suite_seed(seed), NULL) };
	world_server(attack.world, "192.0.2.1", &root);
	attack.victim = world_server(attack.world, "192.0.2.2", &victim);
	world_serve(attack.victim, &q);
	world_server(attack.world, "192.0.2.3", &p);
	attack.mal = world_server(attack.world, "203.0.113.66", NULL);
	attack.mal->habit = habit;
	return attack;
}

struct engine_stats
stats_of(const struct attack *attack)
{
	struct engine_stats stats;
	engine_stats(attack->world->engine, &stats);
	return stats;
}

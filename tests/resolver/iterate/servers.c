#include "tests/resolver/iterate/servers.h"

#include "tests/suite.h"

static const char root_text[] = ". 86400 SOA mname. rname. 1 2 3 4 86400\n"
				". 86400 NS ns.root.\n"
				"ns.root. 86400 A 192.0.2.1\n"
				"test. 3600 NS good.test.\n"
				"test. 3600 NS bad.test.\n"
				"good.test. 3600 A 192.0.2.2\n"
				"bad.test. 3600 A 198.51.100.3\n"
				"single. 3600 NS ns.single.\n"
				"ns.single. 3600 A 203.0.113.4\n"
				"dual. 3600 NS ns.dual.\n"
				"ns.dual. 3600 A 203.0.113.5\n"
				"ns.dual. 3600 AAAA 2001:db8::5\n";
static const struct world_zone root = { ".", root_text };

static const char test_text[] = "test. 600 SOA mname. rname. 1 2 3 4 300\n"
				"www.test. 300 A 192.0.2.80\n"
				"mail.test. 300 A 192.0.2.25\n"
				"a.test. 300 A 192.0.2.81\n"
				"b.test. 300 A 192.0.2.82\n"
				"c.test. 300 A 192.0.2.83\n"
				"d.test. 300 A 192.0.2.84\n"
				"e.test. 300 A 192.0.2.85\n"
				"f.test. 300 A 192.0.2.86\n"
				"deep.sub.test. 300 AAAA 2001:db8::80\n";
static const struct world_zone test = { "test.", test_text };

static const char single_text[] = "single. 600 SOA mname. rname. 1 2 3 4 300\n"
				  "www.single. 300 A 192.0.2.80\n"
				  "ftp.single. 300 A 192.0.2.21\n"
				  "mail.single. 300 A 192.0.2.25\n"
				  "deep.sub.single. 300 AAAA 2001:db8::80\n";
static const struct world_zone single = { "single.", single_text };

static const char dual_text[] = "dual. 600 SOA mname. rname. 1 2 3 4 300\n"
				"www.dual. 300 A 192.0.2.80\n";
static const struct world_zone dual = { "dual.", dual_text };

struct servers
servers_of(uint64_t seed)
{
	struct servers servers = { .world = world_new(suite_seed(seed), NULL) };
	servers.root = world_server(servers.world, "192.0.2.1", &root);
	servers.good = world_server(servers.world, "192.0.2.2", &test);
	servers.bad = world_server(servers.world, "198.51.100.3", &test);
	servers.single = world_server(servers.world, "203.0.113.4", &single);
	servers.dual4 = world_server(servers.world, "203.0.113.5", &dual);
	servers.dual6 = world_server(servers.world, "2001:db8::5", &dual);
	return servers;
}

struct engine_stats
servers_stats(const struct servers *servers)
{
	struct engine_stats stats;
	engine_stats(servers->world->engine, &stats);
	return stats;
}

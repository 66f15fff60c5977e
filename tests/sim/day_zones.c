#include "tests/sim/day_zones.h"

#include <check.h>
#include <stdio.h>

#include "tests/resolver/validate/signer.h"

#define FIRST_KEY     1u
#define DELEGATED_S   3600u
#define SIGNED_TTL_S  120u
#define KEYS_TTL_S    600u
#define CACHE_BYTES   (1u << 18) /* small, so that a day fills them many times */

static const struct world_zone root_zone = { ".", ". 86400 SOA mname. rname. 1 2 3 4 300\n"
						  ". 86400 NS ns.root.\n"
						  "ns.root. 86400 A 192.0.2.1\n" };

uint64_t
day_now_s(const struct day *day)
{
	return (day->world->now_us - day->begin_us) / 1000000u;
}

unsigned
day_first_key(void)
{
	return FIRST_KEY;
}

unsigned
day_rolls(const struct day *day)
{
	return (unsigned)(day_now_s(day) / DAY_ROLL_S);
}

/* ---- replies --------------------------------------------------------------------------------------------------- */

static void
deny(struct world *world, struct world_reply *reply, uint16_t rcode, const char *zone)
{
	world_reply_clear(reply, DNS_AA, rcode);
	records_append(&reply->sections[SECTION_AUTHORITY], world_record(world, zone, TYPE_SOA, 60, "mname. rname. 1 2 3 4 60"));
}

/* The zone below the root that the name lies in, as text and number; 0 when it is none of the customers'. */
static unsigned
zone_of(const struct name *qname, char zone[NAME_TEXT_BYTES])
{
	struct name apex;
	unsigned number = 0;

	name_tail(&apex, qname, 1);
	name_to_text(&apex, zone, NAME_TEXT_BYTES);
	return (zone[0] | 0x20) == 'z' && sscanf(zone + 1, "%u", &number) == 1 && number <= DAY_ZONES ? number : 0;
}

/* ---- the root ----------------------------------------------------------------------------------------------------- */

static void
hoster_address(char text[ADDR_TEXT_BYTES], unsigned hoster)
{
	(void)snprintf(text, ADDR_TEXT_BYTES, hoster % 2 == 0 ? "198.51.100.%u" : "2001:db8::%u", hoster + 1);
}

static void
refer(struct world *world, struct world_reply *reply, const char *zone, const char *ns, const char *address)
{
	records_append(&reply->sections[SECTION_AUTHORITY], world_record(world, zone, TYPE_NS, DELEGATED_S, ns));
	records_append(&reply->sections[SECTION_ADDITIONAL],
		       world_record(world, ns, strchr(address, ':') != NULL ? TYPE_AAAA : TYPE_A, DELEGATED_S, address));
}

static void
refer_to_hosters(struct world *world, struct world_reply *reply, const char *zone, unsigned number)
{
	char ns[2][NAME_TEXT_BYTES + 8], address[ADDR_TEXT_BYTES];
	struct record servers[2];

	for (unsigned i = 0; i < 2; i++) {
		(void)snprintf(ns[i], sizeof ns[i], "ns%u.%s", i, zone);
		servers[i] = (struct record){ zone, TYPE_NS, DELEGATED_S, ns[i] };
		hoster_address(address, (number * 7 + i * 5) % DAY_HOSTERS);
		records_append(&reply->sections[SECTION_ADDITIONAL],
			       world_record(world, ns[i], strchr(address, ':') != NULL ? TYPE_AAAA : TYPE_A, DELEGATED_S, address));
	}
	records_append(&reply->sections[SECTION_AUTHORITY], records_set(&world->arena, servers, 2));
}

static void
root_says(struct world *world, struct world_server *server, const struct query *query, struct world_reply *reply)
{
	char zone[NAME_TEXT_BYTES];

	(void)server;
	if (query->question.qname.size == 1)
		return;
	const unsigned number = zone_of(&query->question.qname, zone);
	world_reply_clear(reply, 0, RCODE_NOERROR);
	if (number != 0)
		refer_to_hosters(world, reply, zone, number);
	else if (strcasecmp(zone, "signed.") == 0)
		refer(world, reply, zone, "ns.signed.", "203.0.113.1");
	else
		deny(world, reply, RCODE_NXDOMAIN, ".");
}

/* ---- customers ------------------------------------------------------------------------------------------------------- */

static void
hoster_says(struct world *world, struct world_server *server, const struct query *query, struct world_reply *reply)
{
	char zone[NAME_TEXT_BYTES], owner[NAME_TEXT_BYTES], value[NAME_TEXT_BYTES];
	const struct question *question = &query->question;
	const unsigned number = zone_of(&question->qname, zone);
	unsigned host = 0;
	char kind;

	(void)server;
	name_to_text(&question->qname, owner, sizeof owner);
	if (number == 0 || sscanf(owner, "%c%u", &kind, &host) != 2 || name_labels(&question->qname) != 2) {
		deny(world, reply, name_labels(&question->qname) == 1 ? RCODE_NOERROR : RCODE_NXDOMAIN, zone);
		return;
	}
	const uint32_t ttl_s = 30 + (number * 31 + host * 17) % 3570;
	world_reply_clear(reply, DNS_AA, RCODE_NOERROR);
	if ((kind | 0x20) == 'a') {
		(void)snprintf(value, sizeof value, "h%u.z%u.", host, number % DAY_ZONES + 1);
		records_append(&reply->sections[SECTION_ANSWER], world_record(world, owner, TYPE_CNAME, ttl_s, value));
	} else if ((kind | 0x20) == 'h' && question->qtype == TYPE_A) {
		(void)snprintf(value, sizeof value, "192.0.2.%u", host % 250 + 1);
		records_append(&reply->sections[SECTION_ANSWER], world_record(world, owner, TYPE_A, ttl_s, value));
	} else if ((kind | 0x20) == 't' && question->qtype == TYPE_TXT) {
		records_append(&reply->sections[SECTION_ANSWER],
			       world_record(world, owner, TYPE_TXT, ttl_s, "\"some words that take some room in a cache\""));
	} else {
		deny(world, reply, strchr("hHtT", kind) != NULL ? RCODE_NOERROR : RCODE_NXDOMAIN, zone);
	}
}

/* ---- the signed zone ----------------------------------------------------------------------------------------------------- */

struct keys {
	unsigned old, new; /* new: 0, not there yet */
	bool is_revoked, is_gone;
};

static struct keys
keys_at(const struct day *day)
{
	const uint64_t at_s = day_now_s(day) % DAY_ROLL_S, hour_s = DAY_ROLL_S / 4;
	struct keys keys = { .old = FIRST_KEY + day_rolls(day) };

	keys.new = at_s >= hour_s ? keys.old + 1 : 0;
	keys.is_revoked = at_s >= 3 * hour_s;
	keys.is_gone = at_s >= 3 * hour_s + hour_s / 2;
	return keys;
}

static void
sign(const struct day *day, struct rrset *set, unsigned key, uint16_t flags)
{
	const struct name apex = name_of("signed.");
	const uint32_t wall_s = DAY_WALL_S + (uint32_t)day_now_s(day);

	signer_sign(&day->world->arena, set, &apex, key, flags, wall_s - 3600, wall_s + 86400);
}

static struct rrset *
key_set(const struct day *day, const struct keys *keys)
{
	const struct name apex = name_of("signed.");
	struct arena *arena = &day->world->arena;
	struct rrset *set = arena_zalloc(arena, 1, sizeof *set);
	const uint16_t old_flags = keys->is_revoked ? SIGNER_KSK_REVOKED : SIGNER_KSK;
	uint8_t rdata[SIGNER_RDATA_BYTES];

	*set = (struct rrset){ .owner = name_store(arena, &apex), .type = TYPE_DNSKEY, .class = CLASS_IN, .ttl_s = KEYS_TTL_S };
	if (!keys->is_gone) {
		(void)signer_key(keys->old, old_flags, rdata);
		signer_add(arena, set, rdata, sizeof rdata);
	}
	if (keys->new != 0) {
		(void)signer_key(keys->new, SIGNER_KSK, rdata);
		signer_add(arena, set, rdata, sizeof rdata);
	}
	if (!keys->is_gone)
		sign(day, set, keys->old, old_flags);
	if (keys->is_revoked)
		sign(day, set, keys->new, SIGNER_KSK);
	return set;
}

static void
signer_says(struct world *world, struct world_server *server, const struct query *query, struct world_reply *reply)
{
	const struct day *day = server->context;
	const struct keys keys = keys_at(day);
	char owner[NAME_TEXT_BYTES];
	struct rrset *set;

	name_to_text(&query->question.qname, owner, sizeof owner);
	world_reply_clear(reply, DNS_AA, RCODE_NOERROR);
	if (query->question.qtype == TYPE_DNSKEY) {
		set = key_set(day, &keys);
	} else {
		set = world_record(world, owner, TYPE_A, SIGNED_TTL_S, "192.0.2.251");
		sign(day, set, keys.is_revoked ? keys.new : keys.old, SIGNER_KSK);
	}
	records_append(&reply->sections[SECTION_ANSWER], set);
}

/* ---- all of them ------------------------------------------------------------------------------------------------------------ */

static struct world_server *
serve(struct day *day, const char *address, world_habit *habit)
{
	struct world_server *server = world_server(day->world, address, &root_zone);

	server->habit = habit;
	server->context = day;
	return server;
}

void
day_serve(struct day *day, uint64_t seed)
{
	struct engine_config config = engine_config_default;
	char address[ADDR_TEXT_BYTES];

	config.prefetch = true;
	day->world = world_new_sized(seed, &config, CACHE_BYTES);
	day->begin_us = day->world->now_us;
	day->root = serve(day, "192.0.2.1", root_says);
	for (unsigned i = 0; i < DAY_HOSTERS; i++) {
		hoster_address(address, i);
		day->hosters[i] = serve(day, address, hoster_says);
	}
	day->signer = serve(day, "203.0.113.1", signer_says);
}

#include "resolver/policy/local_priv.h"

/*
 * The zones that are there unless they are named: what RFC 6303 has every resolver answer itself, and names
 * that RFCs have set aside.  Written out name by name where a wildcard would be shorter, so
 * that each can be found and switched off by the name that it is known by.
 */
enum default_contents {
	CONTENTS_EMPTY,     /* SOA and NS only */
	CONTENTS_LOCALHOST, /* the addresses, for every name (RFC 6761, section 6.3) */
	CONTENTS_LOOPBACK4, /* the reverse name of 127.0.0.1 (RFC 6303, section 4.2) */
	CONTENTS_LOOPBACK6, /* the reverse name of ::1 (RFC 6303, section 4.3) */
	CONTENTS_RESOLVER,  /* _dns exists and has no designated resolver (RFC 9462, section 4) */
};

struct default_zone {
	const char *name;
	bool is_lan; /* left out by unblock-lan-zones */
	enum default_contents contents;
};

static const struct default_zone default_zones[] = {
	{ "localhost.", false, CONTENTS_LOCALHOST },
	{ "127.in-addr.arpa.", false, CONTENTS_LOOPBACK4 },
	{ "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.ip6.arpa.", false,
	  CONTENTS_LOOPBACK6 },

	{ "invalid.", false, CONTENTS_EMPTY },      /* RFC 6761, section 6.4 */
	{ "test.", false, CONTENTS_EMPTY },         /* RFC 6761, section 6.2 */
	{ "onion.", false, CONTENTS_EMPTY },        /* RFC 7686 */
	{ "home.arpa.", false, CONTENTS_EMPTY },    /* RFC 8375 */
	{ "service.arpa.", false, CONTENTS_EMPTY }, /* RFC 9665 */
	{ "resolver.arpa.", false, CONTENTS_RESOLVER },

	/* RFC 6303, section 4.1: RFC 1918 */
	{ "10.in-addr.arpa.", true, CONTENTS_EMPTY },
	{ "16.172.in-addr.arpa.", true, CONTENTS_EMPTY },
	{ "17.172.in-addr.arpa.", true, CONTENTS_EMPTY },
	{ "18.172.in-addr.arpa.", true, CONTENTS_EMPTY },
	{ "19.172.in-addr.arpa.", true, CONTENTS_EMPTY },
	{ "20.172.in-addr.arpa.", true, CONTENTS_EMPTY },
	{ "21.172.in-addr.arpa.", true, CONTENTS_EMPTY },
	{ "22.172.in-addr.arpa.", true, CONTENTS_EMPTY },
	{ "23.172.in-addr.arpa.", true, CONTENTS_EMPTY },
	{ "24.172.in-addr.arpa.", true, CONTENTS_EMPTY },
	{ "25.172.in-addr.arpa.", true, CONTENTS_EMPTY },
	{ "26.172.in-addr.arpa.", true, CONTENTS_EMPTY },
	{ "27.172.in-addr.arpa.", true, CONTENTS_EMPTY },
	{ "28.172.in-addr.arpa.", true, CONTENTS_EMPTY },
	{ "29.172.in-addr.arpa.", true, CONTENTS_EMPTY },
	{ "30.172.in-addr.arpa.", true, CONTENTS_EMPTY },
	{ "31.172.in-addr.arpa.", true, CONTENTS_EMPTY },
	{ "168.192.in-addr.arpa.", true, CONTENTS_EMPTY },

	/* RFC 6303, section 4.2: this host, link-local, documentation, broadcast */
	{ "0.in-addr.arpa.", true, CONTENTS_EMPTY },
	{ "254.169.in-addr.arpa.", true, CONTENTS_EMPTY },
	{ "2.0.192.in-addr.arpa.", true, CONTENTS_EMPTY },
	{ "100.51.198.in-addr.arpa.", true, CONTENTS_EMPTY },
	{ "113.0.203.in-addr.arpa.", true, CONTENTS_EMPTY },
	{ "255.255.255.255.in-addr.arpa.", true, CONTENTS_EMPTY },

	/* RFC 7793: shared address space, 100.64.0.0/10 */
	{ "64.100.in-addr.arpa.", true, CONTENTS_EMPTY },
	{ "65.100.in-addr.arpa.", true, CONTENTS_EMPTY },
	{ "66.100.in-addr.arpa.", true, CONTENTS_EMPTY },
	{ "67.100.in-addr.arpa.", true, CONTENTS_EMPTY },
	{ "68.100.in-addr.arpa.", true, CONTENTS_EMPTY },
	{ "69.100.in-addr.arpa.", true, CONTENTS_EMPTY },
	{ "70.100.in-addr.arpa.", true, CONTENTS_EMPTY },
	{ "71.100.in-addr.arpa.", true, CONTENTS_EMPTY },
	{ "72.100.in-addr.arpa.", true, CONTENTS_EMPTY },
	{ "73.100.in-addr.arpa.", true, CONTENTS_EMPTY },
	{ "74.100.in-addr.arpa.", true, CONTENTS_EMPTY },
	{ "75.100.in-addr.arpa.", true, CONTENTS_EMPTY },
	{ "76.100.in-addr.arpa.", true, CONTENTS_EMPTY },
	{ "77.100.in-addr.arpa.", true, CONTENTS_EMPTY },
	{ "78.100.in-addr.arpa.", true, CONTENTS_EMPTY },
	{ "79.100.in-addr.arpa.", true, CONTENTS_EMPTY },
	{ "80.100.in-addr.arpa.", true, CONTENTS_EMPTY },
	{ "81.100.in-addr.arpa.", true, CONTENTS_EMPTY },
	{ "82.100.in-addr.arpa.", true, CONTENTS_EMPTY },
	{ "83.100.in-addr.arpa.", true, CONTENTS_EMPTY },
	{ "84.100.in-addr.arpa.", true, CONTENTS_EMPTY },
	{ "85.100.in-addr.arpa.", true, CONTENTS_EMPTY },
	{ "86.100.in-addr.arpa.", true, CONTENTS_EMPTY },
	{ "87.100.in-addr.arpa.", true, CONTENTS_EMPTY },
	{ "88.100.in-addr.arpa.", true, CONTENTS_EMPTY },
	{ "89.100.in-addr.arpa.", true, CONTENTS_EMPTY },
	{ "90.100.in-addr.arpa.", true, CONTENTS_EMPTY },
	{ "91.100.in-addr.arpa.", true, CONTENTS_EMPTY },
	{ "92.100.in-addr.arpa.", true, CONTENTS_EMPTY },
	{ "93.100.in-addr.arpa.", true, CONTENTS_EMPTY },
	{ "94.100.in-addr.arpa.", true, CONTENTS_EMPTY },
	{ "95.100.in-addr.arpa.", true, CONTENTS_EMPTY },
	{ "96.100.in-addr.arpa.", true, CONTENTS_EMPTY },
	{ "97.100.in-addr.arpa.", true, CONTENTS_EMPTY },
	{ "98.100.in-addr.arpa.", true, CONTENTS_EMPTY },
	{ "99.100.in-addr.arpa.", true, CONTENTS_EMPTY },
	{ "100.100.in-addr.arpa.", true, CONTENTS_EMPTY },
	{ "101.100.in-addr.arpa.", true, CONTENTS_EMPTY },
	{ "102.100.in-addr.arpa.", true, CONTENTS_EMPTY },
	{ "103.100.in-addr.arpa.", true, CONTENTS_EMPTY },
	{ "104.100.in-addr.arpa.", true, CONTENTS_EMPTY },
	{ "105.100.in-addr.arpa.", true, CONTENTS_EMPTY },
	{ "106.100.in-addr.arpa.", true, CONTENTS_EMPTY },
	{ "107.100.in-addr.arpa.", true, CONTENTS_EMPTY },
	{ "108.100.in-addr.arpa.", true, CONTENTS_EMPTY },
	{ "109.100.in-addr.arpa.", true, CONTENTS_EMPTY },
	{ "110.100.in-addr.arpa.", true, CONTENTS_EMPTY },
	{ "111.100.in-addr.arpa.", true, CONTENTS_EMPTY },
	{ "112.100.in-addr.arpa.", true, CONTENTS_EMPTY },
	{ "113.100.in-addr.arpa.", true, CONTENTS_EMPTY },
	{ "114.100.in-addr.arpa.", true, CONTENTS_EMPTY },
	{ "115.100.in-addr.arpa.", true, CONTENTS_EMPTY },
	{ "116.100.in-addr.arpa.", true, CONTENTS_EMPTY },
	{ "117.100.in-addr.arpa.", true, CONTENTS_EMPTY },
	{ "118.100.in-addr.arpa.", true, CONTENTS_EMPTY },
	{ "119.100.in-addr.arpa.", true, CONTENTS_EMPTY },
	{ "120.100.in-addr.arpa.", true, CONTENTS_EMPTY },
	{ "121.100.in-addr.arpa.", true, CONTENTS_EMPTY },
	{ "122.100.in-addr.arpa.", true, CONTENTS_EMPTY },
	{ "123.100.in-addr.arpa.", true, CONTENTS_EMPTY },
	{ "124.100.in-addr.arpa.", true, CONTENTS_EMPTY },
	{ "125.100.in-addr.arpa.", true, CONTENTS_EMPTY },
	{ "126.100.in-addr.arpa.", true, CONTENTS_EMPTY },
	{ "127.100.in-addr.arpa.", true, CONTENTS_EMPTY },

	/* RFC 6303, sections 4.3 to 4.6: ::, documentation, unique local, link-local */
	{ "0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.ip6.arpa.", true,
	  CONTENTS_EMPTY },
	{ "8.b.d.0.1.0.0.2.ip6.arpa.", true, CONTENTS_EMPTY },
	{ "d.f.ip6.arpa.", true, CONTENTS_EMPTY },
	{ "8.e.f.ip6.arpa.", true, CONTENTS_EMPTY },
	{ "9.e.f.ip6.arpa.", true, CONTENTS_EMPTY },
	{ "a.e.f.ip6.arpa.", true, CONTENTS_EMPTY },
	{ "b.e.f.ip6.arpa.", true, CONTENTS_EMPTY },
};

#define DEFAULT_ZONES (sizeof default_zones / sizeof default_zones[0])

const char *
local_default_zone(unsigned index)
{
	return index < DEFAULT_ZONES ? default_zones[index].name : NULL;
}

const char *
local_default_lan_zone(unsigned index)
{
	for (unsigned i = 0; i < DEFAULT_ZONES; i++)
		if (default_zones[i].is_lan && index-- == 0)
			return default_zones[i].name;
	return NULL;
}

struct filling {
	struct local *local;
	const char *zone;
	int err; /* sticks */
};

static struct local_node *
fill_node(struct filling *filling, const char *owner)
{
	struct name name;
	if (filling->err == 0)
		filling->err = name_from_text(&name, owner, NULL);
	if (filling->err != 0)
		return NULL;
	struct local_node *node = local__node_make(filling->local, &name);
	if (node == NULL)
		filling->err = ERR_NO_MEMORY;
	return node;
}

/* One record, where the operator has not said something else. */
static void
fill(struct filling *filling, const char *owner, uint16_t type, const void *rdata,
     size_t rdata_bytes)
{
	const struct local_node *node = fill_node(filling, owner);
	if (node == NULL || local__node_set(node, type) != NULL ||
	    local__node_set(node, TYPE_CNAME) != NULL)
		return;
	filling->err = local_data_add_rr(filling->local, &node->name, type, CLASS_IN,
					 LOCAL_DEFAULT_TTL_S, rdata, rdata_bytes);
}

/* RFC 6303, section 3, with unbound's names: localhost. nobody.invalid. 1 3600 1200 604800 10800. */
static const uint8_t localhost_wire[] = "\11localhost";
static const uint8_t soa_rdata[] = "\11localhost\0"
				   "\6nobody\7invalid\0"
				   "\0\0\0\1"
				   "\0\0\16\20"
				   "\0\0\4\260"
				   "\0\11\72\200"
				   "\0\0\52\60";

static void
fill_zone(struct filling *filling, enum default_contents contents)
{
	static const uint8_t ipv4_loopback[4] = { 127, 0, 0, 1 }, ipv6_loopback[16] = { [15] = 1 };
	struct local_node *node;
	fill(filling, filling->zone, TYPE_SOA, soa_rdata, sizeof soa_rdata - 1);
	fill(filling, filling->zone, TYPE_NS, localhost_wire, sizeof localhost_wire);
	switch (contents) {
	case CONTENTS_EMPTY: break;
	case CONTENTS_LOCALHOST:
		fill(filling, filling->zone, TYPE_A, ipv4_loopback, sizeof ipv4_loopback);
		fill(filling, filling->zone, TYPE_AAAA, ipv6_loopback, sizeof ipv6_loopback);
		break;
	case CONTENTS_LOOPBACK4:
		fill(filling, "1.0.0.127.in-addr.arpa.", TYPE_PTR, localhost_wire,
		     sizeof localhost_wire);
		break;
	case CONTENTS_LOOPBACK6:
		fill(filling, filling->zone, TYPE_PTR, localhost_wire, sizeof localhost_wire);
		break;
	case CONTENTS_RESOLVER:
		node = fill_node(filling, "_dns.resolver.arpa.");
		if (node != NULL)
			node->exists = true;
		break;
	}
}

static int
default_add(struct local *local, const struct default_zone *zone)
{
	struct name name;
	int err = name_from_text(&name, zone->name, NULL);
	if (err != 0)
		return err;
	bool exact;
	const struct local_node *node = local__node_find(local, &name, &exact);
	if (exact && (node->is_zone || node->no_default))
		return 0;
	err = local_zone_add(local, &name,
			     zone->contents == CONTENTS_LOCALHOST ? LOCAL_REDIRECT : LOCAL_STATIC);
	if (err != 0)
		return err;
	struct filling filling = { .local = local, .zone = zone->name };
	fill_zone(&filling, zone->contents);
	return filling.err;
}

int
local__defaults_add(struct local *local, bool unblock_lan_zones)
{
	int err = 0;
	for (unsigned i = 0; i < DEFAULT_ZONES && err == 0; i++)
		if (!default_zones[i].is_lan || !unblock_lan_zones)
			err = default_add(local, &default_zones[i]);
	return err;
}

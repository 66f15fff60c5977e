/*
 * rpz.h - response policy zones: lists, written as zones, of what is not to be answered as it is
 * (draft-vixie-dnsop-dns-rpz-00; unbound's `rpz:`).
 *
 * A record's owner is a trigger, its data the action:
 *
 *     NAME, *.NAME                      the question's name or an alias's target      CNAME .              NXDOMAIN
 *     LENGTH.REVERSED.rpz-client-ip     the client's address                          CNAME *.             NODATA
 *     LENGTH.REVERSED.rpz-ip            an address in the answer                      CNAME rpz-passthru.  as it is
 *     NAME.rpz-nsdname                  a name server of the zone, or of one above    CNAME rpz-drop.      no answer
 *     LENGTH.REVERSED.rpz-nsip          its address                                   CNAME rpz-tcp-only.  TC over UDP
 *                                                                                     CNAME *.NAME         CNAME QNAME.NAME
 *                                                                                     other data           those data
 *
 * The first zone with a match decides, and within it the first of enum rpz_trigger.  What can be known before anything
 * is asked is decided then: an address in the answer has a say only where no name and no server was listed.  Passthru,
 * and tcp-only over TCP, end it for the whole question.  Wildcards are those of the DNS: a name that is there, or that
 * has names below it, is not matched by the wildcard beside it (RFC 4592).
 *
 * Filled when the configuration is read, then read by all workers without a lock.
 *
 * Ownership: everything lies in the arena given to rpz_new; a hit refers to it and to nothing else.
 * Units:     TTLs in seconds.
 * Errors:    ERR_NO_MEMORY (arena), ERR_FULL (zones), ERR_EXISTS (a zone twice), ERR_MALFORMED with line and reason.
 * Bounds:    RPZ_ZONES_MAX zones; a look-up is one walk down the name, or the address, a zone.
 */
#ifndef CAIRN_RESOLVER_POLICY_RPZ_H
#define CAIRN_RESOLVER_POLICY_RPZ_H

#include "resolver/policy/prefixes.h"
#include "resolver/wire/text.h"

struct local;
struct rng;

#define RPZ_ZONES_MAX   31u
#define RPZ_STREAM      0x80000000u /* in a set of zones: the question came over a stream, so tcp-only is content */
#define RPZ_ALIAS_TTL_S 3600u       /* of a CNAME that rpz-cname-override makes */

/* In the order in which they count within a zone. */
enum rpz_trigger { RPZ_CLIENT_IP, RPZ_QNAME, RPZ_RESPONSE_IP, RPZ_NSDNAME, RPZ_NSIP };
#define RPZ_TRIGGERS 5

enum rpz_action {
	RPZ_NXDOMAIN,
	RPZ_NODATA,
	RPZ_PASSTHRU,
	RPZ_DROP,
	RPZ_TCP_ONLY,
	RPZ_REFUSE, /* Cairn's, for response-ip: CNAME rpz-refuse. */
	RPZ_DATA,  /* `sets` of the hit; NODATA for a type that is not among them */
	RPZ_ALIAS, /* a CNAME; resolution goes on at its target */
};

const char *rpz_trigger_to_text(enum rpz_trigger trigger); /* "qname", "response_ip", as unbound logs them */
const char *rpz_action_to_text(enum rpz_action action);    /* "nxdomain", "local_data" */

struct rpz_zone {
	const struct name *name;
	bool is_disabled;            /* rpz-action-override: disabled */
	bool has_override;           /* `override` instead of what the zone says */
	enum rpz_action override;
	const struct name *alias;    /* override RPZ_ALIAS: the target */
	bool signals_nxdomain;       /* rpz-signal-nxdomain-ra: RA is clear in its NXDOMAIN */
	const char *log_name;        /* rpz-log, rpz-log-name; NULL: not logged */
	int ede;                     /* rpz-ede: of what it blocks (RFC 8914) */
	bool skips_malformed;        /* what is no rule, or too much for one, is left out; else the zone is refused */
	uint64_t tags;               /* `tags`: for clients that have one of them; 0: for all */

	struct rrset *soa;           /* NULL: the zone has none */
	struct local *names[RPZ_TRIGGERS];     /* of QNAME and NSDNAME the triggers themselves, of the others their data */
	struct prefixes prefixes[RPZ_TRIGGERS];
	uint32_t rule_count;         /* records that are rules */
	uint32_t ignored_count;      /* records that are none, and second CNAMEs */
};

struct rpz {
	struct arena *arena;
	uint32_t zone_count;
	uint32_t zones_with[RPZ_TRIGGERS]; /* those that have such triggers: bit i is zone i */
	struct rpz_zone zones[RPZ_ZONES_MAX];
};

struct rpz_hit {
	const struct rpz_zone *zone; /* NULL: nothing has matched */
	enum rpz_trigger trigger;
	enum rpz_action action;
	const struct name *owner;    /* the rule's, without the zone's name */
	const struct rrset *sets;    /* RPZ_DATA: a list by `next` */
	const struct name *alias;    /* RPZ_ALIAS: its target, or with is_wildcard what is put behind the name */
	bool is_wildcard;
	uint32_t alias_ttl_s;
};

/* NULL when the arena is full. */
struct rpz *rpz_new(struct arena *arena);

/* Adds a zone behind those before; the settings above `soa` are the caller's to fill in, before anything is asked. */
int rpz_zone_add(struct rpz *rpz, const struct name *name, struct rng *rng, struct rpz_zone **zone);

/* Lent for rpz_zone_read, too large for a thread's stack. */
struct rpz_reading {
	struct text_reader reader; /* after an error: line and why */
	struct text_record record;
};
/* The zone's text, a master file whose origin is the zone's name. */
int rpz_zone_read(struct rpz *rpz, struct rpz_zone *zone, const char *text, size_t text_bytes,
                  struct rpz_reading *reading);

/*
 * A rule for addresses in answers without a file (unbound's response-ip): the record says what is done, its owner does
 * not count.  Of rules for the same prefix that contradict each other the first counts.
 */
int rpz_response_add(struct rpz *rpz, struct rpz_zone *zone, const struct ip_addr *prefix, unsigned prefix_len,
                     const struct text_record *record);

/* Which zones are for a client with these tags; RPZ_STREAM is the caller's to add. */
uint32_t rpz_zones_for(const struct rpz *rpz, uint64_t tags);

/*
 * Looks for the trigger in the zones given, and replaces *hit where it finds one that goes before it.  A hit starts as
 * { .zone = NULL } and gathers whatever is known of a question.
 */
void rpz_match_name(const struct rpz *rpz, uint32_t zones, enum rpz_trigger trigger, const struct name *name,
                    struct rpz_hit *hit);
void rpz_match_addr(const struct rpz *rpz, uint32_t zones, enum rpz_trigger trigger, const struct ip_addr *addr,
                    struct rpz_hit *hit);

static inline bool
rpz_has(const struct rpz *rpz, uint32_t zones, enum rpz_trigger trigger)
{
	return (rpz->zones_with[trigger] & zones) != 0;
}

/* Where the alias of a hit leads for a name; ERR_TOO_BIG: to no name (YXDOMAIN). */
int rpz_alias_target(const struct rpz_hit *hit, const struct name *name, struct name *target);

#endif

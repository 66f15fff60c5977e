/*
 * local.h - local zones and local data: answers that the operator or an RFC gives for the DNS
 * (unbound's local-zone, local-data, local-data-ptr; RFC 6303; RFC 6761; RFC 7686; RFC 8375; RFC 9462; RFC 9665).
 *
 * Filled when the configuration is read, finished once, then read by all workers without a lock.  Names lie in one
 * keyed hash table with all the names above them, and a look-up goes from the top down, so that a name with
 * nothing local under its top-level domain costs one probe.  Zones are of class IN; data of classes CH and ANY have a table of
 * their own, where what surrounds them is of the type of the zone that class IN has there.  Who asks about class ANY asks about
 * IN too.
 *
 * Ownership: everything lies in the arena given to local_new, which must outlive it.  What local_answer gives lies in
 *            the arena given to it, save that rdata is lent from the table.
 * Units:     TTLs in seconds.
 * Errors:    ERR_NO_MEMORY (arena), ERR_EXISTS (zone said twice with different types; a CNAME beside other data),
 *            ERR_MALFORMED (text), ERR_TOO_BIG, ERR_UNSUPPORTED (another class, type that no zone holds),
 *            ERR_NOT_FOUND (no such zone).
 * Bounds:    RRSET_RRS_MAX records a set, LOCAL_ALIASES_MAX CNAMEs followed.
 */
#ifndef CAIRN_RESOLVER_POLICY_LOCAL_H
#define CAIRN_RESOLVER_POLICY_LOCAL_H

#include "resolver/answer.h"

struct client_tags;
struct local;
struct ip_addr;
struct rng;

#define LOCAL_ALIASES_MAX   11u
#define LOCAL_DATA_TTL_S    3600u  /* of local-data without a TTL */
#define LOCAL_DEFAULT_TTL_S 10800u /* of the zones that are there by default */

/* unbound's names of the types; "data" is local-data of the very name, type and class. */
enum local_type {
	LOCAL_DENY,               /* data, else no answer */
	LOCAL_REFUSE,             /* data, else REFUSED */
	LOCAL_STATIC,             /* data, else NODATA or NXDOMAIN */
	LOCAL_TRANSPARENT,        /* data; NODATA where the name has other data; else resolved */
	LOCAL_TYPETRANSPARENT,    /* data, else resolved */
	LOCAL_REDIRECT,           /* the apex's data for every name of the zone, else NODATA; data beneath are not given */
	LOCAL_INFORM,             /* as transparent, and logged */
	LOCAL_INFORM_DENY,        /* as deny, and logged */
	LOCAL_INFORM_REDIRECT,    /* as redirect, and logged */
	LOCAL_ALWAYS_TRANSPARENT, /* resolved: the data are ignored */
	LOCAL_BLOCK_A,            /* NODATA for type A, the rest resolved; the data are ignored */
	LOCAL_ALWAYS_REFUSE,      /* from here on: so for every name and type, the data are ignored */
	LOCAL_ALWAYS_NXDOMAIN,
	LOCAL_ALWAYS_NODATA,
	LOCAL_ALWAYS_DENY,
	LOCAL_ALWAYS_NULL,        /* 0.0.0.0 and ::, NODATA for other types */
	LOCAL_NOVIEW,             /* ends a view: without views, resolved */
	LOCAL_NODEFAULT,          /* the default zone of this name is not made */
};

int local_type_from_text(const char *text, enum local_type *type); /* "always_nxdomain" */
const char *local_type_to_text(enum local_type type);

/* ---- reading the configuration ---------------------------------------------------------------- */

/* NULL when the arena is full. */
struct local *local_new(struct arena *arena, struct rng *rng);
int local_zone_add(struct local *local, const struct name *zone, enum local_type type);
/* The zone, which is there, is for clients with one of these tags alone; for others it is not there (local-zone-tag). */
int local_zone_tag(struct local *local, const struct name *zone, uint64_t tags);
/* The zone, which is there, is of another type for clients of the prefix (local-zone-override). */
int local_zone_override(struct local *local, const struct name *zone, const struct ip_addr *prefix, unsigned prefix_len,
                        enum local_type type);

/* `record` is one line of a master file, `ptr` is "ADDRESS [TTL] NAME"; after an error *why says it in words. */
int local_data_add(struct local *local, const char *record, const char **why);
int local_data_ptr_add(struct local *local, const char *ptr, const char **why);
int local_data_add_rr(struct local *local, const struct name *owner, uint16_t type, uint16_t class, uint32_t ttl_s,
                      const uint8_t *rdata, size_t rdata_bytes);

/*
 * After the last zone and record: makes the default zones that no local_zone_add has named (or has named nodefault),
 * and a transparent zone for data outside every zone.  unblock_lan_zones leaves out the reverse
 * zones of private addresses, as unbound's option does; with_defaults false leaves out all.
 */
int local_finish(struct local *local, bool with_defaults, bool unblock_lan_zones);

/* The names of the default zones, for conf and man page, and of those of private addresses; NULL behind the last. */
const char *local_default_zone(unsigned index);
const char *local_default_lan_zone(unsigned index);

/* ---- answering -------------------------------------------------------------------------------- */

enum local_verdict {
	LOCAL_IS_NOT,  /* nothing local: resolve */
	LOCAL_ANSWERS, /* *answer is complete */
	LOCAL_DROPS,   /* no answer at all */
	LOCAL_ALIASES, /* *answer holds the CNAMEs; `alias` is to be resolved and put behind them, or they are given alone */
};

struct local_match {
	enum local_verdict verdict;
	bool informs;              /* one line for the log: zone, client, question */
	enum local_type type;
	const struct name *zone;   /* lent from the table; NULL with LOCAL_IS_NOT outside every zone */
	const struct name *alias;  /* LOCAL_ALIASES: the target, in the arena */
};

/* Who asks: it decides which zones there are, and may give them another type, by its address before its tags. */
struct local_client {
	const struct ip_addr *addr;
	const struct client_tags *tags; /* NULL: none */
};

/*
 * 0, or ERR_NO_MEMORY when the arena is full.  A CNAME is followed within local data, at most LOCAL_ALIASES_MAX times:
 * then the answer is SERVFAIL.  Names in the answer that stand for the qname are in the letter
 * case of the question.  `client` NULL is anybody.  A DS question about a zone's apex belongs to the zone above (RFC 4035, section 2.4).
 */
int local_answer(const struct local *local, const struct question *question, const struct local_client *client,
                 struct arena *arena, struct local_match *match, struct answer *answer);

struct local_stats {
	uint32_t zones, names, rrsets;
	size_t bytes; /* of the arena */
};
void local_stats(const struct local *local, struct local_stats *stats);

#endif

/*
 * group.h - the records of one message sorted into RRsets (RFC 2181, section 5; private to resolver/wire).
 *
 * First every record is added with the place of its rdata in the message; records of one section,
 * owner, type and class form a set, and an RRSIG joins the set that it covers, wherever that stands in the
 * section.  Then each set is written out: rdata in our own form, duplicates left out.  A record whose rdata break the
 * rules of its type is an error, or, where the group spares the others, left out and counted; a set that has no record
 * left goes with its signatures.
 *
 * Owners are looked up apart from their sets, since records that follow each other mostly share
 * theirs: whoever sees that need not look it up again.
 *
 * Ownership: all lies in the arena, the lists for adding included.
 * Errors:    ERR_TOO_BIG: RRSET_RRS_MAX, or more look-ups than an honest message can cause.
 * Bounds:    GROUP_STEPS_MAX: the buckets are not keyed, and colliding owners must not cost more than this.
 */
#ifndef CAIRN_RESOLVER_WIRE_GROUP_H
#define CAIRN_RESOLVER_WIRE_GROUP_H

#include "resolver/wire/message.h"

#define GROUP_STEPS_MAX   32768u
#define GROUP_BUCKETS_MAX 512u

struct group_record {
	struct group_record *next; /* in its set */
	uint32_t ttl_s;
	uint32_t rdata_pos; /* in the message */
	uint16_t rdlength;
};

struct group_list {
	struct group_record *first, **last;
	uint16_t count;
};

struct group_set;

/* A name as it was spelt; names that differ in letter case alone share the sets of the first. */
struct group_owner {
	struct group_owner *chain; /* in its bucket */
	struct group_owner *first; /* itself, or the first of these names to come */
	struct group_set *sets;    /* of the first, youngest set first */
	const struct name *name;
	uint32_t hash;
};

struct group_set {
	struct group_set *next;  /* in order of arrival */
	struct group_set *older; /* of the same owner */
	struct group_owner *owner;
	uint16_t type, class; /* of an RRSIG: the type covered */
	enum dns_section section;
	struct group_list records, sigs;
};

struct group {
	struct arena *arena;
	struct group_set *first, **last;
	struct group_owner *buckets[GROUP_BUCKETS_MAX];
	uint32_t bucket_mask;
	uint32_t steps;
	bool spares_others;
	uint32_t broken; /* records left out so far */
};

/* `record_count` is what the header promises; it only sizes the table. */
void group_init(struct group *group, struct arena *arena, unsigned record_count, bool spares_others);

/* The owner of this spelling, a new one if need be. */
int group_owner(struct group *group, const struct name *name, struct group_owner **owner);

struct group_key {
	struct group_owner *owner;
	enum dns_section section;
	uint16_t type, class;
};
/* Adds a record; `covered` is the type that an RRSIG covers and not looked at otherwise. */
int group_add(struct group *group, const struct group_key *key, uint16_t covered, uint32_t ttl_s,
	      uint32_t rdata_pos, uint16_t rdlength);

/* Writes the sets into the message's sections. */
int group_write(struct group *group, const struct cursor *input, struct message *message);

#endif

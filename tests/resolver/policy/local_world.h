/*
 * local_world.h - local zones in a block of their own, asked and told as text: what their tests have in common.
 */
#ifndef CAIRN_TESTS_RESOLVER_POLICY_LOCAL_WORLD_H
#define CAIRN_TESTS_RESOLVER_POLICY_LOCAL_WORLD_H

#include <stdio.h>
#include <stdlib.h>

#include "resolver/policy/local.h"
#include "resolver/wire/text.h"
#include "stack/base/arena.h"
#include "stack/base/rng.h"
#include "tests/suite.h"

#define TOLD_BYTES   1024

static uint8_t table_block[4u << 20], answer_block[65536];
static struct arena table_arena, answer_arena;
static struct local *local;
static struct rng rng;

static inline void
setup(void)
{
	rng_init_number(&rng, 11);
	arena_init(&table_arena, table_block, sizeof table_block);
	local = local_new(&table_arena, &rng);
	ck_assert_ptr_nonnull(local);
}

static inline struct name
name_of(const char *text)
{
	struct name name;
	ck_assert_msg(name_from_text(&name, text, NULL) == 0, "%s", text);
	return name;
}

static inline int
add_zone(const char *text, enum local_type type)
{
	struct name zone = name_of(text);
	return local_zone_add(local, &zone, type);
}

static inline void
add_data(const char *record)
{
	const char *why = "";
	ck_assert_msg(local_data_add(local, record, &why) == 0, "%s: %s", record, why);
}

static inline void
finish(bool with_defaults)
{
	ck_assert_int_eq(local_finish(local, with_defaults, false), 0);
}

static inline void
tell_sets(char *told, const char *before, const struct rrset *set)
{
	for (; set != NULL; set = set->next) {
		struct rdata_walk walk;
		char owner[NAME_TEXT_BYTES], type[TYPE_TEXT_BYTES], rdata[512];
		rdata_first(set, &walk);
		for (unsigned i = 0; i < set->rr_count; i++) {
			ck_assert(rdata_next(&walk));
			ck_assert_int_ge(rdata_to_text(set->type, set->class, walk.bytes, walk.size,
						       rdata, sizeof rdata),
					 0);
			size_t used = strlen(told);
			snprintf(told + used, TOLD_BYTES - used, "%s%s %u %s %s", before,
				 name_to_text(set->owner, owner, sizeof owner), set->ttl_s,
				 type_to_text(set->type, type, sizeof type), rdata);
		}
	}
}

/* The outcome in one line: "RESOLVE", "DROP", or the rcode, the records, and the alias that is left. */
static inline const char *
ask(const char *qname, uint16_t qtype, struct local_match *match, struct answer *answer)
{
	static char told[TOLD_BYTES];
	struct question question = { .qname = name_of(qname), .qtype = qtype, .qclass = CLASS_IN };
	arena_init(&answer_arena, answer_block, sizeof answer_block);
	ck_assert_int_eq(local_answer(local, &question, NULL, &answer_arena, match, answer), 0);
	told[0] = 0;
	switch (match->verdict) {
	case LOCAL_IS_NOT: return "RESOLVE";
	case LOCAL_DROPS: return "DROP";
	case LOCAL_ANSWERS:
	case LOCAL_ALIASES: snprintf(told, sizeof told, "%s", rcode_to_text(answer->rcode));
	}
	tell_sets(told, "; ", answer->sections[SECTION_ANSWER]);
	tell_sets(told, " / ", answer->sections[SECTION_AUTHORITY]);
	if (match->verdict == LOCAL_ALIASES) {
		char alias[NAME_TEXT_BYTES];
		size_t used = strlen(told);
		snprintf(told + used, sizeof told - used, " -> %s",
			 name_to_text(match->alias, alias, sizeof alias));
	}
	return told;
}

static inline const char *
outcome(const char *qname, uint16_t qtype)
{
	struct local_match match;
	struct answer answer;
	return ask(qname, qtype, &match, &answer);
}

#endif

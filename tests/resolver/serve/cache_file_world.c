#include "cache_file_world.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "stack/base/arena.h"

char cache_directory[] = "/tmp/cairn-cache-file-XXXXXX";
char cache_path[PATH_MAX], cache_aside[PATH_MAX];
static struct log quiet;

struct cache_file_config
process_config(struct process *process, uint32_t wall_s)
{
	return (struct cache_file_config){ .path = cache_path,
					   .basis = 1,
					   .wall_s = wall_s,
					   .rng = &process->rng,
					   .log = &quiet };
}

void
process_begin_with(struct process *process, uint64_t seed, size_t bytes)
{
	*process = (struct process){ 0 };
	rng_init_number(&process->rng, seed);
	for (unsigned i = 0; i < 3; i++)
		process->blocks[i] = calloc(1, bytes);
	process->caches.rrsets = rrset_cache_new(process->blocks[0], bytes, &process->rng);
	process->caches.negatives = negative_cache_new(process->blocks[1], bytes, &process->rng);
	process->caches.delegations =
		delegation_cache_new(process->blocks[2], bytes, &process->rng);
}

void
process_begin(struct process *process, uint64_t seed)
{
	process_begin_with(process, seed, BLOCK_BYTES);
}

void
process_load(struct process *process, uint32_t now_s, uint32_t wall_s, const atomic_bool *is_cancelled)
{
	cache_file_scan(process->file, now_s, wall_s, is_cancelled);
	cache_file_load(process->file, &process->loaded);
}

int
process_open_only(struct process *process, uint32_t wall_s)
{
	const struct cache_file_config config = process_config(process, wall_s);
	int err = cache_file_open(&process->file, &config, &process->caches, process->error);
	if (err != 0)
		process->file = NULL;
	return err;
}

int
process_open(struct process *process, uint32_t now_s, uint32_t wall_s)
{
	int err = process_open_only(process, wall_s);
	if (err == 0)
		process_load(process, now_s, wall_s, NULL);
	return err;
}

/* As kill -9 would end it: without a word to the file. */
void
process_end(struct process *process)
{
	if (process->file != NULL)
		cache_file_close(process->file);
	for (unsigned i = 0; i < 3; i++)
		free(process->blocks[i]);
}

/* ---- what is known ----------------------------------------------------------------------------------- */

void
name_of(struct name *name, const char *prefix, unsigned i)
{
	char text[64];
	(void)snprintf(text, sizeof text, "%s%u.example.", prefix, i);
	ck_assert_int_eq(name_from_text(name, text, NULL), 0);
}

/* Each TTL another one; each address tells its name. */
uint32_t
ttl_of(unsigned i)
{
	return 1 + i % TTL_S;
}

void
know_address(struct process *process, unsigned i, uint8_t mark, uint32_t ttl_s, uint32_t now_s)
{
	struct name owner;
	const uint8_t rdata[] = { 0, 4, mark, 0, (uint8_t)(i >> 8), (uint8_t)i };
	name_of(&owner, "www", i);
	const struct rrset set = { .owner = &owner,
				   .type = TYPE_A,
				   .class = CLASS_IN,
				   .rr_count = 1,
				   .rdata = rdata,
				   .rdata_bytes = sizeof rdata,
				   .security = SECURITY_INSECURE };
	ck_assert_int_eq(
		rrset_cache_put(process->caches.rrsets, &set, TRUST_ANSWER_AA, ttl_s, now_s), 0);
}

static void
know_absence(struct process *process, unsigned i, enum negative_kind kind, uint32_t ttl_s,
	     uint32_t now_s)
{
	struct name owner, zone;
	static const uint8_t rdata[] = { 0, 22, 0, 0, 0, 0, 0, 1, 0, 0, 0, 2,
					 0, 0,  0, 3, 0, 0, 0, 4, 0, 0, 0, 5 };
	name_of(&owner, "no", i);
	ck_assert_int_eq(name_from_text(&zone, "example.", NULL), 0);
	struct rrset soa = { .owner = &zone,
			     .type = TYPE_SOA,
			     .class = CLASS_IN,
			     .rr_count = 1,
			     .rdata = rdata,
			     .rdata_bytes = sizeof rdata };
	const struct negative negative = {
		.kind = kind, .ttl_s = ttl_s, .security = SECURITY_INSECURE, .authority = &soa
	};
	ck_assert_int_eq(negative_cache_put(process->caches.negatives, &owner, TYPE_AAAA, CLASS_IN,
					    &negative, now_s),
			 0);
}

static void
know_delegation(struct process *process, unsigned i, uint32_t now_s)
{
	struct name zone, server;
	name_of(&zone, "zone", i);
	name_of(&server, "ns", i);
	struct delegation_ns ns = { .name = &server, .addr_count = 2 };
	ns.addrs[0] = addr_ipv4((uint8_t[4]){ 192, 0, 2, (uint8_t)i });
	ns.addrs[1] = addr_ipv6((uint8_t[16]){ 0x20, 1, 0xd, 0xb8, [15] = (uint8_t)i });
	const struct delegation delegation = {
		.zone = &zone, .ttl_s = ttl_of(i), .ns_count = 1, .ns = &ns
	};
	ck_assert_int_eq(
		delegation_cache_put(process->caches.delegations, &delegation, UINT32_MAX, now_s),
		0);
}

void
know_much(struct process *process)
{
	for (unsigned i = 0; i < NAMES; i++) {
		know_address(process, i, 1, ttl_of(i), NOW_S);
		know_absence(process, i, i % 2 ? NEGATIVE_NXDOMAIN : NEGATIVE_NODATA, ttl_of(i),
			     NOW_S);
		know_delegation(process, i, NOW_S);
	}
}

/* ---- and what is found ------------------------------------------------------------------------------- */

static uint8_t arena_block[65536];

static struct rrset *
find_address(struct process *process, unsigned i, uint32_t now_s)
{
	struct arena arena;
	struct name owner;
	struct rrset *set;
	arena_init(&arena, arena_block, sizeof arena_block);
	name_of(&owner, "www", i);
	return rrset_cache_get(process->caches.rrsets, &owner, TYPE_A, CLASS_IN, TRUST_ANSWER_AA,
			       &arena, &set, now_s) == 0
		       ? set
		       : NULL;
}

uint8_t
address_mark(struct process *process, unsigned i, uint32_t now_s, uint32_t *ttl_s)
{
	const struct rrset *set = find_address(process, i, now_s);
	if (set == NULL)
		return 0;
	const uint8_t rest[] = { 0, (uint8_t)(i >> 8), (uint8_t)i };
	ck_assert(set->rr_count == 1 && set->sig_count == 0 && set->rdata_bytes == 6);
	ck_assert_int_eq(memcmp(set->rdata + 3, rest, sizeof rest), 0);
	ck_assert_uint_eq(set->security, SECURITY_INSECURE);
	*ttl_s = set->ttl_s;
	return set->rdata[2];
}

bool
absence_found(struct process *process, unsigned i, uint32_t now_s, uint32_t *ttl_s)
{
	struct arena arena;
	struct name owner;
	struct negative negative;
	arena_init(&arena, arena_block, sizeof arena_block);
	name_of(&owner, "no", i);
	if (negative_cache_get(process->caches.negatives, &owner, TYPE_AAAA, CLASS_IN, &arena,
			       &negative, now_s) != 0)
		return false;
	ck_assert_int_eq(negative.kind, i % 2 ? NEGATIVE_NXDOMAIN : NEGATIVE_NODATA);
	ck_assert_uint_eq(negative.authority->type, TYPE_SOA);
	*ttl_s = negative.ttl_s;
	return true;
}

static bool
delegation_found(struct process *process, unsigned i, uint32_t now_s, uint32_t *ttl_s)
{
	struct arena arena;
	struct name zone;
	struct delegation delegation;
	arena_init(&arena, arena_block, sizeof arena_block);
	name_of(&zone, "zone", i);
	if (delegation_cache_find(process->caches.delegations, &zone, &arena, &delegation, now_s) !=
	    0)
		return false;
	ck_assert(name_equal(delegation.zone, &zone));
	ck_assert_uint_eq(delegation.ns_count, 1);
	ck_assert_uint_eq(delegation.ns[0].addr_count, 2);
	ck_assert_uint_eq(delegation.ns[0].addrs[1].octets[15], (uint8_t)i);
	*ttl_s = delegation.ttl_s;
	return true;
}

unsigned
count_known(struct process *process, uint32_t now_s, uint32_t age_s)
{
	unsigned known = 0;
	uint32_t ttl_s;
	for (unsigned i = 0; i < NAMES; i++) {
		uint32_t left_s = ttl_of(i) > age_s ? ttl_of(i) - age_s : 0;
		if (address_mark(process, i, now_s, &ttl_s) != 0) {
			ck_assert_uint_eq(ttl_s, left_s);
			known++;
		}
		if (absence_found(process, i, now_s, &ttl_s)) {
			ck_assert_uint_eq(ttl_s, left_s);
			known++;
		}
		if (delegation_found(process, i, now_s, &ttl_s)) {
			uint32_t whole_s =
				ttl_of(i) < DELEGATION_TTL_MIN_S ? DELEGATION_TTL_MIN_S : ttl_of(i);
			ck_assert_uint_eq(ttl_s, whole_s - age_s);
			known++;
		}
	}
	return known;
}

unsigned
count_due(uint32_t age_s)
{
	unsigned due = 0;
	for (unsigned i = 0; i < NAMES; i++) {
		uint32_t whole_s =
			ttl_of(i) < DELEGATION_TTL_MIN_S ? DELEGATION_TTL_MIN_S : ttl_of(i);
		due += 2u * (ttl_of(i) > age_s) + (whole_s > age_s);
	}
	return due;
}

void
write_file(void)
{
	struct process process;
	process_begin(&process, 1);
	ck_assert_msg(process_open(&process, NOW_S, WALL_S) == 0, "%s", process.error);
	know_much(&process);
	cache_file_save(process.file, NOW_S, WALL_S);
	process_end(&process);
}

void
cache_world_setup(void)
{
	log_init(&quiet, "test", LOG_LEVEL_ERROR);
	strcpy(cache_directory, "/tmp/cairn-cache-file-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(cache_directory));
	(void)snprintf(cache_path, sizeof cache_path, "%s/cache", cache_directory);
	(void)snprintf(cache_aside, sizeof cache_aside, "%s/cache.damaged", cache_directory);
}

void
cache_world_teardown(void)
{
	(void)unlink(cache_path);
	(void)unlink(cache_aside);
	ck_assert_int_eq(rmdir(cache_directory), 0);
}

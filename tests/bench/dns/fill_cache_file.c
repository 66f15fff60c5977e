/*
 * fill_cache_file CONFIG ENTRIES - writes the cache-file that CONFIG names, as a cairnd that knows so many records would: an
 * address for each www.zone-N.example., and for every tenth also an absence and a delegation.
 */
#include <stdio.h>
#include <stdlib.h>
#include <uv.h>

#include "resolver/serve/basis.h"
#include "resolver/serve/cache_file.h"
#include "resolver/serve/memory.h"
#include "stack/base/rng.h"

#define TTL_S      3600u
#define SAVE_EVERY 10000u
#define TENTH      10u

static void
put_address(const struct caches *caches, const struct name *owner, unsigned i, uint32_t now_s)
{
	const uint8_t rdata[] = { 0, 4, 10, (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i };
	const struct rrset set = { .owner = owner,
				   .type = TYPE_A,
				   .class = CLASS_IN,
				   .rr_count = 1,
				   .rdata = rdata,
				   .rdata_bytes = sizeof rdata };
	(void)rrset_cache_put(caches->rrsets, &set, TRUST_ANSWER_AA, TTL_S, now_s);
}

static void
put_absence(const struct caches *caches, const struct name *owner, uint32_t now_s)
{
	static const struct name zone = { 9, "\7example" };
	static const uint8_t rdata[] = { 0, 22, 0, 0, 0, 0, 0, 1, 0, 0, 0,  2,
					 0, 0,  0, 3, 0, 0, 0, 4, 0, 0, 14, 16 };
	struct rrset soa = { .owner = &zone,
			     .type = TYPE_SOA,
			     .class = CLASS_IN,
			     .rr_count = 1,
			     .rdata = rdata,
			     .rdata_bytes = sizeof rdata };
	const struct negative negative = { .kind = NEGATIVE_NODATA,
					   .ttl_s = TTL_S,
					   .authority = &soa };
	(void)negative_cache_put(caches->negatives, owner, TYPE_MX, CLASS_IN, &negative, now_s);
}

static void
put_delegation(const struct caches *caches, const struct name *owner, uint32_t now_s)
{
	struct name zone;
	struct delegation_ns ns = { .name = owner, .addr_count = 1 };
	name_strip(&zone, owner, 1);
	ns.addrs[0] = addr_ipv4((uint8_t[4]){ 192, 0, 2, 1 });
	const struct delegation delegation = {
		.zone = &zone, .ttl_s = TTL_S, .ns_count = 1, .ns = &ns
	};
	(void)delegation_cache_put(caches->delegations, &delegation, UINT32_MAX, now_s);
}

static int
fill(struct cache_file *file, const struct caches *caches, unsigned entries)
{
	uint32_t now_s = (uint32_t)(uv_hrtime() / 1000000000u);
	for (unsigned i = 0; i < entries; i++) {
		char text[64];
		struct name owner;
		(void)snprintf(text, sizeof text, "www.zone-%u.example.", i);
		if (name_from_text(&owner, text, NULL) != 0)
			return EXIT_FAILURE;
		put_address(caches, &owner, i, now_s);
		if (i % TENTH == 0) {
			put_absence(caches, &owner, now_s);
			put_delegation(caches, &owner, now_s);
		}
		if (i % SAVE_EVERY == SAVE_EVERY - 1)
			cache_file_save(file, now_s, cache_file_wall_s());
	}
	cache_file_save(file, now_s, cache_file_wall_s());
	return EXIT_SUCCESS;
}

int
main(int argc, char **argv)
{
	static const uint8_t seed[RNG_SEED_BYTES] = { 1 };
	char error[CONFIG_ERROR_BYTES];
	struct rng rng;
	struct log log;
	struct settings *settings;
	struct memory memory;
	struct cache_file *file;

	rng_init(&rng, seed);
	log_init(&log, "fill_cache_file", LOG_LEVEL_NOTICE);
	if (argc != 3) {
		(void)fprintf(stderr, "usage: fill_cache_file CONFIG ENTRIES\n");
		return EXIT_FAILURE;
	}
	if (settings_new(&settings, argv[1], 0, &rng, error) != 0) {
		log_error(&log, "%s", error);
		return EXIT_FAILURE;
	}
	const struct cache_file_config config = { .path = settings->config.cache_file,
						  .basis = basis_of(settings),
						  .wall_s = cache_file_wall_s(),
						  .rng = &rng,
						  .log = &log };
	int err = memory_open(&memory, &settings->config, &rng, error);
	if (err == 0)
		err = cache_file_open(&file, &config, &memory.caches, error);
	if (err != 0) {
		log_error(&log, "%s", error);
		return EXIT_FAILURE;
	}
	int status = fill(file, &memory.caches, (unsigned)strtoul(argv[2], NULL, 10));
	cache_file_close(file);
	memory_close(&memory);
	settings_free(settings);
	return status;
}

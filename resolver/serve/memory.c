#include "resolver/serve/memory.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <uv.h>

#include "resolver/cache/ready.h"

#define AUTO_SHARE     8u /* of the machine, for records; and of that for each of the two others */
#define AUTO_BYTES_MIN (UINT64_C(64) << 20)
#define AUTO_BYTES_MAX (UINT64_C(4) << 30)

static uint64_t
clamp(uint64_t value, uint64_t least, uint64_t most)
{
	return value < least ? least : value > most ? most : value;
}

/* The size asked for, or the automatic one, and never less than the cache can work with. */
static size_t
size_of(uint64_t configured, uint64_t automatic, size_t least)
{
	uint64_t bytes = configured != 0 ? configured : automatic;
	return bytes > least ? (size_t)bytes : least;
}

struct memory_sizes
memory_sizes(const struct config *config, uint64_t total_bytes)
{
	struct memory_sizes sizes;
	uint64_t automatic = clamp(total_bytes / AUTO_SHARE, AUTO_BYTES_MIN, AUTO_BYTES_MAX);
	sizes.rrsets = size_of(config->rrset_cache_size, automatic, rrset_cache_bytes_min());
	sizes.negatives = size_of(config->neg_cache_size, sizes.rrsets / AUTO_SHARE,
				  negative_cache_bytes_min());
	sizes.delegations = size_of(config->delegation_cache_size, sizes.rrsets / AUTO_SHARE,
				    delegation_cache_bytes_min());
	sizes.ready = size_of(config->msg_cache_size, sizes.rrsets / AUTO_SHARE, READY_BYTES_LEAST);
	sizes.infra = infra_bytes(config->infra_cache_numhosts);
	return sizes;
}

static uint64_t
machine_bytes(void)
{
	uint64_t total = uv_get_total_memory(), constrained = uv_get_constrained_memory();
	return constrained > 0 && constrained < total ? constrained : total;
}

void *
memory_reserve(size_t bytes)
{
	void *block = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (block == MAP_FAILED)
		return NULL;
	(void)madvise(block, bytes, MADV_NOHUGEPAGE); /* a kernel that does not know it has none */
	return block;
}

/* A kernel that has none gives small ones. */
static void
ask_for_huge_pages(uint8_t *bytes, size_t size)
{
	const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	const uintptr_t begin = ((uintptr_t)bytes + page - 1) & ~(page - 1), end = ((uintptr_t)bytes + size) & ~(page - 1);

	if (begin < end)
		(void)madvise((void *)begin, end - begin, MADV_HUGEPAGE);
}

static size_t
whole_lines(size_t bytes)
{
	return (bytes + 63) & ~(size_t)63;
}

int
memory_open(struct memory *memory, const struct config *config, struct rng *rng,
	    char error[CONFIG_ERROR_BYTES])
{
	struct memory_sizes sizes = memory_sizes(config, machine_bytes());
	struct caches *caches = &memory->caches;
	*memory = (struct memory){ 0 };
	size_t bytes = whole_lines(sizes.rrsets) + whole_lines(sizes.negatives) +
		       whole_lines(sizes.delegations) + whole_lines(sizes.ready) + whole_lines(sizes.infra);
	uint8_t *block = memory_reserve(bytes);
	if (block == NULL) {
		(void)snprintf(error, CONFIG_ERROR_BYTES,
			       "caches: %zu MiB of address space are not to be had: make "
			       "rrset-cache-size smaller",
			       bytes >> 20);
		return ERR_NO_MEMORY;
	}
	memory->block = block;
	memory->block_bytes = bytes;
	caches->rrsets = rrset_cache_new(block, sizes.rrsets, rng);
	block += whole_lines(sizes.rrsets);
	caches->negatives = negative_cache_new(block, sizes.negatives, rng);
	block += whole_lines(sizes.negatives);
	caches->delegations = delegation_cache_new(block, sizes.delegations, rng);
	block += whole_lines(sizes.delegations);
	if (config->msg_cache_huge_pages)
		ask_for_huge_pages(block, sizes.ready);
	caches->ready = ready_cache_new(block, sizes.ready, rng);
	block += whole_lines(sizes.ready);
	caches->infra = infra_new(block, sizes.infra, config->infra_cache_numhosts, rng);
	if (caches->rrsets != NULL && caches->negatives != NULL && caches->delegations != NULL &&
	    caches->ready != NULL && caches->infra != NULL)
		return 0;
	memory_close(memory);
	(void)snprintf(error, CONFIG_ERROR_BYTES, "caches: %s", err_text(ERR_NO_MEMORY));
	return ERR_NO_MEMORY;
}

void
memory_close(struct memory *memory)
{
	if (memory->block != NULL)
		(void)munmap(memory->block, memory->block_bytes);
	*memory = (struct memory){ 0 };
}

#include "stack/link/xdp_addrs.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "stack/base/err.h"

#define TABLE_BYTES (XDP_ADDRS_BUCKETS * sizeof(struct xdp_addr_bucket))

void
xdp_addrs_init(struct xdp_addrs *addrs)
{
	*addrs = (struct xdp_addrs){ .fd = -1 };
}

int
xdp_addrs_open(struct xdp_addrs *addrs)
{
	LIBBPF_OPTS(bpf_map_create_opts, options, .map_flags = BPF_F_MMAPABLE);

	xdp_addrs_init(addrs);
	addrs->fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "cairn_addrs", sizeof(uint32_t), sizeof(struct xdp_addr_bucket),
	                           XDP_ADDRS_BUCKETS, &options);
	if (addrs->fd < 0)
		return errno;
	void *table = mmap(NULL, TABLE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, addrs->fd, 0);
	if (table == MAP_FAILED) {
		const int errno_value = errno;
		xdp_addrs_close(addrs);
		return errno_value;
	}
	addrs->buckets = table;
	return 0;
}

void
xdp_addrs_close(struct xdp_addrs *addrs)
{
	if (addrs->buckets != NULL)
		(void)munmap(addrs->buckets, TABLE_BYTES);
	if (addrs->fd >= 0)
		close(addrs->fd);
	xdp_addrs_init(addrs);
}

static struct xdp_addr_key
key_of(const struct ip_addr *addr)
{
	const bool is_ipv4 = addr->family == ADDR_IPV4;
	uint8_t octets[16] = { 0 };
	struct xdp_addr_key key;

	if (is_ipv4)
		octets[10] = octets[11] = 0xff;
	memcpy(octets + (is_ipv4 ? 12 : 0), addr->octets, is_ipv4 ? 4 : 16);
	memcpy(&key, octets, sizeof key);
	return key;
}

static struct xdp_addr_key *
places_of(struct xdp_addrs *addrs, const struct xdp_addr_key *key)
{
	const uint64_t folded = key->halves[0] ^ key->halves[1];
	const uint32_t hash = (uint32_t)(folded ^ folded >> 32) * XDP_ADDRS_MULTIPLIER;
	return addrs->buckets[hash >> (32 - XDP_ADDRS_BUCKET_BITS)].places;
}

static void
set_half(struct xdp_addr_key *place, unsigned half, uint64_t value)
{
	__atomic_store_n(&place->halves[half], value, __ATOMIC_RELEASE);
}

int
xdp_addrs_put(struct xdp_addrs *addrs, const struct ip_addr *addr)
{
	const struct xdp_addr_key key = key_of(addr);
	struct xdp_addr_key *places = places_of(addrs, &key);

	for (unsigned i = 0; i < XDP_ADDRS_WAYS; i++) {
		if ((places[i].halves[0] | places[i].halves[1]) != 0)
			continue;
		set_half(&places[i], 0, key.halves[0]);
		set_half(&places[i], 1, key.halves[1]);
		return 0;
	}
	return ERR_FULL;
}

void
xdp_addrs_remove(struct xdp_addrs *addrs, const struct ip_addr *addr)
{
	const struct xdp_addr_key key = key_of(addr);
	struct xdp_addr_key *places = places_of(addrs, &key);

	for (unsigned i = 0; i < XDP_ADDRS_WAYS; i++) {
		if (places[i].halves[0] != key.halves[0] || places[i].halves[1] != key.halves[1])
			continue;
		set_half(&places[i], 1, 0);
		set_half(&places[i], 0, 0);
	}
}

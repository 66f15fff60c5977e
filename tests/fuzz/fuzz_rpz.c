/*
 * Any octets as a response policy zone: either rules or an error with its reason; and of the rules that were read, any
 * name and address is matched, and where it leads to is a name.
 */
#include <stdlib.h>

#include "resolver/policy/rpz.h"
#include "stack/base/arena.h"
#include "stack/base/err.h"
#include "stack/base/rng.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void
check(bool holds)
{
	if (!holds)
		abort();
}

static void
check_name(const struct rpz *rpz, const struct name *name)
{
	struct rpz_hit hit = { .zone = NULL };
	struct name target;
	rpz_match_name(rpz, UINT32_MAX, RPZ_QNAME, name, &hit);
	rpz_match_name(rpz, 1, RPZ_NSDNAME, name, &hit);
	if (hit.zone == NULL)
		return;
	check(hit.owner != NULL && hit.sets != NULL);
	if (hit.action == RPZ_ALIAS && rpz_alias_target(&hit, name, &target) == 0)
		check(target.size > 0 && target.wire[target.size - 1] == 0);
}

static void
check_addr(const struct rpz *rpz, const uint8_t octets[16])
{
	const struct ip_addr addrs[] = { addr_ipv4(octets), addr_ipv6(octets) };
	for (unsigned i = 0; i < 2; i++) {
		struct rpz_hit hit = { .zone = NULL };
		rpz_match_addr(rpz, 1, RPZ_CLIENT_IP, &addrs[i], &hit);
		rpz_match_addr(rpz, 1, RPZ_RESPONSE_IP, &addrs[i], &hit);
		rpz_match_addr(rpz, 1, RPZ_NSIP, &addrs[i], &hit);
		check(hit.zone == NULL || hit.sets != NULL);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static uint8_t block[1u << 20];
	static struct rpz_reading reading;
	struct arena arena;
	struct rng rng;
	struct rpz_zone *zone;
	struct name name;

	if (size < 16)
		return 0;
	rng_init_number(&rng, 1);
	arena_init(&arena, block, sizeof block);
	struct rpz *rpz = rpz_new(&arena);
	check(name_from_text(&name, "rpz.", NULL) == 0);
	check(rpz_zone_add(rpz, &name, &rng, &zone) == 0);
	const int err = rpz_zone_read(rpz, zone, (const char *)bytes + 16, size - 16, &reading);
	check(err == 0 || err == ERR_NO_MEMORY || reading.reader.why != NULL);
	check_addr(rpz, bytes);
	check_name(rpz, &reading.record.owner);
	if (name_from_wire(&name, bytes, 16) == 0)
		check_name(rpz, &name);
	return 0;
}

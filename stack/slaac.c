#include "stack/slaac.h"

#include <string.h>

#include "stack/base/cursor.h"
#include "stack/ndp_wire.h"
#include "stack/stack_priv.h"

#define EVER      UINT64_MAX
#define SECOND_US 1000000u

void
slaac_init(struct slaac_table *table)
{
	*table = (struct slaac_table){ 0 };
	for (unsigned i = 0; i < SLAAC_PREFIXES_MAX; i++)
		wheel_timer_init(&table->prefixes[i].timer, TIMER_SLAAC);
}

/* ---- the two rules that stand alone ------------------------------------------------------------ */

bool
slaac_iid(const struct hash_key *secret, const struct ip_addr *prefix, const struct mac_addr *mac,
          uint8_t dad_counter, uint8_t iid[SLAAC_IID_BYTES])
{
	static const uint8_t ethernet_block[5] = { 0x02, 0x00, 0x5e, 0xff, 0xfe }; /* RFC 5453, section 3 */
	static const uint8_t anycast_block[7] = { 0xfd, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
	uint8_t named[SLAAC_IID_BYTES + MAC_BYTES + 1];
	struct writer w = writer_over(named, sizeof named);

	writer_bytes(&w, prefix->octets, SLAAC_IID_BYTES);
	writer_bytes(&w, mac->octets, MAC_BYTES);
	writer_u8(&w, dad_counter);
	const uint64_t id = hash_bytes_24(secret, named, sizeof named);
	w = writer_over(iid, SLAAC_IID_BYTES);
	writer_u32(&w, (uint32_t)(id >> 32));
	writer_u32(&w, (uint32_t)id);
	if (id == 0) /* the subnet-router anycast address (RFC 4291, section 2.6.1) */
		return false;
	if (memcmp(iid, ethernet_block, sizeof ethernet_block) == 0)
		return false;
	return memcmp(iid, anycast_block, sizeof anycast_block) != 0 || iid[7] < 0x80; /* RFC 2526 */
}

uint64_t
slaac_valid_us(uint64_t remaining_us, uint64_t announced_us)
{
	if (announced_us > SLAAC_TWO_HOURS_US || announced_us > remaining_us)
		return announced_us;
	return remaining_us <= SLAAC_TWO_HOURS_US ? remaining_us : SLAAC_TWO_HOURS_US;
}

/* ---- prefixes ---------------------------------------------------------------------------------- */

static uint64_t
lifetime_us(uint32_t lifetime_s)
{
	return lifetime_s == NDP_LIFETIME_EVER ? EVER : (uint64_t)lifetime_s * SECOND_US;
}

static uint64_t
end_us(const struct stack *stack, uint64_t lifetime)
{
	return lifetime == EVER ? EVER : stack->now_us + lifetime;
}

static struct slaac_prefix *
prefix_find(struct stack *stack, unsigned ifindex, const struct ip_addr *prefix, unsigned prefix_len)
{
	for (unsigned i = 0; i < SLAAC_PREFIXES_MAX; i++) {
		struct slaac_prefix *entry = &stack->slaac.prefixes[i];
		if (entry->ifindex == ifindex && entry->prefix_len == prefix_len &&
		    addr_equal(&entry->prefix, prefix))
			return entry;
	}
	return NULL;
}

static struct slaac_prefix *
prefix_new(struct stack *stack, unsigned ifindex, const struct ip_addr *prefix, unsigned prefix_len)
{
	for (unsigned i = 0; i < SLAAC_PREFIXES_MAX; i++) {
		struct slaac_prefix *entry = &stack->slaac.prefixes[i];
		if (entry->prefix.family != ADDR_NONE)
			continue;
		entry->prefix = *prefix;
		entry->prefix_len = (uint8_t)prefix_len;
		entry->ifindex = (uint8_t)ifindex;
		return entry;
	}
	stack__drop(stack, DROP_NDP_IGNORED);
	return NULL;
}

static struct stack_route
on_link_route(const struct slaac_prefix *entry)
{
	return (struct stack_route){
		.prefix = entry->prefix,
		.prefix_len = entry->prefix_len,
		.ifindex = entry->ifindex,
		.metric = ROUTE_METRIC_PREFIX,
	};
}

static void
on_link_set(struct stack *stack, struct slaac_prefix *entry, uint64_t until_us)
{
	const struct stack_route route = on_link_route(entry);

	if (until_us == 0 && entry->on_link_until_us != 0)
		(void)stack_route_del(stack, &route);
	if (until_us != 0 && entry->on_link_until_us == 0 && stack_route_add(stack, &route) != 0) {
		stack__drop(stack, DROP_NDP_IGNORED);
		return;
	}
	entry->on_link_until_us = until_us;
}

static void
addr_remove(struct stack *stack, struct slaac_prefix *entry)
{
	(void)stack_addr_del(stack, entry->ifindex, &entry->addr);
	entry->addr = (struct ip_addr){ 0 };
}

/* Adds the address, or brings its flags up to date. */
static int
addr_put(struct stack *stack, const struct slaac_prefix *entry)
{
	const bool is_link_local = addr_is_link_local(&entry->addr);
	const bool is_deprecated = entry->preferred_until_us <= stack->now_us;
	const struct stack_addr addr = {
		.addr = entry->addr,
		.prefix_len = entry->prefix_len,
		.flags = (uint8_t)((is_link_local ? 0 : STACK_ADDR_NO_PREFIX) |
		                   (is_deprecated ? STACK_ADDR_DEPRECATED : 0)),
	};
	return ifaddr_put(stack, entry->ifindex, &addr, IFADDR_SLAAC);
}

/* Forms the address of a prefix with the next interface id that is free to use. */
static void
addr_form(struct stack *stack, struct slaac_prefix *entry)
{
	const struct iface *iface = &stack->ifs[entry->ifindex];
	uint8_t iid[SLAAC_IID_BYTES];

	while (entry->dad_counter <= SLAAC_IDGEN_RETRIES &&
	       !slaac_iid(&iface->secret, &entry->prefix, &iface->mac, entry->dad_counter, iid))
		entry->dad_counter++;
	if (entry->dad_counter > SLAAC_IDGEN_RETRIES)
		return; /* until the prefix is announced anew after it ran out */
	entry->addr = entry->prefix;
	memcpy(entry->addr.octets + SLAAC_IID_BYTES, iid, sizeof iid);
	if (addr_put(stack, entry) != 0) {
		entry->addr = (struct ip_addr){ 0 };
		stack__drop(stack, DROP_NDP_IGNORED);
	}
}

/* Arms the timer for the next thing that ends; a prefix of which nothing is left is free again. */
static void
prefix_settle(struct stack *stack, struct slaac_prefix *entry)
{
	uint64_t next_us = WHEEL_NEVER;

	if (entry->on_link_until_us == 0 && entry->addr.family == ADDR_NONE) {
		wheel_disarm(&stack->wheel, &entry->timer);
		*entry = (struct slaac_prefix){ .timer = entry->timer };
		return;
	}
	if (entry->on_link_until_us != 0)
		next_us = entry->on_link_until_us;
	if (entry->addr.family != ADDR_NONE) {
		const uint64_t addr_us = entry->preferred_until_us > stack->now_us ? entry->preferred_until_us
		                                                                   : entry->valid_until_us;
		next_us = addr_us < next_us ? addr_us : next_us;
	}
	wheel_arm(&stack->wheel, &entry->timer, next_us);
}

void
slaac_timeout(struct stack *stack, struct wheel_timer *timer)
{
	struct slaac_prefix *entry = TIMER_OWNER(timer, struct slaac_prefix, timer);

	if (entry->on_link_until_us <= stack->now_us)
		on_link_set(stack, entry, 0);
	if (entry->addr.family != ADDR_NONE && entry->valid_until_us <= stack->now_us)
		addr_remove(stack, entry);
	else if (entry->addr.family != ADDR_NONE)
		(void)addr_put(stack, entry); /* it may be deprecated by now */
	prefix_settle(stack, entry);
}

/* ---- what routers say -------------------------------------------------------------------------- */

static void
autoconfigure(struct stack *stack, struct slaac_prefix *entry, const struct ndp_prefix *option)
{
	const uint64_t valid_us = lifetime_us(option->valid_s), preferred_us = lifetime_us(option->preferred_s);

	if (entry->addr.family == ADDR_NONE) {
		if (valid_us == 0)
			return;
		entry->valid_until_us = end_us(stack, valid_us);
		entry->preferred_until_us = end_us(stack, preferred_us);
		addr_form(stack, entry);
		return;
	}
	uint64_t remaining_us = 0; /* its end may have come, and the timer not been looked at yet */
	if (entry->valid_until_us > stack->now_us)
		remaining_us = entry->valid_until_us == EVER ? EVER : entry->valid_until_us - stack->now_us;
	entry->valid_until_us = end_us(stack, slaac_valid_us(remaining_us, valid_us));
	entry->preferred_until_us = end_us(stack, preferred_us);
	(void)addr_put(stack, entry);
}

/* RFC 4862, section 5.5.3 (a) to (d). */
static bool
is_for_autoconfiguration(const struct ndp_prefix *option)
{
	return option->is_autonomous && option->prefix_len == SLAAC_PREFIX_LEN &&
	       option->preferred_s <= option->valid_s;
}

static struct ip_addr
prefix_of(const struct ndp_prefix *option)
{
	struct ip_addr prefix = option->prefix;

	for (unsigned i = 0; i < sizeof prefix.octets; i++) {
		const unsigned kept = option->prefix_len > 8 * i ? option->prefix_len - 8 * i : 0;
		if (kept < 8)
			prefix.octets[i] &= (uint8_t)(0xff00u >> kept);
	}
	return prefix;
}

void
slaac_hear(struct stack *stack, unsigned ifindex, const struct ndp_prefix *option)
{
	const struct ip_addr prefix = prefix_of(option);

	if (addr_is_link_local(&prefix) || addr_is_multicast(&prefix)) {
		stack__drop(stack, DROP_NDP_IGNORED);
		return;
	}
	struct slaac_prefix *entry = prefix_find(stack, ifindex, &prefix, option->prefix_len);
	if (entry == NULL && option->valid_s != 0)
		entry = prefix_new(stack, ifindex, &prefix, option->prefix_len);
	if (entry == NULL)
		return;
	if (option->is_on_link)
		on_link_set(stack, entry, option->valid_s != 0 ? end_us(stack, lifetime_us(option->valid_s)) : 0);
	if (is_for_autoconfiguration(option))
		autoconfigure(stack, entry, option);
	prefix_settle(stack, entry);
}

void
slaac_link_local(struct stack *stack, unsigned ifindex)
{
	static const struct ip_addr prefix = { { 0xfe, 0x80 }, ADDR_IPV6 };

	for (uint32_t i = 0; i < stack->ifaddrs.used_end; i++) {
		const struct ifaddr *ifaddr = &stack->ifaddrs.entries[i];
		if (ifaddr->ifindex == ifindex && ifaddr->addr.addr.family == ADDR_IPV6 &&
		    addr_is_link_local(&ifaddr->addr.addr))
			return;
	}
	if (prefix_find(stack, ifindex, &prefix, SLAAC_PREFIX_LEN) != NULL)
		return; /* all its ids were taken */
	struct slaac_prefix *entry = prefix_new(stack, ifindex, &prefix, SLAAC_PREFIX_LEN);
	if (entry == NULL)
		return;
	entry->valid_until_us = entry->preferred_until_us = EVER;
	addr_form(stack, entry);
}

void
slaac_conflict(struct stack *stack, unsigned ifindex, const struct ip_addr *addr)
{
	for (unsigned i = 0; i < SLAAC_PREFIXES_MAX; i++) {
		struct slaac_prefix *entry = &stack->slaac.prefixes[i];
		if (entry->ifindex != ifindex || !addr_equal(&entry->addr, addr))
			continue;
		entry->addr = (struct ip_addr){ 0 };
		entry->dad_counter++;
		addr_form(stack, entry);
		return;
	}
}

void
slaac_link_down(struct stack *stack, unsigned ifindex)
{
	for (unsigned i = 0; i < SLAAC_PREFIXES_MAX; i++) {
		struct slaac_prefix *entry = &stack->slaac.prefixes[i];
		if (entry->prefix.family == ADDR_NONE || entry->ifindex != ifindex)
			continue;
		on_link_set(stack, entry, 0);
		if (entry->addr.family != ADDR_NONE)
			addr_remove(stack, entry);
		prefix_settle(stack, entry);
	}
}

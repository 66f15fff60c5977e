#include "stack/reass.h"

#include <assert.h>
#include <string.h>

#include "stack/addr_hash.h"
#include "stack/base/arena.h"
#include "stack/icmp.h"
#include "stack/stack_priv.h"

#define CHUNKS_LEAST 128u /* a share must hold the largest datagram */
#define CHUNKS_MOST  32768u
#define UNIT         8u /* offsets count eights of octets */
#define END_UNKNOWN  (REASS_DATAGRAM_BYTES / UNIT)

/* What stands in the first octets of a hole; the hole's own begin is what points to it. */
struct hole {
	uint16_t end;  /* the first unit behind it */
	uint16_t next; /* the next hole's begin, or REASS_NONE; in no order */
};

/* ---- memory ---------------------------------------------------------------------------------- */

static uint16_t
chunk_count_of(const struct stack_limits *limits)
{
	uint32_t count = limits->reass_bytes / REASS_CHUNK_BYTES;
	return (uint16_t)(count < CHUNKS_LEAST  ? CHUNKS_LEAST
			  : count > CHUNKS_MOST ? CHUNKS_MOST
						: count);
}

static uint16_t
entry_count_of(const struct stack_limits *limits)
{
	return (uint16_t)(chunk_count_of(limits) / REASS_CHUNKS_PER_ENTRY);
}

static uint16_t
chain_count_of(const struct stack_limits *limits)
{
	uint16_t count = 1;
	while (count < entry_count_of(limits))
		count = (uint16_t)(count * 2);
	return count;
}

size_t
reass_bytes(const struct stack_limits *limits)
{
	return (size_t)entry_count_of(limits) * sizeof(struct reass_entry) +
	       (size_t)chain_count_of(limits) * sizeof(uint16_t) +
	       (size_t)chunk_count_of(limits) * (sizeof(uint16_t) + REASS_CHUNK_BYTES) +
	       REASS_DATAGRAM_BYTES + 64;
}

void
reass_init(struct reass *reass, struct arena *arena, const struct stack_limits *limits)
{
	*reass = (struct reass){
		.entry_count = entry_count_of(limits),
		.chunk_count = chunk_count_of(limits),
		.free_chunk_count = chunk_count_of(limits),
		.chain_mask = (uint16_t)(chain_count_of(limits) - 1),
		.all = { REASS_NONE, REASS_NONE },
	};
	reass->entries = arena_zalloc(arena, reass->entry_count, sizeof *reass->entries);
	reass->chains = arena_zalloc(arena, reass->chain_mask + 1u, sizeof *reass->chains);
	reass->free_chunks = arena_zalloc(arena, reass->chunk_count, sizeof *reass->free_chunks);
	reass->chunks = arena_alloc(arena, (size_t)reass->chunk_count * REASS_CHUNK_BYTES);
	reass->datagram = arena_alloc(arena, REASS_DATAGRAM_BYTES);
	for (uint16_t i = 0; i < reass->entry_count; i++)
		reass->entries[i].next_in_chain =
			(uint16_t)(i + 1) < reass->entry_count ? (uint16_t)(i + 1) : REASS_NONE;
	for (uint16_t i = 0; i < reass->chunk_count; i++)
		reass->free_chunks[i] = i;
	memset(reass->chains, 0xff,
	       (reass->chain_mask + 1u) * sizeof *reass->chains); /* REASS_NONE */
	for (unsigned i = 0; i < REASS_SHARES; i++)
		reass->shares[i] = (struct reass_list){ REASS_NONE, REASS_NONE };
	wheel_timer_init(&reass->timer, TIMER_REASS);
}

static uint16_t
index_of(const struct reass *reass, const struct reass_entry *entry)
{
	return (uint16_t)(entry - reass->entries);
}

static uint16_t *
chain_of(struct stack *stack, const struct reass_entry *key)
{
	struct reass *reass = &stack->reass;
	const uint64_t source = addr_hash_with(&stack->hash_key, &key->source, key->id);
	const uint64_t both =
		addr_hash_with(&stack->hash_key, &key->destination, source ^ key->key_protocol);
	return &reass->chains[both & reass->chain_mask];
}

static void
chunks_free(struct reass *reass, struct reass_entry *entry)
{
	for (unsigned i = 0; i < REASS_CHUNKS_MAX; i++) {
		if (entry->chunks[i] == REASS_NONE)
			continue;
		reass->free_chunks[reass->free_chunk_count++] = entry->chunks[i];
		entry->chunks[i] = REASS_NONE;
	}
	reass->share_chunks[entry->share] =
		(uint16_t)(reass->share_chunks[entry->share] - entry->chunk_count);
	entry->chunk_count = 0;
}

/* Takes the entry out of the list of all and that of its share. */
static void
unlink_entry(struct reass *reass, const struct reass_entry *entry)
{
	struct reass_list *share = &reass->shares[entry->share];

	*(entry->older == REASS_NONE ? &reass->all.oldest : &reass->entries[entry->older].newer) =
		entry->newer;
	*(entry->newer == REASS_NONE ? &reass->all.newest : &reass->entries[entry->newer].older) =
		entry->older;
	*(entry->share_older == REASS_NONE ? &share->oldest
					   : &reass->entries[entry->share_older].share_newer) =
		entry->share_newer;
	*(entry->share_newer == REASS_NONE ? &share->newest
					   : &reass->entries[entry->share_newer].share_older) =
		entry->share_older;
}

static void
link_entry(struct reass *reass, struct reass_entry *entry)
{
	struct reass_list *share = &reass->shares[entry->share];
	const uint16_t index = index_of(reass, entry);

	entry->older = reass->all.newest;
	entry->newer = entry->share_newer = REASS_NONE;
	entry->share_older = share->newest;
	*(entry->older == REASS_NONE ? &reass->all.oldest : &reass->entries[entry->older].newer) =
		index;
	*(entry->share_older == REASS_NONE ? &share->oldest
					   : &reass->entries[entry->share_older].share_newer) =
		index;
	reass->all.newest = share->newest = index;
}

static void
entry_free(struct stack *stack, struct reass_entry *entry)
{
	struct reass *reass = &stack->reass;
	const uint16_t index = index_of(reass, entry);
	uint16_t *link = chain_of(stack, entry);

	while (*link != index)
		link = &reass->entries[*link].next_in_chain;
	*link = entry->next_in_chain;
	unlink_entry(reass, entry);
	chunks_free(reass, entry);
	reass->share_entries[entry->share]--;
	reass->used_count--;
	entry->next_in_chain = reass->free_entry;
	reass->free_entry = index;
}

/* The oldest makes room, whatever it still waits for. */
static void
evict(struct stack *stack, uint16_t index)
{
	if (!stack->reass.entries[index].is_dead)
		stack__drop(stack, DROP_FRAGMENT_MEMORY);
	entry_free(stack, &stack->reass.entries[index]);
}

/* ---- entries --------------------------------------------------------------------------------- */

static struct reass_entry *
entry_find(struct stack *stack, const struct reass_entry *key)
{
	for (uint16_t i = *chain_of(stack, key); i != REASS_NONE;
	     i = stack->reass.entries[i].next_in_chain) {
		struct reass_entry *entry = &stack->reass.entries[i];
		if (entry->id == key->id && entry->key_protocol == key->key_protocol &&
		    addr_equal(&entry->source, &key->source) &&
		    addr_equal(&entry->destination, &key->destination))
			return entry;
	}
	return NULL;
}

/* A /64 is one source: whoever has one address of it has all. */
static uint8_t
share_of(const struct stack *stack, const struct ip_addr *source)
{
	struct ip_addr prefix = *source;

	if (source->family == ADDR_IPV6)
		memset(prefix.octets + 8, 0, 8);
	return (uint8_t)(addr_hash(&stack->hash_key, &prefix) % REASS_SHARES);
}

static void
timer_arm(struct stack *stack)
{
	const struct reass *reass = &stack->reass;

	if (reass->all.oldest == REASS_NONE)
		wheel_disarm(&stack->wheel, &stack->reass.timer);
	else
		wheel_arm(&stack->wheel, &stack->reass.timer,
			  reass->entries[reass->all.oldest].expires_at_us);
}

static struct reass_entry *
entry_new(struct stack *stack, const struct reass_entry *key)
{
	struct reass *reass = &stack->reass;
	const uint8_t share = share_of(stack, &key->source);

	if (reass->share_entries[share] >= reass->entry_count / REASS_SHARE_OF_ALL)
		evict(stack, reass->shares[share].oldest);
	else if (reass->free_entry == REASS_NONE)
		evict(stack, reass->all.oldest);
	const uint16_t index = reass->free_entry;
	struct reass_entry *entry = &reass->entries[index];
	reass->free_entry = entry->next_in_chain;
	*entry = *key;
	entry->share = share;
	entry->first_hole = REASS_NONE;
	entry->expires_at_us = stack->now_us + REASS_TIMEOUT_US;
	memset(entry->chunks, 0xff, sizeof entry->chunks); /* REASS_NONE */

	uint16_t *chain = chain_of(stack, entry);
	entry->next_in_chain = *chain;
	*chain = index;
	link_entry(reass, entry);
	reass->share_entries[share]++;
	reass->used_count++;
	timer_arm(stack);
	return entry;
}

/* ---- chunks of one datagram ------------------------------------------------------------------ */

/*
 * Makes sure of the memory from octet `begin` to `end`; false: it cannot be had without giving up
 * this entry.
 */
static bool
chunks_take(struct stack *stack, struct reass_entry *entry, size_t begin, size_t end)
{
	struct reass *reass = &stack->reass;
	const uint16_t self = index_of(reass, entry);

	for (size_t i = begin / REASS_CHUNK_BYTES; i * REASS_CHUNK_BYTES < end; i++) {
		if (entry->chunks[i] != REASS_NONE)
			continue;
		while (reass->free_chunk_count == 0 ||
		       reass->share_chunks[entry->share] >=
			       reass->chunk_count / REASS_SHARE_OF_ALL) {
			const bool is_share_full = reass->free_chunk_count != 0;
			uint16_t oldest = is_share_full ? reass->shares[entry->share].oldest
							: reass->all.oldest;
			if (oldest == self)
				return false;
			evict(stack, oldest);
		}
		entry->chunks[i] = reass->free_chunks[--reass->free_chunk_count];
		entry->chunk_count++;
		reass->share_chunks[entry->share]++;
	}
	return true;
}

static uint8_t *
octet_at(const struct reass *reass, const struct reass_entry *entry, size_t at)
{
	const uint16_t chunk = entry->chunks[at / REASS_CHUNK_BYTES];
	assert(chunk != REASS_NONE);
	return &reass->chunks[(size_t)chunk * REASS_CHUNK_BYTES + at % REASS_CHUNK_BYTES];
}

static struct hole
hole_read(const struct reass *reass, const struct reass_entry *entry, uint16_t begin)
{
	struct hole hole;
	memcpy(&hole, octet_at(reass, entry, (size_t)begin * UNIT), sizeof hole);
	return hole;
}

static void
hole_push(const struct reass *reass, struct reass_entry *entry, uint16_t begin, uint16_t end)
{
	const struct hole hole = { .end = end, .next = entry->first_hole };

	memcpy(octet_at(reass, entry, (size_t)begin * UNIT), &hole, sizeof hole);
	entry->first_hole = begin;
	entry->hole_count++;
}

static void
hole_remove(const struct reass *reass, struct reass_entry *entry, uint16_t begin)
{
	const struct hole removed = hole_read(reass, entry, begin);

	entry->hole_count--;
	if (entry->first_hole == begin) {
		entry->first_hole = removed.next;
		return;
	}
	for (uint16_t at = entry->first_hole;;) {
		struct hole hole = hole_read(reass, entry, at);
		if (hole.next != begin) {
			at = hole.next;
			continue;
		}
		hole.next = removed.next;
		memcpy(octet_at(reass, entry, (size_t)at * UNIT), &hole, sizeof hole);
		return;
	}
}

/* How much of the fragment, behind its first `done` octets, lies within one chunk. */
static size_t
piece_bytes(const struct reass_fragment *fragment, size_t done)
{
	const size_t room = REASS_CHUNK_BYTES - (fragment->offset + done) % REASS_CHUNK_BYTES;
	const size_t left = fragment->size - done;
	return room < left ? room : left;
}

static void
copy_in(const struct reass *reass, const struct reass_entry *entry,
	const struct reass_fragment *fragment)
{
	for (size_t done = 0, piece; done < fragment->size; done += piece) {
		piece = piece_bytes(fragment, done);
		memcpy(octet_at(reass, entry, fragment->offset + done), fragment->bytes + done,
		       piece);
	}
}

static bool
is_same_as_before(const struct reass *reass, const struct reass_entry *entry,
		  const struct reass_fragment *fragment)
{
	for (size_t done = 0, piece; done < fragment->size; done += piece) {
		piece = piece_bytes(fragment, done);
		if (memcmp(octet_at(reass, entry, fragment->offset + done), fragment->bytes + done,
			   piece) != 0)
			return false;
	}
	return true;
}

/* ---- a fragment ------------------------------------------------------------------------------ */

/* Where a fragment falls. */
enum place {
	PLACE_HOLE,      /* into one hole, *begin */
	PLACE_DUPLICATE, /* where the same octets are already */
	PLACE_OVERLAP,   /* anywhere else */
};

static enum place
place_of(const struct reass *reass, const struct reass_entry *entry,
	 const struct reass_fragment *fragment, uint16_t *begin)
{
	const size_t first = fragment->offset / UNIT;
	const size_t end = (fragment->offset + fragment->size + UNIT - 1) / UNIT;

	for (uint16_t at = entry->first_hole; at != REASS_NONE;) {
		const struct hole hole = hole_read(reass, entry, at);
		if (at < end && first < hole.end) {
			*begin = at;
			/*
			 * The last fragment must be the last: nothing may have come from behind
			 * it.
			 */
			bool fits = at <= first &&
				    (fragment->more ? end <= hole.end : hole.end == END_UNKNOWN);
			return fits ? PLACE_HOLE : PLACE_OVERLAP;
		}
		at = hole.next;
	}
	const bool is_end = entry->has_end && fragment->offset + fragment->size == entry->size;
	if (entry->has_end && fragment->offset + fragment->size > entry->size)
		return PLACE_OVERLAP;
	if (is_end == fragment->more)
		return PLACE_OVERLAP;
	return is_same_as_before(reass, entry, fragment) ? PLACE_DUPLICATE : PLACE_OVERLAP;
}

/* The hole at `begin` shrinks to what is left of it on both sides; false: no memory. */
static bool
fill(struct stack *stack, struct reass_entry *entry, const struct reass_fragment *fragment,
     uint16_t begin)
{
	const struct reass *reass = &stack->reass;
	const uint16_t first = (uint16_t)(fragment->offset / UNIT);
	const uint16_t end = (uint16_t)((fragment->offset + fragment->size + UNIT - 1) / UNIT);
	const uint16_t hole_end = hole_read(reass, entry, begin).end;
	const bool is_hole_behind = fragment->more && end < hole_end;

	/* A new hole needs the memory where it begins. */
	if (!chunks_take(stack, entry, fragment->offset,
			 (size_t)end * UNIT + (is_hole_behind ? UNIT : 0)))
		return false;
	hole_remove(reass, entry, begin);
	if (begin < first)
		hole_push(reass, entry, begin, first);
	if (is_hole_behind)
		hole_push(reass, entry, end, hole_end);
	copy_in(reass, entry, fragment);
	if (!fragment->more) {
		entry->has_end = true;
		entry->size = (uint32_t)(fragment->offset + fragment->size);
	}
	return entry->hole_count <= REASS_HOLES_MAX;
}

/* Only the shell of the entry stays, to swallow what still comes (RFC 5722, section 4). */
static void
kill(struct stack *stack, struct reass_entry *entry)
{
	stack__drop(stack, DROP_FRAGMENT_OVERLAP);
	entry->is_dead = true;
	entry->first_hole = REASS_NONE;
	entry->hole_count = 0;
	chunks_free(&stack->reass, entry);
}

static void
remember_first(struct reass_entry *entry, const struct ip_packet *packet,
	       const struct reass_fragment *fragment)
{
	entry->protocol = fragment->protocol;
	entry->ifindex = (uint8_t)packet->ifindex;
	entry->header_bytes =
		(uint8_t)(packet->size < REASS_HEADER_BYTES_MAX ? packet->size
								: REASS_HEADER_BYTES_MAX);
	memcpy(entry->header, packet->begin, entry->header_bytes);
}

/* Lends the whole datagram in one piece. */
static void
complete(struct stack *stack, struct reass_entry *entry, struct ip_packet *packet)
{
	struct reass *reass = &stack->reass;

	for (size_t at = 0; at < entry->size; at += REASS_CHUNK_BYTES) {
		const size_t left = entry->size - at;
		memcpy(reass->datagram + at, octet_at(reass, entry, at),
		       left < REASS_CHUNK_BYTES ? left : REASS_CHUNK_BYTES);
	}
	packet->payload = reass->datagram;
	packet->payload_bytes = entry->size;
	packet->protocol = entry->protocol;
	packet->is_silent = true;
	packet->rx_flags = 0; /* a device looks at whole datagrams only */
	entry_free(stack, entry);
	timer_arm(stack);
}

static struct reass_entry *
entry_get(struct stack *stack, const struct ip_packet *packet,
	  const struct reass_fragment *fragment)
{
	const struct reass_entry key = {
		.source = packet->source,
		.destination = packet->destination,
		.id = fragment->id,
		.key_protocol = packet->source.family == ADDR_IPV4 ? fragment->protocol : 0,
	};
	struct reass_entry *entry = entry_find(stack, &key);
	if (entry != NULL)
		return entry;
	entry = entry_new(stack, &key);
	if (!chunks_take(stack, entry, 0, UNIT)) {
		entry_free(stack, entry);
		return NULL;
	}
	hole_push(&stack->reass, entry, 0, END_UNKNOWN);
	return entry;
}

bool
reass_put(struct stack *stack, struct ip_packet *packet, const struct reass_fragment *fragment)
{
	uint16_t begin = 0;

	assert(fragment->size != 0 && fragment->offset + fragment->size < REASS_DATAGRAM_BYTES);
	struct reass_entry *entry = entry_get(stack, packet, fragment);
	if (entry == NULL) {
		stack__drop(stack, DROP_FRAGMENT_MEMORY);
		return false;
	}
	if (entry->is_dead) {
		stack__drop(stack, DROP_FRAGMENT_OVERLAP);
		return false;
	}
	switch (place_of(&stack->reass, entry, fragment, &begin)) {
	case PLACE_OVERLAP: kill(stack, entry); return false;
	case PLACE_DUPLICATE: stack__drop(stack, DROP_FRAGMENT_DUPLICATE); return false;
	case PLACE_HOLE: break;
	}
	if (!fill(stack, entry, fragment, begin)) {
		evict(stack, index_of(&stack->reass, entry));
		timer_arm(stack);
		return false;
	}
	if (fragment->offset == 0)
		remember_first(entry, packet, fragment);
	if (entry->first_hole != REASS_NONE)
		return false;
	complete(stack, entry, packet);
	return true;
}

/* ---- time ------------------------------------------------------------------------------------ */

/* RFC 1122, section 3.3.2: said only when the first fragment has come. */
static void
complain(struct stack *stack, const struct reass_entry *entry)
{
	const size_t header_bytes = entry->source.family == ADDR_IPV4
					    ? (entry->header[0] & 0x0f) * 4u
					    : IPV6_HEADER_BYTES;
	struct ip_packet packet = {
		.ifindex = entry->ifindex,
		.kind = ROUTE_LOCAL,
		.source = entry->source,
		.destination = entry->destination,
		.protocol = entry->protocol,
		.begin = entry->header,
		.size = entry->header_bytes,
	};

	if (entry->header_bytes < header_bytes)
		return;
	packet.payload = entry->header + header_bytes;
	packet.payload_bytes = entry->header_bytes - header_bytes;
	icmp_error_send(stack, &packet, ICMP_PROBLEM_REASSEMBLY, 0);
}

void
reass_timeout(struct stack *stack)
{
	struct reass *reass = &stack->reass;

	while (reass->all.oldest != REASS_NONE) {
		struct reass_entry *entry = &reass->entries[reass->all.oldest];
		if (entry->expires_at_us > stack->now_us)
			break;
		if (!entry->is_dead)
			stack__drop(stack, DROP_FRAGMENT_TIMEOUT);
		if (!entry->is_dead && entry->header_bytes != 0)
			complain(stack, entry);
		entry_free(stack, entry);
	}
	timer_arm(stack);
}

#include "resolver/serve/secondaries.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "resolver/serve/entry_words.h"
#include "resolver/serve/memory.h"
#include "resolver/serve/text_file.h"
#include "resolver/serve/zone_files.h"

#define MESSAGE_ROOM_BYTES (UINT64_C(4) << 20) /* what one message can come to, in full names */
#define BUILD_GROWTH       3u                  /* records that have come, and the zone that is built of them */

/* ---- the configuration -------------------------------------------------------------------------------------- */

/* "ADDRESS[@PORT]", or with the name of a key behind it. */
static int
read_primary(struct refresh_primary *primary, const struct tsig_keys *keys, const struct config *config, const char *option,
	     const char *text, unsigned line, char *error)
{
	struct entry_words words;
	const bool has_key = entry_words_split(&words, text);

	primary->key = has_key ? tsig_keys_find(keys, words.second) : NULL;
	if (has_key && primary->key == NULL)
		return config_refuse(error, config, line, option, words.second, "is the name of no `key`");
	if (!entry_addr_read(has_key ? words.first : text, &primary->addr, &primary->port))
		return config_refuse(error, config, line, option, text, "is no address, or no ADDRESS@PORT");
	if (primary->port == 0)
		primary->port = SECONDARY_PORT;
	return 0;
}

static int
read_primaries(struct secondary *secondary, const struct tsig_keys *keys, const struct config *config, const char *option,
	       const struct config_list *list, char *error)
{
	int err = 0;

	for (size_t i = 0; i < list->count && err == 0; i++) {
		if (secondary->primary_count == REFRESH_PRIMARIES_MAX)
			return config_refuse(error, config, list->lines[i], option, list->items[i], "is one address too many");
		err = read_primary(&secondary->primaries[secondary->primary_count++], keys, config, option, list->items[i],
				   list->lines[i], error);
	}
	return err;
}

/* "NETBLOCK", or with the name of a key behind it. */
static int
read_netblock(struct secondary_netblock *netblock, const struct tsig_keys *keys, const struct config *config, const char *text,
	      unsigned line, char *error)
{
	struct entry_words words;
	const bool has_key = entry_words_split(&words, text);

	netblock->key = has_key ? tsig_keys_find(keys, words.second) : NULL;
	if (has_key && netblock->key == NULL)
		return config_refuse(error, config, line, "allow-notify", words.second, "is the name of no `key`");
	if (addr_prefix_from_text(&netblock->prefix, &netblock->prefix_len, has_key ? words.first : text) != 0)
		return config_refuse(error, config, line, "allow-notify", text, "is no address and prefix length");
	return 0;
}

static int
read_netblocks(struct secondary *secondary, const struct tsig_keys *keys, const struct config *config,
	       const struct config_list *list, char *error)
{
	int err = 0;

	for (size_t i = 0; i < list->count && err == 0; i++) {
		if (secondary->netblock_count == SECONDARY_NETBLOCKS_MAX)
			return config_refuse(error, config, list->lines[i], "allow-notify", list->items[i], "is one netblock too many");
		err = read_netblock(&secondary->netblocks[secondary->netblock_count++], keys, config, list->items[i],
				    list->lines[i], error);
	}
	return err;
}

static int
read_zone(struct secondary *secondary, const struct tsig_keys *keys, const struct config *config, const struct config_zone *from,
	  char *error)
{
	secondary->primary_count = secondary->netblock_count = 0;
	if (name_from_text(&secondary->name, from->name, NULL) != 0)
		return config_refuse(error, config, from->line, "name", from->name, "is no domain name");
	int err = read_primaries(secondary, keys, config, "primary", &from->primary, error);
	if (err == 0)
		err = read_primaries(secondary, keys, config, "master", &from->master, error);
	return err == 0 ? read_netblocks(secondary, keys, config, &from->allow_notify, error) : err;
}

static unsigned
count_zones(const struct config *config)
{
	unsigned count = 0;
	for (size_t i = 0; i < config->zone_count; i++)
		count += config_zone_is_transferred(&config->zones[i]);
	return count;
}

static int
add_notified(struct notified *notified, const struct secondary *secondary)
{
	struct notified_zone *zone = notified_add(notified, &secondary->name);
	int err = zone != NULL ? 0 : ERR_NO_MEMORY;

	for (unsigned i = 0; i < secondary->primary_count && err == 0; i++) {
		const struct ip_addr *addr = &secondary->primaries[i].addr;
		const struct notified_source source = { .key = secondary->primaries[i].key };
		err = notified_allow(notified, zone, addr, 8u * (unsigned)addr_bytes(addr), &source);
	}
	for (unsigned i = 0; i < secondary->netblock_count && err == 0; i++) {
		const struct secondary_netblock *netblock = &secondary->netblocks[i];
		const struct notified_source source = { .key = netblock->key, .wants_signature = netblock->key != NULL };
		err = notified_allow(notified, zone, &netblock->prefix, netblock->prefix_len, &source);
	}
	return err;
}

/* What a zone's section says is read into `secondary`, one after the other. */
static int
add_zones(struct notified *notified, struct secondary *secondary, const struct tsig_keys *keys, const struct config *config,
	  char *error)
{
	int err = 0;

	for (size_t i = 0; i < config->zone_count && err == 0; i++) {
		const struct config_zone *from = &config->zones[i];
		if (!config_zone_is_transferred(from))
			continue;
		if (notified->count == SECONDARIES_MAX)
			return config_refuse(error, config, from->line, "primary", from->name, "is one zone with primaries too many");
		err = read_zone(secondary, keys, config, from, error);
		if (err == 0)
			err = add_notified(notified, secondary);
	}
	return err;
}

int
secondaries_notified(struct notified **notified, struct arena *arena, const struct config *config,
		     char error[CONFIG_ERROR_BYTES])
{
	const unsigned count = count_zones(config);
	struct secondary *secondary = malloc(sizeof *secondary); /* both are too large for a stack */
	struct tsig_keys *keys = malloc(sizeof *keys);
	int err = secondary != NULL && keys != NULL ? 0 : ERR_NO_MEMORY;

	*notified = NULL;
	if (err == 0)
		err = tsig_keys_read(keys, config, error);
	if (err == 0 && count > 0) {
		*notified = notified_new(arena, count);
		err = *notified != NULL ? add_zones(*notified, secondary, keys, config, error) : ERR_NO_MEMORY;
	}
	if (err != 0)
		notified_wipe(*notified);
	if (keys != NULL)
		tsig_keys_wipe(keys);
	free(keys);
	free(secondary);
	return err;
}

/* ---- memory and files --------------------------------------------------------------------------------------- */

static bool
open_block(struct secondary *secondary, size_t bytes)
{
	void *block = memory_reserve(bytes);
	if (block == NULL)
		return false;
	secondary->block = block;
	secondary->block_bytes = bytes;
	arena_init(&secondary->arena, block, bytes);
	return true;
}

static void
close_block(struct secondary *secondary)
{
	if (secondary->block != NULL)
		(void)munmap(secondary->block, secondary->block_bytes);
	secondary->block = NULL;
}

static void
give_back(struct secondaries *secondaries, struct secondary *secondary)
{
	close_block(secondary);
	transfer_room_leave(&secondaries->room, &secondary->share);
}

/* The zone of the file, in the block, for the changes to it; NULL: it cannot be had there. */
static const struct zone *
read_held(const struct secondaries *secondaries, struct secondary *secondary)
{
	char why[ZONE_FILE_WHY_BYTES];
	struct zone *zone;

	if (zone_file_read(secondary->from->zonefile, &secondary->name, &secondary->arena, &zone, why) == 0)
		return zone;
	log_notice(&secondaries->log, "zone %s: the whole is asked for: %s", secondary->from->name,
		   why[0] != '\0' ? why : "what is held needs more than `transfer-memory` gives");
	return NULL;
}

static bool
has_keys(const struct secondary *secondary)
{
	for (unsigned i = 0; i < secondary->primary_count; i++)
		if (secondary->primaries[i].key != NULL)
			return true;
	return false;
}

/* What there was at the start, and since when. */
struct start {
	bool has_file;
	struct soa soa;
	uint64_t age_us;
};

/*
 * A zone's is what the service has made of its file, which is not read again: what is served has to expire, however large it
 * is.  Of rules the service keeps no SOA.
 */
static struct start
find_start(const struct secondaries *secondaries, const struct secondary *secondary, const struct config *config,
	   const struct kept_set *kept)
{
	const struct config_zone *from = secondary->from;
	struct start start = { .has_file = false };
	char why[ZONE_FILE_WHY_BYTES] = "its file gives no zone";

	if (from->kind == CONFIG_AUTH_ZONE) {
		const struct kept_part *part = kept_zones_part(kept, config, from);
		if (part != NULL)
			start = (struct start){ part->has_file, part->soa, part->age_us };
	} else {
		start.has_file = zone_file_read_soa(from->zonefile, &secondary->name, &start.soa, why) == 0;
		start.age_us = zone_file_age_us(from->zonefile);
	}
	if (!start.has_file)
		log_notice(&secondaries->log, "zone %s: nothing is held yet: %s", from->name, why);
	return start;
}

static int
begin(struct secondaries *secondaries, struct secondary *secondary, const struct start *start, uint64_t now_us)
{
	secondary->hmac = has_keys(secondary) ? tsig_hmac_new() : NULL;
	if (secondary->hmac == NULL && has_keys(secondary))
		return ERR_NO_MEMORY;
	secondary->from->is_followed = true;
	refresh_begin(&secondary->refresh, &secondary->name, secondary->primaries, secondary->primary_count,
		      start->has_file ? &start->soa : NULL, start->age_us, secondaries->rng, now_us);
	return 0;
}

int
secondaries_init(struct secondaries *secondaries, struct config *config, const struct kept_set *kept, struct rng *rng,
		 const struct log *log, uint64_t now_us)
{
	char error[CONFIG_ERROR_BYTES];
	const unsigned count = count_zones(config);

	*secondaries = (struct secondaries){ .rng = rng, .log = *log };
	transfer_room_init(&secondaries->room, config->transfer_memory);
	if (count == 0)
		return 0;
	secondaries->items = calloc(count, sizeof *secondaries->items);
	secondaries->keys = malloc(sizeof *secondaries->keys);
	int err = secondaries->items != NULL && secondaries->keys != NULL ? 0 : ERR_NO_MEMORY;
	if (err == 0)
		err = tsig_keys_read(secondaries->keys, config, error);
	for (size_t i = 0; i < config->zone_count && err == 0; i++) {
		struct secondary *secondary = &secondaries->items[secondaries->count];
		if (!config_zone_is_transferred(&config->zones[i]) ||
		    read_zone(secondary, secondaries->keys, config, &config->zones[i], error) != 0)
			continue;
		secondary->from = &config->zones[i];
		secondaries->count++;
		const struct start start = find_start(secondaries, secondary, config, kept);
		err = begin(secondaries, secondary, &start, now_us);
	}
	if (err != 0)
		secondaries_fini(secondaries);
	return err;
}

void
secondaries_fini(struct secondaries *secondaries)
{
	for (unsigned i = 0; i < secondaries->count; i++) {
		close_block(&secondaries->items[i]);
		tsig_hmac_free(secondaries->items[i].hmac);
	}
	free(secondaries->items);
	if (secondaries->keys != NULL)
		tsig_keys_wipe(secondaries->keys);
	free(secondaries->keys);
	secondaries->items = NULL;
	secondaries->keys = NULL;
	secondaries->count = 0;
}

/* ---- signatures --------------------------------------------------------------------------------------------- */

static uint64_t
wall_s(void)
{
	return (uint64_t)time(NULL);
}

/* The query as it goes out; false: libcrypto does not give the key's algorithm. */
static bool
sign(struct secondary *secondary, struct refresh_action *action)
{
	const struct tsig_key *key = action->primary->key;

	secondary->asked = action->primary->addr;
	tsig_begin(&secondary->tsig, key, secondary->hmac);
	if (key == NULL)
		return true;
	memcpy(secondary->query, action->bytes, action->size);
	const int size = tsig_sign(&secondary->tsig, secondary->query, action->size, sizeof secondary->query, wall_s());
	action->bytes = secondary->query;
	action->size = size > 0 ? (size_t)size : 0;
	return size > 0;
}

static void
tell_untrusted(const struct secondaries *secondaries, const struct secondary *secondary, enum tsig_verdict verdict)
{
	char key[NAME_TEXT_BYTES], server[ADDR_TEXT_BYTES];

	name_to_text(&secondary->tsig.key->name, key, sizeof key);
	addr_to_text(&secondary->asked, server, sizeof server);
	log_warning(&secondaries->log, "zone %s: what %s answers %s%s%s (key %s)", secondary->from->name, server,
		    tsig_verdict_text(verdict), verdict == TSIG_REFUSED ? ": " : "",
		    verdict == TSIG_REFUSED ? tsig_error_text(secondary->tsig.error) : "", key);
}

/* False: the message is not the primary's, as far as we can tell. */
static bool
is_trusted(const struct secondaries *secondaries, struct secondary *secondary, const uint8_t *bytes, size_t size)
{
	if (secondary->tsig.key == NULL)
		return true;
	const enum tsig_verdict verdict = tsig_verify(&secondary->tsig, bytes, size, wall_s());
	if (verdict == TSIG_GOOD || verdict == TSIG_NOT_YET)
		return true;
	tell_untrusted(secondaries, secondary, verdict);
	return false;
}

/* Of messages between two signatures the last one vouches for all (RFC 8945, section 5.3.1). */
static bool
is_vouched_for(const struct secondaries *secondaries, struct secondary *secondary)
{
	if (secondary->tsig.key == NULL || tsig_is_settled(&secondary->tsig))
		return true;
	tell_untrusted(secondaries, secondary, TSIG_NOT_YET);
	secondary->refresh.stats.untrusted++;
	return false;
}

/* ---- what is to be done ------------------------------------------------------------------------------------- */

/* For a first share: of what is there already a zone of about that size is expected, and for changes what is held besides. */
static uint64_t
first_bytes(const struct secondary *secondary, enum transfer_kind kind)
{
	const uint64_t held = ZONE_FILE_GROWTH * text_file_bytes(secondary->from->zonefile);

	return MESSAGE_ROOM_BYTES + (kind == TRANSFER_IXFR ? 2u : 1u) * held;
}

static void
lend(struct secondaries *secondaries, struct secondary *secondary, uint64_t now_us)
{
	const enum transfer_kind kind = secondary->wanted;

	if (!transfer_room_enter(&secondaries->room, &secondary->share, first_bytes(secondary, kind)))
		return;
	const bool has_block = open_block(secondary, secondaries->room.bytes_max);
	if (has_block)
		arena_allow(&secondary->arena, secondary->share.bytes);
	const struct zone *held = has_block && kind == TRANSFER_IXFR ? read_held(secondaries, secondary) : NULL;
	refresh_lend(&secondary->refresh, has_block ? &secondary->arena : NULL, held, now_us);
}

static void
prepare(struct secondaries *secondaries, struct secondary *secondary, enum transfer_kind kind, uint64_t now_us)
{
	secondary->wanted = kind;
	give_back(secondaries, secondary);
	lend(secondaries, secondary, now_us);
	if (secondary->share.ticket == 0)
		return;
	secondary->refresh.stats.waited++;
	log_notice(&secondaries->log,
		   "zone %s: waits, for %u zones are being transferred with %llu of the %llu octets that `transfer-memory` gives",
		   secondary->from->name, secondaries->room.count, (unsigned long long)secondaries->room.bytes_used,
		   (unsigned long long)secondaries->room.bytes_max);
}

void
secondaries_receive(struct secondaries *secondaries, struct secondary *secondary, const uint8_t *bytes, size_t size,
		    uint64_t now_us)
{
	struct refresh *refresh = &secondary->refresh;
	const uint64_t too_big = refresh->stats.too_big;

	if (refresh->state == REFRESH_WAITS && !is_trusted(secondaries, secondary, bytes, size)) {
		refresh_distrust(refresh, now_us);
		return;
	}
	if (secondary->block != NULL) {
		/* With the last message the zone is built of all before it. */
		transfer_room_grow(&secondaries->room, &secondary->share, BUILD_GROWTH * secondary->arena.used + MESSAGE_ROOM_BYTES);
		arena_allow(&secondary->arena, secondary->share.bytes);
	}
	refresh_receive(refresh, bytes, size, now_us);
	if (refresh->stats.too_big != too_big)
		log_warning(&secondaries->log,
			    "zone %s: too large to be taken over: it may have %llu octets of the %llu that `transfer-memory` gives",
			    secondary->from->name, (unsigned long long)secondary->share.bytes,
			    (unsigned long long)secondaries->room.bytes_max);
}

static void
keep(struct secondaries *secondaries, struct secondary *secondary, const struct refresh_action *action, uint64_t now_us)
{
	char why[ZONE_FILE_WHY_BYTES] = "";
	const bool is_kept = is_vouched_for(secondaries, secondary) &&
			     zone_file_write(secondary->from->zonefile, action->zone, why) == 0;

	if (is_kept) {
		log_notice(&secondaries->log, "zone %s: serial %u by %s, %u records", secondary->from->name,
			   action->zone->soa.serial, action->by == TRANSFER_IXFR ? "IXFR" : "AXFR", action->zone->record_count);
		secondary->from->has_expired = false;
		secondary->from->version++;
		secondaries->has_changed = true;
	} else if (why[0] != '\0') {
		log_error(&secondaries->log, "zone %s: the new one is not kept: %s", secondary->from->name, why);
	}
	refresh_kept(&secondary->refresh, is_kept, now_us);
}

static void
note_current(const struct secondaries *secondaries, const struct secondary *secondary)
{
	char why[ZONE_FILE_WHY_BYTES];

	if (zone_file_is_current(secondary->from->zonefile, why) != 0)
		log_error(&secondaries->log, "zone %s: at the next start it will seem not to have been checked: %s",
			  secondary->from->name, why);
}

static void
expire(struct secondaries *secondaries, struct secondary *secondary)
{
	log_warning(&secondaries->log, "zone %s: no primary has answered for its expire time", secondary->from->name);
	secondary->from->has_expired = true;
	if (secondary->from->kind != CONFIG_AUTH_ZONE)
		return; /* rules go on as they are */
	secondary->from->version++;
	secondaries->has_changed = true;
}

bool
secondaries_next(struct secondaries *secondaries, struct secondary *secondary, struct refresh_action *action, uint64_t now_us)
{
	if (secondary->share.ticket != 0)
		lend(secondaries, secondary, now_us);
	while (refresh_next(&secondary->refresh, action)) {
		switch (action->kind) {
		case REFRESH_PREPARE: prepare(secondaries, secondary, action->by, now_us); break;
		case REFRESH_KEEP: keep(secondaries, secondary, action, now_us); break;
		case REFRESH_CURRENT: note_current(secondaries, secondary); break;
		case REFRESH_EXPIRE: expire(secondaries, secondary); break;
		case REFRESH_CLOSE: give_back(secondaries, secondary); return true;
		case REFRESH_SEND:
			if (sign(secondary, action))
				return true;
			refresh_distrust(&secondary->refresh, now_us);
			break;
		}
	}
	return false;
}

uint64_t
secondaries_deadline(const struct secondaries *secondaries)
{
	uint64_t at_us = transfer_room_is_offered(&secondaries->room) ? 0 : REFRESH_NEVER;

	for (unsigned i = 0; i < secondaries->count; i++) {
		const uint64_t due_us = refresh_deadline(&secondaries->items[i].refresh);
		if (due_us < at_us)
			at_us = due_us;
	}
	return at_us;
}

#include "resolver/validate/autotrust.h"

#include <assert.h>
#include <string.h>

#include "resolver/validate/limits.h"
#include "stack/base/arena.h"
#include "stack/base/rng.h"

static_assert(AUTOTRUST_KEYS_MAX == VALIDATE_KEYS_MAX, "a key that is an anchor is one that validation looks at");

/* ---- keys --------------------------------------------------------------------------------------------------------- */

static bool
is_anchor(const struct autotrust_key *key)
{
	return key->state == AUTOTRUST_VALID || key->state == AUTOTRUST_MISSING;
}

static bool
has_anchor(const struct autotrust *trust)
{
	for (unsigned i = 0; i < trust->key_count; i++)
		if (is_anchor(&trust->keys[i]))
			return true;
	return false;
}

/* False for a DS. */
static bool
read_key(const struct autotrust_key *key, struct dnskey *dnskey)
{
	return key->type == TYPE_DNSKEY && dnskey_read(dnskey, key->rdata, key->rdata_bytes) == 0;
}

static bool
is_sep(const struct autotrust_key *key)
{
	struct dnskey dnskey;
	return read_key(key, &dnskey) && (dnskey.flags & DNSKEY_SEP) != 0;
}

static void
set_state(struct autotrust *trust, struct autotrust_key *key, enum autotrust_state state, uint64_t now_s)
{
	const bool was_anchor = is_anchor(key);

	key->state = state;
	key->changed_s = now_s;
	key->seen_count = 0;
	trust->has_changed |= was_anchor != is_anchor(key);
}

/* The key that this is, revoked or not. */
static struct autotrust_key *
find_key(struct autotrust *trust, const struct dnskey *dnskey)
{
	struct dnskey own;

	for (unsigned i = 0; i < trust->key_count; i++) {
		struct autotrust_key *key = &trust->keys[i];
		if (read_key(key, &own) && own.algorithm == dnskey->algorithm && own.protocol == dnskey->protocol &&
		    ((own.flags ^ dnskey->flags) & ~DNSKEY_REVOKED) == 0 &&
		    own.public_key.size == dnskey->public_key.size &&
		    memcmp(own.public_key.bytes, dnskey->public_key.bytes, own.public_key.size) == 0)
			return key;
	}
	return NULL;
}

static bool
has_ds_of(const struct autotrust *trust, const struct dnskey *dnskey, struct crypto *crypto)
{
	struct ds ds;

	for (unsigned i = 0; i < trust->key_count; i++) {
		const struct autotrust_key *key = &trust->keys[i];
		if (key->type == TYPE_DS && is_anchor(key) && ds_read(&ds, key->rdata, key->rdata_bytes) == 0 &&
		    ds_matches(crypto, &ds, &trust->zone, dnskey))
			return true;
	}
	return false;
}

/* ---- who has signed the set ------------------------------------------------------------------------------------------- */

/* One look at one set. */
struct look {
	struct autotrust *trust;
	const struct rrset *set;
	const struct autotrust_means *means;
	uint64_t now_s;
	unsigned signatures_left;
};

/* The set with those of its RRSIGs that this key may have made, so that others do not use up its bound. */
static bool
with_signatures_of(const struct look *look, const struct dnskey *dnskey, struct rrset *set)
{
	struct arena *arena = look->means->scratch;
	struct rdata_walk walk;
	struct rrsig sig;
	unsigned at = 0;
	size_t room_bytes;
	uint8_t *room = arena_rest(arena, &room_bytes);
	struct writer w = writer_over(room, room_bytes);

	*set = *look->set;
	set->rdata = room;
	set->sig_count = 0;
	for (rdata_first(look->set, &walk); rdata_next(&walk); at++) {
		const bool is_sig = at >= look->set->rr_count;
		if (is_sig && (rrsig_read(&sig, walk.bytes, walk.size) != 0 || sig.tag != dnskey->tag ||
			       sig.algorithm != dnskey->algorithm))
			continue;
		writer_u16(&w, walk.size);
		writer_bytes(&w, walk.bytes, walk.size);
		set->sig_count += is_sig;
	}
	set->rdata_bytes = (uint32_t)w.pos;
	if (w.err == 0)
		arena_keep(arena, w.pos);
	return w.err == 0 && set->sig_count > 0;
}

/* *sig is the signature. */
static bool
has_signed(struct look *look, const struct dnskey *dnskey, struct rrsig *sig)
{
	struct arena *arena = look->means->scratch;
	const size_t mark = arena_mark(arena);
	uint8_t bytes[2 + AUTOTRUST_RDATA_BYTES_MAX];
	struct writer w = writer_over(bytes, sizeof bytes);
	struct verify verify;
	struct rrset set;
	bool is_signed = false;

	writer_u16(&w, (uint16_t)dnskey->rdata.size);
	writer_bytes(&w, dnskey->rdata.bytes, dnskey->rdata.size);
	const struct rrset key = { .owner = look->set->owner, .type = TYPE_DNSKEY, .class = CLASS_IN, .rr_count = 1,
				   .rdata = bytes, .rdata_bytes = (uint32_t)w.pos };
	if (w.err == 0 && with_signatures_of(look, dnskey, &set)) {
		verify_begin(&verify, &set, &key, &look->trust->zone, NULL, look->means->crypto, arena,
			     look->means->signature_now_s);
		verify.skew = look->means->skew;
		verify.takes_revoked = true;
		is_signed = verify_set(&verify, &look->signatures_left);
		*sig = verify.sig;
	}
	arena_rewind(arena, mark);
	return is_signed;
}

/* One record of the set after the other; false behind the last that is looked at. */
static bool
next_dnskey(struct rdata_walk *walk, unsigned *left, struct dnskey *dnskey)
{
	while (*left > 0 && rdata_next(walk)) {
		(*left)--;
		if (walk->size <= AUTOTRUST_RDATA_BYTES_MAX && dnskey_read(dnskey, walk->bytes, walk->size) == 0)
			return true;
	}
	return false;
}

static void
first_dnskey(const struct look *look, struct rdata_walk *walk, unsigned *left)
{
	*left = look->set->rr_count < AUTOTRUST_KEYS_MAX ? look->set->rr_count : AUTOTRUST_KEYS_MAX;
	rdata_first(look->set, walk);
}

/* RevBit (RFC 5011, section 2.1): a key that was an anchor, with the REVOKE bit, in a set that it has signed. */
static void
take_revocations(struct look *look)
{
	struct rdata_walk walk;
	struct dnskey dnskey;
	struct rrsig sig;
	unsigned left;

	for (first_dnskey(look, &walk, &left); next_dnskey(&walk, &left, &dnskey);) {
		struct autotrust_key *key = find_key(look->trust, &dnskey);
		if ((dnskey.flags & DNSKEY_REVOKED) == 0 || key == NULL || !is_anchor(key) ||
		    !has_signed(look, &dnskey, &sig))
			continue;
		set_state(look->trust, key, AUTOTRUST_REVOKED, look->now_s);
		memcpy(key->rdata, dnskey.rdata.bytes, dnskey.rdata.size);
	}
}

/* A key of the set has signed it that a DS among the anchors stands for. */
static bool
is_vouched_for_by_ds(struct look *look, struct rrsig *sig)
{
	struct rdata_walk walk;
	struct dnskey dnskey;
	unsigned left;

	for (first_dnskey(look, &walk, &left); next_dnskey(&walk, &left, &dnskey);)
		if (dnskey_signs(&dnskey) && has_ds_of(look->trust, &dnskey, look->means->crypto) &&
		    has_signed(look, &dnskey, sig))
			return true;
	return false;
}

/* An anchor has signed the set, whether it is in it or missing; *sig is its signature. */
static bool
is_vouched_for(struct look *look, struct rrsig *sig)
{
	struct dnskey dnskey;

	for (unsigned i = 0; i < look->trust->key_count; i++) {
		const struct autotrust_key *key = &look->trust->keys[i];
		if (is_anchor(key) && read_key(key, &dnskey) && has_signed(look, &dnskey, sig))
			return true;
	}
	return is_vouched_for_by_ds(look, sig);
}

/* ---- the states (RFC 5011, section 4) ------------------------------------------------------------------------------------- */

static void
add_key(struct look *look, const struct dnskey *dnskey)
{
	struct autotrust *trust = look->trust;

	if (trust->key_count == AUTOTRUST_KEYS_MAX)
		return;
	struct autotrust_key *key = &trust->keys[trust->key_count++];
	*key = (struct autotrust_key){ .state = AUTOTRUST_START, .ttl_s = look->set->ttl_s, .is_present = true,
				       .type = TYPE_DNSKEY, .rdata_bytes = (uint16_t)dnskey->rdata.size };
	memcpy(key->rdata, dnskey->rdata.bytes, dnskey->rdata.size);
	if (has_ds_of(trust, dnskey, look->means->crypto))
		set_state(trust, key, AUTOTRUST_VALID, look->now_s); /* the operator has named it */
}

/* What of the set is known, and what is new.  Who waits to be trusted and comes revoked is not there any more: KeyRem. */
static void
note_present(struct look *look)
{
	struct autotrust *trust = look->trust;
	struct rdata_walk walk;
	struct dnskey dnskey;
	unsigned left;

	for (unsigned i = 0; i < trust->key_count; i++)
		trust->keys[i].is_present = false;
	for (first_dnskey(look, &walk, &left); next_dnskey(&walk, &left, &dnskey);) {
		struct autotrust_key *key = find_key(trust, &dnskey);
		if (key != NULL)
			key->is_present |= key->state != AUTOTRUST_ADDPEND || dnskey_signs(&dnskey);
		else if (dnskey_signs(&dnskey) && (dnskey.flags & DNSKEY_SEP) != 0 &&
			 crypto_knows_algorithm(look->means->crypto, dnskey.algorithm))
			add_key(look, &dnskey);
	}
}

static bool
has_passed(uint64_t since_s, uint64_t now_s, uint64_t wait_s)
{
	return now_s >= since_s && now_s - since_s >= wait_s;
}

/* RFC 5011, section 2.4.1: the hold-down, or the TTL of the set that had it first if that is longer; and seen twice. */
static bool
has_waited(const struct look *look, const struct autotrust_key *key)
{
	const uint32_t holddown_s = look->means->rules->add_holddown_s;

	return key->seen_count >= AUTOTRUST_SEEN_MIN &&
	       has_passed(key->changed_s, look->now_s, key->ttl_s > holddown_s ? key->ttl_s : holddown_s);
}

static void
update_pending(struct look *look, struct autotrust_key *key)
{
	if (!key->is_present) {
		set_state(look->trust, key, AUTOTRUST_START, look->now_s); /* KeyRem */
		return;
	}
	if (key->seen_count < UINT8_MAX)
		key->seen_count++;
	if (has_waited(look, key))
		set_state(look->trust, key, AUTOTRUST_VALID, look->now_s); /* AddTime */
}

static void
update_key(struct look *look, struct autotrust_key *key)
{
	switch (key->state) {
	case AUTOTRUST_START: /* NewKey */
		set_state(look->trust, key, AUTOTRUST_ADDPEND, look->now_s);
		key->seen_count = 1;
		return;
	case AUTOTRUST_ADDPEND: update_pending(look, key); return;
	case AUTOTRUST_VALID:
		if (!key->is_present && key->type == TYPE_DNSKEY)
			set_state(look->trust, key, AUTOTRUST_MISSING, look->now_s); /* KeyRem */
		else if (key->changed_s == 0)
			key->changed_s = look->now_s;
		return;
	case AUTOTRUST_MISSING:
		if (key->is_present)
			set_state(look->trust, key, AUTOTRUST_VALID, look->now_s); /* KeyPres */
		return;
	case AUTOTRUST_REVOKED:
		if (key->is_present)
			key->changed_s = look->now_s;
		else if (has_passed(key->changed_s, look->now_s, look->means->rules->del_holddown_s))
			set_state(look->trust, key, AUTOTRUST_REMOVED, look->now_s); /* RemTime */
		return;
	case AUTOTRUST_REMOVED: return;
	}
}

static unsigned
count_valid(const struct autotrust *trust)
{
	unsigned count = 0;

	for (unsigned i = 0; i < trust->key_count; i++)
		count += trust->keys[i].state == AUTOTRUST_VALID && is_sep(&trust->keys[i]);
	return count;
}

static bool
has_way_in(const struct autotrust *trust)
{
	for (unsigned i = 0; i < trust->key_count; i++)
		if (is_anchor(&trust->keys[i]) && !is_sep(&trust->keys[i]))
			return true;
	return false;
}

/*
 * The operator has started with a key that has no SEP bit, and no other is valid: what it vouches for is taken at once, since
 * it may not be there for as long as the hold-down.
 */
static void
take_first_keys(struct look *look, bool is_first)
{
	struct autotrust *trust = look->trust;

	if (!is_first || count_valid(trust) > 0 || !has_way_in(trust))
		return;
	for (unsigned i = 0; i < trust->key_count; i++)
		if (trust->keys[i].state == AUTOTRUST_ADDPEND && is_sep(&trust->keys[i]))
			set_state(trust, &trust->keys[i], AUTOTRUST_VALID, look->now_s);
}

/* With a valid SEP key there, ways in are not needed any more, nor are keys that were missing for long. */
static bool
is_outlived(const struct look *look, const struct autotrust_key *key)
{
	const uint32_t keep_s = look->means->rules->keep_missing_s;

	return !is_sep(key) ||
	       (key->state == AUTOTRUST_MISSING && keep_s != 0 && has_passed(key->changed_s, look->now_s, keep_s));
}

static void
drop_keys(struct look *look)
{
	struct autotrust *trust = look->trust;
	const bool has_valid = count_valid(trust) > 0;
	unsigned kept = 0;

	for (unsigned i = 0; i < trust->key_count; i++) {
		struct autotrust_key *key = &trust->keys[i];
		if (has_valid && is_anchor(key) && is_outlived(look, key))
			set_state(trust, key, AUTOTRUST_REMOVED, look->now_s);
		if (key->state == AUTOTRUST_START || key->state == AUTOTRUST_REMOVED)
			continue;
		if (kept != i)
			trust->keys[kept] = *key;
		kept++;
	}
	trust->key_count = kept;
}

/* ---- when to ask (RFC 5011, section 2.3) ------------------------------------------------------------------------------------ */

static uint32_t
between(uint64_t least, uint64_t value, uint64_t most)
{
	return (uint32_t)(value < least ? least : value > most ? most : value);
}

static void
set_intervals(struct look *look, const struct rrsig *sig)
{
	const uint32_t least_s = look->means->rules->query_s_min, ttl_s = sig->original_ttl_s;
	const uint32_t wall_s = look->means->signature_now_s;
	const int32_t left_s = (int32_t)(sig->expires_s - (wall_s != VERIFY_ANY_TIME ? wall_s : (uint32_t)look->now_s));
	const uint32_t expires_s = left_s > 0 ? (uint32_t)left_s : 0;
	const uint32_t smaller_s = ttl_s < expires_s ? ttl_s : expires_s;

	look->trust->query_interval_s = between(least_s, smaller_s / 2, AUTOTRUST_QUERY_S_MAX);
	look->trust->retry_s = between(least_s, smaller_s / 10, AUTOTRUST_RETRY_S_MAX);
}

/* Up to a tenth earlier, so that resolvers that started together do not ask together. */
static uint64_t
next_after(uint64_t now_s, uint32_t wait_s, const struct autotrust_rules *rules, struct rng *rng)
{
	if (wait_s < rules->query_s_min)
		wait_s = rules->query_s_min;
	return now_s + wait_s - rng_below(rng, wait_s / 10 + 1);
}

uint64_t
autotrust_deadline(const struct autotrust *trust, uint64_t now_s)
{
	if (trust->is_revoked)
		return AUTOTRUST_NEVER;
	return trust->next_query_s <= now_s + AUTOTRUST_QUERY_S_MAX ? trust->next_query_s : now_s;
}

void
autotrust_ask(struct autotrust *trust, const struct autotrust_rules *rules, struct rng *rng, uint64_t now_s)
{
	trust->next_query_s = next_after(now_s, trust->retry_s, rules, rng);
}

/* ---- a set ------------------------------------------------------------------------------------------------------------------ */

/* What a clock has said that was ahead: else nothing would pass until that time comes again. */
static void
settle_times(struct autotrust *trust, uint64_t now_s)
{
	for (unsigned i = 0; i < trust->key_count; i++)
		if (trust->keys[i].changed_s > now_s)
			trust->keys[i].changed_s = now_s;
}

static enum autotrust_news
take_set(struct look *look, const struct rrsig *sig)
{
	struct autotrust *trust = look->trust;
	const bool is_first = trust->succeeded_s == 0;

	trust->succeeded_s = look->now_s;
	trust->failed_count = 0;
	note_present(look);
	for (unsigned i = 0; i < trust->key_count; i++)
		update_key(look, &trust->keys[i]);
	take_first_keys(look, is_first);
	drop_keys(look);
	set_intervals(look, sig);
	trust->next_query_s = next_after(look->now_s, trust->query_interval_s, look->means->rules, look->means->rng);
	return AUTOTRUST_TAKEN;
}

enum autotrust_news
autotrust_hear(struct autotrust *trust, const struct rrset *set, const struct autotrust_means *means, uint64_t now_s)
{
	struct look look = { trust, set, means, now_s, VALIDATE_SIGNATURES_MAX };
	struct rrsig sig;

	trust->has_changed = false;
	if (set == NULL || set->type != TYPE_DNSKEY || !name_equal(set->owner, &trust->zone) || trust->is_revoked)
		return AUTOTRUST_NOTHING;
	trust->queried_s = now_s;
	settle_times(trust, now_s);
	take_revocations(&look);
	if (!has_anchor(trust)) {
		trust->succeeded_s = now_s;
		trust->next_query_s = 0;
		trust->is_revoked = true;
		return AUTOTRUST_OVER;
	}
	if (is_vouched_for(&look, &sig))
		return take_set(&look, &sig);
	if (trust->succeeded_s != 0)
		trust->failed_count++;
	return AUTOTRUST_REFUSED;
}

int
autotrust_anchors(const struct autotrust *trust, struct anchors *anchors, struct crypto *crypto)
{
	for (unsigned i = 0; i < trust->key_count; i++) {
		const struct autotrust_key *key = &trust->keys[i];
		if (!is_anchor(key))
			continue;
		int err = anchors_add(anchors, crypto, &trust->zone, key->type, key->rdata, key->rdata_bytes);
		if (err != 0 && err != ERR_UNSUPPORTED)
			return err;
	}
	return 0;
}

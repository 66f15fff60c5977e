#include "resolver/cache/whole.h"

#include "resolver/cache/delegation.h"
#include "resolver/cache/value.h"
#include "resolver/wire/fold.h"
#include "resolver/wire/rdata.h"

/* ---- parts ---------------------------------------------------------------------------------------- */

/* A name without compression that fills `size` octets. */
static bool
is_name(const uint8_t *wire, size_t size)
{
	struct name name;
	return wire != NULL && name_from_wire(&name, wire, size) == 0 && name.size == size;
}

/* As store_key_make has written it. */
struct key {
	uint16_t type, class;
};

static bool
read_key(const struct store_record *record, struct key *key)
{
	uint8_t lower[STORE_KEY_BYTES_MAX];
	if (record->key_bytes < 5 || record->key_bytes > STORE_KEY_BYTES_MAX)
		return false;
	size_t name_bytes = record->key_bytes - 4;
	fold_copy(lower, record->key, name_bytes);
	if (!is_name(record->key, name_bytes) || memcmp(lower, record->key, name_bytes) != 0)
		return false;
	struct cursor cursor = cursor_over(record->key + name_bytes, 4);
	key->type = cursor_u16(&cursor);
	key->class = cursor_u16(&cursor);
	return true;
}

/* pack_name's form: its size, then its wire. */
static bool
pass_name(struct cursor *cursor)
{
	size_t size = cursor_u8(cursor);
	return is_name(cursor_bytes(cursor, size), size);
}

static bool
pass_records(struct cursor *cursor, uint16_t type, uint16_t class, unsigned count)
{
	struct rdata_names names;
	for (unsigned i = 0; i < count; i++) {
		size_t size = cursor_u16(cursor);
		const uint8_t *rdata = cursor_bytes(cursor, size);
		if (rdata == NULL || rdata_names(type, class, rdata, size, &names) != 0)
			return false;
	}
	return true;
}

/* rr_count records and sig_count signatures that fill the rest. */
static bool
is_rdata(struct cursor *cursor, const struct key *key, unsigned rr_count, unsigned sig_count)
{
	return rr_count > 0 && rr_count <= RRSET_RRS_MAX && sig_count <= RRSET_RRS_MAX &&
	       !type_is_meta(key->type) && pass_records(cursor, key->type, key->class, rr_count) &&
	       pass_records(cursor, TYPE_RRSIG, key->class, sig_count) && cursor->err == 0 &&
	       cursor_left(cursor) == 0;
}

/* pack_rrset's form. */
static bool
pass_rrset(struct cursor *cursor)
{
	struct key key;
	key.type = cursor_u16(cursor);
	key.class = cursor_u16(cursor);
	unsigned rr_count = cursor_u16(cursor), sig_count = cursor_u16(cursor);
	uint8_t trust = cursor_u8(cursor), security = cursor_u8(cursor);
	uint32_t rdata_bytes = cursor_u32(cursor);
	if (trust > TRUST_SECURE || security > SECURITY_BOGUS || !pass_name(cursor))
		return false;
	struct cursor rdata = cursor_sub(cursor, rdata_bytes);
	return is_rdata(&rdata, &key, rr_count, sig_count);
}

static bool
is_at_end(const struct cursor *cursor)
{
	return cursor->err == 0 && cursor_left(cursor) == 0;
}

/* ---- entries -------------------------------------------------------------------------------------- */

bool
whole_key(const struct store_record *record)
{
	struct key key;
	return read_key(record, &key) && record->value_bytes == 0;
}

bool
whole_rrset(const struct store_record *record)
{
	struct key key;
	if (!read_key(record, &key) || record->rank == TRUST_NONE || record->rank > TRUST_SECURE)
		return false;
	struct cursor cursor = cursor_over(record->value, record->value_bytes);
	unsigned rr_count = cursor_u16(&cursor), sig_count = cursor_u16(&cursor);
	return cursor_u8(&cursor) <= SECURITY_BOGUS && is_rdata(&cursor, &key, rr_count, sig_count);
}

bool
whole_negative(const struct store_record *record)
{
	struct key key;
	if (!read_key(record, &key) || (key.class & CLASS_OF_FAILURE) != 0)
		return false;
	struct cursor cursor = cursor_over(record->value, record->value_bytes);
	enum negative_kind kind = (enum negative_kind)cursor_u8(&cursor);
	if (kind != (key.type == TYPE_OF_NXDOMAIN ? NEGATIVE_NXDOMAIN : NEGATIVE_NODATA))
		return false;
	uint8_t security = cursor_u8(&cursor);
	if (security > SECURITY_BOGUS || record->rank != negative__rank(kind, security))
		return false;
	cursor_skip(&cursor,
		    2 + 2 + 4 + 4); /* EDE, failures in a row, epoch, TTL: any value will do */
	size_t text_bytes = cursor_u8(&cursor);
	cursor_skip(&cursor, text_bytes);
	unsigned sets = cursor_u8(&cursor);
	if (text_bytes > NEGATIVE_TEXT_BYTES_MAX || sets > NEGATIVE_PROOFS_MAX + 1)
		return false;
	for (unsigned i = 0; i < sets; i++)
		if (!pass_rrset(&cursor))
			return false;
	return is_at_end(&cursor);
}

static bool
pass_ns(struct cursor *cursor)
{
	if (!pass_name(cursor))
		return false;
	unsigned addr_count = cursor_u8(cursor);
	if (addr_count > DELEGATION_ADDRS_MAX)
		return false;
	for (unsigned i = 0; i < addr_count; i++) {
		const struct ip_addr addr = { .family = cursor_u8(cursor) };
		if (addr_bytes(&addr) == 0)
			return false;
		cursor_skip(cursor, addr_bytes(&addr));
	}
	return cursor->err == 0;
}

bool
whole_delegation(const struct store_record *record)
{
	struct key key;
	if (!read_key(record, &key) || key.type != TYPE_NS || key.class != CLASS_IN ||
	    record->rank != 0)
		return false;
	struct cursor cursor = cursor_over(record->value, record->value_bytes);
	unsigned flags = cursor_u8(&cursor), ns_count = cursor_u8(&cursor);
	if ((flags & ~(unsigned)(DELEGATION_NO_DS_PROVED | DELEGATION_HAS_DS)) != 0 ||
	    ns_count > DELEGATION_NS_MAX)
		return false;
	for (unsigned i = 0; i < ns_count; i++)
		if (!pass_ns(&cursor))
			return false;
	if ((flags & DELEGATION_HAS_DS) != 0 && !pass_rrset(&cursor))
		return false;
	return is_at_end(&cursor);
}

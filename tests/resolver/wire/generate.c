#include "tests/resolver/wire/generate.h"

#include <assert.h>
#include <ctype.h>

#include "resolver/wire/rdata.h"
#include "resolver/wire/rdata_types.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static uint32_t
below(struct generate *g, uint32_t bound)
{
	return rng_below(&g->rng, bound);
}

static bool
one_in(struct generate *g, uint32_t count)
{
	return below(g, count) == 0;
}

static void
put_random(struct generate *g, size_t size)
{
	uint8_t *octets = writer_reserve(&g->out, size);
	if (octets != NULL)
		rng_bytes(&g->rng, octets, size);
}

/* Mostly short, now and then empty or as long as can be. */
static size_t
some_size(struct generate *g, size_t min, size_t max)
{
	if (one_in(g, 16))
		return one_in(g, 2) ? min : max;
	size_t usual = max < 24 ? max : 24;
	return min + below(g, (uint32_t)(usual - min + 1));
}

/* ---- names --------------------------------------------------------------------------------------- */

static size_t
some_label(struct generate *g, uint8_t label[NAME_LABEL_MAX])
{
	static const char *const words[] = { "www", "WWW", "a",   "mail", "example", "Example",
					     "com", "org", "ns1", "*",    "_tcp",    "xn--a" };
	if (!one_in(g, 8)) {
		const char *word = words[below(g, COUNT(words))];
		memcpy(label, word, strlen(word));
		return strlen(word);
	}
	size_t size = one_in(g, 4) ? NAME_LABEL_MAX : 1 + below(g, 12);
	rng_bytes(&g->rng, label, size);
	for (size_t i = 0; i < size; i++) /* half of them of what a master file has to escape */
		if (one_in(g, 2))
			label[i] = (uint8_t) "\\.\"();@$ \t"[below(g, 10)];
	return size;
}

void
generate_name(struct generate *g, struct name *name)
{
	uint8_t label[NAME_LABEL_MAX];
	unsigned labels = one_in(g, 32) ? NAME_LABELS_MAX : below(g, 5);
	*name = name_root;
	if (g->name_count > 0 && !one_in(g, 3))
		name_copy(name, &g->names[below(g, g->name_count)].name);
	while (labels-- > 0)
		if (name_prepend(name, label, some_label(g, label), name) != 0)
			break; /* as long as can be */
}

static void
remember(struct generate *g, const struct name *name, size_t offset)
{
	if (g->name_count == GENERATE_NAMES_MAX || offset > 0x3fff || name->size == 1)
		return;
	g->names[g->name_count].offset = (uint16_t)offset;
	name_copy(&g->names[g->name_count].name, name);
	g->name_count++;
}

/* A place where the rest of the name stands already; 0: none, or this time none is wanted. */
static uint16_t
pointer_to(struct generate *g, const struct name *name, bool may_compress)
{
	if (!g->compresses || !may_compress || one_in(g, 8))
		return 0;
	for (unsigned i = 0; i < g->name_count; i++)
		if (name_equal_exact(&g->names[i].name, name))
			return g->names[i].offset;
	return 0;
}

static void
put_name(struct generate *g, const struct name *name, bool may_compress)
{
	struct name rest;
	unsigned known = g->name_count;
	uint16_t target = 0;
	name_copy(&rest, name);
	while (rest.size > 1 && (target = pointer_to(g, &rest, may_compress)) == 0) {
		remember(g, &rest, g->out.pos);
		writer_bytes(&g->out, rest.wire, 1u + rest.wire[0]);
		name_strip(&rest, &rest, 1);
	}
	if (target != 0)
		writer_u16(&g->out, (uint16_t)(0xc000 | target));
	else
		writer_u8(&g->out, 0);
	if (g->out.err != 0)
		g->name_count = known; /* it is not in the message after all */
}

static void
put_some_name(struct generate *g, bool may_compress)
{
	struct name name;
	generate_name(g, &name);
	put_name(g, &name, may_compress);
}

/* ---- fields with a form of their own --------------------------------------------------------------- */

static void
put_string(struct generate *g, size_t min)
{
	size_t size = some_size(g, min, 255);
	writer_u8(&g->out, (uint8_t)size);
	put_random(g, size);
}

static void
put_from(struct generate *g, const char *characters, size_t size)
{
	while (size-- > 0)
		writer_u8(&g->out, (uint8_t)characters[below(g, (uint32_t)strlen(characters))]);
}

static void
put_tag(struct generate *g)
{
	size_t size = 1 + below(g, 15);
	writer_u8(&g->out, (uint8_t)size);
	put_from(g, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", size);
}

static void
put_ipv6(struct generate *g)
{
	uint8_t octets[16];
	rng_bytes(&g->rng, octets, sizeof octets);
	size_t from = below(g, 17), to = below(g, 17);
	for (size_t i = from; i < to; i++)
		octets[i] = 0; /* where "::" may stand */
	writer_bytes(&g->out, octets, sizeof octets);
}

/* Octets of a bitmap, the last of them not zero (RFC 4034, section 4.1.2). */
static void
put_bits(struct generate *g, size_t size)
{
	put_random(g, size - 1);
	writer_u8(&g->out, (uint8_t)(1 + below(g, 255)));
}

static void
put_bitmap(struct generate *g)
{
	for (unsigned window = 0; window < 256; window += 1 + below(g, one_in(g, 2) ? 255 : 4)) {
		if (one_in(g, 4))
			return;
		size_t size = 1 + below(g, one_in(g, 4) ? 32 : 8);
		writer_u8(&g->out, (uint8_t)window);
		writer_u8(&g->out, (uint8_t)size);
		put_bits(g, size);
	}
}

static void
put_bitmap_nxt(struct generate *g)
{
	size_t at = g->out.pos;
	put_bits(g, 1 + below(g, 16));
	if (g->out.err == 0)
		g->out.begin[at] &= 0x7f; /* bit 0 would say that this is another format */
	if (g->out.err == 0 && g->out.pos == at + 1)
		g->out.begin[at] |= 0x02;
}

static void
put_wks(struct generate *g)
{
	writer_u8(&g->out, (uint8_t)below(g, 256));
	if (!one_in(g, 4))
		put_bits(g, 1 + below(g, 40));
}

static uint8_t
some_size_of_loc(struct generate *g)
{
	uint32_t digit = below(g, 10);
	return (uint8_t)(digit << 4 | (digit > 0 ? below(g, 10) : 0));
}

static void
put_loc(struct generate *g)
{
	const uint32_t degree = 3600000;
	writer_u8(&g->out, 0);
	for (unsigned i = 0; i < 3; i++)
		writer_u8(&g->out, some_size_of_loc(g));
	writer_u32(&g->out, 0x80000000u - 90 * degree + below(g, 180 * degree + 1));
	writer_u32(&g->out, 0x80000000u - 180 * degree + below(g, 360 * degree + 1));
	writer_u32(&g->out, one_in(g, 2) ? rng_u32(&g->rng) : 9900000 + below(g, 200000));
}

static void
put_apl(struct generate *g)
{
	for (unsigned items = below(g, 4); items > 0; items--) {
		bool is_ipv4 = one_in(g, 2);
		size_t size = below(g, is_ipv4 ? 5 : 17);
		writer_u16(&g->out, is_ipv4 ? 1 : 2);
		writer_u8(&g->out, (uint8_t)below(g, is_ipv4 ? 33 : 129));
		writer_u8(&g->out, (uint8_t)(size | (one_in(g, 2) ? 0x80 : 0)));
		if (size > 0)
			put_bits(g, size); /* no zeros at the end (RFC 3123, section 4) */
	}
}

static void
put_options(struct generate *g)
{
	for (unsigned options = below(g, 4); options > 0; options--) {
		size_t size = some_size(g, 0, 40);
		writer_u16(&g->out, one_in(g, 2) ? (uint16_t)below(g, 20) : rng_u16(&g->rng));
		writer_u16(&g->out, (uint16_t)size);
		put_random(g, size);
	}
}

static void
put_hip(struct generate *g)
{
	size_t hit_bytes = some_size(g, 1, 255), key_bytes = some_size(g, 1, 300);
	writer_u8(&g->out, (uint8_t)hit_bytes);
	writer_u8(&g->out, (uint8_t)below(g, 256));
	writer_u16(&g->out, (uint16_t)key_bytes);
	put_random(g, hit_bytes + key_bytes);
}

static void
put_gateway(struct generate *g, unsigned kind, bool may_compress)
{
	switch (kind) {
	case GATEWAY_IPV4: put_random(g, 4); return;
	case GATEWAY_IPV6: put_ipv6(g); return;
	case GATEWAY_NAME: put_some_name(g, may_compress); return;
	default: return;
	}
}

static void
put_a6_suffix(struct generate *g)
{
	uint8_t prefix = (uint8_t)(one_in(g, 4) ? 128 * below(g, 2) : below(g, 129));
	writer_u8(&g->out, prefix);
	size_t at = g->out.pos, size = 16 - prefix / 8u;
	put_random(g, size);
	if (g->out.err == 0 && size > 0)
		g->out.begin[at] &=
			(uint8_t)(0xff >> prefix % 8); /* RFC 2874, section 3.1: padding is zero */
}

/* ---- service parameters (RFC 9460) ---------------------------------------------------------------- */

static void
put_alpn(struct generate *g)
{
	for (unsigned ids = 1 + below(g, 3); ids > 0; ids--) {
		if (one_in(g, 4)) {
			put_string(g, 1);
			continue;
		}
		size_t size = 1 + below(g, 5);
		writer_u8(&g->out, (uint8_t)size);
		put_from(g, "h23,\\\"", size);
	}
}

static void
put_svcvalue(struct generate *g, unsigned key, const bool *has)
{
	switch (key) {
	case 0: /* mandatory: of the keys after it, all that are there */
		for (unsigned other = 1; other < 12; other++)
			if (has[other])
				writer_u16(&g->out, (uint16_t)other);
		return;
	case 1: put_alpn(g); return;
	case 2:
	case 8: return; /* no-default-alpn, ohttp */
	case 3: put_random(g, 2); return;
	case 4: put_random(g, 4 + 4 * (size_t)below(g, 3)); return;
	case 6:
		for (unsigned hints = 1 + below(g, 3); hints > 0; hints--)
			put_ipv6(g);
		return;
	default: put_random(g, some_size(g, 1, 60)); return;
	}
}

static void
put_svcparams(struct generate *g)
{
	bool has[12];
	bool has_other = false;
	for (unsigned key = 1; key < COUNT(has); key++)
		has_other |= has[key] = one_in(g, 4);
	has[1] |= has[2]; /* no-default-alpn needs alpn (RFC 9460, section 7.1.1) */
	has_other |= has[1];
	has[0] = has_other && one_in(g, 4);
	for (unsigned key = 0; key < COUNT(has); key++) {
		if (!has[key])
			continue;
		writer_u16(&g->out, (uint16_t)key);
		size_t at = g->out.pos;
		writer_u16(&g->out, 0);
		put_svcvalue(g, key, has);
		writer_patch_u16(&g->out, at, (uint16_t)(g->out.pos - at - 2));
	}
}

/* ---- rdata --------------------------------------------------------------------------------------- */

/* Numbers of fixed width and octets without a form; false: another kind of field. */
static bool
put_plain_field(struct generate *g, enum rdata_field field)
{
	switch (field) {
	case FIELD_U8:
	case FIELD_ALGORITHM:
	case FIELD_SCHEME: put_random(g, 1); return true;
	case FIELD_U16:
	case FIELD_TYPE: put_random(g, 2); return true;
	case FIELD_CERT_TYPE: writer_u16(&g->out, (uint16_t)below(g, 260)); return true;
	case FIELD_U32:
	case FIELD_PERIOD:
	case FIELD_TIME:
	case FIELD_IPV4: put_random(g, 4); return true;
	case FIELD_TIME48:
	case FIELD_EUI48: put_random(g, 6); return true;
	case FIELD_U64:
	case FIELD_EUI64:
	case FIELD_NODE: put_random(g, 8); return true;
	case FIELD_IPV6: put_ipv6(g); return true;
	case FIELD_REST_TEXT:
	case FIELD_REST_HEX:
	case FIELD_REST_BASE64:
	case FIELD_REST_DATA: put_random(g, some_size(g, 1, 300)); return true;
	case FIELD_REST_BASE64_MAYBE: put_random(g, some_size(g, 0, 300)); return true;
	case FIELD_NSAP: put_random(g, some_size(g, 1, 40)); return true;
	case FIELD_OPAQUE: put_random(g, some_size(g, 0, 300)); return true;
	default: return false;
	}
}

static void
put_sized_field(struct generate *g, enum rdata_field field)
{
	size_t size = some_size(g, 0, 100);
	switch (field) {
	case FIELD_STRING:
	case FIELD_HEX8: put_string(g, 0); return;
	case FIELD_BASE32_8: put_string(g, 1); return;
	case FIELD_STRING_MAYBE:
		if (one_in(g, 2))
			put_string(g, 0);
		return;
	case FIELD_STRINGS:
		for (unsigned strings = 1 + below(g, 4); strings > 0; strings--)
			put_string(g, 0);
		return;
	case FIELD_TAG: put_tag(g); return;
	case FIELD_BASE64_16:
		writer_u16(&g->out, (uint16_t)size);
		put_random(g, size);
		return;
	case FIELD_ATMA:
		writer_u8(&g->out, (uint8_t)below(g, 2));
		if (g->out.err == 0 && g->out.begin[g->out.pos - 1] == 1)
			put_from(g, "0123456789", 1 + below(g, 15));
		else
			put_random(g, some_size(g, 1, 40));
		return;
	case FIELD_BITMAP: put_bitmap(g); return;
	case FIELD_BITMAP_NXT: put_bitmap_nxt(g); return;
	case FIELD_WKS: put_wks(g); return;
	case FIELD_LOC: put_loc(g); return;
	case FIELD_APL: put_apl(g); return;
	case FIELD_SVCPARAMS: put_svcparams(g); return;
	case FIELD_OPTIONS: put_options(g); return;
	case FIELD_A6_SUFFIX: put_a6_suffix(g); return;
	case FIELD_HIP: put_hip(g); return;
	default: assert(!"a field that nothing generates"); return;
	}
}

/* Fields that are names, or may be: `start` is where the rdata begin. */
static bool
put_name_field(struct generate *g, enum rdata_field field, size_t start, bool may_compress)
{
	uint8_t kind = (uint8_t)below(g, 4);
	if (g->out.err != 0)
		return true;
	switch (field) {
	case FIELD_NAME: put_some_name(g, may_compress); return true;
	case FIELD_NAMES:
		for (unsigned names = below(g, 4); names > 0; names--)
			put_some_name(g, may_compress);
		return true;
	case FIELD_GATEWAY:
		g->out.begin[start + 1] = kind;
		put_gateway(g, kind, may_compress);
		return true;
	case FIELD_RELAY:
		writer_u8(&g->out, (uint8_t)(kind | (one_in(g, 2) ? 0x80 : 0)));
		put_gateway(g, kind, may_compress);
		return true;
	case FIELD_A6_NAME:
		if (g->out.begin[start] > 0)
			put_some_name(g, may_compress);
		return true;
	default: return false;
	}
}

static void
put_rdata(struct generate *g, uint16_t type, uint16_t class)
{
	const struct rdata_type *described = rdata_type_of(type, class);
	size_t start = g->out.pos;
	bool may_compress = g->compresses_all || (described->flags & RDATA_COMPRESS) != 0;
	for (unsigned i = 0; i < RDATA_FIELDS_MAX && described->fields[i] != FIELD_END; i++) {
		enum rdata_field field = described->fields[i];
		if (!put_name_field(g, field, start, may_compress) && !put_plain_field(g, field))
			put_sized_field(g, field);
	}
}

uint16_t
generate_type(struct generate *g)
{
	if (g->is_plain)
		return g->types[below(g, g->plain_count)];
	uint16_t type = one_in(g, 8) ? rng_u16(&g->rng) : g->types[below(g, g->type_count)];
	return type_is_meta(type) ? TYPE_A : type;
}

static void
begin(struct generate *g)
{
	g->out = writer_over(g->bytes, GENERATE_BYTES_MAX);
	g->name_count = 0;
	g->compresses = g->compresses_all = false;
}

size_t
generate_rdata(struct generate *g, uint16_t type)
{
	begin(g);
	put_rdata(g, type, CLASS_IN);
	return g->out.pos;
}

/* ---- messages ------------------------------------------------------------------------------------ */

/* A record, or nothing when there is no room for it. */
static bool
put_record(struct generate *g, const struct name *owner, uint16_t type, uint16_t class,
	   uint32_t ttl)
{
	struct writer before = g->out;
	unsigned known = g->name_count;
	put_name(g, owner, true);
	writer_u16(&g->out, type);
	writer_u16(&g->out, class);
	writer_u32(&g->out, ttl);
	size_t at = g->out.pos;
	writer_u16(&g->out, 0);
	put_rdata(g, type, class);
	writer_patch_u16(&g->out, at, (uint16_t)(g->out.pos - at - 2));
	if (g->out.err == 0)
		return true;
	g->out = before;
	g->name_count = known;
	return false;
}

static uint32_t
some_ttl(struct generate *g)
{
	return one_in(g, 8) ? rng_u32(&g->rng) : below(g, 86400);
}

/* Owners and types come back, so that records meet in sets, and an RRSIG finds what it covers. */
static bool
put_some_record(struct generate *g, struct name *owner, uint16_t *type)
{
	static const uint16_t common[] = { TYPE_A, TYPE_NS, TYPE_AAAA, TYPE_RRSIG, TYPE_TXT };
	uint16_t class = CLASS_IN;
	if (!one_in(g, 3))
		generate_name(g, owner);
	if (!one_in(g, 4))
		*type = one_in(g, 3) ? common[below(g, COUNT(common))] : generate_type(g);
	if (!g->is_plain && one_in(g, 16))
		class = one_in(g, 2) ? CLASS_CH : (uint16_t)(1 + below(g, 65535));
	return put_record(g, owner, *type, class, some_ttl(g));
}

size_t
generate_message(struct generate *g)
{
	struct name owner;
	uint16_t counts[4] = { 1, 0, 0, 0 }, type = TYPE_A;
	begin(g);
	g->compresses = !one_in(g, 4);
	g->compresses_all = g->compresses && one_in(g, 2);
	put_random(g, 4);
	put_random(g, 8); /* the counts, patched below */
	if (one_in(g, 16))
		counts[0] = (uint16_t)below(g, 3);
	for (unsigned i = 0; i < counts[0]; i++) {
		put_some_name(g, true);
		writer_u16(&g->out, generate_type(g));
		writer_u16(&g->out, CLASS_IN);
	}
	generate_name(g, &owner);
	for (unsigned section = 1; section < 4; section++)
		for (unsigned left = below(g, GENERATE_RECORDS_MAX / 3); left > 0; left--)
			counts[section] += put_some_record(g, &owner, &type);
	if (!one_in(g, 4))
		counts[3] +=
			put_record(g, &name_root, TYPE_OPT, rng_u16(&g->rng), rng_u32(&g->rng));
	if (one_in(g, 16))
		counts[3] += put_record(g, &owner, TYPE_TSIG, CLASS_ANY, 0);
	for (unsigned i = 0; i < 4; i++)
		writer_patch_u16(&g->out, 4 + 2 * (size_t)i, counts[i]);
	return g->out.pos;
}

void
generate_plain_types(struct generate *g, bool (*is_other)(uint16_t type))
{
	g->plain_count = 0;
	for (unsigned i = 0; i < g->type_count; i++) {
		uint16_t type = g->types[i];
		if (is_other(type))
			continue;
		g->types[i] = g->types[g->plain_count];
		g->types[g->plain_count++] = type;
	}
}

void
generate_init(struct generate *g, uint64_t seed)
{
	uint16_t type = 0;
	rng_init_number(&g->rng, seed);
	g->is_plain = false;
	g->type_count = 0;
	while (rdata_type_next(&type)) {
		assert(g->type_count < GENERATE_TYPES_MAX);
		if (!type_is_meta(type))
			g->types[g->type_count++] = type;
	}
	g->plain_count = g->type_count;
	begin(g);
}

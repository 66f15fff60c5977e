#include "tests/resolver/iterate/records.h"

#include <check.h>
#include <stdlib.h>

struct name
name_of(const char *text)
{
	struct name name;
	ck_assert_msg(name_from_text(&name, text, NULL) == 0, "name %s", text);
	return name;
}

struct ip_addr
addr_of(const char *text)
{
	struct ip_addr addr;
	ck_assert_msg(addr_from_text(&addr, text) == 0, "address %s", text);
	return addr;
}

static void
write_name(struct writer *writer, const char *text)
{
	struct name name = name_of(text);
	writer_bytes(writer, name.wire, name.size);
}

static void
write_rdata(struct writer *writer, const struct record *rr)
{
	struct ip_addr addr;
	switch (rr->type) {
	case TYPE_A:
	case TYPE_AAAA:
		addr = addr_of(rr->value);
		writer_bytes(writer, addr.octets, addr_bytes(&addr));
		return;
	case TYPE_NS:
	case TYPE_CNAME:
	case TYPE_DNAME:
	case TYPE_PTR: write_name(writer, rr->value); return;
	case TYPE_SOA:
		write_name(writer, "mname.");
		write_name(writer, "rname.");
		for (unsigned i = 1; i <= 4; i++)
			writer_u32(writer, i);
		writer_u32(writer, (uint32_t)strtoul(rr->value, NULL, 10));
		return;
	case TYPE_TXT:
		writer_u8(writer, (uint8_t)strlen(rr->value));
		writer_bytes(writer, rr->value, strlen(rr->value));
		return;
	default: writer_bytes(writer, rr->value, strlen(rr->value));
	}
}

struct rrset *
records_set(struct arena *arena, const struct record *records, unsigned count)
{
	uint8_t bytes[65536];
	struct writer writer = writer_over(bytes, sizeof bytes);
	struct rrset *set = arena_zalloc(arena, 1, sizeof *set);
	struct name owner = name_of(records->owner);

	ck_assert_ptr_nonnull(set);
	for (unsigned i = 0; i < count; i++) {
		size_t at = writer.pos;
		writer_u16(&writer, 0);
		write_rdata(&writer, &records[i]);
		writer_patch_u16(&writer, at, (uint16_t)(writer.pos - at - 2));
	}
	ck_assert_int_eq(writer.err, 0);
	set->owner = name_store(arena, &owner);
	set->type = records->type;
	set->class = CLASS_IN;
	set->rr_count = (uint16_t)count;
	set->ttl_s = records->ttl_s;
	set->rdata = arena_copy(arena, bytes, writer.pos);
	set->rdata_bytes = (uint32_t)writer.pos;
	ck_assert_ptr_nonnull(set->rdata);
	return set;
}

void
records_append(struct rrset **list, struct rrset *set)
{
	while (*list != NULL)
		list = &(*list)->next;
	*list = set;
}

unsigned
records_count(const struct rrset *list)
{
	unsigned count = 0;
	for (; list != NULL; list = list->next)
		count += list->rr_count;
	return count;
}

bool
records_has(const struct rrset *list, const char *owner, uint16_t type, const char *value)
{
	uint8_t bytes[512];
	struct name name = name_of(owner);
	for (; list != NULL; list = list->next) {
		struct rdata_walk walk;
		if (list->type != type || !name_equal(list->owner, &name))
			continue;
		if (value == NULL)
			return true;
		struct writer writer = writer_over(bytes, sizeof bytes);
		struct record record = { owner, type, 0, value };
		write_rdata(&writer, &record);
		rdata_first(list, &walk);
		for (unsigned i = 0; i < list->rr_count && rdata_next(&walk); i++) {
			if (walk.size == writer.pos && memcmp(walk.bytes, bytes, writer.pos) == 0)
				return true;
		}
	}
	return false;
}

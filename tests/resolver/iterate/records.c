#include "tests/resolver/iterate/records.h"

#include <check.h>

#include "resolver/wire/text.h"

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
write_rdata(struct writer *writer, const struct record *record)
{
	ck_assert_msg(rdata_from_text(record->type, CLASS_IN, record->value, NULL, writer) == 0,
		      "rdata %s", record->value);
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

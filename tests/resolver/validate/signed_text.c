#include "tests/resolver/validate/signed_text.h"

#include <check.h>
#include <string.h>

#include "resolver/wire/text.h"

void
signed_text_append(struct arena *arena, struct rrset *set, const char *line)
{
	static struct text_reader reader;
	static struct text_record record;
	uint8_t *bytes = arena_alloc(arena, set->rdata_bytes + MESSAGE_BYTES_MAX);

	ck_assert_ptr_nonnull(bytes);
	text_reader_init(&reader, line, strlen(line), NULL);
	ck_assert_msg(text_reader_next(&reader, &record) == 1, "%s: %s", line, reader.why);
	if (set->rdata_bytes > 0)
		memcpy(bytes, set->rdata, set->rdata_bytes);
	bytes[set->rdata_bytes] = (uint8_t)(record.rdata_bytes >> 8);
	bytes[set->rdata_bytes + 1] = (uint8_t)record.rdata_bytes;
	memcpy(bytes + set->rdata_bytes + 2, record.rdata, record.rdata_bytes);
	set->rdata = bytes;
	set->rdata_bytes += 2u + record.rdata_bytes;
	if (record.type == TYPE_RRSIG) {
		set->sig_count++;
		return;
	}
	set->owner = name_store(arena, &record.owner);
	set->type = record.type;
	set->class = record.class;
	set->ttl_s = record.ttl_s;
	set->rr_count++;
}

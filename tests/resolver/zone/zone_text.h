/* zone_text.h - zones and messages out of master-file text, for the tests of transfers. */
#ifndef CAIRN_TESTS_RESOLVER_ZONE_ZONE_TEXT_H
#define CAIRN_TESTS_RESOLVER_ZONE_ZONE_TEXT_H

#include <string.h>

#include "resolver/zone/zone.h"
#include "stack/base/arena.h"
#include "tests/suite.h"

static struct zone_reading text_reading;

static inline struct name
text_name(const char *written)
{
	struct name name;
	ck_assert_msg(name_from_text(&name, written, NULL) == 0, "%s", written);
	return name;
}

static inline struct zone *
text_zone(const char *apex, const char *text, struct arena *arena)
{
	const struct name name = text_name(apex);
	struct zone_builder builder;
	struct zone *zone;
	ck_assert_int_eq(zone_begin(&builder, &name, arena), 0);
	ck_assert_msg(zone_read(&builder, text, strlen(text), &text_reading) == 0, "%s", text_reading.reader.why);
	ck_assert_int_eq(zone_finish(&builder, &zone), 0);
	return zone;
}

/* The zone as text again, with the SOA in front. */
static inline const char *
text_of_zone(const struct zone *zone)
{
	static char text[65536];
	static char line[ZONE_LINE_BYTES_MAX];
	struct zone_writing writing;
	size_t used = 0;
	int size;
	zone_write_begin(&writing, zone);
	while ((size = zone_write_next(&writing, line, sizeof line)) > 0) {
		ck_assert_uint_lt(used + (size_t)size, sizeof text);
		memcpy(text + used, line, (size_t)size);
		used += (size_t)size;
	}
	ck_assert_int_eq(size, 0);
	text[used] = '\0';
	return text;
}

/* A response with these records in its answer section, in their order; returns its size. */
static inline size_t
text_message(uint8_t *bytes, size_t bytes_max, uint16_t id, uint16_t flags, const char *apex, uint16_t qtype,
	     const char *records)
{
	const struct name name = text_name(apex);
	struct writer writer = writer_over(bytes, bytes_max);
	uint16_t count = 0;
	writer_u16(&writer, id);
	writer_u16(&writer, (uint16_t)(DNS_QR | DNS_AA | flags));
	writer_u16(&writer, qtype != 0);
	writer_u16(&writer, 0);
	writer_u32(&writer, 0);
	if (qtype != 0) {
		writer_bytes(&writer, name.wire, name.size);
		writer_u16(&writer, qtype);
		writer_u16(&writer, CLASS_IN);
	}
	text_reader_init(&text_reading.reader, records, strlen(records), &name);
	while (text_reader_next(&text_reading.reader, &text_reading.record) == 1) {
		const struct text_record *record = &text_reading.record;
		writer_bytes(&writer, record->owner.wire, record->owner.size);
		writer_u16(&writer, record->type);
		writer_u16(&writer, record->class);
		writer_u32(&writer, record->ttl_s);
		writer_u16(&writer, record->rdata_bytes);
		writer_bytes(&writer, record->rdata, record->rdata_bytes);
		count++;
	}
	writer_patch_u16(&writer, 6, count);
	ck_assert_int_eq(writer.err, 0);
	return writer.pos;
}

#endif

/* zone_read.c - a zone out of a master file (zone.h). */
#include "resolver/zone/zone.h"

/* 1: a record; 0: the end; negative: an error. */
static int
next_record(struct zone_reading *reading)
{
	const int err = text_reader_next(&reading->reader, &reading->record);

	if (err <= 0 || reading->record.class == CLASS_IN)
		return err;
	reading->reader.why = "class is not IN";
	return ERR_MALFORMED;
}

int
zone_read(struct zone_builder *builder, const char *text, size_t text_bytes, struct zone_reading *reading)
{
	const struct text_record *record = &reading->record;

	text_reader_init(&reading->reader, text, text_bytes, builder->apex);
	for (;;) {
		int err = next_record(reading);
		if (err <= 0)
			return err;
		err = zone_add(builder, &record->owner, record->type, record->ttl_s, record->rdata, record->rdata_bytes);
		if (err != 0) {
			reading->reader.why = err_text(err);
			return err;
		}
	}
}

int
zone_read_soa(struct soa *soa, const struct name *apex, const char *text, size_t text_bytes, struct zone_reading *reading)
{
	const struct text_record *record = &reading->record;
	unsigned count = 0;
	int err;

	text_reader_init(&reading->reader, text, text_bytes, apex);
	while ((err = next_record(reading)) > 0) {
		if (record->type != TYPE_SOA || !name_equal(&record->owner, apex))
			continue;
		count++;
		if (rdata_soa(record->rdata, record->rdata_bytes, soa) != 0)
			count = 2; /* none that could be used */
	}
	if (err != 0 || count == 1)
		return err;
	reading->reader.why = ZONE_WHY_SOA;
	return ERR_MALFORMED;
}

/* zone_read.c - a zone out of a master file (zone.h). */
#include "resolver/zone/zone.h"

int
zone_read(struct zone_builder *builder, const char *text, size_t text_bytes, struct zone_reading *reading)
{
	struct text_record *record = &reading->record;

	text_reader_init(&reading->reader, text, text_bytes, builder->apex);
	for (;;) {
		int err = text_reader_next(&reading->reader, record);
		if (err <= 0)
			return err;
		if (record->class != CLASS_IN) {
			reading->reader.why = "class is not IN";
			return ERR_MALFORMED;
		}
		err = zone_add(builder, &record->owner, record->type, record->ttl_s, record->rdata, record->rdata_bytes);
		if (err != 0) {
			reading->reader.why = err_text(err);
			return err;
		}
	}
}

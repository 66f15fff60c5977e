/*
 * Any octets as a master file: every record that is read is presented and read again as the same octets.
 */
#include <stdlib.h>

#include "resolver/wire/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void
check(bool holds)
{
	if (!holds)
		abort();
}

static void
check_record(const struct text_record *record)
{
	static char text[5 * MESSAGE_BYTES_MAX];
	static uint8_t octets[MESSAGE_BYTES_MAX];
	struct writer out = writer_over(octets, sizeof octets);
	check(rdata_to_text(record->type, record->class, record->rdata, record->rdata_bytes, text,
			    sizeof text) == 0);
	check(rdata_from_text(record->type, record->class, text, NULL, &out) == 0);
	check(out.pos == record->rdata_bytes && memcmp(octets, record->rdata, out.pos) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static struct text_reader reader;
	static struct text_record record;
	int read;
	text_reader_init(&reader, (const char *)bytes, size, NULL);
	while ((read = text_reader_next(&reader, &record)) == 1)
		check_record(&record);
	check(read == 0 || reader.why != NULL);
	return 0;
}

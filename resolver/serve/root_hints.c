#include "resolver/serve/root_hints.h"

#include <stdlib.h>

#include "resolver/iterate/hints.h"
#include "resolver/serve/builtin.h"
#include "resolver/serve/text_file.h"
#include "resolver/wire/text.h"

/* The reader and its record are too large for a thread's stack. */
struct reading {
	const struct config *config;
	const char *path;
	char *error;
	struct text_reader reader;
	struct text_record record;
	struct hints table; /* as the engine will have them: what does not fit there is refused here */
	bool has_root_ns;
};

static int
complain(const struct reading *reading, const char *why)
{
	const struct config *config = reading->config;
	config_complain(reading->error, config, config_line(config, "root-hints"), "root-hints: %s:%u: %s",
			reading->path, reading->reader.line, why);
	return ERR_MALFORMED;
}

/* Returns what is wrong with the record, NULL when it is of use. */
static const char *
take_record(struct root_hints *hints, struct reading *reading)
{
	const struct text_record *record = &reading->record;
	if (record->class != CLASS_IN)
		return "class is not IN";
	if (record->type == TYPE_NS) {
		reading->has_root_ns = true;
		return record->owner.size == 1 ? NULL
					       : "an NS record of another zone than the root";
	}
	if (record->type != TYPE_A && record->type != TYPE_AAAA)
		return "only NS, A and AAAA records are of use here";
	struct ip_addr addr = record->type == TYPE_A ? addr_ipv4(record->rdata)
						     : addr_ipv6(record->rdata);
	if (hints_add(&reading->table, &record->owner, &addr) != 0)
		return "more than 13 servers, or more than 6 addresses of one";
	if (hints->count == ROOT_HINTS_MAX)
		return "an address that stood here before, once too often";
	struct root_hint *hint = &hints->entries[hints->count++];
	name_copy(&hint->server, &record->owner);
	hint->addr = addr;
	return NULL;
}

static int
read_records(struct root_hints *hints, struct reading *reading, const char *text, size_t text_bytes)
{
	text_reader_init(&reading->reader, text, text_bytes, &name_root);
	hints_init(&reading->table);
	for (;;) {
		int result = text_reader_next(&reading->reader, &reading->record);
		if (result < 0)
			return complain(reading, reading->reader.why);
		if (result == 0)
			break;
		const char *why = take_record(hints, reading);
		if (why != NULL)
			return complain(reading, why);
	}
	if (hints->count == 0 || !reading->has_root_ns)
		return complain(reading, "the file ends without a root server and its address");
	return 0;
}

static int
read_file(struct root_hints *hints, struct reading *reading)
{
	const struct config *config = reading->config;
	const char *why;
	size_t text_bytes;
	char *text;
	int err = text_file_read(reading->path, ROOT_HINTS_FILE_BYTES_MAX, &text, &text_bytes, &why);
	if (err != 0) {
		config_complain(reading->error, config, config_line(config, "root-hints"),
				"root-hints: %s: %s", reading->path, why);
		return err;
	}
	err = read_records(hints, reading, text, text_bytes);
	free(text);
	return err;
}

int
root_hints_load(struct root_hints *hints, const struct config *config,
		char error[CONFIG_ERROR_BYTES])
{
	struct reading *reading = calloc(1, sizeof *reading);
	hints->count = 0;
	if (reading == NULL)
		return ERR_NO_MEMORY;
	reading->config = config;
	reading->path = config->root_hints != NULL ? config->root_hints : "(built in)";
	reading->error = error;
	int err = config->root_hints != NULL
			  ? read_file(hints, reading)
			  : read_records(hints, reading, builtin_root_hints, builtin_root_hints_bytes);
	free(reading);
	return err;
}

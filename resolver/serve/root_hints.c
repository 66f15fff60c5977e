#include "resolver/serve/root_hints.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "resolver/serve/builtin.h"
#include "resolver/wire/text.h"

/* The reader and its record are too large for a thread's stack. */
struct reading {
	struct text_reader reader;
	struct text_record record;
	bool has_root_ns;
};

static int
complain(char error[CONFIG_ERROR_BYTES], const char *name, unsigned line, const char *why)
{
	(void)snprintf(error, CONFIG_ERROR_BYTES, "root-hints: %s:%u: %s", name, line, why);
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
	if (hints->count == ROOT_HINTS_MAX)
		return "more than 128 addresses";
	struct root_hint *hint = &hints->entries[hints->count++];
	name_copy(&hint->server, &record->owner);
	hint->addr = record->type == TYPE_A ? addr_ipv4(record->rdata) : addr_ipv6(record->rdata);
	return NULL;
}

static int
read_records(struct root_hints *hints, struct reading *reading, const char *name,
	     char error[CONFIG_ERROR_BYTES])
{
	for (;;) {
		int result = text_reader_next(&reading->reader, &reading->record);
		if (result < 0)
			return complain(error, name, reading->reader.line, reading->reader.why);
		if (result == 0)
			break;
		const char *why = take_record(hints, reading);
		if (why != NULL)
			return complain(error, name, reading->reader.line, why);
	}
	if (hints->count == 0 || !reading->has_root_ns)
		return complain(error, name, reading->reader.line,
				"the file ends without a root server and its address");
	return 0;
}

int
root_hints_parse(struct root_hints *hints, const char *name, const char *text, size_t text_bytes,
		 char error[CONFIG_ERROR_BYTES])
{
	struct reading *reading = calloc(1, sizeof *reading);
	hints->count = 0;
	if (reading == NULL)
		return ERR_NO_MEMORY;
	text_reader_init(&reading->reader, text, text_bytes, &name_root);
	int err = read_records(hints, reading, name, error);
	free(reading);
	return err;
}

static int
read_file(const char *path, char *text, size_t *text_bytes, char error[CONFIG_ERROR_BYTES])
{
	FILE *file = fopen(path, "re");
	if (file == NULL) {
		(void)snprintf(error, CONFIG_ERROR_BYTES, "root-hints: %s: %s", path,
			       strerror(errno));
		return ERR_IO;
	}
	*text_bytes = fread(text, 1, ROOT_HINTS_FILE_BYTES_MAX, file);
	bool is_whole = feof(file) != 0 && ferror(file) == 0;
	(void)fclose(file);
	if (is_whole)
		return 0;
	(void)snprintf(error, CONFIG_ERROR_BYTES,
		       "root-hints: %s: cannot be read, or is larger than 1 MiB", path);
	return ERR_TOO_BIG;
}

int
root_hints_load(struct root_hints *hints, const char *path, char error[CONFIG_ERROR_BYTES])
{
	if (path == NULL)
		return root_hints_parse(hints, "(built in)", builtin_root_hints,
					builtin_root_hints_bytes, error);
	char *text = malloc(ROOT_HINTS_FILE_BYTES_MAX);
	size_t text_bytes;
	if (text == NULL)
		return ERR_NO_MEMORY;
	int err = read_file(path, text, &text_bytes, error);
	if (err == 0)
		err = root_hints_parse(hints, path, text, text_bytes, error);
	free(text);
	return err;
}

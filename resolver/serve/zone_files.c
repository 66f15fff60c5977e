#include "resolver/serve/zone_files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "resolver/serve/text_file.h"

/* What is wrong, at the line that the reader has come to. */
static int
fail_at(const char *path, const struct zone_reading *reading, const char *what, char why[ZONE_FILE_WHY_BYTES])
{
	(void)snprintf(why, ZONE_FILE_WHY_BYTES, "%s:%u: %s", path, reading->reader.line, what);
	return ERR_MALFORMED;
}

static int
read_text(const char *path, const struct name *apex, struct arena *arena, const char *text, size_t text_bytes,
	  struct zone_reading *reading, struct zone **zone, char why[ZONE_FILE_WHY_BYTES])
{
	struct zone_builder builder;
	int err = zone_begin(&builder, apex, arena);
	if (err == 0)
		err = zone_read(&builder, text, text_bytes, reading);
	if (err != 0 && err != ERR_NO_MEMORY)
		return fail_at(path, reading, reading->reader.why, why);
	if (err == 0)
		err = zone_finish(&builder, zone);
	if (err == ERR_MALFORMED)
		return fail_at(path, reading, ZONE_WHY_SOA, why);
	return err != 0 && err != ERR_NO_MEMORY ? fail_at(path, reading, err_text(err), why) : err;
}

int
zone_file_read(const char *path, const struct name *apex, struct arena *arena, struct zone **zone,
	       char why[ZONE_FILE_WHY_BYTES])
{
	struct zone_reading *reading = malloc(sizeof *reading);
	const char *reason;
	size_t text_bytes;
	char *text = NULL;

	why[0] = '\0';
	int err = reading != NULL ? text_file_read(path, ZONE_FILE_BYTES_MAX, &text, &text_bytes, &reason) : ERR_NO_MEMORY;
	if (err == 0)
		err = read_text(path, apex, arena, text, text_bytes, reading, zone, why);
	else if (reading != NULL)
		(void)snprintf(why, ZONE_FILE_WHY_BYTES, "%s: %s", path, reason);
	free(text);
	free(reading);
	return err;
}

int
zone_file_read_soa(const char *path, const struct name *apex, struct soa *soa, char why[ZONE_FILE_WHY_BYTES])
{
	struct zone_reading *reading = malloc(sizeof *reading);
	const char *reason = err_text(ERR_NO_MEMORY);
	size_t text_bytes;
	char *text = NULL;

	why[0] = '\0';
	int err = reading != NULL ? text_file_read(path, ZONE_FILE_BYTES_MAX, &text, &text_bytes, &reason) : ERR_NO_MEMORY;
	if (err != 0)
		(void)snprintf(why, ZONE_FILE_WHY_BYTES, "%s: %s", path, reason);
	else if (zone_read_soa(soa, apex, text, text_bytes, reading) != 0)
		err = fail_at(path, reading, reading->reader.why, why);
	free(text);
	free(reading);
	return err;
}

/* ---- back to it --------------------------------------------------------------------------------------------- */

/* A text that grows by doubling. */
struct growing {
	char *text;
	size_t used, size;
};

/* Room for one more line; false: there is no memory, or the file would be larger than one that is read. */
static bool
grow(struct growing *growing)
{
	if (growing->used > ZONE_FILE_BYTES_MAX)
		return false;
	if (growing->size - growing->used >= ZONE_LINE_BYTES_MAX)
		return true;
	const size_t size = growing->size == 0 ? 4u * ZONE_LINE_BYTES_MAX : 2 * growing->size;
	char *text = realloc(growing->text, size);
	if (text == NULL)
		return false;
	growing->text = text;
	growing->size = size;
	return true;
}

static int
write_lines(struct growing *growing, const struct zone *zone)
{
	struct zone_writing writing;

	zone_write_begin(&writing, zone);
	for (;;) {
		if (!grow(growing))
			return ERR_TOO_BIG;
		const int size = zone_write_next(&writing, growing->text + growing->used, growing->size - growing->used);
		if (size <= 0)
			return size;
		growing->used += (size_t)size;
	}
}

int
zone_file_write(const char *path, const struct zone *zone, char why[ZONE_FILE_WHY_BYTES])
{
	struct growing growing = { .text = NULL };
	const char *reason = "is too large to be written";

	int err = write_lines(&growing, zone);
	if (err == 0)
		err = text_file_replace(path, growing.text, growing.used, &reason);
	if (err != 0)
		(void)snprintf(why, ZONE_FILE_WHY_BYTES, "%s: %s", path, reason);
	free(growing.text);
	return err;
}

/* ---- its age ------------------------------------------------------------------------------------------------ */

uint64_t
zone_file_age_us(const char *path)
{
	struct timespec now;
	struct stat file;

	if (stat(path, &file) != 0 || clock_gettime(CLOCK_REALTIME, &now) != 0)
		return 0;
	const int64_t age_us = (int64_t)(now.tv_sec - file.st_mtim.tv_sec) * 1000000 + (now.tv_nsec - file.st_mtim.tv_nsec) / 1000;
	return age_us > 0 ? (uint64_t)age_us : 0;
}

int
zone_file_is_current(const char *path, char why[ZONE_FILE_WHY_BYTES])
{
	if (utimensat(AT_FDCWD, path, NULL, 0) == 0)
		return 0;
	(void)snprintf(why, ZONE_FILE_WHY_BYTES, "%s: %s", path, strerror(errno));
	return ERR_IO;
}

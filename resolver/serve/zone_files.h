/*
 * zone_files.h - a zone that is kept here, from its file and back to it (zone/zone.h).
 *
 * What is written takes the place of the old file at once (text_file.h).
 *
 * Ownership: the zone lies in the arena given.
 * Errors:    a negative ERR_*, and where and what in `why`; ERR_NO_MEMORY without words when the arena is too small.
 * Bounds:    ZONE_FILE_BYTES_MAX a file.
 */
#ifndef CAIRN_RESOLVER_SERVE_ZONE_FILES_H
#define CAIRN_RESOLVER_SERVE_ZONE_FILES_H

#include "resolver/zone/zone.h"

#define ZONE_FILE_BYTES_MAX (UINT64_C(1) << 30)
#define ZONE_FILE_WHY_BYTES 400u

int zone_file_read(const char *path, const struct name *apex, struct arena *arena, struct zone **zone,
		   char why[ZONE_FILE_WHY_BYTES]);
int zone_file_write(const char *path, const struct zone *zone, char why[ZONE_FILE_WHY_BYTES]);

#endif

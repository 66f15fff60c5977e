/*
 * zone_files.h - a zone that is kept here, from its file and back to it (zone/zone.h).
 *
 * What is written takes the place of the old file at once (text_file.h).  When a primary has last spoken for what is in it, is
 * told by the time of its last change, as long as nobody but us changes that: who puts a zone there vouches for it.
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
#define ZONE_FILE_GROWTH    8u  /* octets in memory for one of a file, at most as a rule */

int zone_file_read(const char *path, const struct name *apex, struct arena *arena, struct zone **zone,
		   char why[ZONE_FILE_WHY_BYTES]);
/* Its SOA, in no memory but the text's, if the file can be read to its end. */
int zone_file_read_soa(const char *path, const struct name *apex, struct soa *soa, char why[ZONE_FILE_WHY_BYTES]);
int zone_file_write(const char *path, const struct zone *zone, char why[ZONE_FILE_WHY_BYTES]);

/* By the wall clock; 0 where that has gone back meanwhile, or there is no such file. */
uint64_t zone_file_age_us(const char *path);
/* A primary has spoken for what is in it: its age is counted from now on. */
int zone_file_is_current(const char *path, char why[ZONE_FILE_WHY_BYTES]);

#endif

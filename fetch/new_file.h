/*
 * new_file.h - a file that appears whole or not at all: it is written as PATH.new, which then takes the place of PATH.
 *
 * What stands there and is no plain file, as /dev/null or a pipe, is written to as it is, and stays.
 *
 *     if (new_file_open(&file, path, 0600) == 0) {
 *             fputs("...", file.stream);
 *             err = new_file_close(&file, true);
 *     }
 *
 * Safety:    PATH.new is always a file of this moment and of that mode: nobody who has made one before reads along.
 * Ownership: the path is lent until the file is closed.
 * Errors:    -1 and errno, with nothing left open and PATH as it was.
 * Bounds:    OUTPUT_PATH_BYTES.
 */
#ifndef CAIRN_FETCH_NEW_FILE_H
#define CAIRN_FETCH_NEW_FILE_H

#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>

#include "fetch/output.h"

struct new_file {
	FILE *stream;
	const char *path;
	char beside[OUTPUT_PATH_BYTES]; /* empty: PATH itself is written to */
};

int new_file_open(struct new_file *file, const char *path, mode_t mode);
/* is_whole: nothing went wrong until now; else what was written is thrown away, and errno stays. */
int new_file_close(struct new_file *file, bool is_whole);

#endif

/*
 * parse_url.h - --parse-url: lines of JSON in, lines of JSON out (shell; url_json.h has their fields).
 *
 * Each answer is written before the next line is read, so that a program may ask line by line.
 * Errors:    a failure when a file cannot be read or written; a line that is no JSON is an answer.
 * Bounds:    a line has PARSE_URL_LINE_BYTES_MAX; a longer one is answered as too long.
 */
#ifndef CAIRN_FETCH_PARSE_URL_H
#define CAIRN_FETCH_PARSE_URL_H

#include <stdio.h>

#include "fetch/failure.h"

#define PARSE_URL_LINE_BYTES_MAX (1u << 20)

/* path: a file, or - for standard input. 0, or ERR_IO with a failure. */
int parse_url_file(const char *path, FILE *out, struct failure *failure);

#endif

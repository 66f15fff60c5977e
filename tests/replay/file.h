/*
 * file.h - a file that the resolver has written, against the text that a scenario expects.
 *
 * Line by line, macros expanded; blank lines and remarks (one `;` and a space) are left out on both sides: what they say
 * is each program's own.
 */
#ifndef CAIRN_TESTS_REPLAY_FILE_H
#define CAIRN_TESTS_REPLAY_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "tests/replay/macro.h"

bool file_matches(const char *path, const char *wanted, const struct macros *macros, char *why, size_t why_bytes);

#endif

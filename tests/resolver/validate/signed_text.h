/*
 * signed_text.h - RRsets with their RRSIGs from master-file lines, for the tests of validation.
 */
#ifndef CAIRN_TESTS_RESOLVER_VALIDATE_SIGNED_TEXT_H
#define CAIRN_TESTS_RESOLVER_VALIDATE_SIGNED_TEXT_H

#include "resolver/wire/message.h"
#include "stack/base/arena.h"

/* Adds the record of the line to the set; an RRSIG goes behind the records, which must all have been added. */
void signed_text_append(struct arena *arena, struct rrset *set, const char *line);

#endif

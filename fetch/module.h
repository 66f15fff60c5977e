/*
 * module.h - parts of the program that are mapped when they are needed: what is large and most fetches do not use.
 *
 * A module lies in ../lib or ../lib/cairn as seen from the program's own file, or where dlopen(3) looks.
 *
 * Ownership: a module stays mapped; loading it again finds it mapped.
 * Errors:    NULL, with a failure that names the file.
 */
#ifndef CAIRN_FETCH_MODULE_H
#define CAIRN_FETCH_MODULE_H

#include "fetch/failure.h"

/* The address of `symbol` in the module `file`. */
const void *module_load(const char *file, const char *symbol, enum failure_cause cause, struct failure *failure);

#endif

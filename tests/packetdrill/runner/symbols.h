/*
 * symbols.h - the names of constants that scripts use.
 */
#ifndef CAIRN_TESTS_PACKETDRILL_SYMBOLS_H
#define CAIRN_TESTS_PACKETDRILL_SYMBOLS_H

#include <stdbool.h>

bool symbol_value(const char *name, long long *value);
/* "EAGAIN"; a number in a static buffer for what has no name here. */
const char *symbol_errno(int error);

#endif

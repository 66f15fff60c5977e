/*
 * builtin.h - files of conf/ as they were when the program was built (made by builtin.cmake).
 */
#ifndef CAIRN_RESOLVER_SERVE_BUILTIN_H
#define CAIRN_RESOLVER_SERVE_BUILTIN_H

#include <stddef.h>

extern const char builtin_root_hints[], builtin_root_key[];
extern const size_t builtin_root_hints_bytes, builtin_root_key_bytes;

#endif

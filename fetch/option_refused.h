/*
 * option_refused.h - options of curl and wget that somebody may type here, and what there is instead.
 */
#ifndef CAIRN_FETCH_OPTION_REFUSED_H
#define CAIRN_FETCH_OPTION_REFUSED_H

#include <stddef.h>

/* Half a sentence behind the option's name; NULL: it is none of them. */
const char *option_refused(const char *name, size_t bytes);

#endif

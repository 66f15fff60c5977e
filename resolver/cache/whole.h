/*
 * whole.h - whether an entry from elsewhere is one that a cache of ours could have written (internal to resolver/cache).
 *
 * Keys and values inside a store are trusted: the caches read them without asking.  What has lain in a file or on
 * another machine is trusted only after this: every length, name, count, type and record in it is looked at, as
 * in a message.  It says nothing about whether the entry is true: for that there are checksums and seals (record.h).
 */
#ifndef CAIRN_RESOLVER_CACHE_WHOLE_H
#define CAIRN_RESOLVER_CACHE_WHOLE_H

#include "resolver/cache/store.h"

bool whole_rrset(const struct store_record *record);
bool whole_negative(const struct store_record *record); /* failures never are: they belong to a network of the past */
bool whole_delegation(const struct store_record *record);
/* The key of a removal, which has no value. */
bool whole_key(const struct store_record *record);

#endif

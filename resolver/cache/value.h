/*
 * value.h - what the caches mean by keys, ranks and flags of their entries (internal to resolver/cache).
 *
 * For the cache that writes them, and for who judges entries that come from elsewhere (whole.c).
 */
#ifndef CAIRN_RESOLVER_CACHE_VALUE_H
#define CAIRN_RESOLVER_CACHE_VALUE_H

#include "resolver/cache/negative.h"

/*
 * NODATA is kept under name and type, NXDOMAIN under the name and a type that no question can have (RFC 6895, section
 * 3.1: 0 is reserved), a failure under name, type and a class that none has: what was known before it may
 * have to stand in for what it keeps from us.
 */
#define TYPE_OF_NXDOMAIN 0u
#define CLASS_OF_FAILURE 0x8000u /* ored to the question's */

/* What was validated is not driven out by what was not. */
static inline uint8_t
negative__rank(enum negative_kind kind, enum security security)
{
	if (kind == NEGATIVE_FAILURE)
		return 0;
	switch (security) {
	case SECURITY_BOGUS: return 1;
	case SECURITY_UNCHECKED: return 2;
	case SECURITY_INDETERMINATE: return 3;
	case SECURITY_INSECURE: return 4;
	case SECURITY_SECURE: return 5;
	}
	return 0;
}

/* Where in the values of sets and of absences the validator's word stands. */
#define RRSET_SECURITY_AT    4u
#define NEGATIVE_SECURITY_AT 1u

enum delegation_flag { DELEGATION_NO_DS_PROVED = 1, DELEGATION_HAS_DS = 2 };

#endif

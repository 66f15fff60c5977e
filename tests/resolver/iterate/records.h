/*
 * records.h - records written as text become rrsets and messages, without the reader or the writer of messages.
 */
#ifndef CAIRN_TESTS_RESOLVER_ITERATE_RECORDS_H
#define CAIRN_TESTS_RESOLVER_ITERATE_RECORDS_H

#include "resolver/wire/message.h"
#include "stack/addr.h"
#include "stack/base/arena.h"

/* One record: "www.example.com.", TYPE_A, 300, "192.0.2.1". */
struct record {
	const char *owner;
	uint16_t type;
	uint32_t ttl_s;
	const char *value;
};

struct name name_of(const char *text);
struct ip_addr addr_of(const char *text);

/* A set of records of one owner and type. */
struct rrset *records_set(struct arena *arena, const struct record *records, unsigned count);
void records_append(struct rrset **list, struct rrset *set);
/* True when the list has the record; value NULL: any of that owner and type. */
bool records_has(const struct rrset *list, const char *owner, uint16_t type, const char *value);
unsigned records_count(const struct rrset *list);

#endif

/*
 * name.h - domain names (RFC 1035, section 3.1; RFC 4343; RFC 2181, section 11).
 *
 * A name is its wire form without compression: labels with their length octets and the
 * root's zero at the end.  Letter case is kept as it came; comparison ignores it for ASCII.
 *
 * Ownership: struct name is a value of 256 octets.  In arenas and caches a name may be stored
 *            compact, in 1 + size octets (name_store); such a name is passed by pointer and
 *            copied with name_copy, never by struct assignment.
 * Units:     octets and labels; the root has size 1 and no labels.
 * Errors:    ERR_SHORT, ERR_MALFORMED (label type, pointer not backwards), ERR_TOO_BIG (over 255).
 * Bounds:    255 octets, 63 a label; compression pointers only to names that end before, NAME_POINTERS_MAX of them.
 *
 * Where a verb has `to` and other names, `to` may be one of them.
 */
#ifndef CAIRN_RESOLVER_WIRE_NAME_H
#define CAIRN_RESOLVER_WIRE_NAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stack/base/cursor.h"

struct arena;

#define NAME_BYTES_MAX    255u
#define NAME_LABEL_MAX    63u
#define NAME_LABELS_MAX   127u
#define NAME_POINTERS_MAX 64u
#define NAME_POINTER_MIN  12u   /* the header of a message holds no name */
#define NAME_TEXT_BYTES   1025u /* 4 characters an octet, and NUL */

struct name {
	uint8_t size; /* octets of wire in use, 1..255 */
	uint8_t wire[NAME_BYTES_MAX];
};

extern const struct name name_root;

/* Reads at the cursor; compression pointers are followed in its whole input, a message. */
int name_read(struct name *name, struct cursor *cursor);
/* The name at uncompressed wire octets that were checked before (rdata in our own form). */
int name_from_wire(struct name *name, const uint8_t *wire, size_t wire_bytes);
/*
 * Master-file form with \DDD and \X escapes; a name without the final dot is completed by
 * `origin` (NULL: the root), and "@" is `origin` itself.
 */
int name_from_text(struct name *name, const char *text, const struct name *origin);
/* Always absolute; non-printing octets as \DDD. Returns `text`. text_bytes >= NAME_TEXT_BYTES. */
const char *name_to_text(const struct name *name, char *text, size_t text_bytes);

void name_copy(struct name *to, const struct name *from);
const struct name *name_store(struct arena *arena, const struct name *name); /* compact; NULL: arena full */
void name_lower(struct name *to, const struct name *from);                   /* A-Z to a-z; the cache key form */

bool name_equal(const struct name *a, const struct name *b);          /* ignores case (RFC 4343) */
bool name_equal_exact(const struct name *a, const struct name *b);    /* case counts: 0x20 */
bool name_is_under(const struct name *name, const struct name *zone); /* or equal to it */
int name_compare(const struct name *a, const struct name *b);         /* canonical order (RFC 4034, section 6.1) */
unsigned name_labels(const struct name *name);
unsigned name_common_labels(const struct name *a, const struct name *b);

/* The name without its first `count` labels; without all of them it is the root. */
void name_strip(struct name *to, const struct name *name, unsigned count);
/* The last `count` labels of the name: name_tail(www.example.com., 2) is example.com. */
void name_tail(struct name *to, const struct name *name, unsigned count);
int name_prepend(struct name *to, const uint8_t *label, size_t label_bytes, const struct name *name);
/* DNAME substitution (RFC 6672, section 2.2): `name` is under `owner`; ERR_TOO_BIG is YXDOMAIN. */
int name_substitute(struct name *to, const struct name *name, const struct name *owner,
                    const struct name *target);

#endif

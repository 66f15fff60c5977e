/*
 * spoil.h - a good message made a hostile one: what bit errors, broken servers and attackers
 * send.
 *
 * Half of the changes know where a message is tender (counts, lengths, pointers, types;
 * tests/resolver/wire/anatomy.h), half fall anywhere.  All of it comes from the generator given,
 * so a seed repeats it.
 */
#ifndef CAIRN_TESTS_RESOLVER_WIRE_SPOIL_H
#define CAIRN_TESTS_RESOLVER_WIRE_SPOIL_H

#include "stack/base/rng.h"

/* Changes the message in place, 1 to 4 times; it may grow up to `room` octets. Returns its new size. */
size_t spoil(struct rng *rng, uint8_t *bytes, size_t size, size_t room);

#endif

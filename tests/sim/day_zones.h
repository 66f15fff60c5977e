/*
 * day_zones.h - what the servers of a simulated day say: customers' zones without number, made up as they are asked for, and
 * one signed zone that rolls its key (tests/sim/day.c).
 *
 *	z7.         two of DAY_HOSTERS servers: h<n> has an address, a<n> is an alias into z8., t<n> text, all else is not there
 *	signed.     www<n> has an address, signed by a key that is replaced every DAY_ROLL_S, as RFC 5011 wants it
 *
 *	0         1 h            3 h                 3.5 h        4 h
 *	| key n   | n and n+1    | n revoked, n+1    | n+1        | n := n+1
 */
#ifndef CAIRN_TESTS_SIM_DAY_ZONES_H
#define CAIRN_TESTS_SIM_DAY_ZONES_H

#include "tests/resolver/iterate/world.h"

#define DAY_ZONES      2000u
#define DAY_HOSTERS    16u
#define DAY_ROLL_S     14400u
#define DAY_HOLDDOWN_S 3600u
#define DAY_WALL_S     1800000000u /* the wall clock at the day's begin */

struct day {
	struct world *world;
	struct world_server *root, *hosters[DAY_HOSTERS], *signer;
	uint64_t begin_us;
};

void day_serve(struct day *day, uint64_t seed);
/* Seconds since the day's begin. */
uint64_t day_now_s(const struct day *day);
/* The number of the key that the zone begins with, and of rolls that are complete. */
unsigned day_first_key(void);
unsigned day_rolls(const struct day *day);

#endif

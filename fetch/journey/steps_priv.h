/*
 * steps_priv.h - what steps.c and steps_lane.c share: where an event of the journey happens.
 */
#ifndef CAIRN_FETCH_JOURNEY_STEPS_PRIV_H
#define CAIRN_FETCH_JOURNEY_STEPS_PRIV_H

#include "fetch/journey/steps.h"

/* The lane of `role`, which is used from now on; `detail` is added to what stands under its title. */
uint8_t steps__lane(struct ladder *ladder, enum lane_role role, const char *detail);
/* The lane of a name server: by its zone, "com.". */
uint8_t steps__zone_lane(struct ladder *ladder, const char *zone);
/* The lane of a peer, "192.0.2.1:80" or "[2001:db8::1]:80", or of a bare address. */
uint8_t steps__peer_lane(struct ladder *ladder, const char *peer);
/* The lane of an address that is there already; -1: of none. */
int steps__known_lane(const struct ladder *ladder, const char *addr);

#endif

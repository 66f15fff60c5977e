/*
 * journey_priv.h - what the files of the list share (journey.h).
 */
#ifndef CAIRN_FETCH_JOURNEY_JOURNEY_PRIV_H
#define CAIRN_FETCH_JOURNEY_JOURNEY_PRIV_H

#include "fetch/journey/journey.h"

/* An event of another list, with its id, behind the last one.  False: there was no room. */
bool journey__copy(struct journey *journey, const struct journey_event *event);

#endif

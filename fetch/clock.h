/*
 * clock.h - the monotonic clock, for the parts of the shell that time themselves within a turn of the loop: net_now_us
 * (net.h) is the time of the turn, and what belongs to the network goes by that.
 */
#ifndef CAIRN_FETCH_CLOCK_H
#define CAIRN_FETCH_CLOCK_H

#include <stdint.h>
#include <time.h>

static inline uint64_t
clock_now_us(void)
{
	struct timespec now;
	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

#endif

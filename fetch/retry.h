/*
 * retry.h - when a failed request is worth another try, and after how long (RFC 9110, section 10.2.3).
 *
 * The wait doubles from a second on, up to ten minutes, as curl's; Retry-After makes it longer, never shorter; a
 * tenth more by chance keeps many clients from coming back together.
 * Units:     microseconds; dates in seconds since 1970.
 */
#ifndef CAIRN_FETCH_RETRY_H
#define CAIRN_FETCH_RETRY_H

#include "fetch/span.h"
#include "stack/base/err.h"
#include "stack/base/rng.h"

#define RETRY_WAIT_US_MIN UINT64_C(1000000)
#define RETRY_WAIT_US_MAX UINT64_C(600000000)

/* 408, 429, 500, 502, 503, 504: what may pass by itself. */
bool retry_is_transient(unsigned status);
/* Retry-After: seconds, or a date. */
int retry_after_read(struct span value, int64_t now_s, uint64_t *wait_us);
/*
 * Before the try after `failed_count` failed ones (1: the first retry). delay_us: the user's fixed wait, 0: none.
 * rng NULL: the least that it may be.
 */
uint64_t retry_wait_us(unsigned failed_count, uint64_t delay_us, uint64_t retry_after_us,
		       struct rng *rng);

#endif

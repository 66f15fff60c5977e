#include "fetch/retry.h"

#include "fetch/http_date.h"

bool
retry_is_transient(unsigned status)
{
	switch (status) {
	case 408:
	case 429:
	case 500:
	case 502:
	case 503:
	case 504: return true;
	default: return false;
	}
}

int
retry_after_read(struct span value, int64_t now_s, uint64_t *wait_us)
{
	uint64_t seconds;
	int64_t date_s;
	if (span_to_number(value, UINT64_MAX / 1000000, &seconds)) {
		*wait_us = seconds * 1000000;
		return 0;
	}
	int err = http_date_read(value, now_s, &date_s);
	if (err == 0)
		*wait_us = date_s > now_s ? (uint64_t)(date_s - now_s) * 1000000 : 0;
	return err;
}

uint64_t
retry_wait_us(unsigned failed_count, uint64_t delay_us, uint64_t retry_after_us, struct rng *rng)
{
	uint64_t wait_us = delay_us != 0 ? delay_us : RETRY_WAIT_US_MIN;
	for (unsigned i = 1; delay_us == 0 && i < failed_count && wait_us < RETRY_WAIT_US_MAX; i++)
		wait_us *= 2;
	if (delay_us == 0) {
		wait_us = wait_us < RETRY_WAIT_US_MAX ? wait_us : RETRY_WAIT_US_MAX;
		if (rng != NULL)
			wait_us += rng_below(rng, (uint32_t)(wait_us / 10) + 1);
	}
	return wait_us > retry_after_us ? wait_us : retry_after_us;
}

#include "resolver/cache/family.h"

void
family_init(struct family *family)
{
	*family = (struct family){ .epoch = 1 };
	pthread_mutex_init(&family->lock, NULL);
}

static bool
is_silent(const struct family *family)
{
	return family->failed == FAMILY_PREFIXES;
}

/* With the lock held. */
static void
start_again(struct family *family)
{
	family->failed = 0;
	family->hold_us = 0;
	family->down_until_us = 0;
}

/* Almost always nothing has failed since the last reply, and then nothing is written. */
void
family_heard(struct family *family)
{
	if (atomic_load_explicit(&family->failed, memory_order_relaxed) == 0)
		return;
	pthread_mutex_lock(&family->lock);
	if (is_silent(family))
		family->epoch++;
	start_again(family);
	pthread_mutex_unlock(&family->lock);
}

void
family_forget(struct family *family)
{
	pthread_mutex_lock(&family->lock);
	family->epoch++;
	start_again(family);
	pthread_mutex_unlock(&family->lock);
}

static void
note_prefix(struct family *family, uint64_t prefix)
{
	uint32_t count = family->failed;
	if (count == FAMILY_PREFIXES)
		return;
	for (uint32_t i = 0; i < count; i++)
		if (family->prefixes[i] == prefix)
			return;
	family->prefixes[count] = prefix;
	family->failed = count + 1;
}

void
family_failed(struct family *family, uint64_t prefix, uint64_t now_us)
{
	pthread_mutex_lock(&family->lock);
	note_prefix(family, prefix);
	if (is_silent(family) && now_us >= family->down_until_us) {
		uint32_t hold_us = family->hold_us == 0 ? FAMILY_HOLD_MIN_US : family->hold_us * 2;
		family->hold_us = hold_us < FAMILY_HOLD_MAX_US ? hold_us : FAMILY_HOLD_MAX_US;
		family->down_until_us = now_us + family->hold_us;
	}
	pthread_mutex_unlock(&family->lock);
}

enum infra_health
family_health(struct family *family, uint64_t now_us)
{
	if (atomic_load_explicit(&family->failed, memory_order_relaxed) < FAMILY_PREFIXES)
		return INFRA_UP;
	if (now_us < atomic_load_explicit(&family->down_until_us, memory_order_relaxed))
		return INFRA_DOWN;
	uint32_t asked = atomic_fetch_add_explicit(&family->asked, 1, memory_order_relaxed);
	return asked % FAMILY_PROBE_ONE_IN == 0 ? INFRA_PROBE : INFRA_DOWN;
}

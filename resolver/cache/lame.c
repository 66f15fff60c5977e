#include "resolver/cache/lame.h"

#define EPOCH_MASK 0x7fffffffu

struct word {
	uint64_t pair; /* 0: none */
	uint32_t said_at_s, epoch;
	bool confirmed;
};

static struct word
word_read(const struct lame_set *set, unsigned way)
{
	const uint64_t said = atomic_load_explicit(&set->words[way].said, memory_order_relaxed);

	return (struct word){
		.pair = atomic_load_explicit(&set->words[way].masked_pair, memory_order_relaxed) ^ said,
		.said_at_s = (uint32_t)(said >> 32),
		.epoch = (uint32_t)said >> 1,
		.confirmed = said & 1,
	};
}

static void
word_write(struct lame_set *set, unsigned way, const struct word *word)
{
	const uint64_t said = (uint64_t)word->said_at_s << 32 | (uint64_t)word->epoch << 1 | word->confirmed;

	atomic_store_explicit(&set->words[way].said, said, memory_order_relaxed);
	atomic_store_explicit(&set->words[way].masked_pair, word->pair ^ said, memory_order_relaxed);
}

static bool
is_valid(const struct word *word, uint32_t epoch, uint32_t now_s)
{
	return word->pair != 0 && word->epoch == (epoch & EPOCH_MASK) && now_s < word->said_at_s + LAME_S;
}

/* LAME_WAYS: it has none. */
static unsigned
way_of(const struct lame_set *set, uint64_t pair, uint32_t epoch, uint32_t now_s, struct word *word)
{
	unsigned way;

	for (way = 0; way < LAME_WAYS; way++) {
		*word = word_read(set, way);
		if (word->pair == pair && is_valid(word, epoch, now_s))
			break;
	}
	return way;
}

static unsigned
way_to_make_room(const struct lame_set *set, uint32_t epoch, uint32_t now_s)
{
	uint32_t oldest_s = UINT32_MAX;
	unsigned oldest = 0;

	for (unsigned way = 0; way < LAME_WAYS; way++) {
		const struct word word = word_read(set, way);
		if (!is_valid(&word, epoch, now_s))
			return way;
		if (word.said_at_s < oldest_s) {
			oldest = way;
			oldest_s = word.said_at_s;
		}
	}
	return oldest;
}

void
lame_say(struct lame_set *set, uint64_t pair, uint32_t epoch, uint32_t now_s)
{
	struct word word;
	unsigned way = way_of(set, pair, epoch, now_s, &word);
	const bool again = way < LAME_WAYS;

	if (!again)
		way = way_to_make_room(set, epoch, now_s);
	word = (struct word){ .pair = pair, .said_at_s = now_s, .epoch = epoch & EPOCH_MASK, .confirmed = again };
	word_write(set, way, &word);
}

bool
lame_is_said(const struct lame_set *set, uint64_t pair, uint32_t epoch, uint32_t now_s)
{
	struct word word;

	return way_of(set, pair, epoch, now_s, &word) < LAME_WAYS && word.confirmed;
}

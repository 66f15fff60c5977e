#include "resolver/cache/lame.h"

#define EPOCH_MASK 0x7fffffffu

static bool
is_valid(const struct lame_word *word, uint32_t epoch, uint32_t now_s)
{
	return word->pair != 0 && word->epoch == (epoch & EPOCH_MASK) &&
	       now_s < word->said_at_s + LAME_S;
}

static const struct lame_word *
find(const struct lame_set *set, uint64_t pair, uint32_t epoch, uint32_t now_s)
{
	for (unsigned i = 0; i < LAME_WAYS; i++)
		if (set->words[i].pair == pair && is_valid(&set->words[i], epoch, now_s))
			return &set->words[i];
	return NULL;
}

static struct lame_word *
make_room(struct lame_set *set, uint32_t epoch, uint32_t now_s)
{
	struct lame_word *oldest = &set->words[0];
	for (unsigned i = 0; i < LAME_WAYS; i++) {
		struct lame_word *word = &set->words[i];
		if (!is_valid(word, epoch, now_s))
			return word;
		if (word->said_at_s < oldest->said_at_s)
			oldest = word;
	}
	return oldest;
}

void
lame_say(struct lame_set *set, uint64_t pair, uint32_t epoch, uint32_t now_s)
{
	struct lame_word *word = (struct lame_word *)find(set, pair, epoch, now_s);
	bool again = word != NULL;
	if (!again)
		word = make_room(set, epoch, now_s);
	*word = (struct lame_word){
		.pair = pair,
		.said_at_s = now_s,
		.epoch = epoch & EPOCH_MASK,
		.confirmed = again,
	};
}

bool
lame_is_said(const struct lame_set *set, uint64_t pair, uint32_t epoch, uint32_t now_s)
{
	const struct lame_word *word = find(set, pair, epoch, now_s);
	return word != NULL && word->confirmed;
}

#include "stack/link/fault_model.h"

#include <assert.h>

void
fault_model_init(struct fault_model *model, const struct fault_config *config, uint64_t seed)
{
	*model = (struct fault_model){ 0 };
	fault_model_set(model, config);
	rng_init_number(&model->rng, seed);
}

void
fault_model_set(struct fault_model *model, const struct fault_config *config)
{
	assert(config->jitter_us <= FAULT_JITTER_US_MAX);
	model->config = *config;
}

static bool
happens(struct fault_model *model, uint32_t ppm)
{
	return ppm != 0 && rng_below(&model->rng, FAULT_CERTAIN) < ppm;
}

/*
 * Gilbert's model: a burst goes on with probability 1 - 1/b, so its mean length is b, and begins with
 * p / (b (1 - p)), so that the share of frames lost stays p.
 */
static bool
is_lost(struct fault_model *model)
{
	const struct fault_config *config = &model->config;
	if (config->loss_burst < 2 || config->loss_ppm >= FAULT_CERTAIN)
		return happens(model, config->loss_ppm);

	if (model->losing) {
		model->losing = !happens(model, FAULT_CERTAIN / config->loss_burst);
		return model->losing;
	}
	uint64_t passed_ppm = FAULT_CERTAIN - config->loss_ppm;
	uint64_t begin_ppm = (uint64_t)config->loss_ppm * FAULT_CERTAIN / (config->loss_burst * passed_ppm);
	model->losing = happens(model, begin_ppm < FAULT_CERTAIN ? (uint32_t)begin_ppm : FAULT_CERTAIN);
	return model->losing;
}

/* How long `size` octets occupy the line, rounded up. */
static uint64_t
line_us(const struct fault_config *config, uint64_t size)
{
	return (size * 8 * 1000000 + config->rate_bits_s - 1) / config->rate_bits_s;
}

/* Waits behind the frames before it; false when too many octets wait already. */
static bool
enter_line(struct fault_model *model, size_t size, uint64_t now_us, uint64_t *left_at_us)
{
	const struct fault_config *config = &model->config;
	*left_at_us = now_us;
	if (config->rate_bits_s == 0)
		return true;

	uint64_t begin_us = model->line_free_at_us > now_us ? model->line_free_at_us : now_us;
	uint64_t wait_us_max = line_us(config, config->queue_bytes_max);
	if (config->queue_bytes_max != 0 && begin_us - now_us > wait_us_max)
		return false;
	model->line_free_at_us = begin_us + line_us(config, size);
	*left_at_us = model->line_free_at_us;
	return true;
}

static void
corrupt(struct fault_model *model, struct fault_fate *fate, size_t size)
{
	struct fault_copy *copy = &fate->copies[rng_below(&model->rng, fate->copy_count)];
	copy->corrupt_at = rng_below(&model->rng, (uint32_t)size);
	copy->corrupt_xor = (uint8_t)(1u << rng_below(&model->rng, 8));
	model->stats.corrupted++;
}

/* The delay of the line, in order; then out of order when the dice say so. */
static uint64_t
travel(struct fault_model *model, uint64_t left_at_us)
{
	const struct fault_config *config = &model->config;
	uint64_t at_us = left_at_us + config->delay_us;
	if (config->jitter_us != 0)
		at_us += rng_below(&model->rng, config->jitter_us + 1);
	if (at_us < model->last_out_at_us)
		at_us = model->last_out_at_us;
	if (happens(model, config->reorder_ppm)) {
		model->stats.reordered++;
		return at_us + config->reorder_us;
	}
	model->last_out_at_us = at_us;
	return at_us;
}

struct fault_fate
fault_model_judge(struct fault_model *model, size_t size, uint64_t now_us)
{
	const struct fault_config *config = &model->config;
	struct fault_fate fate = { 0 };
	uint64_t left_at_us;

	assert(size <= UINT32_MAX);
	model->stats.frames++;
	if (config->size_max != 0 && size > config->size_max) {
		model->stats.oversize++;
		return fate;
	}
	if (!enter_line(model, size, now_us, &left_at_us)) {
		model->stats.queue_full++;
		return fate;
	}
	if (is_lost(model)) {
		model->stats.lost++;
		return fate;
	}
	fate.copies[fate.copy_count++].at_us = travel(model, left_at_us);
	if (happens(model, config->duplicate_ppm)) {
		fate.copies[fate.copy_count++].at_us = travel(model, left_at_us);
		model->stats.duplicated++;
	}
	if (size != 0 && happens(model, config->corrupt_ppm))
		corrupt(model, &fate, size);
	return fate;
}

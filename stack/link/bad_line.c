#include "stack/link/bad_line.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "stack/base/err.h"

#define REORDER_US                                                                                 \
	10000u /* how long a reordered packet is held back, unless there is a delay to go by */

struct unit {
	const char *name;
	double factor;
};

static const struct unit percents[] = { { "%", 10000 }, { NULL, 0 } };
static const struct unit times[] = { { "us", 1 }, { "ms", 1e3 }, { "s", 1e6 }, { NULL, 0 } };
static const struct unit rates[] = {
	{ "bit", 1 }, { "kbit", 1e3 }, { "mbit", 1e6 }, { "gbit", 1e9 }, { NULL, 0 }
};
static const struct unit plain[] = { { "", 1 }, { NULL, 0 } };

static const struct word {
	const char *name;
	const struct unit *units;
	size_t offset; /* in struct fault_config; 32 bits unless told */
	double largest;
	bool is_wide; /* 64 bits */
} words[] = {
	{ "loss", percents, offsetof(struct fault_config, loss_ppm), 1e6, false },
	{ "dup", percents, offsetof(struct fault_config, duplicate_ppm), 1e6, false },
	{ "reorder", percents, offsetof(struct fault_config, reorder_ppm), 1e6, false },
	{ "corrupt", percents, offsetof(struct fault_config, corrupt_ppm), 1e6, false },
	{ "burst", plain, offsetof(struct fault_config, loss_burst), 1e6, false },
	{ "delay", times, offsetof(struct fault_config, delay_us), 60e6, false },
	{ "jitter", times, offsetof(struct fault_config, jitter_us), 60e6, false },
	{ "rate", rates, offsetof(struct fault_config, rate_bits_s), 1e12, true },
	{ "size", plain, offsetof(struct fault_config, size_max), 65535, false },
};

#define WORDS (sizeof words / sizeof words[0])

static bool
value_with_unit(const char *text, const char *end, const struct unit *unit, double *value)
{
	char *rest;
	errno = 0;
	double number = strtod(text, &rest);
	if (rest == text || errno != 0 || !isfinite(number) || number < 0)
		return false;
	size_t rest_bytes = (size_t)(end - rest);
	for (; unit->name != NULL; unit++) {
		if (strlen(unit->name) == rest_bytes && memcmp(unit->name, rest, rest_bytes) == 0) {
			*value = number * unit->factor;
			return true;
		}
	}
	return false;
}

/* One `name=value` that ends before `end`. */
static bool
take_word(struct faults_config *config, const char *text, const char *end)
{
	const char *value_at = memchr(text, '=', (size_t)(end - text));
	double value;
	if (value_at == NULL)
		return false;
	size_t name_bytes = (size_t)(value_at++ - text);
	if (name_bytes == 4 && memcmp(text, "seed", 4) == 0) {
		if (!value_with_unit(value_at, end, plain, &value) || value > 1e15)
			return false;
		config->seed = (uint64_t)value;
		return true;
	}
	for (size_t i = 0; i < WORDS; i++) {
		const struct word *word = &words[i];
		uint8_t *field = (uint8_t *)&config->out + word->offset;
		if (strlen(word->name) != name_bytes || memcmp(word->name, text, name_bytes) != 0)
			continue;
		if (!value_with_unit(value_at, end, word->units, &value) || value > word->largest)
			return false;
		if (word->is_wide)
			*(uint64_t *)field = (uint64_t)value;
		else
			*(uint32_t *)field = (uint32_t)value;
		return true;
	}
	return false;
}

int
bad_line_from_text(struct faults_config *config, const char *text, const char **why)
{
	*config = (struct faults_config){ .seed = 1 };
	for (const char *at = text; *at != '\0';) {
		const char *end = at + strcspn(at, ",");
		if (!take_word(config, at, end)) {
			*why = at;
			return ERR_MALFORMED;
		}
		at = *end == ',' ? end + 1 : end;
	}
	struct fault_config *out = &config->out;
	if (out->reorder_ppm > 0)
		out->reorder_us = out->delay_us + out->jitter_us > REORDER_US
					  ? out->delay_us + out->jitter_us
					  : REORDER_US;
	config->in = *out;
	return 0;
}

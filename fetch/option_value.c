/* option_value.c - a value into the field that its row names (options.h). */
#include "fetch/options_priv.h"

#include <string.h>

#include "fetch/span.h"

static const char *
display_name(const struct option_row *row, char name[48])
{
	if (row->letter != '\0')
		snprintf(name, 48, "-%c, --%s", row->letter, row->name);
	else
		snprintf(name, 48, "--%s", row->name);
	return name;
}

static int
refuse(struct options_parse *parse, const struct option_row *row, const char *value,
       const char *wanted)
{
	char name[48];
	return options__fail(parse, "option %s: `%s' is not %s", display_name(row, name), value,
			     wanted);
}

/* Digits with up to `decimals` of them after a point, as an integer in that unit. */
static bool
read_decimal(const char *text, unsigned decimals, uint64_t *value)
{
	struct span whole = span_from_text(text), fraction = { 0 };
	uint64_t unit = 1, high = 0, low = 0;
	size_t point = span_find(whole, '.');

	if (point < whole.bytes)
		fraction = span_first(span_from(whole, point + 1), decimals);
	whole = span_first(whole, point);
	for (unsigned i = 0; i < decimals; i++)
		unit *= 10;
	if (whole.bytes == 0 && fraction.bytes == 0)
		return false;
	if (whole.bytes != 0 && !span_to_number(whole, (UINT64_MAX / unit) - 1, &high))
		return false;
	if (fraction.bytes != 0 && !span_to_number(fraction, UINT64_MAX, &low))
		return false;
	for (size_t i = fraction.bytes; i < decimals; i++)
		low *= 10;
	*value = high * unit + low;
	return true;
}

/* "64k", "1.5M": powers of 1024. */
static bool
read_bytes(const char *text, uint64_t *value)
{
	static const char units[] = "kmgtp";
	struct span number = span_from_text(text);
	uint64_t thousandths, factor = 1;
	char digits[24];

	if (number.bytes == 0 || number.bytes >= sizeof digits)
		return false;
	char last = span_lower(number.at[number.bytes - 1]);
	const char *unit = strchr(units, last);
	if (last == 'b')
		number.bytes--;
	else if (unit != NULL) {
		number.bytes--;
		for (const char *at = units; at <= unit; at++)
			factor *= 1024;
	}
	memcpy(digits, number.at, number.bytes);
	digits[number.bytes] = '\0';
	if (!read_decimal(digits, 3, &thousandths) || thousandths > UINT64_MAX / factor)
		return false;
	*value = thousandths * factor / 1000;
	return true;
}

/* "3/m": one each 20 seconds; "1/10s"; without a unit an hour's, as curl's. */
static bool
read_rate(const char *text, uint64_t *interval_us)
{
	static const struct {
		char letter;
		uint64_t us;
	} units[] = { { 's', 1000000 }, { 'm', 60000000 }, { 'h', 3600000000 }, { 'd', 86400000000 } };
	struct span rate = span_from_text(text);
	size_t slash = span_find(rate, '/');
	struct span number = span_first(rate, slash);
	struct span unit = slash < rate.bytes ? span_from(rate, slash + 1) : SPAN("h");
	uint64_t count, factor = 1, unit_us = 0;

	if (unit.bytes == 0 || !span_to_number(number, UINT32_MAX, &count) || count == 0)
		return false;
	for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
		if (span_lower(unit.at[unit.bytes - 1]) == units[i].letter)
			unit_us = units[i].us;
	}
	unit.bytes--;
	if (unit_us == 0 || (unit.bytes != 0 && !span_to_number(unit, 1000000, &factor)))
		return false;
	*interval_us = factor * unit_us / count;
	return true;
}

static bool
read_count(const char *text, uint64_t *value)
{
	if (strcmp(text, "-1") == 0) { /* as curl: without a limit */
		*value = UINT64_MAX;
		return true;
	}
	return span_to_number(span_from_text(text), UINT64_MAX - 1, value);
}

static int
act(struct options_parse *parse, enum option_action action, const char *value)
{
	struct options *options = parse->options;

	switch (action) {
	case ACTION_CONFIG: return options__file(parse, value, false);
	case ACTION_NO_CONFIG: return 0; /* the first word was looked at before */
	case ACTION_NEXT: return options__next(parse);
	case ACTION_URL: return options__add(parse, &options__group(options)->urls, value, 0);
	case ACTION_HTTP_1_1:
	case ACTION_HTTP_2:
		options__group(options)->settings.is_http_1_0 = false;
		options__group(options)->settings.is_http_1_1 = action == ACTION_HTTP_1_1;
		return 0;
	case ACTION_HELP: options->wish = WISH_HELP; break;
	case ACTION_VERSION: options->wish = WISH_VERSION; break;
	case ACTION_COMPLETION: options->wish = WISH_COMPLETION; break;
	}
	options->topic = value;
	return 0;
}

int
options__set(struct options_parse *parse, const struct option_row *row, bool is_on,
	     const char *value)
{
	struct option_group *group = options__group(parse->options);
	char *base = row->is_of_run ? (char *)&parse->options->run : (char *)&group->settings;
	void *field = base + row->offset;

	switch (row->kind) {
	case OPTION_SWITCH: *(bool *)field = is_on; return 0;
	case OPTION_VALUE: *(int *)field = row->value; return 0;
	case OPTION_TEXT: *(const char **)field = value; return 0;
	case OPTION_WORDS: *(const char **)field = value != NULL ? value : ""; return 0;
	case OPTION_LINES:
		if (value[0] == '@')
			return options__add_lines(parse, field, value + 1, row->value);
		return options__add(parse, field, value, row->value);
	case OPTION_LIST:
	case OPTION_MARK: return options__add(parse, field, value, row->value);
	case OPTION_ACTION: return act(parse, (enum option_action)row->value, value);
	case OPTION_COUNT:
		return read_count(value, field) ? 0 : refuse(parse, row, value, "a number");
	case OPTION_BYTES:
		return read_bytes(value, field)
			       ? 0
			       : refuse(parse, row, value, "a size, as in 64k or 1.5M");
	case OPTION_SECONDS:
		return read_decimal(value, 6, field)
			       ? 0
			       : refuse(parse, row, value, "a number of seconds");
	case OPTION_MILLISECONDS:
		return read_decimal(value, 3, field)
			       ? 0
			       : refuse(parse, row, value, "a number of milliseconds");
	case OPTION_RATE:
		return read_rate(value, field)
			       ? 0
			       : refuse(parse, row, value, "a rate, as in 2/s or 100/h");
	}
	return 0;
}

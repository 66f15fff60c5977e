#include "fetch/robots.h"

#include "fetch/url_percent.h"

#define UTF8_BOM "\xef\xbb\xbf"

/* What the groups for one product say. */
struct rules {
	bool has_group;
	bool is_inside;                     /* the group at hand is one of them */
	size_t allow_bytes, disallow_bytes; /* of the longest rules that match, plus 1; 0: none */
	uint32_t delay_ms;
};

struct robots {
	struct span product, target;
	struct rules ours, all;
	bool is_after_rule; /* so that the next User-agent begins a group */
};

/* One octet of a path, or 256 more when it is encoded and not unreserved: %2F is no slash. */
static unsigned
next_unit(struct span path, size_t *at)
{
	char c = path.at[*at];
	if (!percent_is_encoded(path, *at)) {
		(*at)++;
		return (uint8_t)c < 0x80 ? (unsigned)(uint8_t)c : 256u + (uint8_t)c;
	}
	unsigned value = (unsigned)(percent_hex_value(path.at[*at + 1]) << 4 |
				    percent_hex_value(path.at[*at + 2]));
	*at += PERCENT_ENCODED_BYTES;
	char lower = span_lower((char)value);
	bool is_unreserved = (lower >= 'a' && lower <= 'z') || (value >= '0' && value <= '9') ||
			     value == '-' || value == '.' || value == '_' || value == '~';
	return is_unreserved ? value : 256u + value;
}

/* The pattern from `from` on, up to the next *, stands at `at` of the target; where the target goes on. */
static bool
matches_here(struct span pattern, struct span target, size_t *at)
{
	size_t i = 0;
	while (i < pattern.bytes) {
		if (*at >= target.bytes || next_unit(pattern, &i) != next_unit(target, at))
			return false;
	}
	return true;
}

/* A literal behind a *: at the end when $ follows, else as early as it stands. */
static bool
find_literal(struct span literal, struct span target, size_t *at, bool is_at_end)
{
	for (size_t begin = *at; begin <= target.bytes;) {
		size_t end = begin;
		if (matches_here(literal, target, &end) && (!is_at_end || end == target.bytes)) {
			*at = end;
			return true;
		}
		if (begin == target.bytes)
			break;
		next_unit(target, &begin);
	}
	return false;
}

static bool
matches(struct span pattern, struct span target)
{
	bool is_anchored = span_ends(pattern, SPAN("$"));
	size_t at = 0;
	if (is_anchored)
		pattern.bytes--;
	for (bool is_first = true;; is_first = false) {
		size_t star = span_find(pattern, '*');
		struct span literal = span_first(pattern, star);
		bool is_last = star == pattern.bytes, is_at_end = is_last && is_anchored;
		if (is_first &&
		    (!matches_here(literal, target, &at) || (is_at_end && at != target.bytes)))
			return false;
		if (!is_first && !find_literal(literal, target, &at, is_at_end))
			return false;
		if (is_last)
			return true;
		pattern = span_from(pattern, star + 1);
	}
}

static bool
is_token_octet(char c)
{
	return (span_lower(c) >= 'a' && span_lower(c) <= 'z') || c == '_' || c == '-';
}

/* `cairn-fetch/1.0 (x)` names the product cairn-fetch. */
static struct span
product_of(struct span value)
{
	size_t bytes = 0;
	while (bytes < value.bytes && is_token_octet(value.at[bytes]))
		bytes++;
	return span_first(value, bytes);
}

static void
on_user_agent(struct robots *robots, struct span value)
{
	if (robots->is_after_rule)
		robots->ours.is_inside = robots->all.is_inside = false;
	robots->is_after_rule = false;
	if (span_is(value, "*"))
		robots->all.is_inside = robots->all.has_group = true;
	else if (span_equals_nocase(product_of(value), robots->product))
		robots->ours.is_inside = robots->ours.has_group = true;
}

static void
on_path_rule(const struct robots *robots, struct rules *rules, struct span pattern, bool is_allow)
{
	size_t *longest = is_allow ? &rules->allow_bytes : &rules->disallow_bytes;
	if (!rules->is_inside || pattern.bytes == 0 || pattern.bytes < *longest)
		return;
	if (matches(pattern, robots->target))
		*longest = pattern.bytes + 1;
}

/* Seconds with or without a fraction. */
static void
on_delay(struct rules *rules, struct span value)
{
	uint64_t seconds, tenths = 0;
	size_t dot = span_find(value, '.');
	if (!rules->is_inside || !span_to_number(span_first(value, dot), UINT32_MAX, &seconds))
		return;
	if (dot + 1 < value.bytes &&
	    !span_to_number(span_first(span_from(value, dot + 1), 1), 9, &tenths))
		return;
	uint64_t delay_ms = seconds * 1000 + tenths * 100;
	rules->delay_ms = delay_ms < ROBOTS_DELAY_MS_MAX ? (uint32_t)delay_ms : ROBOTS_DELAY_MS_MAX;
}

static void
on_line(struct robots *robots, struct span line)
{
	line = span_first(line, span_find(line, '#'));
	size_t colon = span_find(line, ':');
	if (colon == line.bytes)
		return;
	struct span key = span_trim(span_first(line, colon));
	struct span value = span_trim(span_from(line, colon + 1));
	if (span_is_nocase(key, "user-agent")) {
		on_user_agent(robots, value);
		return;
	}
	bool is_allow = span_is_nocase(key, "allow");
	if (is_allow || span_is_nocase(key, "disallow")) {
		on_path_rule(robots, &robots->ours, value, is_allow);
		on_path_rule(robots, &robots->all, value, is_allow);
	} else if (span_is_nocase(key, "crawl-delay")) {
		on_delay(&robots->ours, value);
		on_delay(&robots->all, value);
	} else {
		return; /* Sitemap and others are of no group and end none */
	}
	robots->is_after_rule = true;
}

static size_t
line_bytes(struct span text)
{
	size_t bytes = 0;
	while (bytes < text.bytes && text.at[bytes] != '\n' && text.at[bytes] != '\r')
		bytes++;
	return bytes;
}

/* The rules that count for the product. */
static struct rules
read_rules(struct span text, struct span product, struct span target)
{
	struct robots robots = { .product = product, .target = target };
	bool is_cut = text.bytes > ROBOTS_BYTES_MAX;
	text = span_first(text, ROBOTS_BYTES_MAX);
	if (span_starts(text, SPAN(UTF8_BOM)))
		text = span_from(text, sizeof UTF8_BOM - 1);
	while (text.bytes != 0) {
		size_t bytes = line_bytes(text);
		if (bytes < text.bytes || !is_cut)
			on_line(&robots, span_first(text, bytes));
		text = span_from(text, bytes < text.bytes ? bytes + 1 : bytes);
	}
	return robots.ours.has_group ? robots.ours : robots.all;
}

bool
robots_allows(struct span text, struct span product, struct span target)
{
	if (span_is(target, "/robots.txt"))
		return true;
	struct rules rules = read_rules(text, product, target);
	return rules.allow_bytes >= rules.disallow_bytes;
}

uint32_t
robots_delay_ms(struct span text, struct span product)
{
	return read_rules(text, product, SPAN("/")).delay_ms;
}

/* autotrust_text.c - the file that a trust point is kept in: read with suspicion, written whole. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "resolver/validate/autotrust.h"
#include "resolver/wire/date.h"

#define DAY_S          86400u
#define RDATA_TEXT_MAX (AUTOTRUST_RDATA_BYTES_MAX * 2)
#define DATE_BYTES     32u

static const char *const state_names[] = { " START ", "ADDPEND", " VALID ", "MISSING", "REVOKED", "REMOVED" };
#define STATES (sizeof state_names / sizeof state_names[0])

/* ---- lines of a state ---------------------------------------------------------------------------------------------- */

struct line {
	const char *at, *end;
};

/* The text up to its next line end; false when it is used up. */
static bool
next_line(struct line *text, struct line *line)
{
	if (text->at == text->end)
		return false;
	const char *end = memchr(text->at, '\n', (size_t)(text->end - text->at));
	*line = (struct line){ text->at, end != NULL ? end : text->end };
	text->at = end != NULL ? end + 1 : text->end;
	return true;
}

static bool
skip_word(struct line *line, const char *word)
{
	const size_t size = strlen(word);

	if ((size_t)(line->end - line->at) < size || memcmp(line->at, word, size) != 0)
		return false;
	line->at += size;
	return true;
}

static void
skip_spaces(struct line *line)
{
	while (line->at < line->end && (*line->at == ' ' || *line->at == '\t' || *line->at == '\r'))
		line->at++;
}

/* Moves behind the first `word`. */
static bool
find_word(struct line *line, const char *word)
{
	for (; line->at < line->end; line->at++)
		if (skip_word(line, word))
			return true;
	return false;
}

/* A decimal number up to `max`, with a space, a `;` or the end behind it. */
static bool
read_number(struct line *line, uint64_t max, uint64_t *number)
{
	const char *begin = line->at;

	*number = 0;
	for (; line->at < line->end && *line->at >= '0' && *line->at <= '9'; line->at++) {
		*number = *number * 10 + (uint64_t)(*line->at - '0');
		if (*number > max)
			return false;
	}
	return line->at > begin && (line->at == line->end || strchr(" \t\r;", *line->at) != NULL);
}

static bool
is_remark(struct line line)
{
	skip_spaces(&line);
	return line.at == line.end || (*line.at == ';' && !skip_word(&line, ";;"));
}

/* ---- the fields in front ------------------------------------------------------------------------------------------------ */

enum field { FIELD_ID, FIELD_QUERIED, FIELD_SUCCEEDED, FIELD_NEXT, FIELD_FAILED, FIELD_INTERVAL, FIELD_RETRY, FIELDS };

static const struct {
	const char *word;
	uint64_t max;
} fields[FIELDS] = {
	[FIELD_ID] = { ";;id:", 0 },
	[FIELD_QUERIED] = { ";;last_queried:", UINT32_MAX },
	[FIELD_SUCCEEDED] = { ";;last_success:", UINT32_MAX },
	[FIELD_NEXT] = { ";;next_probe_time:", UINT32_MAX },
	[FIELD_FAILED] = { ";;query_failed:", UINT32_MAX },
	[FIELD_INTERVAL] = { ";;query_interval:", AUTOTRUST_QUERY_S_MAX },
	[FIELD_RETRY] = { ";;retry_time:", AUTOTRUST_QUERY_S_MAX },
};

struct reading {
	struct autotrust *trust;
	struct autotrust_reader *reader;
	unsigned seen; /* a bit a field */
	bool has_zone;
};

static int
refuse(struct reading *reading, const char *why)
{
	reading->reader->why = why;
	return ERR_MALFORMED;
}

static int
take_zone(struct reading *reading, const struct name *zone)
{
	if (reading->has_zone && !name_equal(&reading->trust->zone, zone))
		return refuse(reading, "is of another zone than what stands before: a file is of one zone");
	name_copy(&reading->trust->zone, zone);
	reading->has_zone = true;
	return 0;
}

/* `NAME CLASS` */
static int
read_id(struct reading *reading, struct line line)
{
	char text[NAME_TEXT_BYTES];
	struct name zone;
	uint64_t class;
	size_t size = 0;

	skip_spaces(&line);
	while (line.at + size < line.end && line.at[size] != ' ' && line.at[size] != '\t')
		size++;
	if (size == 0 || size >= sizeof text)
		return refuse(reading, "has no zone");
	memcpy(text, line.at, size);
	text[size] = '\0';
	line.at += size;
	skip_spaces(&line);
	if (name_from_text(&zone, text, &name_root) != 0 || !read_number(&line, UINT16_MAX, &class) || class != CLASS_IN)
		return refuse(reading, "is no zone of class 1");
	return take_zone(reading, &zone);
}

static int
set_field(struct reading *reading, enum field field, struct line line)
{
	struct autotrust *trust = reading->trust;
	uint64_t number;

	if (field == FIELD_ID)
		return read_id(reading, line);
	skip_spaces(&line);
	if (!read_number(&line, fields[field].max, &number))
		return refuse(reading, "has no number, or one that cannot be");
	switch (field) {
	case FIELD_QUERIED:   trust->queried_s = number; break;
	case FIELD_SUCCEEDED: trust->succeeded_s = number; break;
	case FIELD_NEXT:      trust->next_query_s = number; break;
	case FIELD_FAILED:    trust->failed_count = (uint32_t)number; break;
	case FIELD_INTERVAL:  trust->query_interval_s = (uint32_t)number; break;
	case FIELD_RETRY:     trust->retry_s = (uint32_t)number; break;
	case FIELD_ID:
	case FIELDS:          break;
	}
	return 0;
}

/* A line that begins with `;;`. */
static int
read_field(struct reading *reading, struct line line)
{
	skip_spaces(&line);
	if (skip_word(&line, ";;REVOKED")) {
		reading->trust->is_revoked = true;
		return 0;
	}
	for (unsigned i = 0; i < FIELDS; i++) {
		if (!skip_word(&line, fields[i].word))
			continue;
		if ((reading->seen & 1u << i) != 0)
			return refuse(reading, "is there twice");
		reading->seen |= 1u << i;
		return set_field(reading, (enum field)i, line);
	}
	return refuse(reading, "is no field of a trust anchor's state");
}

/* ---- records ------------------------------------------------------------------------------------------------------------- */

/* Appends the reader's record; *added NULL: it is of another kind, or too large for a key that is used. */
static int
add_record(struct reading *reading, struct autotrust_key **added)
{
	const struct text_record *record = &reading->reader->record;
	struct autotrust *trust = reading->trust;

	*added = NULL;
	if ((record->type != TYPE_DS && record->type != TYPE_DNSKEY) || record->class != CLASS_IN)
		return 0;
	int err = take_zone(reading, &record->owner);
	if (err != 0 || record->rdata_bytes > AUTOTRUST_RDATA_BYTES_MAX)
		return err;
	if (trust->key_count == AUTOTRUST_KEYS_MAX)
		return refuse(reading, "is one key too many");
	*added = &trust->keys[trust->key_count++];
	**added = (struct autotrust_key){ .ttl_s = record->ttl_s, .type = record->type, .rdata_bytes = record->rdata_bytes };
	memcpy((*added)->rdata, record->rdata, record->rdata_bytes);
	return 0;
}

static int
text_error(struct reading *reading, int err)
{
	const char *why = reading->reader->text.why;

	reading->reader->why = why != NULL ? why : err_text(err);
	return err;
}

/* ` ;{id = 55582 (ksk), size = 512b} ;;state=2 [  VALID  ] ;;count=0 ;;lastchange=1251100000 ;;Mon Aug 24 07:46:40 2009` */
static int
read_key_state(struct reading *reading, struct line line, struct autotrust_key *key)
{
	uint64_t tag, state, count, changed_s;
	struct dnskey dnskey;

	if (!find_word(&line, "{id = ") || !read_number(&line, UINT16_MAX, &tag) ||
	    dnskey_read(&dnskey, key->rdata, key->rdata_bytes) != 0 || dnskey.tag != tag)
		return refuse(reading, "is a key that does not have the id that it is said to have");
	if (!find_word(&line, ";;state=") || !read_number(&line, STATES - 1, &state) ||
	    !skip_word(&line, " [ ") || !skip_word(&line, state_names[state]) ||
	    !find_word(&line, ";;count=") || !read_number(&line, UINT8_MAX, &count) ||
	    !find_word(&line, ";;lastchange=") || !read_number(&line, UINT32_MAX, &changed_s))
		return refuse(reading, "is a record whose state is missing or cannot be");
	key->state = (enum autotrust_state)state;
	key->seen_count = (uint8_t)count;
	key->changed_s = changed_s;
	return 0;
}

static int
read_state_record(struct reading *reading, struct line line)
{
	struct autotrust_reader *reader = reading->reader;
	const char *comment = memchr(line.at, ';', (size_t)(line.end - line.at));
	struct autotrust_key *key;

	if (comment == NULL)
		return refuse(reading, "is a record without its state");
	text_reader_init(&reader->text, line.at, (size_t)(comment - line.at), &name_root);
	int result = text_reader_next(&reader->text, &reader->record);
	if (result < 0)
		return text_error(reading, result);
	if (result == 0)
		return 0;
	result = add_record(reading, &key);
	if (result != 0)
		return result;
	if (key == NULL || key->type != TYPE_DNSKEY)
		return refuse(reading, "is no DNSKEY record that can be used");
	line.at = comment;
	return read_key_state(reading, line, key);
}

static int
read_state(struct reading *reading, struct line text)
{
	struct line line;
	int err = 0;

	for (unsigned number = 1; err == 0 && next_line(&text, &line); number++) {
		reading->reader->line = number;
		if (is_remark(line))
			continue;
		struct line inside = line;
		skip_spaces(&inside);
		err = skip_word(&inside, ";;") ? read_field(reading, line) : read_state_record(reading, line);
	}
	if (err == 0 && (reading->seen != (1u << FIELDS) - 1 || text.end[-1] != '\n'))
		return refuse(reading, "ends before the state is complete");
	return err;
}

/* What the operator starts with: records alone; a key that is revoked already is none. */
static int
read_start(struct reading *reading, struct line text)
{
	struct autotrust_reader *reader = reading->reader;
	struct autotrust_key *key;
	struct dnskey dnskey;

	text_reader_init(&reader->text, text.at, (size_t)(text.end - text.at), &name_root);
	for (;;) {
		int result = text_reader_next(&reader->text, &reader->record);
		reader->line = reader->text.line > 0 ? reader->text.line : 1;
		if (result < 0)
			return text_error(reading, result);
		if (result == 0)
			return 0;
		result = add_record(reading, &key);
		if (result != 0)
			return result;
		if (key == NULL)
			continue;
		key->state = AUTOTRUST_VALID;
		if (key->type == TYPE_DNSKEY &&
		    (dnskey_read(&dnskey, key->rdata, key->rdata_bytes) != 0 || !dnskey_signs(&dnskey)))
			reading->trust->key_count--;
	}
}

static bool
is_state(struct line text)
{
	struct line line;

	while (next_line(&text, &line)) {
		skip_spaces(&line);
		if (skip_word(&line, ";;"))
			return true;
	}
	return false;
}

/* A file without an anchor is one that says so, or it is damaged. */
static int
check_anchors(struct reading *reading)
{
	const struct autotrust *trust = reading->trust;
	unsigned anchors = 0;

	for (unsigned i = 0; i < trust->key_count; i++)
		anchors += trust->keys[i].state == AUTOTRUST_VALID || trust->keys[i].state == AUTOTRUST_MISSING;
	if (trust->is_revoked && anchors > 0)
		return refuse(reading, "says that all is revoked, and has a key that is not");
	if (!trust->is_revoked && anchors == 0)
		return refuse(reading, "has no key that is an anchor");
	return 0;
}

int
autotrust_read(struct autotrust *trust, struct autotrust_reader *reader, const char *text, size_t text_bytes)
{
	struct line all = { text, text + text_bytes };
	struct reading reading = { .trust = trust, .reader = reader };

	*trust = (struct autotrust){ .query_interval_s = AUTOTRUST_QUERY_S_MIN, .retry_s = AUTOTRUST_QUERY_S_MIN };
	reader->line = 1;
	reader->why = NULL;
	if (text_bytes > AUTOTRUST_TEXT_BYTES_MAX)
		return refuse(&reading, "is too large for a trust anchor's file");
	if (memchr(text, '\0', text_bytes) != NULL)
		return refuse(&reading, "is no text");
	int err = is_state(all) ? read_state(&reading, all) : read_start(&reading, all);
	return err == 0 ? check_anchors(&reading) : err;
}

/* ---- writing ---------------------------------------------------------------------------------------------------------------- */

struct output {
	char *text;
	size_t used, room;
	bool is_full;
};

static void __attribute__((format(printf, 2, 3)))
put(struct output *out, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	const int size = vsnprintf(out->text + out->used, out->room - out->used, format, arguments);
	va_end(arguments);
	if (size < 0 || (size_t)size >= out->room - out->used)
		out->is_full = true;
	else
		out->used += (size_t)size;
}

/* `Mon Aug 24 07:46:40 2009`, in UTC: for people, nobody reads it back. */
static const char *
date_text(uint64_t at_s, char text[DATE_BYTES])
{
	static const char days[] = "ThuFriSatSunMonTueWed", months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	const uint32_t day = (uint32_t)at_s / DAY_S, second = (uint32_t)at_s % DAY_S;
	const struct date date = date_of_day(day);

	(void)snprintf(text, DATE_BYTES, "%.3s %.3s %2u %02u:%02u:%02u %u", days + day % 7 * 3,
		       months + (date.month - 1) * 3, date.day, second / 3600, second / 60 % 60, second % 60, date.year);
	return text;
}

static void
put_time(struct output *out, enum field field, uint64_t at_s)
{
	char date[DATE_BYTES];

	put(out, "%s %llu ;;%s\n", fields[field].word, (unsigned long long)at_s, date_text(at_s, date));
}

static void
put_key(struct output *out, const char *zone, const struct autotrust_key *key)
{
	char rdata[RDATA_TEXT_MAX], date[DATE_BYTES];
	struct dnskey dnskey;

	if (dnskey_read(&dnskey, key->rdata, key->rdata_bytes) != 0 ||
	    rdata_to_text(TYPE_DNSKEY, CLASS_IN, key->rdata, key->rdata_bytes, rdata, sizeof rdata) < 0) {
		out->is_full = true;
		return;
	}
	put(out, "%s\t%u\tIN\tDNSKEY\t%s ;{id = %u (%s), size = %ub} ;;state=%u [ %s ] ;;count=%u ;;lastchange=%llu ;;%s\n",
	    zone, key->ttl_s, rdata, dnskey.tag, (dnskey.flags & DNSKEY_SEP) != 0 ? "ksk" : "zsk", dnskey_bits(&dnskey),
	    (unsigned)key->state, state_names[key->state], key->seen_count, (unsigned long long)key->changed_s,
	    date_text(key->changed_s, date));
}

bool
autotrust_is_writable(const struct autotrust *trust)
{
	for (unsigned i = 0; i < trust->key_count; i++)
		if (trust->keys[i].type == TYPE_DS && trust->keys[i].state != AUTOTRUST_REMOVED)
			return false;
	return true;
}

int
autotrust_write(const struct autotrust *trust, char *text, size_t room)
{
	struct output out = { .text = text, .room = room };
	char zone[NAME_TEXT_BYTES];

	name_to_text(&trust->zone, zone, sizeof zone);
	put(&out, "; the state of a trust anchor (RFC 5011), kept by the resolver; to start anew, put DS or DNSKEY records here instead\n");
	if (trust->is_revoked)
		put(&out, ";;REVOKED\n; every key was revoked by its zone, which counts as one without trust anchor\n");
	put(&out, "%s %s %u\n", fields[FIELD_ID].word, zone, (unsigned)CLASS_IN);
	put_time(&out, FIELD_QUERIED, trust->queried_s);
	put_time(&out, FIELD_SUCCEEDED, trust->succeeded_s);
	put_time(&out, FIELD_NEXT, trust->next_query_s);
	put(&out, "%s %u\n", fields[FIELD_FAILED].word, trust->failed_count);
	put(&out, "%s %u\n", fields[FIELD_INTERVAL].word, trust->query_interval_s);
	put(&out, "%s %u\n", fields[FIELD_RETRY].word, trust->retry_s);
	for (unsigned i = trust->key_count; i-- > 0;)
		if (trust->keys[i].type == TYPE_DNSKEY)
			put_key(&out, zone, &trust->keys[i]);
	return out.is_full ? ERR_FULL : (int)out.used;
}

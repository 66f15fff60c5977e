#include "resolver/wire/text.h"

#include "resolver/wire/codec.h"
#include "resolver/wire/tokens.h"

#define TTL_MAX_S   0x7fffffffu /* RFC 2181, section 8 */
#define TTL_FIRST_S 3600u       /* until something says otherwise */

void
text_reader_init(struct text_reader *reader, const char *text, size_t text_bytes,
		 const struct name *origin)
{
	reader->at = text;
	reader->end = text + text_bytes;
	reader->line = 0;
	name_copy(&reader->origin, origin != NULL ? origin : &name_root);
	reader->ttl_s = TTL_FIRST_S;
	reader->has_ttl = false;
	reader->has_owner = false;
	reader->why = NULL;
}

static int
fail(struct text_reader *reader, int err, const char *why)
{
	reader->why = why;
	reader->at = reader->end; /* nothing after a broken line can be trusted */
	return err;
}

/* ---- one entry: a line, or several within parentheses --------------------------------------------- */

struct entry {
	struct text_reader *reader;
	size_t size; /* characters in reader->token */
	unsigned lines;
	bool in_parentheses, in_quotes;
};

static int
entry_add(struct entry *entry, char character)
{
	struct text_reader *reader = entry->reader;
	if (entry->size == sizeof reader->token - 1)
		return fail(reader, ERR_TOO_BIG, "the entry is too long");
	if (character == '\0')
		return fail(reader, ERR_MALFORMED, "a NUL in the text");
	reader->token[entry->size++] = character;
	return 0;
}

static int
entry_parenthesis(struct entry *entry, char character)
{
	bool opens = character == '(';
	if (entry->in_parentheses == opens)
		return fail(entry->reader, ERR_MALFORMED, "parentheses do not match");
	entry->in_parentheses = opens;
	return entry_add(entry, ' ');
}

/* The end of a line: of the entry as well, unless parentheses hold it open. Returns 1 at the entry's end. */
static int
entry_newline(struct entry *entry)
{
	if (entry->in_quotes)
		return fail(entry->reader, ERR_MALFORMED, "a quote is not closed");
	entry->lines++;
	if (!entry->in_parentheses)
		return 1;
	return entry_add(entry, ' ');
}

static void
skip_comment(struct text_reader *reader)
{
	while (reader->at < reader->end && *reader->at != '\n')
		reader->at++;
}

/* One character; returns 1 at the entry's end. */
static int
entry_step(struct entry *entry)
{
	struct text_reader *reader = entry->reader;
	char character = *reader->at++;
	if (character == '\\') {
		if (reader->at == reader->end || *reader->at == '\n')
			return fail(reader, ERR_MALFORMED, "a backslash ends the line");
		int err = entry_add(entry, character);
		return err != 0 ? err : entry_add(entry, *reader->at++);
	}
	if (character == '\n')
		return entry_newline(entry);
	if (character == '"')
		entry->in_quotes = !entry->in_quotes;
	if (entry->in_quotes)
		return entry_add(entry, character);
	if (character == ';') {
		skip_comment(reader);
		return 0;
	}
	if (character == '(' || character == ')')
		return entry_parenthesis(entry, character);
	return entry_add(entry, character);
}

/*
 * Collects the next entry into reader->token, in one line and without comments.  reader->line is the
 * line where it starts.  Returns 1, or 0 at the end of the text.
 */
static int
entry_read(struct text_reader *reader, unsigned *lines)
{
	struct entry entry = { .reader = reader };
	int ended = 0;
	if (reader->at == reader->end)
		return 0;
	while (ended == 0 && reader->at < reader->end)
		ended = entry_step(&entry);
	if (ended < 0)
		return ended;
	if (ended == 0) { /* a last line without its end */
		if (entry.in_parentheses || entry.in_quotes)
			return fail(reader, ERR_MALFORMED, "the text ends inside an entry");
		entry.lines++;
	}
	reader->token[entry.size] = '\0';
	*lines = entry.lines;
	return 1;
}

/* ---- directives ----------------------------------------------------------------------------------- */

static int
directive_read(struct text_reader *reader, struct tokens *tokens)
{
	struct token word, value;
	char text[NAME_TEXT_BYTES];
	(void)token_next(tokens, &word);
	if (text_is(word.text, word.size, "$INCLUDE"))
		return fail(reader, ERR_UNSUPPORTED, "$INCLUDE: a file may name no other file");
	bool is_origin = text_is(word.text, word.size, "$ORIGIN");
	if (!is_origin && !text_is(word.text, word.size, "$TTL"))
		return fail(reader, ERR_UNSUPPORTED, "an unknown directive");
	if (token_next(tokens, &value) != 0 || tokens_are_left(tokens))
		return fail(reader, ERR_MALFORMED, "a directive takes one value");
	if (is_origin) {
		if (token_copy(&value, text, sizeof text) != 0 ||
		    name_from_text(&reader->origin, text, &reader->origin) != 0)
			return fail(reader, ERR_MALFORMED, "$ORIGIN: not a name");
		return 0;
	}
	if (get_period(value.text, value.size, TTL_MAX_S, &reader->ttl_s) != 0)
		return fail(reader, ERR_MALFORMED, "$TTL: not a time");
	reader->has_ttl = true;
	return 0;
}

/* ---- records -------------------------------------------------------------------------------------- */

/* An entry that starts with white space has the owner of the one before (RFC 1035, section 5.1). */
static int
owner_read(struct text_reader *reader, struct tokens *tokens)
{
	struct token token;
	char text[NAME_TEXT_BYTES];
	if (is_blank(reader->token[0])) {
		if (!reader->has_owner)
			return fail(reader, ERR_MALFORMED, "the first record has no owner");
		return 0;
	}
	if (token_next(tokens, &token) != 0 || token_copy(&token, text, sizeof text) != 0 ||
	    name_from_text(&reader->owner, text, &reader->origin) != 0)
		return fail(reader, ERR_MALFORMED, "the owner is not a name");
	reader->has_owner = true;
	return 0;
}

/* [TTL] [class] type, the first two in either order; tokens are left at the rdata. */
static int
head_read(struct text_reader *reader, struct tokens *tokens, struct text_record *record)
{
	bool has_ttl = false, has_class = false;
	struct token token;
	char text[TYPE_TEXT_BYTES];

	record->class = CLASS_IN;
	record->ttl_s = reader->ttl_s;
	for (;;) {
		int err = token_next(tokens, &token);
		if (err != 0)
			return fail(reader, ERR_MALFORMED, "the record has no type");
		if (!has_ttl && token.text[0] >= '0' && token.text[0] <= '9') {
			if (get_period(token.text, token.size, TTL_MAX_S, &record->ttl_s) != 0)
				return fail(reader, ERR_MALFORMED, "the TTL is not a time");
			has_ttl = true;
			continue;
		}
		if (token_copy(&token, text, sizeof text) != 0)
			return fail(reader, ERR_MALFORMED, "an unknown type");
		if (!has_class && class_from_text(text, &record->class) == 0) {
			has_class = true;
			continue;
		}
		if (type_from_text(text, &record->type) != 0)
			return fail(reader, ERR_MALFORMED, "an unknown type");
		break;
	}
	if (has_ttl && !reader->has_ttl)
		reader->ttl_s = record->ttl_s; /* without $TTL the last one stated holds */
	return 0;
}

static int
record_read(struct text_reader *reader, struct tokens *tokens, struct text_record *record)
{
	int err = owner_read(reader, tokens);
	if (err == 0)
		err = head_read(reader, tokens, record);
	if (err != 0)
		return err;
	struct writer out = writer_over(record->rdata, sizeof record->rdata);
	err = rdata_from_text(record->type, record->class, tokens->at, &reader->origin, &out);
	if (err != 0)
		return fail(reader, err, "the record's data are not what its type has");
	name_copy(&record->owner, &reader->owner);
	record->rdata_bytes = (uint16_t)out.pos;
	return 1;
}

int
text_reader_next(struct text_reader *reader, struct text_record *record)
{
	unsigned lines = 0;
	for (;;) {
		unsigned line = reader->line + 1;
		int read = entry_read(reader, &lines);
		if (read <= 0) {
			reader->line = read < 0 ? line : reader->line;
			return read;
		}
		struct tokens tokens = tokens_over(reader->token, strlen(reader->token));
		bool is_directive = reader->token[0] == '$';
		int err = 0;
		if (is_directive)
			err = directive_read(reader, &tokens);
		else if (tokens_are_left(&tokens))
			err = record_read(reader, &tokens, record);
		reader->line += err < 0 ? 1 : lines;
		if (err != 0)
			return err;
	}
}

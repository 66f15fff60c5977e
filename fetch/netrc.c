#include "fetch/netrc.h"

struct reader {
	struct span rest;
	unsigned line;
	char word[NETRC_WORD_BYTES_MAX]; /* terminated */
	int err;
};

static char
take(struct reader *reader)
{
	char c = reader->rest.at[0];
	reader->rest = span_from(reader->rest, 1);
	reader->line += c == '\n';
	return c;
}

static bool
is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static void
skip_line(struct reader *reader)
{
	while (reader->rest.bytes != 0 && take(reader) != '\n')
		;
}

static void
skip_space(struct reader *reader, bool has_comments)
{
	while (reader->rest.bytes != 0) {
		if (has_comments && reader->rest.at[0] == '#')
			skip_line(reader);
		else if (is_space(reader->rest.at[0]))
			(void)take(reader);
		else
			return;
	}
}

static char
unescape(char c)
{
	switch (c) {
	case 'n': return '\n';
	case 'r': return '\r';
	case 't': return '\t';
	default: return c;
	}
}

static void
add(struct reader *reader, size_t *bytes, char c)
{
	if (*bytes + 1 == sizeof reader->word)
		reader->err = ERR_TOO_BIG;
	else
		reader->word[(*bytes)++] = c;
}

static void
read_quoted(struct reader *reader, size_t *bytes)
{
	(void)take(reader);
	while (reader->rest.bytes != 0 && reader->rest.at[0] != '"') {
		char c = take(reader);
		if (c == '\\' && reader->rest.bytes != 0)
			c = unescape(take(reader));
		add(reader, bytes, c);
	}
	if (reader->rest.bytes != 0)
		(void)take(reader);
	else
		reader->err = ERR_MALFORMED;
}

/*
 * The next word into reader->word; false at the end and after an error.  A password may begin with #, so
 * comments are where a keyword is expected.
 */
static bool
read_word(struct reader *reader, bool is_keyword)
{
	size_t bytes = 0;
	skip_space(reader, is_keyword);
	if (reader->rest.bytes == 0 || reader->err != 0)
		return false;
	if (reader->rest.at[0] == '"') {
		read_quoted(reader, &bytes);
	} else {
		while (reader->rest.bytes != 0 && !is_space(reader->rest.at[0]))
			add(reader, &bytes, take(reader));
	}
	reader->word[bytes] = '\0';
	return reader->err == 0;
}

static bool
word_is(const struct reader *reader, const char *word)
{
	return strcmp(reader->word, word) == 0;
}

/* The value behind `login`, `password`, `machine`; its absence is an error. */
static bool
read_value(struct reader *reader, char value[NETRC_WORD_BYTES_MAX])
{
	if (!read_word(reader, false)) {
		if (reader->err == 0)
			reader->err = ERR_MALFORMED;
		return false;
	}
	if (value != NULL)
		memcpy(value, reader->word, sizeof reader->word);
	return true;
}

/* A macro ends at an empty line. */
static void
skip_macro(struct reader *reader)
{
	bool is_empty = false;
	skip_line(reader);
	while (reader->rest.bytes != 0 && !is_empty) {
		is_empty = reader->rest.at[0] == '\n' || span_starts(reader->rest, SPAN("\r\n"));
		skip_line(reader);
	}
}

static bool
is_wanted(const struct netrc_login *entry, struct span login)
{
	return login.bytes == 0 || (entry->has_login && span_is(login, entry->login));
}

/* One word of an entry; true when it begins the next entry, *fits then says whether that one is asked for. */
static bool
read_item(struct reader *reader, struct span machine, struct netrc_login *entry, bool *fits)
{
	if (word_is(reader, "default")) {
		*fits = true;
		return true;
	}
	if (word_is(reader, "machine")) {
		*fits = read_value(reader, NULL) && span_is_nocase(machine, reader->word);
		return true;
	}
	if (word_is(reader, "login"))
		entry->has_login = read_value(reader, entry->login);
	else if (word_is(reader, "password"))
		entry->has_password = read_value(reader, entry->password);
	else if (word_is(reader, "account"))
		(void)read_value(reader, NULL);
	else if (word_is(reader, "macdef"))
		skip_macro(reader);
	else
		reader->err = ERR_MALFORMED;
	return false;
}

int
netrc_find(struct span text, struct span machine, struct span login, struct netrc_login *found)
{
	struct reader reader = { .rest = text, .line = 1 };
	struct netrc_login entry = { .has_login = false };
	bool fits = false;
	*found = entry;
	while (read_word(&reader, true)) {
		bool next_fits = false;
		bool is_next = read_item(&reader, machine, &entry, &next_fits);
		if (reader.err != 0 || !is_next)
			continue;
		if (fits && is_wanted(&entry, login))
			break;
		fits = next_fits;
		entry = (struct netrc_login){ .has_login = false };
	}
	found->line = reader.line;
	if (reader.err != 0)
		return reader.err;
	if (!fits || !is_wanted(&entry, login))
		return ERR_NOT_FOUND;
	*found = entry;
	return 0;
}

#include "tests/replay/entry.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "resolver/wire/text.h"

#define HEADER_BYTES  MESSAGE_HEADER_BYTES
#define ENTRY_UDP_BYTES 4096u
#define RECORD_TEXT_BYTES 70000u
#define RRSIG_WORDS 9u /* RRSIG and what stands before the signature (RFC 4034, section 3.2) */

struct word_bit {
	const char *word;
	uint32_t bit;
};

static const struct word_bit match_words[] = {
	{ "opcode", MATCH_OPCODE }, { "qname", MATCH_QNAME }, { "qtype", MATCH_QTYPE }, { "subdomain", MATCH_SUBDOMAIN },
	{ "question", MATCH_QUESTION }, { "answer", MATCH_ANSWER }, { "rcode", MATCH_RCODE }, { "all", MATCH_ALL },
	{ "all_noedns", MATCH_ALL_NOEDNS }, { "ttl", MATCH_TTL }, { "DO", MATCH_DO }, { "CO", MATCH_CO },
	{ "noedns", MATCH_NOEDNS }, { "ednsdata", MATCH_EDNSDATA }, { "UDP", MATCH_UDP }, { "TCP", MATCH_TCP },
	{ "client_cookie", MATCH_CLIENT_COOKIE }, { "server_cookie", MATCH_SERVER_COOKIE }, { "ede=any", MATCH_EDE_ANY },
};

static const struct word_bit flag_words[] = {
	{ "QR", DNS_QR }, { "AA", DNS_AA }, { "TC", DNS_TC }, { "RD", DNS_RD }, { "RA", DNS_RA }, { "AD", DNS_AD },
	{ "CD", DNS_CD },
};

static bool
find_word(const struct word_bit *words, size_t count, const char *word, uint32_t *bits)
{
	for (size_t i = 0; i < count; i++) {
		if (strcasecmp(words[i].word, word) == 0) {
			*bits |= words[i].bit;
			return true;
		}
	}
	return false;
}

static void *
fail(struct script *script, unsigned line, const char *what, const char *word)
{
	(void)snprintf(script->error, sizeof script->error, "line %u: %s `%s`", line, what, word);
	return NULL;
}

/* ---- reading -------------------------------------------------------------------------------------------- */

/* Being read: its records in wire form, one section after the other. */
struct draft {
	struct script *script;
	struct entry *entry;
	struct writer records;
	uint16_t counts[4];
	int section; /* of counts; -1: none yet */
	bool is_hex, is_edns_hex;
	struct text_reader reader;
	struct text_record record;
	char changed[RECORD_TEXT_BYTES];
	uint8_t octets[MESSAGE_BYTES_MAX];
	uint8_t hex[MESSAGE_BYTES_MAX];
	size_t hex_bytes;
};

static bool
read_match(struct draft *draft, const char *rest, unsigned line)
{
	char word[SCRIPT_WORD_BYTES];

	while ((rest = line_word(rest, word, sizeof word)) != NULL) {
		if (find_word(match_words, sizeof match_words / sizeof match_words[0], word, &draft->entry->match))
			continue;
		if (strncasecmp(word, "ede=", 4) == 0) {
			draft->entry->match |= MATCH_EDE;
			draft->entry->ede = atoi(word + 4);
		} else if (strncasecmp(word, "serial=", 7) == 0) {
			draft->entry->match |= MATCH_SERIAL;
		} else {
			return fail(draft->script, line, "MATCH knows no", word) != NULL;
		}
	}
	draft->entry->is_tcp = (draft->entry->match & MATCH_TCP) != 0;
	return true;
}

static bool
read_adjust(struct draft *draft, const char *rest, unsigned line)
{
	char word[SCRIPT_WORD_BYTES];

	while ((rest = line_word(rest, word, sizeof word)) != NULL) {
		if (strcasecmp(word, "copy_id") == 0)
			draft->entry->adjust |= ADJUST_COPY_ID;
		else if (strcasecmp(word, "copy_query") == 0)
			draft->entry->adjust |= ADJUST_COPY_QUERY;
		else if (strncasecmp(word, "sleep=", 6) != 0 && strncasecmp(word, "packet_sleep=", 13) != 0)
			return fail(draft->script, line, "ADJUST knows no", word) != NULL;
	}
	return true;
}

static bool
read_reply(struct draft *draft, const char *rest, unsigned line)
{
	char word[SCRIPT_WORD_BYTES];
	uint32_t flags = 0;
	uint16_t rcode;

	while ((rest = line_word(rest, word, sizeof word)) != NULL) {
		if (find_word(flag_words, sizeof flag_words / sizeof flag_words[0], word, &flags))
			continue;
		if (strcasecmp(word, "DO") == 0)
			draft->entry->dnssec_ok = true;
		else if (rcode_from_text(word, &rcode) == 0)
			draft->entry->rcode = rcode;
		else if (strcasecmp(word, "NOTIFY") == 0)
			flags |= OPCODE_NOTIFY << 11;
		else if (strcasecmp(word, "UPDATE") == 0)
			flags |= OPCODE_UPDATE << 11;
		else
			return fail(draft->script, line, "REPLY knows no", word) != NULL;
	}
	draft->entry->flags = (uint16_t)flags;
	return true;
}

static bool
read_section(struct draft *draft, const char *rest, unsigned line)
{
	static const char *const names[] = { "QUESTION", "ANSWER", "AUTHORITY", "ADDITIONAL" };
	char word[SCRIPT_WORD_BYTES];

	if (line_word(rest, word, sizeof word) == NULL)
		return fail(draft->script, line, "SECTION without a name", "") != NULL;
	for (int i = 0; i < 4; i++) {
		if (strcasecmp(word, names[i]) == 0) {
			draft->section = i;
			return true;
		}
	}
	return fail(draft->script, line, "no such section", word) != NULL;
}

/* NAME [TTL] [CLASS] TYPE */
static bool
read_question(struct draft *draft, const char *text, unsigned line)
{
	char owner[SCRIPT_WORD_BYTES * 5], second[SCRIPT_WORD_BYTES], third[SCRIPT_WORD_BYTES];
	uint16_t type, class = CLASS_IN;
	struct name name;
	const char *rest = line_word(text, owner, sizeof owner);

	if (rest == NULL || name_from_text(&name, owner, &name_root) != 0 ||
	    (rest = line_word(rest, second, sizeof second)) == NULL)
		return fail(draft->script, line, "no question", text) != NULL;
	if (second[strspn(second, "0123456789")] == '\0' && (rest = line_word(rest, second, sizeof second)) == NULL)
		return fail(draft->script, line, "no question", text) != NULL;
	const char *word = second;
	if (class_from_text(second, &class) == 0 && line_word(rest, third, sizeof third) != NULL)
		word = third;
	if (type_from_text(word, &type) != 0)
		return fail(draft->script, line, "no type", word) != NULL;
	writer_bytes(&draft->records, name.wire, name.size);
	writer_u16(&draft->records, type);
	writer_u16(&draft->records, class);
	draft->counts[0]++;
	return true;
}

/*
 * `TYPE \# ...` (RFC 3597, section 5) of a type with rules of its own: the octets shall be taken as they are, right or
 * not, so the reader is shown a type without rules.  True, with the type that was meant and text in `changed`.
 */
static bool
hide_type(const char *text, char *changed, size_t max, uint16_t *type)
{
	char word[TYPE_TEXT_BYTES];
	const char *octets = strstr(text, "\\#"), *end = octets, *begin;

	while (end != NULL && end > text && (end[-1] == ' ' || end[-1] == '\t'))
		end--;
	for (begin = end; begin != NULL && begin > text && begin[-1] != ' ' && begin[-1] != '\t';)
		begin--;
	if (octets == NULL || (size_t)(end - begin) >= sizeof word)
		return false;
	memcpy(word, begin, (size_t)(end - begin));
	word[end - begin] = '\0';
	if (type_from_text(word, type) != 0)
		return false;
	const int size = snprintf(changed, max, "%.*sTYPE65280 %s", (int)(begin - text), text, octets);
	return size > 0 && (size_t)size < max;
}

/*
 * `CH A` with the address of the Internet's class; the reader knows no such thing of other classes (RFC 1035, section 3.4.1), so it
 * is shown IN.  True, with the text in `changed`.
 */
static bool
hide_class(const char *text, char *changed, size_t max)
{
	char owner[SCRIPT_WORD_BYTES * 5], word[SCRIPT_WORD_BYTES], type[SCRIPT_WORD_BYTES];
	const char *rest = line_word(text, owner, sizeof owner), *class = rest;

	if (rest == NULL || (rest = line_word(rest, word, sizeof word)) == NULL)
		return false;
	if (word[strspn(word, "0123456789")] == '\0') {
		class = rest;
		if ((rest = line_word(rest, word, sizeof word)) == NULL)
			return false;
	}
	if (strcasecmp(word, "CH") != 0 || line_word(rest, type, sizeof type) == NULL || strcasecmp(type, "A") != 0)
		return false;
	const int size = snprintf(changed, max, "%.*s IN %s", (int)(class - text), text, rest);
	return size > 0 && (size_t)size < max;
}

/* Unbound's reader ends base64 with its padding, whatever stands behind that on the line. */
static bool
read_to_padding(struct draft *draft, const char *begin)
{
	const size_t line_bytes = strcspn(begin, "\n");
	size_t kept_bytes = line_bytes;

	while (kept_bytes > 0 && begin[kept_bytes - 1] != '=')
		kept_bytes--;
	if (kept_bytes == 0 || kept_bytes == line_bytes || kept_bytes >= sizeof draft->changed)
		return false;
	memcpy(draft->changed, begin, kept_bytes);
	draft->changed[kept_bytes] = '\0';
	text_reader_init(&draft->reader, draft->changed, kept_bytes, &name_root);
	return text_reader_next(&draft->reader, &draft->record) == 1;
}

/*
 * An RRSIG without a signature, or with one that is no base64, is no record to the reader; Unbound's files have some, for
 * signatures that do not verify.  One octet stands for what there is, which is as wrong (fake_crypto.c).
 */
static bool
read_text(struct draft *draft, const char *begin)
{
	const char *end = strstr(begin, "RRSIG");

	text_reader_init(&draft->reader, begin, strlen(begin), &name_root);
	if (text_reader_next(&draft->reader, &draft->record) == 1 || (end != NULL && read_to_padding(draft, begin)))
		return true;
	for (unsigned words = 0; end != NULL && words < RRSIG_WORDS; words++) {
		end += strcspn(end, " \t\n");
		end += strspn(end, " \t");
	}
	const size_t line_bytes = strcspn(begin, "\n");
	const size_t kept_bytes = end != NULL && (size_t)(end - begin) < line_bytes ? (size_t)(end - begin) : line_bytes;
	if (end == NULL || (size_t)snprintf(draft->changed, sizeof draft->changed, "%.*s AA==", (int)kept_bytes, begin) >=
				   sizeof draft->changed)
		return false;
	text_reader_init(&draft->reader, draft->changed, strlen(draft->changed), &name_root);
	return text_reader_next(&draft->reader, &draft->record) == 1;
}

/* A record may go on over several lines, in parentheses. */
static bool
read_record(struct draft *draft, struct lines *lines, char *first)
{
	char text[RECORD_TEXT_BYTES];
	size_t used = 0;
	int depth = 0;
	bool in_quotes = false;

	for (char *line = first; line != NULL; line = depth > 0 ? lines_next(lines) : NULL) {
		for (const char *c = line; *c != '\0' && (in_quotes || *c != ';'); c++) {
			in_quotes ^= *c == '"' && (c == line || c[-1] != '\\');
			depth += in_quotes ? 0 : (*c == '(') - (*c == ')');
			if (used + 2 < sizeof text)
				text[used++] = *c;
		}
		text[used++] = '\n';
	}
	text[used] = '\0';
	const char *begin = text + (strspn(text, " \t"));
	uint16_t type;
	const bool is_hidden = hide_type(begin, draft->changed, sizeof draft->changed, &type);
	const bool is_chaos = !is_hidden && hide_class(begin, draft->changed, sizeof draft->changed);
	if (is_hidden || is_chaos)
		begin = draft->changed;
	if (!read_text(draft, begin)) {
		(void)snprintf(draft->script->error, sizeof draft->script->error, "line %u: %s", lines->line,
			       draft->reader.why != NULL ? draft->reader.why : "no record");
		return false;
	}
	const struct text_record *record = &draft->record;
	if (is_hidden)
		draft->record.type = type;
	if (is_chaos)
		draft->record.class = CLASS_CH;
	writer_bytes(&draft->records, record->owner.wire, record->owner.size);
	writer_u16(&draft->records, record->type);
	writer_u16(&draft->records, record->class);
	writer_u32(&draft->records, record->ttl_s);
	writer_u16(&draft->records, record->rdata_bytes);
	writer_bytes(&draft->records, record->rdata, record->rdata_bytes);
	draft->counts[draft->section]++;
	return true;
}

static bool
read_hex(struct draft *draft, const char *text, unsigned line)
{
	for (; *text != '\0' && *text != ';' && *text != '#'; text++) {
		unsigned octet;
		if (*text == ' ' || *text == '\t')
			continue;
		if (sscanf(text, "%2x", &octet) != 1 || text[1] == '\0' || draft->hex_bytes == sizeof draft->hex)
			return fail(draft->script, line, "no octets in hexadecimal", text) != NULL;
		draft->hex[draft->hex_bytes++] = (uint8_t)octet;
		text++;
	}
	return true;
}

static uint8_t *
copy_of(const uint8_t *bytes, size_t size)
{
	uint8_t *copy = malloc(size > 0 ? size : 1);
	if (copy != NULL)
		memcpy(copy, bytes, size);
	return copy;
}

/* True when the line was one that frames octets. */
static bool
frame_hex(struct draft *draft, const char *line)
{
	const char *rest;

	if (line_begins(line, "HEX_ANSWER_BEGIN", &rest) || line_begins(line, "HEX_EDNSDATA_BEGIN", &rest)) {
		draft->is_hex = true;
		draft->is_edns_hex = line_begins(line, "HEX_EDNSDATA_BEGIN", &rest);
		draft->hex_bytes = 0;
		return true;
	}
	if (line_begins(line, "HEX_EDNSDATA_END", &rest)) {
		draft->entry->edns_data = copy_of(draft->hex, draft->hex_bytes);
		draft->entry->edns_bytes = draft->hex_bytes;
		draft->is_hex = false;
		return true;
	}
	if (line_begins(line, "HEX_ANSWER_END", &rest)) {
		draft->entry->has_hex = true;
		draft->entry->bytes = copy_of(draft->hex, draft->hex_bytes);
		draft->entry->size = draft->hex_bytes;
		draft->is_hex = false;
		return true;
	}
	return false;
}

/* Header, sections, OPT. */
static void
assemble(struct draft *draft)
{
	struct entry *entry = draft->entry;
	/* testbound sets DO with every option that a file writes out. */
	const bool has_dnssec_ok = entry->dnssec_ok || entry->edns_data != NULL;
	const bool has_edns = has_dnssec_ok || entry->rcode > 15;
	uint8_t *bytes = malloc(MESSAGE_BYTES_MAX);

	if (bytes == NULL || entry->has_hex) {
		free(bytes);
		return;
	}
	struct writer w = writer_over(bytes, MESSAGE_BYTES_MAX);
	writer_u16(&w, 0);
	writer_u16(&w, (uint16_t)(entry->flags | (entry->rcode & 0xf)));
	for (int i = 0; i < 4; i++)
		writer_u16(&w, (uint16_t)(draft->counts[i] + (i == 3 && has_edns)));
	writer_bytes(&w, draft->octets, draft->records.pos);
	if (has_edns) {
		writer_u8(&w, 0);
		writer_u16(&w, TYPE_OPT);
		writer_u16(&w, ENTRY_UDP_BYTES);
		writer_u32(&w, (uint32_t)(entry->rcode >> 4) << 24 | (has_dnssec_ok ? 0x8000u : 0));
		writer_u16(&w, (uint16_t)entry->edns_bytes);
		writer_bytes(&w, entry->edns_data, entry->edns_bytes);
	}
	entry->bytes = bytes;
	entry->size = w.pos;
}

static bool
read_line(struct draft *draft, struct lines *lines, char *line)
{
	const char *rest;

	if (frame_hex(draft, line))
		return true;
	if (draft->is_hex)
		return read_hex(draft, line, lines->line);
	if (line_is_empty(line))
		return true;
	if (line_begins(line, "MATCH", &rest))
		return read_match(draft, rest, lines->line);
	if (line_begins(line, "ADJUST", &rest))
		return read_adjust(draft, rest, lines->line);
	if (line_begins(line, "REPLY", &rest))
		return read_reply(draft, rest, lines->line);
	if (line_begins(line, "SECTION", &rest))
		return read_section(draft, rest, lines->line);
	if (draft->section == 0)
		return read_question(draft, line_skip(line), lines->line);
	if (draft->section > 0)
		return read_record(draft, lines, line);
	return fail(draft->script, lines->line, "a record outside of a section", line) != NULL;
}

struct entry *
entry_read(struct script *script, struct lines *lines)
{
	struct draft *draft = calloc(1, sizeof *draft);
	struct entry *entry = calloc(1, sizeof *entry);
	const char *rest;
	char *line;
	bool is_right = draft != NULL && entry != NULL && script->entry_count < SCRIPT_ENTRIES_MAX;

	if (is_right) {
		*draft = (struct draft){ .script = script, .entry = entry, .section = -1 };
		draft->records = writer_over(draft->octets, sizeof draft->octets);
		entry->line = lines->line;
		script->entries[script->entry_count++] = entry;
	} else {
		free(entry);
	}
	while (is_right && (line = lines_next(lines)) != NULL && !line_begins(line, "ENTRY_END", &rest)) {
		if (line_begins(line, "EXTRA_PACKET", &rest))
			is_right = fail(script, lines->line, "not spoken:", "EXTRA_PACKET") != NULL;
		else
			is_right = read_line(draft, lines, line);
	}
	if (is_right)
		assemble(draft);
	free(draft);
	return is_right ? entry : NULL;
}

void
entry_free(struct entry *entry)
{
	free(entry->bytes);
	free(entry->edns_data);
	free(entry);
}

/* ---- replies --------------------------------------------------------------------------------------------- */

/* Where the question of a message ends; 0: there is none. */
static size_t
question_end(const uint8_t *bytes, size_t size)
{
	struct cursor c = cursor_over(bytes, size);
	struct name name;

	c.pos = HEADER_BYTES;
	if (size < HEADER_BYTES || (bytes[4] == 0 && bytes[5] == 0) || name_read(&name, &c) != 0)
		return 0;
	cursor_skip(&c, 4);
	return c.err == 0 ? c.pos : 0;
}

size_t
entry_reply(const struct entry *entry, const struct packet *query, uint8_t *out)
{
	const size_t asked_end = question_end(query->bytes, query->size);
	const size_t own_end = question_end(entry->bytes, entry->size);
	size_t size = entry->size;

	memcpy(out, entry->bytes, entry->size);
	if ((entry->adjust & ADJUST_COPY_QUERY) != 0 && asked_end != 0 && own_end != 0) {
		memcpy(out + HEADER_BYTES, query->bytes + HEADER_BYTES, asked_end - HEADER_BYTES);
		memcpy(out + asked_end, entry->bytes + own_end, entry->size - own_end);
		size = entry->size - own_end + asked_end;
	}
	if ((entry->adjust & ADJUST_COPY_ID) != 0 && size >= 2)
		memcpy(out, query->bytes, 2);
	return size;
}

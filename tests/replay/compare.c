/* Whether a message is what an entry describes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "resolver/wire/text.h"
#include "tests/replay/entry.h"

#define RECORDS_MAX 1024u
#define TYPE_WITHOUT_RULES 65280u /* of those for private use (RFC 6895, section 3.1) */

/* A record as text, so that it can be shown. */
struct flat {
	uint8_t section;
	uint32_t ttl_s;
	uint16_t type, class;
	char *text; /* owner class type rdata */
};

struct parsed {
	uint16_t flags, counts[4];
	uint16_t rcode;
	bool has_question, has_edns, dnssec_ok;
	struct name qname;
	uint16_t qtype, qclass;
	const uint8_t *options;
	size_t options_bytes;
	struct flat records[RECORDS_MAX];
	size_t record_count;
};

static char *
record_text(const struct name *owner, uint16_t type, uint16_t class, const uint8_t *rdata, size_t size)
{
	char name[NAME_TEXT_BYTES], type_text[TYPE_TEXT_BYTES], class_text[TYPE_TEXT_BYTES];
	static char rdata_text[300000];
	struct name lower;
	char *text = NULL;

	name_lower(&lower, owner);
	(void)rdata_to_text(type, class, rdata, size, rdata_text, sizeof rdata_text);
	if (asprintf(&text, "%s %s %s %s", name_to_text(&lower, name, sizeof name),
		     class_to_text(class, class_text, sizeof class_text),
		     type_to_text(type, type_text, sizeof type_text), rdata_text) < 0)
		return NULL;
	return text;
}

static bool
parse_record(struct parsed *parsed, struct cursor *c, uint8_t section)
{
	static uint8_t own[MESSAGE_BYTES_MAX * 2];
	struct name owner;

	if (name_read(&owner, c) != 0)
		return false;
	const uint16_t type = cursor_u16(c), class = cursor_u16(c);
	const uint32_t ttl_s = cursor_u32(c);
	const uint16_t rdlength = cursor_u16(c);
	if (c->err != 0)
		return false;
	if (type == TYPE_OPT) {
		parsed->has_edns = true;
		parsed->dnssec_ok = (ttl_s & 0x8000u) != 0;
		parsed->rcode = (uint16_t)(parsed->rcode | (ttl_s >> 24) << 4);
		parsed->options = cursor_bytes(c, rdlength);
		parsed->options_bytes = rdlength;
		return c->err == 0;
	}
	struct writer w = writer_over(own, sizeof own);
	const struct cursor at_rdata = *c;
	uint16_t shown_type = type;
	if (rdata_read(c, type, class, rdlength, &w) == 0) {
		rdata_canonicalise(type, class, own, w.pos); /* letter case of names does not count */
	} else { /* a scenario may want a server to send what breaks the type's rules */
		*c = at_rdata;
		w = writer_over(own, sizeof own);
		writer_bytes(&w, cursor_bytes(c, rdlength), rdlength);
		shown_type = TYPE_WITHOUT_RULES;
	}
	if (c->err != 0 || parsed->record_count == RECORDS_MAX)
		return false;
	parsed->records[parsed->record_count++] = (struct flat){
		.section = section, .ttl_s = ttl_s, .type = type, .class = class,
		.text = record_text(&owner, shown_type, class, own, w.pos),
	};
	return true;
}

static bool
parse(struct parsed *parsed, const uint8_t *bytes, size_t size)
{
	struct cursor c = cursor_over(bytes, size);

	memset(parsed, 0, offsetof(struct parsed, records));
	parsed->record_count = 0;
	cursor_skip(&c, 2);
	parsed->flags = cursor_u16(&c);
	for (int i = 0; i < 4; i++)
		parsed->counts[i] = cursor_u16(&c);
	parsed->rcode = parsed->flags & 0xf;
	if (c.err != 0)
		return false;
	for (unsigned i = 0; i < parsed->counts[0]; i++) {
		if (name_read(&parsed->qname, &c) != 0)
			return false;
		parsed->qtype = cursor_u16(&c);
		parsed->qclass = cursor_u16(&c);
		parsed->has_question = true;
	}
	for (uint8_t section = 1; section < 4; section++)
		for (unsigned i = 0; i < parsed->counts[section]; i++)
			if (!parse_record(parsed, &c, section))
				return false;
	return true;
}

static void
parsed_free(struct parsed *parsed)
{
	for (size_t i = 0; i < parsed->record_count; i++)
		free(parsed->records[i].text);
	free(parsed);
}

static bool
has_option(const struct parsed *parsed, uint16_t code, size_t bytes_min, int *first_u16)
{
	struct cursor c = cursor_over(parsed->options, parsed->options_bytes);

	while (cursor_left(&c) >= 4) {
		const uint16_t option = cursor_u16(&c), size = cursor_u16(&c);
		struct cursor value = cursor_sub(&c, size);
		if (option != code || size < bytes_min)
			continue;
		if (first_u16 != NULL)
			*first_u16 = cursor_u16(&value);
		return true;
	}
	return false;
}

/* ---- the comparisons ------------------------------------------------------------------------------------ */

struct comparison {
	const struct entry *entry;
	struct parsed *want, *got;
	char *why;
	size_t why_bytes;
};

static bool
differs(struct comparison *comparison, const char *what, const char *want, const char *got)
{
	(void)snprintf(comparison->why, comparison->why_bytes, "%s: want `%s`, got `%s`", what, want, got);
	return false;
}

static bool
question_equal(struct comparison *comparison)
{
	const struct parsed *want = comparison->want, *got = comparison->got;
	char a[NAME_TEXT_BYTES], b[NAME_TEXT_BYTES];

	if (want->has_question != got->has_question)
		return differs(comparison, "question", want->has_question ? "one" : "none", got->has_question ? "one" : "none");
	if (!want->has_question || (name_equal(&want->qname, &got->qname) && want->qtype == got->qtype))
		return true;
	return differs(comparison, "question", name_to_text(&want->qname, a, sizeof a), name_to_text(&got->qname, b, sizeof b));
}

/* Of an extended one files may name the four bits of the header alone, as testbound compares them. */
static bool
is_same_rcode(uint16_t want, uint16_t got)
{
	return want == got || (want <= 15 && want == (got & 15u));
}

static bool
header_equal(struct comparison *comparison)
{
	static const struct {
		uint16_t flag;
		const char *name;
	} flags[] = { { DNS_QR, "QR" }, { DNS_AA, "AA" }, { DNS_TC, "TC" }, { DNS_RD, "RD" },
		      { DNS_RA, "RA" }, { DNS_AD, "AD" }, { DNS_CD, "CD" } };
	const struct parsed *want = comparison->want, *got = comparison->got;
	char a[64] = "", b[64] = "";

	for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++) {
		if (want->flags & flags[i].flag)
			strcat(strcat(a, flags[i].name), " ");
		if (got->flags & flags[i].flag)
			strcat(strcat(b, flags[i].name), " ");
	}
	if (!is_same_rcode(want->rcode, got->rcode))
		return differs(comparison, "rcode", rcode_to_text(want->rcode), rcode_to_text(got->rcode));
	return strcmp(a, b) == 0 && DNS_OPCODE(want->flags) == DNS_OPCODE(got->flags) ? true
										       : differs(comparison, "flags", a, b);
}

static bool
sections_equal(struct comparison *comparison, uint8_t first, uint8_t last)
{
	static const char *const names[] = { "", "answer", "authority", "additional" };
	const struct parsed *want = comparison->want, *got = comparison->got;
	const bool with_ttl = (comparison->entry->match & MATCH_TTL) != 0;
	size_t i = 0, j = 0;

	for (;; i++, j++) {
		while (i < want->record_count && (want->records[i].section < first || want->records[i].section > last))
			i++;
		while (j < got->record_count && (got->records[j].section < first || got->records[j].section > last))
			j++;
		const struct flat *a = i < want->record_count ? &want->records[i] : NULL;
		const struct flat *b = j < got->record_count ? &got->records[j] : NULL;
		if (a == NULL && b == NULL)
			return true;
		const char *section = names[(a != NULL ? a : b)->section];
		if (a == NULL || b == NULL || a->section != b->section || strcmp(a->text, b->text) != 0)
			return differs(comparison, section, a != NULL ? a->text : "nothing more", b != NULL ? b->text : "nothing more");
		if (with_ttl && a->ttl_s != b->ttl_s) {
			char want_ttl[16], got_ttl[16];
			(void)snprintf(want_ttl, sizeof want_ttl, "%u", a->ttl_s);
			(void)snprintf(got_ttl, sizeof got_ttl, "%u", b->ttl_s);
			return differs(comparison, "TTL", want_ttl, got_ttl);
		}
	}
}

static bool
edns_equal(struct comparison *comparison)
{
	const struct parsed *want = comparison->want, *got = comparison->got;
	if (want->dnssec_ok != got->dnssec_ok)
		return differs(comparison, "DO", want->dnssec_ok ? "yes" : "no", got->dnssec_ok ? "yes" : "no");
	return true;
}

static bool
options_right(struct comparison *comparison, uint32_t match)
{
	const struct parsed *want = comparison->want, *got = comparison->got;
	int ede = -1;
	const bool has_ede = has_option(got, EDNS_EDE, 2, &ede);
	char text[16];

	(void)snprintf(text, sizeof text, "%d", ede);
	if ((match & MATCH_EDE_ANY) != 0 && !has_ede)
		return differs(comparison, "EDE", "any", "none");
	if ((match & MATCH_EDE) != 0 && (!has_ede || ede != comparison->entry->ede)) {
		char wanted[16];
		(void)snprintf(wanted, sizeof wanted, "%d", comparison->entry->ede);
		return differs(comparison, "EDE", wanted, text);
	}
	if ((match & MATCH_CLIENT_COOKIE) != 0 && !has_option(got, EDNS_COOKIE, 8, NULL))
		return differs(comparison, "cookie", "a client's", "none");
	if ((match & MATCH_SERVER_COOKIE) != 0 && !has_option(got, EDNS_COOKIE, 16, NULL))
		return differs(comparison, "cookie", "a server's", "none");
	if ((match & MATCH_EDNSDATA) != 0 &&
	    (want->options_bytes != got->options_bytes ||
	     (want->options_bytes > 0 && memcmp(want->options, got->options, want->options_bytes) != 0)))
		return differs(comparison, "EDNS options", "those of the entry", "others");
	return true;
}

static bool
compare(struct comparison *comparison, const struct packet *packet)
{
	const uint32_t match = comparison->entry->match;
	const struct parsed *want = comparison->want, *got = comparison->got;

	if ((match & MATCH_OPCODE) != 0 && DNS_OPCODE(want->flags) != DNS_OPCODE(got->flags))
		return differs(comparison, "opcode", opcode_to_text(DNS_OPCODE(want->flags)), opcode_to_text(DNS_OPCODE(got->flags)));
	if ((match & MATCH_UDP) != 0 && packet->is_tcp)
		return differs(comparison, "transport", "UDP", "TCP");
	if ((match & MATCH_TCP) != 0 && !packet->is_tcp)
		return differs(comparison, "transport", "TCP", "UDP");
	if ((match & MATCH_DO) != 0 && !got->dnssec_ok)
		return differs(comparison, "DO", "yes", "no");
	if ((match & MATCH_NOEDNS) != 0 && got->has_edns)
		return differs(comparison, "EDNS", "none", "some");
	if ((match & MATCH_QTYPE) != 0 && want->qtype != got->qtype)
		return differs(comparison, "type", "the entry's", "another");
	if ((match & MATCH_QNAME) != 0 && !name_equal(&want->qname, &got->qname))
		return differs(comparison, "name", "the entry's", "another");
	if ((match & MATCH_SUBDOMAIN) != 0 && !name_is_under(&got->qname, &want->qname))
		return differs(comparison, "name", "one below the entry's", "another");
	if ((match & MATCH_RCODE) != 0 && !is_same_rcode(want->rcode, got->rcode))
		return differs(comparison, "rcode", rcode_to_text(want->rcode), rcode_to_text(got->rcode));
	if ((match & MATCH_QUESTION) != 0 && !question_equal(comparison))
		return false;
	if ((match & MATCH_ANSWER) != 0 && !sections_equal(comparison, 1, 1))
		return false;
	if ((match & (MATCH_ALL | MATCH_ALL_NOEDNS)) != 0 &&
	    !(header_equal(comparison) && question_equal(comparison) && sections_equal(comparison, 1, 3)))
		return false;
	if ((match & MATCH_ALL) != 0 && !edns_equal(comparison))
		return false;
	return options_right(comparison, match);
}

bool
entry_matches(const struct entry *entry, const struct packet *packet, char *why, size_t why_bytes)
{
	struct parsed *want = calloc(1, sizeof *want), *got = calloc(1, sizeof *got);
	struct comparison comparison = { entry, want, got, why, why_bytes };
	bool is_right = want != NULL && got != NULL;

	why[0] = '\0';
	if (is_right && !parse(want, entry->bytes, entry->size))
		is_right = entry->has_hex; /* what is no message matches by nothing but its place */
	else if (is_right && !parse(got, packet->bytes, packet->size))
		is_right = differs(&comparison, "message", "one that can be read", "another");
	else if (is_right)
		is_right = compare(&comparison, packet);
	parsed_free(want);
	parsed_free(got);
	return is_right;
}

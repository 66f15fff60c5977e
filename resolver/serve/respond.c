#include "resolver/serve/respond.h"

#include <assert.h>
#include <string.h>

#include "stack/base/arena.h"

#define ANY_TTL_S 3600u
#define ID_AT         0u
#define FLAGS_AT      2u
#define ARCOUNT_AT    10u
#define RCODE_BITS    0xfu

#define QUESTION_FIXED_BYTES 4u
#define OPTIONS_BYTES_MAX    (4u + RESPOND_NSID_BYTES_MAX + 6u + 4u + COOKIE_BYTES + 6u + RESPOND_TEXT_BYTES_MAX)

static_assert(MESSAGE_HEADER_BYTES + NAME_BYTES_MAX + QUESTION_FIXED_BYTES + EDNS_RECORD_BYTES +
			      OPTIONS_BYTES_MAX - RESPOND_TEXT_BYTES_MAX <=
		      RESPOND_UDP_BYTES_PLAIN,
	      "every option but the text fits the smallest datagram beside the longest question");

void
reply_form_read(struct reply_form *form, const struct query *query, bool is_stream)
{
	const uint8_t *value;
	uint16_t value_bytes;
	*form = (struct reply_form){
		.id = query->id,
		.flags = query->flags,
		.udp_bytes = RESPOND_UDP_BYTES_PLAIN,
		.is_stream = is_stream,
		.has_edns = query->edns.present,
	};
	if (!query->edns.present)
		return;
	form->dnssec_ok = query->edns.dnssec_ok;
	if (query->edns.udp_bytes > form->udp_bytes)
		form->udp_bytes = query->edns.udp_bytes;
	if (query->edns.options_bytes == 0)
		return;
	form->wants_nsid = edns_find(&query->edns, EDNS_NSID, &value, &value_bytes);
	form->wants_keepalive =
		is_stream && edns_find(&query->edns, EDNS_KEEPALIVE, &value, &value_bytes);
}

void
answer_rcode(struct answer *answer, uint16_t rcode, enum ede ede, const char *ede_text)
{
	*answer = (struct answer){
		.rcode = rcode, .ede = ede, .ede_text = ede_text
	};
}

int
answer_any(struct answer *answer, const struct name *qname, struct arena *arena)
{
	/* CPU "RFC8482" and an empty OS, behind the record's length. */
	static const uint8_t hinfo[] = { 0, 9, 7, 'R', 'F', 'C', '8', '4', '8', '2', 0 };
	struct rrset *rrset = arena_zalloc(arena, 1, sizeof *rrset);
	if (rrset == NULL)
		return ERR_NO_MEMORY;
	*rrset = (struct rrset){
		.owner = qname,
		.type = TYPE_HINFO,
		.class = CLASS_IN,
		.rr_count = 1,
		.ttl_s = ANY_TTL_S,
		.rdata_bytes = sizeof hinfo,
		.rdata = hinfo,
	};
	answer_rcode(answer, RCODE_NOERROR, EDE_NONE, NULL);
	answer->sections[SECTION_ANSWER] = rrset;
	return 0;
}

/* ---- header and OPT ------------------------------------------------------------------------------- */

static uint16_t
respond_flags(const struct reply_form *form, const struct answer *answer)
{
	uint16_t flags = DNS_QR | (form->flags & (0x7800u | DNS_RD | DNS_CD));
	if (form->recursion_available && !answer->hides_recursion)
		flags |= DNS_RA;
	if (answer->authoritative)
		flags |= DNS_AA;
	/* AD only for who has shown to understand it (RFC 6840, section 5.7), never for data it wants unchecked. */
	bool understands = form->dnssec_ok || (form->flags & DNS_AD) != 0;
	if (answer->security == SECURITY_SECURE && understands && (form->flags & DNS_CD) == 0)
		flags |= DNS_AD;
	return flags;
}

/* An rcode of more than four bits needs an OPT record to go in (RFC 6891, section 6.1.3). */
static uint16_t
respond_rcode(const struct reply_form *form, const struct answer *answer)
{
	return answer->rcode > 15 && !form->has_edns ? RCODE_SERVFAIL : answer->rcode;
}

static bool
answer_is_empty(const struct answer *answer)
{
	for (unsigned i = 0; i < SECTIONS; i++)
		if (answer->sections[i] != NULL)
			return false;
	return true;
}

/*
 * EXTRA-TEXT goes only beside an answer without records, so that words never cost a client data, and is cut
 * to the room that is left.
 */
static void
write_ede(struct writer *writer, const struct answer *answer)
{
	if (answer->ede == EDE_NONE)
		return;
	size_t text_bytes = 0, text_room = writer->end - writer->pos - 6;
	if (answer->ede_text != NULL && answer_is_empty(answer))
		text_bytes = strnlen(answer->ede_text, text_room < RESPOND_TEXT_BYTES_MAX
							       ? text_room
							       : RESPOND_TEXT_BYTES_MAX);
	writer_u16(writer, EDNS_EDE);
	writer_u16(writer, (uint16_t)(2 + text_bytes));
	writer_u16(writer, (uint16_t)answer->ede);
	writer_bytes(writer, answer->ede_text, text_bytes);
}

static size_t
write_options(const struct respond_config *config, const struct reply_form *form,
	      const struct answer *answer, uint8_t *options, size_t options_room)
{
	struct writer writer = writer_over(options, options_room);
	if (form->wants_nsid && config->nsid_bytes > 0) {
		writer_u16(&writer, EDNS_NSID);
		writer_u16(&writer, config->nsid_bytes);
		writer_bytes(&writer, config->nsid, config->nsid_bytes);
	}
	if (form->wants_keepalive) {
		writer_u16(&writer, EDNS_KEEPALIVE);
		writer_u16(&writer, 2);
		writer_u16(&writer, (uint16_t)(config->tcp_idle_timeout_ms / 100));
	}
	if (form->has_cookie) {
		writer_u16(&writer, EDNS_COOKIE);
		writer_u16(&writer, COOKIE_BYTES);
		writer_bytes(&writer, form->cookie, COOKIE_BYTES);
	}
	write_ede(&writer, answer);
	assert(writer.err == 0);
	return writer.pos;
}

/* ---- sections --------------------------------------------------------------------------------------- */

/* Proofs and signatures are for those who ask for them (RFC 4035, section 3.2.1), or by name. */
static bool
is_proof(const struct rrset *rrset)
{
	return rrset->type == TYPE_NSEC || rrset->type == TYPE_NSEC3 || rrset->type == TYPE_RRSIG;
}

/* The NS set beside an answer; without an answer it is a referral and all that there is. */
static bool
is_extra(const struct answer *answer, const struct rrset *rrset)
{
	return rrset->type == TYPE_NS && answer->sections[SECTION_ANSWER] != NULL;
}

/* Minimal or not: where the answer needs a proof the section goes out whole. */
static bool
extras_go_out(const struct respond_config *config, const struct reply_form *form, const struct answer *answer)
{
	if (!config->minimal_responses || answer->sections[SECTION_ANSWER] == NULL)
		return true;
	for (const struct rrset *set = answer->sections[SECTION_AUTHORITY]; form->dnssec_ok && set != NULL; set = set->next)
		if (is_proof(set))
			return true;
	return false;
}

/* Local data, and what was asked for just now, has no other than its TTL. */
static uint32_t
shown_ttl_s(const struct respond_config *config, const struct rrset *rrset)
{
	return config->serve_original_ttl && rrset->original_ttl_s != 0 ? rrset->original_ttl_s : rrset->ttl_s;
}

/* Answer and authority: 0, or ERR_FULL when a set has no room. */
static int
write_sections(const struct respond_config *config, const struct reply_form *form,
	       const struct answer *answer, bool with_extras, struct render *render)
{
	for (const struct rrset *rrset = answer->sections[SECTION_ANSWER]; rrset != NULL;
	     rrset = rrset->next) {
		int err =
			render_rrset(render, SECTION_ANSWER, rrset, shown_ttl_s(config, rrset), form->dnssec_ok);
		if (err != 0)
			return err;
	}
	for (const struct rrset *rrset = answer->sections[SECTION_AUTHORITY]; rrset != NULL;
	     rrset = rrset->next) {
		if ((is_extra(answer, rrset) && !with_extras) || (is_proof(rrset) && !form->dnssec_ok))
			continue;
		int err = render_rrset(render, SECTION_AUTHORITY, rrset, shown_ttl_s(config, rrset),
				       form->dnssec_ok);
		if (err != 0)
			return err;
	}
	return 0;
}

/* The servers of a zone are of no use without their addresses. */
static bool
names_servers(const struct answer *answer)
{
	const struct rrset *last = answer->sections[SECTION_ANSWER];

	while (last != NULL && last->next != NULL)
		last = last->next;
	return last != NULL && last->type == TYPE_NS;
}

/* What does not fit is left out without a word (RFC 2181, section 9), signatures before data (RFC 4035, section 3.1.1). */
static void
write_additional(const struct respond_config *config, const struct reply_form *form, const struct question *question,
		 const struct answer *answer, bool with_extras, struct render *render)
{
	const bool is_any = question != NULL && question->qtype == TYPE_ANY;

	if (!with_extras && !names_servers(answer) && !is_any)
		return;
	for (const struct rrset *rrset = answer->sections[SECTION_ADDITIONAL]; rrset != NULL;
	     rrset = rrset->next)
		(void)render_rrset(render, SECTION_ADDITIONAL, rrset, shown_ttl_s(config, rrset), false);
	for (const struct rrset *rrset = answer->sections[SECTION_ADDITIONAL]; rrset != NULL && form->dnssec_ok;
	     rrset = rrset->next)
		(void)render_sigs(render, SECTION_ADDITIONAL, rrset, shown_ttl_s(config, rrset));
}

static size_t
respond_room(const struct respond_config *config, const struct reply_form *form, size_t bytes_max)
{
	size_t room = MESSAGE_BYTES_MAX;
	if (!form->is_stream)
		room = form->udp_bytes < config->udp_bytes_max ? form->udp_bytes
							       : config->udp_bytes_max;
	return room < bytes_max ? room : bytes_max;
}

/* What the OPT record's options may take beside the header and the question. */
static size_t
options_room(const struct question *question, size_t room)
{
	size_t taken = MESSAGE_HEADER_BYTES + EDNS_RECORD_BYTES;
	if (question != NULL)
		taken += question->qname.size + QUESTION_FIXED_BYTES;
	return room - taken < OPTIONS_BYTES_MAX ? room - taken : OPTIONS_BYTES_MAX;
}

/*
 * Begins the message.  The part that every answer has is repeated for a truncated one, which carries no
 * record at all: half an answer that somebody caches is worse than none.
 */
static int
respond_begin(const struct reply_form *form, const struct question *question, struct render *render,
	      uint8_t *bytes, size_t room, uint16_t flags, uint16_t rcode, size_t opt_bytes)
{
	render_begin(render, bytes, room, form->id, flags, rcode, opt_bytes);
	return question != NULL ? render_question(render, question) : 0;
}

int
respond(const struct respond_config *config, const struct reply_form *form,
	const struct question *question, const struct answer *answer, uint8_t *bytes,
	size_t bytes_max, bool *is_truncated)
{
	uint8_t options[OPTIONS_BYTES_MAX];
	size_t room = respond_room(config, form, bytes_max), options_bytes = 0, opt_bytes = 0;
	assert(room >= RESPOND_UDP_BYTES_PLAIN);
	if (form->has_edns) {
		options_bytes =
			write_options(config, form, answer, options, options_room(question, room));
		opt_bytes = EDNS_RECORD_BYTES + options_bytes;
	}
	uint16_t flags = respond_flags(form, answer), rcode = respond_rcode(form, answer);

	struct render render;
	bool with_extras = extras_go_out(config, form, answer);
	int err = respond_begin(form, question, &render, bytes, room, flags, rcode, opt_bytes);
	if (err != 0)
		return err;
	bool is_full = answer->fate == ANSWER_TRUNCATED || write_sections(config, form, answer, with_extras, &render) != 0;
	if (is_full && with_extras && answer->fate != ANSWER_TRUNCATED) {
		with_extras = false; /* for them alone nobody is to come again (RFC 2181, section 9) */
		err = respond_begin(form, question, &render, bytes, room, flags, rcode, opt_bytes);
		is_full = err != 0 || write_sections(config, form, answer, with_extras, &render) != 0;
	}
	if (is_full)
		err = respond_begin(form, question, &render, bytes, room, flags | DNS_TC, rcode,
				    opt_bytes);
	else
		write_additional(config, form, question, answer, with_extras, &render);
	if (err != 0)
		return err;
	if (is_truncated != NULL)
		*is_truncated = is_full;

	struct edns edns = {
		.present = true,
		.dnssec_ok = form->dnssec_ok,
		.udp_bytes = EDNS_UDP_BYTES,
		.options_bytes = (uint16_t)options_bytes,
		.options = options,
	};
	if (form->has_edns && (err = render_edns(&render, &edns)) != 0)
		return err;
	return render_finish(&render);
}

/* ---- ready-made answers -------------------------------------------------------------------------------- */

static void
put_u16(uint8_t *at, uint16_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static uint16_t
u16_of(const uint8_t *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

size_t
respond_ready(const struct respond_config *config, const struct reply_form *form,
	      const struct question *question, const struct ready_facts *facts, uint8_t *bytes,
	      size_t bytes_max)
{
	const struct answer answer = { .security = facts->security, .ede = EDE_NONE };
	const size_t room = respond_room(config, form, bytes_max);
	uint8_t options[OPTIONS_BYTES_MAX];
	struct edns edns = { .present = true, .dnssec_ok = form->dnssec_ok, .udp_bytes = EDNS_UDP_BYTES, .options = options };

	if (form->has_edns)
		edns.options_bytes = (uint16_t)write_options(config, form, &answer, options, sizeof options);
	if (facts->size + (form->has_edns ? EDNS_RECORD_BYTES + edns.options_bytes : 0u) > room)
		return 0;
	put_u16(bytes + ID_AT, form->id);
	put_u16(bytes + FLAGS_AT, respond_flags(form, &answer) | (u16_of(bytes + FLAGS_AT) & RCODE_BITS));
	memcpy(bytes + MESSAGE_HEADER_BYTES, question->qname.wire, question->qname.size);
	if (!form->has_edns)
		return facts->size;
	struct writer writer = writer_over(bytes, room);
	writer.pos = facts->size;
	edns_write(&writer, &edns, 0);
	put_u16(bytes + ARCOUNT_AT, (uint16_t)(u16_of(bytes + ARCOUNT_AT) + 1));
	return writer.pos;
}

size_t
respond_ready_bytes(const struct respond_config *config, const struct reply_form *form, size_t reply_bytes)
{
	const struct answer answer = { .ede = EDE_NONE };
	uint8_t options[OPTIONS_BYTES_MAX];

	if (!form->has_edns)
		return reply_bytes;
	return reply_bytes - EDNS_RECORD_BYTES - write_options(config, form, &answer, options, sizeof options);
}

#include "resolver/wire/text.h"

#include "resolver/wire/codec.h"

static const struct {
	uint16_t flag;
	const char *text;
} flags[] = {
	{ DNS_QR, " qr" }, { DNS_AA, " aa" }, { DNS_TC, " tc" }, { DNS_RD, " rd" },
	{ DNS_RA, " ra" }, { DNS_AD, " ad" }, { DNS_CD, " cd" },
};

static const char *const section_titles[SECTIONS] = { "ANSWER", "AUTHORITY", "ADDITIONAL" };

static unsigned
record_count(const struct rrset *set)
{
	unsigned count = 0;
	for (; set != NULL; set = set->next)
		count += 0u + set->rr_count + set->sig_count;
	return count;
}

static void
put_counted(struct writer *out, const char *title, unsigned count)
{
	put_text(out, title);
	put_number(out, count);
}

static void
put_header(struct writer *out, const struct message *message)
{
	put_text(out, ";; ->>HEADER<<- opcode: ");
	put_text(out, opcode_to_text(DNS_OPCODE(message->flags)));
	put_text(out, ", status: ");
	put_text(out, rcode_to_text(message->rcode));
	put_counted(out, ", id: ", message->id);
	put_text(out, "\n;; flags:");
	for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++)
		if ((message->flags & flags[i].flag) != 0)
			put_text(out, flags[i].text);
	put_counted(out, "; QUERY: ", message->question_count);
	put_counted(out, ", ANSWER: ", record_count(message->sections[SECTION_ANSWER]));
	put_counted(out, ", AUTHORITY: ", record_count(message->sections[SECTION_AUTHORITY]));
	put_counted(out, ", ADDITIONAL: ",
		    record_count(message->sections[SECTION_ADDITIONAL]) + message->edns.present);
	put_char(out, '\n');
}

/* The option's code and its octets; what they mean is for whoever knows the option. */
static void
put_edns(struct writer *out, const struct edns *edns)
{
	struct cursor options = cursor_over(edns->options, edns->options_bytes);
	put_counted(out, "\n;; OPT PSEUDOSECTION:\n; EDNS: version: ", edns->version);
	put_text(out, edns->dnssec_ok ? ", flags: do" : ", flags:");
	put_counted(out, "; udp: ", edns->udp_bytes);
	put_char(out, '\n');
	while (cursor_left(&options) > 0) {
		put_counted(out, "; OPT=", cursor_u16(&options));
		uint16_t size = cursor_u16(&options);
		put_text(out, ": ");
		put_hex(out, cursor_bytes(&options, size), size);
		put_char(out, '\n');
	}
}

static void
put_name_and_class(struct writer *out, const struct name *name, const uint32_t *ttl_s,
		   uint16_t class, uint16_t type)
{
	char text[NAME_TEXT_BYTES];
	put_text(out, name_to_text(name, text, sizeof text));
	put_char(out, '\t');
	if (ttl_s != NULL)
		put_number(out, *ttl_s);
	put_char(out, '\t');
	put_text(out, class_to_text(class, text, sizeof text));
	put_char(out, '\t');
	put_text(out, type_to_text(type, text, sizeof text));
}

static void
put_record(struct writer *out, const struct rrset *set, uint16_t type,
	   const struct rdata_walk *rdata)
{
	put_name_and_class(out, set->owner, &set->ttl_s, set->class, type);
	put_char(out, '\t');
	if (out->err != 0)
		return;
	char *text = (char *)out->begin + out->pos;
	int err = rdata_to_text(type, set->class, rdata->bytes, rdata->size, text,
				out->end - out->pos);
	if (err != 0)
		writer_fail(out, err);
	else
		out->pos += strlen(text);
	put_char(out, '\n');
}

static void
put_section(struct writer *out, const char *title, const struct rrset *set)
{
	if (set == NULL)
		return;
	put_text(out, "\n;; ");
	put_text(out, title);
	put_text(out, " SECTION:\n");
	for (; set != NULL && out->err == 0; set = set->next) {
		struct rdata_walk rdata;
		rdata_first(set, &rdata);
		for (unsigned i = 0; out->err == 0 && rdata_next(&rdata); i++)
			put_record(out, set, i < set->rr_count ? set->type : TYPE_RRSIG, &rdata);
	}
}

int
message_to_text(const struct message *message, char *text, size_t text_bytes)
{
	struct writer out = writer_over(text, text_bytes);
	put_header(&out, message);
	if (message->edns.present)
		put_edns(&out, &message->edns);
	if (message->question_count > 0) {
		put_text(&out, "\n;; QUESTION SECTION:\n;");
		put_name_and_class(&out, &message->question.qname, NULL, message->question.qclass,
				   message->question.qtype);
		put_char(&out, '\n');
	}
	for (unsigned i = 0; i < SECTIONS; i++)
		put_section(&out, section_titles[i], message->sections[i]);
	put_char(&out, '\0');
	if (out.err != 0 && text_bytes > 0)
		text[0] = '\0';
	return out.err;
}

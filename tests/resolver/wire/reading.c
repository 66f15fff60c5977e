#include "tests/resolver/wire/reading.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include "resolver/wire/rdata.h"
#include "tests/suite.h"

#define ZEROS_BEHIND 1024u
#define TTL_TOP_BIT  0x80000000u

ldns_pkt *
reading_ldns(const uint8_t *bytes, size_t size)
{
	static uint8_t copy[MESSAGE_BYTES_MAX + ZEROS_BEHIND];
	ldns_pkt *packet = NULL;
	ck_assert_uint_le(size, MESSAGE_BYTES_MAX);
	memcpy(copy, bytes, size);
	memset(copy + size, 0, ZEROS_BEHIND);
	return ldns_wire2pkt(&packet, copy, size) == LDNS_STATUS_OK ? packet : NULL;
}

/* ---- building ------------------------------------------------------------------------------------ */

static uint8_t *
keep(struct reading *reading, const void *bytes, size_t size)
{
	uint8_t *at = reading->bytes + reading->used;
	ck_assert_uint_le(size, READING_BYTES_MAX - reading->used);
	if (size > 0)
		memcpy(at, bytes, size);
	reading->used += size;
	return at;
}

static struct reading_record *
add(struct reading *reading, unsigned section, const uint8_t *owner, size_t owner_bytes)
{
	ck_assert_uint_lt(reading->count, READING_RECORDS_MAX);
	struct reading_record *record = &reading->records[reading->count++];
	record->section = section;
	record->owner_bytes = owner_bytes;
	for (size_t i = 0; i < owner_bytes; i++)
		record->owner[i] = owner[i] < 0x80 ? (uint8_t)tolower(owner[i]) : owner[i];
	return record;
}

static void
fold(const struct reading *reading, struct reading_record *record)
{
	if (reading->folds_names)
		rdata_canonicalise(record->type, record->class, record->rdata, record->rdata_bytes);
}

static uint16_t
covered(const struct reading_record *record)
{
	bool is_sig = record->type == TYPE_RRSIG && record->rdata_bytes >= 2;
	return is_sig ? ldns_read_uint16(record->rdata) : record->type;
}

static bool
is_of_one_set(const struct reading_record *a, const struct reading_record *b)
{
	return a->section == b->section && a->class == b->class && covered(a) == covered(b) &&
	       a->owner_bytes == b->owner_bytes && memcmp(a->owner, b->owner, a->owner_bytes) == 0;
}

/* An RRSIG whose set is not in the section is one of a set of RRSIGs, whatever it covers. */
static bool
is_orphan(const struct reading *reading, const struct reading_record *record)
{
	if (record->type != TYPE_RRSIG)
		return false;
	for (unsigned i = 0; i < reading->count; i++) {
		const struct reading_record *other = &reading->records[i];
		if (other->type != TYPE_RRSIG && is_of_one_set(other, record))
			return false;
	}
	return true;
}

static bool
share_a_set(const struct reading_record *a, const struct reading_record *b)
{
	if (!a->is_orphan)
		return is_of_one_set(a, b);
	return b->is_orphan && a->section == b->section && a->class == b->class &&
	       a->owner_bytes == b->owner_bytes && memcmp(a->owner, b->owner, a->owner_bytes) == 0;
}

static int
compare(const void *left, const void *right)
{
	const struct reading_record *a = left, *b = right;
	if (a->section != b->section)
		return a->section < b->section ? -1 : 1;
	if (a->owner_bytes != b->owner_bytes)
		return a->owner_bytes < b->owner_bytes ? -1 : 1;
	int order = memcmp(a->owner, b->owner, a->owner_bytes);
	if (order != 0)
		return order;
	if (a->type != b->type)
		return a->type < b->type ? -1 : 1;
	if (a->class != b->class)
		return a->class < b->class ? -1 : 1;
	if (a->rdata_bytes != b->rdata_bytes)
		return a->rdata_bytes < b->rdata_bytes ? -1 : 1;
	return a->rdata_bytes == 0 ? 0 : memcmp(a->rdata, b->rdata, a->rdata_bytes);
}

/* One TTL a set, no record twice, no order. */
static void
settle(struct reading *reading)
{
	uint32_t ttls[READING_RECORDS_MAX];
	unsigned kept = 0;
	for (unsigned i = 0; i < reading->count; i++)
		reading->records[i].is_orphan = is_orphan(reading, &reading->records[i]);
	for (unsigned i = 0; i < reading->count; i++) {
		ttls[i] = UINT32_MAX;
		for (unsigned k = 0; k < reading->count; k++) {
			const struct reading_record *other = &reading->records[k];
			if (other->ttl_s < ttls[i] && share_a_set(&reading->records[i], other))
				ttls[i] = other->ttl_s;
		}
	}
	for (unsigned i = 0; i < reading->count; i++)
		reading->records[i].ttl_s = ttls[i];
	qsort(reading->records, reading->count, sizeof reading->records[0], compare);
	for (unsigned i = 0; i < reading->count; i++)
		if (kept == 0 || compare(&reading->records[kept - 1], &reading->records[i]) != 0)
			reading->records[kept++] = reading->records[i];
	reading->count = kept;
}

/* ---- from our reader ------------------------------------------------------------------------------ */

static void
add_set(struct reading *reading, unsigned section, const struct rrset *set)
{
	struct rdata_walk walk;
	rdata_first(set, &walk);
	unsigned records = 0u + set->rr_count + set->sig_count;
	for (unsigned i = 0; i < records; i++) {
		ck_assert(rdata_next(&walk));
		struct reading_record *record =
			add(reading, section, set->owner->wire, set->owner->size);
		record->type = i < set->rr_count ? set->type : (uint16_t)TYPE_RRSIG;
		record->class = set->class;
		record->ttl_s = set->ttl_s;
		record->rdata = keep(reading, walk.bytes, walk.size);
		record->rdata_bytes = walk.size;
		fold(reading, record);
	}
	ck_assert(!rdata_next(&walk));
}

void
reading_of_message(struct reading *reading, const struct message *message)
{
	const struct edns *edns = &message->edns;
	reading->count = 0;
	reading->used = 0;
	reading->id = message->id;
	reading->flags = message->flags &
			 (uint16_t)~0x40u; /* ldns does not tell the bit that means nothing */
	reading->rcode = message->rcode;
	reading->question_count = message->question_count;
	reading->question = message->question;
	reading->has_edns = edns->present;
	reading->dnssec_ok = edns->dnssec_ok;
	reading->edns_version = edns->version;
	reading->udp_bytes = edns->udp_bytes;
	reading->options = keep(reading, edns->options, edns->options_bytes);
	reading->options_bytes = edns->options_bytes;
	reading->has_tsig = message->tsig_present;
	for (unsigned section = 0; section < SECTIONS; section++)
		for (const struct rrset *set = message->sections[section]; set != NULL;
		     set = set->next)
			add_set(reading, section + 1, set);
	settle(reading);
}

/* ---- from ldns ----------------------------------------------------------------------------------- */

size_t
reading_rdata(const ldns_rr *rr, uint8_t *bytes, size_t size)
{
	size_t used = 0;
	for (size_t i = 0; i < ldns_rr_rd_count(rr); i++) {
		const ldns_rdf *field = ldns_rr_rdf(rr, i);
		size_t field_bytes = ldns_rdf_size(field);
		ck_assert_uint_le(field_bytes, size - used);
		if (field_bytes > 0)
			memcpy(bytes + used, ldns_rdf_data(field), field_bytes);
		used += field_bytes;
	}
	return used;
}

/* SIG(0) signs the message; ours is passed over where it has all of its fields (RFC 2931, section 3). */
static bool
is_sig0(const ldns_rr *rr)
{
	return ldns_rr_get_type(rr) == LDNS_RR_TYPE_SIG && ldns_rr_rd_count(rr) > 0 &&
	       ldns_rdf2native_int16(ldns_rr_rdf(rr, 0)) == 0;
}

static void
add_section(struct reading *reading, unsigned section, const ldns_rr_list *list)
{
	static uint8_t rdata[2 * MESSAGE_BYTES_MAX];
	for (size_t i = 0; i < ldns_rr_list_rr_count(list); i++) {
		const ldns_rr *rr = ldns_rr_list_rr(list, i);
		if (is_sig0(rr))
			continue;
		const ldns_rdf *owner = ldns_rr_owner(rr);
		struct reading_record *record =
			add(reading, section, ldns_rdf_data(owner), ldns_rdf_size(owner));
		uint32_t ttl_s = ldns_rr_ttl(rr);
		record->type = (uint16_t)ldns_rr_get_type(rr);
		record->class = (uint16_t)ldns_rr_get_class(rr);
		record->ttl_s = (ttl_s & TTL_TOP_BIT) != 0 ? 0 : ttl_s; /* RFC 2181, section 8 */
		record->rdata_bytes = reading_rdata(rr, rdata, sizeof rdata);
		record->rdata = keep(reading, rdata, record->rdata_bytes);
		fold(reading, record);
	}
}

static uint16_t
flags_of(const ldns_pkt *packet)
{
	unsigned flags = (unsigned)ldns_pkt_get_opcode(packet) << 11;
	flags |= ldns_pkt_qr(packet) ? DNS_QR : 0;
	flags |= ldns_pkt_aa(packet) ? DNS_AA : 0;
	flags |= ldns_pkt_tc(packet) ? DNS_TC : 0;
	flags |= ldns_pkt_rd(packet) ? DNS_RD : 0;
	flags |= ldns_pkt_ra(packet) ? DNS_RA : 0;
	flags |= ldns_pkt_ad(packet) ? DNS_AD : 0;
	flags |= ldns_pkt_cd(packet) ? DNS_CD : 0;
	return (uint16_t)flags;
}

static void
tell_edns(struct reading *reading, const ldns_pkt *packet)
{
	const ldns_rdf *options = ldns_pkt_edns_data(packet);
	uint16_t udp_bytes = ldns_pkt_edns_udp_size(packet);
	reading->dnssec_ok = ldns_pkt_edns_do(packet);
	reading->edns_version = ldns_pkt_edns_version(packet);
	reading->udp_bytes = udp_bytes < 512 ? 512 : udp_bytes; /* RFC 6891, section 6.2.3 */
	reading->rcode |= (uint16_t)(ldns_pkt_edns_extended_rcode(packet) << 4);
	reading->options_bytes = options != NULL ? (uint16_t)ldns_rdf_size(options) : 0;
	reading->options = keep(reading, options != NULL ? ldns_rdf_data(options) : NULL,
				reading->options_bytes);
}

static void
tell_question(struct reading *reading, const ldns_rr_list *questions)
{
	reading->question_count = (unsigned)ldns_rr_list_rr_count(questions);
	if (reading->question_count == 0)
		return;
	const ldns_rr *question = ldns_rr_list_rr(questions, 0);
	const ldns_rdf *qname = ldns_rr_owner(question);
	ck_assert_uint_le(ldns_rdf_size(qname), NAME_BYTES_MAX);
	reading->question.qname.size = (uint8_t)ldns_rdf_size(qname);
	memcpy(reading->question.qname.wire, ldns_rdf_data(qname), ldns_rdf_size(qname));
	reading->question.qtype = (uint16_t)ldns_rr_get_type(question);
	reading->question.qclass = (uint16_t)ldns_rr_get_class(question);
}

void
reading_of_packet(struct reading *reading, const ldns_pkt *packet)
{
	reading->count = 0;
	reading->used = 0;
	reading->id = ldns_pkt_id(packet);
	reading->flags = flags_of(packet);
	reading->rcode = ldns_pkt_get_rcode(packet);
	tell_question(reading, ldns_pkt_question(packet));
	reading->dnssec_ok = false;
	reading->edns_version = 0;
	reading->udp_bytes = reading->options_bytes = 0;
	reading->has_edns = ldns_pkt_edns(packet);
	if (reading->has_edns)
		tell_edns(reading, packet);
	reading->has_tsig = ldns_pkt_tsig(packet) != NULL;
	add_section(reading, 1, ldns_pkt_answer(packet));
	add_section(reading, 2, ldns_pkt_authority(packet));
	add_section(reading, 3, ldns_pkt_additional(packet));
	settle(reading);
}

/* ---- comparing ----------------------------------------------------------------------------------- */

static const char *
edns_difference(const struct reading *a, const struct reading *b)
{
	if (a->has_edns != b->has_edns)
		return "whether there is an OPT";
	if (!a->has_edns)
		return NULL;
	if (a->dnssec_ok != b->dnssec_ok || a->edns_version != b->edns_version)
		return "version or DO";
	if (a->udp_bytes != b->udp_bytes)
		return "the UDP payload size";
	if (a->options_bytes != b->options_bytes ||
	    (a->options_bytes > 0 && memcmp(a->options, b->options, a->options_bytes) != 0))
		return "the EDNS options";
	return NULL;
}

static size_t
put_record(char *text, size_t text_bytes, const struct reading_record *record)
{
	int used = snprintf(text, text_bytes,
			    "section %u, owner of %zu octets, type %u, class %u, TTL %u, rdata ",
			    record->section, record->owner_bytes, record->type, record->class,
			    record->ttl_s);
	size_t at = (size_t)used;
	for (size_t i = 0; i < record->rdata_bytes && at + 3 < text_bytes; i++)
		at += (size_t)snprintf(text + at, text_bytes - at, "%02x", record->rdata[i]);
	return at;
}

static const char *
record_difference(const struct reading_record *a, const struct reading_record *b)
{
	static char text[2048];
	size_t used = put_record(text, sizeof text / 2, a);
	used += (size_t)snprintf(text + used, sizeof text - used, "\n");
	put_record(text + used, sizeof text - used, b);
	return text;
}

const char *
reading_difference(const struct reading *a, const struct reading *b)
{
	if (a->id != b->id || a->flags != b->flags)
		return "id or flags";
	if (a->rcode != b->rcode)
		return "the rcode";
	if (a->question_count != b->question_count)
		return "how many questions";
	if (a->question_count > 0 &&
	    (!name_equal_exact(&a->question.qname, &b->question.qname) ||
	     a->question.qtype != b->question.qtype || a->question.qclass != b->question.qclass))
		return "the question";
	if (a->has_tsig != b->has_tsig)
		return "whether there is a TSIG";
	if (edns_difference(a, b) != NULL)
		return edns_difference(a, b);
	if (a->count != b->count)
		return "how many records";
	for (unsigned i = 0; i < a->count; i++)
		if (compare(&a->records[i], &b->records[i]) != 0 ||
		    a->records[i].ttl_s != b->records[i].ttl_s)
			return record_difference(&a->records[i], &b->records[i]);
	return NULL;
}

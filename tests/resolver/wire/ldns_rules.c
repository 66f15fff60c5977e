#include "tests/resolver/wire/ldns_rules.h"

#include <ldns/ldns.h>

#include "resolver/wire/message.h"
#include "resolver/wire/rdata_types.h"
#include "tests/resolver/wire/anatomy.h"

#define LOC_BYTES      16u
#define SIG0_BYTES_MIN 18u

const struct rule rules[RULES] = {
	[RULE_FRAME] = { true, "less is there than header and RDLENGTHs promise",
			 "RFC 1035, section 4.1" },
	[RULE_NAME] = { true, "a name without an end, of another label type or too long",
			"RFC 1035, section 3.1" },
	[RULE_FORWARD] = { true, "a pointer leads to a prior occurrence",
			   "RFC 1035, section 4.1.4" },
	[RULE_HEADER] = { true, "the header is no name", "RFC 1035, section 4.1.1" },
	[RULE_POINTERS] = { true, "more pointers than a name has use for", "RFC 9267, section 2" },
	[RULE_MISSING] = { true, "rdata end before the last field", "RFC 1035, section 3.2.1" },
	[RULE_OVERRUN] = { true, "a field goes on after RDLENGTH octets", "RFC 9267, section 5" },
	[RULE_LEFT] = { true, "RDLENGTH counts octets after the last field",
			"RFC 9267, section 5" },
	[RULE_BITMAP] = { true, "windows ascend and have 1 to 32 octets",
			  "RFC 4034, section 4.1.2" },
	[RULE_PARAMS] = { true, "a SvcParam ends within the record", "RFC 9460, section 2.2" },
	[RULE_OPTIONS] = { true, "an option ends within the OPT", "RFC 6891, section 6.1.2" },
	[RULE_APL] = { true, "an item ends within the record", "RFC 3123, section 4" },
	[RULE_LOC] = { true, "version 0 has 16 octets", "RFC 1876, section 2" },
	[RULE_EMPTY] = { true, "a tag and a hash are not empty",
			 "RFC 8659, section 4.1; RFC 5155, section 3.2" },
	[RULE_OPT] = { true, "one OPT, of the root, in the additional section",
		       "RFC 6891, section 6.1.1" },
	[RULE_TSIG] = { true, "a TSIG is the last record, of class ANY", "RFC 8945, section 5.1" },
	[RULE_UNDESCRIBED] = { false,
			       "ldns does not describe the type, or not as its document does",
			       "RFC 3597, section 3" },
	[RULE_CLASS] = { false, "types of the Internet are opaque in other classes",
			 "RFC 3597, section 2" },
	[RULE_GATEWAY] = { false,
			   "a gateway of a kind to come has no known end, and one with a pointer "
			   "should not be",
			   "RFC 4025, sections 2.3 and 2.5" },
	[RULE_UNREAD] = { false, "signatures of the message are passed over",
			  "RFC 8945; RFC 2931" },
};

/* Types with fields in IANA's documents that ldns reads as one piece, or as something else. */
static const uint16_t undescribed[] = { 23,  30,  38,  40,  56,  57,  66,  67,   68,
					258, 259, 260, 261, 262, 263, 264, 32768 };

static const uint16_t of_the_internet[] = { 1,  11, 22, 23, 26, 28, 31, 32,
					    33, 34, 36, 38, 42, 49, 64, 65 };

static bool
is_among(const uint16_t *types, size_t count, uint16_t type)
{
	for (size_t i = 0; i < count; i++)
		if (types[i] == type)
			return true;
	return false;
}
#define IS_AMONG(types, type) is_among(types, sizeof(types) / sizeof((types)[0]), type)

bool
rules_leave_out(uint16_t type)
{
	return IS_AMONG(undescribed, type);
}

/* ---- fields -------------------------------------------------------------------------------------- */

/* The rdata of one record of the message, from `at` on. */
struct rdata {
	struct evidence *evidence;
	const uint8_t *bytes;
	size_t size, at, end;
};

static void
note_name(struct evidence *evidence, const struct anatomy_name *name)
{
	evidence->holds[RULE_FORWARD] |= name->goes_forward;
	evidence->holds[RULE_HEADER] |= name->is_in_header;
	evidence->holds[RULE_POINTERS] |= name->pointers > NAME_POINTERS_MAX;
	evidence->holds[RULE_NAME] |= name->is_broken;
}

/* Returns whether it had pointers. */
static bool
pass_name(struct rdata *rdata)
{
	struct anatomy_name name;
	anatomy_name(&name, rdata->bytes, rdata->size, rdata->at);
	note_name(rdata->evidence, &name);
	rdata->evidence->holds[RULE_OVERRUN] |= name.end > rdata->end;
	rdata->at = name.is_broken || name.end > rdata->end ? rdata->end : name.end;
	return name.pointers > 0;
}

static void
pass(struct rdata *rdata, size_t size)
{
	size_t left = rdata->end - rdata->at;
	rdata->evidence->holds[RULE_OVERRUN] |= size > left;
	rdata->at += size > left ? left : size;
}

/* Octets of a field of which at least one is there; the rest of the rdata for those that have no length. */
static size_t
field_bytes(const struct rdata *rdata, ldns_rdf_type field)
{
	const uint8_t *bytes = rdata->bytes + rdata->at;
	size_t left = rdata->end - rdata->at;
	switch (field) {
	case LDNS_RDF_TYPE_CLASS:
	case LDNS_RDF_TYPE_ALG:
	case LDNS_RDF_TYPE_CERTIFICATE_USAGE:
	case LDNS_RDF_TYPE_SELECTOR:
	case LDNS_RDF_TYPE_MATCHING_TYPE:
	case LDNS_RDF_TYPE_INT8: return 1;
	case LDNS_RDF_TYPE_TYPE:
	case LDNS_RDF_TYPE_INT16:
	case LDNS_RDF_TYPE_CERT_ALG: return 2;
	case LDNS_RDF_TYPE_TIME:
	case LDNS_RDF_TYPE_INT32:
	case LDNS_RDF_TYPE_A:
	case LDNS_RDF_TYPE_PERIOD: return 4;
	case LDNS_RDF_TYPE_TSIGTIME:
	case LDNS_RDF_TYPE_EUI48: return 6;
	case LDNS_RDF_TYPE_ILNP64:
	case LDNS_RDF_TYPE_EUI64: return 8;
	case LDNS_RDF_TYPE_AAAA: return 16;
	case LDNS_RDF_TYPE_STR:
	case LDNS_RDF_TYPE_NSEC3_SALT:
	case LDNS_RDF_TYPE_NSEC3_NEXT_OWNER:
	case LDNS_RDF_TYPE_TAG: return 1u + bytes[0];
	case LDNS_RDF_TYPE_INT16_DATA: return left < 2 ? 2 : 2u + anatomy_u16(bytes, 0);
	case LDNS_RDF_TYPE_HIP: return left < 4 ? 4 : 4u + bytes[0] + anatomy_u16(bytes, 2);
	default: return left;
	}
}

/* Fields without a length that may come to nothing. */
static bool
may_be_absent(ldns_rdf_type field)
{
	return field == LDNS_RDF_TYPE_B64 || field == LDNS_RDF_TYPE_HEX ||
	       field == LDNS_RDF_TYPE_LONG_STR || field == LDNS_RDF_TYPE_NSEC ||
	       field == LDNS_RDF_TYPE_SVCPARAMS || field == LDNS_RDF_TYPE_UNKNOWN ||
	       field == LDNS_RDF_TYPE_APL;
}

/* ---- what stands in a field ------------------------------------------------------------------------ */

static bool
is_bitmap(const uint8_t *at, const uint8_t *end)
{
	int last = -1;
	for (; end - at >= 2; at += 2 + at[1]) {
		if (at[0] <= last || at[1] == 0 || at[1] > 32 || at[1] > end - at - 2)
			return false;
		last = at[0];
	}
	return at == end;
}

static bool
is_list_of_options(const uint8_t *at, const uint8_t *end)
{
	while (end - at >= 4 && anatomy_u16(at, 2) <= end - at - 4)
		at += 4 + anatomy_u16(at, 2);
	return at == end;
}

static bool
is_apl(const uint8_t *at, const uint8_t *end)
{
	while (end - at >= 4 && (at[3] & 0x7f) <= end - at - 4)
		at += 4 + (at[3] & 0x7f);
	return at == end;
}

static void
note_content(struct rdata *rdata, ldns_rdf_type field, size_t field_at)
{
	bool *holds = rdata->evidence->holds;
	const uint8_t *at = rdata->bytes + field_at, *end = rdata->bytes + rdata->at;
	if (field == LDNS_RDF_TYPE_NSEC)
		holds[RULE_BITMAP] |= !is_bitmap(at, end);
	else if (field == LDNS_RDF_TYPE_SVCPARAMS)
		holds[RULE_PARAMS] |= !is_list_of_options(at, end);
	else if (field == LDNS_RDF_TYPE_APL)
		holds[RULE_APL] |= !is_apl(at, end);
	else if (field == LDNS_RDF_TYPE_LOC)
		holds[RULE_LOC] |= at[0] == 0 && end - at != LOC_BYTES;
	else if (field == LDNS_RDF_TYPE_TAG || field == LDNS_RDF_TYPE_NSEC3_NEXT_OWNER)
		holds[RULE_EMPTY] |= at[0] == 0;
}

/* Precedence, kind of gateway, algorithm, gateway, key (RFC 4025, section 2.1). */
static void
pass_ipseckey(struct rdata *rdata)
{
	uint8_t kind = rdata->end - rdata->at > 1 ? rdata->bytes[rdata->at + 1] : 0;
	rdata->evidence->holds[RULE_GATEWAY] |= kind > GATEWAY_NAME;
	pass(rdata, 3u + (kind == GATEWAY_IPV4 ? 4 : kind == GATEWAY_IPV6 ? 16 : 0));
	if (kind == GATEWAY_NAME)
		rdata->evidence->holds[RULE_GATEWAY] |= pass_name(rdata);
	rdata->at = rdata->end;
}

static void
note_rdata(struct rdata *rdata, uint16_t number)
{
	const ldns_rr_descriptor *type = ldns_rr_descript(number);
	size_t field = 0, minimum = ldns_rr_descriptor_minimum(type);
	for (; field < ldns_rr_descriptor_maximum(type) && rdata->at < rdata->end; field++) {
		ldns_rdf_type kind = ldns_rr_descriptor_field_type(type, field);
		size_t field_at = rdata->at;
		if (kind == LDNS_RDF_TYPE_DNAME)
			(void)pass_name(rdata);
		else if (kind == LDNS_RDF_TYPE_IPSECKEY)
			pass_ipseckey(rdata);
		else
			pass(rdata, field_bytes(rdata, kind));
		note_content(rdata, kind, field_at);
	}
	if (field < minimum && !may_be_absent(ldns_rr_descriptor_field_type(type, field)))
		rdata->evidence->holds[RULE_MISSING] = true;
	rdata->evidence->holds[RULE_LEFT] |= rdata->at < rdata->end;
}

/* ---- records ------------------------------------------------------------------------------------- */

static void
note_opt(struct evidence *evidence, const uint8_t *bytes, const struct anatomy *anatomy, unsigned i)
{
	const struct anatomy_record *record = &anatomy->records[i];
	struct anatomy_name owner;
	const uint8_t *options = bytes + record->rdata_at;
	anatomy_name(&owner, bytes, record->type_at, record->owner_at);
	evidence->holds[RULE_OPT] |= record->section != 3 || owner.size != 1;
	for (unsigned other = 0; other < i; other++)
		evidence->holds[RULE_OPT] |= anatomy->records[other].type == TYPE_OPT;
	evidence->holds[RULE_OPTIONS] |= !is_list_of_options(options, options + record->rdlength);
}

static void
note_record(struct evidence *evidence, const uint8_t *bytes, size_t size,
	    const struct anatomy *anatomy, unsigned i)
{
	const struct anatomy_record *record = &anatomy->records[i];
	struct rdata rdata = { evidence, bytes, size, record->rdata_at,
			       record->rdata_at + record->rdlength };
	bool is_class_of_updates = record->class == CLASS_ANY || record->class == CLASS_NONE;
	if (record->type == TYPE_OPT) {
		note_opt(evidence, bytes, anatomy, i);
	} else if (record->type == TYPE_TSIG) {
		bool is_last = record->section == 3 && i + 1 == anatomy->count;
		evidence->holds[RULE_TSIG] |= !is_last || record->class != CLASS_ANY;
		evidence->holds[RULE_UNREAD] = true;
	} else if (record->type == TYPE_SIG && record->rdlength >= SIG0_BYTES_MIN &&
		   anatomy_u16(bytes, record->rdata_at) == 0) {
		evidence->holds[RULE_UNREAD] = true;
	} else if (record->rdlength == 0 && is_class_of_updates) {
		return; /* a deletion or a prerequisite (RFC 2136, section 2.4) */
	} else if (IS_AMONG(of_the_internet, record->type) && record->class != CLASS_IN &&
		   !is_class_of_updates) {
		evidence->holds[RULE_CLASS] = true;
	} else if (IS_AMONG(undescribed, record->type)) {
		evidence->holds[RULE_UNDESCRIBED] = true;
	} else {
		note_rdata(&rdata, record->type);
	}
}

void
evidence_read(struct evidence *evidence, const uint8_t *bytes, size_t size)
{
	static struct anatomy anatomy;
	struct anatomy_name name;
	*evidence = (struct evidence){ 0 };
	anatomy_read(&anatomy, bytes, size);
	evidence->holds[RULE_FRAME] = !anatomy.is_whole;
	for (unsigned i = 0; i < anatomy.question_count; i++) {
		anatomy_name(&name, bytes, size, anatomy.questions_at[i]);
		note_name(evidence, &name);
	}
	for (unsigned i = 0; i < anatomy.count; i++) {
		anatomy_name(&name, bytes, size, anatomy.records[i].owner_at);
		note_name(evidence, &name);
		note_record(evidence, bytes, size, &anatomy, i);
	}
}

#include "tests/resolver/iterate/subject.h"

#include <string.h>

static uint8_t memory[1 << 20];

void
subject_fill(struct subject *subject, enum dns_section section, const struct record *records)
{
	unsigned count = 0;
	while (records != NULL && count < SUBJECT_RECORDS_MAX && records[count].owner != NULL) {
		unsigned same = 1;
		while (count + same < SUBJECT_RECORDS_MAX && records[count + same].owner != NULL &&
		       records[count + same].type == records[count].type &&
		       strcmp(records[count + same].owner, records[count].owner) == 0)
			same++;
		records_append(&subject->message.sections[section],
			       records_set(&subject->arena, &records[count], same));
		subject->message.rrset_counts[section]++;
		count += same;
	}
}

void
subject_init(struct subject *subject, const char *zone, const char *qname, uint16_t qtype,
	     uint16_t flags, uint16_t rcode)
{
	*subject = (struct subject){ .message = { .flags = DNS_QR | flags, .rcode = rcode } };
	arena_init(&subject->arena, memory, sizeof memory);
	subject->zone = name_of(zone);
	subject->qname = name_of(qname);
	subject->asked = (struct asked){ .zone = &subject->zone, .qname = &subject->qname, .qtype = qtype, .edns = true };
}

const struct scrub_limits subject_limits = { .ttl_min_s = 10, .ttl_max_s = 86400, .negative_ttl_max_s = 3600 };

struct scrubbed
subject_scrub(struct subject *subject)
{
	struct scrubbed scrubbed;
	classify(&subject->classified, &subject->message, &subject->asked, &subject->arena);
	scrub(&scrubbed, &subject->message, &subject->classified, &subject->asked, &subject_limits);
	return scrubbed;
}

/*
 * anatomy.h - where the parts of a message stand, good or not, read without resolver/wire (RFC
 * 1035, section 4).
 *
 * Records are framed by their RDLENGTH alone.  Names are followed wherever their pointers lead,
 * and what is wrong with them is noted instead of refused: tests spoil a message at a place that
 * matters, and say why one was refused.
 */
#ifndef CAIRN_TESTS_RESOLVER_WIRE_ANATOMY_H
#define CAIRN_TESTS_RESOLVER_WIRE_ANATOMY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ANATOMY_RECORDS_MAX 512u

struct anatomy_name {
	size_t end; /* the octet after it, where it was first read */
	unsigned pointers;
	bool goes_forward; /* a pointer to what does not end before the labels in front of it */
	bool is_in_header; /* a pointer into the first twelve octets */
	bool is_broken;    /* no end, another label type, or more than 255 octets */
	uint8_t wire[256]; /* without pointers */
	size_t size;
};

struct anatomy_record {
	unsigned section; /* 1 to 3, as their counts follow each other in the header */
	size_t owner_at, type_at, rdata_at;
	uint16_t type, class, rdlength;
};

struct anatomy {
	unsigned question_count, count;
	size_t questions_at[4], end; /* end: after the last record that could be framed */
	bool is_whole;               /* all that the counts promise is there */
	struct anatomy_record records[ANATOMY_RECORDS_MAX];
};

void anatomy_name(struct anatomy_name *name, const uint8_t *bytes, size_t size, size_t at);
void anatomy_read(struct anatomy *anatomy, const uint8_t *bytes, size_t size);

static inline uint16_t
anatomy_u16(const uint8_t *bytes, size_t at)
{
	return (uint16_t)(bytes[at] << 8 | bytes[at + 1]);
}

#endif

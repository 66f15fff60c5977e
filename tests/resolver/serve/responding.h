/*
 * responding.h - answers made by hand, and what is read of the replies to them; for test_respond and its kin, a program each.
 */
#ifndef CAIRN_TESTS_RESOLVER_SERVE_RESPONDING_H
#define CAIRN_TESTS_RESOLVER_SERVE_RESPONDING_H

#include <stdio.h>
#include <string.h>

#include "resolver/serve/respond.h"
#include "resolver/wire/rdata.h"
#include "stack/base/arena.h"
#include "tests/suite.h"

static uint8_t making_block[1 << 20], reading_block[1 << 20], bytes[MESSAGE_BYTES_MAX];
static struct arena making, reading;
static struct message message;

static const struct respond_config plain = { .minimal_responses = true, .udp_bytes_max = 1232 };

static inline void
setup(void)
{
	arena_init(&making, making_block, sizeof making_block);
	arena_init(&reading, reading_block, sizeof reading_block);
}

static inline struct name
name_of(const char *text)
{
	struct name name;
	ck_assert_int_eq(name_from_text(&name, text, NULL), 0);
	return name;
}

static inline struct question
question_of(const char *qname, uint16_t qtype)
{
	return (struct question){ .qname = name_of(qname), .qtype = qtype, .qclass = CLASS_IN };
}

/* A set of `count` records of `each` octets, and as many signatures as said, put in front of the list. */
static inline void
add_set(struct rrset **list, const char *owner, uint16_t type, unsigned count, unsigned each,
	unsigned sig_count)
{
	struct name name = name_of(owner);
	size_t size = (count + sig_count) * (2 + each);
	uint8_t *rdata = arena_zalloc(&making, 1, size);
	struct rrset *rrset = arena_zalloc(&making, 1, sizeof *rrset);
	ck_assert(rdata != NULL && rrset != NULL);
	struct writer writer = writer_over(rdata, size);
	for (unsigned i = 0; i < count + sig_count; i++) {
		writer_u16(&writer, (uint16_t)each);
		uint8_t *at = writer_reserve(&writer, each);
		at[each - 1] = (uint8_t)i;
		if (i >= count) {
			at[0] = (uint8_t)(type >> 8); /* type covered */
			at[1] = (uint8_t)type;
		}
	}
	*rrset = (struct rrset){
		.next = *list,
		.owner = name_store(&making, &name),
		.type = type,
		.class = CLASS_IN,
		.rr_count = (uint16_t)count,
		.sig_count = (uint16_t)sig_count,
		.ttl_s = 300,
		.rdata_bytes = (uint32_t)size,
		.rdata = rdata,
	};
	*list = rrset;
}

/* A query's form: EDNS with 1232 octets unless told otherwise. */
static inline struct reply_form
form_of(uint16_t flags)
{
	return (struct reply_form){
		.id = 0x1234,
		.flags = flags,
		.udp_bytes = 1232,
		.has_edns = true,
		.recursion_available = true,
	};
}

/* Responds and reads the result back into `message`; returns its octets. */
static inline int
respond_and_read(const struct respond_config *config, const struct reply_form *form,
		 const struct question *question, const struct answer *answer, bool *is_truncated)
{
	int size = respond(config, form, question, answer, bytes, sizeof bytes, is_truncated);
	ck_assert_int_gt(size, 0);
	arena_reset(&reading);
	ck_assert_int_eq(message_read(&message, &reading, bytes, (size_t)size), 0);
	return size;
}

static inline unsigned
count_type(enum dns_section section, uint16_t type)
{
	unsigned count = 0;
	for (const struct rrset *set = message.sections[section]; set != NULL; set = set->next)
		count += set->type == type;
	return count;
}

#endif

/*
 * build.h - messages built octet by octet, so that tests of the reader do not depend on the writer.
 */
#ifndef CAIRN_TESTS_RESOLVER_WIRE_BUILD_H
#define CAIRN_TESTS_RESOLVER_WIRE_BUILD_H

#include "resolver/wire/message.h"
#include "tests/suite.h"

struct build {
	uint8_t bytes[MESSAGE_BYTES_MAX + 1];
	struct writer writer;
};

void build_begin(struct build *build, uint16_t flags); /* id 0x1234, counts 0 */
void build_name(struct build *build, const char *text);
void build_question(struct build *build, const char *qname, uint16_t qtype);
/* A record in `section` (0: answer); rdata is a string literal's octets. Counts it in the header. */
void build_rr(struct build *build, enum dns_section section, const char *owner, uint16_t type, uint32_t ttl_s,
              const void *rdata, size_t rdata_bytes);
void build_rr_class(struct build *build, enum dns_section section, const char *owner, uint16_t type,
                    uint16_t class, uint32_t ttl_s, const void *rdata, size_t rdata_bytes);
/* Owner as a pointer to the question. */
void build_rr_at_qname(struct build *build, enum dns_section section, uint16_t type, uint32_t ttl_s,
                       const void *rdata, size_t rdata_bytes);
void build_rrsig(struct build *build, enum dns_section section, const char *owner, uint16_t covered, uint32_t ttl_s,
                 const char *signature);

struct name name_of(const char *text);

#define RDATA(literal) (literal), sizeof(literal) - 1

#endif

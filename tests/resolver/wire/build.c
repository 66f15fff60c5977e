#include "tests/resolver/wire/build.h"

struct name
name_of(const char *text)
{
	struct name name;
	ck_assert_msg(name_from_text(&name, text, NULL) == 0, "%s", text);
	return name;
}

void
build_begin(struct build *build, uint16_t flags)
{
	build->writer = writer_over(build->bytes, sizeof build->bytes);
	writer_u16(&build->writer, 0x1234);
	writer_u16(&build->writer, flags);
	writer_u32(&build->writer, 0);
	writer_u32(&build->writer, 0);
}

void
build_name(struct build *build, const char *text)
{
	struct name name = name_of(text);
	writer_bytes(&build->writer, name.wire, name.size);
}

static void
count_up(struct build *build, size_t at)
{
	unsigned count = (unsigned)(build->bytes[at] << 8 | build->bytes[at + 1]) + 1;
	writer_patch_u16(&build->writer, at, (uint16_t)count);
}

void
build_question(struct build *build, const char *qname, uint16_t qtype)
{
	build_name(build, qname);
	writer_u16(&build->writer, qtype);
	writer_u16(&build->writer, CLASS_IN);
	count_up(build, 4);
}

static void
build_rest(struct build *build, enum dns_section section, uint16_t type, uint16_t class,
	   uint32_t ttl_s, const void *rdata, size_t rdata_bytes)
{
	writer_u16(&build->writer, type);
	writer_u16(&build->writer, class);
	writer_u32(&build->writer, ttl_s);
	writer_u16(&build->writer, (uint16_t)rdata_bytes);
	writer_bytes(&build->writer, rdata, rdata_bytes);
	count_up(build, 6 + 2 * (size_t)section);
	ck_assert_int_eq(build->writer.err, 0);
}

void
build_rr_class(struct build *build, enum dns_section section, const char *owner, uint16_t type,
	       uint16_t class, uint32_t ttl_s, const void *rdata, size_t rdata_bytes)
{
	build_name(build, owner);
	build_rest(build, section, type, class, ttl_s, rdata, rdata_bytes);
}

void
build_rr(struct build *build, enum dns_section section, const char *owner, uint16_t type,
	 uint32_t ttl_s, const void *rdata, size_t rdata_bytes)
{
	build_rr_class(build, section, owner, type, CLASS_IN, ttl_s, rdata, rdata_bytes);
}

void
build_rr_at_qname(struct build *build, enum dns_section section, uint16_t type, uint32_t ttl_s,
		  const void *rdata, size_t rdata_bytes)
{
	writer_u16(&build->writer, 0xc00c);
	build_rest(build, section, type, CLASS_IN, ttl_s, rdata, rdata_bytes);
}

void
build_rrsig(struct build *build, enum dns_section section, const char *owner, uint16_t covered,
	    uint32_t ttl_s, const char *signature)
{
	uint8_t rdata[300] = { (uint8_t)(covered >> 8), (uint8_t)covered, 13, 2 };
	rdata[7] = 60; /* the original TTL */
	size_t signature_bytes = strlen(signature);
	memcpy(rdata + 19, signature, signature_bytes); /* after the root as its signer */
	build_rr(build, section, owner, TYPE_RRSIG, ttl_s, rdata, 19 + signature_bytes);
}

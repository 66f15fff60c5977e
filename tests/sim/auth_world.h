/*
 * auth_world.h - a simulated name server with some zones, asked and told as text: what its tests have in common.
 */
#ifndef CAIRN_TESTS_SIM_AUTH_WORLD_H
#define CAIRN_TESTS_SIM_AUTH_WORLD_H

#include <stdio.h>
#include <string.h>

#include "tests/sim/auth.h"
#include "resolver/wire/text.h"
#include "tests/suite.h"

static const char example_zone[] =
	"$TTL 3600\n"
	"@ SOA ns1 hostmaster 1 7200 3600 1209600 300\n"
	"@ NS ns1\n"
	"@ NS ns.other.test.\n"
	"ns1 A 192.0.2.1\n"
	"ns1 AAAA 2001:db8::1\n"
	"@ MX 10 mail\n"
	"mail A 192.0.2.2\n"
	"www A 192.0.2.3\n"
	"www RRSIG A 13 2 3600 20300101000000 20200101000000 1 example. AAAA\n"
	"alias CNAME www\n"
	"far CNAME www.sub\n"
	"away CNAME www.nowhere.\n"
	"nothing CNAME missing\n"
	"neighbour CNAME www.other.test.\n"
	"ring1 CNAME ring2\n"
	"ring2 CNAME ring1\n"
	"a.b.ent TXT \"deep\"\n"
	"*.wild TXT \"any\"\n"
	"x.wild A 192.0.2.4\n"
	"*.walias CNAME www\n"
	"old DNAME new\n"
	"host.new A 192.0.2.5\n"
	"sub NS ns.sub\n"
	"sub NS ns.elsewhere.test.\n"
	"sub DS 1 13 2 aabb\n"
	"ns.sub A 192.0.2.6\n"
	"big TXT \"0123456789012345678901234567890123456789012345678901234567890123456789"
	"01234567890123456789012345678901234567890123456789012345678901234567890123456789\"\n"
	"big TXT \"1123456789012345678901234567890123456789012345678901234567890123456789"
	"01234567890123456789012345678901234567890123456789012345678901234567890123456789\"\n"
	"big TXT \"2123456789012345678901234567890123456789012345678901234567890123456789"
	"01234567890123456789012345678901234567890123456789012345678901234567890123456789\"\n"
	"big TXT \"3123456789012345678901234567890123456789012345678901234567890123456789"
	"01234567890123456789012345678901234567890123456789012345678901234567890123456789\"\n";

static const char other_zone[] = "@ SOA ns hostmaster 1 2 3 4 5\n"
				 "@ NS ns\n"
				 "ns A 198.51.100.1\n"
				 "www A 198.51.100.2\n";

static _Alignas(8) uint8_t block[1 << 20], arena_block[1 << 16];
static struct auth auth;
static struct arena arena;
static struct message message;
static char text[65536];

static inline void
setup(void)
{
	auth_init(&auth, block, sizeof block);
	ck_assert_msg(auth_load(&auth, "example.", example_zone) == 0, "line %u: %s", auth.line,
		      auth.why);
	ck_assert_int_eq(auth_load(&auth, "other.test.", other_zone), 0);
}

enum how { PLAIN = 0, EDNS = 1, DNSSEC = 2, TCP = 4 };

/* Asks and reads the reply into `message` and `text`; false when there is none. */
static inline bool
ask(const char *qname, const char *qtype, unsigned how)
{
	uint8_t query[512], reply[MESSAGE_BYTES_MAX];
	struct question question = { .qclass = CLASS_IN };
	struct edns edns = { .present = true, .udp_bytes = 1232, .dnssec_ok = (how & DNSSEC) != 0 };
	struct render render;
	ck_assert_int_eq(name_from_text(&question.qname, qname, NULL), 0);
	ck_assert_int_eq(type_from_text(qtype, &question.qtype), 0);
	render_begin(&render, query, sizeof query, 77, 0, 0, EDNS_RECORD_BYTES);
	ck_assert_int_eq(render_question(&render, &question), 0);
	if ((how & (EDNS | DNSSEC)) != 0)
		ck_assert_int_eq(render_edns(&render, &edns), 0);
	size_t size = (size_t)render_finish(&render);

	size = auth_answer(&auth, query, size, (how & TCP) != 0, reply, sizeof reply);
	if (size == 0)
		return false;
	arena_init(&arena, arena_block, sizeof arena_block);
	ck_assert_int_eq(message_read(&message, &arena, reply, size), 0);
	ck_assert_int_eq(message_to_text(&message, text, sizeof text), 0);
	return true;
}

/* The reply's text with single blanks for tabs, and owner, type, rdata of each record only. */
static inline bool
has_line(const char *line)
{
	for (unsigned section = 0; section < SECTIONS; section++) {
		for (const struct rrset *set = message.sections[section]; set != NULL;
		     set = set->next) {
			struct rdata_walk walk;
			unsigned i = 0;
			for (rdata_first(set, &walk); rdata_next(&walk); i++) {
				char found[4096], owner[NAME_TEXT_BYTES],
					type_text[TYPE_TEXT_BYTES], rdata[2048];
				uint16_t type = i < set->rr_count ? set->type : TYPE_RRSIG;
				ck_assert_int_eq(rdata_to_text(type, set->class, walk.bytes,
							       walk.size, rdata, sizeof rdata),
						 0);
				snprintf(found, sizeof found, "%s %s %s",
					 name_to_text(set->owner, owner, sizeof owner),
					 type_to_text(type, type_text, sizeof type_text), rdata);
				if (strncmp(found, line, strlen(line)) == 0)
					return true;
			}
		}
	}
	return false;
}

#endif

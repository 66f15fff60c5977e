#include "tests/sim/auth.h"

#include <stdio.h>

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

static void
setup(void)
{
	auth_init(&auth, block, sizeof block);
	ck_assert_msg(auth_load(&auth, "example.", example_zone) == 0, "line %u: %s", auth.line,
		      auth.why);
	ck_assert_int_eq(auth_load(&auth, "other.test.", other_zone), 0);
}

enum how { PLAIN = 0, EDNS = 1, DNSSEC = 2, TCP = 4 };

/* Asks and reads the reply into `message` and `text`; false when there is none. */
static bool
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

/* ---- right answers -------------------------------------------------------------------------------- */

#define AA DNS_AA
#define NO 0

static const struct {
	const char *behaviour, *qname, *qtype;
	unsigned how;
	uint16_t rcode, flags;
	unsigned counts[SECTIONS];
	const char *lines[4]; /* owner, type and rdata, blanks for tabs and the TTL left out */
} answers[] = {
	{ "a set is answered",
	  "www.example.",
	  "A",
	  PLAIN,
	  0,
	  AA,
	  { 1, 0, 0 },
	  { "www.example. A 192.0.2.3" } },
	{ "signatures only for those who ask",
	  "www.example.",
	  "A",
	  EDNS,
	  0,
	  AA,
	  { 1, 0, 0 },
	  { NULL } },
	{ "signatures with DO",
	  "www.example.",
	  "A",
	  DNSSEC,
	  0,
	  AA,
	  { 1, 0, 0 },
	  { "www.example. RRSIG A 13 2" } },
	{ "addresses come with the MX",
	  "example.",
	  "MX",
	  PLAIN,
	  0,
	  AA,
	  { 1, 0, 1 },
	  { "mail.example. A 192.0.2.2" } },
	{ "addresses come from all zones of the server",
	  "example.",
	  "NS",
	  PLAIN,
	  0,
	  AA,
	  { 1, 0, 3 },
	  { "ns1.example. AAAA 2001:db8::1" } },
	{ "an alias is followed",
	  "alias.example.",
	  "A",
	  PLAIN,
	  0,
	  AA,
	  { 2, 0, 0 },
	  { "alias.example. CNAME www.example.", "www.example. A 192.0.2.3" } },
	{ "an alias asked for is not",
	  "alias.example.",
	  "CNAME",
	  PLAIN,
	  0,
	  AA,
	  { 1, 0, 0 },
	  { NULL } },
	{ "an alias into another zone of ours is followed",
	  "neighbour.example.",
	  "A",
	  PLAIN,
	  0,
	  AA,
	  { 2, 0, 0 },
	  { "www.other.test. A 198.51.100.2" } },
	{ "an alias out of our zones ends there",
	  "away.example.",
	  "A",
	  PLAIN,
	  0,
	  AA,
	  { 1, 0, 0 },
	  { NULL } },
	{ "an alias into a child ends there",
	  "far.example.",
	  "A",
	  PLAIN,
	  0,
	  AA,
	  { 1, 0, 0 },
	  { NULL } },
	{ "an alias to nothing is NXDOMAIN",
	  "nothing.example.",
	  "A",
	  PLAIN,
	  RCODE_NXDOMAIN,
	  AA,
	  { 1, 1, 0 },
	  { "nothing.example. CNAME missing.example." } },
	{ "aliases in a ring end", "ring1.example.", "A", PLAIN, 0, AA, { 2, 0, 0 }, { NULL } },
	{ "ANY is everything", "example.", "ANY", PLAIN, 0, AA, { 3, 0, 4 }, { NULL } },
	{ "no such name",
	  "missing.example.",
	  "A",
	  PLAIN,
	  RCODE_NXDOMAIN,
	  AA,
	  { 0, 1, 0 },
	  { "example. SOA ns1.example." } },
	{ "no such type",
	  "www.example.",
	  "AAAA",
	  PLAIN,
	  0,
	  AA,
	  { 0, 1, 0 },
	  { "example. SOA ns1.example." } },
	{ "an empty non-terminal exists",
	  "ent.example.",
	  "A",
	  PLAIN,
	  0,
	  AA,
	  { 0, 1, 0 },
	  { NULL } },
	{ "and so does the one below",
	  "b.ent.example.",
	  "TXT",
	  PLAIN,
	  0,
	  AA,
	  { 0, 1, 0 },
	  { NULL } },
	{ "below an empty non-terminal nothing does",
	  "c.ent.example.",
	  "TXT",
	  PLAIN,
	  RCODE_NXDOMAIN,
	  AA,
	  { 0, 1, 0 },
	  { NULL } },
	{ "a wildcard answers under the name asked",
	  "a.b.wild.example.",
	  "TXT",
	  PLAIN,
	  0,
	  AA,
	  { 1, 0, 0 },
	  { "a.b.wild.example. TXT \"any\"" } },
	{ "a wildcard without the type is NODATA",
	  "a.wild.example.",
	  "A",
	  PLAIN,
	  0,
	  AA,
	  { 0, 1, 0 },
	  { NULL } },
	{ "a name that exists hides the wildcard",
	  "x.wild.example.",
	  "TXT",
	  PLAIN,
	  0,
	  AA,
	  { 0, 1, 0 },
	  { NULL } },
	{ "and everything below it",
	  "y.x.wild.example.",
	  "TXT",
	  PLAIN,
	  RCODE_NXDOMAIN,
	  AA,
	  { 0, 1, 0 },
	  { NULL } },
	{ "a wildcard asked for by name is a name",
	  "*.wild.example.",
	  "TXT",
	  PLAIN,
	  0,
	  AA,
	  { 1, 0, 0 },
	  { "*.wild.example. TXT" } },
	{ "a wildcard may be an alias",
	  "q.walias.example.",
	  "A",
	  PLAIN,
	  0,
	  AA,
	  { 2, 0, 0 },
	  { "q.walias.example. CNAME www.example." } },
	{ "a DNAME leads on with a CNAME made for it",
	  "host.old.example.",
	  "A",
	  PLAIN,
	  0,
	  AA,
	  { 3, 0, 0 },
	  { "old.example. DNAME new.example.", "host.old.example. CNAME host.new.example.",
	    "host.new.example. A 192.0.2.5" } },
	{ "a DNAME's owner is not redirected",
	  "old.example.",
	  "A",
	  PLAIN,
	  0,
	  AA,
	  { 0, 1, 0 },
	  { NULL } },
	{ "below a cut is a referral with glue",
	  "www.sub.example.",
	  "A",
	  PLAIN,
	  0,
	  NO,
	  { 0, 1, 1 },
	  { "sub.example. NS ns.sub.example.", "ns.sub.example. A 192.0.2.6" } },
	{ "so is the cut itself", "sub.example.", "NS", PLAIN, 0, NO, { 0, 1, 1 }, { NULL } },
	{ "with its DS for those who ask",
	  "sub.example.",
	  "A",
	  DNSSEC,
	  0,
	  NO,
	  { 0, 2, 1 },
	  { "sub.example. DS 1 13 2" } },
	{ "the DS itself is the parent's",
	  "sub.example.",
	  "DS",
	  PLAIN,
	  0,
	  AA,
	  { 1, 0, 0 },
	  { "sub.example. DS 1 13 2" } },
	{ "glue is not authoritative",
	  "ns.sub.example.",
	  "A",
	  PLAIN,
	  0,
	  NO,
	  { 0, 1, 1 },
	  { NULL } },
	{ "DS at an apex without its parent is NODATA",
	  "example.",
	  "DS",
	  PLAIN,
	  0,
	  AA,
	  { 0, 1, 0 },
	  { NULL } },
	{ "other zones are refused",
	  "nowhere.",
	  "A",
	  PLAIN,
	  RCODE_REFUSED,
	  NO,
	  { 0, 0, 0 },
	  { NULL } },
	{ "what does not fit is truncated",
	  "big.example.",
	  "TXT",
	  PLAIN,
	  0,
	  AA | DNS_TC,
	  { 0, 0, 0 },
	  { NULL } },
	{ "with EDNS it fits", "big.example.", "TXT", EDNS, 0, AA, { 1, 0, 0 }, { NULL } },
	{ "over TCP it fits", "big.example.", "TXT", TCP, 0, AA, { 1, 0, 0 }, { NULL } },
};

/* The reply's text with single blanks for tabs, and owner, type, rdata of each record only. */
static bool
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

START_TEST(answers_are_right)
{
	ck_assert(ask(answers[_i].qname, answers[_i].qtype, answers[_i].how));
	ck_assert_msg(message.rcode == answers[_i].rcode, "%s:\n%s", answers[_i].behaviour, text);
	ck_assert_msg((message.flags & (DNS_AA | DNS_TC)) == answers[_i].flags, "%s:\n%s",
		      answers[_i].behaviour, text);
	for (unsigned i = 0; i < SECTIONS; i++)
		ck_assert_msg(message.rrset_counts[i] == answers[_i].counts[i], "%s:\n%s",
			      answers[_i].behaviour, text);
	for (unsigned i = 0; i < COUNT(answers[_i].lines) && answers[_i].lines[i] != NULL; i++)
		ck_assert_msg(has_line(answers[_i].lines[i]), "%s: %s\n%s", answers[_i].behaviour,
			      answers[_i].lines[i], text);
}
END_TEST

START_TEST(negative_answers_live_as_long_as_the_minimum_says)
{
	ck_assert(ask("missing.example.", "A", PLAIN));
	ck_assert_uint_eq(message.sections[SECTION_AUTHORITY]->ttl_s, 300);
}
END_TEST

START_TEST(a_query_in_error_gets_its_rcode)
{
	uint8_t reply[512];
	static const uint8_t notify[] = "\0\1\x20\0\0\1\0\0\0\0\0\0\0\0\6\0\1";
	ck_assert_uint_eq(auth_answer(&auth, notify, 11, false, reply, sizeof reply), 0);
	ck_assert_uint_eq(auth_answer(&auth, notify, sizeof notify - 1, false, reply, sizeof reply),
			  12);
	ck_assert_uint_eq(reply[3] & 0xf, RCODE_NOTIMP);
	ck_assert_uint_eq(auth.drop_count, 1);
}
END_TEST

/* ---- faults --------------------------------------------------------------------------------------- */

static bool
ask_with(uint32_t faults, const char *qname, unsigned how)
{
	auth.faults = faults;
	return ask(qname, "A", how);
}

START_TEST(lame_servers_say_so_in_many_ways)
{
	ck_assert(!ask_with(AUTH_DEAD, "www.example.", PLAIN));
	ck_assert(ask_with(AUTH_REFUSES, "www.example.", PLAIN));
	ck_assert_uint_eq(message.rcode, RCODE_REFUSED);
	ck_assert(ask_with(AUTH_SERVFAILS, "www.example.", PLAIN));
	ck_assert_uint_eq(message.rcode, RCODE_SERVFAIL);
	ck_assert(ask_with(AUTH_REFERS_UPWARD, "www.example.", PLAIN));
	ck_assert(has_line(". NS a.root-servers.net."));
	ck_assert_uint_eq(message.flags & DNS_AA, 0);
	ck_assert(ask_with(AUTH_REFERS_TO_SELF, "www.example.", PLAIN));
	ck_assert(has_line("example. NS ns1.example."));
	ck_assert_uint_eq(message.flags & DNS_AA, 0);
	ck_assert_ptr_null(message.sections[SECTION_ANSWER]);
	ck_assert(ask_with(AUTH_NOT_AUTHORITATIVE, "www.example.", PLAIN));
	ck_assert_uint_eq(message.flags & DNS_AA, 0);
	ck_assert(has_line("www.example. A 192.0.2.3"));
	ck_assert(ask_with(0, "www.example.", PLAIN)); /* and all is well again */
	ck_assert_uint_eq(message.flags & DNS_AA, DNS_AA);
}
END_TEST

START_TEST(edns_breaks_in_many_ways)
{
	ck_assert(ask_with(AUTH_DROPS_EDNS, "www.example.", PLAIN));
	ck_assert(!ask_with(AUTH_DROPS_EDNS, "www.example.", EDNS));
	ck_assert(ask_with(AUTH_FORMERRS_EDNS, "www.example.", PLAIN));
	ck_assert_uint_eq(message.rcode, RCODE_NOERROR);
	ck_assert(ask_with(AUTH_FORMERRS_EDNS, "www.example.", EDNS));
	ck_assert_uint_eq(message.rcode, RCODE_FORMERR);
	ck_assert(!message.edns.present);
	ck_assert(ask_with(AUTH_IGNORES_EDNS, "www.example.", DNSSEC));
	ck_assert(!message.edns.present);
	ck_assert_uint_eq(message.sections[SECTION_ANSWER]->sig_count, 0);
	ck_assert(ask_with(0, "www.example.", EDNS));
	ck_assert(message.edns.present);
}
END_TEST

START_TEST(the_question_may_come_back_changed)
{
	struct name as_asked, lower, other;
	ck_assert_int_eq(name_from_text(&as_asked, "wWw.eXample.", NULL), 0);
	ck_assert_int_eq(name_from_text(&lower, "www.example.", NULL), 0);
	ck_assert_int_eq(name_from_text(&other, "another.name.", NULL), 0);
	ck_assert(ask_with(0, "wWw.eXample.", PLAIN));
	ck_assert(name_equal_exact(&message.question.qname, &as_asked));
	ck_assert_uint_eq(message.id, 77);
	ck_assert(ask_with(AUTH_LOWERCASES, "wWw.eXample.", PLAIN));
	ck_assert(name_equal_exact(&message.question.qname, &lower));
	ck_assert(ask_with(AUTH_WRONG_QUESTION, "wWw.eXample.", PLAIN));
	ck_assert(name_equal_exact(&message.question.qname, &other));
	ck_assert(ask_with(AUTH_WRONG_ID, "wWw.eXample.", PLAIN));
	ck_assert_uint_ne(message.id, 77);
}
END_TEST

START_TEST(poison_is_added_to_everything)
{
	ck_assert_int_eq(
		auth_poison(&auth, "bank.test. NS ns.evil.test.\nns.evil.test. A 203.0.113.66\n"),
		0);
	ck_assert(ask_with(AUTH_POISONS, "www.example.", PLAIN));
	ck_assert(has_line("www.example. A 192.0.2.3"));
	ck_assert(has_line("bank.test. NS ns.evil.test."));
	ck_assert(has_line("ns.evil.test. A 203.0.113.66"));
	ck_assert(ask_with(0, "www.example.", PLAIN));
	ck_assert(!has_line("bank.test. NS"));
	ck_assert(ask_with(0, "bank.test.", PLAIN)); /* and is no zone of the server's */
	ck_assert_uint_eq(message.rcode, RCODE_REFUSED);
}
END_TEST

START_TEST(truncation_never_ends_over_udp)
{
	ck_assert(ask_with(AUTH_TRUNCATES, "www.example.", EDNS));
	ck_assert_uint_eq(message.flags & DNS_TC, DNS_TC);
	ck_assert_ptr_null(message.sections[SECTION_ANSWER]);
	ck_assert(ask_with(AUTH_TRUNCATES, "www.example.", TCP));
	ck_assert_uint_eq(message.flags & DNS_TC, 0);
	ck_assert_ptr_nonnull(message.sections[SECTION_ANSWER]);
}
END_TEST

START_TEST(empty_non_terminals_may_be_denied)
{
	ck_assert(ask_with(AUTH_NXDOMAIN_AT_ENT, "ent.example.", PLAIN));
	ck_assert_uint_eq(message.rcode, RCODE_NXDOMAIN);
	ck_assert(ask_with(AUTH_NXDOMAIN_AT_ENT, "mail.example.", PLAIN));
	ck_assert_uint_eq(message.rcode, RCODE_NOERROR);
}
END_TEST

START_TEST(aliases_may_never_end)
{
	ck_assert(ask_with(AUTH_CNAME_LOOP, "www.example.", PLAIN));
	ck_assert(has_line("www.example. CNAME loop-a.example."));
	ck_assert(ask_with(AUTH_CNAME_LOOP, "loop-a.example.", PLAIN));
	ck_assert(has_line("loop-a.example. CNAME loop-b.example."));
	ck_assert(ask_with(AUTH_CNAME_LOOP, "loop-b.example.", PLAIN));
	ck_assert(has_line("loop-b.example. CNAME loop-a.example."));
}
END_TEST

START_TEST(the_ns_set_may_come_with_every_answer)
{
	ck_assert(ask_with(AUTH_ADDS_NS, "www.example.", PLAIN));
	ck_assert(has_line("example. NS ns1.example."));
	ck_assert(has_line("ns1.example. A 192.0.2.1"));
	ck_assert_uint_eq(message.flags & DNS_AA, DNS_AA);
}
END_TEST

/* ---- zones ---------------------------------------------------------------------------------------- */

START_TEST(the_questions_asked_are_remembered)
{
	ck_assert(ask("www.example.", "A", EDNS));
	ck_assert(ask("www.example.", "AAAA", TCP));
	ck_assert_uint_eq(auth.query_count, 2);
	ck_assert(auth.asked[0].edns && !auth.asked[0].tcp &&
		  auth.asked[0].question.qtype == TYPE_A);
	ck_assert(!auth.asked[1].edns && auth.asked[1].tcp &&
		  auth.asked[1].question.qtype == TYPE_AAAA);
}
END_TEST

START_TEST(parent_and_child_may_live_on_one_server)
{
	ck_assert_int_eq(
		auth_load(&auth, "sub.example.",
			  "@ SOA ns h 1 2 3 4 5\n@ NS ns\nns A 192.0.2.6\nwww A 192.0.2.7\n"),
		0);
	ck_assert(ask("www.sub.example.", "A", PLAIN));
	ck_assert(has_line("www.sub.example. A 192.0.2.7"));
	ck_assert_uint_eq(message.flags & DNS_AA, DNS_AA);
	ck_assert(ask("sub.example.", "DS", PLAIN)); /* asked of the parent all the same */
	ck_assert(has_line("sub.example. DS 1 13 2"));
}
END_TEST

START_TEST(zones_in_error_are_refused)
{
	ck_assert_int_eq(auth_load(&auth, "example.", other_zone), ERR_EXISTS);
	ck_assert_int_eq(
		auth_load(&auth, "a.test.", "@ SOA a b 1 2 3 4 5\nother.test. A 1.2.3.4\n"),
		ERR_MALFORMED);
	ck_assert_uint_eq(auth.line, 2);
	ck_assert_int_eq(auth_load(&auth, "b.test.", "@ NS ns\n"), ERR_MALFORMED);
	ck_assert_int_eq(auth_load(&auth, "c.test.", "@ A 1.2.3\n"), ERR_MALFORMED);
	ck_assert_uint_eq(auth.line, 1);
	ck_assert_ptr_nonnull(auth.why);
	int err = 0;
	for (unsigned i = 0; i < 100000 && err == 0; i++) {
		char apex[32];
		snprintf(apex, sizeof apex, "z%u.test.", i);
		err = auth_load(&auth, apex, other_zone);
	}
	ck_assert_int_eq(err, ERR_NO_MEMORY);
	ck_assert(ask("www.example.", "A", PLAIN));
	ck_assert(has_line("www.example. A 192.0.2.3"));
}
END_TEST

static Suite *
auth_suite(void)
{
	Suite *suite = suite_create("auth");
	TCase *tcase = tcase_create("answering");
	tcase_add_checked_fixture(tcase, setup, NULL);
	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, answers_are_right, 0, COUNT(answers));
	tcase_add_test(tcase, negative_answers_live_as_long_as_the_minimum_says);
	tcase_add_test(tcase, a_query_in_error_gets_its_rcode);
	tcase_add_test(tcase, lame_servers_say_so_in_many_ways);
	tcase_add_test(tcase, edns_breaks_in_many_ways);
	tcase_add_test(tcase, the_question_may_come_back_changed);
	tcase_add_test(tcase, poison_is_added_to_everything);
	tcase_add_test(tcase, truncation_never_ends_over_udp);
	tcase_add_test(tcase, empty_non_terminals_may_be_denied);
	tcase_add_test(tcase, aliases_may_never_end);
	tcase_add_test(tcase, the_ns_set_may_come_with_every_answer);
	tcase_add_test(tcase, the_questions_asked_are_remembered);
	tcase_add_test(tcase, parent_and_child_may_live_on_one_server);
	tcase_add_test(tcase, zones_in_error_are_refused);
	suite_add_tcase(suite, tcase);
	return suite;
}

int
main(void)
{
	return suite_run(auth_suite());
}

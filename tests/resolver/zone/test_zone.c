/* A zone that is kept here: what its authority says, how records become a zone, and which zone a name belongs to. */
#include <stdlib.h>
#include <string.h>

#include "resolver/zone/kept.h"
#include "stack/base/arena.h"
#include "stack/base/err.h"
#include "tests/suite.h"

#define TOLD_BYTES 4096

static uint8_t zone_block[1u << 20], reply_block[65536];
static struct arena zone_arena, reply_arena;
static struct zone_reading reading;
static struct zone *zone;

/* Not in canonical order, and with letter case of its own. */
static const char text[] = "@ 3600 SOA ns hostmaster 7 3600 900 86400 300\n"
			   "@ NS ns\n"
			   "ns A 192.0.2.53\n"
			   "WWW A 192.0.2.80\n"
			   "www AAAA 2001:db8::80\n"
			   "alias CNAME www\n"
			   "chain CNAME alias\n"
			   "away CNAME www.other.test.\n"
			   "circle CNAME circle\n"
			   "a.empty TXT \"below\"\n"
			   "*.wild A 192.0.2.99\n"
			   "there.wild TXT \"here\"\n"
			   "*.wildaway CNAME www.other.test.\n"
			   "below NS ns.below\n"
			   "below NS ns.other.test.\n"
			   "ns.below A 192.0.2.54\n"
			   "secure NS ns.other.test.\n"
			   "secure DS 1 13 2 0000000000000000000000000000000000000000000000000000000000000000\n"
			   "intobelow CNAME www.below\n"
			   "old DNAME new\n"
			   "www.new A 192.0.2.81\n"
			   "gone DNAME other.test.\n"
			   "outside.other. A 192.0.2.1\n";

static struct name
name_of(const char *written)
{
	struct name name;
	ck_assert_msg(name_from_text(&name, written, NULL) == 0, "%s", written);
	return name;
}

static struct zone_builder
builder_at(const char *apex)
{
	const struct name name = name_of(apex);
	struct zone_builder builder;
	ck_assert_int_eq(zone_begin(&builder, &name, &zone_arena), 0);
	return builder;
}

static void
load(const char *from)
{
	struct zone_builder builder = builder_at("example.");
	ck_assert_msg(zone_read(&builder, from, strlen(from), &reading) == 0, "line %u: %s", reading.reader.line,
		      reading.reader.why);
	ck_assert_int_eq(zone_finish(&builder, &zone), 0);
}

static void
setup(void)
{
	arena_init(&zone_arena, zone_block, sizeof zone_block);
	load(text);
}

static void
tell_sets(char *told, const char *mark, const struct rrset *set)
{
	for (; set != NULL; set = set->next) {
		struct rdata_walk walk;
		char owner[NAME_TEXT_BYTES], type[TYPE_TEXT_BYTES], rdata[512];
		rdata_first(set, &walk);
		for (unsigned i = 0; i < set->rr_count; i++) {
			ck_assert(rdata_next(&walk));
			ck_assert_int_ge(rdata_to_text(set->type, set->class, walk.bytes, walk.size, rdata, sizeof rdata), 0);
			const size_t used = strlen(told);
			(void)snprintf(told + used, TOLD_BYTES - used, "%s%s %s %s", mark,
				       name_to_text(set->owner, owner, sizeof owner),
				       type_to_text(set->type, type, sizeof type), rdata);
		}
	}
}

/* rcode, "; " before each answer, " | " before authority, " + " before additional records, and where it goes on. */
static const char *
ask(const char *qname, uint16_t qtype, bool with_proofs)
{
	static char told[TOLD_BYTES];
	const struct question question = { .qname = name_of(qname), .qtype = qtype, .qclass = CLASS_IN };
	struct zone_reply reply;
	char name[NAME_TEXT_BYTES];

	arena_init(&reply_arena, reply_block, sizeof reply_block);
	ck_assert_int_eq(zone_ask(zone, &question, with_proofs, &reply_arena, &reply), 0);
	(void)snprintf(told, sizeof told, "%s", rcode_to_text(reply.rcode));
	tell_sets(told, "; ", reply.sections[SECTION_ANSWER]);
	tell_sets(told, " | ", reply.sections[SECTION_AUTHORITY]);
	tell_sets(told, " + ", reply.sections[SECTION_ADDITIONAL]);
	const size_t used = strlen(told);
	if (reply.verdict == ZONE_ALIASES)
		(void)snprintf(told + used, sizeof told - used, " -> %s", name_to_text(reply.alias, name, sizeof name));
	if (reply.verdict == ZONE_REFERS)
		(void)snprintf(told + used, sizeof told - used, " @ %s", name_to_text(reply.below, name, sizeof name));
	return told;
}

#define SOA " | example. SOA ns.example. hostmaster.example. 7 3600 900 86400 300"

static const struct {
	const char *behaviour, *qname;
	uint16_t qtype;
	const char *told;
} cases[] = {
	{ "data, under the letters that were asked for", "www.EXAMPLE.", TYPE_A, "NOERROR; www.EXAMPLE. A 192.0.2.80" },
	{ "no data of the type", "www.example.", TYPE_TXT, "NOERROR" SOA },
	{ "no such name", "no.example.", TYPE_A, "NXDOMAIN" SOA },
	{ "nothing below a name without a wildcard", "x.www.example.", TYPE_A, "NXDOMAIN" SOA },
	{ "an empty non-terminal exists (RFC 8020)", "empty.example.", TYPE_A, "NOERROR" SOA },
	{ "the apex", "example.", TYPE_NS, "NOERROR; example. NS ns.example." },
	{ "an alias and what it leads to", "chain.example.", TYPE_A,
	  "NOERROR; chain.example. CNAME alias.example.; alias.example. CNAME www.example.; www.example. A 192.0.2.80" },
	{ "an alias without data at its end", "alias.example.", TYPE_TXT, "NOERROR; alias.example. CNAME www.example." SOA },
	{ "the alias itself", "alias.example.", TYPE_CNAME, "NOERROR; alias.example. CNAME www.example." },
	{ "an alias out of the zone", "away.example.", TYPE_A,
	  "NOERROR; away.example. CNAME www.other.test. -> www.other.test." },
	{ "a wildcard (RFC 4592)", "x.y.wild.example.", TYPE_A, "NOERROR; x.y.wild.example. A 192.0.2.99" },
	{ "a wildcard without the type", "x.wild.example.", TYPE_TXT, "NOERROR" SOA },
	{ "a name that is there is not the wildcard's", "there.wild.example.", TYPE_A, "NOERROR" SOA },
	{ "nor is one below it", "x.there.wild.example.", TYPE_A, "NXDOMAIN" SOA },
	{ "a wildcard that is an alias", "x.wildaway.example.", TYPE_A,
	  "NOERROR; x.wildaway.example. CNAME www.other.test. -> www.other.test." },
	{ "a zone below, with glue", "www.below.example.", TYPE_A,
	  "NOERROR | below.example. NS ns.below.example. | below.example. NS ns.other.test. + ns.below.example. A 192.0.2.54 @ below.example." },
	{ "the cut itself", "below.example.", TYPE_NS,
	  "NOERROR | below.example. NS ns.below.example. | below.example. NS ns.other.test. + ns.below.example. A 192.0.2.54 @ below.example." },
	{ "glue is no data", "ns.below.example.", TYPE_A,
	  "NOERROR | below.example. NS ns.below.example. | below.example. NS ns.other.test. + ns.below.example. A 192.0.2.54 @ below.example." },
	{ "of a DS set the parent speaks (RFC 4035)", "below.example.", TYPE_DS, "NOERROR" SOA },
	{ "a DNAME (RFC 6672)", "www.old.example.", TYPE_A,
	  "NOERROR; old.example. DNAME new.example.; www.old.example. CNAME www.new.example.; www.new.example. A 192.0.2.81" },
	{ "a DNAME's owner is no alias", "old.example.", TYPE_A, "NOERROR" SOA },
	{ "a DNAME out of the zone", "x.gone.example.", TYPE_A,
	  "NOERROR; gone.example. DNAME other.test.; x.gone.example. CNAME x.other.test. -> x.other.test." },
	{ "an alias into a zone below", "intobelow.example.", TYPE_A,
	  "NOERROR; intobelow.example. CNAME www.below.example. -> www.below.example." },
	{ "ANY", "www.example.", TYPE_ANY, "NOERROR; www.example. A 192.0.2.80; www.example. AAAA 2001:db8::80" },
};

START_TEST(the_zone_says_what_its_authority_would)
{
	const char *told = ask(cases[_i].qname, cases[_i].qtype, false);
	ck_assert_msg(strcmp(told, cases[_i].told) == 0, "%s: %s", cases[_i].behaviour, told);
}
END_TEST

START_TEST(a_circle_of_aliases_ends)
{
	const char *told = ask("circle.example.", TYPE_A, false);
	ck_assert_ptr_nonnull(strstr(told, " -> circle.example."));
}
END_TEST

START_TEST(a_dname_that_makes_no_name_is_yxdomain)
{
	char qname[256] = "";
	load("@ SOA a b 1 2 3 4 5\nd DNAME a-name-of-some-length.example.\n");
	for (unsigned i = 0; i < 23; i++)
		strcat(qname, "123456789.");
	strcat(qname, "d.example.");
	ck_assert_int_eq(strncmp(ask(qname, TYPE_A, false), "YXDOMAIN; d.example. DNAME", 26), 0);
}
END_TEST

/* ---- proofs --------------------------------------------------------------------------------------------- */

static const char signed_text[] = "@ 300 SOA a b 1 2 3 4 300\n"
				  "@ NSEC b.example. SOA NSEC\n"
				  "b A 192.0.2.1\n"
				  "b NSEC *.w.example. A NSEC\n"
				  "*.w A 192.0.2.2\n"
				  "*.w NSEC z.example. A NSEC\n"
				  "z NS ns.z\n"
				  "z NSEC example. NS NSEC\n"
				  "ns.z A 192.0.2.3\n";

static const struct {
	const char *behaviour, *qname;
	uint16_t qtype;
	const char *proofs;
} proofs[] = {
	{ "no such name, and no wildcard", "c.example.", TYPE_A,
	  " | b.example. NSEC *.w.example. A NSEC | example. NSEC b.example. SOA NSEC" },
	{ "one set may prove both", "a.example.", TYPE_A, " | example. NSEC b.example. SOA NSEC" },
	{ "behind the last name", "zz.example.", TYPE_A,
	  " | z.example. NSEC example. NS NSEC | example. NSEC b.example. SOA NSEC" },
	{ "no such type", "b.example.", TYPE_TXT, " | b.example. NSEC *.w.example. A NSEC" },
	{ "an empty non-terminal", "w.example.", TYPE_A, " | b.example. NSEC *.w.example. A NSEC" },
	{ "a wildcard without the type", "x.w.example.", TYPE_TXT, " | *.w.example. NSEC z.example. A NSEC" },
};

START_TEST(what_is_not_there_is_proved)
{
	char told[TOLD_BYTES];
	load(signed_text);
	(void)snprintf(told, sizeof told, "%s", ask(proofs[_i].qname, proofs[_i].qtype, true));
	const char *behind = strstr(told, " 4 300");
	ck_assert_ptr_nonnull(behind);
	ck_assert_msg(strcmp(behind + 6, proofs[_i].proofs) == 0, "%s: %s", proofs[_i].behaviour, told);
}
END_TEST

START_TEST(a_wildcards_answer_comes_with_the_proof_that_the_name_is_not_there)
{
	load(signed_text);
	ck_assert_str_eq(ask("x.w.example.", TYPE_A, true),
			 "NOERROR; x.w.example. A 192.0.2.2 | *.w.example. NSEC z.example. A NSEC");
}
END_TEST

START_TEST(a_zone_below_without_ds_is_proved_to_have_none)
{
	load(signed_text);
	ck_assert_str_eq(ask("www.z.example.", TYPE_A, true),
			 "NOERROR | z.example. NS ns.z.example. | z.example. NSEC example. NS NSEC"
			 " + ns.z.example. A 192.0.2.3 @ z.example.");
}
END_TEST

START_TEST(signatures_stand_with_what_they_cover)
{
	const struct question question = { .qname = name_of("b.example."), .qtype = TYPE_A, .qclass = CLASS_IN };
	struct zone_reply reply;
	load("@ SOA a b 1 2 3 4 5\n"
	     "b RRSIG A 13 2 300 20300101000000 20200101000000 1 example. AAAA\n"
	     "b A 192.0.2.1\nb A 192.0.2.2\n"
	     "c RRSIG A 13 2 300 20300101000000 20200101000000 1 example. AAAA\n");
	arena_init(&reply_arena, reply_block, sizeof reply_block);
	ck_assert_int_eq(zone_ask(zone, &question, false, &reply_arena, &reply), 0);
	ck_assert_uint_eq(reply.sections[SECTION_ANSWER]->rr_count, 2);
	ck_assert_uint_eq(reply.sections[SECTION_ANSWER]->sig_count, 1);
	ck_assert_uint_eq(zone->node_count, 2); /* signatures of nothing are nothing */
}
END_TEST

/* ---- building ------------------------------------------------------------------------------------------- */

START_TEST(records_outside_the_zone_are_left_out_and_counted)
{
	struct zone_builder builder = builder_at("example.");
	ck_assert_int_eq(zone_read(&builder, text, strlen(text), &reading), 0);
	ck_assert_uint_eq(builder.ignored_count, 1);
	ck_assert_uint_eq(zone->record_count, 22);
}
END_TEST

static const struct {
	const char *behaviour, *text;
} unsound[] = {
	{ "no SOA", "@ NS ns\nns A 192.0.2.1\n" },
	{ "an SOA elsewhere", "www SOA a b 1 2 3 4 5\n" },
	{ "two SOAs", "@ SOA a b 1 2 3 4 5\n@ SOA a b 2 2 3 4 5\n" },
	{ "nothing", "" },
};

START_TEST(a_zone_has_one_soa_at_its_apex)
{
	struct zone_builder builder = builder_at("example.");
	ck_assert_int_eq(zone_read(&builder, unsound[_i].text, strlen(unsound[_i].text), &reading), 0);
	ck_assert_msg(zone_finish(&builder, &zone) == ERR_MALFORMED, "%s", unsound[_i].behaviour);
}
END_TEST

START_TEST(of_several_words_about_a_record_the_last_counts)
{
	static const uint8_t first[] = { 192, 0, 2, 80 }, second[] = { 192, 0, 2, 81 };
	const struct name www = name_of("www.example.");
	struct zone_builder builder = builder_at("example.");
	ck_assert_int_eq(zone_read(&builder, text, strlen(text), &reading), 0);
	ck_assert_int_eq(zone_remove(&builder, &www, TYPE_A, first, 4), 0);
	ck_assert_int_eq(zone_add(&builder, &www, TYPE_A, 60, second, 4), 0);
	ck_assert_int_eq(zone_remove(&builder, &www, TYPE_TXT, first, 4), 0); /* not there: nothing */
	ck_assert_int_eq(zone_finish(&builder, &zone), 0);
	ck_assert_str_eq(ask("www.example.", TYPE_A, false), "NOERROR; www.example. A 192.0.2.81");
	ck_assert_uint_eq(zone->record_count, 22);
}
END_TEST

START_TEST(a_set_of_too_many_records_is_refused)
{
	const struct name www = name_of("www.example.");
	struct zone_builder builder = builder_at("example.");
	ck_assert_int_eq(zone_read(&builder, text, strlen(text), &reading), 0);
	for (unsigned i = 0; i <= RRSET_RRS_MAX; i++) {
		const uint8_t addr[] = { 198, 51, (uint8_t)(i >> 8), (uint8_t)i };
		ck_assert_int_eq(zone_add(&builder, &www, TYPE_A, 60, addr, 4), 0);
	}
	ck_assert_int_eq(zone_finish(&builder, &zone), ERR_TOO_BIG);
}
END_TEST

START_TEST(memory_that_ends_is_an_error)
{
	struct zone_builder builder;
	const struct name apex = name_of("example.");
	size_t bytes = 64;
	int err;
	do {
		arena_init(&zone_arena, zone_block, bytes += 64);
		err = zone_begin(&builder, &apex, &zone_arena);
		if (err == 0)
			err = zone_read(&builder, text, strlen(text), &reading);
		if (err == 0)
			err = zone_finish(&builder, &zone);
		ck_assert(err == 0 || err == ERR_NO_MEMORY);
	} while (err != 0);
	ck_assert_uint_eq(zone->record_count, 22);
}
END_TEST

/* ---- which zone ----------------------------------------------------------------------------------------- */

START_TEST(the_deepest_zone_counts_and_of_a_ds_the_one_above)
{
	static const char *const apexes[] = { "example.", "a.example.", "z.", "b.a.example." };
	struct kept_zones *kept = kept_new(&zone_arena);
	struct name names[COUNT(apexes)];
	for (unsigned i = 0; i < COUNT(apexes); i++) {
		names[i] = name_of(apexes[i]);
		const struct kept_zone added = { .name = &names[i] };
		ck_assert_int_eq(kept_add(kept, &added), 0);
		ck_assert_int_eq(kept_add(kept, &added), ERR_EXISTS);
	}
	const struct name at = name_of("b.a.example."), below = name_of("x.y.a.EXAMPLE."), none = name_of("w."),
			  top = name_of("z.");
	ck_assert(name_equal(kept_find(kept, &at, TYPE_A)->name, &names[3]));
	ck_assert(name_equal(kept_find(kept, &at, TYPE_DS)->name, &names[1]));
	ck_assert(name_equal(kept_find(kept, &below, TYPE_A)->name, &names[1]));
	ck_assert_ptr_null(kept_find(kept, &none, TYPE_A));
	ck_assert_ptr_null(kept_find(kept, &top, TYPE_DS));
	ck_assert_ptr_null(kept_find(kept, &name_root, TYPE_NS));
	ck_assert_ptr_null(kept_find(NULL, &at, TYPE_A));
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("zone");
	TCase *tcase = tcase_create("zone");
	tcase_add_checked_fixture(tcase, setup, NULL);
	tcase_add_loop_test(tcase, the_zone_says_what_its_authority_would, 0, COUNT(cases));
	tcase_add_test(tcase, a_circle_of_aliases_ends);
	tcase_add_test(tcase, a_dname_that_makes_no_name_is_yxdomain);
	tcase_add_loop_test(tcase, what_is_not_there_is_proved, 0, COUNT(proofs));
	tcase_add_test(tcase, a_wildcards_answer_comes_with_the_proof_that_the_name_is_not_there);
	tcase_add_test(tcase, a_zone_below_without_ds_is_proved_to_have_none);
	tcase_add_test(tcase, signatures_stand_with_what_they_cover);
	tcase_add_test(tcase, records_outside_the_zone_are_left_out_and_counted);
	tcase_add_loop_test(tcase, a_zone_has_one_soa_at_its_apex, 0, COUNT(unsound));
	tcase_add_test(tcase, of_several_words_about_a_record_the_last_counts);
	tcase_add_test(tcase, a_set_of_too_many_records_is_refused);
	tcase_add_test(tcase, memory_that_ends_is_an_error);
	tcase_add_test(tcase, the_deepest_zone_counts_and_of_a_ds_the_one_above);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}

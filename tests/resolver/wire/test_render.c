#include "resolver/wire/message.h"

#include "stack/base/arena.h"
#include "stack/base/rng.h"
#include "tests/resolver/wire/build.h"

static struct build build;
static _Alignas(8) uint8_t block[1 << 20];
static struct arena arena;
static struct message message;
static struct render render;
static uint8_t out[MESSAGE_BYTES_MAX];

static void
setup(void)
{
	arena_init(&arena, block, sizeof block);
	build_begin(&build, DNS_QR);
}

/* Sets for a test are made by reading them. */
static const struct rrset *
sets_built(void)
{
	ck_assert_int_eq(message_read(&message, &arena, build.bytes, build.writer.pos), 0);
	return message.sections[SECTION_ANSWER];
}

static void
begin(const char *qname, size_t size, size_t reserve)
{
	struct question question = { .qname = name_of(qname), .qtype = TYPE_A, .qclass = CLASS_IN };
	render_begin(&render, out, size, 0xabcd, DNS_QR | DNS_RA, RCODE_NOERROR, reserve);
	ck_assert_int_eq(render_question(&render, &question), 0);
}

static void
check_octets(size_t at, const void *octets, size_t size)
{
	ck_assert_uint_eq(render.writer.pos, at + size);
	ck_assert_mem_eq(out + at, octets, size);
}

START_TEST(a_simple_answer_stands_octet_by_octet)
{
	build_rr(&build, SECTION_ANSWER, "www.example.", TYPE_A, 300, RDATA("\1\2\3\4"));
	build_rr(&build, SECTION_ANSWER, "www.example.", TYPE_A, 300, RDATA("\5\6\7\10"));
	const struct rrset *set = sets_built();
	begin("wWw.ExamplE.", sizeof out, 0);
	ck_assert_int_eq(render_rrset(&render, SECTION_ANSWER, set, 299, true), 0);
	ck_assert_int_eq(render_finish(&render), 61);
	const char expected[] = "\xab\xcd\x80\x80\0\1\0\2\0\0\0\0"
				"\3wWw\7ExamplE\0\0\1\0\1"
				"\xc0\x0c\0\1\0\1\0\0\1\x2b\0\4\1\2\3\4"
				"\xc0\x0c\0\1\0\1\0\0\1\x2b\0\4\5\6\7\10";
	check_octets(0, expected, sizeof expected - 1);
}
END_TEST

START_TEST(names_of_rfc_1035_types_are_compressed)
{
	build_rr(&build, SECTION_ANSWER, "a.example.", TYPE_MX, 1,
		 RDATA("\0\1\4mail\1A\7EXAMPLE\0"));
	build_rr(&build, SECTION_ANSWER, "a.example.", TYPE_MX, 1,
		 RDATA("\0\2\4mail\1a\7example\0"));
	const struct rrset *set = sets_built();
	begin("example.", sizeof out, 0);
	size_t at = render.writer.pos; /* 25 */
	ck_assert_int_eq(render_rrset(&render, SECTION_ANSWER, set, 1, true), 0);
	check_octets(at, RDATA("\1a\xc0\x0c\0\17\0\1\0\0\0\1\0\11\0\1\4mail\xc0\x19"
			       "\xc0\x19\0\17\0\1\0\0\0\1\0\4\0\2\xc0\x29"));
}
END_TEST

START_TEST(names_of_later_types_are_written_whole)
{
	build_rr(&build, SECTION_ANSWER, "example.", 33, 1, RDATA("\0\1\0\2\0\3\4mail\7example\0"));
	const struct rrset *set = sets_built();
	begin("example.", sizeof out, 0);
	size_t at = render.writer.pos;
	ck_assert_int_eq(render_rrset(&render, SECTION_ANSWER, set, 1, true), 0);
	check_octets(at, RDATA("\xc0\x0c\0\41\0\1\0\0\0\1\0\24\0\1\0\2\0\3\4mail\7example\0"));
}
END_TEST

START_TEST(the_root_is_one_octet)
{
	build_rr(&build, SECTION_ANSWER, ".", TYPE_NS, 1, RDATA("\1a\0"));
	build_rr(&build, SECTION_ANSWER, ".", TYPE_NS, 1, RDATA("\0"));
	const struct rrset *set = sets_built();
	begin(".", sizeof out, 0);
	size_t at = render.writer.pos;
	ck_assert_int_eq(render_rrset(&render, SECTION_ANSWER, set, 1, true), 0);
	check_octets(at, RDATA("\0\0\2\0\1\0\0\0\1\0\3\1a\0"
			       "\0\0\2\0\1\0\0\0\1\0\1\0"));
}
END_TEST

START_TEST(signatures_are_written_when_asked_for)
{
	build_rr(&build, SECTION_ANSWER, "a.", TYPE_A, 1, RDATA("\1\2\3\4"));
	build_rrsig(&build, SECTION_ANSWER, "a.", TYPE_A, 1, "signature");
	const struct rrset *set = sets_built();
	begin("a.", sizeof out, 0);
	ck_assert_int_eq(render_rrset(&render, SECTION_ANSWER, set, 1, false), 0);
	ck_assert_uint_eq(render.counts[1], 1);
	ck_assert_int_eq(render_rrset(&render, SECTION_AUTHORITY, set, 1, true), 0);
	ck_assert_uint_eq(render.counts[2], 2);
	int size = render_finish(&render);
	ck_assert_int_eq(message_read(&message, &arena, out, (size_t)size), 0);
	ck_assert_uint_eq(message.sections[SECTION_ANSWER]->sig_count, 0);
	ck_assert_uint_eq(message.sections[SECTION_AUTHORITY]->sig_count, 1);
}
END_TEST

/* Renders as many sets as fit into `size` octets; returns how many that were. */
static unsigned
render_sets(const struct rrset *set, size_t size)
{
	unsigned written = 0;
	begin("example.", size, 0);
	for (; set != NULL; set = set->next) {
		size_t pos = render.writer.pos;
		int err = render_rrset(&render, SECTION_ANSWER, set, 1, true);
		ck_assert(err == 0 || (err == ERR_FULL && render.writer.pos == pos));
		written += err == 0;
	}
	return written;
}

START_TEST(a_set_is_written_whole_or_not_at_all)
{
	static _Alignas(8) uint8_t again_block[65536];
	for (unsigned i = 0; i < 4; i++) {
		char owner[] = "x.sub.example.";
		owner[0] = (char)('p' + i);
		build_rr(&build, SECTION_ANSWER, owner, TYPE_MX, 1, RDATA("\0\1\2mx\7example\0"));
		build_rr(&build, SECTION_ANSWER, owner, TYPE_MX, 1, RDATA("\0\1\3mx2\5other\0"));
	}
	const struct rrset *sets = sets_built();
	ck_assert_uint_eq(render_sets(sets, sizeof out), 4);
	size_t whole = (size_t)render_finish(&render);

	for (size_t size = 25; size < whole; size++) { /* every place to break off */
		unsigned written = render_sets(sets, size);
		int rendered = render_finish(&render);
		ck_assert_int_le(rendered, (int)size);
		ck_assert_uint_lt(written, 4);

		struct arena again_arena;
		struct message again;
		arena_init(&again_arena, again_block, sizeof again_block);
		ck_assert_int_eq(message_read(&again, &again_arena, out, (size_t)rendered), 0);
		ck_assert_uint_eq(again.rrset_counts[SECTION_ANSWER], written);
		for (const struct rrset *set = again.sections[SECTION_ANSWER]; set != NULL;
		     set = set->next)
			ck_assert_uint_eq(set->rr_count, 2);
	}
}
END_TEST

START_TEST(names_of_a_set_taken_back_are_forgotten)
{
	char signature[200];
	memset(signature, 's', sizeof signature - 1);
	signature[sizeof signature - 1] = '\0';
	build_rr(&build, SECTION_ANSWER, "lost.example.", TYPE_MX, 1, RDATA("\0\1\4gone\3far\0"));
	build_rrsig(&build, SECTION_ANSWER, "lost.example.", TYPE_MX, 1, signature);
	build_rr(&build, SECTION_ANSWER, "gone.far.", TYPE_A, 1, RDATA("\1\2\3\4"));
	const struct rrset *sets = sets_built();

	begin("example.", 200, 0);
	size_t at = render.writer.pos;
	ck_assert_int_eq(render_rrset(&render, SECTION_ANSWER, sets, 1, true), ERR_FULL);
	ck_assert_uint_eq(render.name_count, 0);
	ck_assert_int_eq(render_rrset(&render, SECTION_ANSWER, sets->next, 1, true), 0);
	check_octets(at, RDATA("\4gone\3far\0\0\1\0\1\0\0\0\1\0\4\1\2\3\4"));
}
END_TEST

START_TEST(edns_finds_the_room_that_was_kept)
{
	uint8_t options[] = { 0, 15, 0, 2, 0, 22 };
	struct edns edns = { .present = true,
			     .dnssec_ok = true,
			     .udp_bytes = 1232,
			     .options = options,
			     .options_bytes = sizeof options };
	uint8_t text[256] = { 255 };
	build_rr(&build, SECTION_ANSWER, "a.", TYPE_TXT, 1, text, sizeof text);
	const struct rrset *set = sets_built();
	size_t room = 12 + 7 + 2 + 10 + sizeof text;

	begin("a.", room + 16, EDNS_RECORD_BYTES + sizeof options);
	ck_assert_int_eq(render_rrset(&render, SECTION_ANSWER, set, 1, true), ERR_FULL);
	ck_assert_int_eq(render_edns(&render, &edns), 0);

	begin("a.", room + 17, EDNS_RECORD_BYTES + sizeof options);
	ck_assert_int_eq(render_rrset(&render, SECTION_ANSWER, set, 1, true), 0);
	render.rcode = 0x123;
	render.flags |= DNS_TC;
	ck_assert_int_eq(render_edns(&render, &edns), 0);
	ck_assert_int_eq(render_edns(&render, &edns), ERR_FULL);
	int size = render_finish(&render);
	ck_assert_int_eq(size, (int)room + 17);
	ck_assert_int_eq(message_read(&message, &arena, out, (size_t)size), 0);
	ck_assert_uint_eq(message.rcode, 0x123);
	ck_assert_uint_eq(message.flags, DNS_QR | DNS_RA | DNS_TC);
	ck_assert(message.edns.dnssec_ok);
	ck_assert_uint_eq(message.edns.udp_bytes, 1232);
	ck_assert_uint_eq(message.edns.options_bytes, sizeof options);
	ck_assert_mem_eq(message.edns.options, options, sizeof options);
}
END_TEST

START_TEST(a_question_that_does_not_fit_is_refused)
{
	struct question question = { .qname = name_of("example."),
				     .qtype = TYPE_A,
				     .qclass = CLASS_IN };
	render_begin(&render, out, 24, 1, DNS_QR, RCODE_SERVFAIL, 0);
	ck_assert_int_eq(render_question(&render, &question), ERR_FULL);
	ck_assert_int_eq(render_finish(&render), 12);
}
END_TEST

/* ---- any message survives ------------------------------------------------------------------------- */

static void
random_owner(struct rng *rng, char *text)
{
	unsigned labels = 1 + rng_below(rng, 5);
	for (unsigned i = 0; i < labels; i++) {
		unsigned size = 1 + rng_below(rng, rng_below(rng, 10) == 0 ? 30 : 2);
		for (unsigned j = 0; j < size; j++)
			*text++ = (char)((rng_below(rng, 2) ? 'a' : 'A') + (int)rng_below(rng, 3));
		*text++ = '.';
	}
	*text = '\0';
}

static void
build_random(struct rng *rng)
{
	static const uint16_t types[] = { TYPE_NS, TYPE_CNAME, TYPE_MX, TYPE_PTR, TYPE_DNAME };
	char owner[256], target[256];
	unsigned count = 1 + rng_below(rng, 200);
	random_owner(rng, owner);
	build_question(&build, owner, TYPE_A);
	for (unsigned i = 0; i < count; i++) {
		uint16_t type = types[rng_below(rng, 5)];
		random_owner(rng, owner);
		random_owner(rng, target);
		struct name name = name_of(target);
		uint8_t rdata[2 + NAME_BYTES_MAX] = { 0, 7 };
		size_t head = type == TYPE_MX ? 2 : 0;
		memcpy(rdata + head, name.wire, name.size);
		build_rr(&build, (enum dns_section)rng_below(rng, 3), owner, type, 60, rdata,
			 head + name.size);
	}
}

static void
check_same_sets(const struct rrset *a, const struct rrset *b)
{
	for (; a != NULL && b != NULL; a = a->next, b = b->next) {
		struct rdata_walk x, y;
		ck_assert(name_equal(a->owner, b->owner));
		ck_assert(a->type == b->type && a->rr_count == b->rr_count);
		rdata_first(a, &x);
		rdata_first(b, &y);
		while (rdata_next(&x)) {
			ck_assert(rdata_next(&y) && x.size == y.size);
			struct name target_x, target_y;
			size_t head = a->type == TYPE_MX ? 2 : 0;
			ck_assert_mem_eq(x.bytes, y.bytes, head);
			ck_assert_int_eq(name_from_wire(&target_x, x.bytes + head, x.size - head),
					 0);
			ck_assert_int_eq(name_from_wire(&target_y, y.bytes + head, y.size - head),
					 0);
			ck_assert(name_equal(&target_x, &target_y));
		}
	}
	ck_assert(a == NULL && b == NULL);
}

START_TEST(what_is_written_reads_the_same)
{
	struct rng rng;
	size_t plain = 0, compressed = 0;
	rng_init_number(&rng, 1035);
	for (int round = 0; round < 300; round++) {
		setup();
		build_random(&rng);
		sets_built();
		struct message again;
		render_begin(&render, out, sizeof out, 7, message.flags, 0, 0);
		ck_assert_int_eq(render_question(&render, &message.question), 0);
		for (unsigned i = 0; i < SECTIONS; i++)
			for (const struct rrset *set = message.sections[i]; set != NULL;
			     set = set->next)
				ck_assert_int_eq(
					render_rrset(&render, (enum dns_section)i, set, 60, true),
					0);
		int size = render_finish(&render);
		ck_assert_int_eq(message_read(&again, &arena, out, (size_t)size), 0);
		for (unsigned i = 0; i < SECTIONS; i++)
			check_same_sets(message.sections[i], again.sections[i]);
		plain += build.writer.pos;
		compressed += (size_t)size;
	}
	ck_assert_uint_lt(compressed, plain);
}
END_TEST

static Suite *
render_suite(void)
{
	Suite *suite = suite_create("render");
	TCase *tcase = tcase_create("writing");
	tcase_add_checked_fixture(tcase, setup, NULL);
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, a_simple_answer_stands_octet_by_octet);
	tcase_add_test(tcase, names_of_rfc_1035_types_are_compressed);
	tcase_add_test(tcase, names_of_later_types_are_written_whole);
	tcase_add_test(tcase, the_root_is_one_octet);
	tcase_add_test(tcase, signatures_are_written_when_asked_for);
	tcase_add_test(tcase, a_set_is_written_whole_or_not_at_all);
	tcase_add_test(tcase, names_of_a_set_taken_back_are_forgotten);
	tcase_add_test(tcase, edns_finds_the_room_that_was_kept);
	tcase_add_test(tcase, a_question_that_does_not_fit_is_refused);
	tcase_add_test(tcase, what_is_written_reads_the_same);
	suite_add_tcase(suite, tcase);
	return suite;
}

int
main(void)
{
	return suite_run(render_suite());
}

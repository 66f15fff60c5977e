/* Messages that are refused, and what is taken of one in which only some records break the rules of their type. */
#include <stdio.h>

#include "resolver/wire/message.h"
#include "resolver/wire/rdata.h"
#include "stack/base/arena.h"
#include "tests/resolver/wire/build.h"

static struct build build;
static _Alignas(8) uint8_t block[1 << 20];
static struct arena arena;
static struct message message;

static void
setup(void)
{
	arena_init(&arena, block, sizeof block);
	build_begin(&build, DNS_QR | DNS_AA | DNS_RD);
}

/* A set of that type, with so many records and signatures. */
static void
check_set(const struct rrset *set, uint16_t type, unsigned rr_count, unsigned sig_count)
{
	ck_assert_ptr_nonnull(set);
	ck_assert_uint_eq(set->type, type);
	ck_assert_uint_eq(set->rr_count, rr_count);
	ck_assert_uint_eq(set->sig_count, sig_count);
}

static void
two_opts(void)
{
	build_rr_class(&build, SECTION_ADDITIONAL, ".", TYPE_OPT, 1232, 0, RDATA(""));
	build_rr_class(&build, SECTION_ADDITIONAL, ".", TYPE_OPT, 1232, 0, RDATA(""));
}
static void
opt_in_the_answer(void)
{
	build_rr_class(&build, SECTION_ANSWER, ".", TYPE_OPT, 1232, 0, RDATA(""));
}
static void
opt_below_the_root(void)
{
	build_rr_class(&build, SECTION_ADDITIONAL, "a.", TYPE_OPT, 1232, 0, RDATA(""));
}
static void
option_past_the_end(void)
{
	build_rr_class(&build, SECTION_ADDITIONAL, ".", TYPE_OPT, 1232, 0, RDATA("\0\12\0\10abc"));
}
static void
half_an_option(void)
{
	build_rr_class(&build, SECTION_ADDITIONAL, ".", TYPE_OPT, 1232, 0, RDATA("\0\12\0"));
}
static void
tsig_not_last(void)
{
	build_rr_class(&build, SECTION_ADDITIONAL, "key.", TYPE_TSIG, CLASS_ANY, 0, RDATA(""));
	build_rr(&build, SECTION_ADDITIONAL, "a.", TYPE_A, 60, RDATA("\1\2\3\4"));
}
static void
tsig_in_the_answer(void)
{
	build_rr_class(&build, SECTION_ANSWER, "key.", TYPE_TSIG, CLASS_ANY, 0, RDATA(""));
}
static void
short_address(void)
{
	build_rr(&build, SECTION_ANSWER, "a.", TYPE_A, 60, RDATA("\1\2\3"));
}
static void
long_address(void)
{
	build_rr(&build, SECTION_ANSWER, "a.", TYPE_A, 60, RDATA("\1\2\3\4\5"));
}
static void
name_past_its_rdata(void)
{
	build_rr(&build, SECTION_ANSWER, "a.", TYPE_NS, 60, RDATA("\3ab"));
	build_rr(&build, SECTION_ANSWER, "a.", TYPE_NS, 60, RDATA("\0"));
}
static void
pointer_past_its_rdata(void)
{
	build_rr(&build, SECTION_ANSWER, "a.", TYPE_NS, 60, RDATA("\xc0"));
	build_rr(&build, SECTION_ANSWER, "a.", TYPE_NS, 60, RDATA("\0"));
}
static void
octets_after_a_name(void)
{
	build_rr(&build, SECTION_ANSWER, "a.", TYPE_NS, 60, RDATA("\1a\0\1"));
}
static void
missing_record(void)
{
	build_rr(&build, SECTION_ANSWER, "a.", TYPE_A, 60, RDATA("\1\2\3\4"));
	writer_patch_u16(&build.writer, 6, 2);
}
static void
rdata_past_the_end(void)
{
	build_rr(&build, SECTION_ANSWER, "a.", TYPE_TXT, 60, RDATA("\3abc"));
	build.writer.pos--;
}
static void
missing_question(void)
{
	writer_patch_u16(&build.writer, 4, 1);
}
static void
half_a_header(void)
{
	build.writer.pos = 11;
}
static void
promised_multitude(void)
{
	writer_patch_u16(&build.writer, 6, 0xffff);
	writer_patch_u16(&build.writer, 8, 0xffff);
	writer_patch_u16(&build.writer, 10, 0xffff);
}
static void
large_set(void)
{
	for (unsigned i = 0; i <= RRSET_RRS_MAX; i++) {
		uint8_t address[4] = { 10, 0, (uint8_t)(i >> 8), (uint8_t)i };
		build_rr(&build, SECTION_ANSWER, "a.", TYPE_A, 60, address, 4);
	}
}
static void
bitmap_windows_backwards(void)
{
	build_rr(&build, SECTION_ANSWER, "a.", TYPE_NSEC, 60, RDATA("\0\1\1\1\0\1\1"));
}
static void
empty_bitmap_window(void)
{
	build_rr(&build, SECTION_ANSWER, "a.", TYPE_NSEC, 60, RDATA("\0\0\0"));
}

static const struct {
	const char *behaviour;
	void (*make)(void);
	int err;
} refused[] = {
	{ "two OPT records (RFC 6891, section 6.1.1)", two_opts, ERR_MALFORMED },
	{ "an OPT record outside the additional section", opt_in_the_answer, ERR_MALFORMED },
	{ "an OPT record below the root", opt_below_the_root, ERR_MALFORMED },
	{ "an option past the end of its record", option_past_the_end, ERR_SHORT },
	{ "half an option", half_an_option, ERR_SHORT },
	{ "a TSIG that is not last (RFC 8945, section 5.1)", tsig_not_last, ERR_MALFORMED },
	{ "a TSIG outside the additional section", tsig_in_the_answer, ERR_MALFORMED },
	{ "an address of three octets", short_address, ERR_SHORT },
	{ "an address of five octets", long_address, ERR_MALFORMED },
	{ "a name that runs out of its rdata", name_past_its_rdata, ERR_SHORT },
	{ "a pointer that runs out of its rdata", pointer_past_its_rdata, ERR_SHORT },
	{ "octets after the name", octets_after_a_name, ERR_MALFORMED },
	{ "fewer records than the header says", missing_record, ERR_SHORT },
	{ "rdata past the end", rdata_past_the_end, ERR_SHORT },
	{ "no question where the header says one", missing_question, ERR_SHORT },
	{ "less than a header", half_a_header, ERR_SHORT },
	{ "more records than a message may have", promised_multitude, ERR_TOO_BIG },
	{ "a larger set than any zone has", large_set, ERR_TOO_BIG },
	{ "bitmap windows out of order", bitmap_windows_backwards, ERR_MALFORMED },
	{ "an empty bitmap window", empty_bitmap_window, ERR_MALFORMED },
};

START_TEST(malformed_messages_are_refused)
{
	refused[_i].make();
	int err = message_read(&message, &arena, build.bytes, build.writer.pos);
	ck_assert_msg(err == refused[_i].err, "%s: %d", refused[_i].behaviour, err);
}
END_TEST

/* ---- what is sound of a message -------------------------------------------------------------------- */

static int
read_sound(uint32_t *broken)
{
	return message_read_sound(&message, &arena, build.bytes, build.writer.pos, broken);
}

START_TEST(a_record_that_breaks_the_rules_of_its_type_costs_no_other)
{
	uint32_t broken;

	build_rr(&build, SECTION_ANSWER, "a.", TYPE_A, 60, RDATA("\1\2\3"));
	build_rr(&build, SECTION_ANSWER, "a.", TYPE_A, 60, RDATA("\1\2\3\4"));
	build_rr(&build, SECTION_ANSWER, "a.", TYPE_A, 60, RDATA("\1\2\3\4\5"));
	build_rrsig(&build, SECTION_ANSWER, "a.", TYPE_A, 60, "sig");
	build_rr(&build, SECTION_AUTHORITY, "a.", TYPE_NS, 60, RDATA("\3ab"));
	build_rr(&build, SECTION_ADDITIONAL, "a.", TYPE_AAAA, 60, RDATA("0123456789abcdef"));
	ck_assert_int_eq(read_sound(&broken), 0);
	ck_assert_uint_eq(broken, 3);
	check_set(message.sections[SECTION_ANSWER], TYPE_A, 1, 1);
	struct rdata_walk walk;
	rdata_first(message.sections[SECTION_ANSWER], &walk);
	ck_assert(rdata_next(&walk));
	ck_assert_uint_eq(walk.size, 4);
	ck_assert_mem_eq(walk.bytes, "\1\2\3\4", 4);
	ck_assert_ptr_null(message.sections[SECTION_AUTHORITY]);
	ck_assert_uint_eq(message.rrset_counts[SECTION_AUTHORITY], 0);
	check_set(message.sections[SECTION_ADDITIONAL], TYPE_AAAA, 1, 0);
	ck_assert(!message.answer_is_hollow);
}
END_TEST

START_TEST(a_set_without_a_sound_record_goes_with_its_signatures)
{
	uint32_t broken;

	build_rr(&build, SECTION_ANSWER, "a.", TYPE_A, 60, RDATA("\1\2\3"));
	build_rrsig(&build, SECTION_ANSWER, "a.", TYPE_A, 60, "sig");
	build_rr(&build, SECTION_ANSWER, "b.", TYPE_A, 60, RDATA("\1\2\3\4"));
	ck_assert_int_eq(read_sound(&broken), 0);
	ck_assert_uint_eq(broken, 1);
	ck_assert(message.answer_is_hollow);
	check_set(message.sections[SECTION_ANSWER], TYPE_A, 1, 0);
	ck_assert_ptr_null(message.sections[SECTION_ANSWER]->next);
}
END_TEST

START_TEST(the_frame_of_a_message_has_to_be_right)
{
	uint32_t broken;

	rdata_past_the_end();
	ck_assert_int_eq(read_sound(&broken), ERR_SHORT);
	setup();
	two_opts();
	ck_assert_int_eq(read_sound(&broken), ERR_MALFORMED);
	ck_assert_uint_eq(broken, 0);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("message: refused");
	TCase *tcase = tcase_create("refused");
	tcase_add_checked_fixture(tcase, setup, NULL);
	tcase_add_loop_test(tcase, malformed_messages_are_refused, 0, COUNT(refused));
	tcase_add_test(tcase, a_record_that_breaks_the_rules_of_its_type_costs_no_other);
	tcase_add_test(tcase, a_set_without_a_sound_record_goes_with_its_signatures);
	tcase_add_test(tcase, the_frame_of_a_message_has_to_be_right);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}

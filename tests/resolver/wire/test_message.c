#include "resolver/wire/message.h"

#include <stdio.h>

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

static int
read_built(void)
{
	return message_read(&message, &arena, build.bytes, build.writer.pos);
}

/* The set is what the test says: a type, and its records in order, each a string after the one before. */
static void
check_set(const struct rrset *set, uint16_t type, unsigned rr_count, unsigned sig_count)
{
	ck_assert_ptr_nonnull(set);
	ck_assert_uint_eq(set->type, type);
	ck_assert_uint_eq(set->rr_count, rr_count);
	ck_assert_uint_eq(set->sig_count, sig_count);
	struct rdata_walk walk;
	unsigned count = 0;
	for (rdata_first(set, &walk); rdata_next(&walk);)
		count++;
	ck_assert_uint_eq(count, rr_count + sig_count);
	ck_assert_ptr_eq(walk.at, set->rdata + set->rdata_bytes);
}

static void
check_rdata(const struct rrset *set, unsigned index, const void *bytes, size_t size)
{
	struct rdata_walk walk;
	rdata_first(set, &walk);
	for (unsigned i = 0; i <= index; i++)
		ck_assert(rdata_next(&walk));
	ck_assert_uint_eq(walk.size, size);
	ck_assert_mem_eq(walk.bytes, bytes, size);
}

START_TEST(header_and_question_are_values)
{
	build_begin(&build, DNS_QR | DNS_AA | DNS_RD | RCODE_NXDOMAIN);
	build_question(&build, "wWw.Example.com.", TYPE_HTTPS);
	ck_assert_int_eq(read_built(), 0);
	struct name qname = name_of("wWw.Example.com.");
	ck_assert_uint_eq(message.id, 0x1234);
	ck_assert_uint_eq(message.flags, DNS_QR | DNS_AA | DNS_RD);
	ck_assert_uint_eq(message.rcode, RCODE_NXDOMAIN);
	ck_assert_uint_eq(message.question_count, 1);
	ck_assert(name_equal_exact(&message.question.qname, &qname));
	ck_assert_uint_eq(message.question.qtype, TYPE_HTTPS);
	ck_assert_uint_eq(message.question.qclass, CLASS_IN);
	for (int i = 0; i < SECTIONS; i++)
		ck_assert_ptr_null(message.sections[i]);
	ck_assert(!message.edns.present);
}
END_TEST

START_TEST(records_of_one_owner_type_and_class_are_one_set)
{
	build_question(&build, "example.com.", TYPE_A);
	build_rr_at_qname(&build, SECTION_ANSWER, TYPE_A, 300, RDATA("\1\2\3\4"));
	build_rr(&build, SECTION_ANSWER, "EXAMPLE.com.", TYPE_AAAA, 300, RDATA("0123456789abcdef"));
	build_rr(&build, SECTION_ANSWER, "eXample.com.", TYPE_A, 200, RDATA("\5\6\7\10"));
	build_rr_class(&build, SECTION_ANSWER, "example.com.", TYPE_A, CLASS_CH, 300,
		       RDATA("\5\6\7\10"));
	build_rr(&build, SECTION_ANSWER, "www.example.com.", TYPE_A, 300, RDATA("\5\6\7\10"));
	build_rr(&build, SECTION_ADDITIONAL, "example.com.", TYPE_A, 300, RDATA("\5\6\7\10"));
	ck_assert_int_eq(read_built(), 0);

	const struct rrset *set = message.sections[SECTION_ANSWER];
	ck_assert_uint_eq(message.rrset_counts[SECTION_ANSWER], 4);
	check_set(set, TYPE_A, 2, 0);
	check_rdata(set, 0, "\1\2\3\4", 4);
	check_rdata(set, 1, "\5\6\7\10", 4);
	ck_assert_uint_eq(set->ttl_s, 200); /* RFC 2181, section 5.2 */
	check_set(set->next, TYPE_AAAA, 1, 0);
	check_set(set->next->next, TYPE_A, 1, 0);
	ck_assert_uint_eq(set->next->next->class, CLASS_CH);
	check_set(set->next->next->next, TYPE_A, 1, 0);
	ck_assert_ptr_null(set->next->next->next->next);
	check_set(message.sections[SECTION_ADDITIONAL], TYPE_A, 1, 0);
	ck_assert_ptr_null(message.sections[SECTION_AUTHORITY]);
}
END_TEST

static void
check_owner(const struct rrset *set, const char *owner)
{
	struct name name = name_of(owner);
	ck_assert(name_equal_exact(set->owner, &name));
}

START_TEST(a_set_is_spelt_as_its_first_record)
{
	build_question(&build, "Www.Example.", TYPE_A);
	build_rr(&build, SECTION_ANSWER, "www.example.", TYPE_A, 60, RDATA("\1\2\3\4"));
	build_rr(&build, SECTION_ANSWER, "WWW.example.", TYPE_A, 60, RDATA("\5\6\7\10"));
	build_rr(&build, SECTION_ANSWER, "WWW.example.", TYPE_TXT, 60, RDATA("\1a"));
	build_rr_at_qname(&build, SECTION_AUTHORITY, TYPE_TXT, 60, RDATA("\1a"));
	build_rr(&build, SECTION_AUTHORITY, "www.example.", TYPE_A, 60, RDATA("\1\2\3\4"));
	ck_assert_int_eq(read_built(), 0);
	check_set(message.sections[SECTION_ANSWER], TYPE_A, 2, 0);
	check_owner(message.sections[SECTION_ANSWER], "www.example.");
	check_owner(message.sections[SECTION_ANSWER]->next, "WWW.example.");
	check_owner(message.sections[SECTION_AUTHORITY], "Www.Example.");
	check_owner(message.sections[SECTION_AUTHORITY]->next, "www.example.");
}
END_TEST

START_TEST(a_pointer_means_the_same_name_again_and_no_other)
{
	static const uint16_t pointers[] = { 0xc00c, 0xc00c, 0xc00e, 0xc00e, 0xc00c, 0xc00e };
	build_question(&build, "a.b.", TYPE_A); /* "a.b." at 12, "b." at 14 */
	for (unsigned i = 0; i < COUNT(pointers); i++) {
		size_t at = build.writer.pos;
		build_rr_at_qname(&build, (enum dns_section)(i / 2), TYPE_A, 60, RDATA("\1\2\3\4"));
		writer_patch_u16(&build.writer, at, pointers[i]);
	}
	ck_assert_int_eq(read_built(), 0);
	check_set(message.sections[SECTION_ANSWER], TYPE_A, 1, 0);
	check_owner(message.sections[SECTION_ANSWER], "a.b.");
	check_set(message.sections[SECTION_AUTHORITY], TYPE_A, 1, 0);
	check_owner(message.sections[SECTION_AUTHORITY], "b.");
	check_owner(message.sections[SECTION_ADDITIONAL], "a.b.");
	check_owner(message.sections[SECTION_ADDITIONAL]->next, "b.");
}
END_TEST

START_TEST(a_set_has_no_duplicates)
{
	for (int i = 0; i < 200; i++)
		build_rr(&build, SECTION_ANSWER, "example.com.", TYPE_NS, 60,
			 i % 2 == 0 ? "\1a\7example\0" : "\1A\7example\0", 11);
	ck_assert_int_eq(read_built(), 0);
	check_set(message.sections[SECTION_ANSWER], TYPE_NS, 2,
		  0); /* octets differ, so both stay */
}
END_TEST

START_TEST(duplicates_are_found_after_names_are_whole)
{
	build_question(&build, "a.example.", TYPE_MX);
	build_rr_at_qname(&build, SECTION_ANSWER, TYPE_MX, 60, RDATA("\0\1\1a\7example\0"));
	build_rr_at_qname(&build, SECTION_ANSWER, TYPE_MX, 60, RDATA("\0\1\xc0\x0c"));
	build_rrsig(&build, SECTION_ANSWER, "a.example.", TYPE_MX, 60, "same");
	build_rrsig(&build, SECTION_ANSWER, "a.example.", TYPE_MX, 60, "same");
	ck_assert_int_eq(read_built(), 0);
	check_set(message.sections[SECTION_ANSWER], TYPE_MX, 1, 1);
}
END_TEST

START_TEST(signatures_join_their_set_from_anywhere_in_the_section)
{
	build_rrsig(&build, SECTION_ANSWER, "example.com.", TYPE_A, 50, "before");
	build_rr(&build, SECTION_ANSWER, "example.com.", TYPE_A, 300, RDATA("\1\2\3\4"));
	build_rr(&build, SECTION_ANSWER, "example.net.", TYPE_A, 300, RDATA("\1\2\3\4"));
	build_rrsig(&build, SECTION_ANSWER, "EXAMPLE.COM.", TYPE_A, 300, "after");
	build_rrsig(&build, SECTION_AUTHORITY, "example.com.", TYPE_MX, 300, "of no set");
	ck_assert_int_eq(read_built(), 0);
	const struct rrset *set = message.sections[SECTION_ANSWER];
	check_set(set, TYPE_A, 1, 2);
	ck_assert_uint_eq(set->ttl_s, 50);
	check_set(set->next, TYPE_A, 1, 0);
	ck_assert_ptr_null(set->next->next);
	check_set(message.sections[SECTION_AUTHORITY], TYPE_RRSIG, 1, 0);
}
END_TEST

START_TEST(signatures_in_the_wrong_section_join_their_set)
{
	build_question(&build, "example.com.", TYPE_A);
	build_rr(&build, SECTION_ANSWER, "example.com.", TYPE_A, 300, RDATA("\1\2\3\4"));
	build_rrsig(&build, SECTION_ADDITIONAL, "example.com.", TYPE_A, 300, "elsewhere");
	ck_assert_int_eq(read_built(), 0);
	check_set(message.sections[SECTION_ANSWER], TYPE_A, 1, 1);
	ck_assert_ptr_null(message.sections[SECTION_ADDITIONAL]);
}
END_TEST

START_TEST(signatures_of_a_set_stand_in_order_of_arrival)
{
	struct rdata_walk walk;
	unsigned at = 0;

	build_question(&build, "example.com.", TYPE_A);
	build_rrsig(&build, SECTION_ANSWER, "example.com.", TYPE_NS, 300, "0");
	build_rrsig(&build, SECTION_AUTHORITY, "example.com.", TYPE_NS, 300, "1");
	build_rr(&build, SECTION_AUTHORITY, "example.com.", TYPE_NS, 300, RDATA("\0"));
	build_rrsig(&build, SECTION_ADDITIONAL, "example.com.", TYPE_NS, 300, "2");
	ck_assert_int_eq(read_built(), 0);
	check_set(message.sections[SECTION_AUTHORITY], TYPE_NS, 1, 3);
	rdata_first(message.sections[SECTION_AUTHORITY], &walk);
	for (ck_assert(rdata_next(&walk)); rdata_next(&walk); at++)
		ck_assert_int_eq(walk.bytes[walk.size - 1], (int)('0' + at));
	ck_assert_uint_eq(at, 3);
}
END_TEST

START_TEST(signatures_that_were_asked_for_stay_where_they_are)
{
	build_question(&build, "example.com.", TYPE_RRSIG);
	build_rrsig(&build, SECTION_ANSWER, "example.com.", TYPE_A, 300, "asked");
	build_rr(&build, SECTION_ADDITIONAL, "example.com.", TYPE_A, 300, RDATA("\1\2\3\4"));
	ck_assert_int_eq(read_built(), 0);
	check_set(message.sections[SECTION_ANSWER], TYPE_RRSIG, 1, 0);
	check_set(message.sections[SECTION_ADDITIONAL], TYPE_A, 1, 0);
}
END_TEST

START_TEST(signatures_without_a_set_are_a_set_of_their_own)
{
	build_rrsig(&build, SECTION_ANSWER, "example.com.", TYPE_A, 300, "1");
	build_rrsig(&build, SECTION_ANSWER, "example.com.", TYPE_NS, 200, "2");
	build_rr(&build, SECTION_ANSWER, "example.com.", TYPE_MX, 300, RDATA("\0\1\0"));
	build_rrsig(&build, SECTION_ANSWER, "example.com.", TYPE_MX, 300, "3");
	build_rrsig(&build, SECTION_ANSWER, "example.com.", TYPE_RRSIG, 300, "4");
	ck_assert_int_eq(read_built(), 0);
	const struct rrset *set = message.sections[SECTION_ANSWER];
	ck_assert_uint_eq(message.rrset_counts[SECTION_ANSWER], 2);
	check_set(set, TYPE_MX, 1, 1);
	check_set(set->next, TYPE_RRSIG, 3, 0);
	ck_assert_uint_eq(set->next->ttl_s, 200);
}
END_TEST

START_TEST(a_ttl_with_the_top_bit_is_zero)
{
	build_rr(&build, SECTION_ANSWER, "a.", TYPE_A, 0x80000001u, RDATA("\1\2\3\4"));
	build_rr(&build, SECTION_ANSWER, "b.", TYPE_A, 0x7fffffffu, RDATA("\1\2\3\4"));
	ck_assert_int_eq(read_built(), 0);
	ck_assert_uint_eq(message.sections[SECTION_ANSWER]->ttl_s, 0);
	ck_assert_uint_eq(message.sections[SECTION_ANSWER]->next->ttl_s, 0x7fffffffu);
}
END_TEST

START_TEST(rdata_is_kept_with_whole_names_in_their_case)
{
	build_question(&build, "Sub.Example.", TYPE_SOA);
	build_rr_at_qname(&build, SECTION_AUTHORITY, TYPE_SOA, 60,
			  RDATA("\xc0\x10\4mAil\xc0\x0c\0\0\0\1\0\0\0\2\0\0\0\3\0\0\0\4\0\0\0\5"));
	ck_assert_int_eq(read_built(), 0);
	const struct rrset *set = message.sections[SECTION_AUTHORITY];
	check_set(set, TYPE_SOA, 1, 0);
	check_rdata(
		set, 0,
		RDATA("\7Example\0\4mAil\3Sub\7Example\0\0\0\0\1\0\0\0\2\0\0\0\3\0\0\0\4\0\0\0\5"));
	struct soa soa;
	ck_assert_int_eq(rdata_soa(set->rdata + 2, set->rdata_bytes - 2u, &soa), 0);
	ck_assert_uint_eq(soa.serial, 1);
	ck_assert_uint_eq(soa.minimum_s, 5);
}
END_TEST

START_TEST(edns_is_taken_out_of_the_additional_section)
{
	build_begin(&build, DNS_QR | 5);
	build_rr(&build, SECTION_ADDITIONAL, "a.", TYPE_A, 60, RDATA("\1\2\3\4"));
	build_rr_class(&build, SECTION_ADDITIONAL, ".", TYPE_OPT, 1232, 0x01008000u,
		       RDATA("\0\12\0\10abcdefgh\0\17\0\2\0\26"));
	build_rr(&build, SECTION_ADDITIONAL, "b.", TYPE_A, 60, RDATA("\1\2\3\4"));
	ck_assert_int_eq(read_built(), 0);
	memset(build.bytes, 0xee, sizeof build.bytes); /* nothing refers to the octets given */
	ck_assert_uint_eq(message.rcode, 0x15);
	ck_assert_uint_eq(message.rrset_counts[SECTION_ADDITIONAL], 2);
	ck_assert(message.edns.present && message.edns.dnssec_ok);
	ck_assert_uint_eq(message.edns.version, 0);
	ck_assert_uint_eq(message.edns.udp_bytes, 1232);

	const uint8_t *value;
	uint16_t value_bytes;
	ck_assert(edns_find(&message.edns, EDNS_COOKIE, &value, &value_bytes));
	ck_assert_uint_eq(value_bytes, 8);
	ck_assert_mem_eq(value, "abcdefgh", 8);
	ck_assert(edns_find(&message.edns, EDNS_EDE, &value, &value_bytes));
	ck_assert_uint_eq(value_bytes, 2);
	ck_assert(!edns_find(&message.edns, EDNS_NSID, &value, &value_bytes));
}
END_TEST

START_TEST(edns_alone_is_found_behind_all_else)
{
	const uint8_t *value;
	uint16_t value_bytes;
	struct edns edns;

	build_begin(&build, DNS_QR);
	build_question(&build, "a.", TYPE_A);
	build_rr(&build, SECTION_ANSWER, "a.", TYPE_A, 60, RDATA("\300\0\2\1"));
	build_rr_class(&build, SECTION_ADDITIONAL, ".", TYPE_OPT, 1232, 0, RDATA("\0\13\0\2\0\144"));
	ck_assert(message_edns(&edns, build.bytes, build.writer.pos));
	ck_assert(edns_find(&edns, EDNS_KEEPALIVE, &value, &value_bytes));
	ck_assert_uint_eq(value_bytes, 2);
	ck_assert_uint_eq(value[1], 100);
	for (size_t size = 0; size < build.writer.pos; size++)
		ck_assert(!message_edns(&edns, build.bytes, size));
	build.bytes[11] = 0; /* the additional section is empty */
	ck_assert(!message_edns(&edns, build.bytes, build.writer.pos));
}
END_TEST

START_TEST(small_edns_sizes_count_as_512)
{
	build_rr_class(&build, SECTION_ADDITIONAL, ".", TYPE_OPT, 12, 0, RDATA(""));
	ck_assert_int_eq(read_built(), 0);
	ck_assert_uint_eq(message.edns.udp_bytes, 512);
	ck_assert_ptr_null(message.edns.options);
}
END_TEST

START_TEST(signatures_over_the_message_are_no_data)
{
	build_rr_class(&build, SECTION_ADDITIONAL, ".", TYPE_SIG, CLASS_ANY, 0,
		       RDATA("\0\0\5\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\3key\0sig"));
	build_rr_class(&build, SECTION_ADDITIONAL, "key.", TYPE_TSIG, CLASS_ANY, 0,
		       RDATA("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"));
	ck_assert_int_eq(read_built(), 0);
	ck_assert_ptr_null(message.sections[SECTION_ADDITIONAL]);
	ck_assert(message.tsig_present);
}
END_TEST

START_TEST(updates_may_have_no_rdata)
{
	build_begin(&build, OPCODE_UPDATE << 11);
	build_rr_class(&build, SECTION_AUTHORITY, "a.example.", TYPE_A, CLASS_ANY, 0, RDATA(""));
	build_rr_class(&build, SECTION_AUTHORITY, "a.example.", TYPE_RRSIG, CLASS_ANY, 0,
		       RDATA(""));
	build_rr_class(&build, SECTION_AUTHORITY, "a.example.", TYPE_MX, CLASS_NONE, 0,
		       RDATA("\0\1\0"));
	ck_assert_int_eq(read_built(), 0);
	ck_assert_uint_eq(message.rrset_counts[SECTION_AUTHORITY], 3);
}
END_TEST

START_TEST(a_full_set_is_still_a_set)
{
	for (unsigned i = 0; i < RRSET_RRS_MAX; i++) {
		uint8_t address[4] = { 10, 0, (uint8_t)(i >> 8), (uint8_t)i };
		build_rr(&build, SECTION_ANSWER, "a.", TYPE_A, 60, address, 4);
	}
	ck_assert_int_eq(read_built(), 0);
	check_set(message.sections[SECTION_ANSWER], TYPE_A, RRSET_RRS_MAX, 0);
}
END_TEST

START_TEST(many_sets_are_grouped_without_many_steps)
{
	char owner[32];
	for (unsigned i = 0; i < MESSAGE_RRS_MAX; i++) {
		snprintf(owner, sizeof owner, "n%u.example.", i / 2);
		build_rr(&build, SECTION_ANSWER, owner, TYPE_A, 60,
			 i % 2 ? "\1\2\3\4" : "\5\6\7\10", 4);
	}
	ck_assert_int_eq(read_built(), 0);
	ck_assert_uint_eq(message.rrset_counts[SECTION_ANSWER], MESSAGE_RRS_MAX / 2);
	check_set(message.sections[SECTION_ANSWER], TYPE_A, 2, 0);
}
END_TEST

START_TEST(a_hostile_choice_of_types_ends_early)
{
	for (unsigned i = 0; i < MESSAGE_RRS_MAX; i++)
		build_rr(&build, SECTION_ANSWER, "a.", (uint16_t)(1000 + i), 60, RDATA(""));
	ck_assert_int_eq(read_built(), ERR_TOO_BIG);
	setup();
	for (unsigned i = 0; i < 200; i++) /* a large answer to ANY is no attack */
		build_rr(&build, SECTION_ANSWER, "a.", (uint16_t)(1000 + i), 60, RDATA(""));
	ck_assert_int_eq(read_built(), 0);
}
END_TEST

START_TEST(a_small_arena_is_an_error_and_nothing_worse)
{
	build_question(&build, "www.example.com.", TYPE_A);
	build_rr_at_qname(&build, SECTION_ANSWER, TYPE_A, 300, RDATA("\1\2\3\4"));
	build_rrsig(&build, SECTION_ANSWER, "www.example.com.", TYPE_A, 300, "signature");
	build_rr(&build, SECTION_AUTHORITY, "example.com.", TYPE_NS, 300, RDATA("\2ns\xc0\x10"));
	build_rr_class(&build, SECTION_ADDITIONAL, ".", TYPE_OPT, 1232, 0,
		       RDATA("\0\12\0\10abcdefgh"));
	int err = ERR_NO_MEMORY;
	size_t size = 0;
	for (; size < 4096 && err != 0; size += 8) {
		uint8_t *exact = malloc(size + 1);
		arena_init(&arena, exact, size);
		err = read_built();
		ck_assert(err == 0 || err == ERR_NO_MEMORY);
		free(exact);
	}
	ck_assert_int_eq(err, 0);
	ck_assert_uint_gt(size, 100);
}
END_TEST

START_TEST(octets_after_the_last_record_are_not_looked_at)
{
	build_question(&build, "a.", TYPE_A);
	writer_u32(&build.writer, 0xffffffff);
	ck_assert_int_eq(read_built(), 0);
}
END_TEST

static Suite *
message_suite(void)
{
	Suite *suite = suite_create("message");
	TCase *tcase = tcase_create("reading");
	tcase_add_checked_fixture(tcase, setup, NULL);
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, header_and_question_are_values);
	tcase_add_test(tcase, records_of_one_owner_type_and_class_are_one_set);
	tcase_add_test(tcase, a_set_is_spelt_as_its_first_record);
	tcase_add_test(tcase, a_pointer_means_the_same_name_again_and_no_other);
	tcase_add_test(tcase, a_set_has_no_duplicates);
	tcase_add_test(tcase, duplicates_are_found_after_names_are_whole);
	tcase_add_test(tcase, signatures_join_their_set_from_anywhere_in_the_section);
	tcase_add_test(tcase, signatures_in_the_wrong_section_join_their_set);
	tcase_add_test(tcase, signatures_of_a_set_stand_in_order_of_arrival);
	tcase_add_test(tcase, signatures_that_were_asked_for_stay_where_they_are);
	tcase_add_test(tcase, signatures_without_a_set_are_a_set_of_their_own);
	tcase_add_test(tcase, a_ttl_with_the_top_bit_is_zero);
	tcase_add_test(tcase, rdata_is_kept_with_whole_names_in_their_case);
	tcase_add_test(tcase, edns_is_taken_out_of_the_additional_section);
	tcase_add_test(tcase, edns_alone_is_found_behind_all_else);
	tcase_add_test(tcase, small_edns_sizes_count_as_512);
	tcase_add_test(tcase, signatures_over_the_message_are_no_data);
	tcase_add_test(tcase, updates_may_have_no_rdata);
	tcase_add_test(tcase, a_full_set_is_still_a_set);
	tcase_add_test(tcase, many_sets_are_grouped_without_many_steps);
	tcase_add_test(tcase, a_hostile_choice_of_types_ends_early);
	tcase_add_test(tcase, a_small_arena_is_an_error_and_nothing_worse);
	tcase_add_test(tcase, octets_after_the_last_record_are_not_looked_at);
	suite_add_tcase(suite, tcase);
	return suite;
}

int
main(void)
{
	return suite_run(message_suite());
}

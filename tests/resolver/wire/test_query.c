#include "resolver/wire/message.h"

#include "tests/resolver/wire/build.h"

static struct build build;
static struct query query;

static void
setup(void)
{
	memset(&query, 0xee, sizeof query);
	build_begin(&build, DNS_RD | DNS_CD);
}

static int
read_built(void)
{
	return query_read(&query, build.bytes, build.writer.pos);
}

START_TEST(a_plain_query_is_read)
{
	build_question(&build, "wWw.Example.com.", TYPE_AAAA);
	ck_assert_int_eq(read_built(), RCODE_NOERROR);
	struct name qname = name_of("wWw.Example.com.");
	ck_assert_uint_eq(query.id, 0x1234);
	ck_assert_uint_eq(query.flags, DNS_RD | DNS_CD);
	ck_assert(name_equal_exact(&query.question.qname, &qname));
	ck_assert_uint_eq(query.question.qtype, TYPE_AAAA);
	ck_assert_uint_eq(query.question.qclass, CLASS_IN);
	ck_assert_uint_eq(query.question_bytes, 17 + 4);
	ck_assert(!query.edns.present);
	ck_assert(!query.tsig_present);
}
END_TEST

START_TEST(edns_of_a_query_points_into_it)
{
	build_question(&build, "a.", TYPE_A);
	build_rr_class(&build, SECTION_ADDITIONAL, ".", TYPE_OPT, 4096, 0x8000, RDATA("\0\3\0\0"));
	build_rr_class(&build, SECTION_ADDITIONAL, "key.", TYPE_TSIG, CLASS_ANY, 0,
		       RDATA("whatever"));
	ck_assert_int_eq(read_built(), RCODE_NOERROR);
	ck_assert(query.edns.present && query.edns.dnssec_ok && query.tsig_present);
	ck_assert_uint_eq(query.edns.udp_bytes, 4096);
	const uint8_t *value;
	uint16_t value_bytes;
	ck_assert(edns_find(&query.edns, EDNS_NSID, &value, &value_bytes));
	ck_assert(query.edns.options > build.bytes &&
		  query.edns.options < build.bytes + build.writer.pos);
}
END_TEST

static void
no_question(void)
{
}
static void
two_questions(void)
{
	build_question(&build, "a.", TYPE_A);
	build_question(&build, "b.", TYPE_A);
}
static void
an_answer_record(void)
{
	build_question(&build, "a.", TYPE_A);
	build_rr(&build, SECTION_ANSWER, "a.", TYPE_A, 60, RDATA("\1\2\3\4"));
}
static void
an_authority_record(void)
{
	build_question(&build, "a.", TYPE_A);
	build_rr(&build, SECTION_AUTHORITY, "a.", TYPE_A, 60, RDATA("\1\2\3\4"));
}
static void
an_ixfr_with_its_soa(void)
{
	build_question(&build, "a.", TYPE_IXFR);
	build_rr(&build, SECTION_AUTHORITY, "a.", TYPE_SOA, 60, RDATA("not looked at"));
}
static void
two_opts(void)
{
	build_question(&build, "a.", TYPE_A);
	build_rr_class(&build, SECTION_ADDITIONAL, ".", TYPE_OPT, 1232, 0, RDATA(""));
	build_rr_class(&build, SECTION_ADDITIONAL, ".", TYPE_OPT, 1232, 0, RDATA(""));
}
static void
an_opt_below_the_root(void)
{
	build_question(&build, "a.", TYPE_A);
	build_rr_class(&build, SECTION_ADDITIONAL, "a.", TYPE_OPT, 1232, 0, RDATA(""));
}
static void
a_broken_option(void)
{
	build_question(&build, "a.", TYPE_A);
	build_rr_class(&build, SECTION_ADDITIONAL, ".", TYPE_OPT, 1232, 0, RDATA("\0\3\0\1"));
}
static void
a_new_edns(void)
{
	build_question(&build, "a.", TYPE_A);
	build_rr_class(&build, SECTION_ADDITIONAL, ".", TYPE_OPT, 1232, 0x10000, RDATA(""));
}
static void
records_after_the_tsig(void)
{
	build_question(&build, "a.", TYPE_A);
	build_rr_class(&build, SECTION_ADDITIONAL, "key.", TYPE_TSIG, CLASS_ANY, 0, RDATA(""));
	build_rr_class(&build, SECTION_ADDITIONAL, ".", TYPE_OPT, 1232, 0, RDATA(""));
}
static void
half_a_question(void)
{
	build_question(&build, "a.", TYPE_A);
	build.writer.pos--;
}
static void
a_missing_record(void)
{
	build_question(&build, "a.", TYPE_A);
	writer_patch_u16(&build.writer, 10, 1);
}
static void
a_multitude_of_records(void)
{
	build_question(&build, "a.", TYPE_A);
	for (int i = 0; i < 5; i++)
		build_rr(&build, SECTION_ADDITIONAL, "a.", TYPE_A, 60, RDATA("\1\2\3\4"));
}
static void
a_compressed_question(void)
{
	writer_u16(&build.writer, 0xc00c);
	writer_u32(&build.writer, 0x00010001);
	writer_patch_u16(&build.writer, 4, 1);
}
static void
a_notify(void)
{
	build_begin(&build, OPCODE_NOTIFY << 11);
	build_question(&build, "a.", TYPE_SOA);
}
static void
a_response(void)
{
	build_begin(&build, DNS_QR);
	build_question(&build, "a.", TYPE_SOA);
}
static void
half_a_header(void)
{
	build.writer.pos = 11;
}

static const struct {
	const char *behaviour;
	void (*make)(void);
	int rcode;
} deserved[] = {
	{ "no question", no_question, RCODE_FORMERR },
	{ "two questions", two_questions, RCODE_FORMERR },
	{ "an answer record", an_answer_record, RCODE_FORMERR },
	{ "an authority record", an_authority_record, RCODE_FORMERR },
	{ "IXFR with the client's SOA (RFC 1995, section 3)", an_ixfr_with_its_soa, RCODE_NOERROR },
	{ "two OPT records (RFC 6891, section 6.1.1)", two_opts, RCODE_FORMERR },
	{ "an OPT record below the root", an_opt_below_the_root, RCODE_FORMERR },
	{ "an option longer than its record", a_broken_option, RCODE_FORMERR },
	{ "an EDNS version to come", a_new_edns, RCODE_BADVERS },
	{ "a record after the TSIG (RFC 8945, section 5.1)", records_after_the_tsig,
	  RCODE_FORMERR },
	{ "a question cut short", half_a_question, RCODE_FORMERR },
	{ "a record less than promised", a_missing_record, RCODE_FORMERR },
	{ "records without need", a_multitude_of_records, RCODE_FORMERR },
	{ "a pointer in the question", a_compressed_question, RCODE_FORMERR },
	{ "another opcode", a_notify, RCODE_NOTIMP },
	{ "a response is never answered", a_response, ERR_MALFORMED },
	{ "less than a header is never answered", half_a_header, ERR_SHORT },
};

START_TEST(a_query_gets_the_rcode_it_deserves)
{
	deserved[_i].make();
	int rcode = read_built();
	ck_assert_msg(rcode == deserved[_i].rcode, "%s: %d", deserved[_i].behaviour, rcode);
}
END_TEST

static Suite *
query_suite(void)
{
	Suite *suite = suite_create("query");
	TCase *tcase = tcase_create("reading");
	tcase_add_checked_fixture(tcase, setup, NULL);
	tcase_add_test(tcase, a_plain_query_is_read);
	tcase_add_test(tcase, edns_of_a_query_points_into_it);
	tcase_add_loop_test(tcase, a_query_gets_the_rcode_it_deserves, 0, COUNT(deserved));
	suite_add_tcase(suite, tcase);
	return suite;
}

int
main(void)
{
	return suite_run(query_suite());
}

#include "resolver/policy/dns64.h"

#include "stack/base/arena.h"
#include "stack/base/err.h"
#include "stack/base/rng.h"
#include "tests/suite.h"

static uint8_t block[1u << 20];
static struct arena arena;
static struct dns64 *dns64;

static struct name
name_of(const char *text)
{
	struct name name;
	ck_assert_msg(name_from_text(&name, text, NULL) == 0, "%s", text);
	return name;
}

static void
setup(void)
{
	struct nat64 nat64;
	struct rng rng;
	const struct name ignored = name_of("broken.example.");
	rng_init_number(&rng, 3);
	arena_init(&arena, block, sizeof block);
	ck_assert_int_eq(nat64_from_text(&nat64, NAT64_WELL_KNOWN), 0);
	dns64 = dns64_new(&arena, &nat64, false, &rng);
	ck_assert_ptr_nonnull(dns64);
	ck_assert_int_eq(dns64_ignore(dns64, &ignored), 0);
}

/* ---- addresses --------------------------------------------------------------------------------------------- */

static const struct {
	const char *prefix, *address;
} embedded[] = { /* RFC 6052, section 2.4, with 192.0.2.33 */
	{ "2001:db8::/32", "2001:db8:c000:221::" },
	{ "2001:db8:100::/40", "2001:db8:1c0:2:21::" },
	{ "2001:db8:122::/48", "2001:db8:122:c000:2:2100::" },
	{ "2001:db8:122:300::/56", "2001:db8:122:3c0:0:221::" },
	{ "2001:db8:122:344::/64", "2001:db8:122:344:c0:2:2100::" },
	{ "2001:db8:122:344::/96", "2001:db8:122:344::192.0.2.33" },
	{ "64:ff9b::/96", "64:ff9b::192.0.2.33" },
};

START_TEST(an_address_is_written_around_the_reserved_bits)
{
	static const uint8_t ipv4[] = { 192, 0, 2, 33 };
	struct nat64 nat64;
	struct ip_addr expected;
	uint8_t back[4];
	ck_assert_int_eq(nat64_from_text(&nat64, embedded[_i].prefix), 0);
	ck_assert_int_eq(addr_from_text(&expected, embedded[_i].address), 0);
	const struct ip_addr made = nat64_embed(&nat64, ipv4);
	ck_assert_msg(addr_equal(&made, &expected), "%s", embedded[_i].prefix);
	ck_assert(nat64_extract(&nat64, &made, back));
	ck_assert_mem_eq(back, ipv4, 4);
}
END_TEST

START_TEST(a_prefix_has_one_of_six_lengths)
{
	static const char *const refused[] = { "64:ff9b::/95", "64:ff9b::/128", "64:ff9b::", "192.0.2.0/32", "x/96", "" };
	struct nat64 nat64;
	for (unsigned i = 0; i < COUNT(refused); i++)
		ck_assert_msg(nat64_from_text(&nat64, refused[i]) == ERR_MALFORMED, "%s", refused[i]);
}
END_TEST

/* ---- answers ------------------------------------------------------------------------------------------------ */

static struct rrset *
set_of(const char *owner, uint16_t type, const uint8_t *rdata, uint32_t rdata_bytes, uint32_t ttl_s)
{
	const struct name name = name_of(owner);
	struct rrset *set = arena_zalloc(&arena, 1, sizeof *set);
	*set = (struct rrset){
		.owner = name_store(&arena, &name),
		.type = type,
		.class = CLASS_IN,
		.rr_count = 1,
		.ttl_s = ttl_s,
		.rdata = rdata,
		.rdata_bytes = rdata_bytes,
		.security = SECURITY_SECURE,
	};
	return set;
}

static const uint8_t a_rdata[] = { 0, 4, 192, 0, 2, 1 };
static const uint8_t aaaa_rdata[] = { 0, 16, 0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1 };
static const uint8_t mapped_rdata[] = { 0, 16, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 1 };

static enum dns64_step
step_after(enum dns64_step step, struct answer *answer)
{
	uint32_t ttl_s_max = DNS64_TTL_S;
	return dns64_goes_on(dns64, &step, &ttl_s_max, answer, &arena) ? step : DNS64_OFF;
}

START_TEST(aaaa_records_that_are_there_are_given)
{
	struct answer answer = { .sections = { set_of("x.", TYPE_AAAA, aaaa_rdata, sizeof aaaa_rdata, 60) } };
	ck_assert_int_eq((int)step_after(DNS64_AAAA, &answer), DNS64_OFF);
	ck_assert_uint_eq(answer.sections[SECTION_ANSWER]->security, SECURITY_SECURE);
}
END_TEST

START_TEST(mapped_addresses_are_none)
{
	struct answer answer = { .sections = { set_of("x.", TYPE_AAAA, mapped_rdata, sizeof mapped_rdata, 60) } };
	ck_assert_int_eq((int)step_after(DNS64_AAAA, &answer), DNS64_A);
}
END_TEST

START_TEST(what_is_not_there_and_what_policy_says_is_left_alone)
{
	struct answer absent = { .rcode = RCODE_NXDOMAIN }, ruled = { .is_ruled = true };
	ck_assert_int_eq((int)step_after(DNS64_AAAA, &absent), DNS64_OFF);
	ck_assert_int_eq((int)step_after(DNS64_AAAA, &ruled), DNS64_OFF);
}
END_TEST

START_TEST(every_other_answer_leads_to_the_a_records)
{
	struct answer empty = { .rcode = RCODE_NOERROR }, failed = { .rcode = RCODE_SERVFAIL };
	ck_assert_int_eq((int)step_after(DNS64_AAAA, &empty), DNS64_A);
	ck_assert_int_eq((int)step_after(DNS64_AAAA, &failed), DNS64_A);
	ck_assert_uint_eq(dns64_qtype(DNS64_A, TYPE_AAAA), TYPE_A);
	ck_assert_uint_eq(dns64_qtype(DNS64_LAST, TYPE_AAAA), TYPE_AAAA);
}
END_TEST

START_TEST(a_records_become_aaaa_behind_their_aliases)
{
	static const uint8_t target[] = { 0, 3, 1, 'y', 0 };
	struct answer answer = { .security = SECURITY_SECURE };
	answer.sections[SECTION_ANSWER] = set_of("x.", TYPE_CNAME, target, sizeof target, 3600);
	answer.sections[SECTION_ANSWER]->next = set_of("y.", TYPE_A, a_rdata, sizeof a_rdata, 3600);
	const struct rrset *lent = answer.sections[SECTION_ANSWER];
	ck_assert_int_eq((int)step_after(DNS64_A, &answer), DNS64_OFF);
	const struct rrset *alias = answer.sections[SECTION_ANSWER], *set = alias->next;
	ck_assert_uint_eq(alias->type, TYPE_CNAME);
	ck_assert_uint_eq(set->type, TYPE_AAAA);
	ck_assert_uint_eq(set->ttl_s, DNS64_TTL_S);
	ck_assert_uint_eq(set->rdata_bytes, 18);
	ck_assert_mem_eq(set->rdata, ((const uint8_t[]){ 0, 16, 0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0, 192, 0, 2, 1 }), 18);
	ck_assert_uint_eq(answer.security, SECURITY_INSECURE);
	ck_assert_uint_eq(lent->next->type, TYPE_A); /* what was lent is as it was */
}
END_TEST

START_TEST(without_a_records_it_is_the_aaaa_answer_after_all)
{
	struct answer answer = { .rcode = RCODE_NXDOMAIN };
	ck_assert_int_eq((int)step_after(DNS64_A, &answer), DNS64_LAST);
	ck_assert_int_eq((int)step_after(DNS64_LAST, &answer), DNS64_OFF);
}
END_TEST

START_TEST(who_validates_by_himself_gets_no_synthesis)
{
	struct question question = { .qname = name_of("x."), .qtype = TYPE_AAAA, .qclass = CLASS_IN };
	ck_assert_int_eq((int)dns64_begin(dns64, &question, true, true), DNS64_OFF);
	ck_assert_int_eq((int)dns64_begin(dns64, &question, true, false), DNS64_AAAA);
	question.qname = name_of("www.Broken.example.");
	ck_assert_int_eq((int)dns64_begin(dns64, &question, false, false), DNS64_A);
	question.qtype = TYPE_A;
	ck_assert_int_eq((int)dns64_begin(dns64, &question, false, false), DNS64_OFF);
}
END_TEST

/* ---- names of addresses ------------------------------------------------------------------------------------ */

START_TEST(the_name_of_an_address_behind_the_prefix_is_that_of_the_one_inside)
{
	struct name reverse;
	const struct name behind = name_of("1.2.2.0.0.0.0.C.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.b.9.f.f.4.6.0.0.ip6.arpa."),
			  other = name_of("1.2.2.0.0.0.0.c.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.b.9.f.f.4.6.0.1.ip6.arpa."),
			  short_one = name_of("b.9.f.f.4.6.0.0.ip6.arpa."), expected = name_of("33.2.0.192.in-addr.arpa."),
			  odd = name_of("xx.2.2.0.0.0.0.c.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.b.9.f.f.4.6.0.ip6.arpa.");
	ck_assert(dns64_reverse(dns64, &behind, &reverse));
	ck_assert(name_equal(&reverse, &expected));
	ck_assert(!dns64_reverse(dns64, &other, &reverse));
	ck_assert(!dns64_reverse(dns64, &short_one, &reverse));
	ck_assert(!dns64_reverse(dns64, &odd, &reverse));
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("policy: dns64");
	TCase *tcase = tcase_create("dns64");
	tcase_add_checked_fixture(tcase, setup, NULL);
	tcase_add_loop_test(tcase, an_address_is_written_around_the_reserved_bits, 0, (int)COUNT(embedded));
	tcase_add_test(tcase, a_prefix_has_one_of_six_lengths);
	tcase_add_test(tcase, aaaa_records_that_are_there_are_given);
	tcase_add_test(tcase, mapped_addresses_are_none);
	tcase_add_test(tcase, what_is_not_there_and_what_policy_says_is_left_alone);
	tcase_add_test(tcase, every_other_answer_leads_to_the_a_records);
	tcase_add_test(tcase, a_records_become_aaaa_behind_their_aliases);
	tcase_add_test(tcase, without_a_records_it_is_the_aaaa_answer_after_all);
	tcase_add_test(tcase, who_validates_by_himself_gets_no_synthesis);
	tcase_add_test(tcase, the_name_of_an_address_behind_the_prefix_is_that_of_the_one_inside);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}

#include "resolver/policy/rebind.h"

#include "resolver/wire/text.h"
#include "stack/base/arena.h"
#include "stack/base/rng.h"
#include "tests/suite.h"

#define RECORDS_MAX 4u

static uint8_t block[1u << 20];
static struct arena arena;
static struct rebind *rebind;
static struct text_reader reader;
static struct text_record record;

static void
add_addr(const char *text)
{
	struct ip_addr prefix;
	unsigned prefix_len;
	ck_assert_int_eq(addr_prefix_from_text(&prefix, &prefix_len, text), 0);
	ck_assert_int_eq(rebind_add_addr(rebind, &prefix, prefix_len), 0);
}

static void
setup(void)
{
	struct rng rng;
	struct name domain;
	rng_init_number(&rng, 3);
	arena_init(&arena, block, sizeof block);
	rebind = rebind_new(&arena, &rng);
	ck_assert_ptr_nonnull(rebind);
	add_addr("10.0.0.0/8");
	add_addr("fd00::/8");
	ck_assert_int_eq(name_from_text(&domain, "corp.example.", NULL), 0);
	ck_assert_int_eq(rebind_add_domain(rebind, &domain), 0);
}

/* All records of the text as one set, the last one as its signature when it is an RRSIG. */
static struct rrset *
set_of(const char *text)
{
	struct rrset *set = arena_zalloc(&arena, 1, sizeof *set);
	uint8_t *rdata = arena_zalloc(&arena, RECORDS_MAX, 512);
	text_reader_init(&reader, text, strlen(text), NULL);
	while (text_reader_next(&reader, &record) == 1) {
		if (set->owner == NULL) {
			set->owner = name_store(&arena, &record.owner);
			set->type = record.type;
			set->class = record.class;
		}
		if (record.type == TYPE_RRSIG)
			set->sig_count++;
		else
			set->rr_count++;
		rdata[set->rdata_bytes] = (uint8_t)(record.rdata_bytes >> 8);
		rdata[set->rdata_bytes + 1] = (uint8_t)record.rdata_bytes;
		memcpy(rdata + set->rdata_bytes + 2, record.rdata, record.rdata_bytes);
		set->rdata_bytes += 2u + record.rdata_bytes;
	}
	ck_assert_msg(reader.why == NULL && set->owner != NULL, "%s", text);
	set->rdata = rdata;
	return set;
}

static const struct {
	const char *behaviour, *records;
	unsigned stripped, left;
} cases[] = {
	{ "an address of the list goes", "www.example. A 10.1.2.3\n", 1, 0 },
	{ "another stays", "www.example. A 192.0.2.1\n", 0, 1 },
	{ "of several the others stay", "www.example. A 192.0.2.1\nwww.example. A 10.1.2.3\nwww.example. A 192.0.2.2\n", 1, 2 },
	{ "IPv6 alike", "www.example. AAAA fd12::1\nwww.example. AAAA 2001:db8::1\n", 1, 1 },
	{ "a mapped address is the address", "www.example. AAAA ::ffff:10.1.2.3\n", 1, 0 },
	{ "the name of a private domain may", "corp.example. A 10.1.2.3\n", 0, 1 },
	{ "and all below it", "a.b.CORP.example. A 10.1.2.3\n", 0, 1 },
	{ "but not one that only ends so", "evilcorp.example. A 10.1.2.3\n", 1, 0 },
	{ "an IPv4 hint", "www.example. HTTPS 1 . alpn=h2 ipv4hint=192.0.2.1,10.1.2.3\n", 1, 0 },
	{ "an IPv6 hint", "www.example. SVCB 1 svc.example. ipv6hint=2001:db8::1,fd00::1\n", 1, 0 },
	{ "other parameters are none", "www.example. SVCB 1 . port=2560 ipv4hint=192.0.2.1\n", 0, 1 },
	{ "an alias has none", "www.example. HTTPS 0 svc.example.\n", 0, 1 },
	{ "other types are none", "www.example. TXT \"10.1.2.3\"\n", 0, 1 },
};

START_TEST(private_addresses_are_taken_out_of_public_names)
{
	struct rrset *set = set_of(cases[_i].records);
	ck_assert_msg(rebind_strip(rebind, set) == cases[_i].stripped, "%s", cases[_i].behaviour);
	ck_assert_msg(set->rr_count == cases[_i].left, "%s", cases[_i].behaviour);
}
END_TEST

START_TEST(what_stays_is_whole_and_its_signatures_behind_it)
{
	struct rrset *set = set_of("www.example. A 10.0.0.1\nwww.example. A 192.0.2.1\n"
				   "www.example. RRSIG A 8 2 60 20300101000000 20200101000000 1 example. AAAA\n");
	struct rdata_walk walk;
	ck_assert_uint_eq(rebind_strip(rebind, set), 1);
	rdata_first(set, &walk);
	ck_assert(rdata_next(&walk));
	ck_assert_mem_eq(walk.bytes, ((const uint8_t[]){ 192, 0, 2, 1 }), 4);
	ck_assert(rdata_next(&walk));
	ck_assert_uint_eq(walk.bytes[1], TYPE_A); /* the type covered */
	ck_assert(!rdata_next(&walk));
	ck_assert_uint_eq(set->sig_count, 1);
}
END_TEST

START_TEST(a_set_that_is_left_empty_goes_out_of_the_list)
{
	struct rrset *sets = set_of("a.example. CNAME b.example.\n");
	sets->next = set_of("b.example. A 10.0.0.1\n");
	ck_assert_uint_eq(rebind_strip_all(rebind, &sets), 1);
	ck_assert_uint_eq(sets->type, TYPE_CNAME);
	ck_assert_ptr_null(sets->next);
	ck_assert_uint_eq(rebind_strip_all(NULL, &sets), 0);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("policy: rebind");
	TCase *tcase = tcase_create("rebind");
	tcase_add_checked_fixture(tcase, setup, NULL);
	tcase_add_loop_test(tcase, private_addresses_are_taken_out_of_public_names, 0, (int)COUNT(cases));
	tcase_add_test(tcase, what_stays_is_whole_and_its_signatures_behind_it);
	tcase_add_test(tcase, a_set_that_is_left_empty_goes_out_of_the_list);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}

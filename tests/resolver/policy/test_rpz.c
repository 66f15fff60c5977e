#include "resolver/policy/rpz.h"

#include <stdio.h>
#include <string.h>

#include "stack/base/arena.h"
#include "stack/base/err.h"
#include "stack/base/rng.h"
#include "tests/suite.h"

#define ALL_ZONES    0x7fffffffu

static uint8_t block[4u << 20];
static struct arena arena;
static struct rpz *rpz;
static struct rng rng;
static struct rpz_reading reading;

static void
setup(void)
{
	rng_init_number(&rng, 7);
	arena_init(&arena, block, sizeof block);
	rpz = rpz_new(&arena);
	ck_assert_ptr_nonnull(rpz);
}

static struct name
name_of(const char *text)
{
	struct name name;
	ck_assert_msg(name_from_text(&name, text, NULL) == 0, "%s", text);
	return name;
}

static int
read_zone(const char *zone_name, const char *text, struct rpz_zone **zone)
{
	const struct name name = name_of(zone_name);
	ck_assert_int_eq(rpz_zone_add(rpz, &name, &rng, zone), 0);
	return rpz_zone_read(rpz, *zone, text, strlen(text), &reading);
}

static struct rpz_zone *
add_zone(const char *zone_name, const char *text)
{
	struct rpz_zone *zone;
	const int err = read_zone(zone_name, text, &zone);
	ck_assert_msg(err == 0, "%s, line %u", reading.reader.why, reading.reader.line);
	return zone;
}

static struct rpz_hit
match(uint32_t zones, enum rpz_trigger trigger, const char *text)
{
	struct rpz_hit hit = { .zone = NULL };
	struct ip_addr addr;
	if (trigger == RPZ_QNAME || trigger == RPZ_NSDNAME) {
		const struct name name = name_of(text);
		rpz_match_name(rpz, zones, trigger, &name, &hit);
	} else {
		ck_assert_int_eq(addr_from_text(&addr, text), 0);
		rpz_match_addr(rpz, zones, trigger, &addr, &hit);
	}
	return hit;
}

#define NO_RULE (-1)

static int
action_of(enum rpz_trigger trigger, const char *text)
{
	const struct rpz_hit hit = match(ALL_ZONES, trigger, text);
	return hit.zone != NULL ? (int)hit.action : NO_RULE;
}

/* ---- triggers and actions --------------------------------------------------------------------------------- */

static const char rules[] = "$TTL 60\n"
			    "@ SOA ns. host. 1 2 3 4 5\n"
			    "@ NS ns.\n"
			    "nx CNAME .\n"
			    "nodata CNAME *.\n"
			    "pass CNAME rpz-passthru.\n"
			    "self CNAME self.\n"
			    "drop CNAME rpz-drop.\n"
			    "tcp CNAME rpz-tcp-only.\n"
			    "data A 192.0.2.1\n"
			    "alias CNAME walled.example.\n"
			    "twice CNAME .\n"
			    "twice CNAME *.\n"
			    "*.wild CNAME .\n"
			    "there.wild CNAME rpz-passthru.\n"
			    "deep.empty.wild CNAME rpz-drop.\n"
			    "24.0.2.0.192.rpz-client-ip CNAME rpz-drop.\n"
			    "32.9.2.0.192.rpz-client-ip CNAME rpz-passthru.\n"
			    "8.0.0.0.10.rpz-ip CNAME .\n"
			    "48.zz.db8.2001.rpz-ip CNAME *.\n"
			    "128.1.zz.db8.2001.rpz-ip CNAME rpz-passthru.\n"
			    "128.8.7.6.5.4.3.2.1.rpz-ip CNAME .\n"
			    "ns.bad.rpz-nsdname CNAME .\n"
			    "*.worse.rpz-nsdname CNAME *.\n"
			    "32.53.100.51.198.rpz-nsip CNAME rpz-tcp-only.\n";

static const struct {
	const char *behaviour;
	enum rpz_trigger trigger;
	const char *what;
	int action;
} cases[] = {
	{ "the root as target is NXDOMAIN", RPZ_QNAME, "nx.", RPZ_NXDOMAIN },
	{ "letter case does not matter", RPZ_QNAME, "NX.", RPZ_NXDOMAIN },
	{ "a rule without a wildcard is for its name alone", RPZ_QNAME, "www.nx.", NO_RULE },
	{ "the asterisk as target is NODATA", RPZ_QNAME, "nodata.", RPZ_NODATA },
	{ "rpz-passthru", RPZ_QNAME, "pass.", RPZ_PASSTHRU },
	{ "an alias of itself is passthru", RPZ_QNAME, "self.", RPZ_PASSTHRU },
	{ "rpz-drop", RPZ_QNAME, "drop.", RPZ_DROP },
	{ "rpz-tcp-only", RPZ_QNAME, "tcp.", RPZ_TCP_ONLY },
	{ "other data are local data", RPZ_QNAME, "data.", RPZ_DATA },
	{ "any other target is an alias", RPZ_QNAME, "alias.", RPZ_ALIAS },
	{ "of two CNAMEs the first counts", RPZ_QNAME, "twice.", RPZ_NXDOMAIN },
	{ "a wildcard is for what lies below", RPZ_QNAME, "a.b.wild.", RPZ_NXDOMAIN },
	{ "a wildcard is not for the name above it", RPZ_QNAME, "wild.", NO_RULE },
	{ "a name that is there goes before the wildcard", RPZ_QNAME, "there.wild.", RPZ_PASSTHRU },
	{ "the wildcard ends at a name that is there", RPZ_QNAME, "below.there.wild.", NO_RULE },
	{ "and at an empty one between (RFC 4592)", RPZ_QNAME, "empty.wild.", NO_RULE },
	{ "other names have no rule", RPZ_QNAME, "example.", NO_RULE },
	{ "the root has none", RPZ_QNAME, ".", NO_RULE },
	{ "a client of the prefix", RPZ_CLIENT_IP, "192.0.2.77", RPZ_DROP },
	{ "the longest prefix counts", RPZ_CLIENT_IP, "192.0.2.9", RPZ_PASSTHRU },
	{ "another client", RPZ_CLIENT_IP, "192.0.3.9", NO_RULE },
	{ "a trigger is for itself alone", RPZ_RESPONSE_IP, "192.0.2.77", NO_RULE },
	{ "an address in the answer", RPZ_RESPONSE_IP, "10.200.0.1", RPZ_NXDOMAIN },
	{ "zz are the zeros between", RPZ_RESPONSE_IP, "2001:db8::2", RPZ_NODATA },
	{ "a whole address", RPZ_RESPONSE_IP, "2001:db8::1", RPZ_PASSTHRU },
	{ "eight groups", RPZ_RESPONSE_IP, "1:2:3:4:5:6:7:8", RPZ_NXDOMAIN },
	{ "a name server's name", RPZ_NSDNAME, "ns.bad.", RPZ_NXDOMAIN },
	{ "and that of a wildcard", RPZ_NSDNAME, "a.worse.", RPZ_NODATA },
	{ "a name server is no question", RPZ_QNAME, "ns.bad.", NO_RULE },
	{ "a name server's address", RPZ_NSIP, "198.51.100.53", RPZ_TCP_ONLY },
};

START_TEST(an_owner_is_a_trigger_and_its_data_an_action)
{
	add_zone("rpz.test.", rules);
	ck_assert_msg(action_of(cases[_i].trigger, cases[_i].what) == cases[_i].action, "%s", cases[_i].behaviour);
}
END_TEST

START_TEST(what_belongs_to_the_zone_is_no_rule)
{
	struct rpz_zone *zone = add_zone("rpz.test.", rules);
	ck_assert_ptr_nonnull(zone->soa);
	ck_assert_uint_eq(zone->ignored_count, 2); /* its NS, and the second CNAME of twice */
	ck_assert_int_eq(action_of(RPZ_QNAME, "rpz.test."), NO_RULE);
}
END_TEST

static const struct {
	const char *record, *why;
} refusals[] = {
	{ "33.1.2.0.192.rpz-ip CNAME .", "is no address prefix" },
	{ "24.256.2.0.192.rpz-ip CNAME .", "is no address prefix" },
	{ "129.zz.1.rpz-ip CNAME .", "is no address prefix" },
	{ "64.zz.1.zz.rpz-ip CNAME .", "is no address prefix" },
	{ "64.1.2.3.rpz-ip CNAME .", "is no address prefix" },
	{ "64.9.8.7.6.5.4.3.2.1.rpz-ip CNAME .", "is no address prefix" },
	{ "rpz-client-ip CNAME .", "is no address prefix" },
	{ "24.rpz-nsip CNAME .", "is no address prefix" },
	{ "name.elsewhere. CNAME .", "the name is outside the zone" },
	{ "name CH TXT x", "class is not IN" },
};

START_TEST(a_rule_that_cannot_be_read_is_said_with_its_line)
{
	struct rpz_zone *zone;
	char text[128];
	(void)snprintf(text, sizeof text, "good CNAME .\n%s\n", refusals[_i].record);
	ck_assert_int_eq(read_zone("rpz.test.", text, &zone), ERR_MALFORMED);
	ck_assert_uint_eq(reading.reader.line, 2);
	ck_assert_msg(strstr(reading.reader.why, refusals[_i].why) != NULL, "%s: %s", refusals[_i].record,
		      reading.reader.why);
}
END_TEST

/* ---- several zones ---------------------------------------------------------------------------------------- */

START_TEST(the_first_zone_with_a_rule_decides)
{
	add_zone("a.test.", "x CNAME rpz-passthru.\n");
	add_zone("b.test.", "x CNAME .\ny CNAME *.\n");
	ck_assert_int_eq(action_of(RPZ_QNAME, "x."), RPZ_PASSTHRU);
	ck_assert_int_eq(action_of(RPZ_QNAME, "y."), RPZ_NODATA);
	ck_assert_int_eq((int)match(2, RPZ_QNAME, "x.").action, RPZ_NXDOMAIN);
	ck_assert_ptr_null(match(1, RPZ_QNAME, "y.").zone);
}
END_TEST

START_TEST(an_earlier_zone_goes_before_an_earlier_trigger)
{
	const struct ip_addr client = addr_ipv4((const uint8_t[]){ 192, 0, 2, 1 });
	const struct name qname = name_of("x."), other = name_of("y.");
	struct rpz_hit hit = { .zone = NULL };
	add_zone("a.test.", "x CNAME .\n");
	add_zone("b.test.", "y CNAME .\n32.1.2.0.192.rpz-client-ip CNAME rpz-drop.\n");

	rpz_match_addr(rpz, ALL_ZONES, RPZ_CLIENT_IP, &client, &hit);
	rpz_match_name(rpz, ALL_ZONES, RPZ_QNAME, &other, &hit); /* of the same zone: the client's address counts */
	ck_assert_int_eq((int)hit.trigger, RPZ_CLIENT_IP);
	rpz_match_name(rpz, ALL_ZONES, RPZ_QNAME, &qname, &hit);
	ck_assert_int_eq((int)hit.trigger, RPZ_QNAME);
	ck_assert_ptr_eq(hit.zone, &rpz->zones[0]);
}
END_TEST

START_TEST(an_override_is_done_instead_and_a_disabled_zone_nothing)
{
	struct rpz_zone *zone = add_zone("a.test.", "x CNAME rpz-drop.\n");
	const struct name target = name_of("walled."), qname = name_of("x.");
	struct name alias;
	zone->has_override = true;
	zone->override = RPZ_ALIAS;
	zone->alias = &target;
	const struct rpz_hit hit = match(ALL_ZONES, RPZ_QNAME, "x.");
	ck_assert_int_eq((int)hit.action, RPZ_ALIAS);
	ck_assert_int_eq(rpz_alias_target(&hit, &qname, &alias), 0);
	ck_assert(name_equal(&alias, &target));
	ck_assert_uint_eq(rpz_zones_for(rpz, 0), 1);
	zone->is_disabled = true;
	ck_assert_uint_eq(rpz_zones_for(rpz, 0), 0);
}
END_TEST

START_TEST(a_zone_with_tags_is_for_clients_with_one_of_them)
{
	add_zone("a.test.", "x CNAME .\n")->tags = 6;
	add_zone("b.test.", "x CNAME .\n");
	ck_assert_uint_eq(rpz_zones_for(rpz, 0), 2);
	ck_assert_uint_eq(rpz_zones_for(rpz, 1), 2);
	ck_assert_uint_eq(rpz_zones_for(rpz, 4), 3);
}
END_TEST

START_TEST(over_a_stream_tcp_only_is_content)
{
	add_zone("a.test.", "x CNAME rpz-tcp-only.\n");
	ck_assert_int_eq((int)match(1, RPZ_QNAME, "x.").action, RPZ_TCP_ONLY);
	ck_assert_int_eq((int)match(1 | RPZ_STREAM, RPZ_QNAME, "x.").action, RPZ_PASSTHRU);
}
END_TEST

START_TEST(a_wildcard_target_takes_the_whole_name_in_front)
{
	char longest[NAME_TEXT_BYTES];
	const struct name qname = name_of("www.x.");
	struct name target;
	add_zone("a.test.", "*.x CNAME *.walled.example.\n");
	const struct rpz_hit hit = match(1, RPZ_QNAME, "www.x.");
	ck_assert_int_eq(rpz_alias_target(&hit, &qname, &target), 0);
	const struct name expected = name_of("www.x.walled.example.");
	ck_assert(name_equal(&target, &expected));

	memset(longest, 'a', sizeof longest);
	for (unsigned i = 60; i < 240; i += 60)
		longest[i] = '.';
	(void)snprintf(longest + 241, sizeof longest - 241, ".x.");
	const struct name too_long = name_of(longest);
	ck_assert_int_eq(rpz_alias_target(&hit, &too_long, &target), ERR_TOO_BIG);
}
END_TEST

START_TEST(zones_are_bounded_and_not_given_twice)
{
	struct rpz_zone *zone;
	char text[16];
	for (unsigned i = 0; i < RPZ_ZONES_MAX; i++) {
		(void)snprintf(text, sizeof text, "z%u.test.", i);
		add_zone(text, "x CNAME .\n");
	}
	const struct name again = name_of("Z3.test."), another = name_of("one.more.");
	ck_assert_int_eq(rpz_zone_add(rpz, &again, &rng, &zone), ERR_EXISTS);
	ck_assert_int_eq(rpz_zone_add(rpz, &another, &rng, &zone), ERR_FULL);
}
END_TEST

START_TEST(what_does_not_fit_is_said)
{
	for (size_t bytes = sizeof(struct rpz); bytes < 64u << 10; bytes += 1000) {
		struct rpz_zone *zone;
		const struct name name = name_of("rpz.test.");
		arena_init(&arena, block, bytes);
		rpz = rpz_new(&arena);
		int err = rpz != NULL ? rpz_zone_add(rpz, &name, &rng, &zone) : ERR_NO_MEMORY;
		if (err == 0)
			err = rpz_zone_read(rpz, zone, rules, strlen(rules), &reading);
		if (err == 0)
			return;
		ck_assert_int_eq(err, ERR_NO_MEMORY);
	}
	ck_abort_msg("a few rules do not fit 64 KiB");
}
END_TEST

START_TEST(what_is_no_rule_of_a_zone_that_others_write_is_left_out)
{
	struct rpz_zone *zone;
	const struct name name = name_of("feed.test.");
	static const char feed[] = "bad.example CNAME .\n33.0.2.0.192.rpz-ip CNAME .\nworse.example CNAME .\n";
	ck_assert_int_eq(rpz_zone_add(rpz, &name, &rng, &zone), 0);
	ck_assert_int_eq(rpz_zone_read(rpz, zone, feed, strlen(feed), &reading), ERR_MALFORMED);
	zone->skips_malformed = true;
	const uint32_t ignored = zone->ignored_count;
	ck_assert_int_eq(rpz_zone_read(rpz, zone, feed, strlen(feed), &reading), 0);
	ck_assert_uint_gt(zone->ignored_count, ignored);
	ck_assert(rpz_has(rpz, UINT32_MAX, RPZ_QNAME) && !rpz_has(rpz, UINT32_MAX, RPZ_RESPONSE_IP));
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("policy: rpz");
	TCase *tcase = tcase_create("rpz");
	tcase_add_checked_fixture(tcase, setup, NULL);
	tcase_add_loop_test(tcase, an_owner_is_a_trigger_and_its_data_an_action, 0, (int)COUNT(cases));
	tcase_add_test(tcase, what_belongs_to_the_zone_is_no_rule);
	tcase_add_loop_test(tcase, a_rule_that_cannot_be_read_is_said_with_its_line, 0, (int)COUNT(refusals));
	tcase_add_test(tcase, the_first_zone_with_a_rule_decides);
	tcase_add_test(tcase, an_earlier_zone_goes_before_an_earlier_trigger);
	tcase_add_test(tcase, an_override_is_done_instead_and_a_disabled_zone_nothing);
	tcase_add_test(tcase, a_zone_with_tags_is_for_clients_with_one_of_them);
	tcase_add_test(tcase, over_a_stream_tcp_only_is_content);
	tcase_add_test(tcase, a_wildcard_target_takes_the_whole_name_in_front);
	tcase_add_test(tcase, zones_are_bounded_and_not_given_twice);
	tcase_add_test(tcase, what_does_not_fit_is_said);
	tcase_add_test(tcase, what_is_no_rule_of_a_zone_that_others_write_is_left_out);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}

/*
 * Ready-made answers are the answers that would have been made: the same questions with and without them, octet by octet,
 * over many names, flags, options, clients and ages.
 */
#include <stdio.h>

#include "resolver/wire/text.h"
#include "stack/base/rng.h"
#include "tests/resolver/serve/client_world.h"
#include "tests/suite.h"

#define READY_BLOCK_BYTES (1u << 20)
#define STEPS             60000u
#define SPAN_US           400000000u /* of time that passes in all: the shortest TTLs are 600 s */
#define NOW_S             (CLIENT_WORLD_NOW_US / 1000000)

static struct client_world world;
static struct ready_cache *ready;
static void *ready_block;
static struct text_reader reader;
static struct text_record record;

/* Seven of them are more than is kept, and are made anew each time that they are asked for. */
#define TEXT                                                                                                                 \
	"\"a text of nearly two hundred octets that is here to make messages large, and seven of them larger than those that " \
	"are kept ready-made; and on it goes, and on, until it is as long as it has to be for that\" "

/* As they stand in the caches. */
static const struct {
	const char *record, *sig; /* of one owner and type in a row: one set */
	enum security security;
} records[] = {
	{ "www.example. 600 IN A 192.0.2.80", NULL, SECURITY_INSECURE },
	{ "many.example. 900 IN A 192.0.2.81", NULL, SECURITY_INSECURE },
	{ "many.example. 900 IN A 192.0.2.82", NULL, SECURITY_INSECURE },
	{ "many.example. 900 IN A 192.0.2.83", NULL, SECURITY_INSECURE },
	{ "signed.example. 700 IN A 192.0.2.84",
	  "signed.example. 700 IN RRSIG A 13 2 700 20300101000000 20200101000000 1 example. "
	  "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==",
	  SECURITY_SECURE },
	{ "alias.example. 800 IN CNAME signed.example.",
	  "alias.example. 800 IN RRSIG CNAME 13 2 800 20300101000000 20200101000000 1 example. "
	  "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==",
	  SECURITY_SECURE },
	{ "mixed.example. 5000 IN CNAME www.example.", NULL, SECURITY_INSECURE },
	{ "mail.example. 86400 IN MX 10 www.example.", NULL, SECURITY_INSECURE },
	{ "ns.example. 86400 IN NS www.example.", NULL, SECURITY_INSECURE },
	{ "signed.example. 700 IN TXT " TEXT TEXT,
	  "signed.example. 700 IN RRSIG TXT 13 2 700 20300101000000 20200101000000 1 example. "
	  "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==",
	  SECURITY_SECURE },
	{ "large.example. 86400 IN TXT " TEXT TEXT TEXT TEXT TEXT TEXT TEXT,
	  NULL, SECURITY_INSECURE },
};

static const char *const qnames[] = { "www.example.",	"many.example.",  "signed.example.", "alias.example.", "mixed.example.",
				      "mail.example.",	"ns.example.",	  "large.example.",  "no.example.",    "a.local.example.",
				      "noisy.example.", "localhost." };
static const uint16_t qtypes[] = { TYPE_A, TYPE_AAAA, TYPE_CNAME, TYPE_MX, TYPE_NS, TYPE_TXT, TYPE_ANY };
static const char *const addrs[] = { "192.0.2.1", "2001:db8::1", "192.0.2.4", "192.0.2.5", "192.0.2.6", "192.0.2.2" };

static void
add_rdata(struct writer *writer, const char *text)
{
	text_reader_init(&reader, text, strlen(text), &name_root);
	ck_assert_int_eq(text_reader_next(&reader, &record), 1);
	writer_u16(writer, record.rdata_bytes);
	writer_bytes(writer, record.rdata, record.rdata_bytes);
}

static bool
is_of_last(unsigned i)
{
	return i > 0 && strcspn(records[i].record, " ") == strcspn(records[i - 1].record, " ") &&
	       strncmp(records[i].record, records[i - 1].record, strcspn(records[i].record, " ")) == 0;
}

static void
fill_caches(void)
{
	static uint8_t rdata[4096];
	struct rrset set;

	for (unsigned i = 0; i < sizeof records / sizeof records[0];) {
		struct writer writer = writer_over(rdata, sizeof rdata);
		set = (struct rrset){ .class = CLASS_IN, .security = (uint8_t)records[i].security, .rdata = rdata };
		const unsigned first = i;
		do {
			add_rdata(&writer, records[i].record);
			set.rr_count++;
			i++;
		} while (i < sizeof records / sizeof records[0] && is_of_last(i));
		const struct name owner = record.owner;
		set.owner = &owner;
		set.type = record.type;
		set.ttl_s = record.ttl_s;
		if (records[first].sig != NULL) {
			add_rdata(&writer, records[first].sig);
			set.sig_count = 1;
		}
		set.rdata_bytes = (uint32_t)writer.pos;
		ck_assert_int_eq(rrset_cache_put(world.caches.rrsets, &set, TRUST_ANSWER_AA, set.ttl_s, NOW_S), 0);
	}
}

static struct name
name_of(const char *text)
{
	struct name name;
	ck_assert_int_eq(name_from_text(&name, text, NULL), 0);
	return name;
}

/* no.example. is not there, and every name lacks the types that it has no set of. */
static void
fill_negatives(void)
{
	uint8_t rdata[512];
	struct writer writer = writer_over(rdata, sizeof rdata);
	const struct name apex = name_of("example.");

	add_rdata(&writer, "example. 3600 IN SOA mname. rname. 1 2 3 4 3600");
	struct rrset soa = { .owner = &apex, .type = TYPE_SOA, .class = CLASS_IN, .rr_count = 1, .ttl_s = 3600,
			     .security = SECURITY_INSECURE, .rdata = rdata, .rdata_bytes = (uint32_t)writer.pos };
	for (unsigned i = 0; i < 9; i++) {
		const struct name qname = name_of(qnames[i]);
		for (unsigned t = 0; t < 6; t++) {
			const struct negative negative = { .kind = i == 8 ? NEGATIVE_NXDOMAIN : NEGATIVE_NODATA,
							   .security = SECURITY_INSECURE,
							   .authority = &soa,
							   .ttl_s = 3600 };
			(void)negative_cache_put(world.caches.negatives, &qname, qtypes[t], CLASS_IN, &negative, NOW_S);
		}
	}
}

static void
setup(void)
{
	client_world_init(&world, suite_seed(6));
	ready_block = calloc(1, READY_BLOCK_BYTES);
	ready = ready_cache_new(ready_block, READY_BLOCK_BYTES, &world.rng);
	ck_assert_ptr_nonnull(ready);
	fill_caches();
	fill_negatives();
}

static void
teardown(void)
{
	free(ready_block);
	client_world_fini(&world);
}

/* ---- questions --------------------------------------------------------------------------------------- */

static void
add_options(struct writer *writer, struct rng *rng)
{
	static const uint8_t cookie[8] = { 1, 2, 3, 4, 5, 6, 7, 8 };
	const unsigned options = rng_below(rng, 8);
	const uint16_t size = (uint16_t)(((options & 1) != 0 ? 12 : 0) + ((options & 2) != 0 ? 4 : 0) + ((options & 4) != 0 ? 4 : 0));

	writer_u8(writer, 0);
	writer_u16(writer, TYPE_OPT);
	writer_u16(writer, (uint16_t)rng_below(rng, 3) == 0 ? 512 : 1232);
	writer_u32(writer, rng_below(rng, 2) == 0 ? 0x8000u : 0);
	writer_u16(writer, size);
	if ((options & 1) != 0) {
		writer_u32(writer, (uint32_t)EDNS_COOKIE << 16 | sizeof cookie);
		writer_bytes(writer, cookie, sizeof cookie);
	}
	if ((options & 2) != 0)
		writer_u32(writer, (uint32_t)EDNS_NSID << 16);
	if ((options & 4) != 0)
		writer_u32(writer, (uint32_t)EDNS_KEEPALIVE << 16);
}

static size_t
draw_question(uint8_t *bytes, struct rng *rng)
{
	struct writer writer = writer_over(bytes, 512);
	struct name qname = name_of(qnames[rng_below(rng, sizeof qnames / sizeof qnames[0])]);
	const bool has_edns = rng_below(rng, 2) == 0;
	uint16_t flags = rng_below(rng, 8) != 0 ? DNS_RD : 0;

	flags |= rng_below(rng, 4) == 0 ? DNS_CD : 0;
	flags |= rng_below(rng, 2) == 0 ? DNS_AD : 0;
	for (unsigned i = 0; i < qname.size; i++)
		if (qname.wire[i] >= 'a' && qname.wire[i] <= 'z' && rng_below(rng, 3) == 0)
			qname.wire[i] ^= 0x20;
	writer_u16(&writer, (uint16_t)rng_below(rng, 65536));
	writer_u16(&writer, flags);
	writer_u32(&writer, 1u << 16);
	writer_u32(&writer, has_edns);
	writer_bytes(&writer, qname.wire, qname.size);
	writer_u16(&writer, qtypes[rng_below(rng, sizeof qtypes / sizeof qtypes[0])]);
	writer_u16(&writer, CLASS_IN);
	if (has_edns)
		add_options(&writer, rng);
	ck_assert_int_eq(writer.err, 0);
	return writer.pos;
}

struct told {
	struct client_outcome outcome;
	uint8_t reply[4096];
};

static void
ask(struct told *told, const struct client_source *source, const uint8_t *bytes, size_t size, struct ready_cache *from,
    uint64_t now_us)
{
	clients_set_ready(&world.clients, from);
	client_query(&world.clients, source, bytes, size, told->reply, sizeof told->reply, now_us, &told->outcome);
}

/* Of a query that has another beside it: with a single one there is nothing to be ahead of. */
static uint64_t
foresee(const uint8_t *bytes, size_t size)
{
	struct client_ahead ahead[2] = { { bytes, size, 1 }, { bytes, size, 1 } };

	clients_foresee(&world.clients, ahead, 1);
	ck_assert_uint_eq(ahead[0].foreseen, 0);
	clients_foresee(&world.clients, ahead, 2);
	ck_assert_uint_eq(ahead[0].foreseen, ahead[1].foreseen);
	return ahead[0].foreseen;
}

START_TEST(ready_made_answers_are_those_that_would_be_made)
{
	static struct told made, given;
	uint8_t bytes[512];
	struct rng rng;

	rng_init_number(&rng, suite_seed(6));
	world.policy.respond.minimal_responses = _i != 0;
	world.policy.answers_cookies = true;
	world.policy.respond.nsid_bytes = 3;
	for (unsigned step = 0; step < STEPS; step++) {
		const uint64_t now_us = CLIENT_WORLD_NOW_US + (uint64_t)step * SPAN_US / STEPS;
		struct client_source source = { .port = 53, .is_stream = rng_below(&rng, 5) == 0 };
		ck_assert_int_eq(addr_from_text(&source.addr, addrs[rng_below(&rng, sizeof addrs / sizeof addrs[0])]), 0);
		const size_t size = draw_question(bytes, &rng);
		ask(&made, &source, bytes, size, NULL, now_us);
		clients_set_ready(&world.clients, ready);
		source.foreseen = rng_below(&rng, 2) == 0 ? foresee(bytes, size) : 0;
		ask(&given, &source, bytes, size, ready, now_us);
		ck_assert_msg(made.outcome.fate == given.outcome.fate && made.outcome.rcode == given.outcome.rcode &&
				      made.outcome.ede == given.outcome.ede &&
				      (made.outcome.informs == NULL) == (given.outcome.informs == NULL) &&
				      made.outcome.reply_bytes == given.outcome.reply_bytes &&
				      (made.outcome.fate != CLIENT_REPLIES ||
				       memcmp(made.reply, given.reply, made.outcome.reply_bytes) == 0),
			      "step %u: another answer, of %zu octets instead of %zu", step, given.outcome.reply_bytes,
			      made.outcome.reply_bytes);
		ck_assert_int_ne(made.outcome.fate, CLIENT_PENDS);
	}
	ck_assert_uint_gt(world.clients.stats.answers_ready, STEPS / 10);
}
END_TEST

/* ---- what is foreseen ---------------------------------------------------------------------------------- */

static bool
is_ready(const uint8_t *bytes, size_t size, bool ahead)
{
	static struct told told;
	struct client_source source = { .port = 53 };
	const uint64_t before = world.clients.stats.answers_ready;

	ck_assert_int_eq(addr_from_text(&source.addr, "192.0.2.1"), 0);
	source.foreseen = ahead ? foresee(bytes, size) : 0;
	ask(&told, &source, bytes, size, ready, CLIENT_WORLD_NOW_US);
	return world.clients.stats.answers_ready > before;
}

START_TEST(what_is_foreseen_lies_where_it_is_looked_for)
{
	uint8_t bytes[512];
	struct rng rng;
	unsigned found = 0;

	rng_init_number(&rng, suite_seed(7));
	clients_set_ready(&world.clients, ready);
	for (unsigned i = 0; i < 5000; i++) {
		const size_t size = draw_question(bytes, &rng);
		const bool ahead = rng_below(&rng, 2) == 0;
		ck_assert(foresee(bytes, size) != 0);
		(void)is_ready(bytes, size, ahead);
		(void)is_ready(bytes, size, ahead);
		const bool there = is_ready(bytes, size, ahead);
		ck_assert_msg(is_ready(bytes, size, !ahead) == there, "question %u", i);
		found += there;
	}
	ck_assert_uint_gt(found, 1000);
}
END_TEST

START_TEST(what_is_no_usual_query_is_not_foreseen)
{
	uint8_t bytes[512];
	struct rng rng;

	rng_init_number(&rng, suite_seed(8));
	clients_set_ready(&world.clients, ready);
	const size_t size = draw_question(bytes, &rng);
	for (size_t cut = 0; cut < MESSAGE_HEADER_BYTES + 6; cut++)
		ck_assert_uint_eq(foresee(bytes, cut), 0);
	for (unsigned i = 0; i < 20000; i++) { /* whatever it says of these, it reads nothing beyond them */
		uint8_t *spoilt = malloc(size);
		ck_assert_ptr_nonnull(spoilt);
		memcpy(spoilt, bytes, size);
		spoilt[rng_below(&rng, (uint32_t)size)] ^= (uint8_t)(1u << rng_below(&rng, 8));
		(void)foresee(spoilt, rng_below(&rng, (uint32_t)size + 1));
		free(spoilt);
	}
	bytes[5] = 2; /* questions */
	ck_assert_uint_eq(foresee(bytes, size), 0);
	world.policy.no_dnssec = true;
	bytes[5] = 1;
	ck_assert_uint_eq(foresee(bytes, size), 0);
}
END_TEST

/* ---- who has none --------------------------------------------------------------------------------- */

static uint64_t
ready_of_three(void)
{
	static const uint8_t query[] = { 0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 3, 'w', 'w', 'w', 7, 'e', 'x', 'a', 'm', 'p', 'l',
					 'e', 0, 0, 1, 0, 1 };
	static struct told told;
	struct client_source source = { .port = 53 };

	ck_assert_int_eq(addr_from_text(&source.addr, "192.0.2.1"), 0);
	const uint64_t before = world.clients.stats.answers_ready;
	for (unsigned i = 0; i < 3; i++)
		ask(&told, &source, query, sizeof query, ready, CLIENT_WORLD_NOW_US);
	ck_assert(told.outcome.fate == CLIENT_REPLIES);
	return world.clients.stats.answers_ready - before;
}

/* The first is not worth a place: most names are asked for once. */
START_TEST(the_third_of_three_is_ready_made)
{
	ck_assert_uint_eq(ready_of_three(), 1);
	ck_assert_uint_eq(world.clients.stats.answers_cached, 3);
	ck_assert_uint_eq(ready_of_three(), 3);
}
END_TEST

static uint64_t
ready_of_three_texts(const char *text)
{
	static struct told told;
	struct client_source source = { .port = 53, .is_stream = true };
	uint8_t bytes[512];
	struct writer writer = writer_over(bytes, sizeof bytes);
	const struct name qname = name_of(text);
	const uint64_t before = world.clients.stats.answers_ready;

	writer_u32(&writer, 0x12340000u | DNS_RD);
	writer_u32(&writer, 1u << 16);
	writer_u32(&writer, 0);
	writer_bytes(&writer, qname.wire, qname.size);
	writer_u32(&writer, (uint32_t)TYPE_TXT << 16 | CLASS_IN);
	ck_assert_int_eq(addr_from_text(&source.addr, "192.0.2.1"), 0);
	for (unsigned i = 0; i < 3; i++)
		ask(&told, &source, bytes, writer.pos, ready, CLIENT_WORLD_NOW_US);
	ck_assert_int_eq(told.outcome.fate, CLIENT_REPLIES);
	return world.clients.stats.answers_ready - before;
}

START_TEST(what_fits_into_a_datagram_is_ready_made_and_no_more)
{
	ck_assert_uint_eq(ready_of_three_texts("signed.example."), 1);
	ck_assert_uint_eq(ready_of_three_texts("large.example."), 0);
}
END_TEST

START_TEST(another_configuration_begins_anew)
{
	ck_assert_uint_eq(ready_of_three(), 1);
	world.policy.generation++;
	ck_assert_uint_eq(ready_of_three(), 2); /* that it is wanted is known */
}
END_TEST

START_TEST(what_is_near_its_end_is_made_so_that_it_is_asked_for_anew)
{
	static struct told told;
	static const uint8_t query[] = { 0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 3, 'w', 'w', 'w', 7, 'e', 'x', 'a', 'm', 'p', 'l',
					 'e', 0, 0, 1, 0, 1 };
	struct client_source source = { .port = 53 };
	const uint64_t soon_us = CLIENT_WORLD_NOW_US + 540 * UINT64_C(1000000); /* of 600 s */

	ck_assert_int_eq(addr_from_text(&source.addr, "192.0.2.1"), 0);
	for (unsigned i = 0; i < 3; i++)
		ask(&told, &source, query, sizeof query, ready, soon_us - 1000000);
	ck_assert_uint_eq(world.clients.stats.answers_ready, 1);
	ask(&told, &source, query, sizeof query, ready, soon_us);
	ask(&told, &source, query, sizeof query, ready, soon_us);
	ck_assert_uint_eq(world.clients.stats.answers_ready, 1);
}
END_TEST

/* Who may have others asked is given no referral, because somebody else was. */
START_TEST(a_referral_is_for_who_may_look_only)
{
	static const uint8_t query[] = { 0x12, 0x34, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 3, 'n', 'e', 'w', 7, 'e', 'x', 'a', 'm', 'p', 'l',
					 'e', 0, 0, 1, 0, 1 };
	static struct told told;
	uint8_t with_rd[sizeof query];
	const struct name zone = name_of("example."), server = name_of("ns.example.");
	struct delegation_ns ns = { .name = &server };
	const struct delegation delegation = { .zone = &zone, .ttl_s = 3600, .ns_count = 1, .ns = &ns };
	struct client_source source = { .port = 53 };

	ck_assert_int_eq(delegation_cache_put(world.caches.delegations, &delegation, UINT32_MAX, NOW_S), 0);
	ck_assert_int_eq(addr_from_text(&source.addr, "192.0.2.4"), 0);
	for (unsigned i = 0; i < 3; i++) {
		ask(&told, &source, query, sizeof query, ready, CLIENT_WORLD_NOW_US);
		ck_assert(told.outcome.fate == CLIENT_REPLIES && told.outcome.rcode == RCODE_NOERROR);
	}
	ck_assert_uint_eq(world.clients.stats.answers_referred, 3);
	memcpy(with_rd, query, sizeof query);
	with_rd[2] |= DNS_RD >> 8;
	ask(&told, &source, with_rd, sizeof with_rd, ready, CLIENT_WORLD_NOW_US);
	ck_assert_int_eq(told.outcome.fate, CLIENT_PENDS);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("ready");
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_set_timeout(tcase, 120);
	tcase_add_loop_test(tcase, ready_made_answers_are_those_that_would_be_made, 0, 2);
	tcase_add_test(tcase, what_is_foreseen_lies_where_it_is_looked_for);
	tcase_add_test(tcase, what_is_no_usual_query_is_not_foreseen);
	tcase_add_test(tcase, the_third_of_three_is_ready_made);
	tcase_add_test(tcase, what_fits_into_a_datagram_is_ready_made_and_no_more);
	tcase_add_test(tcase, another_configuration_begins_anew);
	tcase_add_test(tcase, what_is_near_its_end_is_made_so_that_it_is_asked_for_anew);
	tcase_add_test(tcase, a_referral_is_for_who_may_look_only);
	Suite *suite = suite_create("clients: ready-made answers");
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}

#include "resolver/serve/respond.h"

#include <stdio.h>
#include <string.h>

#include "resolver/wire/rdata.h"
#include "stack/base/arena.h"
#include "tests/suite.h"

static uint8_t making_block[1 << 20], reading_block[1 << 20], bytes[MESSAGE_BYTES_MAX];
static struct arena making, reading;
static struct message message;

static const struct respond_config plain = { .minimal_responses = true, .udp_bytes_max = 1232 };

static void
setup(void)
{
	arena_init(&making, making_block, sizeof making_block);
	arena_init(&reading, reading_block, sizeof reading_block);
}

static struct name
name_of(const char *text)
{
	struct name name;
	ck_assert_int_eq(name_from_text(&name, text, NULL), 0);
	return name;
}

static struct question
question_of(const char *qname, uint16_t qtype)
{
	return (struct question){ .qname = name_of(qname), .qtype = qtype, .qclass = CLASS_IN };
}

/* A set of `count` records of `each` octets, and as many signatures as said, put in front of the list. */
static void
add_set(struct rrset **list, const char *owner, uint16_t type, unsigned count, unsigned each,
	unsigned sig_count)
{
	struct name name = name_of(owner);
	size_t size = (count + sig_count) * (2 + each);
	uint8_t *rdata = arena_zalloc(&making, 1, size);
	struct rrset *rrset = arena_zalloc(&making, 1, sizeof *rrset);
	ck_assert(rdata != NULL && rrset != NULL);
	struct writer writer = writer_over(rdata, size);
	for (unsigned i = 0; i < count + sig_count; i++) {
		writer_u16(&writer, (uint16_t)each);
		uint8_t *at = writer_reserve(&writer, each);
		at[each - 1] = (uint8_t)i;
		if (i >= count) {
			at[0] = (uint8_t)(type >> 8); /* type covered */
			at[1] = (uint8_t)type;
		}
	}
	*rrset = (struct rrset){
		.next = *list,
		.owner = name_store(&making, &name),
		.type = type,
		.class = CLASS_IN,
		.rr_count = (uint16_t)count,
		.sig_count = (uint16_t)sig_count,
		.ttl_s = 300,
		.rdata_bytes = (uint32_t)size,
		.rdata = rdata,
	};
	*list = rrset;
}

/* A query's form: EDNS with 1232 octets unless told otherwise. */
static struct reply_form
form_of(uint16_t flags)
{
	return (struct reply_form){
		.id = 0x1234,
		.flags = flags,
		.udp_bytes = 1232,
		.has_edns = true,
		.recursion_available = true,
	};
}

/* Responds and reads the result back into `message`; returns its octets. */
static int
respond_and_read(const struct respond_config *config, const struct reply_form *form,
		 const struct question *question, const struct answer *answer, bool *is_truncated)
{
	int size = respond(config, form, question, answer, bytes, sizeof bytes, is_truncated);
	ck_assert_int_gt(size, 0);
	arena_reset(&reading);
	ck_assert_int_eq(message_read(&message, &reading, bytes, (size_t)size), 0);
	return size;
}

static unsigned
count_type(enum dns_section section, uint16_t type)
{
	unsigned count = 0;
	for (const struct rrset *set = message.sections[section]; set != NULL; set = set->next)
		count += set->type == type;
	return count;
}

/* ---- the header -------------------------------------------------------------------------------- */

static const struct {
	const char *behaviour;
	uint16_t query_flags;
	bool dnssec_ok, recursion_available;
	struct answer answer;
	uint16_t flags;
} headers[] = {
	{ "RD is given back", DNS_RD, false, true, { 0 }, DNS_QR | DNS_RD | DNS_RA },
	{ "RA tells that this client may have recursion", 0, false, true, { 0 }, DNS_QR | DNS_RA },
	{ "and its absence that it may not", DNS_RD, false, false, { 0 }, DNS_QR | DNS_RD },
	{ "CD is given back", DNS_CD, false, true, { 0 }, DNS_QR | DNS_RA | DNS_CD },
	{ "AA and Z of the query are not", DNS_AA | 0x40, false, true, { 0 }, DNS_QR | DNS_RA },
	{ "local data are authoritative",
	  DNS_RD,
	  false,
	  true,
	  { .authoritative = true },
	  DNS_QR | DNS_AA | DNS_RD | DNS_RA },
	{ "AD for secure data to who sets DO",
	  DNS_RD,
	  true,
	  true,
	  { .security = SECURITY_SECURE },
	  DNS_QR | DNS_RD | DNS_RA | DNS_AD },
	{ "AD for secure data to who sets AD (RFC 6840, section 5.7)",
	  DNS_RD | DNS_AD,
	  false,
	  true,
	  { .security = SECURITY_SECURE },
	  DNS_QR | DNS_RD | DNS_RA | DNS_AD },
	{ "no AD for who shows no sign of knowing it",
	  DNS_RD,
	  false,
	  true,
	  { .security = SECURITY_SECURE },
	  DNS_QR | DNS_RD | DNS_RA },
	{ "no AD for insecure data",
	  DNS_RD | DNS_AD,
	  true,
	  true,
	  { .security = SECURITY_INSECURE },
	  DNS_QR | DNS_RD | DNS_RA },
	{ "no AD beside CD",
	  DNS_RD | DNS_CD,
	  true,
	  true,
	  { .security = SECURITY_SECURE },
	  DNS_QR | DNS_RD | DNS_RA | DNS_CD },
	{ "the opcode is given back", 0x2000, false, false, { 0 }, DNS_QR | 0x2000 },
};

START_TEST(the_header_says_what_holds_for_this_client)
{
	struct reply_form form = form_of(headers[_i].query_flags);
	struct question question = question_of("example.", TYPE_A);
	struct answer answer = headers[_i].answer;
	answer.ede = EDE_NONE;
	form.dnssec_ok = headers[_i].dnssec_ok;
	form.recursion_available = headers[_i].recursion_available;
	respond_and_read(&plain, &form, &question, &answer, NULL);
	ck_assert_uint_eq(message.id, 0x1234);
	ck_assert_msg(message.flags == headers[_i].flags, "%s: %04x", headers[_i].behaviour,
		      message.flags);
}
END_TEST

START_TEST(the_question_keeps_the_client_s_letter_case)
{
	struct reply_form form = form_of(DNS_RD);
	struct question question = question_of("wWw.ExAmPlE.", TYPE_A);
	struct answer answer = { .ede = EDE_NONE };
	add_set(&answer.sections[SECTION_ANSWER], "www.example.", TYPE_A, 1, 4, 0);
	respond_and_read(&plain, &form, &question, &answer, NULL);
	ck_assert(name_equal_exact(&message.question.qname, &question.qname));
	ck_assert(name_equal_exact(message.sections[SECTION_ANSWER]->owner, &question.qname));
}
END_TEST

START_TEST(an_unreadable_question_is_not_given_back)
{
	struct reply_form form = form_of(DNS_RD);
	struct answer answer;
	form.has_edns = false;
	answer_rcode(&answer, RCODE_FORMERR, EDE_NONE, NULL);
	ck_assert_int_eq(respond_and_read(&plain, &form, NULL, &answer, NULL),
			 MESSAGE_HEADER_BYTES);
	ck_assert_uint_eq(message.question_count, 0);
	ck_assert_uint_eq(message.rcode, RCODE_FORMERR);
}
END_TEST

/* ---- EDNS ----------------------------------------------------------------------------------------- */

START_TEST(who_sends_no_opt_gets_none)
{
	struct reply_form form = form_of(DNS_RD);
	struct question question = question_of("example.", TYPE_A);
	struct answer answer;
	form.has_edns = false;
	answer_rcode(&answer, RCODE_SERVFAIL, EDE_NETWORK_ERROR, "because");
	respond_and_read(&plain, &form, &question, &answer, NULL);
	ck_assert(!message.edns.present);
	ck_assert_uint_eq(message.rcode, RCODE_SERVFAIL);
}
END_TEST

START_TEST(the_opt_offers_1232_octets_and_gives_do_back)
{
	struct reply_form form = form_of(DNS_RD);
	struct question question = question_of("example.", TYPE_A);
	struct answer answer = { .ede = EDE_NONE };
	form.dnssec_ok = true;
	respond_and_read(&plain, &form, &question, &answer, NULL);
	ck_assert(message.edns.present && message.edns.dnssec_ok);
	ck_assert_uint_eq(message.edns.version, 0);
	ck_assert_uint_eq(message.edns.udp_bytes, 1232);
	ck_assert_uint_eq(message.edns.options_bytes, 0);
}
END_TEST

START_TEST(an_rcode_above_15_needs_an_opt)
{
	struct reply_form form = form_of(DNS_RD);
	struct question question = question_of("example.", TYPE_A);
	struct answer answer;
	answer_rcode(&answer, RCODE_BADVERS, EDE_NONE, NULL);
	respond_and_read(&plain, &form, &question, &answer, NULL);
	ck_assert_uint_eq(message.rcode, RCODE_BADVERS);
	form.has_edns = false;
	respond_and_read(&plain, &form, &question, &answer, NULL);
	ck_assert_uint_eq(message.rcode, RCODE_SERVFAIL);
}
END_TEST

START_TEST(a_failure_carries_its_reason)
{
	struct reply_form form = form_of(DNS_RD);
	struct question question = question_of("example.", TYPE_A);
	struct answer answer;
	const uint8_t *value;
	uint16_t value_bytes;
	answer_rcode(&answer, RCODE_SERVFAIL, EDE_NO_REACHABLE_AUTHORITY, "nobody at home");
	respond_and_read(&plain, &form, &question, &answer, NULL);
	ck_assert(edns_find(&message.edns, EDNS_EDE, &value, &value_bytes));
	ck_assert_uint_eq(value_bytes, 2 + strlen("nobody at home"));
	ck_assert_mem_eq(value, "\0\26nobody at home", value_bytes);
}
END_TEST

START_TEST(words_never_cost_a_client_data)
{
	struct reply_form form = form_of(DNS_RD);
	struct question question = question_of("example.", TYPE_A);
	struct answer answer = { .ede = EDE_STALE_ANSWER,
				 .ede_text = "old, but better than nothing" };
	const uint8_t *value;
	uint16_t value_bytes;
	add_set(&answer.sections[SECTION_ANSWER], "example.", TYPE_A, 1, 4, 0);
	respond_and_read(&plain, &form, &question, &answer, NULL);
	ck_assert(edns_find(&message.edns, EDNS_EDE, &value, &value_bytes));
	ck_assert_uint_eq(value_bytes, 2);
}
END_TEST

/* The longest name, every option and a text without end, in the smallest datagram. */
START_TEST(the_longest_reason_fits_the_smallest_datagram)
{
	struct respond_config config = plain;
	struct reply_form form = form_of(DNS_RD);
	struct question question = question_of("example.", TYPE_A);
	struct answer answer;
	char text[1000], longest[NAME_TEXT_BYTES] = "";
	for (unsigned i = 0; i < 127; i++)
		strcat(longest, "a.");
	memset(text, 'x', sizeof text - 1);
	text[sizeof text - 1] = '\0';
	question.qname = name_of(longest);
	ck_assert_uint_eq(question.qname.size, NAME_BYTES_MAX);
	memset(config.nsid, 'n', sizeof config.nsid);
	config.nsid_bytes = sizeof config.nsid;
	form.wants_nsid = true;
	form.udp_bytes = RESPOND_UDP_BYTES_PLAIN;
	answer_rcode(&answer, RCODE_SERVFAIL, EDE_OTHER, text);
	int size = respond_and_read(&config, &form, &question, &answer, NULL);
	ck_assert_int_eq(size, RESPOND_UDP_BYTES_PLAIN);
	form.is_stream = true;
	form.wants_keepalive = true;
	size = respond_and_read(&config, &form, &question, &answer, NULL);
	ck_assert_int_eq(size, 12 + 259 + 11 + (4 + 128) + 6 + (6 + 192));
}
END_TEST

START_TEST(nsid_goes_to_who_asks_for_it)
{
	struct respond_config config = plain;
	struct reply_form form = form_of(DNS_RD);
	struct question question = question_of("example.", TYPE_A);
	struct answer answer = { .ede = EDE_NONE };
	const uint8_t *value;
	uint16_t value_bytes;
	memcpy(config.nsid, "cairn1", 6);
	config.nsid_bytes = 6;
	respond_and_read(&config, &form, &question, &answer, NULL);
	ck_assert(!edns_find(&message.edns, EDNS_NSID, &value, &value_bytes));
	form.wants_nsid = true;
	respond_and_read(&config, &form, &question, &answer, NULL);
	ck_assert(edns_find(&message.edns, EDNS_NSID, &value, &value_bytes));
	ck_assert(value_bytes == 6 && memcmp(value, "cairn1", 6) == 0);
}
END_TEST

START_TEST(a_stream_is_told_how_long_it_may_idle)
{
	struct respond_config config = plain;
	struct reply_form form = form_of(DNS_RD);
	struct question question = question_of("example.", TYPE_A);
	struct answer answer = { .ede = EDE_NONE };
	const uint8_t *value;
	uint16_t value_bytes;
	config.tcp_idle_timeout_ms = 10000;
	form.is_stream = form.wants_keepalive = true;
	respond_and_read(&config, &form, &question, &answer, NULL);
	ck_assert(edns_find(&message.edns, EDNS_KEEPALIVE, &value, &value_bytes));
	ck_assert_uint_eq(value_bytes, 2);
	ck_assert_uint_eq(value[0] << 8 | value[1],
			  100); /* RFC 7828, section 3.1: units of 100 ms */
}
END_TEST

/* ---- size ------------------------------------------------------------------------------------------- */

static const struct {
	const char *behaviour;
	uint16_t client_bytes, bytes_max;
	bool has_edns, is_stream;
	unsigned rr_count; /* of 16 octets and 12 around each; 12 + 13 around all */
	bool is_truncated;
} sizes[] = {
	{ "what fits 512 octets goes without EDNS", 512, 1232, false, false, 17, false },
	{ "one more does not", 512, 1232, false, false, 18, true },
	{ "with EDNS the client's size counts", 1232, 1232, true, false, 42, false },
	{ "and the OPT's octets too", 1232, 1232, true, false, 43, true },
	{ "a client that takes more gets no more than max-udp-size", 4096, 1232, true, false, 43,
	  true },
	{ "unless max-udp-size is larger", 4096, 4096, true, false, 140, false },
	{ "a client that takes less gets less", 700, 1232, true, false, 24, true },
	{ "a stream takes all", 512, 1232, false, true, 256, false },
};

START_TEST(an_answer_that_does_not_fit_is_truncated_and_empty)
{
	struct respond_config config = { .udp_bytes_max = sizes[_i].bytes_max };
	struct reply_form form = form_of(DNS_RD);
	struct question question = question_of("example.", TYPE_AAAA);
	struct answer answer = { .ede = EDE_NONE };
	bool is_truncated;
	form.has_edns = sizes[_i].has_edns;
	form.udp_bytes = sizes[_i].client_bytes;
	form.is_stream = sizes[_i].is_stream;
	add_set(&answer.sections[SECTION_ANSWER], "example.", TYPE_AAAA, sizes[_i].rr_count, 16, 0);
	int size = respond_and_read(&config, &form, &question, &answer, &is_truncated);
	ck_assert_msg(is_truncated == sizes[_i].is_truncated, "%s: %d octets", sizes[_i].behaviour,
		      size);
	ck_assert(((message.flags & DNS_TC) != 0) == is_truncated);
	ck_assert_uint_eq(message.rrset_counts[SECTION_ANSWER], !is_truncated);
	ck_assert(form.is_stream || size <= form.udp_bytes);
	ck_assert(message.edns.present == form.has_edns);
	if (!is_truncated)
		ck_assert_uint_eq(message.sections[SECTION_ANSWER]->rr_count, sizes[_i].rr_count);
}
END_TEST

START_TEST(an_absence_without_its_soa_is_truncated)
{
	struct reply_form form = form_of(DNS_RD);
	struct question question = question_of("no.example.", TYPE_A);
	struct answer answer = { .rcode = RCODE_NXDOMAIN, .ede = EDE_NONE };
	form.dnssec_ok = true;
	form.udp_bytes = 512;
	add_set(&answer.sections[SECTION_AUTHORITY], "example.", TYPE_NSEC, 1, 32, 2);
	answer.sections[SECTION_AUTHORITY]->rr_count =
		0; /* signatures alone keep the sizes simple */
	answer.sections[SECTION_AUTHORITY]->sig_count = 2;
	add_set(&answer.sections[SECTION_AUTHORITY], "example.", 65280, 3, 180, 0);
	bool is_truncated;
	respond_and_read(&plain, &form, &question, &answer, &is_truncated);
	ck_assert(is_truncated);
	ck_assert_uint_eq(message.rcode, RCODE_NXDOMAIN);
	ck_assert_uint_eq(message.rrset_counts[SECTION_AUTHORITY], 0);
}
END_TEST

START_TEST(additional_records_are_left_out_without_a_word)
{
	struct respond_config config = { .minimal_responses = false, .udp_bytes_max = 512 };
	struct reply_form form = form_of(DNS_RD);
	struct question question = question_of("example.", TYPE_A);
	struct answer answer = { .ede = EDE_NONE };
	bool is_truncated;
	add_set(&answer.sections[SECTION_ANSWER], "example.", TYPE_A, 20, 4, 0);
	add_set(&answer.sections[SECTION_ADDITIONAL], "ns.example.", TYPE_A, 1, 4, 0);
	add_set(&answer.sections[SECTION_ADDITIONAL], "ns.example.", TYPE_AAAA, 20, 16, 0);
	respond_and_read(&config, &form, &question, &answer, &is_truncated);
	ck_assert(!is_truncated && (message.flags & DNS_TC) == 0);
	ck_assert_uint_eq(count_type(SECTION_ADDITIONAL, TYPE_AAAA), 0);
	ck_assert_uint_eq(count_type(SECTION_ADDITIONAL, TYPE_A), 1);
}
END_TEST

/* ---- what goes out ------------------------------------------------------------------------------------ */

START_TEST(original_ttls_are_given_where_there_are_any)
{
	struct respond_config config = { .serve_original_ttl = true, .udp_bytes_max = 1232 };
	struct reply_form form = form_of(DNS_RD);
	struct question question = question_of("example.", TYPE_A);
	struct answer answer = { .ede = EDE_NONE };

	add_set(&answer.sections[SECTION_ANSWER], "example.", TYPE_A, 1, 4, 0);
	struct rrset *set = answer.sections[SECTION_ANSWER];
	set->ttl_s = 7;
	respond_and_read(&config, &form, &question, &answer, NULL);
	ck_assert_uint_eq(message.sections[SECTION_ANSWER]->ttl_s, 7); /* it came just now */
	set->original_ttl_s = 60;
	respond_and_read(&config, &form, &question, &answer, NULL);
	ck_assert_uint_eq(message.sections[SECTION_ANSWER]->ttl_s, 60);
	config.serve_original_ttl = false;
	respond_and_read(&config, &form, &question, &answer, NULL);
	ck_assert_uint_eq(message.sections[SECTION_ANSWER]->ttl_s, 7);
}
END_TEST

START_TEST(minimal_responses_keep_what_the_answer_needs)
{
	struct respond_config config = plain;
	struct reply_form form = form_of(DNS_RD);
	struct question question = question_of("example.", TYPE_A);
	struct answer answer = { .ede = EDE_NONE };
	add_set(&answer.sections[SECTION_ANSWER], "example.", TYPE_A, 1, 4, 0);
	add_set(&answer.sections[SECTION_AUTHORITY], "example.", TYPE_NS, 1, 1, 0);
	add_set(&answer.sections[SECTION_ADDITIONAL], "ns.example.", TYPE_A, 1, 4, 0);
	respond_and_read(&config, &form, &question, &answer, NULL);
	ck_assert_uint_eq(message.rrset_counts[SECTION_AUTHORITY], 0);
	ck_assert_uint_eq(message.rrset_counts[SECTION_ADDITIONAL], 0);
	config.minimal_responses = false;
	respond_and_read(&config, &form, &question, &answer, NULL);
	ck_assert_uint_eq(count_type(SECTION_AUTHORITY, TYPE_NS), 1);
	ck_assert_uint_eq(count_type(SECTION_ADDITIONAL, TYPE_A), 1);
}
END_TEST

/* Who asks for a zone's servers wants to reach them (RFC 8109, section 4). */
START_TEST(minimal_responses_give_servers_with_their_addresses)
{
	struct reply_form form = form_of(DNS_RD);
	struct question question = question_of("example.", TYPE_NS);
	struct answer answer = { .ede = EDE_NONE };
	add_set(&answer.sections[SECTION_ANSWER], "example.", TYPE_NS, 1, 1, 0);
	add_set(&answer.sections[SECTION_ADDITIONAL], "ns.example.", TYPE_A, 1, 4, 0);
	respond_and_read(&plain, &form, &question, &answer, NULL);
	ck_assert_uint_eq(count_type(SECTION_ADDITIONAL, TYPE_A), 1);
}
END_TEST

START_TEST(minimal_responses_to_any_keep_what_goes_with_it)
{
	struct reply_form form = form_of(DNS_RD);
	struct question question = question_of("example.", TYPE_ANY);
	struct answer answer = { .ede = EDE_NONE };
	add_set(&answer.sections[SECTION_ANSWER], "example.", TYPE_A, 1, 4, 0);
	add_set(&answer.sections[SECTION_ADDITIONAL], "mail.example.", TYPE_A, 1, 4, 0);
	respond_and_read(&plain, &form, &question, &answer, NULL);
	ck_assert_uint_eq(count_type(SECTION_ADDITIONAL, TYPE_A), 1);
}
END_TEST

/* Two sets whose data fit, but not all of their signatures. */
START_TEST(signatures_of_additional_records_go_before_their_data)
{
	struct respond_config config = { .minimal_responses = false, .udp_bytes_max = 512 };
	struct reply_form form = form_of(DNS_RD);
	struct question question = question_of("example.", TYPE_A);
	struct answer answer = { .ede = EDE_NONE };

	form.has_edns = form.dnssec_ok = true;
	form.udp_bytes = 512;
	add_set(&answer.sections[SECTION_ANSWER], "example.", TYPE_A, 1, 4, 0);
	add_set(&answer.sections[SECTION_ADDITIONAL], "ns.example.", 65280, 3, 40, 2);
	add_set(&answer.sections[SECTION_ADDITIONAL], "ns.example.", 65281, 3, 40, 2);
	respond_and_read(&config, &form, &question, &answer, NULL);
	ck_assert_uint_eq(count_type(SECTION_ADDITIONAL, 65280), 1);
	ck_assert_uint_eq(count_type(SECTION_ADDITIONAL, 65281), 1);
}
END_TEST

START_TEST(a_referral_keeps_its_servers)
{
	struct reply_form form = form_of(0);
	struct question question = question_of("www.example.", TYPE_A);
	struct answer answer = { .ede = EDE_NONE };
	add_set(&answer.sections[SECTION_AUTHORITY], "example.", TYPE_NS, 1, 1, 0);
	add_set(&answer.sections[SECTION_ADDITIONAL], "ns.example.", TYPE_A, 1, 4, 0);
	respond_and_read(&plain, &form, &question, &answer, NULL);
	ck_assert_uint_eq(count_type(SECTION_AUTHORITY, TYPE_NS), 1);
	ck_assert_uint_eq(count_type(SECTION_ADDITIONAL, TYPE_A), 1);
}
END_TEST

START_TEST(signatures_and_proofs_are_for_who_sets_do)
{
	struct reply_form form = form_of(DNS_RD);
	struct question question = question_of("example.", TYPE_A);
	struct answer answer = { .ede = EDE_NONE };
	add_set(&answer.sections[SECTION_ANSWER], "example.", TYPE_A, 2, 4, 0);
	add_set(&answer.sections[SECTION_AUTHORITY], "example.", 65281, 1, 4, 0);
	add_set(&answer.sections[SECTION_AUTHORITY], "example.", TYPE_NSEC, 0, 32, 1);
	respond_and_read(&plain, &form, &question, &answer, NULL);
	ck_assert_uint_eq(message.rrset_counts[SECTION_AUTHORITY], 1);
	ck_assert_uint_eq(count_type(SECTION_AUTHORITY, 65281), 1);
	form.dnssec_ok = true;
	respond_and_read(&plain, &form, &question, &answer, NULL);
	ck_assert_uint_gt(message.rrset_counts[SECTION_AUTHORITY], 1);
}
END_TEST

START_TEST(any_is_answered_with_one_hinfo)
{
	struct reply_form form = form_of(DNS_RD);
	struct question question = question_of("example.", TYPE_ANY);
	struct answer answer;
	ck_assert_int_eq(answer_any(&answer, &question.qname, &making), 0);
	respond_and_read(&plain, &form, &question, &answer, NULL);
	const struct rrset *set = message.sections[SECTION_ANSWER];
	ck_assert(set != NULL && set->next == NULL && set->type == TYPE_HINFO && set->rr_count == 1);
	ck_assert_mem_eq(set->rdata + 2, "\7RFC8482\0", 9);
}
END_TEST

/* ---- the query's form --------------------------------------------------------------------------------- */

START_TEST(the_form_is_read_from_the_query)
{
	static const uint8_t options[] = { 0, EDNS_NSID, 0, 0, 0, EDNS_KEEPALIVE, 0, 0 };
	struct query query = { .id = 7,
			       .flags = DNS_RD,
			       .edns = { .present = true,
					 .dnssec_ok = true,
					 .udp_bytes = 1400,
					 .options_bytes = sizeof options,
					 .options = options } };
	struct reply_form form;
	reply_form_read(&form, &query, true);
	ck_assert(form.id == 7 && form.flags == DNS_RD && form.udp_bytes == 1400);
	ck_assert(form.has_edns && form.dnssec_ok && form.wants_nsid && form.wants_keepalive);
	reply_form_read(&form, &query, false);
	ck_assert(!form.wants_keepalive); /* RFC 7828, section 3.2.1: not over UDP */
	query.edns.present = false;
	reply_form_read(&form, &query, false);
	ck_assert(!form.has_edns && !form.wants_nsid && form.udp_bytes == RESPOND_UDP_BYTES_PLAIN);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("respond");
	TCase *tcase = tcase_create("respond");
	tcase_add_checked_fixture(tcase, setup, NULL);
	tcase_add_loop_test(tcase, the_header_says_what_holds_for_this_client, 0, COUNT(headers));
	tcase_add_test(tcase, the_question_keeps_the_client_s_letter_case);
	tcase_add_test(tcase, an_unreadable_question_is_not_given_back);
	tcase_add_test(tcase, who_sends_no_opt_gets_none);
	tcase_add_test(tcase, the_opt_offers_1232_octets_and_gives_do_back);
	tcase_add_test(tcase, an_rcode_above_15_needs_an_opt);
	tcase_add_test(tcase, a_failure_carries_its_reason);
	tcase_add_test(tcase, words_never_cost_a_client_data);
	tcase_add_test(tcase, the_longest_reason_fits_the_smallest_datagram);
	tcase_add_test(tcase, nsid_goes_to_who_asks_for_it);
	tcase_add_test(tcase, a_stream_is_told_how_long_it_may_idle);
	tcase_add_loop_test(tcase, an_answer_that_does_not_fit_is_truncated_and_empty, 0,
			    COUNT(sizes));
	tcase_add_test(tcase, an_absence_without_its_soa_is_truncated);
	tcase_add_test(tcase, additional_records_are_left_out_without_a_word);
	tcase_add_test(tcase, original_ttls_are_given_where_there_are_any);
	tcase_add_test(tcase, minimal_responses_keep_what_the_answer_needs);
	tcase_add_test(tcase, minimal_responses_give_servers_with_their_addresses);
	tcase_add_test(tcase, minimal_responses_to_any_keep_what_goes_with_it);
	tcase_add_test(tcase, signatures_of_additional_records_go_before_their_data);
	tcase_add_test(tcase, a_referral_keeps_its_servers);
	tcase_add_test(tcase, signatures_and_proofs_are_for_who_sets_do);
	tcase_add_test(tcase, any_is_answered_with_one_hinfo);
	tcase_add_test(tcase, the_form_is_read_from_the_query);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}

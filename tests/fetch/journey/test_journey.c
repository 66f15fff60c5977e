/* The journey's list and its forms: what is told is kept, safe to show, and bounded. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fetch/journey/from_trace.h"
#include "fetch/journey/text.h"
#include "resolver/iterate/trace.h"
#include "resolver/wire/message.h"
#include "stack/tcp_wire.h"
#include "stack/trace.h"
#include "tests/suite.h"

static uint8_t block[JOURNEY_RESERVE_BYTES + 4096];
static struct journey journey;

static void
setup(void)
{
	journey_init(&journey, block, sizeof block);
}

static struct journey_event
event_at(uint64_t at_us)
{
	return (struct journey_event){ .at_us = at_us, .layer = JOURNEY_HTTP, .name = "head", .request = 1 };
}

START_TEST(events_are_kept_in_the_order_in_which_they_were_told)
{
	for (unsigned i = 1; i <= 3; i++) {
		struct journey_event event = event_at(i * 1000);
		ck_assert_uint_eq(journey_tell(&journey, &event, "event %u", i), i);
	}
	unsigned count = 0;
	for (const struct journey_event *event = journey.first; event != NULL; event = event->next)
		ck_assert_uint_eq(event->id, ++count);
	ck_assert_uint_eq(count, 3);
	ck_assert_str_eq(journey.last->what, "event 3");
}
END_TEST

START_TEST(nobody_listens_and_nothing_happens)
{
	struct journey_event event = event_at(0);
	ck_assert_uint_eq(journey_tell(NULL, &event, "unheard"), 0);
}
END_TEST

START_TEST(what_a_peer_said_cannot_steer_the_terminal)
{
	struct journey_event event = event_at(0);
	char line[JOURNEY_LINE_BYTES];
	journey_tell(&journey, &event, "<- 200 %s", "\x1b[2Jgone\r\n");
	journey_text_event(journey.first, 0, line, sizeof line);
	ck_assert_ptr_null(strchr(line, '\x1b'));
	ck_assert_ptr_null(strchr(line, '\n'));
	ck_assert_ptr_nonnull(strstr(line, "\\x1b[2Jgone"));
}
END_TEST

START_TEST(a_noted_sentence_is_put_together_of_the_fields)
{
	const struct journey_field fields[] = { { "status", NULL, 200 }, { "reason", "\x1b[2JOK", 0 }, { "stat", "{reason}", 0 } };
	struct journey_event event = event_at(0);
	char what[JOURNEY_TEXT_BYTES];
	event.fields = fields;
	event.field_count = COUNT(fields);
	ck_assert_uint_eq(journey_note(&journey, &event, "<- {status} {reason}, {stat}."), 1);
	ck_assert_str_eq(journey_what(journey.first, what), "<- 200 \\x1b[2JOK, {reason}.");
	ck_assert_uint_eq(journey_tell(&journey, &event, "a {brace} of a peer"), 2);
	ck_assert_str_eq(journey_what(journey.last, what), "a {brace} of a peer");
	ck_assert_uint_eq(journey_note(NULL, &event, "unheard"), 0);
}
END_TEST

START_TEST(a_sentence_that_is_too_long_is_cut)
{
	char longest[2 * JOURNEY_TEXT_BYTES], what[JOURNEY_TEXT_BYTES];
	const struct journey_field fields[] = { { "line", longest, 0 }, { "octets", NULL, UINT64_MAX } };
	struct journey_event event = event_at(0);
	memset(longest, 'x', sizeof longest);
	longest[sizeof longest - 1] = '\0';
	event.fields = fields;
	event.field_count = COUNT(fields);
	journey_note(&journey, &event, "-> {line} {octets} {line}");
	ck_assert_uint_eq(strlen(journey_what(journey.first, what)), JOURNEY_TEXT_BYTES - 1);
}
END_TEST

START_TEST(a_full_list_counts_what_it_cannot_keep_but_keeps_the_end)
{
	struct journey_event event = event_at(0), end = event_at(1);
	end.is_end = true;
	while (journey_tell(&journey, &event, "one of very many events") != 0)
		;
	ck_assert_uint_eq(journey.lost_count, 1);
	ck_assert_uint_ne(journey_tell(&journey, &end, "complete"), 0);
	ck_assert_str_eq(journey.last->what, "complete");
}
END_TEST

START_TEST(fields_outlive_their_teller)
{
	char name[] = "www.example.org";
	struct journey_field fields[] = { { "name", name, 0 }, { "ttl_s", NULL, 300 } };
	struct journey_event event = event_at(5);
	event.fields = fields;
	event.field_count = 2;
	journey_tell(&journey, &event, "an answer");
	memset(name, 'x', sizeof name - 1);
	fields[1].number = 0;
	ck_assert_str_eq(journey.first->fields[0].text, "www.example.org");
	ck_assert_uint_eq(journey.first->fields[1].number, 300);
}
END_TEST

START_TEST(a_cause_is_looked_for_back_to_where_its_transfer_begins)
{
	struct journey_event answer = { .layer = JOURNEY_DNS, .name = "answer", .request = 2 };
	struct journey_event url = { .layer = JOURNEY_URL, .name = "parsed", .request = 1 };

	ck_assert_uint_eq(journey_tell(&journey, &url, "the first"), 1);
	ck_assert_uint_eq(journey_tell(&journey, &answer, "of nobody who has begun"), 2);
	url.request = 2;
	ck_assert_uint_eq(journey_tell(&journey, &url, "the second"), 3);
	ck_assert_uint_eq(journey_last(&journey, JOURNEY_DNS, "answer", 2, NULL, NULL), 0);
	ck_assert_uint_eq(journey_last(&journey, JOURNEY_DNS, "answer", 0, NULL, NULL), 2);
	answer.request = 1;
	ck_assert_uint_eq(journey_tell(&journey, &answer, "of the first, who began before the second"), 4);
	ck_assert_uint_eq(journey_last(&journey, JOURNEY_DNS, "answer", 1, NULL, NULL), 4);
	ck_assert_uint_eq(journey_last(&journey, JOURNEY_URL, "parsed", 1, NULL, NULL), 1);
	ck_assert_uint_eq(journey_last(&journey, JOURNEY_URL, "parsed", 2, NULL, NULL), 3);
}
END_TEST

START_TEST(the_text_shows_time_layer_connection_and_what_went_wrong)
{
	char line[JOURNEY_LINE_BYTES];
	struct journey_event event = event_at(1234567);
	event.layer = JOURNEY_TCP;
	event.connection = 2;
	event.is_bad = true;
	journey_tell(&journey, &event, "-> 192.0.2.1:80 SYN");
	journey_text_event(journey.first, 234567, line, sizeof line);
	ck_assert_str_eq(line, "   1000.0  tcp 2  -> 192.0.2.1:80 SYN   !");
}
END_TEST

/* ---- from the stack's trace ---------------------------------------------------------------------- */

static uint8_t ring_block[65536];

static void
trace(struct event_ring *ring, enum trace_kind kind, const void *body, size_t size)
{
	event_put(ring, (uint16_t)kind, 7, 1000, body, size);
}

START_TEST(handshakes_losses_and_neighbours_are_translated_and_data_is_not)
{
	struct event_ring ring;
	event_ring_init(&ring, ring_block, sizeof ring_block);
	struct trace_tcp tcp = { .remote_port = 80, .flags = TCP_SYN };
	struct trace_neigh neigh = { .news = TRACE_NEIGH_LOST };
	ck_assert_int_eq(addr_from_text(&tcp.remote, "2001:db8::1"), 0);
	ck_assert_int_eq(addr_from_text(&neigh.addr, "192.0.2.1"), 0);

	trace(&ring, TRACE_TCP_OUT, &tcp, sizeof tcp);
	tcp.flags = TCP_SYN | TCP_ACK;
	trace(&ring, TRACE_TCP_IN, &tcp, sizeof tcp);
	tcp.flags = TCP_ACK;
	tcp.size = 1448;
	trace(&ring, TRACE_TCP_IN, &tcp, sizeof tcp); /* data: not told */
	trace(&ring, TRACE_TCP_AGAIN, &tcp, sizeof tcp);
	trace(&ring, TRACE_NEIGH, &neigh, sizeof neigh);
	journey_from_trace(&journey, &ring);

	static const struct {
		const char *name, *what;
		bool is_bad;
	} expected[] = {
		{ "syn", "-> [2001:db8::1]:80 SYN", false },
		{ "open", "<- [2001:db8::1]:80 SYN,ACK", false },
		{ "lost", "-> [2001:db8::1]:80 was sent again: no acknowledgment had come", true },
		{ "neighbour", "ARP: nobody has 192.0.2.1", true },
	};
	const struct journey_event *event = journey.first;
	for (size_t i = 0; i < COUNT(expected); i++, event = event->next) {
		ck_assert_ptr_nonnull(event);
		ck_assert_str_eq(event->name, expected[i].name);
		ck_assert_str_eq(event->what, expected[i].what);
		ck_assert(event->is_bad == expected[i].is_bad);
		ck_assert_uint_eq(event->request, 7);
	}
	ck_assert_ptr_null(event);
}
END_TEST

static const struct {
	const char *behaviour;
	unsigned others; /* events between its SYN,ACK and the reset */
	bool was_open;
	const char *what;
} resets[] = {
	{ "there is no server", 0, false, "<- 192.0.2.1:80 RST: nobody listens there" },
	{ "the server has had enough", 1, true, "<- 192.0.2.1:80 RST: the connection is cut" },
	{ "it has had enough of a long one", JOURNEY_LOOK_BACK, true, "<- 192.0.2.1:80 RST: the connection is cut" },
};

START_TEST(a_reset_is_told_by_what_came_before)
{
	static uint8_t large[1 << 20];
	struct event_ring ring;
	struct trace_tcp tcp = { .remote_port = 80, .flags = TCP_SYN };
	const struct journey_event other = event_at(1000);

	journey_init(&journey, large, sizeof large);
	event_ring_init(&ring, ring_block, sizeof ring_block);
	ck_assert_int_eq(addr_from_text(&tcp.remote, "192.0.2.1"), 0);
	trace(&ring, TRACE_TCP_OUT, &tcp, sizeof tcp);
	tcp.flags = TCP_SYN | TCP_ACK;
	if (resets[_i].was_open)
		trace(&ring, TRACE_TCP_IN, &tcp, sizeof tcp);
	journey_from_trace(&journey, &ring);
	for (unsigned i = 0; i < resets[_i].others; i++)
		ck_assert_uint_ne(journey_tell(&journey, &other, "of a later transfer"), 0);
	tcp.flags = TCP_RST | TCP_ACK;
	trace(&ring, TRACE_TCP_IN, &tcp, sizeof tcp);
	journey_from_trace(&journey, &ring);
	ck_assert_msg(strcmp(journey.last->what, resets[_i].what) == 0, "%s: %s", resets[_i].behaviour, journey.last->what);
}
END_TEST

START_TEST(who_was_asked_and_what_was_said_is_told_instead_of_datagrams)
{
	struct event_ring ring;
	event_ring_init(&ring, ring_block, sizeof ring_block);
	struct resolver_trace trace = { .qtype = 1, .took_us = 12345, .meaning = "a referral" };
	struct trace_udp udp = { .remote_port = 53, .size = 44 };
	ck_assert_int_eq(addr_from_text(&trace.server, "192.0.2.53"), 0);
	ck_assert_int_eq(name_from_text(&trace.qname, "www.example.org.", NULL), 0);
	ck_assert_int_eq(name_from_text(&trace.zone, "org.", NULL), 0);

	event_put(&ring, TRACE_RESOLVER_QUERY, 0, 1000, &trace, sizeof trace);
	event_put(&ring, TRACE_UDP_OUT, 0, 1000, &udp, sizeof udp);
	event_put(&ring, TRACE_UDP_IN, 0, 2000, &udp, sizeof udp);
	event_put(&ring, TRACE_RESOLVER_REPLY, 0, 2000, &trace, sizeof trace);
	event_put(&ring, TRACE_RESOLVER_LATE, 0, 3000, &trace, sizeof trace);
	journey_from_trace(&journey, &ring);

	static const char *const expected[] = {
		"-> www.example.org. A?  to 192.0.2.53 of org.",
		"<- www.example.org. A: a referral  (192.0.2.53, 12.3 ms)",
		"192.0.2.53 has not answered www.example.org. A in 12 ms",
	};
	const struct journey_event *event = journey.first;
	for (size_t i = 0; i < COUNT(expected); i++, event = event->next) {
		ck_assert_ptr_nonnull(event);
		ck_assert_str_eq(event->what, expected[i]);
	}
	ck_assert_ptr_null(event);
	ck_assert(journey.last->is_bad);
}
END_TEST

/* The engine is told the time by its caller, and the stack when something is sent. */
START_TEST(what_follows_in_the_trace_is_not_told_of_an_earlier_time)
{
	struct event_ring ring;
	struct resolver_trace asked = { .qtype = 1 };
	struct trace_neigh neigh = { .news = TRACE_NEIGH_ASKED };
	event_ring_init(&ring, ring_block, sizeof ring_block);
	ck_assert_int_eq(name_from_text(&asked.qname, "com.", NULL), 0);
	event_put(&ring, TRACE_RESOLVER_QUERY, 0, 21500, &asked, sizeof asked);
	event_put(&ring, TRACE_NEIGH, 0, 700, &neigh, sizeof neigh);
	event_put(&ring, TRACE_NEIGH, 0, 22000, &neigh, sizeof neigh);
	journey_from_trace(&journey, &ring);
	ck_assert_uint_eq(journey.first->at_us, 21500);
	ck_assert_uint_eq(journey.first->next->at_us, 21500);
	ck_assert_uint_eq(journey.last->at_us, 22000);
}
END_TEST

static const struct {
	const char *behaviour;
	struct resolver_judged judged;
	const char *what;
	bool is_bad;
} judgements[] = {
	{ "a set that is true", { .qtype = 1, .security = SECURITY_SECURE, .signatures = 2, .took_us = 3140 },
	  "www.example.org. A is secure  (2 signatures checked, 3.1 ms)", false },
	{ "one of a zone that is not signed", { .qtype = 1, .security = SECURITY_INSECURE },
	  "www.example.org. A is insecure  (0 signatures checked, 0.0 ms)", false },
	{ "one that does not hold", { .qtype = 48, .security = SECURITY_BOGUS, .signatures = 1, .why = "the signatures do not verify" },
	  "www.example.org. DNSKEY is bogus: the signatures do not verify", true },
	{ "one that others may have better",
	  { .qtype = 1, .security = SECURITY_BOGUS, .is_asked_again = true, .why = "signatures are missing" },
	  "www.example.org. A is bogus: signatures are missing; another server is asked", true },
};

START_TEST(what_the_validator_said_follows_from_the_reply)
{
	struct event_ring ring;
	struct resolver_trace reply = { .qtype = judgements[_i].judged.qtype };
	struct resolver_judged judged = judgements[_i].judged;

	event_ring_init(&ring, ring_block, sizeof ring_block);
	ck_assert_int_eq(name_from_text(&reply.qname, "www.example.org.", NULL), 0);
	name_copy(&judged.qname, &reply.qname);
	event_put(&ring, TRACE_RESOLVER_REPLY, 0, 1000, &reply, sizeof reply);
	event_put(&ring, TRACE_RESOLVER_JUDGED, 0, 2000, &judged, sizeof judged);
	journey_from_trace(&journey, &ring);
	ck_assert_str_eq(journey.last->what, judgements[_i].what);
	ck_assert_str_eq(journey.last->name, "validated");
	ck_assert_uint_eq(journey.last->cause, 1);
	ck_assert(journey.last->is_bad == judgements[_i].is_bad);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("journey");
	tcase_add_checked_fixture(tcase, setup, NULL);
	tcase_add_test(tcase, events_are_kept_in_the_order_in_which_they_were_told);
	tcase_add_test(tcase, nobody_listens_and_nothing_happens);
	tcase_add_test(tcase, what_a_peer_said_cannot_steer_the_terminal);
	tcase_add_test(tcase, a_noted_sentence_is_put_together_of_the_fields);
	tcase_add_test(tcase, a_sentence_that_is_too_long_is_cut);
	tcase_add_test(tcase, a_full_list_counts_what_it_cannot_keep_but_keeps_the_end);
	tcase_add_test(tcase, fields_outlive_their_teller);
	tcase_add_test(tcase, a_cause_is_looked_for_back_to_where_its_transfer_begins);
	tcase_add_test(tcase, the_text_shows_time_layer_connection_and_what_went_wrong);
	tcase_add_test(tcase, who_was_asked_and_what_was_said_is_told_instead_of_datagrams);
	tcase_add_test(tcase, what_follows_in_the_trace_is_not_told_of_an_earlier_time);
	tcase_add_test(tcase, handshakes_losses_and_neighbours_are_translated_and_data_is_not);
	tcase_add_loop_test(tcase, a_reset_is_told_by_what_came_before, 0, (int)COUNT(resets));
	tcase_add_loop_test(tcase, what_the_validator_said_follows_from_the_reply, 0, (int)COUNT(judgements));
	Suite *suite = suite_create("fetch: journey");
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}

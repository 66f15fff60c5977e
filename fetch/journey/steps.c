#include "fetch/journey/steps_priv.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* The reply of a step is looked for among so many of the last. */
#define LOOK_BACK_MAX 128u

static bool
is(const struct journey_event *event, enum journey_layer layer, const char *name)
{
	return event->layer == layer && strcmp(event->name, name) == 0;
}

static bool
has_same(const struct journey_event *a, const struct journey_event *b, const char *field)
{
	return strcmp(journey_field_text(a, field), journey_field_text(b, field)) == 0;
}

/* ---- taking steps ------------------------------------------------------------------------------------ */

/* The step of the event with that id, counted from 1; 0: there is none. */
static unsigned
step_of(const struct ladder *ladder, uint32_t id)
{
	for (unsigned i = ladder->step_count; id != 0 && i > 0; i--) {
		const struct step *step = &ladder->steps[i - 1];
		if (step->event->id == id || (step->reply != NULL && step->reply->id == id))
			return i;
	}
	return 0;
}

/* NULL: there is no place for it, and it is counted. */
static struct step *
take(struct ladder *ladder, enum step_kind kind, const struct journey_event *event, uint64_t at_us)
{
	bool is_needed = event->is_bad || event->is_end;
	if (ladder->step_count >= (is_needed ? STEPS_MAX : STEPS_MAX - STEPS_RESERVE)) {
		ladder->left_out++;
		return NULL;
	}
	struct step *step = &ladder->steps[ladder->step_count];
	*step = (struct step){ .kind = kind, .event = event, .begin_us = at_us, .end_us = at_us, .count = 1,
		               .is_bad = event->is_bad, .cause = step_of(ladder, event->cause) };
	ladder->step_count++;
	return step;
}

/* The sentence, without its arrow: the picture draws that. */
static const char *
bare_what(const struct journey_event *event, char text[JOURNEY_TEXT_BYTES])
{
	const char *what = journey_what(event, text);
	bool has_arrow = strncmp(what, "-> ", 3) == 0 || strncmp(what, "<- ", 3) == 0;
	return has_arrow ? what + 3 : what;
}

static void
say_what(struct step *step)
{
	char text[JOURNEY_TEXT_BYTES];
	(void)snprintf(step->text, sizeof step->text, "%s", bare_what(step->event, text));
}

static void
say_more(struct step *step, const char *format, const char *text)
{
	size_t used = strlen(step->text);
	(void)snprintf(step->text + used, sizeof step->text - used, format, text);
}

static void
note(struct ladder *ladder, const struct journey_event *event, uint64_t at_us, uint8_t lane)
{
	struct step *step = take(ladder, STEP_NOTE, event, at_us);
	if (step == NULL)
		return;
	step->from = step->to = lane;
	say_what(step);
}

/* A question from `from` to `to`. */
static struct step *
ask(struct ladder *ladder, const struct journey_event *event, uint64_t at_us, uint8_t from, uint8_t to)
{
	struct step *step = take(ladder, STEP_ASK, event, at_us);
	if (step == NULL)
		return NULL;
	step->from = from;
	step->to = to;
	say_what(step);
	return step;
}

/* The last step of that kind without a reply that is of the same request, and the same in a field (NULL: any). */
static struct step *
find_open(struct ladder *ladder, enum journey_layer layer, const char *name, const struct journey_event *reply, const char *field)
{
	for (unsigned i = ladder->step_count, left = LOOK_BACK_MAX; i > 0 && left > 0; i--, left--) {
		struct step *step = &ladder->steps[i - 1];
		if (step->kind == STEP_ASK && step->reply == NULL && is(step->event, layer, name) &&
		    step->event->request == reply->request && step->event->connection == reply->connection &&
		    (field == NULL || has_same(step->event, reply, field)))
			return step;
	}
	return NULL;
}

static void
close_with(struct step *step, const struct journey_event *reply, uint64_t at_us)
{
	step->reply = reply;
	step->end_us = at_us;
}

/* ---- a layer each ------------------------------------------------------------------------------------ */

/* In this process the engine asks name servers; else a resolver is asked, and its answers tell all there is. */
static void
on_dns_query(struct ladder *ladder, const struct journey_event *event, uint64_t at_us)
{
	const char *zone = journey_field_text(event, "zone");
	if (zone[0] == '\0')
		return;
	uint8_t from = steps__lane(ladder, LANE_RESOLVER, NULL);
	struct step *step = ask(ladder, event, at_us, from, steps__zone_lane(ladder, zone));
	if (step != NULL)
		(void)snprintf(step->text, sizeof step->text, "%s %s?", journey_field_text(event, "qname"),
		               journey_field_text(event, "type"));
}

/* The question of a reply: several may be under way to one server. */
static struct step *
asked_of_server(struct ladder *ladder, const struct journey_event *event)
{
	for (unsigned i = ladder->step_count, left = LOOK_BACK_MAX; i > 0 && left > 0; i--, left--) {
		struct step *step = &ladder->steps[i - 1];
		if (step->kind == STEP_ASK && step->reply == NULL && is(step->event, JOURNEY_DNS, "query") &&
		    has_same(step->event, event, "qname") && has_same(step->event, event, "type") &&
		    has_same(step->event, event, "server"))
			return step;
	}
	return NULL;
}

static void
on_dns_reply(struct ladder *ladder, const struct journey_event *event, uint64_t at_us)
{
	struct step *step = asked_of_server(ladder, event);
	if (step == NULL)
		return;
	close_with(step, event, at_us);
	say_more(step, " \xc2\xb7 %s", journey_field_text(event, "meaning"));
	say_more(step, " \xc2\xb7 %s", journey_field_text(event, "server"));
}

static void
on_dns_lost(struct ladder *ladder, const struct journey_event *event, uint64_t at_us)
{
	struct step *step = asked_of_server(ladder, event);
	if (step == NULL)
		return;
	step->is_bad = true;
	step->end_us = at_us;
	say_more(step, " \xc2\xb7 no answer from %s", journey_field_text(event, "server"));
}

/* That it came out of the cache was told before it. */
static void
say_age(struct step *step, const struct journey_event *event)
{
	const struct journey_event *cached = event->previous;
	char age_s[24];

	if (cached == NULL || cached->id != event->cause || !is(cached, JOURNEY_DNS, "cache"))
		return;
	(void)snprintf(age_s, sizeof age_s, "%" PRIu64, journey_field_number(cached, "age_s"));
	say_more(step, journey_field_number(cached, "stale") != 0 ? " \xc2\xb7 stale" : " \xc2\xb7 cached %s s ago", age_s);
}

/* What was asked of the resolver, when it has been answered. */
static void
on_dns_answer(struct ladder *ladder, const struct journey_event *event, uint64_t at_us)
{
	const char *server = journey_field_text(event, "server");
	bool is_self = strcmp(server, "self") == 0;
	uint64_t took_us = journey_field_number(event, "took_us");
	uint8_t to = steps__lane(ladder, LANE_RESOLVER, is_self ? "in-process" : server);
	struct step *step = take(ladder, STEP_TELL, event, at_us);

	if (step == NULL)
		return;
	step->from = to;
	step->to = LANE_PROGRAM;
	step->begin_us = at_us > took_us ? at_us - took_us : 0;
	say_what(step);
	say_age(step, event);
}

static void
on_dns(struct ladder *ladder, const struct journey_event *event, uint64_t at_us)
{
	if (is(event, JOURNEY_DNS, "query"))
		on_dns_query(ladder, event, at_us);
	else if (is(event, JOURNEY_DNS, "reply"))
		on_dns_reply(ladder, event, at_us);
	else if (is(event, JOURNEY_DNS, "lost"))
		on_dns_lost(ladder, event, at_us);
	else if (is(event, JOURNEY_DNS, "cache"))
		return; /* its answer says so */
	else if (is(event, JOURNEY_DNS, "validated"))
		note(ladder, event, at_us, steps__lane(ladder, LANE_RESOLVER, "in-process"));
	else
		on_dns_answer(ladder, event, at_us);
}

/* One line a gateway: through it goes everything. */
static void
on_route(struct ladder *ladder, const struct journey_event *event, uint64_t at_us)
{
	const char *hop = journey_field_text(event, "next_hop");
	if (has_same(event, event, "to") && strcmp(hop, journey_field_text(event, "to")) == 0)
		return;
	if (steps__known_lane(ladder, hop) == LANE_GATEWAY)
		return;
	struct step *step = take(ladder, STEP_TELL, event, at_us);
	uint8_t gateway = steps__lane(ladder, LANE_GATEWAY, hop);
	if (step == NULL)
		return;
	step->to = gateway;
	(void)snprintf(step->text, sizeof step->text, "route via %s from %s", hop, journey_field_text(event, "from"));
}

static void
on_link(struct ladder *ladder, const struct journey_event *event, uint64_t at_us)
{
	const char *addr = journey_field_text(event, "addr"), *router = journey_field_text(event, "router");

	if (is(event, JOURNEY_LINK, "neighbour")) {
		struct step *step = find_open(ladder, JOURNEY_LINK, "neighbour", event, "addr");
		int lane = steps__known_lane(ladder, addr);
		if (step != NULL && (event->is_bad || journey_field(event, "mac") != NULL)) {
			close_with(step, event, at_us);
			step->is_bad = event->is_bad;
			say_more(step, " \xc2\xb7 %s", event->is_bad ? "nobody" : journey_field_text(event, "mac"));
		} else if (step == NULL) {
			(void)ask(ladder, event, at_us, LANE_PROGRAM,
			          lane >= 0 ? (uint8_t)lane : steps__lane(ladder, LANE_GATEWAY, NULL));
		}
		return;
	}
	struct step *step = take(ladder, STEP_TELL, event, at_us);
	if (step == NULL)
		return;
	int lane = steps__known_lane(ladder, router);
	step->from = lane >= 0 ? (uint8_t)lane : router[0] != '\0' ? steps__lane(ladder, LANE_PATH, router) : LANE_PROGRAM;
	say_what(step);
}

static void
know_connection(struct ladder *ladder, uint32_t number, uint8_t lane, unsigned handshake, uint64_t open_us)
{
	if (number == 0 || ladder->conn_count == LADDER_CONNS_MAX)
		return;
	ladder->conns[ladder->conn_count].number = number;
	ladder->conns[ladder->conn_count].lane = lane;
	ladder->conns[ladder->conn_count].handshake = handshake;
	ladder->conns[ladder->conn_count].open_us = open_us;
	ladder->conn_count++;
}

/* NULL: it was not told. */
static const struct ladder_conn *
find_connection(const struct ladder *ladder, uint32_t number)
{
	for (unsigned i = ladder->conn_count; number != 0 && i > 0; i--)
		if (ladder->conns[i - 1].number == number)
			return &ladder->conns[i - 1];
	return NULL;
}

/* The first server's, of a connection that was not told. */
static uint8_t
lane_of_connection(struct ladder *ladder, uint32_t number)
{
	const struct ladder_conn *conn = find_connection(ladder, number);
	return conn != NULL ? conn->lane : steps__lane(ladder, LANE_SERVER, NULL);
}

/* The transfer's last handshake there that has been answered; 0: there is none. */
static unsigned
find_handshake(const struct ladder *ladder, uint8_t lane, uint32_t request)
{
	for (unsigned i = ladder->step_count, left = LOOK_BACK_MAX; i > 0 && left > 0; i--, left--) {
		const struct step *step = &ladder->steps[i - 1];
		if (step->to == lane && step->reply != NULL && step->event->request == request && is(step->event, JOURNEY_TCP, "syn"))
			return i;
	}
	return 0;
}

/* A transfer has its connection, or is over: what else it tried has had no answer. */
static void
give_up_handshakes(struct ladder *ladder, uint32_t request, uint64_t at_us)
{
	for (unsigned i = ladder->step_count, left = LOOK_BACK_MAX; i > 0 && left > 0; i--, left--) {
		struct step *step = &ladder->steps[i - 1];
		if (step->kind != STEP_ASK || step->reply != NULL || step->is_open || step->event->request != request ||
		    !is(step->event, JOURNEY_TCP, "syn"))
			continue;
		step->is_bad = step->is_open = true;
		step->end_us = at_us;
		say_more(step, " \xc2\xb7 %s", "no answer");
	}
}

/* The transfer's handshake there that waits; 0: there is none. */
static unsigned
find_waiting_handshake(const struct ladder *ladder, uint8_t lane, uint32_t request)
{
	for (unsigned i = ladder->step_count, left = LOOK_BACK_MAX; i > 0 && left > 0; i--, left--) {
		const struct step *step = &ladder->steps[i - 1];
		if (step->to == lane && step->kind == STEP_ASK && step->reply == NULL && !step->is_open &&
		    step->event->request == request && is(step->event, JOURNEY_TCP, "syn"))
			return i;
	}
	return 0;
}

/* What the stack tells of a segment may come after the transfer's own word: then that has answered the SYN. */
static unsigned
answer_handshake(struct ladder *ladder, const struct journey_event *event, uint64_t at_us, uint8_t lane)
{
	const unsigned handshake = find_waiting_handshake(ladder, lane, event->request);

	if (handshake != 0) {
		close_with(&ladder->steps[handshake - 1], event, at_us);
		say_more(&ladder->steps[handshake - 1], " \xc2\xb7 %s", "SYN,ACK");
	}
	return handshake;
}

/* The SYN,ACK of a handshake that was answered so. */
static bool
is_told_already(const struct ladder *ladder, const struct journey_event *event, uint8_t lane)
{
	const unsigned handshake = is(event, JOURNEY_TCP, "open") ? find_handshake(ladder, lane, event->request) : 0;

	return handshake != 0 && ladder->steps[handshake - 1].reply->connection != 0;
}

/* The transfer's word for a connection that it was given. */
static void
on_connected(struct ladder *ladder, const struct journey_event *event, uint64_t at_us)
{
	char peer[80];
	const char *remote = journey_field_text(event, "remote");
	(void)snprintf(peer, sizeof peer, strchr(remote, ':') != NULL ? "[%s]:%" PRIu64 : "%s:%" PRIu64, remote,
	               journey_field_number(event, "port"));
	uint8_t lane = steps__peer_lane(ladder, peer);
	unsigned handshake = find_handshake(ladder, lane, event->request);
	if (handshake == 0)
		handshake = answer_handshake(ladder, event, at_us, lane);
	know_connection(ladder, event->connection, lane, handshake,
	                handshake != 0 ? ladder->steps[handshake - 1].end_us : at_us);
	give_up_handshakes(ladder, event->request, at_us);
	if (handshake == 0)
		note(ladder, event, at_us, LANE_PROGRAM);
}

/* Of a handshake, or of data: the same peer's losses in a row are one step. */
static void
on_tcp_lost(struct ladder *ladder, const struct journey_event *event, uint64_t at_us, uint8_t lane)
{
	struct step *step = find_open(ladder, JOURNEY_TCP, "syn", event, "peer"); /* whose SYN was counted */
	struct step *last = ladder->step_count != 0 ? &ladder->steps[ladder->step_count - 1] : NULL;

	if (step == NULL && last != NULL && is(last->event, JOURNEY_TCP, "lost") && last->to == lane)
		step = last;
	if (step != NULL) {
		step->is_bad = true;
		step->end_us = at_us;
		step->count += step == last && is(step->event, JOURNEY_TCP, "lost");
		return;
	}
	step = take(ladder, STEP_TELL, event, at_us);
	if (step == NULL)
		return;
	step->to = lane;
	say_what(step);
}

static void
on_syn(struct ladder *ladder, const struct journey_event *event, uint64_t at_us, uint8_t lane)
{
	struct step *step = find_open(ladder, JOURNEY_TCP, "syn", event, "peer");
	if (step != NULL)
		step->count++;
	else
		(void)ask(ladder, event, at_us, LANE_PROGRAM, lane);
}

static void
on_tcp(struct ladder *ladder, const struct journey_event *event, uint64_t at_us)
{
	bool is_in = strncmp(event->what, "<-", 2) == 0;

	if (event->connection != 0) {
		on_connected(ladder, event, at_us);
		return;
	}
	uint8_t lane = steps__peer_lane(ladder, journey_field_text(event, "peer"));
	struct step *step = is_in ? find_open(ladder, JOURNEY_TCP, "syn", event, "peer") : NULL;
	if (step != NULL && !is(event, JOURNEY_TCP, "fin")) {
		close_with(step, event, at_us);
		step->is_bad = step->is_bad || event->is_bad;
		say_more(step, " \xc2\xb7 %s", event->is_bad ? "RST" : "SYN,ACK");
	} else if (is_in && is_told_already(ladder, event, lane)) {
		return;
	} else if (is(event, JOURNEY_TCP, "syn")) {
		on_syn(ladder, event, at_us, lane);
	} else if (is(event, JOURNEY_TCP, "lost")) {
		on_tcp_lost(ladder, event, at_us, lane);
	} else if ((step = take(ladder, STEP_TELL, event, at_us)) != NULL) {
		step->from = is_in ? lane : LANE_PROGRAM;
		step->to = is_in ? LANE_PROGRAM : lane;
		say_what(step);
	}
}

/* What goes over a connection was led to by its handshake, where nothing else is told. */
static struct step *
ask_over(struct ladder *ladder, const struct journey_event *event, uint64_t at_us)
{
	const struct ladder_conn *conn = find_connection(ladder, event->connection);
	struct step *step = ask(ladder, event, at_us, LANE_PROGRAM, lane_of_connection(ladder, event->connection));
	if (step != NULL && step->cause == 0 && conn != NULL)
		step->cause = conn->handshake;
	return step;
}

static void
on_tls(struct ladder *ladder, const struct journey_event *event, uint64_t at_us)
{
	const struct ladder_conn *conn = find_connection(ladder, event->connection);
	struct step *step = ask_over(ladder, event, conn != NULL ? conn->open_us : at_us);
	if (step == NULL)
		return;
	if (!event->is_bad) {
		close_with(step, event, at_us);
		return;
	}
	step->is_open = true;
	step->end_us = at_us;
}

/* What led to it, but for what was told of its file in between. */
static unsigned
step_behind_notes(const struct ladder *ladder, uint32_t cause)
{
	unsigned step = step_of(ladder, cause);
	for (unsigned left = LOOK_BACK_MAX; step != 0 && left > 0 && ladder->steps[step - 1].event->layer == JOURNEY_OUT; left--)
		step = ladder->steps[step - 1].cause;
	return step;
}

/* The content follows the head: one step when both came at once. */
static void
on_http_end(struct ladder *ladder, const struct journey_event *event, uint64_t at_us)
{
	uint64_t begin_us = at_us;
	uint8_t lane = lane_of_connection(ladder, event->connection);
	unsigned asked = step_behind_notes(ladder, event->cause);
	struct step *head = asked != 0 ? &ladder->steps[asked - 1] : NULL;

	if (head != NULL && head->kind == STEP_ASK && head->reply != NULL) {
		begin_us = head->end_us;
		if (begin_us == at_us && !event->is_bad) {
			char octets[48];
			(void)snprintf(octets, sizeof octets, "%" PRIu64, journey_field_number(event, "octets"));
			say_more(head, ", %s octets", octets);
			return;
		}
	}
	struct step *step = take(ladder, STEP_TELL, event, at_us);
	if (step == NULL)
		return;
	step->from = lane;
	step->begin_us = begin_us;
	say_what(step);
}

static void
on_http(struct ladder *ladder, const struct journey_event *event, uint64_t at_us)
{
	struct step *step;
	char text[JOURNEY_TEXT_BYTES];

	if (is(event, JOURNEY_HTTP, "request")) {
		(void)ask_over(ladder, event, at_us);
	} else if (is(event, JOURNEY_HTTP, "head")) {
		step = find_open(ladder, JOURNEY_HTTP, "request", event, NULL);
		if (step == NULL)
			return;
		close_with(step, event, at_us);
		step->is_bad = event->is_bad;
		say_more(step, " \xc2\xb7 %s", bare_what(event, text));
	} else if (is(event, JOURNEY_HTTP, "end")) {
		on_http_end(ladder, event, at_us);
	} else if ((step = take(ladder, STEP_TELL, event, at_us)) != NULL) {
		step->from = lane_of_connection(ladder, event->connection);
		say_what(step);
	}
}

static void
on_event(struct ladder *ladder, const struct journey_event *event, uint64_t at_us)
{
	switch (event->layer) {
	case JOURNEY_DNS: on_dns(ladder, event, at_us); break;
	case JOURNEY_ROUTE: on_route(ladder, event, at_us); break;
	case JOURNEY_LINK: on_link(ladder, event, at_us); break;
	case JOURNEY_TCP: on_tcp(ladder, event, at_us); break;
	case JOURNEY_TLS: on_tls(ladder, event, at_us); break;
	case JOURNEY_HTTP: on_http(ladder, event, at_us); break;
	case JOURNEY_OUT:
		if (event->is_end)
			give_up_handshakes(ladder, event->request, at_us);
		note(ladder, event, at_us, LANE_PROGRAM);
		break;
	case JOURNEY_POLICY: note(ladder, event, at_us, LANE_PROGRAM); break;
	case JOURNEY_PATH: break; /* was looked for when all was over, and has no place in its time */
	case JOURNEY_URL: {
		struct step *step = take(ladder, STEP_REQUEST, event, at_us);
		if (step != NULL)
			(void)snprintf(step->text, sizeof step->text, "%s", journey_field_text(event, "href"));
		break;
	}
	}
}

/* What has had no reply at all is under way to the end. */
static void
finish(struct step *step, const struct ladder *ladder)
{
	if (step->begin_us < ladder->begin_us)
		step->begin_us = ladder->begin_us;
	if (step->kind != STEP_ASK || step->reply != NULL || step->end_us != step->begin_us)
		return;
	step->is_open = true;
	step->end_us = ladder->end_us;
}

void
ladder_build(struct ladder *ladder, const struct story *story)
{
	const struct journey_event *first = story->journey->first;

	*ladder = (struct ladder){ .begin_us = first != NULL ? first->at_us : story->start_us };
	(void)steps__lane(ladder, LANE_PROGRAM, NULL);
	ladder->end_us = ladder->begin_us;
	for (const struct journey_event *event = first; event != NULL && event->layer != JOURNEY_PATH; event = event->next) {
		/* Traces are told a little later than they happened: time does not run backwards here. */
		if (event->at_us > ladder->end_us)
			ladder->end_us = event->at_us;
		on_event(ladder, event, ladder->end_us);
	}
	for (unsigned i = 0; i < ladder->step_count; i++)
		finish(&ladder->steps[i], ladder);
}

#include "tests/fetch/reading.h"

#include <stdio.h>
#include <stdlib.h>

static void
check(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "the contract of response.h is broken: %s\n", what);
	abort();
}

static void
check_fields(const struct fields *fields)
{
	for (size_t i = 0; i < fields->count; i++) {
		check(field_is_token(fields->at[i].name), "a field name that is no token");
		check(field_is_value(fields->at[i].value), "a field value with CR, LF or NUL");
	}
}

static void
add_content(struct reading *reading, struct span data)
{
	check(data.bytes != 0, "empty data");
	for (size_t i = 0; i < data.bytes; i++) {
		if (reading->content_bytes < READING_CONTENT_BYTES)
			reading->content[reading->content_bytes] = data.at[i];
		reading->content_bytes++;
	}
}

static void
add_event(struct reading *reading, const struct response_event *event)
{
	bool is_over = reading->is_complete || reading->cause != FAILURE_NONE;
	check(!is_over || event->kind == RESPONSE_WARNING, "an event after the end");
	switch (event->kind) {
	case RESPONSE_INTERIM:
		check(reading->head_count == 0, "an interim head after the final one");
		check_fields(&event->head->fields);
		reading->interim_count++;
		break;
	case RESPONSE_HEAD:
		check_fields(&event->head->fields);
		reading->head_count++;
		reading->status = event->head->status;
		reading->field_count = event->head->fields.count;
		reading->rule = event->framing->rule;
		break;
	case RESPONSE_DATA:
		check(reading->head_count == 1, "data without a head");
		add_content(reading, event->data);
		break;
	case RESPONSE_TRAILERS:
		check_fields(event->trailers);
		reading->trailer_count += (unsigned)event->trailers->count;
		break;
	case RESPONSE_WARNING:
		if (reading->warning_count++ == 0)
			snprintf(reading->first_warning, sizeof reading->first_warning, "%s",
				 event->warning);
		break;
	case RESPONSE_COMPLETE:
		check(reading->head_count == 1, "complete without a head");
		reading->is_complete = true;
		reading->is_length_known = event->is_length_known;
		break;
	case RESPONSE_FAILED:
		check(event->failure->cause != FAILURE_NONE, "a failure without a cause");
		reading->cause = event->failure->cause;
		snprintf(reading->failure_text, sizeof reading->failure_text, "%s",
			 event->failure->text);
		break;
	}
}

static void
drain(struct reading *reading, struct response *response)
{
	struct response_event event;
	while (response_next(response, &event))
		add_event(reading, &event);
}

/* A copy of its own size for each piece, so that a read past its end is seen. */
static bool
deliver(struct reading *reading, struct response *response, const char *octets, size_t bytes)
{
	char *piece = malloc(bytes);
	memcpy(piece, octets, bytes);
	size_t taken = 0;
	bool is_tunnel = false;
	while (taken < bytes && !is_tunnel) {
		size_t now = response_receive(response, piece + taken, bytes - taken);
		is_tunnel = now == 0 && response->state == RESPONSE_AT_TUNNEL;
		check(now != 0 || is_tunnel, "no octet is taken");
		check(now <= bytes - taken, "more is taken than there is");
		taken += now;
		drain(reading, response);
	}
	free(piece);
	reading->left_bytes += bytes - taken;
	return !is_tunnel;
}

void
reading_of(struct reading *reading, struct response *response,
	   const struct response_options *options, struct span octets, struct delivery delivery,
	   bool is_clean)
{
	memset(reading, 0, offsetof(struct reading, content));
	reading->cause = FAILURE_NONE;
	response_init(response, options);
	size_t at = 0;
	while (at < octets.bytes) {
		size_t piece = delivery.piece;
		if (piece == 0)
			piece = at == 0 && delivery.split != 0 ? delivery.split : octets.bytes;
		if (piece > octets.bytes - at)
			piece = octets.bytes - at;
		if (!deliver(reading, response, octets.at + at, piece)) {
			reading->left_bytes = octets.bytes - at - piece + reading->left_bytes;
			break;
		}
		at += piece;
	}
	response_end(response, is_clean);
	drain(reading, response);
	check(reading->is_complete || reading->cause != FAILURE_NONE ||
		      response->state == RESPONSE_AT_TUNNEL,
	      "neither complete nor failed");
	reading->is_reusable = response_is_reusable(response);
	reading->got_bytes = response->got_bytes;
	reading->want_bytes = response->want_bytes;
	response_fini(response);
}

/* Where a coding is damaged, or content too large, is seen at a step of the decoder, not at an octet; octets after the end may have been seen before. */
static bool
is_exact(enum failure_cause cause)
{
	return cause != FAILURE_CODING && cause != FAILURE_SIZE;
}

static bool
contents_equal(const struct reading *a, const struct reading *b)
{
	size_t kept = a->content_bytes < READING_CONTENT_BYTES ? (size_t)a->content_bytes
							       : READING_CONTENT_BYTES;
	return a->content_bytes == b->content_bytes && memcmp(a->content, b->content, kept) == 0 &&
	       a->got_bytes == b->got_bytes && a->left_bytes == b->left_bytes;
}

bool
reading_equals(const struct reading *a, const struct reading *b)
{
	if (a->is_complete != b->is_complete || a->is_reusable != b->is_reusable ||
	    a->cause != b->cause || a->interim_count != b->interim_count ||
	    a->head_count != b->head_count || a->status != b->status || a->rule != b->rule ||
	    a->field_count != b->field_count)
		return false;
	return !is_exact(a->cause) ||
	       (a->warning_count == b->warning_count && a->trailer_count == b->trailer_count &&
		contents_equal(a, b) && strcmp(a->failure_text, b->failure_text) == 0);
}

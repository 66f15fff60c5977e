/*
 * transfer_range.c - which octets are asked for, and what those that come are of the whole (transfer_priv.h).
 *
 * A server may send fewer octets than it was asked for (RFC 9110, section 15.3.7), and need not say how many there are
 * (section 14.4). Behind them the rest is asked for, of the same version, until they are all there or the server says
 * (416) that nothing lies behind them. So no part is taken for the whole because nobody said otherwise.
 */
#include "fetch/transfer_priv.h"

#include <string.h>

#include "fetch/retry.h"

/* ---- from where on --------------------------------------------------------------------------------- */

/* What an attempt before this one has given out, or a run before this one has left. */
static void
choose_resume(struct transfer *transfer)
{
	struct output_part part = { 0 };
	const char *from = transfer->settings->resume_from;
	bool is_wanted = transfer->facts.retry_count > 0 || from != NULL;

	if (!is_wanted || transfer->is_range_refused || transfer->settings->shows_head ||
	    transfer->settings->is_head)
		return;
	if (transfer->path[0] == '\0') {
		if (transfer->facts.content_bytes == 0)
			return;
		part.bytes = transfer->facts.content_bytes; /* the validator is still there */
	} else {
		transfer__find_part(transfer, &part);
		if (part.bytes != 0) {
			strcpy(transfer->validator, part.validator);
			strcpy(transfer->coding, part.coding);
		}
	}
	if (part.bytes == 0 || transfer->validator[0] == '\0')
		return;
	transfer->range = RANGE_RESUME;
	transfer->range_first = part.bytes;
}

static bool
read_offset(const char *text, uint64_t *offset)
{
	return text != NULL && span_to_number(span_from_text(text), INT64_MAX, offset);
}

struct span
transfer__range_of_line(const char *line)
{
	const struct span whole = span_from_text(line);
	const size_t colon = span_find(whole, ':');
	const struct span none = { 0 };

	if (colon == whole.bytes || !span_is_nocase(span_first(whole, colon), "Range"))
		return none;
	const struct span value = span_trim(span_from(whole, colon + 1));
	return span_starts_nocase(value, SPAN("bytes=")) ? span_from(value, strlen("bytes=")) : none;
}

/* A field of the user's own goes before -r, as it does everywhere, and like his others to the first origin alone. */
static struct span
asked_of_user(const struct transfer *transfer)
{
	const struct settings *settings = transfer->settings;

	for (size_t i = 0; i < settings->fields.count && !transfer->is_foreign; i++) {
		const struct span asked = transfer__range_of_line(settings->fields.items[i].text);
		if (asked.at != NULL)
			return asked;
	}
	return span_from_text(settings->range);
}

void
transfer__choose_range(struct transfer *transfer)
{
	const struct settings *settings = transfer->settings;

	if (transfer->range == RANGE_REST)
		return; /* go_on has chosen */
	transfer->range = RANGE_NONE;
	transfer->range_first = transfer->rest_count = 0;
	transfer->asked_text = asked_of_user(transfer);
	if (transfer->asked_text.at != NULL)
		transfer->range = RANGE_ASKED;
	else if (read_offset(settings->resume_from, &transfer->range_first))
		transfer->range = transfer->range_first != 0 ? RANGE_OFFSET : RANGE_NONE;
	else
		choose_resume(transfer);

	transfer->asked = (struct range){ .first = transfer->range_first };
	transfer->has_asked = transfer->range != RANGE_ASKED ||
			      range_read(transfer->asked_text, &transfer->asked);
}

uint64_t
transfer__offset(const struct transfer *transfer)
{
	return transfer->range == RANGE_OFFSET ? transfer->range_first : 0;
}

/* Of a file, its part file is gone on from, or begun anew. Standard output cannot be taken back: only the whole has a rest. */
bool
transfer__can_go_on(const struct transfer *transfer)
{
	const struct settings *settings = transfer->settings;
	uint64_t offset;

	if (!transfer->is_given_out)
		return true;
	return transfer->path[0] == '\0' && transfer->validator[0] != '\0' &&
	       !settings->shows_head && transfer->asked_text.at == NULL &&
	       !read_offset(settings->resume_from, &offset) &&
	       !failure_is_damage(transfer->failure.cause);
}

/* ---- what a head says about it --------------------------------------------------------------------- */

static enum transfer_next
refuse(struct transfer *transfer, enum failure_cause cause, const char *why)
{
	failure_set(&transfer->failure, cause, "%s", why);
	return NEXT_FAILURE;
}

/* The part is of another version than what is there: a server that knows no If-Range. */
static bool
is_other_version(const struct transfer *transfer, const struct head *head)
{
	bool is_tag = transfer->validator[0] == '"';
	struct span version = fields_value(&head->fields, is_tag ? "ETag" : "Last-Modified");
	return transfer->validator[0] != '\0' && version.at != NULL &&
	       !span_is(version, transfer->validator);
}

bool
transfer__read_coding(const struct head *head, char coding[OUTPUT_CODING_BYTES])
{
	struct field_elements elements = field_elements(&head->fields, "Content-Encoding");
	struct writer out = writer_over(coding, OUTPUT_CODING_BYTES - 1);
	struct span element;

	while (field_elements_next(&elements, &element)) {
		if (span_is_nocase(element, "identity"))
			continue;
		if (out.pos != 0)
			writer_u8(&out, ',');
		for (size_t i = 0; i < element.bytes; i++)
			writer_u8(&out, (uint8_t)span_lower(element.at[i]));
	}
	coding[out.err == 0 ? out.pos : 0] = '\0';
	return out.err == 0;
}

/*
 * Content of one coding has no octets of another's, whatever the entity tag says (RFC 9110, section 8.8.3.3). Behind
 * If-Range a part need not name its coding again (section 15.3.7).
 */
static bool
is_other_coding(const struct transfer *transfer, const struct head *head)
{
	char coding[OUTPUT_CODING_BYTES];
	return fields_find(&head->fields, "Content-Encoding", NULL) != NULL &&
	       (!transfer__read_coding(head, coding) || strcmp(coding, transfer->coding) != 0);
}

static bool
wants_same_version(const struct transfer *transfer)
{
	return transfer->range == RANGE_RESUME || transfer->range == RANGE_REST;
}

/* A head before said how long the whole of this version is, and this one says something else. */
static bool
is_other_total(const struct transfer *transfer, uint64_t total)
{
	return wants_same_version(transfer) && transfer->whole_bytes != 0 && transfer->whole_bytes != total;
}

static enum transfer_next
decide_other_version(struct transfer *transfer)
{
	if (transfer->range == RANGE_REST)
		return refuse(transfer, FAILURE_CHANGED,
			      "the resource has changed between two parts of it");
	if (transfer->path[0] == '\0')
		return refuse(transfer, FAILURE_CHANGED,
			      "the resource has changed; what was written to standard output is of "
			      "its older version");
	verbose_warn(&transfer->client->verbose, "the resource has changed: it is fetched whole");
	return NEXT_WHOLE;
}

/* Several ranges were asked for: they come in one content, which says itself where each belongs (RFC 9110, section 14.6). */
static bool
is_multipart(const struct head *head)
{
	return span_starts_nocase(fields_value(&head->fields, "Content-Type"),
				  SPAN("multipart/byteranges"));
}

static enum transfer_next
refuse_other_part(struct transfer *transfer, const struct content_range *part)
{
	failure_set(&transfer->failure, FAILURE_RANGE,
		    "the server sent the octets from %llu to %llu, which are others than were "
		    "asked for",
		    (unsigned long long)part->first, (unsigned long long)part->last);
	return NEXT_FAILURE;
}

/* 206: the octets must be those that were asked for, of the version that is there. */
static enum transfer_next
decide_partial(struct transfer *transfer, const struct head *head)
{
	struct content_range part;
	struct span value = fields_value(&head->fields, "Content-Range");

	if (transfer->range == RANGE_NONE)
		return refuse(transfer, FAILURE_RANGE,
			      "the server sent a part (206), and the whole was asked for");
	if (value.at == NULL && !transfer->has_asked && is_multipart(head))
		return NEXT_CONTENT;
	if (!content_range_read(value, &part) || part.is_unsatisfied)
		return refuse(transfer, FAILURE_RANGE,
			      "the server sent a part (206), and did not say which");
	if (transfer->has_asked && range_fit(&transfer->asked, &part) == RANGE_OTHER)
		return refuse_other_part(transfer, &part);
	if ((wants_same_version(transfer) && (is_other_version(transfer, head) || is_other_coding(transfer, head))) ||
	    (part.has_total && is_other_total(transfer, part.total)))
		return decide_other_version(transfer);
	if (part.has_total)
		transfer->facts.total_bytes = part.total;
	if (part.has_total || !wants_same_version(transfer))
		transfer->whole_bytes = part.total;
	transfer->part = part;
	transfer->has_part = !span_is(transfer->method, "HEAD");
	return NEXT_CONTENT;
}

/* 416: there is nothing behind what we have. */
static enum transfer_next
decide_unsatisfied(struct transfer *transfer, const struct head *head)
{
	struct content_range range;
	struct span value = fields_value(&head->fields, "Content-Range");

	if (transfer->range_first != 0 && content_range_read(value, &range) &&
	    range.is_unsatisfied && range.total == transfer->range_first &&
	    !is_other_version(transfer, head) && !is_other_total(transfer, range.total)) {
		verbose_note(&transfer->client->verbose, "That is all: %llu octets",
			     (unsigned long long)range.total);
		return NEXT_KEPT;
	}
	if (transfer->range == RANGE_RESUME)
		return decide_other_version(transfer);
	if (transfer->range == RANGE_REST)
		return refuse(transfer, FAILURE_PARTIAL,
			      "the server sent less than was asked for, and does not give the rest "
			      "(416)");
	return refuse(transfer, FAILURE_RANGE, "the server has nothing at that offset (416)");
}

/* The whole, where a part was asked for. */
static enum transfer_next
decide_whole(struct transfer *transfer)
{
	const struct verbose *verbose = &transfer->client->verbose;
	switch (transfer->range) {
	case RANGE_NONE: break;
	case RANGE_ASKED:
		verbose_warn(verbose, "the server ignores the range and sends the whole");
		break;
	case RANGE_OFFSET:
		if (transfer->range_first == 0)
			break;
		if (!transfer__know_beginning(transfer))
			return refuse(transfer, FAILURE_RANGE,
				      "the server sends the whole, and cannot go on at an offset");
		verbose_warn(verbose, "the server sends the whole: what the file has of it is "
				      "compared and left out");
		break;
	case RANGE_RESUME:
		if (transfer->path[0] == '\0')
			return decide_other_version(transfer);
		verbose_warn(verbose, "the resource has changed, or the server knows no ranges: it "
				      "is fetched whole");
		transfer->range = RANGE_NONE;
		break;
	case RANGE_REST: return decide_other_version(transfer);
	}
	return NEXT_CONTENT;
}

enum transfer_next
transfer__decide_range(struct transfer *transfer, const struct head *head)
{
	if (head->status == 206)
		return decide_partial(transfer, head);
	if (head->status == 416)
		return decide_unsatisfied(transfer, head);
	return decide_whole(transfer);
}

/* ---- what came ------------------------------------------------------------------------------------- */

static int
refuse_part(struct transfer *transfer, enum failure_cause cause, uint64_t got)
{
	const struct content_range *part = &transfer->part;
	failure_set(
		&transfer->failure, cause,
		"the server sent a part of %llu octets, which it says are those from %llu to %llu",
		(unsigned long long)got, (unsigned long long)part->first,
		(unsigned long long)part->last);
	return -1;
}

static uint64_t
part_bytes(const struct transfer *transfer)
{
	return transfer->part.last - transfer->part.first + 1;
}

/* A part that does not say the truth about itself must not be joined to another (RFC 9110, section 15.3.7.3). */
int
transfer__check_part_length(struct transfer *transfer, const struct framing *framing)
{
	if (!transfer->has_part || framing->kind != FRAMING_LENGTH ||
	    framing->length == part_bytes(transfer))
		return 0;
	return refuse_part(transfer, FAILURE_RANGE, framing->length);
}

/* Before its octets are written: what goes beyond the part would be kept as if it were of the whole. */
int
transfer__check_part_data(struct transfer *transfer)
{
	const uint64_t got = response_content_length(transfer->response);
	if (!transfer->has_part || got <= part_bytes(transfer))
		return 0;
	return refuse_part(transfer, FAILURE_RANGE, got);
}

/* The server has sent less than was asked for: another request brings what lies behind it, if that is so. */
static int
go_on(struct transfer *transfer)
{
	const unsigned long long first = transfer->part.first, last = transfer->part.last;

	if (transfer->validator[0] == '\0' || transfer->rest_count == TRANSFER_RESTS_MAX) {
		failure_set(&transfer->failure, FAILURE_PARTIAL,
			    transfer->validator[0] == '\0'
				    ? "the server sent only the octets from %llu to %llu, and no "
				      "entity tag by which the rest could be joined to them"
				    : "the server sent only the octets from %llu to %llu, and too "
				      "many such parts before",
			    first, last);
		return -1;
	}
	verbose_note(
		&transfer->client->verbose,
		"The server sent the octets from %llu to %llu: what lies behind them is asked for",
		first, last);
	transfer->rest_count++;
	transfer->range = RANGE_REST;
	transfer->range_first = transfer->part.last + 1;
	transfer->asked = (struct range){ .has_last = transfer->asked.has_last,
					  .first = transfer->range_first,
					  .last = transfer->asked.last };
	transfer->next = NEXT_REST;
	return 0;
}

int
transfer__check_part(struct transfer *transfer)
{
	const uint64_t got = response_content_length(transfer->response);

	if (transfer->known_left != 0) {
		failure_set(&transfer->failure, FAILURE_CHANGED,
			    "the server sends the whole, and it ends before the offset");
		return -1;
	}
	if (!transfer->has_part)
		return 0;
	if (got != part_bytes(transfer))
		return refuse_part(transfer, FAILURE_PARTIAL, got);
	if (!transfer->has_asked || range_fit(&transfer->asked, &transfer->part) == RANGE_FITS)
		return 0;
	return go_on(transfer);
}

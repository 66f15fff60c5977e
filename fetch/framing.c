#include "fetch/framing.h"

static const char *const texts[] = {
	[FRAMING_NONE] = "none",         [FRAMING_TUNNEL] = "tunnel",
	[FRAMING_CHUNKED] = "chunked",   [FRAMING_LENGTH] = "content-length",
	[FRAMING_CLOSE] = "until-close",
};

const char *
framing_text(enum framing_kind kind)
{
	return texts[kind];
}

/* RFC 9112, section 9.3. */
static bool
is_persistent(const struct head *head)
{
	if (field_has_element(&head->fields, "Connection", "close"))
		return false;
	return head->version == 11 || head->version == 20 ||
	       (head->version == 10 &&
		field_has_element(&head->fields, "Connection", "keep-alive"));
}

static int
refuse_transfer_coding(struct span coding, const char *why, struct failure *failure)
{
	failure_set(failure, FAILURE_WEIRD_REPLY, "Transfer-Encoding \"" SPAN_FORMAT "\" %s",
		    SPAN_ARGUMENTS(span_first(coding, 60)), why);
	return ERR_MALFORMED;
}

/* The list of Transfer-Encoding: `chunked` once and last, or not at all (RFC 9112, section 6.1). */
static int
transfer_codings_read(const struct head *head, struct framing *framing, struct failure *failure)
{
	struct field_elements elements = field_elements(&head->fields, "Transfer-Encoding");
	struct span element = { NULL, 0 };
	bool is_chunked = false;
	while (field_elements_next(&elements, &element)) {
		if (is_chunked)
			return refuse_transfer_coding(element, "stands behind chunked", failure);
		is_chunked = span_is_nocase(element, "chunked");
		if (is_chunked)
			continue;
		enum coding coding;
		if (!coding_from_name(element, &coding) || coding > CODING_DEFLATE)
			return refuse_transfer_coding(element, "is unknown", failure);
		if (framing->transfer.count == CODINGS_MAX)
			return refuse_transfer_coding(element, "is one coding too many", failure);
		framing->transfer.at[framing->transfer.count++] = coding;
	}
	if (element.at == NULL)
		return refuse_transfer_coding(element, "names no coding", failure);
	framing->kind = is_chunked ? FRAMING_CHUNKED : FRAMING_CLOSE;
	framing->is_persistent &= is_chunked;
	return 0;
}

/* Rules 3 and 4. */
static int
frame_by_coding(const struct head *head, struct framing *framing, struct failure *failure)
{
	framing->is_length_ignored = fields_find(&head->fields, "Content-Length", NULL) != NULL;
	framing->is_chunked_in_10 = head->version == 10;
	framing->rule = framing->is_length_ignored ? 3 : 4;
	if (framing->is_length_ignored || framing->is_chunked_in_10)
		framing->is_persistent = false;
	return transfer_codings_read(head, framing, failure);
}

/* One value: a number, or a list of the same number, which comes from proxies that join fields. */
static int
length_read(struct span value, bool is_first, struct framing *framing, struct failure *failure)
{
	for (bool is_last = false; !is_last; is_first = false) {
		size_t comma = span_find(value, ',');
		struct span one = span_trim(span_first(value, comma));
		is_last = comma == value.bytes;
		value = span_from(value, is_last ? comma : comma + 1);

		uint64_t length;
		bool is_valid = span_to_number(one, INT64_MAX, &length);
		if (!is_valid || (!is_first && length != framing->length)) {
			failure_set(failure, FAILURE_WEIRD_REPLY,
				    "Content-Length \"" SPAN_FORMAT "\" %s",
				    SPAN_ARGUMENTS(span_first(one, 60)),
				    is_valid ? "contradicts the one before" : "is no length");
			return ERR_MALFORMED;
		}
		framing->length = length;
	}
	return 0;
}

/* Rules 5 and 6. */
static int
frame_by_length(const struct head *head, struct framing *framing, struct failure *failure)
{
	const struct field *first = fields_find(&head->fields, "Content-Length", NULL);
	for (const struct field *field = first; field != NULL;
	     field = fields_find(&head->fields, "Content-Length", field)) {
		int err = length_read(field->value, field == first, framing, failure);
		if (err != 0)
			return err;
	}
	framing->kind = FRAMING_LENGTH;
	framing->rule = 6;
	return 0;
}

int
framing_decide(const struct head *head, enum framing_request request, struct framing *framing,
	       struct failure *failure)
{
	*framing = (struct framing){ .kind = FRAMING_NONE, .is_persistent = is_persistent(head) };
	if (request == FRAMING_OF_HEAD || head->status / 100 == 1 || head->status == 204 ||
	    head->status == 304) {
		framing->rule = 1;
		return 0;
	}
	if (request == FRAMING_OF_CONNECT && head->status / 100 == 2) {
		framing->kind = FRAMING_TUNNEL;
		framing->rule = 2;
		return 0;
	}
	if (fields_find(&head->fields, "Transfer-Encoding", NULL) != NULL)
		return frame_by_coding(head, framing, failure);
	if (fields_find(&head->fields, "Content-Length", NULL) != NULL)
		return frame_by_length(head, framing, failure);
	framing->kind = FRAMING_CLOSE;
	framing->rule = 8;
	framing->is_persistent = false;
	return 0;
}

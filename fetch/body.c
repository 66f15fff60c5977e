#include "fetch/body_priv.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fetch/url_percent.h"

#define FORM_TYPE "application/x-www-form-urlencoded"

/* ---- data, joined -------------------------------------------------------------------------------- */

static int
no_memory(struct failure *failure)
{
	failure_set(failure, FAILURE_MEMORY, "no memory for the data");
	return -1;
}

/* Room for more octets behind what is there; NULL and *failure. */
static char *
extend(struct body *body, size_t bytes, struct failure *failure)
{
	if (bytes > BODY_DATA_BYTES_MAX - body->bytes) {
		failure_set(failure, FAILURE_SIZE,
			    "the data are larger than %u octets; -T sends files of any size",
			    BODY_DATA_BYTES_MAX);
		return NULL;
	}
	char *data = realloc(body->data, body->bytes + bytes + 1);
	if (data == NULL) {
		no_memory(failure);
		return NULL;
	}
	body->data = data;
	return data + body->bytes;
}

int
body__append(struct body *body, struct span text, struct failure *failure)
{
	char *place = extend(body, text.bytes, failure);
	if (place == NULL)
		return -1;
	if (text.bytes != 0)
		memcpy(place, text.at, text.bytes);
	body->bytes += text.bytes;
	return 0;
}

static int
cannot_read(const char *path, struct failure *failure)
{
	failure_set(failure, FAILURE_READ, "%s: cannot be read: %s", path, strerror(errno));
	return -1;
}

static int
append_descriptor(struct body *body, int descriptor, const char *path, struct failure *failure)
{
	for (;;) {
		char *place = extend(body, 65536, failure);
		if (place == NULL)
			return -1;
		ssize_t got = read(descriptor, place, 65536);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return cannot_read(path, failure);
		if (got == 0)
			return 0;
		body->bytes += (uint64_t)got;
	}
}

int
body__append_file(struct body *body, const char *path, struct failure *failure)
{
	bool is_stdin = strcmp(path, "-") == 0;
	int descriptor = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	if (descriptor < 0)
		return cannot_read(path, failure);
	int err = append_descriptor(body, descriptor, path, failure);
	if (!is_stdin)
		close(descriptor);
	return err;
}

/* A file of --data is text: its line ends and NULs are not part of the form. */
static void
drop_line_ends(struct body *body, uint64_t from)
{
	uint64_t to = from;
	for (uint64_t at = from; at < body->bytes; at++) {
		if (body->data[at] != '\r' && body->data[at] != '\n' && body->data[at] != '\0')
			body->data[to++] = body->data[at];
	}
	body->bytes = to;
}

static int
encode_from(struct body *body, uint64_t from, struct failure *failure)
{
	size_t bytes = (size_t)(body->bytes - from);
	char *plain = malloc(bytes + 1);
	if (plain == NULL)
		return no_memory(failure);
	memcpy(plain, body->data + from, bytes);
	body->bytes = from;
	char *place = extend(body, PERCENT_ENCODED_BYTES * bytes, failure);
	if (place != NULL)
		body->bytes += percent_encode(span_of(plain, bytes), PERCENT_FORM, place);
	free(plain);
	return place != NULL ? 0 : -1;
}

/* TEXT, =TEXT, NAME=TEXT, @FILE, NAME@FILE: what follows the name is encoded. */
static int
append_encoded(struct body *body, const char *text, struct failure *failure)
{
	size_t name_bytes = strcspn(text, "=@");
	bool is_file = text[name_bytes] == '@';
	bool has_mark = text[name_bytes] != '\0';

	if (has_mark && name_bytes > 0 &&
	    (body__append(body, span_of(text, name_bytes), failure) != 0 ||
	     body__append(body, SPAN("="), failure) != 0))
		return -1;
	const char *value = has_mark ? text + name_bytes + 1 : text;
	uint64_t from = body->bytes;
	int err = is_file ? body__append_file(body, value, failure)
			  : body__append(body, span_from_text(value), failure);
	return err != 0 ? err : encode_from(body, from, failure);
}

/* +TEXT as it stands. */
static int
append_query(struct body *body, const char *text, struct failure *failure)
{
	if (text[0] == '+')
		return body__append(body, span_from_text(text + 1), failure);
	return append_encoded(body, text, failure);
}

static int
append_item(struct body *body, const struct setting_item *item, struct failure *failure)
{
	uint64_t from = body->bytes;
	if (item->kind == DATA_URLENCODE)
		return append_encoded(body, item->text, failure);
	if (item->kind == DATA_QUERY)
		return append_query(body, item->text, failure);
	if (item->kind == DATA_RAW || item->text[0] != '@')
		return body__append(body, span_from_text(item->text), failure);
	int err = body__append_file(body, item->text + 1, failure);
	if (err == 0 && item->kind == DATA_TEXT)
		drop_line_ends(body, from);
	return err;
}

int
body_from_data(struct body *body, const struct setting_list *data, struct failure *failure)
{
	*body = (struct body){ .kind = BODY_DATA, .descriptor = -1, .has_length = true };
	body->content_type = FORM_TYPE;
	for (size_t i = 0; i < data->count; i++) {
		const struct setting_item *item = &data->items[i];
		if (item->kind == DATA_JSON) {
			body->is_json = true;
			body->content_type = "application/json";
		} else if (i > 0 && body__append(body, SPAN("&"), failure) != 0) {
			return -1;
		}
		if (append_item(body, item, failure) != 0)
			return -1;
	}
	return 0;
}

/* ---- a file -------------------------------------------------------------------------------------- */

int
body_from_file(struct body *body, const char *path, struct failure *failure)
{
	struct stat status;
	bool is_stdin = strcmp(path, "-") == 0;

	*body = (struct body){ .kind = BODY_FILE, .descriptor = -1 };
	body->descriptor = is_stdin ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC);
	if (body->descriptor < 0 || fstat(body->descriptor, &status) != 0)
		return cannot_read(path, failure);
	if (S_ISDIR(status.st_mode)) {
		errno = EISDIR;
		return cannot_read(path, failure);
	}
	body->has_length = S_ISREG(status.st_mode) && !is_stdin;
	body->bytes = body->has_length ? (uint64_t)status.st_size : 0;
	return 0;
}

static ssize_t
read_file(struct body *body, void *into, size_t bytes, struct failure *failure)
{
	struct pollfd waiting = { .fd = body->descriptor, .events = POLLIN };
	if (body->has_length && bytes > body->bytes - body->at)
		bytes = (size_t)(body->bytes - body->at); /* a file that grows is sent as it was */
	if (bytes == 0)
		return 0;
	if (poll(&waiting, 1, 0) == 0)
		return -EAGAIN;
	ssize_t got = read(body->descriptor, into, bytes);
	if (got < 0 && (errno == EINTR || errno == EAGAIN))
		return -EAGAIN;
	if (got < 0) {
		failure_set(failure, FAILURE_READ, "the file that is sent cannot be read: %s",
			    strerror(errno));
		return -1;
	}
	if (got == 0 && body->has_length) {
		failure_set(failure, FAILURE_READ, "the file that is sent has become shorter");
		return -1;
	}
	body->at += (uint64_t)got;
	return got;
}

ssize_t
body_read(struct body *body, void *into, size_t bytes, struct failure *failure)
{
	assert(body->kind != BODY_NONE);
	if (body->kind == BODY_FILE)
		return read_file(body, into, bytes, failure);
	if (bytes > body->bytes - body->at)
		bytes = (size_t)(body->bytes - body->at);
	if (bytes != 0)
		memcpy(into, body->data + body->at, bytes);
	body->at += bytes;
	return (ssize_t)bytes;
}

bool
body_rewind(struct body *body)
{
	bool is_at_start = body->at == 0;
	if (body->kind == BODY_FILE && !is_at_start && lseek(body->descriptor, 0, SEEK_SET) != 0)
		return false;
	body->at = 0;
	return true;
}

void
body_fini(struct body *body)
{
	if (body->kind == BODY_FILE && body->descriptor >= 0)
		close(body->descriptor);
	free(body->data);
	*body = (struct body){ .descriptor = -1 };
}

/* transfer_file.c - where content and heads go (transfer_priv.h). */
#include "fetch/transfer_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "fetch/file_name.h"

#define NAME_WITHOUT_PATH "index.html"

/* ---- names ----------------------------------------------------------------------------------------- */

int
transfer__set_path(struct transfer *transfer, struct span name)
{
	const char *directory = transfer->settings->output_directory;
	size_t size = sizeof transfer->path;
	int bytes = directory != NULL
			    ? snprintf(transfer->path, size, "%s/" SPAN_FORMAT, directory,
				       SPAN_ARGUMENTS(name))
			    : snprintf(transfer->path, size, SPAN_FORMAT, SPAN_ARGUMENTS(name));
	if (bytes > 0 && (size_t)bytes < size)
		return 0;
	transfer->path[0] = '\0';
	failure_set(&transfer->failure, FAILURE_WRITE,
		    "the name of the output file is empty or too long");
	return -1;
}

/* The last part of the URL's path, as it stands: percent-encoding may hide what a name must not have. */
static int
name_by_url(struct transfer *transfer)
{
	char name[FILE_NAME_BYTES_MAX + 1];
	struct span path = transfer->url.path;
	for (size_t slash; (slash = span_find(path, '/')) < path.bytes;)
		path = span_from(path, slash + 1);
	if (file_name_safe(path, name) != 0)
		strcpy(name, NAME_WITHOUT_PATH);
	transfer->is_remote_name = true;
	return transfer__set_path(transfer, span_from_text(name));
}

int
transfer__name_file(struct transfer *transfer)
{
	const struct setting_item *given = transfer->job.output;
	if (given == NULL && !transfer->settings->names_all)
		return 0;
	if (given == NULL || given->kind == OUTPUT_REMOTE_NAME)
		return name_by_url(transfer);
	transfer->is_raw = strcmp(given->text, "-") == 0;
	return transfer->is_raw ? 0 : transfer__set_path(transfer, span_from_text(given->text));
}

static struct output_target
target_of(const struct transfer *transfer)
{
	const struct settings *settings = transfer->settings;
	return (struct output_target){
		.path = transfer->path[0] != '\0' ? transfer->path : NULL,
		.origin = transfer->origin,
		.coding = transfer->coding,
		.is_raw = transfer->is_raw,
		.is_in_place = transfer->range == RANGE_OFFSET,
		.clobbers = settings->clobbers &&
			    !(transfer->is_remote_name && settings->names_by_header),
		.creates_directories = settings->creates_directories,
		.removes_on_error = settings->removes_on_error,
	};
}

void
transfer__find_part(const struct transfer *transfer, struct output_part *part)
{
	struct output_target target = target_of(transfer);
	struct output output;
	output_init(&output, &target);
	output_find_part(&output, part);
}

/* ---- output ---------------------------------------------------------------------------------------- */

int
transfer__open_output(struct transfer *transfer, uint64_t keep_bytes, const char *validator)
{
	struct output_target target = target_of(transfer);
	output_init(&transfer->output, &target);
	transfer->has_output = true;
	if (output_open(&transfer->output, keep_bytes, validator[0] != '\0' ? validator : NULL,
			&transfer->failure) != 0)
		return -1;
	return transfer__begin_checksum(transfer, keep_bytes);
}

/* The head as octets, for -i and -D; its lines end in CR LF whatever they ended in. */
static size_t
head_text(const struct head *head, char *text, size_t text_bytes)
{
	size_t used = (size_t)snprintf(text, text_bytes, "HTTP/%u.%u %03u " SPAN_FORMAT "\r\n",
				       head->version / 10, head->version % 10, head->status,
				       SPAN_ARGUMENTS(head->reason));
	for (size_t i = 0; i < head->fields.count && used < text_bytes; i++)
		used += (size_t)snprintf(text + used, text_bytes - used,
					 SPAN_FORMAT ": " SPAN_FORMAT "\r\n",
					 SPAN_ARGUMENTS(head->fields.at[i].name),
					 SPAN_ARGUMENTS(head->fields.at[i].value));
	if (used + 2 < text_bytes)
		used += (size_t)snprintf(text + used, text_bytes - used, "\r\n");
	return used < text_bytes ? used : text_bytes - 1;
}

static int
dump_head(struct transfer *transfer, const char *text, size_t bytes)
{
	const char *path = transfer->settings->header_file;
	bool is_first = !transfer->has_dumped;
	int flags = O_WRONLY | O_CREAT | O_CLOEXEC | (is_first ? O_TRUNC : O_APPEND);
	int descriptor = strcmp(path, "-") == 0 ? dup(STDOUT_FILENO) : open(path, flags, 0666);
	int err = descriptor >= 0 ? output_write_all(descriptor, text, bytes) : -1;
	int reason = errno;

	if (descriptor >= 0)
		close(descriptor);
	transfer->has_dumped = true;
	if (err != 0)
		failure_set(&transfer->failure, FAILURE_WRITE, "%s: the head cannot be written: %s",
			    path, strerror(reason));
	return err;
}

int
transfer__write_head(struct transfer *transfer, const struct head *head)
{
	const struct settings *settings = transfer->settings;
	/* A head that ends an attempt to go on with a file does not take its place. */
	const bool is_file_kept = transfer->next == NEXT_FAILURE && transfer->range_first != 0;
	bool is_shown = (settings->shows_head || settings->is_head) && !is_file_kept &&
			transfer->range != RANGE_REST && transfer->next != NEXT_RETRY && transfer->next != NEXT_WHOLE;
	/* As much as a head can hold, with CR LF for its LF. */
	char text[HEAD_BYTES_MAX + 4 * HEAD_FIELDS_MAX + 64];

	if (head->version == 9 || (!is_shown && settings->header_file == NULL))
		return 0;
	size_t bytes = head_text(head, text, sizeof text);
	if (settings->header_file != NULL && dump_head(transfer, text, bytes) != 0)
		return -1;
	if (!is_shown)
		return 0;
	if (!transfer->has_output && transfer__open_output(transfer, transfer__offset(transfer), "") != 0)
		return -1;
	return output_write(&transfer->output, text, bytes, &transfer->failure);
}

int
transfer__finish_output(struct transfer *transfer)
{
	if (!transfer->has_output) /* a response without content makes an empty file */
		return 0;
	if (transfer__check_checksum(transfer) != 0) {
		transfer->output.target.removes_on_error = true; /* it is of no use to go on from */
		return -1;
	}
	bool is_new_file = transfer->output.is_part;
	int err = output_finish(&transfer->output, transfer->modified_s, &transfer->failure);
	if (err == 0)
		err = transfer__save_etag(transfer);
	if (err == 0 && transfer->path[0] != '\0') {
		strcpy(transfer->path, transfer->output.path);
		transfer->facts.path = transfer->path;
		if (is_new_file) /* and no device or pipe */
			transfer__tell_file(transfer);
	}
	return err;
}

/*
 * output.h - where content goes: standard output, or a file that appears whole or not at all.
 *
 * A file grows as `.NAME.part` beside its place and is renamed when the transfer has succeeded. What a failed
 * transfer leaves is kept there, with the validator of its version (RFC 9110, section 8.8) and a hash of where it
 * came from in `.NAME.part.source`, and its Content-Encoding, so that a later one from there can go on from it behind
 * If-Range: an entity tag tells versions of one resource apart, not two resources (section 8.8.3). A device or a pipe is
 * written to as it is, and so is a file that --continue-at names an offset in.
 *
 * Terminal:  what goes to one is made printable (printable.h); octets that are no text are refused. Neither
 *            when the user wrote `-o -`.
 * Safety:    part files are opened with O_NOFOLLOW, and locked against a second program with the same goal; one that such a
 *            program has finished or begun anew between the look at it and the lock is left alone, which is a failure.
 * Ownership: texts of the target stay the caller's until output_fini.
 * Errors:    -1 and FAILURE_WRITE; after it only output_fini.
 * Bounds:    names of OUTPUT_PATH_BYTES, validators of OUTPUT_VALIDATOR_BYTES, codings of OUTPUT_CODING_BYTES, OUTPUT_NUMBER_MAX
 *            numbered files.
 */
#ifndef CAIRN_FETCH_OUTPUT_H
#define CAIRN_FETCH_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fetch/failure.h"
#include "fetch/printable.h"

#define OUTPUT_PATH_BYTES      4096u
#define OUTPUT_VALIDATOR_BYTES 256u
#define OUTPUT_CODING_BYTES    64u
#define OUTPUT_NUMBER_MAX      100u
#define OUTPUT_LOOK_BYTES      2000u /* so many octets decide whether content is text, as curl's */

struct output_target {
	const char *path; /* NULL: standard output */
	uint64_t origin;  /* of the resource that it is, among all others */
	const char *coding; /* of the content that has the validator; NULL or empty: none */
	bool is_raw;      /* "-o -": to a terminal as it is */
	bool is_in_place; /* -C OFFSET: into the file itself */
	bool clobbers, creates_directories, removes_on_error;
};

/* What a former transfer has left. */
struct output_part {
	uint64_t bytes;                         /* 0: nothing to go on from */
	char validator[OUTPUT_VALIDATOR_BYTES]; /* an entity tag or a date, as for If-Range */
	char coding[OUTPUT_CODING_BYTES];       /* empty: none */
};

struct output {
	struct output_target target;
	int descriptor; /* -1: not open */
	bool is_terminal, is_part, is_closable;
	uint64_t kept_bytes;    /* of the file, from a former transfer */
	uint64_t written_bytes; /* by this transfer, without what was kept */
	struct printable printable;
	char path
		[OUTPUT_PATH_BYTES]; /* of the file, in the end under which it is found; empty: none */
	char part_path[OUTPUT_PATH_BYTES];
};

void output_init(struct output *output, const struct output_target *target);

/* Looks for a part file of the target's origin with a validator; part->bytes 0 if there is none. */
void output_find_part(const struct output *output, struct output_part *part);

/*
 * Opens; the first keep_bytes of the part file stay, the rest goes. `validator` is recorded for a later
 * transfer; NULL: the content has none, so it cannot be resumed.
 */
int output_open(struct output *output, uint64_t keep_bytes, const char *validator,
		struct failure *failure);
int output_write(struct output *output, const void *octets, size_t bytes, struct failure *failure);
/* Something went to standard output, a pipe or a device: unlike a file's it cannot be taken back. */
bool output_is_given_out(const struct output *output);
/* The content is whole: the file appears, with that time of modification (seconds; negative: now). */
int output_finish(struct output *output, int64_t modified_s, struct failure *failure);
/* Closes. Without output_finish before, the part file stays or goes, as the target says. */
void output_fini(struct output *output);

/* All octets to a descriptor, however often it takes; 0, or -1 and errno. */
int output_write_all(int descriptor, const void *octets, size_t bytes);

#endif

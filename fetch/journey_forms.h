/*
 * journey_forms.h - the forms in which a journey is written: to a file each, or to standard error.
 *
 *	text     for people (journey/text.h)
 *	json     a line of JSON an event (journey/ndjson.h)
 *	svg      one picture (journey/svg.h)
 *	html     the same as a page
 *	har      for the waterfalls of other tools: HTTP Archive 1.2 (journey/har.h)
 *	pcapng   the packets, for Wireshark (journey_pcapng.h); needs FILE
 *
 * One form goes to FILE itself; of several each goes to FILE with its name behind, FILE.svg.  Without FILE they go to
 * standard error.  A file appears whole or not at all (new_file.h).
 *
 * Errors: FAILURE_USAGE for a form that is unknown, FAILURE_JOURNEY for a file that cannot be written.
 */
#ifndef CAIRN_FETCH_JOURNEY_FORMS_H
#define CAIRN_FETCH_JOURNEY_FORMS_H

#include "fetch/failure.h"
#include "fetch/journey/story.h"

enum journey_form { FORM_TEXT, FORM_JSON, FORM_SVG, FORM_HTML, FORM_HAR, FORM_PCAPNG, FORMS_MAX };

struct journey_lines;
struct new_file;

/* What the run has kept beside the list. */
struct journey_packets {
	const char *path; /* of their capture, which is over; NULL: there are none */
	uint64_t ahead_us;
	int secrets_fd;   /* 0: none */
	struct journey_lines *lines; /* of json, with their file, which is closed here; NULL: none was begun */
	struct new_file *lines_file;
};

/* words: "text,svg"; empty: text.  *forms: a bit each, 1 << FORM_.  0, or -1 and *failure. */
int journey_forms_read(unsigned *forms, const char *words, const char *path, struct failure *failure);
/* The file of a form; path is not NULL. */
void journey_form_path(unsigned forms, enum journey_form form, const char *path, char *named, size_t named_bytes);
/* path NULL: standard error.  0, or -1 and *failure. */
int journey_forms_write(unsigned forms, const struct story *story, const char *path, const struct journey_packets *packets,
                        struct failure *failure);

#endif

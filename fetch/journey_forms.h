/*
 * journey_forms.h - the forms in which a journey is written: to a file each, or to standard error.
 *
 *	text     for people (journey/text.h)
 *	json     a line of JSON an event (journey/ndjson.h)
 *	svg      one picture (journey/svg.h)
 *	html     the same as a page
 *
 * One form goes to FILE itself; of several each goes to FILE with its name behind, FILE.svg.  Without FILE they go to
 * standard error.
 *
 * Errors: FAILURE_USAGE for a form that is unknown, FAILURE_JOURNEY for a file that cannot be written.
 */
#ifndef CAIRN_FETCH_JOURNEY_FORMS_H
#define CAIRN_FETCH_JOURNEY_FORMS_H

#include "fetch/failure.h"
#include "fetch/journey/story.h"

enum journey_form { FORM_TEXT, FORM_JSON, FORM_SVG, FORM_HTML, FORMS_MAX };

/* words: "text,svg"; empty: text.  *forms: a bit each, 1 << FORM_.  0, or -1 and *failure. */
int journey_forms_read(unsigned *forms, const char *words, const char *path, struct failure *failure);
/* path NULL: standard error.  0, or -1 and *failure. */
int journey_forms_write(unsigned forms, const struct story *story, const char *path, struct failure *failure);

#endif

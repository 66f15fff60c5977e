/*
 * url_json.h - a URL and its parts as a JSON object, for --parse-url.
 *
 * In, a line each: {"input": TEXT, "base": TEXT or null}; other members are passed over, so that a
 * line of the standard's own test data will do. Out, a line each, with the parts as the URL API of the
 * standard names and writes them:
 *
 *     input, base            as they were given (base is null when there was none)
 *     href                   the URL serialised
 *     origin                 "https://example.org", or "null" for an opaque one
 *     protocol               the scheme and its colon
 *     username, password     percent-encoded
 *     host, hostname, port   host is hostname with a port that is not the scheme's own
 *     pathname, search, hash search and hash with their ? and #, or empty
 *     warnings               the validation errors that the parse went on after, by name
 * or, when there is no URL,
 *     failure                true
 *     error                  the validation error that ended the parse; "base" when it was the base's,
 *                            "json" for a line that is none, "memory", "unsupported"
 *     reason                 the same in words
 *     warnings               those before it
 *
 * Errors:    only json's own; a URL that is none is an answer.
 */
#ifndef CAIRN_FETCH_URL_JSON_H
#define CAIRN_FETCH_URL_JSON_H

#include "fetch/json.h"
#include "fetch/url.h"

/* One object, no newline. base may be NULL. The arena is used and left as it was. */
void url_json_write(struct json *json, struct span input, const struct span *base,
		    struct arena *arena, struct idna *idna);

/* The answer to a line of input, with its newline; false when the line has no URL to parse. */
bool url_json_answer(struct json *json, struct span line, struct arena *arena, struct idna *idna);

#endif

/*
 * http_date.h - dates in fields (RFC 9110, section 5.6.7): Last-Modified, Date, Retry-After, If-Modified-Since.
 *
 * Reads the three forms that RFC 9110 has a recipient read, writes the one that it has a sender write.
 * Units:     seconds since 1970-01-01 00:00 UTC, leap seconds not counted (a second 60 is the next minute's 0).
 * Errors:    ERR_MALFORMED: none of the forms, or a date that no calendar has.
 */
#ifndef CAIRN_FETCH_HTTP_DATE_H
#define CAIRN_FETCH_HTTP_DATE_H

#include "fetch/span.h"
#include "stack/base/err.h"

#define HTTP_DATE_BYTES 30u /* "Sun, 06 Nov 1994 08:49:37 GMT" and its NUL */

struct http_date {
	int year;       /* 0 to 9999 */
	unsigned month; /* 1 to 12 */
	unsigned day, hour, minute, second;
};

/* now_s: in which century a year of two digits is. */
int http_date_read(struct span text, int64_t now_s, int64_t *time_s);
/* Times outside of the years 0 to 9999 are taken for the nearest inside. */
void http_date_from_time(int64_t time_s, struct http_date *date);
void http_date_write(int64_t time_s, char text[HTTP_DATE_BYTES]);

/* For other forms of dates: cookies, netrc's neighbours. */
int http_date_to_time(const struct http_date *date, int64_t *time_s); /* proleptic Gregorian */
unsigned http_date_month(struct span name); /* by its first three letters; 0: none */

#endif

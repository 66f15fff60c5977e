#include "fetch/http_date.h"

#include <stdio.h>

#define DAY_S 86400

static const char months[12][4] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
				    "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
/* From Thursday, 1970-01-01, on. */
static const char days[7][4] = { "Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed" };
static const char long_days[7][10] = { "Thursday", "Friday",  "Saturday", "Sunday",
				       "Monday",   "Tuesday", "Wednesday" };

unsigned
http_date_month(struct span name)
{
	for (unsigned i = 0; i < 12; i++) {
		if (span_is_nocase(span_first(name, 3), months[i]))
			return i + 1;
	}
	return 0;
}

static bool
is_leap_year(int year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static unsigned
days_of_month(int year, unsigned month)
{
	static const uint8_t counts[12] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	return month == 2 && is_leap_year(year) ? 29 : counts[month - 1];
}

/* Days from 1970-01-01 to the first of January of that year, which is not below 0. */
static int64_t
days_to_year(int year)
{
	int64_t before = year - 1; /* whole years since the year 0, which was a leap year */
	if (year == 0)
		return -719528;
	return before * 365 + before / 4 - before / 100 + before / 400 + 366 - 719528;
}

int
http_date_to_time(const struct http_date *date, int64_t *time_s)
{
	if (date->year < 0 || date->year > 9999 || date->month < 1 || date->month > 12 ||
	    date->day < 1 || date->day > days_of_month(date->year, date->month) ||
	    date->hour > 23 || date->minute > 59 || date->second > 60)
		return ERR_MALFORMED;
	int64_t day = days_to_year(date->year) + date->day - 1;
	for (unsigned month = 1; month < date->month; month++)
		day += days_of_month(date->year, month);
	*time_s = day * DAY_S + date->hour * 3600 + date->minute * 60 + date->second;
	return 0;
}

/* ---- reading ------------------------------------------------------------------------------------- */

/* Takes exactly that text off. */
static bool
take(struct span *rest, const char *text)
{
	struct span with = span_from_text(text);
	if (!span_starts(*rest, with))
		return false;
	*rest = span_from(*rest, with.bytes);
	return true;
}

static bool
take_digits(struct span *rest, size_t count, unsigned *number)
{
	uint64_t value;
	if (rest->bytes < count || !span_to_number(span_first(*rest, count), 9999, &value))
		return false;
	*number = (unsigned)value;
	*rest = span_from(*rest, count);
	return true;
}

static bool
take_month(struct span *rest, struct http_date *date)
{
	for (unsigned i = 0; i < 12; i++) { /* case-sensitive, as all of it */
		if (take(rest, months[i])) {
			date->month = i + 1;
			return true;
		}
	}
	return false;
}

static bool
take_day_name(struct span *rest, const char *names, size_t name_bytes)
{
	for (unsigned i = 0; i < 7; i++) {
		if (take(rest, names + i * name_bytes))
			return true;
	}
	return false;
}

static bool
take_time(struct span *rest, struct http_date *date)
{
	return take_digits(rest, 2, &date->hour) && take(rest, ":") &&
	       take_digits(rest, 2, &date->minute) && take(rest, ":") &&
	       take_digits(rest, 2, &date->second);
}

static bool
take_year(struct span *rest, struct http_date *date)
{
	unsigned year = 0;
	bool is_taken = take_digits(rest, 4, &year);
	date->year = (int)year;
	return is_taken;
}

/* Sun, 06 Nov 1994 08:49:37 GMT */
static bool
read_imf_fixdate(struct span rest, struct http_date *date)
{
	return take_day_name(&rest, days[0], sizeof days[0]) && take(&rest, ", ") &&
	       take_digits(&rest, 2, &date->day) && take(&rest, " ") && take_month(&rest, date) &&
	       take(&rest, " ") && take_year(&rest, date) && take(&rest, " ") &&
	       take_time(&rest, date) && take(&rest, " GMT") && rest.bytes == 0;
}

/* Sunday, 06-Nov-94 08:49:37 GMT: the year is of two digits. */
static bool
read_rfc850(struct span rest, struct http_date *date)
{
	unsigned year = 0;
	bool is_read = take_day_name(&rest, long_days[0], sizeof long_days[0]) &&
		       take(&rest, ", ") && take_digits(&rest, 2, &date->day) && take(&rest, "-") &&
		       take_month(&rest, date) && take(&rest, "-") &&
		       take_digits(&rest, 2, &year) && take(&rest, " ") && take_time(&rest, date) &&
		       take(&rest, " GMT") && rest.bytes == 0;
	date->year = (int)year;
	return is_read;
}

/* Sun Nov  6 08:49:37 1994 */
static bool
read_asctime(struct span rest, struct http_date *date)
{
	return take_day_name(&rest, days[0], sizeof days[0]) && take(&rest, " ") &&
	       take_month(&rest, date) && take(&rest, " ") &&
	       (take(&rest, " ") ? take_digits(&rest, 1, &date->day)
				 : take_digits(&rest, 2, &date->day)) &&
	       take(&rest, " ") && take_time(&rest, date) && take(&rest, " ") &&
	       take_year(&rest, date) && rest.bytes == 0;
}

/* RFC 9110, section 5.6.7: what seems more than 50 years ahead is of the past century. */
static int
century_to_time(struct http_date *date, int64_t now_s, int64_t *time_s)
{
	const int64_t years_50_s = 50 * INT64_C(31556952);
	date->year += 1900;
	int err = http_date_to_time(date, time_s);
	while (err == 0 && date->year + 100 <= 9999) {
		int64_t later_s;
		date->year += 100;
		if (http_date_to_time(date, &later_s) == 0 && later_s > now_s + years_50_s)
			break;
		err = http_date_to_time(date, time_s);
	}
	return err;
}

int
http_date_read(struct span text, int64_t now_s, int64_t *time_s)
{
	struct http_date date = { .year = 0 };
	if (read_imf_fixdate(text, &date) || read_asctime(text, &date))
		return http_date_to_time(&date, time_s);
	return read_rfc850(text, &date) ? century_to_time(&date, now_s, time_s) : ERR_MALFORMED;
}

/* ---- writing ------------------------------------------------------------------------------------- */

void
http_date_from_time(int64_t time_s, struct http_date *date)
{
	const int64_t time_s_min = days_to_year(0) * DAY_S,
		      time_s_max = days_to_year(10000) * DAY_S - 1;
	time_s = time_s < time_s_min ? time_s_min : time_s;
	time_s = time_s > time_s_max ? time_s_max : time_s;

	int64_t since_0 = time_s - time_s_min; /* no negative division below */
	int64_t day = since_0 / DAY_S + days_to_year(0);
	unsigned second = (unsigned)(since_0 % DAY_S), month = 1;
	int year = (int)(since_0 / DAY_S / 366);
	while (year < 9999 && days_to_year(year + 1) <= day)
		year++;
	unsigned left = (unsigned)(day - days_to_year(year));
	while (left >= days_of_month(year, month))
		left -= days_of_month(year, month++);
	*date = (struct http_date){ .year = year, .month = month, .day = left + 1, .hour = second / 3600,
				    .minute = second / 60 % 60, .second = second % 60 };
}

void
http_date_write(int64_t time_s, char text[HTTP_DATE_BYTES])
{
	struct http_date date;

	http_date_from_time(time_s, &date);
	(void)http_date_to_time(&date, &time_s); /* what was outside is the nearest inside now */
	int64_t day = (time_s - (time_s < 0 ? DAY_S - 1 : 0)) / DAY_S;
	snprintf(text, HTTP_DATE_BYTES, "%s, %02u %s %04u %02u:%02u:%02u GMT",
		 days[(unsigned)(day + 719530) % 7], date.day % 32, months[date.month - 1],
		 (unsigned)date.year % 10000, date.hour % 24, date.minute % 60, date.second % 60);
}

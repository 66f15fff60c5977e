#include "resolver/wire/date.h"

#include <stdbool.h>

static bool
is_leap(unsigned year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

unsigned
date_month_days(unsigned year, unsigned month)
{
	static const uint8_t days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	return 0u + days[month - 1] + (month == 2 && is_leap(year));
}

/* 32 bits of seconds end in 2106: counting years and months is quick enough. */
struct date
date_of_day(uint32_t days)
{
	struct date date = { 1970, 1, 0 };
	for (; days >= 365u + is_leap(date.year); date.year++)
		days -= 365u + is_leap(date.year);
	for (; days >= date_month_days(date.year, date.month); date.month++)
		days -= date_month_days(date.year, date.month);
	date.day = days + 1;
	return date;
}

uint64_t
date_days(const struct date *date)
{
	uint64_t days = date->day - 1;
	for (unsigned year = 1970; year < date->year; year++)
		days += 365u + is_leap(year);
	for (unsigned month = 1; month < date->month; month++)
		days += date_month_days(date->year, month);
	return days;
}

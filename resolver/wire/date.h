/*
 * date.h - days since 1970-01-01 as a date of the calendar, and back; in UTC, without locale or zone.
 *
 * Bounds: what 32 bits of seconds can tell, up to the year 2106.
 */
#ifndef CAIRN_RESOLVER_WIRE_DATE_H
#define CAIRN_RESOLVER_WIRE_DATE_H

#include <stdint.h>

struct date {
	unsigned year, month, day; /* month and day from 1 */
};

unsigned date_month_days(unsigned year, unsigned month);
struct date date_of_day(uint32_t days);
uint64_t date_days(const struct date *date);

#endif

/*
 * verbose.h - what -v tells on standard error: notes (*), what is sent (>) and received (<), sizes of data ({ }).
 *
 * Each line is made printable (printable.h), whoever its words are from. Without -v nothing is written, and
 * warnings alone are told unless the run is silent.
 */
#ifndef CAIRN_FETCH_VERBOSE_H
#define CAIRN_FETCH_VERBOSE_H

#include <stdbool.h>

#include "fetch/head.h"
#include "fetch/span.h"

struct verbose {
	bool is_on, is_silent;
	void (*make_room)(
		void *data); /* before a warning: what is painted goes; NULL: nothing is */
	void *data;
};

void verbose_note(const struct verbose *verbose, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* Told without -v too: the result is used, but something was not as it should be. */
void verbose_warn(const struct verbose *verbose, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* A head that is sent, line by line; what a field of credentials says is left out. */
void verbose_sent(const struct verbose *verbose, struct span head);
void verbose_reply(const struct verbose *verbose,
		   struct span lines); /* of a protocol that speaks in lines */
void verbose_received(const struct verbose *verbose, const struct head *head);
/* `{ [512 octets]': '{' received, '}' sent. */
void verbose_data(const struct verbose *verbose, char direction, size_t bytes);

#endif

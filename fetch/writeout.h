/*
 * writeout.h - what -w prints after a transfer, and the line of --json-report.
 *
 *     %{name}           a variable: those of curl by curl's names
 *     %{json}           all of them as one JSON object
 *     %header{name}     a field of the last response
 *     %{stderr} %{stdout}, %{onerror}: where what follows goes; only when it failed
 *     %%  \n \r \t      themselves
 *
 * Times are seconds from the beginning of the last attempt, with six decimals; what redirects before it took is
 * time_redirect, and time_total holds both.
 * Safety:    what a server sent is made printable where it goes to a terminal.
 */
#ifndef CAIRN_FETCH_WRITEOUT_H
#define CAIRN_FETCH_WRITEOUT_H

#include <stdio.h>

#include "fetch/json.h"
#include "fetch/transfer.h"

/* format: text, or @FILE, or @-. */
/* The format prints certificates, or may: what is in a file is read when it is printed. */
bool writeout_wants_chain(const char *format);
/* False: it could not be printed, and errno tells why. */
bool writeout(const char *format, const struct transfer_facts *facts);

/* One object on one line; false and errno when it cannot be written. */
bool writeout_report(FILE *out, const struct transfer_facts *facts);

#endif

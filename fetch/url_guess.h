/*
 * url_guess.h - what a user leaves out of a URL on the command line; never applied to what a server says.
 */
#ifndef CAIRN_FETCH_URL_GUESS_H
#define CAIRN_FETCH_URL_GUESS_H

#include "fetch/span.h"

/*
 * What to put in front: "http://" for `www.example.org/a` and `localhost:8080`, "ftp://" for `ftp.example.org`, as
 * curl does; "" when there is a scheme.
 */
const char *url_guess_scheme(struct span text);

#endif

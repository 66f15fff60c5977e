/*
 * url_laws.h - what holds of every URL, whatever the text was: for random tests and fuzzing.
 */
#ifndef CAIRN_TESTS_URL_LAWS_H
#define CAIRN_TESTS_URL_LAWS_H

#include "fetch/url.h"

/* NULL: all of them hold; else the broken one in words. idna may be NULL. */
const char *url_laws_broken(struct span text, struct span base, struct idna *idna);

#endif

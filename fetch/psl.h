/*
 * psl.h - public suffixes for the cookie jar, by libpsl, opened with the first cookie that names a domain (shell).
 *
 * The newest list that is installed is used (package publicsuffix), else the one built into the library.  Without libpsl
 * the rule of one label is all there is: co.uk would then count as a domain, and psl_is_loaded says so to -v.
 */
#ifndef CAIRN_FETCH_PSL_H
#define CAIRN_FETCH_PSL_H

#include "fetch/cookie.h"

struct psl {
	struct cookie_suffixes suffixes; /* what cookie_jar_init is given */
	bool has_tried;
	void *library;
	void *list;
};

void psl_init(struct psl *psl);
void psl_fini(struct psl *psl);
bool psl_is_loaded(const struct psl *psl);

#endif

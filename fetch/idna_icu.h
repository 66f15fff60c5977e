/*
 * idna_icu.h - domains beyond ASCII by ICU's UTS 46 (shell).
 *
 * libicuuc and its 30 MB of data are opened when the first such domain is met and stay in the
 * process, since ICU keeps caches of its own there; a run that meets none never touches them. ICU suffixes its symbols with its version, and every
 * release of it has another soname, so the newest one that is installed is taken. libidn2 would be
 * smaller, but refuses names that the URL standard and every browser accept.
 * Errors:    ERR_UNSUPPORTED when there is no ICU, each time; nothing is tried twice.
 */
#ifndef CAIRN_FETCH_IDNA_ICU_H
#define CAIRN_FETCH_IDNA_ICU_H

#include <stdint.h>

#include "fetch/idna.h"

struct icu_uidna;
struct icu_info;

struct idna_icu {
	struct idna idna; /* first: what url_parse is given */
	bool has_tried;
	struct icu_uidna *uts46;
	int32_t (*name_to_ascii)(const struct icu_uidna *uts46, const char *name,
				 int32_t name_bytes, char *ascii, int32_t ascii_bytes,
				 struct icu_info *info, int *status);
	void (*close)(struct icu_uidna *uts46);
};

void idna_icu_init(struct idna_icu *icu);
void idna_icu_fini(struct idna_icu *icu);

#endif

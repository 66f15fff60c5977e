/*
 * idna.h - domains beyond ASCII (Unicode Technical Standard 46; WHATWG URL Standard, section 3.3).
 *
 * The mapping needs tables of Unicode that a fetch of an ASCII name has no use for, so they come
 * from outside of the core and are loaded when the first such name is met (idna_icu.h).
 */
#ifndef CAIRN_FETCH_IDNA_H
#define CAIRN_FETCH_IDNA_H

#include <stdbool.h>

#include "fetch/span.h"

struct idna;

struct idna_ops {
	/*
	 * The standard's "domain parser ToASCII" with beStrict false: CheckBidi, CheckJoiners,
	 * nontransitional; no CheckHyphens, UseSTD3ASCIIRules or VerifyDnsLength. domain is valid UTF-8.
	 * *is_strict: the result would be the same with beStrict true.
	 * ERR_MALFORMED: ToASCII records an error; ERR_NO_MEMORY: ascii is too small or there is none;
	 * ERR_UNSUPPORTED: the tables are not there.
	 */
	int (*to_ascii)(struct idna *idna, struct span domain, char *ascii, size_t ascii_bytes_max,
			size_t *ascii_bytes, bool *is_strict);
};

struct idna {
	const struct idna_ops *ops;
};

/*
 * Maps what UTS 46 maps or ignores since Unicode 15.1 and 16.0, and what the tables of earlier
 * releases refuse; newer tables do the same to it, so that the answer does not depend on their age.
 * mapped may be domain.at; it takes no more octets than domain. The number of octets.
 */
size_t idna_premap(struct span domain, char *mapped);

/*
 * What of beStrict needs no table: letters, digits and hyphens only (STD 3), no hyphen at the ends
 * of a label nor at its third and fourth place, labels of 63 and names of 253 octets at most. What an xn-- label
 * decodes to is not looked at.
 */
bool idna_is_strict_ascii(struct span domain);

#endif

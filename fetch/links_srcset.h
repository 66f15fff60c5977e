/*
 * links_srcset.h - the URLs of a srcset attribute (HTML Standard, section 4.8.4.3.10).
 *
 *     a.png 1x, b.png 2x        small.jpg 480w, large.jpg 1080w
 */
#ifndef CAIRN_FETCH_LINKS_SRCSET_H
#define CAIRN_FETCH_LINKS_SRCSET_H

#include "fetch/span.h"

/* Takes the next candidate's URL off *rest; false when there is none. Descriptors are passed over, right or wrong. */
bool links_srcset_next(struct span *rest, struct span *url);

#endif

/*
 * robots.h - what a site asks of programs that follow links (RFC 9309).
 *
 * Groups for our product token count, all of them together; without one those for *. The longest rule
 * that matches decides, and of two as long the one that allows. * and $ are as section 2.2.3 has them, and
 * paths are compared with their percent-encoding levelled (section 2.2.2).
 *
 * Bounds:    ROBOTS_BYTES_MAX are read, and a line that they cut is left out (section 2.5). The
 *            work is the text times the longest target.
 */
#ifndef CAIRN_FETCH_ROBOTS_H
#define CAIRN_FETCH_ROBOTS_H

#include "fetch/span.h"

#define ROBOTS_BYTES_MAX    (500u << 10)
#define ROBOTS_DELAY_MS_MAX 60000u

/*
 * text: the file, empty when the site has none. product: "cairn-fetch". target: path and query, as in
 * the request line.
 */
bool robots_allows(struct span text, struct span product, struct span target);

/* Crawl-delay, which no RFC has but many files do; 0: none. At most ROBOTS_DELAY_MS_MAX. */
uint32_t robots_delay_ms(struct span text, struct span product);

#endif

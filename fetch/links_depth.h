/*
 * links_depth.h - how deep the elements of a page nest, before a parser is asked to find out.
 *
 * HTML's tree construction looks through all open elements at many a tag, so that time goes with the
 * depth times the length: a page that only opens elements takes hours. Counted are start tags less end
 * tags, without elements that have no content or whose end tag may be left out, and without what
 * stands in comments, scripts and the like. Close enough to refuse such a page, and no other.
 */
#ifndef CAIRN_FETCH_LINKS_DEPTH_H
#define CAIRN_FETCH_LINKS_DEPTH_H

#include "fetch/span.h"

size_t links_depth(struct span document);

#endif

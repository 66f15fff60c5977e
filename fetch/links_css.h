/*
 * links_css.h - what a style sheet refers to (CSS Syntax Module Level 3, section 4; CSS Cascade, section 2).
 *
 * A tokenizer as the standard has it, with comments, strings, escapes and url() in all their forms, so
 * that url(x) in a comment or a string is taken for no link, and \75rl(x) is. Found are url(),
 * @import "x" and the strings of image-set(); @namespace names no resource.
 *
 * Ownership: spans lie in the text, or in the arena when there are escapes in them.
 * Errors:    ERR_NO_MEMORY. Nothing in a style sheet is one: what is malformed is passed over.
 * Bounds:    none but the arena, which has to have room for twice the text where there is an escape.
 *            One pass over the text.
 */
#ifndef CAIRN_FETCH_LINKS_CSS_H
#define CAIRN_FETCH_LINKS_CSS_H

#include "fetch/link.h"
#include "stack/base/arena.h"

enum css_rule { CSS_RULE_NONE, CSS_RULE_IMPORT, CSS_RULE_NAMESPACE, CSS_RULE_FONT_FACE };

struct links_css {
	struct span text;
	size_t at;
	struct arena *arena;
	enum css_rule rule;    /* whose prelude this is */
	uint64_t block_depth;  /* of { */
	uint64_t font_block;   /* the depth inside of @font-face; 0: not there */
	uint64_t paren_depth;  /* of ( */
	uint64_t image_parens; /* the depth inside of image-set(); 0: not there */
};

void links_css_init(struct links_css *links, struct span text, struct arena *arena);

/* 1: a link; 0: there are no more; negative: ERR_*. */
int links_css_next(struct links_css *links, struct link *link);

#endif

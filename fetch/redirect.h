/*
 * redirect.h - where a redirect leads, and what may go along (RFC 9110, sections 10.2.2 and 15.4).
 *
 * Three answers, each by itself: does this head redirect and to what (redirect_location), is the new URL one to
 * go to (redirect_url), and what becomes of the request there (redirect_effect).  A user's own fields (-H) and
 * credentials are of the origin that they were given for and do not cross to another, unless the user says so.
 *
 * Errors:    ERR_MALFORMED, ERR_UNSUPPORTED (the scheme), ERR_NO_MEMORY; the failure has the words.
 */
#ifndef CAIRN_FETCH_REDIRECT_H
#define CAIRN_FETCH_REDIRECT_H

#include "fetch/failure.h"
#include "fetch/head.h"
#include "fetch/url.h"

#define REDIRECTS_MAX 50u /* in a row, unless the user says otherwise; a loop ends there */

struct redirect_policy {
	bool keeps_post_301, keeps_post_302, keeps_post_303; /* --post301 and its like */
	bool has_method; /* -X: the method is the user's to the end */
	bool is_trusted; /* --location-trusted: everything goes along */
};

struct redirect_effect {
	bool is_same_origin;
	bool keeps_credentials; /* and the user's fields; cookies go by their own rules */
	bool becomes_get; /* the method is GET and the body is dropped, with the fields that describe it */
};

/* 1: *location is where; 0: no redirect, or none that says where; ERR_MALFORMED: to two places. */
int redirect_location(const struct head *head, struct span *location, struct failure *failure);

/* Resolved against `base`, whose fragment it inherits (section 10.2.2).  Only http, https and ftp are gone to. */
int redirect_url(struct url *next, struct span location, const struct url *base,
		 const struct url_context *context, struct failure *failure);

struct redirect_effect redirect_effect(unsigned status, struct span method, const struct url *from,
				       const struct url *to, const struct redirect_policy *policy);

#endif

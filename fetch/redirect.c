#include "fetch/redirect.h"

static bool
is_redirect(unsigned status)
{
	switch (status) { /* 304 is no redirect, 305 and 306 are history */
	case 300:
	case 301:
	case 302:
	case 303:
	case 307:
	case 308: return true;
	default: return false;
	}
}

int
redirect_location(const struct head *head, struct span *location, struct failure *failure)
{
	const struct field *first = fields_find(&head->fields, "Location", NULL), *field = first;
	if (!is_redirect(head->status) || first == NULL)
		return 0;
	while ((field = fields_find(&head->fields, "Location", field)) != NULL) {
		if (span_equals(field->value, first->value))
			continue;
		failure_set(failure, FAILURE_WEIRD_REPLY,
			    "the redirect names two places: \"" SPAN_FORMAT "\" and \"" SPAN_FORMAT
			    "\"",
			    SPAN_ARGUMENTS(span_first(first->value, 60)),
			    SPAN_ARGUMENTS(span_first(field->value, 60)));
		return ERR_MALFORMED;
	}
	*location = first->value;
	return 1;
}

static int
refuse_location(struct span location, int err, struct failure *failure)
{
	if (err == ERR_NO_MEMORY)
		failure_set(failure, FAILURE_MEMORY, "the redirect's URL is too long");
	else
		failure_set(failure, FAILURE_URL,
			    "the redirect leads to \"" SPAN_FORMAT "\", which is no URL",
			    SPAN_ARGUMENTS(span_first(location, 120)));
	return err;
}

/* A server must not make us read local files, nor whatever else has a scheme. */
static bool
is_allowed(const struct url *url)
{
	return url->special == URL_HTTP || url->special == URL_HTTPS || url->special == URL_FTP;
}

static int
inherit_fragment(struct url *next, struct span location, const struct url *base,
		 const struct url_context *context)
{
	const char *text = arena_printf(context->arena, SPAN_FORMAT "#" SPAN_FORMAT,
					SPAN_ARGUMENTS(location), SPAN_ARGUMENTS(base->fragment));
	if (text == NULL)
		return ERR_NO_MEMORY;
	return url_parse(next, span_from_text(text), base, context);
}

int
redirect_url(struct url *next, struct span location, const struct url *base,
	     const struct url_context *context, struct failure *failure)
{
	int err = url_parse(next, location, base, context);
	if (err == 0 && !next->has_fragment && base->has_fragment)
		err = inherit_fragment(next, location, base, context);
	if (err != 0)
		return refuse_location(location, err, failure);
	if (is_allowed(next))
		return 0;
	failure_set(failure, FAILURE_SCHEME,
		    "the redirect leads to the scheme \"" SPAN_FORMAT
		    "\", where no server may send us",
		    SPAN_ARGUMENTS(span_first(next->scheme, 40)));
	return ERR_UNSUPPORTED;
}

static bool
becomes_get(unsigned status, struct span method, const struct redirect_policy *policy)
{
	bool is_post = span_is(method, "POST");
	if (policy->has_method)
		return false;
	if (status == 301) /* sections 15.4.2 and 15.4.3: POST alone, for historical reasons */
		return is_post && !policy->keeps_post_301;
	if (status == 302)
		return is_post && !policy->keeps_post_302;
	if (status == 303) /* section 15.4.4: "retrieve", whatever it was */
		return !span_is(method, "GET") && !span_is(method, "HEAD") &&
		       !(is_post && policy->keeps_post_303);
	return false;
}

struct redirect_effect
redirect_effect(unsigned status, struct span method, const struct url *from, const struct url *to,
		const struct redirect_policy *policy)
{
	bool is_same_origin = url_is_same_origin(from, to);
	return (struct redirect_effect){
		.is_same_origin = is_same_origin,
		.keeps_credentials = is_same_origin || policy->is_trusted,
		.becomes_get = becomes_get(status, method, policy),
	};
}

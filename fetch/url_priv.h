/*
 * url_priv.h - what the files of the URL parser share.
 *
 * The standard's parser reads code points into a buffer and components; here the buffer is a span of
 * the input, since between two delimiters the input is that buffer, and what is encoded goes straight
 * to `out`. The input is valid UTF-8 without tabs and newlines (url_input.c), so every delimiter is
 * one octet, and the state machine steps by octets.
 */
#ifndef CAIRN_FETCH_URL_PRIV_H
#define CAIRN_FETCH_URL_PRIV_H

#include "fetch/url.h"
#include "fetch/url_percent.h"

#define URL_END (-1) /* the EOF code point */

struct url_parser {
	struct span input;
	size_t pointer;
	const struct url *base;
	const struct url_context *context;
	struct url url; /* its spans lie in out, base or arena until url__serialise */
	char *out;      /* components as they are made, one behind the other */
	size_t out_used;
	size_t out_bytes; /* enough for every input: see url__open */
	size_t path_at;   /* where in out the path that is being made begins */
};

/* Records the validation error; url__fail also makes it the one that ended the parse. */
void url__warn(const struct url_parser *parser, enum url_error error);
int url__fail(const struct url_parser *parser, enum url_error error);

static inline int /* c: the octet at the pointer, or URL_END */
url__c(const struct url_parser *parser)
{
	return parser->pointer < parser->input.bytes ? (uint8_t)parser->input.at[parser->pointer]
						     : URL_END;
}

static inline struct span /* the input from the pointer on */
url__rest(const struct url_parser *parser)
{
	return span_from(parser->input, parser->pointer);
}

static inline bool
url__is_special(const struct url_parser *parser)
{
	return parser->url.special != URL_NOT_SPECIAL;
}

/* Strips, removes and replaces what the parser never sees, and lends it the memory it needs. */
int url__open(struct url_parser *parser, struct span text);

/* Ends the octets at `octets` of special URLs also at a backslash; what lies before the first of them. */
struct span url__until(const struct url_parser *parser, const char *octets);

void url__append(struct url_parser *parser, struct span text);
/* Also warns of what is no URL unit. */
void url__append_encoded(struct url_parser *parser, struct span text, enum percent_set set);
void url__check_units(const struct url_parser *parser, struct span text);
struct span url__out_from(const struct url_parser *parser, size_t at); /* what was appended since */

/* url_scheme.c */
enum url_special url__special(struct span scheme);
uint16_t url__default_port(enum url_special special); /* 0: none */

/* url_host.c: the host parser; sets the URL's host, host_kind and address. */
int url__parse_host(struct url_parser *parser, struct span text);
bool url__is_forbidden_domain_code_point(char c);

/* url_ipv4.c */
#define URL_IPV4_TEXT_BYTES 15u
bool url__ends_in_a_number(struct span domain);
int url__parse_ipv4(const struct url_parser *parser, struct span text, uint8_t address[4]);
size_t url__serialise_ipv4(const uint8_t address[4], char text[URL_IPV4_TEXT_BYTES + 1]);

/* url_ipv6.c */
#define URL_IPV6_TEXT_BYTES 39u
int url__parse_ipv6(const struct url_parser *parser, struct span text, uint8_t address[16]);
size_t url__serialise_ipv6(const uint8_t address[16], char text[URL_IPV6_TEXT_BYTES + 1]);

/* url_path.c */
void url__path_begin(struct url_parser *parser,
		     struct span path); /* a clone of path to go on from */
void url__path_shorten(struct url_parser *parser);
void url__path_parse(struct url_parser *parser);        /* path state: up to ?, # or the end */
void url__path_parse_opaque(struct url_parser *parser); /* opaque path state, likewise */
bool
url__starts_with_drive_letter(struct span text); /* as the standard has it: with what follows */
bool url__is_drive_letter(struct span text);     /* C: or C| */
/* The first segment with its slash, when it is a normalised Windows drive letter; else empty. */
struct span url__path_drive(struct span path);

/* url_serialise.c: the href, at `mark` of the arena, and the URL's spans in it. */
int url__serialise(struct url_parser *parser, size_t mark, struct url *url);

#endif

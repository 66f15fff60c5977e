/* config_priv.h - what the files of the configuration share. */
#ifndef CAIRN_RESOLVER_SERVE_CONFIG_PRIV_H
#define CAIRN_RESOLVER_SERVE_CONFIG_PRIV_H

#include "resolver/serve/config.h"

/* Whether the option is one of a section that may stand several times, each a struct config_zone. */
bool config__is_of_zone(const struct config_option *option);

/* Stores the value of one option in the struct that its offset counts from; ERR_MALFORMED, ERR_TOO_BIG (out of bounds), ERR_FULL (list), ERR_NO_MEMORY. */
int config__set_value(void *base, const struct config_option *option, const char *text, unsigned line);

/* ---- config_names.c ---- */
bool config__is_section(const char *name);
const struct config_option *config__find_option(const char *section, const char *name); /* NULL: there is none */
/* Of any section, that which is the fewest changes away; 0: it is that name. */
const struct config_option *config__nearest_option(const char *name, unsigned *distance);

/* Why an option or section of unbound's is none here; NULL: it is not one that is known. */
const char *config__why_not(const char *name);

int config__set_string(char **field, const char *text); /* copies; an empty text is NULL */
int config__list_add(struct config_list *list, const char *text, unsigned line);
void config__list_clear(struct config_list *list);

#endif

#include "resolver/serve/groups.h"

#include <string.h>

#include "stack/base/arena.h"
#include "stack/base/err.h"

#define BLANKS " \t"

/* An entry's first word and what stands behind it. */
struct entry {
	char word[1280]; /* a presented name and some */
	const char *rest;
};

struct reading {
	struct tags *tags;
	struct local *local;
	struct rng *rng;
	const char *why;
};

static bool
split(struct entry *entry, const char *text)
{
	const size_t size = strcspn(text, BLANKS);
	if (size == 0 || size >= sizeof entry->word)
		return false;
	memcpy(entry->word, text, size);
	entry->word[size] = '\0';
	entry->rest = text + size + strspn(text + size, BLANKS);
	return *entry->rest != '\0';
}

static int
fault(struct reading *reading, int err)
{
	if (reading->why == NULL)
		reading->why =
			err == ERR_NOT_FOUND ? "has a tag that define-tag does not" : err_text(err);
	return err;
}

static int
malformed(struct reading *reading, const char *why)
{
	reading->why = why;
	return ERR_MALFORMED;
}

static int
read_tag(struct reading *reading, const char *word, unsigned *tag)
{
	uint64_t set;
	const int err = tags_read(reading->tags, word, &set);
	for (*tag = 0; err == 0 && set >> *tag != 1 && *tag < TAGS_MAX - 1; (*tag)++)
		;
	return err;
}

/* ---- the options ------------------------------------------------------------------------------------------- */

static int
take_name(struct reading *reading, const char *text)
{
	return fault(reading, tags_define(reading->tags, text));
}

/* NETBLOCK TAG... */
static int
take_clients(struct reading *reading, const char *text)
{
	struct entry entry;
	struct ip_addr prefix;
	unsigned prefix_len;
	uint64_t set;
	if (!split(&entry, text) || addr_prefix_from_text(&prefix, &prefix_len, entry.word) != 0)
		return malformed(reading, "is not `NETBLOCK TAG...`");
	const int err = tags_read(reading->tags, entry.rest, &set);
	return fault(reading,
		     err == 0 ? tags_add_clients(reading->tags, &prefix, prefix_len, set) : err);
}

/* NETBLOCK TAG and what is left of the entry. */
static int
read_netblock_and_tag(struct reading *reading, const char *text, struct ip_addr *prefix,
		      unsigned *prefix_len, unsigned *tag, const char **rest)
{
	struct entry entry, second;
	if (!split(&entry, text) || addr_prefix_from_text(prefix, prefix_len, entry.word) != 0 ||
	    !split(&second, entry.rest))
		return malformed(reading, "is not `NETBLOCK TAG ...`");
	*rest = second.rest;
	return fault(reading, read_tag(reading, second.word, tag));
}

static int
take_action(struct reading *reading, const char *text)
{
	struct ip_addr prefix;
	unsigned prefix_len, tag;
	const char *rest;
	enum local_type type;
	int err = read_netblock_and_tag(reading, text, &prefix, &prefix_len, &tag, &rest);
	if (err == 0 && local_type_from_text(rest, &type) != 0)
		return malformed(reading, "has no type of local zone (cairn.conf(5) lists them)");
	return err == 0 ? fault(reading,
				tags_add_action(reading->tags, &prefix, prefix_len, tag, type))
			: err;
}

static int
take_data(struct reading *reading, const char *text)
{
	struct ip_addr prefix;
	unsigned prefix_len, tag;
	const char *rest;
	char data[TAG_DATA_BYTES_MAX + 1];
	int err = read_netblock_and_tag(reading, text, &prefix, &prefix_len, &tag, &rest);
	if (err != 0)
		return err;
	size_t size = strlen(rest); /* unbound's form has the record in quotes */
	const bool is_quoted =
		size >= 2 && (rest[0] == '"' || rest[0] == '\'') && rest[size - 1] == rest[0];
	rest += is_quoted;
	size -= 2u * is_quoted;
	if (size >= sizeof data)
		return malformed(reading, "is too long");
	memcpy(data, rest, size);
	data[size] = '\0';
	return fault(reading, tags_add_data(reading->tags, &prefix, prefix_len, tag, data,
					    reading->rng, &reading->why));
}

/* ZONE TAG... */
static int
take_zone(struct reading *reading, const char *text)
{
	struct entry entry;
	struct name zone;
	uint64_t set;
	if (!split(&entry, text) || name_from_text(&zone, entry.word, NULL) != 0)
		return malformed(reading, "is not `ZONE TAG...`");
	int err = tags_read(reading->tags, entry.rest, &set);
	if (err != 0)
		return fault(reading, err);
	err = local_zone_tag(reading->local, &zone, set);
	return err == ERR_NOT_FOUND ? malformed(reading, "is not a local-zone")
				    : fault(reading, err);
}

/* ZONE NETBLOCK TYPE */
static int
take_override(struct reading *reading, const char *text)
{
	struct entry entry, second;
	struct name zone;
	struct ip_addr prefix;
	unsigned prefix_len;
	enum local_type type;
	if (!split(&entry, text) || !split(&second, entry.rest) ||
	    name_from_text(&zone, entry.word, NULL) != 0 ||
	    addr_prefix_from_text(&prefix, &prefix_len, second.word) != 0 ||
	    local_type_from_text(second.rest, &type) != 0)
		return malformed(reading, "is not `ZONE NETBLOCK TYPE`");
	const int err = local_zone_override(reading->local, &zone, &prefix, prefix_len, type);
	return err == ERR_NOT_FOUND ? malformed(reading, "is not a local-zone")
				    : fault(reading, err);
}

/* ---- all of them ------------------------------------------------------------------------------------------- */

static int
take_list(struct reading *reading, const char *option, const struct config_list *list,
	  int (*take)(struct reading *, const char *), const struct config *config, char *error)
{
	for (size_t i = 0; i < list->count; i++) {
		reading->why = NULL;
		const int err = take(reading, list->items[i]);
		if (err == ERR_NO_MEMORY)
			return err;
		if (err != 0) {
			config_complain(error, config, list->lines[i], "%s: `%s`: %s", option,
					list->items[i], reading->why);
			return ERR_MALFORMED;
		}
	}
	return 0;
}

int
groups_build(struct tags **tags, struct arena *arena, const struct config *config, struct rng *rng,
	     char error[CONFIG_ERROR_BYTES])
{
	const struct {
		const char *option;
		const struct config_list *list;
		int (*take)(struct reading *, const char *);
	} options[] = {
		{ "define-tag", &config->define_tag, take_name },
		{ "access-control-tag", &config->access_control_tag, take_clients },
		{ "access-control-tag-action", &config->access_control_tag_action, take_action },
		{ "access-control-tag-data", &config->access_control_tag_data, take_data },
	};
	int err = 0;

	*tags = arena_zalloc(arena, 1, sizeof **tags);
	if (*tags == NULL)
		return ERR_NO_MEMORY;
	tags_init(*tags, arena);
	struct reading reading = { .tags = *tags, .rng = rng };
	for (unsigned i = 0; i < sizeof options / sizeof options[0] && err == 0; i++)
		err = take_list(&reading, options[i].option, options[i].list, options[i].take,
				config, error);
	return err;
}

int
groups_tag_zones(struct local *local, const struct tags *tags, const struct config *config,
		 char error[CONFIG_ERROR_BYTES])
{
	struct reading reading = { .tags = (struct tags *)tags, .local = local };
	const int err = take_list(&reading, "local-zone-tag", &config->local_zone_tag, take_zone,
				  config, error);
	return err == 0 ? take_list(&reading, "local-zone-override", &config->local_zone_override,
				    take_override, config, error)
			: err;
}

#include "resolver/serve/trust_anchors.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "resolver/policy/local.h"
#include "resolver/serve/builtin.h"
#include "resolver/validate/rrsig.h"
#include "resolver/serve/modules.h"
#include "resolver/serve/text_file.h"
#include "resolver/wire/text.h"
#include "stack/base/arena.h"
#include "stack/base/log.h"

#define NSEC3_ITERATIONS_TOP 2500u /* RFC 5155, section 10.3 */

/* The reader and its record are too large for a thread's stack. */
struct reading {
	struct anchors *anchors;
	struct crypto *crypto;
	const struct config *config;
	const struct log *log;
	char *error;
	struct text_reader reader;
	struct text_record record;
};

static const char *
refusal(int err)
{
	switch (err) {
	case ERR_MALFORMED: return "is neither a DS nor a usable DNSKEY record";
	case ERR_FULL:      return "is one anchor too many";
	}
	return err_text(err);
}

/* name NULL: the text stands in the configuration itself, at config_line, and is not only named there. */
static int
refuse(const struct reading *reading, const char *name, unsigned config_line, const char *text, const char *why)
{
	if (name == NULL)
		config_complain(reading->error, reading->config, config_line, "trust-anchor: `%s`: %s", text, why);
	else
		config_complain(reading->error, reading->config, config_line, "trust-anchor-file: %s:%u: %s", name,
				reading->reader.line, why);
	return ERR_MALFORMED;
}

/*
 * What nobody here can check vouches for nothing, as a DS record would not (RFC 4035, section 5.2): the zone is as
 * if it were not named, and that is said.
 */
static void
warn_unsupported(const struct reading *reading, const struct name *zone)
{
	char text[NAME_TEXT_BYTES];

	name_to_text(zone, text, sizeof text);
	log_warning(reading->log, "trust anchor %s: has an algorithm or digest that is not supported; it is not used", text);
}

/* A text without an anchor is refused: whoever names it expects answers to be validated. */
static int
read_text(struct reading *reading, const char *name, unsigned config_line, const char *text, size_t text_bytes)
{
	size_t anchor_count = 0;

	text_reader_init(&reading->reader, text, text_bytes, &name_root);
	for (;;) {
		int result = text_reader_next(&reading->reader, &reading->record);
		if (result == ERR_NO_MEMORY)
			return result;
		if (result < 0)
			return refuse(reading, name, config_line, text,
				      reading->reader.why != NULL ? reading->reader.why : refusal(result));
		if (result == 0 && anchor_count == 0)
			return refuse(reading, name, config_line, text,
				      "no DS or DNSKEY record; `module-config: iterator` is how to do without");
		if (result == 0)
			return 0;
		const struct text_record *record = &reading->record;
		result = anchors_add(reading->anchors, reading->crypto, &record->owner, record->type, record->rdata,
				     record->rdata_bytes);
		if (result == ERR_NO_MEMORY)
			return result;
		if (result == ERR_UNSUPPORTED)
			warn_unsupported(reading, &record->owner);
		else if (result != 0)
			return refuse(reading, name, config_line, text, refusal(result));
		anchor_count++;
	}
}

static int
read_file(struct reading *reading, const char *path, unsigned line)
{
	const char *why;
	size_t text_bytes;
	char *text;
	int err = text_file_read(path, TRUST_ANCHORS_FILE_BYTES_MAX, &text, &text_bytes, &why);
	if (err != 0) {
		config_complain(reading->error, reading->config, line, "trust-anchor-file: %s: %s", path, why);
		return err;
	}
	err = read_text(reading, path, line, text, text_bytes);
	free(text);
	return err;
}

static int
read_anchors(struct reading *reading)
{
	const struct config *config = reading->config;
	int err = 0;

	if (config->trust_anchor.count == 0 && config->trust_anchor_file.count == 0 &&
	    config->auto_trust_anchor_file.count == 0)
		return read_text(reading, "(built in)", 0, builtin_root_key, builtin_root_key_bytes);
	for (size_t i = 0; i < config->trust_anchor.count && err == 0; i++) {
		const char *text = config->trust_anchor.items[i];
		err = read_text(reading, NULL, config->trust_anchor.lines[i], text, strlen(text));
	}
	for (size_t i = 0; i < config->trust_anchor_file.count && err == 0; i++)
		err = read_file(reading, config->trust_anchor_file.items[i], config->trust_anchor_file.lines[i]);
	return err;
}

static int
read_insecure(struct reading *reading)
{
	const struct config_list *list = &reading->config->domain_insecure;
	struct name name;

	for (size_t i = 0; i < list->count; i++) {
		int err = name_from_text(&name, list->items[i], NULL);
		if (err == 0)
			err = anchors_add_insecure(reading->anchors, &name);
		if (err == ERR_NO_MEMORY)
			return err;
		if (err != 0) {
			config_complain(reading->error, reading->config, list->lines[i], "domain-insecure: `%s`: %s",
					list->items[i],
					err == ERR_FULL ? "is one name too many" : "is no domain name");
			return ERR_MALFORMED;
		}
	}
	return 0;
}

static int
add_insecure_lan(struct anchors *anchors)
{
	const char *zone;
	struct name name;
	int err = 0;

	for (unsigned i = 0; err == 0 && (zone = local_default_lan_zone(i)) != NULL; i++) {
		err = name_from_text(&name, zone, NULL);
		if (err == 0)
			err = anchors_add_insecure(anchors, &name);
	}
	return err;
}

/* unbound's forms: YYYYMMDDHHmmSS, or seconds since 1970; empty: the clock; -1: times do not matter. */
static int
read_date(const struct config *config, uint32_t *override_s, char *error)
{
	const char *text = config->val_override_date != NULL ? config->val_override_date : "";
	struct tm tm = { 0 };
	char *end;

	*override_s = 0;
	if (text[0] == '\0' || strcmp(text, "0") == 0)
		return 0;
	if (strcmp(text, "-1") == 0) {
		*override_s = VERIFY_ANY_TIME;
		return 0;
	}
	const char *rest = strlen(text) == 14 ? strptime(text, "%Y%m%d%H%M%S", &tm) : NULL;
	if (rest != NULL && *rest == '\0') {
		*override_s = (uint32_t)timegm(&tm);
		return 0;
	}
	const unsigned long seconds = strtoul(text, &end, 10);
	if (*end == '\0' && seconds <= UINT32_MAX) {
		*override_s = (uint32_t)seconds;
		return 0;
	}
	config_complain(error, config, config_line(config, "val-override-date"), "val-override-date: `%s`: is neither YYYYMMDDHHmmSS nor seconds since 1970",
			text);
	return ERR_MALFORMED;
}

static int
merge(struct anchors *anchors, struct arena *arena, const struct trust_config *trust, const struct nta_list *ntas,
      struct crypto *crypto)
{
	int err = anchors_init_from(anchors, arena, trust->fixed);

	if (err == 0)
		err = trust_points_anchors(&trust->points, anchors, crypto);
	for (unsigned i = 0; err == 0 && ntas != NULL && i < ntas->count; i++)
		err = anchors_add_insecure(anchors, &ntas->items[i].zone);
	return err;
}

struct anchors *
trust_anchors_now(const struct trust_config *trust, const struct nta_list *ntas, struct crypto *crypto)
{
	const size_t size = sizeof(struct anchors) + ANCHORS_MAX * sizeof(struct rrset) +
			    NTA_MAX * sizeof(struct name) + trust->points.count * TRUST_POINT_ANCHORS_BYTES;
	void *block = malloc(size);
	struct arena arena;

	arena_init(&arena, block, block != NULL ? size : 0);
	struct anchors *anchors = arena_alloc(&arena, sizeof *anchors); /* at the block's begin */
	if (anchors != NULL && merge(anchors, &arena, trust, ntas, crypto) == 0)
		return anchors;
	free(block);
	return NULL;
}

/* What is trusted has to be of some use: else nobody would notice that nothing is validated. */
static int
check_points(const struct reading *reading, const struct trust_config *trust)
{
	for (unsigned i = 0; i < trust->points.count; i++) {
		const struct trust_point *point = &trust->points.items[i];
		if (point->trust.is_revoked || anchors_at(trust->anchors, &point->trust.zone) != NULL)
			continue;
		config_complain(reading->error, reading->config, point->line, "auto-trust-anchor-file: %s: no key has an algorithm and digest that are supported",
				point->path);
		return ERR_UNSUPPORTED;
	}
	return 0;
}

static int
add_points(struct reading *reading, struct trust_config *trust, struct arena *arena)
{
	int err = trust_points_read(&trust->points, arena, reading->config, reading->error);
	if (err != 0)
		return err;
	trust->anchors = arena_alloc(arena, sizeof *trust->anchors);
	err = trust->anchors != NULL ? merge(trust->anchors, arena, trust, NULL, reading->crypto) : ERR_NO_MEMORY;
	return err == 0 ? check_points(reading, trust) : err;
}

/*
 * unbound's form: pairs of a key size and the iterations that are borne up to that size.  The zone's key is not looked
 * at: the least of all counts.
 */
static int
read_iterations(const struct config *config, uint16_t *iterations_max, char *error)
{
	const char *text = config->val_nsec3_keysize_iterations != NULL ? config->val_nsec3_keysize_iterations : "";
	unsigned long least = NSEC3_ITERATIONS_TOP + 1u, bits_before = 0;

	while (text[strspn(text, " ")] != '\0') {
		char *end;
		const unsigned long bits = strtoul(text, &end, 10);
		const bool is_pair = end != text && *end == ' ' && bits > bits_before;
		text = end;
		const unsigned long iterations = strtoul(text, &end, 10);
		if (!is_pair || end == text || (*end != '\0' && *end != ' ') || iterations == 0 ||
		    iterations > NSEC3_ITERATIONS_TOP) {
			config_complain(error, config, config_line(config, "val-nsec3-keysize-iterations"),
					"val-nsec3-keysize-iterations: `%s`: wants pairs of a key size, ascending, and 1 to %u iterations",
					config->val_nsec3_keysize_iterations, NSEC3_ITERATIONS_TOP);
			return ERR_MALFORMED;
		}
		least = iterations < least ? iterations : least;
		bits_before = bits;
		text = end;
	}
	*iterations_max = least <= NSEC3_ITERATIONS_TOP ? (uint16_t)least : 0;
	return 0;
}

int
trust_anchors_build(struct trust_config *trust, struct arena *arena, const struct config *config,
		    const struct log *log, char error[CONFIG_ERROR_BYTES])
{
	*trust = (struct trust_config){ 0 };
	struct modules modules;
	int err = modules_read(&modules, config, error);
	if (err != 0 || !modules.validator)
		return err;
	struct reading *reading = calloc(1, sizeof *reading);
	if (reading == NULL)
		return ERR_NO_MEMORY;
	*reading = (struct reading){ .config = config, .log = log, .error = error, .crypto = crypto_new() };
	reading->anchors = arena_zalloc(arena, 1, sizeof *reading->anchors);
	err = reading->anchors != NULL && reading->crypto != NULL ? 0 : ERR_NO_MEMORY;
	if (err == 0) {
		anchors_init(reading->anchors, arena);
		err = read_anchors(reading);
	}
	if (err == 0)
		err = read_insecure(reading);
	if (err == 0 && config->insecure_lan_zones)
		err = add_insecure_lan(reading->anchors);
	if (err == 0)
		err = read_date(config, &trust->override_s, error);
	if (err == 0)
		err = read_iterations(config, &trust->nsec3_iterations_max, error);
	trust->fixed = reading->anchors;
	if (err == 0)
		err = add_points(reading, trust, arena);
	crypto_free(reading->crypto);
	free(reading);
	return err;
}

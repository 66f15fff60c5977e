#include "resolver/serve/trust_points.h"

#include <stdlib.h>
#include <string.h>

#include "resolver/serve/text_file.h"
#include "stack/base/arena.h"
#include "stack/base/log.h"

#define SCRATCH_BYTES (4u * MESSAGE_BYTES_MAX)

/* ---- reading ----------------------------------------------------------------------------------------------------- */

static bool
is_known_zone(const struct trust_points *points, const struct name *zone)
{
	for (unsigned i = 0; i < points->count; i++)
		if (name_equal(&points->items[i].trust.zone, zone))
			return true;
	return false;
}

static int
read_point(struct trust_points *points, struct arena *arena, const struct config *config, size_t index,
	   struct autotrust_reader *reader, char error[CONFIG_ERROR_BYTES])
{
	struct trust_point *point = &points->items[points->count];
	const char *path = config->auto_trust_anchor_file.items[index], *why;
	size_t text_bytes;
	char *text;

	point->line = config->auto_trust_anchor_file.lines[index];
	point->path = arena_copy(arena, path, strlen(path) + 1);
	if (point->path == NULL)
		return ERR_NO_MEMORY;
	int err = text_file_read(path, AUTOTRUST_TEXT_BYTES_MAX, &text, &text_bytes, &why);
	if (err != 0) {
		config_complain(error, config, point->line, "auto-trust-anchor-file: %s: %s", path, why);
		return err;
	}
	err = autotrust_read(&point->trust, reader, text, text_bytes);
	free(text);
	if (err == 0 && is_known_zone(points, &point->trust.zone)) {
		reader->line = 1;
		reader->why = "is of the same zone as another auto-trust-anchor-file";
		err = ERR_EXISTS;
	}
	if (err != 0)
		config_complain(error, config, point->line, "auto-trust-anchor-file: %s:%u: %s", path, reader->line, reader->why);
	else
		points->count++;
	return err;
}

int
trust_points_read(struct trust_points *points, struct arena *arena, const struct config *config,
		  char error[CONFIG_ERROR_BYTES])
{
	const struct config_list *list = &config->auto_trust_anchor_file;
	int err = 0;

	*points = (struct trust_points){ .skew = { config->val_sig_skew_min, config->val_sig_skew_max }, .rules = {
		.add_holddown_s = config->add_holddown,
		.del_holddown_s = config->del_holddown,
		.keep_missing_s = config->keep_missing,
		.query_s_min = config->permit_small_holddown ? 1 : AUTOTRUST_QUERY_S_MIN,
	} };
	if (list->count == 0)
		return 0;
	if (list->count > TRUST_POINTS_MAX) {
		config_complain(error, config, list->lines[TRUST_POINTS_MAX], "auto-trust-anchor-file: is one file too many");
		return ERR_FULL;
	}
	struct autotrust_reader *reader = malloc(sizeof *reader);
	points->items = arena_zalloc(arena, list->count, sizeof *points->items);
	if (reader == NULL || points->items == NULL)
		err = ERR_NO_MEMORY;
	for (size_t i = 0; i < list->count && err == 0; i++)
		err = read_point(points, arena, config, i, reader, error);
	free(reader);
	return err;
}

int
trust_points_anchors(const struct trust_points *points, struct anchors *anchors, struct crypto *crypto)
{
	int err = 0;

	for (unsigned i = 0; i < points->count && err == 0; i++)
		err = autotrust_anchors(&points->items[i].trust, anchors, crypto);
	return err;
}

/* ---- asking -------------------------------------------------------------------------------------------------------- */

uint64_t
trust_points_deadline(const struct trust_points *points, uint64_t now_s)
{
	uint64_t first_s = AUTOTRUST_NEVER;

	for (unsigned i = 0; i < points->count; i++) {
		const uint64_t at_s = autotrust_deadline(&points->items[i].trust, now_s);
		if (at_s < first_s)
			first_s = at_s;
	}
	return first_s;
}

struct trust_point *
trust_points_due(struct trust_points *points, struct rng *rng, uint64_t now_s)
{
	for (unsigned i = 0; i < points->count; i++) {
		struct trust_point *point = &points->items[i];
		if (autotrust_deadline(&point->trust, now_s) > now_s)
			continue;
		autotrust_ask(&point->trust, &points->rules, rng, now_s);
		point->asks = 1;
		return point;
	}
	return NULL;
}

/* ---- hearing --------------------------------------------------------------------------------------------------------- */

static void
write_point(const struct trust_point *point, const struct log *log)
{
	const char *why = "no memory";
	char *text = malloc(AUTOTRUST_TEXT_BYTES_MAX);
	int err = text != NULL ? autotrust_write(&point->trust, text, AUTOTRUST_TEXT_BYTES_MAX) : ERR_NO_MEMORY;

	if (err >= 0)
		err = text_file_replace(point->path, text, (size_t)err, &why);
	else
		why = err_text(err);
	if (err < 0)
		log_error(log, "auto-trust-anchor-file: %s cannot be written: %s; what is known of its keys is lost "
			       "with the next reload or start", point->path, why);
	free(text);
}

static void
tell(const struct trust_point *point, enum autotrust_news news, bool asks_again, const struct log *log)
{
	const struct autotrust *trust = &point->trust;
	char zone[NAME_TEXT_BYTES];

	name_to_text(&trust->zone, zone, sizeof zone);
	switch (news) {
	case AUTOTRUST_NOTHING: log_info(log, "trust anchor %s: no DNSKEY set could be had", zone); break;
	case AUTOTRUST_REFUSED:
		if (!asks_again)
			log_warning(log, "trust anchor %s: no key that is trusted has signed the DNSKEY set; if that stays so, "
					 "%s has to be replaced by hand", zone, point->path);
		break;
	case AUTOTRUST_TAKEN:
		if (trust->has_changed)
			log_notice(log, "trust anchor %s: its keys have changed, see %s", zone, point->path);
		break;
	case AUTOTRUST_OVER:
		log_error(log, "trust anchor %s: all its keys were revoked, the zone is not validated any more; see %s", zone,
			  point->path);
		break;
	}
}

/* Before the first success there is no state to be told yet: the operator's file stays as it is. */
static bool
is_to_be_written(const struct autotrust *trust, enum autotrust_news news)
{
	return news != AUTOTRUST_NOTHING && trust->succeeded_s != 0 && autotrust_is_writable(trust);
}

bool
trust_points_hear(const struct trust_points *points, struct trust_point *point, const struct rrset *set,
		  struct crypto *crypto, struct rng *rng, uint32_t override_s, uint64_t now_s, const struct log *log)
{
	void *block = malloc(SCRATCH_BYTES);
	struct arena scratch;

	arena_init(&scratch, block, block != NULL ? SCRATCH_BYTES : 0);
	const struct autotrust_means means = {
		.rules = &points->rules, .crypto = crypto, .scratch = &scratch, .rng = rng,
		.skew = points->skew,
		.signature_now_s = override_s != 0 ? override_s : (uint32_t)now_s,
	};
	const enum autotrust_news news = autotrust_hear(&point->trust, set, &means, now_s);
	free(block);
	const bool asks_again = news == AUTOTRUST_REFUSED && point->asks < AUTOTRUST_ASKS_MAX;
	point->asks += asks_again;
	tell(point, news, asks_again, log);
	if (is_to_be_written(&point->trust, news))
		write_point(point, log);
	return asks_again;
}

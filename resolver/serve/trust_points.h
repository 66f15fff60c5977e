/*
 * trust_points.h - the trust anchors that update themselves: their files, and which zone is to be asked when
 * (auto-trust-anchor-file, add-holddown, del-holddown, keep-missing, permit-small-holddown; RFC 5011).
 *
 * Read with the rest of the configuration; from then on they belong to one thread, which answers nobody: it has a zone
 * asked for its keys when trust_points_due says so, brings the answer to trust_points_hear, and gives the workers new
 * anchors (trust_anchors_now) when it has changed something.  Each file is replaced as a whole whenever its state has changed.
 * A file that is damaged is refused, with the line and the reason, and the start or the reload with it.
 *
 * Ownership: in the arena given.
 * Units:     seconds since 1970.
 * Errors:    a negative ERR_* and one line in `error`; a file that cannot be written is told to the log, its state goes on.
 * Bounds:    TRUST_POINTS_MAX files, validate/autotrust.h each.
 */
#ifndef CAIRN_RESOLVER_SERVE_TRUST_POINTS_H
#define CAIRN_RESOLVER_SERVE_TRUST_POINTS_H

#include "resolver/serve/config.h"
#include "resolver/validate/autotrust.h"

struct log;

#define TRUST_POINTS_MAX          32u
#define TRUST_POINT_ANCHORS_BYTES (64u * 1024u) /* that the anchors of one take, at most, while they are gathered */

struct trust_point {
	const char *path;
	unsigned line; /* of the configuration */
	unsigned asks; /* one after the other, without a good answer */
	struct autotrust trust;
};

struct trust_points {
	struct trust_point *items;
	unsigned count;
	struct autotrust_rules rules;
	struct verify_skew skew;
};

int trust_points_read(struct trust_points *points, struct arena *arena, const struct config *config,
		      char error[CONFIG_ERROR_BYTES]);
int trust_points_anchors(const struct trust_points *points, struct anchors *anchors, struct crypto *crypto);

/* When one is due; AUTOTRUST_NEVER. */
uint64_t trust_points_deadline(const struct trust_points *points, uint64_t now_s);
/* One whose zone is to be asked for its DNSKEY set now; NULL: none. */
struct trust_point *trust_points_due(struct trust_points *points, struct rng *rng, uint64_t now_s);

/* What came of asking, as for autotrust_hear.  override_s: val-override-date, 0: none.  True: ask the same zone again. */
bool trust_points_hear(const struct trust_points *points, struct trust_point *point, const struct rrset *set,
		       struct crypto *crypto, struct rng *rng, uint32_t override_s, uint64_t now_s, const struct log *log);

#endif

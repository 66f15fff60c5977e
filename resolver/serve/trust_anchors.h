/*
 * trust_anchors.h - what the configuration says about validation: anchors, names that are not validated, the clock
 * (trust-anchor, trust-anchor-file, auto-trust-anchor-file, domain-insecure, val-override-date,
 * val-nsec3-keysize-iterations, module-config).
 *
 * Without any anchor named, conf/root.key as it is built in.  One that nobody here can check (algorithm, digest) is
 * not used, with a warning to the log.
 *
 * Ownership: everything lies in the arena given, but for what trust_anchors_now gives.
 * Errors:    a negative ERR_* and one line in `error` with file, line and reason.
 * Bounds:    those of validate/anchors.h; TRUST_ANCHORS_FILE_BYTES_MAX a file.
 */
#ifndef CAIRN_RESOLVER_SERVE_TRUST_ANCHORS_H
#define CAIRN_RESOLVER_SERVE_TRUST_ANCHORS_H

#include "resolver/serve/config.h"
#include "resolver/serve/trust_points.h"
#include "resolver/validate/anchors.h"
#include "resolver/validate/nta.h"

struct log;

#define TRUST_ANCHORS_FILE_BYTES_MAX (1024u * 1024u)

struct trust_config {
	struct anchors *anchors; /* as they were when the files were read; NULL: nothing is validated */
	struct anchors *fixed;   /* of them those that the configuration names itself */
	struct trust_points points;
	uint32_t override_s;     /* 0: the clock is right; VERIFY_ANY_TIME (validate/rrsig.h) */
	uint16_t nsec3_iterations_max; /* 0: VALIDATE_NSEC3_ITERATIONS_MAX */
};

int trust_anchors_build(struct trust_config *trust, struct arena *arena, const struct config *config,
			const struct log *log, char error[CONFIG_ERROR_BYTES]);
/*
 * The anchors, with what the trust points have come to, and without what a negative anchor takes away (NULL: none): one
 * block for free().  NULL: no memory.
 */
struct anchors *trust_anchors_now(const struct trust_config *trust, const struct nta_list *ntas, struct crypto *crypto);

#endif

/* Whether a set is signed by the keys of its zone (rrsig.h), and by enough of them. */
#include "resolver/iterate/validation_priv.h"

/* Whose signatures of a set count. */
struct vouchers {
	const struct rrset *keys;
	const struct name *zone;
	const struct rrset *ds; /* of the zone's own keys; else NULL */
};

/* By a signature of that algorithm; 0: of any. */
static enum finding
verify_by(struct engine *engine, struct task *task, struct rrset *set, const struct vouchers *by, uint8_t algorithm,
	  struct verify *verify)
{
	verify_begin(verify, set, by->keys, by->zone, by->ds, engine->trust.crypto, &engine->scratch, engine__wall_s(engine));
	verify->algorithm = algorithm;
	verify->skew = engine->config.val_sig_skew;
	switch (check__set(engine, task, verify)) {
	case CHECKED_WAIT:  return FINDING_WAIT;
	case CHECKED_SPENT: return FINDING_SPENT;
	case CHECKED:       break;
	}
	if (!verify->secure)
		return validation__bogus(task, verify->ede, "the signatures do not verify");
	if (set->ttl_s > verify->ttl_s_max)
		set->ttl_s = verify->ttl_s_max;
	return FINDING_SECURE;
}

/*
 * harden-algo-downgrade: whoever can break one algorithm shall not gain by leaving the others away, so every one that the
 * zone's DS set announces has to have signed.  Of signers that is asked (RFC 4035, section 2.2), of validators not (RFC 6840,
 * section 5.11).
 */
static enum finding
verify_by_all(struct engine *engine, struct task *task, struct rrset *set, const struct vouchers *by, struct verify *verify)
{
	uint8_t algorithms[VALIDATE_DS_MAX];
	const struct rrset *ds = by->ds;
	enum finding finding = FINDING_SECURE;

	if (ds == NULL) {
		switch (validation__find_cut(engine, task, by->zone, &ds)) {
		case CUT_WAIT:     return FINDING_WAIT;
		case CUT_SPENT:    return FINDING_SPENT;
		case CUT_BOGUS:    return FINDING_BOGUS;
		case CUT_NONE:
		case CUT_INSECURE: return verify_by(engine, task, set, by, 0, verify);
		case CUT_SECURE:   break;
		}
	}
	const unsigned count = ds_algorithms(engine->trust.crypto, ds, algorithms);
	if (count == 0)
		return validation__bogus(task, EDE_DNSSEC_BOGUS, "no algorithm of the DS set is known");
	for (unsigned i = 0; i < count && finding == FINDING_SECURE; i++) {
		const uint8_t labels = verify->labels;
		finding = verify_by(engine, task, set, by, algorithms[i], verify);
		/* Or whoever can break one would say that no wildcard has made it. */
		if (finding == FINDING_SECURE && i > 0 && verify->labels != labels)
			return validation__bogus(task, EDE_DNSSEC_BOGUS, "signatures do not agree on what made the set");
	}
	if (finding == FINDING_BOGUS && verify->ede == EDE_DNSKEY_MISSING)
		return validation__bogus(task, EDE_DNSSEC_BOGUS, "not signed by every algorithm of the DS set");
	return finding;
}

enum finding
validation__verify(struct engine *engine, struct task *task, struct rrset *set, const struct rrset *keys,
		   const struct name *zone, const struct rrset *ds, struct verify *verify)
{
	const struct vouchers by = { keys, zone, ds };
	const enum finding finding = engine->config.harden_algo_downgrade
					     ? verify_by_all(engine, task, set, &by, verify)
					     : verify_by(engine, task, set, &by, 0, verify);

	if (finding != FINDING_SECURE)
		return finding;
	set->security = SECURITY_SECURE;
	set->trust = TRUST_SECURE;
	return FINDING_SECURE;
}

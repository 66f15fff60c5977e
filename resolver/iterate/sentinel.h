/*
 * sentinel.h - names that tell a client which root keys its resolver trusts (RFC 8509).
 *
 *	root-key-sentinel-is-ta-20326.example.      A secure answer, when the root has a trust anchor with that key tag
 *	root-key-sentinel-not-ta-20326.example.     ... when it has not; else SERVFAIL
 *
 * An address that was found secure is withheld, and nothing else: other types, failures, what nobody has signed or
 * CD asks for unchecked is answered as it is (section 3.1).
 *
 * Pure; the tag is five decimal digits, any other form is a name like others.
 */
#ifndef CAIRN_RESOLVER_ITERATE_SENTINEL_H
#define CAIRN_RESOLVER_ITERATE_SENTINEL_H

#include "resolver/iterate/engine.h"

bool sentinel_withholds(const struct anchors *anchors, const struct engine_question *question, const struct answer *answer);

#endif

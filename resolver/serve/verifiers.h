/*
 * verifiers.h - signatures that are checked beside a worker's loop (iterate/checks.h), by the threads of libuv's pool.
 *
 * The pool is the process's: all workers share its threads, four unless UV_THREADPOOL_SIZE says otherwise, and nobody else
 * in cairnd uses it.  What a thread works on is a place of its own, with a copy of what is checked and with libcrypto's
 * contexts, so it touches nothing that is a worker's.  What came of it is told on the worker's loop.
 *
 * Ownership: verifiers_new allocates, verifiers_free frees, once the loop has ended; so do the octets of a place, which are kept
 *            for the next check.
 * Errors:    NULL: no memory.  verifiers_begin false: no place or no memory; whoever asks checks the signature himself.
 * Bounds:    VERIFIERS_MAX checks; of each the octets are those of a set, which the engine's scratch arena bounds.  So the pool's
 *            queue has VERIFIERS_MAX of each worker at most, whoever causes them: of the dearest ones (checks.h) 64 workers
 *            could keep four threads busy for 0.14 s.  Who is in line, and in which, is the engine's to say.
 */
#ifndef CAIRN_RESOLVER_SERVE_VERIFIERS_H
#define CAIRN_RESOLVER_SERVE_VERIFIERS_H

#include <uv.h>

#include "resolver/iterate/engine.h"

#define VERIFIERS_MAX     8u   /* checks of one worker at once: twice the threads, so that none of these waits for the loop */
#define VERIFIERS_TURN_US 500u /* a turn of the loop is held up by signatures that are checked there: five of P-256 */

struct verifiers;

typedef void verifiers_done_cb(void *data, engine_query check, enum crypto_result result);

struct verifiers *verifiers_new(uv_loop_t *loop, verifiers_done_cb *on_done, void *data);
/* What an engine with such a driver is to know. */
void verifiers_configure(struct engine_config *config);
bool verifiers_begin(struct verifiers *verifiers, engine_query check, const struct verify_job *job);
/* From here on nobody is told; the loop ends when the checks have that a thread works on, the others are given up. */
void verifiers_close(struct verifiers *verifiers);
void verifiers_free(struct verifiers *verifiers);

#endif

#include "resolver/serve/verifiers.h"

#include <stdlib.h>
#include <string.h>

/* The pool's while a check is under way, the loop's at all other times. */
struct place {
	uv_work_t work;
	struct verifiers *verifiers;
	struct place *next_free;
	bool is_busy;
	struct crypto *crypto;
	uint8_t *octets;
	size_t octets_max;
	engine_query check;
	struct verify_job job; /* in octets */
	enum crypto_result result;
};

struct verifiers {
	uv_loop_t *loop;
	verifiers_done_cb *on_done;
	void *data;
	bool is_closing;
	struct place *free;
	struct place places[VERIFIERS_MAX];
};

struct verifiers *
verifiers_new(uv_loop_t *loop, verifiers_done_cb *on_done, void *data)
{
	struct verifiers *verifiers = calloc(1, sizeof *verifiers);

	if (verifiers == NULL)
		return NULL;
	verifiers->loop = loop;
	verifiers->on_done = on_done;
	verifiers->data = data;
	for (unsigned i = 0; i < VERIFIERS_MAX; i++) {
		struct place *place = &verifiers->places[i];
		place->verifiers = verifiers;
		place->next_free = verifiers->free;
		verifiers->free = place;
		place->crypto = crypto_new();
		if (place->crypto == NULL) {
			verifiers_free(verifiers);
			return NULL;
		}
	}
	return verifiers;
}

void
verifiers_configure(struct engine_config *config)
{
	config->checks_at_once = VERIFIERS_MAX;
	config->checks_turn_us = VERIFIERS_TURN_US;
}

/* ---- a check ------------------------------------------------------------------------------------------------ */

static bool
make_room(struct place *place, size_t size)
{
	if (size <= place->octets_max)
		return true;
	uint8_t *octets = realloc(place->octets, size);
	if (octets == NULL)
		return false;
	place->octets = octets;
	place->octets_max = size;
	return true;
}

static struct crypto_span
copy(uint8_t **at, struct crypto_span span)
{
	uint8_t *begin = *at;

	memcpy(begin, span.bytes, span.size);
	*at += span.size;
	return (struct crypto_span){ begin, span.size };
}

static void
on_work(uv_work_t *work)
{
	struct place *place = work->data;
	const struct verify_job *job = &place->job;

	place->result = crypto_verify(place->crypto, job->algorithm, job->key, job->signed_data, job->signature);
}

static void
on_worked(uv_work_t *work, int status)
{
	struct place *place = work->data;
	struct verifiers *verifiers = place->verifiers;

	place->is_busy = false;
	place->next_free = verifiers->free;
	verifiers->free = place;
	if (status == 0 && !verifiers->is_closing)
		verifiers->on_done(verifiers->data, place->check, place->result);
}

bool
verifiers_begin(struct verifiers *verifiers, engine_query check, const struct verify_job *job)
{
	struct place *place = verifiers->free;

	if (place == NULL || !make_room(place, job->key.size + job->signed_data.size + job->signature.size))
		return false;
	uint8_t *at = place->octets;
	place->check = check;
	place->job = (struct verify_job){
		.algorithm = job->algorithm,
		.key = copy(&at, job->key),
		.signed_data = copy(&at, job->signed_data),
		.signature = copy(&at, job->signature),
	};
	place->work.data = place;
	if (uv_queue_work(verifiers->loop, &place->work, on_work, on_worked) != 0)
		return false;
	verifiers->free = place->next_free;
	place->is_busy = true;
	return true;
}

/* ---- the end -------------------------------------------------------------------------------------------------- */

void
verifiers_close(struct verifiers *verifiers)
{
	verifiers->is_closing = true;
	for (unsigned i = 0; i < VERIFIERS_MAX; i++)
		if (verifiers->places[i].is_busy)
			(void)uv_cancel((uv_req_t *)&verifiers->places[i].work); /* fails where a thread is at it */
}

void
verifiers_free(struct verifiers *verifiers)
{
	if (verifiers == NULL)
		return;
	for (unsigned i = 0; i < VERIFIERS_MAX; i++) {
		crypto_free(verifiers->places[i].crypto);
		free(verifiers->places[i].octets);
	}
	free(verifiers);
}

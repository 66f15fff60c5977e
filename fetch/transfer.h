/*
 * transfer.h - one URL of the command line from its text to its result: requests, redirects, retries, resuming.
 *
 * A transfer makes attempts. An attempt takes a connection, sends a request and receives a response; it ends in
 * content, in a redirect, or in a failure, and then the transfer either makes another or is over. Redirects are
 * attempts at another URL; retries begin again what failed, and go on behind what a part file has (RFC 9110,
 * section 13.1.5, If-Range), so that two versions are never joined.
 *
 * Ownership: transfer_start allocates, transfer_free frees, also while it is under way. The job's texts and
 *            settings stay the caller's. Facts are lent as long as the transfer lives.
 * Units:     microseconds of net_now_us; 0: has not happened.
 * Errors:    facts->failure, in words; the cause is FAILURE_NONE when the content is whole.
 * Bounds:    settings; a redirect's URL as long as a header line may be (head.h); retry.h for the waits between retries.
 */
#ifndef CAIRN_FETCH_TRANSFER_H
#define CAIRN_FETCH_TRANSFER_H

#include <stdbool.h>
#include <stdint.h>

#include "fetch/client.h"
#include "fetch/failure.h"
#include "fetch/head.h"
#include "fetch/settings.h"
#include "fetch/stream.h"

#define TRANSFER_URL_BYTES   (1u << 20)   /* an arena for a URL and the request to it */

struct transfer;

struct transfer_job {
	struct client_group *group;
	const char *url;                   /* as it was given */
	const struct setting_item *output; /* -o, -O; NULL: standard output, or as names_all says */
	const char *upload;                /* -T; NULL: none */
	unsigned number;                   /* of the URL in this run, from 0 */
};

struct transfer_facts {
	const struct transfer_job *job;
	struct failure failure;
	struct span url; /* of the last attempt, as it was parsed */
	struct span method;
	struct span redirect_url; /* where a redirect led that was not followed; empty: nowhere */
	const struct head *head;  /* of the last response; NULL: none */
	const char *path;         /* of the file; NULL: none */
	unsigned redirect_count, retry_count, connect_count;
	uint64_t head_bytes, request_bytes, uploaded_bytes;
	uint64_t content_bytes; /* received by this transfer, decoded */
	uint64_t kept_bytes;    /* of a part file, before it */
	uint64_t total_bytes;   /* of the content, with what was kept; 0: not known */

	uint64_t start_us;   /* of the transfer */
	uint64_t attempt_us; /* of the last attempt */
	uint64_t setup_us;   /* what it needed first was there: the TLS library and its roots; 0: nothing was needed */
	uint64_t sent_us;    /* its request's head was sent */
	uint64_t first_us;   /* its first octet came */
	uint64_t limit_us, write_us, loss_us; /* behind it: held up by --limit-rate, by the output, by losses */
	uint64_t end_us;
	struct stream_facts stream; /* of the last connection */
	bool is_over;
};

typedef void (*transfer_done_cb)(void *data, struct transfer *transfer);

/* on_done comes from the loop. NULL: no memory. */
struct transfer *transfer_start(struct client *client, const struct transfer_job *job,
				transfer_done_cb on_done, void *data);
void transfer_free(struct transfer *transfer); /* NULL is nothing */

const struct transfer_facts *transfer_facts(const struct transfer *transfer);

#endif

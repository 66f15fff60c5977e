/*
 * transfer_priv.h - a transfer's inside, shared by its files.
 *
 *	transfer.c           attempts, one after the other: redirects, retries, the end
 *	transfer_dial.c      the connection of an attempt
 *	transfer_url.c       the URL of the command line, and where a redirect leads
 *	transfer_request.c   settings to a request
 *	transfer_login.c     credentials and cookies
 *	transfer_proxy.c     through whom
 *	transfer_send.c      the request, octet by octet
 *	transfer_exchange.c  octets between the stream, the request and the response
 *	transfer_pace.c      --limit-rate, and what is too slow
 *	transfer_head.c      what a head means: content, redirect, retry, failure
 *	transfer_range.c     which octets are asked for, and what those that come are of the whole
 *	transfer_checksum.c  its digest, as the user or the server has told it
 *	transfer_file.c      where content goes
 *	transfer_known.c     what is there already, where the whole comes
 *	transfer_journey.c   what is told about all that
 *
 * One rule keeps it safe to read: whatever ends an attempt calls transfer__attempt_over or
 * transfer__fail as its last act, since both may begin the next attempt.
 */
#ifndef CAIRN_FETCH_TRANSFER_PRIV_H
#define CAIRN_FETCH_TRANSFER_PRIV_H

#include "fetch/body.h"
#include "fetch/decode_libraries.h"
#include "fetch/dial.h"
#include "fetch/digest_field.h"
#include "fetch/hasher.h"
#include "fetch/http_date.h"
#include "fetch/output.h"
#include "fetch/proxy.h"
#include "fetch/range.h"
#include "fetch/request.h"
#include "fetch/response.h"
#include "fetch/transfer.h"
#include "fetch/url.h"

#define TRANSFER_ETAG_BYTES 1024u
#define TRANSFER_HEAD_BYTES (64u * 1024u) /* of a request */
#define TRANSFER_LOGIN_BYTES 4096u
#define TRANSFER_RESTS_MAX 1000u          /* parts that a server gives of what was asked for at once */
#define TRANSFER_TURN_BYTES (1u << 20)    /* received in one turn; then the others have theirs */

enum transfer_state {
	TRANSFER_NEW,
	TRANSFER_DIALING,
	TRANSFER_EXCHANGING, /* the request goes out, the response comes in */
	TRANSFER_WAITING,    /* for the time of the next retry, or for the hash of what is there */
	TRANSFER_OVER,
};

/* What the attempt leads to, decided by the final head. */
enum transfer_next {
	NEXT_CONTENT,  /* its content is the transfer's */
	NEXT_KEPT,     /* what was kept is already all of it */
	NEXT_NOTHING,  /* the head is the result, and there is no content to keep */
	NEXT_REDIRECT, /* to `location` */
	NEXT_RETRY,
	NEXT_WHOLE,   /* once more, without the range */
	NEXT_REST,    /* once more, for what lies behind a part that ended early */
	NEXT_UNASKED, /* once more, without Expect */
	NEXT_LOGIN,   /* once more, with what the challenge asks for */
	NEXT_FAILURE, /* `failure` says why; its content is of no use */
};

enum transfer_range {
	RANGE_NONE,
	RANGE_RESUME, /* behind the part file, with If-Range */
	RANGE_OFFSET, /* -C OFFSET: the user vouches for what is there */
	RANGE_ASKED,  /* -r, or a Range of the user's own */
	RANGE_REST,   /* behind a part that came, with If-Range */
};

struct transfer {
	struct client *client;
	struct transfer_job job;
	const struct settings *settings;
	transfer_done_cb on_done;
	void *data;

	enum transfer_state state;
	enum transfer_next next;
	struct transfer_facts facts;
	struct failure failure; /* of the attempt */

	/* The URL and the request to it; a redirect's are made in the other arena. */
	struct arena arenas[2];
	unsigned arena_at;
	struct url url;
	uint64_t origin; /* of the URL that was given, without its login: what a part file is of (output.h) */
	struct span method, location;
	bool is_upgraded; /* http was made https (HSTS) */
	bool is_foreign; /* redirected to another origin: logins and the user's fields stay behind */
	bool is_get;     /* a redirect has made it a GET without a body */
	uint64_t retry_after_us;

	char authorization[TRANSFER_LOGIN_BYTES]; /* the field, for this URL */
	size_t authorization_bytes;
	unsigned login_count; /* challenges answered at this URL */

	struct proxy proxy; /* of this attempt */
	struct dial *dial;
	struct stream *stream;
	char *tls_chain; /* in the facts, which outlive the stream; NULL: none */
	struct transfer_ftp *ftp; /* NULL: the stream speaks HTTP */
	char place[POOL_PLACE_BYTES]; /* of connections that could serve; empty: of none */
	bool is_reused, wants_new_connection;
	uint64_t ports_since_us; /* waiting for a local port since; 0: it is not */
	struct response *response;
	bool has_response; /* initialised */

	char condition[HTTP_DATE_BYTES];
	char etag[TRANSFER_ETAG_BYTES]; /* of the content, for --etag-save; empty: none, or too long */
	char accept_encoding[DECODE_ACCEPT_BYTES];
	char *head; /* the request's, then pieces of its body: what is to be sent next, TRANSFER_HEAD_BYTES */
	size_t head_bytes, head_sent;
	struct body body;
	bool is_chunked, is_body_over;
	bool is_expecting, is_expect_refused; /* Expect: 100-continue (RFC 9110, section 10.1.1) */
	bool is_complete, is_attempt_over, has_received;

	int local; /* the file that is read, of a file: URL; -1: none */

	struct output output;
	bool has_output;     /* open */
	bool is_given_out;   /* something of the content, to whom it cannot be taken back from */
	bool is_remote_name; /* -O, and perhaps -J */
	int64_t modified_s;  /* for -R; -1: not known */
	bool is_raw;         /* -o - */
	bool has_dumped;     /* a head, to -D's file */
	uint64_t drained_bytes;
	struct hasher hasher;
	bool is_hashing;
	uint64_t hash_kept_bytes; /* of what is hashed, so much was in the file before */
	uint64_t hash_gap_bytes;  /* between that and the rest, in the file */
	uint64_t hashed_bytes, to_hash_bytes;
	struct digest digest;    /* that the content must have, when it is hashed */
	const char *digest_from; /* who says so: an option or a field; NULL: nobody */
	char path[OUTPUT_PATH_BYTES]; /* empty: standard output */
	enum transfer_range range;
	uint64_t range_first;                   /* of what is asked for; 0 with RANGE_ASKED */
	struct span asked_text;                 /* with RANGE_ASKED: as the user wrote it, without the unit */
	struct range asked;                     /* what that is as a whole */
	bool has_asked;                         /* false: several ranges */
	unsigned rest_count;                    /* of parts that ended early */
	uint64_t whole_bytes;                   /* of the version that is gone on from; 0: nobody has said */
	struct content_range part;              /* of a 206 that is taken */
	bool has_part;
	int known;                              /* the file whose beginning is compared; -1: none */
	uint64_t known_left;                    /* of it */
	uint64_t compared_bytes;                /* with it, in all attempts */
	bool is_range_refused;                  /* the whole is asked for from now on */
	char validator[OUTPUT_VALIDATOR_BYTES]; /* of what was kept */
	char coding[OUTPUT_CODING_BYTES];       /* and its Content-Encoding */

	uint32_t number; /* of this transfer among those of the run, from 1: the journey's request */
	uint32_t told; /* the event of the journey told last; 0: none */
	struct net_timer turn, deadline, speed, body_due;
	struct soon_call soon;
	bool is_timed; /* the deadline is set: for this attempt and the redirects after it */
	uint64_t held_since_us; /* nothing is read since then, for --limit-rate; 0: it is */
	uint64_t hole_before_us; /* of the connection, when it was taken */
	uint64_t pace_start_us, pace_bytes; /* --limit-rate: since then, so many */
	uint64_t speed_bytes, slow_since_us;
};

/* transfer.c */
void transfer__local_over(struct transfer *transfer, bool is_whole);
bool transfer__can_retry(const struct transfer *transfer);
void transfer__attempt_over(struct transfer *transfer);
void transfer__fail(struct transfer *transfer, const struct failure *failure);

/* transfer_dial.c */
void transfer__note_stream(struct transfer *transfer, const struct stream *stream); /* into the facts */
struct stream *transfer__kept_stream(struct transfer *transfer); /* NULL: none */
void transfer__dial(struct transfer *transfer, dial_done_cb on_dialed); /* or it fails */

/* transfer_url.c: 0, or -1 and transfer->failure. */
int transfer__read_url(struct transfer *transfer);
int transfer__follow(struct transfer *transfer); /* to transfer->location */

/* transfer_request.c: into transfer->head; 0, or -1 and transfer->failure. */
int transfer__open_body(struct transfer *transfer);
int transfer__write_request(struct transfer *transfer);

/* transfer_proxy.c: 0, or -1 and transfer->failure. */
int transfer__choose_proxy(struct transfer *transfer);
bool transfer__asks_proxy(const struct transfer *transfer); /* the request itself goes to it */
int transfer__set_proxy_login(struct transfer *transfer, struct request *request, struct arena *arena);

/* transfer_login.c: false: transfer->failure. */
bool transfer__set_login(struct transfer *transfer, struct request *request, struct arena *arena);
bool transfer__set_cookies(struct transfer *transfer, struct request *request, struct arena *arena);
/* True: there is an answer, for another attempt. */
bool transfer__answer_challenge(struct transfer *transfer, const struct head *head);
void transfer__take_cookies(struct transfer *transfer, const struct head *head);

/* transfer_send.c */
/* 0: all is sent, or the stream is full; else its error, or -1 and transfer->failure. */
ssize_t transfer__send(struct transfer *transfer);

/* transfer_exchange.c */
bool transfer__is_sent(const struct transfer *transfer);
void transfer__exchange(struct transfer *transfer, struct stream *stream);
void transfer__pump(struct transfer *transfer);

/* transfer_head.c: 0, or -1 and transfer->failure. */
int transfer__on_interim(struct transfer *transfer, const struct head *head);
int transfer__on_head(struct transfer *transfer, const struct response_event *event);
int transfer__on_data(struct transfer *transfer, struct span data);

/* transfer_range.c: 0, or -1 and transfer->failure. */
void transfer__choose_range(struct transfer *transfer);
/* The ranges that a line of -H asks for, which then is not sent as it stands; `at` NULL: it is none of octets. */
struct span transfer__range_of_line(const char *line);
uint64_t transfer__offset(const struct transfer *transfer); /* -C OFFSET: what the file keeps, whatever comes */
bool transfer__can_go_on(const struct transfer *transfer); /* after a failure: a retry makes what was given out whole */
enum transfer_next transfer__decide_range(struct transfer *transfer, const struct head *head); /* 2xx, 416 */
/* Its Content-Encoding, in small letters and without identity; false: too long. */
bool transfer__read_coding(const struct head *head, char coding[OUTPUT_CODING_BYTES]);
int transfer__check_part_length(struct transfer *transfer, const struct framing *framing);
int transfer__check_part_data(struct transfer *transfer);
int transfer__check_part(struct transfer *transfer); /* the response is complete: is the part what it was said to be? */

/* transfer_journey.c */
void transfer__tell_url(struct transfer *transfer);
void transfer__tell_redirect(struct transfer *transfer);
void transfer__tell_retry(struct transfer *transfer, const char *why, uint64_t wait_us);
void transfer__tell_connection(struct transfer *transfer);
void transfer__tell_dial(struct transfer *transfer); /* that has failed: how far it came */
void transfer__tell_request(struct transfer *transfer);
void transfer__tell_head(struct transfer *transfer, const struct response_event *event);
void transfer__tell_proxy(struct transfer *transfer);
void transfer__tell_interim(struct transfer *transfer, const struct head *head);
void transfer__tell_trailers(struct transfer *transfer, const struct fields *trailers);
void transfer__tell_digest(struct transfer *transfer);
void transfer__tell_file(struct transfer *transfer);
void transfer__tell_end(struct transfer *transfer); /* facts are as they will stay */

/* transfer_file.c: 0, or -1 and transfer->failure. */
int transfer__set_path(struct transfer *transfer, struct span name);
int transfer__name_file(struct transfer *transfer);
void transfer__find_part(const struct transfer *transfer, struct output_part *part);
int transfer__open_output(struct transfer *transfer, uint64_t keep_bytes, const char *validator);
int transfer__write_head(struct transfer *transfer, const struct head *head);
int transfer__finish_output(struct transfer *transfer);

/* transfer_pace.c */
void transfer__watch_speed(struct transfer *transfer);
void transfer__pace_begin(struct transfer *transfer);
/* Octets that --limit-rate lets in now; 0: `again` is called when there are some. */
size_t transfer__allowed(struct transfer *transfer, size_t wanted, void (*again)(void *transfer));
void transfer__paced(struct transfer *transfer, size_t bytes); /* so many have come */

/* transfer_ftp.c */
void transfer__begin_ftp(struct transfer *transfer, struct stream *stream);
void transfer__close_ftp(struct transfer *transfer);

/* transfer_known.c */
bool transfer__know_beginning(struct transfer *transfer); /* false: there is no file that has so much */
void transfer__forget_known(struct transfer *transfer);
/* *data gets what is behind it; -1 and transfer->failure: it is another file. */
int transfer__skip_known(struct transfer *transfer, struct span *data);

/* transfer_local.c: the whole transfer of a file: or data: URL; ends with transfer__local_over. */
bool transfer__is_local(const struct transfer *transfer);
void transfer__read_local(struct transfer *transfer);

/* transfer_checksum.c: 0, or -1 and transfer->failure. */
int transfer__begin_checksum(struct transfer *transfer, uint64_t keep_bytes);
int transfer__add_checksum(struct transfer *transfer, struct span data);
int transfer__catch_up_checksum(struct transfer *transfer); /* 1: there is more, for another turn */
int transfer__check_checksum(struct transfer *transfer);    /* when there is none */

/* ---- transfer_etag.c ---- */
void transfer__set_etag(struct transfer *transfer, struct request *request, struct arena *arena);
void transfer__note_etag(struct transfer *transfer, const struct head *head);
int transfer__save_etag(struct transfer *transfer);

#endif

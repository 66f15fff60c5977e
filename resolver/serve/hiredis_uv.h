/*
 * hiredis_uv.h - lets hiredis read and write when libuv says so.
 *
 * In place of the header that hiredis has for it, which takes no notice of a connection that is refused.  And what hiredis takes on
 * trust is looked at: a server that speaks unasked, which would fail an assertion there, or whose answer is larger than any
 * could be, is cut off.
 */
#ifndef CAIRN_RESOLVER_SERVE_HIREDIS_UV_H
#define CAIRN_RESOLVER_SERVE_HIREDIS_UV_H

#include <hiredis/async.h>
#include <stdbool.h>
#include <uv.h>

/* Of one answer. */
struct hiredis_uv_limits {
	size_t bytes_max;
	unsigned elements_max; /* of an array, which holds no others */
};

/* For a context that is new; it lets go by itself when that is freed. 0, or one of libuv's codes. */
int hiredis_uv_attach(redisAsyncContext *context, uv_loop_t *loop, const struct hiredis_uv_limits *limits);
/* In a reply's callback: whether the server has said more already than it was asked for, when nothing else is waited for. */
bool hiredis_uv_has_more(const redisAsyncContext *context);

#endif

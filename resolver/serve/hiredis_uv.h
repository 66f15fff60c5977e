/*
 * hiredis_uv.h - lets hiredis read and write when libuv says so.
 *
 * In place of the header that hiredis has for it, which takes no notice of a connection that is refused.
 */
#ifndef CAIRN_RESOLVER_SERVE_HIREDIS_UV_H
#define CAIRN_RESOLVER_SERVE_HIREDIS_UV_H

#include <hiredis/async.h>
#include <uv.h>

/* For a context that is new; it lets go by itself when that is freed. 0, or one of libuv's codes. */
int hiredis_uv_attach(redisAsyncContext *context, uv_loop_t *loop);

#endif

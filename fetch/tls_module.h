/*
 * tls_module.h - what tls.c finds in the module that knows OpenSSL.
 *
 * The module is built from tls_chain.c, tls_context.c, tls_pin.c, tls_roots.c, tls_stream.c and tls_words.c, and exports one symbol, TLS_MODULE_SYMBOL.
 */
#ifndef CAIRN_FETCH_TLS_MODULE_H
#define CAIRN_FETCH_TLS_MODULE_H

#include "fetch/tls.h"

#define TLS_MODULE_FILE   "libcairn-fetch-tls.so"
#define TLS_MODULE_SYMBOL "cairn_fetch_tls"

struct tls_context;

/* How the module's streams begin. */
struct tls_stream_head {
	struct stream stream;
	enum tls_state state;
};

struct tls_module {
	int (*context_new)(struct tls_context **context, const struct tls_options *options, struct failure *failure);
	void (*context_free)(struct tls_context *context);
	int (*open)(struct tls_context *context, struct stream *under, const char *host, uint16_t port, const char *alpn,
	            struct stream **stream, struct failure *failure);
};

extern const struct tls_module cairn_fetch_tls;

#endif

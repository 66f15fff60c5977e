/*
 * http2_pair.h - a connection of HTTP/2 in memory: the stream under test on one side, a server of nghttp2 on the other.
 */
#ifndef CAIRN_TESTS_FETCH_HTTP2_PAIR_H
#define CAIRN_TESTS_FETCH_HTTP2_PAIR_H

#include <nghttp2/nghttp2.h>

#include "fetch/http2.h"

#define HTTP2_PAIR_BYTES (4u << 20)

struct http2_pipe {
	size_t begin, end;
	uint8_t octets[HTTP2_PAIR_BYTES];
};

struct http2_pair {
	struct stream under; /* first: what http2_open is given; its facts are all zero */
	struct stream_facts facts;
	struct http2_pipe to_server, to_client;
	size_t piece;   /* octets that one read or write moves at most; 0: all */
	bool has_ended; /* the server has closed */
	bool is_closed; /* the client has */
	struct stream *client;

	nghttp2_session *server;
	int32_t id; /* of the last request */
	unsigned request_count;
	bool is_request_over;
	char fields[4096]; /* of the last request, a line each */
	size_t upload_bytes;
	char upload[1u << 20];
};

void http2_pair_open(struct http2_pair *pair, size_t piece);
void http2_pair_close(struct http2_pair *pair);
/* Lets the server read what came and write what it has to say. */
void http2_pair_serve(struct http2_pair *pair);

#endif

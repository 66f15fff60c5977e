/*
 * decode_libraries.h - br and zstd for decode.h, by libraries that are opened when a reply needs them (shell).
 *
 * zstd windows are bounded by RFC 9659 (8 MiB), those of br by RFC 7932 (16 MiB); the libraries take that memory by
 * themselves and give it back in decode_fini.
 * Errors:    ERR_UNSUPPORTED when the library is not installed; the failure names it.
 */
#ifndef CAIRN_FETCH_DECODE_LIBRARIES_H
#define CAIRN_FETCH_DECODE_LIBRARIES_H

#include "fetch/decode.h"

extern const struct decoder_ops decode_br, decode_zstd;
extern const struct decode_libraries decode_libraries;

/* For Accept-Encoding: what is installed is offered, "gzip, deflate, br, zstd". */
#define DECODE_ACCEPT_BYTES 32u
void decode_accept_encoding(char text[DECODE_ACCEPT_BYTES]);

/* Opens one of these; NULL, and a failure that names the coding and the library, when it is not there. */
void *decode__library(const char *file, enum coding coding, struct failure *failure);

#endif

/*
 * hsts.h - hosts that are to be asked over https only (RFC 6797).
 *
 * A host is learnt from Strict-Transport-Security over https without certificate errors, and kept in curl's file format:
 * `example.org "20271231 23:59:59"`, with a leading dot when subdomains are meant too.
 *
 * Ownership: the store copies host names.
 * Units:     seconds since 1970.
 * Errors:    ERR_MALFORMED, ERR_FULL.
 * Bounds:    HSTS_HOSTS_MAX hosts; when the store is full, the one that expires first makes room.
 */
#ifndef CAIRN_FETCH_HSTS_H
#define CAIRN_FETCH_HSTS_H

#include "fetch/span.h"
#include "stack/base/cursor.h"

#define HSTS_HOSTS_MAX      1000u
#define HSTS_HOST_BYTES_MAX 255u
#define HSTS_AGE_S_MAX      (10 * INT64_C(31556952)) /* what is longer counts as this */

struct hsts_host {
	int64_t expiry_s;
	bool has_subdomains;
	uint8_t host_bytes;
	char host[HSTS_HOST_BYTES_MAX]; /* lower case, without a final dot */
};

struct hsts {
	unsigned count;
	struct hsts_host hosts[HSTS_HOSTS_MAX];
};

void hsts_init(struct hsts *hsts);
/* The field's value, of a response over https from a host that is no address (section 8.1). */
int hsts_receive(struct hsts *hsts, struct span host, struct span value, int64_t now_s);
/* http to this host becomes https (section 8.3). */
bool hsts_is_known(const struct hsts *hsts, struct span host, int64_t now_s);

unsigned hsts_file_read(struct hsts *hsts, struct span text, int64_t now_s); /* lines skipped */
int hsts_file_write(const struct hsts *hsts, int64_t now_s, struct writer *out);

#endif

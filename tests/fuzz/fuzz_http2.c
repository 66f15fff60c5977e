/*
 * Any octets as a server's side of an HTTP/2 connection: the text that comes out is read by the core, and a message is whole
 * or has failed, never both.  The first octet is the size of the pieces.
 */
#include <stdlib.h>
#include <string.h>

#include "fetch/response.h"
#include "tests/fetch/http2_pair.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static struct http2_pair pair;
static struct response response;

static void
check(bool holds)
{
	if (!holds)
		abort();
}

static void
take_events(bool *is_complete, bool *has_failed)
{
	struct response_event event;
	while (response_next(&response, &event)) {
		*is_complete |= event.kind == RESPONSE_COMPLETE;
		*has_failed |= event.kind == RESPONSE_FAILED;
	}
	check(!*is_complete || !*has_failed);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static const char request[] = "GET / HTTP/1.1\r\nHost: a.example\r\n\r\n";
	struct response_options options = { .is_http2 = true };
	bool is_complete = false, has_failed = false;
	char octets[3000];
	ssize_t got;
	if (size < 1 || size > sizeof pair.to_client.octets)
		return 0;
	http2_pair_open(&pair, bytes[0]);
	memcpy(pair.to_client.octets, bytes + 1, size - 1);
	pair.to_client.end = size - 1;
	pair.has_ended = true;
	response_init(&response, &options);
	(void)stream_write(pair.client, request, sizeof request - 1);
	while ((got = stream_read(pair.client, octets, sizeof octets)) > 0) {
		for (size_t at = 0; at < (size_t)got;) {
			at += response_receive(&response, octets + at, (size_t)got - at);
			take_events(&is_complete, &has_failed);
		}
	}
	check(got != -EAGAIN); /* the connection has ended: so has the message */
	check(got == 0 || pair.client->failure.cause != FAILURE_NONE);
	if (!is_complete && !has_failed) {
		response_end(&response, got == 0 && pair.client->is_clean_end);
		take_events(&is_complete, &has_failed);
		check(is_complete || has_failed);
	}
	response_fini(&response);
	http2_pair_close(&pair);
	return 0;
}

/*
 * Any octets as the values of fields and small files that are parsed: challenges, Content-Disposition, dates, HSTS,
 * Retry-After, netrc, a line of -H.  What is accepted keeps its promises.
 */
#include <stdlib.h>

#include "fetch/auth.h"
#include "fetch/disposition.h"
#include "fetch/hsts.h"
#include "fetch/http_date.h"
#include "fetch/netrc.h"
#include "fetch/request.h"
#include "fetch/retry.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

#define NOW_S INT64_C(1790000000)

static void
check(bool holds)
{
	if (!holds)
		abort();
}

/* Any hash will do: what is tested is the text around it. */
static int
zero_hash(void *data, enum auth_hash_kind kind, const struct span *parts, size_t count,
	  uint8_t hash[AUTH_HASH_BYTES_MAX])
{
	(void)data, (void)kind, (void)parts, (void)count;
	memset(hash, 0, 16);
	return 16;
}

static void
challenges(struct span value)
{
	static const struct auth_hash_ops hashes = { .hash = zero_hash };
	struct field field = { SPAN("A"), value };
	struct fields fields = { &field, 1 };
	struct auth_challenge challenge;
	struct auth_digest digest = { SPAN("u\xc3\xa4"), SPAN("p"), SPAN("GET"),
				      SPAN("/"),         SPAN("c"), 1 };
	char text[8192];
	struct writer out = writer_over(text, sizeof text);
	if (auth_choose(&fields, "A", AUTH_SCHEME_DIGEST, &challenge) == 0 &&
	    auth_digest_write(&challenge, &digest, &hashes, &out) == 0)
		check(!field_is_value(value) || field_is_value(span_of(text, out.pos)));
}

static void
names(struct span value)
{
	char name[FILE_NAME_BYTES_MAX + 1];
	if (disposition_file_name(value, name) == 0)
		check(name[0] != '\0' && name[0] != '.' && name[0] != '-' &&
		      strchr(name, '/') == NULL);
	if (file_name_safe(value, name) == 0)
		check(name[0] != '\0' && name[0] != '.' && name[0] != '-' &&
		      strchr(name, '/') == NULL);
}

static void
dates(struct span value)
{
	int64_t time_s, again_s;
	uint64_t wait_us;
	char text[HTTP_DATE_BYTES];
	(void)retry_after_read(value, NOW_S, &wait_us);
	if (http_date_read(value, NOW_S, &time_s) != 0)
		return;
	http_date_write(time_s, text);
	check(http_date_read(span_from_text(text), NOW_S, &again_s) == 0 && again_s == time_s);
}

static void
files(struct span text)
{
	static struct hsts hsts;
	struct netrc_login login;
	hsts_init(&hsts);
	(void)hsts_receive(&hsts, SPAN("a.example"), text, NOW_S);
	(void)hsts_file_read(&hsts, text, NOW_S);
	check(hsts.count <= HSTS_HOSTS_MAX);
	(void)netrc_find(text, SPAN("a.example"), SPAN(""), &login);
}

static void
header(struct span line)
{
	static struct request request;
	struct failure failure;
	char text[16384];
	struct writer out = writer_over(text, sizeof text);
	request_init(&request, SPAN("GET"), SPAN("/"), SPAN("a.example"));
	if (request_header(&request, line, &failure) != 0 ||
	    request_write(&request, &out, &failure) != 0)
		return;
	for (size_t i = 1; i < out.pos; i++) /* CR only before LF, LF only after CR */
		check((text[i - 1] == '\r') == (text[i] == '\n'));
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct span text = span_of(bytes, size);
	challenges(text);
	names(text);
	dates(text);
	files(text);
	header(text);
	return 0;
}

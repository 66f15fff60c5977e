#include "fetch/hsts.h"

#include <stdio.h>

#include "fetch/field.h"
#include "fetch/http_date.h"

void
hsts_init(struct hsts *hsts)
{
	hsts->count = 0;
}

static struct span
without_final_dot(struct span host)
{
	return span_ends(host, SPAN(".")) ? span_first(host, host.bytes - 1) : host;
}

static struct span
name_of(const struct hsts_host *host)
{
	return span_of(host->host, host->host_bytes);
}

static struct hsts_host *
find(struct hsts *hsts, struct span host)
{
	for (unsigned i = 0; i < hsts->count; i++) {
		if (span_equals_nocase(name_of(&hsts->hosts[i]), host))
			return &hsts->hosts[i];
	}
	return NULL;
}

/* A place for one more: a free one, or that of the host that would go first. */
static struct hsts_host *
make_room(struct hsts *hsts)
{
	if (hsts->count < HSTS_HOSTS_MAX)
		return &hsts->hosts[hsts->count++];
	struct hsts_host *first = &hsts->hosts[0];
	for (unsigned i = 1; i < hsts->count; i++) {
		if (hsts->hosts[i].expiry_s < first->expiry_s)
			first = &hsts->hosts[i];
	}
	return first;
}

static int
put(struct hsts *hsts, struct span host, int64_t expiry_s, bool has_subdomains)
{
	struct hsts_host *place = find(hsts, host);
	if (host.bytes == 0 || host.bytes > HSTS_HOST_BYTES_MAX)
		return ERR_MALFORMED;
	if (place == NULL)
		place = make_room(hsts);
	place->expiry_s = expiry_s;
	place->has_subdomains = has_subdomains;
	place->host_bytes = (uint8_t)host.bytes;
	for (size_t i = 0; i < host.bytes; i++)
		place->host[i] = span_lower(host.at[i]);
	return 0;
}

static void
forget(struct hsts *hsts, struct span host)
{
	struct hsts_host *place = find(hsts, host);
	if (place != NULL)
		*place = hsts->hosts[--hsts->count];
}

/* Digits, also quoted; more than a number holds are as long as there is. */
static int
age_read(struct span value, uint64_t *age_s)
{
	char digits[64];
	size_t bytes;
	if (field_unquote(value, digits, sizeof digits, &bytes) != 0 || bytes == 0)
		return ERR_MALFORMED;
	for (size_t i = 0; i < bytes; i++) {
		if (digits[i] < '0' || digits[i] > '9')
			return ERR_MALFORMED;
	}
	if (!span_to_number(span_of(digits, bytes), (uint64_t)HSTS_AGE_S_MAX, age_s))
		*age_s = (uint64_t)HSTS_AGE_S_MAX;
	return 0;
}

/* Section 6.1: max-age once, digits, also quoted; a directive twice spoils the field; unknown ones are skipped. */
static int
directives_read(struct span value, uint64_t *age_s, bool *has_subdomains)
{
	struct parameter directive;
	bool has_age = false;
	int read;
	*has_subdomains = false;
	while ((read = field_parameter_next(&value, &directive)) == 1) {
		if (span_is_nocase(directive.name, "includeSubDomains")) {
			if (*has_subdomains || directive.value.at != NULL)
				return ERR_MALFORMED;
			*has_subdomains = true;
		} else if (span_is_nocase(directive.name, "max-age")) {
			if (has_age || age_read(directive.value, age_s) != 0)
				return ERR_MALFORMED;
			has_age = true;
		}
	}
	return read == 0 && has_age ? 0 : ERR_MALFORMED;
}

int
hsts_receive(struct hsts *hsts, struct span host, struct span value, int64_t now_s)
{
	uint64_t age_s = 0;
	bool has_subdomains;
	int err = directives_read(value, &age_s, &has_subdomains);
	host = without_final_dot(host);
	if (err != 0)
		return err;
	if (age_s == 0) { /* section 6.1.1: forget */
		forget(hsts, host);
		return 0;
	}
	return put(hsts, host, now_s + (int64_t)age_s, has_subdomains);
}

/* Section 8.2: the host itself, or under one whose subdomains are meant. */
bool
hsts_is_known(const struct hsts *hsts, struct span host, int64_t now_s)
{
	host = without_final_dot(host);
	for (unsigned i = 0; i < hsts->count; i++) {
		const struct hsts_host *known = &hsts->hosts[i];
		struct span name = name_of(known);
		bool is_under = known->has_subdomains && host.bytes > name.bytes &&
				host.at[host.bytes - name.bytes - 1] == '.' &&
				span_equals_nocase(span_from(host, host.bytes - name.bytes), name);
		if (known->expiry_s > now_s && (is_under || span_equals_nocase(host, name)))
			return true;
	}
	return false;
}

/* ---- curl's file --------------------------------------------------------------------------------- */

#define EXPIRY_BYTES 17u /* 20271231 23:59:59 */
#define UNLIMITED    "unlimited"

static bool
take_number(struct span *text, size_t digits, uint64_t *number)
{
	if (!span_to_number(span_first(*text, digits), 9999, number) || text->bytes < digits)
		return false;
	*text = span_from(*text, digits);
	if (text->bytes != 0 && (text->at[0] == ' ' || text->at[0] == ':'))
		*text = span_from(*text, 1);
	return true;
}

static int
expiry_read(struct span text, int64_t now_s, int64_t *expiry_s)
{
	static const size_t digits[6] = { 4, 2, 2, 2, 2, 2 };
	uint64_t parts[6];
	if (span_is(text, UNLIMITED)) {
		*expiry_s = now_s + HSTS_AGE_S_MAX;
		return 0;
	}
	for (size_t i = 0; i < 6; i++) {
		if (!take_number(&text, digits[i], &parts[i]))
			return ERR_MALFORMED;
	}
	struct http_date date = { (int)parts[0],      (unsigned)parts[1], (unsigned)parts[2],
				  (unsigned)parts[3], (unsigned)parts[4], (unsigned)parts[5] };
	return text.bytes == 0 ? http_date_to_time(&date, expiry_s) : ERR_MALFORMED;
}

static int
line_read(struct hsts *hsts, struct span line, int64_t now_s)
{
	int64_t expiry_s;
	line = span_trim(line);
	if (line.bytes == 0 || line.at[0] == '#')
		return 0;
	struct span host = span_first(line, span_find(line, ' '));
	struct span expiry = span_trim(span_from(line, host.bytes));
	if (expiry.bytes < 2 || expiry.at[0] != '"' || !span_ends(expiry, SPAN("\"")))
		return ERR_MALFORMED;
	if (expiry_read(span_of(expiry.at + 1, expiry.bytes - 2), now_s, &expiry_s) != 0)
		return ERR_MALFORMED;
	bool has_subdomains = host.bytes != 0 && host.at[0] == '.';
	if (has_subdomains)
		host = span_from(host, 1);
	if (!field_is_token(host))
		return ERR_MALFORMED;
	return expiry_s > now_s ? put(hsts, without_final_dot(host), expiry_s, has_subdomains) : 0;
}

unsigned
hsts_file_read(struct hsts *hsts, struct span text, int64_t now_s)
{
	unsigned skipped = 0;
	while (text.bytes != 0) {
		size_t end = span_find(text, '\n');
		struct span line = span_first(text, end);
		text = span_from(text, end < text.bytes ? end + 1 : end);
		if (span_ends(line, SPAN("\r")))
			line.bytes--;
		skipped += line_read(hsts, line, now_s) != 0;
	}
	return skipped;
}

static void
expiry_write(int64_t expiry_s, char text[EXPIRY_BYTES + 1])
{
	char date[HTTP_DATE_BYTES]; /* Sun, 06 Nov 1994 08:49:37 GMT */
	http_date_write(expiry_s, date);
	snprintf(text, EXPIRY_BYTES + 1, "%.4s%02u%.2s %.8s", date + 12,
		 http_date_month(span_of(date + 8, 3)) % 100, date + 5, date + 17);
}

int
hsts_file_write(const struct hsts *hsts, int64_t now_s, struct writer *out)
{
	static const char title[] = "# Hosts for https only (RFC 6797). Written by cairn-fetch.\n";
	writer_bytes(out, title, sizeof title - 1);
	for (unsigned i = 0; i < hsts->count; i++) {
		const struct hsts_host *host = &hsts->hosts[i];
		char expiry[EXPIRY_BYTES + 1];
		if (host->expiry_s <= now_s)
			continue;
		expiry_write(host->expiry_s, expiry);
		writer_bytes(out, ".", host->has_subdomains ? 1 : 0);
		writer_bytes(out, host->host, host->host_bytes);
		writer_bytes(out, " \"", 2);
		writer_bytes(out, expiry, EXPIRY_BYTES);
		writer_bytes(out, "\"\n", 2);
	}
	return out->err;
}

#include "fetch/multipart.h"

#include <stdio.h>

#include "fetch/field.h"

void
multipart_boundary_draw(struct rng *rng, char boundary[MULTIPART_BOUNDARY_BYTES + 1])
{
	snprintf(boundary, MULTIPART_BOUNDARY_BYTES + 1, "------------------------%016llx",
		 (unsigned long long)rng_u64(rng));
}

static void
put(struct writer *out, const char *text)
{
	writer_bytes(out, text, strlen(text));
}

void
multipart_type_write(const char *boundary, struct writer *out)
{
	put(out, "multipart/form-data; boundary=");
	put(out, boundary);
}

static void
put_name(struct writer *out, const char *key, struct span name)
{
	put(out, key);
	put(out, "=\"");
	for (size_t i = 0; i < name.bytes; i++) {
		switch (name.at[i]) {
		case '"': put(out, "%22"); break;
		case '\r': put(out, "%0D"); break;
		case '\n': put(out, "%0A"); break;
		default: writer_u8(out, (uint8_t)name.at[i]); break;
		}
	}
	put(out, "\"");
}

int
multipart_part_write(const char *boundary, const struct multipart_part *part, bool is_first,
		     struct writer *out)
{
	if (!field_is_value(part->type))
		return ERR_MALFORMED;
	put(out, is_first ? "--" : "\r\n--");
	put(out, boundary);
	put_name(out, "\r\nContent-Disposition: form-data; name", part->name);
	if (part->file_name.at != NULL)
		put_name(out, "; filename", part->file_name);
	if (part->type.bytes != 0) {
		put(out, "\r\nContent-Type: ");
		writer_bytes(out, part->type.at, part->type.bytes);
	}
	put(out, "\r\n\r\n");
	return out->err;
}

int
multipart_end_write(const char *boundary, struct writer *out)
{
	put(out, "\r\n--");
	put(out, boundary);
	put(out, "--\r\n");
	return out->err;
}

const char *
multipart_type_of(struct span file_name)
{
	static const struct {
		const char *ending, *type;
	} types[] = {
		{ ".gif", "image/gif" },         { ".jpg", "image/jpeg" },
		{ ".jpeg", "image/jpeg" },       { ".png", "image/png" },
		{ ".svg", "image/svg+xml" },     { ".txt", "text/plain" },
		{ ".htm", "text/html" },         { ".html", "text/html" },
		{ ".pdf", "application/pdf" },   { ".xml", "application/xml" },
		{ ".json", "application/json" }, { ".csv", "text/csv" },
	};
	for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
		struct span ending = span_from_text(types[i].ending);
		if (file_name.bytes > ending.bytes &&
		    span_equals_nocase(span_from(file_name, file_name.bytes - ending.bytes),
				       ending))
			return types[i].type;
	}
	return "application/octet-stream";
}

#include "fetch/parse_url.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#include "fetch/idna_icu.h"
#include "fetch/url_json.h"
#include "stack/base/err.h"

/* Of pages, of which a short line touches few. */
#define ARENA_BYTES  (32u * PARSE_URL_LINE_BYTES_MAX)
#define ANSWER_BYTES (64u * PARSE_URL_LINE_BYTES_MAX)

struct parse_url {
	struct idna_icu icu;
	char *memory, *answer;
};

static void
write_too_long(struct json *json)
{
	json_object_begin(json);
	json_key(json, "failure");
	json_bool(json, true);
	json_key(json, "error");
	json_text(json, "json");
	json_key(json, "reason");
	json_text(json, "the line is too long");
	json_object_end(json);
	json_line_end(json);
}

static bool
answer_line(struct parse_url *parse, struct span line, FILE *out)
{
	struct arena arena;
	struct json json;
	size_t bytes;
	arena_init(&arena, parse->memory, ARENA_BYTES);
	json_init(&json, parse->answer, ANSWER_BYTES);
	if (line.bytes <= PARSE_URL_LINE_BYTES_MAX)
		url_json_answer(&json, line, &arena, &parse->icu.idna);
	else
		write_too_long(&json);
	const char *answer = json_drain(&json, &bytes);
	return json.err == 0 && fwrite(answer, 1, bytes, out) == bytes && fflush(out) == 0;
}

static int
answer_lines(struct parse_url *parse, FILE *in, const char *path, FILE *out,
	     struct failure *failure)
{
	char *line = NULL;
	size_t line_bytes = 0;
	ssize_t bytes;
	bool is_written = true;
	while (is_written && (bytes = getline(&line, &line_bytes, in)) > 0) {
		struct span text = span_of(line, (size_t)bytes);
		if (span_ends(text, SPAN("\n")))
			text.bytes--;
		is_written = answer_line(parse, text, out);
	}
	free(line);
	if (!is_written)
		failure_set(failure, FAILURE_WRITE, "the answers cannot be written: %s",
			    strerror(errno));
	else if (ferror(in))
		failure_set(failure, FAILURE_READ, "%s: %s", path, strerror(errno));
	else
		return 0;
	return ERR_IO;
}

static int
parse_url_stream(FILE *in, const char *path, FILE *out, struct failure *failure)
{
	struct parse_url parse = { .memory = malloc(ARENA_BYTES), .answer = malloc(ANSWER_BYTES) };
	int err = ERR_IO;
	idna_icu_init(&parse.icu);
	if (parse.memory != NULL && parse.answer != NULL)
		err = answer_lines(&parse, in, path, out, failure);
	else
		failure_set(failure, FAILURE_MEMORY, "there is no memory for --parse-url");
	idna_icu_fini(&parse.icu);
	free(parse.memory);
	free(parse.answer);
	return err;
}

int
parse_url_file(const char *path, FILE *out, struct failure *failure)
{
	if (strcmp(path, "-") == 0)
		return parse_url_stream(stdin, "standard input", out, failure);
	FILE *in = fopen(path, "re");
	if (in == NULL) {
		failure_set(failure, FAILURE_READ, "%s: %s", path, strerror(errno));
		return ERR_IO;
	}
	int err = parse_url_stream(in, path, out, failure);
	fclose(in);
	return err;
}

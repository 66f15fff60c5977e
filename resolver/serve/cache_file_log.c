/* cache_file_log.c - a cache file written on (cache_file.h). */
#include <assert.h>
#include <errno.h>
#include <string.h>

#include "resolver/serve/cache_file_priv.h"

void
cache_file_mix(struct cache_file *file)
{
	if (file->head.basis == CACHE_FILE_MIXED)
		return;
	file->head.basis = CACHE_FILE_MIXED;
	file->is_head_due = true;
	log_notice(&file->log,
		   "cache-file: %s begins anew at the next start: what its records rest on has "
		   "changed",
		   file->path);
}

/* ---- saving --------------------------------------------------------------------------------------- */

/* What goes to the file in one go, for one cache: the writer is over the open segment, of which octets before `from` are there. */
struct saving {
	struct cache_file *file;
	struct cache_tail *tail;
	struct record_clock clock;
	struct writer writer;
	size_t from;
};

/*
 * The head is there before the first record that is later than it says, since a clock that went back must not be missed, or
 * that rests on something else.
 */
static int
write_head_if_due(struct saving *saving)
{
	struct cache_file *file = saving->file;
	const bool is_later = saving->clock.wall_s > file->head.written_s;
	if (!is_later && !file->is_head_due)
		return 0;
	if (is_later)
		file->head.written_s = saving->clock.wall_s;
	int err = cache_file__write_head(file);
	file->is_head_due = err != 0;
	return err;
}

/* Zeros behind the last record: whatever an earlier life of the file has left there is not read as the next one. */
#define TERMINATOR_BYTES 8u

static int
write_out(struct saving *saving)
{
	struct writer *writer = &saving->writer;
	size_t room = writer->end - writer->pos,
	       padding = room < TERMINATOR_BYTES ? room : TERMINATOR_BYTES;
	if (writer->pos == saving->from)
		return 0;
	memset(writer->begin + writer->pos, 0, padding);
	int err = write_head_if_due(saving);
	if (err == 0)
		err = cache_file__write(saving->file, writer->begin + saving->from,
					writer->pos + padding - saving->from,
					cache_file__offset(saving->tail->place) + saving->from);
	if (err == 0)
		saving->from = saving->tail->end = writer->pos;
	return err;
}

static void
begin_segment(struct saving *saving)
{
	struct cache_file *file = saving->file;
	struct cache_tail *tail = saving->tail;
	tail->head.sequence = ++file->sequence;
	tail->head.used_bytes = tail->head.record_count = 0;
	tail->index.count = 0;
	tail->place = cache_places_take(&file->places, tail->head.kind, tail->head.sequence);
	saving->writer = writer_over(file->segment, SEGMENT_BYTES);
	segment_write_head(&saving->writer, &tail->head, &file->head.key, tail->place);
	saving->from = 0;
}

/*
 * Its head tells from now on where the records end, so that damage to them can be told from their end, and that the index is behind
 * them.  It comes last: a segment whose head does not tell has no index.
 */
static int
end_segment(struct saving *saving)
{
	struct cache_file *file = saving->file;
	struct cache_tail *tail = saving->tail;
	uint8_t bytes[SEGMENT_HEAD_BYTES];
	struct writer writer = writer_over(bytes, sizeof bytes);
	tail->head.used_bytes = (uint32_t)saving->writer.pos;
	tail->head.record_count = tail->index.count;
	segment_write_index(&saving->writer, &tail->head, &file->head.key, &tail->index);
	segment_write_head(&writer, &tail->head, &file->head.key, tail->place);
	int err = write_out(saving);
	return err == 0 ? cache_file__write(file, bytes, sizeof bytes,
					    cache_file__offset(tail->place))
			: err;
}

static int
save_record(struct saving *saving, const struct store_record *record)
{
	const struct hash_key *key = &saving->file->head.key;
	struct cache_tail *tail = saving->tail;
	if (!record_lasts(tail->head.kind, record, &saving->clock) ||
	    segment_write_record(&saving->writer, &tail->head, key, record, &saving->clock,
				 &tail->index))
		return 0;
	int err = end_segment(saving);
	if (err != 0)
		return err;
	begin_segment(saving);
	bool fits = segment_write_record(&saving->writer, &tail->head, key, record, &saving->clock,
					 &tail->index);
	assert(fits);
	(void)fits;
	return 0;
}

static int
save_shard(struct saving *saving, unsigned shard)
{
	struct cache_file *file = saving->file;
	struct cache_tail *tail = saving->tail;
	size_t copied;
	while (store_log_copy(tail->store, shard, &tail->marks[shard], file->saves_restored ? 0 : STORE_FROM_FILE,
			      file->copy, STORE_ENTRY_BYTES_MAX, &copied)) {
		struct store_record record;
		for (size_t at = 0; store_log_next(file->copy, copied, &at, &record);) {
			int err = save_record(saving, &record);
			if (err != 0)
				return err;
		}
	}
	return 0;
}

static int
save_cache(struct cache_file *file, struct cache_tail *tail, const struct record_clock *clock)
{
	struct saving saving = {
		.file = file,
		.tail = tail,
		.clock = *clock,
		.writer = writer_over(file->segment, SEGMENT_BYTES),
		.from = tail->end,
	};
	saving.writer.pos = tail->end;
	if (tail->head.sequence == 0)
		begin_segment(&saving);
	int err = 0;
	for (unsigned shard = 0; shard < tail->store->shard_count && err == 0; shard++)
		err = save_shard(&saving, shard);
	return err == 0 ? write_out(&saving) : err;
}

/* A clock that went back makes what was written look younger than it is: all of it is written again, under a new key. */
static int
check_clock(struct cache_file *file, const struct record_clock *clock)
{
	int64_t offset_s = (int64_t)clock->wall_s - (int64_t)clock->now_s;
	if (offset_s > file->offset_max_s)
		file->offset_max_s = offset_s;
	if (offset_s + (int64_t)CACHE_FILE_BACKWARD_S >= file->offset_max_s)
		return 0;
	log_notice(&file->log, "cache-file: %s begins anew: the clock has been set back by %lld s",
		   file->path, (long long)(file->offset_max_s - offset_s));
	file->saves_restored = true;
	int err = cache_file__begin(file, clock->wall_s);
	file->offset_max_s = offset_s;
	return err;
}

static int
save_all(struct cache_file *file, const struct record_clock *clock)
{
	int err = check_clock(file, clock);
	if (err != 0)
		return err;
	for (unsigned kind = 0; kind < RECORD_KINDS && err == 0; kind++)
		err = save_cache(file, &file->tails[kind], clock);
	return err;
}

/* What did not get there is found by its mark no more: all is written again when there is room. */
static void
note_failure(struct cache_file *file, uint32_t now_s)
{
	if (file->retry_at_s == 0)
		log_warning(&file->log,
			    "cache-file: %s: %s: what is learnt from now on is not kept; make "
			    "room, or let the user of "
			    "cairnd write there (it is tried again every %u s)",
			    file->path, strerror(errno), CACHE_FILE_RETRY_S);
	file->retry_at_s = now_s + CACHE_FILE_RETRY_S;
	file->saves_restored = true;
	for (unsigned kind = 0; kind < RECORD_KINDS; kind++) {
		memset(file->tails[kind].marks, 0, sizeof file->tails[kind].marks);
		file->tails[kind].head.sequence = 0;
	}
}

void
cache_file_save(struct cache_file *file, uint32_t now_s, uint32_t wall_s)
{
	const struct record_clock clock = { now_s, wall_s, 0 };
	if (file->is_spoilt || now_s < file->retry_at_s)
		return;
	if (save_all(file, &clock) != 0) {
		note_failure(file, now_s);
	} else if (file->retry_at_s != 0) {
		file->retry_at_s = 0;
		log_notice(&file->log, "cache-file: %s is written again", file->path);
	}
}

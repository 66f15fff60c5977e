/*
 * cache_file_load.c - a cache file read at the start (cache_file.h): first the indices of its segments, the newest first,
 * from where what they tell of can be found (cache/past.h); then the records, in the order in which they were written.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "resolver/cache/past.h"
#include "resolver/serve/cache_file_priv.h"
#include "resolver/serve/file_map.h"

#define PAGE_BYTES_LEAST 4096u /* of Linux, anywhere */

/* What the file has of one cache. */
struct part {
	struct cache_tail *tail;
	uint64_t record_count; /* at most */
	struct past past;
	struct past_segment *segments; /* `count`, the oldest first; without octets: of no use */
	uint32_t count;
	uint8_t *copies; /* of those that cannot be lent from the map */
	_Atomic uint64_t *slots;
	size_t slot_count;
};

struct cache_file_loading {
	struct cache_file *file;
	struct record_clock clock;
	const atomic_bool *is_cancelled;
	struct file_map map;
	struct part parts[RECORD_KINDS];
	struct segment_index index; /* of the segment at hand */
	struct cache_file_loaded loaded;
};

/* What leads to a name server before what it would be asked for. */
static const enum record_kind order[RECORD_KINDS] = { RECORD_DELEGATION, RECORD_NEGATIVE,
						      RECORD_RRSET };

static bool
is_cancelled(const struct cache_file_loading *loading)
{
	return loading->is_cancelled != NULL &&
	       atomic_load_explicit(loading->is_cancelled, memory_order_relaxed);
}

/* As much as there is, into zeros: what has been cut off is no record.  ERR_IO: it cannot be read. */
static int
read_at(const struct cache_file *file, uint8_t *bytes, size_t size, uint64_t at)
{
	size_t got = 0;
	while (got < size) {
		ssize_t more = pread(file->fd, bytes + got, size - got, (off_t)(at + got));
		if (more < 0 && errno == EINTR)
			continue;
		if (more < 0)
			return ERR_IO;
		if (more == 0)
			break;
		got += (size_t)more;
	}
	return 0;
}

static uint64_t
size_of(const struct cache_file *file)
{
	struct stat stat;
	return fstat(file->fd, &stat) == 0 ? (uint64_t)stat.st_size : 0;
}

/* ---- which segments there are --------------------------------------------------------------------- */

static uint32_t
places_in(uint64_t bytes)
{
	if (bytes <= SEGMENT_FILE_HEAD_BYTES)
		return 0;
	uint64_t count = (bytes - SEGMENT_FILE_HEAD_BYTES + SEGMENT_BYTES - 1) / SEGMENT_BYTES;
	return count < CACHE_PLACES_MAX ? (uint32_t)count : CACHE_PLACES_MAX;
}

/*
 * Notes every segment whose head is sound.  Of a file that cannot be read, or not in time, nothing is known to be free: none of
 * it is written over.
 */
static int
find_segments(struct cache_file_loading *loading, struct cache_place *found, uint32_t end, uint32_t *found_count)
{
	const struct cache_file *file = loading->file;
	uint32_t count = 0;
	for (uint32_t place = 0; place < end; place++) {
		uint8_t bytes[SEGMENT_HEAD_BYTES] = { 0 };
		struct segment_head head;
		if (is_cancelled(loading))
			return ERR_BUDGET; /* no time is left */
		if (read_at(file, bytes, sizeof bytes, cache_file__offset(place)) != 0) {
			loading->loaded.damaged++;
			return ERR_IO;
		}
		struct cursor cursor = cursor_over(bytes, sizeof bytes);
		int err = segment_read_head(&cursor, &head, &file->head.key, place);
		loading->loaded.damaged += err == ERR_MALFORMED;
		if (err != 0 || head.sequence == 0)
			continue;
		found[count++] = (struct cache_place){
			.sequence = head.sequence,
			.place = place,
			.record_count = head.used_bytes != 0 ? head.record_count : SEGMENT_RECORDS_MAX,
			.kind = head.kind,
		};
	}
	*found_count = count;
	return 0;
}

/* What caches that were made smaller have let go of goes from the disk too. */
static void
give_back(const struct cache_file *file)
{
	const struct cache_places *places = &file->places;
	const uint64_t end = cache_file__offset(places->end);
	if (size_of(file) > end && ftruncate(file->fd, (off_t)end) != 0)
		return;
	for (uint32_t i = 0; i < places->free_count; i++)
		(void)fallocate(file->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
				(off_t)cache_file__offset(places->free[i]), SEGMENT_BYTES);
}

static int
adopt_segments(struct cache_file_loading *loading)
{
	struct cache_file *file = loading->file;
	const uint32_t end = places_in(size_of(file));
	struct cache_place *found = calloc(end + 1u, sizeof *found);
	if (found == NULL)
		return ERR_NO_MEMORY;
	uint32_t count = 0;
	int err = find_segments(loading, found, end, &count);
	if (err == 0)
		err = cache_places_adopt(&file->places, found, count, end);
	if (err == 0 && count > 0)
		file->sequence = found[count - 1].sequence;
	if (err == 0)
		give_back(file);
	free(found);
	return err;
}

/* ---- memory for them ------------------------------------------------------------------------------ */

static void *
map_memory(size_t bytes)
{
	void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	return memory == MAP_FAILED ? NULL : memory;
}

static void
unmap(const void *memory, size_t bytes)
{
	if (memory != NULL)
		(void)munmap((void *)(uintptr_t)memory, bytes);
}

/* The oldest is 0. */
static const struct cache_place *
queue_at(const struct cache_queue *queue, uint32_t at)
{
	return &queue->places[(queue->first + at) % queue->share];
}

static int
open_part(struct cache_file_loading *loading, enum record_kind kind)
{
	struct cache_file *file = loading->file;
	struct part *part = &loading->parts[kind];
	part->tail = &file->tails[kind];
	part->count = file->places.queues[kind].count;
	if (part->count == 0)
		return 0;
	for (uint32_t i = 0; i < part->count; i++) /* of those alone that there is a share for */
		part->record_count += queue_at(&file->places.queues[kind], i)->record_count;
	part->slot_count = past_slots(part->record_count);
	part->segments = calloc(part->count, sizeof *part->segments);
	part->copies = map_memory(part->count * (size_t)SEGMENT_BYTES);
	part->slots = map_memory(part->slot_count * sizeof *part->slots);
	if (part->segments == NULL || part->copies == NULL || part->slots == NULL)
		return ERR_NO_MEMORY;
	if (part->count > 1) /* at once: faults one by one take longer than all that the table is for */
		(void)madvise(part->slots, part->slot_count * sizeof *part->slots, MADV_POPULATE_WRITE);
	past_init(&part->past, &file->head.key, &loading->clock, part->segments, part->slots,
		  part->slot_count);
	store_set_past(part->tail->store, &part->past);
	return 0;
}

static void
close_part(struct part *part, struct cache_file_loaded *loaded)
{
	if (part->count == 0)
		return;
	store_set_past(part->tail->store, NULL);
	for (uint32_t at = 0; part->segments != NULL && at < part->count; at++)
		loaded->damaged += part->segments[at].is_damaged;
	loaded->records += part->past.restored;
	unmap(part->slots, part->slot_count * sizeof *part->slots);
	unmap(part->copies, part->count * (size_t)SEGMENT_BYTES);
	free(part->segments);
}

/* ---- what is in them ------------------------------------------------------------------------------ */

/*
 * Whether nobody has to wait for the disk.  A segment that another process has just written is in memory, and not every page of it
 * has to be mapped for the sake of its index.
 */
static bool
is_in_memory(const uint8_t *segment)
{
	unsigned char pages[SEGMENT_BYTES / PAGE_BYTES_LEAST] = { 0 };
	const size_t count = SEGMENT_BYTES / (size_t)sysconf(_SC_PAGESIZE);
	size_t there = 0;
	if (mincore((void *)(uintptr_t)segment, SEGMENT_BYTES, pages) != 0)
		return false;
	for (size_t i = 0; i < count; i++)
		there += pages[i] & 1u;
	return there == count;
}

static bool
is_brought_in(const uint8_t *segment)
{
	return is_in_memory(segment) ||
	       madvise((void *)(uintptr_t)segment, SEGMENT_BYTES, MADV_POPULATE_READ) == 0;
}

/* The octets of a segment: lent from the map, once every page is there; else copied.  NULL: they cannot be read. */
static const uint8_t *
bring(const struct cache_file_loading *loading, const struct part *part, uint32_t at,
      uint32_t place)
{
	const uint64_t begin = cache_file__offset(place);
	const struct file_map *map = &loading->map;
	if (begin + SEGMENT_BYTES <= map->size && is_brought_in(map->bytes + begin))
		return map->bytes + begin;
	uint8_t *copy = part->copies + at * (size_t)SEGMENT_BYTES;
	return read_at(loading->file, copy, SEGMENT_BYTES, begin) == 0 ? copy : NULL;
}

/* False: it has been damaged between two looks at it. */
static bool
read_segment(struct cache_file_loading *loading, struct part *part, uint32_t at,
	     const struct cache_place *place)
{
	struct past_segment *segment = &part->segments[at];
	const uint8_t *bytes = bring(loading, part, at, place->place);
	struct cursor cursor = cursor_over(bytes, bytes != NULL ? SEGMENT_BYTES : 0);
	int err =
		segment_read_head(&cursor, &segment->head, &loading->file->head.key, place->place);
	if (err != 0 || segment->head.sequence != place->sequence ||
	    segment->head.kind != place->kind) {
		segment->is_damaged = true;
		return false;
	}
	segment->bytes = bytes;
	return true;
}

static void
list(struct cache_file_loading *loading, struct past_segment *segment, size_t *end)
{
	if (segment_list(segment->bytes, &segment->head, &loading->file->head.key, &loading->clock,
			 &loading->index, end) != 0)
		segment->is_damaged = true;
}

/* The newest segment may have room for more. */
static void
go_on_with(const struct cache_file_loading *loading, struct cache_tail *tail,
	   const struct segment_head *head, uint32_t place, size_t end)
{
	if (head->used_bytes != 0)
		return;
	tail->head = *head;
	tail->place = place;
	tail->end = end;
	tail->index = loading->index;
}

static void
note_part(struct cache_file_loading *loading, enum record_kind kind)
{
	const struct cache_queue *queue = &loading->file->places.queues[kind];
	struct part *part = &loading->parts[kind];
	for (uint32_t at = part->count; at-- > 0 && !is_cancelled(loading);) {
		const struct cache_place *place = queue_at(queue, at);
		struct past_segment *segment = &part->segments[at];
		size_t end;
		if (!read_segment(loading, part, at, place))
			continue;
		list(loading, segment, &end);
		past_note(&part->past, at, &loading->index);
		if (at == part->count - 1)
			go_on_with(loading, part->tail, &segment->head, place->place, end);
	}
}

/* A load that is cut short, or has no memory, has not seen everything that a save would write over. */
void
cache_file_scan(struct cache_file *file, uint32_t now_s, uint32_t wall_s,
		const atomic_bool *is_cancelled_at)
{
	struct cache_file_loading *loading = calloc(1, sizeof *loading);
	int err = loading == NULL ? ERR_NO_MEMORY : 0;
	file->loading = loading;
	file->is_spoilt = true;
	if (err != 0)
		return;
	loading->file = file;
	loading->clock = (struct record_clock){ now_s, wall_s, file->stale_s };
	loading->is_cancelled = is_cancelled_at;
	err = adopt_segments(loading);
	for (unsigned i = 0; i < RECORD_KINDS && err == 0; i++)
		err = open_part(loading, order[i]);
	if (err != 0)
		return;
	(void)file_map_open(&loading->map, file->fd, size_of(file)); /* if not, it is read */
	for (unsigned i = 0; i < RECORD_KINDS; i++)
		note_part(loading, order[i]);
	file->is_spoilt = is_cancelled(loading);
}

/* ---- taking them back ----------------------------------------------------------------------------- */

static void
take_segment(struct cache_file_loading *loading, struct part *part, uint32_t at)
{
	struct past_found found[STORE_RESTORE_MAX];
	const struct segment_index *index = &loading->index;
	unsigned count = 0;
	size_t end;
	list(loading, &part->segments[at], &end);
	for (uint32_t i = 0; i < index->count; i++) {
		count += past_find_place(&part->past, at, index->entries[i], &found[count]);
		if (count < STORE_RESTORE_MAX)
			continue;
		store_recall(part->tail->store, &part->past, found, count, loading->clock.now_s);
		count = 0;
	}
	store_recall(part->tail->store, &part->past, found, count, loading->clock.now_s);
	loading->loaded.refused += index->count;
}

static void
take_part(struct cache_file_loading *loading, struct part *part)
{
	if (part->count > 0)
		store_reserve(part->tail->store, part->record_count);
	for (uint32_t at = 0; at < part->count && !is_cancelled(loading); at++)
		if (part->segments[at].bytes != NULL)
			take_segment(loading, part, at);
}

void
cache_file_load(struct cache_file *file, struct cache_file_loaded *loaded)
{
	struct cache_file_loading *loading = file->loading;
	*loaded = (struct cache_file_loaded){ 0 };
	for (unsigned i = 0; i < RECORD_KINDS && !file->is_spoilt; i++) {
		take_part(loading, &loading->parts[order[i]]);
		file->is_spoilt = is_cancelled(loading);
	}
	cache_file__end_load(file, loaded);
}

void
cache_file__end_load(struct cache_file *file, struct cache_file_loaded *loaded)
{
	struct cache_file_loading *loading = file->loading;
	if (loading == NULL)
		return;
	*loaded = loading->loaded;
	for (unsigned kind = 0; kind < RECORD_KINDS; kind++)
		close_part(&loading->parts[kind], loaded);
	loaded->refused -= loaded->refused < loaded->records ? loaded->refused : loaded->records;
	file_map_close(&loading->map);
	free(loading);
	file->loading = NULL;
}

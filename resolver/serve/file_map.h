/*
 * file_map.h - a file mapped for reading, of which parts may go while it is read.
 *
 * A page that cannot be had (somebody has cut the file off, or its disk has lost it) has the kernel send SIGBUS to whoever reads it,
 * which ends the process.  Of this file such a page becomes one of zeros, and reading goes on: whoever reads
 * has to check what is read.  Any other SIGBUS means what it did before.
 *
 * Ownership: one map at a time in a process; the descriptor may be closed.  Open and close from one thread at a time, when nobody
 *            reads; any number may read in between.
 * Errors:    ERR_IO: it cannot be mapped, or there is a map already.
 */
#ifndef CAIRN_RESOLVER_SERVE_FILE_MAP_H
#define CAIRN_RESOLVER_SERVE_FILE_MAP_H

#include <stddef.h>
#include <stdint.h>

struct file_map {
	const uint8_t *bytes; /* NULL: not mapped */
	size_t size;
};

int file_map_open(struct file_map *map, int fd, uint64_t size);
void file_map_close(struct file_map *map); /* also of one that is zeroed */

#endif

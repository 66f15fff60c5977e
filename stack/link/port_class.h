/*
 * port_class.h - a secret share of the ports: which of 1024-65535 belong to one worker.
 *
 * The receive filter of a worker must tell its ports from all others, in the kernel, in a few
 * instructions, without a list of thousands of ports.  So a worker's ports are those whose keyed
 * hash falls into the worker's class: who does not know the key cannot tell which ports go
 * together, nor which thread will get the next one.  The hash is small enough for a classic BPF
 * program (link/filter.h writes the same steps down for the kernel), and it is no more than that:
 * what keeps a port from being guessed is that it is drawn at random from the class.
 *
 * Bounds: class_count is 1 to 65535; one class is every port.
 */
#ifndef CAIRN_STACK_LINK_PORT_CLASS_H
#define CAIRN_STACK_LINK_PORT_CLASS_H

#include <stdbool.h>
#include <stdint.h>

#include "stack/base/hash.h"

#define PORT_FIRST 1024u /* below are the services; RFC 6056, section 3.2 takes all above */
#define PORT_LAST  65535u
#define PORT_COUNT (PORT_LAST - PORT_FIRST + 1)

struct port_class {
	uint32_t add, multiply, multiply_again; /* the key; the factors are odd */
	uint16_t class_count, index;
};

/* The class `index` of `class_count` under the key number `generation` of the secret. */
struct port_class port_class_make(const struct hash_key *secret, uint64_t generation, uint16_t class_count,
                                  uint16_t index);

static inline bool
port_class_has(const struct port_class *class, uint16_t port)
{
	uint32_t hash = (port + class->add) * class->multiply;
	hash = (hash ^ hash >> 15) * class->multiply_again;
	return port >= PORT_FIRST && (hash >> 16) * class->class_count >> 16 == class->index;
}

#endif

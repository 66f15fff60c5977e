/*
 * err.h - the results of functions that can fail.
 *
 * 0 is success, a negative ERR_* says what went wrong; err_text turns one into
 * words for a message.  What a peer can cause is a drop reason with a counter
 * instead (stack/drop.h); shells pass libuv's and errno's codes separately.
 */
#ifndef CAIRN_STACK_BASE_ERR_H
#define CAIRN_STACK_BASE_ERR_H

enum {
	ERR_OK = 0,
	ERR_SHORT = -1,       /* the input ends inside a field */
	ERR_FULL = -2,        /* the output, table, queue or pool has no room */
	ERR_MALFORMED = -3,   /* a field holds a value that its definition forbids */
	ERR_NOT_FOUND = -4,   /* no such entry */
	ERR_EXISTS = -5,      /* the key is taken */
	ERR_TOO_BIG = -6,     /* larger than the documented bound */
	ERR_NO_ROUTE = -7,    /* no route or no usable source address towards the destination */
	ERR_NO_MEMORY = -8,   /* the memory that the caller lent is used up */
	ERR_UNSUPPORTED = -9, /* known, and not done here */
	ERR_PERMISSION = -10, /* a capability is missing */
	ERR_IN_USE = -11,     /* the address or port is taken */
	ERR_IO = -12,         /* the system refused; errno has the detail (shells only) */
	ERR_BUDGET = -13,     /* the work budget of the task is used up */
	ERR_CLOSED = -14,     /* the stream is over, or that direction of it is shut */
};

const char *err_text(int err);

#endif

/*
 * run.h - all transfers of a command line, one after the other or several at once, and what the run ends with.
 *
 * The exit status is that of the first transfer that failed: a run with a failure in it never ends with 0.
 * Bounds:    RUN_PARALLEL_MAX transfers at once.
 */
#ifndef CAIRN_FETCH_RUN_H
#define CAIRN_FETCH_RUN_H

#include "fetch/client.h"
#include "fetch/options.h"

#define RUN_PARALLEL_MAX 300u /* as curl */

/* Runs the loop of client->net until all is done; the exit status. */
int run_transfers(struct client *client, const struct options *options);

#endif

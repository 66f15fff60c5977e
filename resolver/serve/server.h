/*
 * server.h - the process: configuration, caches, sockets, workers; then signals until it is told to end.
 *
 * SIGHUP reads the configuration again (reload.c), SIGUSR1 writes the statistics to the log (report.c), SIGTERM
 * and SIGINT end it cleanly, a second one at once.
 *
 * The order at the start is that of what may fail and what it needs: files, users and descriptors first, then sockets
 * and devices, then privileges go, and only then are there threads: first the one that reads the cache file, while the main
 * thread opens the guards of the workers' ports.
 *
 * Errors: written to the log, with what would help; the exit status is EXIT_FAILURE.
 */
#ifndef CAIRN_RESOLVER_SERVE_SERVER_H
#define CAIRN_RESOLVER_SERVE_SERVER_H

#include "stack/base/log.h"

/* Runs until it is told to end; returns the exit status. path NULL: the defaults. verbosity is added to the file's. */
int server_run(const char *path, unsigned verbosity);

/* Reads and checks everything as server_run would, and says so. */
int server_check(const char *path);

#endif

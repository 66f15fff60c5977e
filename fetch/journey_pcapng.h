/*
 * journey_pcapng.h - the packets of a journey, with the events as their comments (stack/link/pcapng.h).
 *
 * While the run goes on they are captured to the file; at its end the file is written anew: in front the names that were
 * resolved, and the secrets of TLS when they were asked for, then each packet with what the journey says of it.  So a run that is
 * killed leaves a capture all the same.
 *
 * Errors: FAILURE_JOURNEY.
 * Bounds: PCAPNG_NAMES_MAX names, PCAPNG_SECRETS_MAX octets of secrets; comments.h.
 */
#ifndef CAIRN_FETCH_JOURNEY_PCAPNG_H
#define CAIRN_FETCH_JOURNEY_PCAPNG_H

#include "fetch/failure.h"
#include "fetch/journey/story.h"

#define PCAPNG_NAMES_MAX   256u
#define PCAPNG_SECRETS_MAX (256u * 1024u)

/*
 * A file in memory, for secrets, one line a write: they lie in no file but the one that was asked for.  A write beyond
 * PCAPNG_SECRETS_MAX fails and leaves nothing.  -1: none is to be had.
 */
int journey_pcapng_secrets(void);
/* path: of the capture, which is over.  ahead_us: of its clock before the journey's.  secrets_fd: of the above; 0: none. */
int journey_pcapng_write(const struct story *story, const char *path, uint64_t ahead_us, int secrets_fd, struct failure *failure);

#endif

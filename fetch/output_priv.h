/* output_priv.h - part files, shared by the files of output.h. */
#ifndef CAIRN_FETCH_OUTPUT_PRIV_H
#define CAIRN_FETCH_OUTPUT_PRIV_H

#include "fetch/output.h"

int output__fail(const struct output *output, struct failure *failure, const char *what);
/* Sets path and part_path; links to files are followed, because the user named them. */
int output__name_part(struct output *output, struct failure *failure);
int output__open_part(struct output *output, uint64_t keep_bytes, const char *validator,
		      struct failure *failure);
int output__rename_part(struct output *output, struct failure *failure);
void output__remove_part(const struct output *output);

#endif

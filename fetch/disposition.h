/*
 * disposition.h - the file name in Content-Disposition (RFC 6266; RFC 8187 for filename*).
 *
 * filename* is taken before filename (RFC 6266, section 4.3), wherever it stands; one that is damaged or in an unknown
 * charset does not count.  Only filename* is percent-decoded: in filename "%41" are three characters.  Servers
 * leave out the quotes around names with spaces, and that is read as browsers read it.
 *
 * Errors:    ERR_NOT_FOUND: no name, or none that is safe (file_name.h).
 */
#ifndef CAIRN_FETCH_DISPOSITION_H
#define CAIRN_FETCH_DISPOSITION_H

#include "fetch/file_name.h"

#define DISPOSITION_VALUE_BYTES_MAX 4096u /* a longer name is no name */

int disposition_file_name(struct span value, char name[FILE_NAME_BYTES_MAX + 1]);

#endif

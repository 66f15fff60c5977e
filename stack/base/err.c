#include "stack/base/err.h"

const char *
err_text(int err)
{
	switch (err) {
	case ERR_OK:          return "success";
	case ERR_SHORT:       return "the input ends inside a field";
	case ERR_FULL:        return "no room left";
	case ERR_MALFORMED:   return "malformed";
	case ERR_NOT_FOUND:   return "not found";
	case ERR_EXISTS:      return "exists already";
	case ERR_TOO_BIG:     return "too big";
	case ERR_NO_ROUTE:    return "no route to the destination";
	case ERR_NO_MEMORY:   return "out of memory";
	case ERR_UNSUPPORTED: return "not supported";
	case ERR_PERMISSION:  return "permission denied";
	case ERR_IN_USE:      return "in use";
	case ERR_IO:          return "input/output error";
	case ERR_BUDGET:      return "work budget used up";
	case ERR_CLOSED:      return "the stream is closed";
	}
	return "unknown error";
}

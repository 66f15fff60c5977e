#!/bin/sh
# no_io.sh LIBRARY.a... - fails when a core library calls what only a shell may call.
#
# Reads the undefined symbols and names each forbidden one with the library and the object
# that wants it.  A core gets time and randomness as arguments and memory from its caller.
set -eu

[ $# -gt 0 ] || { echo "usage: no_io.sh LIBRARY.a..." >&2; exit 2; }

sockets='socket|socketpair|bind|connect|listen|accept4?|shutdown|send|sendto|sendmsg|sendmmsg|recv|recvfrom|recvmsg|recvmmsg|[gs]etsockopt|getaddrinfo|gethostby.*'
waiting='select|pselect|poll|ppoll|epoll_.*|sleep|usleep|nanosleep|uv_.*'
clocks='clock|clock_.*|gettimeofday|time|times|localtime.*|timer_.*|timerfd_.*'
random='getrandom|getentropy|arc4random.*|rand|rand_r|srand|random|random_r|srandom|[delmn]rand48.*'
memory='malloc|calloc|realloc|reallocarray|free|memalign|aligned_alloc|posix_memalign|strdup|strndup|mmap|mmap64|brk|sbrk'
files='open|open64|openat|openat64|creat|close|read|write|pread.*|pwrite.*|readv|writev|ioctl|fcntl|fcntl64|fopen.*|fdopen|fclose|fread|fwrite|fflush|fgets|fputs|puts|fputc|putc|putchar|getline|perror|std(in|out|err)'
prints='v?f?printf|v?dprintf|v?asprintf|__v?[fd]?printf_chk|__v?asprintf_chk'
process='getenv|secure_getenv|setenv|exit|_exit|system|fork|execv.*|signal|sigaction|syscall'
# Fortified and sanitized builds know the same calls as __NAME_chk.
forbidden="^(__)?($sockets|$waiting|$clocks|$random|$memory|$files|$prints|$process)(_chk)?$"

status=0
for library; do
	undefined=$(nm -A -u -- "$library") || exit 2
	found=$(printf '%s\n' "$undefined" | awk -v forbidden="$forbidden" '
		NF >= 2 && $(NF - 1) ~ /^[Uwv]$/ {
			symbol = $NF
			sub(/@.*/, "", symbol)
			if (symbol ~ forbidden)
				print $1 " calls " symbol
		}')
	if [ -n "$found" ]; then
		printf '%s\n' "$found"
		status=1
	fi
done
exit $status

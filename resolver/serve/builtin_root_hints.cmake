# builtin_root_hints.cmake - writes conf/root.hints as a C array, so that cairnd needs no file to start.
# cmake -DINPUT=conf/root.hints -DOUTPUT=builtin_root_hints.c -P builtin_root_hints.cmake
file(READ ${INPUT} hex HEX)
string(LENGTH "${hex}" digits)
math(EXPR octets "${digits} / 2")
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," array "${hex}")
string(REGEX REPLACE "(....................................................................................................)" "\\1\n" array "${array}")
file(WRITE ${OUTPUT} "/* Made of conf/root.hints by builtin_root_hints.cmake. */
#include \"resolver/serve/root_hints.h\"

const char builtin_root_hints[] = {
${array}
};
const size_t builtin_root_hints_bytes = ${octets};
")

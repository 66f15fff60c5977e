# builtin.cmake - writes a file of conf/ as a C array, so that cairnd needs no file to start.
# cmake -DINPUT=conf/root.hints -DNAME=builtin_root_hints -P builtin.cmake   writes NAME.c with NAME and NAME_bytes
file(READ ${INPUT} hex HEX)
string(LENGTH "${hex}" digits)
math(EXPR octets "${digits} / 2")
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," array "${hex}")
string(REGEX REPLACE "(....................................................................................................)" "\\1\n" array "${array}")
file(WRITE ${NAME}.c "/* Made of a file in conf/ by builtin.cmake. */
#include \"resolver/serve/builtin.h\"

const char ${NAME}[] = {
${array}
};
const size_t ${NAME}_bytes = ${octets};
")

# What `cmake --install build/release --component cairn-resolver [--prefix DIR]` gives to programs on the stack.
add_library(cairn-resolver STATIC
  $<TARGET_OBJECTS:cairn_netdb>
  $<TARGET_OBJECTS:cairn_wire>)
set_target_properties(cairn-resolver PROPERTIES LINKER_LANGUAGE C)
install(TARGETS cairn-resolver ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT cairn-resolver)
install(FILES ${PROJECT_SOURCE_DIR}/resolver/netdb/netdb.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/cairn/resolver/netdb
  COMPONENT cairn-resolver)
install(FILES ${PROJECT_SOURCE_DIR}/man/cairn-resolver.3 DESTINATION ${CMAKE_INSTALL_MANDIR}/man3 COMPONENT cairn-resolver)
cairn_pkg_config(cairn-resolver ${PROJECT_SOURCE_DIR}/resolver/netdb/cairn-resolver.pc.in)

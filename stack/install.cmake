# What `cmake --install build/release --component cairn-stack [--prefix DIR]` gives to programs on the stack.
add_library(cairn-stack STATIC
  $<TARGET_OBJECTS:cairn_base>
  $<TARGET_OBJECTS:cairn_base_shell>
  $<TARGET_OBJECTS:cairn_bsd>
  $<TARGET_OBJECTS:cairn_host>
  $<TARGET_OBJECTS:cairn_link>
  $<TARGET_OBJECTS:cairn_stack>
  $<TARGET_OBJECTS:cairn_stack_shell>)
set_target_properties(cairn-stack PROPERTIES LINKER_LANGUAGE C)
install(TARGETS cairn-stack ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT cairn-stack)

# Headers that others may call; what a folder shares (..._priv.h) and pure wire formats stay here.
set(headers
  stack/addr.h
  stack/base/arena.h
  stack/base/err.h
  stack/base/event.h
  stack/base/rng.h
  stack/bsd.h
  stack/drop.h
  stack/host.h
  stack/link/capture.h
  stack/link/delay.h
  stack/link/fault_model.h
  stack/link/faults.h
  stack/link/link.h
  stack/link/packet.h
  stack/link/tap.h
  stack/link/wire.h
  stack/route.h
  stack/show.h
  stack/socket.h
  stack/stack.h
  stack/tables.h
  stack/tcp.h
  stack/trace.h
  stack/udp.h
  stack/uv.h)
foreach(header ${headers})
  get_filename_component(folder ${header} DIRECTORY)
  install(FILES ${PROJECT_SOURCE_DIR}/${header} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/cairn/${folder} COMPONENT cairn-stack)
endforeach()

install(FILES ${PROJECT_SOURCE_DIR}/man/cairn-stack.3 DESTINATION ${CMAKE_INSTALL_MANDIR}/man3 COMPONENT cairn-stack)

cairn_pkg_config(cairn-stack ${PROJECT_SOURCE_DIR}/stack/cairn-stack.pc.in)

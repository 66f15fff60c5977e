# What `cmake --install build/release --component cairnd [--prefix DIR]` puts on a machine.
include(GNUInstallDirs)

install(TARGETS cairnd cairnctl RUNTIME DESTINATION ${CMAKE_INSTALL_SBINDIR} COMPONENT cairnd)
install(FILES man/cairnd.8 man/cairnctl.8 DESTINATION ${CMAKE_INSTALL_MANDIR}/man8 COMPONENT cairnd)
install(FILES man/cairn.conf.5 DESTINATION ${CMAKE_INSTALL_MANDIR}/man5 COMPONENT cairnd)
install(FILES conf/root.hints LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT cairnd)
# The README of the sources speaks of what is not installed.
install(FILES conf/installed.md DESTINATION ${CMAKE_INSTALL_DOCDIR} RENAME README.md COMPONENT cairnd)

# A configuration that is there already is the operator's; the unit names the program where it has been put.
install(CODE "set(cairn_source \"${PROJECT_SOURCE_DIR}\")" COMPONENT cairnd)
install(CODE [[
  if(NOT EXISTS "$ENV{DESTDIR}/etc/cairn/cairn.conf")
    file(INSTALL "${cairn_source}/conf/cairn.conf" DESTINATION /etc/cairn) # DESTDIR goes before it by itself
  endif()
  file(READ "${cairn_source}/conf/cairnd.service" unit)
  string(REPLACE "/usr/sbin/" "${CMAKE_INSTALL_PREFIX}/sbin/" unit "${unit}")
  file(WRITE "$ENV{DESTDIR}${CMAKE_INSTALL_PREFIX}/lib/systemd/system/cairnd.service" "${unit}")
]] COMPONENT cairnd)

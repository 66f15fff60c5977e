# What `cmake --install build/release --component cairn-fetch [--prefix DIR]` puts on a machine: the program, and the parts
# of it that are mapped when they are needed, where module.h looks for them.
install(TARGETS cairn-fetch RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT cairn-fetch)
install(TARGETS cairn-fetch-html cairn-fetch-http2 cairn-fetch-self cairn-fetch-tls cairn-fetch-xdp
  LIBRARY DESTINATION lib/cairn COMPONENT cairn-fetch)
install(FILES man/cairn-fetch.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 COMPONENT cairn-fetch)
# The schema of a line of --journey=json.
install(FILES fetch/journey/journey.schema.json DESTINATION ${CMAKE_INSTALL_DATADIR}/cairn COMPONENT cairn-fetch)

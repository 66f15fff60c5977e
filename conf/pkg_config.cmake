# cairn_pkg_config(COMPONENT TEMPLATE): the component's .pc file. The prefix is known when it is installed, not before.
function(cairn_pkg_config component template)
  install(CODE "
    set(PROJECT_VERSION \"${PROJECT_VERSION}\")
    set(CMAKE_INSTALL_LIBDIR \"${CMAKE_INSTALL_LIBDIR}\")
    set(CMAKE_INSTALL_INCLUDEDIR \"${CMAKE_INSTALL_INCLUDEDIR}\")
    configure_file(\"${template}\"
      \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_LIBDIR}/pkgconfig/${component}.pc\" @ONLY)"
    COMPONENT ${component})
endfunction()

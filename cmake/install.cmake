# `cmake --install`: the program, its libraries, the headers, and what find_package(detforge) reads.
# Each library is its own export, so that a user of the core needs no Torch.
include(CMakePackageConfigHelpers)
set(package_folder ${CMAKE_INSTALL_LIBDIR}/cmake/detforge)

function(detforge_install_library target component)
  set_target_properties(${target} PROPERTIES EXPORT_NAME ${component})
  target_compile_features(${target} PUBLIC cxx_std_20)
  install(TARGETS ${target} EXPORT detforge-${component} LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
  install(EXPORT detforge-${component} NAMESPACE detforge:: DESTINATION ${package_folder})
endfunction()

function(detforge_install_headers)
  foreach(folder IN LISTS ARGN)
    if(IS_DIRECTORY ${PROJECT_SOURCE_DIR}/src/detforge/${folder})
      install(DIRECTORY ${PROJECT_SOURCE_DIR}/src/detforge/${folder} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/detforge
        FILES_MATCHING PATTERN "*.h" PATTERN "config/python" EXCLUDE PATTERN "media/library" EXCLUDE)
    endif()
  endforeach()
endfunction()

install(TARGETS detforge_program RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(DIRECTORY ${PROJECT_SOURCE_DIR}/configs DESTINATION ${CMAKE_INSTALL_DATADIR}/detforge)
detforge_install_library(detforge_core core)
detforge_install_headers(base config registry recipe checkpoint media data kernels postprocess eval visualize runtime)
if(TARGET detforge_media)
  # Opened by its plain name while a program runs.
  install(TARGETS detforge_media LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
endif()
if(TARGET detforge)
  detforge_install_library(detforge detforge)
  detforge_install_headers(ops nn boxes models apps train deploy)
endif()

configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/detforge-config.cmake.in ${PROJECT_BINARY_DIR}/detforge-config.cmake
  INSTALL_DESTINATION ${package_folder})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/detforge-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/detforge-config.cmake ${PROJECT_BINARY_DIR}/detforge-config-version.cmake DESTINATION ${package_folder})

# Language, warnings, sanitizers and where things are put: the same for every target.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
add_compile_options(-fPIC)

# The program lies at the top of the build folder, its libraries in lib/ beside it, as in an installed tree.
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR})
set(CMAKE_LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/lib)
set(CMAKE_INSTALL_RPATH "$ORIGIN/../${CMAKE_INSTALL_LIBDIR}" "$ORIGIN")


add_library(detforge_flags INTERFACE)
# g++ 12 sees overlapping or overlong copies in every "literal" + std::string (GCC bug 105329).
set(no_false_alarm "$<$<AND:$<CXX_COMPILER_ID:GNU>,$<VERSION_LESS:$<CXX_COMPILER_VERSION>,13>>:-Wno-restrict;-Wno-stringop-overflow;-Wno-array-bounds>")
# With the checks that sanitizers put in, it no longer sees that what Torch's headers and std::regex read was written before.
set(no_false_alarm_sanitized "$<$<AND:$<BOOL:${DETFORGE_SANITIZE}>,$<CXX_COMPILER_ID:GNU>>:-Wno-maybe-uninitialized>")
target_compile_options(detforge_flags INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion "${no_false_alarm}"
  $<$<BOOL:${DETFORGE_WARNINGS_AS_ERRORS}>:-Werror>)

if(DETFORGE_SANITIZE)
  add_compile_options(-fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=address,undefined)
endif()
if(DETFORGE_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer)
  add_link_options(-fsanitize=address,undefined)
endif()

find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
  set(CMAKE_C_COMPILER_LAUNCHER ${CCACHE})
endif()

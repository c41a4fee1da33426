# Language level, warnings, sanitizers, and the tools that make builds quick.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_CXX_VISIBILITY_PRESET hidden)
set(CMAKE_VISIBILITY_INLINES_HIDDEN ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
set(CMAKE_LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/lib)

set(CHAIN_OPTIMIZE "" CACHE STRING "Optimization flags added to a Debug build")
set(CHAIN_SANITIZE "" CACHE STRING "Argument of -fsanitize")
option(CHAIN_FUZZ "Build the libFuzzer targets" OFF)
option(CHAIN_BENCH "Build the benchmarks" OFF)

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
endif()

find_program(CHAIN_CCACHE ccache)
if(CHAIN_CCACHE)
  # Precompiled headers and absolute paths would otherwise keep two checkouts from sharing objects.
  set(launcher ${CMAKE_COMMAND} -E env CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=1
      CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime ${CHAIN_CCACHE})
  set(CMAKE_C_COMPILER_LAUNCHER ${launcher})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${launcher})
endif()

find_program(CHAIN_MOLD mold)
if(CHAIN_MOLD)
  add_link_options(-fuse-ld=mold)
endif()

add_compile_options(-Wall -Wextra -Wpedantic -Wno-missing-field-initializers -fno-omit-frame-pointer)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  add_compile_options(-fpch-preprocess -Wno-pedantic)
else()
  add_compile_options(-Wno-deprecated-declarations)  # g++ 12's own headers, as clang sees them
endif()
if(CMAKE_BUILD_TYPE STREQUAL "Debug")
  # Line tables are what a stack trace needs; full debug information triples the time to link.
  set(CMAKE_CXX_FLAGS_DEBUG "-g1 ${CHAIN_OPTIMIZE}")
  set(CMAKE_C_FLAGS_DEBUG "-g1 ${CHAIN_OPTIMIZE}")
  add_compile_definitions(_GLIBCXX_ASSERTIONS)
endif()
if(CHAIN_SANITIZE)
  add_compile_options(-fsanitize=${CHAIN_SANITIZE} -fno-sanitize-recover=all)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    # Reads the bytes before a function that is called by its address: native code of ours has none there.
    add_compile_options(-fno-sanitize=function)
  endif()
  add_link_options(-fsanitize=${CHAIN_SANITIZE})
endif()

# chain_library(NAME SOURCES ... [LINKS ...] [PRIVATE_LINKS ...])
#
# A room of the house. LINKS are what its headers need, PRIVATE_LINKS only its sources; third-party
# libraries other than fmt belong in PRIVATE_LINKS, so that their headers are seen nowhere else.
function(chain_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINKS;PRIVATE_LINKS" ${ARGN})
  add_library(${name} STATIC ${ARG_SOURCES})
  target_include_directories(${name} PUBLIC ${CMAKE_SOURCE_DIR})
  target_link_libraries(${name} PUBLIC ${ARG_LINKS} PRIVATE ${ARG_PRIVATE_LINKS})
endfunction()

set(CHAIN_TEST_TIMEOUT 300 CACHE STRING "Seconds that one test may take")

# chain_test(NAME SOURCES ... LINKS ...): a Catch2 program, run by CTest under its own name.
function(chain_test name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINKS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE ${ARG_LINKS} catch_main)
  target_precompile_headers(${name} REUSE_FROM catch_pch)
  add_test(NAME ${name} COMMAND ${name})
  set_tests_properties(${name} PROPERTIES TIMEOUT ${CHAIN_TEST_TIMEOUT})
endfunction()

# chain_fuzzer(NAME SOURCES ... LINKS ...): a libFuzzer target; only where CHAIN_FUZZ is on. scripts/fuzz.sh finds it by its
# name.
function(chain_fuzzer name)
  if(NOT name MATCHES "^fuzz_")
    message(FATAL_ERROR "the fuzzer ${name} would never be run: its name must begin with fuzz_")
  endif()
  if(NOT CHAIN_FUZZ)
    return()
  endif()
  cmake_parse_arguments(ARG "" "" "SOURCES;LINKS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE ${ARG_LINKS})
  target_link_options(${name} PRIVATE -fsanitize=fuzzer)
endfunction()

# chain_benchmark(NAME SOURCES ... LINKS ...): a Google Benchmark program; only in the bench preset.
function(chain_benchmark name)
  if(NOT CHAIN_BENCH)
    return()
  endif()
  cmake_parse_arguments(ARG "" "" "SOURCES;LINKS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  find_package(benchmark REQUIRED)
  target_link_libraries(${name} PRIVATE ${ARG_LINKS} benchmark::benchmark_main)
endfunction()

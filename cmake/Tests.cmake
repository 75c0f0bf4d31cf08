# understudy_test(NAME SOURCES… LIBRARIES… LABELS…): one Catch2 program, one ctest entry.
# Catch2 2 (Debian 12) and 3 (newer) both work; tests include "support/catch.hpp" only.
find_package(Catch2 REQUIRED)
add_library(test_main STATIC "${CMAKE_SOURCE_DIR}/tests/support/main.cpp")
target_include_directories(test_main PUBLIC "${CMAKE_SOURCE_DIR}/tests")
target_link_libraries(test_main PUBLIC Catch2::Catch2)
target_compile_definitions(test_main PUBLIC TEST_DATA_DIR="${CMAKE_SOURCE_DIR}/tests/data"
  SOURCE_DIR="${CMAKE_SOURCE_DIR}" PROGRAM_DIR="${CMAKE_BINARY_DIR}/bin")

function(understudy_test name)
  cmake_parse_arguments(arg "" "" "SOURCES;LIBRARIES;LABELS" ${ARGN})
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE test_main ${arg_LIBRARIES} understudy_warnings)
  target_compile_options(${name} PRIVATE $<$<CONFIG:Release>:-O0>)   # what is tested is optimised; the tests need not be
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/tests")
  add_test(NAME ${name} COMMAND ${name} WORKING_DIRECTORY "${CMAKE_BINARY_DIR}/tests")
  set_tests_properties(${name} PROPERTIES LABELS "${arg_LABELS}" TIMEOUT 300)
endfunction()

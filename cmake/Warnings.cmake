# understudy_warnings: the one place that says which warnings our own code is built with.
add_library(understudy_warnings INTERFACE)
target_compile_options(understudy_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow -Wold-style-cast -Wnon-virtual-dtor
  -Woverloaded-virtual -Wnull-dereference -Wswitch-enum -Wimplicit-fallthrough)
if(UNDERSTUDY_WERROR)
  target_compile_options(understudy_warnings INTERFACE -Werror)
  # GCC 12 raises these falsely inside the standard library when it optimises; Clang is held to all of them.
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    target_compile_options(understudy_warnings INTERFACE
      -Wno-error=null-dereference -Wno-error=maybe-uninitialized -Wno-error=stringop-overflow -Wno-error=restrict)
  endif()
endif()

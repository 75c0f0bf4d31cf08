# understudy_warnings: the one place that says which warnings our own code is built with.
add_library(understudy_warnings INTERFACE)
target_compile_options(understudy_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow -Wold-style-cast -Wnon-virtual-dtor
  -Woverloaded-virtual -Wnull-dereference -Wswitch-enum -Wimplicit-fallthrough)
if(UNDERSTUDY_WERROR)
  target_compile_options(understudy_warnings INTERFACE -Werror)
endif()

# fast_process: link this into programs that run simulations. Every frame of ns-3 is a handful of small allocations, for
# which tcmalloc, where it is installed, takes a fifth less time than glibc (120 runs of the call centre, two at once,
# medians of three: 8.4 s CPU instead of 10.0 s).
add_library(fast_process INTERFACE)
find_library(TCMALLOC NAMES tcmalloc_minimal libtcmalloc_minimal.so.4)
if(TCMALLOC AND NOT UNDERSTUDY_SANITIZE)
  # Nothing names it, so linkers that drop what is not needed would drop it.
  target_link_libraries(fast_process INTERFACE "-Wl,--push-state,--no-as-needed" "${TCMALLOC}" "-Wl,--pop-state")
endif()

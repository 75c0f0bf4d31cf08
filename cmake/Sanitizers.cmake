# UNDERSTUDY_SANITIZE=address,undefined instruments everything that is built here; a finding ends the program.
# UNDERSTUDY_FUZZ adds coverage feedback for libFuzzer to all of it.
if(UNDERSTUDY_SANITIZE)
  add_compile_options(-fsanitize=${UNDERSTUDY_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${UNDERSTUDY_SANITIZE})
endif()
if(UNDERSTUDY_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()

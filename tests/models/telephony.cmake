understudy_test(tdm_tests
  SOURCES tdm_bridge_tests.cpp tdm_signalling_tests.cpp tdm_takeover_tests.cpp
  LIBRARIES understudy_models LABELS models)

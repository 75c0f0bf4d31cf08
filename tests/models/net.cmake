understudy_test(net_tests
  SOURCES net_random_tests.cpp net_lan_tests.cpp net_host_tests.cpp net_daemon_tests.cpp
    net_trouble_tests.cpp
  LIBRARIES understudy_models LABELS models)

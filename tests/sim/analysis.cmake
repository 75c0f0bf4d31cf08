# The cluster as a graph: algorithms against brute force, the call centre against lists written by hand; then graph
# against simulation, and the program.
understudy_test(analysis_units
  SOURCES analysis_graph_tests.cpp analysis_model_tests.cpp analysis_compare_tests.cpp analysis_format_tests.cpp
  LIBRARIES understudy_analysis understudy_format nlohmann_json::nlohmann_json
  LABELS sim)

# The cluster as a graph: algorithms against brute force, the call centre against lists written by hand; then graph
# against simulation, and the program.
understudy_test(analysis_units
  SOURCES analysis_graph_tests.cpp analysis_model_tests.cpp analysis_compare_tests.cpp analysis_format_tests.cpp
  LIBRARIES understudy_analysis understudy_format nlohmann_json::nlohmann_json
  LABELS sim)
understudy_test(analysis_simulation
  SOURCES analysis_simulation_tests.cpp
  LIBRARIES understudy_analysis understudy_run
  LABELS "sim;scenario")
understudy_test(analysis_program
  SOURCES analysis_program_tests.cpp
  LIBRARIES nlohmann_json::nlohmann_json
  LABELS "sim;scenario")
add_dependencies(analysis_program understudy)

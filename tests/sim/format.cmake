# Scenario files, results, statistics, reports; and the program as its users run it.
find_package(valijson QUIET)
understudy_test(format_units
  SOURCES
    format_document_tests.cpp
    format_explain_tests.cpp
    format_html_tests.cpp
    format_quantities_tests.cpp
    format_report_tests.cpp
    format_result_tests.cpp
    format_scenario_tests.cpp
    format_statistics_tests.cpp
    format_summary_tests.cpp
  LIBRARIES understudy_format nlohmann_json::nlohmann_json fmt::fmt
  LABELS sim)
understudy_test(format_schema
  SOURCES format_schema_tests.cpp
  LIBRARIES understudy_format nlohmann_json::nlohmann_json
  LABELS sim)
understudy_test(format_program
  SOURCES format_program_tests.cpp
  LIBRARIES understudy_format nlohmann_json::nlohmann_json
  LABELS scenario)
add_dependencies(format_program understudy)

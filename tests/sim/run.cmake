# The engine. run_units: its pure parts, without a simulation. run_reference: the reference scenario in ns-3.
understudy_test(run_units
  SOURCES run_trace_tests.cpp run_attribution_tests.cpp run_episodes_tests.cpp run_expectations_tests.cpp
    run_invariants_tests.cpp run_observer_tests.cpp run_event_log_tests.cpp
  LIBRARIES understudy_run
  LABELS sim)
# faults: every verb of the timeline, its evidence and its refusal, and what comes of them.
understudy_test(faults
  SOURCES fault_tests.cpp fault_verb_tests.cpp
  LIBRARIES understudy_run
  LABELS sim)
understudy_test(run_reference
  SOURCES run_reference_tests.cpp
  LIBRARIES understudy_run
  LABELS "sim;scenario")
# run_nobody_acts: what the same run loses when no daemon acts, and the lanes of states.
understudy_test(run_nobody_acts
  SOURCES run_nobody_acts_tests.cpp
  LIBRARIES understudy_run
  LABELS sim)

# The TDM side: foneBRIDGE, T1 lines, telco, channel banks, PBX, calls.
target_sources(understudy_models PRIVATE
  call_centre.cpp
  channel_bank.cpp
  dahdi_spans.cpp
  fonebridge.cpp
  fonulator_agent.cpp
  lapd.cpp
  pbx.cpp
  pstn.cpp
  q931.cpp
  t1_line.cpp
  tdm_stream.cpp)

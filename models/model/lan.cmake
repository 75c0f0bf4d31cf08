# Network and host models, and the driver of the core.
target_sources(understudy_models PRIVATE
  agent.cpp
  arp_announce_listener.cpp
  daemon_process.cpp
  heartbeat_scripts.cpp
  host.cpp
  lan.cpp
  light_endpoint.cpp
  packets.cpp
  report_records.cpp
  router.cpp
  src_routing.cpp)

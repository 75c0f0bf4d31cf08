# Network and host models, and the driver of the core.
target_sources(understudy_models PRIVATE
  agent.cpp
  arp_announce_listener.cpp
  host.cpp
  lan.cpp
  light_endpoint.cpp
  packets.cpp
  random.cpp
  src_routing.cpp)

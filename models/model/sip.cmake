# The SIP side: phones, provider, name server, Asterisk, and the people.
target_sources(understudy_models PRIVATE
  sip_pbx.cpp
  sip_phones.cpp
  sip_provider.cpp
  sip_telephones.cpp)

// SPDX-License-Identifier: GPL-2.0-or-later
// A trace of a few lines for tests of the player.
#pragma once

#include <string>

namespace gui_test {

inline const std::string header =
    R"({"format":"failover-trace/1","scenario":"small","digest":"d","seed":7,)"
    R"("implementation":"understudyd","tool":"t","ns3":"3.37","unit":"ns","level":"signalling",)"
    R"("nodes":[{"id":"a","kind":"server"},{"id":"b","kind":"server"},{"id":"s","kind":"switch"}],)"
    R"("links":[{"id":"l1","type":"ethernet","ends":["a:eth0","s:1"]},)"
    R"({"id":"l2","type":"ethernet","ends":["b:eth0","s:2"]}]})"
    "\n";

inline const std::string events =
    R"({"t":0,"seq":1,"k":"node.boot","n":"a"}
{"t":0,"seq":2,"k":"process.start","n":"a","d":{"process":"heartbeat"}}
{"t":5,"seq":3,"k":"node.boot","n":"b"}
{"t":5,"seq":4,"k":"process.start","n":"b","d":{"process":"heartbeat"}}
{"t":10,"seq":5,"k":"group.role","n":"a","d":{"group":"g","from":"standby","to":"takeover","reason":"cold-start"}}
{"t":12,"seq":6,"k":"ms.address","n":"a","cause":5,"d":{"address":"10.0.0.1","interface":"eth0"}}
{"t":15,"seq":7,"k":"group.role","n":"a","cause":6,"d":{"group":"g","from":"takeover","to":"active","reason":"cold-start"}}
{"t":20,"seq":9,"k":"pkt","n":"l1","t2":30,"d":{"from":"a:eth0","to":"s:1","protocol":"heartbeat","info":"","bytes":60}}
{"t":22,"seq":8,"k":"pkt","n":"l2","drop":"loss","d":{"from":"s:2","to":"b:eth0","protocol":"heartbeat","info":"","bytes":60}}
{"t":40,"seq":10,"k":"fault.inject","n":"a","d":{"id":"cut","verb":"power.off"}}
{"t":40,"seq":11,"k":"node.power","n":"a","cause":10,"d":{"on":false}}
{"t":50,"seq":12,"k":"peer.state","n":"b","cause":4,"d":{"peer":"a","from":"up","to":"late","reason":"silent","silent_ns":20}}
{"t":60,"seq":13,"k":"ms.detect","n":"b","cause":12,"d":{"peer":"a","reason":"silent"}}
{"t":60,"seq":14,"k":"group.role","n":"b","cause":13,"d":{"group":"g","from":"standby","to":"takeover","reason":"peer-dead"}}
{"t":62,"seq":15,"k":"ms.address","n":"b","cause":14,"d":{"address":"10.0.0.1","interface":"eth0"}}
)";

inline const std::string trailer =
    R"({"end":true,"t":100,"events":15,"exit":"stop_at","verdicts":{"takeover":"pass"}})"
    "\n";

inline const std::string whole = header + events + trailer;

}  // namespace gui_test

#!/bin/sh
# usage: pcap_decodes.sh UNDERSTUDY SCENARIO: a short run's captures are read by tshark, which finds SIP, RTP, ARP and
# heartbeats and no malformed packet. 77: no tshark.
set -eu
command -v tshark >/dev/null || { echo "skipped: no tshark"; exit 77; }
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
"$1" run "$2" --seed 1 --trace none --out "$out/results" --pcap "$out/pcap" >"$out/report.txt" || [ $? -ne 6 ]
count() { tshark -n -r "$1" -Y "$2" 2>/dev/null | wc -l; }
for file in "$out"/pcap/*.pcapng; do
  bad=$(count "$file" _ws.malformed)
  [ "$bad" -eq 0 ] || { echo "$file: $bad malformed packets"; exit 1; }
done
all=$out/pcap/lan1.pcapng
for wanted in sip.Method==REGISTER sip.Method==INVITE sip.Status-Code==200 sdp rtp arp.isgratuitous==1 udp.dstport==694; do
  found=$(count "$all" "$wanted")
  echo "$wanted: $found"
  [ "$found" -gt 0 ] || { echo "lan1.pcapng has none"; exit 1; }
done
# The check can fail: with another length of addresses, every ARP packet is malformed.
LC_ALL=C sed 's/\x00\x01\x08\x00\x06\x04/\x00\x01\x08\x00\xff\x04/g' "$all" >"$out/broken.pcapng"
[ "$(count "$out/broken.pcapng" _ws.malformed)" -gt 0 ] || { echo "a broken capture passes"; exit 1; }

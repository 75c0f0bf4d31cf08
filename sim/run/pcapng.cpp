// SPDX-License-Identifier: GPL-2.0-or-later
#include "run/pcapng.hpp"

#include <stdexcept>

namespace sim {

namespace {

// draft-ietf-opsawg-pcapng
constexpr std::uint32_t section_header = 0x0A0D0D0A;
constexpr std::uint32_t interface_description = 1;
constexpr std::uint32_t enhanced_packet = 6;

void put(std::vector<std::uint8_t>& out, std::uint64_t value, int octets) {
    for (int i = 0; i < octets; ++i) {
        out.push_back(static_cast<std::uint8_t>(value >> static_cast<unsigned>(8 * i)));
    }
}

void pad(std::vector<std::uint8_t>& out) {
    while (out.size() % 4 != 0) {
        out.push_back(0);
    }
}

}  // namespace

PcapngWriter::PcapngWriter(const std::string& file, const std::string& link)
    : m_name(file), m_file(std::fopen(file.c_str(), "wb"), &std::fclose) {
    if (!m_file) {
        throw std::runtime_error("cannot write " + file);
    }
    std::vector<std::uint8_t> body;
    put(body, 0x1A2B3C4D, 4);
    put(body, 1, 2);
    put(body, 0, 2);
    put(body, ~std::uint64_t{0}, 8);  // section length: not given
    block(section_header, body);
    body.clear();
    put(body, 1, 2);  // Ethernet
    put(body, 0, 2);
    put(body, 0, 4);  // no snap length
    put(body, 2, 2);  // if_name
    put(body, link.size(), 2);
    body.insert(body.end(), link.begin(), link.end());
    pad(body);
    put(body, 9, 2);  // if_tsresol: nanoseconds
    put(body, 1, 2);
    put(body, 9, 1);
    pad(body);
    put(body, 0, 4);  // end of options
    block(interface_description, body);
}

void PcapngWriter::block(std::uint32_t type, const std::vector<std::uint8_t>& body) {
    std::vector<std::uint8_t> edge;
    put(edge, type, 4);
    put(edge, body.size() + 12, 4);
    (void)std::fwrite(edge.data(), 1, edge.size(), m_file.get());
    (void)std::fwrite(body.data(), 1, body.size(), m_file.get());
    (void)std::fwrite(edge.data() + 4, 1, 4, m_file.get());
}

void PcapngWriter::add(std::int64_t t_ns, const models::Frame& frame) {
    if (m_abandoned) {
        return;
    }
    const std::uint32_t payload = frame.packet->GetSize();
    m_body.clear();
    put(m_body, 0, 4);
    const auto t = static_cast<std::uint64_t>(t_ns);
    put(m_body, t >> 32U, 4);
    put(m_body, t & 0xffffffffU, 4);
    put(m_body, payload + 14, 4);
    put(m_body, payload + 14, 4);
    const std::size_t header = m_body.size();
    m_body.resize(header + 14 + payload);
    frame.destination.CopyTo(&m_body[header]);
    frame.source.CopyTo(&m_body[header + 6]);
    m_body[header + 12] = static_cast<std::uint8_t>(frame.ethertype >> 8U);
    m_body[header + 13] = static_cast<std::uint8_t>(frame.ethertype);
    if (payload > 0) {
        frame.packet->CopyData(&m_body[header + 14], payload);
    }
    pad(m_body);
    block(enhanced_packet, m_body);
}

void PcapngWriter::finish() {
    if (std::fflush(m_file.get()) != 0 || std::ferror(m_file.get()) != 0) {
        throw std::runtime_error("cannot write " + m_name);
    }
}

}  // namespace sim

// SPDX-License-Identifier: GPL-2.0-or-later
#include "trace/trace.hpp"

#include <algorithm>

#include <simdjson.h>

namespace gui {

namespace {

std::string as_text(simdjson::ondemand::value value) {
    simdjson::ondemand::json_type type{};
    if (value.type().get(type) == simdjson::SUCCESS &&
        type == simdjson::ondemand::json_type::string) {
        std::string_view text;
        return value.get_string().get(text) == simdjson::SUCCESS ? std::string(text)
                                                                 : std::string{};
    }
    std::string_view raw;
    if (simdjson::to_json_string(value).get(raw) != simdjson::SUCCESS) {
        return {};
    }
    while (!raw.empty() && (raw.back() == ' ' || raw.back() == '\t')) {
        raw.remove_suffix(1);
    }
    return std::string(raw);
}

}  // namespace

Time Trace::end() const noexcept {
    const Time last = rows.empty() ? 0 : rows.back().t;
    return trailer ? std::max(trailer->t, last) : last;
}

NameId Trace::find_name(std::string_view wanted) const noexcept {
    const auto found = std::ranges::find(m_names, wanted);
    return found == m_names.end() ? no_name : static_cast<NameId>(found - m_names.begin());
}

std::vector<Detail> Trace::details(const Row& row) const {
    std::vector<Detail> out;
    static thread_local simdjson::ondemand::parser parser;
    const simdjson::padded_string_view line(m_text.get() + row.offset,
                                            row.length,
                                            m_text_bytes - row.offset + simdjson::SIMDJSON_PADDING);
    simdjson::ondemand::document document;
    simdjson::ondemand::object object;
    if (parser.iterate(line).get(document) != simdjson::SUCCESS ||
        document.get_object().get(object) != simdjson::SUCCESS) {
        return out;
    }
    for (auto field : object) {
        std::string_view key;
        simdjson::ondemand::value value;
        if (field.unescaped_key().get(key) != simdjson::SUCCESS ||
            field.value().get(value) != simdjson::SUCCESS) {
            return out;
        }
        if (key == "t" || key == "seq" || key == "k" || key == "n" || key == "cause") {
            continue;
        }
        simdjson::ondemand::object inner;
        if (key != "d" || value.get_object().get(inner) != simdjson::SUCCESS) {
            std::string name(key);
            out.push_back({std::move(name), as_text(value)});
            continue;
        }
        for (auto member : inner) {
            std::string_view member_key;
            simdjson::ondemand::value member_value;
            if (member.unescaped_key().get(member_key) != simdjson::SUCCESS ||
                member.value().get(member_value) != simdjson::SUCCESS) {
                return out;
            }
            std::string name(member_key);
            out.push_back({std::move(name), as_text(member_value)});
        }
    }
    return out;
}

std::uint32_t Trace::row_of(std::uint64_t seq) const noexcept {
    if (!m_row_of.empty()) {
        return seq < m_row_of.size() ? m_row_of[seq] : no_row;
    }
    const auto found = std::ranges::lower_bound(
        m_by_seq, seq, {}, &std::pair<std::uint64_t, std::uint32_t>::first);
    return found != m_by_seq.end() && found->first == seq ? found->second : no_row;
}

std::uint32_t Trace::first_after(Time t) const noexcept {
    return static_cast<std::uint32_t>(std::ranges::upper_bound(rows, t, {}, &Row::t) -
                                      rows.begin());
}

std::uint32_t Trace::first_hop_after(Time t) const noexcept {
    return static_cast<std::uint32_t>(std::ranges::upper_bound(hops, t, {}, &Hop::sent) -
                                      hops.begin());
}

std::uint32_t
Trace::first_hop_possibly_at(Time t, Time stretch, std::uint32_t last) const noexcept {
    // Back over whole chunks, as long as one of their frames may still be seen. Flights are short
    // against a chunk, save on a slow serial line; so the walk ends after a few chunks.
    std::uint32_t first = std::min(last, first_hop_after(t - stretch));
    for (std::uint32_t chunk = first / hops_per_chunk;; --chunk) {
        if (chunk < m_latest_arrival.size() && m_latest_arrival[chunk] > t) {
            first = std::min(first, chunk * hops_per_chunk);
        }
        // m_latest_arrival holds the latest arrival of this chunk and all before it.
        if (chunk == 0 || m_latest_arrival[chunk - 1] <= t) {
            break;
        }
    }
    return first;
}

std::string_view value_of(const std::vector<Detail>& details, std::string_view key) noexcept {
    const auto found = std::ranges::find(details, key, &Detail::key);
    return found == details.end() ? std::string_view{} : std::string_view{found->value};
}

}  // namespace gui

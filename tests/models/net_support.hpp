// SPDX-License-Identifier: GPL-2.0-or-later
// What the tests of the network models share: a recorder that keeps everything, and one simulation
// per test case.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <ns3/simulator.h>

#include "model/lan.hpp"

namespace test {

class KeepingRecorder final : public models::Recorder {
  public:
    struct Record {
        models::RecordId id{};
        models::RecordId cause{};
        std::int64_t at_ns = 0;
        std::string kind;
        std::string subject;
        std::vector<std::pair<std::string, std::string>> fields;

        [[nodiscard]] std::string field(std::string_view key) const {
            for (const auto& [k, v] : fields) {
                if (k == key) {
                    return v;
                }
            }
            return {};
        }
    };
    struct KeptHop {
        std::string link, from, to, protocol, info, drop_reason;
        std::int64_t sent_ns = 0, received_ns = 0;
        models::RecordId cause{};
    };

    [[nodiscard]] bool wants_detail() const noexcept override { return detail; }

    void hop(models::RecordId cause, const Hop& h) override {
        hops.push_back({std::string{h.link},
                        std::string{h.from},
                        std::string{h.to},
                        std::string{h.protocol},
                        std::string{h.info},
                        std::string{h.drop_reason},
                        h.sent_ns,
                        h.received_ns,
                        cause});
    }

    [[nodiscard]] std::vector<Record> of(std::string_view kind,
                                         std::string_view subject = {}) const {
        std::vector<Record> found;
        for (const Record& r : records) {
            if (r.kind == kind && (subject.empty() || r.subject == subject)) {
                found.push_back(r);
            }
        }
        return found;
    }
    [[nodiscard]] const Record& at(models::RecordId id) const {
        return records.at(static_cast<std::size_t>(id) - 1);
    }

    /// Everything as one text, to compare two runs.
    [[nodiscard]] std::string dump() const {
        std::string text;
        for (const Record& r : records) {
            text += std::to_string(r.at_ns) + " " + r.kind + " " + r.subject + " <" +
                    std::to_string(static_cast<std::uint64_t>(r.cause)) + ">";
            for (const auto& [k, v] : r.fields) {
                text += " " + k + "=" + v;
            }
            text += "\n";
        }
        for (const KeptHop& h : hops) {
            text += std::to_string(h.sent_ns) + " " + std::to_string(h.received_ns) + " " + h.link +
                    " " + h.from + " " + h.protocol + " " + h.drop_reason + "\n";
        }
        return text;
    }

    std::vector<Record> records;
    std::vector<KeptHop> hops;
    bool detail = true;

  protected:
    models::RecordId write(models::RecordId cause,
                           std::string_view kind,
                           std::string_view subject,
                           std::span<const models::TraceField> fields) override {
        Record r{static_cast<models::RecordId>(records.size() + 1),
                 cause,
                 ns3::Simulator::Now().GetNanoSeconds(),
                 std::string{kind},
                 std::string{subject},
                 {}};
        for (const models::TraceField& f : fields) {
            std::string text;
            if (const auto* number = std::get_if<std::int64_t>(&f.value)) {
                text = std::to_string(*number);
            } else if (const auto* flag = std::get_if<bool>(&f.value)) {
                text = *flag ? "true" : "false";
            } else {
                text = std::get<std::string_view>(f.value);
            }
            r.fields.emplace_back(std::string{f.key}, text);
        }
        records.push_back(std::move(r));
        return records.back().id;
    }
};

/// First member of a test: the simulation ends after every model object is gone.
struct Simulation {
    Simulation() = default;
    Simulation(const Simulation&) = delete;
    Simulation& operator=(const Simulation&) = delete;
    ~Simulation() { ns3::Simulator::Destroy(); }

    void run_until(ns3::Time at) {
        ns3::Simulator::Stop(at - ns3::Simulator::Now());
        ns3::Simulator::Run();
    }
    template <class F>
    void at(ns3::Time when, F f) {
        ns3::Simulator::Schedule(when - ns3::Simulator::Now(), f);
    }
};

struct World {
    Simulation simulation;
    KeepingRecorder recorder;
    models::Context context{recorder, 1};
};

/// A port that keeps what arrives.
class Sink final : public models::LanPort {
  public:
    Sink(std::string name, ns3::Mac48Address mac_) : LanPort(std::move(name)), mac(mac_) {}
    void receive(const models::Frame& frame) override {
        frames.emplace_back(ns3::Simulator::Now().GetNanoSeconds(), frame);
    }
    void carrier_changed(bool up) override { carrier_events.push_back(up); }
    void send(ns3::Mac48Address to, std::uint32_t size, std::uint16_t ethertype = 0x88b5) {
        transmit({ns3::Create<ns3::Packet>(size), mac, to, ethertype, models::RecordId::none});
    }

    ns3::Mac48Address mac;
    std::vector<std::pair<std::int64_t, models::Frame>> frames;
    std::vector<bool> carrier_events;
};

inline std::vector<std::byte> bytes_of(std::string_view text) {
    std::vector<std::byte> bytes;
    for (const char c : text) {
        bytes.push_back(static_cast<std::byte>(c));
    }
    return bytes;
}

}  // namespace test

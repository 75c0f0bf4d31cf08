// SPDX-License-Identifier: GPL-2.0-or-later
#include "run/episodes.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "run/attribution.hpp"

namespace sim {

namespace {

using namespace std::chrono_literals;

constexpr std::int64_t late_ns =
    1'000'000'000;  // what a caller takes for silence, beyond the usual wait [assumed]
constexpr Duration target_from = 15s;  // the target of design §4
constexpr Duration target_to = 20s;
constexpr std::size_t story_lines = 15;

}  // namespace

std::int64_t usual_wait(std::span<const ProbeSample> samples, std::int64_t until) {
    std::int64_t longest = 0;
    for (const ProbeSample& sample : samples) {
        if (sample.answered && *sample.answered < until) {
            longest = std::max(longest, *sample.answered - sample.started);
        }
    }
    return longest;
}

std::vector<CutOff> cut_offs(std::span<const ProbeSample> samples,
                             std::int64_t usual,
                             std::int64_t fault,
                             std::int64_t window_end) {
    const auto answered = [](const ProbeSample& sample) {
        return sample.answered && sample.enough_stations;
    };
    const auto bad = [&](const ProbeSample& sample) {
        return !answered(sample) || *sample.answered - sample.started > usual + late_ns;
    };
    std::vector<CutOff> result;
    bool served_since_fault =
        false;  // a good probe call has begun after the fault: what comes now began by itself later
    std::int64_t resume = std::numeric_limits<std::int64_t>::min();
    for (std::size_t i = 0; i < samples.size(); ++i) {
        const ProbeSample& sample = samples[i];
        if (sample.started < resume || sample.started >= window_end) {
            continue;
        }
        // A call that was under way at the fault counts when the fault is what spoilt it.
        const bool under_way = sample.started < fault;
        if (!bad(sample)) {
            served_since_fault = served_since_fault || !under_way;
            continue;
        }
        if (under_way &&
            (sample.answered ? *sample.answered : sample.started + usual + late_ns) < fault) {
            continue;  // its fate was sealed before
        }
        if (served_since_fault && sample.started + usual >= window_end) {
            break;  // served until then, and under way when the next episode opened: that is what
                    // spoilt it
        }
        CutOff cut{served_since_fault ? std::max(fault, sample.started) : fault, std::nullopt, 0};
        for (std::size_t k = i; k < samples.size(); ++k) {
            if (answered(samples[k]) && *samples[k].answered >= cut.from &&
                (!cut.to || *samples[k].answered < *cut.to)) {
                cut.to = samples[k].answered;
                cut.answer_record = samples[k].answer_record;
            }
            if (cut.to && samples[k].started > *cut.to) {
                break;
            }
        }
        result.push_back(cut);
        if (!cut.to) {
            break;
        }
        resume = *cut.to;
        served_since_fault = true;
    }
    return result;
}

TakeoverVerdict judge(const std::vector<DirectionCutOff>& directions,
                      std::string& worst_direction) {
    const DirectionCutOff* worst = nullptr;
    bool any_restored = false;
    for (const DirectionCutOff& direction : directions) {
        if (!direction.interrupted) {
            continue;
        }
        any_restored = any_restored || direction.restored;
        if (worst == nullptr || std::pair{!direction.restored, direction.longest} >
                                    std::pair{!worst->restored, worst->longest}) {
            worst = &direction;
        }
    }
    worst_direction = worst == nullptr ? "" : worst->direction;
    if (worst == nullptr) {
        return TakeoverVerdict::no_interruption;
    }
    if (!worst->restored && (!any_restored || worst->longest <= target_to)) {
        return TakeoverVerdict::no_takeover;
    }
    if (worst->longest < target_from) {
        return TakeoverVerdict::faster;
    }
    return worst->longest <= target_to ? TakeoverVerdict::in_target : TakeoverVerdict::too_slow;
}

std::vector<Episode>
make_episodes(const RecordStore& store,
              const std::vector<EpisodeOpening>& openings,
              const std::vector<ProbedDirection>& directions,
              const std::vector<StoryLine>& story,
              const std::vector<std::pair<std::int64_t, std::int64_t>>& dual_owner_spans,
              std::int64_t end) {
    std::vector<Episode> episodes;
    std::vector<std::int64_t> open_until(directions.size(),
                                         std::numeric_limits<std::int64_t>::min());
    std::vector<std::string> opened_by(directions.size());  // the episode of that cut-off
    for (std::size_t n = 0; n < openings.size(); ++n) {
        const EpisodeOpening& opening = openings[n];
        const std::int64_t window_end = n + 1 < openings.size() ? openings[n + 1].at : end;
        Episode episode;
        episode.id = opening.id;
        episode.verb = opening.verb;
        episode.target = opening.target;
        episode.at = Duration{opening.at};
        episode.evidence = opening.evidence;
        for (std::size_t d = 0; d < directions.size(); ++d) {
            const std::span<const ProbeSample> samples{directions[d].samples};
            const auto first = std::ranges::find_if(samples, [&](const ProbeSample& sample) {
                return sample.started >= open_until[d];
            });
            const auto rest = samples.subspan(static_cast<std::size_t>(first - samples.begin()));
            const auto cuts = cut_offs(rest,
                                       usual_wait(samples, openings.front().at),
                                       std::max(opening.at, open_until[d]),
                                       window_end);
            DirectionCutOff direction{.direction = directions[d].name,
                                      .interrupted = !cuts.empty(),
                                      .restored = true,
                                      .longest = {},
                                      .summed = {},
                                      .phases = {},
                                      .unattributed = {},
                                      .attribution_gap = {},
                                      .path = {},
                                      .already_cut_off_by =
                                          open_until[d] > opening.at ? opened_by[d] : ""};
            for (const CutOff& cut : cuts) {
                const std::int64_t to = cut.to.value_or(end);
                const Duration length{to - cut.from};
                direction.summed += length;
                if (length > direction.longest) {
                    direction.longest = length;
                    if (cut.to) {
                        Attribution found =
                            attribute(store, cut.from, to, opening.record, cut.answer_record);
                        direction.phases = found.phases;
                        direction.unattributed = found.unattributed;
                        direction.attribution_gap = std::move(found.gap);
                        direction.path = std::move(found.path);
                    } else {
                        direction.phases = {};
                        direction.unattributed = length;
                        direction.attribution_gap = "not restored by the end of the run";
                        direction.path = {};
                    }
                }
                direction.restored = direction.restored && cut.to.has_value();
                open_until[d] = std::max(open_until[d], to);
                opened_by[d] = opening.id;
            }
            episode.directions.push_back(std::move(direction));
        }
        episode.verdict = judge(episode.directions, episode.worst_direction);
        for (const auto& [from, to] : dual_owner_spans) {
            episode.two_owners = episode.two_owners || (from < window_end && to > opening.at);
        }
        std::vector<std::pair<Duration, std::string>> lines;
        for (const DirectionCutOff& direction : episode.directions) {
            if (const Record* answer =
                    direction.path.empty() ? nullptr : store.find(direction.path.back());
                answer != nullptr) {
                lines.emplace_back(Duration{answer->t},
                                   fmt::format("{} calls are answered again", direction.direction));
            }
        }
        for (const StoryLine& line : story) {
            if (line.at >= opening.at && line.at < window_end) {
                lines.emplace_back(Duration{line.at}, line.text);
            }
        }
        std::ranges::stable_sort(lines, {}, &std::pair<Duration, std::string>::first);
        if (lines.size() > story_lines) {
            const std::size_t left_out = lines.size() - story_lines + 1;
            lines.resize(story_lines - 1);
            lines.emplace_back(Duration{window_end}, fmt::format("… and {} more", left_out));
        }
        episode.story = std::move(lines);
        episodes.push_back(std::move(episode));
    }
    return episodes;
}

}  // namespace sim

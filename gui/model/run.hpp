// SPDX-License-Identifier: GPL-2.0-or-later
// A run that is open: its trace with what it means, and its result when it lies beside it. Never
// changed after loading, so threads may share it.
#pragma once

#include <QString>
#include <QStringList>

#include <memory>
#include <optional>

#include "trace/history.hpp"
#include "trace/run_result.hpp"
#include "trace/trace_reader.hpp"

namespace gui {

struct Run {
    QString path;  ///< of the trace
    std::shared_ptr<const Trace> trace;
    std::unique_ptr<const History> history;
    std::optional<RunResult> result;
    QString no_result;  ///< why there is none

    [[nodiscard]] QString title() const;  ///< "call-centre-primary-power · seed 1"
    /// The episode whose cut-off lasts at t, else the last one before t; null before the first and
    /// without a result.
    [[nodiscard]] const EpisodeResult* episode_at(Time t) const;
    /// Begin and end of the longest cut-off of the worst direction; end of the run when it was not
    /// restored. nullopt: nothing was interrupted.
    [[nodiscard]] std::optional<std::pair<Time, Time>> cut_off(const EpisodeResult&) const;
    /// Time between fault and the phase that was under way at t; phase_count: none.
    [[nodiscard]] std::size_t phase_at(const EpisodeResult&, Time t) const;
};

struct LoadedRun {
    std::shared_ptr<const Run> run;
    QString error;  ///< a sentence; empty when it was loaded or stopped
};

/// Blocking; meant for a thread of its own.
[[nodiscard]] LoadedRun load_run(const QString& path, const ReadProgress& = {});
/// From text instead of a file; `result` may be empty.
[[nodiscard]] LoadedRun run_from_text(std::string_view trace, std::string_view result);

/// What the strip on top should say about this trace; empty: nothing.
[[nodiscard]] QStringList notices_of(const Run&);

}  // namespace gui

// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/run.hpp"

#include <QCoreApplication>
#include <QFileInfo>
#include <QLocale>

#include "model/time_text.hpp"

namespace gui {

namespace {

struct Words {
    Q_DECLARE_TR_FUNCTIONS(Run)
};

LoadedRun finish(ReadTrace read, const QString& path) {
    if (!read.trace) {
        return {nullptr,
                read.cancelled
                    ? QString()
                    : Words::tr("%1 cannot be opened: %2.")
                          .arg(QFileInfo(path).fileName(), QString::fromStdString(read.error))};
    }
    auto run = std::make_shared<Run>();
    run->path = path;
    run->trace = read.trace;
    run->history = std::make_unique<const History>(read.trace);
    return {run, {}};
}

void attach(Run& run, ReadResult read) {
    if (!read.result) {
        run.no_result =
            Words::tr("result.json beside the trace: %1").arg(QString::fromStdString(read.error));
        return;
    }
    const TraceHeader& header = run.trace->header;
    if (read.result->scenario != header.scenario || read.result->seed != header.seed ||
        read.result->digest != header.digest ||
        read.result->implementation != header.implementation) {
        run.no_result = Words::tr("result.json beside the trace is of another run (%1, seed %2)")
                            .arg(QString::fromStdString(read.result->scenario))
                            .arg(read.result->seed);
        return;
    }
    run.result = std::move(read.result);
}

}  // namespace

QString Run::title() const {
    return Words::tr("%1 · seed %2")
        .arg(QString::fromStdString(trace->header.scenario))
        .arg(trace->header.seed);
}

const EpisodeResult* Run::episode_at(Time t) const {
    if (!result) {
        return nullptr;
    }
    const std::vector<EpisodeResult>& all = result->episodes;
    // A cut-off belongs to the episode it began in, however long it lasts.
    for (std::size_t i = all.size(); i-- > 0;) {
        const auto span = cut_off(all[i]);
        if (span && span->first <= t && t <= span->second) {
            return &all[i];
        }
    }
    // Else the last one; a repair that interrupted nobody stands back behind its fault.
    for (std::size_t i = all.size(); i-- > 0;) {
        const bool repair = all[i].id.ends_with("/revert");
        if (all[i].at <= t && (!repair || i == 0 || all[i].worst() != nullptr)) {
            return &all[i];
        }
    }
    return nullptr;
}

std::optional<std::pair<Time, Time>> Run::cut_off(const EpisodeResult& episode) const {
    const DirectionResult* const worst = episode.worst();
    if (worst == nullptr) {
        return std::nullopt;
    }
    if (const auto known = cut_off_of(*trace, *worst)) {
        return known;
    }
    return std::pair{std::max(episode.at, trace->end() - worst->longest), trace->end()};
}

std::size_t Run::phase_at(const EpisodeResult& episode, Time t) const {
    const DirectionResult* const worst = episode.worst();
    const auto span = cut_off(episode);
    if (worst == nullptr || !span || t < span->first || t > span->second) {
        return phase_count;
    }
    Time at = span->first + worst->unattributed;
    for (std::size_t phase = 0; phase < phase_count; ++phase) {
        at += worst->phases[phase];
        if (worst->phases[phase] > 0 && t < at) {
            return phase;
        }
    }
    return phase_count;
}

LoadedRun load_run(const QString& path, const ReadProgress& progress) {
    LoadedRun loaded = finish(TraceReader::read_file(path.toStdString(), progress), path);
    if (loaded.run) {
        auto& run = const_cast<Run&>(*loaded.run);  // nobody else has it yet
        const QString beside = QFileInfo(path).absolutePath() + QStringLiteral("/result.json");
        if (QFileInfo::exists(beside)) {
            attach(run, read_result_file(beside.toStdString()));
        } else {
            run.no_result = Words::tr("no result.json lies beside the trace");
        }
    }
    return loaded;
}

LoadedRun run_from_text(std::string_view trace, std::string_view result) {
    LoadedRun loaded = finish(TraceReader::read_text(trace), QStringLiteral("text"));
    if (loaded.run) {
        auto& run = const_cast<Run&>(*loaded.run);
        if (result.empty()) {
            run.no_result = Words::tr("no result.json lies beside the trace");
        } else {
            attach(run, read_result(result));
        }
    }
    return loaded;
}

QStringList notices_of(const Run& run) {
    QStringList out;
    const Trace& trace = *run.trace;
    const QLocale locale;
    if (trace.header.version != TraceReader::version) {
        std::uint64_t unknown = 0;
        for (const auto& [kind, count] : run.history->unknown_kinds()) {
            unknown += count;
        }
        out << Words::tr(
                   "This trace is of format %1; this player knows format 1. %2 records of %3 kinds "
                   "are "
                   "shown as they stand.")
                   .arg(trace.header.version)
                   .arg(locale.toString(static_cast<qulonglong>(unknown)))
                   .arg(run.history->unknown_kinds().size());
    }
    if (trace.truncated()) {
        QString text =
            Words::tr("The trace stops at %1 without its last line. %2 complete records were kept.")
                .arg(clock_text(trace.end()),
                     locale.toString(static_cast<qulonglong>(trace.rows.size())));
        if (trace.partial_bytes > 0) {
            text += QLatin1Char(' ') + Words::tr("A line that was being written was left out.");
        }
        out << text;
    }
    if (trace.problem_count > 0 && trace.header.version == TraceReader::version) {
        const TraceProblem& first = trace.problems.front();
        out << Words::tr(
                   "%n line(s) of the trace could not be taken as they are.",
                   nullptr,
                   static_cast<int>(std::min<std::uint64_t>(trace.problem_count, 1'000'000'000))) +
                   QLatin1Char(' ') +
                   Words::tr("The first: line %1: %2.")
                       .arg(first.line)
                       .arg(QString::fromStdString(first.what));
    }
    return out;
}

}  // namespace gui

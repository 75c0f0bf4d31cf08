// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/event_log_model.hpp"

#include <QLocale>

#include "model/time_text.hpp"
#include "trace/story.hpp"

namespace gui {

EventLogModel::EventLogModel(Session& session, QObject* parent)
    : QAbstractTableModel(parent), m_session(session) {
    const auto reset = [this] {
        beginResetModel();
        endResetModel();
    };
    connect(&session, &Session::filterChanged, this, reset);
}

int EventLogModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() || m_session.run() == nullptr
               ? 0
               : static_cast<int>(m_session.listed().size());
}

int EventLogModel::columnCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : columns;
}

std::uint32_t EventLogModel::trace_row(int line) const {
    const auto& listed = m_session.listed();
    return line >= 0 && line < static_cast<int>(listed.size())
               ? listed[static_cast<std::size_t>(line)]
               : no_row;
}

void EventLogModel::set_theme(const Theme& theme) {
    m_theme = &theme;
    emit dataChanged(index(0, 0), index(std::max(rowCount() - 1, 0), columns - 1));
}

QVariant EventLogModel::data(const QModelIndex& index, int role) const {
    const std::uint32_t at = trace_row(index.row());
    if (at == no_row || m_session.run() == nullptr) {
        return {};
    }
    const Trace& trace = *m_session.run()->trace;
    const Row& row = trace.rows[at];
    const std::string_view kind_name = trace.name(row.kind);
    if (role == Qt::DisplayRole) {
        switch (index.column()) {
        case time:
            return clock_text(row.t);
        case delta: {
            const std::uint32_t before = trace_row(index.row() - 1);
            return before == no_row ? QString()
                                    : signed_span_text(row.t - trace.rows[before].t).chopped(2);
        }
        case source: {
            const std::string_view name = trace.name(row.subject);
            return QString::fromUtf8(name.data(), static_cast<qsizetype>(name.size()));
        }
        case kind:
            return QString::fromUtf8(kind_name.data(), static_cast<qsizetype>(kind_name.size()));
        case detail:
            return QString::fromStdString(describe(trace, row));
        default:
            return {};
        }
    }
    if (role == Qt::FontRole) {
        if (index.column() <= delta) {
            return number_font(8.5);
        }
        return text_font(9, kind_name.starts_with("ms.") || kind_name.starts_with("fault."));
    }
    if (role == Qt::ForegroundRole) {
        if (kind_name.starts_with("fault.inject")) {
            return m_theme->bad;
        }
        if (index.column() == delta || index.column() == kind) {
            return m_theme->muted;
        }
    }
    if (role == Qt::TextAlignmentRole && index.column() == delta) {
        return QVariant(Qt::AlignRight | Qt::AlignVCenter);
    }
    return {};
}

QVariant EventLogModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole) {
        return {};
    }
    switch (section) {
    case time:
        return tr("time");
    case delta:
        return tr("Δ");
    case source:
        return tr("source");
    case kind:
        return tr("event");
    case detail:
        return tr("detail");
    default:
        return {};
    }
}

namespace {

QByteArray quoted(const std::string& text) {
    QByteArray out = QByteArray::fromStdString(text);
    out.replace('"', "\"\"");
    return '"' + out + '"';
}

}  // namespace

QByteArray log_as_csv(const Session& session) {
    QByteArray out("t_ns,seq,cause,node,kind,detail\n");
    if (session.run() == nullptr) {
        return out;
    }
    const Trace& trace = *session.run()->trace;
    for (const std::uint32_t at : session.listed()) {
        const Row& row = trace.rows[at];
        out +=
            QByteArray::number(qlonglong{row.t}) + ',' + QByteArray::number(qulonglong{row.seq}) +
            ',' + (row.cause != 0 ? QByteArray::number(qulonglong{row.cause}) : QByteArray()) +
            ',' + quoted(std::string(trace.name(row.subject))) + ',' +
            quoted(std::string(trace.name(row.kind))) + ',' + quoted(describe(trace, row)) + '\n';
    }
    return out;
}

QByteArray phases_as_csv(const Run& run) {
    QByteArray out("episode,direction,worst,restored,longest_ns,unattributed_ns");
    for (const std::string_view phase : phase_names) {
        out += ',' + QByteArray(phase.data(), static_cast<qsizetype>(phase.size())) + "_ns";
    }
    out += '\n';
    if (!run.result) {
        return out;
    }
    for (const EpisodeResult& episode : run.result->episodes) {
        for (const DirectionResult& d : episode.directions) {
            out += quoted(episode.id) + ',' + quoted(d.direction) + ',' +
                   (d.direction == episode.worst_direction ? "1," : "0,") +
                   (d.restored ? "1," : "0,") + QByteArray::number(qlonglong{d.longest}) + ',' +
                   QByteArray::number(qlonglong{d.unattributed});
            for (const Time phase : d.phases) {
                out += ',' + QByteArray::number(qlonglong{phase});
            }
            out += '\n';
        }
    }
    return out;
}

}  // namespace gui

// SPDX-License-Identifier: GPL-2.0-or-later
#include "view/inspector.hpp"

#include <QScrollBar>

#include <algorithm>

#include "model/time_text.hpp"
#include "trace/story.hpp"

namespace gui {

namespace {

QString text(std::string_view view) {
    return QString::fromUtf8(view.data(), static_cast<qsizetype>(view.size())).toHtmlEscaped();
}

struct Page {
    const Session& session;
    const Theme& theme;
    QString html{};

    void head(const QString& name, const QString& words, QColor colour) {
        html +=
            QStringLiteral("<p style='margin:2px 0 6px 0'><span style='font-size:13pt;"
                           "font-weight:600'>%1</span> &nbsp;<span style='color:%2'>%3</span></p>")
                .arg(name, colour.name(), words);
    }
    void begin_table() {
        html += QStringLiteral("<table cellspacing='0' cellpadding='2' width='100%'>");
    }
    void end_table() { html += QStringLiteral("</table>"); }
    void line(const QString& name, const QString& value) {
        html +=
            QStringLiteral("<tr><td style='color:%1;padding-right:10px'>%2</td><td>%3</td></tr>")
                .arg(theme.muted.name(), name, value);
    }
    void title(const QString& words) {
        html += QStringLiteral("<p style='margin:10px 0 3px 0;font-weight:600'>%1</p>").arg(words);
    }
    [[nodiscard]] QString link(std::uint32_t row, Time t) const {
        return QStringLiteral("<a href='row:%1' style='color:%3'>%2</a>")
            .arg(row)
            .arg(clock_text(t), theme.accent.name());
    }

    void chain(std::uint32_t row, const QString& question) {
        const std::vector<WhyStep> steps = why(*session.run()->history, row);
        if (steps.empty()) {
            return;
        }
        title(question);
        begin_table();
        for (std::size_t i = 0; i < steps.size(); ++i) {
            const WhyStep& step = steps[i];
            QString words = text(step.text);
            if (step.milestone || step.fault) {
                words = QStringLiteral("<b>%1</b>").arg(words);
            }
            if (step.fault) {
                words =
                    QStringLiteral("<span style='color:%1'>%2</span>").arg(theme.bad.name(), words);
            }
            html += QStringLiteral("<tr><td style='white-space:pre'>%1&nbsp;%2</td><td>"
                                   "<span style='color:%3'>%4</span> %5</td></tr>")
                        .arg(i == 0 ? QStringLiteral("&nbsp;&nbsp;") : QStringLiteral("←"),
                             link(step.row, step.t),
                             theme.muted.name(),
                             text(step.node),
                             words);
            if (!step.because.empty()) {
                html += QStringLiteral("<tr><td></td><td style='color:%1'>%2</td></tr>")
                            .arg(theme.muted.name(), text(step.because));
            }
            if (step.folded > 0) {
                html += QStringLiteral("<tr><td></td><td style='color:%1'>%2</td></tr>")
                            .arg(theme.muted.name(),
                                 Inspector::tr("… %n record(s) of the exchange with the bridge",
                                               nullptr,
                                               static_cast<int>(step.folded)));
            }
        }
        end_table();
    }

    void node(std::uint32_t index);
    void link_page(std::uint32_t index);
    void record(std::uint32_t index);
    void overview();
};

/// The last record of that node with one of those kinds at or before t; no_row: none.
std::uint32_t
last_of(const Run& run, std::string_view node, const std::vector<std::string_view>& kinds, Time t) {
    const Trace& trace = *run.trace;
    const NameId subject = trace.find_name(node);
    std::vector<NameId> wanted;
    for (const std::string_view kind : kinds) {
        if (const NameId id = trace.find_name(kind); id != no_name) {
            wanted.push_back(id);
        }
    }
    for (std::uint32_t i = trace.first_after(t); i-- > 0;) {
        const Row& row = trace.rows[i];
        if (row.subject == subject && std::ranges::count(wanted, row.kind) > 0) {
            return i;
        }
    }
    return no_row;
}

void Page::node(std::uint32_t index) {
    const Run& run = *session.run();
    const History& history = *run.history;
    const Time t = session.t();
    const TraceNode& header = run.trace->header.nodes[index];
    const World world = history.world_at(t);
    const Segment& segment = history.segment_at(index, t);
    head(text(header.id),
         Inspector::tr("%1 since %2").arg(shown_words(segment.shown), clock_text(segment.from)),
         theme.state_text(segment.shown.state));
    begin_table();
    line(Inspector::tr("kind"), text(header.kind));
    const NodeFacts& facts = world.nodes[index];
    for (std::size_t a = 0; a < history.addresses().size(); ++a) {
        if (history.member(index)) {
            line(text(history.addresses()[a]),
                 world.owners[index * history.addresses().size() + a] != 0
                     ? Inspector::tr("is here")
                     : Inspector::tr("not here"));
        }
    }
    if (history.member(index)) {
        line(Inspector::tr("daemon"),
             facts.daemon ? Inspector::tr("runs") : Inspector::tr("does not run"));
        line(Inspector::tr("service"),
             facts.service ? (facts.service_hangs ? Inspector::tr("hangs") : Inspector::tr("runs"))
                           : Inspector::tr("does not run"));
        line(Inspector::tr("T1 spans"),
             facts.spans ? Inspector::tr("TDMoE arrives") : Inspector::tr("no TDMoE"));
    }
    for (std::uint32_t i = 0; i < run.trace->header.links.size(); ++i) {
        const TraceLink& cable = run.trace->header.links[i];
        for (int end = 0; end < 2; ++end) {
            if (history.node_of(cable.ends[end]) == index) {
                const LinkState state = history.shown_link(world, i);
                const QString words = state == LinkState::up         ? Inspector::tr("up")
                                      : state == LinkState::impaired ? Inspector::tr("impaired")
                                                                     : Inspector::tr("down");
                line(text(cable.ends[end].substr(header.id.size() + 1)),
                     Inspector::tr("%1 to %2, %3")
                         .arg(text(cable.id), text(cable.ends[1 - end]), words));
            }
        }
    }
    end_table();
    const std::uint32_t reason = last_of(run,
                                         header.id,
                                         {"group.role",
                                          "node.power",
                                          "node.crash",
                                          "node.boot",
                                          "node.freeze",
                                          "node.thaw",
                                          "switch.power",
                                          "bridge.power",
                                          "bridge.unfed",
                                          "bridge.heard",
                                          "dchannel.down",
                                          "dchannel.up",
                                          "link.carrier",
                                          "peer.state",
                                          "process.end"},
                                         t);
    if (reason != no_row) {
        chain(reason, Inspector::tr("Why is it in this state?"));
    }
}

void Page::link_page(std::uint32_t index) {
    const Run& run = *session.run();
    const TraceLink& cable = run.trace->header.links[index];
    const LinkState state = run.history->shown_link(run.history->world_at(session.t()), index);
    head(text(cable.id),
         state == LinkState::up         ? Inspector::tr("up")
         : state == LinkState::impaired ? Inspector::tr("impaired")
                                        : Inspector::tr("down"),
         state == LinkState::up         ? theme.muted
         : state == LinkState::impaired ? theme.warning
                                        : theme.bad);
    begin_table();
    line(Inspector::tr("type"), text(cable.type));
    line(Inspector::tr("ends"), text(cable.ends[0]) + QStringLiteral(" – ") + text(cable.ends[1]));
    const NameId id = run.trace->find_name(cable.id);
    const std::uint32_t before = run.trace->first_hop_after(session.t());
    std::uint32_t sent = 0;
    std::uint32_t dropped = 0;
    std::vector<std::uint32_t> last;
    constexpr std::size_t shown = 12;
    for (std::uint32_t i = before; i-- > 0;) {
        const Hop& hop = run.trace->hops[i];
        if (hop.link == id) {
            ++sent;
            dropped += hop.drop != no_name ? 1 : 0;
            if (last.size() < shown) {
                last.push_back(hop.row);
            }
        }
    }
    line(Inspector::tr("frames so far"), QString::number(sent));
    line(Inspector::tr("dropped so far"), QString::number(dropped));
    end_table();
    title(Inspector::tr("Last frames"));
    if (last.empty()) {
        html += QStringLiteral("<p style='color:%1'>%2</p>")
                    .arg(theme.muted.name(),
                         run.trace->header.level == "signalling" && cable.type == "t1"
                             ? Inspector::tr("T1 lines carry no frames.")
                             : Inspector::tr("No frame was recorded here until now."));
    }
    begin_table();
    for (const std::uint32_t row : last) {
        line(link(row, run.trace->rows[row].t), text(describe(*run.trace, run.trace->rows[row])));
    }
    end_table();
}

void Page::record(std::uint32_t index) {
    const Run& run = *session.run();
    const Row& row = run.trace->rows[index];
    head(text(run.trace->name(row.kind)), text(run.trace->name(row.subject)), theme.muted);
    html +=
        QStringLiteral("<p style='margin:0 0 6px 0'>%1</p>").arg(text(describe(*run.trace, row)));
    begin_table();
    line(Inspector::tr("time"), link(index, row.t));
    line(Inspector::tr("record"), QString::number(row.seq));
    for (const Detail& detail : run.trace->details(row)) {
        line(text(detail.key), text(detail.value));
    }
    end_table();
    chain(index, Inspector::tr("Why did it happen?"));
}

void Page::overview() {
    const Run& run = *session.run();
    if (!run.result) {
        html +=
            QStringLiteral("<p style='color:%1'>%2</p>")
                .arg(theme.muted.name(),
                     Inspector::tr("Select a node, a link or an event to see what is known of it, "
                                   "and why."));
        return;
    }
    if (!run.result->title.empty()) {
        head(text(run.result->title), {}, theme.muted);
    }
    for (const EpisodeResult& episode : run.result->episodes) {
        title(Inspector::tr("%1: %2 %3")
                  .arg(text(episode.id), text(episode.verb), text(episode.target)));
        html +=
            QStringLiteral("<p style='margin:0;color:%1'>%2</p>")
                .arg((verdict_is_good(episode) ? theme.good : theme.bad).name(),
                     episode.worst() != nullptr
                         ? Inspector::tr("%1, worst direction %2: %3")
                               .arg(verdict_words(episode),
                                    text(episode.worst_direction),
                                    episode.worst()->restored ? span_text(episode.worst()->longest)
                                                              : Inspector::tr("not restored"))
                         : verdict_words(episode));
        const std::uint32_t answer = first_answer(*run.trace, episode);
        if (answer != no_row) {
            html += QStringLiteral(
                        "<p style='margin:2px 0'><a href='row:%1' style='color:%3'>%2</a></p>")
                        .arg(answer)
                        .arg(Inspector::tr("Why did it take so long?"), theme.accent.name());
        }
        begin_table();
        for (const StoryStep& step : episode.story) {
            const std::uint32_t row = run.trace->first_after(step.at - 1);
            line(row < run.trace->rows.size() ? link(row, step.at) : clock_text(step.at),
                 text(step.text));
        }
        end_table();
    }
}

}  // namespace

QString inspector_page(const Session& session, const Theme& theme) {
    if (session.run() == nullptr) {
        return Inspector::tr("No run is open.");
    }
    Page page{session, theme};
    const Selection selection = session.selection();
    switch (selection.what) {
    case Selection::What::node:
        page.node(selection.index);
        break;
    case Selection::What::link:
        page.link_page(selection.index);
        break;
    case Selection::What::row:
        page.record(selection.index);
        break;
    case Selection::What::nothing:
        page.overview();
        break;
    }
    return page.html;
}

Inspector::Inspector(Session& session, QWidget* parent) : QTextBrowser(parent), m_session(session) {
    setObjectName(QStringLiteral("inspector"));
    setAccessibleName(tr("Inspector"));
    setOpenLinks(false);
    setFrameShape(QFrame::NoFrame);
    document()->setDocumentMargin(10);
    setFont(text_font(9));
    connect(this, &QTextBrowser::anchorClicked, this, [this](const QUrl& url) {
        if (url.scheme() == QLatin1String("row")) {
            m_session.select_row(url.path().toUInt(), true);
        }
    });
    connect(&session, &Session::runChanged, this, &Inspector::show_again);
    connect(&session, &Session::selectionChanged, this, &Inspector::show_again);
    connect(&session, &Session::timeChanged, this, [this] {
        // A record says the same at any time.
        if (m_session.selection().what != Selection::What::row && isVisible()) {
            show_again();
        }
    });
    show_again();
}

void Inspector::set_theme(const Theme& theme) {
    m_theme = &theme;
    m_shown.clear();
    show_again();
}

void Inspector::show_again() {
    const QString page = inspector_page(m_session, *m_theme);
    if (page != m_shown) {
        m_shown = page;
        const int scrolled = verticalScrollBar()->value();
        setHtml(page);
        verticalScrollBar()->setValue(scrolled);
    }
}

}  // namespace gui

// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/script_page.hpp"

#include <QDir>
#include <QFile>
#include <QFileDialog>
#include <QFileInfo>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QMessageBox>
#include <QSaveFile>
#include <QSplitter>
#include <QRegularExpression>
#include <QTemporaryFile>
#include <QTextBlock>
#include <QVBoxLayout>

namespace gui {

namespace {

constexpr int check_after_ms = 500;

/// The verbs that docs/scenario-format.md lists for every kind of target; others can be typed.
const QStringList& common_verbs() {
    static const QStringList verbs{QStringLiteral("power.off"),
                                   QStringLiteral("power.on"),
                                   QStringLiteral("link.down"),
                                   QStringLiteral("link.up"),
                                   QStringLiteral("node.freeze"),
                                   QStringLiteral("node.thaw"),
                                   QStringLiteral("process.kill"),
                                   QStringLiteral("operator.standby"),
                                   QStringLiteral("operator.takeover"),
                                   QStringLiteral("operator.stop")};
    return verbs;
}

std::string std_text(const QString& text) {
    return text.toStdString();
}

QString text_of(std::string_view view) {
    return QString::fromUtf8(view.data(), static_cast<qsizetype>(view.size()));
}

}  // namespace

ScriptPage::ScriptPage(QWidget* parent)
    : QWidget(parent), m_strip(new ScriptStrip(m_none)), m_title(new QLabel),
      m_list(new QTableWidget(0, 4)), m_id(new QLineEdit), m_at(new QLineEdit),
      m_verb(new QComboBox), m_target(new QComboBox), m_for(new QLineEdit), m_seed(new QSpinBox),
      m_text(new QPlainTextEdit), m_changes(new QPlainTextEdit), m_problems(new QLabel),
      m_add(new QPushButton(tr("Add a fault"))), m_remove(new QPushButton(tr("Remove"))),
      m_save(new QPushButton(tr("Save as…"))), m_run(new QPushButton(tr("Run"))),
      m_run_compare(new QPushButton(tr("Run and compare"))),
      m_cancel(new QPushButton(tr("Cancel"))) {
    setObjectName(QStringLiteral("scriptPage"));
    const auto named = [](QWidget* widget, const char* object, const QString& name) {
        widget->setObjectName(QString::fromLatin1(object));
        widget->setAccessibleName(name);
    };
    named(m_list, "faultList", tr("Timeline"));
    named(m_id, "entryId", tr("Id"));
    named(m_at, "entryAt", tr("Time"));
    named(m_verb, "entryVerb", tr("Fault"));
    named(m_target, "entryTarget", tr("Target"));
    named(m_for, "entryFor", tr("Duration"));
    named(m_seed, "runSeed", tr("Seed"));
    named(m_text, "scenarioText", tr("Text of the scenario"));
    named(m_changes, "changes", tr("What changes"));
    named(m_problems, "scriptProblems", tr("Problems"));
    named(m_add, "addEntry", tr("Add a fault"));
    named(m_remove, "removeEntry", tr("Remove the selected entry"));
    named(m_save, "saveScenario", tr("Save as"));
    named(m_run, "runScenario", tr("Run"));
    named(m_run_compare, "runCompare", tr("Run and compare"));
    named(m_cancel, "cancelRun", tr("Cancel the run"));

    m_title->setFont(text_font(11, true));
    m_list->setHorizontalHeaderLabels({tr("at"), tr("what"), tr("target"), tr("id")});
    m_list->verticalHeader()->hide();
    m_list->verticalHeader()->setDefaultSectionSize(24);
    m_list->setSelectionBehavior(QAbstractItemView::SelectRows);
    m_list->setSelectionMode(QAbstractItemView::SingleSelection);
    m_list->setEditTriggers(QAbstractItemView::NoEditTriggers);
    m_list->setShowGrid(false);
    m_list->horizontalHeader()->setStretchLastSection(true);
    m_list->horizontalHeader()->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
    m_list->setColumnWidth(0, 70);
    m_list->setColumnWidth(1, 130);
    m_list->setColumnWidth(2, 110);
    m_verb->setEditable(true);
    m_verb->addItems(common_verbs());
    m_target->setEditable(true);
    m_at->setPlaceholderText(tr("such as 180s"));
    m_for->setPlaceholderText(tr("for good"));
    m_seed->setRange(1, 2'000'000'000);
    m_text->setFont(number_font(9));
    m_text->setLineWrapMode(QPlainTextEdit::NoWrap);
    m_text->setTabChangesFocus(false);
    m_changes->setFont(number_font(8.5));
    m_changes->setReadOnly(true);
    m_changes->setLineWrapMode(QPlainTextEdit::NoWrap);
    m_problems->setWordWrap(true);
    m_problems->setTextFormat(Qt::RichText);
    m_problems->setTextInteractionFlags(Qt::TextBrowserInteraction);

    auto* const left = new QWidget;
    auto* const left_column = new QVBoxLayout(left);
    left_column->setContentsMargins(12, 10, 8, 10);
    left_column->addWidget(m_title);
    left_column->addWidget(m_strip);
    left_column->addWidget(m_list, 1);
    auto* const entry_buttons = new QHBoxLayout;
    entry_buttons->addWidget(m_add);
    entry_buttons->addWidget(m_remove);
    entry_buttons->addStretch(1);
    left_column->addLayout(entry_buttons);
    auto* const form = new QFormLayout;
    form->addRow(tr("at"), m_at);
    form->addRow(tr("fault"), m_verb);
    form->addRow(tr("target"), m_target);
    form->addRow(tr("for"), m_for);
    form->addRow(tr("id"), m_id);
    left_column->addLayout(form);
    auto* const run_buttons = new QHBoxLayout;
    run_buttons->addWidget(new QLabel(tr("seed")));
    run_buttons->addWidget(m_seed);
    run_buttons->addWidget(m_run);
    run_buttons->addWidget(m_run_compare);
    run_buttons->addWidget(m_cancel);
    run_buttons->addStretch(1);
    run_buttons->addWidget(m_save);
    left_column->addLayout(run_buttons);

    auto* const right = new QWidget;
    auto* const right_column = new QVBoxLayout(right);
    right_column->setContentsMargins(8, 10, 12, 10);
    right_column->addWidget(m_problems);
    auto* const texts = new QSplitter(Qt::Vertical);
    texts->addWidget(m_text);
    auto* const changes = new QWidget;
    auto* const changes_column = new QVBoxLayout(changes);
    changes_column->setContentsMargins(0, 4, 0, 0);
    auto* const changes_title = new QLabel(tr("What changes, against the file"));
    changes_title->setFont(text_font(9, true));
    changes_column->addWidget(changes_title);
    changes_column->addWidget(m_changes);
    texts->addWidget(changes);
    texts->setSizes({500, 140});
    right_column->addWidget(texts, 1);

    auto* const halves = new QSplitter(Qt::Horizontal, this);
    halves->addWidget(left);
    halves->addWidget(right);
    halves->setSizes({480, 820});
    auto* const row = new QHBoxLayout(this);
    row->setContentsMargins(0, 0, 0, 0);
    row->addWidget(halves);

    m_later.setSingleShot(true);
    m_later.setInterval(check_after_ms);
    connect(&m_later, &QTimer::timeout, this, &ScriptPage::check);
    connect(m_text, &QPlainTextEdit::textChanged, this, &ScriptPage::read_text);
    connect(m_list, &QTableWidget::itemSelectionChanged, this, &ScriptPage::show_form);
    connect(m_strip, &ScriptStrip::entryClicked, m_list, &QTableWidget::selectRow);
    connect(m_strip, &ScriptStrip::entryMoved, this, &ScriptPage::move_entry);
    for (QLineEdit* const edit : {m_at, m_for, m_id}) {
        connect(edit, &QLineEdit::editingFinished, this, &ScriptPage::apply_form);
    }
    for (QComboBox* const box : {m_verb, m_target}) {
        connect(box, &QComboBox::activated, this, &ScriptPage::apply_form);
        connect(box->lineEdit(), &QLineEdit::editingFinished, this, &ScriptPage::apply_form);
    }
    connect(m_add, &QPushButton::clicked, this, [this] {
        int n = static_cast<int>(m_script.timeline.size()) + 1;
        const auto taken = [&](const QString& id) {
            return std::ranges::any_of(m_script.timeline, [&](const ScriptEntry& entry) {
                return text_of(entry.value("id")) == id;
            });
        };
        while (taken(QStringLiteral("fault%1").arg(n))) {
            ++n;
        }
        replace_text(with_entry(std_text(m_text->toPlainText()),
                                m_script,
                                std_text(QStringLiteral("fault%1").arg(n)),
                                "200s",
                                "link.down",
                                m_script.links.empty() ? "lan1" : m_script.links.front()));
        m_list->selectRow(m_list->rowCount() - 1);
    });
    connect(m_remove, &QPushButton::clicked, this, [this] {
        if (selected() >= 0) {
            replace_text(without_entry(
                std_text(m_text->toPlainText()), m_script, static_cast<std::size_t>(selected())));
        }
    });
    connect(m_save, &QPushButton::clicked, this, [this] { save(true); });
    connect(m_run, &QPushButton::clicked, this, [this] { run(false); });
    connect(m_run_compare, &QPushButton::clicked, this, [this] { run(true); });
    connect(m_cancel, &QPushButton::clicked, &m_runner, &Runner::cancel);
    connect(&m_checker, &Runner::finished, this, &ScriptPage::checked);
    connect(&m_runner, &Runner::finished, this, &ScriptPage::ran);
    connect(m_problems, &QLabel::linkActivated, this, [this](const QString& link) {
        // "LINE:COLUMN"
        const QStringList parts = link.split(QLatin1Char(':'));
        QTextCursor cursor(m_text->document()->findBlockByNumber(parts.value(0).toInt() - 1));
        cursor.movePosition(
            QTextCursor::Right, QTextCursor::MoveAnchor, std::max(parts.value(1).toInt() - 1, 0));
        m_text->setTextCursor(cursor);
        m_text->setFocus();
    });
    m_cancel->hide();
    read_text();
}

ScriptPage::~ScriptPage() {
    for (const QString& copy : {m_check_copy, m_run_copy}) {
        if (!copy.isEmpty()) {
            QFile::remove(copy);
        }
    }
}

void ScriptPage::set_theme(const Theme& theme) {
    m_theme = &theme;
    m_strip->set_theme(theme);
    show_changes();
}

bool ScriptPage::open(const QString& path) {
    QFile file(path);
    constexpr qint64 largest = 16 * 1024 * 1024;  // as the reader of understudy
    if (!file.open(QIODevice::ReadOnly) || file.size() > largest) {
        emit noticeWanted(
            tr("%1 cannot be opened: %2.")
                .arg(path, file.isOpen() ? tr("larger than 16 MiB") : file.errorString())
                .toHtmlEscaped());
        return false;
    }
    m_path = QFileInfo(path).absoluteFilePath();
    m_saved = QString::fromUtf8(file.readAll());
    m_text->setPlainText(m_saved);
    m_saved = m_text->toPlainText();
    show_changes();
    for (int row = 0; row < m_list->rowCount(); ++row) {
        if (!m_script.timeline[static_cast<std::size_t>(row)].value("fault").empty()) {
            m_list->selectRow(row);
            break;
        }
    }
    return true;
}

bool ScriptPage::changed() const {
    return m_text->toPlainText() != m_saved;
}

int ScriptPage::selected() const {
    const QList<QTableWidgetItem*> items = m_list->selectedItems();
    return items.isEmpty() ? -1 : items.front()->row();
}

void ScriptPage::read_text() {
    const QString all = m_text->toPlainText();
    const std::string text = std_text(all);
    const bool empty = all.trimmed().isEmpty();
    m_script = empty ? Script{} : read_script(text);
    const int was = selected();
    m_strip->set_script(m_script);
    m_filling = true;
    m_list->setRowCount(static_cast<int>(m_script.timeline.size()));
    for (int row = 0; row < m_list->rowCount(); ++row) {
        const ScriptEntry& entry = m_script.timeline[static_cast<std::size_t>(row)];
        const bool check = entry.field("check") != nullptr;
        const QStringList cells{text_of(entry.value("at")),
                                check ? tr("check: %1").arg(text_of(entry.value("check")))
                                      : text_of(entry.value("fault")),
                                text_of(entry.value("target")),
                                text_of(entry.value("id"))};
        for (int column = 0; column < cells.size(); ++column) {
            auto* const item = new QTableWidgetItem(cells[column]);
            if (check) {
                item->setForeground(m_theme->muted);
            }
            m_list->setItem(row, column, item);
        }
    }
    m_filling = false;
    if (was >= 0 && was < m_list->rowCount()) {
        m_list->selectRow(was);
    }
    m_title->setText(m_path.isEmpty() ? tr("No scenario is open")
                                      : tr("%1%2").arg(QFileInfo(m_path).fileName(),
                                                       changed() ? tr(" (changed)") : QString()));
    const QString was_target = m_target->currentText();
    QStringList targets{
        QStringLiteral("active-node"), QStringLiteral("vip-owner"), QStringLiteral("standby")};
    for (const auto& list : {m_script.nodes, m_script.links}) {
        for (const std::string& id : list) {
            targets << QString::fromStdString(id);
        }
    }
    {
        const QSignalBlocker quiet(m_target);
        m_target->clear();
        m_target->addItems(targets);
        m_target->setEditText(was_target);
    }
    show_form();
    show_changes();
    m_run->setEnabled(!empty && !m_runner.busy());
    m_run_compare->setEnabled(!empty && !m_runner.busy());
    m_save->setEnabled(!empty);
    m_add->setEnabled(m_script.timeline_to != 0);
    if (empty) {
        m_problems->setText(tr("Open a scenario (Ctrl+O) to see its faults."));
    } else if (!m_script.error.empty()) {
        const QStringView before = QStringView(all).left(
            QString::fromUtf8(text.data(), static_cast<qsizetype>(m_script.error_at)).size());
        const auto line = before.count(QLatin1Char('\n')) + 1;
        m_problems->setText(
            QStringLiteral("<span style='color:%1'>✕</span> <a href='%2:1' style='color:%4'>%3</a>")
                .arg(m_theme->bad.name())
                .arg(line)
                .arg(tr("Line %1: %2").arg(line).arg(QString::fromStdString(m_script.error)),
                     m_theme->accent.name()));
    } else {
        m_problems->setText(tr("Checking …"));
        m_later.start();
    }
}

void ScriptPage::show_form() {
    if (m_filling) {
        return;
    }
    const int row = selected();
    const bool fault = row >= 0 && row < static_cast<int>(m_script.timeline.size()) &&
                       m_script.timeline[static_cast<std::size_t>(row)].field("fault") != nullptr;
    m_filling = true;
    m_strip->set_selected(row);
    const ScriptEntry none;
    const ScriptEntry& entry = row >= 0 && row < static_cast<int>(m_script.timeline.size())
                                   ? m_script.timeline[static_cast<std::size_t>(row)]
                                   : none;
    m_at->setText(text_of(entry.value("at")));
    m_id->setText(text_of(entry.value("id")));
    m_verb->setEditText(text_of(entry.value("fault")));
    m_target->setEditText(text_of(entry.value("target")));
    m_for->setText(text_of(entry.value("for")));
    m_filling = false;
    m_at->setEnabled(row >= 0);
    m_id->setEnabled(row >= 0);
    m_remove->setEnabled(row >= 0);
    for (QWidget* const widget : std::initializer_list<QWidget*>{m_verb, m_target, m_for}) {
        widget->setEnabled(fault);
    }
}

void ScriptPage::move_entry(int entry, Time to) {
    if (entry < 0 || entry >= static_cast<int>(m_script.timeline.size())) {
        return;
    }
    constexpr Time ms = 1'000'000;
    const QString at = to % (1000 * ms) == 0 ? QStringLiteral("%1s").arg(to / (1000 * ms))
                                             : QStringLiteral("%1ms").arg(to / ms);
    replace_text(with_field(std_text(m_text->toPlainText()),
                            m_script.timeline[static_cast<std::size_t>(entry)],
                            "at",
                            std_text(at)));
    m_list->selectRow(entry);
}

void ScriptPage::apply_form() {
    const int row = selected();
    if (m_filling || row < 0 || row >= static_cast<int>(m_script.timeline.size())) {
        return;
    }
    const std::vector<std::pair<const char*, QString>> wanted{{"at", m_at->text()},
                                                              {"fault", m_verb->currentText()},
                                                              {"target", m_target->currentText()},
                                                              {"for", m_for->text()},
                                                              {"id", m_id->text()}};
    for (const auto& [key, value] : wanted) {
        const ScriptEntry& entry = m_script.timeline[static_cast<std::size_t>(row)];
        if (text_of(entry.value(key)) == value ||
            (entry.field("fault") == nullptr && std::string_view(key) != "at" &&
             std::string_view(key) != "id")) {
            continue;
        }
        const std::string text = std_text(m_text->toPlainText());
        // One member at a time: each change moves what stands behind it.
        replace_text(value.trimmed().isEmpty() && std::string_view(key) == "for"
                         ? without_field(text, entry, key)
                         : with_field(text, entry, key, std_text(value.trimmed())));
        return apply_form();
    }
}

void ScriptPage::replace_text(const std::string& text) {
    const QString wanted = QString::fromStdString(text);
    if (wanted == m_text->toPlainText()) {
        return;
    }
    // Through a cursor, so that it can be undone.
    QTextCursor cursor(m_text->document());
    cursor.beginEditBlock();
    cursor.select(QTextCursor::Document);
    cursor.insertText(wanted);
    cursor.endEditBlock();
}

void ScriptPage::show_changes() {
    const std::vector<LineChange> changes =
        what_changes(std_text(m_saved), std_text(m_text->toPlainText()));
    QString text;
    for (const LineChange& change : changes) {
        text += QStringLiteral("%1 %2  %3\n")
                    .arg(change.added ? QLatin1Char('+') : QLatin1Char('-'))
                    .arg(change.line, 4)
                    .arg(QString::fromStdString(change.text));
    }
    m_changes->setPlainText(changes.empty() ? tr("Nothing yet.") : text);
}

void ScriptPage::save(bool) {
    const QString name = QFileDialog::getSaveFileName(
        this, tr("Save the scenario"), m_path, tr("Scenarios (*.json)"));
    if (name.isEmpty()) {
        return;
    }
    QSaveFile file(name);
    if (!file.open(QIODevice::WriteOnly) || file.write(m_text->toPlainText().toUtf8()) < 0 ||
        !file.commit()) {
        emit noticeWanted(
            tr("%1 cannot be written: %2.").arg(name, file.errorString()).toHtmlEscaped());
        return;
    }
    m_path = QFileInfo(name).absoluteFilePath();
    m_saved = m_text->toPlainText();
    read_text();
}

QString ScriptPage::write_copy(const QString& purpose) {
    QTemporaryFile copy(QFileInfo(m_path).absolutePath() +
                        QStringLiteral("/.understudy-%1-XXXXXX.json").arg(purpose));
    copy.setAutoRemove(false);
    if (!copy.open() || copy.write(m_text->toPlainText().toUtf8()) < 0) {
        return {};
    }
    return copy.fileName();
}

// ---------------------------------------------------------------- checking

void ScriptPage::check() {
    if (m_checker.busy()) {
        m_check_again = true;
        return;
    }
    if (m_path.isEmpty() || !m_script.error.empty()) {
        return;
    }
    m_check_copy = write_copy(QStringLiteral("check"));
    if (m_check_copy.isEmpty()) {
        m_problems->setText(tr("Not checked: the folder of the scenario cannot be written to."));
        return;
    }
    m_check_out = std::make_unique<QTemporaryDir>();
    m_checker.run(m_check_copy, m_check_out->path(), static_cast<quint64>(m_seed->value()), false);
}

void ScriptPage::checked(const ChildEnd& end) {
    const QString copy_name = QFileInfo(m_check_copy).fileName();
    QFile::remove(m_check_copy);
    m_check_copy.clear();
    m_check_out.reset();
    if (m_check_again) {
        m_check_again = false;
        check();
        return;
    }
    if (end.ran()) {
        m_problems->setText(
            QStringLiteral("<span style='color:%1'>✓</span> %2")
                .arg(m_theme->good.name(), tr("understudy finds no error in it.").toHtmlEscaped()));
        return;
    }
    static const QRegularExpression position(QStringLiteral("^(.*?):(\\d+):(\\d+): (error: .*)$"));
    QStringList lines;
    for (const QString& message : end.messages) {
        const auto match = position.match(message);
        if (match.hasMatch() && match.captured(1).endsWith(copy_name)) {
            lines << QStringLiteral("<a href='%1:%2' style='color:%3'>%4</a> %5")
                         .arg(match.captured(2),
                              match.captured(3),
                              m_theme->accent.name(),
                              tr("Line %1").arg(match.captured(2)),
                              match.captured(4).toHtmlEscaped());
        } else if (message.contains(QLatin1String("error"))) {
            lines << QString(message)
                         .replace(copy_name, QFileInfo(m_path).fileName())
                         .toHtmlEscaped();
        }
    }
    if (end.code != 3 || lines.isEmpty()) {
        lines.prepend(end.in_words().toHtmlEscaped());
    }
    constexpr int most = 6;
    if (lines.size() > most) {
        const auto more = lines.size() - most;
        lines = lines.mid(0, most);
        lines << tr("… and %1 more").arg(more);
    }
    m_problems->setText(QStringLiteral("<span style='color:%1'>✕</span> %2")
                            .arg(m_theme->bad.name(), lines.join(QStringLiteral("<br>"))));
}

// ---------------------------------------------------------------- running

void ScriptPage::run(bool compare) {
    if (m_runner.busy() || m_path.isEmpty()) {
        return;
    }
    m_compare = compare;
    m_run_copy = changed() ? write_copy(QStringLiteral("run")) : QString();
    if (changed() && m_run_copy.isEmpty()) {
        emit noticeWanted(tr("The folder of the scenario cannot be written to. Save the scenario "
                             "elsewhere first.")
                              .toHtmlEscaped());
        return;
    }
    m_outs.push_back(std::make_unique<QTemporaryDir>());
    m_cancel->show();
    m_run->setEnabled(false);
    m_run_compare->setEnabled(false);
    emit busyChanged(true);
    m_runner.run(m_run_copy.isEmpty() ? m_path : m_run_copy,
                 m_outs.back()->path(),
                 static_cast<quint64>(m_seed->value()),
                 true);
}

void ScriptPage::ran(const ChildEnd& end) {
    if (!m_run_copy.isEmpty()) {
        QFile::remove(m_run_copy);
        m_run_copy.clear();
    }
    m_cancel->hide();
    m_run->setEnabled(true);
    m_run_compare->setEnabled(true);
    emit busyChanged(false);
    if (end.ran() && !end.trace.isEmpty()) {
        emit ranTo(end.trace, m_compare);
        return;
    }
    QString html = QStringLiteral("<b>%1</b>").arg(end.in_words().toHtmlEscaped());
    if (end.ran()) {
        html = QStringLiteral("<b>%1</b>").arg(tr("The run left no trace.").toHtmlEscaped());
    }
    constexpr int most = 5;
    QStringList last = end.messages.mid(std::max<qsizetype>(end.messages.size() - most, 0));
    for (const QString& line : last) {
        html += QStringLiteral("<br>") + line.left(300).toHtmlEscaped();
    }
    if (!end.cancelled && !end.program.isEmpty()) {
        html += QStringLiteral("<br><code>%1</code>").arg(end.command().toHtmlEscaped());
    }
    emit noticeWanted(html);
}

}  // namespace gui

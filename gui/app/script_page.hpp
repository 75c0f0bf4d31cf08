// SPDX-License-Identifier: GPL-2.0-or-later
// The Script editor: the faults of a scenario as a list with a form, kept in step with the text of
// the file, checked by `understudy` itself; run it, and compare with the run before.
#pragma once

#include <QComboBox>
#include <QLabel>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QSpinBox>
#include <QTableWidget>
#include <QTemporaryDir>
#include <QTimer>
#include <QWidget>

#include <memory>

#include "app/runner.hpp"
#include "model/theme.hpp"
#include "trace/script.hpp"
#include "view/script_strip.hpp"

namespace gui {

class ScriptPage final : public QWidget {
    Q_OBJECT

  public:
    explicit ScriptPage(QWidget* parent = nullptr);
    ~ScriptPage() override;

    void set_theme(const Theme&);
    /// False (and a notice): it cannot be read.
    bool open(const QString& path);
    [[nodiscard]] QString path() const { return m_path; }
    [[nodiscard]] bool changed() const;
    [[nodiscard]] QPlainTextEdit& editor() noexcept { return *m_text; }
    [[nodiscard]] QString problems() const { return m_problems->text(); }
    [[nodiscard]] bool checking() const { return m_later.isActive() || m_checker.busy(); }
    [[nodiscard]] bool running() const { return m_runner.busy(); }
    [[nodiscard]] ScriptStrip& strip() noexcept { return *m_strip; }
    /// Runs what stands in the editor. `compare`: the window shows it beside the run before.
    void run(bool compare);

  signals:
    void noticeWanted(const QString& html);
    void ranTo(const QString& trace, bool compare);
    void busyChanged(bool busy);

  private:
    void read_text();
    void show_form();
    void move_entry(int entry, Time to);
    void apply_form();
    void replace_text(const std::string&);
    void save(bool ask);
    void check();
    void checked(const ChildEnd&);
    void ran(const ChildEnd&);
    void show_changes();
    /// A copy of the text beside the file, since its paths are relative to it; empty: impossible.
    QString write_copy(const QString& purpose);
    [[nodiscard]] int selected() const;

    QString m_path;
    QString m_saved;
    Script m_script;
    bool m_filling = false;
    Session m_none;  ///< the strip wants one; nothing is played here
    ScriptStrip* m_strip;
    QLabel* m_title;
    QTableWidget* m_list;
    QLineEdit* m_id;
    QLineEdit* m_at;
    QComboBox* m_verb;
    QComboBox* m_target;
    QLineEdit* m_for;
    QSpinBox* m_seed;
    QPlainTextEdit* m_text;
    QPlainTextEdit* m_changes;
    QLabel* m_problems;
    QPushButton* m_add;
    QPushButton* m_remove;
    QPushButton* m_save;
    QPushButton* m_run;
    QPushButton* m_run_compare;
    QPushButton* m_cancel;
    QTimer m_later;
    Runner m_checker;
    Runner m_runner;
    QString m_check_copy;
    QString m_run_copy;
    bool m_check_again = false;
    bool m_compare = false;
    std::unique_ptr<QTemporaryDir> m_check_out;
    std::vector<std::unique_ptr<QTemporaryDir>> m_outs;  ///< traces stay readable while we live
    const Theme* m_theme = &Theme::light();
};

}  // namespace gui

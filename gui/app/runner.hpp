// SPDX-License-Identifier: GPL-2.0-or-later
// `understudy` as a child process: one run at a time, its messages kept, stopped when wanted. The
// child's output is believed only as far as files that it left can be read.
#pragma once

#include <QObject>
#include <QProcess>
#include <QStringList>
#include <QTimer>

#include <memory>

namespace gui {

struct ChildEnd {
    int code = -1;
    bool crashed = false;
    bool cancelled = false;
    bool did_not_start = false;
    QString program;
    QStringList arguments;
    QStringList messages;  ///< the last lines of what it said on stderr
    QString trace;         ///< the trace it left; empty: none

    /// True: there is a verdict, whatever it is.
    [[nodiscard]] bool ran() const noexcept {
        return !crashed && !cancelled && !did_not_start && (code == 0 || code == 1 || code == 5);
    }
    [[nodiscard]] QString in_words() const;  ///< one sentence
    [[nodiscard]] QString command() const;   ///< to be typed again
};

/// The program beside this one, or in $UNDERSTUDY_PROGRAM, or on the path.
[[nodiscard]] QString find_understudy();

class Runner final : public QObject {
    Q_OBJECT

  public:
    explicit Runner(QObject* parent = nullptr);
    ~Runner() override;

    [[nodiscard]] bool busy() const noexcept { return m_process != nullptr; }
    /// `understudy run SCENARIO …`; its files go to `out`.
    void run(const QString& scenario, const QString& out, quint64 seed, bool with_trace);
    void cancel();

  signals:
    void started();
    void finished(const gui::ChildEnd&);

  private:
    void take_output();
    void end(bool did_not_start);

    std::unique_ptr<QProcess> m_process;
    QTimer m_kill;
    QString m_out;
    QByteArray m_stderr;
    bool m_cancelled = false;
};

}  // namespace gui

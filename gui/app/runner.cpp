// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/runner.hpp"

#include <QCoreApplication>
#include <QDir>
#include <QFileInfo>
#include <QRegularExpression>
#include <QStandardPaths>

namespace gui {

namespace {

constexpr int lines_kept = 20;
constexpr int bytes_kept = 64 * 1024;
constexpr int patience_ms = 2000;  // after a polite request to stop

QString quoted(const QString& word) {
    static const QRegularExpression plain(QStringLiteral("^[A-Za-z0-9_./:=,+@%-]+$"));
    if (plain.match(word).hasMatch()) {
        return word;
    }
    QString inner = word;
    inner.replace(QLatin1Char('\''), QLatin1String("'\\''"));
    return QLatin1Char('\'') + inner + QLatin1Char('\'');
}

}  // namespace

QString find_understudy() {
    const QString wanted = qEnvironmentVariable("UNDERSTUDY_PROGRAM");
    if (!wanted.isEmpty()) {
        return wanted;
    }
    const QString beside = QCoreApplication::applicationDirPath() + QStringLiteral("/understudy");
    return QFileInfo(beside).isExecutable()
               ? beside
               : QStandardPaths::findExecutable(QStringLiteral("understudy"));
}

QString ChildEnd::command() const {
    QStringList words{quoted(program)};
    for (const QString& argument : arguments) {
        words << quoted(argument);
    }
    return words.join(QLatin1Char(' '));
}

QString ChildEnd::in_words() const {
    if (did_not_start) {
        return program.isEmpty()
                   ? Runner::tr("The program understudy was not found. It is expected beside the "
                                "player, in $UNDERSTUDY_PROGRAM or on the path.")
                   : Runner::tr("%1 could not be started.").arg(program);
    }
    if (cancelled) {
        return Runner::tr("The run was cancelled.");
    }
    if (crashed) {
        return Runner::tr("understudy crashed. What it wrote until then is of no use.");
    }
    switch (code) {
    case 0:
        return Runner::tr("The run has ended: every expectation holds.");
    case 1:
        return Runner::tr("The run has ended: an expectation failed or an invariant was violated.");
    case 2:
        return Runner::tr("understudy did not understand its arguments; it may be older than this "
                          "player.");
    case 3:
        return Runner::tr("The scenario or its files have errors; nothing was run.");
    case 5:
        return Runner::tr("The run has ended: inconclusive.");
    case 6:
        return Runner::tr("understudy reports an internal error, or a fault that could not take "
                          "effect.");
    default:
        return Runner::tr("understudy ended with code %1, which has no meaning here.").arg(code);
    }
}

Runner::Runner(QObject* parent) : QObject(parent) {
    m_kill.setSingleShot(true);
    connect(&m_kill, &QTimer::timeout, this, [this] {
        if (m_process) {
            m_process->kill();
        }
    });
}

Runner::~Runner() {
    if (m_process) {
        m_process->disconnect(this);
        m_process->kill();
        m_process->waitForFinished(patience_ms);
    }
}

void Runner::run(const QString& scenario, const QString& out, quint64 seed, bool with_trace) {
    if (m_process) {
        return;
    }
    m_out = out;
    m_stderr.clear();
    m_cancelled = false;
    m_process = std::make_unique<QProcess>();
    m_process->setProgram(find_understudy());
    m_process->setArguments({QStringLiteral("run"),
                             scenario,
                             QStringLiteral("--seed"),
                             QString::number(seed),
                             QStringLiteral("--out"),
                             out,
                             QStringLiteral("--trace"),
                             with_trace ? QStringLiteral("signalling") : QStringLiteral("none")});
    connect(m_process.get(), &QProcess::readyReadStandardError, this, &Runner::take_output);
    connect(m_process.get(), &QProcess::readyReadStandardOutput, this, [this] {
        m_process->readAllStandardOutput();  // the report is in the files, too
    });
    connect(m_process.get(), &QProcess::finished, this, [this] { end(false); });
    connect(m_process.get(), &QProcess::errorOccurred, this, [this](QProcess::ProcessError error) {
        if (error == QProcess::FailedToStart) {
            end(true);
        }
    });
    emit started();
    m_process->start(QIODevice::ReadOnly);
}

void Runner::cancel() {
    if (m_process && !m_cancelled) {
        m_cancelled = true;
        m_process->terminate();
        m_kill.start(patience_ms);
    }
}

void Runner::take_output() {
    m_stderr += m_process->readAllStandardError();
    if (m_stderr.size() > bytes_kept) {
        m_stderr = m_stderr.right(bytes_kept);
    }
}

void Runner::end(bool did_not_start) {
    m_kill.stop();
    take_output();
    ChildEnd result;
    result.did_not_start = did_not_start;
    result.cancelled = m_cancelled;
    result.crashed = !did_not_start && m_process->exitStatus() == QProcess::CrashExit;
    result.code = m_process->exitCode();
    result.program = m_process->program();
    result.arguments = m_process->arguments();
    result.messages = QString::fromUtf8(m_stderr).split(QLatin1Char('\n'), Qt::SkipEmptyParts);
    while (result.messages.size() > lines_kept) {
        result.messages.removeFirst();
    }
    const QStringList traces =
        QDir(m_out).entryList({QStringLiteral("*.run.jsonl")}, QDir::Files, QDir::Time);
    if (!traces.isEmpty() && result.ran()) {
        result.trace = m_out + QLatin1Char('/') + traces.front();
    }
    // Not within a signal of the process itself.
    m_process.release()->deleteLater();
    emit finished(result);
}

}  // namespace gui

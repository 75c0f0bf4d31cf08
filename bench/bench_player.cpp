// SPDX-License-Identifier: GPL-2.0-or-later
// The budgets of the player: reading a trace of a million records, the state at a time, one step of
// scrubbing with everything on the screen, a frame of a topology with 1,000 nodes and 5,000 frames
// on their way, and the start. Without a display. Prints JSON lines; the least of several counts.

#include <QApplication>
#include <QElapsedTimer>
#include <QStyleFactory>
#include <QTemporaryDir>

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <random>
#include <string>
#include <vector>

#include "app/main_window.hpp"

namespace {

using gui::Time;

/// Processor time of this process: what remains comparable on a busy machine.
double cpu_ms() {
    return static_cast<double>(std::clock()) * 1000.0 / CLOCKS_PER_SEC;
}

template <class F>
void measure(const char* name, int runs, double budget_ms, F f) {
    std::vector<double> times;
    std::vector<double> cpu;
    for (int i = 0; i < runs; ++i) {
        QElapsedTimer timer;
        timer.start();
        const double before = cpu_ms();
        f(i);
        cpu.push_back(cpu_ms() - before);
        times.push_back(static_cast<double>(timer.nsecsElapsed()) / 1e6);
    }
    std::sort(times.begin(), times.end());
    std::sort(cpu.begin(), cpu.end());
    std::printf("{\"bench\":\"player.%s\",\"runs\":%d,\"min_ms\":%.3f,\"median_ms\":%.3f,"
                "\"median_cpu_ms\":%.3f,\"max_ms\":%.3f,\"budget_ms\":%.0f}\n",
                name,
                runs,
                times.front(),
                times[times.size() / 2],
                cpu[cpu.size() / 2],
                times.back(),
                budget_ms);
    std::fflush(stdout);
}

/// The records of a trace again and again, later each time, until there are `wanted` of them.
std::string multiplied(const gui::Trace& trace, std::string_view header, std::size_t wanted) {
    std::string out(header);
    out += '\n';
    const auto shifted = [&](std::string& line, const char* key, std::uint64_t by) {
        const std::size_t at = line.find(key);
        if (at == std::string::npos) {
            return;
        }
        const std::size_t from = at + std::string_view(key).size();
        const std::size_t to = line.find_first_not_of("0123456789", from);
        line.replace(
            from, to - from, std::to_string(std::stoull(line.substr(from, to - from)) + by));
    };
    std::uint64_t highest = 0;
    for (const gui::Row& row : trace.rows) {
        highest = std::max(highest, row.seq);
    }
    std::size_t count = 0;
    for (std::uint64_t round = 0; count < wanted; ++round) {
        for (std::size_t i = 0; i < trace.rows.size() && count < wanted; ++i, ++count) {
            std::string line(trace.text(trace.rows[i]));
            shifted(line, "{\"t\":", round * static_cast<std::uint64_t>(trace.end()));
            shifted(line, "\"seq\":", round * highest);
            shifted(line, "\"cause\":", round * highest);
            shifted(line, "\"t2\":", round * static_cast<std::uint64_t>(trace.end()));
            out += line;
            out += '\n';
        }
    }
    out += "{\"end\":true,\"t\":0,\"events\":" + std::to_string(count) + ",\"exit\":\"stop_at\"}\n";
    return out;
}

/// A tree of 1,000 nodes, and 5,000 frames that are all on their way at 500 ms.
std::string crowd() {
    std::string out = R"({"format":"failover-trace/1","scenario":"crowd","seed":1,"nodes":[)";
    constexpr int nodes = 1000;
    for (int i = 0; i < nodes; ++i) {
        out += (i > 0 ? ",{\"id\":\"n" : "{\"id\":\"n") + std::to_string(i) + "\",\"kind\":\"" +
               (i % 10 == 0 ? "switch" : "client") + "\"}";
    }
    out += "],\"links\":[";
    std::vector<std::pair<int, int>> links;
    for (int i = 1; i < nodes; ++i) {
        links.emplace_back(i, i % 10 == 0 ? i / 100 * 10 : i / 10 * 10);
    }
    for (int i = 0; i < nodes; ++i) {
        links.emplace_back(i, (i * 7 + 13) % nodes);
    }
    std::erase_if(links, [](const auto& link) { return link.first == link.second; });
    for (std::size_t i = 0; i < links.size(); ++i) {
        const std::string id = std::to_string(i);
        out += (i > 0 ? ",{\"id\":\"l" : "{\"id\":\"l") + id + R"(","type":"ethernet","ends":["n)" +
               std::to_string(links[i].first) + ":a" + id + "\",\"n" +
               std::to_string(links[i].second) + ":b" + id + "\"]}";
    }
    out += "]}\n";
    std::mt19937 random(1);
    const char* const protocols[]{"heartbeat", "arp", "icmp", "bridge"};
    constexpr int frames = 5000;
    for (int i = 0; i < frames; ++i) {
        const std::string link = std::to_string(random() % links.size());
        const std::size_t l = std::stoul(link);
        out += "{\"t\":" + std::to_string(i * 100000LL) + ",\"seq\":" + std::to_string(i + 1) +
               R"(,"k":"pkt","n":"l)" + link + "\",\"t2\":" + std::to_string(1000000000 + i) +
               R"(,"d":{"from":"n)" + std::to_string(links[l].first) + ":a" + link +
               R"(","to":"n)" + std::to_string(links[l].second) + ":b" + link +
               R"(","protocol":")" + protocols[i % 4] + R"(","info":"","bytes":60}})" + "\n";
    }
    return out;
}

}  // namespace

int main(int argc, char** argv) {
    QElapsedTimer since_start;
    since_start.start();
    if (argc != 2) {
        std::fprintf(stderr, "usage: bench_player TRACE.run.jsonl (of the reference scenario)\n");
        return 2;
    }
    qputenv("QT_QPA_PLATFORM", "offscreen");
    QTemporaryDir home;
    qputenv("XDG_CONFIG_HOME", home.path().toUtf8());
    qInstallMessageHandler([](QtMsgType, const QMessageLogContext&, const QString&) {});
    QApplication application(argc, argv);
    QApplication::setStyle(QStyleFactory::create(QStringLiteral("Fusion")));
    QApplication::setFont(gui::text_font(9));
    {
        gui::MainWindow window;
        window.restore_settings();
        window.show();
        QApplication::processEvents();
        (void)window.grab();
    }
    std::printf("{\"bench\":\"player.start\",\"min_ms\":%.3f,\"budget_ms\":300}\n",
                static_cast<double>(since_start.nsecsElapsed()) / 1e6);

    const gui::LoadedRun reference = gui::load_run(QString::fromLocal8Bit(argv[1]));
    if (!reference.run) {
        std::fprintf(stderr, "bench_player: %s\n", qPrintable(reference.error));
        return 1;
    }
    {
        constexpr std::size_t million = 1'000'000;
        std::string header;
        if (std::FILE* const file = std::fopen(argv[1], "rb")) {
            for (int c = std::fgetc(file); c != EOF && c != '\n'; c = std::fgetc(file)) {
                header += static_cast<char>(c);
            }
            std::fclose(file);
        }
        QTemporaryDir folder;
        const std::string path = folder.filePath(QStringLiteral("big.run.jsonl")).toStdString();
        const std::string text = multiplied(*reference.run->trace, header, million);
        if (std::FILE* const file = std::fopen(path.c_str(), "wb")) {
            std::fwrite(text.data(), 1, text.size(), file);
            std::fclose(file);
        }
        std::shared_ptr<const gui::Trace> trace;
        measure("index_1M", 5, 500, [&](int) { trace = gui::TraceReader::read_file(path).trace; });
        std::unique_ptr<gui::History> history;
        measure(
            "history_1M", 3, 500, [&](int) { history = std::make_unique<gui::History>(trace); });
        std::mt19937_64 random(1);
        measure("state_at_t_1M", 200, 1, [&](int) {
            (void)history->world_at(static_cast<Time>(
                random() % static_cast<std::uint64_t>(std::max<Time>(trace->end(), 1))));
        });
    }
    {
        gui::MainWindow window;
        window.set_theme(gui::ThemeChoice::light);
        window.arrange_for({1440, 900});
        window.show();
        window.show_run(reference);
        for (int i = 0; i < 20; ++i) {
            QApplication::processEvents();
        }
        const Time from = reference.run->history->faults().front().t;
        // Each step repaints whatever shows the time, as a drag along the ruler does.
        measure("scrub_step", 200, 16, [&](int i) {
            window.session().go(from + i * Time{70'000'000});
            QApplication::processEvents();
        });
        QImage screen(1440, 900, QImage::Format_RGB32);
        for (gui::Canvas* const canvas : window.player().canvases()) {
            const QByteArray name = "paint_" + canvas->objectName().toUtf8();
            measure(name.constData(), 60, 8, [&](int i) {
                window.session().go(from + i * Time{70'000'000});
                QPainter painter(&screen);
                canvas->paint(painter, canvas->size());
            });
        }
    }
    {
        gui::Session session;
        session.set_run(gui::run_from_text(crowd(), {}).run);
        gui::TopologyView view(session);
        view.resize(1280, 800);
        session.go(500'000'000);
        QImage screen(1280, 800, QImage::Format_RGB32);
        measure("topology_1000_nodes_5000_frames", 60, 8, [&](int i) {
            session.go(500'000'000 + i * Time{1'000'000});
            QPainter painter(&screen);
            view.paint(painter, QSizeF(1280, 800));
        });
    }
    return 0;
}

// SPDX-License-Identifier: GPL-2.0-or-later
// A folder that lives as long as its test.
#pragma once

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

namespace gui_test {

class TestFolder {
  public:
    TestFolder()
        : m_path(std::filesystem::temp_directory_path() /
                 ("understudy-player-" + std::to_string(::getpid()))) {
        std::filesystem::remove_all(m_path);
        std::filesystem::create_directories(m_path);
    }
    ~TestFolder() {
        std::error_code ignored;
        std::filesystem::remove_all(m_path, ignored);
    }
    TestFolder(const TestFolder&) = delete;
    TestFolder& operator=(const TestFolder&) = delete;

    [[nodiscard]] std::string path(const std::string& name = {}) const {
        return name.empty() ? m_path.string() : (m_path / name).string();
    }
    /// Writes a file in it, with the folders it takes; returns its path.
    std::string write(const std::string& name, std::string_view bytes) const {
        std::filesystem::create_directories((m_path / name).parent_path());
        std::ofstream(m_path / name, std::ios::binary) << bytes;
        return path(name);
    }

  private:
    std::filesystem::path m_path;
};

}  // namespace gui_test

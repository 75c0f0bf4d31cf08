// SPDX-License-Identifier: GPL-2.0-or-later
#include "files.hpp"

#include <cerrno>
#include <cstdio>
#include <memory>
#include <stdexcept>
#include <string>
#include <system_error>

namespace app {

namespace {

[[noreturn]] void refuse(const std::filesystem::path& path, const std::error_code& error) {
    throw std::runtime_error("cannot write " + path.string() + ": " + error.message());
}

}  // namespace

void write_file(const std::filesystem::path& path, std::string_view text) {
    std::filesystem::path part = path;
    part += ".part";
    std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(part.c_str(), "wbe"),
                                                         &std::fclose);
    if (!file) {
        refuse(path, {errno, std::generic_category()});
    }
    const bool written = std::fwrite(text.data(), 1, text.size(), file.get()) == text.size();
    if (std::fclose(file.release()) != 0 || !written) {
        refuse(path, {errno, std::generic_category()});
    }
    move_file(part, path);
}

void move_file(const std::filesystem::path& from, const std::filesystem::path& to) {
    std::error_code error;
    std::filesystem::rename(from, to, error);
    if (error) {
        refuse(to, error);
    }
}

void make_directory(const std::filesystem::path& path) {
    std::error_code error;
    std::filesystem::create_directories(path, error);
    if (error) {
        refuse(path, error);
    }
}

}  // namespace app

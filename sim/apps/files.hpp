// SPDX-License-Identifier: GPL-2.0-or-later
// Files of a run: written beside their final name and renamed, so that nobody ever sees half of
// one.
#pragma once

#include <filesystem>
#include <string_view>

namespace app {

/// Throw std::runtime_error that names the path.
void write_file(const std::filesystem::path&, std::string_view text);
void move_file(const std::filesystem::path& from, const std::filesystem::path& to);
void make_directory(const std::filesystem::path&);

}  // namespace app

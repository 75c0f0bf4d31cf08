// SPDX-License-Identifier: GPL-2.0-or-later
// From bytes to a Trace. Forgiving: a bad line is reported with its number and left out, unknown
// kinds and keys are kept, a file that stops in the middle is read up to there. Only what is no
// trace at all is refused.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "trace/trace.hpp"

namespace gui {

struct ReadTrace {
    std::shared_ptr<const Trace> trace;  ///< null: see `error`
    std::string error;                   ///< one sentence: what was found, what was expected
    bool cancelled = false;
};

/// Told how much has been read, 0 to 1; answers false to stop.
using ReadProgress = std::function<bool(double)>;

class TraceReader {
  public:
    /// The newest format that this reader knows fully.
    static constexpr int version = 1;
    static constexpr std::size_t line_limit = std::size_t{1} << 20;

    /// Plain, or compressed with zstd (told by its first bytes, whatever its name).
    [[nodiscard]] static ReadTrace read_file(const std::string& path, const ReadProgress& = {});
    /// `parts`: how many threads share the work; 0: as many as are worth it. The answer is the
    /// same.
    [[nodiscard]] static ReadTrace
    read_text(std::string_view text, const ReadProgress& = {}, std::size_t parts = 0);

  private:
    struct Work;
    static ReadTrace read(std::unique_ptr<Trace> trace, const ReadProgress&, std::size_t parts);
    static std::unique_ptr<Trace> with_room(std::size_t bytes);
};

}  // namespace gui

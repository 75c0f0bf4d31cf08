// SPDX-License-Identifier: GPL-2.0-or-later
// Finds classic messages in the byte stream of a serial line. It judges no content: the decoder
// does that.
#include "cluster/wire/heartbeat.hpp"

#include <algorithm>

#include "text.hpp"

namespace cluster::wire {

namespace {

/// True when the buffer ends with `mark` as a line of its own.
bool ends_with_line(std::string_view buffer, std::string_view mark) noexcept {
    return buffer.size() > mark.size() && buffer.ends_with(mark) &&
           buffer[buffer.size() - mark.size() - 1] == '\n';
}

}  // namespace

// Two states, told apart by the buffer alone. At most 4 bytes: hunting, the buffer is a prefix of
// the start mark. Beyond: inside a frame, the buffer begins with the whole mark.
bool SerialFramer::push(std::byte byte) {
    m_buffer.push_back(byte);
    const std::string_view buffer = as_text(m_buffer);
    if (buffer.size() > classic_start.size()) {
        if (ends_with_line(buffer, classic_end)) {
            return true;
        }
        // A start mark inside a frame: the end of the last frame was lost on the line; the new one
        // counts.
        if (buffer.size() < max_message_bytes && !ends_with_line(buffer, classic_start)) {
            return false;
        }
    }
    // Drop from the front until what is left can still become a start mark (">>>>" keeps three).
    std::size_t drop = buffer.size() - std::min(buffer.size(), classic_start.size());
    while (!classic_start.starts_with(buffer.substr(drop))) {
        ++drop;
    }
    m_buffer.erase(m_buffer.begin(), m_buffer.begin() + static_cast<std::ptrdiff_t>(drop));
    m_noise += drop;
    return false;
}

}  // namespace cluster::wire

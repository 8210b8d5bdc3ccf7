// What `events import` reads: events one by one, from JSON lines, from gzip of them, or from an
// older queue's SQLite file. The kind follows from the first bytes, never from the name.
#pragma once

#include "util/result.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace spec_kitty {

/// Longest text of one event that is read; the rest of a longer one is skipped.
inline constexpr std::size_t max_source_text_bytes = std::size_t{16} << 20;

/// One event's text and its place.
struct source_event {
  std::uint64_t number = 0; ///< of the line, from 1; of an SQLite row, its id
  std::string text;
  std::string event_id; ///< from the row, beside the text; may be empty
  std::uint32_t tries = 0;
  std::string problem; ///< why there is no text; else empty
};

class event_source {
public:
  virtual ~event_source() = default;

  /// The next event; nothing at the end. A failure concerns the whole file.
  virtual result<std::optional<source_event>> next() = 0;
  /// What its numbers count: `line` or `row`.
  virtual std::string_view unit() const = 0;
};

/// Opens a file from its beginning. `name` is its name in messages.
result<std::unique_ptr<event_source>> open_source(const std::filesystem::path& file,
                                                  const std::string& name);

/// What the SQLite module exports, under the name `spec_kitty_sqlite_module`. A module of another
/// version is refused.
struct sqlite_module {
  const char* version;
  result<std::unique_ptr<event_source>> (*open)(const std::filesystem::path& file,
                                                const std::string& name);
};

/// Loads the module from beside the binary, or from where it was installed; internal when missing.
result<const sqlite_module*> load_sqlite_module();

} // namespace spec_kitty

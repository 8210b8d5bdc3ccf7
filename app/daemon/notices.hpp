// A notice as a line: for a watcher (JSON), for the log and for people (text). Pure.
#pragma once

#include "messages/connection.hpp"

#include <string>

namespace spec_kitty {

/// `{"at","kind":…}`: connection, sent, refused, received, log, run, remark.
std::string notice_json(const notice& what, epoch_us now);

/// Empty for a notice without news: a run without a batch.
std::string notice_words(const notice& what);

/// Whether each watcher gets it as its own place in the team's log wants it.
bool is_heard(const notice& what);

/// Whether it belongs in the log, which does not list every event.
bool is_logged(const notice& what);

} // namespace spec_kitty

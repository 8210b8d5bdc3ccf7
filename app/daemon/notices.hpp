// A notice as a line: for a watcher (JSON), for the log and for people (words). Pure.
#pragma once

#include "messages/connection.hpp"

#include <string>

namespace spec_kitty {

/// `{"at","kind":…}`: connection, sent, refused, received, run, remark.
std::string notice_json(const notice& what, epoch_us now);

/// Nothing where there is nothing to say: a run without a batch.
std::string notice_words(const notice& what);

/// Whether it belongs in the log, which is no list of events.
bool is_logged(const notice& what);

} // namespace spec_kitty

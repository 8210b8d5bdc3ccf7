#include "app/store_check/salvage.hpp"

#include "actors/queue/file_check.hpp"
#include "app/store_check/scan.hpp"

#include <algorithm>
#include <set>

namespace spec_kitty {

namespace {

constexpr std::size_t usual_page_bytes = 4096;
constexpr std::size_t unsealed_bytes = sizeof(std::uint32_t);

using id_bytes = decltype(ulid::bytes);

/// What the tables say, damaged places passed over.
struct readable {
  salvaged kept;
  std::map<std::uint64_t, ulid> ids;                ///< as the table `ids` has them
  std::set<std::uint64_t> waiting;                  ///< positions that some table calls live
  std::set<std::uint64_t> dead_ones;                ///< positions in the table of dead letters
  std::map<std::uint64_t, std::string_view> broken; ///< rows whose checksum is wrong
  bool whole = true;
  bool newest = true; ///< this is the state after the last commit, as far as the header says

  std::set<id_bytes> ids_kept; ///< of events and dead letters

  /// Keeps an event once; at the end where another has its position.
  bool keep(std::uint64_t seq, std::string_view bytes, const event_record& event) {
    if (!ids_kept.insert(event.id.bytes).second)
      return false;
    if (kept.events.contains(seq) || kept.dead.contains(seq))
      seq = std::max(kept.events.empty() ? 0 : kept.events.rbegin()->first,
                     kept.dead.empty() ? 0 : kept.dead.rbegin()->first) +
            1;
    kept.events.emplace(seq, bytes);
    return true;
  }

  /// The summary, where it may be believed to count everything.
  const summary* count() const { return newest && kept.row ? &*kept.row : nullptr; }
};

/// Rows of the main table that are made anew, or that a rebuilt store does not have.
bool is_kept(const pages::row& row) {
  return !row.is_tree && row.key != schema_key && row.key != summary_key && row.key != "tm" &&
         !row.key.starts_with(count_key("")) && (row.key != node_key || is_node_id(row.value));
}

/// One state of the store: of a file whose header is damaged, there may be two.
class reading {
public:
  reading(std::string_view file, const pages::file_header& head, readable& into)
      : pages_(file, head, pages::reach::what_can), head_(head), into_(into) {}

  void run() {
    main_table(head_);
    partitions();
    events();
    dead();
    into_.whole = into_.whole && pages_.why().empty();
  }

private:
  void each(const pages::tree& table, const pages::walker::visitor& visit) {
    pages_.walk(table, pages::key_order::bytes, visit);
  }

  void main_table(const pages::file_header& head) {
    each(head.main, [&](const pages::row& row) {
      note_main_row(tables_, row);
      const bool project = row.key.starts_with('p') && row.key != "pt";
      if (!is_kept(row) ||
          (project && tables_.schema == schema_version && !is_sealed(row.key, row.value)))
        return;
      std::string value(row.value);
      if (project && tables_.schema < schema_version)
        value = sealed(row.key, std::move(value));
      into_.kept.main.try_emplace(std::string(row.key), std::move(value));
    });
    if (!into_.kept.row)
      into_.kept.row = tables_.row;
  }

  void partitions() {
    each(tables_.partitions, [&](const pages::row& row) {
      const bool whole = tables_.schema < schema_version || is_sealed(row.key, row.value);
      if (whole && row.value.size() > unsealed_bytes)
        into_.kept.partitions.try_emplace(std::string(row.key),
                                          partition_record::decode(row.value));
    });
  }

  void events() {
    std::map<id_bytes, std::uint64_t> positions;
    each(tables_.ids, [&](const pages::row& row) {
      ulid id;
      if (row.key.size() != id.bytes.size() || row.value.size() != sizeof(std::uint64_t))
        return;
      std::copy(row.key.begin(), row.key.end(), id.bytes.begin());
      positions.emplace(id.bytes, position_of(row.value));
      into_.ids.try_emplace(position_of(row.value), id);
      into_.waiting.insert(position_of(row.value));
    });
    each(tables_.events, [&](const pages::row& row) {
      if (row.key.size() != sizeof(std::uint64_t))
        return;
      std::uint64_t seq = position_of(row.key);
      const auto event = event_record::decode(row.value);
      if (event)
        if (const auto other = positions.find(event->id.bytes); other != positions.end())
          seq = other->second;           // where it differs, one of the two is damaged
      if (into_.kept.dead.contains(seq)) // this is the older state
        return;
      into_.waiting.insert(seq);
      if (event)
        into_.keep(seq, row.value, *event);
      else
        into_.broken.try_emplace(seq, row.value);
    });
    each(tables_.queues, [&](const pages::row& row) {
      if (row.key.size() == sizeof(std::uint32_t) + sizeof(std::uint64_t))
        into_.waiting.insert(position_of(row.key));
    });
    each(tables_.attempts, [&](const pages::row& row) {
      if (row.key.size() == sizeof(std::uint64_t))
        into_.kept.attempts.try_emplace(position_of(row.key), row.value);
    });
  }

  void dead() {
    each(tables_.dead, [&](const pages::row& row) {
      if (row.key.size() != sizeof(std::uint64_t) ||
          into_.kept.events.contains(position_of(row.key)))
        return;
      into_.dead_ones.insert(position_of(row.key));
      const auto dead = dead_record::decode(row.value);
      const auto event = dead ? event_record::decode(dead->record) : std::nullopt;
      if (event && into_.ids_kept.insert(event->id.bytes).second)
        into_.kept.dead.try_emplace(position_of(row.key), row.value);
      else if (!event)
        into_.broken.try_emplace(position_of(row.key), row.value);
    });
  }

  pages::walker pages_;
  const pages::file_header& head_;
  readable& into_;
  file_tables tables_;
};

/// The ids that a damaged row of an event or a dead letter has: in its text, and in the header 48
/// bytes and the type's length before that.
std::vector<std::string> ids_in_broken(std::string_view row) {
  constexpr std::string_view text_begins = "{\"event_id\":\"";
  constexpr std::size_t id_digits = 26;
  constexpr std::size_t header_bytes = 48;
  constexpr std::size_t id_at = 8;
  std::vector<std::string> found;
  const auto text = row.find(text_begins);
  if (text == std::string_view::npos)
    return found;
  if (const auto id = parse_ulid(row.substr(text + text_begins.size(), id_digits)))
    found.push_back(to_string(*id));
  for (std::size_t type = 1; type < 64 && text >= header_bytes + type; ++type) {
    const std::size_t header = text - type - header_bytes;
    if (static_cast<unsigned char>(row[header + 1]) != type || row[header] != 1)
      continue;
    ulid id;
    std::copy_n(row.begin() + static_cast<std::ptrdiff_t>(header + id_at), id.bytes.size(),
                id.bytes.begin());
    if (found.empty() || found.front() != to_string(id))
      found.push_back(to_string(id));
    break;
  }
  return found;
}

/// Fills the gaps from pages that no table leads to, and names what stays lost.
class completion {
public:
  completion(readable& read, const scanned& found) : read_(read), found_(found) {}

  void run() {
    if (const auto* count = read_.count()) // other positions were never given out
      read_.waiting.erase(read_.waiting.lower_bound(count->next_seq), read_.waiting.end());
    dead_letters();
    waiting_events();
    unreachable_events();
    name_what_is_lost();
  }

private:
  /// The id of an event that cannot be read: two where its row contradicts itself.
  std::vector<std::string> names_at(std::uint64_t seq) const {
    if (const auto known = read_.ids.find(seq); known != read_.ids.end())
      return {to_string(known->second)};
    if (const auto other = found_.ids.find(seq); other != found_.ids.end())
      return {to_string(other->second)};
    const auto row = read_.broken.find(seq);
    return row == read_.broken.end() ? std::vector<std::string>{} : ids_in_broken(row->second);
  }

  void dead_letters() {
    for (const auto seq : read_.dead_ones) {
      if (read_.kept.dead.contains(seq))
        continue;
      if (const auto copy = found_.dead.find(seq); copy != found_.dead.end())
        take_dead(*copy);
      else
        read_.waiting.insert(seq); // its text may be found: better sent again than lost
    }
    const summary* const count = read_.count();
    for (const auto& copy : found_.dead)
      if (count == nullptr || read_.kept.dead.size() < count->dead)
        take_dead(copy);
    for (const auto& [seq, record] : read_.kept.dead)
      if (!read_.kept.events.contains(seq))
        read_.waiting.erase(seq);
  }

  void waiting_events() {
    for (const auto seq : read_.waiting) {
      const auto copies = found_.events.find(seq);
      if (read_.kept.events.contains(seq) || copies == found_.events.end())
        continue;
      const auto known = read_.ids.find(seq);
      for (const auto bytes : copies->second) {
        const auto event = *event_record::decode(bytes);
        if (known == read_.ids.end() || known->second.bytes == event.id.bytes)
          read_.kept.found_again += read_.keep(seq, bytes, event) ? 1U : 0U;
      }
    }
  }

  /// No table says which of these still waited: where some are missing, all of them may.
  void unreachable_events() {
    missing_ = missing();
    if (missing_ == 0 && read_.count() != nullptr)
      return;
    for (const auto& [seq, copies] : found_.events)
      for (const auto bytes : copies)
        read_.kept.found_again += read_.keep(seq, bytes, *event_record::decode(bytes)) ? 1U : 0U;
  }

  void take_dead(const std::pair<const std::uint64_t, std::string_view>& copy) {
    const auto event = *event_record::decode(dead_record::decode(copy.second)->record);
    if (read_.kept.events.contains(copy.first) || read_.kept.dead.contains(copy.first) ||
        !read_.ids_kept.insert(event.id.bytes).second)
      return;
    read_.kept.dead.emplace(copy);
    ++read_.kept.found_again;
  }

  /// Events that the summary counts and nothing else shows.
  std::uint64_t missing() const {
    const summary* const row = read_.count();
    if (row == nullptr)
      return 0;
    const std::uint64_t there = read_.kept.events.size() + read_.kept.dead.size();
    std::uint64_t known_lost = 0;
    for (const auto seq : read_.waiting)
      known_lost += read_.kept.events.contains(seq) ? 0U : 1U;
    const std::uint64_t counted = row->live + row->dead;
    return counted > there + known_lost ? counted - there - known_lost : 0;
  }

  void name_what_is_lost() {
    std::set<std::string> names;
    std::uint64_t nameless = 0;
    for (const auto seq : read_.waiting) {
      if (read_.kept.events.contains(seq))
        continue;
      const auto ids = names_at(seq);
      names.insert(ids.begin(), ids.end());
      nameless += ids.empty() ? 1U : 0U;
    }
    read_.kept.unknown = read_.count() == nullptr;
    if (nameless + missing_ > 0 ||
        read_.kept.unknown) // older rows of `ids` may name them, and more
      for (const auto& [seq, id] : found_.ids)
        if (!read_.kept.events.contains(seq) && !read_.kept.dead.contains(seq) &&
            (read_.count() == nullptr || seq < read_.count()->next_seq))
          names.insert(to_string(id));
    for (const auto& bytes : read_.ids_kept) {
      ulid id;
      id.bytes = bytes;
      names.erase(to_string(id));
    }
    // What was found may be other events than those that are missing: at most the positions that
    // nothing is known of.
    if (missing_ > 0) {
      const std::uint64_t given = read_.count()->next_seq - 1;
      const std::uint64_t known = read_.kept.events.size() + read_.kept.dead.size() + names.size();
      nameless += std::min(missing_, given - std::min(given, known));
    }
    read_.kept.unnamed = nameless;
    read_.kept.lost.assign(names.begin(), names.end());
  }

  readable& read_;
  const scanned& found_;
  std::uint64_t missing_ = 0; ///< that the summary counts and no table shows
};

} // namespace

salvaged salvage(std::string_view file) {
  readable read;
  std::string ignored;
  const auto heads = pages::possible_headers(file);
  read.newest = pages::read_header(file, ignored).has_value();
  for (const auto& head : heads)
    read.newest =
        read.newest && pages::walker(file, head, pages::reach::what_can).is_before_its_time(head);
  read.whole = read.newest;
  // The state before the last commit is in the file as well: LMDB has not used its pages again.
  for (const auto& head : heads)
    if (&head == &heads.front() || !read.whole) {
      reading(file, head, read).run();
      read.newest = read.newest && read.kept.row; // else the summary is the older state's
    }
  const bool is_complete = read.whole && read.kept.row &&
                           read.kept.events.size() == read.kept.row->live &&
                           read.kept.dead.size() == read.kept.row->dead;
  if (!is_complete)
    completion(read, scan(file, heads.empty() ? usual_page_bytes : heads.front().page_bytes)).run();
  return std::move(read.kept);
}

} // namespace spec_kitty

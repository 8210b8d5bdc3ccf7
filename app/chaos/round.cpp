#include "app/chaos/round.hpp"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <exception>
#include <numeric>

namespace spec_kitty::chaos {

namespace fs = std::filesystem;

namespace {

template <class Number>
std::optional<Number> digits_in(std::string_view text, int base) {
  Number out = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out, base);
  if (error != std::errc() || end != text.data() + text.size())
    return std::nullopt;
  return out;
}

failure no_round(std::string_view text, const std::string& why) {
  return {ec::bad_input, std::string(text) + " names no round: " + why,
          "give a seed as a run prints it, like kills-00c0ffee00c0ffee"};
}

/// `all` without its part number `which` of `parts`.
std::vector<std::size_t> without(const std::vector<std::size_t>& all, std::size_t which,
                                 std::size_t parts) {
  const auto from = static_cast<std::ptrdiff_t>(all.size() * which / parts);
  const auto to = static_cast<std::ptrdiff_t>(all.size() * (which + 1) / parts);
  std::vector<std::size_t> left(all.begin(), all.begin() + from);
  left.insert(left.end(), all.begin() + to, all.end());
  return left;
}

} // namespace

std::string to_string(const round_name& name) {
  char seed[24];
  std::snprintf(seed, sizeof seed, "%016llx", static_cast<unsigned long long>(name.seed));
  std::string out = std::string(name.of->name) + "-" + seed;
  if (!name.kept)
    return out;
  out += ":";
  for (std::size_t i = 0; i < name.kept->size(); ++i)
    out += (i == 0 ? "" : ",") + std::to_string((*name.kept)[i]);
  return out;
}

result<round_name> parse_round(std::string_view text) {
  const auto colon = text.find(':');
  const auto head = text.substr(0, colon);
  const auto dash = head.rfind('-');
  if (dash == std::string_view::npos)
    return no_round(text, "a scenario and a seed are joined by a dash");
  round_name name;
  name.of = find_scenario(head.substr(0, dash));
  if (name.of == nullptr)
    return no_round(text, "there is no scenario " + std::string(head.substr(0, dash)));
  const auto seed = digits_in<std::uint64_t>(head.substr(dash + 1), 16);
  if (!seed)
    return no_round(text, "the seed is not a hexadecimal number");
  name.seed = *seed;
  if (colon == std::string_view::npos)
    return name;
  name.kept.emplace();
  for (auto rest = text.substr(colon + 1); !rest.empty();) {
    const auto comma = rest.find(',');
    const auto number = digits_in<std::size_t>(rest.substr(0, comma), 10);
    if (!number || (!name.kept->empty() && *number <= name.kept->back()))
      return no_round(text, "the steps are not rising numbers");
    name.kept->push_back(*number);
    rest.remove_prefix(comma == std::string_view::npos ? rest.size() : comma + 1);
  }
  return name;
}

result<std::vector<step>> steps_of(const round_name& name) {
  dice chance(name.seed);
  auto all = name.of->plan(chance);
  if (!name.kept)
    return all;
  std::vector<step> out;
  for (const auto number : *name.kept) {
    if (number >= all.size())
      return no_round(to_string(name),
                      "the schedule has " + std::to_string(all.size()) + " steps, from 0");
    out.push_back(all[number]);
  }
  return out;
}

outcome play(const round_name& name, const std::vector<step>& steps, const stage& where) {
  stage own = where;
  own.folder = where.folder / "round";
  std::error_code error;
  fs::remove_all(own.folder, error);
  fs::create_directories(own.folder);
  outcome out;
  try {
    out = name.of->play(own, name.seed, steps);
  } catch (const std::exception& why) {
    out.violations.push_back({"harness", std::string("the scenario broke off: ") + why.what()});
  }
  const auto kept = where.folder / ("broken-" + to_string({name.of, name.seed, std::nullopt}));
  if (!out.violations.empty() && !fs::exists(kept, error))
    fs::rename(own.folder, kept, error);
  fs::remove_all(own.folder, error);
  return out;
}

shrunk shrink(const round_name& name, const stage& where, unsigned tries,
              std::chrono::seconds within) {
  const auto until = std::chrono::steady_clock::now() + within;
  const auto time_is_up = [&] { return std::chrono::steady_clock::now() >= until; };
  shrunk best{name, {}};
  const auto breaks = [&](const std::vector<std::size_t>& kept) {
    const round_name part{name.of, name.seed, kept};
    const auto steps = steps_of(part);
    for (unsigned i = 0; steps && i < tries && !time_is_up(); ++i)
      if (auto found = play(part, *steps, where).violations; !found.empty()) {
        best = {part, std::move(found)};
        return true;
      }
    return false;
  };

  std::vector<std::size_t> kept = name.kept.value_or(std::vector<std::size_t>());
  if (!name.kept) {
    dice chance(name.seed);
    kept.resize(name.of->plan(chance).size());
    std::iota(kept.begin(), kept.end(), std::size_t{0});
  }
  if (!breaks(kept) || breaks({}))
    return best;
  // Delta debugging (Zeller, Hildebrandt 2002), complements only.
  for (std::size_t parts = 2; kept.size() >= 2 && !time_is_up();) {
    bool smaller = false;
    for (std::size_t i = 0; i < parts && !smaller; ++i)
      if (auto left = without(kept, i, parts); breaks(left)) {
        kept = std::move(left);
        parts = std::max<std::size_t>(parts - 1, 2);
        smaller = true;
      }
    if (!smaller && parts >= kept.size())
      break;
    if (!smaller)
      parts = std::min(parts * 2, kept.size());
  }
  return best;
}

std::string in_words(const step& step) {
  std::string out = step.fault;
  for (const auto value : step.values)
    out += " " + std::to_string(value);
  return out;
}

} // namespace spec_kitty::chaos

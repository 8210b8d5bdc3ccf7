#include "app/chaos/power/content.hpp"

#include <algorithm>
#include <map>

namespace spec_kitty::chaos::power {

void content::write(std::size_t step, std::uint64_t at, std::string_view bytes) {
  pending_.push_back({step, false, at, bytes});
}

void content::resize(std::size_t step, std::uint64_t size) {
  pending_.push_back({step, true, size, {}});
}

void content::apply(const change& change, std::string& to) {
  if (change.cuts) {
    to.resize(change.at);
    return;
  }
  if (to.size() < change.end())
    to.resize(change.end());
  std::copy(change.bytes.begin(), change.bytes.end(),
            to.begin() + static_cast<std::ptrdiff_t>(change.at));
}

void content::apply_in(const change& change, std::string& to, std::size_t begin, std::size_t end) {
  const std::size_t from = std::max<std::size_t>(begin, change.at);
  const auto place = to.begin() + static_cast<std::ptrdiff_t>(from);
  if (change.cuts) {
    if (from < end)
      std::fill(place, to.begin() + static_cast<std::ptrdiff_t>(end), '\0');
    return;
  }
  const std::size_t until = std::min<std::size_t>(end, change.end());
  if (from < until) {
    const auto part = change.bytes.substr(from - change.at, until - from);
    std::copy(part.begin(), part.end(), place);
  }
}

void content::sync(std::size_t before) {
  const auto rest = std::find_if(pending_.begin(), pending_.end(),
                                 [&](const change& change) { return change.step >= before; });
  std::for_each(pending_.begin(), rest, [&](const change& change) { apply(change, durable_); });
  pending_.erase(pending_.begin(), rest);
}

void content::sync_newest() {
  if (pending_.size() == 1)
    sync(pending_.front().step + 1);
  else if (!pending_.empty())
    pending_.back().durable = true;
}

std::string content::newest() const {
  std::string out = durable_;
  for (const auto& entry : pending_)
    apply(entry, out);
  return out;
}

std::string content::draw(const torn_write_policy& how, dice& chance) const {
  if (pending_.empty())
    return durable_;
  // The sizes that the file has had; it has at least the one that a durable write gave it.
  std::vector<std::size_t> sizes = {durable_.size()};
  std::size_t least = 0;
  std::size_t most = durable_.size();
  for (const auto& entry : pending_) {
    sizes.push_back(entry.cuts ? entry.at : std::max<std::size_t>(sizes.back(), entry.end()));
    most = std::max(most, sizes.back());
    if (entry.durable)
      least = sizes.size() - 1;
  }
  const std::size_t size = sizes[least + how.draw(chance, sizes.size() - 1 - least)];

  std::map<std::size_t, std::vector<const change*>> touched; // by unit
  for (const auto& entry : pending_) {
    const std::size_t end = entry.cuts ? most : entry.end();
    for (std::size_t unit = entry.at / how.unit; unit * how.unit < end; ++unit)
      touched[unit].push_back(&entry);
  }
  std::string out = durable_;
  out.resize(most);
  for (const auto& [unit, changes] : touched) {
    std::size_t certain = 0;
    for (std::size_t i = 0; i < changes.size(); ++i)
      if (changes[i]->durable)
        certain = i + 1;
    const std::size_t arrived = certain + how.draw(chance, changes.size() - certain);
    const std::size_t begin = unit * how.unit;
    for (std::size_t i = 0; i < arrived; ++i)
      apply_in(*changes[i], out, begin, std::min(begin + how.unit, most));
  }
  out.resize(size);
  return out;
}

} // namespace spec_kitty::chaos::power

#include "app/cli/typed_options.hpp"

#include "util/text.hpp"

namespace spec_kitty {

typed_options& typed_options::value(const std::string& name,
                                    const std::optional<std::string>& given) {
  if (given)
    all_.emplace_back(name, shell_option(name, *given));
  return *this;
}

typed_options& typed_options::flag(const std::string& name, bool given) {
  if (given)
    all_.emplace_back(name, name);
  return *this;
}

std::string typed_options::kept_in(const std::string& text) const {
  const auto at = text.rfind(command_ + " ");
  const bool ends_with_it = at != std::string::npos
                                ? text.find_first_of(";\n", at) == std::string::npos
                                : text.ends_with(command_);
  if (!ends_with_it)
    return text;
  std::string all = text;
  for (const auto& [name, typed] : all_)
    if (const auto there = text.find(" " + name, std::min(at, text.size()));
        there == std::string::npos)
      all += " " + typed;
  return all;
}

result<work_done> typed_options::kept_in(result<work_done> done) const {
  if (!done) {
    failure why = done.error();
    why.hint = kept_in(why.hint);
    return why;
  }
  for (auto& each : done->blockers)
    each.command = kept_in(each.command);
  return done;
}

} // namespace spec_kitty

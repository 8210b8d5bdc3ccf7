// What waits on a board, for which person or agent, and which agents are at work.
#include "app/board/core/board_view.hpp"
#include "util/text.hpp"

#include <algorithm>
#include <map>

namespace spec_kitty::board {

namespace {

class finder {
public:
  finder(board_view& view, const patience& bounds) : view_(view), bounds_(bounds) {}

  void look() {
    for (auto& feature : view_.features) {
      std::map<std::string_view, lane> lanes;
      for (const auto& package : feature.packages)
        lanes[package.id] = counts_as(package.lane);
      for (auto& package : feature.packages) {
        package.waits_for.clear();
        for (const auto& id : package.dependencies)
          if (const auto other = lanes.find(id);
              other != lanes.end() && other->second != lane::done)
            package.waits_for.push_back(id);
        look_at(feature, package);
      }
    }
    std::stable_sort(view_.waits.begin(), view_.waits.end(),
                     [](const wait_view& left, const wait_view& right) {
                       if (left.urgent != right.urgent)
                         return left.urgent;
                       if ((left.since == 0) != (right.since == 0))
                         return right.since == 0;
                       return left.since < right.since;
                     });
  }

private:
  void look_at(const feature_view& feature, const package_view& package) {
    const lane in = counts_as(package.lane);
    if (in == lane::done)
      return;
    if (in == lane::doing && !package.agent.empty())
      add_agent(feature, package);
    else if (package.failed)
      add(feature, package, "failed", "somebody who looks at the error", true,
          status_command(feature));
    if (in == lane::for_review)
      add_review(feature, package);
    if (in == lane::planned && !package.waits_for.empty())
      add(feature, package, "dependency", listed(package.waits_for), false, {});
  }

  void add_review(const feature_view& feature, const package_view& package) {
    const bool is_long =
        package.since != 0 && view_.taken_at - package.since > bounds_.review && !view_.at;
    add(feature, package, "review", "a reviewer", is_long,
        feature.read_only || !feature.on_disk
            ? std::string()
            : "spec-kitty agent tasks move-task " + package.id + " --to done --check --feature " +
                  shell_word(feature.slug));
  }

  void add_agent(const feature_view& feature, const package_view& package) {
    agent_view agent{package.agent, feature.slug,      package.id,
                     package.since, package.last_sign, "working"};
    const epoch_us sign = std::max(package.last_sign, package.since);
    if (package.failed)
      agent.state = "failed";
    else if (sign != 0 && view_.taken_at - sign > bounds_.agent && !view_.at)
      agent.state = "silent";
    if (agent.state == "failed")
      add(feature, package, "failed", "somebody who looks at the error", true,
          status_command(feature));
    if (agent.state == "silent")
      add(feature, package, "silent", "a sign of life of " + package.agent, true,
          status_command(feature));
    view_.agents.push_back(std::move(agent));
  }

  void add(const feature_view& feature, const package_view& package, std::string kind,
           std::string waits_for, bool urgent, std::string command) {
    view_.waits.push_back({std::move(kind), feature.slug, package.id,
                           package.agent.empty() ? package.assignee : package.agent,
                           std::move(waits_for), package.since, std::move(command),
                           urgent && !view_.at});
  }

  static std::string status_command(const feature_view& feature) {
    return feature.on_disk ? "spec-kitty agent tasks status --feature " + shell_word(feature.slug)
                           : std::string();
  }

  static std::string listed(const std::vector<std::string>& ids) {
    std::string text;
    for (const auto& id : ids)
      text += (text.empty() ? "" : ", ") + id;
    return text;
  }

  board_view& view_;
  const patience bounds_;
};

} // namespace

void add_waits(board_view& view, const patience& bounds) {
  view.agents.clear();
  view.waits.clear();
  finder(view, bounds).look();
}

} // namespace spec_kitty::board

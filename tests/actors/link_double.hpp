// A link without a network: notes what is sent, and the test plays the peer.
#pragma once

#include "actors/link/link.hpp"

#include <iterator>
#include <memory>
#include <string>
#include <vector>

namespace spec_kitty::actor_test {

/// The connections a test has seen; the last one is the one that is open.
struct played_links {
  struct played_link {
    link_request request;
    link_handlers handlers;
    std::vector<std::string> sent;
    std::size_t taken = 0;
    std::size_t unsent = 0;
    bool closed = false;
    bool slow_close = false; ///< the test ends it
    bool gone = false;
  };
  std::vector<std::shared_ptr<played_link>> all;

  played_link& last() { return *all.back(); }
  link_factory factory() {
    return [this](link_request request, link_handlers handlers) {
      all.push_back(std::make_shared<played_link>());
      all.back()->request = std::move(request);
      all.back()->handlers = std::move(handlers);
      return result<std::unique_ptr<ws_link>>(std::make_unique<played>(all.back()));
    };
  }

private:
  class played final : public ws_link {
  public:
    explicit played(std::shared_ptr<played_link> of) : of_(std::move(of)) {}
    ~played() override { of_->gone = true; }
    void send(std::vector<std::string> texts) override {
      std::move(texts.begin(), texts.end(), std::back_inserter(of_->sent));
    }
    void taken(std::size_t bytes) override { of_->taken += bytes; }
    void close() override {
      of_->closed = true;
      if (!of_->slow_close)
        of_->handlers.ended({link_end::closed, 0, 1000, {}});
    }
    std::size_t unsent() const override { return of_->unsent; }

  private:
    std::shared_ptr<played_link> of_;
  };
};

} // namespace spec_kitty::actor_test

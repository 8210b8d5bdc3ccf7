/* Included by the flags of `pkg-config --static`: tells options.hpp where the modules are, by this
 * file's own place, `<modules>/static/place.h`. A path in quotes, as a -D would need, does not
 * survive `$(pkg-config …)` in a shell. */
#ifndef SPEC_KITTY_STATIC_PLACE_H
#define SPEC_KITTY_STATIC_PLACE_H
#ifdef __cplusplus
#include <string>
namespace spec_kitty {
inline std::string static_modules() {
  constexpr char file[] = __FILE__;
  return {file, sizeof file - sizeof "/static/place.h"};
}
} // namespace spec_kitty
#define SPEC_KITTY_MODULES ::spec_kitty::static_modules()
#endif
#endif

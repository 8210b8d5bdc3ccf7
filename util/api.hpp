// Marks what the installed library shows: everything else is hidden.
#pragma once

#if defined(__GNUC__)
#define SPEC_KITTY_API __attribute__((visibility("default")))
#else
#define SPEC_KITTY_API
#endif

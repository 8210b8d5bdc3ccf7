# Warnings and sanitizers for our own code; private, so that nobody who links us inherits them.
add_library(spec_kitty_warnings INTERFACE)
target_compile_options(spec_kitty_warnings INTERFACE -Wall -Wextra -Wpedantic -Wconversion)
# g++ 12 warns of a copy that cannot happen in `"x" + std::string(…)`: https://gcc.gnu.org/PR105651
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  target_compile_options(spec_kitty_warnings INTERFACE -Wno-restrict)
endif()
if(SPEC_KITTY_WERROR)
  target_compile_options(spec_kitty_warnings INTERFACE -Werror)
endif()

if(SPEC_KITTY_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link) # counts edges in all of the code
endif()

if(SPEC_KITTY_SANITIZE)
  # -fno-sanitize=null: CAF 0.17 spawns function actors through a null reference it never reads.
  # vptr and function: CAF comes from the distribution, built without their type data.
  # pointer-overflow: RapidJSON 1.1.0 adds an offset to its empty stack's null pointer.
  add_compile_options(-fsanitize=address,undefined -fno-sanitize=null,vptr,pointer-overflow
                      -fno-sanitize-recover=all -fno-omit-frame-pointer)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    add_compile_options($<$<COMPILE_LANGUAGE:CXX>:-fno-sanitize=function>)
  endif()
  add_link_options(-fsanitize=address,undefined)
  add_compile_definitions(SPEC_KITTY_SANITIZED)
endif()

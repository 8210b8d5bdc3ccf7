# What makes a memory error harder to exploit, in everything that is installed. A build for debugging
# goes without: fortified functions need an optimising compiler.
#
# What it costs is measured in instructions of one `emit` (docs/dependencies.md). That the installed
# files have it is checked by tests/app/cli/installed_files.py.
include(CheckCXXCompilerFlag)
check_cxx_compiler_flag(-fcf-protection SPEC_KITTY_CF_PROTECTION) # x86 only
set(SPEC_KITTY_HARDENED "$<AND:$<NOT:$<CONFIG:Debug>>,$<NOT:$<BOOL:${SPEC_KITTY_SANITIZE}>>>")
set(hardening -fstack-protector-strong -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
if(SPEC_KITTY_CF_PROTECTION)
  list(APPEND hardening -fcf-protection)
endif()
add_compile_options("$<${SPEC_KITTY_HARDENED}:${hardening}>")
add_link_options("$<${SPEC_KITTY_HARDENED}:LINKER:-z,relro>")

# spec_kitty_bind_now(targets…): every symbol is resolved at the start, and the table of their
# addresses is read-only from then on. Not for `spec-kitty`, where it costs 2.6 % of an `emit`.
function(spec_kitty_bind_now)
  foreach(target IN LISTS ARGN)
    target_link_options(${target} PRIVATE "$<${SPEC_KITTY_HARDENED}:LINKER:-z,now>")
  endforeach()
endfunction()

# The binary where people look, its module and the reference server where programs keep such parts.
install(TARGETS spec-kitty RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}")
install(TARGETS spec_kitty_http spec_kitty_link spec_kitty_sqlite LIBRARY DESTINATION "${SPEC_KITTY_LIBEXEC}")
install(TARGETS spec-kitty-dev-server spec-kitty-keeper RUNTIME DESTINATION "${SPEC_KITTY_LIBEXEC}")
install(FILES README.md LICENSE CHANGELOG.md DESTINATION "${CMAKE_INSTALL_DOCDIR}")

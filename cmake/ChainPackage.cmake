# What is installed and where, and the Debian package that CPack makes of it. Included last, when all
# targets exist.
include(GNUInstallDirs)

# Private to the program, hence not in the folder where the linker of other programs looks.
set(jit_dir lib/chain)

if(TARGET chain)
  # The program opens its library by path (compiler/jit/load.cpp): no RPATH, which would only make every start search
  # folders for the system's libraries.
  set_target_properties(chain PROPERTIES SKIP_BUILD_RPATH ON INSTALL_RPATH "")
  install(TARGETS chain RUNTIME DESTINATION bin)
endif()
if(TARGET chain_jit)
  set_target_properties(chain_jit PROPERTIES INSTALL_RPATH "")
  install(TARGETS chain_jit LIBRARY DESTINATION ${jit_dir})
endif()

# Of what the program finds beside it (runtime/documents/ranks.cpp); not there if npm was not.
install(DIRECTORY ${CMAKE_LIBRARY_OUTPUT_DIRECTORY}/ DESTINATION lib/chain FILES_MATCHING PATTERN "*.ranks")

# The compiler has these built in; they are installed to be read.
install(DIRECTORY stdlib/ DESTINATION share/chain/stdlib OPTIONAL FILES_MATCHING PATTERN "*.chain")
install(DIRECTORY examples/ DESTINATION share/doc/chain/examples OPTIONAL FILES_MATCHING PATTERN "*.chain"
  REGEX "/handbook/.*\\.md$")

install(FILES packaging/completions/chain.bash DESTINATION share/bash-completion/completions RENAME chain)
install(FILES packaging/completions/_chain DESTINATION share/zsh/vendor-completions)
install(FILES packaging/completions/chain.fish DESTINATION share/fish/vendor_completions.d)

install(DIRECTORY editors/vim/ DESTINATION share/vim/vimfiles FILES_MATCHING PATTERN "*.vim")
install(FILES editors/textmate/chain.tmLanguage.json editors/textmate/language-configuration.json editors/textmate/package.json
        DESTINATION share/chain/editors/textmate)

install(FILES README.md DESTINATION share/doc/chain)
install(DIRECTORY docs/ DESTINATION share/doc/chain/docs FILES_MATCHING PATTERN "*.md")
install(FILES LICENSE DESTINATION share/doc/chain RENAME copyright)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME chain)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGE_CONTACT "The Chain authors")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "${PROJECT_DESCRIPTION}")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION devel)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "libcurl4")  # opened on demand (runtime/http/libcurl.cpp), so not found by itself
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "ca-certificates")
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "graphviz, libpq5, poppler-utils")
include(CPack)

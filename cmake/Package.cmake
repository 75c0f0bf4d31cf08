# `cpack -G DEB` in a build folder makes understudy-daemon_VERSION_ARCH.deb: understudyd and understudyctl, without ns-3 and Qt.
install(TARGETS understudyd RUNTIME DESTINATION sbin COMPONENT daemon)
install(TARGETS understudyctl RUNTIME DESTINATION bin COMPONENT daemon)
set(packaging "${CMAKE_SOURCE_DIR}/packaging")
install(FILES "${packaging}/systemd/understudyd.service" "${packaging}/systemd/understudyd-release.service"
  DESTINATION lib/systemd/system COMPONENT daemon)
install(FILES "${packaging}/man/understudyd.8" "${packaging}/man/understudyctl.8" DESTINATION share/man/man8 COMPONENT daemon)
foreach(program understudyd understudyctl)
  install(FILES "${packaging}/completion/understudyctl.bash" DESTINATION share/bash-completion/completions
    RENAME ${program} COMPONENT daemon)
endforeach()
install(FILES "${CMAKE_SOURCE_DIR}/docs/deploy.md" "${CMAKE_SOURCE_DIR}/docs/security.md"
  DESTINATION share/doc/understudy-daemon COMPONENT daemon)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_COMPONENTS_ALL daemon)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_PACKAGE_CONTACT "Understudy developers <understudy@localhost>")
set(CPACK_DEBIAN_DAEMON_PACKAGE_NAME understudy-daemon)
set(CPACK_DEBIAN_DAEMON_PACKAGE_SECTION admin)
set(CPACK_DEBIAN_DAEMON_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_DAEMON_DESCRIPTION "Failover daemon that takes /etc/ha.d as it is
 Keeps addresses and services on a node that lives; speaks the protocol of heartbeat 3.0.6.")
set(CPACK_DEBIAN_DAEMON_PACKAGE_CONTROL_EXTRA "${packaging}/debian/postinst;${packaging}/debian/prerm;${packaging}/debian/postrm")
set(CPACK_DEBIAN_DAEMON_PACKAGE_CONTROL_STRICT_PERMISSION ON)
include(CPack)

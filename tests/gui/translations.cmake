# cmake -DLUPDATE=… -DLRELEASE=… -DSOURCE=… -DWORK=… -P translations.cmake
# Takes up the sentences of the source as it is now; each must have a translation.
file(MAKE_DIRECTORY "${WORK}")
file(COPY "${SOURCE}/gui/translations/player_de.ts" DESTINATION "${WORK}")
execute_process(COMMAND "${LUPDATE}" gui -ts "${WORK}/player_de.ts" -no-obsolete -locations none
  WORKING_DIRECTORY "${SOURCE}" RESULT_VARIABLE updated OUTPUT_VARIABLE found ERROR_QUIET)
execute_process(COMMAND "${LRELEASE}" "${WORK}/player_de.ts" -qm "${WORK}/player_de.qm"
  RESULT_VARIABLE released OUTPUT_VARIABLE text ERROR_VARIABLE text)
message(STATUS "${found}${text}")
if(NOT updated EQUAL 0 OR NOT released EQUAL 0)
  message(FATAL_ERROR "lupdate or lrelease failed")
endif()
if(NOT text MATCHES "Generated [1-9][0-9]* translation" OR NOT text MATCHES "and 0 unfinished" OR text MATCHES "untranslated")
  message(FATAL_ERROR "sentences without a translation; see docs/player.md")
endif()

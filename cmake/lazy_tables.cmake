# cmake -DFILE=... -DCLASS=... -P lazy_tables.cmake: the tables of a recognizer that ANTLR has generated are made with the
# first object of its class, not when the process starts: most runs find their artifact and parse nothing.
file(READ "${FILE}" text)
function(replace from to)
  string(FIND "${text}" "${from}" place)
  if(place EQUAL -1)
    message(FATAL_ERROR "${FILE} has no `${from}`: this version of ANTLR writes something else")
  endif()
  string(REPLACE "${from}" "${to}" text "${text}")
  set(text "${text}" PARENT_SCOPE)
endfunction()
replace("${CLASS}::Initializer ${CLASS}::_init;" "")
replace("  _interpreter = new atn::" "  static const Initializer tables;\n  _interpreter = new atn::")
file(WRITE "${FILE}" "${text}")

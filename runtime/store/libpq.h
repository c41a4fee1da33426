// libpq, opened when the first server is asked: it brings Kerberos and LDAP along, and few programs need it.
#pragma once

#include <libpq-fe.h>

#include <string>

namespace chain::store {

/// The functions of libpq that this room calls, each under its name without `PQ`.
struct Libpq {
  decltype(&::PQconnectStartParams) connectStartParams;
  decltype(&::PQconnectPoll) connectPoll;
  decltype(&::PQconninfoParse) conninfoParse;
  decltype(&::PQconninfoFree) conninfoFree;
  decltype(&::PQfreemem) freemem;
  decltype(&::PQfinish) finish;
  decltype(&::PQstatus) status;
  decltype(&::PQsocket) socket;
  decltype(&::PQerrorMessage) errorMessage;
  decltype(&::PQsendQueryParams) sendQueryParams;
  decltype(&::PQsetSingleRowMode) setSingleRowMode;
  decltype(&::PQconsumeInput) consumeInput;
  decltype(&::PQisBusy) isBusy;
  decltype(&::PQflush) flush;
  decltype(&::PQsetnonblocking) setnonblocking;
  decltype(&::PQgetResult) getResult;
  decltype(&::PQresultStatus) resultStatus;
  decltype(&::PQresultErrorField) resultErrorField;
  decltype(&::PQresultErrorMessage) resultErrorMessage;
  decltype(&::PQclear) clear;
  decltype(&::PQnfields) nfields;
  decltype(&::PQfname) fname;
  decltype(&::PQntuples) ntuples;
  decltype(&::PQgetisnull) getisnull;
  decltype(&::PQgetvalue) getvalue;
  decltype(&::PQgetlength) getlength;
  decltype(&::PQgetCancel) getCancel;
  decltype(&::PQcancel) cancel;
  decltype(&::PQfreeCancel) freeCancel;
};

/// Opened by the first call; any thread may make it. Null, and `error`, if it is not installed.
[[nodiscard]] const Libpq* libpq(std::string& error);

}  // namespace chain::store

#include "runtime/store/libpq.h"

#include <dlfcn.h>

namespace chain::store {
namespace {

constexpr const char* kName = "libpq.so.5";

template <class Function>
bool find(void* library, const char* name, Function& function) {
  function = reinterpret_cast<Function>(dlsym(library, name));
  return function != nullptr;
}

bool find_all(void* library, Libpq& pq) {
  return find(library, "PQconnectStartParams", pq.connectStartParams) &&
         find(library, "PQconnectPoll", pq.connectPoll) &&
         find(library, "PQconninfoParse", pq.conninfoParse) &&
         find(library, "PQconninfoFree", pq.conninfoFree) && find(library, "PQfreemem", pq.freemem) &&
         find(library, "PQfinish", pq.finish) && find(library, "PQstatus", pq.status) &&
         find(library, "PQsocket", pq.socket) && find(library, "PQerrorMessage", pq.errorMessage) &&
         find(library, "PQsendQueryParams", pq.sendQueryParams) &&
         find(library, "PQsetSingleRowMode", pq.setSingleRowMode) &&
         find(library, "PQconsumeInput", pq.consumeInput) && find(library, "PQisBusy", pq.isBusy) &&
         find(library, "PQflush", pq.flush) && find(library, "PQsetnonblocking", pq.setnonblocking) &&
         find(library, "PQgetResult", pq.getResult) && find(library, "PQresultStatus", pq.resultStatus) &&
         find(library, "PQresultErrorField", pq.resultErrorField) &&
         find(library, "PQresultErrorMessage", pq.resultErrorMessage) && find(library, "PQclear", pq.clear) &&
         find(library, "PQnfields", pq.nfields) && find(library, "PQfname", pq.fname) &&
         find(library, "PQntuples", pq.ntuples) && find(library, "PQgetisnull", pq.getisnull) &&
         find(library, "PQgetvalue", pq.getvalue) && find(library, "PQgetlength", pq.getlength) &&
         find(library, "PQgetCancel", pq.getCancel) && find(library, "PQcancel", pq.cancel) &&
         find(library, "PQfreeCancel", pq.freeCancel);
}

struct Opening {
  Libpq functions{};
  std::string failure;
};

Opening open() {
  Opening opening;
  void* library = dlopen(kName, RTLD_LAZY | RTLD_LOCAL);  // never closed
  if (library == nullptr || !find_all(library, opening.functions)) {
    const char* reason = dlerror();
    opening.failure = std::string("PostgreSQL cannot be asked without libpq (Debian: apt install libpq5): ") +
                      (reason != nullptr ? reason : kName);
  }
  return opening;
}

}  // namespace

const Libpq* libpq(std::string& error) {
  static const Opening opening = open();
  error = opening.failure;
  return error.empty() ? &opening.functions : nullptr;
}

}  // namespace chain::store

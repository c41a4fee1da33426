// The defaults of a JSON Schema as expressions.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "compiler/sema/schema_model.h"

namespace chain::sema {

class SchemaDefaults {
 public:
  explicit SchemaDefaults(const SchemaModel& model);

  /// `value` as it is written where `type` is wanted; nothing if it is not of that type.
  [[nodiscard]] std::optional<std::string> written(const SchemaType& type,
                                                   const value::JsonNode& value) const;

  /// What `type` is called in a message.
  [[nodiscard]] static std::string spoken(const SchemaType& type);

 private:
  std::map<std::string, const SchemaDeclaration*, std::less<>> declarations_;
};

}  // namespace chain::sema

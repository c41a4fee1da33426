#include "compiler/diagnostics/render.h"

namespace chain {

std::string render_text(const Diagnostics&, const SourceMap&, RenderOptions) { return {}; }
std::string render_json(const Diagnostics&, const SourceMap&) { return {}; }

}  // namespace chain

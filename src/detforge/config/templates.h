#pragma once

#include <filesystem>

#include "detforge/config/source_text.h"
#include "detforge/config/value.h"

/// The `{{ … }}` that mmcv and mmengine replace in a config's text before they parse it.
namespace detforge {

/// Replaces `{{ fileDirname }}`, `fileBasename`, `fileBasenameNoExtension`, `fileExtname`, with `environment` also
/// `{{ $VARIABLE:default }}`, and turns `{{ _base_.x.y }}` into a str that stands for it until the bases are known.
/// Returns whether there is one of the last kind. `file` is absolute. Throws for a variable that has no value.
bool replace_templates(SourceText& text, const std::filesystem::path& file, bool environment);

/// Puts the values of `bases` where `{{ _base_.x.y }}` stood alone. Throws where it names nothing, or where the config
/// made something else out of it.
void resolve_base_variables(Value& value, const Value& bases);

}  // namespace detforge

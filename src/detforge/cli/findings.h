#pragma once

#include <nlohmann/json.hpp>

#include "detforge/cli/command.h"
#include "detforge/data/datasets/annotation_findings.h"

/// What was left out, changed or guessed as files were read: told once, and part of every command's JSON.
namespace detforge::cli {

/// On stderr, unless the user wants quiet.
void tell(const AnnotationFindings& findings, const Session& session);

/// `{"left_out": 3, "first_left_out": [{"place", "message"}], "notes": [{"what", "count", "places", "file"}]}`; a remark has no count.
nlohmann::ordered_json findings_json(const AnnotationFindings& findings);

}  // namespace detforge::cli

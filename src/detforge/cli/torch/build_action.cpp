#include <ostream>

#include "detforge/apps/weights.h"
#include "detforge/cli/torch/actions.h"
#include "detforge/models/backbones/backbone.h"
#include "detforge/models/necks/neck.h"

namespace detforge::cli {
namespace {

const Value& part_config(const Config& config, const std::string& part) {
  const Value* found = config["model"].find(part);
  if (found == nullptr || found->is_none()) {
    throw Error("the model has no '" + part + "'")
        .at(config["model"].location())
        .help("add " + part + "=dict(type=…) to the config's model");
  }
  return *found;
}

void print_inside(const Detector& model, const std::string& part, std::ostream& out) {
  const auto modules = model.named_modules();
  if (const auto* found = modules.find(part)) {
    out << nn::repr(**found) << '\n';
    return;
  }
  std::vector<std::string> names;
  for (const auto& item : modules) names.push_back(item.key());
  throw Error("the model has no part '" + part + "'" + did_you_mean(part, names), ErrorKind::Usage);
}

}  // namespace

/// A backbone or a neck is built alone, so that it can be looked at in a model whose other parts are not there yet.
int build_action(const BuildRequest& request, std::ostream& out) {
  const BuildContext context{request.reference, "model"};
  if (request.part == "backbone") {
    out << *build_backbone(part_config(request.config, "backbone"), context.child("backbone")) << '\n';
  } else if (request.part == "neck") {
    out << *build_neck(part_config(request.config, "neck"), context.child("neck")) << '\n';
  } else if (request.part.empty()) {
    out << *build_model(request.config, request.reference) << '\n';
  } else {
    print_inside(*build_model(request.config, request.reference), request.part, out);
  }
  return 0;
}

}  // namespace detforge::cli

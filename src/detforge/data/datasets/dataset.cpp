#include "detforge/data/datasets/dataset.h"

namespace detforge {

namespace {

/// The config of a `ConcatDataset` of as many datasets as there are annotation files.
Value split_by_file(const Value& config) {
  Value parts = Value::list();
  for (std::size_t i = 0; i < config["ann_file"].size(); ++i) {
    Value part = config;
    static_cast<void>(part.pop("separate_eval", true));
    for (const char* key : {"ann_file", "img_prefix", "seg_prefix", "proposal_file"}) {
      const Value* values = config.find(key);
      if (values == nullptr || !values->is_sequence()) continue;
      if (i >= values->size()) {
        throw Error("'" + std::string(key) + "' has " + std::to_string(values->size()) + " entries, 'ann_file' has " +
                    std::to_string(config["ann_file"].size()))
            .at(values->location());
      }
      part[key] = (*values)[i];
    }
    parts.push_back(part);
  }
  Value concatenated = Value::dict({{"type", "ConcatDataset"}, {"datasets", parts}});
  if (const Value* separate = config.find("separate_eval")) concatenated["separate_eval"] = *separate;
  concatenated.set_location(config.location());
  return concatenated;
}

/// `config` with the defaults in its innermost datasets.
Value with_inner_defaults(Value config, const Value& defaults) {
  if (config.is_sequence()) {
    for (Value& part : config.elements()) part = with_inner_defaults(part, defaults);
  } else if (config.is_dict()) {
    Value* inner = config.find("dataset");
    Value* several = config.find("datasets");
    if (inner == nullptr && several == nullptr) return with_defaults(config, defaults);
    if (inner != nullptr) *inner = with_inner_defaults(*inner, defaults);
    if (several != nullptr) *several = with_inner_defaults(*several, defaults);
  }
  return config;
}

}  // namespace

Registry<Dataset>& datasets() {
  static Registry<Dataset> registry("DATASETS");
  return registry;
}

std::shared_ptr<Dataset> build_dataset(const Value& config, const BuildContext& context, const Value& defaults) {
  if (!defaults.is_none()) return build_dataset(with_inner_defaults(config, defaults), context);
  if (config.is_sequence()) {
    Value concatenated = Value::dict({{"type", "ConcatDataset"}, {"datasets", config}});
    concatenated.set_location(config.location());
    return datasets().build(concatenated, context);
  }
  const Value* files = config.find("ann_file");
  return datasets().build(files != nullptr && files->is_sequence() ? split_by_file(config) : config, context);
}

}  // namespace detforge

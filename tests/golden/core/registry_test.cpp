#include <gtest/gtest.h>

#include <map>
#include <set>

#include "detforge/config/config.h"
#include "detforge/registry/registry.h"
#include "tests/support/golden.h"

/// Every registered component against MMDetection's: place, argument names, which are required, defaults.
namespace detforge::golden {
namespace {

/// Names that the seed has and MMDetection has not; the seed's own lists hold them.
const std::set<std::string> seeds_own = {"YOLOV4", "YOLOV5", "CSPDarknet", "VGG16", "VGG9"};

/// Registries of what MMDetection looks up by name elsewhere.
const std::set<std::string> ours_alone = {"ROI_LAYERS"};

/// Arguments of PyTorch's own layers that say where tensors lie: the program's `--device` does.
const std::set<std::string> placement = {"device", "dtype"};

/// Arguments that the head which builds a component adds itself; ours is handed over when it is called.
const std::set<std::string> given_by_heads = {"context"};

/// What the records take from a base although a config can not give it: proposals have one class, which the constructor
/// says itself, VFNetHead passes by the base that has these, AutoAssignHead and PVTv2 say them themselves.
const std::map<std::string, std::set<std::string>> given_to_base = {
    {"RPNHead", {"num_classes"}},
    {"GARPNHead", {"num_classes"}},
    {"StageCascadeRPNHead", {"num_classes"}},
    {"VFNetHead", {"loss_centerness", "bbox_coder", "reg_decoded_bbox", "pred_kernel_size"}},
    {"AutoAssignHead", {"conv_bias"}},
    {"PyramidVisionTransformerV2", {"patch_sizes", "paddings", "use_abs_pos_embed", "norm_after_stage", "use_conv_ffn"}}};

/// Samplers whose constructors look at no argument, so that none is required, whatever their base requires.
const std::set<std::string> without_arguments = {"PseudoSampler", "MaskPseudoSampler"};

const Json* find(const Json& golden, const std::string& registry, const std::string& name) {
  const auto entries = golden["registries"].find(registry);
  if (entries == golden["registries"].end()) return nullptr;
  const auto entry = entries->find(name);
  return entry == entries->end() ? nullptr : &*entry;
}

/// Lists and tuples are one to a table, an int may stand for a float.
bool same_default(const Value& ours, const Value& wanted) {
  if (ours.is_sequence() && wanted.is_sequence()) {
    if (ours.size() != wanted.size()) return false;
    for (std::size_t i = 0; i < ours.size(); ++i) {
      if (!same_default(ours.elements()[i], wanted.elements()[i])) return false;
    }
    return true;
  }
  if (ours.is_dict() && wanted.is_dict()) {
    if (ours.size() != wanted.size()) return false;
    for (const auto& [key, value] : ours.as_dict()) {
      const Value* other = wanted.as_dict().find(key);
      if (other == nullptr || !same_default(value, *other)) return false;
    }
    return true;
  }
  return python_equal(ours, wanted);
}

struct Argument {
  bool is_required = false;
  Value default_value;
};

void expect_arguments(const RegistryBase::Entry& entry, const Json& golden, Reference reference) {
  std::map<std::string, Argument> ours;
  for (const ArgumentInfo& info : entry.arguments()) {
    if (reference == Reference::V2_8 && info.since == Reference::V2_27) continue;
    if (reference == Reference::V2_27 && info.only_in_v2_8) continue;
    const bool newer = reference == Reference::V2_27 && info.default_in_v2_27;
    ours[info.name] = {info.is_required && !newer, newer ? *info.default_in_v2_27 : info.default_value};
  }
  for (const Json& wanted : golden["args"]) {
    const std::string name = wanted["name"];
    if (const auto own = given_to_base.find(entry.info.name); own != given_to_base.end() && own->second.contains(name)) {
      ours.erase(name);
      continue;
    }
    const auto found = ours.find(name);
    if (found == ours.end()) {
      EXPECT_TRUE(placement.contains(name) || given_by_heads.contains(name)) << "argument '" << name << "' is missing";
      continue;
    }
    const bool is_required = wanted["required"].get<bool>() && !without_arguments.contains(entry.info.name);
    EXPECT_EQ(found->second.is_required, is_required) << name;
    if (wanted.contains("default")) {
      const std::string text = wanted["default"];
      const Value python = Config::from_text("value = " + text, ".py")["value"];
      EXPECT_TRUE(same_default(found->second.default_value, python))
          << name << ": ours is " << repr(found->second.default_value) << ", Python's " << text;
    }
    ours.erase(found);
  }
  if (golden.contains("var_kwargs")) return;
  for (const auto& [name, argument] : ours) ADD_FAILURE() << "Python has no argument '" << name << "'";
}

void check(const RegistryBase& registry, const RegistryBase::Entry& entry, const Json& v2_8, const Json& v2_27) {
  const std::string& name = entry.info.name;
  if (seeds_own.contains(name) && (entry.info.precedence == Precedence::Alternative || find(v2_27, registry.name(), name) == nullptr))
    return;
  const Json* older = find(v2_8, registry.name(), name);
  const Json* newer = find(v2_27, registry.name(), name);
  ASSERT_TRUE(older != nullptr || newer != nullptr) << "MMDetection has no " << name << " in " << registry.name();
  EXPECT_EQ(entry.info.since, older != nullptr ? Reference::V2_8 : Reference::V2_27);
  const Json& home = older != nullptr ? *older : *newer;
  EXPECT_EQ(entry.info.python, home["module"].get<std::string>() + "." + home["class"].get<std::string>());
  if (older != nullptr) {
    SCOPED_TRACE("v2.8.0");
    expect_arguments(entry, *older, Reference::V2_8);
  }
  if (newer != nullptr) {
    SCOPED_TRACE("v2.27.0");
    expect_arguments(entry, *newer, Reference::V2_27);
  }
}

const SuiteMaker maker([] {
  const auto older = golden_dir() / "registry_v2.8.0.json", newer = golden_dir() / "registry_v2.27.0.json";
  if (!std::filesystem::exists(older) || !std::filesystem::exists(newer)) return;
  const auto v2_8 = std::make_shared<Json>(read_json(older)), v2_27 = std::make_shared<Json>(read_json(newer));
  for (const RegistryBase* registry : registries()) {
    if (ours_alone.contains(registry->name())) continue;
    for (const RegistryBase::Entry* entry : registry->entries()) {
      add_case("Registry", registry->name() + "_" + entry->info.name, [=] { check(*registry, *entry, *v2_8, *v2_27); });
    }
  }
});

}  // namespace
}  // namespace detforge::golden

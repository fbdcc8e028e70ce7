#include "detforge/data/transforms/transform.h"

/// Transforms that hand the image to a package of Python. They are known, so that a config that names one is told why it can not run.
namespace detforge {
namespace {

[[noreturn]] void refuse(const char* argument, const std::string& package) {
  throw ArgumentError(argument, "asks for the Python package '" + package + "', which is no part of this program; leave the transform out");
}

}  // namespace

/// A list of albumentations' transforms.
class Albu : public Transform {
 public:
  struct Options {
    Value transforms = Value::list();
    std::optional<ConfigDict> bbox_params;
    std::optional<ConfigDict> keymap;
    bool update_pad_shape = false;
    bool skip_img_without_anno = false;
  };
  static Arguments<Options> arguments() {
    return {arg(&Options::transforms, "transforms", required, "albumentations' transforms"),
            arg(&Options::bbox_params, "bbox_params", "how boxes are given to them"),
            arg(&Options::keymap, "keymap", "their names of the fields"),
            arg(&Options::update_pad_shape, "update_pad_shape", "note the padded shape afterwards"),
            arg(&Options::skip_img_without_anno, "skip_img_without_anno", "drop images without objects")};
  }

  Albu(const Options&, const BuildContext&) { refuse("transforms", "albumentations"); }
  void apply(Sample&, Random&) const override {}
};

/// Pastes each object back at a likely place. Fang et al.: InstaBoost, arXiv 1908.07801.
class InstaBoost : public Transform {
 public:
  struct Options {
    std::vector<std::string> action_candidate = {"normal", "horizontal", "skip"};
    std::vector<double> action_prob = {1, 0, 0};
    std::array<double, 2> scale = {0.8, 1.2};
    double dx = 15;
    double dy = 15;
    std::array<double, 2> theta = {-1, 1};
    double color_prob = 0.5;
    bool hflag = false;
    double aug_ratio = 0.5;
  };
  static Arguments<Options> arguments() {
    return {arg(&Options::action_candidate, "action_candidate", "what may be done to an object"),
            arg(&Options::action_prob, "action_prob", "how probable each is"),
            arg(&Options::scale, "scale", "(low, high) factor"),
            arg(&Options::dx, "dx", "most it moves: part of its width"),
            arg(&Options::dy, "dy", "most it moves: part of its height"),
            arg(&Options::theta, "theta", "(low, high) angle"),
            arg(&Options::color_prob, "color_prob", "how probable its colours change"),
            arg(&Options::hflag, "hflag", "look for likely places by a heat map"),
            arg(&Options::aug_ratio, "aug_ratio", "how probable an image is changed")};
  }

  InstaBoost(const Options&, const BuildContext&) { refuse("action_candidate", "instaboostfast"); }
  void apply(Sample&, Random&) const override {}
};

/// Noise, blur, weather of imagecorruptions.
class Corrupt : public Transform {
 public:
  struct Options {
    std::string corruption;
    std::int64_t severity = 1;
  };
  static Arguments<Options> arguments() {
    return {arg(&Options::corruption, "corruption", required, "its name"), arg(&Options::severity, "severity", "1 to 5")};
  }

  Corrupt(const Options&, const BuildContext&) { refuse("corruption", "imagecorruptions"); }
  void apply(Sample&, Random&) const override {}
};

DETFORGE_REGISTER(transforms, Albu,
                  {.name = "Albu", .python = "mmdet.datasets.pipelines.transforms.Albu", .meaning = "albumentations; refused"});
DETFORGE_REGISTER(transforms, InstaBoost,
                  {.name = "InstaBoost", .python = "mmdet.datasets.pipelines.instaboost.InstaBoost", .meaning = "InstaBoost; refused"});
DETFORGE_REGISTER(transforms, Corrupt,
                  {.name = "Corrupt", .python = "mmdet.datasets.pipelines.transforms.Corrupt", .meaning = "imagecorruptions; refused"});

}  // namespace detforge

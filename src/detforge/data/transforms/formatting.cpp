#include <array>
#include <opencv2/core.hpp>

#include "detforge/data/transforms/transform.h"

/// The last steps of a pipeline: which keys become tensors and which are kept. The image stays as it is in memory until
/// a batch is made of it with `to_chw`.
namespace detforge {
namespace {

void check_sample_keys(const std::vector<std::string>& keys, const Sample& sample, const char* component) {
  for (const std::string& key : keys) {
    if (!has_key(sample, key)) throw Error(std::string(component) + " finds no '" + key + "' in the sample");
  }
}

}  // namespace

/// Marks images as ready for a model.
class ImageToTensor : public Transform {
 public:
  struct Options {
    std::vector<std::string> keys;
  };
  static Arguments<Options> arguments() { return {arg(&Options::keys, "keys", required, "the images: img")}; }

  ImageToTensor(const Options& options, const BuildContext&) : keys_(options.keys) {}

  void apply(Sample& sample, Random&) const override {
    check_sample_keys(keys_, sample, "ImageToTensor");
    sample.is_formatted = true;
  }

 private:
  std::vector<std::string> keys_;
};

/// Says which fields become tensors; a batch makes them.
class ToTensor : public Transform {
 public:
  struct Options {
    std::vector<std::string> keys;
  };
  static Arguments<Options> arguments() { return {arg(&Options::keys, "keys", required, "what becomes a tensor")}; }

  ToTensor(const Options& options, const BuildContext&) : keys_(options.keys) {}

  void apply(Sample& sample, Random&) const override { check_sample_keys(keys_, sample, "ToTensor"); }

 private:
  std::vector<std::string> keys_;
};

/// Says how the fields of several samples are put together. Here a batch always stacks images and lists the rest.
class ToDataContainer : public Transform {
 public:
  struct Options {
    std::vector<ConfigDict> fields = {{{"key", "img"}, {"stack", true}}, {{"key", "gt_bboxes"}}, {{"key", "gt_labels"}}};
  };
  static Arguments<Options> arguments() { return {arg(&Options::fields, "fields", "dict(key=…, stack=…) for each field")}; }

  ToDataContainer(const Options& options, const BuildContext&) {
    for (const ConfigDict& field : options.fields) {
      const Value* key = field.find("key");
      if (key == nullptr || !key->is_string()) throw ArgumentError("fields", "must have a 'key' in each dict");
      keys_.push_back(key->as_string());
    }
  }

  void apply(Sample& sample, Random&) const override { check_sample_keys(keys_, sample, "ToDataContainer"); }

 private:
  std::vector<std::string> keys_;
};

/// Puts an image's axes, (height, width, channels), into another order. That channels come first is noted and done when a batch is made.
class Transpose : public Transform {
 public:
  struct Options {
    std::vector<std::string> keys;
    std::array<std::int64_t, 3> order = {2, 0, 1};
  };
  static Arguments<Options> arguments() {
    return {arg(&Options::keys, "keys", required, "the images: img"), arg(&Options::order, "order", required, "of the axes 0, 1, 2")};
  }

  Transpose(const Options& options, const BuildContext&) : keys_(options.keys) {
    using Order = std::array<std::int64_t, 3>;
    channels_first_ = options.order[0] == 2;
    swaps_sides_ = options.order == Order{1, 0, 2} || options.order == Order{2, 1, 0};
    if (!swaps_sides_ && options.order != Order{0, 1, 2} && options.order != Order{2, 0, 1}) {
      throw ArgumentError("order", "must keep the channels last or put them first");
    }
    if (keys_ != std::vector<std::string>{"img"}) throw ArgumentError("keys", "must be ['img']");
  }

  void apply(Sample& sample, Random&) const override {
    check_sample_keys(keys_, sample, "Transpose");
    if (channels_first_) sample.is_formatted = true;
    if (!swaps_sides_) return;
    cv::Mat transposed;
    cv::transpose(sample.image, transposed);
    sample.image = transposed;
  }

 private:
  std::vector<std::string> keys_;
  bool channels_first_ = false, swaps_sides_ = false;
};

/// Makes a list of one of each field. Views of a sample are a list here already: nothing is left to do.
class WrapFieldsToLists : public Transform {
 public:
  struct Options {};
  static Arguments<Options> arguments() { return {}; }

  WrapFieldsToLists(const Options&, const BuildContext&) {}

  void apply(Sample&, Random&) const override {}
};

/// Marks everything that a sample has as ready for a model.
class DefaultFormatBundle : public Transform {
 public:
  struct Options {
    bool img_to_float = true;
    ConfigDict pad_val{{"img", 0}, {"masks", 0}, {"seg", 255}};
  };
  static Arguments<Options> arguments() {
    return {arg(&Options::img_to_float, "img_to_float", "make 8-bit images float32").since_v2_27(),
            arg(&Options::pad_val, "pad_val", "what fills a batch's smaller images").since_v2_27()};
  }

  DefaultFormatBundle(const Options&, const BuildContext&) {}

  void apply(Sample& sample, Random&) const override { sample.is_formatted = true; }
};

/// Keeps the keys that a model needs, and notes what was done to the image.
class Collect : public Transform {
 public:
  struct Options {
    std::vector<std::string> keys;
    std::vector<std::string> meta_keys = {"filename",     "ori_filename", "ori_shape",      "img_shape",   "pad_shape",
                                          "scale_factor", "flip",         "flip_direction", "img_norm_cfg"};
  };
  static Arguments<Options> arguments() {
    return {arg(&Options::keys, "keys", required, "what the model gets"),
            arg(&Options::meta_keys, "meta_keys", "what is noted about the image; all of it always is")};
  }

  Collect(const Options& options, const BuildContext&) : keys_(options.keys) {}

  void apply(Sample& sample, Random&) const override {
    check_sample_keys(keys_, sample, "Collect");
    sample.collected = keys_;
  }

 private:
  std::vector<std::string> keys_;
};

DETFORGE_REGISTER(transforms, ImageToTensor,
                  {.name = "ImageToTensor",
                   .python = "mmdet.datasets.pipelines.formating.ImageToTensor",
                   .meaning = "readies images for a model"});
DETFORGE_REGISTER(transforms, ToTensor,
                  {.name = "ToTensor", .python = "mmdet.datasets.pipelines.formating.ToTensor", .meaning = "says what becomes a tensor"});
DETFORGE_REGISTER(transforms, ToDataContainer,
                  {.name = "ToDataContainer",
                   .python = "mmdet.datasets.pipelines.formating.ToDataContainer",
                   .meaning = "says how samples are put together"});
DETFORGE_REGISTER(transforms, Transpose,
                  {.name = "Transpose",
                   .python = "mmdet.datasets.pipelines.formating.Transpose",
                   .meaning = "puts an image's axes into another order"});
DETFORGE_REGISTER(transforms, WrapFieldsToLists,
                  {.name = "WrapFieldsToLists",
                   .python = "mmdet.datasets.pipelines.formating.WrapFieldsToLists",
                   .meaning = "lists of one for each field"});
DETFORGE_REGISTER(transforms, DefaultFormatBundle,
                  {.name = "DefaultFormatBundle",
                   .python = "mmdet.datasets.pipelines.formating.DefaultFormatBundle",
                   .meaning = "readies a whole sample for a model"});
DETFORGE_REGISTER(transforms, Collect,
                  {.name = "Collect", .python = "mmdet.datasets.pipelines.formating.Collect", .meaning = "keeps what a model needs"});

}  // namespace detforge

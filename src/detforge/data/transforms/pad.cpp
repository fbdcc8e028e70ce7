#include <algorithm>
#include <opencv2/core.hpp>

#include "detforge/data/transforms/transform.h"

namespace detforge {

/// Pads the image, and masks and the semantic map with it, to the right and below: to a fixed (height, width), to multiples of a divisor,
/// or to a square.
///
/// A single `pad_val` fills the first channel only and leaves the others 0, as mmcv's `impad` does through OpenCV; masks get it too. The
/// semantic map is filled with `seg`, else with 255, in v2.8 with 0.
class Pad : public Transform {
 public:
  struct Options {
    std::optional<std::array<std::int64_t, 2>> size;
    std::optional<std::int64_t> size_divisor;
    bool pad_to_square = false;
    Value pad_val = 0;
  };
  static Arguments<Options> arguments() {
    return {arg(&Options::size, "size", "(height, width)"), arg(&Options::size_divisor, "size_divisor", "pad to multiples of this"),
            arg(&Options::pad_to_square, "pad_to_square", "pad to a square").since_v2_27(),
            arg(&Options::pad_val, "pad_val", "what the border holds: a number, one a channel, or dict(img=…, masks=…, seg=…)")
                .check(wrong_value)
                .default_in_v2_27(Value::dict({{"img", 0}, {"masks", 0}, {"seg", 255}}))};
  }

  Pad(const Options& options, const BuildContext& context) : options_(options) {
    const int ways = static_cast<int>(options.size.has_value()) + static_cast<int>(options.size_divisor.has_value()) +
                     static_cast<int>(options.pad_to_square);
    if (ways == 0) throw ArgumentError("size", "must be given, or else size_divisor or pad_to_square");
    if (ways > 1) throw ArgumentError(options.pad_to_square ? "pad_to_square" : "size_divisor", "excludes the other ways to give a size");
    if (options.size_divisor && *options.size_divisor < 1) throw ArgumentError("size_divisor", "must be at least 1");
    if (options.size && std::min((*options.size)[0], (*options.size)[1]) < 1) throw ArgumentError("size", "must be at least 1 a side");
    const auto of_key = [&](const char* key) { return options.pad_val.is_dict() ? options.pad_val.find(key) : nullptr; };
    const Value* masks = options.pad_val.is_dict() ? of_key("masks") : &options.pad_val;
    if (masks != nullptr && !masks->is_sequence()) mask_value_ = cv::saturate_cast<std::uint8_t>(masks->as_double());
    if (const Value* seg = of_key("seg"); seg != nullptr && !seg->is_sequence()) {
      seg_value_ = seg->as_double();
    } else if (context.reference == Reference::V2_8 && !options.pad_val.is_dict()) {
      seg_value_ = 0;
    }
    const Value* image = options.pad_val.is_dict() ? options.pad_val.find("img") : &options.pad_val;
    if (image == nullptr) return;
    if (image->is_sequence()) {
      channels_ = static_cast<int>(image->size());
      for (int c = 0; c < channels_; ++c) value_[c] = (*image)[c].as_double();
    } else {
      value_[0] = image->as_double();
    }
  }

  void apply(Sample& sample, Random&) const override;

 private:
  static bool is_number(const Value& value) { return value.is_int() || value.is_float(); }
  static bool is_filling(const Value& value) {
    if (!value.is_sequence()) return is_number(value);
    return !value.empty() && value.size() <= 4 && std::ranges::all_of(value.elements(), is_number);
  }
  static std::string wrong_value(const Value& value) {
    if (!value.is_dict()) return is_filling(value) ? "" : "must be a number, one to four of them, or a dict of such";
    for (const auto& [key, filling] : value.as_dict()) {
      if (!is_filling(filling)) return "must have a number, or one to four of them, for each key";
    }
    return "";
  }

  Options options_;
  cv::Scalar value_;
  std::uint8_t mask_value_ = 0;
  double seg_value_ = 255;
  int channels_ = 0;  ///< that `value_` names; 0: it is one number
};

void Pad::apply(Sample& sample, Random&) const {
  const std::int64_t height = sample.image.rows, width = sample.image.cols;
  if (channels_ != 0 && channels_ != sample.image.channels()) {
    throw Error("Pad has " + std::to_string(channels_) + " values, the image " + std::to_string(sample.image.channels()) + " channels");
  }
  ImageSize size{std::max(height, width), std::max(height, width)};
  if (options_.size) size = {std::max((*options_.size)[0], height), std::max((*options_.size)[1], width)};
  if (options_.size_divisor) {
    const std::int64_t divisor = *options_.size_divisor;
    size = {(height + divisor - 1) / divisor * divisor, (width + divisor - 1) / divisor * divisor};
  }
  constexpr std::int64_t kMaxSide = 1 << 20, kMaxPixels = 1 << 27;
  if (size.height > kMaxSide || size.width > kMaxSide || size.height * size.width > kMaxPixels) {
    throw Error("Pad would make an image of " + std::to_string(size.width) + "x" + std::to_string(size.height));
  }
  const auto pad = [&](cv::Mat& picture, const cv::Scalar& value) {
    cv::Mat padded;
    cv::copyMakeBorder(picture, padded, 0, std::max(0, static_cast<int>(size.height) - picture.rows), 0,
                       std::max(0, static_cast<int>(size.width) - picture.cols), cv::BORDER_CONSTANT, value);
    picture = padded;
  };
  pad(sample.image, value_);
  sample.meta.pad_shape = size;
  if (sample.gt_masks) sample.gt_masks = sample.gt_masks->pad(size, mask_value_);
  if (!sample.gt_semantic_seg.empty()) pad(sample.gt_semantic_seg, seg_value_);
}

DETFORGE_REGISTER(transforms, Pad,
                  {.name = "Pad", .python = "mmdet.datasets.pipelines.transforms.Pad", .meaning = "pads an image to the right and below"});

}  // namespace detforge

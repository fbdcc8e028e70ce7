#include <bit>
#include <cstring>
#include <string_view>

#include "detforge/base/error.h"
#include "detforge/eval/results/result_files.h"

namespace detforge {
namespace {

using namespace std::string_literals;

static_assert(std::endian::native == std::endian::little, "the pickle's arrays are little-endian");

/// Pickle opcodes of protocol 3 for lists, tuples, dicts and numpy's float32 arrays.
class ResultPickler {
 public:
  ResultPickler() : text_("\x80\x03") {}

  void begin_list() { text_ += "]("; }
  void end_list() { text_ += 'e'; }
  void pair() { text_ += '\x86'; }

  /// [rows, columns]
  void array(const std::vector<float>& values, std::size_t columns) {
    // numpy.core.multiarray._reconstruct(numpy.ndarray, (0,), b'b'), then its state: (1, shape, dtype, False, bytes)
    text_ +=
        "cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85"
        "C\x01"
        "b\x87R(K\x01"s;
    integer(values.size() / columns);
    integer(columns);
    text_ += '\x86';
    // numpy.dtype('f4', False, True) with the state (3, '<', None, None, None, -1, -1, 0)
    text_ +=
        "cnumpy\ndtype\nX\x02\x00\x00\x00"
        "f4\x89\x88\x87R(K\x03X\x01\x00\x00\x00<NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb\x89"s;
    bytes({reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float)});
    text_ += "tb";
  }
  /// {'size': [h, w], 'counts': b'…'}
  void mask(const Rle& mask) {
    text_ += "}(X\x04\x00\x00\x00size]("s;
    integer(mask.height);
    integer(mask.width);
    text_ +=
        "eX\x06\x00\x00\x00"
        "counts"s;
    bytes(rle_text(mask));
    text_ += 'u';
  }
  std::string take() { return std::move(text_) + '.'; }

 private:
  void number(std::uint32_t value) {
    char little[sizeof value];
    std::memcpy(little, &value, sizeof value);
    text_.append(little, sizeof value);
  }
  void integer(std::size_t value) {
    if (value > 0x7FFFFFFF) throw Error("an array is too long for a pickle");
    text_ += 'J';
    number(static_cast<std::uint32_t>(value));
  }
  void bytes(std::string_view data) {
    if (data.size() > 0xFFFFFFFF) throw Error("an array is too long for a pickle");
    text_ += 'B';
    number(static_cast<std::uint32_t>(data.size()));
    text_ += data;
  }

  std::string text_;
};

std::vector<float> rows_of(const Detections& image, std::int64_t label, bool all) {
  std::vector<float> rows;
  for (std::size_t d = 0; d < image.size(); ++d) {
    if (!all && image.labels[d] != label) continue;
    rows.insert(rows.end(), image.boxes_xyxy[d].begin(), image.boxes_xyxy[d].end());
    rows.push_back(image.scores[d]);
  }
  return rows;
}

}  // namespace

std::string results_pickle(std::span<const Detections> detections, std::size_t classes, bool are_proposals) {
  ResultPickler pickler;
  bool with_masks = false;
  for (const Detections& image : detections) with_masks = with_masks || !image.masks.empty();
  pickler.begin_list();
  for (const Detections& image : detections) {
    if (are_proposals) {
      pickler.array(rows_of(image, 0, true), 5);
      continue;
    }
    const auto each_class = [&](auto write) {
      pickler.begin_list();
      for (std::size_t k = 0; k < classes; ++k) write(static_cast<std::int64_t>(k));
      pickler.end_list();
    };
    each_class([&](std::int64_t label) { pickler.array(rows_of(image, label, false), 5); });
    if (!with_masks) continue;
    each_class([&](std::int64_t label) {
      pickler.begin_list();
      for (std::size_t d = 0; d < image.masks.size(); ++d) {
        if (image.labels[d] == label) pickler.mask(image.masks[d]);
      }
      pickler.end_list();
    });
    pickler.pair();
  }
  pickler.end_list();
  return pickler.take();
}

}  // namespace detforge

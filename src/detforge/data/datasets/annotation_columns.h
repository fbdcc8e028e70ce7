#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "detforge/data/ann_info.h"

namespace detforge {

/// Masks as flat columns: all coordinates of polygons in one array, all run lengths in another.
/// 20 bytes a mask, 8 a polygon, 8 a coordinate, 4 a run.
class MaskColumns {
 public:
  void add(const MaskAnnotation& mask);
  std::size_t size() const { return entries_.size(); }
  MaskAnnotation operator[](std::size_t index) const;
  std::size_t memory_bytes() const;
  void shrink_to_fit();

 private:
  enum class Kind : std::uint8_t { Absent, Outline, Runs };
  struct Entry {
    std::uint32_t first = 0;  ///< polygon or run
    std::uint32_t count = 0;  ///< of polygons or runs
    std::uint32_t height = 0;
    std::uint32_t width = 0;
    Kind kind = Kind::Absent;
  };

  std::vector<Entry> entries_;
  std::vector<std::uint64_t> polygon_ends_;
  std::vector<double> coordinates_;
  std::vector<std::uint32_t> runs_;
};

/// What MMDetection does with an annotation.
enum class AnnotationUse : std::uint8_t {
  Object,   ///< is to be found
  Ignored,  ///< is neither to be found nor wrong to find
  LeftOut   ///< takes no part, but its category counts for its image (`get_cat_ids`)
};

/// The annotations of all images as flat columns. Filled row by row in any order, then grouped by image; read by any
/// number of threads. 25 bytes an annotation, and its mask.
class AnnotationColumns {
 public:
  struct Row {
    std::uint32_t image = 0;
    BoxXyxy box{};              ///< px
    std::int32_t category = 0;  ///< position in whatever list the owner has
    AnnotationUse use = AnnotationUse::Object;
    MaskAnnotation mask = {};
  };

  /// Throws `Error` beyond 2^32 - 1 annotations.
  void add(const Row& row);
  /// Ends the filling. Within an image, rows keep the order in which they were added.
  void group(std::size_t images);

  std::size_t size() const { return boxes_.size(); }
  /// The rows of one image.
  std::span<const std::uint32_t> of_image(std::size_t image) const {
    return std::span(rows_).subspan(first_[image], first_[image + 1] - first_[image]);
  }
  const BoxXyxy& box(std::size_t row) const { return boxes_[row]; }
  std::int32_t category(std::size_t row) const { return categories_[row]; }
  AnnotationUse use(std::size_t row) const { return uses_[row]; }
  /// Nothing where there are no masks.
  MaskAnnotation mask(std::size_t row) const { return row < masks_.size() ? masks_[row] : MaskAnnotation(); }
  bool has_masks() const { return masks_.size() > 0; }

  /// Of the columns, not counting what the allocator adds.
  std::size_t memory_bytes() const;

 private:
  std::vector<std::uint32_t> images_;  ///< of each row, until they are grouped
  std::vector<BoxXyxy> boxes_;
  std::vector<std::int32_t> categories_;
  std::vector<AnnotationUse> uses_;
  MaskColumns masks_;  ///< ends with the last row that has a mask
  std::vector<std::uint32_t> rows_;
  std::vector<std::uint32_t> first_;  ///< [images + 1] into `rows_`
};

}  // namespace detforge

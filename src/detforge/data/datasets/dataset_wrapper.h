#pragma once

#include "detforge/data/datasets/dataset.h"

namespace detforge {

/// A dataset that shows the images of others in another order or number. `locate` says which; all else is asked there.
class DatasetWrapper : public Dataset {
 public:
  /// The image of a dataset below.
  struct Place {
    const Dataset& dataset;
    std::size_t index;
  };
  virtual Place locate(std::size_t index) const = 0;
  /// The datasets below, in order.
  virtual std::vector<const Dataset*> parts() const = 0;

  std::size_t objects_of(std::size_t index) const override { return at(index, &Dataset::objects_of); }
  const std::vector<std::string>& classes() const override { return parts().front()->classes(); }
  bool test_mode() const override { return parts().front()->test_mode(); }
  const std::vector<std::uint8_t>& flag() const override { return flag_; }
  const ImageInfo& image(std::size_t index) const override {
    const Place place = locate(index);
    return place.dataset.image(place.index);
  }
  AnnInfo annotations(std::size_t index) const override { return at(index, &Dataset::annotations); }
  std::vector<RecordId> category_ids(std::size_t index) const override { return at(index, &Dataset::category_ids); }
  Sample prepare(std::size_t index) const override { return at(index, &Dataset::prepare); }
  std::vector<Sample> get(std::size_t index, Random& random) const override {
    const Place place = locate(index);
    return place.dataset.get(place.index, random);
  }
  const AnnotationFindings& findings() const override { return findings_; }

 protected:
  /// To be called once `locate` and `parts` answer.
  void finish();

 private:
  template <class Owner, class Result>
  Result at(std::size_t index, Result (Owner::*function)(std::size_t) const) const {
    const Place place = locate(index);
    return (place.dataset.*function)(place.index);
  }

  std::vector<std::uint8_t> flag_;
  AnnotationFindings findings_;
};

}  // namespace detforge

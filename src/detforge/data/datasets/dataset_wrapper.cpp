#include "detforge/data/datasets/dataset_wrapper.h"

namespace detforge {

void DatasetWrapper::finish() {
  for (const Dataset* part : parts()) findings_.merge(part->findings());
  if (parts().front()->flag().empty()) return;  // test mode: there are no groups
  for (std::size_t i = 0; i < size(); ++i) {
    const Place place = locate(i);
    if (place.dataset.flag().empty()) throw Error("datasets of training and of test mode can not be joined");
    flag_.push_back(place.dataset.flag()[place.index]);
  }
}

}  // namespace detforge

#include "detforge/data/datasets/proposal_file.h"

#include <fmt/format.h>

#include "detforge/base/error.h"
#include "detforge/base/json_document.h"
#include "detforge/base/mapped_file.h"
#include "detforge/checkpoint/numpy_array.h"
#include "detforge/checkpoint/pickle.h"

namespace detforge {

namespace {

constexpr std::size_t max_objects = 16000000;

Error wrong_array(std::size_t image) { return Error("must be an array of [n, 4] or [n, 5]").at(fmt::format("[{}]", image)); }

}  // namespace

void ProposalFile::add(const std::vector<double>& numbers, std::size_t columns) {
  for (std::size_t i = 0; i + columns <= numbers.size(); i += columns) {
    const auto at = [&](std::size_t k) { return static_cast<float>(numbers[i + k]); };
    boxes_.push_back({at(0), at(1), at(2), at(3)});
    if (columns == 5) scores_.push_back(at(4));
  }
  ends_.push_back(boxes_.size());
}

ProposalFile ProposalFile::read(const std::filesystem::path& file, std::size_t images) {
  ProposalFile proposals;
  try {
    if (file.extension() == ".json") {
      const JsonDocument document = JsonDocument::read(file);
      document.root().for_each([&](const JsonValue& image) {
        std::vector<double> numbers;
        std::size_t columns = 4;
        image.for_each([&](const JsonValue& row) {
          const std::vector<double> one = row.numbers();
          if (numbers.empty()) columns = one.size();
          if (one.size() != columns || (columns != 4 && columns != 5)) row.fail("must be a box of 4 numbers, or 5 with its score");
          numbers.insert(numbers.end(), one.begin(), one.end());
        });
        proposals.add(numbers, columns);
      });
    } else {
      ObjectHeap heap;
      const MappedFile mapped(file);
      const Pickle pickle = read_pickle(mapped.bytes(), 0, heap, max_objects);
      const auto* list = pickle.root->get<Object::List>();
      if (list == nullptr) throw Error("proposals are a list of arrays, one an image");
      for (const Object* image : list->elements) {
        const auto array = numpy_array(*image);
        const bool is_table = array && array->shape.size() == 2 && (array->shape[1] == 4 || array->shape[1] == 5);
        if (!is_table && !(array && array->values.empty())) throw wrong_array(proposals.ends_.size());
        proposals.add(array->values, is_table ? array->shape[1] : 4);
      }
    }
  } catch (Error& error) {
    throw std::move(error.at(file.string()).note("in the proposal_file " + file.string()));
  }
  if (proposals.ends_.size() != images) {
    throw Error(fmt::format("there are proposals for {} images, but {} images are annotated", proposals.ends_.size(), images))
        .at(file.string());
  }
  if (!proposals.scores_.empty() && proposals.scores_.size() != proposals.boxes_.size()) {
    throw Error("some images have scored proposals, others have not").at(file.string());
  }
  return proposals;
}

void ProposalFile::put(std::size_t image, Sample& sample) const {
  const std::size_t begin = image == 0 ? 0 : ends_[image - 1];
  const auto slice = [&](const auto& column) {
    const auto first = column.begin();
    return std::vector(first + static_cast<std::ptrdiff_t>(begin), first + static_cast<std::ptrdiff_t>(ends_[image]));
  };
  sample.proposals = slice(boxes_);
  if (!scores_.empty()) sample.proposal_scores = slice(scores_);
}

}  // namespace detforge

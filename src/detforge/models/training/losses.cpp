#include "detforge/models/training/losses.h"

#include <algorithm>

#include "detforge/base/error.h"

namespace detforge {

void Losses::set(const std::string& name, std::vector<torch::Tensor> values) {
  const auto place = std::find_if(entries_.begin(), entries_.end(), [&](const Entry& entry) { return entry.name == name; });
  if (place == entries_.end()) {
    entries_.push_back({name, std::move(values)});
  } else {
    place->values = std::move(values);
  }
}

void Losses::update(const Losses& other, const std::string& prefix) {
  for (const Entry& entry : other.entries_) set(prefix + entry.name, entry.values);
}

const Losses::Entry* Losses::find(const std::string& name) const {
  const auto place = std::find_if(entries_.begin(), entries_.end(), [&](const Entry& entry) { return entry.name == name; });
  return place == entries_.end() ? nullptr : &*place;
}

ParsedLosses parse_losses(const Losses& losses) {
  ParsedLosses parsed;
  for (const Losses::Entry& entry : losses.entries()) {
    torch::Tensor sum;
    for (const torch::Tensor& value : entry.values) sum = sum.defined() ? sum + value.mean() : value.mean();
    if (!sum.defined()) continue;
    if (entry.name.find("loss") != std::string::npos) parsed.loss = parsed.loss.defined() ? parsed.loss + sum : sum;
    parsed.log.emplace_back(entry.name, sum);
  }
  if (!parsed.loss.defined()) throw Error("the model has no losses to learn from");
  parsed.log.emplace_back("loss", parsed.loss);
  return parsed;
}

}  // namespace detforge

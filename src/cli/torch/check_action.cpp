#include <fmt/format.h>

#include <filesystem>
#include <ostream>
#include <set>

#include "detforge/cli/torch/actions.h"
#include "detforge/data/datasets/annotated_dataset.h"
#include "detforge/eval/dataset_evaluation.h"
#include "detforge/nn/load_state_dict.h"

namespace detforge::cli {
namespace {

namespace fs = std::filesystem;

/// Looks at one thing after the other and collects what is wrong.
class Check {
 public:
  explicit Check(const CheckRequest& request) : request_(request) {}

  int run(std::ostream& out) {
    attempt([&] { model_ = build_model(request_.config, request_.reference); });
    for (const char* split : {"train", "val", "test"}) check_dataset(split);
    check_classes();
    check_files();
    if (!request_.checkpoint.empty()) attempt([&] { check_checkpoint(); });
    for (const Diagnostic& finding : findings_) out << finding.render() << "\n\n";
    for (const std::string& note : notes_) out << note << '\n';
    out << (findings_.empty() ? "nothing is wrong" : fmt::format("{} finding{}", findings_.size(), findings_.size() == 1 ? "" : "s"))
        << '\n';
    return findings_.empty() ? 0 : 1;
  }

 private:
  template <class Work>
  void attempt(Work&& work) {
    try {
      work();
    } catch (const Error& error) {
      findings_.insert(findings_.end(), error.diagnostics().begin(), error.diagnostics().end());
    }
  }

  void find(Error error) { findings_.insert(findings_.end(), error.diagnostics().begin(), error.diagnostics().end()); }

  const Value* at(std::initializer_list<const char*> path) const {
    const Value* value = &request_.config.root();
    for (const char* key : path) value = value == nullptr ? nullptr : value->find(key);
    return value == nullptr || value->is_none() ? nullptr : value;
  }

  void check_dataset(const char* split) {
    const Value* value = at({"data", split});
    if (value == nullptr) return;
    const std::string path = std::string("data.") + split;
    const bool trains = std::string(split) == "train";
    attempt([&] {
      try {
        Value config = *value;
        if (config.is_dict()) static_cast<void>(config.pop("samples_per_gpu", Value()));
        datasets_.emplace_back(path,
                               build_dataset(config, {request_.reference, path}, trains ? Value() : Value::dict({{"test_mode", true}})));
      } catch (Error& error) {
        throw std::move(error.note(path));
      }
    });
    if (datasets_.empty() || datasets_.back().first != path) return;
    const Dataset& dataset = *datasets_.back().second;
    if (!dataset.findings().empty()) notes_.push_back("note: " + path + "\n" + dataset.findings().text());
    if (dataset.size() == 0) {
      find(Error("the dataset has no images that can be used").at(value->location()).note(path));
    } else {
      check_samples(dataset, path, *value);
    }
  }

  /// The first, the middle and the last one, as far as they differ.
  void check_samples(const Dataset& dataset, const std::string& path, const Value& place) {
    attempt([&] {
      const DatasetPlace first = place_of(dataset, 0);
      if (const std::string& folder = first.dataset->img_prefix(); !folder.empty() && !fs::is_directory(folder)) {
        throw Error("there is no folder '" + folder + "' with the images")
            .at(place.location())
            .note(path)
            .help("'img_prefix' names it, 'data_root' stands before it");
      }
      for (const std::size_t index : std::set<std::size_t>{0, dataset.size() / 2, dataset.size() - 1}) {
        NumpyRandom random(0);
        try {
          static_cast<void>(dataset.get(index, random));
        } catch (Error& error) {
          throw std::move(error.note(fmt::format("sample {} of {}", index, path)));
        }
      }
    });
  }

  void check_classes() {
    if (datasets_.empty()) return;
    const auto& [first, dataset] = datasets_.front();
    for (const auto& [path, other] : datasets_) {
      if (other->classes() != dataset->classes()) {
        find(Error(fmt::format("{} and {} have different classes", first, path))
                 .at(at({"data"})->location())
                 .help("give both the same 'classes'"));
      }
    }
    if (dataset->classes().empty()) return;
    check_num_classes(request_.config["model"], "model", dataset->classes().size());
  }

  /// Each head's `num_classes`, but for those that segment pixels.
  void check_num_classes(const Value& config, const std::string& path, std::size_t classes) {
    static const std::set<std::string> others = {"semantic_head", "panoptic_head", "panoptic_fusion_head",
                                                 "backbone",      "neck",          "teacher_config"};
    if (config.is_sequence()) {
      for (std::size_t i = 0; i < config.size(); ++i) check_num_classes(config[i], fmt::format("{}[{}]", path, i), classes);
    }
    if (!config.is_dict()) return;
    for (const auto& [key, value] : config.as_dict()) {
      if (!key.is_string() || others.contains(key.as_string())) continue;
      const std::string place = path + "." + key.as_string();
      if (key.as_string() != "num_classes") {
        check_num_classes(value, place, classes);
      } else if (value.is_int() && value.as_int() != static_cast<std::int64_t>(classes)) {
        find(Error(fmt::format("the head has {} classes, the dataset {}", value.as_int(), classes))
                 .at(value.location())
                 .note(place)
                 .help(fmt::format("set {}={}, or the dataset's 'classes'", place, classes)));
      }
    }
  }

  void check_files() {
    for (const char* key : {"load_from", "resume_from"}) {
      const Value* value = at({key});
      if (value == nullptr || !value->is_string() || value->as_string().find("://") != std::string::npos) continue;
      if (!fs::exists(value->as_string())) find(Error("there is no file '" + value->as_string() + "'").at(value->location()).note(key));
    }
  }

  void check_checkpoint() {
    const Checkpoint checkpoint = Checkpoint::read(request_.checkpoint);
    const std::vector<std::string> classes = checkpoint.classes();
    if (!datasets_.empty() && !classes.empty() && classes != datasets_.back().second->classes()) {
      const std::size_t wanted = datasets_.back().second->classes().size();
      find(Error(classes.size() == wanted
                     ? std::string("the checkpoint's classes have other names, or another order, than the dataset's")
                     : fmt::format("the checkpoint was trained for {} classes, the dataset has {}", classes.size(), wanted))
               .at(request_.checkpoint)
               .help("the dataset's 'classes' says which"));
    }
    if (model_ == nullptr) return;
    const nn::LoadReport report = nn::load_state_dict(*model_, checkpoint, false);
    if (!report.empty()) {
      find(Error("the checkpoint does not fit the model in everything\n" + report.text())
               .at(request_.checkpoint)
               .help("detforge checkpoint show lists what is inside, detforge build prints the model"));
    }
  }

  const CheckRequest& request_;
  std::vector<Diagnostic> findings_;
  std::vector<std::string> notes_;
  std::shared_ptr<Detector> model_;
  std::vector<std::pair<std::string, std::shared_ptr<Dataset>>> datasets_;
};

}  // namespace

int check_action(const CheckRequest& request, std::ostream& out) { return Check(request).run(out); }

}  // namespace detforge::cli

#pragma once

#include <memory>
#include <optional>
#include <string>

#include "detforge/boxes/assigners/assigner.h"
#include "detforge/boxes/samplers/sampler.h"
#include "detforge/models/losses/pisa_loss.h"

namespace detforge {

/// What an anchor head's `train_cfg` says of how anchors learn from objects.
struct AnchorTrainCfg {
  std::shared_ptr<Assigner> assigner;
  std::shared_ptr<Sampler> sampler;
  bool sampling = false;        ///< whether the sampler leaves anchors out, so that losses are averaged over what it took
  double allowed_border = 0;    ///< px that anchors may reach beyond the image; below 0: any
  double pos_weight = -1;       ///< weight of objects in the classification; 1 where this is not above 0
  double neg_pos_ratio = 3;     ///< of hard negatives to positives: SSD, YOLACT
  double smoothl1_beta = 1;     ///< SSD
  std::optional<PisaCfg> isr;   ///< PISA's importance-based sample reweighting
  std::optional<PisaCfg> carl;  ///< PISA's classification-aware regression loss

  std::shared_ptr<Assigner> ga_assigner;  ///< of the shapes of guided anchors; null without one
  std::shared_ptr<Sampler> ga_sampler;
  bool ga_sampling = false;   ///< as `sampling`
  double center_ratio = 0.2;  ///< part of an object's side that is its centre
  double ignore_ratio = 0.5;  ///< part around it that does not count

  std::shared_ptr<Assigner> initial_assigner;  ///< TOOD, until `initial_epoch`; null without one
  std::int64_t initial_epoch = 0;
  double alpha = 1, beta = 6;              ///< TOOD: exponents of score and overlap
  std::shared_ptr<Assigner> reg_assigner;  ///< DDOD, of the boxes; null without one
};

/// What makes a head use its train_cfg's sampler. Focal losses look at every anchor and need none.
enum class Sampling {
  ByVersion,  ///< v2.8: a classification loss that is not focal; v2.27: also that there is a sampler which leaves something out
  ByLoss,     ///< a classification loss that is not focal
  AsGiven,    ///< wherever there is one, without averaging over what it took
  Never
};

/// Reads `config`, the train_cfg of the head `head` with the classification loss `loss_cls`; None where the model has none.
/// Throws `Error` at the place in the config for unknown, missing and ill-typed keys.
std::optional<AnchorTrainCfg> anchor_train_cfg_from(const std::optional<ConfigDict>& config, const std::string& head,
                                                    const std::string& loss_cls, Sampling sampling, const BuildContext& context);

/// The complaint of a head that should learn without a train_cfg.
Error missing_train_cfg(const std::string& head);

}  // namespace detforge
